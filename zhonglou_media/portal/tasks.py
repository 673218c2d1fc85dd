"""The Celery task that runs waiting jobs; `zhonglou_media/celery.py` holds the schedule and the queue."""

import threading
from time import monotonic

from celery import shared_task

from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.task_runs import recorded

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
    finally:
        _free.release()
