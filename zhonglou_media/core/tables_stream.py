"""Large spreadsheets, a row at a time: what `tables_in` does for lists, for 200,000 rows in constant memory.

A csv is judged first (its encoding, by reading it once) and then read from the disk; an xlsx is parsed by the child
process of `tables_in`, which hands over a line a row. Rows may be read as often as needed.
"""

import codecs
import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, cast

from . import tables_in
from .errors import Refused
from .tables_in import (
    CHILD,
    DAMAGED,
    HEADER_WITHIN,
    MAX_CELL,
    MAX_COLUMNS,
    UNKNOWN,
    Column,
    Sheet,
    Table,
    counts,
    delimiter_of,
    find_header,
    is_workbook,
    preflight,
    too_large,
)
from .tables_out import back

MAX_ROWS = 200_000
MAX_CSV, MAX_XLSX = 64 * 1024 * 1024, 20 * 1024 * 1024
UNPACKED = 600 * 1024 * 1024
CHILD_MEGABYTES, CHILD_SECONDS = 768, 90
_PIECE = 256 * 1024
_BATCH = 2000  # rows in memory at a time
_LINE = 1_000_000  # characters of a record's line

Numbered = tuple[int, list[str]]


@dataclass(frozen=True)
class Limits:
    """What a file may be, and what is said of a larger one; the usual sentences tell to divide it."""

    rows: int  # with the header and what stands above it
    csv: int  # bytes
    xlsx: int
    unpacked: int
    large: str = ""
    heavy: str = "文件超过 {} MB，请分成几个文件。"

    @classmethod
    def usual(cls) -> "Limits":
        """Those of the imports."""
        return cls(MAX_ROWS, MAX_CSV, MAX_XLSX, UNPACKED)

    @property
    def too_large(self) -> Refused:
        """What is raised of too many rows or columns."""
        return Refused(self.large) if self.large else too_large(self.rows)


@dataclass(frozen=True)
class Found:
    """The header: the place of its sheet, its 1-based row there, its cells, and the index of each wanted column."""

    sheet: int
    number: int
    heads: list[str]
    columns: dict[str, int]


# Finds the header in the first rows of the visible sheets. Raises Refused.
Choose = Callable[[list[Sheet]], Found]


@dataclass(frozen=True)
class Rows:
    """The data rows of a file under its header; iterating reads the file, again each time.

    `heads` are the header's cells, `columns` the index of each wanted column. `expected` rows are about to come (0:
    unknown). Raises Refused on the way where the file turns out not to be sound.
    """

    path: Path
    limits: Limits
    number: int
    heads: list[str]
    columns: dict[str, int]
    expected: int
    encoding: str = ""  # '' is an xlsx
    delimiter: str = ","
    sheet: int = 0

    def __iter__(self) -> Iterator[Numbered]:
        """(1-based number in the file, cells); at least as many cells as heads; no empty rows, no totals."""
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[list[Numbered]]:
        """The same, some at a time."""
        width, passed, most = len(self.heads), 0, self.limits.rows
        for records in self._records():
            numbered = [(number, cells) for number, cells in enumerate(records, passed + 1) if counts(cells)]
            passed += len(records)
            if self.number > passed - len(records):
                numbered = [(number, cells) for number, cells in numbered if number > self.number]
            if passed > most and numbered and numbered[-1][0] > most:
                raise self.limits.too_large
            for _, cells in numbered:
                if len(cells) < width:
                    cells += [""] * (width - len(cells))
            yield numbered

    def _records(self) -> Iterator[list[list[str]]]:
        if self.encoding:
            return _csv_records(self.path, self.encoding, self.delimiter, self.limits)
        return _xlsx_records(self.path, self.sheet, self.limits)


def open_rows(path: Path, columns: Sequence[Column]) -> Rows:
    """Find the header of a csv or xlsx file. Raises Refused with what to do, or OSError when it cannot be read."""

    def choose(sheets: list[Sheet]) -> Found:
        header = find_header(Table(sheets), columns)
        place = [sheet.title for sheet in sheets].index(header.sheet)
        return Found(place, header.number, header.heads, header.columns)

    return open_below(path, choose, Limits.usual())


def open_below(path: Path, choose: Choose, limits: Limits) -> Rows:
    """The rows below the header that `choose` finds, as `open_rows` has them."""
    size = path.stat().st_size
    with path.open("rb") as content:
        start = content.read(4096)
    if not start.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe") and size == len(start):
        raise Refused("文件是空的。")
    if is_workbook(start):
        return _open_xlsx(path, size, choose, limits)
    return _open_csv(path, size, choose, limits)


# --- csv ------------------------------------------------------------------------------------------


