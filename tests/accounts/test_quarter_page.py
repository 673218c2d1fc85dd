"""The pages of 季度确认: what the operator sees and presses, and who has and has not, for those who read it."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import quarter
from accounts.models import Account, Confirmation, Membership, Role, Unit
from accounts.quarter import Quarter
from tests.factories import account, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Event, Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of, "示例张三")


@pytest.fixture
def page(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def row(of: Unit) -> Account:
    return account(of, name="示例“发布”", custodian="示例李四", custodian_phone="0519-88880001", now=db_now())


def hidden(shown: str, of: Unit) -> dict[str, str]:
    """What the dialog of 全部属实 sends."""
    (form,) = re.findall(rf'action="/quarter/{of.pk}/confirm/">(.*?)</form>', shown, re.DOTALL)
    return {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


def test_all_stands_on_one_page_and_one_press_confirms_it(page: Client, of: Unit, row: Account) -> None:
    this = Quarter.of(db_now())
    shown = page.get("/quarter/").content.decode()
    for words in (
        "请核对1个账号、1名联系人",
        "0519-88880001",
        "示例李四",
        f"确认{of.name}的1个账号、1名联系人全部属实？",
    ):
        assert words in shown
    answer = page.post(f"/quarter/{of.pk}/confirm/", hidden(shown, of), follow=True)
    told = answer.content.decode()
    assert f"{of.name}{this.label}的信息已确认属实" in told
    assert f"下一次在{this.next.label}" in told
    assert "已由示例张三于" in told
    assert "/confirm/" not in told
    assert Confirmation.objects.get().quarter == this.key
    Account.objects.update(intro="后来改的")
    assert "确认以后，内容又有改动" in page.get("/quarter/").content.decode()


def test_what_changed_behind_the_page_is_shown_beside_what_stood(page: Client, of: Unit, row: Account) -> None:
    sent = hidden(page.get("/quarter/").content.decode(), of)
    Account.objects.filter(pk=row.pk).update(leader_in_charge="示例赵六")
    answer = page.post(f"/quarter/{of.pk}/confirm/", sent)
    assert answer.status_code == 409
    shown = answer.content.decode()
    for words in ("您看过以后内容有了改动", "您看过以后的改动", "“示例“发布”（抖音）”分管领导", "（未填）", "示例赵六"):
        assert words in shown
    assert not Confirmation.objects.exists()
    page.post(f"/quarter/{of.pk}/confirm/", hidden(shown, of))
    assert Confirmation.objects.exists()


def test_pressed_twice_it_says_the_same(page: Client, of: Unit, row: Account) -> None:
    sent = hidden(page.get("/quarter/").content.decode(), of)
    answers = [page.post(f"/quarter/{of.pk}/confirm/", sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Confirmation.objects.count() == 1


def test_doubtful_lines_are_marked_and_named_before_the_press(page: Client, of: Unit, row: Account) -> None:
    account(of, name="示例视频", same_platform_reason="示例", custodian="", now=db_now())
    shown = page.get("/quarter/").content.decode()
    assert "2个可能有变" in shown  # neither has data
    assert shown.count('class="is-doubt"') == 2
    assert shown.count("没有登记在任的管理人员") == 2  # at the line and in the dialog


def test_each_line_starts_a_change_from_what_is_wrong(page: Client, of: Unit, row: Account) -> None:
    Account.objects.filter(pk=row.pk).update(custodian="示例王五")
    found = account(of, name="示例发现", found=True, same_platform_reason="示例", now=db_now())
    shown = page.get("/quarter/").content.decode()
    (form,) = re.findall(r'action="/filings/open/change/">(.*?)</form>', shown, re.DOTALL)
    assert f'name="account" value="{row.pk}"' in form
    assert re.findall(r'<option value="(\w+)" selected>', form) == ["custodian"]
    assert {"name", "uid", "avatar", "unit", "purpose"} <= set(re.findall(r'<option value="(\w+)"', form))
    assert f"wrong-{found.pk}" not in shown  # no change of what is not filed
    assert f"/accounts/{found.pk}/people/?next=/quarter/" in shown


def test_a_unit_without_accounts_is_asked_nothing(page: Client, of: Unit) -> None:
    shown = page.get("/quarter/").content.decode()
    assert "不用确认" in shown
    assert "本单位没有账号" in shown
    digest = {"quarter": Quarter.of(db_now()).key, "digest": "", "shown": ""}
    assert page.post(f"/quarter/{of.pk}/confirm/", digest).status_code == 422


def test_each_unit_of_a_person_is_confirmed_by_itself(page: Client, of: Unit, row: Account, operator: User) -> None:
    other = account(unit(), name="示例别处", now=db_now())
    Membership.objects.create(user=operator, unit=other.unit, role=Role.OPERATOR)
    shown = page.get("/quarter/").content.decode()
    assert "请核对2个账号" in shown
    page.post(f"/quarter/{other.unit_id}/confirm/", hidden(shown, other.unit))
    assert [row.unit for row in Confirmation.objects.all()] == [other.unit]
    assert "请核对1个账号" in page.get("/quarter/").content.decode()
    assert page.post(f"/quarter/{unit().pk}/confirm/", {}).status_code == 404


def test_the_receiving_unit_confirms_what_has_not_gone_over(page: Client, of: Unit, row: Account) -> None:
    old = unit("示例撤销局", status="merged", merged_into=of)
    account(old, name="示例还没有转来")
    shown = page.get("/quarter/").content.decode()
    assert "示例还没有转来" in shown
    assert f"示例撤销局已并入{of.name}" in shown
    page.post(f"/quarter/{old.pk}/confirm/", hidden(shown, old))
    assert Confirmation.objects.get().unit == old


def test_the_page_costs_as_much_for_many_accounts(
    page: Client, of: Unit, row: Account, django_assert_max_num_queries: Any
) -> None:
    for n in range(10):
        account(of, name=f"示例{n}", same_platform_reason="示例", custodian="示例", now=db_now())
    page.get("/quarter/")
    with django_assert_max_num_queries(18):
        page.get("/quarter/")


def test_it_stands_among_what_is_to_do_until_it_is_done(page: Client, of: Unit, row: Account, operator: User) -> None:
    this = Quarter.of(db_now())
    assert f"{this.label}的账号信息待确认" in page.get("/").content.decode()
    page.post(f"/quarter/{of.pk}/confirm/", hidden(page.get("/quarter/").content.decode(), of))
    assert "账号信息待确认" not in page.get("/").content.decode()


def test_once_late_it_counts_as_late_and_stands_by_its_due_day(
    page: Client, of: Unit, row: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quarter, "due", lambda this: db_now() - timedelta(days=44))
    shown = page.get("/").content.decode()
    assert "件已逾期" in shown
    assert "已逾期 44 天" in shown


def test_a_contact_without_a_phone_is_marked(page: Client, of: Unit, row: Account, operator: User) -> None:
    marked = "没有登记电话，请告知系统管理员"
    assert marked in page.get("/quarter/").content.decode()
    User.objects.filter(pk=operator.pk).update(phone="0519-88880009")
    assert marked not in page.get("/quarter/").content.decode()


# --- who has, who has not -------------------------------------------------------------------------------------------


def units_shown(shown: str) -> list[str]:
    return re.findall(r'zl-rowlink" href="/units/\d+/">([^<]+)<', shown)


def test_the_office_sees_who_has_not_first_and_sorts(client: Client, of: Unit, row: Account, operator: User) -> None:
    for name, n in (("示例乙局", 3), ("示例丙镇", 2)):
        other = unit(name)
        for _ in range(n):
            account(other, same_platform_reason="示例", now=db_now())
    unit("示例没有账号")
    now = db_now()
    seen = quarter.read(of, now)
    quarter.confirm(of.pk, quarter=Quarter.of(now).key, digest=seen.digest, shown=seen.text, by=operator, now=now)
    client.force_login(user(Role.OFFICER))
    shown = client.get("/quarter/overview/").content.decode()
    assert "3个单位" in shown
    assert "2个还没有确认" in shown
    assert units_shown(shown)[-1] == of.name
    assert "示例张三" in shown
    by_number = units_shown(client.get("/quarter/overview/?sort=-accounts").content.decode())
    assert by_number == ["示例乙局", "示例丙镇", of.name]
    assert units_shown(client.get("/quarter/overview/?sort=at").content.decode())[-1] == of.name
    assert of.name not in units_shown(client.get("/quarter/overview/?show=waiting").content.decode())
    assert units_shown(client.get("/quarter/overview/?quarter=1999Q9&sort=x").content.decode()) != []


def test_a_unit_reads_its_own_and_its_children_and_past_quarters_stand(
    page: Client, of: Unit, row: Account, operator: User
) -> None:
    account(unit(parent=of, name="示例下属"), now=db_now())
    account(unit("示例别的"), now=db_now())
    past = {"digest": "0", "shown": {}, "by": operator, "at": db_now()}
    Confirmation.objects.create(unit=of, quarter="2021Q2", **past)
    shown = page.get("/quarter/overview/").content.decode()
    assert set(units_shown(shown)) == {of.name, "示例下属"}
    assert "2021年第二季度" in shown
    old = page.get("/quarter/overview/?quarter=2021Q2").content.decode()
    assert "没有确认" in old
    assert "1个还没有确认" in old


def test_the_office_sees_who_owes_it_and_urges_once_a_day(
    client: Client, of: Unit, row: Account, operator: User
) -> None:
    User.objects.filter(pk=operator.pk).update(phone="0519-88880009")
    client.force_login(user(Role.AUDITOR))
    shown = client.get("/quarter/overview/").content.decode()
    assert ("示例张三" in shown, "0519-88880009" in shown, "催办" in shown) == (True, False, False)
    client.force_login(user(Role.OFFICER))
    assert "0519-88880009" in client.get("/quarter/overview/").content.decode()
    told = client.post(f"/quarter/{of.pk}/urge/", follow=True).content.decode()
    assert f"已催办{of.name}，通知了 1 名填报员" in told
    assert "今天已催办过" in client.post(f"/quarter/{of.pk}/urge/", follow=True).content.decode()
    assert Notice.objects.get().user == operator
    assert Event.objects.get().verb == "urge_quarter"


def test_what_was_confirmed_can_be_read(page: Client, of: Unit, row: Account, operator: User) -> None:
    page.post(f"/quarter/{of.pk}/confirm/", hidden(page.get("/quarter/").content.decode(), of))
    Account.objects.update(name="后来改的")
    address = f"/confirmations/{Confirmation.objects.get().pk}/"
    assert address in page.get("/quarter/").content.decode()
    shown = page.get(address).content.decode()
    for said in ("确认1个账号全部属实", "示例“发布”（抖音）", "示例李四，电话 尾号0001", "示例张三"):
        assert said in shown
    page.force_login(user(Role.OFFICER))
    assert address in page.get("/quarter/overview/").content.decode()
    assert page.post(f"/quarter/{of.pk}/urge/", follow=True).content.decode().count("不用催办") == 1


def test_many_units_cost_as_many_queries_as_one(client: Client, django_assert_max_num_queries: Any) -> None:
    client.force_login(user(Role.AUDITOR))
    for _ in range(8):
        account(unit(), now=db_now())
    with django_assert_max_num_queries(17):
        client.get("/quarter/overview/")
