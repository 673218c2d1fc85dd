"""Two at once on the sheets of one account, on real PostgreSQL: SQLite serialises writers. Each with its control."""

from typing import Any

import pytest

from accounts.models import Role
from inspections import sheet_rows, sheets
from inspections.judging import Typed
from inspections.models import Finding, Sheet, SpotCheck
from tests.at_once import at_once, meet
from tests.factories import NOW, Cast, account, user
from tests.inspections.sheeted import Facts, filled, sheet
from tests.inspections.sheeted import facts as facts
from zhonglou_media.core.errors import StaleReading, WrongState
from zhonglou_media.core.models import Event

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def sheet_unlocked(sheet_id: int) -> Sheet:
    """`sheet_rows.locked_sheet` with the guard under test taken out."""
    row: Sheet = sheet_rows.with_names(Sheet.objects.all()).get(pk=sheet_id)
    return row


def of_unlocked(sheet_id: int) -> tuple[SpotCheck, list[Sheet]]:
    """`sheet_rows.locked_of` with the guards under test taken out."""
    named = Sheet.objects.get(pk=sheet_id)
    check = SpotCheck.objects.select_related("indicator_set").get(pk=named.spot_check_id)
    rows = Sheet.objects.filter(spot_check=check, account=named.account_id)
    found = list(sheet_rows.with_names(rows).order_by("part"))
    for row in found:
        row.spot_check = check
    return check, found


def both_hand_in(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> int:
    """How many results count after two checkers who agree hand in at the same moment."""
    cast, other, of = Cast(), user(Role.OFFICER), account()
    first, second = sheet(cast.officer, of), sheet(other, of, part=2)
    mine, theirs = filled(first, cast.officer, Z07=(1, "错字")), filled(second, other, Z07=(1, "错字"))
    with monkeypatch.context() as patch:
        if not locked:
            patch.setattr(sheets, "locked_of", of_unlocked)
        meet(patch, sheets, "locked_of")
        raised = at_once(
            lambda: sheets.submit(first.pk, version=mine.version, by=cast.officer, now=NOW),
            lambda: sheets.submit(second.pk, version=theirs.version, by=other, now=NOW),
        )
    assert raised == []
    counted = Sheet.objects.filter(account=of, counts=True).count()
    assert Finding.objects.filter(account=of).count() == counted
    return counted


def test_of_two_who_hand_in_at_once_exactly_one_counts(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both_hand_in(monkeypatch, locked=True) == 1


def test_without_the_lock_neither_sees_the_other_and_none_counts(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the race above."""
    assert both_hand_in(monkeypatch, locked=False) == 0


def one_twice(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> tuple[list[BaseException], int]:
    cast = Cast()
    row = filled(sheet(cast.officer), cast.officer)

    def act() -> Any:
        return sheets.submit(row.pk, version=row.version, by=cast.officer, now=NOW)

    with monkeypatch.context() as patch:
        if not locked:
            patch.setattr(sheets, "locked_of", of_unlocked)
        meet(patch, sheets, "locked_of")
        raised = at_once(act, act)
    return raised, Event.objects.filter(subject_kind="sheet", subject_id=row.pk, verb="submit").count()


def test_a_sheet_is_handed_in_once(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    raised, events = one_twice(monkeypatch, locked=True)
    assert ([type(error) for error in raised], events) == ([WrongState], 1)


def test_without_the_lock_it_is_handed_in_twice(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the race above."""
    assert one_twice(monkeypatch, locked=False) == ([], 2)


def two_windows(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> list[type[BaseException]]:
    cast = Cast()
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    with monkeypatch.context() as patch:
        if not locked:
            patch.setattr(sheet_rows, "locked_sheet", sheet_unlocked)
        meet(patch, sheet_rows, "locked_sheet")
        raised = at_once(
            lambda: sheets.save(row.pk, {"N1.1": Typed(0)}, version=row.version, by=cast.officer, now=NOW),
            lambda: sheets.save(row.pk, {"N1.2": Typed(0)}, version=row.version, by=cast.officer, now=NOW),
        )
    return [type(error) for error in raised]


def test_of_two_windows_the_second_is_told(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert two_windows(monkeypatch, locked=True) == [StaleReading]


def test_without_the_lock_one_windows_answers_are_lost(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the race above."""
    assert two_windows(monkeypatch, locked=False) == []
