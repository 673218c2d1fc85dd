"""Who is asked for the quarter's confirmation, on which mornings, and only once for each."""

from datetime import date
from typing import Any

import pytest

from accounts import quarter, quarter_reminding
from accounts.models import Account, Membership, Role, Unit
from accounts.quarter import Quarter
from filings.tasks import remind as the_task
from tests.factories import account, at, unit, user
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.models import Notice, Setting, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of)


@pytest.fixture
def row(of: Unit) -> Account:
    return account(of, now=at("2026-01-04 09:00"))


def told(now: str) -> int:
    """How many notices there are after the morning's run, and after it ran twice."""
    quarter_reminding.remind(at(now))
    quarter_reminding.remind(at(now))
    return Notice.objects.count()


@pytest.mark.parametrize(
    ("this", "days"),
    [
        (Quarter(2026, 1), ["2026-01-04", "2026-01-12", "2026-01-15"]),  # 元旦 until the 3rd, 4 January made up for
        (Quarter(2026, 2), ["2026-04-01", "2026-04-10", "2026-04-15"]),  # 12 April is a Sunday: the Friday before
        (Quarter(2026, 3), ["2026-07-01", "2026-07-10", "2026-07-15"]),  # 12 July is a Sunday
        (Quarter(2026, 4), ["2026-10-08", "2026-10-12", "2026-10-15"]),  # 国庆 until the 7th
    ],
)
def test_the_three_days(this: Quarter, days: list[str]) -> None:
    found = quarter_reminding.days(this, this.last_day(), Calendar.load())
    assert [f"{day}" for day in found] == days


def test_the_operators_are_asked_three_times_and_then_left_alone(of: Unit, row: Account, operator: User) -> None:
    gone, off = user(Role.OPERATOR, of), user(Role.OPERATOR, of)
    Membership.objects.filter(user=gone).update(to_date="2026-09-30")
    User.objects.filter(pk=off.pk).update(is_active=False)
    user(Role.LEADER, of)
    user(Role.OPERATOR, unit())  # whose unit has no account
    mornings = ["2026-10-01", "2026-10-07", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12", "2026-10-13"]
    mornings += ["2026-10-15", "2026-10-16", "2026-11-24"]
    assert [told(f"{day} 09:00") for day in mornings] == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]
    assert set(Notice.objects.values_list("user", "link")) == {(operator.pk, "/quarter/")}
    first, last = Notice.objects.earliest("pk").text, Notice.objects.latest("pk").text
    ask = f"核对{of.name}的 1 个账号，没有变化就按“全部属实”（2026年第四季度）。"
    assert (first, last) == (f"请在 2026-10-15 24:00 前{ask}", f"请在今天 24:00 前{ask}")


def test_a_morning_that_was_missed_is_made_up_for(of: Unit, row: Account, operator: User) -> None:
    assert told("2026-10-09 09:00") == 1
    assert told("2026-10-14 09:00") == 2


def test_who_has_confirmed_is_not_asked(of: Unit, row: Account, operator: User) -> None:
    now = at("2026-10-08 08:30")
    seen = quarter.read(of, now)
    quarter.confirm(of.pk, quarter="2026Q4", digest=seen.digest, shown=seen.text, by=operator, now=now)
    assert told("2026-10-08 09:00") == 0


def test_days_that_end_within_the_holidays_still_have_one_morning(of: Unit, row: Account, operator: User) -> None:
    Setting.objects.create(key="confirm_days", from_date=date(2026, 9, 1), value=3)
    assert [told(f"2026-10-{day} 09:00") for day in ("03", "08", "09")] == [0, 1, 1]
    assert Notice.objects.get().text.startswith("请在今天核对")


def test_two_units_of_one_person_are_two_notices_and_many_cost_no_more(
    of: Unit, row: Account, operator: User, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        Membership.objects.create(user=operator, unit=account(unit()).unit, role=Role.OPERATOR)
    with django_assert_num_queries(6):  # the calendar (2), the setting, units, operators, notices
        quarter_reminding.remind(at("2026-10-08 09:00"))
    assert Notice.objects.filter(user=operator).count() == 6


def test_of_a_unit_merged_away_the_receiving_one_is_asked(of: Unit, operator: User) -> None:
    old = unit(status="merged", merged_into=of)
    user(Role.OPERATOR, old)
    account(old, now=at("2026-01-04 09:00"))
    assert told("2026-10-08 09:00") == 1
    assert Notice.objects.get().user == operator


def test_the_run_of_the_morning_asks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(quarter_reminding, "remind", asked.append)
    the_task()
    assert len(asked) == 1
