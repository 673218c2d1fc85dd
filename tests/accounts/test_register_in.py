"""What becomes of each row of a list of accounts."""

import io
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.fields import COMPLETED_FILING, LIVE_FILING
from accounts.models import Account, AccountName, AccountState, Membership, Origin, Platform, PlatformAlias, Role, Unit
from accounts.models.unit import UnitStatus
from accounts.register_in import ImportResult, NothingAccepted, import_file, refused_workbook
from accounts.register_rows import PlatformWords, read_followers
from filings.models import Filing
from filings.models.filing import LIVE, FilingState
from tests import factories
from tests.csv_files import csv_bytes
from tests.factories import NOW
from zhonglou_media.core.errors import NotAllowed, Refused
from zhonglou_media.core.models import Event, Job

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[1] / "data"
HEADS = ["单位", "平台", "名称", "ID", "类型", "链接", "粉丝数", "备注"]
Rows = Iterable[list[str]]
Importer = Callable[..., ImportResult]


@pytest.fixture
def imported(tmp_path: Path) -> Importer:
    """Import rows given as lists, in the columns of HEADS."""

    def run(*rows: list[str], **options: Any) -> ImportResult:
        path = tmp_path / "名单.csv"
        path.write_bytes(csv_bytes(HEADS, rows))
        return import_file(path, **{"by": None, "now": NOW, **options})

    return run


def reason(result: ImportResult) -> str:
    assert len(result.refused) == 1
    return result.refused[0].reason


# --- the lists as offices sent them ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("list_a.xlsx", (30, 9, 0, 0, 21), (30, 0, 0, 9, 21)),
        ("list_b_gbk.csv", (30, 2, 0, 0, 28), (30, 0, 0, 2, 28)),
        ("list_c.csv", (31, 19, 0, 0, 12), (31, 0, 0, 19, 12)),
    ],
)
def test_real_lists_and_a_second_time(name: str, first: tuple[int, ...], second: tuple[int, ...]) -> None:
    for counts in (first, second):
        done = import_file(DATA / name, by=None, now=NOW)
        assert (done.read, done.created, done.changed, done.unchanged, len(done.refused)) == counts
    assert Account.objects.count() == first[1]


def test_the_baseline_is_active_watched_and_names_its_document() -> None:
    done = import_file(DATA / "list_a.xlsx", by=None, now=NOW, document="武政办函〔2024〕1号")
    account = Account.objects.get(name="武定法治在线")
    assert (account.state, account.origin, account.monitored_from) == ("active", "baseline", date(2026, 11, 24))
    assert account.next_update_due_at == factories.at("2026-12-02 00:00")
    assert account.source_document == "武政办函〔2024〕1号"
    assert AccountName.objects.filter(account=account, name="武定法治在线").exists()
    assert (account.unit.name, account.unit.status) == ("武定县司法局", UnitStatus.UNCONFIRMED)
    assert len(done.new_units) == 6
    event = Event.objects.get(verb="import_registry")
    assert event.detail["created"] == 9
    assert event.detail["new_units"] == done.new_units
    assert Job.objects.get() == done.job


def test_a_second_account_on_a_platform_comes_in_to_be_explained() -> None:
    import_file(DATA / "list_a.xlsx", by=None, now=NOW)
    weibo = dict(Account.objects.filter(platform__code="weibo").values_list("name", "same_platform_reason"))
    assert weibo == {"武定警方": "", "武定交警大队": "存量待说明"}


def test_rows_without_a_unit_are_told() -> None:
    done = import_file(DATA / "list_b_gbk.csv", by=None, now=NOW)
    assert (done.refused[0].number, done.refused[0].reason) == (2, "缺少主办单位")
    assert done.refused[0].cells == ["", "微博", "宁陵县12345服务热线", ""]


# --- identity -------------------------------------------------------------------------------------


def test_one_name_on_three_platforms_is_three_accounts(imported: Importer) -> None:
    done = imported(["示例局", "微信", "师宗警方"], ["示例局", "微博", "师宗警方"], ["示例局", "抖音", "师宗警方"])
    assert (done.created, Account.objects.count()) == (3, 3)


