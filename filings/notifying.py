"""Who is told when a filing moves: the person whose turn it is now."""

from collections.abc import Collection
from datetime import datetime

from accounts import audience
from accounts.models import Role
from filings import wording
from filings.models import Filing, FilingKind, FilingState
from filings.timeline import verb_label
from zhonglou_media.core import notices
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import Event, User

# After which move whose turn it is.
NEXT: dict[str, tuple[Role, ...]] = {
    "submit": (Role.LEADER,),
    "leader_approve": (Role.OPERATOR,),
    "leader_return": (Role.OPERATOR,),
    "report": (Role.OFFICER,),
    "accept": (Role.OPERATOR,),
    "return_for_correction": (Role.OPERATOR,),
    "refuse": (Role.OPERATOR, Role.LEADER),
    "upper_return": (Role.OPERATOR, Role.OFFICER),
    "unaccept": (Role.OFFICER,),
    "completion_blocked": (Role.OFFICER, Role.SUPERVISOR, Role.OPERATOR),
    "complete": (Role.OPERATOR, Role.LEADER),
    "object": (Role.OFFICER, Role.SUPERVISOR, Role.OPERATOR),
}
MANY_RETURNS = 3  # from the third return on the supervisor is told: the unit and the office do not get on with it
WITH_THE_UNIT = (FilingState.DRAFT, FilingState.TO_REPORT, FilingState.RETURNED)


def tell_who_is_next(filing: Filing, event: Event) -> None:
    """Leave a notice for those whose turn it is after `event`."""
    roles = NEXT.get(event.verb, ())
    _tell_giving_unit(filing, event)
    if not roles:
        return
    if event.to_state == FilingState.RETURNED and filing.returns >= MANY_RETURNS:
        roles = (*roles, Role.SUPERVISOR)
    notices.tell(
        people(filing, roles, event),
        key=f"filing-{filing.pk}-{event.seq}",
        text=f"{title(filing)}：{told(filing, event)}。"[:300],
        link=f"/filings/{filing.pk}/",
        now=event.at,
    )


def tell_what_lacks(filing: Filing, lacks: str, *, now: datetime) -> None:
    """Both systems have answered: the unit's operators learn what of theirs completion waits for, once a content."""
    notices.tell(
        audience.people((Role.OPERATOR,), now=now, unit_id=filing.unit_id),
        key=f"filing-{filing.pk}-lacks-{filing.revision}",
        text=f"{title(filing)}：两个系统均已备案，还缺{lacks}，请在“补充材料”里补齐，补齐后自动办结。",
        link=f"/filings/{filing.pk}/",
        now=now,
    )


# What the unit hears that gives its account away (主办单位变更).
GIVING: dict[str, str] = {
    "submit": "{unit}申请接收本单位账号，正由该单位主要领导审批；报送后可向区政府办公室提出异议",
    "report": "{unit}接收本单位账号的申请已报送审核；有异议的，请在审核期间提出",
    "accept": "{unit}接收本单位账号的申请已审核通过，正在办理上级备案",
    "complete": "已办结，账号的主办单位改为{unit}，以后由该单位管理",
    "refuse": "{unit}接收本单位账号的申请不予备案，账号仍由本单位主办",
    "withdraw": "{unit}撤回了接收本单位账号的申请，账号仍由本单位主办",
}


def _tell_giving_unit(filing: Filing, event: Event) -> None:
    details = filing.details if filing.kind == FilingKind.CHANGE else None
    if event.verb not in GIVING or details is None or details.giving_unit_id is None:
        return
    notices.tell(
        audience.people(audience.UNIT, now=event.at, unit_id=details.giving_unit_id, but=event.actor),
        key=f"filing-{filing.pk}-{event.seq}",
        text=f"{title(filing)}：{GIVING[event.verb].format(unit=filing.unit.name)}。",
        link=f"/filings/{filing.pk}/",
        now=event.at,
    )


def told(filing: Filing, event: Event) -> str:
    """What was done, what the filing is now unless that says the same, and by when it must go on."""
    done, state = verb_label(event.verb), FilingState(filing.state).label
    if event.verb == "completion_blocked":
        return f"两个系统均已备案，暂不能办结：{filing.conflict.rstrip('。')}"
    words = done if done == state else f"{done}，现为“{state}”"
    if event.to_state == FilingState.RETURNED and filing.returns > 1:
        words += f"（第{filing.returns}次退回）"
    clock = wording.running(filing)
    if clock is not None and filing.state in WITH_THE_UNIT:
        return f"{words}，请在 {clock.until} 前{clock.verb}"
    if filing.state == FilingState.OFFICE_REVIEW and filing.office_due_at is not None:
        return f"{words}，应在 {due24(filing.office_due_at, provisional=filing.provisional)} 前录入两个系统"
    return words


def people(filing: Filing, roles: Collection[Role], event: Event) -> list[User]:
    """Active users who hold one of `roles`, in the filing's unit or in the office."""
    of_unit, of_office = ([role for role in roles if (role in audience.OFFICE) is office] for office in (False, True))
    found = audience.people(of_unit, now=event.at, unit_id=filing.unit_id, but=event.actor)
    found += audience.people(of_office, now=event.at, but=event.actor)
    return list(dict.fromkeys(found))


def title(filing: Filing) -> str:
    """A filing as a list names it: kind and account."""
    return f"{filing.get_kind_display()}·{filing.account_label}"
