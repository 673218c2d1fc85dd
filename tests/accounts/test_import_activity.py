"""`import_activity`: each row judged, the facts written once, the watermark moved only where the data are complete."""

import csv
import io
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import activity_in, activity_sql
from accounts.activity_in import ActivityResult, NothingAccepted
from accounts.activity_rows import read_known_until, read_moment
from accounts.models import Account, AccountState, ActivityDay, Followers, Message, Publication, Role, Source
from tests.accounts.activity import post, question
from tests.factories import NOW, account, at, platform, unit, user
from zhonglou_media.core.errors import NotAllowed, Refused
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db
PUBLICATIONS = ("平台", "账号名称", "账号ID", "外部编号", "标题", "链接", "发布时间", "是否原创")
MESSAGES = ("平台", "账号名称", "账号ID", "外部编号", "类型", "内容", "留言时间", "回复时间")
FOLLOWERS = ("平台", "账号名称", "账号ID", "日期", "粉丝数")
HEADS = {"publications": PUBLICATIONS, "messages": MESSAGES, "followers": FOLLOWERS}


@pytest.fixture
def one() -> Account:
    """An account that the rows name 示例发布, d1."""
    return account(unit("示例局"), name="示例发布", uid="d1", now=at("2026-11-01 09:00"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def csv_of(
    folder: Path, kind: str, *rows: tuple[str, ...], heads: tuple[str, ...] = (), encoding: str = "utf-8"
) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([heads or HEADS[kind], *rows])
    path = folder / f"{kind}.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def p(
    external: str = "", when: str = "", *, title: str = "", url: str = "", original: str = "", **who: str
) -> tuple[str, ...]:
    """A row of publications."""
    return (*of(**who), external, title, url, when, original)


def m(
    external: str = "", when: str = "", kind: str = "咨询", *, body: str = "", reply: str = "", **who: str
) -> tuple[str, ...]:
    """A row of messages."""
    return (*of(**who), external, kind, body, when, reply)


def of(platform: str = "抖音", name: str = "示例发布", uid: str = "d1") -> tuple[str, str, str]:
    return (platform, name, uid)


def run(
    path: Path, kind: str = "publications", *, by: User | None = None, now: datetime = NOW, **more: Any
) -> ActivityResult:
    return activity_in.import_activity(path, kind=kind, by=by, now=now, **more)


def take(folder: Path, *rows: tuple[str, ...], kind: str = "publications", **more: Any) -> ActivityResult:
    return run(csv_of(folder, kind, *rows), kind, **more)


def reasons(folder: Path, *rows: tuple[str, ...], kind: str = "publications", **more: Any) -> dict[int, str]:
    """Why which row was refused, as its workbook says."""
    out = folder / "refused.xlsx"
    with suppress(NothingAccepted):
        take(folder, *rows, kind=kind, refused_to=out, **more)
    sheet = openpyxl.load_workbook(out).active
    assert sheet is not None
    return {row[0]: row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)}  # type: ignore[misc]


# --- publications -------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (p("a1", "2026-11-24 14:06"), "发布时间“2026-11-24 14:06”晚于现在"),
        (p("a1", "去年冬天"), "发布时间“去年冬天”看不懂，请写成 2026-11-24 14:05 的样子"),
        (p("a1", "2026-11-31 10:00"), "发布时间“2026-11-31 10:00”不是有效的时间"),
        (p("a1", "1926-11-24 10:00"), "发布时间“1926-11-24 10:00”早于 2010 年，请核对年份"),
        (p("a1", ""), "缺少发布时间"),
        (p("", "2026-11-20 10:00"), "缺少外部编号（平台上的作品或留言编号）"),
        (
            p("1.2346E+17", "2026-11-20 10:00"),
            "外部编号“1.2346E+17”被当作数字保存，末几位已丢失，请把单元格设为文本后重新填写",
        ),
        (p("x" * 129, "2026-11-20 10:00"), "外部编号过长，不能超过 128 个字"),
        (p("a1", "2026-11-20 10:00", original="也许"), "是否原创写的是“也许”，请写是或否"),
        (p("a1", "2026-11-20 10:00", platform=""), "缺少平台"),
        (p("a1", "2026-11-20 10:00", name="", uid=""), "缺少账号名称"),
        (p("a1", "2026-11-20 10:00", platform="火星"), "不认识平台“火星”，请改写或由系统管理员添加这个写法"),
        (
            p("a1", "2026-11-20 10:00", name="没有的", uid="x"),
            "台账里没有抖音账号“没有的”，请核对名称和账号ID，或先登记入台账",
        ),
        (p("a1", "2026-11-20 10:00", uid="d2"), "账号ID“d2”与台账登记的不一致，请核对"),
        (p("", "", title="只有标题"), "缺少发布时间"),
        (
            p("a1", "去年冬天", name="没有的", uid="x"),
            "台账里没有抖音账号“没有的”，请核对名称和账号ID，或先登记入台账；"
            "发布时间“去年冬天”看不懂，请写成 2026-11-24 14:05 的样子",
        ),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(folder: Path, one: Account, row: tuple[str, ...], reason: str) -> None:
    good = p("good", "2026-11-19 10:00")
    assert reasons(folder, good, row) == {3: reason}
    assert Publication.objects.count() == 1


