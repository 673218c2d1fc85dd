"""The units are asked for their 季度确认: on the quarter's first working day, three days before its last, on it."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse

from accounts import audience
from accounts.models import Role
from accounts.models.account import GONE
from accounts.policy import Action, require
from accounts.quarter import Quarter, lock, waiting
from zhonglou_media.core import events, notices
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import Notice, User

URGED = "urge_quarter"  # the verb of the event
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


def urge(unit_id: int, *, by: User, now: datetime) -> int:
    """催办: the office asks the operators of a unit that has not confirmed, once a day; returns how many.

    Raises NotAllowed, WrongState (it has confirmed, or was asked today) or Refused (nobody is there to ask).
    """
    with transaction.atomic():
        unit, quarter = lock(unit_id), Quarter.of(now)
        role = require(by, Action.URGE, unit)
        if not waiting(quarter).filter(pk=unit.pk).exists():
            raise WrongState(f"{unit.name}{quarter.label}已经确认，或没有要确认的账号，不用催办。")
        today = events.timeline(unit).filter(verb=URGED, at__gte=start_of(day_of(now))).last()
        if today is not None:
            raise WrongState(f"{today.actor}今天已催办过{unit.name}，明天还没有确认的可以再催。")
        asked = unit.merged_into_id or unit.pk
        operators = audience.by_unit((Role.OPERATOR,), [asked], now).get(asked, [])
        if not operators:
            raise Refused(f"{unit.name}没有填报员的用户，请系统管理员登记后再催办。")
        due = due24(quarter.due())
        by_then = f"应于 {due} 前确认，请尽快补办" if quarter.due() <= now else f"请在 {due} 前确认"
        key = f"quarter-{quarter.key}-urged-{day_of(now)}-{unit.pk}"
        text = f"区政府办公室催办：{unit.name}{quarter.label}的账号信息还没有确认，{by_then}。"
        link = reverse("accounts:quarter")
        notices.leave(Notice(user_id=one, key=key, text=text, link=link, at=now) for one in operators)
        events.append(unit, URGED, by=by, role=role, at=now, detail={"quarter": quarter.key, "told": len(operators)})
    return len(operators)
