"""`python -m tests.bench_export`: what other pages cost while 5,000 filings are exported, beside what they cost idle.

Status 1 when the p95 of them all, each by its own usual time, is more than twice that of the idle portal, or when no
export of all 5,000 came to its end beside the walkers. A few people walk through the pages with a pause between two;
one export follows the other.
"""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests import services
from tests.bench_walk import compared, portal, processes, walk

FILINGS, PEOPLE, SECONDS, LIMIT = 5_000, 4, 40, 2.0
WATCHED = "/filings/exchange/exports/"  # what the page of exports asks for while one runs
PAGES = ("/", "/filings/", "/filings/exchange/", "/accounts/", "/flags/", WATCHED)


def export_again_and_again(by: int, over: threading.Event) -> tuple[Callable[[], int], Callable[[], None]]:
    """Exports to the national system one after another until `over`: how many were whole by now, and how to end."""
    from django.db import connection

    from filings import export_runs
    from zhonglou_media.celery import app
    from zhonglou_media.core.clock import db_now
    from zhonglou_media.core.models import Job, User

    broken: list[BaseException] = []

    def loop() -> None:
        try:
            while not over.is_set():
                job = export_runs.submit("national", again=True, by=User.objects.get(pk=by), now=db_now())
                app.send_task("portal.run_jobs", queue="long")
                while Job.objects.get(pk=job.pk).state in ("queued", "running") and not over.is_set():
                    time.sleep(0.1)
        except BaseException as error:
            broken.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=loop)
    thread.start()
    services.wait_until(lambda: Job.objects.filter(state="running").exists(), 60, "an export runs")

    def whole() -> int:
        done = Job.objects.filter(kind=export_runs.KIND, state="done").values_list("result", flat=True)
        return sum(result["exported"] == FILINGS for result in done)

    def end() -> None:
        thread.join()
        assert not broken, broken
        Job.objects.filter(state="running").update(stop_requested=True)  # a worker ends its job before it ends itself
        failed = Job.objects.filter(state="failed").values_list("error", flat=True)
        assert not failed, list(failed)

    return whole, end


def costs(env: dict[str, str], folder: Path) -> tuple[list[str], bool]:
    """Lines for people, and whether the limit holds. The connected PostgreSQL is migrated, and empty but for seeds."""
    from django.test import Client

    from accounts.models import Role
    from tests.factories import user
    from tests.filings.many import accepted

    accepted(FILINGS)
    officer = user(Role.OFFICER)
    client = Client()
    client.force_login(officer)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    port, over = services.free_port(), threading.Event()
    with processes(env, port, folder / "portal.log"):
        walk(port, cookie, PAGES, 5, people=PEOPLE, pieces=[WATCHED])  # what is loaded once
        idle = walk(port, cookie, PAGES, SECONDS, people=PEOPLE, pieces=[WATCHED])
        whole, end = export_again_and_again(officer.pk, over)
        start = time.monotonic()
        try:
            busy = walk(port, cookie, PAGES, SECONDS, people=PEOPLE, pieces=[WATCHED], until=lambda: whole() > 0)
            exports, took = whole(), time.monotonic() - start
        finally:
            over.set()
        end()
    lines, ratio = compared("export", idle, busy)
    lines.append(
        f"export filings={FILINGS} exports_done={exports} in {took:.0f}s ratio_of_p95={ratio:.2f} limit={LIMIT:.0f}"
    )
    return lines, ratio <= LIMIT and exports > 0


def main() -> int:
    with portal("export") as (env, folder):
        lines, held = costs(env, folder)
    print("\n".join(lines))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
