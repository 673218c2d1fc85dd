"""Accounts that were filed before custodians had rows: who is filed keeps it, from the first day known of the account."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations

SHANGHAI = ZoneInfo("Asia/Shanghai")
A_BATCH = 1000


def in_batches(rows: list[Any]) -> Iterator[list[Any]]:
    return (rows[start : start + A_BATCH] for start in range(0, len(rows), A_BATCH))


def fill(apps: Any, schema_editor: Any) -> None:
    """A row for each filed custodian of accounts that were active once; `no_custodian_since` where nobody is filed."""
    account, custodian = apps.get_model("accounts", "Account"), apps.get_model("accounts", "Custodian")
    filed = account.objects.filter(state__in=("active", "closing", "closed"), custodians__isnull=True)
    named = (
        filed.exclude(custodian="")
        .order_by("pk")
        .values_list("pk", "custodian", "custodian_phone", "monitored_from", "state_since")
    )
    for batch in in_batches(list(named)):
        custodian.objects.bulk_create(
            custodian(account_id=pk, name=name, phone=phone, from_date=watched or since.astimezone(SHANGHAI).date())
            for pk, name, phone, watched, since in batch
        )
    nobody = filed.filter(custodian="", monitored_from__isnull=False, no_custodian_since__isnull=True)
    by_day: dict[Any, list[int]] = {}
    for pk, watched in nobody.order_by("pk").values_list("pk", "monitored_from"):
        by_day.setdefault(watched, []).append(pk)
    for day, ids in by_day.items():
        for batch in in_batches(ids):
            begun = datetime.combine(day, time(), SHANGHAI)
            account.objects.filter(pk__in=batch).update(no_custodian_since=begun)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_life")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
