"""What the office sees and may do beside a filing: the panel of `_office_panel.html`."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts import policy
from accounts.access import user_of
from accounts.models import AccountState
from accounts.policy import Action
from filings import deadlines, going_up, opening, review_queue, reviewing, urging
from filings.available import available
from filings.forms.office import DecisionForm, NotOccurredForm, ReadForm, UnacceptForm
from filings.models import Filing, FilingState
from filings.reading import Reading, latest
from filings.wording import running, still_lacks
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Refused, StaleReading, WrongState

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
    neighbours: review_queue.Neighbours | None
    colleague: review_queue.Colleague | None
    passing: going_up.Passing | None
    may_unaccept: bool
    correction_due: deadlines.Clock | None  # if it were returned today
    asked: urging.Asked | None  # what the unit may be urged for
    urged_at: datetime | None
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
    asks = asks_platform(filing)
    preset = "yes" if asks and opening.seems_on_platform(filing) else "no"
    passing = going_up.passing([filing], now=now)[0] if filing.state == FilingState.ACCEPTED else None
    asked = urging.asked_of(filing, now) if policy.may(user, Action.REMIND, filing) else None
    panel = Panel(
        can=can,
        reading=_reading(filing, form, refused),
        form=(
            (form if isinstance(form, DecisionForm) else None)
            or DecisionForm(
                name=filing.account_label, asks_platform=asks, initial={"decision": "accept", "on_platform": preset}
            )
        )
        if reviewing_it
        else None,
        unaccept=(form if isinstance(form, UnacceptForm) else None) or UnacceptForm(),
        not_occurred=((form if isinstance(form, NotOccurredForm) else None) or NotOccurredForm())
        if "confirm_not_occurred" in can
        else None,
        neighbours=review_queue.neighbours(filing) if filing.state == FilingState.OFFICE_REVIEW else None,
        colleague=_colleague(filing, request, now) if filing.state == FilingState.OFFICE_REVIEW else None,
        passing=passing,
        may_unaccept="unaccept" in can and (bool(filing.conflict) or not filing.exports.exists()),
        correction_due=deadlines.after(day_of(now), "correction_days") if reviewing_it else None,
        asked=asked,
        urged_at=urging.last_urged([filing]).get(filing.pk) if asked else None,
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


def asks_platform(filing: Filing) -> bool:
    """Whether a refusal must say if the account exists on the platform: it waits for this filing."""
    return filing.account is not None and filing.account.state == AccountState.PENDING


def _colleague(filing: Filing, request: HttpRequest, now: datetime) -> review_queue.Colleague | None:
    lately = events.timeline(filing).filter(at__gte=now - review_queue.AT_WORK).select_related("actor").order_by("seq")
    return review_queue.at_work(lately, filing, user_of(request), now=now)


def _lacks_alone(filing: Filing, now: datetime) -> str:
    """What completion waits for once both systems have answered; '' before that, and when nothing lacks."""
    row = going_up.passing([filing], now=now)[0]
    return row.lacks if row.is_answered else ""


def office_step(filing: Filing, can: set[str], *, now: datetime) -> str:
    """What happens next with `filing`, said to those outside its unit: the office acts, the others wait for it.

    `can` is what the reader may do (`filings.available`).
    """
    clock = running(filing)
    unit = filing.unit.name
    until = filing.office_due_at and due24(filing.office_due_at, provisional=filing.provisional)
    entered = f"{until} 前录入全国、全省两个系统" if until else "录入全国、全省两个系统"
    match filing.state:
        case FilingState.DRAFT:
            return f"{unit}正在填写{f'，应在 {clock.until} 前{clock.verb}' if clock else ''}。"
        case FilingState.LEADER_REVIEW:
            return f"等待{unit}主要领导审批{f'，该单位应在 {clock.until} 前{clock.verb}' if clock else ''}。"
        case FilingState.TO_REPORT if clock is not None and clock.is_over(now):
            return f"主要领导已批准，报送期限 {clock.until} 已过，{unit}还没有报送。"
        case FilingState.TO_REPORT:
            return f"主要领导已批准，等{unit}{f'在 {clock.until} 前' if clock else ''}报送。"
        case FilingState.OFFICE_REVIEW if "check_paper" in can:
            return f"请先核对纸质批准件，再审核，{entered}。"
        case FilingState.OFFICE_REVIEW if "accept" in can:
            return f"请审核，{entered}。"
        case FilingState.OFFICE_REVIEW:
            return f"由区政府办公室其他经办人审核，{entered}。"
        case FilingState.RETURNED:
            return f"已退回，{unit}应{f'在 {clock.until} 前' if clock else ''}按退回意见改好再报。"
        case FilingState.ACCEPTED if filing.conflict:
            return filing.conflict
        case FilingState.ACCEPTED if "receipt" in can:
            lacks = _lacks_alone(filing, now)
            wanted = f"请在 {entered}，并登记回执；两个系统都备案后自动办结。"
            return still_lacks(filing, lacks) if lacks else wanted
        case FilingState.WITHDRAWN:
            return f"{unit}已撤回，本件已结束。"
        case _:
            return ""
