"""The rules of the register: when an account must publish next (第十四条), and which accounts are in breach."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from accounts.flags import Rule, RuleCode
from accounts.models import Account, AccountKind, AccountState
from accounts.models.platform import UpdateRule
from accounts.models.unit import Scope
from zhonglou_media.core.clock import day_of, start_of

DAYS_WITHOUT_UPDATE = 7
MONTHLY_QUOTA = 4  # a service account may push four times a month


def next_update_due(account: Account) -> datetime | None:
    """24:00 (exclusive, Shanghai) of the last day on which the account must have published; None where not judged.

    Ordinary accounts: day 7 after the later of the last publication and the first watched day, so that a unit that
    posts every Monday is never flagged. 服务号 without a month met: end of its first watched month that has a quota.
    """
    if account.monitored_from is None or account.platform.update_rule == UpdateRule.NONE:
        return None
    if account.kind == AccountKind.SERVICE:
        last_day = next(day for day, quota in _months_from(account.monitored_from) if quota > 0)
        return start_of(last_day + timedelta(days=1))
    last = account.monitored_from
    if account.last_published_at is not None:
        last = max(last, day_of(account.last_published_at))
    return start_of(last + timedelta(days=DAYS_WITHOUT_UPDATE + 1))


def _months_from(first: date) -> Iterator[tuple[date, int]]:
    """Each month from `first` on: its last day, and how often a 服务号 must publish in its watched days."""
    while True:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        yield last, min(MONTHLY_QUOTA, ((last - first).days + 1) // 7)
        first = last + timedelta(days=1)


def unfiled_account(now: datetime) -> QuerySet[Account]:
    """未备案的账号，一经发现立即处理（第八条）: from the moment it was found, also while an opening for it runs."""
    return Account.objects.filter(state=AccountState.UNFILED, found_at__lte=now, unit__scope=Scope.BOUND)


RULES = (Rule(RuleCode.UNFILED_ACCOUNT, 8, "account", unfiled_account, "found_at", account="id"),)
