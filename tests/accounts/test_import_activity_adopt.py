"""`import_activity`: what was typed before and now comes from the platform stays one fact."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts import activity, activity_adopt, rules
from accounts.models import Account, ActivityDay, Message, Publication, Role, Source
from tests.accounts.activity import post, question
from tests.accounts.activity_files import m, p, take
from tests.factories import NOW, account, at, user

pytestmark = pytest.mark.django_db


def typed_post(of: Account, when: str, number: int = 1, **fields: Any) -> Publication:
    return post(of, when, external_id=f"typed-{number}", source=Source.TYPED, **fields)


def typed_question(of: Account, when: str, number: int = 1, **fields: Any) -> Message:
    return question(of, when, external_id=f"typed-{number}", source=Source.TYPED, **fields)


def test_a_typed_publication_takes_over_the_platforms_id(folder: Path, one: Account) -> None:
    mine = typed_post(one, "2026-11-20 10:00", title="示例动态", url="https://example.cn/1", reviewers="示例审核")
    rows = (p("x1", "2026-11-20 10:20", title="示例动态", original="是"), p("x2", "2026-11-21 10:00"))
    assert str(take(folder, *rows)) == "read=2 created=1 changed=1 unchanged=0 refused=0"
    mine.refresh_from_db()
    assert (mine.external_id, mine.source, mine.published_at) == ("x1", Source.IMPORT, at("2026-11-20 10:20"))
    assert (mine.title, mine.url, mine.original, mine.reviewers) == (
        "示例动态",
        "https://example.cn/1",
        True,
        "示例审核",
    )
    assert dict(ActivityDay.objects.values_list("day", "posts")) == {date(2026, 11, 20): 1, date(2026, 11, 21): 1}
    assert str(take(folder, *rows)) == "read=2 created=0 changed=0 unchanged=2 refused=0"


def test_one_that_says_the_same_counts_as_changed_once(folder: Path, one: Account) -> None:
    typed_post(one, "2026-11-20 10:00", title="示例动态")
    typed_post(one, "2026-11-20 10:30", 2, title="示例动态")
    row = p("x1", "2026-11-20 10:00", title="示例动态")
    assert [take(folder, row).changed for _ in range(3)] == [1, 0, 0]
    assert set(Publication.objects.values_list("external_id", flat=True)) == {"x1", "typed-2"}


@pytest.mark.parametrize(
    ("typed", "row", "adopted"),
    [
        ({}, {}, True),
        ({"when": "2026-11-20 09:00"}, {}, True),
        ({"when": "2026-11-20 08:59"}, {}, False),
        ({"when": "2026-11-20 11:00"}, {}, True),
        ({"when": "2026-11-20 11:01"}, {}, False),
        ({"title": ""}, {"title": "别的"}, True),
        ({}, {"title": ""}, True),
        ({}, {"title": "别的"}, False),
        ({"removed": "2026-11-20 12:00"}, {}, False),
        ({"external_id": "x9"}, {}, False),  # the platform's own
        ({"source": Source.IMPORT}, {}, False),
    ],
)
def test_which_publication_is_the_same(
    folder: Path, one: Account, typed: dict[str, Any], row: dict[str, str], adopted: bool
) -> None:
    facts = {"when": "2026-11-20 10:00", "title": "甲", "external_id": "typed-1", "source": Source.TYPED} | typed
    post(one, facts.pop("when"), **facts)
    take(folder, p("x1", "2026-11-20 10:00", **({"title": "甲"} | row)))
    assert Publication.objects.count() == (1 if adopted else 2)


def test_the_nearest_are_paired_one_to_one_within_an_account(folder: Path, one: Account) -> None:
    other = account(one.unit, name="示例二号", uid="d2", same_platform_reason="示例")
    early, late = typed_post(one, "2026-11-20 10:00", title=""), typed_post(one, "2026-11-20 10:30", 2, title="")
    foreign = typed_post(other, "2026-11-20 10:00", 3, title="")
    take(folder, *(p(f"x{n}", f"2026-11-20 {when}") for n, when in enumerate(("10:31", "10:10", "10:50"))))
    for row in (early, late, foreign):
        row.refresh_from_db()
    assert (early.external_id, late.external_id, foreign.external_id) == ("x1", "x0", "typed-3")
    assert Publication.objects.count() == 4


def test_a_question_typed_with_its_reply_is_not_asked_again(folder: Path, one: Account) -> None:
    mine = typed_question(one, "2026-11-20 10:00", body="路灯坏了", first_reply_at="2026-11-20 10:00")
    row = m("x1", "2026-11-20 10:00:30")
    assert str(take(folder, row, kind="messages", known_until=NOW)) == (
        "read=1 created=0 changed=1 unchanged=0 refused=0"
    )
    mine.refresh_from_db()
    assert (mine.external_id, mine.source, mine.body) == ("x1", Source.TYPED, "路灯坏了")
    assert mine.asked_at == mine.received_at == mine.first_reply_at == at("2026-11-20 10:00:30")
    assert mine.reply_due_at == at("2026-11-21 10:00")  # as it was: a flag or a waiver hangs on it
    assert not rules.slow_reply(NOW).exists()
    day = ActivityDay.objects.get()
    assert (day.asked, day.answered_in_time) == (1, 1)
    assert take(folder, row, kind="messages").unchanged == 1


def test_a_typed_question_stays_overdue_when_it_comes_in_again_unanswered(folder: Path, one: Account) -> None:
    mine = typed_question(one, "2026-11-20 10:00")
    assert list(rules.slow_reply(NOW)) == [mine]
    take(folder, m("x1", "2026-11-20 10:00:30"), kind="messages")
    assert list(rules.slow_reply(NOW).values_list("pk", "reply_due_at")) == [(mine.pk, at("2026-11-21 10:00"))]


def test_of_two_questions_in_one_minute_the_one_with_the_same_words_is_meant(folder: Path, one: Account) -> None:
    mine = typed_question(one, "2026-11-20 10:00", body="甲的问题", first_reply_at="2026-11-20 11:00")
    take(
        folder,
        m("x1", "2026-11-20 10:00:10", body="乙的问题"),
        m("x2", "2026-11-20 10:00:40", reply="2026-11-20 11:00", body="甲的问题"),
        kind="messages",
        known_until=NOW,
    )
    mine.refresh_from_db()
    assert (mine.external_id, mine.body) == ("x2", "甲的问题")
    other = Message.objects.get(external_id="x1")
    assert (other.body, other.first_reply_at) == ("乙的问题", None)
    assert list(rules.slow_reply(NOW)) == [other]


def test_which_of_two_with_other_words_is_meant_nobody_says(folder: Path, one: Account) -> None:
    typed_question(one, "2026-11-20 10:00", body="路灯")
    rows = [m("x1", "2026-11-20 10:00:10", body="甲的问题"), m("x2", "2026-11-20 10:00:40", body="乙的问题")]
    take(folder, *rows, kind="messages")
    assert Message.objects.count() == 3


def test_an_equal_title_goes_before_a_nearer_time_and_a_bare_day_knows_its_title(folder: Path, one: Account) -> None:
    named, bare = typed_post(one, "2026-11-20 10:00", title="甲"), typed_post(one, "2026-11-20 10:20", 2, title="")
    take(folder, p("x1", "2026-11-20 10:19", title="甲"), p("x2", "2026-11-20 10:05", title="乙"))
    named.refresh_from_db()
    bare.refresh_from_db()
    assert (named.external_id, bare.external_id) == ("x1", "x2")
    late_one = typed_post(one, "2026-11-21 15:00", 3, title="丙")
    take(folder, p("x3", "2026-11-21", title="丙"), p("x4", "2026-11-21", title="丁"))
    late_one.refresh_from_db()
    assert late_one.external_id == "x3"
    assert Publication.objects.count() == 4


@pytest.mark.parametrize(("when", "adopted"), [("2026-11-20 10:00:59", 1), ("2026-11-20 10:01", 0)])
def test_a_question_is_the_same_within_its_minute(folder: Path, one: Account, when: str, adopted: int) -> None:
    typed_question(one, "2026-11-20 10:00")
    result = take(folder, m("x1", when, "建议", reply="2026-11-20 12:00", body="新的"), kind="messages")
    assert (result.changed, Message.objects.count()) == (adopted, 2 - adopted)
    message = Message.objects.get(external_id="x1")
    assert (message.kind, message.body, message.first_reply_at) == ("suggestion", "新的", at("2026-11-20 12:00"))


def test_of_two_in_one_minute_those_of_one_kind_go_together(folder: Path, one: Account) -> None:
    ask, suggest = (
        typed_question(one, "2026-11-20 10:00"),
        typed_question(one, "2026-11-20 10:00", 2, kind="suggestion"),
    )
    take(folder, m("x1", "2026-11-20 10:00:01", "建议"), m("x2", "2026-11-20 10:00:50"), kind="messages")
    ask.refresh_from_db()
    suggest.refresh_from_db()
    assert (ask.external_id, suggest.external_id, Message.objects.count()) == ("x2", "x1", 2)


def test_a_kind_set_by_hand_keeps_its_due_time(folder: Path, one: Account) -> None:
    mine = typed_question(one, "2026-11-24 10:00")
    activity.reclassify(mine.pk, kind="suggestion", by=user(Role.OPERATOR, one.unit), now=NOW)
    take(folder, m("x1", "2026-11-24 10:00:30"), kind="messages")
    mine.refresh_from_db()
    assert (mine.external_id, mine.kind, mine.reply_due_at) == ("x1", "suggestion", None)


@pytest.mark.parametrize("act", ["reply", "withdraw_message"])
def test_what_is_typed_while_the_file_is_read_is_not_lost(
    folder: Path, one: Account, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    mine = typed_question(one, "2026-11-24 10:00")
    pairs = activity_adopt.pairs

    def meanwhile(*args: Any) -> list[activity_adopt.Pair]:
        found = pairs(*args)
        getattr(activity, act)(mine.pk, at=at("2026-11-24 12:00"), by=user(Role.OPERATOR, one.unit), now=NOW)
        return found

    monkeypatch.setattr(activity_adopt, "pairs", meanwhile)
    take(folder, m("x1", "2026-11-24 10:00:30"), kind="messages")
    message = Message.objects.get()
    assert message.external_id == "x1"
    assert (message.first_reply_at or message.withdrawn_at) == at("2026-11-24 12:00")


def test_one_removed_while_the_file_is_read_is_left(
    folder: Path, one: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = typed_post(one, "2026-11-20 10:00")
    pairs = activity_adopt.pairs

    def meanwhile(*args: Any) -> list[activity_adopt.Pair]:
        found = pairs(*args)
        activity.remove(mine.pk, removed_at=at("2026-11-20 11:00"), by=user(Role.OPERATOR, one.unit), now=NOW)
        return found

    monkeypatch.setattr(activity_adopt, "pairs", meanwhile)
    assert take(folder, p("x1", "2026-11-20 10:00")).created == 1
    assert set(Publication.objects.values_list("external_id", flat=True)) == {"typed-1", "x1"}
