"""上级平台备案: what waits for each system and is missing, the exports (`exports.py`), one receipt that comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.models import Role
from accounts.policy import Action, could, roles_of
from filings import exchange, export_shown, going_up, queues, receipts_in, urging
from filings.forms.office import ReceiptForm
from filings.forms.receipts import PastedForm, ReceiptTableForm
from filings.going_up import Passing
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
    today = day_of(db_now())
    return {
        "filing": request.GET.get("filing", ""),
        "system": request.GET.get("system", ""),
        "result": "taken",
        "on": today,
    }


def _form(request: HttpRequest, *args: Any, **kwargs: Any) -> ReceiptForm:
    return ReceiptForm(*args, waiting=going_up.accepted(), for_supervisor=_for_supervisor(request), **kwargs)


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
    rows = going_up.passing(list(going_up.in_hand().for_lists()), now=now)
    shown = Paginator(_narrow(rows, request.GET.get("show", ""), now), ROWS_A_PAGE).get_page(request.GET.get("page"))
    _say_when_urged(list(shown))
    context = {
        "sides": export_shown.sides(rows),
        **export_shown.block(user_of(request)),
        "ended": False,
        "asked": asked,
        "waiting": sum(row.filing.state == FilingState.ACCEPTED for row in rows),
        "late": len(_narrow(rows, "late", now)),
        "today": len(_narrow(rows, "today", now)),
        "office_days": queues.office_days(now),
        "returned": len(_narrow(rows, "back", now)),
        "open_in": [(system, SYSTEMS[system], len(_narrow(rows, system, now))) for system in System.values],
        "total": len(rows),
        "show": request.GET.get("show", ""),
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


def _say_when_urged(rows: Sequence[Passing]) -> None:
    at = urging.last_urged([row.filing for row in rows if row.owes or row.with_unit])
    for row in rows:
        row.urged_at = at.get(row.filing.pk)


def _narrow(rows: Sequence[Passing], show: str, now: datetime) -> list[Passing]:
    if show in System.values:
        return [row for row in rows if row.waits_in(show)]
    if show == "back":
        return [row for row in rows if any(place.status == "back" for place in row.places)]
    if show == "today":
        return [row for row in rows if row.ends_today(now)]
    if show == "late":
        return [row for row in rows if row.is_over(now)]
    return list(rows)


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
