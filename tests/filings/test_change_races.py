"""Changes at the same moment, on real PostgreSQL: each test has a control with its guard taken out."""

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connections, transaction

from accounts import due_times
from accounts.models import Account
from filings import approving, changing, locks
from filings.models import Filing, FilingState
from tests.factories import NOW, Cast, account, change, read
from tests.filings.exchanging import take

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 4


def in_threads(*acts: Callable[[], object]) -> list[Exception]:
    """Do all at once; what they raised."""
    raised: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


# --- two accounts change hands crosswise ----------------------------------------------------------------------------


def own_unit_first(filing: Filing) -> Account:
    """`lock_register` with the order of its locks taken out."""
    locks.lock_unit(filing.unit_id)
    locks.lock_unit(filing.change.giving_unit_id or filing.unit_id)
    return locks.lock_account(filing)


def approve_crosswise(monkeypatch: pytest.MonkeyPatch, lock_register: Callable[[Filing], Account]) -> list[Exception]:
    """Each unit takes over an account of the other; both leaders approve when both threads hold their first lock."""
    first, second = Cast(), Cast()
    a, b = account(first.unit), account(second.unit)
    reason = {"same_platform_reason": "示例"}
    filings = [
        (change("leader_review", first, on=b, **reason), first),
        (change("leader_review", second, on=a, **reason), second),
    ]
    meeting, lock_unit = threading.Barrier(2), locks.lock_unit

    def meet_after_the_first(unit_id: int) -> object:
        found = lock_unit(unit_id)
        try:
            meeting.wait(timeout=0.3)
        except threading.BrokenBarrierError:
            return found
        return found

    with monkeypatch.context() as patch:
        patch.setattr(locks, "lock_unit", meet_after_the_first)
        patch.setattr(changing, "lock_register", lock_register)
        acts = [approval(filing, cast) for filing, cast in filings]
        return in_threads(*acts)


def approval(filing: Filing, cast: Cast) -> Callable[[], object]:
    reading = read(filing)
    return lambda: approving.leader_approve(filing.pk, by=cast.leader, read=reading, now=NOW)


def test_two_units_take_over_an_account_of_each_other_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(ROUNDS):
        assert approve_crosswise(monkeypatch, locks.lock_register) == []


def test_without_one_order_of_the_units_they_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    (error,) = approve_crosswise(monkeypatch, own_unit_first)
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)


# --- the account moves while its change completes -------------------------------------------------------------------


def unlocked(filing: Filing) -> Account:
    """`lock_account` with the lock taken out."""
    return Account.objects.select_related("platform", "unit").get(filings=filing)


def complete_while_renamed() -> Filing:
    """Somebody has the account locked and renames it while the last receipt arrives."""
    filing = change("accepted", name="示例改后")
    take(filing, "national")
    locked, going = threading.Event(), threading.Event()

    def rename() -> None:
        with transaction.atomic():
            (row,) = due_times.lock([filing.registered.pk])
            Account.objects.filter(pk=row.pk).update(name="示例别名", name_key="示例别名")
            locked.set()
            going.wait(timeout=0.3)

    def receive() -> None:
        locked.wait(timeout=5)
        take(filing, "provincial")

    assert in_threads(rename, receive) == []
    filing.refresh_from_db()
    return filing


def test_a_change_completes_only_what_it_was_made_from() -> None:
    filing = complete_while_renamed()
    assert filing.state == FilingState.ACCEPTED
    assert "台账现为“示例别名”" in filing.conflict
    assert Account.objects.get(pk=filing.account_id).name == "示例别名"


def test_without_the_lock_it_writes_over_what_somebody_else_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "lock_account", unlocked)
    filing = complete_while_renamed()
    assert filing.state == FilingState.COMPLETED
    assert Account.objects.get(pk=filing.account_id).name == "示例改后"
