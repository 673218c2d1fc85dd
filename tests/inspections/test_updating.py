"""Weeks and months without enough updates (第十四条): tables with literal dates. 2026-11-02 is a Monday."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, AccountState, Platform
from inspections import updating
from inspections.updating import Verdict
from tests.accounts.activity import known, post, recompute, service, watched
from tests.flag_rows import at

pytestmark = pytest.mark.django_db
SINCE, AS_OF = "2026-11-01 00:00", "2026-11-24 14:05"


def made(since: str, posts: tuple[str, ...], known_until: str | None, **fields: Any) -> Account:
    account = (service if fields.pop("service", False) else watched)(since, **fields)
    for day in posts:
        post(account, f"{day} 10:00")
    known(account, posts=known_until)
    return account


def said(account: Account, since: str = SINCE, as_of: str = AS_OF) -> list[tuple[str, int, str]]:
    """First day, how often, verdict: of weeks or months."""
    how = updating.months if account.kind == "service" else updating.weeks
    found = how([account], {account.pk: at(since)}, at(as_of))[account.pk]
    return [(f"{stretch.first:%m-%d}", stretch.posts, stretch.verdict.value) for stretch in found]


EVERY = ("2026-10-28", "2026-11-04", "2026-11-11", "2026-11-18")

WEEKS: list[tuple[str, str, tuple[str, ...], str | None, list[tuple[str, int, str]]]] = [
    # why, watched since, publications, known until, the weeks that ended from 11-01 00:00 to 11-24 14:05
    (
        "a week belongs where its Sunday is",
        "2026-01-01",
        EVERY,
        "2026-11-24 08:30",
        [("10-26", 1, "met"), ("11-02", 1, "met"), ("11-09", 1, "met"), ("11-16", 1, "met")],
    ),
    (
        "one is missing",
        "2026-01-01",
        ("2026-10-28", "2026-11-04", "2026-11-18"),
        "2026-11-24 08:30",
        [("10-26", 1, "met"), ("11-02", 1, "met"), ("11-09", 0, "missed"), ("11-16", 1, "met")],
    ),
    (
        "Monday and Sunday are of it, the days beside are not",
        "2026-01-01",
        ("2026-11-01", "2026-11-02", "2026-11-15", "2026-11-23"),
        "2026-11-24 08:30",
        [("10-26", 1, "met"), ("11-02", 1, "met"), ("11-09", 1, "met"), ("11-16", 0, "missed")],
    ),
    (
        "known to the end of the week, to the minute",
        "2026-10-26",
        ("2026-10-28", "2026-11-04", "2026-11-11"),
        "2026-11-23 00:00",
        [("10-26", 1, "met"), ("11-02", 1, "met"), ("11-09", 1, "met"), ("11-16", 0, "missed")],
    ),
    (
        "a minute short of it",
        "2026-10-26",
        ("2026-10-28", "2026-11-04", "2026-11-11"),
        "2026-11-22 23:59",
        [("10-26", 1, "met"), ("11-02", 1, "met"), ("11-09", 1, "met"), ("11-16", 0, "unknown")],
    ),
    (
        "what is known to have been published is, however far the data reach",
        "2026-01-01",
        ("2026-11-18",),
        "2026-11-09 00:00",
        [("10-26", 0, "missed"), ("11-02", 0, "missed"), ("11-09", 0, "unknown"), ("11-16", 1, "met")],
    ),
    (
        "nothing known",
        "2026-11-09",
        (),
        None,
        [("11-09", 0, "unknown"), ("11-16", 0, "unknown")],
    ),
    ("watched since a Monday", "2026-11-16", (), "2026-11-24 08:30", [("11-16", 0, "missed")]),
    ("watched since the Tuesday after", "2026-11-17", (), "2026-11-24 08:30", []),
]


@pytest.mark.parametrize(("why", "since", "posts", "until", "expected"), WEEKS)
def test_weeks(
    why: str, since: str, posts: tuple[str, ...], until: str | None, expected: list[tuple[str, int, str]]
) -> None:
    assert said(made(since, posts, until)) == expected, why


def test_a_period_begins_after_its_since_and_holds_its_as_of() -> None:
    account = made("2026-01-01", (), "2026-11-24 08:30")
    monday = "2026-11-09 00:00"
    assert [first for first, *_ in said(account, "2026-10-26 00:00", monday)] == ["10-26", "11-02"]
    assert [first for first, *_ in said(account, monday, "2026-11-23 00:00")] == ["11-09", "11-16"]
    assert [first for first, *_ in said(account, "2026-11-08 23:59", "2026-11-22 23:59")] == ["11-02", "11-09"]


def test_not_after_it_ended_or_was_lost() -> None:
    closed = made("2026-01-01", (), "2026-11-24 08:30", state=AccountState.CLOSED, state_since=at("2026-11-16 00:00"))
    assert [first for first, *_ in said(closed)] == ["10-26", "11-02", "11-09"]
    lost = made("2026-01-01", (), "2026-11-24 08:30", lost_control_since=at("2026-11-15 09:00"))
    assert [first for first, *_ in said(lost)] == ["10-26", "11-02"]


MONTHS: list[tuple[str, str, int, str | None, list[tuple[str, int, str]]]] = [
    # why, watched since, publications in October, known until, the months that ended from 10-01 to 11-24
    ("four are enough", "2026-01-01", 4, "2026-11-01 00:00", [("10-01", 4, "met")]),
    ("three are not", "2026-01-01", 3, "2026-11-01 00:00", [("10-01", 3, "missed")]),
    ("a fifth is not asked", "2026-01-01", 5, "2026-11-01 00:00", [("10-01", 5, "met")]),
    ("not known to its end", "2026-01-01", 3, "2026-10-31 23:59", [("10-01", 3, "unknown")]),
    ("enough is enough", "2026-01-01", 4, "2026-10-20 23:59", [("10-01", 4, "met")]),
    ("nothing known", "2026-01-01", 0, None, [("10-01", 0, "unknown")]),
    ("13 days watched ask for one", "2026-10-19", 0, "2026-11-01 00:00", [("10-01", 0, "missed")]),
    ("14 days ask for two", "2026-10-18", 1, "2026-11-01 00:00", [("10-01", 1, "missed")]),
    ("7 days ask for one", "2026-10-25", 1, "2026-11-01 00:00", [("10-01", 1, "met")]),
    ("6 days ask for none", "2026-10-26", 0, "2026-11-01 00:00", []),
    ("not watched yet", "2026-11-03", 0, "2026-11-24 00:00", []),
]


@pytest.mark.parametrize(("why", "since", "posts", "until", "expected"), MONTHS)
def test_months_of_a_service_account(
    why: str, since: str, posts: int, until: str | None, expected: list[tuple[str, int, str]]
) -> None:
    account = made(since, tuple(f"2026-10-{day}" for day in range(25, 25 + posts)), until, service=True)
    assert said(account, "2026-10-01 00:00") == expected, why


def test_february_asks_for_four_and_never_five() -> None:
    account = made("2025-01-01", ("2026-02-03", "2026-02-10", "2026-02-17"), "2026-03-01 00:00", service=True)
    assert said(account, "2026-02-01 00:00", "2026-03-01 00:00") == [("02-01", 3, "missed")]
    (month,) = updating.months([account], {account.pk: at("2026-02-01 00:00")}, at("2026-03-01 00:00"))[account.pk]
    assert (month.asked, month.short) == (4, 1)


def test_what_was_published_before_it_was_watched_does_not_count() -> None:
    account = made("2026-10-18", ("2026-10-05", "2026-10-06", "2026-10-20"), "2026-11-01 00:00", service=True)
    assert said(account, "2026-10-01 00:00") == [("10-01", 1, "missed")]


# --- the verdict of a month -----------------------------------------------------------------------------------------

NOVEMBER = date(2026, 11, 1)
VERDICTS: list[tuple[str, dict[str, Any], tuple[str, ...], str | None, str, Verdict | None]] = [
    # why, account, publications, known until, now, the verdict of November
    (
        "every week",
        {},
        ("2026-10-27", "2026-11-04", "2026-11-11", "2026-11-18", "2026-11-25"),
        "2026-12-01 00:00",
        "2026-12-02 00:00",
        Verdict.MET,
    ),
    (
        "the week of 11-29 is missing",
        {},
        ("2026-10-27", "2026-11-04", "2026-11-11", "2026-11-18"),
        "2026-12-01 00:00",
        "2026-12-02 00:00",
        Verdict.MISSED,
    ),
    (
        "missing, but the data end before",
        {},
        ("2026-10-27", "2026-11-04", "2026-11-11", "2026-11-18"),
        "2026-11-25 00:00",
        "2026-12-02 00:00",
        Verdict.UNKNOWN,
    ),
    ("missed beats unknown", {}, ("2026-10-27",), "2026-11-12 00:00", "2026-12-02 00:00", Verdict.MISSED),
    ("so far", {}, ("2026-10-27", "2026-11-04"), "2026-11-09 00:00", "2026-11-10 00:00", Verdict.MET),
    (
        "the week of 30 November is December's",
        {"since": "2026-11-30"},
        (),
        "2026-12-31 00:00",
        "2027-01-02 00:00",
        None,
    ),
    ("a service account in its month", {"service": True}, (), "2026-11-24 00:00", "2026-11-24 14:05", None),
    (
        "a service account after it",
        {"service": True},
        ("2026-11-04", "2026-11-05", "2026-11-06"),
        "2026-12-01 00:00",
        "2026-12-01 00:00",
        Verdict.MISSED,
    ),
]


@pytest.mark.parametrize(("why", "fields", "posts", "until", "now", "expected"), VERDICTS)
def test_the_verdict_of_a_month(
    why: str, fields: dict[str, Any], posts: tuple[str, ...], until: str | None, now: str, expected: Verdict | None
) -> None:
    account = made(fields.pop("since", "2026-01-01") if fields else "2026-01-01", posts, until, **fields)
    assert updating.of_month([account], NOVEMBER, now=at(now)) == {account.pk: expected}, why


def test_apps_are_judged_by_hand() -> None:
    account = made("2026-01-01", (), "2026-12-01 00:00", platform=Platform.objects.get(code="app"))
    assert updating.of_month([account], NOVEMBER, now=at("2026-12-02 00:00")) == {account.pk: None}


def test_two_queries_for_however_many_accounts() -> None:
    accounts = [made("2026-01-01", (), "2026-12-01 00:00", service=n % 2 == 0) for n in range(4)]
    for some in (accounts[:2], accounts):
        rows = list(Account.objects.filter(pk__in=[a.pk for a in some]).select_related("platform"))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = updating.of_month(rows, NOVEMBER, now=at("2026-12-02 00:00"))
        assert len(asked) == 2
        assert set(found.values()) == {Verdict.MISSED}


def test_a_removed_publication_is_none() -> None:
    account = made("2026-11-16", (), "2026-11-24 08:30")
    post(account, "2026-11-18 10:00", removed="2026-11-19 10:00")
    recompute(account)
    assert said(account) == [("11-16", 0, "missed")]
