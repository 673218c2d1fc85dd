"""The numbers beside the navigation say what the pages behind them hold."""

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.flags import run_rule
from accounts.models import Message
from accounts.rules import RULES
from tests.accounts.activity import question
from tests.factories import Cast, account, at, closing, opening, user
from tests.inspections.ordered import order, proved
from zhonglou_media.portal.nav import Count, counts, navigation
from zhonglou_media.portal.unit_todos import unit_todos

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_to_confirm")]

NO_ORDERS = {"orders": Count(0), "upper": Count(0), "incidents": Count(0)}


def test_an_operator_counts_what_is_with_the_unit_and_sees_what_is_late() -> None:
    cast = Cast()
    for state in ("draft", "to_report", "returned", "leader_review", "office_review", "completed"):
        opening(state, cast, now=at("2026-11-20 09:00"), same_platform_reason="示例")
    opening("draft")  # of another unit
    assert counts(cast.operator, at("2026-11-24 14:05")) == {"todo": Count(3), "flags": Count(0), **NO_ORDERS}
    # also asked for the data of the account that was registered on the 20th
    assert counts(cast.operator, at("2026-11-25 00:00")) == {
        "todo": Count(4, late=True),
        "flags": Count(0),
        **NO_ORDERS,
    }  # and day 5


def test_a_leader_counts_what_waits_for_approval() -> None:
    cast = Cast()
    opening("leader_review", cast)
    opening("to_report", cast, same_platform_reason="示例")
    opening("leader_review")
    assert counts(cast.leader, at("2026-11-24 15:00")) == {"todo": Count(1), "flags": Count(0), **NO_ORDERS}


def test_the_office_counts_reviews_and_what_must_go_up() -> None:
    opening("office_review", now=at("2026-11-20 09:00"))
    opening("accepted", now=at("2026-11-20 09:00"))
    officer = user("officer")
    assert counts(officer, at("2026-11-24 14:05")) == {
        "todo": Count(2),
        "exchange": Count(1),
        "flags": Count(0),
        **NO_ORDERS,
    }
    late = {"todo": Count(2, late=True), "exchange": Count(1, late=True), "flags": Count(0), **NO_ORDERS}
    assert counts(officer, at("2026-11-26 00:00")) == late


def test_a_reader_has_nothing_to_do() -> None:
    opening("office_review")
    assert counts(user("auditor"), at("2026-11-24 15:00")) == {"todo": Count(0), "flags": Count(0), **NO_ORDERS}


def test_questions_and_early_data_are_things_to_do_and_flags_have_a_count_of_their_own() -> None:
    cast = Cast()
    row = account(cast.unit, now=at("2026-11-01 09:00"))  # never known: its first update is due on 11-09
    question(row, "2026-11-23 08:05")
    question(row, "2026-11-24 12:00")
    now = at("2026-11-24 08:00")
    for rule in RULES:
        run_rule(rule, now)
    assert counts(cast.operator, now) == {
        "todo": Count(2),
        "flags": Count(1),
        **NO_ORDERS,
    }  # a hint: nobody is late yet
    later = at("2026-11-24 08:05")
    for rule in RULES:
        run_rule(rule, later)
    assert counts(cast.operator, later) == {"todo": Count(2, late=True), "flags": Count(1), **NO_ORDERS}
    Message.objects.update(source="typed")
    for rule in RULES:
        run_rule(rule, later)
    assert counts(cast.operator, later)["flags"] == Count(2, late=True)
    assert counts(user("operator"), later) == {"todo": Count(0), "flags": Count(0), **NO_ORDERS}


def test_orders_are_counted_and_those_with_a_proof_wait_for_the_supervisor() -> None:
    cast, now = Cast(), at("2026-11-24 15:00")
    order(account(cast.unit, found=True, now=now), now=now)
    proved(cast, now=now)
    assert counts(cast.operator, now)["orders"] == Count(2)
    (todo,) = [row for row in unit_todos([cast.unit], now) if row.icon == "ban"]
    assert (todo.title, todo.due) == ("1 个账号被责令关停", at("2026-11-25 00:00"))
    assert todo.why == "应于 11-24 24:00 前办理。请关停账号，再报送办理证明。"
    seen = counts(cast.supervisor, at("2026-11-25 00:00"))
    assert (seen["todo"], seen["orders"]) == (Count(1, late=True), Count(2, late=True))


def test_a_closure_past_the_day_of_its_decision_is_late_before_anybody_submits_it() -> None:
    cast = Cast()
    closing("draft", cast, now=at("2026-11-24 09:00"), due_on="2026-11-24")
    assert counts(cast.operator, at("2026-11-24 23:00"))["todo"] == Count(1)
    assert counts(cast.operator, at("2026-11-25 00:00"))["todo"] == Count(1, late=True)


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
    assert len(asked) > 1
