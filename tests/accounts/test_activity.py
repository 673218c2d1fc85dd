"""Recording by hand: what each use case writes, what it refuses, and that a second tap writes nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import activity, lifecycle
from accounts.models import Account, AccountState, ActivityDay, Message, MessageKind, Publication, Role, Unit
from tests.factories import NOW, account, at, platform, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, WrongState
from zhonglou_media.core.events import timeline
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db

REGISTERED = at("2026-11-01 09:00")


@pytest.fixture
def operator(of: Unit) -> User:
    return user(Role.OPERATOR, of)


@pytest.fixture
def on(of: Unit) -> Account:
    return account(of, now=REGISTERED)


def publish(on: Account, by: User, published_at: datetime = NOW, **more: Any) -> Publication:
    return activity.publish(on.pk, published_at=published_at, by=by, **{"now": NOW, **more})


def ask(on: Account, by: User, asked_at: datetime = NOW, **more: Any) -> Message:
    return activity.ask(on.pk, asked_at=asked_at, by=by, **{"now": NOW, **more})


def day_of_the(on: Account, day: str) -> tuple[int, int, int, int]:
    found = ActivityDay.objects.get(account=on, day=day)
    return found.posts, found.originals, found.asked, found.answered_in_time


# --- publications ---------------------------------------------------------------------------------------------------


def test_a_publication_moves_the_due_time_the_watermark_and_the_day(on: Account, operator: User) -> None:
    row = publish(on, operator, at("2026-11-24 09:30"), title="示例活动预告", original=True, reviewers="吴九")
    on.refresh_from_db()
    assert (row.source, row.external_id.startswith("typed-"), row.reviewers) == ("typed", True, "吴九")
    assert on.last_published_at == at("2026-11-24 09:30")
    assert on.next_update_due_at == at("2026-12-02 00:00")
    assert on.posts_known_until == at("2026-11-24 09:30")
    assert on.messages_known_until is None
    assert day_of_the(on, "2026-11-24") == (1, 1, 0, 0)
    event = timeline(row).get()
    assert (event.verb, event.actor, event.role, event.comment) == ("publish", operator, "operator", "示例活动预告")
    assert event.detail["account"] == on.pk


def test_an_older_publication_takes_neither_the_watermark_nor_the_latest_back(on: Account, operator: User) -> None:
    publish(on, operator, at("2026-11-24 09:30"))
    publish(on, operator, at("2026-11-20 09:30"))
    on.refresh_from_db()
    assert on.posts_known_until == on.last_published_at == at("2026-11-24 09:30")


def test_a_confirmed_watermark_is_not_moved_back_by_a_publication(on: Account, operator: User) -> None:
    activity.confirm_known(on.pk, by=operator, now=NOW)
    publish(on, operator, at("2026-11-20 09:30"))
    on.refresh_from_db()
    assert on.posts_known_until == NOW


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW + timedelta(seconds=1), "发布时间不能晚于现在（2026-11-24 14:05）。"),
        (at("2009-12-31 23:59"), "发布时间不能早于 2010 年，请核对年份。"),
    ],
)
def test_a_time_ahead_of_the_clock_or_of_another_age_is_refused_at_its_field(
    on: Account, operator: User, moment: datetime, words: str
) -> None:
    with pytest.raises(Incomplete, match=words.replace("（", ".").replace("）", ".")) as refused:
        publish(on, operator, moment)
    assert refused.value.errors == {"published_at": [words]}
    assert not Publication.objects.exists()
    on.refresh_from_db()
    assert on.posts_known_until is None


def test_the_form_sent_twice_records_once(on: Account, operator: User) -> None:
    first = publish(on, operator, title="一", token="t1")
    second = publish(on, operator, NOW + timedelta(seconds=2), title="一", token="t1", now=NOW + timedelta(seconds=2))
    assert first == second
    assert Publication.objects.count() == 1
    assert Event.objects.filter(verb="publish").count() == 1


@pytest.mark.parametrize("other", [{"title": "二"}, {"published_at": NOW - timedelta(hours=2)}])
def test_another_publication_under_an_old_token_is_not_lost(on: Account, operator: User, other: dict[str, Any]) -> None:
    publish(on, operator, title="一", token="t1")
    for _ in range(2):  # and is itself sent twice
        publish(on, operator, **{"title": "一", **other}, token="t1")
    assert Publication.objects.count() == 2


def test_one_token_on_two_accounts_is_two_publications(on: Account, of: Unit, operator: User) -> None:
    other = account(of, platform=platform("weibo"), now=REGISTERED)
    publish(on, operator, token="t1")
    publish(other, operator, token="t1")
    assert Publication.objects.count() == 2


def test_a_removal_moves_the_due_time_back_and_a_restored_one_counts_again(on: Account, operator: User) -> None:
    publish(on, operator, at("2026-11-10 09:00"))
    last = publish(on, operator, at("2026-11-20 09:00"), original=True)
    activity.remove(last.pk, removed_at=at("2026-11-21 10:00"), by=operator, now=NOW)
    on.refresh_from_db()
    assert (on.last_published_at, on.due_after_removal) == (at("2026-11-10 09:00"), True)
    assert on.next_update_due_at == at("2026-11-18 00:00")
    assert on.posts_known_until == at("2026-11-20 09:00")
    assert day_of_the(on, "2026-11-20") == (0, 0, 0, 0)

    activity.restore(last.pk, by=operator, now=NOW)
    on.refresh_from_db()
    assert (on.last_published_at, on.due_after_removal) == (at("2026-11-20 09:00"), False)
    assert day_of_the(on, "2026-11-20") == (1, 1, 0, 0)
    assert [event.verb for event in timeline(last)] == ["publish", "remove", "restore"]


def test_removing_or_restoring_twice_tells_who_was_first(on: Account, of: Unit, operator: User) -> None:
    row = publish(on, operator, at("2026-11-20 09:00"))
    activity.remove(row.pk, by=operator, now=NOW)
    with pytest.raises(WrongState, match="已登记删除，由") as refused:
        activity.remove(row.pk, by=user(Role.OPERATOR, of), now=NOW)
    assert refused.value.by == operator
    activity.restore(row.pk, by=operator, now=NOW)
    with pytest.raises(WrongState, match="不用恢复"):
        activity.restore(row.pk, by=operator, now=NOW)


@pytest.mark.parametrize(
    ("removed_at", "words"),
    [(at("2026-11-20 08:59"), "不能早于发布时间"), (NOW + timedelta(minutes=1), "不能晚于现在")],
)
def test_a_removal_lies_between_the_publication_and_now(
    on: Account, operator: User, removed_at: datetime, words: str
) -> None:
    row = publish(on, operator, at("2026-11-20 09:00"))
    with pytest.raises(Incomplete, match=words):
        activity.remove(row.pk, removed_at=removed_at, by=operator, now=NOW)


# --- questions ------------------------------------------------------------------------------------------------------


def test_a_question_is_due_after_24_hours_and_its_words_are_in_no_event(on: Account, operator: User) -> None:
    row = ask(on, operator, at("2026-11-24 08:05"), body="社保卡在哪里补办")
    row.refresh_from_db()
    assert (row.body, row.kind, row.source) == ("社保卡在哪里补办", MessageKind.INQUIRY, "typed")
    assert (row.received_at, row.reply_due_at) == (NOW, at("2026-11-25 08:05"))
    assert day_of_the(on, "2026-11-24") == (0, 0, 1, 0)
    event = timeline(row).get()
    assert "社保卡" not in f"{event.comment}{event.detail}"


def test_other_kinds_have_no_due_time(on: Account, operator: User) -> None:
    assert ask(on, operator, kind=MessageKind.SUGGESTION).reply_due_at is None


def test_a_question_sent_twice_is_recorded_once_and_another_is_not_lost(on: Account, operator: User) -> None:
    first = ask(on, operator, body="一", token="t1")
    assert ask(on, operator, body="一", token="t1") == first
    assert ask(on, operator, body="二", token="t1") != first
    assert Message.objects.count() == 2


def test_a_question_with_its_reply_is_recorded_in_one_go(on: Account, operator: User) -> None:
    row = ask(on, operator, at("2026-11-24 08:05"), replied_at=at("2026-11-24 09:00"), token="t1")
    again = ask(on, operator, at("2026-11-24 08:05"), replied_at=at("2026-11-24 09:00"), token="t1")
    assert row == again
    assert row.first_reply_at == at("2026-11-24 09:00")
    assert day_of_the(on, "2026-11-24") == (0, 0, 1, 1)
    assert [event.verb for event in timeline(row)] == ["ask", "reply"]


def test_a_reply_before_its_question_is_refused_at_its_field(on: Account, operator: User) -> None:
    with pytest.raises(Incomplete, match="回复时间不能早于留言时间") as refused:
        ask(on, operator, at("2026-11-24 08:05"), replied_at=at("2026-11-24 08:04"))
    assert set(refused.value.errors) == {"replied_at"}
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("replied_at", "late", "in_time"),
    [
        (at("2026-11-21 08:05"), False, 1),  # the 24th hour is within
        (at("2026-11-21 08:06"), True, 0),
    ],
)
def test_a_reply_ends_the_question_and_a_late_one_stays_late(
    on: Account, operator: User, replied_at: datetime, late: bool, in_time: int
) -> None:
    row = ask(on, operator, at("2026-11-20 08:05"))
    activity.reply(row.pk, at=replied_at, by=operator, now=NOW)
    row.refresh_from_db()
    assert not Message.objects.unanswered().exists()
    assert row.is_late(NOW) is late
    assert day_of_the(on, "2026-11-20") == (0, 0, 1, in_time)
    assert timeline(row).get(verb="reply").detail["late"] is late


def test_the_first_reply_stands_and_the_second_is_told_who_was_first(on: Account, of: Unit, operator: User) -> None:
    row = ask(on, operator, at("2026-11-24 08:05"))
    activity.reply(row.pk, at=at("2026-11-24 09:00"), by=operator, now=NOW)
    with pytest.raises(WrongState, match=f"已在 2026-11-24 09:00 回复，由{operator}") as refused:
        activity.reply(row.pk, by=user(Role.OPERATOR, of), now=NOW)
    assert (refused.value.by, refused.value.at) == (operator, NOW)
    row.refresh_from_db()
    assert row.first_reply_at == at("2026-11-24 09:00")


@pytest.mark.parametrize(
    ("replied_at", "words"),
    [(at("2026-11-24 08:04"), "不能早于留言时间"), (NOW + timedelta(minutes=1), "不能晚于现在")],
)
def test_a_reply_lies_between_the_question_and_now(
    on: Account, operator: User, replied_at: datetime, words: str
) -> None:
    row = ask(on, operator, at("2026-11-24 08:05"))
    with pytest.raises(Incomplete, match=words):
        activity.reply(row.pk, at=replied_at, by=operator, now=NOW)
    assert Message.objects.unanswered().exists()


@pytest.mark.parametrize(
    ("was", "kind", "asked_at", "due"),
    [
        ("suggestion", "inquiry", at("2026-11-24 08:05"), at("2026-11-25 08:05")),
        ("suggestion", "inquiry", at("2026-11-20 08:05"), at("2026-11-21 08:05")),  # even if past
        ("inquiry", "suggestion", at("2026-11-24 08:05"), None),  # before its due time: it goes
        ("inquiry", "suggestion", at("2026-11-23 14:05"), at("2026-11-24 14:05")),  # due now: it stays
        ("inquiry", "other", at("2026-11-20 08:05"), at("2026-11-21 08:05")),
        ("suggestion", "complaint", at("2026-11-20 08:05"), None),
    ],
)
def test_a_question_that_changes_its_kind(
    on: Account, operator: User, was: str, kind: str, asked_at: datetime, due: datetime | None
) -> None:
    row = ask(on, operator, asked_at, kind=was)
    activity.reclassify(row.pk, kind=kind, by=operator, now=NOW)
    row.refresh_from_db()
    assert (row.kind, row.reply_due_at) == (kind, due)
    assert timeline(row).get(verb="reclassify").detail["was"] == was


def test_what_was_withdrawn_needs_no_reply_and_takes_none(on: Account, operator: User) -> None:
    row = ask(on, operator, at("2026-11-20 08:05"))
    activity.withdraw_message(row.pk, at=at("2026-11-20 10:00"), by=operator, now=NOW)
    assert not Message.objects.unanswered().exists()
    assert day_of_the(on, "2026-11-20") == (0, 0, 0, 0)
    for use_case in (activity.reply, activity.withdraw_message):
        with pytest.raises(WrongState, match="已在 2026-11-20 10:00 撤回或删除，由"):
            use_case(row.pk, by=operator, now=NOW)


def test_what_was_answered_is_not_withdrawn_afterwards(on: Account, operator: User) -> None:
    row = ask(on, operator, at("2026-11-20 08:05"))
    activity.reply(row.pk, by=operator, now=NOW)
    with pytest.raises(WrongState, match="不用登记撤回"):
        activity.withdraw_message(row.pk, by=operator, now=NOW)


# --- 数据截至 -------------------------------------------------------------------------------------------------------


def test_confirming_moves_both_watermarks_and_only_forward(on: Account, operator: User) -> None:
    activity.confirm_known(on.pk, by=operator, now=NOW)
    activity.confirm_known(on.pk, by=operator, now=NOW - timedelta(hours=1))  # a slow request comes last
    on.refresh_from_db()
    assert on.posts_known_until == on.messages_known_until == NOW
    assert [event.detail for event in timeline(on).filter(verb="confirm_known")] == [
        {"posts_known_until": None, "messages_known_until": None}
    ]


def test_confirming_foreign_accounts_among_own_ones_confirms_none(on: Account, operator: User) -> None:
    with pytest.raises(NotAllowed):
        activity.confirm_all([on.pk, account().pk], by=operator, now=NOW)
    assert not Account.objects.filter(posts_known_until__isnull=False).exists()


# --- who, and for which accounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OPERATOR])
def test_nobody_but_the_operator_records(on: Account, of: Unit, operator: User, role: Role) -> None:
    row, question, person = publish(on, operator), ask(on, operator), user(role, of)
    for refused in (
        lambda: publish(on, person),
        lambda: ask(on, person),
        lambda: activity.remove(row.pk, by=person, now=NOW),
        lambda: activity.restore(row.pk, by=person, now=NOW),
        lambda: activity.reply(question.pk, by=person, now=NOW),
        lambda: activity.reclassify(question.pk, kind="other", by=person, now=NOW),
        lambda: activity.withdraw_message(question.pk, by=person, now=NOW),
        lambda: activity.confirm_known(on.pk, by=person, now=NOW),
    ):
        with pytest.raises(NotAllowed, match="须由填报员办理"):
            refused()


def test_the_operator_of_another_unit_does_not_record(on: Account) -> None:
    with pytest.raises(NotAllowed):
        publish(on, user(Role.OPERATOR, unit()))


def test_an_account_that_is_not_watched_yet_is_recorded_too(of: Unit, operator: User) -> None:
    found = account(of, found=True)
    publish(found, operator)
    found.refresh_from_db()
    assert (found.last_published_at, found.next_update_due_at) == (NOW, None)


def test_a_closed_account_that_publishes_is_recorded_and_a_void_one_is_not(of: Unit, operator: User) -> None:
    closed = account(of, now=REGISTERED)
    Account.objects.filter(pk=closed.pk).update(
        state=AccountState.CLOSED, state_since=REGISTERED, next_update_due_at=None
    )
    publish(closed, operator)
    closed.refresh_from_db()
    assert closed.last_published_at is not None
    assert closed.last_published_at > closed.state_since
    gone = account(of, platform=platform("weibo"), found=True)
    lifecycle.void(gone, reason="重复登记", by=user(Role.SUPERVISOR), now=NOW)
    with pytest.raises(WrongState, match="现为作废，不再登记"):
        publish(gone, operator)
