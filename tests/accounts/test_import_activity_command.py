"""The command `import_activity`: its line, and what it says where it cannot run."""

from pathlib import Path
from typing import Any

import pytest

from accounts.management.commands import import_activity
from accounts.models import Account, Publication
from tests.accounts.activity_files import csv_of, p
from tests.core.test_commands import run_in_this_process

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connections_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command closes its connections at the end, a test's database must live on."""
    monkeypatch.setattr("zhonglou_media.core.commands.connections.close_all", lambda: None)


def call(*args: str) -> int:
    return run_in_this_process(import_activity.Command(no_color=True), *args)


def test_the_result_is_one_line(folder: Path, one: Account, capsys: Any) -> None:
    path = csv_of(folder, "publications", p("a1", "2025-11-20 10:00"), p("", "2025-11-20 10:00"))
    refused = folder / "refused.xlsx"
    args = ("--kind", "publications", str(path), "--refused", str(refused), "--known-until", "2025-11-21")
    assert call(*args) == 0
    assert capsys.readouterr() == ("read=2 created=1 changed=0 unchanged=0 refused=1\n", "")
    assert refused.exists()


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ([], "缺少参数：FILE、--kind。"),
        (["--kind", "x", "a.csv"], "参数 --kind 的值“x”不对，可选：publications、messages、followers。"),
        (["--kind", "messages", "nonexist.csv"], "找不到文件“nonexist.csv”，请核对路径。"),
        (["--kind", "messages", "a.csv", "--refused", "a.csv"], "--refused 不能与数据是同一个文件。"),
        (["--kind", "messages", "a.csv", "--known-until", "2099-01-01"], "数据截至不能晚于现在。"),
    ],
)
def test_what_cannot_be_run_is_one_chinese_line(args: list[str], line: str, capsys: Any) -> None:
    assert call(*args) == 1
    assert capsys.readouterr() == ("", line + "\n")


def test_a_workbook_of_refused_rows_that_cannot_be_written_leaves_everything(
    folder: Path, one: Account, capsys: Any
) -> None:
    path = csv_of(folder, "publications", p("a1", "2025-11-20 10:00"), p("", "2025-11-20 10:00"))
    refused = folder / "nonexist" / "x.xlsx"
    assert call("--kind", "publications", str(path), "--refused", str(refused)) == 1
    assert capsys.readouterr() == ("", f"找不到文件“{refused}”，请核对路径。\n")
    assert not Publication.objects.exists()
