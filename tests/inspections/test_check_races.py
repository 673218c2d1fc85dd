"""Two at once on one month, on real PostgreSQL: each race with the guard, and once more without it (the control)."""

import sys
import threading
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError

from inspections import checks, sharing, sheets
from inspections.models import Sheet, SheetState, SpotCheck
from tests.at_once import at_once, meet
from tests.inspections.checked import FIRST, NOVEMBER, accounts, confirmed, drafted, people
from tests.inspections.sheeted import Facts
from tests.inspections.sheeted import facts as facts
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.models import Event

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def unlocked(check_id: int) -> SpotCheck:
    """`checks._locked` with the guard under test taken out."""
    return SpotCheck.objects.get(pk=check_id)


def confirmed_twice(monkeypatch: pytest.MonkeyPatch, read: Any) -> list[BaseException]:
    first, second = people(2)
    accounts(2, 2)
    check = drafted()
    monkeypatch.setattr(checks, "_locked", read)
    meet(monkeypatch, checks, "_locked")
    raised = at_once(
        lambda: checks.confirm(check.pk, read=check.digest, by=first, now=FIRST),
        lambda: checks.confirm(check.pk, read=check.digest, by=second, now=FIRST),
    )
    assert Sheet.objects.count() == 4
    assert Event.objects.filter(subject_kind="spotcheck", verb="confirm").count() == 1
    return raised


def test_of_two_who_confirm_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (raised,) = confirmed_twice(monkeypatch, checks._locked)
    assert isinstance(raised, WrongState)
    assert "名单已经确定" in str(raised)


def test_without_the_lock_the_database_refuses_what_nobody_understands(monkeypatch: pytest.MonkeyPatch) -> None:
    (raised,) = confirmed_twice(monkeypatch, unlocked)
    assert isinstance(raised, DatabaseError)


def drafted_twice(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    first, second = people(2)
    accounts(1, 2)
    meet(monkeypatch, checks, "population")
    raised = at_once(
        lambda: checks.draft(NOVEMBER, by=first, now=FIRST), lambda: checks.draft(NOVEMBER, by=second, now=FIRST)
    )
    assert SpotCheck.objects.count() == 1
    assert Event.objects.filter(subject_kind="spotcheck").count() == 1
    return raised


def test_of_two_who_draft_a_month_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (raised,) = drafted_twice(monkeypatch)
    assert isinstance(raised, WrongState)
    assert "2026年11月已有抽查名单" in str(raised)


def test_without_the_words_for_it_only_the_constraint_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_insert", lambda check: check.save(force_insert=True))
    (raised,) = drafted_twice(monkeypatch)
    assert isinstance(raised, IntegrityError)


def added_while_confirmed(monkeypatch: pytest.MonkeyPatch, read: Any) -> tuple[list[BaseException], list[Sheet]]:
    """One is added by hand while another person confirms the list."""
    first, second = people(2)
    accounts(1, 2)
    check = drafted()
    (late,) = accounts(1, 1)
    monkeypatch.setattr(checks, "_locked", read)
    meet(monkeypatch, checks, "_locked")
    shared, share_out, published = threading.Event(), sharing.share_out, checks.published

    def share(*given: Any, **named: Any) -> int:
        done = share_out(*given, **named)
        shared.set()
        return done

    def read_late(row: SpotCheck) -> dict[str, Any]:
        """Who adds reads the list once the other has shared it; under the lock it has by then."""
        if sys._getframe(1).f_code.co_name == "add_account":
            shared.wait(10)
        return published(row)

    monkeypatch.setattr(sharing, "share_out", share)
    monkeypatch.setattr(checks, "published", read_late)
    raised = at_once(
        lambda: checks.confirm(check.pk, by=first, now=FIRST),
        lambda: checks.add_account(check.pk, late.pk, reason="群众反映", by=second, now=FIRST),
    )
    return raised, list(Sheet.objects.filter(checker__isnull=True))


def test_who_is_added_while_the_list_is_confirmed_has_a_checker(monkeypatch: pytest.MonkeyPatch) -> None:
    assert added_while_confirmed(monkeypatch, checks._locked) == ([], [])


def test_without_the_lock_nobody_checks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    raised, nobodys = added_while_confirmed(monkeypatch, unlocked)
    assert len(nobodys) + len(raised) >= 1  # a sheet of nobody, or a deadlock, or both


def untouched_unlocked(check: SpotCheck) -> list[Sheet]:
    """`sharing._untouched` with the guard under test taken out."""
    rows = Sheet.objects.filter(spot_check=check, state=SheetState.OPEN, saved_at__isnull=True).order_by("pk")
    return list(rows)


def shared_while_saved(monkeypatch: pytest.MonkeyPatch, read: Any) -> bool:
    """Whether a sheet stays with who saves it while all are shared anew: he saves first, and is not done."""
    first, second = people(2)
    accounts(1, 1)
    check = confirmed(first)
    (sheet,) = check.sheets.all()
    saver, other = (first, second) if sheet.checker_id == first.pk else (second, first)
    row = sheets.begin(sheet.pk, by=saver, now=FIRST)
    written, reading = threading.Event(), threading.Event()
    save = sheets._saved

    def slowly(sheet: Sheet, now: Any) -> None:
        save(sheet, now)
        written.set()
        reading.wait(0.5)  # in vain where a lock keeps that one out

    def noticed(check: SpotCheck) -> list[Sheet]:
        written.wait(5)
        found: list[Sheet] = read(check)
        reading.set()
        return found

    monkeypatch.setattr(sheets, "_saved", slowly)
    monkeypatch.setattr(sharing, "_untouched", noticed)
    raised = at_once(
        lambda: sheets.save(sheet.pk, {}, version=row.version, by=saver, now=FIRST),
        lambda: sharing.share(check.pk, among=[other.pk], by=first, now=FIRST),
    )
    assert raised == []
    kept = Sheet.objects.get(pk=sheet.pk)
    assert kept.saved_at is not None
    return kept.checker_id == saver.pk


def test_who_saves_a_sheet_while_all_are_shared_anew_keeps_it(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shared_while_saved(monkeypatch, sharing._untouched)


def test_without_the_lock_it_is_somebody_elses(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not shared_while_saved(monkeypatch, untouched_unlocked)
