"""`python -m tests.bench_import`: `import_activity` of 100,000 publications beside COPY of the same rows and beside
import-export's default, and the memory it takes: for a district's accounts, and for 20,000. Status 1 when a limit is
broken.

COPY gets its rows ready-made, keys and all; the import reads them from a csv as an office sends it, and does all it
does in production. Both write into the same table, empty, with its indexes. Measured on two cores: 2.6 times COPY,
+19 MiB (20,000 accounts: +48 MiB), so the limits leave a seventh of the time and a quarter of the memory.
`FULL=1`: import-export gets all rows too.
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit, urlunsplit

ROWS, ACCOUNTS, MANY, SLICE, ROUNDS = 100_000, 400, 20_000, 5_000, 3
DAYS = 60  # over which the publications are spread: four a day and account
TIMES_COPY, TIMES_DEFAULT, MEGABYTES = 3, 25, 64
HEADS = ("平台", "账号名称", "账号ID", "外部编号", "标题", "链接", "发布时间", "是否原创")
READY = ("account_id", "external_id", "title", "url", "published_at", "original", "reviewers", "source")


def costs() -> tuple[list[str], bool]:
    """Lines for people, and whether the limits hold. The connected PostgreSQL is migrated, and emptied here."""
    accounts = fill(0, ACCOUNTS)
    with tempfile.TemporaryDirectory() as name:
        sent, ready = Path(name) / "sent.csv", Path(name) / "ready.csv"
        write(sent, ready, accounts)
        ours = timed(lambda: run_import(sent))
        copied = timed(lambda: run_copy(ready))
        slice_ = ROWS if os.environ.get("FULL") == "1" else SLICE
        default = timed(lambda: run_default(ready, slice_), rounds=1 if slice_ == ROWS else ROUNDS) * ROWS / slice_
        empty()
        memory, _ = memory_of(sent)
        empty()
        write(sent, ready, accounts + fill(ACCOUNTS, MANY))
        memory_many, writing = memory_of(sent)
    how = "all rows" if slice_ == ROWS else f"{slice_} rows, scaled"
    lines = [
        f"import rows={ROWS} accounts={ACCOUNTS} import_activity={ours:.2f}s copy={copied:.2f}s "
        f"import_export={default:.1f}s ({how}) memory=+{memory:.1f}MiB",
        f"import times_copy={ours / copied:.2f} limit={TIMES_COPY} "
        f"faster_than_default={default / ours:.1f} limit={TIMES_DEFAULT} memory_limit={MEGABYTES}MiB",
        f"import rows={ROWS} accounts={MANY} memory=+{memory_many:.1f}MiB writing={writing:.2f}s",
    ]
    fast = ours <= TIMES_COPY * copied and default >= TIMES_DEFAULT * ours
    return lines, fast and max(memory, memory_many) <= MEGABYTES


def timed(act: Callable[[], None], rounds: int = ROUNDS) -> float:
    """The middle of some runs in seconds, each with the table empty."""
    seconds = []
    for _ in range(rounds):
        empty()
        start = perf_counter()
        act()
        seconds.append(perf_counter() - start)
    return median(seconds)


def run_import(path: Path, progress: Callable[[int, int, str], None] | None = None) -> None:
    from accounts.activity_in import import_activity
    from zhonglou_media.core.clock import db_now

    result = import_activity(path, kind="publications", by=None, now=db_now(), progress=progress)
    assert str(result) == f"read={ROWS} created={ROWS} changed=0 unchanged=0 refused=0", result


def run_copy(path: Path) -> None:
    from django.db import connection, transaction

    from accounts.models import Publication

    with transaction.atomic(), connection.cursor() as cursor, path.open("rb") as rows:
        table = Publication._meta.db_table
        cursor.copy_expert(
            f"COPY {table} ({', '.join(READY)}) FROM STDIN WITH (FORMAT csv, HEADER, FORCE_NOT_NULL (reviewers))", rows
        )
        assert cursor.rowcount == ROWS


def run_default(path: Path, rows: int) -> None:
    """import-export as its documentation begins: a ModelResource, told by what a row is known."""
    from import_export.resources import modelresource_factory
    from tablib import Dataset

    from accounts.models import Publication

    with path.open(encoding="utf-8", newline="") as text:
        heads, *some = [row for _, row in zip(range(rows + 1), csv.reader(text), strict=False)]
    heads[0] = "account"
    # Without milliseconds and zone, as its widgets read a time.
    some = [[*row[:4], row[4].removesuffix("+00"), *row[5:]] for row in some]
    resource_class = modelresource_factory(Publication, meta_options={"import_id_fields": ("account", "external_id")})
    resource_class().import_data(Dataset(*some, headers=heads), raise_errors=True)
    assert Publication.objects.count() == rows


def memory_of(path: Path) -> tuple[float, float]:
    """MiB that an import adds to the peak of a process that has all it needs loaded; seconds of its transaction."""
    # A shell between: a process that is started takes over the peak of the one that started it.
    command = ["sh", "-c", '"$0" -m tests.bench_import "$1"; exit $?', sys.executable, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    memory, writing = map(float, done.stdout.split())
    return memory, writing


def measure(path: Path) -> None:
    """In a process of its own: print how far the import raised the peak, and how long it held the accounts."""
    import accounts.activity_in  # noqa: F401 -- loading it is not the import's memory
    from accounts.models import Account

    assert Account.objects.exists()  # connected
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = []
    run_import(path, progress=lambda *what: told.append(perf_counter()))  # the last time, as it begins to write
    writing = perf_counter() - told[-1]
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, writing)


def fill(first: int, end: int) -> list[int]:
    """Keys of new accounts with these numbers, which are watched and in order."""
    from accounts import lifecycle
    from accounts.models import Account, Origin, Platform, Unit
    from zhonglou_media.core.clock import db_now

    platform = Platform.objects.get(code="douyin")
    units = Unit.objects.bulk_create(Unit(name=f"示例单位{n}") for n in range(first, end))
    made = lifecycle.register(
        [
            Account(unit=unit, platform=platform, name=f"示例账号{n}", uid=f"uid{n:06}")
            for n, unit in enumerate(units, first)
        ],
        origin=Origin.BASELINE,
        now=db_now() - timedelta(days=300),
    )
    return [account.pk for account in made]


def write(sent: Path, ready: Path, accounts: list[int]) -> None:
    """The same rows twice: as an office sends them, and as the table takes them."""
    from zhonglou_media.core.clock import SHANGHAI

    first = (datetime.now(SHANGHAI) - timedelta(days=DAYS)).replace(second=0, microsecond=0)
    with sent.open("w", encoding="utf-8", newline="") as a, ready.open("w", encoding="utf-8", newline="") as b:
        office, table = csv.writer(a), csv.writer(b)
        office.writerow(HEADS)
        table.writerow(READY)
        for n in range(ROWS):
            account, at = n % len(accounts), first + timedelta(seconds=n * (DAYS * 86400 - 120) // ROWS)
            external, title, url = (
                f"{7300000000000000000 + n}",
                f"示例动态第{n}条：办事窗口的服务时间",
                f"https://example.cn/v/{n}",
            )
            office.writerow(
                [
                    "抖音",
                    f"示例账号{account}",
                    f"uid{account:06}",
                    external,
                    title,
                    url,
                    f"{at:%Y-%m-%d %H:%M}",
                    "是" if n % 3 else "否",
                ]
            )
            moment = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00"
            table.writerow([accounts[account], external, title, url, moment, int(bool(n % 3)), "", "import"])


def empty() -> None:
    """As before the import, with nothing left for the database to tidy meanwhile."""
    execute("TRUNCATE accounts_publication, accounts_activityday")
    execute("UPDATE accounts_account SET posts_known_until = NULL, last_published_at = NULL")
    execute("VACUUM ANALYZE")
    execute("CHECKPOINT")


def execute(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def database() -> Iterator[str]:
    """The URL of an empty database on the server of TEST_DATABASE_URL, else on one of our own."""
    import psycopg2

    from tests import services

    given = os.environ.get("TEST_DATABASE_URL", "")
    if not given.startswith("postgres"):
        with services.postgres() as url:
            yield url
        return
    name = f"portal_bench_{os.getpid()}"
    server = psycopg2.connect(urlunsplit(urlsplit(given)._replace(path="/postgres")))
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


def set_up(url: str) -> None:
    os.environ |= {"TEST_DATABASE_URL": url, "DATABASE_URL": url, "DEBUG": "0"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhonglou_media.settings"
    import django

    django.setup()


def main() -> int:
    if len(sys.argv) > 1:
        set_up(os.environ["DATABASE_URL"])
        measure(Path(sys.argv[1]))
        return 0
    with database() as url:
        set_up(url)
        from django.core.management import call_command
        from django.db import connection

        assert str(connection.settings_dict["NAME"]) == urlsplit(url).path[1:], "not the database made here"
        call_command("migrate", verbosity=0)
        lines, held = costs()
        connection.close()
    print("\n".join(lines))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
