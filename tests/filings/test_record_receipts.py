"""The command record_receipts: each row by itself, its line, and one line when it fails."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError
from openpyxl import Workbook, load_workbook

from accounts.models import Role
from filings import exchange, export_batches
from filings.models import Filing, Receipt
from tests.factories import NOW, Cast, at, opening, user
from tests.filings.commands import Run, runner

pytestmark = pytest.mark.django_db
HEADS = ["备案编号", "系统", "结果", "编号", "日期", "原因"]
Row = list[Any]


@pytest.fixture
def run(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch, "record_receipts")


def book(path: Path, *rows: Row, heads: Row = HEADS) -> Path:
    made = Workbook()
    page = made.active
    assert page is not None
    for row in (heads, *rows):
        page.append(row)
    made.save(path)
    return path


def accepted(cast: Cast, platform: str = "douyin") -> Filing:
    return opening("accepted", cast, platform=platform, now=at("2021-02-10 09:00"))


def test_each_row_is_taken_over_by_itself(run: Run, tmp_path: Path) -> None:
    cast = Cast()
    done, one, back = accepted(cast), accepted(cast, "weibo"), accepted(cast, "kuaishou")
    export_batches.export("national", by=cast.officer, now=NOW, out=tmp_path / "o.xlsx")
    path = book(
        tmp_path / "回执.xlsx",
        [done.number, "全国", "已备案", "国-1", "2021-02-19", ""],
        [done.number, "全省", "已备案", 20260001, datetime(2021, 2, 19, 9, 30), ""],
        [one.number, "全省平台", "已备案", "", date(2021, 2, 19), None],
        [back.number, "全国系统", "退回", "", "2021/02/19", "责任科室未填"],
        [one.number, "全省", "已备案", "", "2021-02-19", ""],
        ["ZLXMT-2026-9999", "全国", "已备案", "", "2021-02-19", ""],
        [],
        ["合计", 6],
    )
    assert run(path) == (0, "read=6 taken=3 refused=1 rejected=2\n", "")
    states = {f.pk: f.state for f in Filing.objects.all()}
    assert states == {done.pk: "completed", one.pk: "accepted", back.pk: "returned"}
    taken = Receipt.objects.get(filing=done, system="provincial")
    assert (taken.number, taken.on, taken.by) == ("20260001", date(2021, 2, 19), None)


def test_the_rejected_rows_come_back_as_a_workbook(run: Run, tmp_path: Path) -> None:
    filing = accepted(Cast())
    path = book(
        tmp_path / "r.xlsx",
        [filing.number, "全国", "已备案", "国-1", "2021-02-19", ""],
        ["=1+1", "全国", "已备案", "国-2", "2021-02-19", ""],
        [filing.number, "全省", "退回", "", "2021-02-19", "有误"],
    )
    out = tmp_path / "rejected.xlsx"
    assert run(path, "--rejected", out) == (0, "read=3 taken=1 refused=0 rejected=2\n", "")
    page = load_workbook(out).active
    assert page is not None
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    assert rows[0] == ["行", *HEADS, "未登记的原因"]
    assert rows[2][0] == 4
    assert "尚未导出到全省平台" in str(rows[2][-1])
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}


HEADINGS = [
    ["区级备案编号", "上级系统", "备案结果", "全国系统编号", "备案日期", "退回原因"],
    ["备 案 编 号", "系统（全国/全省）", "结果（已备案/退回）", "上级编号", "日期", "原因"],
    ["序号", "日期", "结果", "平台", "备案号", "编号"],
]


@pytest.mark.parametrize("case", range(3))
def test_heads_are_found_by_what_people_call_them(case: int, run: Run, tmp_path: Path) -> None:
    filing = accepted(Cast())
    rows: list[Row] = [
        [filing.number.lower(), "全国", "已备案", "国-1", "2021-02-19", ""],  # type: ignore[union-attr]
        [filing.number, "全国", "已备案", "国-1", "2021-02-19", ""],
        [1, "20210219", "已备案", "全国", filing.number, "国-1"],
    ]
    path = book(tmp_path / "r.xlsx", rows[case], heads=HEADINGS[case])
    assert run(path) == (0, "read=1 taken=1 refused=0 rejected=0\n", "")
    assert Receipt.objects.get().number == "国-1"


def test_a_csv_of_the_office_will_do(run: Run, tmp_path: Path) -> None:
    filing = accepted(Cast())
    path = tmp_path / "r.csv"
    path.write_bytes(
        f"回执\r\n备案编号,系统,结果,编号,日期\r\n{filing.number},全省,已备案,,2021年2月19日\r\n".encode("gb18030")
    )
    assert run(path) == (0, "read=1 taken=1 refused=0 rejected=0\n", "")


BAD: list[tuple[Row, str]] = [
    (["", "全国", "已备案", "", "2021-02-19", ""], "没有填备案编号"),
    (["ZLXMT-2026-9999", "全国", "已备案", "", "2021-02-19", ""], "没有备案编号为“ZLXMT-2026-9999”的备案"),
    (["NUMBER", "全市", "已备案", "", "2021-02-19", ""], "系统“全市”不对"),
    (["NUMBER", "全国、全省", "已备案", "", "2021-02-19", ""], "应为“全国”或“全省”"),
    (["NUMBER", "全国", "通过", "", "2021-02-19", ""], "结果“通过”不对"),
    (["NUMBER", "全国", "不适用", "", "2021-02-19", "不在范围"], "结果“不适用”不对"),
    (["NUMBER", "全国", "已备案", "", "", ""], "日期“”不对"),
    (["NUMBER", "全国", "已备案", "", "2026-13-40", ""], "日期“2026-13-40”不对"),
    (["NUMBER", "全国", "已备案", "", "2999-01-01", ""], "不能晚于今天"),
    (["NUMBER", "全国", "退回", "", "2021-02-19", ""], "上级退回的原因"),
    (["NUMBER", "全国", "退回", "", "2021-02-19", "有误"], "尚未导出"),
    (["NUMBER", "全国", "已备案", "1" * 65, "2021-02-19", ""], "不能超过64个字"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_when_every_row_is_rejected_one_line_says_why(case: int, run: Run, tmp_path: Path) -> None:
    filing = accepted(Cast())
    row, said = BAD[case]
    path = book(tmp_path / "r.xlsx", [filing.number if cell == "NUMBER" else cell for cell in row])
    status, stdout, stderr = run(path)
    assert (status, stdout, stderr.count("\n")) == (1, "", 1)
    assert "1行回执都没有登记。第2行：" in stderr
    assert said in stderr
    assert not Receipt.objects.exists()


def failing(folder: Path, kind: str) -> list[object]:
    path = folder / "r.xlsx"
    match kind:
        case "empty":
            path.write_bytes(b"")
        case "no header":
            book(path, ["甲", "乙"], heads=["单位", "平台"])
        case "no rows":
            book(path)
        case "not a workbook":
            path.write_bytes(b"PK\x03\x04 nothing")
        case "unknown user":
            return [book(path), "--as", "nobody"]
        case "rejected elsewhere":
            return [good(path), "--rejected", folder / "missing" / "x.xlsx"]
        case "rejected is the file":
            return [book(path), "--rejected", path]
        case "rejected is a folder":
            (folder / "out.xlsx").mkdir()
            return [good(path), "--rejected", folder / "out.xlsx"]
        case "rejected is read-only":
            (folder / "out.xlsx").touch(mode=0o444)
            return [good(path), "--rejected", folder / "out.xlsx"]
        case "folder":
            return [folder]
        case "no file named":
            return []
    return [path]


FAILURES = {
    "missing": "找不到文件",
    "empty": "文件是空的",
    "no header": "找不到表头",
    "no rows": "文件里没有回执",
    "not a workbook": "文件不是完好的 Excel 工作簿",
    "unknown user": "没有用户“nobody”",
    "rejected elsewhere": "missing/x.xlsx",
    "rejected is the file": "--rejected 须是",
    "rejected is a folder": "out.xlsx”是文件夹",
    "rejected is read-only": "没有权限读写文件",
    "folder": "是文件夹",
    "no file named": "缺少参数",
}


def good(path: Path) -> Path:
    """A receipt that would be taken."""
    return book(path, [accepted(Cast()).number, "全国", "已备案", "国-1", "2021-02-19", ""])


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_is_one_line_and_changes_nothing(
    kind: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).stat().st_mode & 0o200)  # root may write anything
    status, stdout, stderr = run(*failing(tmp_path, kind))
    assert (status, stdout, stderr.count("\n")) == (1, "", 1)
    assert FAILURES[kind] in stderr
    assert not Receipt.objects.exists()
    assert not list(tmp_path.glob(".*")), "a file was left beside"


def test_a_fault_of_the_database_rejects_its_row_and_is_logged(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    path, take = book(tmp_path / "r.xlsx", *twice(accepted(Cast()))), exchange.take_receipt

    def busy(*args: Any, system: str, **named: Any) -> Receipt:
        if system == "national":
            raise OperationalError("canceling statement due to lock timeout")
        return take(*args, system=system, **named)

    monkeypatch.setattr(exchange, "take_receipt", busy)
    assert run(path) == (0, "read=2 taken=1 refused=0 rejected=1\n", "")
    log = (tmp_path / "log" / "commands.log").read_text()
    assert "filings.receipts_in: row 2" in log
    assert "lock timeout" in log


def test_a_fault_of_the_program_ends_the_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    path = book(tmp_path / "r.xlsx", *twice(accepted(Cast())))

    def wrong(*args: Any, **named: Any) -> Receipt:
        raise ProgrammingError("no such column")

    monkeypatch.setattr(exchange, "take_receipt", wrong)
    status, stdout, stderr = run(path)
    assert (status, stdout) == (1, "")
    assert "数据库出错" in stderr
    assert "no such column" in (tmp_path / "log" / "commands.log").read_text()


def twice(filing: Filing) -> list[Row]:
    return [[filing.number, system, "已备案", "", "2021-02-19", ""] for system in ("全国", "全省")]


def test_only_the_office_and_the_system_record(run: Run, tmp_path: Path) -> None:
    filing = accepted(Cast())
    path = book(tmp_path / "r.xlsx", [filing.number, "全国", "已备案", "", "2021-02-19", ""])
    status, _, stderr = run(path, "--as", user(Role.OPERATOR).username)
    assert status == 1
    assert "您不能登记上级回执" in stderr
    officer = user(Role.OFFICER)
    assert run(path, "--as", officer.username) == (0, "read=1 taken=1 refused=0 rejected=0\n", "")
    assert Receipt.objects.get().by == officer
