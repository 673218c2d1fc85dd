"""The page of all runs: the tasks of the schedule, the rules, the last jobs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Role, RuleRun
from inspections import sweep
from inspections.tasks import run_sweep
from tests.factories import user
from tests.portal.job_pages import a_job, only_kind, page, signed_in
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.jobs import JobKind
from zhonglou_media.core.models import JobState, TaskRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, JobKind]:
    """A kind of job in the place of those of the portal."""
    return only_kind(monkeypatch)


def test_the_page_shows_tasks_rules_and_jobs() -> None:
    run_sweep()
    RuleRun.objects.filter(rule="inactive").update(opened=3, cleared=2, duration_ms=65_000)
    TaskRun.objects.create(
        name="filings.remind",
        started_at=db_now(),
        finished_at=db_now(),
        duration_ms=350,
        error="程序出错（KeyError），详情见日志。",
    )
    starter = user(Role.OPERATOR, name="示例填报员")
    a_job(starter)
    a_job(starter, JobState.RUNNING, done=5, total=9)
    a_job(None, JobState.FAILED, error="文件里没有数据。")
    done = a_job(starter, JobState.DONE)
    text = page(user(Role.OFFICER), "/runs/")
    for words in (
        "1项定时任务最近一次没有成功", "1 个任务进行中", "1 个排队中", "期限提醒", "350 毫秒", "程序出错（KeyError）",
        "超期未更新", "1 分 5 秒", "示例任务", "示例填报员", "系统", "文件里没有数据。", "5 / 9 行",
        f'href="/jobs/{done.pk}/"',
    ):  # fmt: skip
        assert words in text
    assert "已停滞" not in text


def at_minute(when: datetime) -> str:
    return f"{when.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("failed", "css", "said"),
    [
        (timedelta(hours=11), "zl-sub", "后台运行正常"),
        (timedelta(minutes=6), "zl-sub zl-late", "1项定时任务最近一次没有成功"),
    ],
    ids=["a success came after", "the last one"],
)
def test_the_last_error_is_shown_beside_the_last_success(failed: timedelta, css: str, said: str) -> None:
    run_sweep()
    now = db_now()
    TaskRun.objects.create(
        name="filings.remind",
        started_at=now,
        succeeded_at=now - timedelta(hours=5),
        failed_at=now - failed,
        error="程序出错（KeyError），详情见日志。",
    )
    text = page(user(Role.ADMIN), "/runs/")
    assert f'<span class="{css}">{at_minute(now - failed)} 出错：程序出错（KeyError）' in text
    assert at_minute(now - timedelta(hours=5)) in text
    assert f"{said}</" in text


def test_a_daily_task_that_stands_still_is_named() -> None:
    run_sweep()
    TaskRun.objects.create(name="accounts.hints", started_at=db_now(), succeeded_at=db_now() - timedelta(hours=27))
    text = page(user(Role.ADMIN), "/runs/")
    assert "核对提示已停滞" in text
    assert "核对提示超过 26 小时没有成功" in text
    assert "新的预警不会提出" not in text


def test_the_last_fifty_jobs_are_listed() -> None:
    for n in range(51):
        a_job(None, JobState.DONE, params={"n": n})
    assert page(user(Role.ADMIN), "/runs/").count("示例任务</a>") == 50


def test_an_empty_portal_says_so() -> None:
    text = page(user(Role.ADMIN), "/runs/")
    assert "还没有任务" in text
    assert "规则还没有检查过" in text


def test_a_portal_that_sweeps_at_another_pace_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "OFTEN", "每 90 秒")
    monkeypatch.setattr(sweep, "OVERDUE_WORDS", "7 分钟")
    person = user(Role.ADMIN)
    for path in ("/runs/", "/"):
        text = page(person, path)
        assert "每条规则每 90 秒检查一次" in text
        assert "每分钟" not in text.partition("<main")[2].replace('zl-keep">每分钟<', "")  # of the table: made at start
    assert "过了 7 分钟仍没有运行的" in page(person, "/runs/")
    TaskRun.objects.create(name="inspections.sweep", started_at=db_now())
    assert "规则检查超过 7 分钟没有成功" in page(person, "/runs/")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.PARENT, Role.AUDITOR])
def test_others_do_not_see_the_page(role: Role) -> None:
    assert signed_in(user(role)).get("/runs/").status_code == 403


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: Callable[[int], Any]) -> None:
    run_sweep()
    for _ in range(5):
        a_job(user(Role.OPERATOR), JobState.DONE)
    client = signed_in(user(Role.OFFICER))
    client.get("/runs/")
    with django_assert_max_num_queries(12):
        client.get("/runs/")


def test_a_portal_that_has_just_started_is_no_alarm() -> None:
    text = page(user(Role.ADMIN), "/runs/")
    assert "规则检查还没有运行过" in text
    assert "停滞" not in text
