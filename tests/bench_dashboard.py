"""`python -m tests.bench_dashboard`: what the dashboard costs at 200 and 20,000 accounts, on a PostgreSQL of its own.

The page reads roll-ups of units: with a hundred times the accounts and as many units as a district has, it must not ask
more queries, nor take much longer. A run of the roll-ups in which nothing changed must cost the same. Status 1 if not.
"""

import sys
from datetime import timedelta
from time import perf_counter
from typing import Any

from tests import bench_sweep
from tests.bench_sweep import copy, execute, turns, vacuum

SIZES = (200, 20_000)
UNITS = 80
ROUNDS = 15
LIMIT_PAGE = 3.0  # accounts by platform and state are counted as they are
LIMIT_IDLE = 1.5
QUERIES = 12


def costs(connections: dict[int, Any]) -> tuple[list[str], bool]:
    """Lines for people, and whether the limits hold; `connections` are to a migrated database for each size."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment

    from inspections import figures
    from tests.factories import user
    from zhonglou_media.core.clock import db_now
    from zhonglou_media.core.models import User

    setup_test_environment(debug=False)
    now = db_now()
    whole: dict[int, float] = {}
    page: dict[int, float] = {}
    idle: dict[int, float] = {}
    queries: dict[int, int] = {}
    for size in turns(connections):
        fill(size, now)
        start = perf_counter()
        figures.refresh(now)
        whole[size] = perf_counter() - start
        user("officer", name="bench")
    for _ in range(ROUNDS):
        for size in turns(connections):
            client = Client()
            client.force_login(User.objects.get(name="bench"))
            client.get("/dashboard/", secure=True)
            with CaptureQueriesContext(connection) as caught:
                start = perf_counter()
                assert client.get("/dashboard/", secure=True).status_code == 200
                page[size] = min(perf_counter() - start, page.get(size, 1e9))
            queries[size] = len(caught)
            start = perf_counter()
            figures.refresh(now + timedelta(seconds=1))
            idle[size] = min(perf_counter() - start, idle.get(size, 1e9))
    small, large = SIZES
    lines = [
        f"dashboard accounts={size} units={UNITS} page={page[size] * 1000:.0f}ms queries={queries[size]} "
        f"nothing_changed={idle[size] * 1000:.1f}ms all_months={whole[size]:.1f}s"
        for size in SIZES
    ]
    ratio, idle_ratio = page[large] / page[small], idle[large] / idle[small]
    lines.append(
        f"dashboard page_ratio={ratio:.2f} limit={LIMIT_PAGE} idle_ratio={idle_ratio:.2f} limit={LIMIT_IDLE} "
        f"queries={queries[small]}, {queries[large]} limit={QUERIES}"
    )
    same = queries[small] == queries[large] <= QUERIES
    return lines, ratio <= LIMIT_PAGE and idle_ratio <= LIMIT_IDLE and same


def fill(size: int, now: Any) -> None:
    """`size` accounts of `UNITS` units, each with an update a week for a year."""
    from accounts.models import Account, ActivityDay, Platform, Unit

    units = Unit.objects.bulk_create([Unit(name=f"示例单位{n}") for n in range(UNITS)])
    facts = {"state": "active", "state_since": now, "origin": "baseline", "posts_known_until": now}
    facts |= {"monitored_from": (now - timedelta(days=400)).date(), "same_platform_reason": "示例"}
    account = Account.objects.create(
        platform=Platform.objects.get(code="douyin"),
        unit=units[0],
        name="示例",
        name_key="示例",
        look_key="示例",
        **facts,
    )
    copy(Account, account, size - 1, uid="'uid' || n", unit_id=f"{units[0].pk} + n % {UNITS}")
    day = ActivityDay.objects.create(account=account, day=now.date(), posts=1, asked=1, answered_in_time=1)
    ActivityDay.objects.filter(pk=day.pk).delete()
    execute(
        "INSERT INTO accounts_activityday (account_id, day, posts, originals, asked, answered_in_time) "
        "SELECT a.id, CURRENT_DATE - (7 * w + a.id % 7)::int, 1, 0, 1, 1 "
        "FROM accounts_account a, generate_series(0, 55) w"
    )
    vacuum()


if __name__ == "__main__":
    sys.exit(bench_sweep.main(SIZES, costs))
