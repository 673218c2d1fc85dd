"""Commands run as from the shell, in this process, on the test's database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import load_command_class

Run = Callable[..., tuple[int, str, str]]


def runner(capsys: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> Run:
    """`run(*words)` gives exit status, stdout and stderr of the command `name`."""
    # A command closes its connections at the end; the test's database must live on.
    monkeypatch.setattr("zhonglou_media.core.commands.connections.close_all", lambda: None)

    def run(*words: object) -> tuple[int, str, str]:
        command = load_command_class("filings", name)
        status = 0
        try:
            command.run_from_argv(["manage.py", name, *map(str, words), "--no-color"])
        except SystemExit as end:
            status = int(end.code or 0)
        return (status, *capsys.readouterr())

    return run
