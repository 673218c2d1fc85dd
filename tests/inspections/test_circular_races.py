"""Two at once on one circular, on real PostgreSQL; each with a control in which the guard is taken out.

The first has read what it locks and waits for the second to finish: with the lock the second cannot, and the wait ends.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connections

from inspections import circular_steps, circulars, sheets
from inspections.circular_figures import figures, kept
from inspections.models import Circular, Sheet, SpotCheck
from tests.factories import NOW
from tests.inspections.circulars_made import a_check, drafted
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event

WAIT = 0.4  # seconds
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
locked, hold = circular_steps.locked, circular_steps.hold_sheets
locked_check = circular_steps.locked_check


def unlocked(circular_id: int) -> Circular:
    """`circular_steps.locked` with the guard under test taken out."""
    return Circular.objects.select_related("spot_check__indicator_set").get(pk=circular_id)


def check_unlocked(check_id: int) -> SpotCheck:
    return SpotCheck.objects.select_related("indicator_set").get(pk=check_id)


class Race:
    """`first` reads by a function that then waits until `second` has finished, or cannot."""

    def __init__(self) -> None:
        self.read, self.finished = threading.Event(), threading.Event()
        self.errors: dict[str, BaseException] = {}

    def waiting(self, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
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
        assert self.read.wait(20)
        threads[1].start()
        for thread in threads:
            thread.join(60)

    def _run(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except (Refused, DatabaseError) as error:
            self.errors[name] = error
        finally:
            if name == "second":
                self.finished.set()
            connections.close_all()


def published_twice(monkeypatch: pytest.MonkeyPatch, read: Callable[[int], Circular]) -> Race:
    made, circular = drafted()
    race = Race()

    def publish() -> object:
        return circulars.publish(circular.pk, version=1, by=made.supervisor, now=NOW)

    with monkeypatch.context() as patch:
        patch.setattr(circular_steps, "locked", race.waiting(read))
        race.run(publish, publish)
    assert Circular.objects.get(pk=circular.pk).state == "published"
    assert Event.objects.filter(subject_kind="circular", verb="publish").count() == 1
    return race


def test_of_two_who_publish_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    race = published_twice(monkeypatch, locked)
    assert "已公开" in str(race.errors["second"])
    assert "first" not in race.errors


def test_without_the_lock_only_the_trigger_stands_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    race = published_twice(monkeypatch, unlocked)
    assert any(isinstance(error, DatabaseError) for error in race.errors.values())


def edited_while_published(monkeypatch: pytest.MonkeyPatch, read: Callable[[int], Circular]) -> Race:
    """The first publishes what it has read; the second saves another text meanwhile."""
    made, circular = drafted()
    race = Race()
    with monkeypatch.context() as patch:
        patch.setattr(circular_steps, "locked", race.waiting(read))
        race.run(
            lambda: circulars.publish(circular.pk, version=1, by=made.supervisor, now=NOW),
            lambda: circulars.save(circular.pk, {"work": "改过"}, version=1, by=made.officer, now=NOW),
        )
    return race


def test_who_edits_while_it_is_published_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    race = edited_while_published(monkeypatch, locked)
    assert "已公开" in str(race.errors["second"])
    assert Circular.objects.get().work == ""


def test_without_the_lock_what_was_saved_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it was told that it is saved, and the publication wrote the old text over it."""
    race = edited_while_published(monkeypatch, unlocked)
    assert race.errors == {}
    assert (Circular.objects.get().state, Circular.objects.get().work) == ("published", "")


def changed_while_published(monkeypatch: pytest.MonkeyPatch, holding: Callable[[SpotCheck], None]) -> bool:
    """A result changes after the figures were computed: whether it did before the publication was through."""
    made, circular = drafted()
    race, sheet = Race(), Sheet.objects.get(account=made.accounts["示例甲1"])
    order: list[str] = []

    def change() -> None:
        Sheet.objects.filter(pk=sheet.pk).update(passed=False)
        order.append(Circular.objects.get(pk=circular.pk).state)

    with monkeypatch.context() as patch:
        patch.setattr(circulars, "hold_sheets", race.waiting(holding))
        race.run(lambda: circulars.publish(circular.pk, version=1, by=made.supervisor, now=NOW), change)
    row = Circular.objects.select_related("spot_check__indicator_set").get(pk=circular.pk)
    assert kept(figures(row.spot_check))["passed"] == 5
    return order == ["published"]


def test_no_result_changes_while_it_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed_while_published(monkeypatch, hold)


def test_without_holding_the_sheets_a_result_changes_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not changed_while_published(monkeypatch, lambda check: None)


def reopened_while_drafted(monkeypatch: pytest.MonkeyPatch, read: Callable[[int], SpotCheck]) -> Race:
    """Drafting closes the check; meanwhile the supervisor reopens a sheet of it."""
    made = a_check(state="confirmed")
    race, sheet = Race(), Sheet.objects.get(account=made.accounts["示例甲1"])
    with monkeypatch.context() as patch:
        patch.setattr(circulars, "locked_check", race.waiting(read))
        race.run(
            lambda: circulars.draft(made.check.pk, by=made.officer, now=NOW),
            lambda: sheets.reopen(sheet.pk, reason="看错了", by=made.supervisor, now=NOW),
        )
    return race


def test_a_sheet_is_not_reopened_under_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    race = reopened_while_drafted(monkeypatch, locked_check)
    assert list(race.errors) == ["second"]
    assert Circular.objects.get().figures["waiting"] == 0


def test_without_the_lock_the_sheet_is_reopened_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the close, which locks for itself, refuses then; nothing is drafted."""
    race = reopened_while_drafted(monkeypatch, check_unlocked)
    assert list(race.errors) == ["first"]
    assert not Circular.objects.exists()
