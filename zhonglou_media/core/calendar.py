"""Working days: days are counted from the day after day 0, make-up working days included (民法典第二百零一条).

A year is known once the State Council's paper for it is confirmed. A result whose path touches an unknown year, or
25–31 December before the next year is known (that paper may move those days), is provisional (暂定): shown as such,
never the ground of a flag or a veto, and computed from Monday to Friday minus the statutory days known in advance.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.db.models import Q

from .clock import start_of
from .errors import Refused
from .models import Day, User, Year

DATA = Path(__file__).parent / "data"
ONE_DAY = timedelta(days=1)
FIXED_STATUTORY = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
NEXT_YEAR_FROM = 25  # from this day of December on, the next year's paper decides


class Due(NamedTuple):
    """A day and whether it is 暂定."""

    day: date
    provisional: bool


@cache
def statutory_days(year: int) -> frozenset[date]:
    """全国年节及纪念日放假办法: the days known in advance; the lunar ones as far as `data/lunar.json` goes."""
    days = {date(year, month, day) for month, day in FIXED_STATUTORY}
    lunar = _lunar().get(str(year))
    if lunar is not None:
        spring = date.fromisoformat(lunar["春节"])
        days |= {spring + timedelta(days=shift) for shift in (-1, 0, 1, 2)}
        days |= {date.fromisoformat(lunar[name]) for name in ("清明节", "端午节", "中秋节")}
    return frozenset(days)


@cache
def _lunar() -> dict[str, dict[str, str]]:
    return json.loads((DATA / "lunar.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Calendar:
    """The calendar as it stands now: two queries once, then any number of answers. Load one per request or run."""

    confirmed: frozenset[int]
    days: Mapping[date, bool]  # date → off

    @classmethod
    def load(cls) -> "Calendar":
        """Read the whole calendar: some thirty rows a year."""
        years = Year.objects.filter(confirmed_at__isnull=False).values_list("year", flat=True)
        return cls(confirmed=frozenset(years), days=dict(Day.objects.values_list("date", "off")))

    def is_provisional(self, day: date) -> bool:
        """Whether what we know of `day` may still change."""
        if day.year not in self.confirmed:
            return True
        return day.month == 12 and day.day >= NEXT_YEAR_FROM and day.year + 1 not in self.confirmed

    def is_off(self, day: date) -> bool:
        """Whether nobody works on `day`, as far as is known."""
        off = self.days.get(day)
        if off is not None:
            return off
        return day.weekday() >= 5 or (day.year not in self.confirmed and day in statutory_days(day.year))

    def is_working_day(self, day: date) -> tuple[bool, bool]:
        """(works, provisional)."""
        return not self.is_off(day), self.is_provisional(day)

    def working_day_after(self, day: date, n: int) -> Due:
        """The `n`th working day after `day`, which itself is not counted; `n` = 0 is `day`."""
        if n < 0:
            raise ValueError("n must not be negative")
        provisional = False
        while n:
            day += ONE_DAY
            provisional = provisional or self.is_provisional(day)
            n -= not self.is_off(day)
        return Due(day, provisional)

    def due_after(self, day: date, n: int) -> tuple[datetime, bool]:
        """24:00 Shanghai of the `n`th working day after `day`, as the exclusive 00:00 of the day after it."""
        due = self.working_day_after(day, n)
        return start_of(due.day + ONE_DAY), due.provisional

    def working_days_between(self, a: date, b: date) -> int:
        """Working days after `a` up to and with `b`; negative when `b` lies before `a`."""
        if b < a:
            return -self.working_days_between(b, a)
        return sum(not self.is_off(a + timedelta(days=shift)) for shift in range(1, (b - a).days + 1))


def working_day_after(day: date, n: int) -> Due:
    """See `Calendar.working_day_after`; reads the calendar anew."""
    return Calendar.load().working_day_after(day, n)


def due_after(day: date, n: int) -> tuple[datetime, bool]:
    """See `Calendar.due_after`; reads the calendar anew."""
    return Calendar.load().due_after(day, n)


def working_days_between(a: date, b: date) -> int:
    """See `Calendar.working_days_between`; reads the calendar anew."""
    return Calendar.load().working_days_between(a, b)


def is_working_day(day: date) -> tuple[bool, bool]:
    """(works, provisional); reads the calendar anew."""
    return Calendar.load().is_working_day(day)


# --- the yearly paper ----------------------------------------------------------------------------


class YearPlan(NamedTuple):
    """放假安排 of one year, checked."""

    year: int
    papers: list[str]
    number: str
    days: dict[date, tuple[str, bool]]  # date → (name, off)


def parse_year(data: Any) -> YearPlan:
    """Check the JSON of a year (`{year, papers: [url], days: [{name, date, isOffDay}]}`, optionally `number`: 文号).

    Raises Refused: a file without papers or days would make every weekday a working day.
    """
    if not isinstance(data, dict):
        raise Refused("放假安排文件的内容不对：应为一个对象，含 year、papers、days。")
    year, papers, days, number = data.get("year"), data.get("papers"), data.get("days"), data.get("number", "")
    if not isinstance(year, int) or isinstance(year, bool) or not 2000 <= year <= 2100:
        raise Refused("放假安排文件的 year 应为 2000 至 2100 之间的整数年度。")
    if not isinstance(papers, list) or not papers or not all(isinstance(p, str) and p.strip() for p in papers):
        raise Refused(f"{year} 年放假安排没有列出国务院办公厅文件网址（papers），不能确认。")
    if not isinstance(days, list) or not days:
        raise Refused(f"{year} 年放假安排没有列出任何日期（days），不能确认。")
    if not isinstance(number, str):
        raise Refused("放假安排文件的 number（文号）应为文字。")
    plan = YearPlan(year, [p.strip() for p in papers], number.strip(), {})
    for place, entry in enumerate(days, 1):
        day, name, off = _parse_day(entry, place)
        if abs(day.year - year) > 1:
            raise Refused(f"放假安排第 {place} 个日期 {day} 不在 {year} 年及其前后一年内。")
        if plan.days.setdefault(day, (name, off))[1] != off:
            raise Refused(f"放假安排中 {day} 既写为放假又写为上班。")
    if not any(day.year == year for day in plan.days):
        raise Refused(f"放假安排中没有 {year} 年的日期，不能确认。")
    return plan


def _parse_day(entry: Any, place: int) -> tuple[date, str, bool]:
    if not isinstance(entry, dict):
        raise Refused(f"放假安排第 {place} 个日期的内容不对：应含 name、date、isOffDay。")
    name, text, off = entry.get("name"), entry.get("date"), entry.get("isOffDay")
    if not isinstance(off, bool):
        raise Refused(f"放假安排第 {place} 个日期的 isOffDay 应为 true 或 false。")
    if not isinstance(name, str) or not name.strip():
        raise Refused(f"放假安排第 {place} 个日期没有名称（name）。")
    try:
        return date.fromisoformat(str(text)), name.strip()[:32], off
    except ValueError:
        raise Refused(f"放假安排第 {place} 个日期“{text}”不是 YYYY-MM-DD 格式的日期。") from None


@dataclass(frozen=True)
class ConfirmedYear:
    """What a confirmation did: `first_time` tells a new year from a correction of a confirmed one."""

    row: Year
    first_time: bool
    days_off: int
    days_on: int


def write_year(data: Any, *, by: User | None, now: datetime) -> ConfirmedYear:
    """Write a year's paper and its days, confirmed by `by` (None = 系统); the caller holds the transaction.

    The caller recomputes the due times that this moves, and appends the event last. A corrected paper replaces its
    former days. Raises Refused.
    """
    plan = parse_year(data)
    row, _ = Year.objects.select_for_update().get_or_create(year=plan.year)
    first_time = row.confirmed_at is None
    row.papers, row.confirmed_by, row.confirmed_at = plan.papers, by, now
    row.number = plan.number or row.number
    row.save()
    _replace_days(plan)
    return ConfirmedYear(
        row=row,
        first_time=first_time,
        days_off=sum(off for _, off in plan.days.values()),
        days_on=sum(not off for _, off in plan.days.values()),
    )


def _replace_days(plan: YearPlan) -> None:
    """A year's paper rules from 25 December before it to 24 December; the last week belongs to the next year's."""
    last = date(plan.year, 12, NEXT_YEAR_FROM - 1)
    if not Year.objects.filter(year=plan.year + 1, confirmed_at__isnull=False).exists():
        last = date(plan.year, 12, 31)
    ruled = Q(date__gte=date(plan.year - 1, 12, NEXT_YEAR_FROM), date__lte=last)
    Day.objects.filter(ruled | Q(date__in=plan.days)).delete()
    Day.objects.bulk_create(Day(date=day, name=name, off=off) for day, (name, off) in sorted(plan.days.items()))
