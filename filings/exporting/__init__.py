"""What each upper system wants: the columns that ship with the portal, as data; `sheet` makes a page of rows.

The office arranges others (`layouts.py`); those here count as version 0.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from filings.models import System
from zhonglou_media.core.tables_out import SheetOut

from . import national, provincial
from .columns import Column

COLUMNS: dict[str, tuple[Column, ...]] = {
    System.NATIONAL: national.COLUMNS,
    System.PROVINCIAL: provincial.COLUMNS,
}
TITLES: dict[str, str] = {System.NATIONAL: national.TITLE, System.PROVINCIAL: provincial.TITLE}


def sheet(system: str, columns: Sequence[Column], lines: Iterable[Sequence[Any]], *, title: str = "") -> SheetOut:
    """The page for `system`: the `title` row, if there is one, the heads of `columns`, the cells of each row."""
    return SheetOut(
        title=System(system).label,
        heads=[column.heading for column in columns],
        rows=lines,
        above=[title] if title else [],
    )
