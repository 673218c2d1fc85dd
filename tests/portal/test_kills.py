"""kill -9 of a real Celery worker in the middle of a sweep and of an import: what the next worker makes of it.

On the engine of the run: SQLite in a file with the queue in a folder, as `make run` has it, or PostgreSQL and Redis
with the prefork pool, as deploy/ has it. KILLS says how often (3; `make prove-full` 20). A kill that came too early or
too late is not counted: it is told by what stands afterwards.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from django.db.models import F
from redis import Redis

from accounts.models import Account, AccountState, Flag, Unit
from inspections.sweep import sweep
from tests import services
from tests.factories import NOW
from tests.flag_rows import build_account, make_platform, make_unit
from tests.portal.kill_kind import KIND
from zhonglou_media.celery import app as portal_app
from zhonglou_media.core import jobs
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Job, JobState, TaskRun

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KILLS = int(os.environ.get("KILLS", "3"))
MISSES = 3  # kills beside the middle, for each that hit
ROWS = 20_000
LEASE = "2"
CELERY = ["celery", "-q", "-A", "zhonglou_media", "worker"]
POOL = {"sqlite": ["-P", "threads", "-c", "4"], "postgresql": ["-P", "prefork", "-c", "2"]}


class Place:
    """A portal's database and queue, with a worker beside the test that can be killed."""

    def __init__(self, folder: Path, env: dict[str, str], queue: Celery) -> None:
        self.folder, self.env, self.queue = folder, env, queue
        self.worker: subprocess.Popen[bytes] | None = None
        self.workers = 0

    def start(self) -> None:
        """A worker for both queues, in a session of its own; it may still be loading."""
        self.workers += 1
        words = ["-Q", "celery,long", "-l", "WARNING", "-n", f"kill{self.workers}@%h", "-I", "tests.portal.kill_kind"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", *CELERY, *POOL[connection.vendor], *words, *quiet], cwd=services.ROOT,
                env=self.env, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """kill -9 of the worker and its pool."""
        if self.worker is not None:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait(10)
            self.worker = None

    def tick(self, task: str, queue: str = "celery") -> None:
        """What beat sends."""
        self.queue.send_task(task, queue=queue, expires=55)

    def writing(self) -> bool:
        """Whether somebody is inside of a transaction that has written, and still is 20 ms later."""
        if not self._writing():
            return False
        time.sleep(0.02)
        return self._writing()

    def _writing(self) -> bool:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
                )
                return bool(cursor.fetchone()[0])
        probe = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            probe.close()
        return False

    def log(self) -> str:
        return (self.folder / "worker.log").read_text()


@contextmanager
def database_of_its_own(folder: Path) -> Iterator[str]:
    """The URL of the test's database for another process; one in memory is copied to a file, and used from there."""
    if connection.vendor == "postgresql":
        url = urlsplit(os.environ["TEST_DATABASE_URL"])
        yield url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        return
    path = folder / "portal.sqlite3"
    in_memory = connections["default"]
    in_memory.ensure_connection()
    with sqlite3.connect(path) as file:
        in_memory.connection.backup(file)
    file.close()
    on_disk = in_memory.copy()
    on_disk.settings_dict = in_memory.settings_dict | {"NAME": str(path)}
    connections["default"] = on_disk
    try:
        yield f"sqlite:///{path}"
    finally:
        on_disk.close()
        connections["default"] = in_memory


@contextmanager
def queue_of_its_own(folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Celery, str]]:
    """A client of the worker's queue, and REDIS_URL for it ('' for a folder)."""
    client = Celery("kills", set_as_current=False)
    client.conf.update(task_ignore_result=True)
    if connection.vendor == "postgresql":
        url = urlsplit(request.getfixturevalue("redis_url"))._replace(path="/13").geturl()
        client.conf.broker_url = url
        with Redis.from_url(url) as server:
            server.flushdb()
            yield client, url
            server.flushdb()
    else:
        queue, control = folder / "queue", folder / "queue-control"
        queue.mkdir()
        control.mkdir()
        client.conf.update(broker_url="filesystem://", broker_transport_options={
            **portal_app.conf.broker_transport_options,
            "data_folder_in": str(queue), "data_folder_out": str(queue), "control_folder": str(control),
        })  # fmt: skip
        yield client, ""
    client.close()


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest, media_root: Path) -> Iterator[Place]:
    with database_of_its_own(tmp_path) as url, queue_of_its_own(tmp_path, request) as (queue, redis_url):
        more = {"DATABASE_URL": url, "MEDIA_ROOT": str(media_root), "DATA_KEYS": ",".join(django_settings.DATA_KEYS)}
        env = services.portal_environment(tmp_path, JOB_LEASE=LEASE, **more) | (
            {"REDIS_URL": redis_url} if redis_url else {}
        )
        made = Place(tmp_path, env, queue)
        try:
            yield made
        finally:
            made.kill()


