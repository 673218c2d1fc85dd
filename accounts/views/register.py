"""账号台账: the list of accounts, searched in every name they ever had, and what is filtered as a workbook."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import policy, register_out, saved_filters
from accounts.access import may, visible_accounts, visible_flags
from accounts.filters import FLAGGED, AccountFilter
from accounts.flags import RuleCode
from accounts.models import Account, AccountState, SavedFilter
from accounts.models.flag import FlagQuerySet
from accounts.policy import Action
from zhonglou_media.core import files
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.models import User

A_PAGE = 25
OF_UPDATES = (RuleCode.INACTIVE, RuleCode.NO_DATA)
SORTS = {
    "name": F("name_key"),
    "unit": F("unit__name"),
    "state": F("state"),
    "updated": F("last_published_at"),
    "due": F("next_update_due_at"),
}


@dataclass(frozen=True)
class Head:
    """A head of a column: its words, and where it sorts to ('' when it does not sort)."""

    label: str
    url: str = ""
    direction: str = ""  # ascending, descending or ''
    css: str = ""


@dataclass(frozen=True)
class Count:
    """A count that filters: its words, how many, the address of those, and whether they are shown now."""

    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class Condition:
    """A condition in force and the address without it."""

    words: str
    url: str


@dataclass(frozen=True)
class Saved:
    """常用筛选: its name, the address it stands for, and whether that is what is shown."""

    name: str
    url: str
    current: bool


@may(Action.VIEW_REGISTER)
@require_safe
@vary_on_headers("HX-Request")
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts the person may read; a search while typing asks for the list alone."""
    user = cast(User, request.user)
    seen = visible_accounts(user)
    found = AccountFilter(request.GET, queryset=seen, request=request)
    sort = request.GET.get("sort", "")
    rows = for_list(ordered(found.qs, sort), db_now(), visible_flags(user))
    counts = list(tally(found, request.GET))
    query, _ = saved_filters.conditions(request, request.GET, frozenset(SORTS))
    mine = SavedFilter.objects.filter(user=user)
    saved = [Saved(item.name, f"?{item.query}", item.query == query) for item in mine]
    context: dict[str, Any] = {
        "filter": found,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "heads": list(heads(request.GET, sort, with_flags=found.sees_flags)),
        "sees_flags": found.sees_flags,
        "tally": counts,
        "void": next((item for item in counts if item.label == AccountState.VOID.label and not item.current), None),
        "conditions": [
            Condition(f"{label}：{text}", changed(request.GET, **{name: ""})) for name, label, text in found.chosen()
        ],
        "sort": sort,
        "saved": saved,
        "query": query,
        "to_save": query and not any(item.current for item in saved),
        "to_export": f"{reverse('accounts:export')}{changed(request.GET)}",
        "many_units": seen.order_by().values("unit").distinct()[:2].count() > 1,
        "may_import": policy.may(user, Action.IMPORT),
    }
    alone = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    return render(request, "accounts/_list.html" if alone else "accounts/list.html", context)


@may(Action.VIEW_REGISTER)
@require_safe
def export(request: HttpRequest) -> FileResponse:
    """导出: the accounts the list would show on all its pages, in its order."""
    user = cast(User, request.user)
    found = AccountFilter(request.GET, queryset=visible_accounts(user), request=request)
    now = db_now()
    book = tempfile.TemporaryFile()  # noqa: SIM115 -- the answer closes it
    rows = ordered(found.qs, request.GET.get("sort", ""))
    register_out.export(rows, book, flags=visible_flags(user) if found.sees_flags else None)
    book.seek(0)
    name = f"账号台账-{now.astimezone(SHANGHAI):%Y-%m-%d-%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=files.XLSX)


def tally(found: AccountFilter, query: QueryDict) -> Iterator[Count]:
    """All accounts but the void ones, those of each state, and of those shown the ones with an open flag."""
    states = found.by_state()
    chosen = query.get("state", "")
    yield Count(
        "全部", sum(n for state, n in states if state != AccountState.VOID), changed(query, state=""), not chosen
    )
    for state, n in states:
        yield Count(str(state.label), n, changed(query, state=state.value), state.value == chosen)
    if found.sees_flags:
        yield Count("其中有预警", found.flagged_count(), changed(query, flag=FLAGGED), query.get("flag") == FLAGGED)


def for_list(rows: QuerySet[Account], now: datetime, flags: FlagQuerySet) -> QuerySet[Account]:
    """With what a row shows: platform, unit, open `flags`, names ever, and what `judged` adds."""
    open_flags = Prefetch("flags", queryset=flags.open(), to_attr="open_flags")
    return judged(rows, now, flags).select_related("platform", "unit").prefetch_related(open_flags, "names")


def judged(rows: QuerySet[Account], now: datetime, flags: FlagQuerySet) -> QuerySet[Account]:
    """With what stands beside the due time of the next update.

    `data_short`: it has passed, but what is known ends earlier, so that nobody can call it late. `due_waived`: one of
    `flags` on just this due time was waived (免于追究).
    """
    unknown = Q(posts_known_until__isnull=True) | Q(posts_known_until__lt=F("next_update_due_at"))
    waived = flags.filter(
        account=OuterRef("pk"), due_at=OuterRef("next_update_due_at"), rule__in=OF_UPDATES, waived_at__isnull=False
    )
    return rows.annotate(data_short=Q(next_update_due_at__lte=now) & unknown, due_waived=Exists(waived))


def ordered(rows: QuerySet[Account], sort: str) -> QuerySet[Account]:
    """Sorted by one of `SORTS` ('-' before it: descending), unknown values last; otherwise by unit and platform."""
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        return rows.order_by("unit__name", "platform__order", "name", "id")
    return rows.order_by(
        column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True), "name_key", "id"
    )


def heads(query: QueryDict, sort: str, *, with_flags: bool) -> Iterator[Head]:
    """The heads of the list; pressing one a second time turns its order round."""
    flags = [("预警", "", "")] if with_flags else []
    for label, key, css in (
        ("账号", "name", ""),
        ("主办单位", "unit", ""),
        ("状态", "state", ""),
        *flags,
        ("最近更新", "updated", ""),
        ("下次应更新", "due", ""),
        ("数据截至", "", "zl-hide-md"),
        ("备案编号", "", "zl-hide-md"),
    ):
        direction = {key: "ascending", f"-{key}": "descending"}.get(sort, "") if key else ""
        wanted = f"-{key}" if direction == "ascending" else key
        yield Head(label, changed(query, sort=wanted) if key else "", direction, css)


def changed(query: QueryDict, **values: str) -> str:
    """The address of the same list with other values ('' drops a condition), from its first page on."""
    copy = query.copy()
    for name, value in {"page": "", **values}.items():
        if value:
            copy[name] = value
        else:
            copy.pop(name, None)
    return f"?{copy.urlencode()}"
