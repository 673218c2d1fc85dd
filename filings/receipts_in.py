"""A workbook of receipts (回执表): each row is taken over by itself, so that a bad one stops only itself."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO

from django.db import IntegrityError, OperationalError

from accounts import policy
from accounts.policy import Action
from filings import exchange
from filings.models import Filing, ReceiptResult, System
from zhonglou_media.core.commands import log_fault
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User
from zhonglou_media.core.tables_in import Column, Row, find_header, read_table
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

COLUMNS = (
    Column("filing", "备案编号", ("备案编号", "区级备案编号", "备案号"), ("备案编号", "备案号"), required=True),
    Column("system", "系统", ("系统", "上级系统", "上级平台"), ("系统", "平台"), without="编号", required=True),
    Column("result", "结果", ("结果", "回执结果", "审核结果", "备案结果"), ("结果",), required=True),
    Column("number", "编号", ("编号", "上级编号", "系统编号", "回执编号"), ("编号",)),
    Column("on", "日期", ("日期", "回执日期", "备案日期", "登记日期"), ("日期",), required=True),
    Column("reason", "原因", ("原因", "退回原因", "理由", "说明"), ("原因", "理由")),
)
RESULTS = {"已备案": ReceiptResult.TAKEN, "退回": ReceiptResult.REFUSED, "上级退回": ReceiptResult.REFUSED}
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")


@dataclass(frozen=True)
class Rejected:
    """A row that was not taken over, and why."""

    row: Row
    reason: str


@dataclass
class Recorded:
    """What came of a workbook; as text the line of the command. `read` is the sum of the others."""

    heads: list[str]
    taken: int = 0
    refused: int = 0
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.taken + self.refused + len(self.rejected)

    def __str__(self) -> str:
        return f"read={self.read} taken={self.taken} refused={self.refused} rejected={len(self.rejected)}"


def record(path: Path, *, by: User | None, now: datetime) -> Recorded:
    """Take over the receipts in an xlsx or csv, a transaction a row, in the file's order.

    Raises NotAllowed, Refused when nothing can be read, OSError.
    """
    policy.require(by, Action.RECEIPT)
    header = find_header(read_table(path), COLUMNS)
    done = Recorded(header.heads)
    for row in header.rows:
        try:
            result = _record_row(row, by=by, now=now)
        except Refused as refused:
            done.rejected.append(Rejected(row, str(refused)))
        except (IntegrityError, OperationalError):  # a fault of the row or of the moment; any other ends the run
            log_fault(f"{__name__}: row {row.number}")
            done.rejected.append(Rejected(row, "数据库出错，这一行没有登记，请稍后重试。"))
        else:
            done.taken += result == ReceiptResult.TAKEN
            done.refused += result == ReceiptResult.REFUSED
    if not done.read:
        raise Refused("文件里没有回执。")
    return done


def _record_row(row: Row, *, by: User | None, now: datetime) -> ReceiptResult:
    given = {name: _plain(value) for name, value in row.values.items()}
    result = RESULTS.get(given["result"])
    if result is None:
        raise Refused(f"结果“{given['result']}”不对，应为“已备案”或“退回”。")
    exchange.take_receipt(
        _filing(given["filing"]).pk,
        system=_system(given["system"]),
        result=result,
        number=given.get("number", ""),
        on=_date(given["on"]),
        reason=row.values.get("reason", ""),
        by=by,
        now=now,
    )
    return result


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _filing(number: str) -> Filing:
    if not number:
        raise Refused("没有填备案编号。")
    filing = Filing.objects.filter(number=number.upper()).first()
    if filing is None:
        raise Refused(f"没有备案编号为“{number}”的备案，请核对。")
    return filing


def _system(text: str) -> System:
    named = [system for system in System if system.label in text]
    if len(named) != 1:
        raise Refused(f"系统“{text}”不对，应为“全国”或“全省”。")
    return named[0]


def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(text)
    except ValueError:
        raise Refused(f"日期“{text}”不对，应像 2026-11-24。") from None


def write_rejected(done: Recorded, target: Path | IO[bytes]) -> None:
    """The rows not taken over, as they were, with row number and reason."""
    rows: Iterable[list[str | int]] = ([r.row.number, *r.row.cells, r.reason] for r in done.rejected)
    write_xlsx(target, [SheetOut("未登记", ["行", *done.heads, "未登记的原因"], rows)])
