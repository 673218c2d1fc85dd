"""Long work as rows: a job waits, a worker claims it, its progress can be read, and a killed worker's job runs again.

`Job` is the queue; Celery's messages only say "look". A claim is an UPDATE that names the old state and the number of
the attempt, so it works alike on SQLite and PostgreSQL, and that number is what an attempt holds the job by: one that
lost it (its lease ran out and another started) can write neither progress nor result. A kind does its work in a
transaction that ends with `Claim.finish`, so result and effect are there together or not at all; one
that commits as it goes may be run again, and says with `broken_off` that a part stands.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from . import notices
from .clock import db_now
from .commands import log_fault
from .errors import Refused, WrongState
from .heartbeat import Heartbeat
from .models import File, Job, JobState, User

ATTEMPTS = 3  # a job that kills its worker must not do so for ever
MAX_TIME_LIMIT = 600  # seconds; the task that runs a job must end before Redis hands its message out again
EVERY = 0.5  # seconds between two writes of progress
NOTICE = 300  # characters of a notice

FAULT = "程序出错，什么也没有改动；详情已记入日志。可以重新开始，仍不成功时请联系维护人员。"
TOO_LONG = "处理超过 {} 分钟，已经中止，没有完成的部分没有写入。请分成几份后重新提交。"
BROKEN_OFF = f"连续中断 {ATTEMPTS} 次，没有完成，也没有写入数据。可以重新提交；仍不成功时请联系维护人员。"

logger = logging.getLogger(__name__)


def _nothing(result: dict[str, Any]) -> str:
    return ""


class Stopped(Exception):
    """Somebody asked that the job stop."""


class TimeOver(Exception):
    """The job took longer than its kind may."""


class ClaimLost(Exception):
    """The lease ran out and another attempt holds the job: whatever this one wrote must be rolled back."""


@dataclass(frozen=True)
class JobKind:
    """What jobs of one `code` do, and what people call it."""

    code: str
    label: str
    run: Callable[["Claim"], None]  # does the work and calls claim.finish; a Refused becomes the job's error
    time_limit: int = MAX_TIME_LIMIT  # seconds
    page: str = "job"  # URL name (argument: pk) that shows the result of a finished job
    start_page: str = ""  # URL name of the page where such a job is submitted: another file can be chosen there
    told: Callable[[dict[str, Any]], str] = _nothing  # the result in a few words, for the notice
    broken_off: str = ""  # said instead of FAULT and BROKEN_OFF by a kind that commits as it goes: part of it stands

    def __post_init__(self) -> None:
        if not 0 < self.time_limit <= MAX_TIME_LIMIT:
            raise ValueError(f"{self.code}: time_limit must be within 1 and {MAX_TIME_LIMIT} seconds")


class Claim:
    """A running attempt of `job`, begun at `now` (database clock); a context in which its lease is renewed."""

    def __init__(self, job: Job, kind: JobKind, now: datetime, clock: Callable[[], datetime] = db_now) -> None:
        self.job, self.kind, self.now, self._clock = job, kind, now, clock
        self._started = time.monotonic()
        self._written: float | None = None
        self._done, self._total, self._note = 0, 0, ""
        self._heartbeat = Heartbeat(self.held, settings.JOB_LEASE, kind.time_limit)

    def __enter__(self) -> "Claim":
        self._heartbeat.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._heartbeat.end()

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Say how far it is, in rows or the like; `note` is a few Chinese words (60 at most) on what is being done.

        Cheap: writes about twice a second, and when the note changes. It must be called OUTSIDE of a write transaction,
        whose rollback would take the row with it and whose lock would keep 停止 waiting. Raises Stopped, TimeOver, or
        ClaimLost.
        """
        self._done, self._total = done, total
        if self._heartbeat.lost:
            raise ClaimLost
        moment = time.monotonic()
        if moment - self._started > self.kind.time_limit:
            raise TimeOver
        if self._written is not None and moment - self._written < EVERY and note == self._note:
            return
        if not self.held().update(done=done, total=total, note=note[:60]):
            raise ClaimLost
        if Job.objects.filter(pk=self.job.pk, stop_requested=True).exists():
            raise Stopped
        self._written, self._note = time.monotonic(), note

    def finish(self, result: dict[str, Any], *, file: File | None = None, error: str = "") -> None:
        """Write what came of it: DONE, or FAILED where `error` says why not, and a notice to who started it.

        Call it INSIDE the last transaction of the work. Raises ClaimLost, which must roll that transaction back.
        """
        job = self._lock()
        job.done, job.total, job.result, job.file = self._done, self._total, result, file
        state = JobState.FAILED if error else JobState.DONE
        _end(job, self.kind, state, error=error, now=self._clock(), page=self.kind.page)

    def give_up(self, state: JobState, error: str) -> None:
        """The end of an attempt whose work is undone: FAILED with the reason, or STOPPED. Raises ClaimLost."""
        with transaction.atomic():
            _end(self._lock(), self.kind, state, error=error, now=db_now())

    def held(self) -> QuerySet[Job]:
        """The job's row while this attempt has it; none once it has ended or another attempt took it."""
        return Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING, attempts=self.job.attempts)

    def _lock(self) -> Job:
        if not connection.in_atomic_block:
            raise transaction.TransactionManagementError("a job is finished in the transaction of its effect")
        job = self.held().select_for_update(of=("self",), no_key=True).first()
        if job is None:
            raise ClaimLost
        return job


