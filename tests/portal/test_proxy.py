"""Behind a reverse proxy the sign-in is locked for one address, not for the whole district; nobody chooses his own."""

from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.factories import user
from zhonglou_media.portal.proxy import client_address

PASSWORD = "Zhonglou-test-2026"
PROXY = "127.0.0.1"


def seen(peer: str, told: str | None) -> str:
    headers = {"X-Forwarded-For": told} if told is not None else {}
    return client_address(RequestFactory().get("/login/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.parametrize(
    ("trusted", "peer", "told", "address"),
    [
        ("", PROXY, "10.1.1.1", PROXY),  # no proxy is named: nobody's header counts
        (PROXY, PROXY, "10.1.1.1", "10.1.1.1"),
        (PROXY, PROXY, "1.2.3.4, 10.1.1.1", "10.1.1.1"),  # what the client claimed stands before
        (PROXY, PROXY, "2001:db8::1", "2001:db8::1"),
        (PROXY, "10.9.9.9", "10.1.1.1", "10.9.9.9"),  # past the proxy
        (PROXY, PROXY, "unknown", PROXY),
        (PROXY, PROXY, "", PROXY),
        (PROXY, PROXY, None, PROXY),
    ],
)
def test_the_address_is_the_one_the_proxy_saw(
    settings: Any, trusted: str, peer: str, told: str | None, address: str
) -> None:
    settings.TRUSTED_PROXY = trusted
    assert seen(peer, told) == address


def tries(name: str, password: str, at: str) -> int:
    fields = {"username": name, "password": password}
    return Client(REMOTE_ADDR=PROXY).post("/login/", fields, headers={"X-Forwarded-For": at}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize(("trusted", "elsewhere"), [(PROXY, 302), ("", 429)])
def test_wrong_passwords_from_one_desk_lock_that_desk(settings: Any, axes: None, trusted: str, elsewhere: int) -> None:
    settings.TRUSTED_PROXY = trusted
    person = user()
    person.set_password(PASSWORD)
    person.save()
    assert [tries(person.username, "wrong", at="10.1.1.1") for _ in range(5)] == [422] * 4 + [429]
    assert tries(person.username, PASSWORD, at="10.1.1.1") == 429
    assert tries(person.username, PASSWORD, at="10.2.2.2") == elsewhere
