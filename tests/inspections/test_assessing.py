"""The year's assessment: what counts, the formula on literal cases, weights, the nightly run, freezing."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Flag, Role, Unit
from inspections import assessed_facts, assessing, figures
from inspections.models import Assessment, AssessmentYear
from inspections.year_score import Counts, Grade, Weights, grade, result
from tests.factories import Cast, account, at, platform, unit, user
from tests.inspections.yeared import END, NOON, filing, rectification, replies, sheet, veto
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db
D = Decimal
USUAL = Weights(60, 25, 15)


@pytest.fixture(autouse=True)
def no_roll_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have tests of their own; here their rows are given."""
    monkeypatch.setattr(figures, "refresh", lambda now: 0)


# --- the formula ----------------------------------------------------------------------------------------------------

CASES: list[tuple[str, dict[str, Any], tuple[str | None, ...], str]] = [
    # what was counted → checks, timely, rectified, score, grade
    ("nothing", {}, (None, None, None, None), "无考核事项"),
    ("checks alone", {"sheets": 4, "points": D(368)}, ("92.0", None, None, "92.0"), "优秀"),
    ("exactly excellent", {"sheets": 1, "points": D(90)}, ("90.0", None, None, "90.0"), "优秀"),
    ("just below", {"sheets": 10, "points": D("899.4")}, ("89.9", None, None, "89.9"), "合格"),
    ("exactly enough", {"sheets": 1, "points": D(60)}, ("60.0", None, None, "60.0"), "合格"),
    ("not enough", {"sheets": 1, "points": D(59)}, ("59.0", None, None, "59.0"), "不合格"),
    ("half up", {"sheets": 8, "points": D("714.0")}, ("89.3", None, None, "89.3"), "合格"),  # 89.25
    ("filings alone", {"filings": 3, "filings_on_time": 2}, (None, "66.7", None, "66.7"), "合格"),
    ("replies alone", {"asked": 8, "answered": 7}, (None, "87.5", None, "87.5"), "合格"),
    (
        "the mean of both, however many questions there are",
        {"filings": 1, "filings_on_time": 0, "asked": 1000, "answered": 1000},
        (None, "50.0", None, "50.0"),
        "不合格",
    ),
    ("rectified", {"in_time": 2, "late": 1, "failed": 1}, (None, None, "62.5", "62.5"), "合格"),
    ("waiting is not judged", {"waiting": 3}, (None, None, None, None), "无考核事项"),
    (
        "all three: (80×60 + 90×25 + 100×15) ÷ 100",
        {"sheets": 2, "points": D(160), "asked": 10, "answered": 9, "in_time": 1},
        ("80.0", "90.0", "100.0", "85.5"),
        "合格",
    ),
    (
        "two: (80×60 + 50×15) ÷ 75",
        {"sheets": 2, "points": D(160), "late": 1},
        ("80.0", None, "50.0", "74.0"),
        "合格",
    ),
    ("with bonuses", {"sheets": 1, "points": D(120)}, ("120.0", None, None, "120.0"), "优秀"),
    ("a veto fails the best", {"sheets": 1, "points": D(120), "vetoes": 1}, ("120.0", None, None, "120.0"), "不合格"),
    ("a veto without facts", {"vetoes": 1}, (None, None, None, None), "不合格"),
]