def enqueue(
    kind: JobKind,
    *,
    by: User | None,
    now: datetime,
    params: dict[str, Any] | None = None,
    source: File | None = None,
    source_name: str = "",
) -> Job:
    """A queued job that the next free worker runs; one row, so it may be part of the caller's transaction."""
    return Job.objects.create(
        kind=kind.code, by=by, created_at=now, params=params or {}, source=source, source_name=source_name[:200]
    )


def done_at_once(
    kind: str, *, by: User, now: datetime, params: dict[str, Any], result: dict[str, Any], rows: int
) -> Job:
    """What a page has done to `rows` things while its reader waited, kept so that its result can be read again."""
    times = {"created_at": now, "started_at": now, "finished_at": now}
    return Job.objects.create(
        kind=kind, state=JobState.DONE, by=by, params=params, result=result, done=rows, total=rows, **times
    )


def run_next(kinds: Mapping[str, JobKind]) -> bool:
    """Run the oldest job of `kinds` that waits, or whose worker died; False when there is none.

    What goes wrong in the job ends in its row. What goes wrong with the database is raised: the lease then runs out.
    """
    claim = _claim(kinds)
    if claim is None:
        return False
    with claim:
        try:
            _run(claim)
        except ClaimLost:
            logger.warning("job %s: attempt %s lost its claim", claim.job.pk, claim.job.attempts)
    return True


def play(job: Job, kind: JobKind, *, now: datetime) -> None:
    """Run a queued job here, as a worker would have at `now`: the demo's past. What goes wrong is raised."""
    if not _take(job, kind, now):
        raise WrongState("这项任务已经有人在办理。", by=job.by, at=job.started_at)
    job.refresh_from_db()
    kind.run(Claim(job, kind, now, clock=lambda: now))
    job.refresh_from_db()


