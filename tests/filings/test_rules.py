"""The three rules of filings (第八条) as tables of facts and verdicts; numbers are rows of the clocks' truth table."""

import pytest

from accounts.models.unit import Scope
from filings.models import FilingState as S
from filings.rules import overdue_correction, overdue_filing, unapproved_event
from tests.flag_rows import at, make_filing, make_unit

pytestmark = pytest.mark.django_db

DUE = "2021-02-20 00:00"  # shown as 2021-02-19 24:00
BEFORE, AT, AFTER = "2021-02-19 23:59:59.999999", "2021-02-20 00:00", "2021-03-01 09:00"


@pytest.mark.parametrize(
    ("state", "now", "facts", "breach"),
    [
        (S.TO_REPORT, BEFORE, {}, False),  # 1 the last microsecond of the day is on time
        (S.TO_REPORT, AT, {}, True),  # 2
        (S.TO_REPORT, AFTER, {}, True),
        (S.DRAFT, AT, {}, True),  # 9 reopened or returned by the leader: the first approval's clock runs on
        (S.DRAFT, BEFORE, {}, False),
        (S.LEADER_REVIEW, AT, {}, True),  # 9
        (S.LEADER_REVIEW, BEFORE, {}, False),
        (S.TO_REPORT, AT, {"first_reported_at": at("2021-02-01 10:00")}, False),  # 12 the replaced one was reported
        (S.DRAFT, AT, {"first_reported_at": at("2021-02-01 10:00")}, False),
        (S.OFFICE_REVIEW, AFTER, {}, False),  # 1, 2 reported, whatever the office does
        (S.RETURNED, AFTER, {}, False),  # 10 that is another clock
        (S.ACCEPTED, AFTER, {}, False),
        (S.COMPLETED, AFTER, {}, False),
        (S.REFUSED, AFTER, {}, False),
        (S.WITHDRAWN, AFTER, {}, False),  # 11
        (S.TO_REPORT, AFTER, {"provisional": True}, False),  # 13
        (S.TO_REPORT, AFTER, {"report_due_at": None}, False),  # 6, 8
        (S.DRAFT, AFTER, {"report_due_at": None}, False),  # 6 never submitted: no clock
        (
            S.TO_REPORT,
            AFTER,
            {"not_occurred": True},
            True,
        ),  # 未发生 ends 未批先建 only; a live filing ends by withdrawal
    ],
)
def test_overdue_filing(state: S, now: str, facts: dict[str, object], breach: bool) -> None:
    filing = make_filing(state, **{"report_due_at": at(DUE)} | facts)

    assert list(overdue_filing(at(now))) == ([filing] if breach else [])


@pytest.mark.parametrize(
    ("state", "now", "facts", "breach"),
    [
        (S.RETURNED, BEFORE, {}, False),  # 10
        (S.RETURNED, AT, {}, True),
        (S.RETURNED, AFTER, {}, True),
        (S.DRAFT, BEFORE, {}, False),
        (S.DRAFT, AT, {}, True),  # the leader returned the correction
        (S.LEADER_REVIEW, BEFORE, {}, False),
        (S.LEADER_REVIEW, AT, {}, True),
        (S.TO_REPORT, BEFORE, {}, False),
        (S.TO_REPORT, AT, {}, True),
        (S.OFFICE_REVIEW, AFTER, {}, False),  # the due time is kept after the new report
        (S.ACCEPTED, AFTER, {}, False),
        (S.COMPLETED, AFTER, {}, False),
        (S.REFUSED, AFTER, {}, False),
        (S.WITHDRAWN, AFTER, {}, False),
        (S.RETURNED, AFTER, {"provisional": True}, False),  # 13
        (S.RETURNED, AFTER, {"correction_due_at": None}, False),  # 8
        (S.TO_REPORT, AFTER, {"not_occurred": True}, True),
        (S.TO_REPORT, AT, {"first_reported_at": at("2021-02-01 10:00")}, True),  # 12
    ],
)
def test_overdue_correction(state: S, now: str, facts: dict[str, object], breach: bool) -> None:
    filing = make_filing(state, **{"correction_due_at": at(DUE)} | facts)

    assert list(overdue_correction(at(now))) == ([filing] if breach else [])


@pytest.mark.parametrize(
    ("state", "now", "facts", "breach"),
    [
        *((state, BEFORE, {}, False) for state in S),
        *((state, AT, {}, True) for state in S),  # 5, 7 live or not
        *((state, AFTER, {"not_occurred": True}, False) for state in S),
        *((state, AFTER, {"provisional": True}, False) for state in S),  # 13
        *((state, AFTER, {"event_due_at": None}, False) for state in S),  # 6, 8, 18
    ],
)
def test_unapproved_event(state: S, now: str, facts: dict[str, object], breach: bool) -> None:
    filing = make_filing(state, **{"event_due_at": at(DUE)} | facts)

    assert list(unapproved_event(at(now))) == ([filing] if breach else [])


@pytest.mark.parametrize("rule", [overdue_filing, overdue_correction, unapproved_event])
def test_guided_units_are_never_flagged(rule: object) -> None:
    """第三条."""
    due = {name: at(DUE) for name in ("report_due_at", "correction_due_at", "event_due_at")}
    bound = make_filing(S.TO_REPORT, **due)
    make_filing(S.TO_REPORT, unit=make_unit(scope=Scope.GUIDED), **due)

    assert list(rule(at(AFTER))) == [bound]


def test_one_filing_may_break_all_three_rules_at_once() -> None:
    filing = make_filing(S.TO_REPORT, report_due_at=at(DUE), correction_due_at=at(DUE), event_due_at=at(DUE))

    assert [list(rule(at(AT))) for rule in (overdue_filing, overdue_correction, unapproved_event)] == [[filing]] * 3
