"""What is told of a closure order, and to whom."""

from collections.abc import Collection
from datetime import datetime

from django.urls import reverse

from accounts import audience
from accounts.models import Role
from inspections.models import ClosureOrder
from zhonglou_media.core import notices
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

# Who is told what: the unit of the order, or the office's supervisors.
TOLD: dict[str, Collection[Role]] = {
    "issue": audience.UNIT,
    "prove": (Role.SUPERVISOR,),
    "replace_proof": (Role.SUPERVISOR,),
    "send_back": audience.UNIT,
    "execute": audience.UNIT,
    "revoke": audience.UNIT,
    "supersede": audience.UNIT,
}


def tell(order: ClosureOrder, verb: str, seq: int, *, by: User | None, now: datetime) -> None:
    """Leave the notices of the event `seq`; not to who did it."""
    roles = TOLD[verb]
    unit_id = order.unit_id if roles == audience.UNIT else None
    notices.tell(
        audience.people(roles, now=now, unit_id=unit_id, but=by),
        key=f"order-{order.pk}-{seq}",
        text=_told(order, verb),
        link=reverse("inspections:order", args=[order.pk]),
        now=now,
    )


def _told(order: ClosureOrder, verb: str) -> str:
    what, until = f"责令关停 {order.number}·{order.account}", due24(order.due_at)
    deed = "关停并注销" if order.cancel else "关停"
    match verb:
        case "issue":
            return f"{what}：请在 {until} 前{deed}，并报送办理证明。"
        case "prove":
            return f"{what}：单位已报送办理证明，请核实后确认执行。"
        case "replace_proof":
            return f"{what}：单位更换了办理证明，请按新的核实。"
        case "send_back":
            return f"{what}：办理证明被退回，请在 {until} 前重新报送。"
        case "execute":
            return f"{what}：已确认执行，账号现为“{order.account.get_state_display()}”。"
        case "supersede":
            return f"{what}：{order.end_reason}，本件终结，账号不再关停。"
        case _:
            return f"{what}：已撤销，账号不再按本件关停。"
