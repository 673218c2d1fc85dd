"""Counts asked together say what each would have said alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Count, Min, Q

from accounts.models import Account, Unit
from tests.factories import NOW, account, platform, unit
from zhonglou_media.core.counting import tallied, tally

pytestmark = pytest.mark.django_db


def test_one_query_says_what_each_aggregate_would_have_said(django_assert_num_queries: Any) -> None:
    street = unit(kind="subdistrict")
    rows = [account(street), account(street, platform=platform("weibo")), account(unit())]
    Account.objects.filter(pk=rows[1].pk).update(next_update_due_at=NOW + timedelta(microseconds=1))
    Account.objects.filter(pk=rows[2].pk).update(next_update_due_at=NOW)
    due = {"all": Count("pk"), "first": Min("next_update_due_at"), "one": Min("pk", filter=Q(unit=street))}
    asked = {
        "all": tally(Account.objects.order_by("name"), **due),
        "street": tally(Account.objects.filter(unit=street).select_related("unit"), **due),
        "none": tally(Account.objects.filter(name="没有"), **due),
        "impossible": tally(Account.objects.filter(pk__in=[]), **due),
        "units": tally(Unit.objects.filter(kind="subdistrict"), name=Count("pk")),  # as a column of it is called
        "joined": tally(Unit.objects.all(), all=Count("accounts", distinct=True), streets=Count("pk", filter=Q(pk=0))),
    }
    with django_assert_num_queries(1):
        found = tallied(asked)
    assert list(found) == list(asked)
    assert found == {name: one.rows.aggregate(**one.of) for name, one in asked.items()}
    assert found["all"]["all"] == 3
    assert found["all"]["first"] == NOW
    assert found["street"]["first"] == NOW + timedelta(microseconds=1)
    assert found["impossible"] == {"all": 0, "first": None, "one": None}


def test_alone_or_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert tallied({}) == {}
        assert tallied({"a": tally(Unit.objects.none(), all=Count("pk"))}) == {"a": {"all": 0}}
    assert tallied({"a": tally(Unit.objects.filter(name="没有"), all=Count("pk"))}) == {"a": {"all": 0}}