def kill_in_the_middle(
    place: Place, begin: Callable[[int], None], hit: Callable[[int], bool], finish: Callable[[int], None]
) -> int:
    """KILLS times: `begin`, kill the worker some time into its writing, see whether it `hit`, let another `finish`.

    Returns how many hit; tries again, MISSES times each, what came too early or too late.
    """
    random, hits = Random(20261124), 0
    place.start()
    for number in range(KILLS * MISSES):
        begin(number)
        services.wait_until(place.writing, 60, f"the worker writes: {place.log()}", pause=0.005)
        time.sleep(random.random() * 0.05)
        place.kill()
        hits += hit(number)
        place.start()
        finish(number)
        if hits == KILLS:
            print(f"{hits} of {number + 1} kills in the middle")
            break
    return hits


# --- a sweep --------------------------------------------------------------------------------------------------------


def flags() -> list[tuple[Any, ...]]:
    """Every flag, whatever its row's id and the moments at which it was seen."""
    rows = Flag.objects.values_list(
        "rule", "fact_kind", "fact_id", "due_at", "cleared_at", "reopened", "account_id", "level"
    )
    return sorted((*row[:4], row[4] is None, *row[5:]) for row in rows)


def undisturbed() -> list[tuple[Any, ...]]:
    """The flags a sweep leaves that nobody disturbs; it is undone."""
    with transaction.atomic():
        sweep(db_now())
        left = flags()
        transaction.set_rollback(True)
    return left


def test_a_sweep_killed_in_the_middle_loses_and_doubles_nothing(place: Place) -> None:
    unit, platform = make_unit(), make_platform()
    Account.objects.bulk_create(
        build_account(AccountState.UNFILED, unit=unit, platform=platform, found_at=NOW - timedelta(seconds=n))
        for n in range(ROWS)
    )
    sweep(db_now() - timedelta(days=365))  # makes each rule's row
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE"
        )  # as a server does by itself: without it PostgreSQL compares every flag with every fact
    expected: list[tuple[Any, ...]] = []
    began: list[datetime] = []

    def begin(number: int) -> None:
        """Every flag that stands is to be cleared, and as many raised."""
        Account.objects.update(found_at=F("found_at") - timedelta(days=1))
        expected[:] = undisturbed()
        began.append(db_now())
        place.tick("inspections.sweep")

    def hit(number: int) -> bool:
        return flags() != expected and not TaskRun.objects.filter(succeeded_at__gte=began[-1]).exists()

    def finish(number: int) -> None:
        before = db_now()
        place.tick("inspections.sweep")
        services.wait_until(
            lambda: TaskRun.objects.filter(name="inspections.sweep", succeeded_at__gte=before).exists(),
            60, f"the next sweep: {place.log()}",
        )  # fmt: skip
        assert flags() == expected
        assert Flag.objects.open().count() == ROWS

    assert kill_in_the_middle(place, begin, hit, finish) == KILLS


# --- an import ------------------------------------------------------------------------------------------------------


def test_an_import_killed_in_the_middle_is_done_by_the_next_worker(place: Place) -> None:
    names = [f"示例{number}-" for number in range(KILLS * MISSES)]

    def written(number: int) -> int:
        return Unit.objects.filter(name__startswith=names[number]).count()

    def begin(number: int) -> None:
        jobs.enqueue(KIND, by=None, now=db_now(), params={"rows": ROWS, "name": names[number]})
        place.tick("portal.run_jobs", "long")

    def hit(number: int) -> bool:
        job = Job.objects.latest("pk")
        assert written(number) in ((0,) if job.state == JobState.RUNNING else (ROWS,))
        return job.state == JobState.RUNNING and job.attempts == 1

    def finish(number: int) -> None:
        def ended() -> bool:
            place.tick("portal.run_jobs", "long")
            return Job.objects.latest("pk").state not in (JobState.QUEUED, JobState.RUNNING)

        services.wait_until(ended, 60, f"the job is done: {place.log()}", pause=0.3)
        job = Job.objects.latest("pk")
        assert (job.state, job.attempts, job.result) == (JobState.DONE, 2, {"created": ROWS})
        assert written(number) == ROWS

    assert kill_in_the_middle(place, begin, hit, finish) == KILLS
