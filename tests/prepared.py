"""Databases that a run makes once: migrated, and with the demo. Every worker and every portal begins with a copy.

The run's folder is made by tests/conftest.py and named in the environment, so that its workers share it; whoever comes
first makes what is missing, under a lock. On PostgreSQL a template is a database of its own, copied by the server.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from django.db import connection

from tests import services

FOLDER = "PYTEST_PREPARED"  # no portal and no run within the run is told of it


def _folder() -> Path:
    return Path(os.environ[FOLDER])


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time."""
    with (_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sql(url: str, *statements: str) -> None:
    """Statements on the server of `url`, outside any transaction."""
    with closing(psycopg2.connect(urlsplit(url)._replace(path="/postgres").geturl())) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _name(kind: str) -> str:
    """The template on PostgreSQL."""
    return f"{_folder().name}_{kind}".replace("-", "_").lower()


def _server() -> str:
    return os.environ["TEST_DATABASE_URL"]


def on_postgres() -> bool:
    return connection.vendor == "postgresql"


# --- migrated -------------------------------------------------------------------------------------------------------


def migrate(run: Callable[[], None]) -> None:
    """In place of `migrate` on the empty database of a worker: `run` it where nobody has, else copy what it made."""
    done = _folder() / "migrated"
    with _alone():
        if done.exists():
            _fill()
        else:
            run()
            _keep()
            done.touch()


def _keep() -> None:
    if on_postgres():
        own = connection.settings_dict["NAME"]
        connection.close()
        sql(_server(), f'CREATE DATABASE {_name("migrated")} TEMPLATE "{own}"')
    else:
        with closing(sqlite3.connect(_folder() / "migrated.sqlite3")) as file:
            connection.connection.backup(file)


def _fill() -> None:
    if on_postgres():
        own = connection.settings_dict["NAME"]
        connection.close()
        sql(_server(), f'DROP DATABASE "{own}"', f'CREATE DATABASE "{own}" TEMPLATE {_name("migrated")}')
    else:
        connection.ensure_connection()
        with closing(sqlite3.connect(_folder() / "migrated.sqlite3")) as file:
            file.backup(connection.connection)


def empty(var_dir: Path) -> Path:
    """A portal's folder, on SQLite, with a copy of what was migrated. Ask for the fixture `django_db_setup`."""
    if not (_folder() / "migrated.sqlite3").exists():  # no test of the run has a database of its own
        migrated = services.manage("migrate", "-v0", env=services.portal_environment(var_dir))
        assert migrated.returncode == 0, migrated.stderr
        return var_dir
    shutil.copy(_folder() / "migrated.sqlite3", var_dir / "portal.sqlite3")
    with closing(sqlite3.connect(var_dir / "portal.sqlite3")) as file:
        file.execute("PRAGMA journal_mode=WAL")  # as the portal's own connection has it: opened again, no byte changes
    return var_dir


# --- with the demo --------------------------------------------------------------------------------------------------


def demo(var_dir: Path, database: str) -> dict[str, str]:
    """A portal's folder with the demo at `var_dir`, which must not exist; on PostgreSQL its database is `database`.

    Gives what its environment needs besides. Ask for the fixture `django_db_setup`, which mostly has migrated already.
    """
    with _alone():
        made = _folder() / "demo"
        if not made.exists():
            _load_demo(made)
    shutil.copytree(made, var_dir)
    if not on_postgres():
        return {}
    sql(_server(), f"CREATE DATABASE {database} TEMPLATE {_name('demo')}")
    return {"DATABASE_URL": urlsplit(_server())._replace(path=f"/{database}").geturl()}


def _load_demo(made: Path) -> None:
    """In a folder beside it first: what is there is whole."""
    unfinished, more = made.with_name("unfinished"), {}
    unfinished.mkdir()
    is_migrated = (_folder() / "migrated").exists()  # not where no test of the run has a database of its own
    if on_postgres():
        sql(_server(), f"CREATE DATABASE {_name('demo')}" + (f" TEMPLATE {_name('migrated')}" if is_migrated else ""))
        more["DATABASE_URL"] = urlsplit(_server())._replace(path=f"/{_name('demo')}").geturl()
    elif is_migrated:
        shutil.copy(_folder() / "migrated.sqlite3", unfinished / "portal.sqlite3")
    for command in ("load_demo",) if is_migrated else ("migrate", "load_demo"):
        done = services.manage(command, env=services.portal_environment(unfinished, **more))
        assert done.returncode == 0, done.stderr
    unfinished.rename(made)


def forget() -> None:
    """Remove the folder and the templates on PostgreSQL: at the end of the run."""
    if on_postgres() and (_folder() / "lock").exists():
        sql(_server(), *(f"DROP DATABASE IF EXISTS {_name(kind)}" for kind in ("migrated", "demo")))
    shutil.rmtree(_folder(), ignore_errors=True)
