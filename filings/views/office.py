"""区政府办公室审核: the panel beside a filing, and the acts behind its buttons."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import may
from accounts.models import AccountState
from accounts.policy import Action
from filings import applying, deadlines, queues, reviewing
from filings.available import available
from filings.forms.office import DecisionForm, NotOccurredForm, PaperCheckForm, ReadForm, UnacceptForm
from filings.models import Filing, FilingState
from filings.reading import Reading, latest
from filings.views.answers import filing_for, user_of
from filings.views.filing import show_filing
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event

PHRASES = (
    "符合要求，同意备案",
    "请补充领导签批件",
    "认证主体与主办单位不一致，请说明或更正",
    "名称与其他平台不一致，请说明",
    "请写明同一平台开设多个账号的理由（第七条）",
    "区级部门须先经前置申请批准（第九条）",
)


@dataclass(frozen=True)
class Panel:
    """What the office may do with the filing now, beside what it shows."""

    can: set[str]
    reading: Reading | None  # what the page's decision is about
    form: DecisionForm | None
    unaccept: UnacceptForm
    not_occurred: NotOccurredForm | None
    neighbours: queues.Neighbours | None
    colleague: Event | None
    passing: queues.Passing | None
    may_unaccept: bool
    correction_due: deadlines.Clock | None  # if it were returned today
    phrases: tuple[str, ...] = PHRASES

    @property
    def wants_paper(self) -> bool:
        """The signed paper must be looked at before the filing can pass."""
        return "check_paper" in self.can


Form = DecisionForm | UnacceptForm | NotOccurredForm


def panel_context(
    request: HttpRequest, filing: Filing, *, form: Form | None = None, refused: Refused | None = None
) -> dict[str, Any]:
    """`office`, for `_office_panel.html`: opening the page as a reviewer is recorded, so that colleagues see it.

    `form` and `refused` are what a refused act leaves: what was typed stays, and after a stale reading the page is
    about the revision it now shows.
    """
    user, now = user_of(request), db_now()
    can = available(filing, user)
    reviewing_it = filing.state == FilingState.OFFICE_REVIEW and "accept" in can
    if reviewing_it and (request.method == "GET" or isinstance(refused, StaleReading)):
        with suppress(WrongState):  # decided since the page was read: the page shows it as it was, the act will be told
            reviewing.open_for_review(filing.pk, by=user, now=now)
    asks = _asks_platform(filing)
    preset = "yes" if asks and applying.seems_on_platform(filing) else "no"
    passing = queues.passing([filing], now=now)[0] if filing.state == FilingState.ACCEPTED else None
    panel = Panel(
        can=can,
        reading=_reading(filing, form, refused),
        form=(
            (form if isinstance(form, DecisionForm) else None)
            or DecisionForm(asks_platform=asks, initial={"decision": "accept", "on_platform": preset})
        )
        if reviewing_it
        else None,
        unaccept=(form if isinstance(form, UnacceptForm) else None) or UnacceptForm(),
        not_occurred=((form if isinstance(form, NotOccurredForm) else None) or NotOccurredForm())
        if "confirm_not_occurred" in can
        else None,
        neighbours=queues.neighbours(filing) if filing.state == FilingState.OFFICE_REVIEW else None,
        colleague=_colleague(filing, request, now) if filing.state == FilingState.OFFICE_REVIEW else None,
        passing=passing,
        may_unaccept="unaccept" in can and (bool(filing.conflict) or not filing.exports.exists()),
        correction_due=deadlines.after(day_of(now), "correction_days") if reviewing_it else None,
    )
    return {"office": panel}


def _reading(filing: Filing, form: Form | None, refused: Refused | None) -> Reading | None:
    """The revision on the page; a page that comes back for another fault is still about what was read."""
    if isinstance(form, ReadForm) and not isinstance(refused, StaleReading) and form.is_bound:
        form.is_valid()
        if {"revision", "sm3"} <= form.cleaned_data.keys():
            return form.reading
    if not filing.revision:
        return None
    revision = latest(filing)
    return Reading(revision.number, revision.sm3)


def _asks_platform(filing: Filing) -> bool:
    return filing.account is not None and filing.account.state == AccountState.PENDING


def _colleague(filing: Filing, request: HttpRequest, now: datetime) -> Event | None:
    opened = events.timeline(filing).filter(verb="read").order_by("seq")
    return queues.at_work(opened, filing, user_of(request), now=now)


def _again(request: HttpRequest, filing: Filing, form: Form, refused: Refused | None = None) -> HttpResponse:
    """The filing's page once more, with what was typed and why it was not done."""
    filing = filing_for(request, filing.pk)
    typed = form.data.get(form.add_prefix("comment"), "")
    panel = panel_context(request, filing, form=form, refused=refused)
    return show_filing(request, filing, refused=refused, typed=typed, status=None if refused else 422, **panel)


