"""上级平台备案: what waits for each system and is missing, the exports (`exports.py`), one receipt that comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.models import Role
from accounts.policy import Action, could, roles_of
from filings import exchange, export_shown, going_up, going_up_counts, meant, queues, receipts_in, urging
from filings.forms.office import ReceiptForm
from filings.forms.receipts import PastedForm, ReceiptTableForm
from filings.going_up import Passing
from filings.going_up_counts import Tally
from filings.models import Filing, FilingState, System
from filings.views.answers import filing_for
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused, StaleReading
from zhonglou_media.core.models import Job
from zhonglou_media.core.words import SYSTEMS

ROWS_A_PAGE = 20
TABLES = 5


@dataclass(frozen=True)
class Way:
    """A way to record receipts, as a tab."""

    label: str
    url: str
    current: bool
    count: int | None = None


@may(Action.EXPORT, Action.RECEIPT)
@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """The page."""
    return page(request)


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """What a row's 登记回执 fills in."""
    today, asked = day_of(db_now()), request.GET.get("filing", "")
    known = asked.isascii() and asked.isdigit() and len(asked) < 10
    filing = Filing.objects.for_lists().filter(pk=asked, number__isnull=False).first() if known else None
    return {
        "filing": meant.called(filing) if filing else "",
        "system": request.GET.get("system", ""),
        "result": "taken",
        "on": today,
    }


def _form(request: HttpRequest, *args: Any, **kwargs: Any) -> ReceiptForm:
    return ReceiptForm(*args, for_supervisor=_for_supervisor(request), **kwargs)


def _for_supervisor(request: HttpRequest) -> bool:
    """不适用 is the supervisor's to say; nobody else is told of it."""
    return Role.SUPERVISOR in roles_of(user_of(request))


def page(
    request: HttpRequest,
    form: ReceiptForm | None = None,
    *,
    table: ReceiptTableForm | None = None,
    pasted: PastedForm | None = None,
    refused: Refused | None = None,
    asked: object | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with the forms as they are; `status` is that of the form which was refused.

    `asked`: what must be answered before an export (`exports.Question`).
    """
    by = "paste" if pasted else "table" if table else "" if form else request.GET.get("by")
    form = form or _form(request, initial=_asked_for(request))
    table, pasted, here = table or ReceiptTableForm(), pasted or PastedForm(), reverse("filings:exchange")
    now = db_now()
    tally, show = going_up_counts.tally(now=now), request.GET.get("show", "")
    shown = _rows(show, tally, request.GET.get("page"), now)
    context = {
        "sides": export_shown.sides(tally),
        **export_shown.block(user_of(request), now=now),
        "ended": False,
        "asked": asked,
        "waiting": tally.accepted,
        "late": tally.of("late"),
        "today": tally.of("today"),
        "office_days": queues.office_days(now),
        "returned": tally.of("back"),
        "open_in": [(system, SYSTEMS[system], tally.of(system)) for system in System.values],
        "total": tally.total,
        "show": show,
        "page": shown,
        "here": request.get_full_path(),
        "may_urge": could(user_of(request), Action.REMIND),
        "form": form,
        "table": table,
        "pasted": pasted,
        "by": by,
        "ways": [
            Way("逐件登记", f"{here}#receipt", by not in ("table", "paste")),
            Way("导入回执表", f"{here}?by=table#receipt", by == "table"),
            Way("从剪贴板粘贴", f"{here}?by=paste#receipt", by == "paste"),
        ],
        "tables": Job.objects.filter(kind=receipts_in.KIND).select_related("by")[:TABLES],
        "for_supervisor": _for_supervisor(request),
        "refused": refused,
        "stale": refused.difference if isinstance(refused, StaleReading) else [],
    }
    if status == 200:
        wrong = form.errors or table.errors or pasted.errors
        status = status_of(refused) if refused else 422 if wrong else 200
    return render(request, "filings/exchange.html", context, status=status)


def _rows(show: str, tally: Tally, number: str | None, now: datetime) -> "Page[Passing]":
    """One page of the filings that `show` names; only these are judged one by one."""
    paginator = Paginator(going_up_counts.shown(show, now=now).values_list("pk", flat=True), ROWS_A_PAGE)
    paginator.count = tally.of(show)  # counted already
    page = paginator.get_page(number)
    rows = going_up.passing(queues.of_keys(page.object_list), now=now)
    _say_when_urged(rows)
    return Page(rows, page.number, cast("Paginator[Any]", paginator))


def _say_when_urged(rows: Sequence[Passing]) -> None:
    at = urging.last_urged([row.filing for row in rows if row.owes or row.with_unit])
    for row in rows:
        row.urged_at = at.get(row.filing.pk)


@may(Action.RECEIPT, Action.UPPER_RETURN, Action.NOT_APPLICABLE)
@post_only("filings:exchange")
def receipt(request: HttpRequest) -> HttpResponse:
    """登记一件回执."""
    form = _form(request, request.POST)
    if not form.is_valid():
        return page(request, form)
    typed = form.cleaned_data
    filing: Filing = typed.pop("filing")
    try:
        exchange.take_receipt(filing.pk, by=user_of(request), now=db_now(), **typed)
    except StaleReading as stale:
        return page(request, _form(request, form.brought_up_to_date()), refused=stale)
    except Refused as refused:
        return page(request, form, refused=refused)
    _tell(request, filing_for(request, filing.pk))
    return redirect("filings:exchange")


@may(Action.RECEIPT)
@post_only("filings:detail", "pk")
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """再试办结, once what stood in the way is cleared up."""
    filing = filing_for(request, pk)
    try:
        exchange.complete_again(pk, by=user_of(request), now=db_now())
    except Refused as refused:
        return page(request, refused=refused)
    _tell(request, filing_for(request, filing.pk))
    return redirect("filings:exchange")


def _tell(request: HttpRequest, filing: Filing) -> None:
    """What the receipt did, and what comes next."""
    stuck = filing.state == FilingState.ACCEPTED and filing.conflict
    told = receipts_in.followed(filing, now=db_now())
    level = messages.WARNING if stuck else messages.SUCCESS
    messages.add_message(request, level, f"{filing.number} {filing.account_label}：{told}")
