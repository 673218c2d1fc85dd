"""Who keeps an account's password, from when to when, and since when nobody does (第十八条)."""

from datetime import date
from typing import Any

import pytest

from accounts import custodians, lifecycle
from accounts.models import Account, Custodian, Origin, Role, Unit
from filings.models import OpeningDetails
from tests.factories import NOW, Cast, account, at, opening, platform, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, WrongState
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db

NOW_DAY = date(2026, 11, 24)


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of)


def day(text: str) -> date:
    return date.fromisoformat(text)


def held(row: Account) -> list[tuple[str, str, str]]:
    return [
        (c.name, f"{c.from_date}", f"{c.to_date or ''}")
        for c in Custodian.objects.filter(account=row).order_by("from_date", "pk")
    ]


def since(row: Account) -> Any:
    return Account.objects.values_list("no_custodian_since", flat=True).get(pk=row.pk)


def make(of: Unit, **fields: Any) -> Account:
    """An account of the baseline, watched since 2026-11-01."""
    return account(of, now=at("2026-11-01 09:00"), **{"custodian": "", **fields})


# --- what a filing or a list says -----------------------------------------------------------------------------------


def test_an_account_that_comes_in_without_a_custodian_has_none_since_it_is_watched(of: Unit) -> None:
    row = make(of)
    assert (held(row), since(row)) == ([], at("2026-11-01 00:00"))


def test_one_that_names_him_has_him_from_that_day_on(of: Unit) -> None:
    row = make(of, custodian="示例张三", custodian_phone="0519-1")
    assert (held(row), since(row)) == ([("示例张三", "2026-11-01", "")], None)
    assert Custodian.objects.get().phone == "0519-1"


def test_what_was_only_found_has_no_filed_custodian(of: Unit) -> None:
    row = account(of, found=True, custodian="示例张三")
    assert (held(row), since(row)) == ([], None)


def test_many_accounts_cost_two_statements_more(django_assert_max_num_queries: Any, of: Unit) -> None:
    rows = [
        Account(unit=of, platform=platform("weibo"), name=f"示例{n}", uid=f"u{n}", same_platform_reason="示例",
                custodian="示例张三" if n % 2 else "")
        for n in range(40)
    ]  # fmt: skip
    with django_assert_max_num_queries(8):
        lifecycle.register(rows, origin=Origin.BASELINE, now=NOW)
    assert Custodian.objects.count() == 20
    assert Account.objects.filter(no_custodian_since=at("2026-11-24 00:00")).count() == 20


def test_a_completed_opening_names_its_custodian_or_says_that_there_is_none() -> None:
    named = opening("completed", custodian="示例李四", custodian_phone="0519-22222222").account
    nobody = opening("completed", Cast()).account
    assert (held(named), since(named)) == ([("示例李四", "2026-11-24", "")], None)
    assert (held(nobody), since(nobody)) == ([], at("2026-11-24 00:00"))
    assert OpeningDetails.objects.count() == 2


def test_another_name_ends_the_former_and_another_phone_only_corrects(of: Unit) -> None:
    row = make(of, custodian="示例张三", custodian_phone="1")
    row.custodian_phone = "2"
    custodians.follow(row, NOW)
    assert (held(row), Custodian.objects.get().phone) == ([("示例张三", "2026-11-01", "")], "2")
    row.custodian = "示例李四"
    custodians.follow(row, NOW)
    custodians.follow(row, NOW)  # once more changes nothing
    assert held(row) == [("示例张三", "2026-11-01", "2026-11-23"), ("示例李四", "2026-11-24", "")]
    row.custodian = "示例王五"  # on the same day
    custodians.follow(row, NOW)
    assert held(row)[1:] == [("示例李四", "2026-11-24", "2026-11-24"), ("示例王五", "2026-11-24", "")]


def test_a_filing_that_names_nobody_leaves_who_keeps_it(of: Unit, operator: User) -> None:
    row = make(of)
    custodians.name(row.pk, name="示例张三", phone="", from_date=NOW_DAY, by=operator, now=NOW)
    custodians.follow(Account.objects.get(pk=row.pk), NOW)
    assert (held(row), since(row)) == ([("示例张三", "2026-11-24", "")], None)


def test_a_new_custodian_ends_that_nobody_was_named(of: Unit) -> None:
    row = make(of)
    row.custodian = "示例张三"
    custodians.follow(row, NOW)
    assert (row.no_custodian_since, since(row)) == (None, None)


# --- 到任, 离任 -----------------------------------------------------------------------------------------------------


def test_a_change_of_hands_is_recorded_at_once_and_leaves_the_filed_field(of: Unit, operator: User) -> None:
    row = make(of, custodian="示例张三")
    custodians.name(row.pk, name=" 示例李四 ", phone="139", from_date=day("2026-11-20"), by=operator, now=NOW)
    assert held(row) == [("示例张三", "2026-11-01", "2026-11-19"), ("示例李四", "2026-11-20", "")]
    assert Account.objects.get(pk=row.pk).custodian == "示例张三"
    event = Event.objects.get(verb="custodian_named")
    assert event.detail == {"name": "示例李四", "from": "2026-11-20", "was": "示例张三"}  # no phone in the history
    assert (event.subject_id, event.actor, event.role) == (row.pk, operator, "operator")