# --- the decision ---------------------------------------------------------------------------------------------------


@may(Action.ACCEPT, Action.RETURN, Action.REFUSE)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """通过, 退回修改 or 不予备案; then the next filing of the queue."""
    filing = filing_for(request, pk)
    form = DecisionForm(request.POST, asks_platform=_asks_platform(filing))
    if not form.is_valid():
        return _again(request, filing, form)
    typed = form.cleaned_data
    act: Callable[..., Filing] = {
        "accept": reviewing.accept,
        "return": reviewing.return_,
        "refuse": reviewing.refuse,
    }[typed["decision"]]
    more = {"on_platform": typed.get("on_platform")} if typed["decision"] == "refuse" else {}
    try:
        done = act(pk, by=user_of(request), read=form.reading, now=db_now(), comment=typed["comment"], **more)
    except Refused as refused:
        return _again(request, filing, form, refused)
    return next_in_queue(request, done)


def next_in_queue(request: HttpRequest, done: Filing) -> HttpResponse:
    """What was done, in a sentence, and the next one to review."""
    following = queues.after_decision(done)
    then = "下面是下一件。" if following else "待审的都办完了。"
    messages.success(request, f"{_done(done)}{then}")
    return redirect("filings:detail", following.pk) if following else redirect("home")


def _done(filing: Filing) -> str:
    name = f"“{filing.account_label}”"
    if filing.state == FilingState.ACCEPTED:
        until = filing.office_due_at and due24(filing.office_due_at, provisional=filing.provisional)
        by = f"，请在 {until} 前录入全国、全省两个系统" if until else ""
        return f"已通过{name}，转为“待上级平台备案”{by}。"
    if filing.state == FilingState.RETURNED:
        until = filing.correction_due_at and due24(filing.correction_due_at, provisional=filing.provisional)
        by = f"，单位应在 {until} 前改好重报" if until else ""
        return f"已退回{name}{by}。"
    return f"{name}不予备案，本件已结束，单位会收到通知。"


@may(Action.CHECK_PAPER)
@require_POST
def check_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """勾选“已核对纸质批准件”."""
    filing = filing_for(request, pk)
    form = PaperCheckForm(request.POST)
    if not form.is_valid():
        return show_filing(request, filing, status=422)
    try:
        reviewing.check_paper(pk, by=user_of(request), read=form.reading, now=db_now())
    except Refused as refused:
        return show_filing(request, filing, refused=refused)
    messages.success(request, "已核对纸质批准件，单位不能再更正批准日期。现在可以审核。")
    return redirect("filings:detail", pk)


# --- what comes after -----------------------------------------------------------------------------------------------


@may(Action.UNACCEPT)
@require_POST
def unaccept(request: HttpRequest, pk: int) -> HttpResponse:
    """撤销审核通过: back into the queue."""
    filing = filing_for(request, pk)
    form = UnacceptForm(request.POST)
    if not form.is_valid():
        return _again(request, filing, form)
    comment = form.cleaned_data["comment"]
    try:
        reviewing.unaccept(pk, by=user_of(request), read=form.reading, now=db_now(), comment=comment)
    except Refused as refused:
        return _again(request, filing, form, refused)
    messages.success(request, f"已撤销通过，“{filing.account_label}”回到待审。")
    return redirect("filings:detail", pk)


@may(Action.NOT_OCCURRED)
@require_POST
def not_occurred(request: HttpRequest, pk: int) -> HttpResponse:
    """确认未发生: the ended filing's clocks count no more."""
    filing = filing_for(request, pk)
    form = NotOccurredForm(request.POST)
    if not form.is_valid():
        return _again(request, filing, form)
    try:
        reviewing.confirm_not_occurred(pk, by=user_of(request), comment=form.cleaned_data["comment"], now=db_now())
    except Refused as refused:
        return _again(request, filing, form, refused)
    messages.success(request, f"已确认“{filing.account_label}”未发生，不再计算期限，预警在下次检查时解除。")
    return redirect("filings:detail", pk)
