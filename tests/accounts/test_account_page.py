"""The page of an account and its tabs: what it shows, to whom, and what it costs."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import activity
from accounts.flags import run_rule, waive
from accounts.models import Account, AccountName, Flag, Role
from accounts.register_in import import_file
from accounts.rules import RULES
from filings.models import FilingState
from tests.accounts.account_page import flag_of, get, shown
from tests.csv_files import csv_bytes
from tests.factories import NOW, Cast, account, opening, platform, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return user(Role.OFFICER)


@pytest.fixture
def supervisor() -> User:
    return user(Role.SUPERVISOR)


# --- what it shows --------------------------------------------------------------------------------------------------


def test_facts_people_numbers_and_names(client: Client, officer: User) -> None:
    of = unit("示例文化馆")
    found = account(
        of,
        name="示例文化",
        platform=platform("wechat"),
        kind="service",
        custodian="吴九",
        custodian_phone="000-0003",
        intro="公共文化服务",
        national_no="QG-7",
        provincial_no="QS-8",
        followers=15630,
        source_document="示例政办函〔2021〕5号",
        remarks="每周三更新",
    )
    AccountName.objects.create(account=found, name="示例旧名", name_key="x", look_key="x", since=NOW)
    other = account(of, name="示例文化抖音")
    text = shown(client, officer, found)
    for words in ("示例文化", "微信公众号", "服务号", "吴九", "000-0003", "公共文化服务", "QG-7", "QS-8", "15,630"):
        assert words in text
    for words in ("示例政办函〔2021〕5号", "每周三更新", "示例旧名（自 2026-11-24）", "2026-11-24 起监测"):
        assert words in text
    assert f'href="/accounts/{other.pk}/"' in text
    assert "未登记" in text  # what is not known says so


def test_the_reason_for_a_second_account_on_a_platform(client: Client, officer: User) -> None:
    found = account(same_platform_reason="分别服务老人和青年")
    assert "分别服务老人和青年" in shown(client, officer, found)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", ""])
def test_only_a_web_address_is_a_link(client: Client, officer: User, link: str) -> None:
    assert "打开账号" not in shown(client, officer, account(link=link))


def test_a_web_address_opens_elsewhere(client: Client, officer: User) -> None:
    text = shown(client, officer, account(link="https://example.invalid/a?b=1&c=2"))
    assert 'href="https://example.invalid/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer"' in text


def test_an_open_flag_stands_with_its_due_time_and_article(client: Client, officer: User) -> None:
    found = account(found=True)
    flag_of(found)
    text = shown(client, officer, found)
    assert "未解除的预警（1条）" in text
    assert "补报办结或关停后解除，2026-11-24 14:06 提出" in text
    assert 'title="发现于 2026-11-24 14:05，补报办结或关停后解除"' in text
    assert "已逾期" not in text
    assert "在补报或关停之前，预警一直保留" in text
    assert "/regulation/#art-8" in text
    assert "免于追究…" not in text  # only the supervisor may


def test_a_waived_flag_stands_below_with_who_and_why(client: Client, officer: User, supervisor: User) -> None:
    found = account(found=True)
    waive([flag_of(found).pk], by=supervisor, reason="平台故障", now=NOW + timedelta(minutes=2))
    text = shown(client, officer, found)
    assert "没有未解除的预警" in text
    assert "预警一直保留" not in text
    assert f"{supervisor}决定免于追究，“平台故障”" in text
    assert "预警“未备案账号”免于追究" in text  # in the history, too


def test_the_history_tells_every_step_with_who(client: Client) -> None:
    filing = opening(FilingState.COMPLETED)
    people: Cast = filing.cast  # type: ignore[attr-defined]
    text = shown(client, people.officer, filing.account)  # type: ignore[arg-type]
    assert "开办备案获得批准，登记入册：待备案" in text
    assert "完成备案：待备案 → 正常运行" in text
    assert f"{people.leader}（单位主要领导）" in text
    assert filing.number in text  # type: ignore[operator]


@pytest.mark.parametrize(("found", "words"), [(False, "按存量清单登记入册"), (True, "在平台上发现，登记入册")])
def test_an_imported_account_says_how_it_came_in(client: Client, officer: User, found: bool, words: str) -> None:
    text = shown(client, officer, account(found=found, source_document="示例清单"))
    assert words in text
    assert "来源：示例清单" in text


def test_an_import_that_filled_something_in_is_told_of_those_accounts_only(
    client: Client, officer: User, tmp_path: Path
) -> None:
    path = tmp_path / "名单.csv"
    heads, rows = ["单位", "平台", "名称", "ID"], [["示例局", "抖音", f"示例{n}", ""] for n in range(12)]
    path.write_bytes(csv_bytes(heads, rows))
    import_file(path, by=officer, now=NOW, document="第一次的清单")
    path.write_bytes(csv_bytes(heads, [[*row[:3], f"id{n}"] if n in (0, 11) else row for n, row in enumerate(rows)]))
    assert import_file(path, by=officer, now=NOW, document="第二次的清单").changed == 2

    told = {a.name for a in Account.objects.all() if "按清单补充" in shown(client, officer, a)}
    assert told == {"示例0", "示例11"}
    text = shown(client, officer, Account.objects.get(name="示例11"))
    assert "来源：第二次的清单" in text
    assert f"{officer}（区政府办公室经办）" in text


# --- who ------------------------------------------------------------------------------------------------------------


def test_a_foreign_account_does_not_exist(client: Client) -> None:
    foreign = account()
    operator = user(Role.OPERATOR, unit())
    for address in (f"/accounts/{foreign.pk}/", f"/accounts/{foreign.pk}/filings/", "/accounts/999999/"):
        assert get(client, operator, address).status_code == 404


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.PARENT])
def test_own_people_and_the_parent_see_it(client: Client, role: Role) -> None:
    parent = unit()
    child = unit(parent=parent)
    found = account(child)
    assert found.name in shown(client, user(role, parent if role == Role.PARENT else child), found)


def test_the_admin_sees_the_account_but_no_filings(client: Client) -> None:
    found = account()
    admin = user(Role.ADMIN)
    assert "/filings/" not in shown(client, admin, found)
    assert get(client, admin, f"/accounts/{found.pk}/filings/").status_code == 403


# --- 补报开办备案 -----------------------------------------------------------------------------------------------------


def test_an_operator_starts_an_opening_from_an_unfiled_account(client: Client) -> None:
    of = unit()
    found = account(of, found=True)
    operator = user(Role.OPERATOR, of)
    text = shown(client, operator, found)
    assert f'<form method="post" action="{reverse("filings:open")}">' in text
    assert f'name="account" value="{found.pk}"' in text
    assert f'name="unit" value="{of.pk}"' in text


def test_nobody_else_and_no_other_state_gets_the_button(client: Client, officer: User) -> None:
    of = unit()
    found = account(of, found=True)
    for person in (officer, user(Role.LEADER, of), user(Role.AUDITOR)):
        assert "补报开办备案</button>" not in shown(client, person, found)
    assert "补报开办备案</button>" not in shown(client, user(Role.OPERATOR, of), account(of, name="正常号"))


# --- the tab 备案 ----------------------------------------------------------------------------------------------------


def test_the_tab_lists_the_filings_of_the_account(client: Client) -> None:
    people = Cast()
    found = account(people.unit, found=True)
    filing = opening(FilingState.OFFICE_REVIEW, people, on=found)
    response = get(client, people.operator, f"/accounts/{found.pk}/filings/")
    text = response.content.decode()
    assert response.status_code == 200
    assert "1件备案，1件正在办理" in text
    assert str(filing.number) in text
    assert "区府办审核" in text
    assert "补报开办备案</button>" not in text  # one is under way


def test_the_tab_of_an_account_without_filings_says_so(client: Client) -> None:
    of = unit()
    text = get(client, user(Role.OPERATOR, of), f"/accounts/{account(of, found=True).pk}/filings/").content.decode()
    assert "还没有备案" in text
    assert "补报开办备案</button>" in text


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow(client: Client, supervisor: User) -> None:
    of = unit()
    found = account(of, found=True)
    client.force_login(supervisor)
    client.get(f"/accounts/{found.pk}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/accounts/{found.pk}/")
    for n in range(5):
        account(of, name=f"另{n}", same_platform_reason="示例")
        AccountName.objects.create(account=found, name=f"旧{n}", name_key="x", look_key="x", since=NOW)
        Flag.objects.create(
            rule="overdue_filing", level="breach", unit=of, account=found, fact_kind="filing", fact_id=n,
            due_at=NOW, raised_at=NOW,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        client.get(f"/accounts/{found.pk}/")
    assert len(few) == len(many)


# --- 发布与留言 on the page -------------------------------------------------------------------------------------------


def days_ago(days: float) -> Any:
    return db_now() - timedelta(days=days)


@pytest.fixture
def busy() -> tuple[Account, User]:
    """An account of 90 days, its data complete, with posts and questions."""
    of = unit()
    operator = user(Role.OPERATOR, of)
    found = account(of, now=days_ago(90))
    now = db_now()
    for ago in (2, 3, 40):
        activity.publish(found.pk, published_at=days_ago(ago), original=ago == 2, by=operator, now=now)
    for ago, answered in ((10, 9.5), (5, 3), (2, None), (0.1, None)):
        replied = None if answered is None else days_ago(answered)
        activity.ask(found.pk, asked_at=days_ago(ago), replied_at=replied, body=f"问{ago}", by=operator, now=now)
    activity.confirm_known(found.pk, by=operator, now=db_now())
    return found, operator


def test_what_it_did_in_30_days_and_how_often_in_time(
    client: Client, officer: User, busy: tuple[Account, User]
) -> None:
    text = shown(client, officer, busy[0])
    assert "2 次<small>其中原创 1 次（50.0%）</small>" in text
    assert "33.3%" in text  # one of the three that are due; the fourth is not judged yet
    assert "按时 1 / 3 条" in text
    assert "2 条超时" in text
    assert "1 条未到期" in text


def test_the_calendar_says_what_it_shows_and_has_a_list(
    client: Client, officer: User, busy: tuple[Account, User]
) -> None:
    text = shown(client, officer, busy[0])
    assert re.search(r'id="heat-h">前1[23]周有\d周更新，\d+周没有，本周(已更新|尚未更新)<', text)
    assert 'role="img" aria-label="每天更新次数的日历图。前1' in text
    assert "<summary>逐周列表</summary>" in text
    assert "没有更新</td>" in text


def test_questions_that_wait_stand_there_and_the_operator_answers_with_one_tap(
    client: Client, officer: User, busy: tuple[Account, User]
) -> None:
    found, operator = busy
    text = shown(client, officer, found)
    assert "待回复的咨询（2条" in text
    assert "1条已逾期" in text
    assert text.index("问2") < text.index("问0.1")
    assert "刚刚已回复" not in text
    assert "确认数据截至现在" not in text
    text = shown(client, operator, found)
    assert "刚刚已回复" in text
    assert "确认数据截至现在" in text
    assert f'href="/accounts/{found.pk}/activity/"' in text


def test_a_due_time_after_a_removal_is_marked(client: Client, busy: tuple[Account, User]) -> None:
    found, operator = busy
    last = found.publications.latest("published_at")
    activity.remove(last.pk, by=operator, now=db_now())
    assert "删除后，" in shown(client, operator, found)


def test_a_flag_says_its_fact_and_until_when_data_reach(client: Client, officer: User) -> None:
    found = account(now=days_ago(20))
    Account.objects.filter(pk=found.pk).update(posts_known_until=days_ago(1))
    for rule in RULES:
        run_rule(rule, db_now())
    text = shown(client, officer, found)
    assert "没有发布记录，应于" in text
    assert 'class="zl-known">' in text


def test_the_last_filings_stand_on_the_page(client: Client) -> None:
    people = Cast()
    found = account(people.unit, found=True)
    filing = opening(FilingState.OFFICE_REVIEW, people, on=found)
    assert f'href="/filings/{filing.pk}/"' in shown(client, people.operator, found)
    assert f'href="/filings/{filing.pk}/"' not in shown(client, user(Role.ADMIN), found)


def test_the_page_of_a_busy_account_asks_few_queries(
    client: Client, busy: tuple[Account, User], django_assert_max_num_queries: Any
) -> None:
    found, operator = busy
    for rule in RULES:
        run_rule(rule, db_now())
    shown(client, operator, found)
    with django_assert_max_num_queries(35):
        client.get(f"/accounts/{found.pk}/")
