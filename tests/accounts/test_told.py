"""What is said after an act names the account with its platform: two of one name are told apart by it."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts import activity
from accounts.flags import run_rule
from accounts.models import Account, Flag, Message, Publication, Role, Unit
from accounts.rules import RULES
from tests.factories import account, at, platform, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMED = "“示例发布（新浪微博）”"


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of)


@pytest.fixture
def on(of: Unit) -> Account:
    account(of, name="示例发布", now=at("2026-10-01 08:00"))
    return account(of, name="示例发布", now=at("2026-10-01 08:00"), platform=platform("weibo"))


def told(client: Client, url: str, **data: str) -> str:
    return client.post(url, {"when": "now", **data}, follow=True).content.decode()


def test_recording_names_the_account_with_its_platform(client: Client, on: Account, operator: User) -> None:
    client.force_login(operator)
    assert f"{NAMED}已登记发布《示例通知》。" in told(client, f"/accounts/{on.pk}/publish/", title="示例通知")
    assert f"{NAMED}已登记留言。" in told(client, f"/accounts/{on.pk}/ask/", kind="inquiry")
    page = f"/messages/{Message.objects.get().pk}/"
    assert f"{NAMED}已登记回复，" in told(client, f"{page}reply/")
    assert f"{NAMED}已撤销登记的回复。" in told(client, f"{page}unreply/")
    assert f"{NAMED}的留言类型已改为求助。" in told(client, f"{page}kind/", kind="help")
    assert f"{NAMED}已登记网民撤回或删除，" in told(client, f"{page}withdraw/")
    assert f"{NAMED}的数据已确认截至" in told(client, f"/accounts/{on.pk}/confirm/")
    post = Publication.objects.get()
    assert f"{NAMED}已登记删除。" in told(client, f"/publications/{post.pk}/remove/")
    assert f"{NAMED}已恢复，" in told(client, f"/publications/{post.pk}/restore/")


def test_a_removal_that_makes_it_overdue_says_so(client: Client, on: Account, operator: User) -> None:
    now = db_now()
    for ago in (30 * DAY, DAY):
        row = activity.publish(on.pk, title="示例通知", published_at=now - ago, by=operator, now=now)
    client.force_login(operator)
    text = told(client, f"/publications/{row.pk}/remove/")
    on.refresh_from_db()
    assert on.next_update_due_at is not None
    assert f"最近一次发布计算：{due24(on.next_update_due_at)} 前，已逾期，请尽快更新。" in text
    client.post(f"/publications/{row.pk}/restore/")
    activity.publish(on.pk, title="示例公告", published_at=now - HOUR, by=operator, now=now)
    text = told(client, f"/publications/{row.pk}/remove/")
    assert "最近一次发布计算" in text
    assert "前，已逾期，请尽快更新" not in text


def test_a_waiver_names_the_account_with_its_platform(client: Client, on: Account, operator: User) -> None:
    now = db_now()
    activity.ask(on.pk, asked_at=now - 30 * HOUR, by=operator, now=now)
    run_rule(next(rule for rule in RULES if rule.code == "slow_reply"), now)
    client.force_login(user(Role.SUPERVISOR))
    text = told(client, f"/flags/{Flag.objects.get().pk}/waive/", reason="平台故障")
    assert f"{NAMED}的预警“超 24 小时未回复”已免于追究" in text
