"""A wrong address or a foreign object: the portal's own page, also while it is developed."""

import pytest
from django.test import Client, override_settings

from accounts.models import Role
from tests.factories import opening, user

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
        (Role.OPERATOR, "单位用户只能看本单位的备案和账号", "左边的导航"),
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
