"""What the office does with the systems above, in one line each, for the tests of it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from filings import exchange, export_batches, reporting, reviewing
from filings.models import Filing, Receipt
from tests.factories import NOW, Cast, read

TODAY = date(2026, 11, 24)
LATER = NOW + timedelta(hours=1)


def take(filing: Filing, system: str = "national", result: str = "taken", **more: Any) -> Receipt:
    """A receipt by the officer (n/a: by the supervisor), dated today."""
    people: Cast = filing.cast  # type: ignore[attr-defined]
    fields: dict[str, Any] = {
        "on": TODAY,
        "by": people.supervisor if result == "n/a" else people.officer,
        "now": LATER,
        "reason": "" if result == "taken" else "不在范围",
    }
    return exchange.take_receipt(filing.pk, system=system, result=result, **{**fields, **more})


def send(filing: Filing, out: Path, system: str = "national", **more: Any) -> export_batches.Exported:
    people: Cast = filing.cast  # type: ignore[attr-defined]
    return export_batches.export(system, **{"by": people.officer, "now": LATER, "out": out, **more})


def supplement(filing: Filing, **data: Any) -> None:
    people: Cast = filing.cast  # type: ignore[attr-defined]
    reporting.supplement(filing.pk, by=people.operator, data=data, now=LATER)


def correct(filing: Filing, **data: Any) -> None:
    """After a return: corrected, approved and reported again, accepted again."""
    from filings import approving, drafting

    people: Cast = filing.cast  # type: ignore[attr-defined]
    drafting.save_draft(filing.pk, by=people.operator, data=data, now=LATER)
    drafting.submit(filing.pk, by=people.operator, now=LATER)
    approving.leader_approve(filing.pk, by=people.leader, read=read(filing), now=LATER)
    reporting.report(filing.pk, by=people.operator, now=LATER)
    reviewing.accept(filing.pk, by=people.officer, read=read(filing), now=LATER)


def state_of(filing: Filing) -> str:
    return Filing.objects.get(pk=filing.pk).state


def rows_of(path: Path, *, heads: int = 1) -> list[dict[str, Any]]:
    """The rows of an exported workbook, by heading; `heads`: how many lines stand above."""
    page = load_workbook(path).active
    assert page is not None
    values = [list(row) for row in page.iter_rows(values_only=True)]
    return [dict(zip(values[heads], row, strict=True)) for row in values[heads + 1 :]]
