"""登记错了，撤销: a reply recorded by mistake is taken back, soon and by the same person; and 改类型 by hand."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts import activity
from accounts.flags import run_rule
from accounts.models import Account, ActivityDay, Flag, Message, Role, Unit
from accounts.rules import RULES
from tests.factories import NOW, account, at, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import NotAllowed, WrongState
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of, name="示例登记人")


@pytest.fixture
def on(of: Unit) -> Account:
    return account(of, name="示例发布", now=at("2026-10-01 08:00"))


def replied(on: Account, by: User, when: datetime = NOW) -> Message:
    asked = activity.ask(on.pk, asked_at=when - HOUR, by=by, now=when - HOUR)
    return activity.reply(asked.pk, by=by, now=when)


def test_a_reply_taken_back_leaves_the_question_waiting_as_before(on: Account, operator: User) -> None:
    row = replied(on, operator)
    day = ActivityDay.objects.get(account=on, day="2026-11-24")
    assert (day.asked, day.answered_in_time) == (1, 1)

    done = activity.unreply(row.pk, by=operator, now=NOW + 3 * MINUTE)
    assert done.first_reply_at is None
    assert list(Message.objects.unanswered()) == [done]
    day.refresh_from_db()
    assert (day.asked, day.answered_in_time) == (1, 0)
    event = Event.objects.get(verb="unreply")
    assert (event.actor, event.role, event.subject_id) == (operator, "operator", row.pk)
    assert datetime.fromisoformat(event.detail["replied_at"]) == NOW
    # It is answered for good after all, and that can be taken back in its turn.
    activity.reply(row.pk, by=operator, now=NOW + 5 * MINUTE)
    assert activity.unreply(row.pk, by=operator, now=NOW + 15 * MINUTE).first_reply_at is None


def test_the_flag_that_a_slip_cleared_comes_back(on: Account, operator: User) -> None:
    rule = next(rule for rule in RULES if rule.code == "slow_reply")
    row = activity.ask(on.pk, asked_at=NOW - 30 * HOUR, by=operator, now=NOW)
    run_rule(rule, NOW)
    activity.reply(row.pk, by=operator, now=NOW + MINUTE)
    run_rule(rule, NOW + MINUTE)
    assert not Flag.objects.open().exists()
    activity.unreply(row.pk, by=operator, now=NOW + 2 * MINUTE)
    run_rule(rule, NOW + 3 * MINUTE)
    assert Flag.objects.open().get().fact_id == row.pk


@pytest.mark.parametrize(
    ("after", "allowed"), [(0 * MINUTE, True), (10 * MINUTE, True), (10 * MINUTE + MINUTE / 60, False)]
)
def test_only_within_ten_minutes_of_its_recording(on: Account, operator: User, after: timedelta, allowed: bool) -> None:
    """Not of the reply: one typed as of yesterday may be as wrong."""
    asked = activity.ask(on.pk, asked_at=NOW - 30 * HOUR, by=operator, now=NOW)
    row = activity.reply(asked.pk, at=NOW - 20 * HOUR, by=operator, now=NOW)
    assert activity.may_unreply(row, by=operator, now=NOW + after) is allowed
    if allowed:
        assert activity.unreply(row.pk, by=operator, now=NOW + after).first_reply_at is None
        return
    with pytest.raises(WrongState, match="登记已超过 10 分钟，不能再撤销"):
        activity.unreply(row.pk, by=operator, now=NOW + after)
    assert not Message.objects.unanswered().exists()


def test_a_colleague_does_not_take_it_back(on: Account, operator: User, of: Unit) -> None:
    row, colleague = replied(on, operator), user(Role.OPERATOR, of)
    assert not activity.may_unreply(row, by=colleague, now=NOW)
    with pytest.raises(NotAllowed, match="由示例登记人于 2026-11-24 14:05 登记，须由登记人撤销"):
        activity.unreply(row.pk, by=colleague, now=NOW)


def test_without_a_reply_or_with_another_than_was_recorded_there_is_nothing_to_take_back(
    on: Account, operator: User
) -> None:
    row = replied(on, operator)
    Message.objects.filter(pk=row.pk).update(first_reply_at=NOW - MINUTE)  # as an import may
    row.refresh_from_db()
    assert not activity.may_unreply(row, by=operator, now=NOW)
    with pytest.raises(WrongState, match="不是在这里登记的，不能撤销"):
        activity.unreply(row.pk, by=operator, now=NOW)
    Message.objects.filter(pk=row.pk).update(first_reply_at=None)
    with pytest.raises(WrongState, match="没有登记回复，不用撤销"):
        activity.unreply(row.pk, by=operator, now=NOW)


def test_it_ends_with_the_right_to_record(on: Account, operator: User) -> None:
    row = replied(on, operator)
    operator.memberships.update(to_date="2026-01-01")
    with pytest.raises(NotAllowed):
        activity.unreply(row.pk, by=User.objects.get(pk=operator.pk), now=NOW + MINUTE)


def test_the_slip_is_taken_back_from_what_follows_the_tap(client: Client, on: Account, operator: User) -> None:
    client.force_login(operator)
    row = activity.ask(on.pk, asked_at=db_now() - HOUR, by=operator, now=db_now())
    page, back = f"/messages/{row.pk}/", "?next=%2Factivity%2F"
    assert "登记错了，撤销" not in client.get(page).content.decode()
    told = client.post(f"{page}reply/", {"when": "now", "next": "/activity/"}, follow=True).content.decode()
    assert f'<a href="{page}{back}">登记错了？10 分钟内可以撤销</a>' in told
    text = client.get(page + back).content.decode()
    assert "登记错了，撤销" in text
    assert f'action="{page}unreply/"' in text
    answer = client.post(f"{page}unreply/", {"next": "/activity/"})
    assert answer["Location"] == "/activity/"
    text = client.get("/activity/").content.decode()
    assert "已撤销登记的回复。请在" in text
    assert "1条咨询待回复" in text
    again = client.post(f"{page}unreply/")
    assert again.status_code == 409
    assert "没有登记回复，不用撤销" in again.content.decode()


def test_a_question_recorded_with_its_reply_says_so_too(client: Client, on: Account, operator: User) -> None:
    client.force_login(operator)
    data = {"kind": "inquiry", "when": "now", "replied": "now"}
    told = client.post(f"/accounts/{on.pk}/ask/", data, follow=True).content.decode()
    assert f'<a href="/messages/{Message.objects.get().pk}/">登记错了？10 分钟内可以撤销</a>' in told


def test_nobody_is_offered_what_is_refused(client: Client, on: Account, operator: User, of: Unit) -> None:
    row = replied(on, operator, db_now())
    client.force_login(user(Role.OPERATOR, of))
    assert "登记错了，撤销" not in client.get(f"/messages/{row.pk}/").content.decode()
    assert client.post(f"/messages/{row.pk}/unreply/").status_code == 403
    client.force_login(operator)
    assert "登记错了，撤销" in client.get(f"/messages/{row.pk}/").content.decode()


@pytest.mark.parametrize(("kind", "marked"), [("complaint", True), ("inquiry", False)])
def test_a_kind_set_by_hand_is_remembered(on: Account, operator: User, kind: str, marked: bool) -> None:
    row = activity.ask(on.pk, asked_at=NOW - HOUR, by=operator, now=NOW)
    activity.reclassify(row.pk, kind=kind, by=operator, now=NOW + MINUTE)
    row.refresh_from_db()
    assert row.reclassified_at == (NOW + MINUTE if marked else None)
