"""The same thing typed twice on two forms: by a colleague, or by one who forgot. It counts once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import activity
from accounts.models import Account, Message, Publication, Role, Unit
from tests.accounts.activity import post, question
from tests.factories import NOW, account, at, platform, user
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TWICE = "这一分钟已登记过同样的一条，不用再登记。"


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of)


@pytest.fixture
def on(of: Unit) -> Account:
    return account(of, now=at("2026-10-01 08:00"))


@pytest.mark.parametrize("title", ["示例通知", ""])
def test_the_same_title_in_the_same_minute_is_refused(on: Account, of: Unit, operator: User, title: str) -> None:
    minute = NOW - 10 * MINUTE
    activity.publish(on.pk, title=title, published_at=minute, by=operator, now=NOW, token="one")
    with pytest.raises(WrongState, match=TWICE):
        activity.publish(
            on.pk, title=title, published_at=minute + 59 * SECOND, by=user(Role.OPERATOR, of), now=NOW, token="two"
        )
    assert Publication.objects.count() == 1


@pytest.mark.parametrize(
    ("title", "later"), [("示例通知", MINUTE), ("示例公告", 0 * MINUTE), ("", 0 * MINUTE), ("示例通知", -SECOND)]
)
def test_another_title_or_minute_is_another_post(on: Account, operator: User, title: str, later: timedelta) -> None:
    minute = NOW - 10 * MINUTE
    activity.publish(on.pk, title="示例通知", published_at=minute, by=operator, now=NOW, token="one")
    activity.publish(on.pk, title=title, published_at=minute + later, by=operator, now=NOW, token="two")
    assert Publication.objects.count() == 2


def test_what_was_imported_removed_or_is_of_another_account_does_not_stand_in_the_way(
    on: Account, of: Unit, operator: User
) -> None:
    when = NOW - 10 * MINUTE
    post(on, when, title="示例通知")
    first = activity.publish(on.pk, title="示例通知", published_at=when, by=operator, now=NOW, token="one")
    activity.remove(first.pk, by=operator, now=NOW)
    activity.publish(on.pk, title="示例通知", published_at=when, by=operator, now=NOW, token="two")
    other = account(of, now=at("2026-10-01 08:00"), platform=platform("weibo"))
    activity.publish(other.pk, title="示例通知", published_at=when, by=operator, now=NOW, token="three")
    assert Publication.objects.count() == 4


def test_the_same_question_in_the_same_minute_is_refused(on: Account, of: Unit, operator: User) -> None:
    asked: dict[str, Any] = {"body": "几点开门", "asked_at": NOW - MINUTE}
    activity.ask(on.pk, **asked, by=operator, now=NOW, token="one")
    with pytest.raises(WrongState, match=TWICE):
        activity.ask(on.pk, **asked, by=user(Role.OPERATOR, of), now=NOW, token="two")
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"body": "几点关门"}, {"kind": "complaint"}, {"asked_at": NOW - 2 * MINUTE}, {"body": ""}]
)
def test_other_words_another_kind_or_minute_is_another_question(
    on: Account, operator: User, other: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {"body": "几点开门", "asked_at": NOW - MINUTE}
    question(on, NOW - MINUTE, body="几点开门")  # imported
    activity.ask(on.pk, **asked, by=operator, now=NOW, token="one")
    activity.ask(on.pk, **asked | other, by=operator, now=NOW, token="two")
    assert Message.objects.count() == 3


def test_the_form_says_so_and_keeps_what_was_typed(client: Client, on: Account, operator: User) -> None:
    client.force_login(operator)
    data = {"title": "示例通知", "when": "at", "published_at": "2026-11-20T10:00", "token": "one"}
    client.post(f"/accounts/{on.pk}/publish/", data)
    answer = client.post(f"/accounts/{on.pk}/publish/", data | {"token": "two"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert TWICE in text
    assert 'value="示例通知"' in text
    assert Publication.objects.count() == 1
