"""Filings as rows of a file, a chunk in memory at a time: one workbook, or a zip of one for all and one a unit."""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from filings.exporting import sheet
from filings.exporting.columns import Column, Names, Row
from filings.exporting.layouts import Layout
from filings.filed import with_values
from filings.models import ExportItem, ExportMark, ExportRequest, Filing, Receipt, ReceiptResult
from zhonglou_media.core.tables_out import plain, write_xlsx

CHUNK = 500  # filings read at once
ALL = "合并"  # the workbook of all units
MAX_NAME = 60  # characters of a workbook's name in the zip
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}

Progress = Callable[[int, int, str], None]


def silent(done: int, total: int, note: str) -> None:
    """Nobody asks how far it is."""


@dataclass
class Written:
    """What went into a file: each filing with its revision and mark as they were read, and each request."""

    filings: dict[int, tuple[int, ExportMark]] = field(default_factory=dict)
    requests: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.filings) + len(self.requests)


def marks(system: str, filings: Iterable[Filing]) -> dict[int, ExportMark]:
    """更新 for what that system took at an earlier revision, or got and did not return since; else by kind: 新增, ….

    A return is of what was sent: it takes away nothing that the system took before.
    """
    revisions = {filing.pk: filing.revision for filing in filings}
    sent: dict[int, set[int]] = {pk: set() for pk in revisions}
    taken: dict[int, set[int]] = {pk: set() for pk in revisions}
    returned = dict.fromkeys(revisions, 0)
    items = ExportItem.objects.filter(system=system, filing__in=list(revisions))
    for pk, revision in items.values_list("filing", "revision"):
        sent[pk].add(revision)
    answers = Receipt.objects.filter(system=system, filing__in=list(revisions))
    for pk, revision, result in answers.values_list("filing", "revision", "result"):
        if result == ReceiptResult.REFUSED:
            returned[pk] = max(returned[pk], revision)
        elif result == ReceiptResult.TAKEN:
            taken[pk].add(revision)

    def is_there(filing: Filing) -> bool:
        had = taken[filing.pk] | {revision for revision in sent[filing.pk] if revision > returned[filing.pk]}
        return any(revision < filing.revision for revision in had)

    return {filing.pk: ExportMark.UPDATE if is_there(filing) else ExportMark(filing.kind) for filing in filings}


def rows(system: str, ids: Sequence[int], requests: Sequence[int], written: Written) -> Iterator[Row]:
    """The filings `ids` and then the `requests`, in that order, as rows; `written` is told what was read.

    A fixed number of queries for each CHUNK of them. A filing changed while its chunk is read counts as it was before:
    its revision is read first, and asked again by whoever records the export.
    """
    names = Names()
    order = 0
    for chunk in chunked(ids):
        found = with_values(Filing.objects.filter(pk__in=chunk)).in_bulk()
        filings = [found[pk] for pk in chunk if pk in found]
        marked = marks(system, filings)
        for filing in filings:
            order += 1
            written.filings[filing.pk] = (filing.revision, marked[filing.pk])
            yield Row(order, marked[filing.pk], filing, None, names)
    for chunk in chunked(requests):
        asked = ExportRequest.objects.select_related("account__unit", "account__platform").in_bulk(chunk)
        for one in (asked[pk] for pk in chunk if pk in asked):
            order += 1
            written.requests.append(one.pk)
            yield Row(order, ExportMark(one.mark), None, one.account, names)


def chunked(ids: Sequence[int]) -> Iterator[list[int]]:
    """`ids` in pieces of CHUNK."""
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def write_book(
    target: IO[bytes], system: str, layout: Layout, found: Iterable[Row], *, folder: Path | None = None
) -> None:
    """One workbook of all rows; what is written on the way lies in `folder`. Raises OSError."""
    lines = ([column.cell(row) for column in layout.columns] for row in found)
    write_xlsx(target, [sheet(system, layout.columns, lines, title=layout.title)], folder=folder)


def write_zip(
    path: Path,
    system: str,
    layout: Layout,
    found: Iterable[Row],
    *,
    rows: int,
    progress: Progress = silent,
) -> None:
    """A zip at `path`: 合并.xlsx with all rows, and a workbook a unit. Each of `rows` is written twice, and so counted.

    The database is read once: what a unit's workbook says is what the one for all said. Whatever is written on the
    way lies in the folder of `path`.
    """
    folder, total = path.parent, 2 * rows
    with (folder / "rows").open("w+b") as spool, zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        units = _Spool(spool, layout.columns)
        lines = _counted(units.keep(found), 0, total, "正在写合并表", progress)
        _add(archive, folder, ALL, system, layout, lines)
        taken = {ALL}
        done = 0
        for unit, places in units.by_unit():
            lines = _counted(units.read(places), rows + done, total, "正在写各单位的表", progress)
            _add(archive, folder, file_name(unit, taken), system, layout, lines)
            done += len(places)
    progress(total, total, "正在保存")


def _counted(lines: Iterable[list[Any]], before: int, total: int, note: str, progress: Progress) -> Iterator[list[Any]]:
    for number, line in enumerate(lines, before):
        progress(number, total, note)
        yield line


def _add(
    archive: zipfile.ZipFile,
    folder: Path,
    name: str,
    system: str,
    layout: Layout,
    lines: Iterable[list[Any]],
) -> None:
    book = folder / "book.xlsx"
    with book.open("w+b") as out:
        write_xlsx(out, [sheet(system, layout.columns, lines, title=layout.title)], folder=folder)
    archive.write(book, f"{name}.xlsx")


class _Spool:
    """The cells of every row in a file, found again by unit: the filings themselves are not kept in memory."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        self._file, self._columns = file, columns
        self._orders = [place for place, column in enumerate(columns) if column.value == "order"]
        self._places: dict[int, tuple[str, list[int]]] = {}

    def keep(self, found: Iterable[Row]) -> Iterator[list[Any]]:
        """The cells of each row, kept as they pass."""
        for row in found:
            cells = [plain(column.cell(row)) for column in self._columns]
            place = self._file.tell()
            self._file.write(json.dumps(cells, default=float).encode() + b"\n")
            self._places.setdefault(row.unit.pk, (row.unit.name, []))[1].append(place)
            yield cells

    def by_unit(self) -> list[tuple[str, list[int]]]:
        """Each unit's name and where its rows lie."""
        return sorted(self._places.values())

    def read(self, places: Sequence[int]) -> Iterator[list[Any]]:
        """The rows that lie at `places`, numbered from 1."""
        for order, place in enumerate(places, 1):
            self._file.seek(place)
            cells = json.loads(self._file.readline())
            for column in self._orders:
                cells[column] = self._columns[column].codes.get(str(order), order)
            yield cells


def file_name(unit: str, taken: set[str]) -> str:
    """A file name for `unit` that any system can hold and that is none of `taken`, to which it is added."""
    plain_name = "".join(c if c.isprintable() else "_" for c in unit.translate(_NOT_IN_NAMES))
    name = plain_name[:MAX_NAME].strip(" .") or "单位"
    if name.lower() in _DEVICES:
        name += "_"
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{name}（{number}）", number + 1
    taken.add(free.lower())
    return free
