"""What is told of a rectification, and to whom."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.urls import reverse

from accounts import audience
from accounts.models import Role
from inspections import rectify_due
from inspections.models import Rectification
from zhonglou_media.core import notices
from zhonglou_media.core.models import User

# Who is told what: the unit of the rectification, the office, or its supervisors.
TOLD: dict[str, Collection[Role]] = {
    "answer": audience.OFFICE,
    "replace_answer": audience.OFFICE,
    "verify": audience.UNIT,
    "send_back": audience.UNIT,
    "remind": audience.UNIT,
    "revoke": audience.UNIT,
    "refer": (Role.SUPERVISOR,),
    "extend": audience.UNIT,
    "let_be": audience.UNIT,
    # of a closure and of a veto `ordering` and `vetoing` tell
}


def tell(row: Rectification, verb: str, seq: int, *, by: User | None, now: datetime) -> None:
    """Leave the notices of the event `seq`; not to who did it."""
    roles = TOLD.get(verb, ())
    unit_id = row.unit_id if roles == audience.UNIT else None
    notices.tell(
        audience.people(roles, now=now, unit_id=unit_id, but=by),
        key=f"rectification-{row.pk}-{seq}",
        text=_told(row, verb, now),
        link=reverse("inspections:rectification", args=[row.pk]),
        now=now,
    )


def tell_issued(rows: Sequence[Rectification], seq: int, *, by: User | None, now: datetime) -> None:
    """One notice for the rectifications of one account that are issued together."""
    first, until = rows[0], rectify_due.until(rows[0])
    if len(rows) == 1:
        text = f"{_named(first)}：{first.problem}。请在 {until} 前整改并答复。"
        link = reverse("inspections:rectification", args=[first.pk])
    else:
        text = f"整改通知·{first.account or first.unit}：有 {len(rows)} 个问题，请在 {until} 前整改并逐件答复。"
        link = reverse("inspections:rectifications")
    people = audience.people(audience.UNIT, now=now, unit_id=first.unit_id, but=by)
    notices.tell(people, key=f"rectification-{first.pk}-{seq}", text=text, link=link, now=now)


def _named(row: Rectification) -> str:
    return f"整改 {row.number}·{row.account or row.unit}"


def _told(row: Rectification, verb: str, now: datetime) -> str:
    what, until = _named(row), rectify_due.until(row)
    match verb:
        case "answer":
            return f"{what}：单位已答复，请复核。"
        case "replace_answer":
            return f"{what}：单位更换了答复，请按新的复核。"
        case "verify":
            return f"{what}：复核通过，整改完成。"
        case "send_back":
            again = f"期限 {until} 已过，请尽快重新答复" if row.due_at <= now else f"请在 {until} 前重新答复"
            return f"{what}：答复被退回，{again}。理由：{row.sent_back_reason}"
        case "remind":
            return f"{what}：请在 {until} 前整改并答复，区政府办公室第 {row.reminded} 次催办。"
        case "revoke":
            return f"{what}：已撤销，不用再整改。理由：{row.revoked_reason}"
        case "refer":
            return f"{what}：已转负责人，请决定。理由：{row.referred_reason}"
        case "extend":
            return f"{what}：期限延到 {until}，只延一次，请按期答复。"
        case _:
            return f"{what}：负责人决定不另作处理，请继续整改，期限 {until}。"
