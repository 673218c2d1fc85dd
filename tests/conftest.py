"""The harness that makes bugs loud.

An undefined template variable fails the test (pytest-django, switched on in pyproject.toml), warnings are errors, the
network is closed except for this machine, files go to a temporary folder, and a skip is named at the end. The database
is SQLite in memory, or TEST_DATABASE_URL. Nothing freezes the clock: use cases are given their `now`.
"""

import gc
import os
import shutil
import socket
from collections.abc import Iterator
from itertools import count
from tempfile import mkdtemp
from typing import Any

# Playwright keeps an event loop running in this thread; Django would refuse the ORM beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import pytest
from django.conf import settings
from django.core.management.commands.flush import Command as FlushCommand
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseOperations as SqliteOperations
from xdist.scheduler import LoadFileScheduling

from tests import prepared, services

# Axes counts failed sign-ins of all tests together: on only where asked (fixture `axes`).
settings.AXES_ENABLED = False
# Argon2 is slow on purpose; tests of the hasher itself name it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# What collectstatic once left in this folder must not decide what the tests see.
settings.STORAGES = settings.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
# SQLite is asked for it once a connection, in the midst of whatever a test counts; JSON fields need it anyhow.
connection.features.__dict__["supports_json_field"] = True


# By any of these a test reaches a database; pytest-django refuses it to all that have neither them nor `django_db`.
DATABASE = {"db", "transactional_db", "live_server", "portal"}


def reaches_the_database(item: pytest.Item) -> bool:
    """Whether the test may ask the database of this run, or a portal on its server."""
    return bool(item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ())))


# `make prove-full` runs everything. Without FULL=1 a run leaves out what is marked `full`, and on PostgreSQL the files
# that look at pages: what a page shows does not depend on the database; its use cases, rules and races run on both.
FULL = bool(os.environ.get("FULL"))
PAGES = (
    "_page.py",
    "_pages.py",
    "test_url_walk.py",
    "test_days_out_of_bounds.py",
    "test_demo.py",
    "test_story_quiet.py",
)
ON_BOTH = ("test_task_runs.py", "test_connection.py", "test_kills.py")  # of the portal's own


def for_full_runs(item: pytest.Item, *, on_postgres: bool) -> bool:
    """Whether only a run with FULL=1 has time for the test."""
    if item.get_closest_marker("full"):
        return True
    of_the_portal = item.path.parent.name == "portal" and item.path.name not in ON_BOTH
    looks = item.path.name.endswith(PAGES) or "client" in getattr(item, "fixturenames", ())
    return on_postgres and (looks or (of_the_portal and not item.path.name.endswith("_races.py")))


# The stories one after the other; every page at both widths; one long test; a run of its own on PostgreSQL.
LONGEST = ("test_story_", "test_pages.", "test_machine_random.", "test_on_postgres.")
LONG = ("test_url_walk.py",)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of one database are left out on the other: `tests/test_on_postgres.py` runs those of PostgreSQL.

    On PostgreSQL those that reach no database are left out too: they would show there what they showed on SQLite.
    Among several workers, to which `make test` hands out files, those that take long go first.
    """
    on_postgres = connection.vendor == "postgresql"
    other = "needs_sqlite" if on_postgres else "needs_postgres"
    kept, left_out = [], []
    for item in items:
        elsewhere = item.get_closest_marker(other) or (on_postgres and not reaches_the_database(item))
        elsewhere = elsewhere or (not FULL and for_full_runs(item, on_postgres=on_postgres))
        (left_out if elsewhere else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
    if hasattr(config, "workerinput"):
        long = {item.path for item in items if item.get_closest_marker("slow") or item.path.name in LONG}
        items.sort(key=lambda item: (not item.path.name.startswith(LONGEST), item.path not in long))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of collected tests live as long as the run: the collector of garbage need not walk them each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class FilesAndStories(LoadFileScheduling):
    """A file at a time for each worker; the stories are for one of them, which starts the portal that they share."""

    def _split_scope(self, nodeid: str) -> str:
        return "stories" if "/test_story_" in nodeid else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """With `--dist loadfile`, as `make test` has it."""
    return FilesAndStories(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Every skip by name, and how many: nobody should take a run without services for a whole one."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("跳过的测试", sep="-")
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            terminalreporter.line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
    terminalreporter.line(f"共跳过 {len(skipped)} 项（数据库：{connection.vendor}）")


def pytest_configure(config: pytest.Config) -> None:
    """The folder of what the workers of this run share."""
    if not hasattr(config, "workerinput"):
        os.environ[prepared.FOLDER] = mkdtemp(prefix="portal-prepared-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The temporary var folder that settings.py made for this run, and what its workers shared."""
    if not hasattr(config, "workerinput"):
        prepared.forget()
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


