"""The rules of the register: when an account must publish next (第十四条), and which accounts are in breach."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from django.db.models import QuerySet

from accounts.flags import Rule, RuleCode
from accounts.models import Account, AccountKind, AccountState, MessageKind
from accounts.models.platform import UpdateRule
from accounts.models.unit import Scope
from zhonglou_media.core.clock import day_of, start_of

DAYS_WITHOUT_UPDATE = 7
HOURS_TO_REPLY = timedelta(hours=24)
MONTHLY_QUOTA = 4  # a service account may push four times a month


def next_update_due(account: Account, posts: Mapping[date, int] = MappingProxyType({})) -> datetime | None:
    """24:00 (exclusive, Shanghai) of the last day on which the account must have published; None where not judged.

    Ordinary accounts: day 7 after the later of the last publication and the first watched day, so that a unit that
    posts every Monday is never flagged. 服务号: `posts` counts the publications of its watched days by the first day
    of their month; the end of the month after the last one whose quota is met, until then of the first one that has a
    quota.
    """
    if account.monitored_from is None or account.platform.update_rule == UpdateRule.NONE:
        return None
    if account.kind == AccountKind.SERVICE:
        met = [month for month, n in posts.items() if n >= quota(month, account.monitored_from) > 0]
        if met:
            return start_of(next_month(next_month(max(met))))
        month = account.monitored_from.replace(day=1)
        while not quota(month, account.monitored_from):
            month = next_month(month)
        return start_of(next_month(month))
    last = account.monitored_from
    if account.last_published_at is not None:
        last = max(last, day_of(account.last_published_at))
    return start_of(last + timedelta(days=DAYS_WITHOUT_UPDATE + 1))


def quota(month: date, monitored_from: date) -> int:
    """How often a 服务号 must publish in the month that begins on `month`: once in 7 watched days, at most 4 times."""
    return min(MONTHLY_QUOTA, (next_month(month) - max(month, monitored_from)).days // 7)


def next_month(month: date) -> date:
    """The first day of the month after the one that holds `month`."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def reply_due(kind: str, asked_at: datetime) -> datetime | None:
    """咨询类留言应在24小时内回复（第十五条）: natural hours, nights and holidays included; None for any other kind."""
    return asked_at + HOURS_TO_REPLY if kind == MessageKind.INQUIRY else None


def unfiled_account(now: datetime) -> QuerySet[Account]:
    """未备案的账号，一经发现立即处理（第八条）: from the moment it was found, also while an opening for it runs."""
    return Account.objects.filter(state=AccountState.UNFILED, found_at__lte=now, unit__scope=Scope.BOUND)


RULES = (Rule(RuleCode.UNFILED_ACCOUNT, 8, "account", unfiled_account, "found_at", account="id"),)
