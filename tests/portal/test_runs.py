"""The page of a job and the page of all runs: what they show, who may see, stop and begin again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role, RuleRun
from inspections import sweep
from inspections.tasks import run_sweep
from tests.factories import NOW, PDF, at, user
from zhonglou_media.celery import app
from zhonglou_media.core import files
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import Job, JobState, TaskRun, User
from zhonglou_media.core.task_runs import recorded
from zhonglou_media.portal import jobs, runs, tasks

pytestmark = pytest.mark.django_db
ALL_KINDS = jobs.KINDS  # the tests below have one of their own


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, JobKind]:
    """A kind of job beside those of the portal: its page is the general one."""
    known = {"test": JobKind("test", "示例任务", lambda claim: claim.finish({"created": 2}))}
    for module in (jobs, tasks, runs):
        monkeypatch.setattr(module, "KINDS", known)
    return known


def a_job(by: User | None = None, state: JobState = JobState.QUEUED, **fields: Any) -> Job:
    if state != JobState.QUEUED:
        fields.setdefault("started_at", NOW)
    if state == JobState.RUNNING:
        fields.setdefault("claimed_until", NOW)
    elif state != JobState.QUEUED:
        fields.setdefault("finished_at", NOW + timedelta(seconds=200))
    return Job.objects.create(kind="test", by=by, state=state, created_at=NOW, source_name="示例.csv", **fields)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: User, path: str, **headers: Any) -> str:
    answer = signed_in(person).get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


HTMX = {"HX-Request": "true"}

# --- a job ----------------------------------------------------------------------------------------------------------


def test_a_waiting_job_says_how_many_are_before_it() -> None:
    person = user(Role.OPERATOR)
    a_job()
    job = a_job(person)
    text = page(person, f"/jobs/{job.pk}/")
    for words in ("示例任务：排队中", "示例.csv", "前面还有 1 个任务", "可以离开本页，完成后在通知里告诉您", "停止"):
        assert words in text
    assert "<progress" in text
    assert "max=" not in text.partition("<progress")[2].partition(">")[0]  # nobody knows how long


def test_a_running_job_shows_how_far_it_is_and_asks_again() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.RUNNING, done=1240, total=2000, note="正在核对", attempts=2)
    text = page(person, f"/jobs/{job.pk}/")
    assert "正在核对" in text
    assert "已处理 1,240 / 2,000 行" in text
    assert 'max="2000" value="1240"' in text
    assert "第 2 次" in text
    assert f'hx-get="/jobs/{job.pk}/" hx-trigger="every 2s"' in text
    part = page(person, f"/jobs/{job.pk}/", **HTMX)
    assert "<h1" not in part
    assert "已处理 1,240 / 2,000 行" in part
    assert "hx-trigger" in part


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.STOPPED])
def test_an_ended_job_is_asked_for_no_more(state: JobState) -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, state)
    answer = signed_in(person).get(f"/jobs/{job.pk}/", headers=HTMX)
    assert (answer.content, answer["HX-Redirect"]) == (b"", f"/jobs/{job.pk}/")
    text = page(person, f"/jobs/{job.pk}/")
    assert "hx-trigger" not in text.partition("<main")[2]
    assert "停止</button>" not in text


def test_a_done_job_shows_what_it_counted() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE, result={"read": 1200, "created": 1180, "refused": 20, "unknown": 7})
    text = page(person, f"/jobs/{job.pk}/")
    assert "示例任务：已完成" in text
    assert "用时 3 分 20 秒" in text
    for words in ("读取", "1,200", "新增", "1,180", "没有写入"):
        assert words in text
    assert "unknown" not in text
    assert "重新开始" not in text


def test_a_kind_with_a_page_of_its_own_is_shown_there(kinds: dict[str, JobKind]) -> None:
    kinds["test"] = JobKind("test", "示例任务", lambda claim: None, page="accounts:import_result")
    person = user(Role.OFFICER)
    job = a_job(person, JobState.DONE, result={"created": 1})
    client = signed_in(person)
    own = f"/accounts/import/{job.pk}/"
    assert client.get(f"/jobs/{job.pk}/", headers=HTMX)["HX-Redirect"] == own
    assert client.get(f"/jobs/{job.pk}/")["Location"] == own
    assert "示例任务：已完成" in page(user(Role.ADMIN), f"/jobs/{job.pk}/")  # who may not open it stays here


def test_a_failed_job_says_why_and_can_begin_again() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.FAILED, error="文件里没有数据，请重新选择。")
    text = page(person, f"/jobs/{job.pk}/")
    assert "文件里没有数据，请重新选择。" in text
    answer = signed_in(person).post(f"/jobs/{job.pk}/again/", follow=True)
    new = Job.objects.latest("pk")
    assert answer.redirect_chain == [(f"/jobs/{new.pk}/", 302)]
    assert (new.state, new.by, new.source_name) == (JobState.QUEUED, person, "示例.csv")
    assert "已重新提交，正在排队" in answer.content.decode()


def test_a_done_job_does_not_begin_again() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE)
    assert signed_in(person).post(f"/jobs/{job.pk}/again/").status_code == 409
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "sees", "stops", "again"),
    [
        ("starter", 200, 302, 302),
        (Role.OFFICER, 200, 302, 403),
        (Role.SUPERVISOR, 200, 302, 403),
        (Role.ADMIN, 200, 403, 403),
        (Role.AUDITOR, 404, 404, 404),
        (Role.OPERATOR, 404, 404, 404),
        (Role.LEADER, 404, 404, 404),
    ],
)
def test_who_sees_stops_and_begins_again(who: str, sees: int, stops: int, again: int) -> None:
    starter = user(Role.OPERATOR)
    client = signed_in(starter if who == "starter" else user(who))
    waiting, failed = a_job(starter), a_job(starter, JobState.FAILED, error="示例")
    assert client.get(f"/jobs/{waiting.pk}/").status_code == sees
    assert client.post(f"/jobs/{failed.pk}/again/").status_code == again
    assert client.post(f"/jobs/{waiting.pk}/stop/").status_code == stops
    waiting.refresh_from_db()
    assert waiting.state == (JobState.STOPPED if stops == 302 else JobState.QUEUED)


@pytest.mark.parametrize(
    ("who", "button"),
    [("starter", True), (Role.OFFICER, True), (Role.ADMIN, False)],
    ids=["starter", "office", "admin"],
)
def test_the_button_to_stop_is_there_for_who_may(who: str, button: bool) -> None:
    starter = user(Role.OPERATOR)
    job = a_job(starter, JobState.RUNNING)
    text = page(starter if who == "starter" else user(who), f"/jobs/{job.pk}/")
    assert (f'action="/jobs/{job.pk}/stop/"' in text) == button


def test_a_running_job_that_is_to_stop_says_so() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.RUNNING)
    text = signed_in(person).post(f"/jobs/{job.pk}/stop/", follow=True).content.decode()
    assert "正在停止" in text
    assert f'action="/jobs/{job.pk}/stop/"' not in text


def test_an_ended_job_cannot_be_stopped() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE)
    answer = signed_in(person).post(f"/jobs/{job.pk}/stop/")
    assert answer.status_code == 409
    assert "任务已经结束（已完成），不能再停止" in answer.content.decode()


@pytest.mark.parametrize(
    ("result", "kind", "name"),
    [({"refused": 2}, files.XLSX, "没有写入的行-20261124"), ({}, files.PDF, "示例任务-20261124")],
)
def test_the_file_a_job_made_is_handed_out_under_its_name(result: dict[str, int], kind: str, name: str) -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE, file=files.keep(PDF, kind), result=result)
    assert f'href="/jobs/{job.pk}/file/"' in page(person, f"/jobs/{job.pk}/")
    answer = signed_in(person).get(f"/jobs/{job.pk}/file/")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == kind
    assert f"{name}-{job.pk}." in unquote(answer["Content-Disposition"])
    assert signed_in(user(Role.OPERATOR)).get(f"/jobs/{job.pk}/file/").status_code == 404


def test_a_job_without_a_file_and_one_whose_file_is_gone_give_none() -> None:
    person = user(Role.OPERATOR)
    without = a_job(person, JobState.DONE)
    gone = a_job(person, JobState.DONE, file=files.store(ContentFile(PDF)))
    assert gone.file is not None
    files.path_of(gone.file.sm3).unlink()
    client = signed_in(person)
    assert client.get(f"/jobs/{without.pk}/file/").status_code == 404
    assert client.get(f"/jobs/{gone.pk}/file/").status_code == 404


def test_every_kind_has_its_words_and_a_page_that_shows_its_result() -> None:
    for code, kind in ALL_KINDS.items():
        assert (kind.code, bool(kind.label)) == (code, True)
        assert reverse(kind.page, args=[1])
    for words, name in jobs.AT_ONCE.values():
        assert words
        assert reverse(name, args=[1])
    assert set(ALL_KINDS).isdisjoint(jobs.AT_ONCE)


# --- the task that runs them ----------------------------------------------------------------------------------------


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
    assert (run.error, run.succeeded_at) == (words, succeeded)
    with recorded("filings.remind"):
        pass
    assert TaskRun.objects.get().error == ""


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
    assert [task.stalled for task in runs.scheduled(NOW, [])] == [stalled, False, False, False]


@pytest.mark.parametrize(("swept", "stalled"), [("2026-11-24 13:59:59", True), ("2026-11-24 14:04", False)])
def test_before_the_first_tick_a_sweep_is_known_by_its_rules(swept: str, stalled: bool) -> None:
    rule = RuleRun.objects.create(rule="inactive", last_run_at=at(swept))
    assert runs.scheduled(NOW, [rule])[0].stalled is stalled


def test_a_portal_that_has_just_started_is_no_alarm() -> None:
    text = page(user(Role.ADMIN), "/runs/")
    assert "规则检查还没有运行过" in text
    assert "停滞" not in text


def test_a_job_that_its_own_page_runs_is_not_begun_again_here() -> None:
    starter = user(Role.OFFICER)
    failed = a_job(starter, JobState.FAILED, error="文件里没有回执。")
    Job.objects.filter(pk=failed.pk).update(kind="record_receipts")
    client = signed_in(starter)
    assert "重新开始" not in client.get(f"/jobs/{failed.pk}/").content.decode()
    assert client.post(f"/jobs/{failed.pk}/again/").status_code == 409
    assert Job.objects.count() == 1


def test_what_a_preview_keeps_is_not_handed_out() -> None:
    starter = user(Role.OFFICER)
    book = files.keep(b"{}", "application/json")
    prepared = a_job(starter, JobState.PREPARED, file=book, finished_at=None, started_at=None)
    assert signed_in(starter).get(f"/jobs/{prepared.pk}/file/").status_code == 404


# --- the page of all runs -------------------------------------------------------------------------------------------


def test_the_page_shows_tasks_rules_and_jobs() -> None:
    run_sweep()
    RuleRun.objects.filter(rule="inactive").update(opened=3, cleared=2, duration_ms=65_000)
    TaskRun.objects.create(
        name="filings.remind",
        started_at=NOW,
        finished_at=NOW,
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


def test_the_last_fifty_jobs_are_listed() -> None:
    for n in range(51):
        a_job(None, JobState.DONE, params={"n": n})
    assert page(user(Role.ADMIN), "/runs/").count("示例任务</a>") == 50


def test_an_empty_portal_says_so() -> None:
    text = page(user(Role.ADMIN), "/runs/")
    assert "还没有任务" in text
    assert "规则还没有检查过" in text


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.PARENT, Role.AUDITOR])
def test_others_do_not_see_the_page(role: Role) -> None:
    assert signed_in(user(role)).get("/runs/").status_code == 403


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: Callable[[int], Any]) -> None:
    run_sweep()
    for _ in range(5):
        a_job(user(Role.OPERATOR), JobState.DONE)
    client = signed_in(user(Role.OFFICER))
    client.get("/runs/")
    with django_assert_max_num_queries(16):
        client.get("/runs/")
