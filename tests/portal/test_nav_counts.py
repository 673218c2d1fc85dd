"""The numbers beside the navigation say what the pages behind them hold."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.flags import run_rule
from accounts.models import Message, Role
from accounts.policy import grants_of
from accounts.rules import RULES
from inspections import deciding, incidents, rectifying
from inspections.incidents import Report
from inspections.models import Incident, Sheet, SpotCheck, UpperFinding
from inspections.rectifying import Proof
from tests.accounts.activity import question
from tests.factories import NOW, Cast, account, at, closing, opening, platform, scan, user
from tests.inspections import sheeted, upper_made
from tests.inspections.ordered import order, proved
from tests.inspections.rectified import rectification
from zhonglou_media.core.models import Notice, User
from zhonglou_media.portal.nav import Count, counts, navigation
from zhonglou_media.portal.unit_todos import unit_todos

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_to_confirm")]

QUIET = {key: Count(0) for key in ("flags", "orders", "upper", "incidents", "rectify")}
OFFICE = QUIET | {"checks": Count(0)}
NONE_UP = {"exchange": Count(0)}


def waits(who: User, now: datetime) -> dict[str, Count]:
    """All numbers but that of the notices, which has a test of its own."""
    found = counts(who, now)
    del found["unread"]
    return found


def test_an_operator_counts_what_is_with_the_unit_and_sees_what_is_late() -> None:
    cast = Cast()
    for state in ("draft", "to_report", "returned", "leader_review", "office_review", "completed"):
        opening(state, cast, now=at("2026-11-20 09:00"), same_platform_reason="示例")
    opening("draft")  # of another unit
    assert waits(cast.operator, at("2026-11-24 14:05")) == {"todo": Count(3), **QUIET}
    # also asked for the data of the account that was registered on the 20th
    assert waits(cast.operator, at("2026-11-25 00:00")) == {
        "todo": Count(4, late=True),
        **QUIET,
    }  # and day 5


def test_a_leader_counts_what_waits_for_approval() -> None:
    cast = Cast()
    opening("leader_review", cast)
    opening("to_report", cast, same_platform_reason="示例")
    opening("leader_review")
    assert waits(cast.leader, at("2026-11-24 15:00")) == {"todo": Count(1), **QUIET}


def test_the_office_counts_reviews_and_what_must_go_up() -> None:
    opening("office_review", now=at("2026-11-20 09:00"))
    opening("accepted", now=at("2026-11-20 09:00"))
    officer = user("officer")
    assert waits(officer, at("2026-11-24 14:05")) == {
        "todo": Count(2),
        "exchange": Count(1),
        **OFFICE,
    }
    late = {"todo": Count(2, late=True), "exchange": Count(1, late=True), **OFFICE}
    assert waits(officer, at("2026-11-26 00:00")) == late


def test_a_reader_has_nothing_to_do() -> None:
    opening("office_review")
    assert waits(user("auditor"), at("2026-11-24 15:00")) == {"todo": Count(0), **QUIET}


def test_questions_and_early_data_are_things_to_do_and_flags_have_a_count_of_their_own() -> None:
    cast = Cast()
    row = account(cast.unit, now=at("2026-11-01 09:00"))  # never known: its first update is due on 11-09
    question(row, "2026-11-23 08:05")
    question(row, "2026-11-24 12:00")
    now = at("2026-11-24 08:00")
    for rule in RULES:
        run_rule(rule, now)
    assert waits(cast.operator, now) == {**QUIET, "todo": Count(2), "flags": Count(1)}  # a hint: nobody is late yet
    later = at("2026-11-24 08:05")
    for rule in RULES:
        run_rule(rule, later)
    assert waits(cast.operator, later) == {**QUIET, "todo": Count(2, late=True), "flags": Count(1)}
    Message.objects.update(source="typed")
    for rule in RULES:
        run_rule(rule, later)
    assert waits(cast.operator, later)["flags"] == Count(2, late=True)
    assert waits(user("operator"), later) == {"todo": Count(0), **QUIET}


def test_orders_are_counted_and_those_with_a_proof_wait_for_the_supervisor() -> None:
    cast, now = Cast(), at("2026-11-24 15:00")
    order(account(cast.unit, found=True, now=now), now=now)
    proved(cast, now=now)
    assert waits(cast.operator, now)["orders"] == Count(2)
    (todo,) = [row for row in unit_todos([cast.unit], now) if row.icon == "ban"]
    assert (todo.title, todo.due) == ("1 个账号被责令关停", at("2026-11-25 00:00"))
    assert todo.why == "应于 11-24 24:00 前办理。请关停账号，再报送办理证明。"
    seen = counts(cast.supervisor, at("2026-11-25 00:00"))
    assert (seen["todo"], seen["orders"]) == (Count(1, late=True), Count(2, late=True))


def test_a_closure_past_the_day_of_its_decision_is_late_before_anybody_submits_it() -> None:
    cast = Cast()
    closing("draft", cast, now=at("2026-11-24 09:00"), due_on="2026-11-24")
    assert waits(cast.operator, at("2026-11-24 23:00"))["todo"] == Count(1)
    assert waits(cast.operator, at("2026-11-25 00:00"))["todo"] == Count(1, late=True)


def test_only_what_shows_the_navigation_pays_for_its_numbers(rf: RequestFactory) -> None:
    cast = Cast()
    opening("leader_review", cast)
    request = rf.get("/")
    request.user = cast.leader
    with CaptureQueriesContext(connection) as asked:
        context = navigation(request)
    assert len(asked) <= 4  # the time, what the person holds
    with CaptureQueriesContext(connection) as asked:
        shown = {link.label: link.count for _, links in context["nav_groups"] for link in links}
    assert shown["待办"] == Count(1)
    assert len(asked) == 1


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN])
def test_all_numbers_of_a_person_are_one_query(role: Role, django_assert_num_queries: Any) -> None:
    cast = Cast()
    who = user(role, cast.unit)
    grants_of(who)
    with django_assert_num_queries(1):
        nothing = counts(who, NOW)
    opening("leader_review", cast)
    opening("office_review")
    sheeted.sheet(who)
    upper_made.handed(cast)
    incident(cast)
    order(account(cast.unit, found=True, platform=platform("weibo")))
    with django_assert_num_queries(1):
        assert counts(who, NOW).keys() == nothing.keys()


def test_unread_notices_are_counted() -> None:
    cast = Cast()
    assert counts(cast.officer, NOW)["unread"] == Count(0)
    for key, whom, read_at in (("a", cast.officer, None), ("b", cast.officer, NOW), ("c", cast.operator, None)):
        Notice.objects.create(user=whom, key=key, text="示例", at=NOW, read_at=read_at)
    assert counts(cast.officer, NOW)["unread"] == Count(1)


def incident(cast: Cast) -> Incident:
    """A flood of complaints: to be passed on within the hour."""
    return incidents.record(cast.unit, Report("outcry", "大量投诉（示例）", NOW), by=cast.operator, now=NOW)


def test_incidents_are_red_for_the_office_while_they_wait_and_late_when_the_hour_is_over() -> None:
    cast, end = Cast(), NOW + timedelta(hours=1)
    first = incident(cast)
    second = incident(Cast())
    assert waits(cast.officer, NOW) == {**OFFICE, **NONE_UP, "todo": Count(2), "incidents": Count(2, late=True)}
    assert waits(cast.operator, NOW) == {**QUIET, "todo": Count(0), "incidents": Count(1)}
    assert waits(cast.officer, end)["todo"] == Count(2)
    late = waits(cast.officer, end + timedelta(seconds=1))
    assert (late["todo"], late["incidents"]) == (Count(2, late=True), Count(2, late=True))
    for row in (first, second):
        incidents.pass_on(row.pk, office="区委宣传部", how="电话", passed_at=NOW, by=cast.officer, now=NOW)
    late = waits(cast.officer, end + timedelta(seconds=1))
    assert (late["todo"], late["incidents"]) == (Count(0), Count(2))


def test_sheets_are_counted_for_their_checker_and_red_once_the_month_is_over() -> None:
    cast = Cast()
    for checker in (cast.officer, cast.officer, cast.supervisor, None):
        sheeted.sheet(checker)
    done = {"state": "submitted", "as_of": NOW, "submitted_at": NOW, "score": 98, "vetoed": False, "passed": True}
    Sheet.objects.filter(pk=sheeted.sheet(cast.officer).pk).update(**done, counts=True)
    due = SpotCheck.objects.get().due_at
    before, after = waits(cast.officer, due - timedelta(seconds=1)), waits(cast.officer, due)
    assert (before["checks"], before["todo"]) == (Count(2), Count(0))
    assert after["checks"] == Count(2, late=True)
    assert waits(cast.supervisor, NOW)["checks"] == Count(1)
    assert "checks" not in waits(cast.operator, NOW)
    SpotCheck.objects.update(state="closed", closed_at=due)
    assert waits(cast.officer, due)["checks"] == Count(0)


def test_findings_from_above_are_red_when_their_answer_is_late() -> None:
    cast = Cast()
    upper_made.recorded(cast)
    row = upper_made.handed(cast)
    dropped = upper_made.recorded(cast)
    UpperFinding.objects.filter(pk=dropped.pk).update(state="dropped", dropped_reason="示例")
    before, after = (waits(cast.officer, at) for at in (row.due_at - timedelta(seconds=1), row.due_at))
    assert (before["upper"], after["upper"]) == (Count(2), Count(2, late=True))
    assert waits(cast.operator, NOW)["upper"] == Count(1)  # what was handed to the unit


def test_rectifications_wait_for_the_unit_then_for_the_office_and_some_for_the_supervisor() -> None:
    cast = Cast()
    row = rectification(cast)
    other = rectification(Cast())
    issued = waits(cast.operator, NOW)
    assert (issued["rectify"], issued["todo"]) == (Count(1), Count(1))
    over = waits(cast.operator, row.due_at)
    assert (over["rectify"], over["todo"]) == (Count(1, late=True), Count(2, late=True))  # by then also its data
    office = waits(cast.officer, NOW)
    assert (office["rectify"], office["todo"]) == (Count(2), Count(0))
    rectifying.answer(row.pk, text="已改正（示例）", proofs=[Proof(scan(), "a.pdf")], by=cast.operator, now=NOW)
    assert waits(cast.operator, NOW)["todo"] == Count(0)
    office = waits(cast.officer, row.due_at)
    assert (office["rectify"], office["todo"]) == (Count(2, late=True), Count(1))  # the other one is overdue
    deciding.refer(other.pk, reason="逾期未改（示例）", by=cast.officer, now=other.due_at)
    assert waits(cast.officer, row.due_at)["todo"] == Count(1)
    assert waits(cast.supervisor, row.due_at)["todo"] == Count(2)  # and what is to be decided
    rectifying.verify(row.pk, by=cast.officer, now=NOW)
    assert waits(cast.officer, NOW)["rectify"] == Count(1)
