"""Spreadsheets in: xlsx and csv as offices send them, read without trusting them, and the columns found by their heads.

An xlsx is looked over first (`preflight`) and then parsed in a child process with limits (`xlsx_child`): a 4.6 KB
workbook can take a parser to 6 GB. A csv is decoded strictly: UTF-16 by its mark, UTF-8, else GB18030.
"""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from . import packages
from .errors import Refused
from .tables_out import back

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS, MAX_COLUMNS = 20_000, 64
MAX_CELL = 32_767  # what Excel itself can hold
HEADER_WITHIN = 100  # titles before the header
UNPACKED = 100 * 1024 * 1024
CHILD = Path(__file__).with_name("xlsx_child.py")
_CHILD_MEGABYTES, _CHILD_SECONDS = 768, 10
TOO_LARGE = 3  # exit status of the child
_XLSX, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NO_TABLE = (b"%PDF-", b"<", b"{\\rtf", b"Rar!", b"MZ", b"GIF8")  # a page of a browser is named .xls by some systems
UNKNOWN = "认不出文件的编码或格式，请另存为 .xlsx 或 UTF-8 编码的 .csv 后重试。"
DAMAGED = "文件不是完好的 Excel 工作簿（.xlsx），请用 Excel 或 WPS 另存后重试。"


def too_large(rows: int = MAX_ROWS) -> Refused:
    """What is said of a table with more than `rows` rows, or too many columns."""
    return Refused(
        f"表格超过 {rows} 行或 {MAX_COLUMNS} 列（可能是对整行、整列设了格式）；请删去多余的行列，或分成几个文件。"
    )


@dataclass(frozen=True)
class Sheet:
    """One sheet as text; row 1 of the file is `rows[0]`; rows may be ragged."""

    title: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Table:
    """The visible sheets of a file; a csv has one."""

    sheets: list[Sheet]


@contextmanager
def as_file(content: bytes | IO[bytes]) -> Iterator[Path]:
    """A file with the content, for the readers here, which go by it; a workbook's own parser insists on this ending."""
    with tempfile.NamedTemporaryFile(prefix="table-", suffix=".xlsx") as copy:
        shutil.copyfileobj(io.BytesIO(content) if isinstance(content, bytes) else content, copy)
        copy.flush()
        yield Path(copy.name)


def read_table(path: Path) -> Table:
    """Read an xlsx or csv file. Raises Refused with what to do, or OSError when the file cannot be read."""
    if path.stat().st_size > MAX_BYTES:
        raise Refused(f"文件超过 {MAX_BYTES >> 20} MB，请分成几个文件。")
    content = path.read_bytes()
    if not content.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Refused("文件是空的。")
    if is_workbook(content):
        preflight(io.BytesIO(content))
        table = Table([Sheet(title, rows) for title, rows in _read_xlsx(path)])
    else:
        table = Table([Sheet("", _records(_decode(content)))])
    if not any(any(row) for sheet in table.sheets for row in sheet.rows):
        raise Refused("文件里没有内容。")
    return table


def read_text(text: str) -> Table:
    """What was copied out of Excel or WPS: cells by tabs (or commas), in quotes where they hold lines or quotes.

    Raises Refused, naming the line of an unpaired quote.
    """
    table = Table([Sheet("", _records(text, then="请改正后重新粘贴"))])
    if not any(cell.strip() for row in table.sheets[0].rows for cell in row):
        raise Refused("没有粘贴内容。")
    return table


