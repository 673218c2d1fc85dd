"""A confirmation beside what happens at the same moment, on real PostgreSQL: the rows' locks, and what goes wrong
without them.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connections

from accounts import custodians, quarter
from accounts.models import Account, Confirmation, Role, Unit
from accounts.quarter import Sheet
from tests.factories import NOW, account, unit, user
from zhonglou_media.core.errors import Refused, StaleReading, WrongState
from zhonglou_media.core.models import User

ROUNDS = 10
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

read, lock, recompute = quarter.read, quarter.lock, custodians.recompute


def meeting_after(act: Callable[..., Any], place: threading.Barrier) -> Callable[..., Any]:
    """`act`, and then a wait for the other one, as long as the other could be there at all."""

    def and_wait(*args: Any, **kwargs: Any) -> Any:
        done = act(*args, **kwargs)
        try:
            place.wait(timeout=0.15)
        except threading.BrokenBarrierError:
            return done
        return done

    return and_wait


def at_once(*acts: Callable[[], Any]) -> list[Exception]:
    """What the acts raised, each in a thread of its own."""
    raised: list[Exception] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            act()
        except (Refused, IntegrityError) as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def confirm(seen: Sheet, by: User) -> None:
    quarter.confirm(seen.unit.pk, quarter="2026Q4", digest=seen.digest, shown=seen.text, by=by, now=NOW)


@pytest.fixture
def places() -> Iterator[tuple[Unit, User, User, Account]]:
    """Units with an account and two operators, one a round."""

    def made() -> Iterator[tuple[Unit, User, User, Account]]:
        for _ in range(ROUNDS):
            of = unit()
            yield of, user(Role.OPERATOR, of), user(Role.OPERATOR, of), account(of)

    return made()


def changed_unseen(
    places: Iterator[tuple[Unit, User, User, Account]], monkeypatch: pytest.MonkeyPatch, *, locked: bool
) -> int:
    """In how many rounds something was confirmed that nobody was shown: a colleague changes it while one presses."""
    wrong = 0
    for of, by, colleague, row in places:
        seen, meeting = read(of, NOW), threading.Barrier(2)

        def reading(unit: Unit, now: Any, **_: Any) -> Sheet:
            return read(unit, now, locked=locked)

        monkeypatch.setattr(custodians, "recompute", meeting_after(recompute, meeting))
        monkeypatch.setattr(quarter, "read", meeting_after(reading, meeting))
        name: dict[str, Any] = {"name": "示例李四", "phone": "", "from_date": date(2026, 11, 24)}
        raised = at_once(
            lambda seen=seen, by=by: confirm(seen, by),
            lambda row=row, by=colleague, name=name: custodians.name(row.pk, **name, by=by, now=NOW),
        )
        done = Confirmation.objects.filter(unit=of).first()
        assert (done is None) == any(isinstance(error, StaleReading) for error in raised)
        # Either it came first, or it was refused: never beside the change.
        wrong += done is not None and meeting.n_waiting == 0 and not meeting.broken
    return wrong


def test_what_a_colleague_changes_at_this_moment_is_not_confirmed_unseen(
    places: Iterator[tuple[Unit, User, User, Account]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert changed_unseen(places, monkeypatch, locked=True) == 0


def test_without_the_accounts_locks_it_is(
    places: Iterator[tuple[Unit, User, User, Account]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same rounds with the guard taken out must go wrong, or the test above proves nothing."""
    assert changed_unseen(places, monkeypatch, locked=False) >= ROUNDS * 0.9


def pressed_by_two(
    places: Iterator[tuple[Unit, User, User, Account]], monkeypatch: pytest.MonkeyPatch, guard: Callable[[int], Unit]
) -> list[type[Exception]]:
    """How the second of two operators who press at once is refused, round by round."""
    refusals: list[type[Exception]] = []
    for of, one, other, _ in places:
        seen = read(of, NOW)
        monkeypatch.setattr(quarter, "lock", meeting_after(guard, threading.Barrier(2)))
        raised = at_once(lambda seen=seen, by=one: confirm(seen, by), lambda seen=seen, by=other: confirm(seen, by))
        assert Confirmation.objects.filter(unit=of).count() == 1
        refusals += [type(error) for error in raised]
    return refusals


def test_of_two_who_press_at_once_the_second_learns_who_was_first(
    places: Iterator[tuple[Unit, User, User, Account]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pressed_by_two(places, monkeypatch, lock) == [WrongState] * ROUNDS


def test_without_the_units_lock_the_table_has_to_refuse(
    places: Iterator[tuple[Unit, User, User, Account]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    refusals = pressed_by_two(places, monkeypatch, lambda pk: Unit.objects.get(pk=pk))
    assert refusals.count(IntegrityError) >= ROUNDS * 0.9