def test_the_same_id_under_another_name_differs_from_the_filing(imported: Importer) -> None:
    imported(["示例局", "微信", "示例发布", "gh_1"])
    with pytest.raises(NothingAccepted) as refused:
        imported(["示例局", "微信", "示例微发布", "gh_1"])
    (row,) = refused.value.result.refused
    assert row.reason == "与备案不一致：账号名称 示例发布→示例微发布。如确有变化，请办理变更报备"
    assert row.account_id == Account.objects.get().pk
    assert Account.objects.get().name == "示例发布"
    assert Event.objects.filter(verb="import_registry").count() == 1


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["别的局", "微信", "示例发布", "gh_1"], "主办单位 示例局→别的局"),
        (["示例局", "微信", "示例发布", "gh_1", "服务号"], "账号类型 订阅号→服务号"),
        (
            ["示例局", "微信", "示例发布", "gh_1", "", "https://example.invalid/b"],
            "账号链接 https://example.invalid/a→",
        ),
    ],
)
def test_a_filed_field_that_differs_is_refused_and_kept(imported: Importer, row: list[str], why: str) -> None:
    imported(["示例局", "微信", "示例发布", "gh_1", "订阅号", "https://example.invalid/a"])
    before = Account.objects.values().get()
    done = imported(row, ["示例局", "抖音", "另一个"])
    assert why in reason(done)
    assert Account.objects.values().get(pk=before["id"]) == before
    assert not Unit.objects.filter(name="别的局").exists()


def test_blanks_are_filled_and_unfiled_fields_follow_the_list(imported: Importer) -> None:
    imported(["示例局", "微信", "示例发布"])
    done = imported(
        ["示例局", "微信公众号", "示例发布", "gh_1", "服务号", "https://example.invalid/a", "3.5万", "月报"]
    )
    account = Account.objects.get()
    assert (done.changed, account.uid, account.kind, account.followers) == (1, "gh_1", "service", 35000)
    assert (account.link, account.remarks) == ("https://example.invalid/a", "月报")
    # A 服务号 is judged by its month: 24 to 30 November has one week.
    assert account.next_update_due_at == factories.at("2026-12-01 00:00")
    assert imported(["示例局", "微信", "示例发布", "gh_1", "", "", "36000"]).changed == 1
    assert Account.objects.get().followers == 36000
    assert imported(["示例局", "微信", "示例发布", "gh_1"]).unchanged == 1


def test_the_name_in_another_spelling_is_the_same_account(imported: Importer) -> None:
    imported(["示例局", "微信", "ShizongEdu8"])
    assert imported(["示例局", "微信公众号", "ＳｈｉｚｏｎｇEDU8\u200b"]).unchanged == 1


def test_two_hits_by_name_are_refused(imported: Importer) -> None:
    imported(["示例局", "抖音", "同名", "a"], ["别的局", "抖音", "同名", "b"])
    done = imported(["示例局", "抖音", "同名"], ["示例局", "快手", "同名"])
    assert "登记有 2 个账号都叫“同名”" in reason(done)
    assert imported(["别的局", "抖音", "同名", "b"]).unchanged == 1


def test_one_account_twice_in_a_file_is_told_with_the_row(imported: Importer) -> None:
    for _ in range(2):  # also when it is in the register already
        done = imported(["示例局", "抖音", "示例", "a"], ["示例局", "抖音号", "示例"])
        assert reason(done).startswith("与第 2 行是同一平台的同一账号")
    assert Account.objects.count() == 1


def test_another_id_is_another_account(imported: Importer) -> None:
    imported(["示例局", "抖音", "同名", "a"])
    assert imported(["示例局", "抖音", "同名", "b"]).created == 1
    assert Account.objects.get(uid="b").same_platform_reason == "存量待说明"


# --- units ----------------------------------------------------------------------------------------


def test_a_unit_is_found_by_short_and_former_names(imported: Importer) -> None:
    unit = factories.unit("示例经济开发区", short_name="示例经开区")
    unit.names.create(name="示例开发区")
    done = imported(["示例经开区", "抖音", "甲"], ["示例开发区", "快手", "甲"], ["示例经济开发区 ", "微信", "甲"])
    assert (done.created, done.new_units) == (3, [])
    assert Account.objects.filter(unit=unit).count() == 3


