"""Rows for the tests of flags: valid in one line, with literal Shanghai times, made past the use cases on purpose."""

from datetime import date, datetime
from itertools import count
from typing import Any

from accounts.models import Account, AccountState, Flag, Membership, Platform, Role, Unit
from filings.models import Filing, FilingState
from filings.models.filing import APPROVED, DECIDED, LIVE, REPORTED
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.models import User

S = FilingState
_serial = count(1)


def at(text: str) -> datetime:
    """「2021-02-20 00:00」 in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def make_unit(**fields: Any) -> Unit:
    return Unit.objects.create(**{"name": f"示例单位{next(_serial)}"} | fields)


def make_user(name: str, role: Role | None = None, unit: Unit | None = None) -> User:
    user = User.objects.create(username=f"{name}{next(_serial)}", name=name)
    if role is not None:
        Membership.objects.create(user=user, unit=unit or make_unit(), role=role)
    return user


def make_platform() -> Platform:
    code = f"p{next(_serial)}"
    return Platform.objects.create(code=code, name=f"示例平台{code}", group="其他")


def build_account(state: AccountState = AccountState.ACTIVE, **fields: Any) -> Account:
    """An unsaved account; an unfiled one was found on 2021-03-22 00:00 unless told."""
    name = f"示例账号{next(_serial)}"
    facts = {"name": name, "name_key": name, "look_key": name, "state": state, "origin": "found"}
    facts |= {"state_since": at("2021-03-22 00:00"), "same_platform_reason": "示例"}
    if state == AccountState.UNFILED:
        facts["found_at"] = at("2021-03-22 00:00")
    return Account(**facts | fields)


def make_account(state: AccountState = AccountState.ACTIVE, **fields: Any) -> Account:
    account = build_account(state, **{"unit": fields.get("unit") or make_unit(), "platform": make_platform()} | fields)
    account.save()
    return account


def build_filing(state: FilingState = S.DRAFT, *, people: tuple[User, User], **fields: Any) -> Filing:
    """An unsaved filing that has what its state demands; `people` are a leader and an officer."""
    early = at("2021-01-04 09:00")
    facts: dict[str, Any] = {"kind": "open", "state": state, "created_at": early}
    if state in APPROVED:
        facts |= {"leader": people[0], "approved_on": date(2021, 1, 4), "approval_recorded_at": early}
        facts |= {"first_approved_on": date(2021, 1, 4), "first_approval_recorded_at": early}
    if state in REPORTED:
        facts |= {"first_reported_at": early, "reported_at": early, "number": f"示例-{next(_serial)}"}
    if state in DECIDED:
        facts |= {"officer": people[1], "accepted_revision": 1}
    if state not in LIVE:
        facts["ended_at"] = early
    return Filing(**facts | fields)


def make_filing(state: FilingState = S.DRAFT, **fields: Any) -> Filing:
    people = (make_user("示例领导"), make_user("示例经办"))
    filing = build_filing(state, people=people, **{"unit": fields.get("unit") or make_unit()} | fields)
    filing.save()
    return filing


def open_keys(rule: str) -> set[tuple[int, datetime]]:
    """The open flags of a rule: fact and the due time it missed."""
    return set(Flag.objects.open().filter(rule=rule).values_list("fact_id", "due_at"))
