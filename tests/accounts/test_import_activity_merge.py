"""`import_activity`: facts are written once, merged with what is stored, all of them or nothing."""

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import activity, activity_sql, rules
from accounts.activity_in import ActivityResult
from accounts.models import Account, AccountState, ActivityDay, Followers, Message, Publication, Role, Source
from tests.accounts.activity import post, question
from tests.accounts.activity_files import m, of, p, take
from tests.factories import NOW, at, user
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db


def test_publications_are_written_with_all_that_follows_from_them(folder: Path, one: Account) -> None:
    result = take(
        folder,
        p("a1", "2026-11-20 10:00", title="第一条", url="https://example.cn/1", original="是"),
        p("a2", "2026-11-20 23:59:59", title="第二条", original="否"),
        p("a3", "2026-11-22 08:00"),
    )
    assert str(result) == "read=3 created=3 changed=0 unchanged=0 refused=0"
    rows = Publication.objects.order_by("external_id").values_list("title", "url", "published_at", "original", "source")
    assert list(rows) == [
        ("第一条", "https://example.cn/1", at("2026-11-20 10:00"), True, "import"),
        ("第二条", "", at("2026-11-20 23:59:59"), False, "import"),
        ("", "", at("2026-11-22 08:00"), False, "import"),
    ]
    days = ActivityDay.objects.order_by("day").values_list("day", "posts", "originals")
    assert list(days) == [(date(2026, 11, 20), 2, 1), (date(2026, 11, 22), 1, 0)]
    one.refresh_from_db()
    assert one.last_published_at == at("2026-11-22 08:00")
    assert one.next_update_due_at == at("2026-11-30 00:00")
    assert one.posts_known_until == at("2026-11-22 08:00")
    assert one.messages_known_until is None
    event = Event.objects.get(verb="import_activity")
    assert (event.actor, event.role, event.detail["created"], event.detail["file"]) == (
        None,
        "system",
        3,
        "publications.csv",
    )


def test_the_same_file_again_changes_nothing(folder: Path, one: Account) -> None:
    rows = (
        p("a1", "2026-11-20 10:00", title="第一条", url="https://example.cn/1", original="是"),
        p("a2", "2026-11-21 10:00"),
        p(),
    )
    take(folder, *rows)
    before = (list(Publication.objects.values()), list(ActivityDay.objects.values()), Account.objects.values().get())
    assert str(take(folder, *rows)) == "read=3 created=0 changed=0 unchanged=3 refused=0"
    after = (list(Publication.objects.values()), list(ActivityDay.objects.values()), Account.objects.values().get())
    assert before == after


@pytest.mark.parametrize(
    ("row", "changed"),
    [
        ({"title": "改了"}, 1),
        ({"url": "https://example.cn/2"}, 1),
        ({"original": "否"}, 1),
        ({"when": "2026-11-21 10:00"}, 1),
        ({"title": "", "url": "", "original": ""}, 0),  # a blank says nothing
        ({"url": "javascript:alert(1)"}, 0),
    ],
)
def test_what_a_later_file_says_otherwise_is_changed(
    folder: Path, one: Account, row: dict[str, str], changed: int
) -> None:
    given = {"when": "2026-11-20 10:00", "title": "原来", "url": "https://example.cn/1", "original": "是"}
    take(folder, p("a1", **given))
    result = take(folder, p("a1", **(given | row)))
    assert (result.created, result.changed, result.unchanged) == (0, changed, 1 - changed)
    stored = Publication.objects.get()
    wanted = given | {name: value for name, value in row.items() if value and not value.startswith("java")}
    assert (stored.title, stored.url, stored.published_at, stored.original) == (
        wanted["title"],
        wanted["url"],
        at(wanted["when"]),
        wanted["original"] == "是",
    )


def test_a_post_that_moved_to_another_day_leaves_its_old_one(folder: Path, one: Account) -> None:
    take(folder, p("a1", "2026-11-10 10:00"))
    take(folder, p("a1", "2026-11-20 10:00"))
    assert dict(ActivityDay.objects.values_list("day", "posts")) == {date(2026, 11, 10): 0, date(2026, 11, 20): 1}


