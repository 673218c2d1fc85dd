"""The unit is asked on day 5 until when its data are known: whom, when, only once, and never as if it were late."""

from typing import Any

import pytest

from accounts import reminding
from accounts.models import Account, Membership, Role, Unit
from filings.tasks import remind as the_task
from tests.accounts.activity import known, post, recompute, service, watched
from tests.factories import at, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of)


def asks(now: str) -> set[int]:
    return set(Account.objects.filter(reminding.asked(at(now))).values_list("pk", flat=True))


# --- who is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        ("2026-11-19 23:59", False),
        ("2026-11-20 00:00", True),  # day 5 after the 15th begins
        ("2026-11-22 23:59", True),
        ("2026-11-23 00:00", False),  # due: from here on 数据待确认
    ],
)
def test_from_day_5_until_the_update_is_due(now: str, asked: bool) -> None:
    row = watched("2026-11-01")
    post(row, "2026-11-15 10:00")
    known(row, posts="2026-11-15 10:00")
    assert asks(now) == ({row.pk} if asked else set())


@pytest.mark.parametrize(
    ("until", "asked"),
    [(None, True), ("2026-11-19 23:59", True), ("2026-11-20 00:00", False), ("2026-11-21 08:00", False)],
)
def test_only_where_the_data_end_before_day_5(until: str | None, asked: bool) -> None:
    row = watched("2026-11-15")
    known(row, posts=until)
    assert asks("2026-11-21 09:00") == ({row.pk} if asked else set())


@pytest.mark.parametrize(("now", "asked"), [("2026-11-27 23:59", False), ("2026-11-28 00:00", True)])
def test_a_service_account_is_asked_as_long_before_the_end_of_its_month(now: str, asked: bool) -> None:
    row = service("2026-11-01")
    assert row.next_update_due_at == at("2026-12-01 00:00")
    assert asks(now) == ({row.pk} if asked else set())


def test_an_account_that_is_not_watched_is_not_asked_for() -> None:
    row = watched("2026-11-15")
    Account.objects.filter(pk=row.pk).update(state="closed", next_update_due_at=None)
    assert asks("2026-11-21 09:00") == set()


# --- the notice -----------------------------------------------------------------------------------------------------


def told(now: str) -> list[tuple[int, str]]:
    """The notices after the morning's run, and after it ran twice."""
    reminding.remind(at(now))
    reminding.remind(at(now))
    return list(Notice.objects.order_by("pk").values_list("user", "text"))


def test_the_operators_are_asked_politely_and_once(of: Unit, operator: User) -> None:
    row = watched("2026-11-01", unit=of, name="示例发布")
    post(row, "2026-11-15 10:00")
    known(row, posts="2026-11-15 10:00")
    for role in (Role.LEADER, Role.PARENT):
        user(role, of)
    gone, off = user(Role.OPERATOR, of), user(Role.OPERATOR, of)
    Membership.objects.filter(user=gone).update(to_date="2026-11-01")
    User.objects.filter(pk=off.pk).update(is_active=False)
    user(Role.OPERATOR, unit())
    ask = "发布过的请登记，没有发布的请安排更新，或确认数据截至现在。"
    text = f"{row}应于 2026-11-22 24:00 前更新，数据只到 2026-11-15 10:00。{ask}"
    assert told("2026-11-19 09:00") == []
    assert told("2026-11-20 09:00") == [(operator.pk, text)]
    assert told("2026-11-23 09:00") == [(operator.pk, text)]
    assert Notice.objects.get().link == "/activity/"
    assert "逾期" not in text


def test_another_due_time_is_another_notice(of: Unit, operator: User) -> None:
    row = watched("2026-11-15", unit=of)
    assert len(told("2026-11-20 09:00")) == 1
    gone = post(row, "2026-11-17 10:00")
    assert len(told("2026-11-20 09:00")) == 1  # due on 11-24 24:00: not yet
    assert len(told("2026-11-24 09:00")) == 2
    gone.delete()
    recompute(row)
    assert len(told("2026-11-23 09:00")) == 2  # the due time of the first notice


@pytest.mark.parametrize(
    ("watched_from", "now", "notices"),
    [
        ("2026-11-14", "2026-11-19 09:00", 1),
        ("2026-11-16", "2026-11-21 09:00", 0),  # day 5 is a Saturday: nobody is told
        ("2026-11-16", "2026-11-23 09:00", 1),  # on Monday, the last day
        ("2026-11-14", "2026-11-23 09:00", 1),  # due on Saturday 24:00: after the last run, so still told
        ("2026-11-13", "2026-11-23 09:00", 0),  # due on Friday 24:00: the run of that morning has told it
        ("2026-09-26", "2026-10-08 09:00", 1),  # due on 10-03, in the holidays of 国庆
    ],
)
def test_on_working_days_only_and_nothing_of_the_holidays_is_lost(
    of: Unit, operator: User, watched_from: str, now: str, notices: int
) -> None:
    watched(watched_from, unit=of)
    assert len(told(now)) == notices


def test_many_accounts_cost_as_many_queries_as_one(of: Unit, operator: User, django_assert_num_queries: Any) -> None:
    for n in range(12):
        watched("2026-11-15", unit=of if n % 2 else unit(), name=f"示例{n}")
    for place in Unit.objects.exclude(pk=of.pk):
        user(Role.OPERATOR, place)
    with django_assert_num_queries(5):  # the calendar (2), accounts, operators, notices
        reminding.remind(at("2026-11-20 09:00"))
    assert Notice.objects.count() == 12


def test_the_run_of_the_morning_asks_too(of: Unit, operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The task that reminds of filings, by the database's clock."""
    asked = []
    monkeypatch.setattr(reminding, "remind", asked.append)
    before = db_now()
    the_task()
    (now,) = asked
    assert before <= now <= db_now()
