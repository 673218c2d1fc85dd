"""A workbook of receipts (回执表): each row is taken over by itself, so that a bad one stops only itself."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from django.db import IntegrityError, OperationalError

from accounts import policy
from accounts.policy import Action
from filings import exchange, going_up, kind_words
from filings.models import Filing, FilingKind, FilingState, ReceiptResult, System
from zhonglou_media.core.commands import log_fault
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User
from zhonglou_media.core.tables_in import (
    HEADER_WITHIN,
    Column,
    Header,
    Row,
    find_header,
    in_order,
    read_table,
    read_text,
    seems_header,
)
from zhonglou_media.core.tables_out import SheetOut, safe, write_xlsx

COLUMNS = (
    Column("filing", "备案编号", ("备案编号", "区级备案编号", "备案号"), ("备案编号", "备案号"), required=True),
    Column("system", "系统", ("系统", "上级系统", "上级平台"), ("系统", "平台"), without="编号", required=True),
    Column("result", "结果", ("结果", "回执结果", "审核结果", "备案结果"), ("结果",), required=True),
    Column("number", "编号", ("编号", "上级编号", "系统编号", "回执编号"), ("编号",)),
    Column("on", "日期", ("日期", "回执日期", "备案日期", "登记日期"), ("日期",), required=True),
    Column("reason", "原因", ("原因", "退回原因", "理由", "说明"), ("原因", "理由")),
)
RESULTS = {"已备案": ReceiptResult.TAKEN, "退回": ReceiptResult.REFUSED, "上级退回": ReceiptResult.REFUSED}
KIND = "record_receipts"
MAX_PASTED = 200_000  # characters: 500 rows of 400
AT_ONCE = 500  # rows that are pasted; a table may be as long as `tables_in` reads, a worker records it
TAKEN, RETURNED, REJECTED = "taken", "refused", "rejected"
INTERRUPTED = "登记没有做完（系统中断）。已经登记的行不会丢，请重新开始，登记过的行会逐行说明。"
SAMPLE = (  # numbers start at 0001: uploaded as it is, the sample can touch no filing
    ["ZLXMT-2021-0000", "全国", "已备案", "示例-0001", "2021-02-19", ""],
    ["ZLXMT-2021-0000", "全省", "退回", "", "2021-02-19", "责任科室未填（示例）"],
)
_NUMBER = re.compile(r"[A-Z]+-\d{4}-\d+")
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")


@dataclass(frozen=True)
class Rejected:
    """A row that was not taken over, and why."""

    row: Row
    reason: str


@dataclass(frozen=True)
class Told:
    """What came of a row: `outcome`, the filing as people name it, and what followed or why not."""

    row: Row
    outcome: str
    filing: str
    filing_id: int | None
    said: str


@dataclass
class Recorded:
    """What came of a workbook, row by row; as text the line of the command. `read` is the sum of the others."""

    heads: list[str]
    rows: list[Told] = field(default_factory=list)

    @property
    def read(self) -> int:
        return len(self.rows)

    @property
    def taken(self) -> int:
        return sum(told.outcome == TAKEN for told in self.rows)

    @property
    def refused(self) -> int:
        return sum(told.outcome == RETURNED for told in self.rows)

    @property
    def rejected(self) -> list[Rejected]:
        return [Rejected(told.row, told.said) for told in self.rows if told.outcome == REJECTED]

    def __str__(self) -> str:
        return f"read={self.read} taken={self.taken} refused={self.refused} rejected={len(self.rejected)}"


def record(path: Path, *, by: User | None, now: datetime) -> Recorded:
    """Take over the receipts in an xlsx or csv, a transaction a row, in the file's order.

    Raises NotAllowed, Refused when nothing can be read, OSError.
    """
    policy.require(by, Action.RECEIPT)
    return record_rows(parse(path), by=by, now=now)


def parse(path: Path) -> Header:
    """The header and rows of a table. Raises Refused when it holds none."""
    header = find_header(read_table(path), COLUMNS)
    if not header.rows:
        raise Refused("文件里没有回执。")
    return header


def parse_pasted(text: str) -> Header:
    """The rows of what was pasted: below a header such as a table has, or in the order of `COLUMNS` without one.

    Raises Refused, naming the line, when nothing can be read.
    """
    table = read_text(text)
    rows = table.sheets[0].rows
    try:
        header = find_header(table, COLUMNS)
    except Refused:
        if any(seems_header(row, COLUMNS) for row in rows[:HEADER_WITHIN]):
            raise
        header = in_order(table, COLUMNS)
        if not any(_NUMBER.fullmatch(_plain(row.values["filing"]).upper()) for row in header.rows):
            first = next(number for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row))
            order = "、".join(column.label for column in COLUMNS)
            how = f"没有表头时，每行依次是{order}，用制表符或逗号隔开；也可以连表头一起粘贴"
            raise Refused(f"第 {first} 行起认不出备案编号。{how}。") from None
    if not header.rows:
        raise Refused(f"第 {header.number} 行的表头下面没有回执。")
    return header


def record_rows(
    header: Header, *, by: User | None, now: datetime, progress: Callable[[int, int, str], None] | None = None
) -> Recorded:
    """Take over each row by itself; `progress` is told how many of how many are done, between two rows.

    Rows that an earlier run recorded are told so. What `progress` raises leaves the rows before it recorded.
    """
    done = Recorded(header.heads)
    for number, row in enumerate(header.rows):
        if progress is not None:
            progress(number, len(header.rows), "正在逐行登记")
        filing = None
        try:
            filing = _filing(_plain(row.values["filing"]))
            outcome = _record_row(row, filing, by=by, now=now)
        except Refused as refused:
            outcome, said = REJECTED, str(refused)
        except (IntegrityError, OperationalError):  # a fault of the row or of the moment; any other ends the run
            log_fault(f"{__name__}: row {row.number}")
            outcome, said = REJECTED, "数据库出错，这一行没有登记，请稍后重试。"
        else:
            filing.refresh_from_db()
            said = followed(filing, now=now)
        named = f"{filing.number} {filing.account_label}" if filing else row.values["filing"]
        done.rows.append(Told(row, outcome, named, filing.pk if filing else None, said))
    return done


def as_result(done: Recorded) -> dict[str, Any]:
    """What came of a table, as its job keeps it for the page."""
    counts = {"read": done.read, TAKEN: done.taken, RETURNED: done.refused, REJECTED: len(done.rejected)}
    rows = [
        {
            "number": told.row.number,
            "outcome": told.outcome,
            "filing": told.filing,
            "filing_id": told.filing_id,
            "said": told.said,
        }
        for told in done.rows
    ]
    return {**counts, "rows": rows, "to_paste": to_paste(done)}


def to_paste(done: Recorded) -> str:
    """The rows not taken over, to be pasted: `COLUMNS` by tabs below their heads, in quotes where a cell has lines.

    What stood in other columns is not shown on a page. '' when there are none, or more than can be pasted at once.
    """
    if not 0 < len(done.rejected) <= AT_ONCE:
        return ""
    text = io.StringIO()
    lines = csv.writer(text, delimiter="\t", lineterminator="\n")
    lines.writerow([column.label for column in COLUMNS])
    for told in done.rejected:
        lines.writerow([safe(told.row.values.get(column.name, "")) for column in COLUMNS])
    return text.getvalue() if len(text.getvalue()) <= MAX_PASTED else ""


def followed(filing: Filing, *, now: datetime) -> str:
    """What a receipt just recorded did to its filing, and what comes next."""
    if filing.state == FilingState.COMPLETED:
        done = "账号转为“正常运行”" if filing.kind == FilingKind.OPEN else kind_words.of(filing).done
        return f"两个系统均已答复，已办结，{done}，单位会收到通知。"
    if filing.state == FilingState.RETURNED:
        return "已登记上级退回，转“退回修改”，单位会收到通知。"
    if filing.conflict:
        return f"回执已登记，但还不能办结。{filing.conflict}可由负责人撤销通过。"
    return f"回执已登记。{going_up.waited_for(filing, now=now)}{_until(filing, now)}。"


def _until(filing: Filing, now: datetime) -> str:
    """By when the office should be done, or that it should be done already."""
    due = filing.office_due_at
    if due is None:
        return ""
    over = due <= now and not filing.provisional
    return f"，已过办理时限（{due24(due)}）" if over else f"，应在 {due24(due, provisional=filing.provisional)} 前办完"


def _record_row(row: Row, filing: Filing, *, by: User | None, now: datetime) -> str:
    """Take over one receipt; the outcome."""
    given = {name: _plain(value) for name, value in row.values.items()}
    result = RESULTS.get(given["result"])
    if result is None:
        raise Refused(f"结果“{given['result']}”不对，应为“已备案”或“退回”。")
    exchange.take_receipt(
        filing.pk,
        system=_system(given["system"]),
        result=result,
        number=given.get("number", ""),
        on=_date(given["on"]),
        reason=row.values.get("reason", ""),
        by=by,
        now=now,
    )
    return TAKEN if result == ReceiptResult.TAKEN else RETURNED


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


def write_sample(target: Path | IO[bytes]) -> None:
    """The table to fill in, with two rows as examples."""
    write_xlsx(target, [SheetOut("回执表", [column.label for column in COLUMNS], SAMPLE)])