@pytest.mark.parametrize(("counted", "parts", "word"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_formula(counted: dict[str, Any], parts: tuple[str | None, ...], word: str) -> None:
    found = result(Counts(**counted), USUAL)
    assert tuple(None if part is None else str(part) for part in parts) == tuple(
        None if part is None else str(part) for part in (found.checks, found.timely, found.rectified, found.score)
    )
    assert grade(found.score, found.vetoed) == word


def test_a_part_of_no_weight_counts_nothing() -> None:
    counts = Counts(sheets=1, points=D(50), filings=1, filings_on_time=1)
    assert result(counts, Weights(0, 100, 0)).score == 100
    assert result(Counts(sheets=1, points=D(50)), Weights(0, 100, 0)).score is None


few = st.integers(0, 40)


@st.composite
def anything(draw: st.DrawFn) -> Counts:
    sheets, filings, asked = draw(few), draw(few), draw(few)
    return Counts(
        sheets=sheets,
        points=D(draw(st.integers(0, 1200 * sheets))) / 10,
        filings=filings,
        filings_on_time=draw(st.integers(0, filings)),
        asked=asked,
        answered=draw(st.integers(0, asked)),
        in_time=draw(few),
        late=draw(few),
        failed=draw(few),
        waiting=draw(few),
        vetoes=draw(st.integers(0, 2)),
    )


@st.composite
def weights(draw: st.DrawFn) -> Weights:
    checks = draw(st.integers(0, 100))
    timely = draw(st.integers(0, 100 - checks))
    return Weights(checks, timely, 100 - checks - timely)


@settings(deadline=None)
@given(anything(), weights())
def test_what_holds_of_every_score(counts: Counts, by: Weights) -> None:
    found = result(counts, by)
    assert found == result(counts, by)
    assert Counts.told(counts.as_told()) == counts
    assert found.score is None or 0 <= found.score <= 120
    if counts.vetoes:
        assert grade(found.score, found.vetoed) == Grade.FAILED
    later = result(replace(counts, filings=counts.filings + 1), by)
    if found.timely is not None:  # a unit that had nothing to do in time gets a part of 0, which weighs
        assert later.timely is not None
        assert later.timely <= found.timely
    assert found.score is None or (later.score is not None and later.score <= found.score)
    failed = result(replace(counts, failed=counts.failed + 1), by)
    assert found.score is None or (failed.score is not None and failed.score <= found.score)


# --- what counts ----------------------------------------------------------------------------------------------------


def counted(of: Unit, now: str = "2027-01-20 09:00", year: int = 2026) -> Counts:
    return assessed_facts.counted(year, at(now)).get(of.pk, Counts())


def test_results_of_the_year_that_count_a_vetoed_one_with_59() -> None:
    of = account(name="甲")
    other = account(of.unit, name="乙", platform=platform("weibo"))
    sheet(of, "95.5")
    sheet(of, "80", month=date(2026, 12, 1))
    sheet(other, "90", vetoed=True)
    sheet(other, "40", vetoed=True, month=date(2026, 12, 1))
    sheet(other, "10", counts=False, month=date(2026, 1, 1))  # the other checker's, who did not prevail
    sheet(of, "10", month=date(2025, 12, 1))
    sheet(of, "10", month=date(2027, 1, 1))
    found = counted(of.unit)
    assert (found.sheets, found.points, found.sheets_vetoed) == (4, D("274.5"), 2)


GONE = {"state": "withdrawn"}
FILINGS: list[tuple[str, str, str, dict[str, Any], tuple[int, int]]] = [
    ("reported in time", "2026-03-03 00:00", "2026-03-02 23:59", {}, (1, 1)),
    ("at the due time", "2026-03-03 00:00", "2026-03-03 00:00", {}, (1, 0)),
    ("not yet, and over", "2026-03-03 00:00", "", {}, (1, 0)),
    ("not yet, not over", "2027-01-01 00:00", "", {}, (1, 0)),
    ("due at 24:00 of the last day", "2027-01-01 00:00", "2026-12-31 10:00", {}, (1, 1)),
    ("due at 24:00 of the first day", "2026-01-02 00:00", "2026-01-01 10:00", {}, (1, 1)),
    ("of the year before", "2026-01-01 00:00", "2025-12-31 10:00", {}, (0, 0)),
    ("of the next year", "2027-01-05 00:00", "2027-01-04 10:00", {}, (0, 0)),
    ("provisional", "2026-03-03 00:00", "", {"provisional": True}, (0, 0)),
    ("did not happen", "2026-03-03 00:00", "", {"not_occurred": True}, (0, 0)),
    ("withdrawn in time", "2026-03-03 00:00", "", {"ended_at": at("2026-03-02 10:00"), **GONE}, (0, 0)),
    (
        "reported, then withdrawn in time",
        "2026-03-03 00:00",
        "2026-03-01 10:00",
        {"ended_at": at("2026-03-02 10:00"), **GONE},
        (0, 0),
    ),
    ("withdrawn too late", "2026-03-03 00:00", "", {"ended_at": at("2026-03-03 00:00"), **GONE}, (1, 0)),
]


@pytest.mark.parametrize(
    ("due", "reported", "more", "which"), [case[1:] for case in FILINGS], ids=[case[0] for case in FILINGS]
)
def test_which_filings_count(due: str, reported: str, more: dict[str, Any], which: tuple[int, int]) -> None:
    of = unit()
    filing(of, due, reported, **more)
    found = counted(of)
    assert (found.filings, found.filings_on_time) == which


def test_a_filing_that_is_not_due_yet_does_not_count() -> None:
    of = unit()
    filing(of, "2026-12-30 00:00")
    assert counted(of, "2026-12-29 23:59").filings == 0
    assert counted(of, "2026-12-30 00:00").filings == 1


def test_a_waived_one_and_one_filed_again_do_not_count() -> None:
    of = unit()
    waived, first = filing(of, "2026-03-03 00:00"), filing(of, "2026-04-03 00:00", ended_at=at("2026-04-04 00:00"))
    filing(of, "2026-04-03 00:00", "2026-04-10 10:00", replaces=first)
    moments = {"due_at": waived.report_due_at, "raised_at": NOON, "waived_at": NOON, "waive_reason": "停电"}
    by = user(Role.SUPERVISOR)
    Flag.objects.create(
        rule="overdue_filing", level="breach", unit=of, fact_kind="filing", fact_id=waived.pk, waived_by=by, **moments
    )
    assert (counted(of).filings, counted(of).filings_on_time) == (1, 0)


ORDERS: list[tuple[str, str, str, str, str]] = [
    ("verified, answered in time", "2026-05-05 00:00", "verified", "2026-05-04 23:59", "in_time"),
    ("verified, answered late", "2026-05-05 00:00", "verified", "2026-05-05 00:00", "late"),
    ("not answered", "2026-05-05 00:00", "issued", "", "failed"),
    ("answered, to be verified", "2026-05-05 00:00", "submitted", "2026-05-09 10:00", "waiting"),
    ("due at the end of the year", "2027-01-01 00:00", "issued", "", "failed"),
    ("revoked", "2026-05-05 00:00", "revoked", "", ""),
    ("of the year before", "2026-01-01 00:00", "issued", "", ""),
    ("of the next year", "2027-01-01 00:01", "issued", "", ""),
]


@pytest.mark.parametrize(("due", "state", "answered", "which"), [c[1:] for c in ORDERS], ids=[c[0] for c in ORDERS])
def test_which_rectifications_count(due: str, state: str, answered: str, which: str) -> None:
    of = account()
    rectification(of, due, state, answered)
    found = counted(of.unit)
    held = {name: getattr(found, name) for name in ("in_time", "late", "failed", "waiting")}
    assert {name for name, number in held.items() if number} == ({which} if which else set())
    assert sum(held.values()) == (1 if which else 0)


def test_an_order_that_is_not_due_yet_waits() -> None:
    of = account()
    rectification(of, "2026-12-30 00:00")
    assert (counted(of.unit, "2026-12-29 09:00").waiting, counted(of.unit, "2026-12-30 00:00").failed) == (1, 1)


def test_replies_and_vetoes_of_the_year() -> None:
    of = unit()
    replies(of, 10, 8)
    replies(of, 5, 5, date(2026, 1, 1))
    replies(of, 7, 0, date(2025, 12, 1))
    veto(of)
    veto(of, 2025)
    veto(of, revoked_at=NOON, revoked_by=user(Role.SUPERVISOR), revoked_reason="查明不实")
    found = counted(of)
    assert (found.asked, found.answered, found.vetoes) == (15, 13, 1)


def test_guided_units_are_not_assessed_and_who_ran_nothing_has_no_line() -> None:
    guided, idle = account(unit(scope="guided")), unit()
    sheet(guided, "80")
    rectification(guided, "2026-05-05 00:00")
    ended = account(now=at("2025-03-01 09:00"))
    type(ended).objects.filter(pk=ended.pk).update(
        state="closed", state_since=at("2025-06-01 09:00"), next_update_due_at=None
    )
    runs = account()
    found = assessed_facts.counted(2026, at("2027-01-20 09:00"))
    assert set(found) == {runs.unit_id}
    assert not {guided.unit_id, idle.pk, ended.unit_id} & set(found)


def test_what_is_listed_for_a_unit_adds_up_to_what_was_counted() -> None:
    of, now = account(), at("2027-01-20 09:00")
    sheet(of, "95.5")
    sheet(of, "90", vetoed=True, month=date(2026, 12, 1))
    filing(of.unit, "2026-03-03 00:00", "2026-03-02 10:00")
    filing(of.unit, "2026-04-03 00:00")
    replies(of.unit, 10, 8)
    for state, answered in (("verified", "2026-05-04 10:00"), ("verified", "2026-05-06 10:00"), ("issued", "")):
        rectification(of, "2026-05-05 00:00", state, answered)
    veto(of.unit)
    sheet(account(), "10")  # of others
    facts, counts = assessed_facts.of_unit(of.unit, 2026, now), counted(of.unit)
    assert (len(facts.sheets), sum(one.counted for one in facts.sheets)) == (counts.sheets, counts.points)
    assert (len(facts.filings), sum(one.on_time for one in facts.filings)) == (counts.filings, counts.filings_on_time)
    assert sum(month.asked for month in facts.months) == counts.asked
    assert [one.worth for one in facts.rectifications] == [D(1), D("0.5"), D(0)]
    assert len(facts.vetoes) == counts.vetoes


# --- computed -------------------------------------------------------------------------------------------------------


def test_computing_writes_the_lines_and_again_nothing() -> None:
    boss, of = user(Role.SUPERVISOR), account()
    sheet(of, "80")
    filing(of.unit, "2026-03-03 00:00")
    assert assessing.recompute(2026, by=boss, now=NOON) == 1
    row = Assessment.objects.get()
    assert (row.checks, row.timely, row.rectified, row.score) == (D(80), D(0), None, D("56.5"))
    assert row.parts["filings"] == 1
    assert assessing.recompute(2026, by=boss, now=NOON + timedelta(hours=1)) == 0
    assert Assessment.objects.get().pk == row.pk
    sheet(of, "100", month=date(2026, 12, 1))
    assert assessing.recompute(2026, by=boss, now=NOON) == 1
    assert Assessment.objects.get().checks == D(90)


def test_a_line_without_its_ground_goes() -> None:
    boss, of = user(Role.SUPERVISOR), account()
    assessing.recompute(2026, by=boss, now=NOON)
    type(of).objects.filter(pk=of.pk).update(state="void", next_update_due_at=None)
    assert assessing.recompute(2026, by=boss, now=NOON) == 1
    assert not Assessment.objects.exists()


def test_the_cost_does_not_grow_with_units_nor_with_facts() -> None:
    boss = user(Role.SUPERVISOR)
    AssessmentYear.objects.create(year=2026)

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            assessing.recompute(2026, by=boss, now=NOON)
        return len(found)

    of = account()
    sheet(of, "80")
    cost()  # who asks is known from now on
    sheet(of, "90", month=date(2026, 12, 1))
    one = cost()
    for n in range(12):
        more = account()
        sheet(more, str(60 + n))
        filing(more.unit, "2026-03-03 00:00")
        replies(more.unit, 2, 1)
        rectification(more, "2026-05-05 00:00")
    assert cost() == one <= 16


def test_each_night_all_that_is_not_frozen_is_computed() -> None:
    AssessmentYear.objects.create(year=2025)
    AssessmentYear.objects.create(year=2024, state="frozen", frozen_at=NOON)
    of = account(now=at("2023-01-05 09:00"))
    sheet(of, "80", month=date(2025, 3, 1))
    assert assessing.tick(NOON) == 2  # 2025 and 2026
    assert list(AssessmentYear.objects.values_list("year", "computed_at")) == [
        (2026, NOON), (2025, NOON), (2024, None),
    ]  # fmt: skip
    assert Assessment.objects.get(year__year=2025).score == D(80)
    assert assessing.tick(NOON) == 0


@pytest.mark.parametrize("number", [2020, 2027, 1])
def test_a_year_that_is_none(number: int) -> None:
    with pytest.raises(Refused, match="只能考核 2021 年至今年"):
        assessing.recompute(number, by=user(Role.SUPERVISOR), now=NOON)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.OPERATOR])
