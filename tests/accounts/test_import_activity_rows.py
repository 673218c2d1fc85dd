"""`import_activity`: each row read and judged, which account it means, and why it cannot be taken."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from accounts.activity_rows import read_moment
from accounts.models import Account, AccountState, Message, Publication, Role
from tests.accounts.activity import question
from tests.accounts.activity_files import MESSAGES, PUBLICATIONS, csv_of, m, of, p, reasons, run, take
from tests.factories import account, at, platform, unit, user
from zhonglou_media.core.errors import NotAllowed
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db
PERHAPS = "（可能是“示例发布”，其数据截至没有移动）"


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
        (p("a1", "2026-11-20 10:00", original="也许"), "是否原创“也许”看不懂，请写是或否"),
        (p("a1", "2026-11-20 10:00", platform=""), f"缺少平台{PERHAPS}"),
        (p("a1", "2026-11-20 10:00", name="", uid=""), "缺少账号名称"),
        (
            p("a1", "2026-11-20 10:00", platform="火星"),
            f"不认识平台“火星”，请改写或由系统管理员添加这个写法{PERHAPS}",
        ),
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


def test_a_reply_written_to_the_minute_is_not_before_a_question_within_it(folder: Path, one: Account) -> None:
    take(folder, m("q1", "2026-11-20 10:00:30", reply="2026-11-20 10:00"), kind="messages")
    message = Message.objects.get()
    assert message.first_reply_at == message.asked_at == at("2026-11-20 10:00:30")


def test_a_long_title_is_cut_and_what_cannot_be_seen_is_dropped(folder: Path, one: Account) -> None:
    take(folder, p("a1", "2026-11-20 10:00", title="长" * 201), p("a2", "2026-11-20 10:00", title="上\u202e下\n左\\N"))
    titles = Publication.objects.order_by("external_id").values_list("title", flat=True)
    assert list(titles) == ["长" * 199 + "…", "上下 左\\N"]


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
    assert found == {3: "名称“示例发布”在该平台有 2 个账号，请填写账号ID加以区分"}
    for each in (one, twin):
        each.refresh_from_db()
        assert each.posts_known_until is None


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


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (m("q1", "2026-11-20 10:00", "闲聊"), "不认识类型“闲聊”，请写咨询、建议、投诉、求助、其他中的一个"),
        (m("q1", "2026-11-20 10:00", ""), "没有写明类型，请写咨询、建议、投诉、求助、其他中的一个"),
        (m("q1", "2026-11-20 10:00", reply="2026-11-20 09:59"), "回复时间早于留言时间，请核对"),
        (m("q1", "2026-11-20 10:00:30", reply="2026-11-20 10:00:29"), "回复时间早于留言时间，请核对"),
        (m("q1", "2026-11-20 10:01:00", reply="2026-11-20 10:00"), "回复时间早于留言时间，请核对"),
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
    ("row", "reason"),
    [
        (("2026-11-25", "1"), "日期“2026-11-25”晚于今天"),
        (("", "1"), "缺少日期"),
        (("2026-11-20", ""), "缺少粉丝数"),
        (("2026-11-20", "很多"), "缺少粉丝数"),
        (("2026-11-20", "-5"), "粉丝数“-5”不对，应是不小于 0 的数"),
        (("2026-11-19", "5"), "该账号的2026-11-19 的粉丝数在第 2 行已有，请只留一行"),
        (("2026-11-19", "7"), "该账号的2026-11-19 的粉丝数在第 2 行已有，且内容不同，请核对后只留一行"),
    ],
)
def test_a_follower_count_that_cannot_be_taken_says_why(
    folder: Path, one: Account, row: tuple[str, str], reason: str
) -> None:
    assert reasons(folder, (*of(), "2026-11-19", "5"), (*of(), *row), kind="followers") == {3: reason}


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


@pytest.mark.parametrize("head", ["发表日期", "推送日期", "推送时间", "群发时间", "发布日期"])
def test_the_time_of_a_publication_has_many_names(folder: Path, one: Account, head: str) -> None:
    heads = tuple(head if name == "发布时间" else name for name in PUBLICATIONS)
    run(csv_of(folder, "publications", p("a1", "2026-11-20 10:00"), heads=heads))
    assert Publication.objects.get().published_at == at("2026-11-20 10:00")


@pytest.mark.parametrize(("asked", "replied"), [("提问日期", "答复日期"), ("咨询日期", "答复时间")])
def test_the_times_of_a_message_have_many_names(folder: Path, one: Account, asked: str, replied: str) -> None:
    heads = tuple({"留言时间": asked, "回复时间": replied}.get(name, name) for name in MESSAGES)
    row = m("q1", "2026-11-20 10:00", reply="2026-11-20 11:00")
    run(csv_of(folder, "messages", row, heads=heads), "messages")
    message = Message.objects.get()
    assert (message.asked_at, message.first_reply_at) == (at("2026-11-20 10:00"), at("2026-11-20 11:00"))


def test_a_head_that_is_exact_goes_before_one_that_only_holds_the_word(folder: Path, one: Account) -> None:
    heads = (*PUBLICATIONS, "推送日期")
    run(csv_of(folder, "publications", (*p("a1", "2026-11-20 10:00"), "2026-11-21"), heads=heads))
    assert Publication.objects.get().published_at == at("2026-11-20 10:00")


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
