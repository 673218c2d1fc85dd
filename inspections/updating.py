"""Which weeks an account let pass without an update, and which months a 服务号 did not reach its number (第十四条).

One definition for the spot-check (Z01, Z02) and for the 更新达标率 of the figures, beside the flags' own, which counts
whole days (`accounts.rules`, `docs/decisions/0026-indicators.md`):

* A **week** is Monday to Sunday in Shanghai and belongs where its Sunday is: to the month of it, to the period in which
  it ends. It is judged when all of it was watched (from `monitored_from`, until the account ended or was lost), and it
  is over. One with a publication is met; one without is missed once the posts are known to its end, unknown until then.
* A **month** of a 服务号 asks for ⌊watched days ÷ 7⌋ publications, at most 4 (`accounts.rules.quota`), never for a
  fifth. Judged when it is over and asks for at least one; met, missed and unknown as a week.
* What is not judged by days is judged by neither: apps and 小程序 (`UpdateRule.NONE`).
* **A month's verdict** (`of_month`): missed when one of its weeks (or, of a 服务号, the month) is missed; else unknown
  when one is unknown; else met. None where nothing of it is judged: not in the denominator of the rate, which is
  met ÷ (met + missed), with the unknown told beside it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from django.db.models import F, Q, Sum

from accounts.models import Account, AccountKind, ActivityDay
from accounts.models.account import WATCHED
from accounts.models.platform import UpdateRule
from accounts.rules import next_month, quota
from zhonglou_media.core.clock import day_of, start_of

WEEK = timedelta(days=7)
ONE_DAY = timedelta(days=1)


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"  # 数据待确认


@dataclass(frozen=True)
class Stretch:
    """A judged week or month: its first and last day, how often the account published in it and had to."""

    first: date
    last: date
    posts: int
    asked: int
    verdict: Verdict

    @property
    def short(self) -> int:
        """How many publications are missing, where that is known."""
        return self.asked - self.posts if self.verdict == Verdict.MISSED else 0


def by_service(account: Account) -> bool:
    """Whether art. 14 asks for a number a month: a 服务号; any other account for an update a week."""
    return account.kind == AccountKind.SERVICE


def judged(account: Account) -> bool:
    """Whether updates of the account are judged at all: by its platform, and because it is or was watched."""
    return account.platform.update_rule == UpdateRule.DAYS and account.monitored_from is not None


def weeks(accounts: Collection[Account], since: Mapping[int, datetime], as_of: datetime) -> dict[int, list[Stretch]]:
    """Of each account that is no 服务号, its judged weeks that end after `since` and not after `as_of`, oldest first.

    Every account has its list; `since` by pk. One query.
    """
    found: dict[int, list[Stretch]] = {account.pk: [] for account in accounts}
    asked = [account for account in accounts if judged(account) and not by_service(account)]
    if not asked:
        return found
    spans = _weeks_between(min(since[account.pk] for account in asked), as_of)
    posts = _posts(asked, spans)
    for account in asked:
        ended = _ends(spans, since[account.pk], as_of)
        found[account.pk] = [
            _stretch(account, span, posts.get((account.pk, span[0]), 0), 1)
            for span in ended
            if span[0] >= _watched_from(account) and _watched_through(account, span)
        ]
    return found


def months(accounts: Collection[Account], since: Mapping[int, datetime], as_of: datetime) -> dict[int, list[Stretch]]:
    """Of each 服务号, its judged months that end after `since` and not after `as_of`, oldest first. One query."""
    found: dict[int, list[Stretch]] = {account.pk: [] for account in accounts}
    asked = [account for account in accounts if judged(account) and by_service(account)]
    if not asked:
        return found
    spans = _months_between(min(since[account.pk] for account in asked), as_of)
    posts = _posts(asked, spans)
    for account in asked:
        for span in _ends(spans, since[account.pk], as_of):
            due = quota(span[0], _watched_from(account))
            if due > 0 and _watched_through(account, span):
                found[account.pk].append(_stretch(account, span, posts.get((account.pk, span[0]), 0), due))
    return found


def of_month(accounts: Collection[Account], month: date, *, now: datetime) -> dict[int, Verdict | None]:
    """What is said of each account in the month that begins on `month`, at `now`; see the head. Two queries.

    A running month is judged by what is over: its weeks so far; of a 服务号 nothing before its end.
    """
    begins = dict.fromkeys((account.pk for account in accounts), start_of(month))
    until = min(now, start_of(next_month(month)))
    by_week, by_month = weeks(accounts, begins, until), months(accounts, begins, until)
    return {account.pk: _worst(by_week[account.pk] + by_month[account.pk]) for account in accounts}


def _worst(stretches: Iterable[Stretch]) -> Verdict | None:
    verdicts = {stretch.verdict for stretch in stretches}
    return next((verdict for verdict in (Verdict.MISSED, Verdict.UNKNOWN, Verdict.MET) if verdict in verdicts), None)


# --- stretches of days ----------------------------------------------------------------------------------------------

Span = tuple[date, date]  # first and last day


def _weeks_between(since: datetime, as_of: datetime) -> list[Span]:
    """The weeks that end after `since` and not after `as_of`."""
    monday = day_of(since) - timedelta(days=day_of(since).weekday())
    return _ends(_every(monday, as_of, lambda day: day + WEEK), since, as_of)


def _months_between(since: datetime, as_of: datetime) -> list[Span]:
    return _ends(_every(day_of(since).replace(day=1), as_of, next_month), since, as_of)


def _every(first: date, as_of: datetime, following: Callable[[date], date]) -> Iterator[Span]:
    while start_of(first) <= as_of:
        yield first, following(first) - ONE_DAY
        first = following(first)


@lru_cache(maxsize=1024)  # asked of every account, of a few dozen spans
def _end(span: Span) -> datetime:
    """24:00 of its last day."""
    return start_of(span[1] + ONE_DAY)


def _ends(spans: Iterable[Span], since: datetime, as_of: datetime) -> list[Span]:
    return [span for span in spans if since < _end(span) <= as_of]


def _posts(accounts: Collection[Account], spans: list[Span]) -> dict[tuple[int, date], int]:
    """How often each account published on its watched days of each span, by account and first day: one query."""
    if not spans:
        return {}
    days = ActivityDay.objects.filter(account__in=accounts, day__range=(spans[0][0], spans[-1][1]), posts__gt=0)
    sums = {f"in{n}": Sum("posts", filter=Q(day__range=span)) for n, span in enumerate(spans)}
    rows = days.filter(day__gte=F("account__monitored_from")).order_by().values_list("account").annotate(**sums)
    return {(pk, span[0]): posts for pk, *of_span in rows for span, posts in zip(spans, of_span, strict=True) if posts}


def _watched_from(account: Account) -> date:
    return account.monitored_from or date.max


def _watched_through(account: Account, span: Span) -> bool:
    """Whether the account was still watched, and in its unit's hands, when `span` ended."""
    ended = account.state_since if account.state not in WATCHED else None
    return all(moment is None or _end(span) <= moment for moment in (ended, account.lost_control_since))


def _stretch(account: Account, span: Span, posts: int, asked: int) -> Stretch:
    known = account.posts_known_until is not None and _end(span) <= account.posts_known_until
    verdict = Verdict.MET if posts >= asked else Verdict.MISSED if known else Verdict.UNKNOWN
    return Stretch(*span, posts, asked, verdict)
