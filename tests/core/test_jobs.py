"""Jobs: told how far they are, ended together with their effect, stopped, begun again."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction

from accounts.models import Unit
from tests.core.made_jobs import a_job, done, kind, run
from tests.factories import NOW, scan, unit, user
from zhonglou_media.core import jobs
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.jobs import Claim, Stopped, TimeOver, enqueue, run_next
from zhonglou_media.core.models import Job, JobState, Notice

pytestmark = pytest.mark.django_db


# --- one run --------------------------------------------------------------------------------------------------------


def test_a_job_waits_with_what_it_was_given() -> None:
    person, file = user(), scan()
    job = enqueue(kind(done), by=person, now=NOW, params={"a": 1}, source=file, source_name="清单.csv")
    job.refresh_from_db()
    assert (job.kind, job.state, job.by, job.created_at) == ("test", JobState.QUEUED, person, NOW)
    assert (job.params, job.source, job.source_name, job.attempts) == ({"a": 1}, file, "清单.csv", 0)


def test_what_a_job_did_and_its_result_come_together() -> None:
    file = scan()

    def work(claim: Claim) -> None:
        claim.progress(1, 3, "读取")
        claim.progress(3, 3)
        with transaction.atomic():
            unit("示例单位")
            claim.finish({"created": 3, "refused": 0}, file=file)

    job = run(work)
    assert job.state == JobState.DONE
    assert (job.result, job.file, job.error) == ({"created": 3, "refused": 0}, file, "")
    assert (job.done, job.total, job.note, job.attempts, job.claimed_until) == (3, 3, "", 1, None)
    assert job.started_at <= job.finished_at <= db_now()
    notice = Notice.objects.get()
    assert (notice.user, notice.text, notice.link) == (job.by, "示例任务“示例.csv”：已完成。", f"/jobs/{job.pk}/")


def test_the_notice_leads_to_the_page_of_the_kind() -> None:
    job = run(done, page="accounts:import_result")
    assert Notice.objects.get().link == f"/accounts/import/{job.pk}/"


def test_the_notice_says_what_the_kind_makes_of_the_result() -> None:
    run(done, told=lambda result: f"新增 {result['created']}，没有导入 6 行")
    assert Notice.objects.get().text == "示例任务“示例.csv”：已完成，新增 1，没有导入 6 行。"


def test_who_has_seen_the_end_of_a_job_has_read_its_notice() -> None:
    job, other = run(done), run(done)
    assert job.by is not None
    for person in (user(), job.by, job.by):
        jobs.seen(job, person, now=NOW)
    read = Notice.objects.get(user=job.by)
    assert (read.key, read.read_at) == (f"job:{job.pk}", NOW)
    jobs.seen(job, job.by, now=db_now())
    read.refresh_from_db()
    assert read.read_at == NOW  # the first time counts
    assert Notice.objects.get(user=other.by).read_at is None


def test_a_job_of_nobody_tells_nobody() -> None:
    made = kind(done)
    enqueue(made, by=None, now=NOW)
    assert run_next({"test": made})
    assert Job.objects.get().state == JobState.DONE
    assert not Notice.objects.exists()


def test_nothing_waits_nothing_runs() -> None:
    assert not run_next({"test": kind(done)})


def test_the_oldest_comes_first_and_each_runs_once() -> None:
    order: list[int] = []

    def work(claim: Claim) -> None:
        order.append(claim.job.pk)
        done(claim)

    waiting = [a_job(work) for _ in range(3)]
    while run_next(waiting[0][1]):
        pass
    assert order == [job.pk for job, _ in waiting]


def test_a_kind_nobody_knows_waits() -> None:
    a_job()
    assert not run_next({"other": kind(done)})
    assert Job.objects.get().state == JobState.QUEUED


@pytest.mark.parametrize("limit", [0, 601])
def test_a_kind_may_not_take_longer_than_the_task_that_runs_it(limit: int) -> None:
    with pytest.raises(ValueError, match="time_limit"):
        kind(done, time_limit=limit)


# --- what goes wrong ------------------------------------------------------------------------------------------------


def refuse(claim: Claim) -> None:
    raise Refused("文件是空的，请重新选择。")


def report_an_error(claim: Claim) -> None:
    with transaction.atomic():
        claim.finish({"refused": 2}, error="没有一行可以导入。")


def divide(claim: Claim) -> None:
    with transaction.atomic():
        unit("写了一半")
        claim.progress(0, 1)
        raise ZeroDivisionError


def fall_after_finishing(claim: Claim) -> None:
    with transaction.atomic():
        unit("写了一半")
        claim.finish({"created": 1})
        raise ZeroDivisionError


def forget_to_finish(claim: Claim) -> None:
    return


def raise_of(error: type[Exception]) -> Callable[[Claim], None]:
    def work(claim: Claim) -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "state", "error"),
    [
        (refuse, JobState.FAILED, "文件是空的，请重新选择。"),
        (report_an_error, JobState.FAILED, "没有一行可以导入。"),
        (divide, JobState.FAILED, jobs.FAULT),
        (fall_after_finishing, JobState.FAILED, jobs.FAULT),
        (forget_to_finish, JobState.FAILED, jobs.FAULT),
        (raise_of(TimeOver), JobState.FAILED, jobs.TOO_LONG.format(10)),
        (raise_of(Stopped), JobState.STOPPED, ""),
    ],
)  # fmt: skip
def test_a_job_that_goes_wrong_says_so_and_leaves_nothing(
    work: Callable[[Claim], None], state: JobState, error: str
) -> None:
    before = Unit.objects.count()
    job = run(work)
    assert (job.state, job.error) == (state, error)
    assert job.finished_at is not None
    assert Unit.objects.count() == before
    assert Notice.objects.get().text == f"示例任务“示例.csv”：{state.label}。{error}"
    assert Notice.objects.get().link == f"/jobs/{job.pk}/"


@pytest.mark.parametrize(
    ("work", "more", "of_the_file"),
    [
        (refuse, {}, True),
        (raise_of(TimeOver), {}, True),
        (divide, {}, False),
        (divide, {"broken_off": "前面的行已经登记。"}, False),
        (raise_of(Stopped), {}, False),
    ],
)
def test_an_error_is_that_of_the_file_or_of_the_program(
    work: Callable[[Claim], None], more: dict[str, str], of_the_file: bool
) -> None:
    assert jobs.blames_file(run(work, **more), kind(work, **more)) == of_the_file


def test_a_fault_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    job = run(divide)
    assert "ZeroDivisionError" in caplog.text
    log = (django_settings.VAR_DIR / "log" / "commands.log").read_text()
    assert f"job {job.pk} test\nTraceback" in log
    assert "ZeroDivisionError" in log.rpartition(f"job {job.pk} test")[2]


def test_a_very_long_refusal_still_fits_its_notice() -> None:
    def work(claim: Claim) -> None:
        raise Refused("错" * 900)

    job = run(work)
    assert len(job.error) == 900
    assert len(Notice.objects.get().text) == 300


@pytest.mark.django_db(transaction=True)
def test_a_job_is_not_finished_outside_of_a_transaction() -> None:
    job = run(lambda claim: claim.finish({"created": 1}))
    assert (job.state, job.error) == (JobState.FAILED, jobs.FAULT)


# --- how far --------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A monotonic clock that the test moves."""
    hands = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(jobs.time, "monotonic", lambda: hands.now)
    return hands