def test_only_the_supervisor_assesses(role: Role) -> None:
    by = user(role)
    AssessmentYear.objects.create(year=2026)
    acts: list[Any] = [
        lambda: assessing.recompute(2026, by=by, now=NOON),
        lambda: assessing.weigh(2026, USUAL, by=by, now=NOON),
        lambda: assessing.write_paragraph(2026, "示例", by=by, now=NOON),
        lambda: assessing.freeze(2026, by=by, now=NOON),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


# --- weighed --------------------------------------------------------------------------------------------------------


def test_weights_change_the_scores_and_leave_an_event() -> None:
    boss, of = user(Role.SUPERVISOR), account()
    sheet(of, "80")
    filing(of.unit, "2026-03-03 00:00", "2026-03-02 10:00")
    assessing.recompute(2026, by=boss, now=NOON)
    year = AssessmentYear.objects.get()
    assessing.weigh(2026, Weights(50, 50, 0), by=boss, now=NOON, read=assessing.reading(year))
    assert Assessment.objects.get().score == D(90)
    event = Event.objects.get(subject_kind="assessmentyear")
    assert (event.verb, event.detail["became"]["checks"]) == ("weigh", 50)
    with pytest.raises(StaleReading):
        assessing.weigh(2026, USUAL, by=boss, now=NOON, read=assessing.reading(year))


@pytest.mark.parametrize("wrong", [(50, 50, 50), (101, -1, 0), (0, 0, 0), (60, 25, 15)])
def test_weights_that_do_not_do(wrong: tuple[int, int, int]) -> None:
    AssessmentYear.objects.create(year=2026)
    with pytest.raises(Incomplete):
        assessing.weigh(2026, Weights(*wrong), by=user(Role.SUPERVISOR), now=NOON)


# --- frozen ---------------------------------------------------------------------------------------------------------


def test_frozen_it_changes_no_more() -> None:
    boss, of = user(Role.SUPERVISOR), account()
    sheet(of, "80")
    assessing.recompute(2026, by=boss, now=END)
    year = assessing.freeze(2026, by=boss, now=END, read=assessing.reading(AssessmentYear.objects.get()))
    assert (year.state, year.frozen_by, Assessment.objects.get().state) == ("frozen", boss, "frozen")
    assert "年度考核优秀 0 个、合格 1 个、不合格 0 个。" in year.paragraph
    assert Event.objects.get(subject_kind="assessmentyear").detail["lines"] == 1
    sheet(of, "100", month=date(2026, 12, 1))
    assert assessing.tick(NOON) == 0
    acts: list[Any] = [
        lambda: assessing.recompute(2026, by=boss, now=END),
        lambda: assessing.freeze(2026, by=boss, now=END),
        lambda: assessing.weigh(2026, Weights(100, 0, 0), by=boss, now=END),
        lambda: assessing.write_paragraph(2026, "另一段", by=boss, now=END),
    ]
    for act in acts:
        with pytest.raises(WrongState, match="不能再改"):
            act()
    for change in ({"score": D(100)}, {"vetoed": True}, {"state": "open"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assessment.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        AssessmentYear.objects.update(paragraph="另一段")


def test_not_before_all_of_the_year_is_due() -> None:
    boss = user(Role.SUPERVISOR)
    AssessmentYear.objects.create(year=2026)
    with pytest.raises(Refused, match="最早在 2027-01-02 定稿"):
        assessing.freeze(2026, by=boss, now=at("2027-01-01 23:59"))
    assert assessing.freeze(2026, by=boss, now=at("2027-01-02 00:00")).state == "frozen"


def test_what_is_due_on_the_last_day_is_in_a_frozen_year() -> None:
    boss, of = user(Role.SUPERVISOR), account()
    filing(of.unit, "2027-01-01 00:00")
    rectification(of, "2027-01-01 00:00")
    assessing.recompute(2026, by=boss, now=END)
    assessing.freeze(2026, by=boss, now=END, reason="示例")
    parts = Assessment.objects.get().parts
    assert (parts["filings"], parts["failed"], parts["waiting"]) == (1, 1, 0)


def test_a_frozen_year_loses_and_gains_no_line() -> None:
    boss = user(Role.SUPERVISOR)
    sheet(account(), "80")
    assessing.recompute(2026, by=boss, now=END)
    year = assessing.freeze(2026, by=boss, now=END)
    refused: list[Any] = [
        lambda: Assessment.objects.all().delete(),
        lambda: Assessment.objects.create(year=year, unit=unit()),
        lambda: Assessment.objects.bulk_create([Assessment(year=year, unit=unit())]),
    ]
    for act in refused:
        with pytest.raises(IntegrityError, match="定稿"), transaction.atomic():
            act()
    assert Assessment.objects.count() == 1
    still_open = AssessmentYear.objects.create(year=2025)
    Assessment.objects.create(year=still_open, unit=unit())
    assert Assessment.objects.filter(year=still_open).delete()[0] == 1


def test_what_is_open_asks_for_a_reason() -> None:
    boss, of = user(Role.SUPERVISOR), account()
    rectification(of, "2026-05-05 00:00", "submitted", "2026-05-04 10:00")
    open_sheet = sheet(of, "80", month=date(2026, 12, 1), counts=False)
    type(open_sheet).objects.filter(pk=open_sheet.pk).update(state="open", submitted_at=None)
    assessing.recompute(2026, by=boss, now=END)
    with pytest.raises(Refused, match="还有1 件整改没有办完、1 张检查单没有核完，请写明现在定稿的理由"):
        assessing.freeze(2026, by=boss, now=END, reason="  ")
    assessing.freeze(2026, by=boss, now=END, reason="按上级要求报送")
    assert Event.objects.get(verb="freeze").comment == "按上级要求报送"


def test_a_score_that_changed_is_looked_at_before_it_is_frozen() -> None:
    boss, of = user(Role.SUPERVISOR), account()
    sheet(of, "80")
    assessing.recompute(2026, by=boss, now=END)
    read = assessing.reading(AssessmentYear.objects.get())
    veto(of.unit)
    with pytest.raises(StaleReading, match="请先重新计算"):
        assessing.freeze(2026, by=boss, now=END, read=read)
    assert not Assessment.objects.get().vetoed
    assessing.recompute(2026, by=boss, now=END)
    assessing.freeze(2026, by=boss, now=END, read=read)
    assert assessing.grade_of(Assessment.objects.get()) == Grade.FAILED


# --- the paragraph --------------------------------------------------------------------------------------------------


def test_the_paragraph_is_drafted_from_the_figures_edited_and_kept() -> None:
    boss, cast = user(Role.SUPERVISOR), Cast()
    of = account(cast.unit)
    sheet(of, "96")
    sheet(of, "50", vetoed=True, month=date(2026, 12, 1))
    filing(of.unit, "2026-03-03 00:00", "2026-03-02 10:00")
    replies(of.unit, 3, 2)
    rectification(of, "2026-05-05 00:00", "verified", "2026-05-04 10:00")
    veto(of.unit)
    assessing.recompute(2026, by=boss, now=NOON)
    year = AssessmentYear.objects.get()
    assert assessing.draft_paragraph(year) == (
        "政务新媒体监管情况。截至统计时，全区正常运行的政务新媒体账号 1 个，主办单位 1 个。"
        "2026 年开展抽查 2 次，检查账号 2 个次，其中单项否决 1 个次。应报备案 1 件，按期报送率 100.0%。"
        "收到咨询留言 3 条，24 小时内回复率 66.7%。下达整改通知 1 件，整改完成 1 件。"
        "年度考核优秀 0 个、合格 0 个、不合格 1 个（一票否决 1 个）。"
    )
    kept = assessing.write_paragraph(2026, " 改过的段落 ", by=boss, now=NOON, read=assessing.reading(year))
    assert kept.paragraph == "改过的段落"
    assessing.write_paragraph(2026, "改过的段落", by=boss, now=NOON)  # pressed again
    assert Event.objects.filter(verb="write_paragraph").count() == 1
    with pytest.raises(StaleReading):
        assessing.write_paragraph(2026, "别的", by=boss, now=NOON, read=assessing.reading(year))
    with pytest.raises(Incomplete):
        assessing.write_paragraph(2026, " ", by=boss, now=NOON)
