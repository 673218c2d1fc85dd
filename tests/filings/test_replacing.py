"""Row 12 of the truth table beyond one step: another platform, what never took place, chains and back."""

from datetime import date

import pytest

from filings import drafting, reporting, reviewing
from tests.factories import Cast, at, opening
from tests.filings.clocks import approve, filed_again, fresh, local

pytestmark = pytest.mark.django_db


def test_row_12_the_same_platform_only() -> None:
    cast = Cast()
    old = opening("to_report", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-11-03 09:00"))
    assert opening("leader_review", cast, now=at("2026-11-04 09:00"), platform="kuaishou").replaces is None


def test_row_12_moved_to_another_platform_it_gives_the_clock_back() -> None:
    cast = Cast()
    old = opening("to_report", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-11-03 09:00"))
    new = filed_again(cast, old, "2026-11-20 09:00")
    drafting.recall(new.pk, by=cast.operator, now=at("2026-11-20 10:00"))
    drafting.save_draft(new.pk, by=cast.operator, data={"platform": "kuaishou"}, now=at("2026-11-20 10:00"))
    drafting.submit(new.pk, by=cast.operator, now=at("2026-11-20 10:01"))
    new = fresh(new)
    assert (new.replaces, new.first_approved_on, new.report_due_at) == (None, None, None)


def test_row_12_through_a_chain_and_back() -> None:
    cast = Cast()
    first = opening("to_report", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(first.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-11-03 09:00"))
    second = filed_again(cast, first, "2026-11-04 09:00")
    reporting.withdraw(second.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-11-05 09:00"))
    third = filed_again(cast, second, "2026-11-06 09:00")
    approve(third, "2026-11-06 10:00", cast)
    assert (third.replaces_id, local(fresh(third).report_due_at)) == (second.pk, "2026-11-05 00:00")
    reviewing.confirm_not_occurred(second.pk, by=cast.officer, comment="未开设", now=at("2026-11-07 09:00"))
    assert local(fresh(third).report_due_at) == "2026-11-05 00:00"  # the first one still stands
    reviewing.confirm_not_occurred(first.pk, by=cast.officer, comment="未开设", now=at("2026-11-07 09:00"))
    assert local(fresh(third).report_due_at) == "2026-11-11 00:00"


def test_row_12_not_what_never_occurred() -> None:
    cast = Cast()
    old = opening("to_report", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-11-03 09:00"))
    reviewing.confirm_not_occurred(old.pk, by=cast.officer, comment="未开设", now=at("2026-11-04 09:00"))
    assert filed_again(cast, old, "2026-11-20 09:00").replaces is None


def test_row_12_an_heir_gives_the_clock_back() -> None:
    cast = Cast()
    old = opening("to_report", cast, now=at("2026-11-02 10:00"))
    reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=False, now=at("2026-11-06 09:00"))
    new = filed_again(cast, old, "2026-11-20 09:00")
    approve(new, "2026-11-20 10:00", cast)
    reviewing.confirm_not_occurred(old.pk, by=cast.officer, comment="未开设", now=at("2026-11-23 09:00"))
    new = fresh(new)
    assert (new.first_approved_on, local(new.report_due_at)) == (date(2026, 11, 20), "2026-11-25 00:00")
