"""Many rows updated by one statement a batch."""

from typing import Any

import pytest

from accounts.models import Account
from tests.factories import NOW, account, at
from zhonglou_media.core.bulk import update_many

pytestmark = pytest.mark.django_db


def test_each_row_gets_its_own_values_and_the_others_none() -> None:
    first, second, other = account(), account(), account()
    moment = at("2026-11-24 00:00")
    update_many(
        Account,
        ["last_published_at", "due_after_removal", "remarks"],
        [(first.pk, moment, True, "甲"), (second.pk, None, False, "it's 100%")],
    )
    rows = list(Account.objects.order_by("pk").values_list("last_published_at", "due_after_removal", "remarks"))
    assert rows == [(moment, True, "甲"), (None, False, "it's 100%"), (None, False, other.remarks)]


def test_nothing_to_update_asks_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        update_many(Account, ["remarks"], [])


def test_rows_of_several_batches_each_get_their_own() -> None:
    known = account()
    owner, there = known.unit, known.platform
    made = Account.objects.bulk_create(
        Account(
            unit=owner, platform=there, name=f"示例{n}", name_key=f"示例{n}", look_key=f"示例{n}", uid=str(n),
            state="unfiled", state_since=NOW, found_at=NOW, origin="found",
        )
        for n in range(1200)
    )  # fmt: skip
    update_many(Account, ["remarks"], [(one.pk, f"第{one.pk}个") for one in made])
    assert all(one.remarks == f"第{one.pk}个" for one in Account.objects.filter(state="unfiled"))
