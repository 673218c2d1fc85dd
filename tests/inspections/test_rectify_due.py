"""暂定 of a rectification: late nowhere while it is, and the later of the true and the shown time once it is sure."""

from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.db.models import Count
from django.test import Client

from inspections import assessed_facts, deciding, lateness, rectify_board, rectify_due, rectifying, sweep
from inspections.deciding import Decision
from inspections.figures_sql import Span, rectified
from inspections.models import ClosureOrder, Rectification, UpperFinding
from inspections.rules import overdue_rectification
from tests.factories import Cast, account, at, scan
from tests.inspections.rectified import answered, rectification
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.models import Day, Event, Notice, Year

pytestmark = pytest.mark.django_db
ISSUED = at("2026-12-22 09:00")
SHOWN, SURE = at("2026-12-30 00:00"), at("2026-12-25 00:00")
AFTER = at("2026-12-30 01:00")


@pytest.fixture
def cast() -> Cast:
    """Only the years up to 2026 are confirmed: nothing from 25 December on is sure."""
    Year.objects.filter(year__gt=2026).delete()
    return Cast()


def paper(*days: str, year: int = 2027) -> None:
    """The year is confirmed; `-2026-12-28` is a day off, `+2026-12-26` one of work."""
    Year.objects.create(year=year, confirmed_at=AFTER)
    for day in days:
        Day.objects.create(date=date.fromisoformat(day[1:]), off=day[0] == "-", name="示例")


def told(row: Rectification) -> tuple[str, bool]:
    row.refresh_from_db()
    return f"{row.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", row.provisional


# --- late nowhere ---------------------------------------------------------------------------------------------------


def judged(row: Rectification, now: datetime) -> dict[str, Any]:
    """What each place that asks says of the only rectification."""
    row = Rectification.objects.get(pk=row.pk)
    found = Rectification.objects.filter(pk=row.pk)
    (card,) = rectify_board.cards([row], now)
    of_year = assessed_facts.counted(row.due_at.astimezone(SHANGHAI).year, now).get(row.unit_id)
    december = Span([date(2026, 12, 1)], None, at("2027-01-20 09:00"))
    return {
        "flag": list(overdue_rectification(now)) == [row],
        "board": rectify_board.counts(found, now)["late"] == 1,
        "nav": found.filter(rectify_board.OPEN).aggregate(n=Count("pk", filter=lateness.overdue(now)))["n"] == 1,
        "card": card.is_late,
        "decided": bool(deciding.grounds(row, now)),
        "year": bool(of_year and of_year.failed),
        "figures": any(due > done for due, done in rectified(december).values()),
    }


def test_a_provisional_time_is_late_nowhere_and_carries_no_veto(cast: Cast) -> None:
    row = rectification(cast, now=ISSUED)
    assert told(row) == ("2026-12-30 00:00", True)
    assert set(judged(row, AFTER).values()) == {False}
    with pytest.raises(WrongState, match="没有逾期"):
        deciding.decide(row.pk, Decision("veto", "逾期没有整改", year=2026), by=cast.supervisor, now=AFTER)
    sweep.sweep(AFTER)
    assert told(row) == ("2026-12-30 00:00", True)
    paper()
    sweep.sweep(AFTER)
    assert told(row) == ("2026-12-30 00:00", False)
    assert set(judged(row, AFTER).values()) == {True}


def test_it_is_shown_where_the_due_time_is(client: Client, cast: Cast) -> None:
    row = rectification(cast, now=ISSUED)
    assert "请在 2026-12-29 24:00（暂定） 前整改" in Notice.objects.filter(user=cast.operator).latest("pk").text
    client.force_login(cast.operator)
    for page in ("/rectifications/", f"/rectifications/{row.pk}/", f"/rectifications/{row.pk}/print/", "/"):
        assert "暂定" in client.get(page).content.decode(), page


# --- one definition, twice ------------------------------------------------------------------------------------------


