"""Servers the tests need: PostgreSQL, Redis, Chromium, and the whole portal as `make run` starts it.

    python -m tests.services COMMAND …    runs a command with TEST_DATABASE_URL and TEST_REDIS_URL of running servers

Each is looked up in PATH only. A server of our own listens on a free port of 127.0.0.1, keeps its data in a temporary
folder and ends with the test run. Where a programme is missing, `require` skips the test with its reason, or fails it
under REQUIRE_SERVICES=1.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVICES = {
    "postgres": ("initdb", "没有 PostgreSQL（PATH 中找不到 initdb）"),
    "redis": ("redis-server", "没有 Redis（PATH 中找不到 redis-server）"),
    "chromium": ("chromium", "没有 Chromium（PATH 中找不到 chromium）"),
}


def services_are_required() -> bool:
    """REQUIRE_SERVICES=1: a missing service is a failure, not a skip."""
    return os.environ.get("REQUIRE_SERVICES", "") not in ("", "0")


def require(service: str) -> str:
    """The path of the programme that gives `service`; without it the test is skipped, or fails when required."""
    programme, reason = SERVICES[service]
    path = shutil.which(programme)
    if path is None:
        if services_are_required():
            pytest.fail(f"{reason}，而 REQUIRE_SERVICES=1 要求必须有", pytrace=False)
        pytest.skip(reason)
    return path


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until(condition: Callable[[], object], seconds: float, what: str, pause: float = 0.05) -> None:
    """Return when `condition()` is true; AssertionError naming `what` after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _lets_in(postgres_url: str) -> bool:
    """PostgreSQL listens a moment before it lets anyone in."""
    try:
        psycopg2.connect(postgres_url).close()
    except psycopg2.OperationalError:
        return False
    return True


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: the user to run it as, None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.fail("PostgreSQL 不能以 root 运行，而系统中没有 postgres 或 nobody 用户", pytrace=False)


@contextmanager
def postgres() -> Iterator[str]:
    """A private PostgreSQL cluster (trust, no fsync); gives the URL of its database `postgres`."""
    # Debian puts a link to initdb into PATH at most; the server lies beside the programme itself.
    programmes = Path(require("postgres")).resolve().parent
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    data, port = folder / "data", free_port()
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    as_user: dict[str, object] = {"cwd": folder}
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    log = folder / "log"
    server = None
    try:
        made = subprocess.run(
            [programmes / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            capture_output=True,
            text=True,
            **as_user,
        )
        assert made.returncode == 0, made.stderr
        options = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off",
            "full_page_writes": "off", "synchronous_commit": "off", "jit": "off", "max_connections": 100,
        }  # fmt: skip
        settings = [f"-c{name}={value}" for name, value in options.items()]
        with log.open("w") as out:
            command = [programmes / "postgres", "-D", data, *settings]
            server = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True, **as_user)
        _wait_for_server(server, lambda: _lets_in(url), log)
        yield url
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # fast shutdown
            server.wait(30)
        shutil.rmtree(folder)


@contextmanager
def redis() -> Iterator[str]:
    """A private redis-server without persistence; gives its URL."""
    programme = require("redis")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="portal-redis-") as folder:
        log = Path(folder) / "log"
        with log.open("w") as out:
            options = f"--port {port} --bind 127.0.0.1 --appendonly no --dir {folder} --save".split()
            server = subprocess.Popen([programme, *options, ""], stdout=out, stderr=out, start_new_session=True)
        try:
            _wait_for_server(server, lambda: _listening(port), log)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(30)


def _wait_for_server(server: "subprocess.Popen[bytes]", is_ready: Callable[[], bool], log: Path) -> None:
    """Until it is ready; its log when it ended instead."""

    def ready() -> bool:
        assert server.poll() is None, log.read_text()
        return is_ready()

    wait_until(ready, 30, f"{server.args} is ready")


def portal_environment(var_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a portal in a folder of its own, without what the test run itself was given."""
    ours = ("DATABASE_URL", "REDIS_URL", "VAR_DIR", "MEDIA_ROOT", "TEST_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"VAR_DIR": str(var_dir), "DEBUG": "1"} | more


def manage(*words: str, env: dict[str, str], timeout: float = 120) -> "subprocess.CompletedProcess[str]":
    """Run `manage.py words…` in a process of its own; the caller looks at returncode, stdout and stderr."""
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout
    )


def answers(url: str) -> bool:
    """Whether an HTTP server answers at `url`, with whatever status."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def running_portal(env: dict[str, str], port: int, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`manage.py run_portal` in a session of its own (migrate before), given once `/login/` answers; ended after."""
    var_dir = Path(env["VAR_DIR"])
    var_dir.mkdir(parents=True, exist_ok=True)
    log = var_dir / "portal.log"
    with log.open("wb") as out:
        portal = subprocess.Popen(
            [sys.executable, "manage.py", "run_portal", "--port", str(port), *words],
            cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def up() -> bool:
        assert portal.poll() is None, log.read_text()
        return answers(f"http://127.0.0.1:{port}/login/")

    try:
        wait_until(up, 60, f"the portal answers on port {port}", pause=0.2)
        yield portal
    finally:
        if portal.poll() is None:
            portal.terminate()
            portal.wait(30)


def with_servers(command: list[str]) -> int:
    """Run `command` on PostgreSQL and Redis; its status. TEST_DATABASE_URL wins when it is given.

    Else the PostgreSQL is a private one, even where another listens: that one waits for its disk at each commit.
    On a Redis that already listens on this machine its last database is used.
    """
    with ExitStack() as servers:
        url = os.environ.get("TEST_DATABASE_URL", "")
        if not url:
            url = f"{servers.enter_context(postgres()).removesuffix('/postgres')}/portal_{os.getpid()}"
        redis_url = "redis://127.0.0.1:6379/14" if _listening(6379) else servers.enter_context(redis())
        urls = {"TEST_DATABASE_URL": url, "TEST_REDIS_URL": redis_url}
        print(*(f"{name}={value}" for name, value in urls.items()), sep="\n", flush=True)
        return subprocess.run(command, env=os.environ | urls).returncode


if __name__ == "__main__":
    sys.exit(with_servers(sys.argv[1:]))
