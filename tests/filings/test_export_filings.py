"""The command export_filings: its line, its workbook, and one line when it fails."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts.models import Role
from filings.models import ExportBatch, ExportItem
from tests.factories import Cast, opening, user
from tests.filings.commands import Run, runner

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch, "export_filings")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "出.xlsx"


def test_it_exports_what_waits_and_counts_what_lacks_an_id(run: Run, out: Path) -> None:
    cast = Cast()
    opening("accepted", cast)
    opening("accepted", cast, platform="weibo", uid="")
    opening("office_review", cast, platform="kuaishou")
    assert run("--target", "national", "--out", out) == (0, "exported=1 waiting=1\n", "")
    assert run("--target", "national", "--out", out) == (0, "exported=0 waiting=1\n", "")
    assert run("--target", "provincial", "--out", out) == (0, "exported=1 waiting=1\n", "")
    assert run("--target", "national", "--out", out, "--again") == (0, "exported=1 waiting=1\n", "")
    assert list(ExportItem.objects.order_by("pk").values_list("system", "again")) == [
        ("national", False),
        ("provincial", False),
        ("national", True),
    ]
    assert ExportBatch.objects.filter(by=None).count() == 3


def test_nothing_to_export_is_no_error_and_writes_the_heads(run: Run, out: Path) -> None:
    assert run("--target", "provincial", "--out", out) == (0, "exported=0 waiting=0\n", "")
    page = load_workbook(out).active
    assert page is not None
    assert page["A2"].value == "序号"


def test_as_names_who_exported(run: Run, out: Path) -> None:
    opening("accepted")
    officer = user(Role.OFFICER)
    assert run("--target", "national", "--out", out, "--as", officer.username.upper())[0] == 0
    assert ExportBatch.objects.get().by == officer


def failures(folder: Path) -> list[tuple[list[object], str]]:
    out = folder / "out.xlsx"
    return [
        (["--out", out], "缺少参数：--target。"),
        (["--target", "national"], "缺少参数：--out。"),
        (["--target", "county", "--out", out], "--target 的值"),
        (["--target", "national", "--out", folder / "out.csv"], "须是 .xlsx 文件"),
        (["--target", "national", "--out", folder / "missing" / "out.xlsx"], "找不到文件"),
        (["--target", "national", "--out", folder / "folder.xlsx"], "是文件夹"),
        (["--target", "national", "--out", out, "--as", "nobody"], "没有用户“nobody”"),
        (["--target", "national", "--out", out, "--as", "OPERATOR"], "您不能导出备案到上级系统"),
    ]


@pytest.mark.parametrize("case", range(8))
def test_a_failure_is_one_line_and_changes_nothing(case: int, run: Run, tmp_path: Path) -> None:
    filing = opening("accepted")
    (tmp_path / "folder.xlsx").mkdir()
    words, said = failures(tmp_path)[case]
    operator = filing.cast.operator.username  # type: ignore[attr-defined]
    status, stdout, stderr = run(*(operator if word == "OPERATOR" else word for word in words))
    assert (status, stdout, stderr.count("\n")) == (1, "", 1)
    assert said in stderr
    assert not ExportItem.objects.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["folder.xlsx"]
