"""确认年度放假安排: the calendar and every due time it moves, in one transaction; and the same for trial."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import policy
from filings import deadlines
from zhonglou_media.core import calendar, events
from zhonglou_media.core.models import User

MOVES_KEPT = 20  # filings whose moves the event names one by one


def confirm_year(data: Any, *, by: User | None, now: datetime) -> tuple[calendar.ConfirmedYear, int]:
    """Confirm (or correct) a year from `data` in the holiday-cn schema; returns it and how many filings moved.

    Rows 14 and 15 of the truth table. Raises NotAllowed, or Refused naming what is wrong in the data.
    """
    with transaction.atomic():
        role = policy.require(by, policy.Action.CALENDAR)
        done = calendar.write_year(data, by=by, now=now)
        moved = deadlines.recompute_year(done.row.year, first_time=done.first_time)
        days = {"days_off": done.days_off, "days_on": done.days_on}
        moves = [change for move in moved[:MOVES_KEPT] for change in move.changes()]
        detail = {"papers": done.row.papers, **days, "moved": len(moved), "moves": moves}
        events.append(done.row, "confirm_year", by=by, role=role, at=now, detail=detail)  # last: it locks the chain
    return done, len(moved)


def try_year(data: Any, *, by: User | None, now: datetime) -> tuple[calendar.Calendar, int]:
    """The calendar as it would be and how many filings would move: `confirm_year`, taken back. Raises as it does."""
    with transaction.atomic():
        _, moved = confirm_year(data, by=by, now=now)
        tried = calendar.Calendar.load()
        transaction.set_rollback(True)
    return tried, moved
