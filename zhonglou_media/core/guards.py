"""The database's own refusals, made as triggers for SQLite and PostgreSQL from the same description.

`.update()`, constructors and `bulk_create` pass by the state machine; these triggers do not let them. Each app lists
its own as `guards` in its `apps.py`, installed at `post_migrate` and asserted by a check.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections


@dataclass(frozen=True)
class Guard:
    """A trigger that refuses an act with `message` when `condition` (SQL over OLD and NEW) holds.

    The condition of an INSERT has NEW alone and may look into other tables.
    """

    name: str
    table: str
    on: str  # INSERT, UPDATE or DELETE
    condition: str
    message: str

    def create_sql(self, vendor: str) -> list[str]:
        """Statements that (re)make the trigger on `vendor`."""
        if vendor == "postgresql":
            returned = "OLD" if self.on == "DELETE" else "NEW"
            refuse, when = f"RAISE EXCEPTION '{self.message}' USING ERRCODE = 'check_violation';", ""
            if self.on == "INSERT":  # its WHEN could not look into other tables
                refuse = f"IF {self.condition} THEN {refuse} END IF;"
            else:
                when = f"WHEN ({self.condition}) "
            return [
                f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"{refuse} RETURN {returned}; END $$",
                f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}",
                f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} FOR EACH ROW "
                f"{when}EXECUTE FUNCTION {self.name}()",
            ]
        return [
            f"DROP TRIGGER IF EXISTS {self.name}",
            f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} FOR EACH ROW WHEN {self.condition} "
            f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END",
        ]


def legal_pairs(table: str, column: str, pairs: Iterable[tuple[str, str]], message: str) -> list[Guard]:
    """Only the named (from, to) pairs may an UPDATE of `column` make."""
    legal = ", ".join(sorted(f"'{old}>{new}'" for old, new in pairs))
    return [
        Guard(
            name=f"{table}_{column}_pairs",
            table=table,
            on="UPDATE",
            condition=f"OLD.{column} <> NEW.{column} AND (OLD.{column} || '>' || NEW.{column}) NOT IN ({legal})",
            message=message,
        )
    ]


def append_only(table: str, message: str) -> list[Guard]:
    """Rows are written once: no UPDATE and no DELETE."""
    return [Guard(f"{table}_no_{on.lower()}", table, on, "OLD.id IS NOT NULL", message) for on in ("UPDATE", "DELETE")]


def frozen(table: str, column: str, value: str, message: str) -> list[Guard]:
    """A row whose `column` is `value` changes no more."""
    return [Guard(f"{table}_{value}_frozen", table, "UPDATE", f"OLD.{column} = '{value}'", message)]


def no_delete(table: str, message: str) -> list[Guard]:
    """Rows may change but never go."""
    return [Guard(f"{table}_no_delete", table, "DELETE", "OLD.id IS NOT NULL", message)]


def all_guards() -> Iterator[Guard]:
    """The guards of every app that lists some."""
    for config in apps.get_app_configs():
        yield from getattr(config, "guards", [])


def install_for_app(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """`post_migrate` receiver: (re)make the triggers of one app."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for guard in getattr(sender, "guards", []):
            if guard.table in tables:
                for statement in guard.create_sql(connection.vendor):
                    cursor.execute(statement)


def missing(using: str = "default") -> list[str]:
    """Names of guards that the database does not hold."""
    connection = connections[using]
    sql = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        present = {name for (name,) in cursor.fetchall()}
    return sorted(guard.name for guard in all_guards() if guard.name not in present)
