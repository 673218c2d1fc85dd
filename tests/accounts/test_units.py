"""Units as the admin keeps them: names over time, parents without a circle, no internal one with accounts, gaps."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from accounts import units
from accounts.models import Membership, Role, Unit, UnitName
from accounts.models.unit import UnitStatus
from accounts.units import UnitData
from tests.factories import account, at, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, WrongState
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db

NOW, TODAY = at("2026-11-24 14:05"), date(2026, 11, 24)
DATA = UnitData("示例甲局", "甲局", "department", "bound", False, None)


@pytest.fixture
def admin() -> User:
    return user(Role.ADMIN)


def data_of(of: Unit, **changed: Any) -> UnitData:
    of.refresh_from_db()
    return replace(UnitData(of.name, of.short_name, of.kind, of.scope, of.internal, of.parent), **changed)


def test_a_new_unit_is_in_use_and_its_name_has_a_day(admin: User) -> None:
    made = units.create(DATA, by=admin, now=NOW)
    assert (made.name, made.short_name, made.kind, made.status) == ("示例甲局", "甲局", "department", "active")
    assert list(made.names.values_list("name", "since")) == [("示例甲局", TODAY)]
    event = Event.objects.get(subject_kind="unit", subject_id=made.pk)
    assert (event.verb, event.actor, event.role, event.detail["name"]) == ("create", admin, "admin", "示例甲局")


def test_a_new_name_keeps_the_old_one_with_its_days(admin: User) -> None:
    made = units.create(DATA, by=admin, now=NOW)
    renamed = data_of(made, name="示例甲和旅游局", since=date(2026, 12, 1))
    with pytest.raises(Incomplete) as refused:
        units.edit(made.pk, renamed, by=admin, now=NOW)
    assert "这一天还没有到" in refused.value.errors["since"][0]
    units.edit(made.pk, renamed, by=admin, now=at("2026-12-01 09:00"))
    assert list(made.names.order_by("since").values_list("name", "since")) == [
        ("示例甲局", TODAY),
        ("示例甲和旅游局", date(2026, 12, 1)),
    ]
    event = Event.objects.get(verb="edit")
    assert event.detail == {"name": ["示例甲局", "示例甲和旅游局"], "since": "2026-12-01"}
    units.edit(made.pk, data_of(made, name="示例甲局", since=date(2027, 1, 1)), by=admin, now=at("2027-01-02 09:00"))
    assert made.names.get(name="示例甲局").since == date(2027, 1, 1)  # called so again


def test_a_unit_made_without_its_name_in_the_record_keeps_it_when_renamed(admin: User) -> None:
    old = unit("示例旧名局")
    assert not UnitName.objects.exists()
    units.edit(old.pk, data_of(old, name="示例新名局"), by=admin, now=NOW)
    assert dict(old.names.values_list("name", "since")) == {"示例旧名局": None, "示例新名局": TODAY}


def test_saving_without_a_change_leaves_no_trace(admin: User) -> None:
    made = unit()
    units.edit(made.pk, data_of(made), by=admin, now=NOW)
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", ["示例乙局", " 示例乙局 ", "示例\u200b乙局", "示例乙局（", ""])
def test_a_name_that_is_taken_or_none(admin: User, name: str) -> None:
    unit("示例乙局")
    mine = unit()
    refused = name != "示例乙局（"
    for act in (
        lambda: units.create(replace(DATA, name=name), by=admin, now=NOW),
        lambda: units.edit(mine.pk, data_of(mine, name=f"{name}"), by=admin, now=NOW),
    ):
        if refused:
            with pytest.raises(Incomplete) as error:
                act()
            assert list(error.value.errors) == ["name"]
        else:
            act()
            Unit.objects.filter(name=name).exclude(pk=mine.pk).update(name="示例别的局")


def test_parents_form_no_circle(admin: User) -> None:
    top, middle, low = unit("示例上"), unit("示例中"), unit("示例下")
    for child, parent in ((middle, top), (low, middle)):
        units.edit(child.pk, data_of(child, parent=parent), by=admin, now=NOW)
    for child, parent, told in (
        (top, low, "行业主管部门“示例下”本来就归它主管"),
        (top, middle, "行业主管部门“示例中”本来就归它主管"),
        (top, top, "不能是自己"),
    ):
        with pytest.raises(Incomplete) as refused:
            units.edit(child.pk, data_of(child, parent=parent), by=admin, now=NOW)
        assert told in refused.value.errors["parent"][0]
    units.edit(low.pk, data_of(low, parent=top), by=admin, now=NOW)
    merged = unit(status=UnitStatus.MERGED)
    with pytest.raises(Incomplete):
        units.edit(low.pk, data_of(low, parent=merged), by=admin, now=NOW)


def test_a_unit_with_accounts_is_not_internal(admin: User) -> None:
    made = unit()
    held = account(made)
    with pytest.raises(Incomplete) as refused:
        units.edit(made.pk, data_of(made, internal=True), by=admin, now=NOW)
    assert "第七条" in refused.value.errors["internal"][0]
    other = unit()
    held.unit = other
    held.save()
    assert units.edit(made.pk, data_of(made, internal=True), by=admin, now=NOW).internal


def test_an_imported_unit_is_confirmed_once_it_has_a_kind(admin: User) -> None:
    made = unit(kind="", status=UnitStatus.UNCONFIRMED)
    with pytest.raises(Incomplete):
        units.confirm(made.pk, by=admin, now=NOW)
    units.edit(made.pk, data_of(made, kind="town"), by=admin, now=NOW)
    assert units.confirm(made.pk, by=admin, now=NOW).status == "active"
    with pytest.raises(WrongState, match="不用核对"):
        units.confirm(made.pk, by=admin, now=NOW)
    event = Event.objects.get(verb="confirm")
    assert (event.from_state, event.to_state) == ("unconfirmed", "active")


def test_a_merged_unit_is_left_as_it_is(admin: User) -> None:
    made = unit(status=UnitStatus.MERGED)
    with pytest.raises(WrongState, match="已经撤并"):
        units.edit(made.pk, data_of(made, short_name="示例"), by=admin, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_nobody_but_the_admin(role: Role) -> None:
    made, by = unit(status=UnitStatus.UNCONFIRMED), user(role)
    for act in (
        lambda: units.create(DATA, by=by, now=NOW),
        lambda: units.edit(made.pk, data_of(made, short_name="示例"), by=by, now=NOW),
        lambda: units.confirm(made.pk, by=by, now=NOW),
    ):
        with pytest.raises(NotAllowed, match="管理单位：须由系统管理员办理"):
            act()


OPERATOR, LEADER, PARENT, OFFICER = Role.OPERATOR, Role.LEADER, Role.PARENT, Role.OFFICER
NO_OPERATOR, NO_LEADER, ONE = "没有填报员", "没有可在线审批的主要领导", "只有一人"


@pytest.mark.parametrize(
    ("roles", "accounts", "fields", "told"),
    [
        ([OPERATOR, LEADER], 1, {}, []),
        ([OPERATOR], 1, {}, [NO_LEADER]),
        ([LEADER], 1, {}, [NO_OPERATOR]),
        ([], 1, {}, [NO_OPERATOR, NO_LEADER]),
        ([], 0, {}, [NO_OPERATOR, NO_LEADER]),  # it can never file
        ([PARENT], 0, {}, []),  # a parent unit that runs no account
        ([OFFICER], 1, {}, [NO_OPERATOR, NO_LEADER]),
        ([], 0, {"internal": True}, []),
        ([], 0, {"status": "merged"}, []),
        ([], 1, {"scope": "guided"}, [NO_OPERATOR, NO_LEADER]),
    ],
)
def test_who_is_missing(roles: list[Role], accounts: int, fields: dict[str, Any], told: list[str]) -> None:
    of = unit()
    for role in roles:
        user(role, of)
    for _ in range(accounts):
        account(of)
    Unit.objects.filter(pk=of.pk).update(**fields)
    assert [sentence.partition("，")[0] for sentence in gaps(of)] == told


def test_one_person_with_both_roles_is_told_to_sign_on_paper() -> None:
    of = unit()
    person = user(OPERATOR, of)
    Membership.objects.create(user=person, unit=of, role=LEADER)
    assert [sentence[: len(ONE)] for sentence in gaps(of)] == [ONE]
    user(LEADER, of)
    assert gaps(of) == []


def test_a_disabled_leader_and_one_whose_time_is_over_are_missing() -> None:
    of = unit()
    user(OPERATOR, of)
    disabled, gone = user(LEADER, of), user(LEADER, of)
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    gone.memberships.update(to_date="2026-11-23")
    assert [sentence.partition("，")[0] for sentence in gaps(of)] == [NO_LEADER]


def gaps(of: Unit) -> list[str]:
    row = units.with_people(Unit.objects.all(), TODAY).get(pk=of.pk)
    people = Membership.objects.current(TODAY).filter(unit=of, user__is_active=True)
    return units.gaps(row, list(people))