def _run(claim: Claim) -> None:
    """Raises ClaimLost."""
    state, error = JobState.FAILED, ""
    try:
        claim.kind.run(claim)
        if claim.held().exists():
            raise RuntimeError(f"{claim.kind.code} returned without claim.finish")
        return
    except ClaimLost:
        raise
    except Stopped:
        state = JobState.STOPPED
    except (TimeOver, SoftTimeLimitExceeded):
        error = TOO_LONG.format(max(1, claim.kind.time_limit // 60))
    except Refused as refused:
        error = str(refused)
    except Exception:
        logger.exception("job %s (%s) failed", claim.job.pk, claim.kind.code)
        log_fault(f"job {claim.job.pk} {claim.kind.code}")
        error = claim.kind.broken_off or FAULT
    claim.give_up(state, error)


def stop(job_id: int, *, now: datetime) -> None:
    """Ask that a job stop: at once while it waits, at its next progress while it runs. Who may is the caller's matter.

    Raises WrongState when it has ended.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",), no_key=True).get(pk=job_id)
        if job.state == JobState.RUNNING:
            job.stop_requested = True
            job.save(update_fields=["stop_requested"])
        elif job.state == JobState.QUEUED:
            job.state, job.finished_at = JobState.STOPPED, now
            job.save(update_fields=["state", "finished_at"])
        else:
            raise WrongState(f"任务已经结束（{job.get_state_display()}），不能再停止。", by=job.by, at=job.finished_at)


def again(job_id: int, *, kinds: Mapping[str, JobKind], by: User, now: datetime) -> Job:
    """A new job of the same kind, parameters and file as one that failed or was stopped; the old one stays to be read.

    Raises WrongState when it has not ended, or is done; or is none of `kinds`, those that a worker runs: it would wait
    for ever.
    """
    old = Job.objects.get(pk=job_id)
    if old.kind not in kinds:
        raise WrongState("这项工作不在后台进行，请回到它的页面重新办理。", by=old.by, at=old.finished_at)
    if old.state not in (JobState.FAILED, JobState.STOPPED):
        raise WrongState(f"任务的状态是“{old.get_state_display()}”，不需要重新开始。", by=old.by, at=old.finished_at)
    return Job.objects.create(
        kind=old.kind, by=by, created_at=now, params=old.params, source=old.source, source_name=old.source_name
    )


def blames_file(job: Job, kind: JobKind | None) -> bool:
    """Whether a failed job's error is about what was given to it (a Refused, or too long a file): beginning again with
    the same would end alike. Not so where the program or its worker failed.
    """
    if job.state != JobState.FAILED:
        return False
    return job.error not in (FAULT, BROKEN_OFF, *([kind.broken_off] if kind else []))


def seen(job: Job, by: User, *, now: datetime) -> None:
    """`by` reads what came of a job: the notice of its end has nothing more to say to that person."""
    notices.read(by, key=_notice_key(job), now=now)


def waiting(now: datetime) -> QuerySet[Job]:
    """Jobs that a worker should take: queued, or running with a lease that is over."""
    return Job.objects.filter(
        Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, claimed_until__lt=now), state__in=["queued", "running"]
    )


def _claim(kinds: Mapping[str, JobKind]) -> Claim | None:
    """The oldest waiting job, now ours; None when there is none, or when SQLite is written to for long."""
    try:
        while True:
            now = db_now()
            job = waiting(now).filter(kind__in=list(kinds)).order_by("id").first()
            if job is None:
                return None
            if _take(job, kinds[job.kind], now):
                job.refresh_from_db()
                return Claim(job, kinds[job.kind], now)
    except OperationalError as error:
        if connection.vendor == "sqlite" and "locked" in str(error):
            return None  # somebody holds the only write lock; the next tick looks again
        raise


def _take(job: Job, kind: JobKind, now: datetime) -> bool:
    """Whether it is ours to run. One that was to stop, or broke off too often, is ended instead."""
    as_seen = waiting(now).filter(pk=job.pk, state=job.state, attempts=job.attempts)
    if job.state == JobState.RUNNING and (job.stop_requested or job.attempts >= ATTEMPTS):
        with transaction.atomic():
            row = as_seen.select_for_update(of=("self",), no_key=True).first()
            if row is not None and row.stop_requested:
                _end(row, kind, JobState.STOPPED, now=now)
            elif row is not None:
                _end(row, kind, JobState.FAILED, error=kind.broken_off or BROKEN_OFF, now=now)
        return False
    taken = as_seen.update(
        state=JobState.RUNNING,
        attempts=F("attempts") + 1,
        claimed_until=now + timedelta(seconds=settings.JOB_LEASE),
        started_at=now,
        done=0,
        total=0,
        note="",
    )
    return taken == 1


def _end(job: Job, kind: JobKind, state: JobState, *, now: datetime, error: str = "", page: str = "job") -> None:
    """Write the end of a job whose row the caller's transaction has locked, and tell who started it."""
    job.state, job.error, job.finished_at, job.claimed_until, job.note = state, error, now, None, ""
    job.save()
    if job.by is not None:
        named = f"“{job.source_name}”" if job.source_name else ""
        told = kind.told(job.result) if state == JobState.DONE else ""
        text = f"{kind.label}{named}：{state.label}{told and f'，{told}'}。{error}"
        notices.tell([job.by], key=_notice_key(job), text=_short(text), link=reverse(page, args=[job.pk]), now=now)


def _notice_key(job: Job) -> str:
    return f"job:{job.pk}"


def _short(text: str) -> str:
    return text if len(text) <= NOTICE else f"{text[: NOTICE - 1]}…"
