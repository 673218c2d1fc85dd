"""The writing half of `activity_in`: a table of what comes in beside the facts, a few statements for however many rows.

What a row leaves blank stays as it is stored. The callers hold the transaction and the accounts' locks
(`due_times.lock`), so nobody else writes these facts meanwhile.
"""

# ruff: noqa: S608 -- statements are put together from our own names only

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, cast

from django.db import connection

from accounts.activity_heads import ActivityKind
from accounts.activity_spool import Spool
from accounts.models import Followers, Message, Publication
from zhonglou_media.core.clock import day_of

_INCOMING, _MERGED = "incoming_activity", "merged_activity"
_NOW = {"postgresql": "%s::timestamptz", "sqlite": "%s"}
_MANY = 10_000


@dataclass(frozen=True)
class _Table:
    """How one kind is written: its table, what comes in (name → type), what is compared and how it is merged.

    `t` is what comes in, `o` the stored row, if any. `merged` gives the value of each column that a later import may
    change, `first` those of a new row only; `differs` says whether a stored row changes, `clash` whether the two cannot
    be the same; `day` is what the days are counted by.
    """

    table: str
    key: str
    incoming: dict[str, str]
    merged: dict[str, str]
    first: dict[str, str]
    differs: str
    day: str = ""
    clash: str = "false"


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
            # What was reclassified by hand stays so, with its due time.
            "kind": "CASE WHEN o.reclassified_at IS NULL THEN t.kind ELSE o.kind END",
            "body": "CASE WHEN o.id IS NULL OR t.body_is_new THEN COALESCE(t.body, {empty}) ELSE o.body END",
            "first_reply_at": "CASE WHEN t.first_reply_at < o.first_reply_at THEN t.first_reply_at"
            " ELSE COALESCE(o.first_reply_at, t.first_reply_at) END",
            # To 咨询: 24 hours after it was asked, even if past. Away from it: a due time that is past stays.
            "reply_due_at": "CASE WHEN o.reclassified_at IS NOT NULL THEN o.reply_due_at"
            " WHEN o.id IS NULL OR (t.kind <> o.kind AND t.kind = 'inquiry') THEN t.reply_due_at"
            " WHEN t.kind = o.kind OR o.reply_due_at <= {now} THEN o.reply_due_at END",
        },
        first={"asked_at": "t.asked_at", "received_at": "{now}", "source": "'import'"},
        differs="(t.kind <> o.kind AND o.reclassified_at IS NULL) OR t.body_is_new"
        " OR t.first_reply_at < o.first_reply_at OR (t.first_reply_at IS NOT NULL AND o.first_reply_at IS NULL)",
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
    """What `write` is about to do: rows to be made and changed, and the Shanghai days they touch (None: no days)."""

    created: int
    changed: int
    clashes: int
    days: tuple[date, date] | None


def load(kind: ActivityKind, spool: Spool) -> None:
    """Make the table of what comes in; the columns of `spool` are those of the kind."""
    table = _TABLES[kind]
    types = _TYPES[connection.vendor]
    columns = ", ".join(f"{name} {types.get(type_, type_)}" for name, type_ in table.incoming.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {_INCOMING} ({columns})")
        if connection.vendor == "postgresql":
            cursor.copy_expert(f"COPY {_INCOMING} FROM STDIN WITH (NULL '')", spool.ready())
            return
        marks = ", ".join(["%s"] * len(table.incoming))
        sealed = [index for index, type_ in enumerate(table.incoming.values()) if type_ == "sealed"]
        values = _values(spool, sealed)
        while some := list(islice(values, _MANY)):
            cursor.executemany(f"INSERT INTO {_INCOMING} VALUES ({marks})", some)


def _values(spool: Spool, sealed: list[int]) -> Iterator[list[Any]]:
    for cells in spool.read():
        row: list[Any] = [cell or None for cell in cells]
        for index in sealed:
            row[index] = row[index] and bytes.fromhex(row[index])
        yield row


def compare(kind: ActivityKind, now: datetime, adopted: Sequence[int] = ()) -> Counted:
    """Put what comes in beside what is stored, in a table of its own; what `write` will do.

    The rows with the keys `adopted` count as changed.
    """
    table = _TABLES[kind]
    empty = "'\\x'::bytea" if connection.vendor == "postgresql" else "x''"
    columns = {"n": "t.n", "account_id": "t.account_id", table.key: f"t.{table.key}", **table.merged, **table.first}
    columns |= {"stored": "o.id", "clashes": f"COALESCE({table.clash}, false)"}
    columns["changes"] = f"COALESCE(o.id IS NOT NULL AND ({table.differs}), false)"
    if table.day:
        columns["was"] = f"o.{table.day}"
    given = ", ".join(f"{value} AS {name}" for name, value in columns.items()).replace("{empty}", empty)
    moment = connection.ops.adapt_datetimefield_value(now)
    touched = "FILTER (WHERE stored IS NULL OR changes)"
    ends = f", min({table.day}) {touched}, max({table.day}) {touched}, min(was) {touched}, max(was) {touched}"
    beside = (
        f"CREATE TEMPORARY TABLE {_MERGED} AS SELECT {given.replace('{now}', _NOW[connection.vendor])}"
        f" FROM {_INCOMING} t LEFT JOIN {table.table} o"
        f" ON o.account_id = t.account_id AND o.{table.key} = t.{table.key}"
    )
    counts = (
        "SELECT count(*) FILTER (WHERE stored IS NULL), count(*) FILTER (WHERE changes),"
        f" count(*) FILTER (WHERE clashes){ends if table.day else ''} FROM {_MERGED}"
    )
    with connection.cursor() as cursor:
        cursor.execute(beside, [moment] * given.count("{now}"))
        for first in range(0, len(adopted), _MANY):
            keys = ", ".join(map(str, adopted[first : first + _MANY]))
            cursor.execute(f"UPDATE {_MERGED} SET changes = true WHERE stored IN ({keys})")
        cursor.execute(counts)
        created, changed, clashes, *moments = cast("tuple[Any, ...]", cursor.fetchone())
    days = [day_of(_moment(moment)) for moment in moments if moment is not None]
    return Counted(created, changed, clashes, (min(days), max(days)) if days else None)


def write(kind: ActivityKind) -> None:
    """Write the new rows and the changed ones. IntegrityError: somebody wrote without the accounts' locks."""
    table = _TABLES[kind]
    names = ", ".join(("account_id", table.key, *table.merged, *table.first))
    sets = ", ".join(f"{name} = m.{name}" for name in table.merged)
    change = f"UPDATE {table.table} SET {sets} FROM {_MERGED} m WHERE {table.table}.id = m.stored AND m.changes"
    # An account after the other, so that the indexes grow at one place: a third faster than in the file's order.
    create = (
        f"INSERT INTO {table.table} ({names}) SELECT {names} FROM {_MERGED} WHERE stored IS NULL ORDER BY account_id, n"
    )
    with connection.cursor() as cursor:
        for statement in (change, create, f"DROP TABLE {_INCOMING}", f"DROP TABLE {_MERGED}"):
            cursor.execute(statement)


def _moment(value: datetime | str) -> datetime:
    """SQLite gives texts."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