def shown() -> tuple[int, int, str]:
    job = Job.objects.get()
    return job.done, job.total, job.note


def test_progress_is_written_twice_a_second(clock: Any) -> None:
    seen = []

    def work(claim: Claim) -> None:
        for step in range(11):
            claim.progress(step, 10, "读取")
            seen.append(shown())
            clock.now += 0.1
        done(claim)

    run(work)
    assert [step for step, _, _ in seen] == [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 10]
    assert seen[5] == (5, 10, "读取")


def test_what_is_being_done_is_told_at_once(clock: Any) -> None:
    def work(claim: Claim) -> None:
        claim.progress(1, 10, "读取")
        claim.progress(9, 10, "写入")
        assert shown() == (9, 10, "写入")
        done(claim)

    assert run(work).state == JobState.DONE


def test_progress_between_two_writes_asks_the_database_nothing(
    clock: Any, django_assert_num_queries: Callable[[int], Any]
) -> None:
    def work(claim: Claim) -> None:
        claim.progress(0, 10)
        with django_assert_num_queries(0):
            claim.progress(1, 10)
        done(claim)

    assert run(work).state == JobState.DONE


def test_a_job_over_its_time_is_stopped_at_its_next_step(clock: Any) -> None:
    reached = []

    def work(claim: Claim) -> None:
        for step in range(10):
            reached.append(step)
            claim.progress(step, 10)
            clock.now += 50

    job = run(work, time_limit=120)
    assert reached == [0, 1, 2, 3]
    assert job.error.startswith("处理超过 2 分钟")


def test_a_running_job_is_stopped_at_its_next_step() -> None:
    def work(claim: Claim) -> None:
        jobs.stop(claim.job.pk, now=NOW)
        claim.progress(1, 10)
        raise AssertionError("it went on")

    assert run(work).state == JobState.STOPPED


def test_a_waiting_job_is_stopped_at_once() -> None:
    job, kinds = a_job()
    jobs.stop(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.finished_at) == (JobState.STOPPED, NOW)
    assert not run_next(kinds)


def test_an_ended_job_cannot_be_stopped_and_a_done_one_not_begun_again() -> None:
    job = run(done)
    with pytest.raises(WrongState, match="已经结束（已完成）"):
        jobs.stop(job.pk, now=NOW)
    with pytest.raises(WrongState, match="不需要重新开始"):
        jobs.again(job.pk, kinds={"test": kind(done)}, by=user(), now=NOW)


def test_a_kind_that_no_worker_runs_is_not_begun_again() -> None:
    old = run(refuse)
    with pytest.raises(WrongState, match="不在后台进行"):
        jobs.again(old.pk, kinds={"other": kind(done)}, by=user(), now=NOW)
    assert Job.objects.get() == old


def test_a_failed_job_begins_again_as_a_new_one() -> None:
    file = scan()
    old = enqueue(kind(refuse), by=user(), now=NOW, params={"a": 1}, source=file, source_name="清单.csv")
    assert run_next({"test": kind(refuse)})
    new = jobs.again(old.pk, kinds={"test": kind(done)}, by=user(), now=NOW)
    assert (new.state, new.params, new.source, new.source_name) == (JobState.QUEUED, {"a": 1}, file, "清单.csv")
    assert run_next({"test": kind(done)})
    assert [job.state for job in Job.objects.order_by("pk")] == [JobState.FAILED, JobState.DONE]
