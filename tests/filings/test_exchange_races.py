"""Exports and receipts at once, on real PostgreSQL."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from filings import approving, exchange, export_batches, export_runs
from filings.exporting import writing
from filings.exporting.writing import Written
from filings.models import ExportItem, Filing
from tests.factories import NOW, Cast, opening, read, unit
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job

ROUNDS = 15
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run `acts` in threads that start together; returns what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait()
            act()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_exports_at_once_send_each_filing_once(tmp_path: Path) -> None:
    cast = Cast()
    for number in range(ROUNDS):
        made = [opening("accepted", Cast(unit())) for _ in range(3)]
        done: list[export_batches.Exported] = []

        def export(out: Path, done: list[export_batches.Exported] = done) -> None:
            done.append(export_batches.export("national", by=cast.officer, now=NOW, out=out))

        paths = [tmp_path / f"{number}-{i}.xlsx" for i in range(2)]
        assert at_once(*(lambda path=path: export(path) for path in paths)) == []  # type: ignore[misc]
        assert sum(one.exported for one in done) == 3
        assert ExportItem.objects.filter(filing__in=made).count() == 3
        assert all(path.exists() for path in paths)


def test_a_completion_beside_an_approval_of_the_same_unit_does_not_deadlock() -> None:
    for number in range(ROUNDS):
        cast = Cast(unit())
        done = opening("accepted", cast)
        exchange.take_receipt(done.pk, system="national", result="taken", on=day_of(NOW), by=cast.officer, now=NOW)
        other = opening("leader_review", cast, platform="weibo", name=f"示例并行{number}")
        reading = read(other)
        raised = at_once(
            lambda done=done, cast=cast: exchange.take_receipt(  # type: ignore[misc]
                done.pk, system="provincial", result="taken", on=day_of(NOW), by=cast.officer, now=NOW
            ),
            lambda other=other, cast=cast, reading=reading: approving.leader_approve(  # type: ignore[misc]
                other.pk, by=cast.leader, read=reading, now=NOW
            ),
        )
        assert raised == []
        assert Filing.objects.get(pk=done.pk).state == "completed"
        assert Filing.objects.get(pk=other.pk).state == "to_report"


def test_two_receipts_of_one_filing_at_once_complete_it_once() -> None:
    for _ in range(ROUNDS):
        filing = opening("accepted", Cast(unit()))
        cast = filing.cast  # type: ignore[attr-defined]
        raised = at_once(
            *(
                lambda system=system, filing=filing, cast=cast: exchange.take_receipt(  # type: ignore[misc]
                    filing.pk, system=system, result="taken", on=day_of(NOW), by=cast.officer, now=NOW
                )
                for system in ("national", "provincial")
            )
        )
        assert raised == []
        assert Filing.objects.get(pk=filing.pk).state == "completed"


def two_jobs(cast: Cast) -> list[Job]:
    """Two officers press at once: each a job for the same filings, run by two workers at once; how they ended."""
    filings = [opening("accepted", Cast(unit())).pk for _ in range(3)]
    made = [export_runs.submit("national", ids=filings, by=by, now=NOW) for by in (cast.officer, cast.supervisor)]
    kinds = {export_runs.KIND: export_runs.EXPORT_FILINGS}
    assert at_once(*[lambda: run_next(kinds)] * 2) == []
    return [Job.objects.get(pk=job.pk) for job in made]


def test_two_officers_who_export_at_once_send_each_filing_once_and_the_second_learns_by_whom() -> None:
    cast = Cast()
    for number in range(1, 4):
        ended = two_jobs(cast)
        assert ExportItem.objects.count() == 3 * number
        assert sorted(job.state for job in ended) == ["done", "failed"]
        lost = next(job for job in ended if job.state == "failed")
        won = cast.officer if lost.by == cast.supervisor else cast.supervisor
        assert f"{won} " in lost.error
        assert "已导出 3 件" in lost.error


def test_without_lock_and_second_look_only_a_constraint_stops_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what the test above finds where nobody looks again under the lock."""

    def as_written(choice: export_batches.Choice, written: Written) -> list[Filing]:
        found = Filing.objects.in_bulk(list(written.filings))
        return [found[pk] for pk in written.filings]

    together = threading.Barrier(2, timeout=10)
    real = writing.write_zip

    def side_by_side(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        together.wait()

    monkeypatch.setattr(export_batches, "_standing", as_written)
    monkeypatch.setattr(writing, "write_zip", side_by_side)
    ended = two_jobs(Cast())
    # Only the database's constraint was left to stop the second, and nobody could tell why.
    assert ExportItem.objects.count() > 3 or any("程序出错" in job.error for job in ended)
