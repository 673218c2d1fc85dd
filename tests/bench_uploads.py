"""`python -m tests.bench_uploads`: what pages cost while one bomb after another is sent, beside what they cost idle.

Status 1 when the p95 of them all, each by its own usual time, is more than twice that of the idle portal, when a bomb
is answered by anything but a refusal, when one takes over a second each of three times that nobody walks, or when a web
process grows by 100 MB. Eight people walk through the pages of the demo; one person sends a bomb, half a second
after the one before was answered. Idle and beside bombs by turns.
"""

import http.client
import itertools
import os
import re
import sys
import threading
import time
from pathlib import Path

from tests import services
from tests.bench_walk import Timings, compared, p95, portal, processes, walk

PEOPLE, ROUNDS, SECONDS, LIMIT, MEGABYTES, SLOWEST = 8, 4, 8, 2.0, 100, 1.0
PAUSE = 0.5  # seconds; nobody chooses files faster
PAGES = ("/", "/filings/", "/accounts/", "/notices/", "/regulation/")
PLACE = "/accounts/import/"
Answers = list[tuple[str, int, float]]  # the bomb, the status, how long it took


def web_processes(var_dir: Path) -> list[Path]:
    """gunicorn and its workers."""
    found, mark = [], f"VAR_DIR={var_dir}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found += [entry] if b"gunicorn" in (entry / "cmdline").read_bytes() else []
        except OSError:
            continue  # it ended meanwhile
    return found


def peak_mb(process: Path) -> int:
    text = (process / "status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) // 1024  # type: ignore[index]


def send(port: int, cookie: str, content: bytes) -> int:
    """The import's form with this file; the status that comes back."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    token = re.search(r"csrftoken=([^;]+)", cookie)[1]  # type: ignore[index]
    upload = SimpleUploadedFile("清单.xlsx", content)
    body = encode_multipart(BOUNDARY, {"ground": "baseline", "csrfmiddlewaretoken": token, "file": upload})
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    line.request("POST", PLACE, body, {"Cookie": cookie, "Content-Type": MULTIPART_CONTENT})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status


def costs(env: dict[str, str], folder: Path) -> tuple[list[str], bool]:
    """Lines for people, and whether the limits hold. The connected PostgreSQL holds the demo."""
    from django.test import Client

    from tests.hostile import BOMBS
    from zhonglou_media.core.models import User

    client = Client()
    client.force_login(User.objects.get(username="officer"))
    client.get(PLACE, headers={"host": "127.0.0.1"})  # the form brings its token
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    bombs = {name: make() for name, make in BOMBS.items()}
    port, following = services.free_port(), itertools.cycle(bombs)
    alone, answers = Answers(), Answers()
    idle: Timings = {page: [] for page in PAGES}
    busy: Timings = {page: [] for page in PAGES}

    def bomb(name: str, answered: Answers) -> None:
        began = time.monotonic()
        answered.append((name, send(port, cookie, bombs[name]), time.monotonic() - began))

    def beside_bombs() -> Timings:
        over = threading.Event()

        def one_after_another() -> None:
            while not over.is_set():
                bomb(next(following), answers)
                over.wait(PAUSE)

        sender = threading.Thread(target=one_after_another)
        sender.start()
        try:
            return walk(port, cookie, PAGES, SECONDS, people=PEOPLE)
        finally:
            over.set()
            sender.join()

    with processes(env, port, folder / "portal.log"):
        walk(port, cookie, PAGES, 5, people=PEOPLE)  # what is loaded once
        assert send(port, cookie, bombs["macros"]) == 422
        for name in [*bombs] * 3:
            bomb(name, alone)
        before = {process: peak_mb(process) for process in web_processes(folder)}
        for _ in range(ROUNDS):  # by turns: what else the machine does meets both
            for all_of_them, found in (
                (idle, walk(port, cookie, PAGES, SECONDS, people=PEOPLE)),
                (busy, beside_bombs()),
            ):
                for page, took in found.items():
                    all_of_them[page] += took
        grown = max(peak_mb(process) - peak for process, peak in before.items())
    lines, ratio = compared("uploads", idle, busy)
    taken = sorted({name for name, status, _ in alone + answers if status != 422})
    all_sent = {name for name, _, _ in answers} == set(bombs)
    best = {name: min(took for sent, _, took in alone if sent == name) for name in bombs}
    slowest = max(best, key=lambda name: best[name])
    beside = p95([took for _, _, took in answers])
    lines.append(
        f"uploads bombs={len(answers)} slowest={best[slowest]:.2f}s ({slowest}; best of 3) limit={SLOWEST:.0f}s "
        f"beside people p95={beside:.2f}s not refused={taken}"
    )
    lines.append(
        f"uploads ratio_of_p95={ratio:.2f} limit={LIMIT:.0f} web process=+{grown}MB limit={MEGABYTES}MB "
        f"load={os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    held = ratio <= LIMIT and best[slowest] <= SLOWEST and grown < MEGABYTES
    return lines, held and all_sent and not taken and len(before) > 1


def main() -> int:
    with portal("uploads") as (env, folder):
        made = services.manage("load_demo", env=env | {"DEBUG": "1"}, timeout=300)
        assert made.returncode == 0, made.stderr
        lines, held = costs(env, folder)
    print("\n".join(lines))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
