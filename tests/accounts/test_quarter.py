"""季度确认: which quarter, until when, what exactly is declared true, and that nothing else is."""

from datetime import date
from typing import Any

import pytest

from accounts import custodians, outsourcing, quarter
from accounts.models import Account, Confirmation, Custodian, Membership, Role, Unit
from accounts.models.unit import Scope
from accounts.quarter import Quarter, read
from tests.factories import NOW, account, at, opening, platform, unit, user
from zhonglou_media.core import events
from zhonglou_media.core.errors import Difference, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Setting, User

pytestmark = pytest.mark.django_db

THIS = "2026Q4"


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of, "示例张三")


@pytest.fixture
def row(of: Unit) -> Account:
    return account(of, name="示例发布", custodian="示例李四", custodian_phone="0519-88880001")


def confirm(of: Unit, by: User, *, now: Any = NOW, seen: quarter.Sheet | None = None, key: str = THIS) -> Confirmation:
    seen = seen or read(of, now)
    return quarter.confirm(of.pk, quarter=key, digest=seen.digest, shown=seen.text, by=by, now=now)


# --- which quarter --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "key", "label", "start", "next_key"),
    [
        ("2026-01-01 00:00", "2026Q1", "2026年第一季度", "2026-01-01", "2026Q2"),
        ("2026-03-31 23:59:59", "2026Q1", "2026年第一季度", "2026-01-01", "2026Q2"),
        ("2026-04-01 00:00", "2026Q2", "2026年第二季度", "2026-04-01", "2026Q3"),
        ("2026-07-01 07:59", "2026Q3", "2026年第三季度", "2026-07-01", "2026Q4"),  # still June in Greenwich
        ("2026-12-31 23:59:59.999999", "2026Q4", "2026年第四季度", "2026-10-01", "2027Q1"),
        ("2027-01-01 00:00", "2027Q1", "2027年第一季度", "2027-01-01", "2027Q2"),
    ],
)
def test_the_quarter_is_that_of_the_day_in_shanghai(
    moment: str, key: str, label: str, start: str, next_key: str
) -> None:
    this = Quarter.of(at(moment))
    assert (this.key, this.label, f"{this.start}", this.next.key) == (key, label, start, next_key)


def test_it_is_due_after_the_days_that_held_on_its_first_day() -> None:
    assert Quarter(2026, 4).due() == at("2026-10-16 00:00")  # 15 days: 10-01 to 10-15
    Setting.objects.create(key="confirm_days", from_date=date(2026, 10, 2), value=30)
    assert Quarter(2026, 4).due() == at("2026-10-16 00:00")
    assert Quarter(2027, 1).due() == at("2027-01-31 00:00")


def test_who_must_confirm(of: Unit, operator: User, row: Account) -> None:
    unit()  # has no account
    account(unit(scope=Scope.GUIDED))
    Account.objects.filter(pk=account(unit()).pk).update(state="cancelled", next_update_due_at=None)
    Account.objects.filter(pk=account(unit()).pk).update(state="closed", next_update_due_at=None)
    merged = account(unit(), platform=platform("weibo")).unit
    other = account(unit()).unit
    confirm(of, operator)
    Unit.objects.filter(pk=merged.pk).update(status="merged", merged_into=of)  # after the receiving one has confirmed
    heir = User.objects.get(pk=operator.pk)
    merged.refresh_from_db()
    assert set(quarter.waiting(Quarter(2026, 4))) == {other, merged}
    assert [str(member.user) for member in read(merged, NOW).contacts] == ["示例张三"]
    confirm(merged, heir)
    assert set(quarter.waiting(Quarter(2026, 4))) == {other}
    assert set(quarter.waiting(Quarter(2027, 1))) == {of, other, merged}
    Account.objects.filter(unit=merged).update(unit=of)  # gone over
    assert set(quarter.waiting(Quarter(2027, 1))) == {of, other}


# --- what is shown --------------------------------------------------------------------------------------------------


def test_a_sheet_costs_as_much_for_many_accounts(of: Unit, row: Account, django_assert_num_queries: Any) -> None:
    for n in range(6):
        account(of, name=f"示例{n}", same_platform_reason="示例", custodian="示例")
    with django_assert_num_queries(4):
        assert len(read(of, NOW).lines) == 7


def test_every_account_that_is_not_gone_stands_on_it(of: Unit, row: Account) -> None:
    for state, n in (("closed", 1), ("cancelled", 2), ("void", 3)):
        made = account(of, name=f"示例{n}", same_platform_reason="示例")
        Account.objects.filter(pk=made.pk).update(state=state, next_update_due_at=None)
    account(of, name="示例9", found=True, same_platform_reason="示例")
    assert {line.account.name for line in read(of, NOW).lines} == {"示例发布", "示例1", "示例9"}


def test_the_same_facts_have_the_same_digest_and_it_is_that_of_the_text(of: Unit, row: Account, operator: User) -> None:
    sheet = read(of, NOW)
    assert sheet.digest == read(of, at("2026-11-25 09:00")).digest == events.sm3(sheet.text)


