"""kill -9 of a real Celery worker in the middle of a sweep, an import, an export: what the next worker makes of it.

On the engine of the run: SQLite in a file with the queue in a folder, as `make run` has it, or PostgreSQL and Redis
with the prefork pool, as deploy/ has it. KILLS says how often (3; `make prove-full` 20). A kill that came too early or
too late is not counted: it is told by what stands afterwards.
"""

import csv
import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
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

from accounts.jobs import IMPORT_ACTIVITY
from accounts.models import Account, AccountState, ActivityDay, Flag, Publication, Role
from filings import export_runs
from filings.models import ExportBatch
from inspections.sweep import sweep
from tests import services
from tests.factories import NOW, account, at, unit, user
from tests.filings import many
from tests.flag_rows import build_account, make_platform, make_unit
from zhonglou_media.celery import app as portal_app
from zhonglou_media.core import files, jobs
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Event, Job, JobState, Notice, TaskRun

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KILLS = int(os.environ.get("KILLS", "3"))
MISSES = 3  # kills beside the middle, for each that hit
ROWS = 4_000
EXPORTED = 1_500  # filings: a second or two of writing
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
        words = ["-Q", "celery,long", "-l", "WARNING", "-n", f"kill{self.workers}@%h"]
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
    place: Place,
    begin: Callable[[int], None],
    is_middle: Callable[[int], bool],
    hit: Callable[[int], bool],
    finish: Callable[[int], None],
    within: Callable[[], float],
) -> int:
    """KILLS times: `begin`, kill the worker when it is in the middle, see whether that `hit`, let another `finish`.

    "When" is a random moment of the `within()` seconds that begin as soon as it `is_middle`.

    Returns how many hit; tries again, MISSES times each, what came too early or too late.
    """
    random, hits = Random(20261124), 0
    place.start()
    for number in range(KILLS * MISSES):
        begin(number)
        services.wait_until(partial(is_middle, number), 60, f"the worker is at it: {place.log()}", pause=0.005)
        time.sleep(random.random() * within())
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


