"""整改不到位 (第二十四条): the supervisor extends once, orders the closure, vetoes the year, or lets be.

Each decision has its reason and its ground in the history, visible to the unit. Locks: account (where it is to be
closed), rectification. What was named in public from above is decided on that finding: `inspections/upper_deciding.py`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction

from accounts import policy
from accounts.models import Account
from accounts.policy import Action
from inspections import lateness, ordering, rectify_due, rectifying, upper_due, vetoing
from inspections.models import AnnualVeto, OrderGround, Rectification, VetoGround
from inspections.models.rectification import OPEN_RECTIFICATIONS
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.countdown import due24, span
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import User

FURTHEST = timedelta(days=180)
SENT_BACK_OFTEN = 2


class Outcome(models.TextChoices):
    """What the supervisor can decide; the value is the verb of the event."""

    EXTEND = "extend", "延期一次"
    LET_BE = "let_be", "不另作处理，继续整改"
    CLOSE = "order_closure", "责令关停"
    VETO = "veto", "年度考核一票否决"
    BOTH = "order_and_veto", "责令关停，并一票否决"


CLOSING, VETOING = (Outcome.CLOSE, Outcome.BOTH), (Outcome.VETO, Outcome.BOTH)


@dataclass(frozen=True)
class Decision:
    """`due_on` is the new day of an extension, `close_on` the last day for closing (None: 立即)."""

    outcome: str
    reason: str
    due_on: date | None = None
    close_on: date | None = None
    number: str = ""
    cancel: bool = False
    year: int | None = None  # of the veto; None: this one


def refer(pk: int, *, reason: str, by: User, now: datetime, read: str | None = None) -> Rectification:
    """转负责人: the supervisors are told. Raises NotAllowed, WrongState (ended, or it waits already), Refused."""
    with transaction.atomic():
        row = rectifying.locked(pk)
        role = policy.require(by, Action.VERIFY_RECTIFICATION, row)
        rectifying.must_be_read(row, read)
        if row.state not in OPEN_RECTIFICATIONS:
            raise rectifying.wrong_state(row)
        if waits(row):
            raise WrongState(f"整改 {row} 已经转负责人，请等候决定。", by=row.referred_by, at=row.referred_at)
        row.referred_reason = rectifying.need(reason, "转负责人的理由")
        row.referred_at, row.referred_by, row.decided_at = now, by, None
        row.save()
        rectifying.finish(row, "refer", by=by, role=role, now=now, comment=row.referred_reason)
    return row


def decide(pk: int, decision: Decision, *, by: User, now: datetime, read: str | None = None) -> Rectification:
    """The supervisor's decision, all of it or nothing: the order and the veto are made in the same transaction.

    The unit is told by the order and the veto, or of the new due time. Raises NotAllowed, WrongState, StaleReading,
    Incomplete by field of `Decision`.
    """
    with transaction.atomic():
        account_id = Rectification.objects.values_list("account", flat=True).get(pk=pk)
        closes = decision.outcome in CLOSING
        account = ordering.locked(account_id) if closes and account_id is not None else None
        row = rectifying.locked(pk)
        role = policy.require(by, Action.DECIDE_RECTIFICATION, row)
        rectifying.must_be_read(row, read)
        if row.answered_by_id == by.pk:
            raise Refused("这件整改是您答复的，请由另一位负责人决定。")
        if why := why_not(row, now):
            raise WrongState(why)
        terms = _terms(decision) if closes else None
        errors = errors_of(row, decision, now)
        if account is not None and terms is not None:
            if why := ordering.why_not(account):
                raise WrongState(why)
            errors |= _of_order(account, terms, now)
        if errors:
            raise Incomplete(f"还有{len(errors)}处需要修改，改好后才能决定。", errors)
        detail: dict[str, Any] = {"due_at": row.due_at.isoformat()}
        if account is not None and terms is not None:
            order_role = policy.require(by, Action.ORDER, account)
            row.closure_order = ordering.issue_locked(account, terms, by=by, role=order_role, now=now)
            detail["order"] = row.closure_order.pk
        if decision.outcome in VETOING:
            detail["veto"] = _veto(row, decision, by=by, now=now).pk
        if decision.outcome == Outcome.EXTEND and decision.due_on is not None:
            row.extended_from = row.due_at
            row.due_at, row.provisional = rectify_due.named(_end_of(row, decision.due_on), row.upper)
            detail["extended_to"] = row.due_at.isoformat()
        row.decided_at = now
        row.save()
        rectifying.finish(
            row, decision.outcome, by=by, role=role, now=now, comment=decision.reason.strip(), detail=detail
        )
    return row


def extend(pk: int, *, due_on: date, reason: str, by: User, now: datetime, read: str | None = None) -> Rectification:
    """延期一次, until 24:00 of `due_on`. Raises as `decide`."""
    return decide(pk, Decision(Outcome.EXTEND, reason, due_on=due_on), by=by, now=now, read=read)


def grounds(row: Rectification, now: datetime) -> list[str]:
    """Why it is 整改不到位, in words, each of its own: overdue, sent back twice."""
    found = []
    if lateness.is_overdue(row, now):
        found.append(f"逾期 {span(now - row.due_at)}")
    if row.state in OPEN_RECTIFICATIONS and row.sent_back >= SENT_BACK_OFTEN:
        found.append(f"已退回 {row.sent_back} 次")
    return found


def waits(row: Rectification) -> bool:
    """Whether it was referred and waits for the supervisor."""
    return row.referred_at is not None and row.decided_at is None and row.state in OPEN_RECTIFICATIONS


def why_not(row: Rectification, now: datetime) -> str:
    """Why nothing may be decided of it now, in a sentence; '' when something may."""
    if row.state not in OPEN_RECTIFICATIONS:
        return f"整改 {row} 现为“{row.get_state_display()}”，不用再决定。"
    if waits(row) or grounds(row, now):
        return ""
    if lateness.is_ordered(row):
        return f"整改 {row} 的账号已责令关停，现在不用再决定；还须决定的，请先转负责人并写明理由。"
    return f"整改 {row} 没有逾期，没有退回两次，也没有转负责人，现在不用决定。"


def outcomes(row: Rectification, now: datetime) -> list[Outcome]:
    """What may be decided of it; the account's own state is asked when it is."""
    found = list(Outcome)
    if row.extended_from is not None:
        found.remove(Outcome.EXTEND)
    if row.account is None or ordering.why_not(row.account):
        found = [outcome for outcome in found if outcome not in CLOSING]
    if vetoing.standing().filter(rectification=row).exists():
        found = [outcome for outcome in found if outcome not in VETOING]
    return found


