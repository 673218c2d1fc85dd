"""Time: deadlines are judged by the database's clock, days are those of Asia/Shanghai."""

from datetime import UTC, date, datetime, time
from typing import cast
from zoneinfo import ZoneInfo

from django.db import connection

SHANGHAI = ZoneInfo("Asia/Shanghai")


def db_now() -> datetime:
    """The database server's clock, aware. An application server whose clock is off must not make anything overdue."""
    sql = (
        "SELECT clock_timestamp()"
        if connection.vendor == "postgresql"
        else "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (value,) = cast("tuple[datetime | str]", cursor.fetchone())
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC).astimezone(SHANGHAI)
    return value.astimezone(SHANGHAI)


def day_of(moment: datetime) -> date:
    """The Shanghai date of an aware moment."""
    return moment.astimezone(SHANGHAI).date()


def parse_day(text: str) -> date | None:
    """A day typed as 2026-11-24, or None where it is something else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def start_of(day: date) -> datetime:
    """00:00 Asia/Shanghai of `day`."""
    return datetime.combine(day, time(), SHANGHAI)
