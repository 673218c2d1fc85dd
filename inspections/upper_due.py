"""Until when a unit answers a finding from above, so that the district's own answer is in time (本区设定: 提前量)."""

from datetime import date, datetime, timedelta

from inspections.models import UpperFinding
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.settings_at import setting


def last_day(due_at: datetime) -> date:
    """The Shanghai day in which an exclusive due time ends."""
    return day_of(due_at - timedelta(microseconds=1))


def earliest(now: datetime, calendar: Calendar | None = None) -> datetime:
    """24:00 of the next working day: what a unit has at least of a finding that is late, or due today, when handed."""
    return (calendar or Calendar.load()).due_after(day_of(now), 1)[0]


def is_over(upper: UpperFinding, now: datetime) -> bool:
    """Whether what the issuer asks for is past, or ends today: the unit gets `earliest`, whatever is asked for."""
    return upper.due_at <= start_of(day_of(now) + timedelta(days=1))


def proposed_due(upper: UpperFinding, now: datetime, *, calendar: Calendar | None = None) -> datetime:
    """24:00 of the working day that lies `upper_margin_days` before what the issuer asks for; never past, never later.

    Where the margin is over: 24:00 of today. Where the issuer's own time is (`is_over`): the `earliest`.
    """
    if is_over(upper, now):
        return earliest(now, calendar)
    margin = int(setting("upper_margin_days", day_of(now)))
    due, day = upper.due_at, last_day(upper.due_at)
    if margin:
        days = calendar or Calendar.load()
        while margin:
            day -= timedelta(days=1)
            margin -= not days.is_off(day)
        due = start_of(day + timedelta(days=1))
    return due if due > now else start_of(day_of(now) + timedelta(days=1))


def due_on(upper: UpperFinding, day: date) -> datetime:
    """24:00 of `day`; on the issuer's own last day its very moment."""
    return upper.due_at if day == last_day(upper.due_at) else start_of(day + timedelta(days=1))


def why_not_due(upper: UpperFinding, due_at: datetime, now: datetime) -> str:
    """Why the unit cannot be given this due time; '' when it can."""
    if is_over(upper, now):
        said = f"上级的期限 {due24(upper.due_at)} 已过或就在今天，单位的期限应为下一个工作日 {due24(earliest(now))}。"
        return "" if due_at == earliest(now) else said
    if due_at > upper.due_at:
        return f"不能晚于上级要求的 {due24(upper.due_at)}。"
    if due_at <= now:
        return "答复期限已经过去，请改为今天或以后。"
    return ""