def test_a_typed_post_keeps_its_source_and_a_tombstone_stays_one(folder: Path, one: Account) -> None:
    typed = post(one, "2026-11-10 10:00", external_id="a1", source=Source.TYPED, reviewers="示例审核")
    gone = post(one, "2026-11-11 10:00", external_id="a2", removed="2026-11-12 10:00")
    result = take(folder, p("a1", "2026-11-10 10:00", title="新题"), p("a2", "2026-11-20 10:00", title="新题"))
    assert (result.changed, result.unchanged) == (1, 1)
    typed.refresh_from_db()
    gone.refresh_from_db()
    assert (typed.title, typed.source, typed.reviewers) == ("新题", Source.TYPED, "示例审核")
    assert (gone.title, gone.published_at, gone.removed_at) == (
        "示例标题",
        at("2026-11-11 10:00"),
        at("2026-11-12 10:00"),
    )
    one.refresh_from_db()
    assert one.last_published_at == at("2026-11-10 10:00")


@pytest.mark.parametrize("state", [AccountState.CLOSED, AccountState.CANCELLED])
def test_a_post_on_an_ended_account_is_taken_so_that_it_is_seen_to_live(
    folder: Path, one: Account, state: AccountState
) -> None:
    Account.objects.filter(pk=one.pk).update(state=state, state_since=at("2026-11-10 10:00"), next_update_due_at=None)
    take(folder, p("a1", "2026-11-20 10:00"))
    one.refresh_from_db()
    assert one.last_published_at == at("2026-11-20 10:00")
    assert one.next_update_due_at is None


