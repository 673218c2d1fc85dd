"""A wrong address or a foreign object: the portal's own page, also while it is developed."""

import pytest
from django.test import Client, override_settings

from accounts.models import Role
from tests.factories import opening, unit, user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("address", ["/no/such/page/", "/filings/999999/", "/filings/{foreign}/", "/filings/abc/"])
def test_it_is_told_in_our_words(debug: bool, address: str, client: Client) -> None:
    client.force_login(user(Role.OPERATOR))
    with override_settings(DEBUG=debug):
        answer = client.get(address.format(foreign=opening().pk))
    assert answer.status_code == 404
    assert "没有找到这一页" in answer.content.decode()
    assert "URLconf" not in answer.content.decode()


def test_a_missing_slash_is_still_added(client: Client) -> None:
    with override_settings(DEBUG=True):
        answer = client.get("/help")
    assert (answer.status_code, answer["Location"]) == (301, "/help/")


@pytest.mark.parametrize(
    ("role", "said", "unsaid"),
    [
        (Role.OPERATOR, "导入账号台账由区政府办公室经办、区政府办公室负责人办理。", "其他单位的备案或账号"),
        (Role.OFFICER, "您能办理和查阅的都在左边的导航里", "区政府办公室更新"),
        (Role.ADMIN, "您能办理和查阅的都在左边的导航里", "区政府办公室更新"),
        (None, "登记任职", "只能看本单位"),
    ],
)
def test_who_may_not_is_told_whom_to_ask(role: Role | None, said: str, unsaid: str, client: Client) -> None:
    client.force_login(user(role))
    answer = client.get("/accounts/import/" if role not in (Role.OFFICER, Role.ADMIN) else "/filings/new/")
    text = answer.content.decode()
    assert answer.status_code == 403
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("role", "address", "said"),
    [
        (Role.LEADER, "/activity/", "登记发布和留言由填报员办理。"),
        (Role.ADMIN, "/filings/", "可以查阅备案的有填报员、单位主要领导、"),
        (Role.AUDITOR, "/thresholds/", "修改本区设定由区政府办公室负责人办理。"),
    ],
)
def test_a_page_of_another_role_says_whose_it_is(role: Role, address: str, said: str, client: Client) -> None:
    client.force_login(user(role, unit()))
    answer = client.get(address)
    assert answer.status_code == 403
    assert said in answer.content.decode()
    assert "单位用户只能看本单位" not in answer.content.decode()


def test_what_is_out_of_sight_is_not_called_a_filing(client: Client) -> None:
    client.force_login(user(Role.OPERATOR, unit()))
    text = client.get("/jobs/999999/").content.decode()
    assert "这一页的内容不在您能看的范围里" in text
    assert "这件备案" not in text
