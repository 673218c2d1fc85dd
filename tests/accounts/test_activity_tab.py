"""The tab 发布与留言 of an account: what it shows, to whom, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import activity
from accounts.models import Account, Publication, Role, Unit
from accounts.models.activity import Source
from tests.accounts.recording import asked, text_of
from tests.factories import account, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def operator(of: Unit, client: Client) -> User:
    person = user(Role.OPERATOR, of)
    client.force_login(person)
    return person


@pytest.fixture
def on(of: Unit) -> Account:
    return account(of, name="示例发布", now=db_now() - 30 * DAY)


# --- the tab --------------------------------------------------------------------------------------------------------


def test_the_tab_shows_publications_newest_first_by_pages(client: Client, operator: User, on: Account) -> None:
    now = db_now()
    for number in range(27):
        activity.publish(on.pk, title=f"第{number}条。", published_at=now - number * HOUR, by=operator, now=now)
    text = text_of(client, f"/accounts/{on.pk}/activity/")
    assert "发布 27" in text
    assert text.index("第0条。") < text.index("第24条。")
    assert "第25条。" not in text
    assert "第26条。" in text_of(client, f"/accounts/{on.pk}/activity/?page=2")
    assert "手工登记" in text


@pytest.mark.parametrize(
    ("show", "there", "not_there"),
    [
        ("unanswered", ["没回的问题", "没回的建议"], ["回了的问题", "撤了的问题"]),
        ("answered", ["回了的问题", "超时回复"], ["没回的问题", "撤了的问题"]),
        ("messages", ["没回的问题", "没回的建议", "回了的问题", "撤了的问题"], []),
        ("nonsense", ["还没有发布记录"], []),
    ],
)
def test_questions_by_what_became_of_them(
    client: Client, operator: User, on: Account, show: str, there: list[str], not_there: list[str]
) -> None:
    asked(on, operator, HOUR, body="没回的问题")
    asked(on, operator, HOUR, body="没回的建议", kind="suggestion")
    asked(on, operator, 40 * HOUR, body="回了的问题", replied_at=db_now() - HOUR)
    activity.withdraw_message(asked(on, operator, HOUR, body="撤了的问题").pk, by=operator, now=db_now())
    text = text_of(client, f"/accounts/{on.pk}/activity/?show={show}")
    assert "未回复的留言 2" in text
    for words in there:
        assert words in text
    for words in not_there:
        assert words not in text


def test_who_reads_the_tab_and_who_gets_buttons(client: Client, operator: User, on: Account, of: Unit) -> None:
    asked(on, operator, HOUR, body="几点开门")
    address = f"/accounts/{on.pk}/activity/?show=messages"
    assert "登记发布</a>" in text_of(client, address)
    for role in (Role.LEADER, Role.OFFICER, Role.AUDITOR):
        client.force_login(user(role, of if role == Role.LEADER else None))
        text = text_of(client, address)
        assert "几点开门" in text
        assert "登记发布</a>" not in text
        assert "回复、改类型" not in text
    client.force_login(user(Role.ADMIN))
    text_of(client, address, status=403)
    assert "几点开门" not in text_of(client, f"/accounts/{on.pk}/")
    client.force_login(user(Role.OPERATOR, unit()))
    text_of(client, address, status=404)


def test_the_parent_reads_and_does_not_record(client: Client, on: Account, of: Unit) -> None:
    of.parent = unit()
    of.save()
    client.force_login(user(Role.OPERATOR, of.parent))
    text_of(client, f"/accounts/{on.pk}/activity/")
    assert "须由填报员办理" in text_of(client, f"/accounts/{on.pk}/publish/", status=403)


def test_the_number_of_queries_of_the_tab_does_not_grow(client: Client, operator: User, on: Account) -> None:
    def counted(show: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/accounts/{on.pk}/activity/?show={show}")
        return len(queries)

    def rows(first: int, last: int) -> None:
        now = db_now()
        for n in range(first, last):
            Publication.objects.create(account=on, external_id=f"p{n}", published_at=now, source=Source.IMPORT)
            asked(on, operator, n * MINUTE)

    rows(0, 1)
    client.get(f"/accounts/{on.pk}/activity/")
    few = [counted("posts"), counted("messages")]
    rows(1, 9)
    assert few == [counted("posts"), counted("messages")]
    assert max(few) <= 26