def test_messages_are_written_sealed_with_their_due_times(folder: Path, one: Account) -> None:
    result = take(
        folder,
        m("q1", "2026-11-20 10:00", body="路灯坏了，联系 13800000000", reply="2026-11-20 12:00"),
        m("q2", "2026-11-21 10:00", "建议类"),
        kind="messages",
    )
    assert str(result) == "read=2 created=2 changed=0 unchanged=0 refused=0"
    first, second = Message.objects.order_by("external_id")
    assert (first.kind, first.body, first.received_at) == ("inquiry", "路灯坏了，联系 13800000000", NOW)
    assert (first.reply_due_at, first.first_reply_at) == (at("2026-11-21 10:00"), at("2026-11-20 12:00"))
    assert (second.kind, second.reply_due_at, second.first_reply_at) == ("suggestion", None, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_message WHERE external_id = 'q1'")
        assert "路灯".encode() not in bytes(cursor.fetchone()[0])  # type: ignore[index]
    day = ActivityDay.objects.get(asked__gt=0)
    assert (day.day, day.asked, day.answered_in_time) == (date(2026, 11, 20), 1, 1)
    one.refresh_from_db()
    assert (one.messages_known_until, one.posts_known_until) == (at("2026-11-21 10:00"), None)


def test_the_same_messages_again_are_no_change_although_they_are_sealed_anew(folder: Path, one: Account) -> None:
    rows = (m("q1", "2026-11-20 10:00", body="路灯坏了", reply="2026-11-20 12:00"), m("q2", "2026-11-21 10:00", "其他"))
    take(folder, *rows, kind="messages")
    before = list(Message.objects.values())
    assert take(folder, *rows, kind="messages").unchanged == 2
    assert list(Message.objects.values()) == before
    assert take(folder, m("q1", "2026-11-20 10:00", body="路灯又坏了"), kind="messages").changed == 1
    assert Message.objects.get(external_id="q1").body == "路灯又坏了"
    assert take(folder, m("q1", "2026-11-20 10:00"), kind="messages").unchanged == 1


@pytest.mark.parametrize(
    ("stored", "given", "kept"),
    [
        ("", "2026-11-20 12:00", "2026-11-20 12:00"),
        ("2026-11-20 12:00", "", "2026-11-20 12:00"),
        ("2026-11-20 12:00", "2026-11-20 11:00", "2026-11-20 11:00"),
        ("2026-11-20 12:00", "2026-11-20 13:00", "2026-11-20 12:00"),
    ],
)
def test_the_first_reply_is_the_earlier_one(folder: Path, one: Account, stored: str, given: str, kept: str) -> None:
    question(one, "2026-11-20 10:00", external_id="q1", first_reply_at=stored or None)
    result = take(folder, m("q1", "2026-11-20 10:00", reply=given), kind="messages")
    message = Message.objects.get()
    assert message.first_reply_at == at(kept)
    assert result.changed == int(kept != stored)


@pytest.mark.parametrize(
    ("was", "asked", "becomes", "due"),
    [
        ("suggestion", "2026-11-20 10:00", "咨询", "2026-11-21 10:00"),  # even if past
        ("inquiry", "2026-11-20 10:00", "建议", "2026-11-21 10:00"),  # after due it stays
        ("inquiry", "2026-11-23 15:00", "建议", None),  # before due it goes
        ("complaint", "2026-11-20 10:00", "求助", None),
        ("inquiry", "2026-11-20 10:00", "咨询", "2026-11-21 10:00"),
    ],
)
def test_a_change_of_kind_moves_the_due_time(
    folder: Path, one: Account, was: str, asked: str, becomes: str, due: str | None
) -> None:
    question(one, asked, external_id="q1", kind=was)
    take(folder, m("q1", asked, becomes), kind="messages")
    assert Message.objects.get().reply_due_at == (due and at(due))
    assert take(folder, m("q1", asked, becomes), kind="messages").unchanged == 1
    assert Message.objects.get().reply_due_at == (due and at(due))


@pytest.mark.parametrize(
    ("imported", "by_hand", "due"), [("咨询", "suggestion", None), ("建议", "inquiry", "2026-11-25 11:00")]
)
def test_a_kind_set_by_hand_is_left_alone(
    folder: Path, one: Account, imported: str, by_hand: str, due: str | None
) -> None:
    row = m("q1", "2026-11-24 11:00", imported, reply="")
    take(folder, row, kind="messages")
    message = Message.objects.get()
    activity.reclassify(message.pk, kind=by_hand, by=user(Role.OPERATOR, one.unit), now=NOW)
    later = at("2026-11-26 11:00")
    result = take(folder, row, kind="messages", now=later, known_until=later)
    assert (result.changed, result.unchanged) == (0, 1)
    message.refresh_from_db()
    assert (message.kind, message.reply_due_at) == (by_hand, due and at(due))
    assert rules.slow_reply(later).exists() == (due is not None)


def test_followers_are_kept_by_day_and_the_latest_is_the_accounts(folder: Path, one: Account) -> None:
    rows = ((*of(), "2026-11-20", "3.5万"), (*of(), "2026年11月19日", "1,200"))
    assert take(folder, *rows, kind="followers").created == 2
    one.refresh_from_db()
    assert (one.followers, one.posts_known_until, one.messages_known_until) == (35000, None, None)
    assert take(folder, *rows, kind="followers").unchanged == 2
    assert take(folder, (*of(), "2026-11-20", "36000"), kind="followers").changed == 1
    one.refresh_from_db()
    assert one.followers == 36000
    assert dict(Followers.objects.values_list("day", "count")) == {
        date(2026, 11, 19): 1200,
        date(2026, 11, 20): 36000,
    }


@pytest.mark.parametrize("step", ["compare", "write"])
def test_nothing_is_half_written_when_writing_fails(
    folder: Path, one: Account, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = Account.objects.values().get()
    with monkeypatch.context() as patch:
        patch.setattr(activity_sql, step, lambda *_: (_ for _ in ()).throw(RuntimeError("broken")))
        with pytest.raises(RuntimeError):
            take(folder, p("a1", "2026-11-20 10:00"))
    assert (Account.objects.values().get(), Publication.objects.count()) == (before, 0)
    assert not Event.objects.filter(verb="import_activity").exists()
    assert take(folder, p("a1", "2026-11-20 10:00")).created == 1


def test_nothing_is_written_when_the_last_step_refuses(folder: Path, one: Account) -> None:
    seen: list[ActivityResult] = []

    def lost(result: ActivityResult) -> None:
        seen.append(result)
        raise RuntimeError("the claim is lost")

    with pytest.raises(RuntimeError):
        take(folder, p("a1", "2026-11-20 10:00"), before_commit=lost)
    assert seen[0].created == 1
    assert not Publication.objects.exists()
    one.refresh_from_db()
    assert one.posts_known_until is None


def test_how_many_statements_does_not_depend_on_the_rows(folder: Path, one: Account) -> None:
    counts = []
    for size in (3, 1500):
        rows = [p(f"{size}-{n}", f"2026-11-{1 + n % 20:02} 10:00") for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            take(folder, *rows)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 40


def test_progress_is_told_while_rows_are_read(folder: Path, one: Account) -> None:
    told: list[tuple[int, int, str]] = []
    rows = [p(f"a{n}", "2026-11-20 10:00") for n in range(4500)]
    take(folder, *rows, progress=lambda *what: told.append(what))
    assert [done for done, _, _ in told] == [1999, 3999, 4500, 4500]  # the first batch has the header
    assert {total for _, total, _ in told} == {4500}  # the rows, without the header
