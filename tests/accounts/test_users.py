"""Users and memberships as the admin keeps them: nobody oneself, one admin remains, all of it in the history."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts import invitations, users
from accounts.models import Membership, Role
from accounts.models.unit import UnitStatus
from filings import handing_over
from tests.factories import at, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Invitation, User

pytestmark = pytest.mark.django_db

NOW, TODAY = at("2026-11-24 14:05"), date(2026, 11, 24)
YESTERDAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 25)


@pytest.fixture
def admin() -> User:
    return user(Role.ADMIN, name="示例管理员")


def make(admin: User, **fields: Any) -> tuple[User, str]:
    given = {
        "username": "Zhang.San",
        "name": " 示例张三 ",
        "phone": "0519-1",
        "role": Role.OPERATOR,
        "from_date": TODAY,
    }
    return users.create(**{"unit": unit(), **given, **fields}, by=admin, now=NOW)


def verbs(of: User) -> list[tuple[str, User | None, str]]:
    events = Event.objects.filter(subject_kind="user", subject_id=of.pk).order_by("seq")
    return [(event.verb, event.actor, event.role) for event in events]


def end(row: Membership, by: User, last_day: date = YESTERDAY, now: Any = NOW) -> Membership:
    return handing_over.end_membership(row.pk, last_day=last_day, to=None, by=by, now=now)


def test_a_new_user_has_a_membership_and_no_password_until_the_link_is_used(admin: User) -> None:
    person, token = make(admin)
    assert (person.username, person.name, person.has_usable_password()) == ("zhang.san", "示例张三", False)
    row = person.memberships.get()
    assert (row.role, row.from_date, row.to_date) == ("operator", TODAY, None)
    assert verbs(person) == [("create", admin, "admin"), ("invite", admin, "admin")]
    told = Event.objects.get(subject_kind="user", verb="create").detail
    assert told["membership"] == {
        "membership": row.pk,
        "unit": row.unit_id,
        "unit_name": row.unit.name,
        "role": "operator",
        "from": "2026-11-24",
        "to": None,
    }
    assert token not in str(list(Event.objects.values()) + list(Invitation.objects.values()))


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"username": "张三"}, "username", "2 至 32 个小写字母"),
        ({"username": "z"}, "username", "2 至 32 个小写字母"),
        ({"username": "zhang san"}, "username", "2 至 32 个小写字母"),
        ({"username": "taken"}, "username", "“taken”已有人使用"),
        ({"name": "\u200b"}, "name", "姓名不能为空"),
        ({"name": "三张\u202e"}, "name", "不可见的控制字符"),
    ],
)
def test_what_does_not_do_is_said_at_its_field(admin: User, fields: dict[str, str], field: str, sentence: str) -> None:
    User.objects.create_user("taken", None, name="示例")
    before = User.objects.count(), Event.objects.count()
    with pytest.raises(Incomplete) as refused:
        make(admin, **fields)
    assert list(refused.value.errors) == [field]
    assert sentence in refused.value.errors[field][0]
    assert (User.objects.count(), Event.objects.count()) == before


def test_name_and_telephone_are_corrected_with_old_and_new_told(admin: User) -> None:
    person, _ = make(admin)
    users.edit(person.pk, name="示例张叁", phone="0519-1", by=admin, now=NOW)
    users.edit(person.pk, name="示例张叁", phone="0519-1", by=admin, now=NOW)
    events = Event.objects.filter(subject_kind="user", verb="edit")
    assert [event.detail for event in events] == [{"name": ["示例张三", "示例张叁"]}]


def test_a_disabled_person_is_out_and_back_without_the_old_sessions(admin: User) -> None:
    person, token = make(admin)
    users.disable(person.pk, reason="已调离", by=admin, now=NOW)
    person.refresh_from_db()
    assert (person.is_active, person.session_epoch) == (False, 1)
    assert "已作废" in invitations.ended(invitations.find(token), NOW)
    with pytest.raises(WrongState, match="已经停用"):
        users.disable(person.pk, reason="已调离", by=admin, now=NOW)
    with pytest.raises(WrongState, match="请先启用"):
        invitations.make(person.pk, by=admin, now=NOW)
    users.enable(person.pk, by=admin, now=NOW)
    person.refresh_from_db()
    assert (person.is_active, person.session_epoch) == (True, 1)
    with pytest.raises(WrongState, match="已经启用"):
        users.enable(person.pk, by=admin, now=NOW)
    assert [verb for verb, _, _ in verbs(person)][2:] == ["disable", "enable"]


def test_nobody_changes_their_own_memberships_or_disables_themselves(admin: User) -> None:
    user(Role.ADMIN)
    row = admin.memberships.get()
    for act in (
        lambda: users.disable(admin.pk, reason="示例", by=admin, now=NOW),
        lambda: users.add_membership(
            admin.pk, unit=unit(), role="officer", from_date=TODAY, to_date=None, by=admin, now=NOW
        ),
        lambda: end(row, admin),
    ):
        with pytest.raises(NotAllowed, match="请由另一位系统管理员办理"):
            act()
    admin.refresh_from_db()
    assert (admin.is_active, admin.memberships.count(), admin.memberships.get().to_date) == (True, 1, None)


def test_one_admin_remains(admin: User) -> None:
    """By then the one who acts may have lost the office in another window: what counts stands in the database."""
    other = user(Role.ADMIN)
    Membership.objects.filter(user=admin).update(to_date=date(2099, 1, 1))  # a while longer is not for good
    for act in (
        lambda: users.disable(other.pk, reason="示例", by=admin, now=NOW),
        lambda: end(other.memberships.get(), admin),
    ):
        with pytest.raises(Refused, match="至少要保留一名长期任职的系统管理员"):
            act()
    third = user(Role.ADMIN)
    User.objects.filter(pk=third.pk).update(is_active=False)
    with pytest.raises(Refused, match="至少要保留一名"):
        users.disable(other.pk, reason="示例", by=admin, now=NOW)
    User.objects.filter(pk=third.pk).update(is_active=True)
    users.disable(other.pk, reason="示例", by=admin, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_nobody_but_the_admin(role: Role, admin: User) -> None:
    person, _ = make(admin)
    by = user(role)
    row = person.memberships.get()
    for act in (
        lambda: make(by, username="other"),
        lambda: users.edit(person.pk, name="示例", phone="", by=by, now=NOW),
        lambda: users.disable(person.pk, reason="示例", by=by, now=NOW),
        lambda: users.enable(person.pk, by=by, now=NOW),
        lambda: users.add_membership(
            person.pk, unit=unit(), role="officer", from_date=TODAY, to_date=None, by=by, now=NOW
        ),
        lambda: end(row, by),
        lambda: invitations.make(person.pk, by=by, now=NOW),
    ):
        with pytest.raises(NotAllowed, match="管理用户：须由系统管理员办理"), transaction.atomic():
            act()


# --- memberships --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "asked", "fits"),
    [
        ((None, None), (TODAY, None), False),
        ((None, YESTERDAY), (TODAY, None), True),
        ((None, TODAY), (TODAY, None), False),
        ((TOMORROW, None), (TODAY, TODAY), True),
        ((TOMORROW, None), (TODAY, TOMORROW), False),
        ((TOMORROW, TOMORROW), (TODAY, None), False),
    ],
)
def test_one_role_in_a_unit_is_held_once_at_a_time(admin: User, held: Any, asked: Any, fits: bool) -> None:
    person, of = user(), unit()
    Membership.objects.create(user=person, unit=of, role="operator", from_date=held[0], to_date=held[1])
    given = {"unit": of, "role": "operator", "from_date": asked[0], "to_date": asked[1], "by": admin, "now": NOW}
    if fits:
        users.add_membership(person.pk, **given)
        assert verbs(person) == [("add_membership", admin, "admin")]
    else:
        with pytest.raises(Incomplete) as refused:
            users.add_membership(person.pk, **given)
        assert "已有“填报员”的任职" in refused.value.errors["role"][0]
    users.add_membership(person.pk, **given | {"role": "leader"})


@pytest.mark.parametrize(
    ("unit_fields", "dates", "field", "sentence"),
    [
        ({}, (TODAY, YESTERDAY), "to_date", "不能早于起始日期"),
        ({}, (date(2026, 11, 1), YESTERDAY), "to_date", "已经过去"),
        ({}, (TODAY, date(2096, 11, 24)), "to_date", "不能晚于 2036-12-31"),
        ({}, (date(2062, 11, 24), None), "from_date", "不能晚于 2036-12-31"),
        ({"status": UnitStatus.MERGED}, (TODAY, None), "unit", "已经撤并"),
        ({"internal": True}, (TODAY, None), "unit", "内设机构"),
    ],
)
def test_a_membership_that_cannot_be(
    admin: User, unit_fields: dict[str, Any], dates: Any, field: str, sentence: str
) -> None:
    person, of = user(), unit(**unit_fields)
    with pytest.raises(Incomplete) as refused:
        users.add_membership(
            person.pk, unit=of, role="operator", from_date=dates[0], to_date=dates[1], by=admin, now=NOW
        )
    assert sentence in refused.value.errors[field][0]
    assert not person.memberships.exists()


def test_ending_a_membership_never_makes_it_longer(admin: User) -> None:
    row = user(Role.OFFICER).memberships.get()
    end(row, admin, TODAY)
    with pytest.raises(Incomplete) as refused:
        end(row, admin, date(2099, 1, 1))
    assert "这项任职到 2026-11-24 为止" in refused.value.errors["to_date"][0]
    row.refresh_from_db()
    assert row.to_date == TODAY


def test_a_membership_ends_on_its_last_day_and_not_in_the_past(admin: User) -> None:
    person = user(Role.OFFICER)
    row = person.memberships.get()
    with pytest.raises(Incomplete, match="日期不对"):
        end(row, admin, date(2026, 11, 22))
    end(row, admin, TOMORROW)
    assert Membership.objects.current(TOMORROW).filter(pk=row.pk).exists()
    assert not Membership.objects.current(TOMORROW + timedelta(days=1)).filter(pk=row.pk).exists()
    end(row, admin, YESTERDAY)
    with pytest.raises(WrongState, match="已于 2026-11-23 结束"):
        end(row, admin)
    assert verbs(person) == [("end_membership", admin, "admin")] * 2
    assert Event.objects.filter(verb="end_membership").latest("seq").detail["to_user"] is None
