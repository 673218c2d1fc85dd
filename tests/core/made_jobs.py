"""Jobs for tests: a kind made of one function, and what became of its job."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from tests.factories import NOW, user
from zhonglou_media.core.jobs import Claim, JobKind, enqueue, run_next
from zhonglou_media.core.models import Job


def kind(run: Callable[[Claim], None], **more: Any) -> JobKind:
    return JobKind("test", "示例任务", run, **more)


def done(claim: Claim) -> None:
    with transaction.atomic():
        claim.finish({"created": 1})


def a_job(run: Callable[[Claim], None] = done, **more: Any) -> tuple[Job, dict[str, JobKind]]:
    made = kind(run, **more)
    return enqueue(made, by=user(), now=NOW, source_name="示例.csv"), {"test": made}


def run(work: Callable[[Claim], None], **more: Any) -> Job:
    """The job after one worker ran it."""
    job, kinds = a_job(work, **more)
    assert run_next(kinds)
    job.refresh_from_db()
    return job
