"""A year's 放假安排 as people type or paste it, turned into the data that `calendar.parse_year` checks, and back."""

import json
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from zhonglou_media.core.errors import Refused

MAX_BYTES = 1024 * 1024
OFF, ON = "休", "班"
WORDS = {OFF: True, "放假": True, "休息": True, ON: False, "上班": False, "调休上班": False}
_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?")
_UNTIL = re.compile(r"[至~～—–]+")
LONGEST = timedelta(days=31)  # a range beyond it is a slip of the pen


def from_json(content: bytes | str) -> dict[str, Any]:
    """The data of a JSON file in the holiday-cn schema. Raises Refused when it is none."""
    if len(content) > MAX_BYTES:
        raise Refused("文件超过 1 MB，不是放假安排文件。")
    try:
        data = json.loads(content.decode("utf-8-sig") if isinstance(content, bytes) else content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise Refused("文件不是 UTF-8 编码的 JSON 文件，请核对是否选对。") from None
    if not isinstance(data, dict):
        raise Refused("放假安排文件的内容不对：应为一个对象，含 year、papers、days。")
    return data


def from_rows(text: str, year: int) -> list[dict[str, Any]]:
    """Rows 「2027-01-01至2027-01-03 元旦 休」 as days; a date without a year is of `year`. Raises Refused."""
    days = []
    for place, line in enumerate(text.splitlines(), 1):
        parts = [part for part in re.split(r"[\s,，;；]+", line) if part]
        if not parts:
            continue
        if len(parts) != 3 or parts[2] not in WORDS:
            raise Refused(f"第 {place} 行“{line.strip()[:40]}”不对，应像“1月1日至3日 元旦 休”或“1月9日 元旦 班”。")
        first, last = _range(parts[0], year, place)
        for shift in range((last - first).days + 1):
            day = first + timedelta(days=shift)
            days.append({"name": parts[1], "date": day.isoformat(), "isOffDay": WORDS[parts[2]]})
    return days


def to_rows(days: Iterable[tuple[date, str, bool]]) -> str:
    """Days in their order as rows, to be corrected in the form; days that follow one another share a row."""
    runs: list[tuple[date, date, str, bool]] = []
    for day, name, off in days:
        if runs and runs[-1][1:] == (day - timedelta(days=1), name, off) and day - runs[-1][0] <= LONGEST:
            runs[-1] = (runs[-1][0], day, name, off)
        else:
            runs.append((day, day, name, off))
    return "\n".join(
        f"{first}{f'至{last}' if last > first else ''} {name} {OFF if off else ON}" for first, last, name, off in runs
    )


def _range(text: str, year: int, place: int) -> tuple[date, date]:
    ends = _UNTIL.split(text)
    if len(ends) > 2:
        raise Refused(f"第 {place} 行的日期“{text}”不对，应像 2027-01-01 或 2027-01-01至2027-01-03。")
    if len(ends) == 2 and (alone := re.fullmatch(r"(\d{1,2})日", ends[1])):  # 1月1日至3日
        ends[1] = re.sub(r"\d{1,2}日?$", alone[1], ends[0])
    days = [_day(end, year, place) for end in ends]
    if not timedelta() <= days[-1] - days[0] <= LONGEST:
        raise Refused(f"第 {place} 行的日期“{text}”不对：后一天早于前一天，或超过 {LONGEST.days} 天。")
    return days[0], days[-1]


def _day(text: str, year: int, place: int) -> date:
    found = _DAY.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        return date(int(found[1] or year), int(found[2]), int(found[3]))
    except ValueError:
        raise Refused(f"第 {place} 行的日期“{text}”不对，应像 2027-01-01 或 1月1日。") from None
