"""The tab 人员 of an account: who sees what, what is typed is kept, and what each act says."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, Custodian, Membership, Outsourcing, Role, Unit
from tests.factories import account, at, unit, user
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

TODAY = {"from_date": "2026-11-01"}
TERMS = {"vendor": "示例传媒", "reviewer": "示例孙七", "nda": "on", "starts_on": "2026-11-01", "ends_on": "2030-10-31"}


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of)


@pytest.fixture
def page(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def row(of: Unit) -> Account:
    known = {"custodian": "示例张三", "custodian_phone": "0519-88880001"}
    return account(of, now=at("2026-11-01 09:00"), name="示例发布", **known)


def post(page: Client, of: Account, act: str, **data: str) -> Any:
    return page.post(f"/accounts/{of.pk}/people/{act}", data)


def test_custodians_and_contracts_stand_with_their_history(page: Client, row: Account) -> None:
    Custodian.objects.update(to_date=date(2026, 11, 9))
    Custodian.objects.create(account=row, name="示例李四", from_date=date(2026, 11, 10))
    Outsourcing.objects.create(account=row, vendor="示例科技", starts_on=date(2026, 1, 1), ended_on=date(2026, 6, 1))
    Outsourcing.objects.create(account=row, vendor="示例传媒", starts_on=date(2026, 7, 1))
    shown = page.get(f"/accounts/{row.pk}/people/").content.decode()
    for words in (
        "现由示例李四管理",
        "2026-11-09",
        "0519-88880001",
        "登记的管理人员是示例李四，备案的是示例张三",
        "办理变更报备",
        "委托示例传媒运维",
        "还不合规：没有本单位内容审核人，没有签订保密协议。",
        "2026-06-01 停止",
    ):
        assert words in shown


def test_each_act_records_and_says_what_comes_next(page: Client, row: Account) -> None:
    today = day_of(db_now()).isoformat()
    steps: list[tuple[str, dict[str, str], str]] = [
        ("custodian/", {"name": "示例李四", "from_date": "2026-11-10"}, "备案的管理员不同，请办理变更报备"),
        ("leave/", {"to_date": today}, "请登记接任的管理人员，更换密码，并办理变更报备"),
        ("outsourcing/", TERMS | {"reviewer": ""}, "还不合规：没有本单位内容审核人"),
    ]
    for act, data, says in steps:
        answer = page.post(f"/accounts/{row.pk}/people/{act}", data, follow=True)
        assert answer.status_code == 200
        assert says in answer.content.decode()
    contract = Outsourcing.objects.get()
    post(page, row, "outsourcing/", row=str(contract.pk), **TERMS)
    assert Outsourcing.objects.get().reviewer == "示例孙七"
    post(page, row, "outsourcing/end/", row=str(contract.pk), ended_on=today)
    assert Outsourcing.objects.get().ended_on is not None
    shown = page.get(f"/accounts/{row.pk}/people/").content.decode()
    for words in ("登记管理人员：示例李四自 2026-11-10 到任", "更正委托运维：", "停止委托示例传媒运维"):
        assert words in shown


@pytest.mark.parametrize(
    ("act", "data", "kept", "says"),
    [
        ("custodian/", {"name": "示例李四", "from_date": "2026-13-40"}, "2026-13-40", "没有“2026-13-40”这一天"),
        ("custodian/", {"name": "", "from_date": "2026-11-10"}, "2026-11-10", "请填写姓名"),
        ("custodian/", {"name": "示例李四", "from_date": "2031-01-01"}, "2031-01-01", "到任日期不能晚于今天"),
        ("leave/", {"to_date": "2026-10-01"}, "2026-10-01", "离任日期不能早于这一天"),
        ("outsourcing/", TERMS | {"ends_on": "2020-01-01"}, "2020-01-01", "合同到期日不能早于开始日"),
    ],
)
def test_what_was_typed_stays_and_the_field_is_named(
    page: Client, row: Account, act: str, data: dict[str, str], kept: str, says: str
) -> None:
    answer = post(page, row, act, **data)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert says in shown
    assert f'value="{kept}"' in shown
    assert Custodian.objects.get().to_date is None
    assert not Outsourcing.objects.exists()


def test_what_somebody_was_faster_to_do_is_told(page: Client, row: Account) -> None:
    assert post(page, row, "leave/", to_date="2026-11-20").status_code == 302
    assert post(page, row, "leave/", to_date="2026-11-20").status_code == 409
    assert post(page, row, "outsourcing/end/", row="999", ended_on="2026-11-20").status_code == 409
    assert post(page, row, "outsourcing/end/", row="x", ended_on="2026-11-20").status_code == 409


def test_it_leads_back_to_the_page_it_was_opened_from_but_never_elsewhere(page: Client, row: Account) -> None:
    form = {"name": "示例李四", "from_date": "2026-11-10"}
    assert post(page, row, "custodian/", next="/quarter/", **form)["Location"] == "/quarter/"
    assert post(page, row, "custodian/", next="//example.invalid/", **form)["Location"].endswith("/people/")
    assert "example.invalid" not in page.get(f"/accounts/{row.pk}/people/?next=//example.invalid/").content.decode()


@pytest.mark.parametrize(
    ("role", "own", "sees"),
    [
        (Role.OPERATOR, True, True),
        (Role.LEADER, True, True),
        (Role.OFFICER, False, True),
        (Role.SUPERVISOR, False, True),
        (Role.AUDITOR, False, False),
        (Role.ADMIN, False, False),
        (Role.PARENT, True, False),
    ],
)
def test_phones_are_shown_to_the_unit_and_the_office_only(
    client: Client, row: Account, of: Unit, role: Role, own: bool, sees: bool
) -> None:
    somebody = user(role, of if own else unit())
    client.force_login(somebody)
    for path in ("people/", ""):
        shown = client.get(f"/accounts/{row.pk}/{path}").content.decode()
        assert ("0519-88880001" in shown) is sees, path
        assert "示例张三" in shown
    assert ("登记离任" in client.get(f"/accounts/{row.pk}/people/").content.decode()) is (role == Role.OPERATOR)


def test_a_parent_reads_a_child_without_its_phones(client: Client, row: Account, of: Unit) -> None:
    of.parent = unit()
    of.save()
    parent = user(Role.OPERATOR, of.parent)
    client.force_login(parent)
    assert "0519-88880001" not in client.get(f"/accounts/{row.pk}/people/").content.decode()
    assert post(client, row, "custodian/", name="示例", **TODAY).status_code == 403
    assert Membership.objects.filter(user=parent).count() == 1


def test_a_long_history_costs_no_more(page: Client, row: Account, django_assert_max_num_queries: Any) -> None:
    for n in range(1, 20):
        assert post(page, row, "custodian/", name=f"示例{n}", from_date="2026-11-10").status_code == 302
    page.get("/quarter/")
    with django_assert_max_num_queries(14):
        page.get(f"/accounts/{row.pk}/people/")
