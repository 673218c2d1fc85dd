"""The calendar of updates: what is said of each week, and that what nobody knows is never called missing."""

from datetime import date, datetime, timedelta

import pytest

from accounts.heat import WEEKS, Heat, Verdict, heat
from tests.factories import at

NOW = at("2026-11-24 14:05")  # a Tuesday; its week begins on the 23rd
FIRST = date(2025, 12, 1)  # the Monday of the first of 52 weeks


def every(days: int, *, start: date = FIRST, end: date = date(2026, 11, 24)) -> dict[date, int]:
    """One publication every so many days."""
    return {start + timedelta(days=n): 1 for n in range(0, (end - start).days + 1, days)}


def drawn(
    posts: dict[date, int],
    *,
    watched_from: date | None = date(2025, 1, 1),
    known_until: datetime | None = NOW,
    now: datetime = NOW,
) -> Heat:
    return heat(posts, watched_from=watched_from, known_until=known_until, now=now)


def test_52_weeks_from_monday_to_sunday_the_last_of_them_this_one() -> None:
    found = drawn({})
    assert len(found.weeks) == WEEKS
    assert (found.weeks[0].monday, found.weeks[-1].monday) == (FIRST, date(2026, 11, 23))
    assert len(found.days) == 52 * 7


@pytest.mark.parametrize(
    ("without", "title"),
    [
        ([], "前51周都有更新，本周已更新"),
        (["2026-11-23"], "前51周都有更新，本周尚未更新"),
        (["2026-02-16", "2026-07-27", "2026-11-16", "2026-11-23"], "前51周有48周更新，3周没有，本周尚未更新"),
    ],
)
def test_the_title_is_a_finding(without: list[str], title: str) -> None:
    mondays = {date.fromisoformat(text) for text in without}
    posts = {day: n for day, n in every(1).items() if day - timedelta(days=day.weekday()) not in mondays}
    assert drawn(posts).title == title


def test_weeks_that_the_data_do_not_reach_are_unknown_not_missing() -> None:
    posts = every(1, end=date(2026, 11, 4))
    found = drawn(posts, known_until=at("2026-11-14 09:00"))
    assert [week.verdict for week in found.weeks[-4:]] == [
        Verdict.UPDATED,  # 11-02
        Verdict.UNKNOWN,  # 11-09: known to its Saturday only
        Verdict.UNKNOWN,
        Verdict.UNKNOWN,
    ]
    assert found.title == "前51周有49周更新，2周尚无数据，本周尚无数据"
    assert not any(week.missing for week in found.weeks)


def test_a_week_known_to_its_very_end_is_judged() -> None:
    assert drawn({}, known_until=at("2026-11-23 00:00")).weeks[-2].verdict == Verdict.MISSING
    assert drawn({}, known_until=at("2026-11-22 23:59")).weeks[-2].verdict == Verdict.UNKNOWN


def test_nothing_known_is_nothing_missing() -> None:
    found = drawn({}, known_until=None)
    assert found.title == "前51周都尚无数据，本周尚无数据"
    assert {day.css for day in found.days} == {"lvx"}


def test_weeks_before_the_account_was_watched_do_not_count() -> None:
    found = drawn({date(2026, 11, 20): 1}, watched_from=date(2026, 11, 5))
    assert [week.verdict for week in found.weeks[-4:]] == [
        Verdict.UNWATCHED,  # 11-02: watched from its Thursday on, no whole week
        Verdict.MISSING,
        Verdict.UPDATED,
        Verdict.RUNNING,
    ]
    assert found.title == "前2周有1周更新，1周没有，本周尚未更新"
    assert {week.verdict for week in found.weeks[:-4]} == {Verdict.UNWATCHED}
    assert found.weeks[0].days[0].words == "2025-12-01 不在监测期"


def test_an_account_watched_since_this_week_has_only_this_week() -> None:
    assert drawn({}, watched_from=date(2026, 11, 24)).title == "本周尚未更新"


def test_an_account_that_is_not_watched_says_so() -> None:
    assert drawn({}, watched_from=None).title == "不在监测期，没有更新记录"
    assert drawn({date(2026, 11, 20): 2}, watched_from=None).title == "近52周：1周有更新，不在监测期"


@pytest.mark.parametrize(
    ("day", "css", "words"),
    [
        ("2026-11-16", "lv0", "2026-11-16 更新 0 次"),
        ("2026-11-17", "lv1", "2026-11-17 更新 1 次"),
        ("2026-11-18", "lv2", "2026-11-18 更新 2 次"),
        ("2026-11-19", "lv3", "2026-11-19 更新 7 次"),
        ("2026-11-24", "lv0", "2026-11-24 更新 0 次（数据截至 14:05）"),
        ("2026-11-25", "lvx", "2026-11-25 尚未到"),
    ],
)
def test_a_day_by_how_often_it_published(day: str, css: str, words: str) -> None:
    posts = {date(2026, 11, 17): 1, date(2026, 11, 18): 2, date(2026, 11, 19): 7}
    found = drawn(posts)
    (square,) = [square for square in found.days if square.words.startswith(day)]
    assert (square.css, square.words) == (css, words)


def test_a_sunday_belongs_to_the_week_that_runs() -> None:
    found = drawn({date(2026, 11, 16): 1}, now=at("2026-11-22 23:30"), known_until=at("2026-11-22 23:30"))
    assert found.weeks[-1].monday == date(2026, 11, 16)
    assert found.title.endswith("本周已更新")


def test_the_description_names_the_weeks_without_and_the_list_has_them_all() -> None:
    found = drawn({day: 1 for day in every(1) if not date(2026, 7, 27) <= day <= date(2026, 8, 2)})
    assert "没有更新的是周一为 2026-07-27 所在的周。" in found.described
    assert [week.monday for week in found.newest_first if week.missing] == [date(2026, 7, 27)]
    assert len(found.newest_first) == WEEKS


def test_months_stand_over_the_weeks_in_which_they_begin() -> None:
    labels = [(week.monday, week.month) for week in drawn({}).weeks if week.month]
    assert labels[:3] == [(date(2025, 12, 1), "12月"), (date(2025, 12, 29), "1月"), (date(2026, 1, 26), "2月")]
    assert len(labels) == 12
