"""Until when a problem is put right (第二十四条), and what a year's paper that comes later makes of it.

A due time whose way touches days that may still move is 暂定 (rows 13 and 14 of `filings/deadlines.py`):
shown as such, never late. When the paper is confirmed the later of the true and the shown time holds.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from accounts import policy
from accounts.policy import Action
from inspections.models import Rectification, UpperFinding
from inspections.upper_due import last_day
from zhonglou_media.core import events
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import Event
from zhonglou_media.core.settings_at import Settings

FIRST, AGAIN = "rectify_days", "rectify_again_days"  # 本区设定
COUNTED_ANEW = "counted_anew"  # in the event of 退回: the days were counted from its day


class Due(NamedTuple):
    """A moment (exclusive), and whether it is 暂定."""

    at: datetime
    provisional: bool


def counted(day: date, key: str, *, calendar: Calendar | None = None, settings: Settings | None = None) -> Due:
    """24:00 of the working day that the setting `key` counts from the Shanghai `day`."""
    days = (settings or Settings.load()).at(key, day)
    return Due(*(calendar or Calendar.load()).due_after(day, days))


def named(due_at: datetime, upper: UpperFinding | None = None) -> Due:
    """A day that the office chose, 暂定 when nobody knows yet whether it is a working day.

    The very moment that the issuer above asks for is sure: no paper moves that.
    """
    own = upper is not None and due_at == upper.due_at
    return Due(due_at, not own and Calendar.load().is_provisional(last_day(due_at)))


def until(row: Rectification) -> str:
    """「2027-01-04 24:00」, with （暂定） while it is."""
    return due24(row.due_at) + ("（暂定）" if row.provisional else "")


def settle(now: datetime) -> int:
    """What is 暂定 and is known by now: due at the later of the true and the shown time; returns how many are sure.

    Run by the minute's sweep, as 系统: a year's paper is confirmed in `filings`, which does not know of rectifications.
    Until then they stay 暂定, so nobody is late by it. One query where nothing is 暂定.
    """
    waiting = list(Rectification.objects.filter(provisional=True).order_by().values_list("pk", "due_at"))
    calendar = Calendar.load() if waiting else None
    known = [pk for pk, due in waiting if calendar and not calendar.is_provisional(last_day(due))]
    if calendar is None or not known:
        return 0
    settings = Settings.load()
    role = policy.require(None, Action.SWEEP)
    with transaction.atomic():
        rows = Rectification.objects.select_for_update(of=("self",), no_key=True).select_related("upper")
        held = list(rows.filter(pk__in=known, provisional=True).order_by("pk"))
        anew = _counted_anew([row.pk for row in held])
        moved: list[tuple[Rectification, datetime]] = []
        for row in held:
            true = _true(row, anew[row.pk], calendar, settings)
            if not true.provisional:
                moved.append((row, row.due_at))
                row.due_at, row.provisional = max(row.due_at, true.at), False
                row.save(update_fields=["due_at", "provisional"])
        for row, shown in moved:
            times = {"shown": shown.isoformat(), "due_at": row.due_at.isoformat()}
            events.append(
                row, "settle_due", by=None, role=role, at=now, from_state=row.state, to_state=row.state, detail=times
            )
    return len(moved)


def _true(row: Rectification, anew: Collection[datetime], calendar: Calendar, settings: Settings) -> Due:
    """By the calendar as it is now, from all days on which it was counted or named."""
    if row.upper is None and row.extended_from is None:
        found = [counted(day_of(row.issued_at), FIRST, calendar=calendar, settings=settings)]
    else:
        found = [_working_day_from(row, calendar)]
    found += [counted(day_of(at), AGAIN, calendar=calendar, settings=settings) for at in anew]
    return Due(max(due.at for due in found), any(due.provisional for due in found))


def _working_day_from(row: Rectification, calendar: Calendar) -> Due:
    """The first working day from the named one on; not later than the issuer above asks for, where it was not."""
    due = Due(*calendar.due_after(last_day(row.due_at) - timedelta(days=1), 1))
    if row.upper is None or row.due_at > row.upper.due_at:
        return due
    return Due(min(due.at, row.upper.due_at), due.provisional)


def _counted_anew(pks: Collection[int]) -> dict[int, list[datetime]]:
    """When each was sent back with its days counted anew."""
    found: dict[int, list[datetime]] = defaultdict(list)
    backs = Event.objects.filter(subject_kind="rectification", subject_id__in=pks, verb="send_back").order_by()
    for pk, at, detail in backs.values_list("subject_id", "at", "detail"):
        if pk is not None and detail.get(COUNTED_ANEW):
            found[pk].append(at)
    return found
