"""The writing half of `activity_in`: a table of what comes in beside the facts, a few statements for however many rows.

What a row leaves blank stays as it is stored. The callers hold the transaction and the accounts' locks
(`due_times.lock`), so nobody else writes these facts meanwhile.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import IO, Any, cast

from django.db import connection

from accounts.activity_rows import ActivityKind
from accounts.models import Followers, Message, Publication
from zhonglou_media.core.clock import day_of

_INCOMING = "incoming_activity"
_MANY = 10_000


@dataclass(frozen=True)
class _Table:
    """How one kind is written: its table, what comes in (name → type), what is compared and how it is merged.

    `t` is what comes in, `o` the stored row. `merged` gives the value of each column that a later import may change,
    `first` those of a new row only; `differs` says whether a stored row changes; `day` is what the days are counted by.
    """

    table: str
    key: str
    incoming: dict[str, str]
    merged: dict[str, str]
    first: dict[str, str]
    differs: str
    day: str = ""
    clash: str = "1 = 0"


_TABLES = {
    ActivityKind.PUBLICATIONS: _Table(
        table=Publication._meta.db_table,
        key="external_id",
        incoming={
            "n": "integer",
            "account_id": "bigint",
            "external_id": "text",
            "title": "text",
            "url": "text",
            "published_at": "moment",
            "original": "boolean",
        },
        merged={
            "title": "COALESCE(t.title, o.title, '')",
            "url": "COALESCE(t.url, o.url, '')",
            "published_at": "t.published_at",
            "original": "COALESCE(t.original, o.original, false)",
        },
        first={"reviewers": "''", "source": "'import'"},
        differs="o.removed_at IS NULL AND (t.published_at <> o.published_at OR t.title <> o.title OR t.url <> o.url"
        " OR t.original <> o.original)",
        day="published_at",
    ),
    ActivityKind.MESSAGES: _Table(
        table=Message._meta.db_table,
        key="external_id",
        incoming={
            "n": "integer",
            "account_id": "bigint",
            "external_id": "text",
            "kind": "text",
            "body": "sealed",
            "body_is_new": "boolean",
            "asked_at": "moment",
            "first_reply_at": "moment",
            "reply_due_at": "moment",
        },
        merged={
            "kind": "t.kind",
            "body": "CASE WHEN o.id IS NULL OR t.body_is_new THEN COALESCE(t.body, {empty}) ELSE o.body END",
            "first_reply_at": "CASE WHEN t.first_reply_at < o.first_reply_at THEN t.first_reply_at"
            " ELSE COALESCE(o.first_reply_at, t.first_reply_at) END",
            # To 咨询: 24 hours after it was asked, even if past. Away from it: a due time that is past stays.
            "reply_due_at": "CASE WHEN o.id IS NULL OR (t.kind <> o.kind AND t.kind = 'inquiry') THEN t.reply_due_at"
            " WHEN t.kind = o.kind OR o.reply_due_at <= {now} THEN o.reply_due_at END",
        },
        first={"asked_at": "t.asked_at", "received_at": "{now}", "source": "'import'"},
        differs="t.kind <> o.kind OR t.body_is_new OR t.first_reply_at < o.first_reply_at"
        " OR (t.first_reply_at IS NOT NULL AND o.first_reply_at IS NULL)",
        day="asked_at",
        clash="t.asked_at <> o.asked_at",
    ),
    ActivityKind.FOLLOWERS: _Table(
        table=Followers._meta.db_table,
        key="day",
        incoming={"n": "integer", "account_id": "bigint", "day": "date", "count": "bigint"},
        merged={"count": "t.count"},
        first={"source": "'import'"},
        differs="t.count <> o.count",
    ),
}
_TYPES = {
    "postgresql": {"moment": "timestamptz", "sealed": "bytea"},
    "sqlite": {"moment": "text", "sealed": "blob", "date": "text", "boolean": "integer"},
}


@dataclass(frozen=True)
class Counted:
    """What a merge is about to do: rows to be made and changed, and the Shanghai days they touch (None: no days)."""

    created: int
    changed: int
    clashes: int
    days: tuple[date, date] | None


def load(kind: ActivityKind, rows: IO[bytes]) -> None:
    """Make the table of what comes in from csv, whose columns are those of the kind."""
    table = _TABLES[kind]
    types = _TYPES[connection.vendor]
    columns = ", ".join(f"{name} {types.get(type_, type_)}" for name, type_ in table.incoming.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {_INCOMING} ({columns})")
        if connection.vendor == "postgresql":
            cursor.copy_expert(f"COPY {_INCOMING} FROM STDIN WITH (FORMAT csv)", rows)
            return
        marks = ", ".join(["%s"] * len(table.incoming))
        sealed = [index for index, type_ in enumerate(table.incoming.values()) if type_ == "sealed"]
        values = _values(rows, sealed)
        while some := list(islice(values, _MANY)):
            cursor.executemany(f"INSERT INTO {_INCOMING} VALUES ({marks})", some)  # noqa: S608 -- our own names


def _values(rows: IO[bytes], sealed: list[int]) -> Iterator[list[Any]]:
    text = io.TextIOWrapper(rows, encoding="utf-8", newline="")
    try:
        for cells in csv.reader(text):
            row: list[Any] = [cell or None for cell in cells]
            for index in sealed:
                row[index] = row[index] and bytes.fromhex(row[index])
            yield row
    finally:
        text.detach()


def count(kind: ActivityKind) -> Counted:
    """What `merge` will do."""
    table = _TABLES[kind]
    changes = f"o.id IS NOT NULL AND ({table.differs})"
    moments = ", ".join(
        f"{end}({side}.{table.day}) FILTER (WHERE {rows})"
        for side, rows in (("t", f"o.id IS NULL OR ({table.differs})"), ("o", changes))
        for end in ("min", "max")
    )
    sql = (
        f"SELECT count(*) FILTER (WHERE o.id IS NULL), count(*) FILTER (WHERE {changes}),"
        f" count(*) FILTER (WHERE {table.clash}){', ' + moments if table.day else ''} {_joined(table)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        created, changed, clashes, *ends = cast("tuple[Any, ...]", cursor.fetchone())
    touched = [day_of(_moment(end)) for end in ends if end is not None]
    return Counted(created, changed, clashes, (min(touched), max(touched)) if touched else None)


def merge(kind: ActivityKind, now: datetime) -> None:
    """Write what comes in into the facts, new rows and changed ones."""
    table = _TABLES[kind]
    values = {"account_id": "t.account_id", table.key: f"t.{table.key}", **table.merged, **table.first}
    empty = "'\\x'::bytea" if connection.vendor == "postgresql" else "x''"
    given = ", ".join(values.values()).replace("{empty}", empty)
    moment = connection.ops.adapt_datetimefield_value(now)
    sets = ", ".join(f"{name} = excluded.{name}" for name in table.merged)
    sql = (
        f"INSERT INTO {table.table} ({', '.join(values)}) SELECT {given.replace('{now}', '%s')} {_joined(table)}"
        f" WHERE o.id IS NULL OR ({table.differs}) ON CONFLICT (account_id, {table.key}) DO UPDATE SET {sets}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [moment] * given.count("{now}"))


def drop() -> None:
    """The table of what came in has served."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {_INCOMING}")


def _joined(table: _Table) -> str:
    return (
        f"FROM {_INCOMING} t LEFT JOIN {table.table} o ON o.account_id = t.account_id AND o.{table.key} = t.{table.key}"
    )


def _moment(value: datetime | str) -> datetime:
    """SQLite gives texts."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
