"""Spreadsheets out: the one place that writes cells, so that none is ever taken for a formula.

In xlsx a text is written as a text, unchanged. In a csv, where a program that opens it decides, a text that would start
a formula has an apostrophe before it (`safe`); `back` takes it off again on import: together a bijection.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from .clock import SHANGHAI

_TRIGGERS = "=+-@\t\r\n＝＋－＠|%"
_PADDING = " \u00a0\u3000\ufeff'"
_BAD_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))


@dataclass(frozen=True)
class SheetOut:
    """A sheet to write: its title, the heads of its columns, its rows; `above` are lines of text over the heads."""

    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Any]]
    above: Sequence[str] = ()


def hot(text: str) -> bool:
    """Whether a spreadsheet program might take `text` for a formula or a command."""
    rest = text.lstrip(_PADDING)
    return rest != "" and rest[0] in _TRIGGERS


def safe(value: Any) -> Any:
    """The value for a csv cell, head or title."""
    return "'" + value if isinstance(value, str) and hot(value) else value


def back(text: str) -> str:
    """What `safe` was given."""
    return text[1:] if text[:1] == "'" and hot(text[1:]) else text


def plain(value: Any) -> Any:
    """A value as a cell: moments as Shanghai minutes, days as ISO, yes and no in words, None as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | float | Decimal) else str(value)


def write_xlsx(target: Path | IO[bytes], sheets: Iterable[SheetOut], *, folder: Path | None = None) -> None:
    """Write a workbook, one row in memory at a time; every text is a text cell, whatever it begins with.

    The rows lie on the disk meanwhile: in `folder`, without it in the temporary one of the system.
    Raises OSError that names the file when it cannot be written.
    """
    if isinstance(target, Path):
        with target.open("wb") as file:
            return write_xlsx(file, sheets, folder=folder)
    try:
        _write(target, sheets, folder)
    except FileCreateError as error:  # no OSError itself
        cause = error.args[0]
        raise OSError(cause.errno, cause.strerror, getattr(target, "name", None)) from error


def _write(target: IO[bytes], sheets: Iterable[SheetOut], folder: Path | None) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": False,
        "tmpdir": None if folder is None else str(folder),
    }
    with xlsxwriter.Workbook(target, options) as book:
        head_format = book.add_format({"bold": True, "bg_color": "#EEF2F6", "border": 1})
        quoted = book.add_format({"quote_prefix": True})
        quoted_head = book.add_format({"bold": True, "bg_color": "#EEF2F6", "border": 1, "quote_prefix": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title.translate(_BAD_IN_TITLES).strip("'")[:31] or None)
            top = len(sheet.above)
            page.freeze_panes(top + 1, 0)
            page.set_column(0, max(len(sheet.heads) - 1, 0), 18)
            for number, line in enumerate(sheet.above):
                page.write_string(number, 0, line, quoted if hot(line) else None)
            for column, head in enumerate(sheet.heads):
                page.write_string(top, column, head, quoted_head if hot(head) else head_format)
            for number, row in enumerate(sheet.rows, top + 1):
                for column, value in enumerate(map(plain, row)):
                    if not isinstance(value, str):
                        page.write_number(number, column, value)
                    elif value:
                        page.write_string(number, column, value, quoted if hot(value) else None)
