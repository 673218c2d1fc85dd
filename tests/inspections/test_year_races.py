"""Two at once on a year or an incident, on real PostgreSQL, each with a control without the guard that must fail."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError

from inspections import assessing, figures, incidents
from inspections.models import Assessment, AssessmentYear, Incident
from tests.at_once import at_once, meet
from tests.factories import NOW, Cast, account
from tests.inspections.yeared import END, sheet
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.models import Event

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
Unlock = Callable[[], None]


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> Unlock:
    """Take the guards out: the rows are read without their locks."""

    def take_out() -> None:
        monkeypatch.setattr(assessing, "locked", lambda number: AssessmentYear.objects.get(year=number))
        monkeypatch.setattr(incidents, "locked", lambda pk: Incident.objects.select_related("unit").get(pk=pk))

    return take_out


def frozen_while_computed(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A year is frozen while the nightly run computes it anew, after a result came in."""
    cast = Cast()
    monkeypatch.setattr(figures, "refresh", lambda now: 0)
    of = account(cast.unit)
    sheet(of, "80")
    assessing.recompute(2026, by=cast.supervisor, now=END)
    sheet(of, "100", month=date(2026, 12, 1))
    meet(monkeypatch, assessing, "locked")
    return at_once(
        lambda: assessing.freeze(2026, by=cast.supervisor, now=END),
        lambda: assessing.recompute(2026, by=cast.supervisor, now=END),
    )


def test_a_year_frozen_while_it_is_computed_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    raised = frozen_while_computed(monkeypatch)
    assert all(isinstance(error, WrongState) for error in raised)
    year, row = AssessmentYear.objects.get(), Assessment.objects.get()
    assert (year.state, row.state, row.score) == ("frozen", "frozen", 90)


def test_without_the_lock_the_trigger_is_met(monkeypatch: pytest.MonkeyPatch, unlocked: Unlock) -> None:
    """The control: one of them writes on what the other froze."""
    unlocked()
    raised = frozen_while_computed(monkeypatch)
    assert any(isinstance(error, DatabaseError) for error in raised)


def closed_twice(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    cast = Cast()
    row = incidents.record(cast.unit, incidents.Report("outcry", "示例", NOW), by=cast.operator, now=NOW)
    meet(monkeypatch, incidents, "locked")
    acts: list[Any] = [
        lambda by=by: incidents.close(row.pk, result=f"{by}办结", untold="示例", by=by, now=NOW)
        for by in (cast.officer, cast.supervisor)
    ]
    return at_once(*acts)


def test_of_two_who_close_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (raised,) = closed_twice(monkeypatch)
    assert isinstance(raised, WrongState)
    assert Event.objects.filter(verb="close").count() == 1


def test_without_the_lock_both_close(monkeypatch: pytest.MonkeyPatch, unlocked: Unlock) -> None:
    """The control: the history tells of two ends."""
    unlocked()
    assert closed_twice(monkeypatch) == []
    assert Event.objects.filter(verb="close").count() == 2


def passed_at_once(monkeypatch: pytest.MonkeyPatch, offices: tuple[str, str]) -> list[BaseException]:
    cast = Cast()
    row = incidents.record(cast.unit, incidents.Report("outcry", "示例", NOW), by=cast.operator, now=NOW)
    meet(monkeypatch, incidents, "locked")
    acts: list[Any] = [
        lambda by=by, office=office: incidents.pass_on(row.pk, office=office, how="电话", passed_at=NOW, by=by, now=NOW)
        for by, office in zip((cast.officer, cast.supervisor), offices, strict=True)
    ]
    return at_once(*acts)


def test_two_who_pass_to_two_offices_are_both_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert passed_at_once(monkeypatch, ("区委宣传部", "区委网信办")) == []
    row = Incident.objects.get()
    assert (row.state, row.passes.count()) == ("passed", 2)


def test_two_who_pass_to_one_office_are_recorded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (raised,) = passed_at_once(monkeypatch, ("区委宣传部", "区委宣传部"))
    assert isinstance(raised, WrongState)
    assert Incident.objects.get().passes.count() == 1


def test_without_the_lock_one_office_is_told_twice(monkeypatch: pytest.MonkeyPatch, unlocked: Unlock) -> None:
    """The control."""
    unlocked()
    assert passed_at_once(monkeypatch, ("区委宣传部", "区委宣传部")) == []
    assert Incident.objects.get().passes.count() == 2