def test_in_sql_and_in_python_it_is_the_same_of_each_row(cast: Cast) -> None:
    """Each state, answered before, at and after the due time or never, 暂定 or not, with and without an order."""
    by = cast.supervisor
    given: dict[str, Any] = {"reason": "x", "issued_at": ISSUED, "issued_by": by, "due_at": SHOWN, "unit": cast.unit}
    given |= {"proof": scan(), "proved_at": ISSUED, "ended_at": ISSUED, "ended_by": by, "end_reason": "x"}
    orders: list[ClosureOrder | None] = [
        ClosureOrder.objects.create(
            number=state, account=account(cast.unit, same_platform_reason="示例"), ground="other", state=state, **given
        )
        for state in ("executed", "revoked")
    ]
    given |= {"ended_at": None, "ended_by": None, "end_reason": ""}
    orders.append(
        ClosureOrder.objects.create(
            number="0", account=account(cast.unit, same_platform_reason="示例"), ground="other", **given
        )
    )
    moments = (None, at("2026-12-29 23:59"), SHOWN, AFTER)
    cases = [
        (state, answered_at, provisional, order)
        for state, answered_at in product(("issued", "submitted", "verified", "revoked"), moments)
        for provisional, order in product((False, True), (None, *orders))
        if answered_at or state in ("issued", "revoked")
    ]
    facts: dict[str, Any] = {"issuer": "city", "received_on": ISSUED.date(), "due_at": SHOWN, "account_text": "示例"}
    facts |= {"text": "x", "state": "handed", "unit": cast.unit, "recorded_at": ISSUED, "handed_at": ISSUED}
    uppers = [UpperFinding.objects.create(number=str(n), **facts) for n in range(len(cases))]
    facts = {"unit": cast.unit, "problem": "x", "issued_at": ISSUED, "due_at": SHOWN, "answer": "x"}
    facts |= {"answered_by": cast.operator, "verified_at": AFTER, "verified_by": by, "revoked_reason": "x"}
    for upper, (state, answered_at, provisional, order) in zip(uppers, cases, strict=True):
        told = {"state": state, "answered_at": answered_at, "provisional": provisional, "closure_order": order}
        Rectification.objects.create(number=upper.number, upper=upper, **facts | told)
    seen = set()
    for now in (at("2026-12-29 23:59"), SHOWN, AFTER):
        asked = (lateness.missed(now), lateness.overdue(now), lateness.IN_TIME)
        found = [set(Rectification.objects.filter(one)) for one in asked]
        for row in Rectification.objects.select_related("closure_order"):
            said = (lateness.has_missed(row, now), lateness.is_overdue(row, now), lateness.is_in_time(row))
            assert said == tuple(row in one for one in found), (row.state, row.answered_at, row.provisional, now)
            seen.add(said)
    assert seen == {(False, False, False), (True, False, False), (True, True, False), (False, False, True)}


# --- once the paper is there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "due"),
    [
        ((), "2026-12-30 00:00"),
        (("-2026-12-28",), "2026-12-31 00:00"),
        (("+2026-12-26",), "2026-12-30 00:00"),  # earlier by the paper: what the notice said stays
        (("-2026-12-28", "-2026-12-29", "-2026-12-30", "-2026-12-31", "-2027-01-01"), "2027-01-06 00:00"),
    ],
)
def test_the_later_of_the_true_and_the_shown_time(cast: Cast, days: tuple[str, ...], due: str) -> None:
    row = rectification(cast, now=ISSUED)
    paper(*days)
    assert (rectify_due.settle(AFTER), rectify_due.settle(AFTER)) == (1, 0)
    assert told(row) == (due, False)
    event = Event.objects.get(verb="settle_due")
    shown = datetime.fromisoformat(event.detail["shown"])
    assert (event.subject_id, event.actor, shown) == (row.pk, None, SHOWN)


def test_another_year_makes_nothing_sure(cast: Cast) -> None:
    row = rectification(cast, now=ISSUED)
    paper(year=2028)
    assert (rectify_due.settle(AFTER), told(row)) == (0, ("2026-12-30 00:00", True))


# What happened, by when it is due then, and by when once 25 and 29 December and 4 January are holidays.
BROUGHT: list[tuple[str, tuple[str, bool], tuple[str, bool]]] = [
    ("sure", ("2026-12-22 00:00", False), ("2026-12-22 00:00", False)),
    ("back in time", ("2026-12-29 00:00", True), ("2026-12-31 00:00", False)),
    ("back late", ("2026-12-22 00:00", False), ("2026-12-22 00:00", False)),
    ("back late by a provisional time", ("2027-01-06 00:00", True), ("2027-01-06 00:00", False)),
    ("extended", ("2027-01-05 00:00", True), ("2027-01-06 00:00", False)),
    ("extended to a sure day", ("2026-12-25 00:00", False), ("2026-12-25 00:00", False)),
    ("above", ("2026-12-30 00:00", True), ("2026-12-31 00:00", False)),
    ("above, asked on the day after", ("2026-12-30 00:00", True), ("2026-12-30 12:00", False)),
    ("above, by its own moment", ("2026-12-30 00:00", False), ("2026-12-30 00:00", False)),
    ("above, sure", ("2026-12-24 00:00", False), ("2026-12-24 00:00", False)),
    ("verified", ("2026-12-30 00:00", True), ("2027-01-01 00:00", False)),
]


