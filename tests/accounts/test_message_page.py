"""The page of one 留言: what 改类型 means is said before it is pressed, and what stays of an earlier kind."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts import activity, wording
from accounts.flags import run_rule
from accounts.models import Account, Flag, Message, Role, Unit
from accounts.rules import RULES
from accounts.views import trail
from tests.accounts.activity import question
from tests.factories import NOW, account, at, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KEPT = "改类型前已逾期，期限保留"
AT_ONCE = "这一条会立即逾期"


@pytest.fixture
def operator(of: Unit, client: Client) -> User:
    person = user(Role.OPERATOR, of, name="示例登记人")
    client.force_login(person)
    return person


@pytest.fixture
def on(of: Unit) -> Account:
    return account(of, name="示例发布", now=at("2026-10-01 08:00"))


def asked(on: Account, by: User, ago: timedelta, kind: str = "suggestion") -> Message:
    now = db_now()
    return activity.ask(on.pk, kind=kind, asked_at=now - ago, body="示例留言", by=by, now=now)


def test_an_old_one_becomes_an_inquiry_only_after_it_was_said_and_asked(
    client: Client, on: Account, operator: User
) -> None:
    row = asked(on, operator, 30 * HOUR)
    page, said = f"/messages/{row.pk}/", f"{AT_ONCE}（应于 {due24(row.asked_at + 24 * HOUR)} 前回复）"
    assert said in client.get(page).content.decode()
    answer = client.post(f"{page}kind/", {"kind": "inquiry"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "改为咨询后，这一条会立即逾期" in text
    assert "仍改为咨询" in text
    row.refresh_from_db()
    assert (row.kind, row.reply_due_at) == ("suggestion", None)

    answer = client.post(f"{page}kind/", {"kind": "inquiry", "overdue": "1"}, follow=True)
    assert "类型已改为咨询。" in answer.content.decode()
    row.refresh_from_db()
    assert (row.kind, row.reply_due_at) == ("inquiry", row.asked_at + 24 * HOUR)


@pytest.mark.parametrize(
    ("was", "ago", "to"),
    [("suggestion", 1, "inquiry"), ("suggestion", 30, "complaint"), ("inquiry", 30, "help")],
)
def test_nothing_is_asked_where_nothing_becomes_overdue(
    client: Client, on: Account, operator: User, was: str, ago: int, to: str
) -> None:
    row = asked(on, operator, ago * HOUR, was)
    if (was, ago) != ("suggestion", 30):
        assert AT_ONCE not in client.get(f"/messages/{row.pk}/").content.decode()
    assert client.post(f"/messages/{row.pk}/kind/", {"kind": to}).status_code == 302
    row.refresh_from_db()
    assert row.kind == to


def test_one_that_kept_its_due_time_goes_back_unasked(client: Client, on: Account, operator: User) -> None:
    row = asked(on, operator, 30 * HOUR, "inquiry")
    client.post(f"/messages/{row.pk}/kind/", {"kind": "help"})
    assert client.post(f"/messages/{row.pk}/kind/", {"kind": "inquiry"}).status_code == 302


def test_a_kept_due_time_is_not_told_as_that_of_an_inquiry(client: Client, on: Account, operator: User) -> None:
    row = asked(on, operator, 30 * HOUR, "inquiry")
    page = f"/messages/{row.pk}/"
    before = client.get(page).content.decode()
    assert KEPT not in before
    assert "第十五条" in before
    answer = client.post(f"{page}kind/", {"kind": "help"}, follow=True)
    assert f"类型已改为求助。{KEPT}。" in answer.content.decode()
    text = client.get(page).content.decode()
    assert KEPT in text
    assert "第十五条" not in text
    for listed in (f"/accounts/{on.pk}/activity/?show=messages", f"/accounts/{on.pk}/", "/activity/"):
        assert KEPT in client.get(listed).content.decode()


def test_the_sentence_of_its_flag_says_the_kind_it_is_now(on: Account, operator: User) -> None:
    row = activity.ask(on.pk, asked_at=at("2026-11-23 08:05"), by=operator, now=NOW)
    activity.reclassify(row.pk, kind="complaint", by=operator, now=NOW)
    run_rule(next(rule for rule in RULES if rule.code == "slow_reply"), NOW)
    flag = Flag.objects.get()
    said = wording.Facts.of([flag], NOW).sentence(flag)
    assert said == "11-23 08:05 的投诉，改类型前已逾期，期限保留，应于 11-24 08:05 前回复"


# --- its trail ------------------------------------------------------------------------------------------------------


def test_the_page_tells_who_did_what_and_when_but_not_the_words(client: Client, on: Account, operator: User) -> None:
    row = activity.ask(on.pk, kind="help", body="示例内容", asked_at=NOW - HOUR, by=operator, now=NOW - HOUR)
    activity.reclassify(row.pk, kind="inquiry", by=operator, now=NOW - 40 * MINUTE)
    activity.reply(row.pk, by=operator, now=NOW - 30 * MINUTE)
    activity.unreply(row.pk, by=operator, now=NOW - 25 * MINUTE)
    activity.withdraw_message(row.pk, by=operator, now=NOW - 20 * MINUTE)
    entries = trail.of_message(Message.objects.get(pk=row.pk))
    assert [(entry.what, entry.at) for entry in entries] == [
        ("撤回：网民于 2026-11-24 13:45 撤回或删除", NOW - 20 * MINUTE),
        ("撤销登记的回复：2026-11-24 13:35 的回复不算", NOW - 25 * MINUTE),
        ("回复：2026-11-24 13:35", NOW - 30 * MINUTE),
        ("改类型：求助 → 咨询", NOW - 40 * MINUTE),
        ("收到：求助", NOW - HOUR),
    ]
    assert {entry.who for entry in entries} == {"示例登记人（填报员）"}
    text = client.get(f"/messages/{row.pk}/").content.decode()
    shown = text[text.index('id="trail') :]
    assert "改类型：求助 → 咨询" in shown
    assert "示例登记人（填报员）" in shown
    assert "示例内容" not in shown


def test_what_was_imported_says_where_it_is_from(on: Account, operator: User) -> None:
    row = question(on, NOW - 30 * HOUR, first_reply_at=NOW - HOUR)
    said = [(entry.what, entry.who, entry.at) for entry in trail.of_message(row)]
    assert said == [
        ("回复，超时回复", "来源：导入", NOW - HOUR),
        ("收到：咨询", "来源：导入", NOW - 30 * HOUR),
    ]
    assert trail.of_message(question(on, NOW - HOUR, kind="other"))[0].what == "收到：其他"


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.LEADER])
def test_who_reads_the_unit_opens_it_and_can_do_nothing(
    client: Client, on: Account, of: Unit, operator: User, role: Role
) -> None:
    row = asked(on, operator, HOUR, "inquiry")
    client.force_login(user(role, of if role == Role.LEADER else None))
    assert (
        f'href="/messages/{row.pk}/?next=' in client.get(f"/accounts/{on.pk}/activity/?show=messages").content.decode()
    )
    text = client.get(f"/messages/{row.pk}/").content.decode()
    assert "收到：咨询" in text
    assert f"/messages/{row.pk}/" not in text  # where an act would be posted to
    for act in ("reply", "unreply", "kind", "withdraw"):
        assert client.post(f"/messages/{row.pk}/{act}/", {"when": "now", "kind": "other"}).status_code == 403


def test_a_leader_of_another_unit_does_not_find_it(client: Client, on: Account, operator: User) -> None:
    row = asked(on, operator, HOUR)
    client.force_login(user(Role.LEADER, unit()))
    assert client.get(f"/messages/{row.pk}/").status_code == 404
