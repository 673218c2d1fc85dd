"""An export beside what changes a filing, on real PostgreSQL: what is recorded is what the file says, or is not there.

The office exports all again while a filing is supplemented, returned from above, or its acceptance is taken back, just
as the file was written and is to be recorded: before that, and at once with it.
"""

import io
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, connections
from openpyxl import load_workbook

from filings import export_batches, export_runs, reviewing
from filings.export_batches import Choice
from filings.exporting import writing
from filings.exporting.writing import Written
from filings.models import ExportBatch, ExportItem, Filing, Revision
from tests.factories import NOW, Cast, opening, read, unit
from tests.filings.exchanging import supplement, take
from zhonglou_media.core import files
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Event, Job

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
KINDS = {export_runs.KIND: export_runs.EXPORT_FILINGS}
Act = Callable[[Filing], object]


def supplemented(filing: Filing) -> None:
    supplement(filing, remarks="第二版")


def returned(filing: Filing) -> None:
    take(filing, result="refused")


def unaccepted(filing: Filing) -> None:
    cast = filing.cast  # type: ignore[attr-defined]
    with suppress(Refused):  # the export came first
        reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="通过有误")


ACTS: dict[str, Act] = {"supplement": supplemented, "upper_return": returned, "unaccept": unaccepted}
PAUSES = {"all of it before": None, "at once": 0.0, "the export a little later": 0.02}


def race(monkeypatch: pytest.MonkeyPatch, verb: str, pause: float | None) -> Filing:
    """Export beside the act, begun once the file is written: recorded so much later, or (None) after all of it.

    Returns the filing as it is then. Another one goes along with it, so that there is something to export in any case.
    """
    cast = Cast(unit())
    filing, other = opening("accepted", cast, remarks="第一版"), opening("accepted", cast, platform="weibo")
    if verb == "upper_return":
        run(export_runs.submit("national", by=cast.officer, now=NOW))  # what is returned went up before
    written, raised = threading.Event(), []

    def act() -> None:
        try:
            connection.ensure_connection()
            written.wait()
            ACTS[verb](filing)
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=act)
    thread.start()

    def and_then(real: Callable[..., None]) -> Callable[..., None]:
        def write(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            if not written.is_set():
                written.set()
                if pause is None:
                    thread.join()
                else:
                    time.sleep(pause)

        return write

    with monkeypatch.context() as patched:
        patched.setattr(writing, "write_zip", and_then(writing.write_zip))
        job = export_runs.submit("national", ids=[filing.pk, other.pk], again=True, by=cast.officer, now=NOW)
        run(job)
    thread.join()
    assert raised == []
    return Filing.objects.get(pk=filing.pk)


def run(job: Job) -> None:
    assert run_next(KINDS)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


def said(batch: ExportBatch) -> dict[str, str]:
    """The remarks in the file of all units, by the filing's number."""
    assert batch.file is not None
    with files.open_file(batch.file) as stored, zipfile.ZipFile(io.BytesIO(stored.read())) as archive:
        page: Any = load_workbook(io.BytesIO(archive.read(f"{writing.ALL}.xlsx"))).active
    lines = [list(row) for row in page.iter_rows(values_only=True)]
    heads = next(line for line in lines if "区级备案编号" in line)
    rows = [dict(zip(heads, line, strict=True)) for line in lines[lines.index(heads) + 1 :]]
    return {row["区级备案编号"]: row["备注"] or "" for row in rows}


def wrong(filing: Filing) -> list[str]:
    """What the records of the last export and of the filing say against each other, and against the file."""
    batch = ExportBatch.objects.latest("pk")
    file, items = said(batch), list(ExportItem.objects.filter(batch=batch).select_related("filing"))
    found = []
    if set(file) != {item.filing.number for item in items} or len(file) != len(items):
        found.append("the file holds other filings than the record")
    for item in items:
        content = Revision.objects.get(filing=item.filing, number=item.revision).content
        row = file.get(str(item.filing.number))
        if content["contacts"].get("remarks", "") != row:
            found.append(f"recorded at revision {item.revision}, the file says {row!r}")
    exported = Event.objects.filter(verb="export").latest("seq")
    if filing.pk in {item.filing_id for item in items}:
        of_it = Event.objects.filter(subject_kind="filing", subject_id=filing.pk, seq__lt=exported.seq)
        away = of_it.filter(verb__in=["upper_return", "unaccept"]).values_list("verb", flat=True)
        found += [f"exported after {verb}" for verb in away]
    if filing.state == "office_review" and ExportItem.objects.filter(filing=filing).exists():
        found.append("went up, and is not accepted")
    return found


@pytest.mark.parametrize("verb", ACTS)
def test_an_export_beside_it_records_what_the_file_says(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, pause in PAUSES.items():
        assert wrong(race(monkeypatch, verb, pause)) == [], name


def test_without_a_second_look_under_the_lock_each_of_them_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""

    def as_written(choice: Choice, written: Written) -> list[Filing]:
        found = Filing.objects.in_bulk(list(written.filings))
        return [found[pk] for pk in written.filings]

    monkeypatch.setattr(export_batches, "_standing", as_written)
    assert {verb for verb in ACTS if wrong(race(monkeypatch, verb, None))} == set(ACTS)