ASKED = {"above, asked on the day after": "2026-12-30 12:00", "above, by its own moment": "2026-12-30 00:00"}


def brought(what: str, cast: Cast) -> Rectification:
    if what.startswith("above"):
        return above(cast, at(ASKED.get(what, "2027-01-05 00:00")), at("2026-12-24 00:00") if "sure" in what else SHOWN)
    early = what in ("sure", "back in time", "back late", "extended to a sure day")
    row = rectification(cast, now=at("2026-12-14 09:00") if early else ISSUED)
    if what.startswith("back"):
        when = {"back in time": "2026-12-21 10:00", "back late": "2026-12-23 10:00"}.get(what, "2026-12-30 10:00")
        back = {"back in time": "2026-12-24 10:00", "back late": "2026-12-24 10:00"}.get(what, "2026-12-31 10:00")
        answered(cast, row, now=at(when))
        rectifying.send_back(row.pk, reason="x", by=cast.supervisor, now=at(back))
    if what.startswith("extended"):
        deciding.refer(row.pk, reason="x", by=cast.officer, now=ISSUED)
        day = date(2026, 12, 24) if "sure" in what else date(2027, 1, 4)
        deciding.extend(row.pk, due_on=day, reason="x", by=cast.supervisor, now=ISSUED)
    if what == "verified":
        answered(cast, row, now=AFTER)
        rectifying.verify(row.pk, by=cast.supervisor, now=AFTER)
    return row


def above(cast: Cast, upper_due: datetime, due: datetime) -> Rectification:
    """One that the unit owes by `due`, and the issuer asks for by `upper_due`."""
    facts = {"issuer": "city", "number": "市查〔示例〕900", "received_on": ISSUED.date(), "account_text": "示例"}
    facts |= {"due_at": upper_due, "unit": cast.unit, "text": "示例", "state": "handed"}
    upper = UpperFinding.objects.create(recorded_at=ISSUED, handed_at=ISSUED, **facts)
    more: dict[str, Any] = {"demand": "", "by": cast.officer, "role": "officer", "now": ISSUED}
    return rectifying.issue_for_upper(upper, unit=cast.unit, due_at=due, **more)


@pytest.mark.parametrize(("what", "shown", "settled"), BROUGHT)
def test_what_is_provisional_and_what_becomes_of_it(
    cast: Cast, what: str, shown: tuple[str, bool], settled: tuple[str, bool]
) -> None:
    row = brought(what, cast)
    assert told(row) == shown
    paper("-2026-12-25", "-2026-12-29", "-2027-01-04")
    assert (rectify_due.settle(AFTER), told(row)) == (int(shown[1]), settled)


@pytest.mark.parametrize(
    ("answered_at", "provisional", "worth", "done"),
    [
        ("2026-12-29 23:59", True, Decimal(1), "按期完成"),  # in time whatever the paper says
        ("2026-12-29 23:59", False, Decimal(1), "按期完成"),
        ("2026-12-30 00:00", True, None, "整改完成"),  # nobody knows yet
        ("2026-12-30 00:00", False, Decimal("0.5"), "逾期完成"),
    ],
)
def test_what_was_put_right_by_a_provisional_time(
    cast: Cast, answered_at: str, provisional: bool, worth: Decimal | None, done: str
) -> None:
    row = answered(cast, rectification(cast, now=ISSUED), now=at(answered_at))
    rectifying.verify(row.pk, by=cast.supervisor, now=AFTER)
    if not provisional:
        paper()
        rectify_due.settle(AFTER)
    row.refresh_from_db()
    (fact,) = assessed_facts.of_unit(cast.unit, 2026, AFTER).rectifications
    assert (fact.worth, rectify_board.done_words(row)) == (worth, done)
