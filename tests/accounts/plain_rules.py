"""The rules of activity again, in plain Python over the raw facts: what the portal's flags are compared with.

Reads every row and asks `if`. Shares nothing with `accounts/rules.py`, `accounts/due_times.py` or their columns: no due
time or last publication of an account; of a message only the due time that it kept when it was made another kind.
"""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Account, Message, Publication, Unit

Found = set[tuple[str, int, datetime, str]]  # rule, fact, missed due time, level

_CHINA = ZoneInfo("Asia/Shanghai")


def in_breach(now: datetime, *, breach_days: int = 35, silence_days: int = 14) -> Found:
    """Everything that article 8, 14 and 15 have to say of accounts' activity at `now`, by what is known by then."""
    guided = {unit.pk for unit in Unit.objects.all() if unit.scope == "guided"}
    found: Found = set()
    for account in Account.objects.select_related("platform"):
        if account.unit_id in guided:
            continue
        posts = [post.published_at for post in Publication.objects.filter(account=account) if post.removed_at is None]
        if account.state in ("active", "closing"):
            found |= _quiet(account, posts, now, breach_days)
        if account.state in ("closed", "cancelled") and any(post > account.state_since for post in posts):
            found.add(("revived", account.pk, account.state_since, "breach"))
    for message in Message.objects.select_related("account"):
        if message.account.unit_id not in guided:
            found |= _unanswered(message, now, silence_days)
    return found


def _quiet(account: Account, posts: list[datetime], now: datetime, breach_days: int) -> Found:
    if account.monitored_from is None or account.platform.code in ("app", "mini_program", "quick_app"):
        return set()
    days = [post.astimezone(_CHINA).date() for post in posts]
    if account.kind == "service":
        last_good_day = _last_day_of_quota(
            account.monitored_from, [day for day in days if day >= account.monitored_from]
        )
    else:
        last_good_day = max([account.monitored_from, *days]) + timedelta(days=7)
    missed = _midnight(last_good_day + timedelta(days=1))
    if now < missed:
        return set()
    known = account.posts_known_until
    if known is not None and known >= missed:
        return {("inactive", account.pk, missed, "breach")}
    ended = known if known is not None else _midnight(account.monitored_from)
    today = _midnight(now.astimezone(_CHINA).date())
    level = "breach" if today - ended > timedelta(days=breach_days) else "hint"
    return {("no_data", account.pk, missed, level)}


def _last_day_of_quota(first_watched: date, days: list[date]) -> date:
    """Month by month from the first watched one: the end of the month up to which the account need do nothing more."""
    good_until: date | None = None
    first_asked: date | None = None
    year, month = first_watched.year, first_watched.month
    latest = max([first_watched, *days])
    while (year, month) <= (latest.year, latest.month) or first_asked is None:
        month_days = [date(year, month, n) for n in range(1, monthrange(year, month)[1] + 1)]
        wanted = min(4, len([day for day in month_days if day >= first_watched]) // 7)
        if wanted and first_asked is None:
            first_asked = month_days[-1]
        if wanted and sum(day in month_days for day in days) >= wanted:
            following = month_days[-1] + timedelta(days=1)
            good_until = date(following.year, following.month, monthrange(following.year, following.month)[1])
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return good_until or first_asked


def _unanswered(message: Message, now: datetime, silence_days: int) -> Found:
    account = message.account
    missed = message.asked_at + timedelta(days=1) if message.kind == "inquiry" else message.reply_due_at
    if missed is None or now < missed or account.state in ("pending", "unfiled", "void"):
        return set()
    if message.first_reply_at or message.withdrawn_at or message.handed_to_id:
        return set()
    known = account.messages_known_until
    if message.source != "typed" and (known is None or known < missed) and now < missed + timedelta(days=silence_days):
        return set()
    return {("slow_reply", message.pk, missed, "breach")}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), _CHINA)
