"""Working days, with dates as literals (`docs`: the calendar)."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from zhonglou_media.core import calendar
from zhonglou_media.core.calendar import Calendar, Due
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Day, Year

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "first", "second"),
    [
        ("2021-02-10", "2021-02-18", "2021-02-19"),  # 春节前最后一天
        ("2021-02-19", "2021-02-20", "2021-02-22"),  # 节后补班周六计入
        ("2021-04-02", "2021-04-06", "2021-04-07"),  # 清明
        ("2021-09-30", "2021-10-08", "2021-10-09"),  # 国庆；10月9日（周六）补班
        ("2024-09-13", "2024-09-14", "2024-09-18"),  # 中秋；9月14日（周六）补班
        ("2024-09-30", "2024-10-08", "2024-10-09"),
        ("2025-01-24", "2025-01-26", "2025-01-27"),  # 1月26日（周日）补班
        ("2025-01-27", "2025-02-05", "2025-02-06"),
        ("2025-04-03", "2025-04-07", "2025-04-08"),
        ("2025-09-30", "2025-10-09", "2025-10-10"),
        ("2026-02-13", "2026-02-14", "2026-02-24"),  # 2月14日（周六）补班，15日至23日放假
        ("2026-02-27", "2026-02-28", "2026-03-02"),
        ("2026-04-03", "2026-04-07", "2026-04-08"),
        ("2026-09-30", "2026-10-08", "2026-10-09"),
        ("2025-10-04", "2025-10-09", "2025-10-10"),  # 批准落在假期内
    ],
)
def test_two_working_days(day: str, first: str, second: str) -> None:
    start = date.fromisoformat(day)
    assert calendar.working_day_after(start, 1) == Due(date.fromisoformat(first), False)
    assert calendar.working_day_after(start, 2) == Due(date.fromisoformat(second), False)
    assert calendar.working_days_between(start, date.fromisoformat(second)) == 2


@pytest.mark.parametrize(
    ("day", "n", "due", "provisional"),
    [
        ("2026-12-30", 2, "2027-01-04", True),  # 元旦法定，2日、3日周末，待2027年安排确认
        ("2026-12-22", 2, "2026-12-24", False),
        ("2026-12-23", 2, "2026-12-25", True),  # 25日起可能被下一年的安排调整
        ("2026-12-24", 1, "2026-12-25", True),
        ("2025-12-30", 2, "2026-01-04", False),  # 2026年已确认；1月4日（周日）补班
        ("2027-02-03", 2, "2027-02-09", True),  # 除夕2月5日（周五）至初三2月8日（周一）
        ("2027-04-02", 1, "2027-04-06", True),  # 清明4月5日（周一）
        ("2027-06-08", 1, "2027-06-10", True),
        ("2027-09-14", 1, "2027-09-16", True),
        ("2020-12-31", 1, "2021-01-04", False),  # 路径只含2021年的日子
        ("2020-12-30", 1, "2020-12-31", True),
    ],
)
def test_years_not_confirmed_are_provisional(day: str, n: int, due: str, provisional: bool) -> None:
    assert calendar.working_day_after(date.fromisoformat(day), n) == (date.fromisoformat(due), provisional)


@pytest.mark.parametrize(
    ("year", "days"), [(2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_working_days_of_a_year(year: int, days: int) -> None:
    assert calendar.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == days


@pytest.mark.parametrize("year", [1949, 2015, 2059, 2061, 2200])
def test_no_year_crashes(year: int) -> None:
    due, provisional = calendar.working_day_after(date(year, 9, 30), 2)
    assert due > date(year, 10, 3)
    assert provisional


def test_due_is_stored_exclusive() -> None:
    assert calendar.due_after(date(2021, 2, 10), 2) == (datetime(2021, 2, 20, tzinfo=SHANGHAI), False)


def test_countdown_to_the_past_is_negative_and_to_today_zero() -> None:
    assert calendar.working_days_between(date(2021, 2, 19), date(2021, 2, 10)) == -2
    assert calendar.working_days_between(date(2021, 2, 19), date(2021, 2, 19)) == 0


def test_is_working_day() -> None:
    assert calendar.is_working_day(date(2021, 2, 20)) == (True, False)
    assert calendar.is_working_day(date(2021, 10, 1)) == (False, False)
    assert calendar.is_working_day(date(2027, 1, 4)) == (True, True)


def test_thousands_of_due_times_cost_two_queries(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        loaded = Calendar.load()
        for shift in range(3000):
            loaded.due_after(date(2021, 1, 1) + timedelta(days=shift % 2000), 2)


def test_shipped_years_name_their_paper() -> None:
    assert dict(Year.objects.values_list("year", "number")) == {
        2021: "国办发明电〔2020〕27号",
        2022: "国办发明电〔2021〕11号",
        2023: "国办发明电〔2022〕16号",
        2024: "国办发明电〔2023〕7号",
        2025: "国办发明电〔2024〕12号",
        2026: "国办发明电〔2025〕7号",
    }
    assert all(
        url.startswith("https://www.gov.cn/zhengce/")
        for papers in Year.objects.values_list("papers", flat=True)
        for url in papers
    )


def year_2027(**changes: Any) -> dict[str, Any]:
    """Dates made up for the test: no paper for 2027 is known."""
    data: dict[str, Any] = {
        "year": 2027,
        "papers": ["https://example.invalid/2027"],
        "days": [
            {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
            {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
            {"name": "元旦", "date": "2027-01-03", "isOffDay": False},
        ],
    }
    return data | changes


def confirm(data: Any) -> calendar.ConfirmedYear:
    with transaction.atomic():
        return calendar.write_year(data, by=None, now=NOW)


def test_a_confirmed_year_is_seen_at_once_and_moves_december_too() -> None:
    done = confirm(year_2027())
    assert (done.row.year, done.first_time, done.days_off, done.days_on) == (2027, True, 2, 1)
    assert calendar.working_day_after(date(2026, 12, 30), 1) == (date(2027, 1, 3), False)


def test_a_corrected_year_replaces_its_days_and_no_others() -> None:
    confirm(year_2027())
    corrected = year_2027(days=[{"name": "元旦", "date": "2027-01-01", "isOffDay": True}])
    done = confirm(corrected)
    assert (done.first_time, done.days_off, done.days_on) == (False, 1, 0)
    assert list(Day.objects.filter(date__gt=date(2026, 12, 1)).values_list("date", flat=True)) == [date(2027, 1, 1)]
    assert calendar.working_days_between(date(2025, 12, 31), date(2026, 12, 31)) == 248


def test_correcting_a_year_keeps_what_the_next_one_says_of_december() -> None:
    confirm(year_2027())
    shipped = json.loads((calendar.DATA / "holidays" / "2026.json").read_text(encoding="utf-8"))
    confirm(shipped)
    assert Day.objects.get(date=date(2026, 12, 31)).off


@pytest.mark.parametrize(
    "data",
    [
        year_2027(papers=[], days=[]),  # as a public data set already ships it
        year_2027(papers=[]),
        year_2027(days=[]),
        year_2027(year="2027"),
        year_2027(year=True),
        year_2027(days=[{"name": "元旦", "date": "2027-01-01", "isOffDay": 1}]),
        year_2027(days=[{"name": "元旦", "date": "2027-02-30", "isOffDay": True}]),
        year_2027(days=[{"name": "元旦", "date": "2030-01-01", "isOffDay": True}]),
        year_2027(days=[{"name": "元旦", "date": "2028-01-01", "isOffDay": True}]),
        year_2027(days=["2027-01-01"]),
        year_2027(
            days=[
                {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
                {"name": "元旦", "date": "2027-01-01", "isOffDay": False},
            ]
        ),
        [],
        None,
    ],
)
def test_an_incomplete_year_is_refused_and_changes_nothing(data: Any) -> None:
    with pytest.raises(Refused):
        confirm(data)
    assert not Year.objects.filter(year=2027).exists()
    assert calendar.working_day_after(date(2026, 12, 30), 2) == (date(2027, 1, 4), True)
