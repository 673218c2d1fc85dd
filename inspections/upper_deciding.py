"""What follows from being named in public by the city or above (第二十四条): the supervisor decides, with the ground.

责令关停 (ground 市级及以上检查被通报), 一票否决 of the unit's year, both, or neither with a reason.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import policy
from accounts.policy import Action
from inspections import ordering, upper, vetoing
from inspections.models import OrderGround, UpperFinding, UpperState, VetoGround
from inspections.ordering import Terms
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import User


@dataclass(frozen=True)
class Decision:
    """`reason` is the ground as it goes on record; `order` are the terms of a closure order, None for none.

    Neither `veto` nor `order`: 不予处理.
    """

    reason: str
    veto: bool = False
    order: Terms | None = None


def why_not(finding: UpperFinding) -> str:
    """Why nothing can be decided about the finding, in a sentence; '' when it can."""
    if not finding.named:
        return f"工单 {finding} 没有被公开通报点名，不用依照第二十四条决定。"
    if finding.decided_at is not None:
        return f"工单 {finding} 已经决定过。"
    if finding.state not in (UpperState.HANDED, UpperState.REPORTED):
        return f"工单 {finding} 现为“{finding.get_state_display()}”，先交办承办单位，再作决定。"
    return ""


def decide(upper_id: int, decision: Decision, *, read: str, by: User, now: datetime) -> UpperFinding:
    """第二十四条的决定: once a finding; the unit is told by the order and the veto.

    Locks the account, then the finding. Raises NotAllowed, WrongState, StaleReading, Incomplete by field (those of the
    order's terms too).
    """
    with transaction.atomic():
        role = policy.require(by, Action.VETO)
        finding = upper.locked(upper_id, True)
        if why := why_not(finding):
            raise WrongState(why)
        upper.not_stale(finding, read)
        reason = decision.reason.strip()
        if not reason:
            raise Incomplete("还有1处需要修改，改好后才能决定。", {"reason": ["请写明决定的依据和理由。"]})
        if decision.order is not None and finding.account is None:
            raise Incomplete(
                "还有1处需要修改，改好后才能决定。", {"outcome": ["台账里没有这个账号，不能责令关停，请改选。"]}
            )
        detail: dict[str, object] = {"veto": decision.veto, "order": None}
        if decision.order is not None and finding.account_id is not None:
            terms = Terms(
                OrderGround.NAMED, reason, decision.order.number, decision.order.due_on, decision.order.cancel
            )
            finding.closure_order = ordering.issue(finding.account_id, terms, by=by, now=now)
            detail["order"] = finding.closure_order.pk
        if decision.veto and finding.unit is not None:
            vetoing.impose(
                finding.unit,
                max(finding.received_on.year, day_of(now).year - 1),
                VetoGround.NAMED,
                reason,
                account=finding.account,
                upper=finding,
                by=by,
                now=now,
            )
        finding.decided_at, finding.decided_reason = now, reason
        finding.save(update_fields=["decided_at", "decided_reason", "closure_order"])
        events.append(
            finding,
            "decide" if decision.veto or decision.order is not None else "let_be",
            by=by,
            role=role,
            at=now,
            from_state=finding.state,
            to_state=finding.state,
            comment=reason,
            detail=detail,
        )
    return finding