def _open_csv(path: Path, size: int, choose: Choose, limits: Limits) -> Rows:
    _check_size(size, limits.csv, limits)
    encoding, lines = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        delimiter = delimiter_of(text.read(4096))
    first = next(_csv_records(path, encoding, delimiter, limits), [])[:HEADER_WITHIN]
    found = choose([Sheet("", first)])
    expected = max(lines - found.number, 0)
    return Rows(path, limits, found.number, found.heads, found.columns, expected, encoding, delimiter)


def _encoding(path: Path) -> tuple[str, int]:
    """How the whole file is encoded, and how many lines it has; strictly, as `tables_in` decides it.

    A line that would fill the memory is refused here, so that the rows can be read as fast as the file gives them.
    """
    with path.open("rb") as content:
        marked = content.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        lines, length, last = 0, 0, ""
        with path.open("rb") as content, suppress(UnicodeDecodeError):
            while piece := content.read(_PIECE):
                text = decoder.decode(piece)
                if "\x00" in text:
                    raise Refused(UNKNOWN)
                lines, last = lines + text.count("\n"), text[-1:] or last
                end = max(text.rfind("\n"), text.rfind("\r"))
                length = length + len(text) if end < 0 else len(text) - end
                if length > _LINE:
                    raise Refused("文件里有过长的行，请核对文件是否选对，或另存为 .xlsx。")
            decoder.decode(b"", final=True)
            return encoding, lines + (last != "\n")
    raise Refused(UNKNOWN)


def _csv_records(path: Path, encoding: str, delimiter: str, limits: Limits) -> Iterator[list[list[str]]]:
    with path.open(encoding=encoding, newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            while records := list(islice(reader, _BATCH)):
                if max(map(len, records)) > MAX_COLUMNS:
                    raise limits.too_large
                cells = chain.from_iterable(records)
                if max(map(len, cells), default=0) > MAX_CELL:
                    wide = next(n for n, row in enumerate(records) if any(len(cell) > MAX_CELL for cell in row))
                    raise Refused(f"第 {reader.line_num - len(records) + wide + 1} 行有超过 {MAX_CELL} 个字的单元格。")
                yield [[back(cell) if cell[:1] == "'" else cell for cell in row] for row in records]
        except csv.Error:
            raise Refused(f"第 {reader.line_num} 行的引号不成对或内容过长，请改正或另存为 .xlsx。") from None


# --- xlsx -----------------------------------------------------------------------------------------


def _open_xlsx(path: Path, size: int, choose: Choose, limits: Limits) -> Rows:
    _check_size(size, limits.xlsx, limits)
    with path.open("rb") as content:
        preflight(content, rows=limits.rows, unpacked=limits.unpacked, large=limits.too_large)
    with _child(path, limits) as child:
        sheets = _heads(child, limits)
    if not any(any(row) for _, rows in sheets for row in rows):
        raise Refused("文件里没有内容。")
    found = choose([Sheet(title, rows) for title, rows in sheets])
    return Rows(path, limits, found.number, found.heads, found.columns, 0, sheet=found.sheet)


def _xlsx_records(path: Path, sheet: int, limits: Limits) -> Iterator[list[list[str]]]:
    with _child(path, limits) as child:
        _heads(child, limits)
        requests, lines = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
        requests.write(f"{sheet}\n".encode())
        requests.close()
        while records := [json.loads(line) for line in islice(lines, _BATCH)]:
            if max(map(len, chain.from_iterable(records)), default=0) > MAX_CELL:
                raise Refused(f"有超过 {MAX_CELL} 个字的单元格，请删短后重试。")
            yield records
        _check(child, limits)


def _heads(child: "subprocess.Popen[bytes]", limits: Limits) -> list[tuple[str, list[list[str]]]]:
    line = cast("IO[bytes]", child.stdout).readline()
    if not line:
        _check(child, limits)
        raise Refused(DAMAGED)
    return [(title, rows) for title, rows in json.loads(line)]


def _check(child: "subprocess.Popen[bytes]", limits: Limits) -> None:
    """Raise what the child's end means; a negative status is the kernel's limit."""
    status = child.wait()
    if status:
        raise limits.too_large if status == tables_in.TOO_LARGE or status < 0 else Refused(DAMAGED)


@contextmanager
def _child(path: Path, limits: Limits) -> Iterator["subprocess.Popen[bytes]"]:
    numbers = [str(n) for n in (limits.rows, MAX_COLUMNS, CHILD_MEGABYTES, CHILD_SECONDS, HEADER_WITHIN)]
    with subprocess.Popen(  # noqa: S603 - our own script and interpreter
        [sys.executable, "-I", str(CHILD), str(path.resolve()), *numbers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath},
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _check_size(size: int, limit: int, limits: Limits) -> None:
    if size > limit:
        raise Refused(limits.heavy.format(limit >> 20))