def is_workbook(start: bytes) -> bool:
    """Whether a file that begins so is an xlsx. Raises Refused for the old format, an encrypted one, and no table."""
    if start.startswith(_OLE):
        raise Refused("这是旧版（.xls）或加密的 Excel 文件，请另存为不加密的 .xlsx 后重试。")
    if start[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00\t\r\n ").startswith(_NO_TABLE):  # texts, or partly so
        raise Refused(UNKNOWN)
    return start.startswith(_XLSX)


# --- csv ------------------------------------------------------------------------------------------


def _decode(content: bytes) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise Refused(UNKNOWN)


def delimiter_of(head: str) -> str:
    """Excel's Unicode text is separated by tabs. The one that most of the first lines have; a comma when in doubt."""
    lines = head[:4096].splitlines()[:20]
    return max(",\t;", key=lambda mark: sum(mark in line for line in lines))


def _records(text: str, *, then: str = "请改正或另存为 .xlsx") -> list[list[str]]:
    """The records of separated text, ragged as they are; `then` says what to do about one that cannot be read."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    try:
        for row in reader:
            if len(rows) >= MAX_ROWS or len(row) > MAX_COLUMNS:
                raise too_large()
            if any(len(cell) > MAX_CELL for cell in row):
                raise Refused(f"第 {reader.line_num} 行有超过 {MAX_CELL} 个字的单元格。")
            rows.append([back(cell) for cell in row])
    except csv.Error:
        raise Refused(f"第 {reader.line_num} 行的引号不成对或内容过长，{then}。") from None
    return rows


# --- xlsx -----------------------------------------------------------------------------------------

WORKBOOK = packages.Package(
    required=frozenset({"[Content_Types].xml", "xl/workbook.xml"}),
    damaged=DAMAGED,
    swollen="工作簿解开后过大，请删去图片和多余的行列后重试。",
    macros="工作簿带有宏，请另存为不带宏的 .xlsx 后重试。",
)
_REFERENCE = re.compile(
    rb"""[\s:](?:r|ref)\s*=\s*["']\$?([A-Za-z]{0,3})\$?(\d{1,8})(?::\$?([A-Za-z]{1,3})\$?(\d{1,8}))?["']"""
)


def preflight(
    content: BinaryIO, *, rows: int = MAX_ROWS, unpacked: int = UNPACKED, large: Refused | None = None
) -> None:
    """Refuse what no honest workbook is: many or swollen entries, macros, entities, cells at the edge of the world.

    `large` is raised instead of `too_large` by a reader that has its own words for it.
    """

    def look(entry: str, piece: bytes) -> None:
        is_sheet = entry.startswith("xl/worksheets/")
        if is_sheet and any(_is_out_of_bounds(match, rows) for match in _REFERENCE.finditer(piece)):
            raise large or too_large(rows)

    packages.preflight(content, WORKBOOK, unpacked=unpacked, look=look)


def _is_out_of_bounds(match: re.Match[bytes], rows: int) -> bool:
    column, row, last_column, last_row = match.groups()
    return max(int(row), int(last_row or 0)) > rows or max(_number(column), _number(last_column or b"")) > MAX_COLUMNS


def _number(column: bytes) -> int:
    total = 0
    for letter in column.upper():
        total = total * 26 + letter - 64
    return total


def _read_xlsx(path: Path) -> list[tuple[str, list[list[str]]]]:
    limits = [str(n) for n in (MAX_ROWS, MAX_COLUMNS, _CHILD_MEGABYTES, _CHILD_SECONDS)]
    try:
        done = subprocess.run(  # noqa: S603 - our own script and interpreter
            [sys.executable, "-I", str(CHILD), str(path.resolve()), *limits],
            capture_output=True,
            timeout=3 * _CHILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise too_large() from None
    if done.returncode == 0:
        return [(title, rows) for title, rows in json.loads(done.stdout)]
    # A negative status: the kernel stopped it at its limit.
    raise too_large() if done.returncode == TOO_LARGE or done.returncode < 0 else Refused(DAMAGED)


# --- heads of columns -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A wanted column: `words` match a head exactly, `parts` are searched in it, `without` must not be in it."""

    name: str
    label: str
    words: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    without: str = ""
    required: bool = False
    if_clear: bool = False  # left out, not refused, when several columns could be it

    def is_exact(self, head: str) -> bool:
        return head in self.words

    def is_partial(self, head: str) -> bool:
        # A Latin part stands alone: "id" is in 账号id, not in video.
        return not (self.without and self.without in head) and any(
            re.search(rf"(?<![a-z]){part}(?![a-z])" if part.isascii() else part, head) for part in self.parts
        )


UNIT = Column("unit", "主办单位", ("单位", "unit"), ("单位",), required=True)
PLATFORM = Column("platform", "平台", ("平台", "platform"), ("平台",), required=True)
NAME = Column("name", "账号名称", ("名称", "昵称", "账号名", "account_name"), ("名称", "昵称", "账号名"), required=True)
UID = Column("uid", "账号ID", ("id", "原始id", "微信号", "account_id"), ("id", "原始id", "微信号"))
KIND = Column("kind", "账号类型", ("类型", "类别", "account_kind"), ("类型", "类别"), without="平台")
ACCOUNT_COLUMNS = (UNIT, PLATFORM, NAME, UID, KIND)


@dataclass(frozen=True)
class Row:
    """A data row: its 1-based number in the file, its cells, and the wanted values by column name ('' where empty)."""

    number: int
    cells: list[str]
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """The header found: its cells, the index of each wanted column, and the data rows below it."""

    sheet: str
    number: int
    heads: list[str]
    columns: dict[str, int]
    rows: list[Row]


def head_key(text: str) -> str:
    """A head as it is compared: NFKC, spaces and bracketed notes dropped, 帐 = 账, case folded."""
    bare = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold().replace("帐", "账")
    return without_notes(bare)[0]


def without_notes(text: str) -> tuple[str, list[str]]:
    """The text without its bracketed notes, and the notes: `微信（政务）` → ('微信', ['政务'])."""
    notes: list[str] = []

    def take(match: re.Match[str]) -> str:
        notes.append(match.group(1).strip())
        return ""

    bare = re.sub(r"[(（\[［【〔]([^()（）\[\]［］【】〔〕]*)[)）\]］】〕]", take, text)
    return bare.strip(), [note for note in notes if note]


def find_header(table: Table, wanted: Sequence[Column]) -> Header:
    """The header is the first row that gives every required column; rows before it are titles.

    `wanted` in order, a column of the file serves once, exact before partial. Raises Refused, naming them, when two
    columns would serve one field, when a required one is missing, or when several sheets have such a header.
    """
    found: list[Header] = []
    best: list[str] = []
    for sheet in table.sheets:
        for index, row in enumerate(sheet.rows[:HEADER_WITHIN]):
            candidates = _candidates(row, wanted)
            present = [column.label for column in wanted if column.required and candidates[column.name]]
            if len(present) > len(best):
                best = present
            if len(present) == sum(column.required for column in wanted):
                found.append(_header(sheet, index, candidates, wanted))
                break
    if not found:
        missing = "、".join(column.label for column in wanted if column.required and column.label not in best)
        raise Refused(f"找不到表头：缺少{missing}列，请核对文件是否选对、列名是否写明。")
    if len(found) > 1:
        titles = "、".join(f"“{header.sheet}”" for header in found)
        raise Refused(f"工作簿里有几张表都有表头（{titles}），请只留一张后重试。")
    return found[0]


def in_order(table: Table, wanted: Sequence[Column]) -> Header:
    """The rows of a table without a header: its columns are `wanted`, in that order; a ragged row ends in blanks."""
    sheet, heads = table.sheets[0], [column.label for column in wanted]
    columns = {column.name: place for place, column in enumerate(wanted)}
    return Header(sheet.title, 0, heads, columns, list(_data(sheet, 0, columns, len(heads))))


def seems_header(row: Sequence[str], wanted: Sequence[Column]) -> bool:
    """Whether a row names two of `wanted` outright: a header, though it may lack a column."""
    heads = [head_key(cell) for cell in row]
    return sum(any(column.is_exact(head) for head in heads) for column in wanted) > 1


def _candidates(row: Sequence[str], wanted: Sequence[Column]) -> dict[str, list[int]]:
    """For each wanted column the indexes that could serve it; the one that does is not offered to later ones."""
    heads = [head_key(cell) for cell in row]
    taken: set[int] = set()
    result: dict[str, list[int]] = {}
    for column in wanted:
        free = [i for i, head in enumerate(heads) if head and i not in taken]
        chosen = [i for i in free if column.is_exact(heads[i])] or [i for i in free if column.is_partial(heads[i])]
        result[column.name] = chosen
        taken.update(chosen[:1])
    return result


def _header(sheet: Sheet, index: int, candidates: dict[str, list[int]], wanted: Sequence[Column]) -> Header:
    heads = sheet.rows[index]
    for column in wanted:
        chosen = candidates[column.name]
        if len(chosen) > 1 and not column.if_clear:
            names = "、".join(f"“{heads[i].strip()}”" for i in chosen)
            raise Refused(f"第 {index + 1} 行有几列都像{column.label}：{names}，请只留一列或改名。")
    columns = {name: chosen[0] for name, chosen in candidates.items() if len(chosen) == 1}
    return Header(sheet.title, index + 1, heads, columns, list(_data(sheet, index + 1, columns, len(heads))))


def _data(sheet: Sheet, start: int, columns: dict[str, int], width: int) -> Iterator[Row]:
    """Rows below the header that count: no empty ones, no totals."""
    for number, cells in enumerate(sheet.rows[start:], start + 1):
        if not counts(cells):
            continue
        padded = cells + [""] * (width - len(cells))
        yield Row(number, padded, {name: padded[i].strip() for name, i in columns.items()})


_TOTAL = re.compile(r"[\s:：]*[合总小][\s:：]*计[\s:：]*")


def counts(cells: Sequence[str]) -> bool:
    """Whether a row below the header is one of data: not empty, and no total."""
    for cell in cells:
        if bare := cell.strip():
            return bare[-1] not in "计:：" or _TOTAL.fullmatch(bare) is None
    return False