def changes(of: Unit, row: Account, operator: User) -> dict[str, Any]:
    by: dict[str, Any] = {"by": operator, "now": NOW}
    agreed = {"vendor": "示例传媒", "reviewer": "孙七", "nda": True, "starts_on": date(2026, 11, 1), "ends_on": None}
    return {
        "账号名称": lambda: Account.objects.filter(pk=row.pk).update(name="示例新名"),
        "状态": lambda: Account.objects.filter(pk=row.pk).update(state="closing"),
        "简介": lambda: Account.objects.filter(pk=row.pk).update(intro="新的"),
        # the last four digits are the same
        "现任管理人员": lambda: Custodian.objects.filter(account=row).update(phone="139-0000-0001"),
        "委托运维": lambda: outsourcing.begin(row.pk, **agreed, **by),
        "填报员": lambda: User.objects.filter(pk=operator.pk).update(phone="0519-1"),
        "单位主要领导": lambda: user(Role.LEADER, of, "示例王五"),
    }


@pytest.mark.parametrize("what", ["账号名称", "状态", "简介", "现任管理人员", "委托运维", "填报员", "单位主要领导"])
def test_whatever_changes_behind_the_page_is_refused_and_named(
    what: str, of: Unit, row: Account, operator: User
) -> None:
    seen = read(of, NOW)
    changes(of, row, operator)[what]()
    with pytest.raises(StaleReading) as refused:
        confirm(of, operator, seen=seen)
    (difference,) = refused.value.difference
    assert what in difference.label
    assert difference.old != difference.new
    assert not Confirmation.objects.exists()
    assert Account.objects.get(pk=row.pk).confirmed_on is None
    confirm(of, operator)  # having seen it


def test_an_account_that_came_meanwhile_is_named_too(of: Unit, row: Account, operator: User) -> None:
    seen = read(of, NOW)
    account(of, name="示例视频", same_platform_reason="示例")
    with pytest.raises(StaleReading) as refused:
        confirm(of, operator, seen=seen)
    assert Difference("“示例视频（抖音）”账号名称", "（没有）", "示例视频") in refused.value.difference


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"unit": 1}', '{"unit": "", "contacts": [1], "accounts": []}'])
def test_what_no_page_of_ours_sent_is_refused_all_the_same(of: Unit, row: Account, operator: User, text: str) -> None:
    with pytest.raises(StaleReading) as refused:
        quarter.confirm(of.pk, quarter=THIS, digest=events.sm3(text), shown=text, by=operator, now=NOW)
    assert refused.value.difference == []


# --- 全部属实 -------------------------------------------------------------------------------------------------------


def test_a_confirmation_keeps_what_was_shown_without_phones(of: Unit, row: Account, operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(phone="13900001234")
    opening("leader_review")  # of another unit
    seen = read(of, NOW)
    made = confirm(of, operator)
    assert (made.quarter, made.digest, made.by, made.at) == (THIS, seen.digest, operator, NOW)
    assert made.shown["contacts"] == [{"name": "示例张三", "role": "填报员", "phone": "尾号1234"}]
    (kept,) = made.shown["accounts"]
    assert kept["custodian"]["phone"] == kept["facts"]["custodian_phone"] == "尾号0001"
    assert "88880001" not in quarter.canonical(made.shown)
    assert f"{Account.objects.get(pk=row.pk).confirmed_on}" == "2026-11-24"
    event = Event.objects.get(verb="confirm_quarter")
    assert (event.subject_kind, event.subject_id, event.role) == ("unit", of.pk, "operator")
    assert (event.digest, event.detail) == (made.digest, {"quarter": THIS, "accounts": [row.pk]})


def test_pressed_twice_it_is_confirmed_once(of: Unit, row: Account, operator: User) -> None:
    seen = read(of, NOW)
    assert confirm(of, operator, seen=seen) == confirm(of, operator, seen=seen, now=at("2026-11-24 14:06"))
    assert Event.objects.filter(verb="confirm_quarter").count() == 1


def test_a_colleague_learns_who_was_first(of: Unit, row: Account, operator: User) -> None:
    colleague = user(Role.OPERATOR, of)
    confirm(of, operator)
    with pytest.raises(WrongState, match="已由示例张三于 2026-11-24 14:05 确认") as refused:
        confirm(of, colleague)
    assert (refused.value.by, refused.value.at) == (operator, NOW)


def test_a_page_of_the_last_quarter_does_not_confirm_this_one(of: Unit, row: Account, operator: User) -> None:
    seen = read(of, at("2026-12-31 23:59"))
    with pytest.raises(WrongState, match="现在已是2027年第一季度"):
        confirm(of, operator, seen=seen, now=at("2027-01-01 00:00"))
    confirm(of, operator, key="2027Q1", now=at("2027-01-01 00:00"))


def test_a_unit_without_accounts_has_nothing_to_confirm(of: Unit, operator: User) -> None:
    with pytest.raises(Refused, match="没有账号，不用确认"):
        confirm(of, operator)


def test_only_an_operator_of_the_unit_confirms(of: Unit, row: Account, operator: User) -> None:
    gone = user(Role.OPERATOR, of)
    Membership.objects.filter(user=gone).update(to_date="2026-01-31")
    for somebody in (user(Role.LEADER, of), user(Role.OPERATOR, unit()), user(Role.SUPERVISOR), gone):
        with pytest.raises(NotAllowed):
            confirm(of, somebody)


def test_a_custodian_of_another_day_is_another_content(of: Unit, row: Account, operator: User) -> None:
    """Who leaves on a coming day keeps the account until then, and the page of the day before no longer holds."""
    custodians.leave(row.pk, to_date=date(2026, 11, 24), by=operator, now=NOW)
    seen = read(of, NOW)
    with pytest.raises(StaleReading):
        confirm(of, operator, seen=seen, now=at("2026-11-25 00:00"))
