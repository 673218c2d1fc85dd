"""季度确认 among what a unit has to do: until when, and that it stays after that day, late, until it is done."""

import pytest

from accounts import quarter
from accounts.models import Role
from tests.factories import account, at, unit, user
from zhonglou_media.portal.unit_todos import UnitTodo, unit_todos

pytestmark = pytest.mark.django_db


def asked(units: list[int], now: str) -> list[UnitTodo]:
    return [todo for todo in unit_todos(units, at(now)) if todo.url == "/quarter/"]


def test_it_is_asked_for_with_its_day_until_it_is_done() -> None:
    of = unit()
    account(of, now=at("2026-09-01 09:00"))
    (todo,) = asked([of.pk], "2026-10-01 00:00")
    assert (todo.title, todo.due) == ("2026年第四季度的账号信息待确认", at("2026-10-16 00:00"))
    (todo,) = asked([of.pk], "2026-10-15 23:59")
    assert (todo.ends_on(at("2026-10-15 23:59")), todo.is_over(at("2026-10-15 23:59"))) == (False, False)
    (todo,) = asked([of.pk], "2026-10-16 00:00")  # the day is over, what is asked is not
    assert (todo.due, todo.is_over(at("2026-10-16 00:00"))) == (at("2026-10-16 00:00"), True)
    assert "应于 10-15 24:00 前确认" in todo.why
    now = at("2026-10-16 09:00")
    by = user(Role.OPERATOR, of)
    seen = quarter.read(of, now)
    quarter.confirm(of.pk, quarter="2026Q4", digest=seen.digest, shown=seen.text, by=by, now=now)
    assert asked([of.pk], "2026-12-31 23:59") == []
    assert len(asked([of.pk], "2027-01-01 00:00")) == 1


def test_several_units_are_one_row_and_one_without_accounts_none() -> None:
    first, second = account().unit, account().unit
    (todo,) = asked([first.pk, second.pk, unit().pk], "2026-11-24 14:05")
    assert todo.title == "2026年第四季度的账号信息待确认（2个单位）"
    assert asked([unit().pk], "2026-11-24 14:05") == []
