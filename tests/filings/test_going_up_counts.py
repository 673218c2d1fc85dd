"""The counts and filters of 上级平台备案, asked of the database, say what `going_up.passing` says of each filing."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count, cycle
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from filings import going_up, going_up_counts
from filings.going_up import Passing
from filings.models import ExportBatch, ExportItem, Filing, OpeningDetails, Receipt, Revision, System
from filings.queues import end_of_today
from tests.factories import NOW, closing, opening
from tests.filings.exchanging import LATER, take
from tests.filings.many import fields
from tests.filings.test_still_missing import CASES, sent

pytestmark = pytest.mark.django_db


def is_due(row: Passing, after: datetime, until: datetime) -> bool:
    """The office still has to pass it on, by a sure time later than `after`, `until` at the latest."""
    due = None if row.is_answered or row.with_unit or row.filing.provisional else row.filing.office_due_at
    return due is not None and after < due <= until


def waits_in(row: Passing, system: System) -> bool:
    """The office has something to do or to wait for there: an answer, an update to export."""
    place = row.places[System.values.index(system)]
    return not row.with_unit and (not place.is_settled or place.update)


SHOWN: dict[str, Callable[[Passing], bool]] = {
    "late": lambda row: is_due(row, NOW - timedelta(days=999), LATER),
    "today": lambda row: is_due(row, LATER, end_of_today(LATER)),
    "back": lambda row: any(place.status == "back" for place in row.places),
    "national": lambda row: waits_in(row, System.NATIONAL),
    "provincial": lambda row: waits_in(row, System.PROVINCIAL),
    "": lambda row: True,
}

# What happened in one system: exports (E) and receipts (T taken, N n/a, R refused) of revision 1 and of 2, the present.
HISTORIES = [
    "", "E1", "E2", "E1 E2", "T1", "T2", "N1", "N2", "E1 R1", "E1 R1 E2", "E1 R1 T2", "E1 T1 E2", "E1 T1 E2 R2",
    "E1 T1 E2 R2 T2", "T1 N2", "N1 T2", "R2 T1", "E1 E2 R1",
]  # fmt: skip
RESULTS = {"T": "taken", "N": "n/a", "R": "refused"}
STATES = ("accepted", "office_review", "returned", "draft", "to_report", "leader_review")


def dues(now: datetime) -> Iterator[dict[str, Any]]:
    """Late, on the very moment, today, to the end of today, tomorrow; without one, and 暂定 ones."""
    tonight = end_of_today(now)
    times = (now - timedelta(days=1), now, now + timedelta(seconds=1), tonight, tonight + timedelta(seconds=1), None)
    return cycle([{"office_due_at": at, "provisional": sure} for sure in (False, True) for at in times])


def all_ways() -> None:
    """A filing for each state, approved part (changed or not), history of one system and some of the other's."""
    first = opening("accepted")
    head, details, revision = fields(first), fields(first.opening), fields(first.revisions.get())
    head |= {"account": None, "revision": 2, "accepted_revision": 1}
    kinds, due, number = cycle(("open", "change", "open", "close", "open", "cancel", "open")), dues(LATER), count(5000)
    batches = {system: ExportBatch.objects.create(system=system, at=LATER, by=None, sm3="0") for system in System}
    ways = [
        (state, changed, (national, HISTORIES[(i + step) % len(HISTORIES)]))
        for state in STATES
        for changed in (False, True)
        for i, national in enumerate(HISTORIES)
        for step in ((0, 1, 4, 7, 11) if state == "accepted" else (0, 5))
    ]
    made = Filing.objects.bulk_create(
        Filing(**head | {"state": state, "kind": next(kinds), "number": f"ZLXMT-2026-{next(number)}"} | next(due))
        for state, _, _ in ways
    )
    OpeningDetails.objects.bulk_create(OpeningDetails(**details, filing=f) for f in made if f.kind == "open")
    Revision.objects.bulk_create(
        Revision(**revision | {"number": n, "approved_sm3": f"{changed and n}".rjust(64, "0")}, filing=filing)
        for filing, (_, changed, _) in zip(made, ways, strict=True)
        for n in (1, 2)
    )
    exports, receipts = [], []
    for filing, (_, _, both) in zip(made, ways, strict=True):
        for system, history in zip(System, both, strict=True):
            for what, n in history.split():
                where: dict[str, Any] = {"filing": filing, "system": system, "revision": int(n)}
                if what == "E":
                    exports.append(ExportItem(**where, batch=batches[system]))
                else:
                    said = {"result": RESULTS[what], "reason": "示例", "on": NOW.date(), "at": NOW}
                    receipts.append(Receipt(**where, **said))
    ExportItem.objects.bulk_create(exports)
    Receipt.objects.bulk_create(receipts)


def agree() -> list[Passing]:
    """Compares both; the rows judged one by one."""
    rows = going_up.passing(list(going_up.in_hand().for_lists()), now=LATER)
    placed = going_up_counts.with_places(going_up.in_hand())
    told = {pk: at for pk, *at in placed.values_list("pk", "at_national", "at_provincial")}
    assert told == {row.filing.pk: [named(row, system) for system in System.values] for row in rows}
    tally = going_up_counts.tally(now=LATER)
    assert (tally.total, tally.accepted) == (len(rows), sum(row.filing.state == "accepted" for row in rows))
    for show, fits in SHOWN.items():
        expected = [row.filing.pk for row in rows if fits(row)]
        assert list(going_up_counts.shown(show, now=LATER).values_list("pk", flat=True)) == expected
        assert tally.of(show) == len(expected), show
    for system in System.values:
        statuses = [named(row, system).replace("update", "done") for row in rows]
        assert tally.statuses(system) == {s: statuses.count(s) for s in going_up_counts.STATUSES}
    return rows


def named(row: Passing, system: str) -> str:
    place = row.places[System.values.index(system)]
    return "update" if place.status == "done" and place.update else place.status


def test_every_way_to_stand_is_counted_as_it_is_judged() -> None:
    all_ways()
    with CaptureQueriesContext(connection) as caught:
        going_up_counts.tally(now=LATER)
    assert len(caught) == 1
    rows = agree()
    assert {row.filing.kind for row in rows} == {"open", "change", "close", "cancel"}
    for system in System.values:
        assert {named(row, system) for row in rows} == {"wait", "sent", "back", "done", "none", "update"}
    for fits in SHOWN.values():
        assert sum(map(fits, rows)) > 0
    assert {row.filing.state for row in rows} == set(STATES)


def test_what_use_cases_lead_to_is_counted_as_it_is_judged() -> None:
    for fields_, steps, _ in CASES.values():
        filing = opening("accepted", **fields_)
        for step in steps:
            step(filing)
    ending = closing("accepted", kind="cancel")
    ending.attachments.update(removed_at=NOW)
    sent(ending)
    take(ending)
    take(ending, "provincial")
    assert len(agree()) == len(CASES) + 1
