"""How a due time reads: 「剩 1 个工作日」, 「今天 24:00 截止」, 「已逾期 3 天」.

Due times are stored exclusive (00:00 of the next day) and shown as 24:00 of the last day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from .clock import SHANGHAI, day_of

Between = Callable[[date, date], int]


class Tone(StrEnum):
    """What a countdown says besides its words; the `.zl-due--…` classes."""

    LATE = "late"
    SOON = "soon"
    OK = "ok"
    PROVISIONAL = "prov"
    DONE = "done"
    NONE = "none"


@dataclass(frozen=True)
class Countdown:
    """`exact` is the moment as shown, '' where there is none."""

    tone: Tone
    words: str
    exact: str = ""


def due24(moment: datetime, *, provisional: bool = False) -> str:
    """`2021-02-20 00:00` is shown as `2021-02-19 24:00`; any other moment as it is. Shanghai time.

    With `provisional` it is marked: 「2027-01-05 24:00（暂定）」.
    """
    local = moment.astimezone(SHANGHAI)
    mark = "（暂定）" if provisional else ""
    if (local.hour, local.minute) == (0, 0):
        return f"{local.date() - timedelta(days=1)} 24:00{mark}"
    return f"{local:%Y-%m-%d %H:%M}{mark}"


def countdown(due: datetime, *, now: datetime, provisional: bool, working_days: Between | None) -> Countdown:
    """What stands beside `due` at `now`.

    `working_days(after, until)` counts those of the days after the first and until the second; None counts every day,
    as articles 14 and 15 do.
    """
    exact = due24(due)
    if provisional:
        return Countdown(Tone.PROVISIONAL, f"暂定 {exact}", exact)
    if now >= due:
        return Countdown(Tone.LATE, f"已逾期 {span(now - due)}", exact)
    today, last_day = day_of(now), day_of(due - timedelta(microseconds=1))
    ends_with_day = exact.endswith("24:00")
    if not ends_with_day and due - now < timedelta(days=1):
        return Countdown(Tone.SOON, f"剩 {span(due - now)}", exact)
    if last_day == today:
        return Countdown(Tone.SOON, "今天 24:00 截止", exact)
    if working_days is not None and (left := working_days(today, last_day)) > 0:
        return Countdown(Tone.SOON if left == 1 else Tone.OK, f"剩 {left} 个工作日", exact)
    days = (last_day - today).days
    if days == 1 and ends_with_day:
        return Countdown(Tone.SOON, "明天 24:00 截止", exact)
    return Countdown(Tone.OK, f"剩 {days} 天", exact)


def span(length: timedelta) -> str:
    """Whole days, else whole hours, else minutes (at least one)."""
    if length.days:
        return f"{length.days} 天"
    hours, minutes = length.seconds // 3600, length.seconds // 60
    return f"{hours} 小时" if hours else f"{max(minutes, 1)} 分钟"
