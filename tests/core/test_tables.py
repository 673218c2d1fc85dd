"""Spreadsheets in and out."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.csv_files import csv_bytes
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.tables_in import (
    ACCOUNT_COLUMNS,
    MAX_ROWS,
    Header,
    Sheet,
    Table,
    find_header,
    head_key,
    read_table,
)
from zhonglou_media.core.tables_out import SheetOut, back, hot, safe, write_xlsx

DATA = Path(__file__).parents[1] / "data"


def workbook(path: Path, *sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for rows in sheets:
        page = book.create_sheet()
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def header_of(*rows: list[str]) -> Header:
    return find_header(Table([Sheet("表", [list(row) for row in rows])]), ACCOUNT_COLUMNS)


# --- real input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number", "rows", "columns"),
    [
        ("list_a.xlsx", 3, 30, {"unit": 1, "platform": 2, "name": 3, "kind": 4}),
        ("list_b_gbk.csv", 1, 30, {"unit": 0, "platform": 1, "name": 2, "uid": 3}),
        ("list_c.csv", 1, 31, {"unit": 0, "platform": 1, "name": 2, "kind": 3, "uid": 4}),
    ],
)
def test_lists_as_offices_send_them(name: str, number: int, rows: int, columns: dict[str, int]) -> None:
    header = find_header(read_table(DATA / name), ACCOUNT_COLUMNS)
    assert (header.number, len(header.rows), header.columns) == (number, rows, columns)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(f"单位{delimiter}平台\r\n示例局{delimiter}抖音\r\n".encode(encoding))
    assert read_table(path).sheets == [Sheet("", [["单位", "平台"], ["示例局", "抖音"]])]


def test_numbers_and_days_of_excel_are_as_people_see_them(tmp_path: Path) -> None:
    moment = datetime(2024, 9, 30, 8, 5)
    path = workbook(tmp_path / "a.xlsx", [[35.0, 3.5, datetime(2024, 9, 30), moment, True, None, "x"]])
    assert read_table(path).sheets[0].rows == [["35", "3.5", "2024-09-30", "2024-09-30 08:05:00", "是", "", "x"]]


# --- heads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heads", "columns"),
    [
        (["主办单位名称", "平台类型", "帐号名称"], {"unit": 0, "platform": 1, "name": 2}),
        (["单位", "平　台", "昵称", "原始ID（gh_开头）"], {"unit": 0, "platform": 1, "name": 2, "uid": 3}),
        (["名称", "账号名称备注", "单位", "平台"], {"unit": 2, "platform": 3, "name": 0}),  # exact before partial
        (["类别", "平台类别", "名称", "单位名称"], {"unit": 3, "platform": 1, "name": 2, "kind": 0}),
        (["Unit", "PLATFORM", "account_name", "video"], {"unit": 0, "platform": 1, "name": 2}),
        (["单位", "平台", "账号名", "微信号", "账号ＩＤ"], {"unit": 0, "platform": 1, "name": 2, "uid": 3}),
    ],
)
def test_columns_are_found_by_their_heads(heads: list[str], columns: dict[str, int]) -> None:
    assert header_of(heads).columns == columns


@pytest.mark.parametrize(
    ("heads", "why"),
    [
        (["运维单位", "主办单位", "平台", "名称"], "都像主办单位：“运维单位”、“主办单位”"),
        (["单位", "平台", "名称", "账号类型", "认证类型"], "都像账号类型：“账号类型”、“认证类型”"),
        (["单位", "名称"], "缺少平台列"),
        (["姓名", "电话"], "缺少主办单位、平台、账号名称列"),
        (["单位名称", "平台"], "缺少账号名称列"),  # a column serves once
    ],
)
def test_unclear_or_missing_columns_are_named(heads: list[str], why: str) -> None:
    with pytest.raises(Refused, match=re.escape(why)):
        header_of(["一览表"], heads)


def test_titles_ragged_rows_totals_and_empty_rows() -> None:
    header = header_of(
        ["政务新媒体账号一览表"],
        ["填报单位（盖章）：", "", "日期"],
        ["单位", "平台", "名称", "备注"],
        ["示例局", "抖音", "示例"],
        [],
        ["", " ", "　", ""],
        ["小 计：", "1"],
        ["", "合计", "1"],
        ["示例局", "快手", "示例", "甲", "乙"],
        ["总计"],
    )
    assert [row.number for row in header.rows] == [4, 9]
    assert header.rows[0].cells == ["示例局", "抖音", "示例", ""]


def test_head_key() -> None:
    assert head_key(" 帐 号\n名称（昵称）【必填】 ") == "账号名称"


def test_one_sheet_has_the_list_and_others_do_not_disturb(tmp_path: Path) -> None:
    listed = [["单位", "平台", "名称"], ["示例局", "抖音", "示例"]]
    path = workbook(tmp_path / "a.xlsx", [["填表说明"]], listed, [])
    assert len(find_header(read_table(path), ACCOUNT_COLUMNS).rows) == 1
    with pytest.raises(Refused, match="几张表"):
        find_header(read_table(workbook(tmp_path / "b.xlsx", listed, listed)), ACCOUNT_COLUMNS)


# --- files that are no tables, or bombs -----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf \r\n", "空的"),
        (b",,\r\n,,\r\n", "没有内容"),
        (b"\xd0\xcf\x11\xe0 old", "旧版"),
        (b"PK\x03\x04 broken", "不是完好"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "认不出"),
        (b"%PDF-1.7\n1,2\n", "认不出"),
        (b"\xef\xbb\xbf <html><table><tr><td>1</td></tr></table>", "认不出"),
        ('单位,平台\n"没有结束的引号'.encode(), "引号"),
        (b"a" * 40_000, "超过 32767 个字"),
        (b"," * 70, "超过 20000 行或 64 列"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(Refused, match=why):
        read_table(path)


def rebuilt(path: Path, **changed: bytes) -> Path:
    """The workbook with entries replaced or added; the sheet by the key `sheet`."""
    source = workbook(path.with_suffix(".source"), [["单位"]])
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            key = "sheet" if "worksheets" in entry.filename else entry.filename
            new.writestr(entry.filename, changed.pop(key, old.read(entry)))
        for name, content in changed.items():
            new.writestr(name, content)
    return path


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData>%s</worksheet>'


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"sheet": SHEET % (b'<row r="1"><c r="XFD1048576"><v>1</v></c></row>', b"")}, "行或"),
        ({"sheet": SHEET % (b'<row r="1048576"/>', b"")}, "行或"),
        ({"sheet": SHEET % (b"", b'<mergeCells><mergeCell ref="A1:XFD9"/></mergeCells>')}, "行或"),
        ({"sheet": b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + SHEET % (b"", b"")}, "不是完好"),
        ({"sheet": ('<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>').encode("utf-16")}, "不是完好"),
        ({"sheet": SHEET % (b"<row><c><v>1</v></c></row>" * (MAX_ROWS + 5), b"")}, "过大|行或"),
        ({"xl/vbaProject.bin": b"x"}, "宏"),
        ({"../evil.xml": b"<a/>"}, "不是完好"),
        ({"xl/media/big.bin": b"0" * 5_000_000}, "过大"),
        ({f"xl/media/{n}.bin": b"0" for n in range(300)}, "不是完好"),
        ({"sheet": b"not xml"}, "不是完好"),
    ],
)
def test_hostile_workbooks_are_refused(changed: dict[str, bytes], why: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=why):
        read_table(rebuilt(tmp_path / "bomb.xlsx", **changed))


def test_a_parser_that_eats_memory_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhonglou_media.core.tables_in._CHILD_MEGABYTES", 1)
    with pytest.raises(Refused):
        read_table(workbook(tmp_path / "a.xlsx", [["单位"]]))


# --- out ------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12) | st.text("=+-@ '\u3000|%＝1A", max_size=6)


@given(TEXTS)
def test_escape_is_a_bijection_and_never_hot(text: str) -> None:
    written = safe(text)
    assert back(written) == text
    assert not hot(text) or written.startswith("'")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=5))
def test_csv_comes_back_as_it_went(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "out.csv"
    path.write_bytes(csv_bytes(["编号", *texts], [["1", *texts]]))
    assert read_table(path).sheets[0].rows == [["编号", *texts], ["1", *texts]]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=5))
def test_xlsx_comes_back_as_it_went_without_a_formula(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [SheetOut("表", ["编号", *texts], [["1", *texts]])])
    with zipfile.ZipFile(path) as archive:
        assert b"<f" not in archive.read("xl/worksheets/sheet1.xml")
    assert read_table(path).sheets[0].rows == [["编号", *texts], ["1", *texts]]


@pytest.mark.parametrize("text", ["=1\r\n第二行", "\r=1", "\n=1", "\t=1", "_x000D_", "_x000a_", "_x0041_", "a_b_x"])
def test_what_a_browser_types_into_a_field_of_several_lines_comes_back(tmp_path: Path, text: str) -> None:
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [SheetOut("表", ["=编号", text], [["1", text]], above=[text])])
    assert read_table(path).sheets[0].rows == [[text], ["=编号", text], ["1", text]]
    page = openpyxl.load_workbook(path).worksheets[0]
    assert (page["A2"].quotePrefix, page["A2"].data_type) == (True, "s")


def test_values_are_written_as_people_read_them() -> None:
    target = io.BytesIO()
    rows = [[datetime(2021, 2, 19, 15, 59, tzinfo=UTC), date(2021, 2, 19), 35, True, None, "=1+1"]]
    write_xlsx(target, [SheetOut("[表]:*?", ["甲"] * 6, rows)])
    page = openpyxl.load_workbook(target).worksheets[0]
    cells = next(iter(page.iter_rows(min_row=2)))
    assert [cell.value for cell in cells] == ["2021-02-19 23:59", "2021-02-19", 35, "是", None, "=1+1"]
    assert (cells[5].data_type, cells[5].quotePrefix, page.title) == ("s", True, "_表____")


def test_a_workbook_that_cannot_be_written_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "nonexist" / "out.xlsx"
    with pytest.raises(FileNotFoundError) as raised:
        write_xlsx(path, [SheetOut("表", ["甲"], [["1"]])])
    assert str(raised.value.filename) == str(path)
