"""The register as a workbook: what is filtered and may be seen, in the list's order, and it can be imported again."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts import register_in, register_out
from accounts.flags import run_rule
from accounts.models import Account, Flag, Role
from accounts.register_judge import plan
from accounts.rules import RULES
from tests.factories import NOW, account, at, platform, unit, user
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
EXPORT = "/accounts/export.xlsx"


def exported(client: Client, person: User, **query: str) -> list[list[Any]]:
    client.force_login(person)
    response = client.get(EXPORT, query)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment;")
    page = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active  # type: ignore[attr-defined]
    assert page is not None
    return [list(row) for row in page.iter_rows(values_only=True)]


def names(rows: list[list[Any]]) -> list[str]:
    return [row[3] for row in rows[1:]]


@pytest.fixture
def officer() -> User:
    return user(Role.OFFICER)


def test_a_row_says_what_the_register_knows(client: Client, officer: User) -> None:
    account(
        unit("示例镇人民政府", short_name="示例镇"),
        name="示例服务",
        platform=platform("wechat"),
        kind="service",
        uid="gh_1",
        link="https://example.invalid/a",
        followers=35000,
        remarks="月报",
        custodian="示例某",
        custodian_phone="051900000000",
        number="ZLXMT-2026-0003",
        national_no="国-1",
        provincial_no="省-1",
        last_published_at=at("2026-11-20 09:30"),
        posts_known_until=at("2026-11-24 10:00"),
    )
    for rule in RULES:
        run_rule(rule, NOW + timedelta(minutes=1))
    heads, row = exported(client, officer)
    assert heads == list(register_out.HEADS)
    assert dict(zip(heads, row, strict=True)) == {
        "主办单位": "示例镇人民政府",
        "平台": "微信公众号",
        "账号类型": "服务号",
        "账号名称": "示例服务",
        "账号ID": "gh_1",
        "链接": "https://example.invalid/a",
        "状态": "正常运行",
        "备案编号": "ZLXMT-2026-0003",
        "全国系统编号": "国-1",
        "全省平台编号": "省-1",
        "最近更新": "2026-11-20 09:30",
        "下次应更新": "2026-11-30 24:00",
        "数据截至": "2026-11-24 10:00",
        "粉丝数": 35000,
        "预警": None,
        "备注": "月报",
    }
    assert "051900000000" not in str(row)


def test_open_flags_are_named(client: Client, officer: User) -> None:
    account(name="野号", found=True)
    for rule in RULES:
        run_rule(rule, NOW + timedelta(minutes=1))
    assert exported(client, officer)[1][14] == "未备案账号"


def test_who_reads_no_flags_gets_no_column_of_them(client: Client) -> None:
    account(name="野号", found=True, remarks="月报")
    for rule in RULES:
        run_rule(rule, NOW + timedelta(minutes=1))
    heads, row = exported(client, user(Role.ADMIN))
    assert heads == [head for head in register_out.HEADS if head != "预警"]
    assert "未备案账号" not in row
    assert dict(zip(heads, row, strict=True))["备注"] == "月报"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["A微博", "B抖音", "C抖音"]),
        ({"platform": "douyin"}, ["B抖音", "C抖音"]),
        ({"q": "B抖"}, ["B抖音"]),
        ({"sort": "-name"}, ["C抖音", "B抖音", "A微博"]),
        ({"state": "unfiled"}, []),
        ({"page": "2"}, ["A微博", "B抖音", "C抖音"]),
    ],
)
def test_filters_and_order_are_those_of_the_list(
    client: Client, officer: User, query: dict[str, str], expected: list[str]
) -> None:
    account(unit("A局"), name="A微博", platform=platform("weibo"))
    account(unit("B局"), name="B抖音")
    account(unit("C局"), name="C抖音")
    if "platform" in query:
        query = {"platform": str(platform(query["platform"]).pk)}
    assert names(exported(client, officer, **query)) == expected


def test_only_what_the_person_may_see_is_exported(client: Client) -> None:
    own = unit("示例本局")
    account(own, name="本局的号")
    account(unit("示例下属", parent=own), name="下属的号")
    account(name="别人的号")
    assert names(exported(client, user(Role.OPERATOR, own))) == ["下属的号", "本局的号"]
    assert names(exported(client, user(Role.OPERATOR, own), q="别人")) == []
    assert len(exported(client, user(Role.AUDITOR))) == 4


def test_what_looks_like_a_formula_is_a_text(client: Client, officer: User) -> None:
    account(name='=HYPERLINK("x")', uid="+1", remarks="@sum")
    client.force_login(officer)
    content = b"".join(client.get(EXPORT).streaming_content)  # type: ignore[attr-defined]
    page = load_workbook(io.BytesIO(content)).active
    assert page is not None
    assert [page["D2"].value, page["E2"].value, page["P2"].value] == ['=HYPERLINK("x")', "+1", "@sum"]
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}


def test_the_workbook_can_be_imported_again_and_changes_nothing(tmp_path: Path) -> None:
    of = unit("示例镇人民政府", short_name="示例镇")
    account(of, name="示例服务", platform=platform("wechat"), kind="service", uid="gh_1", followers=35000)
    account(of, name="示例订阅", platform=platform("wechat"), kind="subscription", same_platform_reason="示例", uid="")
    account(
        of, name="=号开头", uid="00123456789012345678", remarks="备注；有逗号,", link="https://example.invalid/?a=1"
    )
    account(name="@号", platform=platform("weibo"), uid="-1", followers=0)
    path = tmp_path / "out.xlsx"
    register_out.export(Account.objects.order_by("pk"), path, flags=Flag.objects.all())
    made = plan(register_in.parse(path), found=False)
    assert [row.reason for row in made.rows] == ["", "", "", ""]
    assert (made.unchanged, made.new_units) == (4, [])


def test_the_workbook_fills_an_empty_register_with_the_same(tmp_path: Path) -> None:
    kept = ("unit__name", "platform__code", "name", "uid", "kind", "link", "followers", "remarks")
    of = unit("示例镇人民政府")
    account(of, name="示例服务", platform=platform("wechat"), kind="service", uid="gh_1", followers=35000)
    account(of, name="示例抖音", uid="00123456789012345678", remarks="月报", link="https://example.invalid/?a=1")
    before = list(Account.objects.order_by("name").values_list(*kept))
    path = tmp_path / "out.xlsx"
    register_out.export(Account.objects.order_by("pk"), path, flags=Flag.objects.all())
    Account.objects.update(state="void", next_update_due_at=None)
    assert register_in.import_file(path, by=None, now=NOW).created == 2
    assert list(Account.objects.exclude(state="void").order_by("name").values_list(*kept)) == before


def test_the_number_of_queries_does_not_grow_with_the_rows(client: Client, officer: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            b"".join(client.get(EXPORT).streaming_content)  # type: ignore[attr-defined]
        return len(seen)

    client.force_login(officer)
    account(name="甲号")
    queries()
    few = queries()
    for n in range(30):
        account(name=f"乙号{n}", found=True)
    for rule in RULES:
        run_rule(rule, NOW + timedelta(minutes=1))
    assert queries() == few <= 8


def test_the_list_names_how_many_it_exports_and_keeps_the_conditions(client: Client, officer: User) -> None:
    account(name="甲号")
    account(name="乙号")
    client.force_login(officer)
    text = client.get("/accounts/?q=甲号&page=1").content.decode()
    assert 'href="/accounts/export.xlsx?q=%E7%94%B2%E5%8F%B7"' in text
    assert "导出当前 1 条" in text
    assert "导出当前" not in client.get("/accounts/?q=没有").content.decode()
