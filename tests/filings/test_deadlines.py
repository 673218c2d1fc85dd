"""The truth table of article 8's clocks, row by row, with literal dates (Shanghai; due times are exclusive)."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from accounts import flags
from accounts.models import Flag
from filings import approving, confirming, deadlines, drafting, exchange, export_batches, reporting, reviewing
from inspections import sweep
from tests.factories import Cast, account, at, opening, read, scan
from tests.filings.clocks import approve, approve_on_paper, filed_again, fresh, local, submitted
from zhonglou_media.core.models import Setting

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("row", "approved", "reported", "due", "late"),
    [
        (1, "2021-02-10 15:00", "2021-02-19 23:59:59", "2021-02-20 00:00", False),  # 春节
        (1, "2021-02-19 09:00", "2021-02-22 12:00", "2021-02-23 00:00", False),  # 节后补班的周六计入
        (1, "2024-09-13 09:00", "2024-09-13 09:01", "2024-09-19 00:00", False),  # 当天报送
        (2, "2021-02-10 15:00", "2021-02-20 00:00:00", "2021-02-20 00:00", True),
        (2, "2026-02-13 23:59", "2026-02-25 00:00:00", "2026-02-25 00:00", True),
        (2, "2026-09-30 09:00", "2026-10-20 09:00", "2026-10-10 00:00", True),
        (4, "2025-10-04 10:00", "2025-10-10 23:59:59", "2025-10-11 00:00", False),  # 批准落在假期
        (4, "2026-11-21 10:00", "2026-11-25 00:00:00", "2026-11-25 00:00", True),  # 周六批准
        (4, "2026-11-21 10:00", "2026-11-24 23:59:59", "2026-11-25 00:00", False),
    ],
)
def test_two_working_days_after_the_approval(row: int, approved: str, reported: str, due: str, late: bool) -> None:
    cast = Cast()
    filing = submitted(approved, cast)
    approve(filing, approved, cast)
    reporting.report(filing.pk, by=cast.operator, now=at(reported))
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.is_late) == (due, late)


def test_row_1_the_time_the_office_takes_counts_against_nobody() -> None:
    cast = Cast()
    filing = submitted("2026-11-02 09:00", cast)
    approve(filing, "2026-11-02 10:00", cast)
    reporting.report(filing.pk, by=cast.operator, now=at("2026-11-04 17:50"))
    reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=at("2026-11-20 09:00"))
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.is_late) == ("2026-11-05 00:00", False)


@pytest.mark.parametrize(
    ("paper", "recorded", "due", "late"),
    [
        ("2026-10-20", "2026-11-24 14:05", "2026-10-23 00:00", True),
        ("2026-11-23", "2026-11-24 14:05", "2026-11-26 00:00", False),
    ],
)
def test_row_3_paper_counts_from_its_own_date(paper: str, recorded: str, due: str, late: bool) -> None:
    cast = Cast()
    filing = submitted(recorded, cast)
    assert local(deadlines.would_be_due(date.fromisoformat(paper)).due) == due
    approve_on_paper(filing, paper, recorded, cast)
    reporting.report(filing.pk, by=cast.operator, now=at(recorded))
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.is_late) == (due, late)
    assert local(filing.approval_recorded_at) == recorded


@pytest.mark.parametrize(
    ("row", "event", "submitted_at", "approved_at", "event_due"),
    [
        (5, "2026-11-20", "2026-11-23 09:00", "2026-11-23 10:00", "2026-11-23 10:00"),  # flagged at once
        (5, "2026-11-02", "2026-11-02 09:00", "2026-11-20 10:00", "2026-11-05 00:00"),  # what it was is earlier
        (5, "2026-11-20", "2026-11-20 09:00", "2026-11-20 10:00", ""),  # the same day is not later
        (18, "2026-12-10", "2026-11-20 09:00", "2026-11-23 10:00", ""),  # approved before it
        (19, "2023-05-06", "2026-11-20 09:00", "2026-11-23 10:00", "2023-05-10 00:00"),
        (8, "2021-03-21", "2026-11-20 09:00", "2026-11-23 10:00", ""),
        (6, "", "2026-11-20 09:00", "2026-11-23 10:00", ""),
    ],
)
def test_event_before_its_approval(row: int, event: str, submitted_at: str, approved_at: str, event_due: str) -> None:
    cast = Cast()
    filing = submitted(submitted_at, cast, effective_on=event)
    approve(filing, approved_at, cast)
    assert local(fresh(filing).event_due_at) == event_due


def test_row_5_paper_later_than_the_event_and_paper_before_it() -> None:
    cast = Cast()
    late, early = submitted("2026-11-24 09:00", cast, effective_on="2026-11-10"), None
    approve_on_paper(late, "2026-11-11", "2026-11-24 10:00", cast)
    other = Cast()
    early = submitted("2026-11-24 09:00", other, effective_on="2026-11-10")
    assert local(fresh(early).event_due_at) == "2026-11-13 00:00"
    approve_on_paper(early, "2026-11-09", "2026-11-24 10:00", other)
    assert local(fresh(late).event_due_at) == "2026-11-13 00:00"
    assert local(fresh(early).event_due_at) == ""


def test_row_6_never_approved_and_no_event_has_no_clock() -> None:
    filing = submitted("2026-11-02 09:00", Cast())
    assert (filing.report_due_at, filing.event_due_at, filing.correction_due_at) == (None, None, None)


def test_row_6_a_draft_never_submitted_has_no_clock() -> None:
    filing = opening("draft", now=at("2026-11-02 09:00"), effective_on="2026-10-01")
    assert (filing.report_due_at, filing.event_due_at, filing.provisional) == (None, None, False)


def test_row_7_a_corrected_event_date_moves_it_until_acceptance() -> None:
    cast = Cast()
    filing = submitted("2026-11-02 09:00", cast, effective_on="2026-11-02")
    assert local(filing.event_due_at) == "2026-11-05 00:00"
    drafting.recall(filing.pk, by=cast.operator, now=at("2026-11-03 09:00"))
    drafting.save_draft(filing.pk, by=cast.operator, data={"effective_on": "2026-11-09"}, now=at("2026-11-03 09:00"))
    drafting.submit(filing.pk, by=cast.operator, now=at("2026-11-03 09:01"))
    assert local(fresh(filing).event_due_at) == "2026-11-12 00:00"
    approve(filing, "2026-11-10 09:00", cast)
    assert local(fresh(filing).event_due_at) == "2026-11-10 09:00"
    reporting.report(filing.pk, by=cast.operator, now=at("2026-11-10 10:00"))
    reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=at("2026-11-10 11:00"))
    reporting.supplement(filing.pk, by=cast.operator, data={"effective_on": "2026-11-11"}, now=at("2026-11-11 09:00"))
    assert local(fresh(filing).event_due_at) == "2026-11-10 09:00"


def test_a_date_of_opening_told_later_is_judged_when_it_is_told() -> None:
    cast = Cast()
    filing = opening("accepted", cast, now=at("2026-11-10 09:00"))
    reporting.supplement(filing.pk, by=cast.operator, data={"effective_on": "2026-11-05"}, now=at("2026-11-12 09:00"))
    assert local(fresh(filing).event_due_at) == "2026-11-10 00:00"


def test_row_8_nothing_before_the_regulation_has_a_clock() -> None:
    cast = Cast()
    filing = submitted("2026-11-20 09:00", cast, effective_on="2020-05-06")
    approve(filing, "2026-11-20 10:00", cast)
    filing = fresh(filing)
    assert (filing.report_due_at, filing.event_due_at) == (None, None)


@pytest.mark.parametrize("reported_first", [False, True])
def test_row_8_a_date_told_later_does_not_wipe_out_a_clock(reported_first: bool) -> None:
    cast = Cast()
    filing = opening("to_report", cast, now=at("2026-11-02 10:00"))
    if reported_first:
        reporting.report(filing.pk, by=cast.operator, now=at("2026-11-10 09:00"))
    data = {"effective_on": "2020-01-01"}
    reporting.supplement(filing.pk, by=cast.operator, data=data, now=at("2026-11-10 10:00"))
    if not reported_first:
        reporting.report(filing.pk, by=cast.operator, now=at("2026-11-10 11:00"))
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.is_late) == ("2026-11-05 00:00", True)


def test_row_8_a_corrected_date_brings_the_clock() -> None:
    cast = Cast()
    filing = submitted("2026-11-02 09:00", cast, effective_on="2020-05-06")
    approve(filing, "2026-11-02 10:00", cast)
    reporting.report(filing.pk, by=cast.operator, now=at("2026-11-10 09:00"))
    reporting.supplement(filing.pk, by=cast.operator, data={"effective_on": ""}, now=at("2026-11-10 10:00"))
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.is_late) == ("2026-11-05 00:00", True)


def test_row_9_a_second_approval_keeps_the_first_clock() -> None:
    cast = Cast()
    filing = submitted("2026-11-02 09:00", cast)
    approve(filing, "2026-11-02 10:00", cast)
    drafting.reopen(filing.pk, by=cast.operator, now=at("2026-11-03 09:00"))
    drafting.submit(filing.pk, by=cast.operator, now=at("2026-11-05 09:00"))
    approving.leader_return(filing.pk, by=cast.leader, read=read(filing), now=at("2026-11-05 10:00"), comment="请改")
    drafting.submit(filing.pk, by=cast.operator, now=at("2026-11-06 09:00"))
    approve(filing, "2026-11-06 10:00", cast)
    filing = fresh(filing)
    assert (filing.first_approved_on, filing.approved_on) == (date(2026, 11, 2), date(2026, 11, 6))
    assert local(filing.report_due_at) == "2026-11-05 00:00"


@pytest.mark.parametrize(
    ("returned", "reported_again", "correction_due", "correction_late"),
    [
        ("2026-11-06 10:00", "2026-11-10 23:59:59", "2026-11-11 00:00", False),
        ("2026-11-06 10:00", "2026-11-11 00:00:00", "2026-11-11 00:00", True),
    ],
)
def test_row_10_a_return_sets_its_own_clock(
    returned: str, reported_again: str, correction_due: str, correction_late: bool
) -> None:
    cast = Cast()
    filing = opening("office_review", cast, now=at("2026-11-02 10:00"))
    reviewing.return_(filing.pk, by=cast.officer, read=read(filing), now=at(returned), comment="请补充")
    filing = fresh(filing)
    assert (local(filing.report_due_at), local(filing.correction_due_at)) == ("2026-11-05 00:00", correction_due)
    reporting.report(filing.pk, by=cast.operator, now=at(reported_again))
    filing = fresh(filing)
    assert local(filing.correction_due_at) == correction_due  # kept after the new report
    assert (filing.is_late, filing.is_correction_late) == (False, correction_late)


def test_row_10_a_refusal_from_above_is_a_return(tmp_path: Path) -> None:
    cast = Cast()
    filing = opening("accepted", cast, now=at("2026-11-02 10:00"))
    export_batches.export("national", by=cast.officer, now=at("2026-11-03 09:00"), out=tmp_path / "out.xlsx")
    exchange.take_receipt(
        filing.pk,
        system="national",
        result="refused",
        on=date(2026, 11, 6),
        reason="责任科室未填",
        by=cast.officer,
        now=at("2026-11-06 10:00"),
    )
    filing = fresh(filing)
    assert (filing.state, local(filing.correction_due_at)) == ("returned", "2026-11-11 00:00")


@pytest.mark.parametrize(
    ("withdrawn", "not_occurred", "late"),
    [
        ("2026-11-04 23:59:59", False, False),
        ("2026-11-05 00:00:00", False, True),
        ("2026-11-05 00:00:00", True, False),
    ],
)
def test_row_11_withdrawn_before_or_after_the_due_time(withdrawn: str, not_occurred: bool, late: bool) -> None:
    cast = Cast()
    filing = opening("to_report", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(filing.pk, by=cast.operator, reason="", on_platform=False, now=at(withdrawn))
    if not_occurred:
        reviewing.confirm_not_occurred(filing.pk, by=cast.officer, comment="未开设", now=at("2026-11-06 09:00"))
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.is_late) == ("2026-11-05 00:00", late)


def test_row_12_filed_again_within_30_days_inherits_the_clock() -> None:
    cast = Cast()
    old = opening("to_report", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-11-03 09:00"))
    new = filed_again(cast, old, "2026-11-20 09:00")
    approve(new, "2026-11-20 10:00", cast)
    new = fresh(new)
    assert (new.replaces_id, local(new.report_due_at)) == (old.pk, "2026-11-05 00:00")
    assert (new.first_approved_on, new.correction_due_at) == (date(2026, 11, 2), None)


def test_row_12_what_had_been_reported_gets_a_correction_clock() -> None:
    cast = Cast()
    old = opening("office_review", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(old.pk, by=cast.operator, reason="重填", on_platform=False, now=at("2026-11-03 09:00"))
    new = filed_again(cast, old, "2026-11-20 09:00")
    approve(new, "2026-11-20 10:00", cast)
    new = fresh(new)
    assert local(new.first_reported_at) == "2026-11-02 10:00"
    assert (local(new.report_due_at), local(new.correction_due_at)) == ("2026-11-05 00:00", "2026-11-25 00:00")


@pytest.mark.parametrize(
    ("again", "inherits"),
    [("2026-11-01 09:00:00", True), ("2026-11-01 09:00:01", False), ("2026-11-20 09:00:00", False)],
)
def test_row_12_within_30_days_and_not_after(again: str, inherits: bool) -> None:
    cast = Cast()
    old = opening("to_report", cast, now=at("2026-10-01 10:00"))
    reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-10-02 09:00"))
    assert (filed_again(cast, old, again).replaces_id == old.pk) is inherits


@pytest.mark.parametrize(
    ("approved", "due", "provisional"),
    [
        ("2026-12-30 10:00", "2027-01-05 00:00", True),  # touches 2027
        ("2026-12-23 10:00", "2026-12-26 00:00", True),  # touches 25 December
        ("2026-12-22 10:00", "2026-12-25 00:00", True),  # its office clock does: all due times of the filing
        ("2026-12-21 10:00", "2026-12-24 00:00", False),
        ("2025-12-24 10:00", "2025-12-27 00:00", False),  # 2026 is confirmed
    ],
)
def test_row_13_days_not_confirmed_are_provisional(approved: str, due: str, provisional: bool) -> None:
    cast = Cast()
    filing = submitted(approved, cast)
    approve(filing, approved, cast)
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.provisional) == (due, provisional)
    filing.first_reported_at = filing.report_due_at + timedelta(days=9)
    assert filing.is_late is not provisional


def confirm(year: int, days: list[dict[str, object]], now: str) -> None:
    data = {"year": year, "papers": ["https://www.gov.cn/zhengce/example.htm"], "days": days}
    confirming.confirm_year(data, by=None, now=at(now))


NEW_YEAR = {"name": "元旦", "date": "2027-01-01", "isOffDay": True}


@pytest.mark.parametrize(
    ("days", "due"),
    [
        ([NEW_YEAR], "2027-01-05 00:00"),  # as shown
        ([NEW_YEAR, {"name": "元旦", "date": "2027-01-04", "isOffDay": True}], "2027-01-06 00:00"),  # later
        ([NEW_YEAR, {"name": "元旦", "date": "2027-01-02", "isOffDay": False}], "2027-01-05 00:00"),  # earlier: shown
    ],
)
def test_row_14_the_later_of_the_true_and_the_shown_time(days: list[dict[str, object]], due: str) -> None:
    cast = Cast()
    filing = submitted("2026-12-30 09:00", cast)
    approve(filing, "2026-12-30 10:00", cast)
    confirm(2027, days, "2026-12-31 09:00")
    filing = fresh(filing)
    assert (local(filing.report_due_at), filing.provisional) == (due, False)


def test_row_15_a_corrected_year_moves_only_what_is_not_reported() -> None:
    open_cast, done_cast = Cast(), Cast()
    unreported = submitted("2026-11-20 09:00", open_cast)
    approve(unreported, "2026-11-20 10:00", open_cast)
    reported = opening("office_review", done_cast, now=at("2026-11-20 10:00"))
    assert local(fresh(reported).report_due_at) == "2026-11-25 00:00"
    days = [
        {"name": "调休", "date": "2026-11-21", "isOffDay": False},
        {"name": "元旦", "date": "2026-01-01", "isOffDay": True},
    ]
    confirm(2026, days, "2026-11-24 09:00")
    assert local(fresh(unreported).report_due_at) == "2026-11-24 00:00"
    assert local(fresh(reported).report_due_at) == "2026-11-25 00:00"


def test_row_17_a_mistyped_paper_date_recorded_again_before_the_tick() -> None:
    cast = Cast()
    filing = submitted("2026-11-20 09:00", cast)
    approve_on_paper(filing, "2026-10-20", "2026-11-20 10:00", cast)
    approving.correct_paper_approval(
        filing.pk,
        by=cast.operator,
        leader_name="示例领导",
        approved_on=date(2026, 11, 20),
        scan=scan(),
        now=at("2026-11-20 11:00"),
    )
    filing = fresh(filing)
    assert (filing.first_approved_on, local(filing.report_due_at)) == (date(2026, 11, 20), "2026-11-25 00:00")


def test_row_17_does_not_move_another_approval() -> None:
    cast = Cast()
    filing = submitted("2026-11-02 09:00", cast)
    approve(filing, "2026-11-02 10:00", cast)
    drafting.reopen(filing.pk, by=cast.operator, now=at("2026-11-02 11:00"))
    drafting.submit(filing.pk, by=cast.operator, now=at("2026-11-02 12:00"))
    approve_on_paper(filing, "2026-11-02", "2026-11-20 10:00", cast)
    approving.correct_paper_approval(
        filing.pk,
        by=cast.operator,
        leader_name="示例领导",
        approved_on=date(2026, 11, 20),
        scan=scan(),
        now=at("2026-11-20 11:00"),
    )
    filing = fresh(filing)
    assert (filing.first_approved_on, local(filing.report_due_at)) == (date(2026, 11, 2), "2026-11-05 00:00")


def test_row_16_the_supervisor_waives_what_the_portal_made_late() -> None:
    cast = Cast()
    opening("to_report", cast, now=at("2026-11-02 10:00"))
    sweep.sweep(at("2026-11-05 00:00"))
    flag = Flag.objects.get(rule="overdue_filing")
    flags.waive([flag.pk], by=cast.supervisor, reason="平台停机", now=at("2026-11-05 09:00"))
    sweep.sweep(at("2026-11-06 00:00"))
    flag.refresh_from_db()
    assert (flag.waive_reason, Flag.objects.open().count()) == ("平台停机", 0)


def test_row_19_an_account_found_unfiled_is_flagged_from_its_approval() -> None:
    cast = Cast()
    found = account(cast.unit, found=True, now=at("2026-11-01 09:00"))
    filing = opening(
        "leader_review",
        cast,
        now=at("2026-11-20 09:00"),
        on=found,
        platform=found.platform.code,
        name=found.name,
        uid=found.uid,
        effective_on="2023-05-06",
    )
    approve(filing, "2026-11-23 10:00", cast)
    assert local(fresh(filing).event_due_at) == "2023-05-10 00:00"


def test_row_20_day_zero_is_the_later_of_both_where_the_office_decided_so() -> None:
    Setting.objects.create(key="clock_start", from_date=date(2026, 11, 1), value="later_of_approval_and_event")
    cast, before = Cast(), Cast()
    filing = submitted("2026-11-02 09:00", cast, effective_on="2026-11-10")
    approve(filing, "2026-11-02 10:00", cast)
    earlier = submitted("2026-10-19 09:00", before, effective_on="2026-11-10")
    approve(earlier, "2026-10-19 10:00", before)
    assert local(fresh(filing).report_due_at) == "2026-11-13 00:00"
    assert local(fresh(earlier).report_due_at) == "2026-10-22 00:00"


@pytest.mark.parametrize(
    ("approved", "reported", "office_due"),
    [
        ("2026-11-02 10:00", None, "2026-11-06 00:00"),
        ("2026-11-02 10:00", "2026-11-04 10:00", "2026-11-06 00:00"),
        ("2026-11-02 10:00", "2026-11-10 10:00", "2026-11-12 00:00"),
    ],
)
def test_the_offices_own_clock(approved: str, reported: str | None, office_due: str) -> None:
    cast = Cast()
    filing = submitted(approved, cast)
    approve(filing, approved, cast)
    if reported:
        reporting.report(filing.pk, by=cast.operator, now=at(reported))
    assert local(fresh(filing).office_due_at) == office_due
