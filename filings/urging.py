"""催办: the office asks a unit for its part of a filing, once a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audience, policy
from accounts.models import Role
from accounts.policy import Action
from filings import kinds, wording
from filings.models import Filing, FilingKind, FilingState
from filings.notifying import title
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import Event, User

VERB = "remind"
NOTICE = 300


@dataclass(frozen=True)
class Asked:
    """Whose part it is, and what is asked of them."""

    role: Role
    words: str


@dataclass(frozen=True)
class Urged:
    """Who was told, and the filing."""

    filing: Filing
    people: list[User]

    @property
    def said(self) -> str:
        """「已催办王五、赵六」."""
        return f"已催办{'、'.join(map(str, self.people))}"


def owes(filing: Filing, now: datetime) -> str:
    """What the unit still has to add to an accepted filing: 账号ID, its proof; '' for nothing, or for a day to come."""
    if filing.state != FilingState.ACCEPTED:
        return ""
    owed = ["账号ID"] if filing.kind == FilingKind.OPEN and not filing.opening.uid else []
    planned = filing.effective_on is not None and filing.effective_on > day_of(now)
    if not planned and (lacks := kinds.of(filing).lacks(filing, now)):
        owed.append(lacks)
    return "、".join(owed)


def asked_of(filing: Filing, now: datetime) -> Asked | None:
    """What `filing` waits for from its unit; None when it waits for nobody there."""
    clock = wording.running(filing)
    by = ""
    if clock is not None:
        by = f"{clock.until} 已到期，请尽快{clock.verb}" if clock.is_over(now) else f"请在 {clock.until} 前{clock.verb}"
    match filing.state:
        case FilingState.LEADER_REVIEW:
            return Asked(Role.LEADER, f"等您审批{by and f'，{by}'}")
        case FilingState.TO_REPORT:
            return Asked(Role.OPERATOR, f"主要领导已批准，还没有报送{by and f'，{by}'}")
        case FilingState.RETURNED:
            return Asked(Role.OPERATOR, f"已退回修改，还没有改好再报{by and f'，{by}'}")
        case FilingState.ACCEPTED if owed := owes(filing, now):
            return Asked(Role.OPERATOR, f"还缺{owed}，请在“补充材料”里补录")
        case _:
            return None


def urge(filing_id: int, *, by: User, now: datetime) -> Urged:
    """催办: those of the unit whose part it is get a notice; once a day for a filing.

    Raises NotAllowed, WrongState (it waits for nobody there, or was urged today), Refused (nobody there to ask).
    """
    with transaction.atomic():
        filing = Filing.objects.for_decision(filing_id)
        role = policy.require(by, Action.REMIND, filing)
        asked = asked_of(filing, now)
        if asked is None:
            raise WrongState(waits_for_nobody(filing))
        earlier = events.timeline(filing).filter(verb=VERB, at__gte=start_of(day_of(now))).last()
        if earlier is not None:
            at = earlier.at.astimezone(SHANGHAI)
            raise WrongState(
                f"今天已经催办过：{earlier.actor} {at:%H:%M} 催办。明天可以再催。", by=earlier.actor, at=at
            )
        people = audience.people((asked.role,), now=now, unit_id=filing.unit_id)
        if not people:
            raise Refused(f"{filing.unit.name}没有{asked.role.label}的用户，没有人可以催，请系统管理员登记后再催办。")
        notices.tell(
            people,
            key=f"remind-{filing.pk}-{day_of(now):%Y%m%d}",
            text=f"区政府办公室催办：{title(filing)}：{asked.words}。"[:NOTICE],
            link=f"/filings/{filing.pk}/",
            now=now,
        )
        done = Urged(filing, people)
        comment = f"{done.said}：{asked.words}"
        revision = filing.revision or None
        # No state: who is told that somebody was first is not told of this.
        events.append(filing, VERB, by=by, role=role, at=now, revision=revision, comment=comment)
    return done


def last_urged(filings: Iterable[Filing]) -> dict[int, datetime]:
    """When each of `filings` was urged last; those that never were are left out."""
    found = Event.objects.filter(subject_kind="filing", subject_id__in=[f.pk for f in filings], verb=VERB)
    return {pk: at for pk, at in found.order_by("seq").values_list("subject_id", "at") if pk is not None}


def waits_for_nobody(filing: Filing) -> str:
    """Why nobody of the unit is asked for anything."""
    match filing.state:
        case FilingState.DRAFT:
            return "这件备案还是草稿，单位没有提交，不能催办。"
        case FilingState.OFFICE_REVIEW:
            return "这件备案等区政府办公室审核，不用催单位。"
        case FilingState.ACCEPTED:
            return "这件备案没有要单位补的材料，不用催办。"
        case _:
            return f"这件备案{FilingState(filing.state).label}，已经结束，不用催办。"
