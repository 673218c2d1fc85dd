"""A question is recorded while the closure completes, on real PostgreSQL: with a control, the guard taken out."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, transaction

from accounts import activity, due_times
from accounts.models import Account, Message
from filings import closing as closings
from filings import locks
from filings.models import Filing
from tests.factories import NOW, Cast, closing
from tests.filings.exchanging import take
from tests.filings.test_change_races import in_threads, unlocked

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def asked_while_it_completes(monkeypatch: pytest.MonkeyPatch) -> tuple[Filing, list[Exception]]:
    """A question is being recorded, the account locked, when the last receipt comes; both go on once it is counted.

    With the lock the count cannot come first: the wait runs out, and the question is there before it.
    """
    cast = Cast()
    filing = closing("accepted", cast)
    take(filing, "national")
    recording, counted = threading.Event(), threading.Event()
    count: Callable[[Account], Any] = closings.open_questions

    def count_and_tell(account: Account) -> Any:
        found = count(account)
        if found.count() == 0:
            counted.set()
        return found

    def ask() -> None:
        with transaction.atomic():
            due_times.lock([filing.registered.pk])
            recording.set()
            counted.wait(timeout=0.5)
            activity.ask(filing.registered.pk, asked_at=NOW, body="请问几点上班？", by=cast.operator, now=NOW)

    def receive() -> None:
        recording.wait(timeout=5)
        take(filing, "provincial")

    monkeypatch.setattr(closings, "open_questions", count_and_tell)
    errors = in_threads(ask, receive)
    filing.refresh_from_db()
    return filing, errors


def test_a_question_that_is_being_recorded_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    filing, errors = asked_while_it_completes(monkeypatch)
    assert errors == []
    assert "还有咨询没有办结" in filing.conflict
    assert (filing.state, Account.objects.get(pk=filing.account_id).state) == ("accepted", "closing")
    assert Message.objects.unanswered().filter(account=filing.account_id).count() == 1


def test_without_the_lock_it_is_counted_too_early_and_they_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "lock_account", unlocked)
    _, (error,) = asked_while_it_completes(monkeypatch)
    assert isinstance(error, OperationalError)
    assert "deadlock" in str(error)
