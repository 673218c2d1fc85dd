"""Two at once, on real PostgreSQL: one link used by two, two last admins disabled by each other, a circle of parents.

Each has its control: the same rounds with the guard taken out must go wrong, or the test proves nothing.
"""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connections

from accounts import invitations, units, users
from accounts.models import Membership, Role, Unit
from accounts.units import UnitData
from tests.factories import NOW, unit, user
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event, Invitation

ROUNDS = 8
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

Act = Callable[[], object]


def at_once(first: Act, second: Act) -> list[Refused]:
    """Both acts at the same moment, each on its own connection; what was refused."""
    refused: list[Refused] = []

    def run(act: Act) -> None:
        try:
            act()
        except Refused as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return refused


class Meeting:
    """Where both wait for each other, or, if a lock holds one back, a moment in vain."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)

    def wait(self) -> None:
        try:
            self.barrier.wait(timeout=0.15)
        except threading.BrokenBarrierError:
            return


# --- one link, two hands ------------------------------------------------------------------------------------------


def link_used_twice(monkeypatch: pytest.MonkeyPatch, lock: Callable[[str], Invitation | None]) -> bool:
    """Whether both set a password by one link."""
    person, token = invitations.make(user(Role.OFFICER).pk, by=user(Role.ADMIN), now=NOW)
    meeting = Meeting()

    def meet_after_reading(given: str) -> Invitation | None:
        found = lock(given)
        meeting.wait()
        return found

    monkeypatch.setattr(invitations, "lock", meet_after_reading)
    passwords = ("钟楼-Tulou-8842-x", "钟楼-Tulou-8842-y")
    refused = at_once(*(lambda text=text: invitations.use(token, text, now=NOW) for text in passwords))
    person.refresh_from_db()
    used = Event.objects.filter(verb="set_password", subject_id=person.pk).count()
    assert used == 2 - len(refused)
    if used == 1:
        assert "已经用过" in str(refused[0])
        assert sum(check_password(text, person.password) for text in passwords) == 1
    return used == 2


def test_a_link_that_two_use_at_once_works_for_one_and_without_its_lock_for_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock = invitations.lock
    assert not any(link_used_twice(monkeypatch, lock) for _ in range(ROUNDS))

    def unlocked(token: str) -> Invitation | None:
        return invitations.find(token)

    assert sum(link_used_twice(monkeypatch, unlocked) for _ in range(ROUNDS)) >= ROUNDS * 0.9


# --- the last admins ----------------------------------------------------------------------------------------------


Check = Callable[..., None]


def no_admin_left(monkeypatch: pytest.MonkeyPatch, remains: Check) -> bool:
    """Whether two admins who disable each other at once leave the portal without one."""
    Membership.objects.filter(role=Role.ADMIN).delete()
    pair, meeting = [user(Role.ADMIN), user(Role.ADMIN)], Meeting()

    def meet_after_looking(**named: object) -> None:
        remains(**named)
        meeting.wait()

    monkeypatch.setattr(users, "an_admin_remains", meet_after_looking)
    acts = [
        lambda by=by, other=other: users.disable(other.pk, reason="示例", by=by, now=NOW)
        for by, other in (pair, pair[::-1])
    ]
    refused = at_once(*acts)
    left = users.admins(NOW).exists()
    assert left or not refused
    if left:
        assert "至少要保留一名" in str(refused[0])
    return not left


def test_two_admins_who_disable_each_other_leave_one_and_without_the_lock_none(monkeypatch: pytest.MonkeyPatch) -> None:
    remains = users.an_admin_remains
    assert not any(no_admin_left(monkeypatch, remains) for _ in range(ROUNDS))

    monkeypatch.setattr(users, "lock_admins", lambda: None)
    assert sum(no_admin_left(monkeypatch, remains) for _ in range(ROUNDS)) >= ROUNDS * 0.9


# --- a circle of parents ------------------------------------------------------------------------------------------


def circle_closed(monkeypatch: pytest.MonkeyPatch, lock_line: Callable[..., Unit]) -> bool:
    """Whether two units can each be put under the other at once."""
    admin, pair, meeting = user(Role.ADMIN), [unit(), unit()], Meeting()

    def meet_after_checking(unit_id: int | None, parent: Unit | None) -> Unit:
        found = lock_line(unit_id, parent)
        meeting.wait()
        return found

    monkeypatch.setattr(units, "lock_line", meet_after_checking)
    kept = UnitData("", "", "town", "bound", False, None)
    acts = [
        lambda low=low, high=high: units.edit(
            low.pk, replace(kept, name=low.name, parent=Unit.objects.get(pk=high.pk)), by=admin, now=NOW
        )
        for low, high in (pair, pair[::-1])
    ]
    refused = at_once(*acts)
    for each in pair:
        each.refresh_from_db()
    closed = pair[0].parent_id == pair[1].pk and pair[1].parent_id == pair[0].pk
    assert closed or len(refused) == 1
    return closed


def test_two_units_are_not_put_under_each_other_at_once_but_without_the_locks_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock_line = units.lock_line
    assert not any(circle_closed(monkeypatch, lock_line) for _ in range(ROUNDS))

    def unlocked(unit_id: int | None, parent: Unit | None) -> Unit:
        return Unit.objects.get(pk=unit_id)

    assert sum(circle_closed(monkeypatch, unlocked) for _ in range(ROUNDS)) >= ROUNDS * 0.9
