"""Accounts that were filed before custodians had rows get theirs, once."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import Account, Custodian
from tests.flag_rows import at, make_account

pytestmark = pytest.mark.django_db


def test_who_is_filed_keeps_it_and_where_nobody_is_it_is_known_since_when() -> None:
    migration = import_module("accounts.migrations.0007_custodians")
    migration.A_BATCH = 2
    watched = {"monitored_from": date(2021, 4, 1), "custodian_phone": "0519-1"}
    named = [make_account(custodian=f"示例{n}", **watched) for n in range(3)]
    closed = make_account("closed", custodian="示例旧人", state_since=at("2021-05-31 23:00"))  # no longer watched
    nobody = [make_account(monitored_from=date(2021, 4, n)) for n in (1, 1, 2)]
    pending, unfiled = make_account("pending", custodian="示例"), make_account("unfiled", custodian="示例")
    for _ in range(2):
        migration.fill(apps, None)
    rows = {(row.account_id, row.name, row.phone, f"{row.from_date}") for row in Custodian.objects.all()}
    assert rows == {
        *((row.pk, row.custodian, "0519-1", "2021-04-01") for row in named),
        (closed.pk, "示例旧人", "", "2021-05-31"),
    }
    assert Custodian.objects.count() == 4
    since = dict(Account.objects.exclude(no_custodian_since=None).values_list("pk", "no_custodian_since"))
    first = at("2021-04-01 00:00")
    assert since == dict(zip([row.pk for row in nobody], [first, first, at("2021-04-02 00:00")], strict=True))
    assert not {pending.pk, unfiled.pk} & set(since)
