"""The units are asked for their 季度确认: on the quarter's first working day, three days before its last, on it."""

from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse

from accounts import audience
from accounts.models import Role
from accounts.models.account import GONE
from accounts.quarter import Quarter, waiting
from zhonglou_media.core import notices
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import Notice

ONE_DAY = timedelta(days=1)
BEFORE = timedelta(days=3)


def days(quarter: Quarter, last_day: date, calendar: Calendar) -> list[date]:
    """The three working days of `quarter`, oldest first: one that falls on a holiday moves to before it, the first to
    after it.
    """
    first = quarter.start
    while not calendar.is_working_day(first)[0]:
        first += ONE_DAY
    found = [first]
    for day in (last_day - BEFORE, last_day):
        while not calendar.is_working_day(day)[0]:
            day -= ONE_DAY
        found.append(max(day, first))
    return found


def remind(now: datetime) -> None:
    """A notice to the operators of each unit that has not confirmed, once for each of the three days.

    A morning that was missed is made up for on the next working day. Nobody is told on a holiday, nor after the last
    day. Five queries, however many units.
    """
    today, calendar, quarter = day_of(now), Calendar.load(), Quarter.of(now)
    if not calendar.is_working_day(today)[0]:
        return
    last_day = quarter.last_day()
    asked = days(quarter, last_day, calendar)
    turn = sum(day <= today for day in asked)
    if not turn or today > max(last_day, asked[-1]):
        return
    units = list(waiting(quarter).annotate(n=Count("accounts", filter=~Q(accounts__state__in=GONE))).order_by("pk"))
    whose = {unit.pk: unit.merged_into_id or unit.pk for unit in units}
    operators = audience.by_unit((Role.OPERATOR,), whose.values(), now)
    by_then = "今天 24:00 前" if today == last_day else f" {last_day} 24:00 前" if today < last_day else "今天"
    link = reverse("accounts:quarter")
    notices.leave(
        Notice(
            user_id=user_id,
            key=f"quarter-{quarter.key}-{turn}-{unit.pk}",
            text=f"请在{by_then}核对{unit.name}的 {unit.n} 个账号，没有变化就按“全部属实”（{quarter.label}）。",
            link=link,
            at=now,
        )
        for unit in units
        for user_id in operators.get(whose[unit.pk], ())
    )
