"""When each task of the schedule last ran, how long, and what went wrong last: one row a task, for the page of runs.

Its last error stays beside its last success: who looks in the morning sees what failed in the night.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from django.db import DatabaseError

from .clock import db_now
from .errors import Refused
from .models import TaskRun

logger = logging.getLogger(__name__)


@dataclass
class Recording:
    """A run in progress; one that set `idle` found nothing to do and leaves no trace."""

    idle: bool = False


@contextmanager
def recorded(name: str) -> Iterator[Recording]:
    """Keep this run of the task `name`. What it raises is recorded in words, and still raised."""
    started, clock, recording = db_now(), monotonic(), Recording()

    def write(error: str) -> None:
        took = timedelta(seconds=monotonic() - clock)
        run = TaskRun(name=name, started_at=started, finished_at=started + took)
        run.duration_ms = round(took.total_seconds() * 1000)
        if error:
            run.error, run.failed_at, ended = error, run.finished_at, ["error", "failed_at"]
        else:
            run.succeeded_at, ended = run.finished_at, ["succeeded_at"]
        fields = ["started_at", "finished_at", "duration_ms", *ended]
        TaskRun.objects.bulk_create([run], update_conflicts=True, unique_fields=["name"], update_fields=fields)

    try:
        yield recording
    except Exception as error:
        try:
            write(in_words(error))
        except DatabaseError:  # most likely the reason of `error` itself
            logger.exception("the failed run of %s could not be recorded", name)
        raise
    if not recording.idle:
        write("")


def in_words(error: Exception) -> str:
    """What went wrong, a line for each error of a group; notes (`add_note`) say where. The traceback is in the log."""
    if isinstance(error, ExceptionGroup):
        return "\n".join(in_words(part) for part in error.exceptions)
    where = "、".join(getattr(error, "__notes__", []))
    what = str(error) if isinstance(error, Refused) else f"程序出错（{type(error).__name__}），详情见日志。"
    return f"{where}：{what}" if where else what
