"""Accepted openings by the thousand, made past the use cases: what an export of a whole district costs."""

from typing import Any

from django.db import connection

from accounts.models import Account, Platform, Unit
from filings.models import Filing, OpeningDetails, Revision
from tests.factories import Cast, opening

PER_UNIT = 50


def accepted(count: int, *, per_unit: int = PER_UNIT) -> Filing:
    """`count` accepted openings, in a unit for each `per_unit` of them, as copies of one, which is returned."""
    first = opening("accepted", Cast())
    units = Unit.objects.bulk_create(Unit(name=f"示例{n}号单位") for n in range(-(-(count - 1) // per_unit)))
    head, known, platforms = fields(first), fields(first.registered), list(Platform.objects.all())
    accounts = Account.objects.bulk_create(
        Account(
            **known
            | {"same_platform_reason": "示例", "number": None, "name": f"示例{n}号账号", "uid": f"many-{n}"}
            | {"unit": units[n // per_unit], "platform": platforms[n % len(platforms)]}
        )
        for n in range(count - 1)
    )
    filings = Filing.objects.bulk_create(
        Filing(**head | {"unit": account.unit, "account": account, "number": f"ZLXMT-2026-{n + 1000:05}"})
        for n, account in enumerate(accounts)
    )
    details, revision = fields(first.opening), fields(first.revisions.get())
    OpeningDetails.objects.bulk_create(
        OpeningDetails(
            **details | {"name": account.name, "uid": account.uid, "platform": account.platform}, filing=filing
        )
        for filing, account in zip(filings, accounts, strict=True)
    )
    Revision.objects.bulk_create(Revision(**revision | {"filing": filing}) for filing in filings)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return first


def fields(row: Any) -> dict[str, Any]:
    """What the row holds, without its key."""
    return {f.name: getattr(row, f.name) for f in row._meta.concrete_fields if not f.primary_key and f.name != "filing"}
