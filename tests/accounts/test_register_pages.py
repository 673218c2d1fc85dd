"""账号台账: search, filters, sorting, paging, and who sees which rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.flags import run_rule
from accounts.models import AccountName, Membership, Role, SavedFilter, UnitName
from accounts.rules import RULES
from tests.factories import NOW, account, at, opening, platform, unit, user
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
LIST = "/accounts/"


def page(client: Client, person: User, query: str = "", **headers: Any) -> str:
    client.force_login(person)
    response = client.get(LIST + query, **headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def officer() -> User:
    return user(Role.OFFICER)


@pytest.mark.parametrize(
    "typed",
    ["钟楼", "鐘樓", "楼发", "gh_00", "ZLXMT-2026", "示例文化", "旧名", "ＧＨ_00", " 钟楼 "],
    ids=["name", "traditional", "middle", "id", "number", "unit", "former name", "full width", "spaces"],
)
def test_two_characters_find_an_account_by_anything_it_is_known_by(client: Client, officer: User, typed: str) -> None:
    found = account(unit("示例文化馆"), name="钟楼发布", uid="GH_0007")
    found.number = "ZLXMT-2026-0003"
    found.save()
    AccountName.objects.create(account=found, name="旧名字", name_key="旧名字", look_key="旧名字", since=NOW)
    account(name="另一个账号")
    shown = page(client, officer, f"?q={typed}")
    assert "钟楼发布" in shown
    assert "另一个账号" not in shown


def test_a_former_name_is_shown_beside_the_present_one(client: Client, officer: User) -> None:
    found = account(name="新名字")
    AccountName.objects.create(account=found, name="旧名字", name_key="旧名字", look_key="旧名字", since=NOW)
    assert "曾用名：旧名字" in page(client, officer, "?q=旧名")


def test_a_former_name_of_the_unit_finds_its_accounts_once(client: Client, officer: User) -> None:
    merged = unit("示例新局")
    for name in ("示例旧局", "示例旧局二"):
        UnitName.objects.create(unit=merged, name=name)
    account(merged, name="文化发布")
    shown = page(client, officer, "?q=示例旧")
    assert shown.count("文化发布</a>") == 1


def test_what_is_typed_is_no_pattern_and_no_markup(client: Client, officer: User) -> None:
    account(name="甲账号")
    assert "甲账号" not in page(client, officer, "?q=%25")
    assert "<script>x" not in page(client, officer, "?q=<script>x</script>")


def test_invisible_characters_alone_search_for_nothing(client: Client, officer: User) -> None:
    account(name="甲账号")
    assert "甲账号" in page(client, officer, "?q=%E2%80%8B")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("platform={wechat}", {"微信服务"}),
        ("kind=service", {"微信服务"}),
        ("state=unfiled", {"野号"}),
        ("flag=any", {"野号"}),
        ("flag=unfiled_account", {"野号"}),
        ("flag=overdue_filing", set()),
        ("flag=none", {"微信服务", "抖音号"}),
        ("unit_kind=town", {"抖音号"}),
        ("unit={town}", {"抖音号"}),
        ("state=unfiled&unit_kind=town", set()),
        ("state=nonsense&platform=999", {"微信服务", "抖音号", "野号"}),
        ("", {"微信服务", "抖音号", "野号"}),
    ],
)
def test_filters(client: Client, officer: User, query: str, expected: set[str]) -> None:
    town = unit("示例镇人民政府", kind="town")
    account(name="微信服务", platform=platform("wechat"), kind="service")
    account(town, name="抖音号")
    account(name="野号", found=True)
    for rule in RULES:
        run_rule(rule, NOW + timedelta(minutes=1))
    shown = page(client, officer, "?" + query.format(wechat=platform("wechat").pk, town=town.pk))
    assert {name for name in ("微信服务", "抖音号", "野号") if f"{name}</a>" in shown} == expected


def test_counts_of_states_follow_the_other_conditions_and_keep_them(client: Client, officer: User) -> None:
    account(name="甲号")
    account(name="甲号二", found=True)
    account(name="乙号")
    shown = page(client, officer, "?q=甲号&state=active")
    assert "<span>全部</span><b>2</b>" in shown
    assert "<span>正常运行</span><b>1</b>" in shown
    assert "<span>未备案</span><b>1</b>" in shown
    assert "q=%E7%94%B2%E5%8F%B7&amp;state=unfiled" in shown


def test_conditions_in_force_are_named_and_can_be_taken_off(client: Client, officer: User) -> None:
    account(name="甲号")
    shown = page(client, officer, "?state=active&q=甲号")
    assert "去掉条件 状态：正常运行" in shown
    assert 'href="?q=%E7%94%B2%E5%8F%B7" aria-label="去掉条件 状态：正常运行"' in shown


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["a号", "b号", "c号"]),
        ("-name", ["c号", "b号", "a号"]),
        ("updated", ["b号", "a号", "c号"]),
        ("-updated", ["a号", "b号", "c号"]),
        ("unit", ["c号", "a号", "b号"]),
        ("-unit", ["b号", "a号", "c号"]),
        ("due", ["b号", "a号", "c号"]),
        ("state", ["a号", "b号", "c号"]),
        ("nonsense", ["c号", "a号", "b号"]),
    ],
)
def test_sorting_puts_the_unknown_last(client: Client, officer: User, sort: str, order: list[str]) -> None:
    account(unit("B局"), name="a号", last_published_at=at("2026-11-20 09:00"), now=at("2026-11-02 09:00"))
    account(unit("C局"), name="b号", last_published_at=at("2026-11-10 09:00"), now=at("2026-11-01 09:00"))
    account(unit("A局"), name="c号", found=True)
    shown = page(client, officer, f"?sort={sort}")
    assert sorted(order, key=lambda name: shown.index(f"{name}</a>")) == order


def test_the_sorted_head_turns_round_and_says_so(client: Client, officer: User) -> None:
    account()
    shown = page(client, officer, "?sort=name")
    assert 'aria-sort="ascending"' in shown
    assert 'href="?sort=-name"' in shown


def test_pages_of_25_keep_the_conditions(client: Client, officer: User) -> None:
    of = unit()
    for n in range(27):
        account(of, name=f"甲号{n:02}", same_platform_reason="示例" if n else "")
    first, second = page(client, officer, "?q=甲号"), page(client, officer, "?q=甲号&page=2")
    assert "第 1–25 条，共 27 条" in first
    assert "第 26–27 条，共 27 条" in second
    assert "q=%E7%94%B2%E5%8F%B7&amp;page=2" in first
    assert "共 27 条" in page(client, officer, "?q=甲号&page=999")


def test_searching_while_typing_answers_the_list_alone(client: Client, officer: User) -> None:
    account(name="甲号")
    shown = page(client, officer, "?q=甲号", HTTP_HX_REQUEST="true")
    assert "甲号" in shown
    assert "<html" not in shown
    client.force_login(officer)
    assert "HX-Request" in client.get(LIST)["Vary"]


def test_nothing_found_and_nothing_there_say_what_to_do(client: Client, officer: User) -> None:
    assert 'href="/accounts/import/">导入清单' in page(client, officer)
    assert "看全部账号" in page(client, officer, "?q=没有的")
    assert "/accounts/import/" not in page(client, user(Role.AUDITOR))


def test_an_update_is_not_called_late_where_the_data_end_earlier(client: Client, officer: User) -> None:
    account(name="甲号", now=at("2020-01-01 09:00"))
    assert "尚无发布数据" in page(client, officer)
    account(name="乙号", now=at("2020-01-01 09:00"), posts_known_until=at("2020-01-03 00:00"))
    assert "数据只到 2020-01-03" in page(client, officer)
    account(name="丙号", now=at("2020-01-01 09:00"), posts_known_until=at("2020-02-01 00:00"))
    assert page(client, officer).count("已逾期") == 1


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN])
def test_the_office_and_its_auditors_see_every_account(client: Client, role: Role) -> None:
    account(name="甲号")
    account(name="乙号")
    shown = page(client, user(role))
    assert "甲号" in shown
    assert "乙号" in shown
    assert ("/accounts/import/" in shown) == (role in (Role.OFFICER, Role.SUPERVISOR))


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.PARENT])
def test_a_unit_sees_its_own_accounts_and_those_of_its_children(client: Client, role: Role) -> None:
    parent = unit("示例主管局")
    account(parent, name="本级号")
    account(unit("示例下属馆", parent=parent), name="下级号")
    stranger = unit("外人单位")
    account(stranger, name="别家号")
    shown = page(client, user(role, parent))
    assert "本级号" in shown
    assert "下级号" in shown
    assert "别家号" not in shown
    assert "外人单位" not in shown
    assert "别家号" not in page(client, user(role, parent), f"?unit={stranger.pk}")


def test_who_reads_one_unit_is_not_asked_which(client: Client) -> None:
    of = unit()
    account(of, name="甲号")
    account(of, name="乙号", platform=platform("weibo"))
    operator = user(Role.OPERATOR, of)
    assert "全部单位" not in page(client, operator)
    account(unit(parent=of))
    assert "全部单位" in page(client, operator)


def test_nobody_reads_it_without_signing_in_or_without_a_role(client: Client) -> None:
    assert client.get(LIST)["Location"].startswith("/login/")
    client.force_login(user())
    assert client.get(LIST).status_code == 403
    ended = user(Role.OPERATOR, unit())
    Membership.objects.filter(user=ended).update(to_date="2020-01-01")
    client.force_login(ended)
    assert client.get(LIST).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_rows(client: Client, officer: User) -> None:
    of = unit()
    for n in range(3):
        account(of, name=f"甲号{n}", same_platform_reason="示例" if n else "")
    account(name="甲号九")  # of another unit: the choice of units is there
    client.force_login(officer)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST + "?q=甲号&sort=due")
    for n in range(30):
        found = account(found=True, name=f"甲号{n + 10}")
        AccountName.objects.create(account=found, name=f"旧{n}", name_key=f"旧{n}", look_key=f"旧{n}", since=NOW)
    for rule in RULES:
        run_rule(rule, NOW + timedelta(minutes=1))
    with CaptureQueriesContext(connection) as many:
        client.get(LIST + "?q=甲号&sort=due")
    assert len(few) == len(many)
    assert len(many) <= 24  # one of them reads the names of all units, for the list and its counts


def test_the_number_of_a_filing_under_way_finds_its_account(client: Client) -> None:
    filing = opening("office_review", name="示例在办账号")
    client.force_login(filing.cast.officer)  # type: ignore[attr-defined]
    assert "示例在办账号" in client.get("/accounts/", {"q": filing.number}).content.decode()
    assert "示例在办账号" not in client.get("/accounts/", {"q": "ZLXMT-1999-0001"}).content.decode()


# --- 数据截至, 常用筛选 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "expected"),
    [("today", {"今天"}), ("week", {"昨天", "七天前"}), ("older", {"八天前"}), ("none", {"没有"})],
)
def test_accounts_are_found_by_how_far_their_data_reach(
    client: Client, officer: User, known: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.filters.db_now", lambda: at("2026-11-24 14:05"))
    account(name="今天", posts_known_until=at("2026-11-24 00:00"))
    account(name="昨天", posts_known_until=at("2026-11-23 23:59"))
    account(name="七天前", posts_known_until=at("2026-11-17 00:00"))
    account(name="八天前", posts_known_until=at("2026-11-16 23:59"))
    account(name="没有")
    shown = page(client, officer, f"?known={known}")
    assert {name for name in ("今天", "昨天", "七天前", "八天前", "没有") if f"{name}</a>" in shown} == expected


def save_filter(client: Client, query: str, name: str) -> Any:
    return client.post(f"/accounts/filters/?{query}", {"name": name}, follow=True)


def test_conditions_are_kept_under_a_name_and_applied_by_one_press(client: Client, officer: User) -> None:
    account(name="甲号")
    shown = page(client, officer, "?state=active&sort=-name")
    assert 'href="/accounts/filters/?state=active&amp;sort=-name"' in shown
    answer = save_filter(client, "state=active&sort=-name", " 正在 运行 ")
    assert answer.redirect_chain == [("/accounts/?state=active&sort=-name", 302)]
    text = answer.content.decode()
    assert "已保存常用筛选“正在 运行”" in text
    assert '<a class="zl-chip is-on" href="?state=active&amp;sort=-name" aria-current="true">正在 运行</a>' in text
    assert "保存当前条件" not in text
    assert '<a class="zl-chip" href="?state=active&amp;sort=-name">正在 运行</a>' in page(client, officer)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("state=active&evil=1&page=7", "state=active"),
        ("state=nonsense&kind=service", "kind=service"),
        ("kind=service&sort=drop", "kind=service"),
        ("flag=any&q=%3Cscript%3E", "q=%3Cscript%3E&flag=any"),
    ],
)
def test_only_what_the_list_knows_is_kept(client: Client, officer: User, query: str, kept: str) -> None:
    client.force_login(officer)
    save_filter(client, query, "甲")
    assert SavedFilter.objects.get().query == kept


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("", "甲", "还没有选条件"),
        ("evil=1", "甲", "还没有选条件"),
        ("state=active", "", "请给这组条件起个名称"),
        ("state=active", "一二三四五六七八九十一二三四五六七八九十一", "名称不能超过 20 个字"),
        ("state=active", "已有", "已有同名的常用筛选"),
        ("q=" + "%E7%94%B2" * 60, "甲", "条件太长"),
    ],
)
def test_a_filter_that_cannot_be_kept_says_why(
    client: Client, officer: User, query: str, name: str, sentence: str
) -> None:
    SavedFilter.objects.create(user=officer, name="已有", query="kind=service")
    client.force_login(officer)
    answer = save_filter(client, query, name)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert SavedFilter.objects.count() == 1


def test_a_person_keeps_20_and_only_sees_and_deletes_the_own_ones(client: Client, officer: User) -> None:
    other = SavedFilter.objects.create(user=user(Role.OFFICER), name="别人的", query="state=active")
    mine = [SavedFilter.objects.create(user=officer, name=f"条件{n}", query="state=active") for n in range(20)]
    client.force_login(officer)
    assert "最多 20 个，请先删去不用的" in save_filter(client, "state=active", "又一个").content.decode()
    assert "别人的" not in client.get("/accounts/filters/").content.decode()
    assert client.post(f"/accounts/filters/{other.pk}/delete/").status_code == 404
    assert client.get(f"/accounts/filters/{mine[0].pk}/delete/").status_code == 302
    assert SavedFilter.objects.filter(user=officer).count() == 20
    assert client.post(f"/accounts/filters/{mine[0].pk}/delete/", follow=True).status_code == 200
    assert not SavedFilter.objects.filter(pk=mine[0].pk).exists()
    save_filter(client, "state=active", "又一个")
    assert SavedFilter.objects.filter(user=officer).count() == 20
