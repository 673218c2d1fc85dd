"""The calendar of an account's updates: 52 weeks from Monday to Sunday, the last of them this one.

Only for looking at (第十四条 is judged by `rules.next_update_due`): a week counts as missing when it was watched, is
over, is known to its end and holds no publication.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from accounts.models import Account, ActivityDay
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of

WEEKS = 52
WEEK = timedelta(days=7)
NAMED = 6  # missing weeks that the description names; the table has them all


class Verdict(StrEnum):
    """What is said of a week."""

    UPDATED = "有更新"
    MISSING = "没有更新"
    UNKNOWN = "尚无数据"
    RUNNING = "尚未更新"
    UNWATCHED = "不在监测期"


@dataclass(frozen=True)
class Day:
    """A square: its CSS class and its words."""

    css: str
    words: str


@dataclass(frozen=True)
class Week:
    """A column: its Monday, its days, how often there was a publication, and what is said of it."""

    monday: date
    days: list[Day]
    posts: int
    verdict: Verdict
    month: str  # 「3月」 over the first week of a month, else ''

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def missing(self) -> bool:
        return self.verdict == Verdict.MISSING


@dataclass(frozen=True)
class Heat:
    """The weeks, oldest first."""

    weeks: list[Week]

    @property
    def days(self) -> list[Day]:
        """Column by column, as the grid takes them."""
        return [day for week in self.weeks for day in week.days]

    @property
    def newest_first(self) -> list[Week]:
        return [week for week in reversed(self.weeks) if week.verdict != Verdict.UNWATCHED]

    @property
    def title(self) -> str:
        """「前51周有48周更新，3周没有，本周尚未更新」: this week is the 52nd."""
        watched = [week for week in self.weeks if week.verdict != Verdict.UNWATCHED]
        if not watched:
            updated = sum(week.posts > 0 for week in self.weeks)
            return f"近{WEEKS}周：{updated}周有更新，不在监测期" if updated else "不在监测期，没有更新记录"
        *past, current = watched
        now = {Verdict.UPDATED: "已更新"}.get(current.verdict, str(current.verdict))
        return "，".join([*_of_past(past), f"本周{now}"])

    @property
    def misses(self) -> bool:
        """Whether a week bears the cross."""
        return any(week.missing for week in self.weeks)

    @property
    def described(self) -> str:
        """What the picture says to somebody who does not see it."""
        missing = [week for week in self.weeks if week.missing]
        named = "、".join(f"{week.monday:%Y-%m-%d}" for week in missing[-NAMED:])
        more = f"等{len(missing)}周" if len(missing) > NAMED else "所在的周"
        tail = f"没有更新的是周一为 {named} {more}。" if missing else ""
        return f"每天更新次数的日历图。{self.title}。{tail}逐周次数见下面的列表。"


def _of_past(weeks: list[Week]) -> Iterator[str]:
    """What is said of the watched weeks before this one."""
    words = {Verdict.UPDATED: "都有更新", Verdict.MISSING: "都没有更新", Verdict.UNKNOWN: "都尚无数据"}
    counts = {verdict: _count(weeks, verdict) for verdict in words}
    alike = next((verdict for verdict, n in counts.items() if n == len(weeks)), None)
    if not weeks:
        return
    if alike is not None:
        yield f"前{len(weeks)}周{words[alike]}"
        return
    yield f"前{len(weeks)}周有{counts[Verdict.UPDATED]}周更新"
    if counts[Verdict.MISSING]:
        yield f"{counts[Verdict.MISSING]}周没有"
    if counts[Verdict.UNKNOWN]:
        yield f"{counts[Verdict.UNKNOWN]}周尚无数据"


def of_account(account: Account, now: datetime) -> Heat:
    """The calendar of `account` at `now`: one query."""
    first = _monday(day_of(now)) - WEEK * (WEEKS - 1)
    rows = ActivityDay.objects.filter(account=account, day__gte=first, posts__gt=0)
    return heat(
        dict(rows.values_list("day", "posts")),
        watched_from=account.monitored_from,
        known_until=account.posts_known_until,
        now=now,
    )


def heat(posts: Mapping[date, int], *, watched_from: date | None, known_until: datetime | None, now: datetime) -> Heat:
    """The calendar from the number of publications a day; `known_until` None: nothing is known."""
    today = day_of(now)
    first = _monday(today) - WEEK * (WEEKS - 1)
    weeks: list[Week] = []
    for number in range(WEEKS):
        monday = first + WEEK * number
        week = [monday + timedelta(days=n) for n in range(7)]
        count = sum(posts.get(day, 0) for day in week)
        weeks.append(
            Week(
                monday,
                [_day(day, posts.get(day, 0), watched_from, known_until, today) for day in week],
                count,
                _verdict(week, count, watched_from, known_until, today),
                f"{week[-1].month}月"
                if any(day.day == 1 for day in week) or (not number and week[-1].day < 15)
                else "",
            )
        )
    return Heat(weeks)


def _day(day: date, posts: int, watched_from: date | None, known_until: datetime | None, today: date) -> Day:
    if posts:
        return Day(f"lv{min(posts, 3)}", f"{day} 更新 {posts} 次")
    if day > today:
        return Day("lvx", f"{day} 尚未到")
    if watched_from is None or day < watched_from:
        return Day("lvx", f"{day} 不在监测期")
    if known_until is None or known_until <= start_of(day):
        return Day("lvx", f"{day} 尚无数据")
    ends = known_until.astimezone(SHANGHAI)
    until = f"（数据截至 {ends:%H:%M}）" if ends.date() == day else ""
    return Day("lv0", f"{day} 更新 0 次{until}")


def _verdict(
    week: list[date], posts: int, watched_from: date | None, known_until: datetime | None, today: date
) -> Verdict:
    if watched_from is None or week[-1] < watched_from:
        return Verdict.UNWATCHED
    if posts:
        return Verdict.UPDATED
    if week[-1] >= today:  # this week: it is not over
        known = known_until is not None and known_until > start_of(week[0])
        return Verdict.RUNNING if known else Verdict.UNKNOWN
    if week[0] < watched_from:  # only a part of it was watched
        return Verdict.UNWATCHED
    known = known_until is not None and known_until >= start_of(week[-1] + timedelta(days=1))
    return Verdict.MISSING if known else Verdict.UNKNOWN


def _count(weeks: Iterable[Week], verdict: Verdict) -> int:
    return sum(week.verdict == verdict for week in weeks)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