def analyze() -> None:
    """What PostgreSQL does by itself, if later: until then its plans compare every flag with every fact."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def undisturbed() -> list[tuple[Any, ...]]:
    """The flags a sweep leaves that nobody disturbs; it is undone."""
    with transaction.atomic():
        sweep(db_now())
        left = flags()
        transaction.set_rollback(True)
    return left


def test_a_sweep_killed_in_the_middle_loses_and_doubles_nothing(place: Place) -> None:
    of, platform = make_unit(), make_platform()
    for rows in (range(500), range(500, ROWS)):  # PostgreSQL needs to have seen some flags before it plans for many
        Account.objects.bulk_create(
            build_account(AccountState.UNFILED, unit=of, platform=platform, found_at=NOW - timedelta(seconds=n))
            for n in rows
        )
        analyze()
        sweep(db_now())
    expected: list[tuple[Any, ...]] = []
    began: list[datetime] = []
    took: list[float] = []

    def begin(number: int) -> None:
        """Every flag that stands is to be cleared, and as many raised: new ones at first, then those of before."""
        Account.objects.update(found_at=F("found_at") + timedelta(days=1 if number % 2 else -1))
        analyze()
        clock = time.monotonic()
        expected[:] = undisturbed()
        took.append(time.monotonic() - clock)
        began.append(db_now())
        place.tick("inspections.sweep")

    def over() -> bool:
        return TaskRun.objects.filter(name="inspections.sweep", succeeded_at__gte=began[-1]).exists()

    def hit(number: int) -> bool:
        return flags() != expected and not over()

    def finish(number: int) -> None:
        began.append(db_now())
        place.tick("inspections.sweep")
        services.wait_until(over, 60, f"the next sweep: {place.log()}")
        assert flags() == expected
        assert Flag.objects.open().count() == ROWS

    def is_middle(number: int) -> bool:
        return place.writing() or over()

    assert kill_in_the_middle(place, begin, is_middle, hit, finish, within=lambda: took[-1] / 2) == KILLS


# --- an import ------------------------------------------------------------------------------------------------------


ACCOUNTS, POSTS = 20, 10_000
HEADS = ("平台", "账号名称", "账号ID", "外部编号", "标题", "链接", "发布时间", "是否原创")


def a_file_of_posts(number: int, accounts: list[Account]) -> tuple[bytes, set[tuple[int, str, datetime]]]:
    """POSTS rows of all `accounts`, from number × 100 days ago on, as CSV; and the facts they say."""
    text, facts = io.StringIO(), set()
    rows = csv.writer(text)
    rows.writerow(HEADS)
    for n in range(POSTS):
        of, when = accounts[n % ACCOUNTS], NOW.replace(second=0) - timedelta(days=number * 100, minutes=n * 7)
        external = f"{number}-{n}"
        rows.writerow((of.platform.name, of.name, of.uid, external, f"示例{n}", "", f"{when:%Y-%m-%d %H:%M}", "是"))
        facts.add((of.pk, external, when))
    return text.getvalue().encode(), facts


def test_an_import_killed_in_the_middle_is_done_by_the_next_worker(place: Place) -> None:
    of, starter = unit(), user(Role.OFFICER)
    accounts = [account(of, same_platform_reason="示例", now=at("2020-01-01 09:00")) for _ in range(ACCOUNTS)]
    facts: list[set[tuple[int, str, datetime]]] = []
    told = Event.objects.filter(verb="import_activity")

    def begin(number: int) -> None:
        content, said = a_file_of_posts(number, accounts)
        facts.append(said)
        source = files.keep(content, "text/csv")
        jobs.enqueue(
            IMPORT_ACTIVITY, by=starter, now=db_now(), params={"kind": "publications"},
            source=source, source_name=f"{number}.csv",
        )  # fmt: skip
        place.tick("portal.run_jobs", "long")

    def is_middle(number: int) -> bool:
        """Reading the rows, in every second round; else writing them. Or it is over, and the kill comes too late."""
        job = Job.objects.latest("pk")
        now = job.done > 0 if number % 2 else job.note == "正在写入" and place.writing()
        return now or job.state == JobState.DONE

    def hit(number: int) -> bool:
        job = Job.objects.latest("pk")
        if job.state != JobState.RUNNING:
            return False
        assert job.attempts == 1
        assert Publication.objects.count() == number * POSTS  # those of the rounds before
        assert told.count() == number
        return True

    def finish(number: int) -> None:
        def ended() -> bool:
            place.tick("portal.run_jobs", "long")
            return Job.objects.latest("pk").state not in (JobState.QUEUED, JobState.RUNNING)

        services.wait_until(ended, 60, f"the job is done: {place.log()}", pause=0.3)
        job = Job.objects.latest("pk")
        assert (job.state, job.error, job.result["created"]) == (JobState.DONE, "", POSTS)
        assert set(Publication.objects.values_list("account_id", "external_id", "published_at")) == set().union(*facts)
        assert sum(ActivityDay.objects.values_list("posts", flat=True)) == Publication.objects.count()
        assert told.count() == number + 1
        assert Notice.objects.filter(user=starter).count() == number + 1

    assert kill_in_the_middle(place, begin, is_middle, hit, finish, within=lambda: 0.05) == KILLS
    assert Job.objects.filter(attempts=2, state=JobState.DONE).count() == KILLS


# --- an export ------------------------------------------------------------------------------------------------------


def test_an_export_killed_again_and_again_offers_no_half_file_and_can_be_begun_anew(place: Place) -> None:
    """Each attempt of one job is killed while it writes; after ATTEMPTS of them the job says that it broke off."""
    starter = many.accepted(EXPORTED).cast.officer  # type: ignore[attr-defined]
    random, kills = Random(20261124), 0
    place.start()
    while kills < KILLS:
        job = export_runs.submit("national", by=starter, now=db_now(), again=kills > 0)
        for attempt in range(1, jobs.ATTEMPTS + 1):

            def writes(pk: int = job.pk, attempt: int = attempt) -> bool:
                place.tick("portal.run_jobs", "long")
                now = Job.objects.get(pk=pk)
                return now.attempts == attempt and 0 < now.done < now.total * 3 // 4

            services.wait_until(writes, 60, f"attempt {attempt} writes: {place.log()}", pause=0.05)
            time.sleep(random.random() * 0.2)
            place.kill()
            place.start()
            kills += 1
            assert Job.objects.get(pk=job.pk).state == JobState.RUNNING  # the kill did not come too late
            assert not ExportBatch.objects.filter(at__gte=job.created_at).exists()
        ended = partial(broke_off, place, job.pk)
        services.wait_until(ended, 60, f"the job is given up: {place.log()}", pause=0.3)
    again = jobs.again(job.pk, kinds={export_runs.KIND: export_runs.EXPORT_FILINGS}, by=starter, now=db_now())
    done = partial(is_done, place, again.pk)
    services.wait_until(done, 60, f"the next one is done: {place.log()}", pause=0.3)
    batch = ExportBatch.objects.get()
    assert batch.file is not None
    assert set(batch.items.values_list("again", flat=True)) == {False}
    assert batch.items.count() == EXPORTED
    with files.open_file(batch.file) as stored, zipfile.ZipFile(stored) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 1 + batch.items.values("filing__unit").order_by().distinct().count()
    assert Event.objects.filter(verb="export").count() == 1
    left = (place.folder / "exports").iterdir
    services.wait_until(lambda: not list(left()), 60, "no telephones are left in clear", pause=0.3)


def broke_off(place: Place, pk: int) -> bool:
    place.tick("portal.run_jobs", "long")
    job = Job.objects.get(pk=pk)
    return (job.state, job.error) == (JobState.FAILED, jobs.BROKEN_OFF)


def is_done(place: Place, pk: int) -> bool:
    place.tick("portal.run_jobs", "long")
    return Job.objects.get(pk=pk).state == JobState.DONE