# --- the network is closed ----------------------------------------------------------------------------------------

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
_OWN_MACHINE = ("127.", "::1", "localhost")


class NetworkIsClosedError(AssertionError):
    """A test wanted to reach another machine."""


def _check(host: object) -> None:
    if isinstance(host, bytes):
        host = host.decode()
    if isinstance(host, str) and host and not host.startswith(_OWN_MACHINE):
        raise NetworkIsClosedError(f"tests may not reach {host}")


def _checked_connect(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple):
        _check(address[0])
    _connect(self, address)


def _checked_connect_ex(self: socket.socket, address: Any) -> int:
    if isinstance(address, tuple):
        _check(address[0])
    return _connect_ex(self, address)


def _checked_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
    _check(host)
    return _getaddrinfo(host, *rest, **named)


@pytest.fixture(scope="session", autouse=True)
def network_is_closed() -> Iterator[None]:
    """Only loopback addresses and unix sockets can be reached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _checked_connect)
        patch.setattr(socket.socket, "connect_ex", _checked_connect_ex)
        patch.setattr(socket, "getaddrinfo", _checked_getaddrinfo)
        yield


# --- the database -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def flush_keeps_the_house() -> Iterator[None]:
    """`flush`, by which transactional tests clean up, passes our append-only triggers and brings the seeds back.

    PostgreSQL's TRUNCATE fires no row trigger; SQLite deletes row by row, so there the triggers go first and
    `post_migrate`, which flush sends, makes them again. The calendar, platforms and settings come from migrations:
    without them the next test would meet another database than the first.
    """
    sql_flush, handle = SqliteOperations.sql_flush, FlushCommand.handle

    def without_triggers(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        from zhonglou_media.core import guards

        dropped = [f"DROP TRIGGER IF EXISTS {guard.name}" for guard in guards.all_guards()]
        return dropped + sql_flush(self, style, tables, **options) if tables else []

    def with_seeds(self: Any, **options: Any) -> None:
        handle(self, **options)
        seed_again()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteOperations, "sql_flush", without_triggers)
        patch.setattr(FlushCommand, "handle", with_seeds)
        yield


@pytest.fixture(scope="session", autouse=True)
def migrations_run_once() -> Iterator[None]:
    """Of all workers one migrates its database; to the others `migrate` on an empty database gives a copy of it."""
    handle = MigrateCommand.handle

    def once(self: Any, *words: Any, **options: Any) -> None:
        if options["app_label"] or connection.introspection.table_names():
            handle(self, *words, **options)
        else:
            prepared.migrate(lambda: handle(self, *words, **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MigrateCommand, "handle", once)
        yield


def seed_again() -> None:
    """What the migrations of an empty portal wrote: calendar, settings, platforms and their aliases."""
    from django.apps import apps

    from accounts import seeds as register_seeds
    from inspections import seeds as check_seeds
    from zhonglou_media.core import seeds as core_seeds

    core_seeds.seed(apps)
    register_seeds.seed(apps)
    check_seeds.seed(apps)


@pytest.fixture
def known_years(db: None) -> None:
    """The years around today are confirmed, as plain weeks: due times reckoned from now are sure on any day."""
    from zhonglou_media.core.clock import db_now
    from zhonglou_media.core.models import Year

    now = db_now()
    for year in range(now.year - 1, now.year + 2):
        Year.objects.get_or_create(year=year, defaults={"confirmed_at": now})


@pytest.fixture
def axes(settings: Any) -> None:
    """Failed sign-ins are counted and lock out, as in production."""
    settings.AXES_ENABLED = True


_test_number = count()


@pytest.fixture(autouse=True)
def media_root(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Uploads of a test go to a folder of its own, made when first written to."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "files" / str(next(_test_number))
    return settings.MEDIA_ROOT


# --- services -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: TEST_DATABASE_URL when it is one, else a private cluster."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given.startswith(("postgres", "psql")):
        yield given
    else:
        with services.postgres() as url:
            yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server: TEST_REDIS_URL, else a private one."""
    given = os.environ.get("TEST_REDIS_URL", "")
    if given:
        yield given
    else:
        with services.redis() as url:
            yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium."""
    return services.require("chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium: str) -> dict[str, Any]:
    """pytest-playwright starts the system's Chromium; no browser is downloaded."""
    return browser_type_launch_args | {"executable_path": chromium}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """The browser of an office in the district."""
    return browser_context_args | {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
