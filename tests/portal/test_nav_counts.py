"""The numbers beside the navigation say what the pages behind them hold."""

import pytest

from tests.factories import Cast, at, opening, user
from zhonglou_media.portal.nav import Count, counts

pytestmark = pytest.mark.django_db


def test_an_operator_counts_what_is_with_the_unit_and_sees_what_is_late() -> None:
    cast = Cast()
    for state in ("draft", "to_report", "returned", "leader_review", "office_review", "completed"):
        opening(state, cast, now=at("2026-11-20 09:00"), same_platform_reason="示例")
    opening("draft")  # of another unit
    assert counts(cast.operator, at("2026-11-24 14:05")) == {"todo": Count(3)}
    assert counts(cast.operator, at("2026-11-25 00:00")) == {"todo": Count(3, late=True)}


def test_a_leader_counts_what_waits_for_approval() -> None:
    cast = Cast()
    opening("leader_review", cast)
    opening("to_report", cast, same_platform_reason="示例")
    opening("leader_review")
    assert counts(cast.leader, at("2026-11-24 15:00")) == {"todo": Count(1)}


def test_the_office_counts_reviews_and_what_must_go_up() -> None:
    opening("office_review", now=at("2026-11-20 09:00"))
    opening("accepted", now=at("2026-11-20 09:00"))
    officer = user("officer")
    assert counts(officer, at("2026-11-24 14:05")) == {"todo": Count(2), "exchange": Count(1)}
    late = {"todo": Count(2, late=True), "exchange": Count(1, late=True)}
    assert counts(officer, at("2026-11-26 00:00")) == late


def test_a_reader_has_nothing_to_do() -> None:
    opening("office_review")
    assert counts(user("auditor"), at("2026-11-24 15:00")) == {"todo": Count(0)}
