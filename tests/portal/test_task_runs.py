"""The tasks of the schedule: that jobs are run, when each ran last, what went wrong, and what stands still."""

from datetime import datetime
from typing import Any

import pytest

from accounts.models import RuleRun
from inspections import sweep
from inspections.tasks import run_sweep
from tests.factories import NOW, at
from tests.portal.job_pages import a_job, only_kind
from zhonglou_media.celery import app
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import Job, JobState, TaskRun
from zhonglou_media.core.task_runs import recorded
from zhonglou_media.portal import runs, tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, JobKind]:
    """A kind of job in the place of those of the portal."""
    return only_kind(monkeypatch)


# --- the task that runs jobs ----------------------------------------------------------------------------------------


def test_one_tick_runs_all_that_wait_and_leaves_its_run(kinds: dict[str, JobKind]) -> None:
    for _ in range(3):
        a_job()
    tasks.run_jobs()
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert TaskRun.objects.get().name == "portal.run_jobs"


def test_a_tick_that_finds_nothing_leaves_nothing() -> None:
    tasks.run_jobs()
    assert not TaskRun.objects.exists()


def test_a_third_tick_beside_two_long_jobs_leaves_the_threads_to_the_sweep(kinds: dict[str, JobKind]) -> None:
    waiting = []

    def while_it_runs(claim: Claim) -> None:
        if claim.job.params == {}:
            a_job(params={"depth": 1})
            tasks.run_jobs()  # a second tick, which finds a free place
        elif claim.job.params == {"depth": 1}:
            a_job(params={"depth": 2})
            tasks.run_jobs()  # a third, which finds none
            waiting.append(Job.objects.get(state=JobState.QUEUED).params)
        claim.finish({})

    kinds["test"] = JobKind("test", "示例任务", while_it_runs)
    a_job()
    tasks.run_jobs()
    assert waiting == [{"depth": 2}]
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}


def test_after_a_minute_the_next_job_is_left_to_the_next_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 59.0, 61.0])
    monkeypatch.setattr(tasks, "monotonic", lambda: next(moments))
    for _ in range(3):
        a_job()
    tasks.run_jobs()
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1


# --- the runs of the schedule ---------------------------------------------------------------------------------------


def test_a_run_that_went_well_is_recorded() -> None:
    before = db_now()
    with recorded("filings.remind"):
        pass
    run = TaskRun.objects.get(name="filings.remind")
    assert before <= run.started_at <= run.finished_at == run.succeeded_at
    assert (run.error, run.duration_ms is not None) == ("", True)


def fail(error: Exception) -> None:
    with recorded("filings.remind"):
        raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError(), "程序出错（ZeroDivisionError），详情见日志。"),
        (Refused("没有工作日历，请先导入。"), "没有工作日历，请先导入。"),
    ],
)
def test_a_run_that_failed_is_recorded_and_still_raises(error: Exception, words: str) -> None:
    with recorded("filings.remind"):
        pass
    succeeded = TaskRun.objects.get().succeeded_at
    with pytest.raises(type(error)):
        fail(error)
    run = TaskRun.objects.get()
    assert (run.error, run.failed_at, run.succeeded_at) == (words, run.finished_at, succeeded)
    assert succeeded < run.failed_at


def test_the_last_error_outlives_the_next_success() -> None:
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())
    failed = TaskRun.objects.get()
    with recorded("filings.remind"):
        pass
    run = TaskRun.objects.get()
    assert (run.error, run.failed_at) == (failed.error, failed.failed_at)
    assert run.succeeded_at == run.finished_at


def test_a_sweep_whose_rules_fail_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_rule(rule: Any, now: datetime) -> tuple[int, int]:
        if rule.code in ("inactive", "unfiled_account"):
            raise KeyError("示例")
        return 0, 0

    monkeypatch.setattr(sweep, "run_rule", run_rule)
    with pytest.raises(ExceptionGroup):
        run_sweep()
    run = TaskRun.objects.get(name="inspections.sweep")
    assert run.error.splitlines() == [
        "规则“超期未更新”：程序出错（KeyError），详情见日志。",
        "规则“未备案账号”：程序出错（KeyError），详情见日志。",
    ]
    assert run.succeeded_at is None


def test_every_task_of_the_schedule_is_shown_and_leaves_its_run() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled == set(runs.TASKS)
    for name in sorted(scheduled):
        a_job()
        app.tasks[name]()
    assert set(TaskRun.objects.values_list("name", flat=True)) == scheduled


@pytest.mark.parametrize(
    ("succeeded", "stalled"),
    [(None, True), ("2026-11-24 13:59:59", True), ("2026-11-24 14:00", False), ("2026-11-24 14:04", False)],
)
def test_the_sweep_stands_still_after_five_minutes(succeeded: str | None, stalled: bool) -> None:
    when = at(succeeded) if succeeded else None
    TaskRun.objects.create(name="inspections.sweep", started_at=NOW, succeeded_at=when)
    assert [task.stalled for task in runs.scheduled(NOW, [])] == [stalled, *[False] * (len(runs.TASKS) - 1)]


@pytest.mark.parametrize("name", ["filings.remind", "accounts.hints"])
@pytest.mark.parametrize(
    ("succeeded", "stalled"),
    [("2026-11-23 12:04:59", True), ("2026-11-23 12:05", False), ("2026-11-24 14:04", False)],
)
def test_a_daily_task_stands_still_after_26_hours(name: str, succeeded: str, stalled: bool) -> None:
    TaskRun.objects.create(name=name, started_at=NOW, succeeded_at=at(succeeded))
    assert [task.label for task in runs.scheduled(NOW, []) if task.stalled] == [runs.TASKS[name][0]] * stalled


@pytest.mark.parametrize(("started", "stalled"), [("2026-11-23 12:04:59", True), ("2026-11-24 09:00", False)])
def test_a_daily_task_that_only_failed_stands_still_when_it_is_not_tried_again(started: str, stalled: bool) -> None:
    TaskRun.objects.create(name="accounts.hints", started_at=at(started), failed_at=at(started), error="示例")
    assert any(task.stalled for task in runs.scheduled(NOW, [])) == stalled


def test_the_task_of_the_jobs_never_stands_still() -> None:
    TaskRun.objects.create(name="portal.run_jobs", started_at=NOW, succeeded_at=at("2026-01-01 09:00"))
    assert not any(task.stalled for task in runs.scheduled(NOW, []))


@pytest.mark.parametrize(("swept", "stalled"), [("2026-11-24 13:59:59", True), ("2026-11-24 14:04", False)])
def test_before_the_first_tick_a_sweep_is_known_by_its_rules(swept: str, stalled: bool) -> None:
    rule = RuleRun.objects.create(rule="inactive", last_run_at=at(swept))
    assert runs.scheduled(NOW, [rule])[0].stalled is stalled