def test_an_external_id_twice_is_refused_naming_the_first_row(folder: Path, one: Account) -> None:
    other = account(one.unit, name="示例二号", uid="d2", platform=platform("weibo"))
    found = reasons(
        folder,
        p("a1", "2026-11-20 10:00"),
        p("a1", "2026-11-20 10:00"),
        p("a1", "2026-11-20 10:00", platform="微博", name="示例二号", uid="d2"),
    )
    assert found == {3: "该账号的外部编号“a1”在第 2 行已有，请只留一行"}
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.posts_known_until == other.posts_known_until == at("2026-11-20 10:00")  # a repetition hides nothing


def test_a_long_title_is_cut_and_what_cannot_be_seen_is_dropped(folder: Path, one: Account) -> None:
    take(folder, p("a1", "2026-11-20 10:00", title="长" * 201), p("a2", "2026-11-20 10:00", title="上\u202e下\n左\\N"))
    titles = Publication.objects.order_by("external_id").values_list("title", flat=True)
    assert list(titles) == ["长" * 199 + "…", "上下 左\\N"]


# --- which account ------------------------------------------------------------------------------------------------


def test_an_account_is_found_by_id_else_by_name(folder: Path, one: Account) -> None:
    bare = account(one.unit, name="没有编号", uid="", platform=platform("weibo"))
    take(
        folder,
        p("a1", "2026-11-20 10:00", name="换过的名字"),  # by its id
        p("a2", "2026-11-20 10:00", uid=""),
        p("a3", "2026-11-20 10:00", platform="新浪微博", name="没有编号", uid="学来的"),
    )
    by_external = dict(Publication.objects.values_list("external_id", "account"))
    assert by_external == {"a1": one.pk, "a2": one.pk, "a3": bare.pk}
    bare.refresh_from_db()
    assert bare.uid == ""  # filed fields are not learnt from a file of activity


def test_two_accounts_of_one_name_are_told_apart_by_id_and_neither_is_known_further(folder: Path, one: Account) -> None:
    twin = account(unit(), name="示例发布", uid="d2", now=at("2026-11-01 09:00"))
    found = reasons(folder, p("a1", "2026-11-20 10:00"), p("a2", "2026-11-20 10:00", uid=""))
    assert found == {3: "该平台登记有 2 个账号都叫“示例发布”，请填写账号ID加以区分"}
    for each in (one, twin):
        each.refresh_from_db()
        assert each.posts_known_until is None


@pytest.mark.parametrize("state", [AccountState.CLOSED, AccountState.CANCELLED])
def test_a_post_on_an_ended_account_is_taken_so_that_it_is_seen_to_live(
    folder: Path, one: Account, state: AccountState
) -> None:
    Account.objects.filter(pk=one.pk).update(state=state, state_since=at("2026-11-10 10:00"), next_update_due_at=None)
    take(folder, p("a1", "2026-11-20 10:00"))
    one.refresh_from_db()
    assert one.last_published_at == at("2026-11-20 10:00")
    assert one.next_update_due_at is None


def test_a_cancelled_account_gives_way_to_the_one_that_stands(folder: Path, one: Account) -> None:
    Account.objects.filter(pk=one.pk).update(state=AccountState.CANCELLED, next_update_due_at=None)
    reborn = account(unit(), name="示例发布", uid="d1")
    take(folder, p("a1", "2026-11-20 10:00"))
    assert Publication.objects.get().account == reborn


def test_an_operator_imports_for_accounts_of_the_own_unit_only(folder: Path, one: Account) -> None:
    account(unit(), name="别人的", uid="d9", platform=platform("weibo"))
    rows = (p("a1", "2026-11-20 10:00"), p("a2", "2026-11-20 10:00", platform="微博", name="别人的", uid="d9"))
    operator = user(Role.OPERATOR, one.unit)
    assert reasons(folder, *rows, by=operator) == {3: "不是本单位的账号"}
    assert Event.objects.get(verb="import_activity").actor == operator
    assert take(folder, *rows, by=user(Role.OFFICER)).created == 1


