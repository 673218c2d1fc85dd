"""What each upper system wants: a column file a system, as data; `sheet` makes its page."""

from collections.abc import Iterable
from typing import Any

from filings.models import System
from zhonglou_media.core.tables_out import SheetOut

from . import national, provincial
from .columns import STAMP, Column, Row

COLUMNS: dict[str, tuple[Column, ...]] = {
    System.NATIONAL: national.COLUMNS,
    System.PROVINCIAL: provincial.COLUMNS,
}
TITLES: dict[str, str] = {System.NATIONAL: national.TITLE, System.PROVINCIAL: provincial.TITLE}


def sheet(system: str, rows: Iterable[Row]) -> SheetOut:
    """The page for `system`: a title row that says it is 参考, the heads, one row a filing."""
    columns = COLUMNS[system]
    lines: list[list[Any]] = [[value(row) for _, value in columns] for row in rows]
    return SheetOut(
        title=System(system).label,
        heads=[heading for heading, _ in columns],
        rows=lines,
        above=[f"{TITLES[system]}导出表（{STAMP}）"],
    )
