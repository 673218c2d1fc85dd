"""预警: the flags a person may see, by rule, with the fact under each; their export; waivers of several at once."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import flags, policy
from accounts.access import may, seen_unit_ids, visible_flags
from accounts.filters import WEEK
from accounts.flags import RuleCode
from accounts.forms import ReasonForm
from accounts.models import Account, Flag, Level
from accounts.models.flag import FlagQuerySet
from accounts.models.unit import Scope
from accounts.policy import Action
from accounts.views.register import changed
from accounts.wording import SINCE
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User
from zhonglou_media.core.tables_out import SheetOut, write_xlsx
from zhonglou_media.core.words import FLAGS, article
from zhonglou_media.portal.flag_filter import ENDED, FlagFilter, older_than
from zhonglou_media.portal.flag_rows import FlagRow, flag_rows

A_PAGE = 25
A_CHUNK = 500  # flags of an export whose facts are read at once
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Tab:
    """A rule, or all: how many flags (None: not counted), and the address of those."""

    label: str
    url: str
    current: bool
    count: int | None


@dataclass(frozen=True)
class KnownOf:
    """A platform: until when the data of its watched accounts reach."""

    platform: int
    name: str
    accounts: int
    today: int
    week: int
    earlier: int
    never: int


@may(Action.VIEW_FLAGS)
@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """The list, oldest first; every condition is in the address."""
    user, now = cast(User, request.user), db_now()
    form = FlagFilter(request.GET, user=user, now=now)
    page = Paginator(form.flags().select_related(*READ), A_PAGE).get_page(request.GET.get("page"))
    rows = flag_rows(list(page.object_list), now)
    found = visible_flags(user).open().aggregate(
        all=Count("pk"),
        long=Count("pk", filter=older_than(7, now)),
        breach=Count("pk", filter=Q(level=Level.BREACH)),
    )  # fmt: skip
    context: dict[str, Any] = {
        "found": found,
        "form": form,
        "tabs": list(tabs(form, request)),
        "page": page,
        "rows": rows,
        "sort_url": changed(request.GET, sort="" if form.cleaned_data.get("sort") else "new"),
        "newest_first": bool(form.cleaned_data.get("sort")),
        "export_url": f"{reverse('flags_export')}?{request.GET.urlencode()}",
        "here": request.get_full_path(),
        "may_waive": policy.could(user, Action.WAIVE) and any(row.flag.waived_at is None for row in rows),
        "wide": form.fields["unit"].queryset.count() > 1,  # type: ignore[attr-defined]
        "known": known_by_platform(user, now),
    }
    return render(request, "portal/monitoring.html", context)


READ = ("unit", "account__platform", "waived_by")


def tabs(form: FlagFilter, request: HttpRequest) -> Iterator[Tab]:
    """All, each rule that has flags under the other conditions, and the ones that ended lately."""
    counts, chosen = form.by_rule(), str(form.cleaned_data.get("rule", ""))
    if form.ended:
        yield Tab("未解除", changed(request.GET, show="", rule=""), False, None)
        yield Tab("已解除（近 30 天）", changed(request.GET, rule=""), not chosen, sum(counts.values()))
    else:
        yield Tab("全部", changed(request.GET, rule=""), not chosen, sum(counts.values()))
    for code in RuleCode:
        if counts.get(code.value) or code.value == chosen:
            label = str(code.label)
            yield Tab(label, changed(request.GET, rule=code.value), code.value == chosen, counts.get(code.value, 0))
    if not form.ended:
        yield Tab("已解除", changed(request.GET, show=ENDED, rule=""), False, None)


def known_by_platform(user: User, now: datetime) -> list[KnownOf]:
    """数据截至 of the accounts whose updates are judged: today, in the last 7 days, earlier or never."""
    ids = seen_unit_ids(user)
    watched = Account.objects.filter(next_update_due_at__isnull=False, unit__scope=Scope.BOUND)
    if ids is not None:
        watched = watched.filter(unit__in=ids)
    today = start_of(day_of(now))
    week, known = start_of(day_of(now) - WEEK), "posts_known_until"  # the register's filter has the same bounds
    rows = watched.order_by("platform__order", "platform_id").values_list("platform_id", "platform__name")
    counted = rows.annotate(
        accounts=Count("pk"),
        today=Count("pk", filter=Q(**{f"{known}__gte": today})),
        week=Count("pk", filter=Q(**{f"{known}__gte": week, f"{known}__lt": today})),
        earlier=Count("pk", filter=Q(**{f"{known}__lt": week})),
        never=Count("pk", filter=Q(**{f"{known}__isnull": True})),
    )
    return [KnownOf(*row) for row in counted]


# --- export -----------------------------------------------------------------------------------------------------------

HEADS = ("单位", "账号", "平台", "预警", "级别", "依据", "事实", "期限或起始", "已持续", "数据截至", "提出时间", "解除")


@may(Action.VIEW_FLAGS)
@require_safe
@never_cache
def export(request: HttpRequest) -> FileResponse:
    """What the list shows under the same conditions, all pages of it, as a workbook."""
    user, now = cast(User, request.user), db_now()
    chosen = FlagFilter(request.GET, user=user, now=now).flags()
    file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115  (the answer closes it)
    local = now.astimezone(SHANGHAI)
    above = (f"{local:%Y-%m-%d %H:%M} 导出，{user}；每条只判断到“数据截至”为止",)
    write_xlsx(file, [SheetOut("预警", HEADS, sheet_rows(list(chosen.values_list("pk", flat=True)), now), above)])
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"预警-{local:%Y-%m-%d-%H%M}.xlsx", content_type=XLSX)


def sheet_rows(ids: Sequence[int], now: datetime) -> Iterator[Sequence[Any]]:
    """A row for each of these flags, in their order; some hundreds are in memory at a time."""
    for first in range(0, len(ids), A_CHUNK):
        chunk = ids[first : first + A_CHUNK]
        held = Flag.objects.select_related(*READ).in_bulk(chunk)
        yield from map(_cells, flag_rows([held[pk] for pk in chunk if pk in held], now))


def _cells(row: FlagRow) -> Sequence[Any]:
    flag = row.flag
    account = flag.account
    ended = f"{flag.waived_by} 决定免于追究：{flag.waive_reason}" if flag.waived_at else flag.cleared_at
    return (
        *(flag.unit.name, account.name if account else row.title, account.platform.name if account else ""),
        *(FLAGS[flag.rule][0], flag.get_level_display(), article(FLAGS[flag.rule][2]), row.fact),
        *(due24(flag.due_at), row.age, row.known.at or row.known.words, flag.raised_at, ended),
    )


# --- waiver of a list -------------------------------------------------------------------------------------------------


@may(Action.WAIVE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def waive(request: HttpRequest) -> HttpResponseBase:
    """免于追究 of the chosen flags with one reason: the list is named before it is decided; all of them or none."""
    user, now = cast(User, request.user), db_now()
    given = request.POST if request.method == "POST" else request.GET
    back = given.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("flags")
    ids = {int(text) for text in given.getlist("flag") if text.isdecimal() and len(text) < 19}
    if not ids:
        messages.warning(request, "请先勾选要免于追究的预警。")
        return redirect(back)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    refused: Refused | None = None
    if form.is_valid():
        try:
            count = flags.waive(ids, by=user, reason=form.cleaned_data["reason"], now=now)
        except Refused as refusal:
            refused = refusal
        else:
            messages.success(request, f"{count} 条预警已免于追究，理由记入履历；以后的期限照常判断。")
            return redirect(back)
    rows = flag_rows(list(chosen(user, ids)), now)
    left = [row for row in rows if row.flag.waived_at is None]
    context = {
        "form": form,
        "refused": refused,
        "first": _who_was_first(refused, len(left)),
        "rows": left,
        "waived": [row for row in rows if row.flag.waived_at is not None],
        "next": back,
    }
    status = status_of(refused) if refused else 422 if form.errors else 200
    return render(request, "portal/waive_list.html", context, status=status)


def chosen(user: User, ids: set[int]) -> FlagQuerySet:
    """The flags of these ids that `user` sees, the longest standing first."""
    return visible_flags(user).filter(pk__in=ids).select_related(*READ).order_by(SINCE.asc(), "pk")


def _who_was_first(refused: Refused | None, left: int) -> str:
    if not isinstance(refused, WrongState) or refused.by is None or refused.at is None:
        return ""
    then = f"理由已经保留，再按一次就只对其余 {left} 条免于追究。" if left else ""
    return f"{refused.by} 于 {refused.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 决定。{then}"
