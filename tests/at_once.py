"""Acts at once on a real database: what they raise, and a place where each waits for the other."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connections


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run each in a thread of its own; what they raised."""
    raised: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def meet(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """After it has read, each waits for the other: in vain where a lock keeps that one out."""
    meeting, read = threading.Barrier(2), getattr(module, name)

    def wait(*args: Any) -> Any:
        found = read(*args)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)
        return found

    monkeypatch.setattr(module, name, wait)
