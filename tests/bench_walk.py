"""People who walk through the pages of a portal run as in deploy/, and what the pages cost them: for the benches.

On PostgreSQL and Redis, with the processes of deploy/ as their units start them: gunicorn, the worker of the schedule,
the niced worker of long jobs, beat.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from tests import services
from tests.bench_import import database, set_up

UNITS = ("portal-worker", "portal-worker-long", "portal-beat")
LONGEST = 300  # seconds that a walk waits at most for what it waits for
Timings = dict[str, list[float]]


@contextmanager
def portal(name: str) -> Iterator[tuple[dict[str, str], Path]]:
    """The environment of a portal on servers of its own, migrated, and its folder; this process is connected to it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"bench-{name}-")))
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
        yield env, folder
        connection.close()


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


def walk(
    port: int,
    cookie: str,
    pages: Sequence[str],
    seconds: float,
    *,
    people: int,
    pause: float = 0.2,
    pieces: Sequence[str] = (),
    until: Callable[[], bool] = lambda: True,
) -> Timings:
    """How long each page took, in seconds, for so many people at once; of `pieces` the part that htmx asks for.

    They walk for `seconds`, and on until `until` says that enough has happened meanwhile.
    """
    took: Timings = {page: [] for page in pages}
    start, failed, over = time.monotonic(), [], threading.Event()

    def person(first: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for page in itertools.islice(itertools.cycle(pages), first, None):
            if over.is_set():
                return
            began = time.perf_counter()
            asks = {"HX-Request": "true"} if page in pieces else {}
            line.request("GET", page, headers={"Cookie": cookie, **asks})
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                failed.append((page, answer.status))
                return
            took[page].append(time.perf_counter() - began)
            time.sleep(pause)

    walkers = [threading.Thread(target=person, args=(n,)) for n in range(people)]
    for one in walkers:
        one.start()
    try:
        time.sleep(seconds)
        while not until() and time.monotonic() - start < LONGEST:
            time.sleep(0.5)
    finally:
        over.set()
        for one in walkers:
            one.join()
    assert not failed, failed
    return took


def compared(name: str, idle: Timings, busy: Timings) -> tuple[list[str], float]:
    """A line a page, and how many times the p95 of them all rose.

    A slow page must not hide what happens to a quick one: each request counts by the usual p95 of its own page.
    """
    usual = {page: p95(times) for page, times in idle.items()}
    lines = [
        f"{name} page={page} idle_p95={usual[page] * 1000:.0f}ms ({len(idle[page])}) "
        f"busy_p95={p95(busy[page]) * 1000:.0f}ms ({len(busy[page])}) ratio={p95(busy[page]) / usual[page]:.2f}"
        for page in idle
    ]
    before, during = (p95([one / usual[page] for page in idle for one in took[page]]) for took in (idle, busy))
    return lines, during / before


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]
