"""`make run` and `run_portal`: what starts, what is refused in one line, and that nothing is left behind."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from redis import Redis

from tests import services
from zhonglou_media.portal import supervisor

pytestmark = pytest.mark.slow


def processes_of(var_dir: Path) -> dict[int, str]:
    """pid → command line of every process whose environment names this folder."""
    mark, found = f"VAR_DIR={var_dir}".encode(), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or belongs to another user
    return found


def the_one(var_dir: Path, words: str) -> int:
    """pid of the first process of this portal whose command line holds `words`."""
    return min(pid for pid, command in processes_of(var_dir).items() if words in command and "make" not in command)


def nothing_is_left(var_dir: Path) -> None:
    services.wait_until(lambda: not processes_of(var_dir), 15, f"no process of {var_dir}: {processes_of(var_dir)}")


@contextmanager
def make_run(var_dir: Path, port: int, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`make run` as from a terminal: a process group of its own; given once `/login/` answers."""
    # -o: the dependencies of the Python that runs these tests stand in for an installation.
    command = ["make", "-s", "-o", ".venv/.ok", f"BIN={Path(sys.executable).parent}", "run", f"PORT={port}"]
    log = var_dir / "portal.log"
    with log.open("wb") as out:
        made = subprocess.Popen(
            command,
            cwd=services.ROOT,
            env=services.portal_environment(var_dir, **more),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )

    def up() -> bool:
        assert made.poll() is None, log.read_text()
        return services.answers(f"http://127.0.0.1:{port}/login/")

    try:
        services.wait_until(up, 240, "the portal answers", pause=0.2)  # it migrates and plays the demo first
        yield made
    finally:
        for pid in processes_of(var_dir):
            os.kill(pid, signal.SIGKILL)
        made.wait(15)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `make run` was started once, on nothing, and stopped by SIGTERM to make."""
    var_dir = tmp_path_factory.mktemp("demo")
    with make_run(var_dir, services.free_port()) as made:
        assert len(processes_of(var_dir)) >= 6  # make, supervisor, gunicorn and its two workers, worker, beat
        made.terminate()
        nothing_is_left(var_dir)
    return var_dir


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    """A copy of it, so that each test has a portal of its own."""
    return Path(shutil.copytree(demo, tmp_path / "var"))


@pytest.fixture(scope="module")
def running(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A running portal for the tests that only look at it: its folder and port."""
    var_dir = Path(shutil.copytree(demo, tmp_path_factory.mktemp("running") / "var"))
    port = services.free_port()
    with services.running_portal(services.portal_environment(var_dir), port):
        yield var_dir, port


def test_the_portal_answers_and_says_where(running: tuple[Path, int]) -> None:
    var_dir, port = running
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/") as page:
        assert page.status == 200
    said = (var_dir / "portal.log").read_text()
    services.wait_until(lambda: "门户已启动" in (var_dir / "portal.log").read_text(), 5, "the line of the start")
    assert "Traceback" not in said


def test_a_taken_port_is_told_in_one_line(running: tuple[Path, int], tmp_path: Path) -> None:
    _, port = running
    second = services.manage("run_portal", "--migrate", "--port", str(port), env=services.portal_environment(tmp_path))
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == f"端口 {port} 已被占用，请换一个端口，例如：make run PORT=8001\n"
    assert not (tmp_path / "portal.sqlite3").exists()


def test_a_second_portal_in_the_same_folder_is_told_in_one_line(running: tuple[Path, int]) -> None:
    var_dir, _ = running
    port = str(services.free_port())
    second = services.manage("run_portal", "--port", port, env=services.portal_environment(var_dir))
    supervisor = the_one(var_dir, "run_portal")
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == f"本目录的门户已在运行（进程 {supervisor}），请先停止它。\n"


def test_an_impossible_port_is_told_in_one_line(tmp_path: Path) -> None:
    refused = services.manage("run_portal", "--port", "70000", env=services.portal_environment(tmp_path))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "端口 70000 无效" in refused.stderr


def test_ctrl_c_ends_everything(folder: Path) -> None:
    with make_run(folder, services.free_port()) as made:
        os.killpg(made.pid, signal.SIGINT)  # what a terminal does: make and the supervisor, no child
        nothing_is_left(folder)
        assert "Traceback" not in (folder / "portal.log").read_text()


def test_kill_9_of_the_supervisor_leaves_nothing(folder: Path) -> None:
    with make_run(folder, services.free_port()):
        os.kill(the_one(folder, "run_portal"), signal.SIGKILL)
        nothing_is_left(folder)


def test_a_web_server_that_ends_stops_the_portal(folder: Path) -> None:
    with services.running_portal(services.portal_environment(folder), services.free_port()) as portal:
        os.kill(the_one(folder, "gunicorn"), signal.SIGKILL)
        assert portal.wait(15) == 1
        assert "网页服务进程意外结束（退出码 -9）" in (folder / "portal.log").read_text()
        nothing_is_left(folder)


def test_a_worker_or_beat_that_ends_is_started_again(folder: Path) -> None:
    """An empty file in the queue is no reason to end: the worker takes it out, and what comes after it."""
    (folder / "queue" / "1_empty.celery.msg").touch()
    with services.running_portal(services.portal_environment(folder), services.free_port()) as portal:
        was = {words: the_one(folder, words) for words in (" worker ", " beat ")}
        services.wait_until(lambda: not (folder / "queue" / "1_empty.celery.msg").exists(), 20, "the file is taken")
        for words, pid in was.items():
            os.kill(pid, signal.SIGKILL)
            others = lambda: [p for p, said in processes_of(folder).items() if words in said and p != pid]  # noqa: B023,E731
            services.wait_until(others, 15, f"another{words}")
        said = (folder / "portal.log").read_text()
        assert "无法读取，已跳过" in said
        assert said.count("后台任务进程意外结束") == said.count("定时任务进程意外结束") == 1
        portal.terminate()
        assert portal.wait(20) == 0
        nothing_is_left(folder)


def test_a_worker_that_ends_again_and_again_stops_the_portal() -> None:
    dead = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])
    dead.wait()
    ended: list[float] = []
    for _ in range(5):
        supervisor._again("后台任务", dead, ended)
    with pytest.raises(supervisor.CannotStart, match="后台任务进程意外结束（退出码 1），60 秒内已重新启动 5 次"):
        supervisor._again("后台任务", dead, ended)


def test_on_postgresql_and_redis(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    """DATABASE_URL and REDIS_URL: worker and beat meet on Redis, and all of it ends as well."""
    database, server = f"portal_run_{os.getpid()}", urlsplit(postgres_url)
    admin = psycopg2.connect(server._replace(path="/postgres").geturl())
    admin.autocommit = True
    own_redis = urlsplit(redis_url)._replace(path="/15").geturl()
    broker = Redis.from_url(own_redis)
    broker.flushdb()
    try:
        admin.cursor().execute(f"CREATE DATABASE {database}")
        own_url = server._replace(path=f"/{database}").geturl()
        env = services.portal_environment(tmp_path, DATABASE_URL=own_url, REDIS_URL=own_redis)
        with services.running_portal(env, services.free_port(), "--migrate") as portal:
            services.wait_until(lambda: broker.exists("_kombu.binding.celery"), 20, "the worker listens on Redis")
            services.wait_until(lambda: broker.exists("redbeat::lock"), 20, "beat holds its lock on Redis")
            portal.terminate()
            assert portal.wait(20) == 0
            nothing_is_left(tmp_path)
        assert not (tmp_path / "portal.sqlite3").exists()
    finally:
        broker.flushdb()
        broker.close()
        admin.cursor().execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        admin.close()
