"""Jobs whose worker died, slept or hung, and workers that want the same job."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from accounts.models import Unit
from tests.core.made_jobs import a_job, done, kind, run
from tests.factories import NOW, unit
from tests.services import wait_until
from zhonglou_media.core import jobs
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.jobs import Claim, ClaimLost, JobKind, enqueue, run_next
from zhonglou_media.core.models import Job, JobState, Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A monotonic clock that the test moves."""
    hands = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(jobs.time, "monotonic", lambda: hands.now)
    return hands


def refuse(claim: Claim) -> None:
    raise Refused("文件是空的，请重新选择。")


def divide(claim: Claim) -> None:
    with transaction.atomic():
        unit("写了一半")
        raise ZeroDivisionError


# --- a worker that died ---------------------------------------------------------------------------------------------


def abandoned(attempts: int = 1, **fields: Any) -> tuple[Job, dict[str, JobKind]]:
    """A job whose worker was killed: still running, its lease over."""
    job, kinds = a_job()
    over = db_now() - timedelta(seconds=1)
    Job.objects.update(
        state=JobState.RUNNING, attempts=attempts, started_at=over, claimed_until=over, done=7, total=9, **fields
    )
    return job, kinds


def test_the_job_of_a_dead_worker_runs_again() -> None:
    job, kinds = abandoned()
    assert run_next(kinds)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 2)


def test_a_lease_that_is_not_over_is_respected() -> None:
    _, kinds = abandoned()
    Job.objects.update(claimed_until=db_now() + timedelta(seconds=20))
    assert not run_next(kinds)


def test_after_three_attempts_it_has_failed() -> None:
    job, kinds = abandoned(attempts=3)
    assert not run_next(kinds)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, jobs.BROKEN_OFF)
    assert "连续中断 3 次" in job.error
    assert Notice.objects.get().user == job.by


def test_a_job_that_was_to_stop_when_its_worker_died_is_stopped() -> None:
    job, kinds = abandoned(stop_requested=True)
    assert not run_next(kinds)
    job.refresh_from_db()
    assert job.state == JobState.STOPPED


def lose(claim: Claim) -> None:
    """Another worker took the job meanwhile: this one slept longer than its lease."""
    Job.objects.filter(pk=claim.job.pk).update(attempts=claim.job.attempts + 1)


def finish_late(claim: Claim) -> None:
    with transaction.atomic():
        unit("写了一半")
        claim.finish({"created": 1})


def progress_late(claim: Claim) -> None:
    claim.progress(1, 2)


@pytest.mark.parametrize("late", [finish_late, progress_late, refuse, divide])
def test_an_attempt_that_lost_the_job_writes_nothing(late: Callable[[Claim], None]) -> None:
    def work(claim: Claim) -> None:
        lose(claim)
        late(claim)

    before = Unit.objects.count()
    job = run(work)
    assert (job.state, job.attempts, job.done, job.result, job.error) == (JobState.RUNNING, 2, 0, {}, "")
    assert Unit.objects.count() == before
    assert not Notice.objects.exists()


def test_an_attempt_learns_from_its_heartbeat_that_it_lost_the_job(clock: Any) -> None:
    def work(claim: Claim) -> None:
        claim.progress(0, 2)
        claim._heartbeat.lost = True
        with pytest.raises(ClaimLost):
            claim.progress(1, 2)  # too soon to ask the database
        done(claim)

    assert run(work).state == JobState.DONE


def test_sqlites_taken_write_lock_is_no_fault_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    _, kinds = a_job()

    def locked(*args: object) -> bool:
        raise OperationalError("database is locked")

    monkeypatch.setattr(jobs, "_take", locked)
    if connection.vendor == "sqlite":
        assert not run_next(kinds)
    else:
        with pytest.raises(OperationalError):
            run_next(kinds)


# --- the heartbeat --------------------------------------------------------------------------------------------------


def beating() -> bool:
    return any(thread.name == "job-heartbeat" for thread in threading.enumerate())


@pytest.fixture
def short_lease(settings: Any) -> None:
    settings.JOB_LEASE = 0.6


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_the_job_works_and_no_longer(short_lease: None) -> None:
    seen = []

    def work(claim: Claim) -> None:
        for _ in range(6):
            time.sleep(0.3)
            until = Job.objects.get().claimed_until
            seen.append(until)
            assert until > db_now()
        assert beating()
        done(claim)

    assert run(work).state == JobState.DONE
    assert len(set(seen)) > 3
    assert not beating()


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_work_that_hangs_beyond_its_time_loses_the_job(short_lease: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither ends nor says how far it is: another worker gets the job."""
    second = threading.Event()

    def hang(claim: Claim) -> None:
        if claim.job.attempts == 1:
            assert second.wait(20)
        done(claim)
        second.set()

    made = kind(hang, time_limit=1)
    enqueue(made, by=None, now=NOW)
    thread = threading.Thread(target=_run_and_close, args=({"test": made},))
    thread.start()
    wait_until(lambda: Job.objects.get().state == JobState.RUNNING, 10, "the first worker has it")
    wait_until(lambda: run_next({"test": made}), 15, "the second worker gets it")
    thread.join(20)
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.DONE, 2)


# --- races, and what happens without the guard ----------------------------------------------------------------------


def _run_and_close(kinds: dict[str, JobKind]) -> None:
    try:
        run_next(kinds)
    finally:
        connections.close_all()


CLAIMERS, ROUNDS = 8, 10


def most_at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the one waiting job was run, a number a round: eight workers look for it at the same moment."""
    ran: list[int] = []
    meeting = threading.Barrier(CLAIMERS)
    take = jobs._take

    def meet_after_reading(*seen: Any) -> bool:
        try:
            meeting.wait(0.5)
        except threading.BrokenBarrierError:
            return take(*seen)
        return take(*seen)

    def work(claim: Claim) -> None:
        ran[-1] += 1
        time.sleep(0.05)
        with transaction.atomic():
            claim.finish({})

    made = kind(work)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_take", meet_after_reading)
        for _ in range(ROUNDS):
            meeting.reset()
            ran.append(0)
            enqueue(made, by=None, now=NOW)
            threads = [threading.Thread(target=_run_and_close, args=({"test": made},)) for _ in range(CLAIMERS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            Job.objects.all().delete()
    return ran


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_run_a_job_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_at_once(monkeypatch) == [1] * ROUNDS


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_guard_they_run_it_several_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same rounds, the UPDATE naming the job alone."""

    def unguarded(job: Job, kind: JobKind, now: Any) -> bool:
        until = now + timedelta(seconds=30)
        Job.objects.filter(pk=job.pk).update(
            state=JobState.RUNNING, attempts=job.attempts + 1, claimed_until=until, started_at=now
        )
        return True

    monkeypatch.setattr(jobs, "_take", unguarded)
    assert max(most_at_once(monkeypatch)) > 1
