"""Two officers at once, on real PostgreSQL; each guard has a control with the guard taken out."""

import pytest

from filings.models import Reconciliation, ReconciliationLine
from filings.reconciling import acting, running
from tests.at_once import at_once, meet
from tests.factories import NOW
from tests.filings.reconciled import csv_of, officer, prepare, reconcile
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Event, Job

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
KINDS = {running.KIND: running.RECONCILE}
ROW = ["示例外来", "抖音", "x", "", "", "正常"]


def two_runs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The lists of two officers, which two workers take at once."""
    jobs = [prepare(csv_of([ROW])) for _ in range(2)]
    meet(monkeypatch, running, "latest")
    assert at_once(*(lambda: run_next(KINDS) for _ in jobs)) == []
    return [Job.objects.get(pk=job.pk) for job in jobs]


def test_of_two_runs_at_once_the_second_follows_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    reconcile(csv_of([ROW]))
    assert [job.state for job in two_runs(monkeypatch)] == ["done", "done"]
    first, second, third = Reconciliation.objects.order_by("pk")
    assert (second.previous, third.previous) == (first, second)
    assert {(run.counts["new"], run.counts["gone"]) for run in (second, third)} == {(0, 0)}


def test_without_the_lock_the_second_run_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    reconcile(csv_of([ROW]))
    monkeypatch.setattr(running, "_lock", lambda system: None)
    assert sorted(job.state for job in two_runs(monkeypatch)) == ["done", "failed"]


def both_note(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    line = ReconciliationLine.objects.get(run=reconcile(csv_of([ROW])))
    meet(monkeypatch, acting, "_locked")
    acts = [
        lambda by=by, text=text: acting.note(line.pk, text, read="", by=by, now=NOW)
        for by, text in ((officer(), "甲写的"), (officer(), "乙写的"))
    ]
    return at_once(*acts)


def test_of_two_notes_at_once_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (late,) = both_note(monkeypatch)
    assert isinstance(late, WrongState)
    assert Event.objects.filter(verb="note").count() == 1


def test_without_the_lock_one_note_would_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ReconciliationLine.objects.select_related("run", "noted_by")
    monkeypatch.setattr(acting, "_locked", lambda line_id: rows.get(pk=line_id))
    assert both_note(monkeypatch) == []
    assert Event.objects.filter(verb="note").count() == 2
