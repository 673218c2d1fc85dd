"""The processes of a portal on one machine: web server, Celery worker and beat under one supervisor.

No process outlives the supervisor. Each child leads a session of its own, so Ctrl-C in a terminal reaches the
supervisor alone, which stops the children in order; the kernel kills them when the supervisor itself is killed, and
gunicorn's workers end once their parent is gone. Beat runs by itself: started by the worker (`-B`) it would outlive
a killed worker. A worker or beat that ends by itself is started again; the web server that ends stops the portal.
"""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from zhonglou_media.core.errors import Refused

HOST = "127.0.0.1"
GRACE = 10.0  # seconds a child has to end by itself
WEB, WORKER = "网页服务", "后台任务"
NICE = {WORKER: 10}  # exports and imports take the processor that no page waits for
RESTARTS, WITHIN = 5, 60.0  # so many starts again within so many seconds; one more stops the portal
_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux only


class CannotStart(Refused):
    """The portal does not start, or stopped by itself; `str()` is one Chinese line for whoever typed the command."""


def commands(port: int) -> dict[str, list[str]]:
    """Name → command line of each process."""
    # A trial in a container runs as root; deploy/ gives the worker a user of its own.
    python = [sys.executable, "-W", "ignore:You're running the worker:UserWarning", "-m"]
    celery = [*python, "celery", "-q", "-A", "zhonglou_media"]
    quiet_network = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    gunicorn = ["gunicorn", "zhonglou_media.wsgi", "-b", f"{HOST}:{port}", "-w", "2", "-k", "gthread", "--threads", "4"]
    patience = ["--graceful-timeout", "8", "--keep-alive", "30"]  # a kept connection outlives a page that is read
    return {
        WEB: [*python, *gunicorn, *patience, "--log-level", "warning", "--no-control-socket"],
        WORKER: [
            *celery, "worker", "-Q", "celery,long", "-P", "threads", "-c", "4", "-n", f"portal-{port}@%h",
            "-l", "WARNING", *quiet_network,
        ],
        "定时任务": [*celery, "beat", "-l", "WARNING"],
    }  # fmt: skip


def check_port(port: int) -> None:
    """Raise CannotStart unless `port` of this machine can be listened on."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # as gunicorn: a closing connection is no reason
            probe.bind((HOST, port))
    except PermissionError as error:
        raise CannotStart(f"无权使用端口 {port}，请换一个 1024 以上的端口，例如：make run PORT=8001") from error
    except OverflowError as error:
        raise CannotStart(f"端口 {port} 无效，应在 1 至 65535 之间，例如：make run PORT=8001") from error
    except OSError as error:
        raise CannotStart(f"端口 {port} 已被占用，请换一个端口，例如：make run PORT=8001") from error


@contextmanager
def only_one(var_dir: Path) -> Iterator[None]:
    """Hold `var_dir`/run.lock; CannotStart when another portal runs on the same folder. A killed holder frees it."""
    with (var_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotStart(f"本目录的门户已在运行（进程 {lock.read().strip() or '未知'}），请先停止它。") from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _die_with(parent: int, nice: int) -> None:
    """In the child: be killed when the supervisor ends, however it ends; stand `nice` steps behind the others."""
    os.nice(nice)
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def supervise(port: int, started: str) -> None:
    """Run all processes until INT, TERM or HUP (SystemExit 0).

    `started` is printed once the web server listens. Raises CannotStart when the web server ends by itself, or another
    process more than RESTARTS times WITHIN seconds.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    children: dict[str, subprocess.Popen[bytes]] = {}
    ended: dict[str, list[float]] = {}
    ours = commands(port)
    try:
        for name, command in ours.items():
            children[name] = _start(command, NICE.get(name, 0))
        said = False
        while True:
            for name, child in children.items():
                if child.poll() is not None:
                    _again(name, child, ended.setdefault(name, []))
                    children[name] = _start(ours[name], NICE.get(name, 0))
            if not said and _listening(port):
                print(started, flush=True)  # noqa: T201 -- the one line for the terminal
                said = True
            time.sleep(0.3)
    finally:
        _end(list(children.values()))
        print("门户已停止。", flush=True)  # noqa: T201 -- the last line for the terminal


def _start(command: list[str], nice: int) -> "subprocess.Popen[bytes]":
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603 -- our own command lines
        command, start_new_session=True, preexec_fn=lambda: _die_with(parent, nice)
    )


def _again(name: str, child: "subprocess.Popen[bytes]", ended: list[float]) -> None:
    """Say that `child` ended by itself and is started again; CannotStart where that is no use. `ended`: when before."""
    now = time.monotonic()
    ended[:] = [*(moment for moment in ended if now - moment < WITHIN), now]
    said = f"{name}进程意外结束（退出码 {child.returncode}）"
    if name == WEB:
        raise CannotStart(f"{said}，门户随之停止，原因见上。")
    if len(ended) > RESTARTS:
        raise CannotStart(f"{said}，{WITHIN:.0f} 秒内已重新启动 {RESTARTS} 次，门户随之停止，原因见上。")
    _end_session(child)  # what it left behind
    print(f"{said}，已重新启动。", flush=True)  # noqa: T201 -- one line for the terminal


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _end(children: list["subprocess.Popen[bytes]"]) -> None:
    """Ask all to end, wait GRACE seconds together, then kill what is left of their sessions."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
    for child in children:
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + GRACE
    for child in children:
        try:
            child.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            continue
    for child in children:
        _end_session(child)


def _end_session(child: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    child.wait()
