"""Contracts of 委托运维, and since when one is not in order (第十九条)."""

from datetime import date
from typing import Any

import pytest

from accounts import outsourcing
from accounts.models import Account, Outsourcing, Role
from tests.factories import NOW, Cast, at, opening, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, WrongState
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db

GOOD: dict[str, Any] = {
    "vendor": "示例传媒",
    "reviewer": "示例孙七",
    "nda": True,
    "starts_on": date(2026, 11, 1),
    "ends_on": date(2027, 10, 31),
}


@pytest.fixture
def operator(one: Account) -> User:
    return user(Role.OPERATOR, one.unit)


@pytest.mark.parametrize(
    ("facts", "lapses"),
    [
        ({}, "2027-11-01 00:00"),  # 24:00 of the contract's last day
        ({"ends_on": None}, None),
        ({"reviewer": ""}, "2026-11-01 00:00"),
        ({"nda": False}, "2026-11-01 00:00"),
        ({"nda": False, "ends_on": None}, "2026-11-01 00:00"),
        ({"reviewer": "", "ends_on": date(2026, 11, 1)}, "2026-11-01 00:00"),
        ({"ends_on": date(2026, 11, 1)}, "2026-11-02 00:00"),
        ({"ended_on": date(2026, 12, 1)}, None),
        ({"reviewer": "", "nda": False, "ended_on": date(2026, 12, 1)}, None),
    ],
)
def test_when_it_lapses(facts: dict[str, Any], lapses: str | None) -> None:
    row = Outsourcing(**GOOD | facts)
    assert outsourcing.lapses_at(row) == (at(lapses) if lapses else None)


def test_a_contract_begins_is_mended_and_ends(one: Account, operator: User) -> None:
    row = outsourcing.begin(one.pk, **GOOD | {"reviewer": " "}, by=operator, now=NOW)
    assert row.lapses_at == at("2026-11-01 00:00")
    outsourcing.amend(one.pk, row.pk, **GOOD, by=operator, now=NOW)
    outsourcing.amend(one.pk, row.pk, **GOOD, by=operator, now=NOW)  # a second press
    row.refresh_from_db()
    assert row.lapses_at == at("2027-11-01 00:00")
    outsourcing.end(one.pk, row.pk, ended_on=date(2026, 11, 24), by=operator, now=NOW)
    row.refresh_from_db()
    assert (row.lapses_at, f"{row.ended_on}") == (None, "2026-11-24")
    events = Event.objects.order_by("seq")
    assert [e.verb for e in events] == ["outsourcing_begun", "outsourcing_amended", "outsourcing_ended"]
    assert events[1].detail["was"]["reviewer"] == ""
    again = outsourcing.begin(one.pk, **GOOD | {"vendor": "示例科技"}, by=operator, now=NOW)
    assert outsourcing.current(one) == again


def test_one_stands_at_a_time_and_what_has_ended_is_not_mended(one: Account, operator: User) -> None:
    row = outsourcing.begin(one.pk, **GOOD, by=operator, now=NOW)
    with pytest.raises(WrongState, match="已登记委托示例传媒运维"):
        outsourcing.begin(one.pk, **GOOD, by=operator, now=NOW)
    outsourcing.end(one.pk, row.pk, ended_on=date(2026, 11, 24), by=operator, now=NOW)
    for act in (outsourcing.amend, outsourcing.end):
        facts: dict[str, Any] = GOOD if act == outsourcing.amend else {"ended_on": date(2026, 11, 24)}
        with pytest.raises(WrongState, match="已经停止"):
            act(one.pk, row.pk, **facts, by=operator, now=NOW)


@pytest.mark.parametrize(
    ("facts", "field", "says"),
    [
        ({"vendor": " "}, "vendor", "请填写运维单位"),
        ({"ends_on": date(2026, 10, 31)}, "ends_on", "不能早于开始日"),
    ],
)
def test_a_contract_that_cannot_be(one: Account, operator: User, facts: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(Incomplete) as refused:
        outsourcing.begin(one.pk, **GOOD | facts, by=operator, now=NOW)
    assert says in refused.value.errors[field][0]


@pytest.mark.parametrize(("on", "says"), [("2026-11-25", "不能晚于今天"), ("2026-10-31", "不能早于合同开始")])
def test_a_day_on_which_it_cannot_have_ended(one: Account, operator: User, on: str, says: str) -> None:
    row = outsourcing.begin(one.pk, **GOOD, by=operator, now=NOW)
    with pytest.raises(Incomplete) as refused:
        outsourcing.end(one.pk, row.pk, ended_on=date.fromisoformat(on), by=operator, now=NOW)
    assert says in refused.value.errors["ended_on"][0]


def test_only_an_operator_of_its_unit_and_only_while_the_account_stands(one: Account, operator: User) -> None:
    for somebody in (user(Role.LEADER, one.unit), user(Role.OPERATOR, unit()), user(Role.OFFICER)):
        with pytest.raises(NotAllowed):
            outsourcing.begin(one.pk, **GOOD, by=somebody, now=NOW)
    Account.objects.filter(pk=one.pk).update(state="void", next_update_due_at=None)
    with pytest.raises(WrongState, match="作废，不再登记委托运维"):
        outsourcing.begin(one.pk, **GOOD, by=operator, now=NOW)


# --- what a filing says ---------------------------------------------------------------------------------------------


def test_a_completed_filing_brings_the_contract_up_to_date_or_ends_another(one: Account) -> None:
    facts = {"reviewer": "示例孙七", "nda": True, "starts_on": date(2026, 11, 24), "ends_on": date(2027, 6, 30)}
    first = outsourcing.from_opening(one, vendor="示例传媒", **facts | {"nda": False})  # type: ignore[arg-type]
    assert first.lapses_at == at("2026-11-24 00:00")
    assert outsourcing.from_opening(one, vendor="示例传媒", **facts).pk == first.pk  # type: ignore[arg-type]
    other = outsourcing.from_opening(one, vendor="示例科技", **facts)  # type: ignore[arg-type]
    rows = [(row.vendor, f"{row.ended_on or ''}", row.lapses_at) for row in Outsourcing.objects.order_by("pk")]
    assert rows == [("示例传媒", "2026-11-24", None), ("示例科技", "", at("2027-07-01 00:00"))]
    assert outsourcing.current(one) == other


def test_an_opening_by_which_somebody_else_runs_it_has_its_contract_once_completed() -> None:
    said = {"operation_mode": "outsourced", "vendor": "示例传媒", "vendor_until": "2027-06-30", "vendor_nda": True}
    row = Outsourcing.objects.get(account=opening("completed", Cast(), final_reviewer="示例终审", **said).account)
    assert (row.vendor, row.reviewer, row.nda) == ("示例传媒", "示例终审", True)
    assert (f"{row.starts_on}", f"{row.ends_on}") == ("2026-11-24", "2027-06-30")
    opening("completed", Cast(), operation_mode="self")
    assert Outsourcing.objects.count() == 1