@pytest.mark.parametrize("role", [Role.LEADER, Role.AUDITOR, Role.ADMIN, Role.PARENT])
def test_nobody_else_imports(folder: Path, one: Account, role: Role) -> None:
    with pytest.raises(NotAllowed):
        take(folder, p("a1", "2026-11-20 10:00"), by=user(role, one.unit))
    assert not Publication.objects.exists()


# --- 数据截至 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known_until", "known"),
    [
        (None, "2026-11-22 09:00"),  # the latest time in the whole file
        ("2026-11-23", "2026-11-24 00:00"),
        ("2026-11-24", "2026-11-24 14:05"),  # today: now
        ("2026-11-23 18:00", "2026-11-23 18:00"),
        ("2026-11-23T10:00:00Z", "2026-11-23 18:00"),
    ],
)
def test_known_until_moves_for_each_account_named_also_the_silent(
    folder: Path, one: Account, known_until: str | None, known: str
) -> None:
    silent = account(one.unit, name="没有动静", uid="d2", platform=platform("weibo"))
    other = account(one.unit, name="没有提到", uid="d3", platform=platform("kuaishou"))
    until = None if known_until is None else read_known_until(known_until, NOW)
    result = take(
        folder,
        p("a1", "2026-11-20 10:00"),
        p("a2", "2026-11-22 09:00"),
        p(platform="微博", name="没有动静", uid="d2", title="本期无发布"),
        known_until=until,
    )
    assert (result.unchanged, result.silent, result.moved) == (1, 1, 2)
    for each in (one, silent, other):
        each.refresh_from_db()
    assert one.posts_known_until == silent.posts_known_until == at(known)
    assert other.posts_known_until is None


def test_known_until_never_moves_back(folder: Path, one: Account) -> None:
    Account.objects.update(posts_known_until=at("2026-11-23 10:00"))
    assert take(folder, p("a1", "2026-11-20 10:00")).moved == 0
    one.refresh_from_db()
    assert one.posts_known_until == at("2026-11-23 10:00")


@pytest.mark.parametrize("text", ["2026-11-25", "2026-11-24 14:06", "昨天", "2026-02-30", "1999-01-01"])
def test_a_known_until_ahead_or_unreadable_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="数据截至"):
        read_known_until(text, NOW)


def test_an_account_of_which_a_row_was_refused_is_not_known_further(folder: Path, one: Account) -> None:
    other = account(one.unit, name="示例二号", uid="d2", platform=platform("weibo"))
    result = take(
        folder,
        p("a1", "2026-11-20 10:00"),
        p("", "2026-11-22 10:00"),
        p("a3", "2026-11-21 10:00", platform="微博", name="示例二号", uid="d2"),
    )
    assert (result.created, result.refused, result.held, result.moved) == (2, 1, ("示例发布",), 1)
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.posts_known_until is None
    assert other.posts_known_until == at("2026-11-22 10:00")


def test_a_file_of_silent_accounts_needs_a_known_until(folder: Path, one: Account) -> None:
    heads = ("序号", "平台", "账号名称", "账号ID")
    path = csv_of(folder, "publications", ("1", *of()), heads=heads)
    with pytest.raises(Refused, match="请写明数据截至"):
        run(path)
    assert run(path, known_until=at("2026-11-23 00:00")).unchanged == 1
    one.refresh_from_db()
    assert one.posts_known_until == at("2026-11-23 00:00")


def test_a_file_of_another_kind_makes_nobody_silent(folder: Path, one: Account) -> None:
    path = csv_of(folder, "messages", m("q1", "2026-11-20 10:00"), m("q2", "2026-11-21 10:00"))
    with pytest.raises(NothingAccepted, match="缺少发布时间"):
        run(path, known_until=NOW)
    one.refresh_from_db()
    assert one.posts_known_until is None


