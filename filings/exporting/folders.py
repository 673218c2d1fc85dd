"""Where an export is written until it is kept: its rows hold telephones, so nothing of a killed one stays for long.

A folder an attempt of a job, under VAR_DIR: whoever writes next, and each tick of the workers, clears what no attempt
that runs stands behind.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from zhonglou_media.core.models import Job, JobState


def root() -> Path:
    """Where the folders are."""
    return Path(settings.VAR_DIR) / "exports"


@contextmanager
def folder(job: Job) -> Iterator[Path]:
    """An empty folder for this attempt of `job`, that the portal's user alone can read; gone after. Raises OSError."""
    clear()
    path = root() / _name(job.pk, job.attempts)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700, parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def clear() -> int:
    """Remove what killed attempts left on this server; returns how many folders."""
    # Listed first, asked after: an attempt is in the database before its folder is made.
    try:
        left = list(root().iterdir())
    except FileNotFoundError:
        return 0
    if not left:
        return 0
    running = Job.objects.filter(state=JobState.RUNNING).values_list("pk", "attempts")
    kept = {_name(pk, attempt) for pk, attempt in running}
    dead = [path for path in left if path.name not in kept]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return len(dead)


def _name(pk: int, attempt: int) -> str:
    return f"{pk}-{attempt}"
