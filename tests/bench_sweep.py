"""`python -m tests.bench_sweep`: what a sweep costs at 10,000 and at 100,000 accounts, on a PostgreSQL of its own.

Every account has five messages. With nothing in breach a sweep must not cost more because there are more accounts; with
20 % flagged already, a row in breach must not cost more because there are more of them. Status 1 when it does.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

SIZES = (10_000, 100_000)
MESSAGES = 5
LIMIT = 1.5
ROUNDS = 25
Measure = Callable[[dict[int, Any]], tuple[list[str], bool]]


def costs(connections: dict[int, Any]) -> tuple[list[str], bool]:
    """Lines for people, and whether both limits hold; `connections` are to a migrated database for each size.

    The sizes take turns, and of each the best sweep counts: what else the machine does falls on both, and only adds.
    """
    from inspections.sweep import sweep
    from zhonglou_media.core.clock import db_now

    now = db_now()
    for size in turns(connections):
        fill(size, now)
        sweep(now)  # makes the rows of the rules
        vacuum()
    quiet = timed(connections, now)
    for size in turns(connections):
        put_in_breach(now)
        opened = sum(opened for opened, _ in sweep(now).values())
        assert opened == size // 5, opened
        vacuum()
    flagged = timed(connections, now)
    small, large = SIZES
    total = quiet[large] / quiet[small]
    per_row = (flagged[large] / large) / (flagged[small] / small)
    lines = [
        f"sweep accounts={size} messages={size * MESSAGES} none_flagged={quiet[size] * 1000:.1f}ms "
        f"flagged={size // 5} total={flagged[size] * 1000:.1f}ms per_row={flagged[size] / (size // 5) * 1e6:.1f}us"
        for size in SIZES
    ]
    lines.append(f"sweep none_flagged_ratio={total:.2f} per_row_ratio={per_row:.2f} limit={LIMIT}")
    return lines, total <= LIMIT and per_row <= LIMIT


def turns(connections: dict[int, Any]) -> Iterator[int]:
    """Each size, with its database as the default one."""
    from django.db import connections as handler

    for size, connection in connections.items():
        handler["default"] = connection
        yield size


def timed(connections: dict[int, Any], now: datetime) -> dict[int, float]:
    """The best of the sweeps of each size in seconds; none of them changes a flag."""
    from inspections.sweep import sweep

    best: dict[int, float] = {}
    for _ in range(ROUNDS):
        for size in turns(connections):
            start = perf_counter()
            changed = sum(map(sum, sweep(now).values()))
            best[size] = min(perf_counter() - start, best.get(size, 1e9))
            assert changed == 0
    return best


def fill(size: int, now: datetime) -> None:
    """`size` accounts that are all in order, with messages that are answered or not yet due."""
    from accounts.models import Account, Message, Platform, Unit

    execute("TRUNCATE accounts_flag, accounts_rulerun, accounts_message, accounts_account, accounts_unit CASCADE")
    units = [Unit(name=f"示例单位{n}") for n in range(size // 50)]
    first = Unit.objects.bulk_create(units)[0]
    account = Account.objects.create(
        platform=Platform.objects.get(code="douyin"),
        unit=first,
        name="示例账号",
        name_key="示例账号",
        look_key="示例账号",
        same_platform_reason="示例",
        state="active",
        state_since=now - timedelta(days=90),
        origin="baseline",
        monitored_from=(now - timedelta(days=90)).date(),
        last_published_at=now - timedelta(days=2),
        next_update_due_at=now + timedelta(days=5),
        posts_known_until=now,
        messages_known_until=now,
    )
    copy(Account, account, size - 1, uid="'uid' || n", unit_id=f"{first.pk} + n % {len(units)}")
    # Each account's fifth message still waits for its reply and has time.
    asked = now - timedelta(hours=3)
    message = Message.objects.create(
        account=account,
        external_id="0",
        kind="inquiry",
        asked_at=asked,
        received_at=asked,
        reply_due_at=asked + timedelta(days=1),
        first_reply_at=now,
        source="import",
    )
    copy(
        Message,
        message,
        size * MESSAGES - 1,
        account_id=f"{account.pk} + n / {MESSAGES}",
        external_id="n",
        first_reply_at=f"CASE WHEN n % {MESSAGES} = 4 THEN NULL ELSE first_reply_at END",
    )
    vacuum()


def put_in_breach(now: datetime) -> None:
    """Every tenth account is quiet, of every other tenth a question has gone unanswered for two days."""
    execute("UPDATE accounts_account SET next_update_due_at = %s WHERE id %% 10 = 0", now - timedelta(days=1))
    execute(
        "UPDATE accounts_message SET asked_at = %s, reply_due_at = %s "
        "WHERE first_reply_at IS NULL AND account_id %% 10 = 1",
        now - timedelta(days=2),
        now - timedelta(days=1),
    )
    vacuum()


def copy(model: Any, row: Any, times: int, **changed: str) -> None:
    """Insert `times` rows like `row`, some columns computed from n = 1, 2, 3 …"""
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = ", ".join(changed.get(column, column) for column in columns)
    table = model._meta.db_table
    execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {values} FROM {table}, generate_series(1, {times}) AS n WHERE {table}.id = {row.pk} ORDER BY n"
    )


def vacuum() -> None:
    execute("VACUUM ANALYZE")


def execute(sql: str, *params: object) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def of_database(handler: Any, name: str) -> Any:
    """A new connection to another database of the same server."""
    made = handler.create_connection("default")
    made.settings_dict = {**made.settings_dict, "NAME": name}
    return made


def main(sizes: Sequence[int] = SIZES, measure: Measure | None = None) -> int:
    """Migrate a database for each size, let `measure` (by default `costs`) loose on them, print its lines."""
    from tests import services

    with services.postgres() as url:
        os.environ |= {"TEST_DATABASE_URL": url, "DATABASE_URL": url, "DEBUG": "0"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "zhonglou_media.settings"
        import django
        from django.core.management import call_command
        from django.db import connections as handler

        django.setup()
        call_command("migrate", verbosity=0)
        connection = handler["default"]
        assert str(connection.settings_dict["PORT"]) in url, "not the cluster made here"
        wanted = {size: f"accounts_{size}" for size in sizes}
        connection.close()
        handler["default"] = of_database(handler, "template1")
        for name in wanted.values():
            execute(f"CREATE DATABASE {name} TEMPLATE postgres")
        handler["default"].close()
        databases = {size: of_database(handler, name) for size, name in wanted.items()}
        lines, held = (measure or costs)(databases)
        for connection in databases.values():
            connection.close()
    print("\n".join(lines))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