def test_internal_and_merged_units_own_nothing(imported: Importer) -> None:
    factories.unit("示例办公室", internal=True)
    factories.unit("旧局", status=UnitStatus.MERGED)
    with pytest.raises(NothingAccepted) as refused:
        imported(["示例办公室", "抖音", "甲"], ["旧局", "抖音", "乙"])
    assert ["内设机构" in row.reason or "撤并" in row.reason for row in refused.value.result.refused] == [True, True]


# --- states ---------------------------------------------------------------------------------------


def test_found_accounts_are_unfiled(imported: Importer) -> None:
    done = imported(["示例局", "抖音", "甲"], ["示例局", "抖音", "乙"], found=True)
    assert set(Account.objects.values_list("state", "origin", "found_at")) == {("unfiled", Origin.FOUND, NOW)}
    assert set(Account.objects.values_list("monitored_from", "next_update_due_at")) == {(None, None)}
    assert done.created == 2
    assert imported(["示例局", "抖音", "甲"], found=True).unchanged == 1


def test_an_unfiled_account_becomes_active_only_by_filing(imported: Importer) -> None:
    imported(["示例局", "抖音", "甲"], found=True)
    done = imported(["示例局", "抖音", "甲"], ["示例局", "快手", "甲"])
    assert "须办理新开办备案" in reason(done)
    assert Account.objects.get(platform__code="douyin").state == AccountState.UNFILED


def put(account: Account, *states: AccountState) -> Account:
    """Move the row along legal states, as the guards allow."""
    for state in states:
        Account.objects.filter(pk=account.pk).update(state=state, next_update_due_at=None)
    return account


def test_a_cancelled_account_seen_again_is_a_new_row(imported: Importer) -> None:
    old = put(factories.account(name="甲", uid="a"), AccountState.CLOSING, AccountState.CANCELLED)
    row = [old.unit.name, "抖音", "甲", "a"]
    assert "已经注销" in reason(imported(row, ["示例局", "快手", "乙"]))
    assert imported(row, found=True).created == 1
    assert Account.objects.get(state="unfiled").reborn_of == old


def test_a_closed_account_is_refused(imported: Importer) -> None:
    old = put(factories.account(name="甲"), AccountState.CLOSING, AccountState.CLOSED)
    assert "已经关停" in reason(imported([old.unit.name, "抖音", "甲"], ["示例局", "快手", "乙"]))


def test_a_live_filing_holds_its_fields(imported: Importer) -> None:
    account = factories.account(name="甲", uid="")
    Filing.objects.create(kind="change", unit=account.unit, account=account, created_at=NOW)
    done = imported([account.unit.name, "抖音", "甲", "a"], ["示例局", "快手", "乙"])
    assert "账号ID须在备案中补充" in reason(done)
    assert imported([account.unit.name, "抖音", "甲", "", "", "", "12"]).changed == 1
    assert tuple(LIVE) == LIVE_FILING
    assert FilingState.COMPLETED == COMPLETED_FILING


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "code", "remarks"),
    [
        ("微信", "wechat", ""),
        ("微信公众号（政务）", "wechat", "政务"),
        ("新浪 微博", "weibo", ""),
        ("政务微博", "weibo", ""),
        ("移动客户端(APP)", "app", ""),
        ("ａｐｐ", "app", ""),
        ("视频号", "channels", ""),
        ("今日头条[区]【政务】", "toutiao", "区；政务"),
        ("其他（知乎）", "other", "知乎"),
        ("微信、公众号", "wechat", ""),
    ],
)
def test_platforms_as_people_write_them(imported: Importer, cell: str, code: str, remarks: str) -> None:
    imported(["示例局", cell, "甲"])
    account = Account.objects.get()
    assert (account.platform.code, account.remarks) == (code, remarks)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["示例局", "微信、微博", "甲"], "几个平台（微信公众号、新浪微博）"),
        (["示例局", "微信（视频号）", "甲"], "几个平台（微信公众号、微信视频号）"),
        (["示例局", "飞信", "甲"], "不认识平台“飞信”"),
        (["示例局", "腾讯微博", "甲"], "已停止服务"),
        (["", "", "甲"], "缺少主办单位、平台"),
        (["无", "抖音", "/"], "缺少主办单位、账号名称"),
        (["示例局", "抖音", "甲\u202e乙"], "账号名称中有不可见的控制字符"),
        (["示例局", "抖音", "甲" * 61], "账号名称过长"),
        (["单" * 121, "抖音", "甲"], "主办单位过长"),
        (["示例局", "抖音", "甲", "1.23457E+17"], "末几位已丢失"),
        (["示例局", "抖音", "甲", "x" * 129], "账号ID过长"),
        (["示例局", "微信", "甲", "", "小程序"], "类型写的是微信小程序"),
        (["示例局", "抖音", "甲", "", "", "", "约3千1"], "不是数字"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(imported: Importer, row: list[str], why: str) -> None:
    with pytest.raises(NothingAccepted) as refused:
        imported(row)
    assert why in refused.value.result.refused[0].reason
    assert not Account.objects.exists()
    assert not Unit.objects.filter(name=row[0]).exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("row", "kind", "remarks"),
    [
        (["示例局", "微信", "甲", "", "服务号"], "service", ""),
        (["示例局", "微信订阅号", "甲"], "subscription", ""),
        (["示例局", "微信公众号（服务号）", "甲"], "service", "服务号"),
        (["示例局", "视频号", "甲", "", "视频号"], "", ""),
        (["示例局", "抖音", "甲", "", "政务类"], "", "类型：政务类"),
        (["示例局", "抖音", "甲", "无", "/", "javascript:alert(1)"], "", "链接：javascript:alert(1)"),
    ],
)
def test_kinds_and_links(imported: Importer, row: list[str], kind: str, remarks: str) -> None:
    imported(row)
    account = Account.objects.get()
    assert (account.kind, account.remarks, account.link, account.uid) == (kind, remarks, "", "")
    assert imported(row).unchanged == 1


