"""Two officers at one finding from above, on real PostgreSQL; with the lock taken out both would act."""

from functools import partial

import pytest
from django.db import IntegrityError

from inspections import upper
from inspections.models import Rectification, UpperFinding
from tests.at_once import at_once, meet
from tests.factories import NOW, Cast, account, unit, user
from tests.inspections.upper_made import DUE, read, recorded, typed, verified
from zhonglou_media.core import events
from zhonglou_media.core.errors import WrongState

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def unlocked(upper_id: int, with_account: bool = False) -> UpperFinding:
    """`upper.locked` with the guard under test taken out."""
    return UpperFinding.objects.select_related("account__platform", "unit").get(pk=upper_id)


def handed_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[list[BaseException], UpperFinding, int]:
    """Two officers hand the same finding to two units; what they were told, and how often it was handed."""
    cast = Cast()
    row = recorded(cast, account(cast.unit))
    meet(monkeypatch, upper, "locked")
    officers = (cast.officer, user("officer"))
    acts = [
        partial(upper.hand, row.pk, unit_id=to.pk, due_at=DUE, read=read(row), by=by, now=NOW)
        for to, by in zip((cast.unit, unit()), officers, strict=True)
    ]
    raised = at_once(*acts)
    row.refresh_from_db()
    return raised, row, events.timeline(row).filter(verb="hand").count()


def test_of_two_who_hand_it_the_second_is_told_who_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    raised, row, times = handed_twice(monkeypatch)
    assert [type(error) for error in raised] == [WrongState]
    assert str(row.unit) in str(raised[0])
    assert (times, Rectification.objects.get().unit) == (1, row.unit)


def test_without_the_lock_only_the_database_keeps_them_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nobody is told anything, the unique key refuses the second rectification."""
    monkeypatch.setattr(upper, "locked", unlocked)
    raised, _, times = handed_twice(monkeypatch)
    assert ([type(error) for error in raised], times) == ([IntegrityError], 1)


def reported_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[list[BaseException], int]:
    cast = Cast()
    row = verified(cast)
    meet(monkeypatch, upper, "locked")
    raised = at_once(*(partial(upper.report_up, row.pk, by=by, now=NOW) for by in (cast.officer, cast.supervisor)))
    return raised, events.timeline(row).filter(verb="report_up").count()


def test_it_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    raised, times = reported_twice(monkeypatch)
    assert ([type(error) for error in raised], times) == ([WrongState], 1)


def test_without_the_lock_it_would_be_reported_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upper, "locked", unlocked)
    assert reported_twice(monkeypatch) == ([], 2)


def test_a_number_that_two_type_at_once_stands_once() -> None:
    cast = Cast()
    raised = at_once(
        *(partial(upper.record, typed(number="〔示例〕1"), by=by, now=NOW) for by in (cast.officer, cast.supervisor))
    )
    assert ([type(error) for error in raised], UpperFinding.objects.count()) == ([upper.Twice], 1)
