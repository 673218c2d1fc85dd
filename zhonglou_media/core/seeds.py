"""What a working, empty portal starts with. `seed` may run again: it adds what is missing and changes nothing."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .clock import SHANGHAI

HOLIDAYS = Path(__file__).parent / "data" / "holidays"
IN_FORCE_FROM = date(2021, 3, 22)
SHIPPED_AT = datetime(2025, 11, 4, tzinfo=SHANGHAI)  # the day of the last paper that ships with the portal
SETTINGS: dict[str, Any] = {
    "report_days": 2,  # 第八条: working days to report an approved matter
    "correction_days": 2,
    "office_days": 3,
    "office_days_after_report": 1,
    "clock_start": "approval",  # or later_of_approval_and_event (第二十六条 lets the office decide)
    "replaces_days": 30,
    "in_force_from": IN_FORCE_FROM.isoformat(),
    "submit_reminder_days": 7,
    "no_data_breach_days": 35,  # what is known of publications ended so long ago: 数据待确认 becomes a breach
    "message_silence_days": 14,  # an imported question nobody heard of again is judged so long after it was due
    "follower_jump_percent": 50,  # 粉丝数异常: a change of this share …
    "follower_jump_least": 1000,  # … and of at least so many, from one count to the next
    "follower_jump_shown_days": 30,
    "retention_days": 90,  # 第九条: days from go-live in which a department asks to keep its WeChat account
    "notice_days": 0,  # 公告期 of a closing, in days; 0 = not enforced
    "confirm_days": 15,  # days from a quarter's start in which each unit confirms its records
    "people_breach": 0,  # 1: no custodian, a lapsed vendor are breaches; until then hints (第十八、十九条)
    "invitation_days": 7,  # how long a one-time link works
    "attachments_per_filing": 20,  # files of one filing
    "attachments_unit_mb": 1024,  # of all files that one unit has attached
    "check_sample_size": 0,  # 第二十四条: accounts of a month's check; 0 = all
    "check_within_months": 6,  # a sample takes each account at least once in so many months
    "check_double_percent": 0,  # of the accounts, how many are checked by two people
    "rectify_days": 5,  # working days to put a problem right
    "rectify_again_days": 2,  # working days to answer again what was answered in time and sent back
    "upper_margin_days": 1,  # working days between a unit's answer and what the finding from above asks for
    "self_check_days": 30,  # days from a quarter's start in which each unit checks itself
    "target_percent": 95,  # of the dashboard's rates
    "rectified_target_percent": 100,
    "activity_ranking": 0,  # 1: units are ranked by activity (减负: off)
}


def seed(apps: Any) -> None:
    """The chain's head, the calendars of 2021–2026 and the settings. `apps`: a migration's or Django's own."""
    apps.get_model("core", "EventHead").objects.get_or_create(pk=1)
    for path in sorted(HOLIDAYS.glob("*.json")):
        _seed_year(apps, json.loads(path.read_text(encoding="utf-8")))
    setting = apps.get_model("core", "Setting")
    known = set(setting.objects.values_list("key", flat=True))
    setting.objects.bulk_create(
        setting(key=key, from_date=IN_FORCE_FROM, value=value) for key, value in SETTINGS.items() if key not in known
    )


def _seed_year(apps: Any, data: dict[str, Any]) -> None:
    year, day = apps.get_model("core", "Year"), apps.get_model("core", "Day")
    if year.objects.filter(year=data["year"]).exists():
        return
    year.objects.create(year=data["year"], papers=data["papers"], number=data["number"], confirmed_at=SHIPPED_AT)
    day.objects.bulk_create(
        day(date=date.fromisoformat(entry["date"]), name=entry["name"], off=entry["isOffDay"]) for entry in data["days"]
    )
