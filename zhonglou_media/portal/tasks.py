"""The Celery tasks of the portal; `zhonglou_media/celery.py` holds the schedule and the queues."""

import threading
from time import monotonic

from celery import shared_task

from filings.exporting import folders
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.task_runs import recorded

from . import event_checks
from .jobs import KINDS

AT_ONCE = 2  # of the 4 threads of an embedded worker; the others are for sweeps
LONG_ENOUGH = 60  # seconds after which the next job is left to the next tick: the task's own time limit goes on

_free = threading.BoundedSemaphore(AT_ONCE)


@shared_task(name="portal.run_jobs")
def run_jobs() -> None:
    """Every waiting job, one after another. Losing a tick costs seconds; two ticks at once share the jobs."""
    if not _free.acquire(blocking=False):
        return
    try:
        with recorded("portal.run_jobs") as recording:
            end, recording.idle = monotonic() + LONG_ENOUGH, True
            while monotonic() < end and run_next(KINDS):
                recording.idle = False
            folders.clear()
    finally:
        _free.release()


@shared_task(name="portal.verify_events")
def verify_events() -> None:
    """Have the history checked, nightly: a job does it. Losing a night costs a day, doubling one costs a reading."""
    with recorded("portal.verify_events"):
        event_checks.nightly(db_now())
