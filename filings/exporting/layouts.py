"""导出格式: the columns of one system's file as the office arranged them; version 0 ships with the portal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import policy
from accounts.policy import Action
from filings.models import ExportLayout, System
from zhonglou_media.core import events
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User

from . import COLUMNS, TITLES
from .columns import STAMP, VALUES, Column

MAX_COLUMNS = 64
MAX_HEADING, MAX_SAID, MAX_CODE, MAX_TITLE = 40, 60, 40, 100


@dataclass(frozen=True)
class Layout:
    """The columns in use for a system, their version (0: as they ship), and the line above the heads ('': none)."""

    version: int
    columns: tuple[Column, ...]
    title: str = ""


def built_in(system: str) -> Layout:
    """What ships with the portal: its title row says that it is 参考."""
    return Layout(0, COLUMNS[system], f"{TITLES[system]}导出表（{STAMP}）")


def in_use(system: str) -> Layout:
    """What the next export to `system` is written by. Raises Refused when it names a value that is no more."""
    last = history(system).first()
    return of(last) if last else built_in(system)


def of(layout: ExportLayout) -> Layout:
    """A stored layout. Raises Refused when it names a value that is no more."""
    columns = columns_of(layout)
    for place, column in enumerate(columns, 1):
        if column.value not in VALUES:
            raise Refused(f"{layout}的第{place}列“{column.heading}”取的内容已经没有了，请重新编排导出格式。")
    return Layout(layout.version, columns, layout.title)


def columns_of(layout: ExportLayout) -> tuple[Column, ...]:
    """The columns of a stored layout, whether or not their values are there still."""
    return tuple(Column(one["heading"], one["value"], one["codes"]) for one in layout.columns)


def history(system: str) -> QuerySet[ExportLayout]:
    """All versions, the one in use first."""
    return ExportLayout.objects.filter(system=system).select_related("by").order_by("-version")


def faults(columns: Sequence[Column], title: str = "") -> list[tuple[int, str]]:
    """What stands against these columns: the place of the column from 1 (0: of all of them), and a sentence."""
    found: list[tuple[int, str]] = []
    if len(title) > MAX_TITLE or not title.isprintable():
        found.append((0, f"表头上面的一行超过{MAX_TITLE}个字，或含有不可见的字符。"))
    if not columns:
        found.append((0, "至少要有一列。"))
    if len(columns) > MAX_COLUMNS:
        found.append((0, f"最多 {MAX_COLUMNS} 列，现有 {len(columns)} 列。"))
    headings: dict[str, int] = {}
    for place, column in enumerate(columns, 1):
        found += [(place, f"第{place}列{said}") for said in _faults(column)]
        first = headings.setdefault(column.heading, place)
        if column.heading and first != place:
            found.append((place, f"第{place}列的表头“{column.heading}”与第{first}列相同。"))
    return found


def _faults(column: Column) -> list[str]:
    said = []
    if not column.heading:
        said.append("没有填表头。")
    elif len(column.heading) > MAX_HEADING or not column.heading.isprintable():
        said.append(f"的表头超过{MAX_HEADING}个字，或含有不可见的字符。")
    if column.value not in VALUES:
        said.append("没有选取什么内容。")
    for text, code in column.codes.items():
        if not text or not code:
            said.append("的代码有一行没有写全，应为“说法=代码”。")
        elif len(text) > MAX_SAID or len(code) > MAX_CODE or not f"{text}{code}".isprintable():
            said.append(f"的代码“{text[:10]}”太长，或含有不可见的字符。")
    return said


def save(
    system: str, columns: Sequence[Column], *, title: str = "", base: int, note: str, by: User, now: datetime
) -> ExportLayout:
    """编排导出格式: a new version, which the next export is written by; `base` is the version it was made from.

    `title`: the line above the heads, '' for none.
    Raises NotAllowed, Refused that names the first fault, WrongState when somebody saved another one since.
    """
    system, note, title = System(system), note.strip(), title.strip()
    try:
        with transaction.atomic():
            role = policy.require(by, Action.EXPORT_LAYOUT)
            if said := faults(columns, title):
                raise Refused(said[0][1])
            last = history(system).first()
            if last is not None and last.version != base:
                raise _meanwhile(last)
            made = ExportLayout.objects.create(
                system=system,
                version=base + 1,
                columns=stored(columns),
                title=title,
                note=note[:200],
                by=by,
                at=now,
            )
            detail = {"system": system.value, "version": made.version, "columns": len(columns)}
            events.append(made, "arrange", by=by, role=role, at=now, comment=made.note, detail=detail)
    except IntegrityError:  # both found the same last version
        last = history(system).first()
        if last is None or last.version == base:
            raise
        raise _meanwhile(last) from None
    return made


def _meanwhile(last: ExportLayout) -> WrongState:
    return WrongState(
        f"没有保存：您打开本页以后，已另存了第{last.version}版。您改的还在下面，请对照那一版核对后再保存一次。",
        by=last.by,
        at=last.at,
    )


def stored(columns: Sequence[Column]) -> list[Mapping[str, Any]]:
    """The columns as a layout keeps them."""
    return [{"heading": one.heading, "value": one.value, "codes": dict(one.codes)} for one in columns]
