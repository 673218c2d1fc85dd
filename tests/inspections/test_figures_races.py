"""Two runs of the roll-ups at once, on real PostgreSQL: the second waits, and finds nothing to do."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from inspections import figures
from inspections.models import MonthDone, MonthFigure
from tests.at_once import at_once, meet
from tests.factories import account, at
from zhonglou_media.core import events

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
NOW = at("2026-12-08 10:00")


def unlocked(month: date) -> MonthDone:
    """`figures._locked` with the guard under test taken out."""
    return MonthDone.objects.get(month=month)


@pytest.mark.parametrize(("guarded", "runs"), [(True, 1), (False, 2)])
def test_two_runs_at_once(monkeypatch: pytest.MonkeyPatch, guarded: bool, runs: int) -> None:
    figures.refresh(NOW)
    happened(account())
    computed: list[Any] = []
    touched = figures.touched
    monkeypatch.setattr(figures, "touched", lambda *given: computed.append(given) or touched(*given))
    if not guarded:
        monkeypatch.setattr(figures, "_locked", unlocked)
    meet(monkeypatch, figures, "touched")
    raised = at_once(lambda: figures.refresh(NOW), lambda: figures.refresh(NOW))
    assert raised == []
    assert len(computed) == runs
    assert MonthFigure.objects.count() == MonthFigure.objects.values("month", "unit").distinct().count()


def happened(subject: Any) -> None:
    with transaction.atomic():
        events.append(subject, "confirm_known", by=None, role=events.SYSTEM, at=NOW)
