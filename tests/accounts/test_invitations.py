"""One-time links: stored as a digest, expire, are withdrawn by a newer one, and work once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import invitations
from accounts.models import Role
from tests.factories import at, user
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.events import sm3
from zhonglou_media.core.models import Event, Invitation, User

pytestmark = pytest.mark.django_db

NOW = at("2026-11-24 14:05")
GOOD = "钟楼-Tulou-8842-x"


@pytest.fixture
def admin() -> User:
    return user(Role.ADMIN)


def link(admin: User, of: User | None = None, now: Any = NOW) -> tuple[User, str]:
    return invitations.make((of or user(Role.OPERATOR)).pk, by=admin, now=now)


def test_only_its_digest_is_stored_and_it_lasts_the_days_of_the_setting(admin: User) -> None:
    person, token = link(admin)
    row = Invitation.objects.get()
    assert (row.token_sm3, row.user, row.made_by) == (sm3(token), person, admin)
    assert row.expires_at == at("2026-12-02 00:00")  # 7 days: 2026-12-01 24:00
    assert len(token) >= 40
    event = Event.objects.get(verb="invite")
    assert (event.actor, event.role, event.subject_id) == (admin, "admin", person.pk)


@pytest.mark.parametrize(
    ("used_at", "works"),
    [("2026-11-24 14:05", True), ("2026-12-01 23:59:59", True), ("2026-12-02 00:00", False)],
)
def test_it_works_until_it_expires(admin: User, used_at: str, works: bool) -> None:
    person, token = link(admin)
    if works:
        invitations.use(token, GOOD, now=at(used_at))
    else:
        with pytest.raises(WrongState, match="已过期（2026-12-01 24:00 到期）"):
            invitations.use(token, GOOD, now=at(used_at))
    person.refresh_from_db()
    assert person.check_password(GOOD) is works


@pytest.mark.needs_postgres
def test_the_person_is_locked_before_the_link_as_everywhere(admin: User) -> None:
    """`make` and `users.disable` lock the person, then end the links: the other way round they would cross."""
    _, token = link(admin)
    with CaptureQueriesContext(connection) as queries:
        invitations.use(token, GOOD, now=NOW)
    locked = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert ["core_user" in sql for sql in locked[:2]] == [True, False]
    assert "core_invitation" in locked[1]


def test_it_is_used_once(admin: User) -> None:
    person, token = link(admin)
    invitations.use(token, GOOD, now=NOW)
    with pytest.raises(WrongState, match="已经用过，只能用一次"):
        invitations.use(token, GOOD + "2", now=NOW)
    person.refresh_from_db()
    assert person.check_password(GOOD)
    (event,) = Event.objects.filter(verb="set_password")
    assert (event.actor, event.subject_id, event.role) == (person, person.pk, "operator")


def test_a_newer_one_withdraws_the_former_and_the_old_password_holds_until_it_is_used(admin: User) -> None:
    person, first = link(admin)
    invitations.use(first, GOOD, now=NOW)
    _, second = link(admin, person)
    _, third = link(admin, person)
    with pytest.raises(WrongState, match="链接已作废"):
        invitations.use(second, GOOD + "2", now=NOW)
    person.refresh_from_db()
    old = person.get_session_auth_hash()
    assert person.check_password(GOOD)
    invitations.use(third, GOOD + "3", now=NOW)
    person.refresh_from_db()
    assert person.check_password(GOOD + "3")
    assert person.get_session_auth_hash() != old  # what was open with the old password is signed out


def test_an_unknown_one_and_one_of_a_disabled_person_do_nothing(admin: User) -> None:
    with pytest.raises(WrongState, match="链接不完整"):
        invitations.use("x" * 43, GOOD, now=NOW)
    person, token = link(admin)
    User.objects.filter(pk=person.pk).update(is_active=False)
    with pytest.raises(WrongState, match="已停用"):
        invitations.use(token, GOOD, now=NOW)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short-8842", "至少 12 位"),
        ("884299173355", "全是数字"),
        ("password1234", "太常见"),
        ("zhang.san.2026", "与用户名太相近"),
    ],
)
def test_a_weak_password_is_refused_in_chinese_and_the_link_still_works(
    admin: User, password: str, sentence: str
) -> None:
    person = user(Role.OPERATOR)
    person.username = "zhang.san.202"
    person.save()
    _, token = link(admin, person)
    with pytest.raises(Incomplete) as refused:
        invitations.use(token, password, now=NOW)
    assert any(sentence in told for told in refused.value.errors["password"])
    assert invitations.ended(invitations.find(token), NOW) == ""