# --- messages -----------------------------------------------------------------------------------------------------


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
    ("row", "reason"),
    [
        (m("q1", "2026-11-20 10:00", "闲聊"), "不认识类型“闲聊”，请写咨询、建议、投诉、求助、其他中的一个"),
        (m("q1", "2026-11-20 10:00", ""), "没有写明类型，请写咨询、建议、投诉、求助、其他中的一个"),
        (m("q1", "2026-11-20 10:00", reply="2026-11-20 09:59"), "回复时间早于留言时间，请核对"),
        (m("q1", "2026-11-20 10:00", reply="2026-11-24 14:06"), "回复时间“2026-11-24 14:06”晚于现在"),
        (m("q1", "2026-11-24 14:06"), "留言时间“2026-11-24 14:06”晚于现在"),
        (m("q1", "2026-11-20"), "留言时间“2026-11-20”没有写到几时几分"),
        (m("", "2026-11-20 10:00"), "缺少外部编号（平台上的作品或留言编号）"),
        (m("old", "2026-11-20 10:00"), "留言时间与已登记的（2026-11-19 10:00:00）不一致；留言时间不能更改"),
    ],
)
def test_a_message_that_cannot_be_taken_says_why(folder: Path, one: Account, row: tuple[str, ...], reason: str) -> None:
    question(one, "2026-11-19 10:00", external_id="old")
    assert reasons(folder, m("good", "2026-11-18 10:00"), row, kind="messages") == {3: reason}
    assert Message.objects.get(external_id="old").asked_at == at("2026-11-19 10:00")
    one.refresh_from_db()
    assert one.messages_known_until is None


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


# --- followers ----------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("2026-11-25", "1"), "日期“2026-11-25”晚于今天"),
        (("", "1"), "缺少日期"),
        (("2026-11-20", ""), "缺少粉丝数"),
        (("2026-11-20", "很多"), "缺少粉丝数"),
        (("2026-11-19", "7"), "该账号的2026-11-19 的粉丝数在第 2 行已有，请只留一行"),
    ],
)
def test_a_follower_count_that_cannot_be_taken_says_why(
    folder: Path, one: Account, row: tuple[str, str], reason: str
) -> None:
    assert reasons(folder, (*of(), "2026-11-19", "5"), (*of(), *row), kind="followers") == {3: reason}


# --- all or nothing -----------------------------------------------------------------------------------------------


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
    assert {total for _, total, _ in told} == {4501}  # lines of the file, about


# --- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_however_it_is_encoded(folder: Path, one: Account, encoding: str) -> None:
    path = csv_of(folder, "publications", p("a1", "2026-11-20 10:00", title="䶮城动态"), encoding=encoding)
    run(path)
    assert Publication.objects.get().title == "䶮城动态"


def test_an_xlsx_may_hold_excels_own_times_and_a_unit(folder: Path, one: Account) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["十一月发布情况"])
    sheet.append(["主办单位名称", *PUBLICATIONS])
    sheet.append(["示例局", *of(), 123456789012345, "标题", "", datetime(2026, 11, 20, 10, 0, 30), "是"])
    sheet.append(["示例局", *of(), "a2", "标题", "", datetime(2026, 11, 21), "是"])
    sheet.append(["合计", None, None, None, None, 2])
    path = folder / "数据.xlsx"
    book.save(path)
    assert str(run(path)) == "read=2 created=2 changed=0 unchanged=0 refused=0"
    assert dict(Publication.objects.values_list("external_id", "published_at")) == {
        "123456789012345": at("2026-11-20 10:00:30"),
        "a2": at("2026-11-21 00:00"),
    }


def test_refused_rows_come_back_as_they_were(folder: Path, one: Account) -> None:
    out = folder / "out.xlsx"
    take(folder, p("a1", "2026-11-20 10:00"), p("=1+1", "2036-11-20 10:00", title="标题"), refused_to=out)
    sheet = openpyxl.load_workbook(out).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("原行号", *PUBLICATIONS, "未导入的原因")
    assert rows[1] == (3, *of(), "=1+1", "标题", None, "2036-11-20 10:00", None, "发布时间“2036-11-20 10:00”晚于现在")
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24 14:05", "2026-11-24 14:05"),
        ("2026-11-24 14:05:30", "2026-11-24 14:05:30"),
        ("2026/1/5 9:03", "2026-01-05 09:03"),
        ("2026-11-24T14:05:00+08:00", "2026-11-24 14:05"),
        ("2026-11-24T06:05:00Z", "2026-11-24 14:05"),
        ("2026/11/24 06:05 +0000", "2026-11-24 14:05"),
        ("2026年11月24日 14:05", "2026-11-24 14:05"),
        ("2026年11月24日14时05分", None),
        ("２０２６-11-24 14：05", "2026-11-24 14:05"),
        ("2026-11-24", "2026-11-24 00:00"),
        ("2026-11-24 24:00", None),
        ("44886.5", None),
    ],
)
def test_times_as_offices_write_them(text: str, moment: str | None) -> None:
    if moment is None:
        with pytest.raises(ValueError, match="日期"):
            read_moment(text)
    else:
        assert read_moment(text)[0] == at(moment)