def errors_of(row: Rectification, decision: Decision, now: datetime) -> dict[str, list[str]]:
    """What is wrong with the decision, by field; of the order's own terms `ordering.errors_of` says it."""
    errors: dict[str, list[str]] = {}
    if not decision.reason.strip():
        errors["reason"] = ["请写明决定的理由。"]
    if decision.outcome not in Outcome.values:
        return errors | {"outcome": ["请选择怎样处理。"]}
    if decision.outcome in CLOSING and row.account is None:
        errors["outcome"] = ["台账里没有这个账号，不能责令关停；请先登记为发现的账号。"]
    if decision.outcome == Outcome.EXTEND:
        errors |= _extension(row, decision.due_on, now)
    return errors


def _extension(row: Rectification, due_on: date | None, now: datetime) -> dict[str, list[str]]:
    if row.extended_from is not None:
        return {"outcome": [f"这件整改已经延期一次（原期限 {due24(row.extended_from)}），不能再延。"]}
    today = day_of(now)
    if due_on is None:
        return {"due_on": ["请填写延到哪一天。"]}
    if due_on < today or _end_of(row, due_on) <= row.due_at:
        return {"due_on": [f"新的期限应晚于原期限 {due24(row.due_at)}，且不早于今天。"]}
    if due_on > today + FURTHEST:
        return {"due_on": ["延期最多 180 天，请核对年份和日期。"]}
    if row.upper is not None and now < row.upper.due_at < _end_of(row, due_on):
        return {"due_on": [f"不能晚于上级要求的 {due24(row.upper.due_at)}。"]}
    return {}


def _end_of(row: Rectification, day: date) -> datetime:
    """24:00 of `day`; on the last day of the issuer of a finding from above its very moment, while that is to come."""
    if row.upper is not None and day == upper_due.last_day(row.upper.due_at):
        return row.upper.due_at
    return start_of(day + timedelta(days=1))


def errors_of_order(row: Rectification, decision: Decision, now: datetime) -> dict[str, list[str]]:
    """What is wrong with the terms of the closure, by field of `Decision`; nothing where none is decided."""
    if decision.outcome not in CLOSING or row.account is None:
        return {}
    return _of_order(row.account, _terms(decision), now)


def _of_order(account: Account, terms: ordering.Terms, now: datetime) -> dict[str, list[str]]:
    names = {"due_on": "close_on"}
    found = ordering.errors_of(account, terms, now)
    return {names.get(name, name): said for name, said in found.items() if name != "reason"}


def _terms(decision: Decision) -> ordering.Terms:
    return ordering.Terms(
        ground=OrderGround.RECTIFICATION,
        reason=decision.reason,
        number=decision.number,
        due_on=decision.close_on,
        cancel=decision.cancel,
    )


def _veto(row: Rectification, decision: Decision, *, by: User, now: datetime) -> AnnualVeto:
    try:
        return vetoing.impose(
            row.unit,
            decision.year or day_of(now).year,
            VetoGround.NOT_RECTIFIED,
            decision.reason,
            account=row.account,
            rectification=row,
            upper=row.upper,
            by=by,
            now=now,
        )
    except WrongState:
        raise
    except Refused as refused:
        raise Incomplete("还有1处需要修改，改好后才能决定。", {"year": [str(refused)]}) from None
