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


def proposed_due(upper: UpperFinding, now: datetime, *, calendar: Calendar | None = None) -> datetime:
    """24:00 of the working day that lies `upper_margin_days` before what the issuer asks for; never past, never later.

    Where that is over: 24:00 of today, at the latest what the issuer asks for.
    """
    margin = int(setting("upper_margin_days", day_of(now)))
    due, day = upper.due_at, last_day(upper.due_at)
    if margin:
        days = calendar or Calendar.load()
        while margin:
            day -= timedelta(days=1)
            margin -= not days.is_off(day)
        due = start_of(day + timedelta(days=1))
    return due if due > now else min(start_of(day_of(now) + timedelta(days=1)), upper.due_at)


def due_on(upper: UpperFinding, day: date) -> datetime:
    """24:00 of `day`; on the issuer's own last day its very moment."""
    return upper.due_at if day == last_day(upper.due_at) else start_of(day + timedelta(days=1))


def why_not_due(upper: UpperFinding, due_at: datetime, now: datetime) -> str:
    """Why the unit cannot be given this due time; '' when it can. What is late already is due as it was."""
    if due_at > upper.due_at:
        return f"不能晚于上级要求的 {due24(upper.due_at)}。"
    if due_at <= now < upper.due_at:
        return "答复期限已经过去，请改为今天或以后。"
    return ""
