"""The page behind a one-time link: open to whoever holds it, spends nothing when opened, signs in when used."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import invitations
from accounts.models import Role
from tests.factories import user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Invitation, User

pytestmark = pytest.mark.django_db

GOOD = "钟楼-Tulou-8842-x"


@pytest.fixture
def person() -> User:
    made = user(Role.OPERATOR, name="示例张三")
    made.set_unusable_password()
    made.save()
    return made


def link(person: User) -> str:
    _, token = invitations.make(person.pk, by=user(Role.ADMIN), now=db_now())
    return reverse("invite", args=[token])


def test_who_has_no_password_cannot_sign_in_until_the_link_is_used(person: User, client: Client, axes: None) -> None:
    url = link(person)
    signing = {"username": person.username, "password": GOOD}
    assert client.post("/login/", signing).status_code == 422
    for _ in range(2):  # opening it, as a preview of the message does, spends nothing
        assert person.name in client.get(url).content.decode()
    answer = client.post(url, {"password": GOOD, "again": GOOD}, follow=True)
    text = answer.content.decode()
    assert f"密码已设好，已为您登录。以后用用户名“{person.username}”" in text
    assert answer.context["user"] == person
    assert client.session["signed_in_at"]
    assert Client().post("/login/", signing).status_code == 302


def test_a_password_that_does_not_do_is_told_and_not_shown_again(person: User, client: Client) -> None:
    url = link(person)
    for password, again, sentence in (
        ("", "", "请填写新密码"),
        (GOOD, "", "请再输一次新密码"),
        (GOOD, GOOD + "x", "两次输入的密码不一样"),
        ("short", "short", "密码至少 12 位"),
        ("908172635467", "908172635467", "密码不能全是数字"),
    ):
        answer = client.post(url, {"password": password, "again": again})
        text = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in text
        assert not password or f'value="{password}"' not in text
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_a_link_that_does_not_work_is_told_in_plain_words(person: User) -> None:
    used, now = link(person), db_now()
    Client().post(used, {"password": GOOD, "again": GOOD})
    expired = link(person)
    Invitation.objects.filter(user=person, used_at=None).update(expires_at=now)
    withdrawn = link(person)
    link(person)
    for url, status, sentence in (
        (used, 409, "已经用过，只能用一次"),
        (expired, 409, "链接已过期"),
        (withdrawn, 409, "链接已作废"),
        (reverse("invite", args=["x" * 43]), 404, "链接不完整，或者已经失效"),
    ):
        for method in ("get", "post"):
            answer = getattr(Client(), method)(url, {"password": GOOD, "again": GOOD})
            assert answer.status_code == status
            assert sentence in answer.content.decode()


def test_whoever_else_was_signed_in_here_is_signed_out(person: User, client: Client) -> None:
    client.force_login(user(Role.ADMIN))
    answer = client.post(link(person), {"password": GOOD, "again": GOOD}, follow=True)
    assert answer.context["user"] == person
