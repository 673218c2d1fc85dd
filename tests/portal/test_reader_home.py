"""The homes of auditors, parent units and admins."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.flags import run_rule
from accounts.models import Role, RuleRun, Unit
from accounts.rules import RULES
from filings.models import FilingState
from filings.rules import RULES as FILING_RULES
from tests.factories import NOW, Cast, account, at, opening, unit, user
from zhonglou_media.core.models import Job, User, Year
from zhonglou_media.portal import reader_home

pytestmark = pytest.mark.django_db


def home(client: Client, person: User) -> str:
    client.force_login(person)
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def sweep(now: Any = NOW) -> None:
    for rule in (*RULES, *FILING_RULES):
        run_rule(rule, now)


# --- auditor and parent ---------------------------------------------------------------------------------------------


def test_the_title_says_what_was_found(client: Client) -> None:
    auditor = user(Role.AUDITOR)
    assert "没有未解除的预警，没有在办的备案" in home(client, auditor)
    account(found=True)
    opening(FilingState.OFFICE_REVIEW)
    opening(FilingState.DRAFT)
    sweep(NOW + timedelta(minutes=1))
    text = home(client, auditor)
    assert "1条预警没有解除</span>，2件备案在办" in text
    assert "可查阅" in text


def test_flags_filings_and_accounts_each_lead_on(client: Client) -> None:
    found = account(found=True, name="示例野号")
    filing = opening(FilingState.RETURNED, name="示例新号")
    sweep(NOW + timedelta(minutes=1))
    text = home(client, user(Role.AUDITOR))
    assert f'href="/accounts/{found.pk}/">示例野号' in text
    assert 'href="/flags/"' in text
    assert "发现，没有备案" in text
    assert 'href="/accounts/?state=unfiled"' in text
    assert f'href="/filings/{filing.pk}/"' in text
    assert 'href="/filings/?state=returned"' in text
    assert "退回修改" in text


def test_the_limit_that_runs_now_stands_beside_a_filing(client: Client) -> None:
    opening(FilingState.OFFICE_REVIEW)  # the office's: 3 working days after the approval
    opening(FilingState.RETURNED)  # the correction's: 2 after the return
    text = home(client, user(Role.AUDITOR))
    assert "2026-11-27 24:00" in text
    assert "2026-11-26 24:00" in text


def test_a_filing_with_the_nearest_limit_comes_first_and_one_without_last(client: Client) -> None:
    opening(FilingState.DRAFT, name="丙号")
    opening(FilingState.TO_REPORT, name="乙号")
    opening(FilingState.TO_REPORT, name="甲号", now=at("2026-11-20 09:00"))
    text = home(client, user(Role.AUDITOR))
    assert text.index("甲号") < text.index("乙号") < text.index("丙号")
    assert "暂不计时" in text


def test_a_parent_reads_its_own_units_only(client: Client) -> None:
    parent = unit("示例主管局")
    child = unit("示例下属馆", parent=parent)
    account(child, found=True, name="下级野号")
    account(unit("外人单位"), found=True, name="别家野号")
    opening(FilingState.OFFICE_REVIEW, Cast(child), name="下级新号")
    opening(FilingState.OFFICE_REVIEW, name="别家新号")
    sweep(NOW + timedelta(minutes=1))
    text = home(client, user(Role.PARENT, parent))
    assert "下级野号" in text
    assert "下级新号" in text
    assert "别家" not in text
    assert "1条预警没有解除</span>，1件备案在办" in text


def test_a_reader_has_nothing_to_press(client: Client) -> None:
    account(found=True)
    sweep(NOW + timedelta(minutes=1))
    text = home(client, user(Role.AUDITOR))
    assert "免于追究" not in text
    assert "补报开办备案" not in text


def test_more_than_twenty_are_counted_and_the_first_shown(client: Client) -> None:
    for n in range(21):
        account(found=True, name=f"野号{n:02}", now=NOW + timedelta(minutes=n))
    sweep(NOW + timedelta(hours=1))
    text = home(client, user(Role.AUDITOR))
    assert "未解除的预警（21条" in text
    assert "只列出最早的 20 条" in text
    assert "野号00" in text
    assert "野号20" not in text


def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    auditor = user(Role.AUDITOR)
    account(found=True)
    opening(FilingState.OFFICE_REVIEW)
    sweep(NOW + timedelta(minutes=1))
    home(client, auditor)
    with CaptureQueriesContext(connection) as few:
        home(client, auditor)
    for _ in range(4):
        account(found=True)
        opening(FilingState.OFFICE_REVIEW)
    sweep(NOW + timedelta(minutes=1))
    with CaptureQueriesContext(connection) as many:
        home(client, auditor)
    assert len(few) == len(many)


# --- admin ----------------------------------------------------------------------------------------------------------


def admin_page(client: Client) -> str:
    return home(client, user(Role.ADMIN))


def test_the_admin_sees_people_units_calendar_rules_and_jobs(client: Client) -> None:
    Unit.objects.create(name="示例待核单位", status="unconfirmed")
    sweep()
    officer = user(Role.OFFICER, name="示例经办")
    Job.objects.create(kind="import_registry", created_at=NOW, finished_at=NOW, state="done", by=officer)
    failed = Job.objects.create(
        kind="import_registry", created_at=NOW, error="文件读不了", state="failed", source_name="清单.xlsx"
    )
    Job.objects.create(kind="kind_of_an_older_version", created_at=NOW)
    text = admin_page(client)
    for words in (
        "启用的用户",
        "其中待核 1 个",
        "示例待核单位",
        "2026年",
        "未备案账号",
        "导入台账",
        "示例经办",
        "清单.xlsx",
        f'href="/jobs/{failed.pk}/">没有完成</a>',
        "文件读不了",
        "14:05 完成",
        "后台任务</a>",
        "排队中",
    ):
        assert words in text


def test_the_admin_sees_no_filing(client: Client) -> None:
    filing = opening(FilingState.OFFICE_REVIEW, name="示例新号")
    text = admin_page(client)
    assert "示例新号" not in text
    assert str(filing.number) not in text
    assert "/filings/" not in text


def test_a_user_without_a_role_is_told(client: Client) -> None:
    user()
    assert "1名用户没有任职" in admin_page(client)


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 10, 31), []),
        (date(2026, 11, 1), [2027]),
        (date(2026, 12, 31), [2027]),
        (date(2027, 1, 1), [2027]),
        (date(2025, 11, 1), []),
    ],
)
def test_from_november_the_next_year_is_asked_for(today: date, missing: list[int]) -> None:
    confirmed = set(Year.objects.filter(confirmed_at__isnull=False).values_list("year", flat=True))
    found = [problem.title for problem in reader_home.calendar_problems(today, confirmed)]
    assert found == [f"{year}年工作日历还没有确认" for year in missing]


@pytest.mark.parametrize(
    ("ran", "words"),
    [
        ([], ["规则检查还没有运行过"]),
        (["2026-11-24 14:04"], []),
        (["2026-11-24 14:04", "2026-11-24 13:59"], ["1条规则超过 5 分钟没有检查"]),
        ([None], ["1条规则超过 5 分钟没有检查"]),
    ],
)
def test_rules_that_stopped_running_are_told(ran: list[str | None], words: list[str]) -> None:
    runs = [RuleRun(rule=str(n), last_run_at=at(when) if when else None) for n, when in enumerate(ran)]
    assert [problem.title for problem in reader_home.sweep_problems(runs, NOW)] == words


@pytest.mark.parametrize(
    ("now", "titles"), [("2026-10-08 09:00", []), ("2026-11-24 14:05", ["2027年工作日历还没有确认"])]
)
def test_nothing_is_called_a_problem_that_is_none(now: str, titles: list[str]) -> None:
    sweep(at(now))
    assert [problem.title for problem in reader_home.in_order(at(now))["problems"]] == titles
