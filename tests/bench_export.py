"""`python -m tests.bench_export`: what other pages cost while 5,000 filings are exported, beside what they cost idle.

Status 1 when the p95 of them all, each by its own usual time, is more than twice that of the idle portal. On
PostgreSQL and Redis, with the processes of deploy/ as their units start them: gunicorn, the worker of the schedule,
the niced worker of long jobs, beat. A few people walk through the pages with a pause between two; one export follows
the other.
"""

import http.client
import itertools
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from tests import services
from tests.bench_import import database, set_up

FILINGS, PEOPLE, PAUSE, SECONDS, LIMIT = 5_000, 4, 0.2, 40, 2.0
WATCHED = "/filings/exchange/exports/"  # what the page of exports asks for while one runs
PAGES = ("/", "/filings/", "/filings/exchange/", "/accounts/", "/flags/", WATCHED)
UNITS = ("portal-worker", "portal-worker-long", "portal-beat")
Timings = dict[str, list[float]]


def command(unit: str, port: int = 0) -> list[str]:
    """The command of a unit in deploy/, with its niceness, run from here."""
    text = (services.ROOT / "deploy" / f"{unit}.service").read_text()
    words = shlex.split(re.search(r"^ExecStart=(.*)$", text, re.M)[1].replace("%%", "%"))  # type: ignore[index]
    words[0] = str(Path(sys.executable).with_name(Path(words[0]).name))
    words = [word.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in words]
    nice = re.search(r"^Nice=(\d+)$", text, re.M)
    return ["nice", "-n", nice[1], *words] if nice else words


@contextmanager
def processes(env: dict[str, str], port: int, log: Path) -> Iterator[None]:
    """The portal's processes, each ended after."""
    commands = [command("portal-web", port), *(command(unit) for unit in UNITS)]
    with log.open("wb") as out:
        running = [subprocess.Popen(words, cwd=services.ROOT, env=env, stdout=out, stderr=out) for words in commands]
        try:
            services.wait_until(lambda: services.answers(f"http://127.0.0.1:{port}/login/"), 60, "the portal answers")
            yield
        except BaseException:
            print(log.read_text()[-4000:], file=sys.stderr)
            raise
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(90)


def walk(port: int, cookie: str, seconds: float) -> Timings:
    """How long each page took, in seconds, for PEOPLE at once."""
    took: Timings = {page: [] for page in PAGES}
    end, failed = time.monotonic() + seconds, []

    def person(first: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for page in itertools.islice(itertools.cycle(PAGES), first, None):
            if time.monotonic() > end:
                return
            start = time.perf_counter()
            asks = {"HX-Request": "true"} if page == WATCHED else {}
            line.request("GET", page, headers={"Cookie": cookie, **asks})
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                failed.append((page, answer.status))
                return
            took[page].append(time.perf_counter() - start)
            time.sleep(PAUSE)

    people = [threading.Thread(target=person, args=(n,)) for n in range(PEOPLE)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert not failed, failed
    return took


def export_again_and_again(by: int, over: threading.Event) -> Callable[[], int]:
    """Exports to the national system one after another until `over`; gives how many rows were written."""
    from django.db import connection

    from filings.export_runs import EXPORT_FILINGS
    from zhonglou_media.celery import app
    from zhonglou_media.core import jobs
    from zhonglou_media.core.clock import db_now
    from zhonglou_media.core.models import Job, User

    params = {"system": "national", "filings": None, "again": True, "seen": None}

    def loop() -> None:
        while not over.is_set():
            job = jobs.enqueue(EXPORT_FILINGS, by=User.objects.get(pk=by), now=db_now(), params=params)
            app.send_task("portal.run_jobs", queue="long")
            while Job.objects.get(pk=job.pk).state in ("queued", "running") and not over.is_set():
                time.sleep(0.1)
        connection.close()

    thread = threading.Thread(target=loop)
    thread.start()
    services.wait_until(lambda: Job.objects.filter(state="running").exists(), 60, "an export runs")

    def written() -> int:
        thread.join()
        Job.objects.filter(state="running").update(stop_requested=True)  # a worker ends its job before it ends itself
        assert not Job.objects.filter(state="failed").exists(), Job.objects.filter(state="failed").get().error
        return sum(Job.objects.values_list("done", flat=True))

    return written


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
        walk(port, cookie, 5)  # what is loaded once
        idle = walk(port, cookie, SECONDS)
        written = export_again_and_again(officer.pk, over)
        busy = walk(port, cookie, SECONDS)
        over.set()
        rows = written()
    usual = {page: p95(times) for page, times in idle.items()}
    lines = [
        f"export page={page} idle_p95={usual[page] * 1000:.0f}ms ({len(idle[page])}) "
        f"exporting_p95={p95(busy[page]) * 1000:.0f}ms ({len(busy[page])}) ratio={p95(busy[page]) / usual[page]:.2f}"
        for page in PAGES
    ]
    # A slow page must not hide what happens to a quick one: each request counts by the usual p95 of its own page.
    before, during = (p95([one / usual[page] for page in PAGES for one in took[page]]) for took in (idle, busy))
    ratio = during / before
    lines.append(
        f"export filings={FILINGS} rows_written={rows} in {SECONDS}s ratio_of_p95={ratio:.2f} limit={LIMIT:.0f}"
    )
    return lines, ratio <= LIMIT and rows > 0


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-export-")))
        url, redis_url = stack.enter_context(database()), stack.enter_context(services.redis())
        more = {"DATABASE_URL": url, "REDIS_URL": redis_url}
        more |= {"MEDIA_ROOT": str(folder / "media"), "VAR_DIR": str(folder)}
        more |= {"SECRET_KEY": "bench" * 12, "DATA_KEYS": "bench", "ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "0"}
        more |= {"SWEEP_SECONDS": "3600"}
        env = services.portal_environment(folder, **more) | {"DEBUG": "0"}
        os.environ |= more
        set_up(url)
        from django.core.management import call_command
        from django.db import connection

        assert str(connection.settings_dict["NAME"]) == urlsplit(url).path[1:], "not the database made here"
        call_command("migrate", verbosity=0)
        lines, held = costs(env, folder)
        connection.close()
    print("\n".join(lines))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
