"""Large spreadsheets, a row at a time: the same rows as `tables_in` gives, without holding them."""

import csv
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from zhonglou_media.core import tables_stream
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.tables_in import ACCOUNT_COLUMNS, NAME, PLATFORM, UID, find_header, read_table
from zhonglou_media.core.tables_stream import open_rows

DATA = Path(__file__).parents[1] / "data"
WANTED = (PLATFORM, NAME, UID)
HEADS = ["平台", "账号名称", "账号ID"]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["list_a.xlsx", "list_b_gbk.csv", "list_c.csv"])
def test_the_rows_are_those_of_tables_in_however_often_they_are_read(name: str) -> None:
    whole = find_header(read_table(DATA / name), ACCOUNT_COLUMNS)
    rows = open_rows(DATA / name, ACCOUNT_COLUMNS)
    assert (rows.number, rows.heads, rows.columns) == (whole.number, whole.heads, whole.columns)
    for _ in range(2):
        assert [(number, [cell.strip() for cell in cells]) for number, cells in rows] == [
            (row.number, [cell.strip() for cell in row.cells]) for row in whole.rows
        ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_by_what_is_in_it(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = delimiter.join(HEADS) + "\r\n" + delimiter.join(["抖音", "“示例”发布", "d1"]) + "\r\n"
    rows = open_rows(written(tmp_path / "x.csv", text.encode(encoding)), WANTED)
    assert list(rows) == [(2, ["抖音", "“示例”发布", "d1"])]


def test_an_encoding_is_judged_by_the_whole_file(tmp_path: Path) -> None:
    plain = "platform,account_name,account_id\n" + "".join(f"douyin,plain,d{n}\n" for n in range(60_000))
    path = written(tmp_path / "x.csv", plain.encode() + "抖音,钟楼,z\n".encode("gb18030"))
    rows = list(open_rows(path, WANTED))
    assert len(rows) == 60_001
    assert rows[-1] == (60_002, ["抖音", "钟楼", "z"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    ("text", "expected"), [("\r\n抖音,甲,d1\r\n微博,乙,w1", 2), ("\n抖音,甲,d1\n", 1), ("\n", 0), ("", 0)]
)
def test_rows_expected_are_those_below_the_header(tmp_path: Path, text: str, expected: int, encoding: str) -> None:
    path = written(tmp_path / "x.csv", f"某区账号\n平台,账号名称,账号ID{text}".encode(encoding))
    rows = open_rows(path, WANTED)
    assert rows.expected == len(list(rows)) == expected


def test_titles_totals_and_empty_rows_count_nothing_and_short_rows_are_padded(tmp_path: Path) -> None:
    text = "某区账号\n,,\n平台,账号名称,账号ID\n抖音,甲\n , ,\n合 计：,9,9\n微博,'=乙,w1,多的\n"
    rows = open_rows(written(tmp_path / "x.csv", text), WANTED)
    assert list(rows) == [(4, ["抖音", "甲", ""]), (7, ["微博", "=乙", "w1", "多的"])]


def test_a_row_may_have_line_breaks_in_its_cells(tmp_path: Path) -> None:
    text = '平台,账号名称,账号ID\n抖音,"甲\n乙",d1\n抖音,丙,d2\n'
    assert [number for number, _ in open_rows(written(tmp_path / "x.csv", text), WANTED)] == [2, 3]


def test_a_workbooks_cells_are_texts_and_the_sheet_with_the_header_is_read(tmp_path: Path) -> None:
    day, moment, midnight = datetime(2026, 11, 24), datetime(2026, 11, 24, 14, 5), datetime(2026, 11, 24)
    path = workbook(
        tmp_path / "x.xlsx",
        说明=[["请填写第二张表"]],
        数据=[["标题"], HEADS, ["抖音", 12.0, day, moment, True, 1.5], ["抖音", "甲", midnight]],
    )
    book = openpyxl.load_workbook(path)
    book["数据"]["C3"].number_format = "yyyy-mm-dd"
    book["数据"]["C4"].number_format = "yyyy-mm-dd hh:mm"
    book.save(path)
    rows = open_rows(path, WANTED)
    assert list(rows) == [
        (3, ["抖音", "12", "2026-11-24", "2026-11-24 14:05:00", "是", "1.5"]),
        (4, ["抖音", "甲", "2026-11-24 00:00:00"]),
    ]
    assert len(list(rows)) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的"),
        (b"\xef\xbb\xbf\r\n", "文件是空的"),
        (b"a,b\n1,2\n", "找不到表头：缺少平台、账号名称列"),
        ("平台,账号名称\n抖音,".encode() + b"\xff\xfe\xfd\n", "认不出文件的编码"),
        ("平台,账号名称\n抖音,甲\x00\n".encode(), "认不出文件的编码"),
        ('平台,账号名称\n抖音,"甲\n'.encode() * 3, "引号不成对"),
        ("平台,账号名称\n抖音,".encode() + b"x" * 40_000 + b"\n", "超过 32767 个字的单元格"),
        ("平台,账号名称\n抖音,".encode() + b"x" * 1_100_000 + b"\n", "过长的行"),
        ("平台,账号名称\n".encode() + b"," * 70 + b"\n", "64 列"),
        (b"PK\x03\x04 not a workbook", "不是完好的 Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0old", "另存为不加密的 .xlsx"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        list(open_rows(written(tmp_path / "x", content), WANTED))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_too_many_rows_and_too_large_a_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    data = [HEADS, *[["抖音", "甲", str(n)] for n in range(20)]]
    path = tmp_path / f"x.{ending}"
    if ending == "csv":
        with path.open("w", encoding="utf-8", newline="") as text:
            csv.writer(text).writerows(data)
    else:
        workbook(path, 数据=[list(row) for row in data])
    assert len(list(open_rows(path, WANTED))) == 20
    with monkeypatch.context() as patch:
        patch.setattr(tables_stream, "MAX_ROWS", 20)
        with pytest.raises(Refused, match="表格超过 20 行"):
            list(open_rows(path, WANTED))
    monkeypatch.setattr(tables_stream, "MAX_CSV", 100)
    monkeypatch.setattr(tables_stream, "MAX_XLSX", 100)
    with pytest.raises(Refused, match="请分成几个文件"):
        open_rows(path, WANTED)


def test_a_parser_that_eats_memory_is_stopped_and_none_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def started(*args: object, **more: object) -> "subprocess.Popen[bytes]":
        children.append(start(*args, **more))  # type: ignore[call-overload]
        return children[-1]

    monkeypatch.setattr(tables_stream.subprocess, "Popen", started)
    path = workbook(tmp_path / "x.xlsx", 数据=[HEADS, *[["抖音", "甲", str(n)] for n in range(5000)]])  # type: ignore[list-item]
    for _ in open_rows(path, WANTED):
        break  # somebody stopped reading
    monkeypatch.setattr(tables_stream, "CHILD_MEGABYTES", 1)
    with pytest.raises(Refused):
        open_rows(path, WANTED)
    assert len(children) == 3
    assert all(child.returncode is not None for child in children)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Read in a process of its own, by way of a shell that does not hand on the peak of this one."""
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([HEADS, *[["抖音", "示例账号", f"d{n}" + "x" * 200] for n in range(150_000)]])
    code = (
        "import os, resource, sys; sys.path.insert(0, os.getcwd())\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'zhonglou_media.settings'; os.environ['SECRET_KEY'] = 'x'\n"
        "import django; django.setup()\n"
        "from pathlib import Path\n"
        "from zhonglou_media.core.tables_in import NAME, PLATFORM, UID\n"
        "from zhonglou_media.core.tables_stream import open_rows\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); n = sum(1 for _ in open_rows(Path(sys.argv[1]), (PLATFORM, NAME, UID)))\n"
        "print(n, peak() - before)"
    )
    command = ["sh", "-c", '"$0" -c "$1" "$2"; exit $?', sys.executable, code, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=DATA.parents[1])
    rows, grown = map(int, done.stdout.split())
    assert rows == 150_000
    assert grown < 8 * 1024  # KiB, for a file of 31 MB
