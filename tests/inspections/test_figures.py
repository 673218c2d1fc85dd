"""The roll-ups: at which moment a fact counts, and that a run follows what changed and nothing else."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import activity, flags, posts, questions
from accounts.models import Flag
from filings import reporting
from filings.models import Filing
from inspections import figures, figures_touched, models, rectifying
from inspections.figures_touched import NO_MATTER, OF_KIND, Touched
from inspections.models import MonthDone, MonthFigure
from inspections.tasks import refresh_figures
from tests.factories import Cast, account, at, opening
from tests.inspections import rectified
from tests.inspections.figured import World
from zhonglou_media.core import events
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import EventHead, TaskRun
from zhonglou_media.core.verbs import KINDS

pytestmark = pytest.mark.django_db
NOW = at("2026-12-08 10:00")
NOVEMBER, OCTOBER = date(2026, 11, 1), date(2026, 10, 1)


def filing(due: str, reported: str = "", **fields: Any) -> Filing:
    """A filing with these clocks, past its use cases."""
    made = opening("to_report", now=at("2026-09-07 10:00"))
    clocks = {"report_due_at": at(due), "first_reported_at": at(reported) if reported else None}
    Filing.objects.filter(pk=made.pk).update(**{"provisional": False, **clocks, **fields})
    return made


def counted(column: str) -> dict[str, tuple[int, int]]:
    """Month → denominator and numerator of all units, where there is something."""
    good = {"filings": "filings_on_time", "rectifications": "rectified", "asked": "answered_in_time"}[column]
    found: dict[str, tuple[int, int]] = {}
    for row in MonthFigure.objects.order_by("month"):
        of, of_good = found.get(f"{row.month:%Y-%m}", (0, 0))
        found[f"{row.month:%Y-%m}"] = (of + getattr(row, column), of_good + getattr(row, good))
    return {month: numbers for month, numbers in found.items() if any(numbers)}


CASES = {
    "the last day of October": (("2026-11-01 00:00", "2026-10-31 23:59:59"), {"2026-10": (1, 1)}),
    "the first day of November": (("2026-11-02 00:00", "2026-11-01 09:00"), {"2026-11": (1, 1)}),
    "reported at the due moment is late": (("2026-11-10 00:00", "2026-11-10 00:00"), {"2026-11": (1, 0)}),
    "never reported": (("2026-11-10 00:00",), {"2026-11": (1, 0)}),
    "due at 00:00 of today": (("2026-12-08 00:00",), {"2026-12": (1, 0)}),
    "due at 24:00 of today": (("2026-12-09 00:00", "2026-12-01 09:00"), {}),
    "the oldest month kept": (("2025-12-02 00:00",), {"2025-12": (1, 0)}),
    "older than that": (("2025-12-01 00:00",), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_filing_belongs_to_the_month_of_its_last_day(case: str) -> None:
    clocks, expected = CASES[case]
    filing(*clocks)
    figures.refresh(NOW)
    assert counted("filings") == expected


OUT: dict[str, dict[str, Any]] = {
    "provisional": {"provisional": True},
    "never took place": {"not_occurred": True},
    "withdrawn before it was due": {"state": "withdrawn", "ended_at": at("2026-11-09 23:59")},
}


@pytest.mark.parametrize("case", OUT)
def test_what_is_no_ones_fault_is_not_counted(case: str) -> None:
    filing("2026-11-10 00:00", **OUT[case])
    figures.refresh(NOW)
    assert counted("filings") == {}


def test_withdrawn_late_is_late() -> None:
    filing("2026-11-10 00:00", state="withdrawn", ended_at=at("2026-11-10 00:00"))
    figures.refresh(NOW)
    assert counted("filings") == {"2026-11": (1, 0)}


def test_made_again_counts_once_as_the_later_one() -> None:
    old = filing("2026-11-10 00:00", state="withdrawn", ended_at=at("2026-11-12 00:00"))
    filing("2026-11-10 00:00", "2026-11-12 09:00", replaces=old)
    figures.refresh(NOW)
    assert counted("filings") == {"2026-11": (1, 0)}


def test_a_guided_unit_is_not_counted() -> None:
    made = filing("2026-11-10 00:00")
    made.unit.scope = "guided"
    made.unit.save()
    figures.refresh(NOW)
    assert counted("filings") == {}


@pytest.mark.parametrize(
    ("asked", "now", "expected"),
    [
        (
            "2026-11-30 23:59",
            "2026-12-02 00:00",
            {"2026-11": (1, 0)},
        ),  # due at 23:59 of the 1st
        ("2026-11-30 23:59", "2026-12-01 23:59:59", {}),
        ("2026-12-01 00:00", "2026-12-03 00:00", {"2026-12": (1, 0)}),
    ],
)
def test_a_question_counts_once_its_day_is_due(asked: str, now: str, expected: dict[str, tuple[int, int]]) -> None:
    cast = Cast()
    of = account(cast.unit, now=at("2026-10-01 09:00"))
    questions.ask(of.pk, by=cast.operator, kind="inquiry", asked_at=at(asked), body="示例", now=at(asked))
    figures.refresh(at(now))
    assert counted("asked") == expected


# --- a run follows what changed --------------------------------------------------------------------------------------


def stored() -> list[dict[str, Any]]:
    return list(MonthFigure.objects.order_by("month", "unit").values("month", "unit", *figures.COLUMNS))


def test_nothing_changed_two_queries_and_no_write() -> None:
    World(40)
    figures.refresh(NOW)
    before = stored()
    with CaptureQueriesContext(connection) as caught:
        assert figures.refresh(NOW + timedelta(minutes=5)) == 0
    assert len(caught) == 2
    assert all(query["sql"].startswith("SELECT") for query in caught)
    assert stored() == before


def test_computing_all_of_it_again_changes_nothing() -> None:
    World(40)
    figures.refresh(NOW)
    before = stored()
    assert figures.refresh(NOW, all_of_it=True) == 0
    assert stored() == before


def waive(cast: Cast) -> None:
    made = filing("2026-11-10 00:00")
    of = {"rule": "overdue_filing", "level": "breach", "fact_kind": "filing", "fact_id": made.pk}
    flag = Flag.objects.create(unit=made.unit, due_at=at("2026-11-10 00:00"), raised_at=NOW, **of)
    figures.refresh(NOW, all_of_it=True)
    flags.waive([flag.pk], by=cast.supervisor, reason="平台停机（示例）", now=NOW)


def withdraw(cast: Cast) -> None:
    made = opening("to_report", cast, now=at("2026-11-02 10:00"))
    Filing.objects.filter(pk=made.pk).update(provisional=False)
    figures.refresh(NOW, all_of_it=True)
    reporting.withdraw(made.pk, by=cast.operator, reason="暂不开设", on_platform=False, now=at("2026-11-02 11:00"))


def report(cast: Cast) -> None:
    made = opening("to_report", cast, now=at("2026-12-01 10:00"))
    Filing.objects.filter(pk=made.pk).update(report_due_at=at("2026-12-07 00:00"), provisional=False)
    figures.refresh(NOW, all_of_it=True)
    reporting.report(made.pk, by=cast.operator, now=at("2026-12-02 09:00"))


def ask_and_reply(cast: Cast) -> None:
    of = account(cast.unit, now=at("2026-10-01 09:00"))
    asked = at("2026-11-10 09:00")
    message = questions.ask(of.pk, by=cast.operator, kind="inquiry", asked_at=asked, body="示例", now=asked)
    figures.refresh(NOW, all_of_it=True)
    questions.reply(message.pk, by=cast.operator, at=at("2026-11-10 10:00"), now=NOW)


def publish(cast: Cast) -> None:
    of = account(cast.unit, now=at("2026-10-01 09:00"))
    figures.refresh(NOW, all_of_it=True)
    posts.publish(of.pk, by=cast.operator, title="示例", published_at=at("2026-11-10 10:00"), now=NOW)


def confirm(cast: Cast) -> None:
    of = account(cast.unit, now=at("2026-10-01 09:00"))
    figures.refresh(NOW, all_of_it=True)
    activity.confirm_known(of.pk, by=cast.operator, now=NOW)


def verify(cast: Cast) -> None:
    row = rectified.answered(cast, rectified.from_above(cast, due_at=at("2026-11-28 00:00")))
    figures.refresh(NOW, all_of_it=True)
    rectifying.verify(row.pk, by=cast.officer, now=NOW)


ACTS: list[Callable[[Cast], None]] = [waive, withdraw, report, ask_and_reply, publish, confirm, verify]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_after_an_act_the_next_run_knows_it(act: Callable[[Cast], None]) -> None:
    figures.refresh(NOW)
    act(Cast())
    before = stored()
    assert figures.refresh(NOW) > 0
    assert stored() != before
    assert figures.refresh(NOW, all_of_it=True) == 0  # nothing was left out


def test_the_first_run_of_a_day_counts_what_fell_due_without_an_event() -> None:
    filing("2026-12-09 00:00")
    figures.refresh(NOW)
    assert counted("filings") == {}
    figures.refresh(at("2026-12-08 23:59"))
    assert counted("filings") == {}
    figures.refresh(at("2026-12-09 00:00"))
    assert counted("filings") == {"2026-12": (1, 0)}


def test_a_new_month_is_added_and_the_oldest_stays() -> None:
    filing("2025-12-02 00:00")
    figures.refresh(NOW)
    figures.refresh(at("2027-01-01 00:00"))
    assert MonthDone.objects.count() == 14
    assert counted("filings") == {"2025-12": (1, 0)}


def test_the_task_records_its_run() -> None:
    refresh_figures()
    assert TaskRun.objects.get(name="inspections.figures").succeeded_at is not None
    assert MonthDone.objects.latest("month").month == db_now().date().replace(day=1)


# --- what an event touches -------------------------------------------------------------------------------------------


def touched_by(subject: Any, verb: str, **detail: Any) -> dict[str, Touched]:
    seq = EventHead.objects.get(pk=1).seq
    events.append(subject, verb, by=None, role=events.SYSTEM, at=NOW, detail=detail)
    return figures_touched.touched(seq, seq + 1, [OCTOBER, NOVEMBER])


def test_an_event_touches_the_figures_of_its_unit_alone() -> None:
    of = account()
    unit = frozenset({of.unit_id})
    touched = touched_by(of, "confirm_known")
    assert touched == {figure: Touched(unit) for figure in ("filings", "updates", "questions")}
    assert touched_by(of, "change", fields=["intro"]) == touched
    assert touched_by(of.unit, "merge") == {figure: Touched(unit) for figure in figures_touched.FIGURES}


def test_an_account_that_went_to_another_unit_touches_all() -> None:
    of = account()
    everybody = {figure: Touched() for figure in ("filings", "updates", "questions")}
    assert touched_by(of, "change", fields=["unit"]) == everybody
    assert touched_by(of, "merge_unit") == everybody


def test_an_import_touches_what_it_brought() -> None:
    assert touched_by("import_activity", "import_activity", kind="publications") == {"updates": Touched()}
    assert touched_by("import_activity", "import_activity", kind="messages") == {"questions": Touched()}
    assert touched_by("import_activity", "import_activity", kind="followers") == {}


def test_a_check_touches_its_own_month() -> None:
    check = rectified.finding(account()).sheet.spot_check
    touched = touched_by(check, "close")
    assert touched == {"checks": Touched(None, frozenset({NOVEMBER})), "rectified": Touched()}


def test_what_nobody_told_about_touches_everything() -> None:
    assert touched_by("something_new", "happen") == figures_touched.ALL


def test_each_kind_of_the_history_is_told_about() -> None:
    ours = {name.lower() for name in models.__all__}
    known = OF_KIND.keys() | NO_MATTER
    assert not OF_KIND.keys() & NO_MATTER
    assert set(KINDS) <= known
    assert (NO_MATTER | OF_KIND.keys()) - set(KINDS) <= ours | {"finding"}


@pytest.mark.parametrize("moment", [NOW])
def test_times_are_shanghai_times(moment: datetime) -> None:
    assert figures.months_to(moment.date())[0] == date(2025, 12, 1)