@pytest.mark.parametrize(
    ("left", "nobody_since"),
    [
        ("2026-11-20", "2026-11-21 00:00"),  # his last day is his
        ("2026-11-24", "2026-11-25 00:00"),  # today: from tomorrow on
        ("2026-12-31", "2027-01-01 00:00"),  # said in good time
        ("2026-11-01", "2026-11-02 00:00"),  # the day he came
    ],
)
def test_who_leaves_is_gone_from_the_next_day_on(of: Unit, operator: User, left: str, nobody_since: str) -> None:
    row = make(of, custodian="示例张三")
    custodians.leave(row.pk, to_date=day(left), by=operator, now=NOW)
    assert (held(row), since(row)) == ([("示例张三", "2026-11-01", left)], at(nobody_since))
    assert Event.objects.get(verb="custodian_left").detail == {"name": "示例张三", "to": left}


def test_a_successor_ends_it_also_one_who_comes_right_after_a_coming_day(of: Unit, operator: User) -> None:
    row = make(of, custodian="示例张三")
    custodians.leave(row.pk, to_date=day("2026-11-30"), by=operator, now=NOW)
    custodians.name(row.pk, name="示例李四", phone="", from_date=day("2026-12-01"), by=operator, now=NOW)
    assert since(row) is None
    rows = list(Custodian.objects.all())
    names = [keeper.name for d in (30, 31) if (keeper := custodians.current(rows, date(2026, 11, 1) + (d - 1) * ONE))]
    assert names == ["示例张三", "示例李四"]


ONE = custodians.ONE_DAY


@pytest.mark.parametrize(
    ("name", "from_date", "field", "says"),
    [
        ("", "2026-11-24", "name", "请填写管理人员姓名"),
        ("示例李四", "2026-11-25", "from_date", "到任日期不能晚于今天"),
        ("示例李四", "2026-10-31", "from_date", "前任 示例张三 2026-11-01 才到任"),
    ],
)
def test_who_cannot_have_come_then(of: Unit, operator: User, name: str, from_date: str, field: str, says: str) -> None:
    row = make(of, custodian="示例张三")
    with pytest.raises(Incomplete) as refused:
        custodians.name(row.pk, name=name, phone="", from_date=day(from_date), by=operator, now=NOW)
    assert says in refused.value.errors[field][0]
    assert held(row) == [("示例张三", "2026-11-01", "")]
    assert not Event.objects.exists()


@pytest.mark.parametrize(("left", "says"), [("2026-10-31", "不能早于这一天"), ("2027-02-23", "最多提前 90 天")])
def test_a_day_on_which_nobody_can_have_left(of: Unit, operator: User, left: str, says: str) -> None:
    row = make(of, custodian="示例张三")
    with pytest.raises(Incomplete) as refused:
        custodians.leave(row.pk, to_date=day(left), by=operator, now=NOW)
    assert says in refused.value.errors["to_date"][0]


def test_a_second_press_says_or_changes_nothing(of: Unit, operator: User) -> None:
    row = make(of, custodian="示例张三")
    custodians.name(row.pk, name="示例李四", phone="1", from_date=NOW_DAY, by=operator, now=NOW)
    custodians.name(row.pk, name="示例李四", phone="1", from_date=NOW_DAY, by=operator, now=NOW)
    assert Event.objects.count() == 1
    custodians.name(row.pk, name="示例李四", phone="2", from_date=NOW_DAY, by=operator, now=NOW)
    assert list(Event.objects.order_by("seq").values_list("verb", flat=True)) == ["custodian_named", "custodian_phone"]
    assert Custodian.objects.get(name="示例李四").phone == "2"
    custodians.leave(row.pk, to_date=NOW_DAY, by=operator, now=NOW)
    with pytest.raises(WrongState, match="没有在任的管理人员"):
        custodians.leave(row.pk, to_date=NOW_DAY, by=operator, now=NOW)


def test_only_an_operator_of_its_unit_and_only_while_the_account_stands(of: Unit, operator: User) -> None:
    row = make(of)
    for somebody in (user(Role.LEADER, of), user(Role.OPERATOR, unit()), user(Role.SUPERVISOR)):
        with pytest.raises(NotAllowed):
            custodians.name(row.pk, name="示例", phone="", from_date=NOW_DAY, by=somebody, now=NOW)
    Account.objects.filter(pk=row.pk).update(state="cancelled", next_update_due_at=None)
    with pytest.raises(WrongState, match="已注销，不再登记人员"):
        custodians.name(row.pk, name="示例", phone="", from_date=NOW_DAY, by=operator, now=NOW)
