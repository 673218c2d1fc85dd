"""Two at once on one order, or on a row that is being merged, on real PostgreSQL: SQLite serialises writers.

The first has read what it locks and waits for the second to finish: with the lock the second cannot, and the wait ends.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connections

from accounts import activity, due_times
from accounts.models import Account, Publication
from filings import merging
from inspections import ordering
from inspections.models import ClosureOrder
from tests.factories import NOW, Cast, account
from tests.inspections.ordered import proved
from zhonglou_media.core.errors import WrongState

ROUNDS = 3
WAIT = 0.4  # seconds
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
lock_account, lock_order = due_times.lock, ordering._locked_order


def account_unlocked(account_ids: Any) -> list[Account]:
    """`due_times.lock` with the guard under test taken out."""
    return list(Account.objects.select_related("platform", "unit").filter(pk__in=account_ids).order_by("pk"))


def order_unlocked(order_id: int) -> ClosureOrder:
    """`ordering._locked_order` with the guard under test taken out."""
    return ClosureOrder.objects.select_related("unit", "account__platform", "account__unit").get(pk=order_id)


class Race:
    """`first` reads by a function that then waits until `second` has finished, or cannot."""

    def __init__(self) -> None:
        self.read, self.finished = threading.Event(), threading.Event()
        self.errors: dict[str, BaseException] = {}

    def waiting(self, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """`read`, and in the first's thread the wait after it."""

        def reading(what: Any) -> Any:
            found = read(what)
            if threading.current_thread().name == "first" and not self.read.is_set():
                self.read.set()
                self.finished.wait(WAIT)
            return found

        return reading

    def run(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        threads = [
            threading.Thread(target=self._run, args=(name, work), name=name)
            for name, work in (("first", first), ("second", second))
        ]
        threads[0].start()
        assert self.read.wait(10)
        threads[1].start()
        for thread in threads:
            thread.join(30)

    def _run(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except (WrongState, DatabaseError) as error:
            self.errors[name] = error
        finally:
            if name == "second":
                self.finished.set()
            connections.close_all()


def revoked_while_it_is_executed(monkeypatch: pytest.MonkeyPatch, read: Callable[[int], ClosureOrder]) -> Race:
    cast, race = Cast(), Race()
    row = proved(cast, account(cast.unit, found=True))
    with monkeypatch.context() as patch:
        patch.setattr(ordering, "_locked_order", race.waiting(read))
        race.run(
            lambda: ordering.revoke(row.pk, reason="误发", by=cast.supervisor, now=NOW),
            lambda: ordering.execute(row.pk, by=cast.supervisor, now=NOW),
        )
    row.refresh_from_db()
    row.account.refresh_from_db()
    assert (row.state, row.account.state) in (("revoked", "unfiled"), ("executed", "closed"))
    return race


def test_of_two_decisions_on_an_order_the_second_is_told_who_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(ROUNDS):
        race = revoked_while_it_is_executed(monkeypatch, lock_order)
        assert isinstance(race.errors.pop("second"), WrongState)
        assert race.errors == {}


def test_without_the_lock_only_the_trigger_stands_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nobody is told anything, the database refuses what was judged on an old state."""
    for _ in range(ROUNDS):
        race = revoked_while_it_is_executed(monkeypatch, order_unlocked)
        assert isinstance(race.errors["first"], DatabaseError)


def lost_publications(monkeypatch: pytest.MonkeyPatch, read: Callable[[Any], list[Account]]) -> int:
    """How many were recorded on the row that became void while somebody typed."""
    cast, race = Cast(), Race()
    keep, drop = account(cast.unit, uid=""), account(cast.unit, found=True)
    with monkeypatch.context() as patch:
        patch.setattr(due_times, "lock", race.waiting(read))
        race.run(
            lambda: activity.publish(drop.pk, published_at=NOW, by=cast.operator, now=NOW),
            lambda: merging.merge_accounts(keep.pk, drop.pk, reason="重复", by=cast.supervisor, now=NOW),
        )
    drop.refresh_from_db()
    assert (drop.state, race.errors) == ("void", {})
    return Publication.objects.filter(account=drop).count()


def test_what_is_typed_while_a_row_is_merged_moves_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [lost_publications(monkeypatch, lock_account) for _ in range(ROUNDS)] == [0] * ROUNDS


def test_without_the_accounts_lock_it_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the race above."""
    assert [lost_publications(monkeypatch, account_unlocked) for _ in range(ROUNDS)] == [1] * ROUNDS