@pytest.mark.parametrize(
    ("text", "head", "count"),
    [("1,234", "", 1234), ("3.5万", "", 35000), ("3.5", "粉丝量(万)", 35000), ("—", "", None), ("１２人", "", 12)],
)
def test_followers(text: str, head: str, count: int | None) -> None:
    assert read_followers(text, head) == count


def test_every_alias_names_its_platform() -> None:
    words = PlatformWords()
    assert PlatformAlias.objects.count() > 40
    for alias in PlatformAlias.objects.select_related("platform"):
        assert words.get(alias.alias) == alias.platform
    for platform in Platform.objects.all():
        assert words.get(platform.name) == platform


# --- who, and how much ----------------------------------------------------------------------------


def test_only_the_office_and_the_system_import(imported: Importer) -> None:
    with pytest.raises(NotAllowed):
        imported(["示例局", "抖音", "甲"], by=factories.user(Role.OPERATOR))
    officer = factories.user(Role.OFFICER)
    assert imported(["示例局", "抖音", "甲"], by=officer).created == 1
    event = Event.objects.get(verb="import_registry")
    assert (event.actor, event.role) == (officer, "officer")
    assert Membership.objects.filter(user=officer).exists()


def test_a_list_without_rows_is_refused(imported: Importer) -> None:
    with pytest.raises(Refused, match="没有账号"):
        imported(["合计", "0"])


def test_no_query_per_row(imported: Importer, django_assert_max_num_queries: Any) -> None:
    rows = [[f"示例局{n}", "抖音", f"账号{n}", f"id{n}"] for n in range(300)]
    with django_assert_max_num_queries(40):
        assert imported(*rows).created == 300
    with django_assert_max_num_queries(25):
        assert imported(*([*row, "", "", "7"] for row in rows)).changed == 300


def test_refused_rows_come_back_as_a_workbook_that_can_be_corrected(tmp_path: Path) -> None:
    done = import_file(DATA / "list_c.csv", by=None, now=NOW)
    target = io.BytesIO()
    refused_workbook(done, target)
    rows = list(openpyxl.load_workbook(target).active.iter_rows(values_only=True))
    assert rows[0][:3] == ("原行号", "unit", "platform")
    assert rows[1][:4] == (2, None, "微信公众号", "ShizongEdu8")
    assert rows[1][-1] == "缺少主办单位"
    assert len(rows) == 13
    path = tmp_path / "refused.xlsx"
    path.write_bytes(target.getvalue())
    with pytest.raises(NothingAccepted, match="12 行都不能导入，第 2 行：缺少主办单位"):
        import_file(path, by=None, now=NOW)
