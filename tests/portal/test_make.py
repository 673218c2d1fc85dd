"""`make install`: repeated when interrupted, cheap when done, and a missing venv module told in one line.

Also what an installation reads: `.env.example` explains each variable.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.services import ROOT

# A Python that writes down how it was called; a line of `refused` makes it fail.
FAKE = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
  {refused}) exit 1 ;;
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip --version") test -x .venv/bin/python ;;
esac
"""


class Project:
    """A folder with our Makefile and a Python that installs nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "calls"
        for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(ROOT / name, folder / name)

    def install(self, refused: str = "nothing") -> "subprocess.CompletedProcess[str]":
        """`make install`; calls matching the shell pattern `refused` fail."""
        fake = self.folder / "python"
        fake.write_text(FAKE.format(log=self.log, refused=refused))
        fake.chmod(0o755)
        venv_python = self.folder / ".venv/bin/python"
        if venv_python.exists():
            shutil.copy(fake, venv_python)
        self.log.write_text("")
        return subprocess.run(
            ["make", "install", f"PYTHON={fake}"], cwd=self.folder, capture_output=True, text=True, timeout=60
        )

    def calls(self, words: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if words in line]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_two_pip_calls_with_hashes_and_none_the_second_time(project: Project) -> None:
    assert project.install().returncode == 0
    assert [line.split()[-1] for line in project.calls("pip install")] == ["requirements.txt", "requirements-dev.txt"]
    assert all("--require-hashes" in line for line in project.calls("pip install"))
    assert project.install().returncode == 0
    assert project.calls("") == []


def test_an_interrupted_installation_is_repeated(project: Project) -> None:
    assert project.install(refused='"-m pip install"*"-dev.txt"').returncode != 0
    assert project.install().returncode == 0
    assert [line.split()[-1] for line in project.calls("pip install")] == ["requirements-dev.txt"]


def test_changed_requirements_are_installed(project: Project) -> None:
    project.install()
    os.utime(project.folder / "requirements.txt", (time.time() + 5,) * 2)  # file times are coarse
    project.install()
    assert len(project.calls("pip install")) == 2


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ('*"import venv, ensurepip"*', "缺少 venv 模块，请先安装 python3-venv。"),
        ('*"version_info"*', "需要 Python 3.11 或更高版本，可用 PYTHON=… 指定。"),
    ],
)
def test_an_unfit_python_is_told_in_one_line(project: Project, refused: str, told: str) -> None:
    run = project.install(refused)
    ours = [line for line in run.stderr.splitlines() if not line.startswith("make")]
    assert (run.returncode != 0, ours) == (True, [told])
    assert not (project.folder / ".venv").exists()


def test_env_example_explains_every_variable_that_settings_read() -> None:
    calls = re.findall(r"\benv(?:\.\w+)?\(([^()]*)", (ROOT / "zhonglou_media/settings.py").read_text())
    read = {name for call in calls for name in re.findall(r'"([A-Z_]+)"', call.split("default=")[0])}
    explained = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"} <= read
    assert read <= explained
