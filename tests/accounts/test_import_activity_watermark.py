"""`import_activity`: 数据截至 moves only where the data are complete."""

from pathlib import Path

import pytest

from accounts.activity_in import NothingAccepted
from accounts.activity_rows import read_known_until
from accounts.models import Account, AccountName
from tests.accounts.activity_files import HEADS, csv_of, m, of, p, reasons, run, take
from tests.factories import NOW, account, at, platform, unit
from zhonglou_media.core.errors import Refused

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(("kind", "word"), [("publications", "本期无发布"), ("messages", "本期无留言")])
def test_a_silent_row_is_said_in_the_word_of_its_kind(folder: Path, one: Account, kind: str, word: str) -> None:
    path = csv_of(folder, kind, of(), heads=("平台", "账号名称", "账号ID"))
    with pytest.raises(Refused, match=f"每一行都只写了账号（{word}），"):
        run(path, kind)


def test_a_file_of_silent_accounts_needs_a_known_until(folder: Path, one: Account) -> None:
    heads = ("序号", "平台", "账号名称", "账号ID")
    path = csv_of(folder, "publications", ("1", *of()), heads=heads)
    with pytest.raises(Refused, match="请写明数据截至"):
        run(path)
    assert run(path, known_until=at("2026-11-23 00:00")).unchanged == 1
    one.refresh_from_db()
    assert one.posts_known_until == at("2026-11-23 00:00")


@pytest.mark.parametrize(
    ("chosen", "kind", "heads", "sentence"),
    [
        ("publications", "messages", (), "文件里有“留言时间”列，像是留言数据；请改选“留言”，或核对文件。"),
        ("messages", "publications", (), "文件里有“发布时间”列，像是发布数据；请改选“发布”，或核对文件。"),
        ("followers", "publications", (), "文件里有“发布时间”列，像是发布数据；请改选“发布”，或核对文件。"),
        (
            "messages",
            "publications",
            ("平台", "账号名称", "账号ID", "编号", "标题", "链接", "发表日期", "原创"),
            "文件里有“发表日期”列，像是发布数据；请改选“发布”，或核对文件。",
        ),
        ("messages", "followers", (), "文件里有“粉丝数”列，像是粉丝数数据；请改选“粉丝数”，或核对文件。"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_makes_nobody_silent(
    folder: Path, one: Account, chosen: str, kind: str, heads: tuple[str, ...], sentence: str
) -> None:
    rows = {"messages": m("q1", "2026-11-20 10:00"), "followers": (*of(), "2026-11-20", "5")}
    silent = (*of(), *[""] * (len(HEADS[kind]) - 3))
    path = csv_of(folder, kind, silent, rows.get(kind, p("a1", "2026-11-20 10:00")), heads=heads)
    with pytest.raises(Refused) as refusal:
        run(path, chosen, known_until=NOW)
    assert str(refusal.value) == sentence
    one.refresh_from_db()
    assert one.posts_known_until is None
    assert one.messages_known_until is None


@pytest.mark.parametrize(
    ("kind", "again"),
    [
        ("messages", m("x1", "2026-11-20 10:00", reply="2026-11-20 11:00")),
        ("messages", m("x1", "2026-11-20 10:00", "建议")),
        ("publications", p("x1", "2026-11-21 10:00")),
        ("publications", p("x1", "2026-11-20 10:00", title="另一条")),
    ],
)
def test_an_id_again_that_says_otherwise_may_be_a_fact_that_is_lost(
    folder: Path, one: Account, kind: str, again: tuple[str, ...]
) -> None:
    first = {"messages": m, "publications": p}[kind]("x1", "2026-11-20 10:00")
    assert reasons(folder, first, again, kind=kind) == {
        3: "该账号的外部编号“x1”在第 2 行已有，且内容不同，请核对后只留一行"
    }
    one.refresh_from_db()
    assert (one.posts_known_until, one.messages_known_until) == (None, None)


@pytest.mark.parametrize(
    ("row", "held"),
    [
        ({"name": "示例发部", "uid": ""}, True),  # a character is wrong
        ({"name": "示例发布官方", "uid": ""}, True),
        ({"name": "示例新发布", "uid": "d9"}, True),
        ({"platform": "火星"}, True),
        ({"platform": ""}, True),
        ({"name": ""}, True),  # its id is there
        ({"name": "市民之声", "uid": ""}, False),
        ({"platform": "微博", "name": "示例发部", "uid": ""}, False),  # a platform on which nobody is named
    ],
)
def test_a_mistyped_name_holds_the_accounts_that_it_looks_like(
    folder: Path, one: Account, row: dict[str, str], held: bool
) -> None:
    found = reasons(folder, p("a1", "2026-11-20 10:00"), p("a2", "2026-11-21 10:00", **row))
    one.refresh_from_db()
    assert (one.posts_known_until is None) == held
    told = found[3].endswith("（可能是“示例发布”，其数据截至没有移动）")
    assert told == (held and row != {"name": ""})


def test_a_name_of_before_still_means_the_account(folder: Path, one: Account) -> None:
    before = {"name": "旧名", "name_key": "旧名", "look_key": "旧名", "since": at("2026-01-01 09:00")}
    AccountName.objects.create(account=one, **before)
    assert take(folder, p("a1", "2026-11-20 10:00", name="旧名", uid="")).created == 1
    assert reasons(folder, p("a1", "2026-11-20 10:00"), p("a2", "2026-11-20 10:00", name="旧名", uid="d9")) == {
        3: "账号ID“d9”与台账登记的不一致，请核对"
    }
    AccountName.objects.create(account=account(unit(), name="示例二号", uid="d2"), **before)
    assert reasons(folder, p("a1", "2026-11-20 10:00"), p("a3", "2026-11-20 10:00", name="旧名", uid="")) == {
        3: "名称“旧名”在该平台曾属于 2 个账号，请填写账号ID加以区分"
    }


def test_why_an_account_is_held_is_told(folder: Path, one: Account) -> None:
    mistyped = p("a3", "2026-11-20 10:00", name="示例发部", uid="")
    result = take(folder, p("a1", "2026-11-20 10:00"), p("a2", "去”年"), mistyped)
    assert result.held == ("示例发布",)
    assert result.held_why == ("第 3 行：发布时间看不懂，请写成 2026-11-24 14:05 的样子",)
    assert take(folder, p("a1", "2026-11-20 10:00"), mistyped).held_why == (
        "第 3 行：台账里没有抖音账号，请核对名称和账号ID，或先登记入台账",
    )


def test_what_a_citizen_wrote_is_not_told_with_a_refusal(folder: Path, one: Account) -> None:
    for kind in ("路灯坏了", "他说“路灯坏了”；请修"):
        row = m("q1", "2026-11-20 10:00", kind)
        with pytest.raises(NothingAccepted) as nothing:
            take(folder, row, kind="messages")
        assert "不认识类型" in str(nothing.value)
        result = take(folder, m("q2", "2026-11-20 10:00"), row, kind="messages")
        for told in (str(nothing.value), str(nothing.value.result.detail()), str(result.detail())):
            assert "路灯" not in told
            assert "请修" not in told
