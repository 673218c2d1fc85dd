"""Articles 18 and 19 again, in plain Python over the rows: shares no query and no stored due time with the rules."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Account

_CHINA = ZoneInfo("Asia/Shanghai")


def in_breach(now: datetime) -> set[tuple[str, int, datetime]]:
    """(rule, fact, since when) of every watched account of a bound unit at `now`."""
    found = set()
    today = now.astimezone(_CHINA).date()
    for account in Account.objects.filter(state__in=["active", "closing"], unit__scope="bound"):
        if account.monitored_from > today:
            continue
        rows = list(account.custodians.all())
        if not any(row.to_date is None or row.to_date >= today for row in rows):
            days = [row.to_date + timedelta(days=1) for row in rows] + [account.monitored_from]
            found.add(("no_custodian", account.pk, _midnight(max(days))))
        for contract in account.outsourcings.filter(ended_on=None):
            lacking = not contract.reviewer or not contract.nda
            over = contract.ends_on is not None and contract.ends_on < today
            if lacking and contract.starts_on <= today:
                found.add(("vendor_lapsed", contract.pk, _midnight(contract.starts_on)))
            elif over and not lacking:
                found.add(("vendor_lapsed", contract.pk, _midnight(contract.ends_on + timedelta(days=1))))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), _CHINA)
