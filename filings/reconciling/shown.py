"""A run as its page shows it: each line with what is under way about it and the one thing to do; its workbook."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import AccountState, Platform
from filings import export_requests
from filings.models import (
    ExportRequest,
    Filing,
    FilingKind,
    FilingState,
    LineKind,
    Receipt,
    ReceiptResult,
    Reconciliation,
    ReconciliationLine,
)
from filings.models.filing import CLOSINGS
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import Event
from zhonglou_media.core.tables_out import SheetOut, write_xlsx
from zhonglou_media.core.words import SYSTEM_NAMES, SYSTEMS

from . import acting
from .fields import LABELS

NOTES = {
    LineKind.ONLY_HERE: "对方没有，应补录",
    LineKind.ONLY_THERE: "本区没有，应核实",
    LineKind.DIFFERS: "以备案为准，改哪一边由您定",
    LineKind.ALIVE_THERE: "应报送关停",
}
A_TIME = 500


@dataclass
class Row:
    """One line: whose, what differs, what is under way, and what the office can do about it now."""

    line: ReconciliationLine
    name: str
    platform: str
    said: list[str]
    under_way: str = ""
    filing: Filing | None = None
    requested: ExportRequest | None = None
    asked: Event | None = None
    is_new: bool = False
    changed: bool = False  # it was there before and said something else

    @property
    def unit(self) -> str:
        account = self.line.account
        return str(account.unit) if account is not None else self.line.theirs.get("unit", "")

    @property
    def waits(self) -> bool:
        """待下次核对: what is under way, or was exported, accounts for the difference."""
        return bool(self.under_way) or (self.requested is not None and self.requested.batch_id is not None)

    @property
    def since(self) -> str:
        day = day_of(self.line.since)
        return f"{day:%m-%d}" if day.year == day_of(self.line.run.at).year else f"{day:%Y-%m-%d}"

    @property
    def mark(self) -> str:
        """What an export of the account says; '' where there is nothing to export."""
        mark = acting.mark_of(self.line)
        return mark.label if mark is not None else ""

    @property
    def closed_there(self) -> bool:
        return any(name == "state" for name, _, _ in self.line.differences)

    @property
    def ask_id(self) -> str:
        """Of the dialog that asks first: a closure is drafted in the name of the unit."""
        return f"close-{self.line.pk}"

    @property
    def ask_title(self) -> str:
        return f"代{self.unit}起草“{self.name}（{self.platform}）”的关停报备？"

    @property
    def may_ask(self) -> bool:
        """Whether the unit can be asked to change it, or to say that it is closed."""
        return self.line.kind == LineKind.DIFFERS and self.filing is None and self.asked is None

    @property
    def sighting(self) -> str:
        """Where the account is entered as unfiled, with what their list says of it; '' where it is in the register."""
        if self.line.kind != LineKind.ONLY_THERE or self.line.account_id is not None:
            return ""
        system = SYSTEM_NAMES[self.line.run.system]
        known = {name: self.line.theirs.get(name, "") for name in ("platform", "name", "uid", "link")}
        source = {"source": f"与{system}核对：{system}有，本区台账没有"}
        return f"{reverse('accounts:sighting_new')}?{urlencode(known | source)}"


@dataclass
class Group:
    """One of the four lists: how many lines, and those that are shown."""

    kind: LineKind
    title: str
    note: str
    count: int
    rows: list[Row] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def lines_of(run: Reconciliation) -> "QuerySet[ReconciliationLine]":
    """The lines of a run with what a row of the page needs, in order."""
    related = ("run", "account__unit", "account__platform", "noted_by")
    return ReconciliationLine.objects.filter(run=run).select_related(*related).order_by("pk")


def title(kind: LineKind | str, system: str) -> str:
    """只在全国系统: the list's name with that of the system."""
    label = LineKind(kind).label
    if kind == LineKind.ALIVE_THERE:
        return f"本区已关停，{SYSTEM_NAMES[system]}仍正常"
    return label.replace("上级系统", SYSTEM_NAMES[system])


def groups(run: Reconciliation, *, now: datetime, shown: int) -> list[Group]:
    """The four lists, each with its first lines."""
    made = [Group(kind, title(kind, run.system), NOTES[kind], run.counts.get(kind.value, 0)) for kind in LineKind]
    lines = {kind.value: list(lines_of(run).filter(kind=kind)[:shown]) for kind in LineKind}
    told = iter(rows([line for kind in LineKind for line in lines[kind.value]], now=now))
    for group in made:
        group.rows = [next(told) for _ in lines[group.kind.value]]
    return made


def rows(lines: Sequence[ReconciliationLine], *, now: datetime) -> list[Row]:
    """The lines (of one run, by `lines_of`) as rows; six queries, however many they are."""
    if not lines:
        return []
    run = lines[0].run
    accounts = {line.account_id for line in lines if line.account_id is not None}
    filings = _filings(accounts)
    receipts = _receipts(run.system, accounts)
    waiting = {one.account_id: one for one in export_requests.waiting(run.system).filter(account__in=accounts)}
    sent = ExportRequest.objects.filter(system=run.system, account__in=accounts, batch__at__gte=run.at)
    exported = {one.account_id: one for one in sent.select_related("batch").order_by("batch__at")}
    asked = {event.subject_id: event for event in acting.asked_today(accounts, now)}
    platforms = dict(Platform.objects.values_list("code", "name"))
    before = _before(run, lines)
    found = []
    for line in lines:
        row = _row(line, platforms)
        pk = line.account_id
        if pk is not None:
            row.under_way, row.filing = _under_way(line, filings.get(pk), receipts.get(pk, []))
            row.requested = waiting.get(pk) or exported.get(pk)
            row.asked = asked.get(pk)
        row.is_new = run.previous_id is not None and line.since == run.at
        row.changed = line.key in before and before[line.key] != line.differences
        found.append(row)
    return found


def _before(run: Reconciliation, lines: Sequence[ReconciliationLine]) -> dict[str, list[list[str]]]:
    """What lines with differences said in the run before, by key."""
    if run.previous_id is None:
        return {}
    keys = [line.key for line in lines if line.differences]
    return dict(ReconciliationLine.objects.filter(run=run.previous_id, key__in=keys).values_list("key", "differences"))


def _filings(accounts: Iterable[int]) -> dict[int, Filing]:
    """The live filing of each account, its items with it."""
    live = Filing.objects.live().filter(account__in=accounts).prefetch_related("items")
    return {filing.account_id: filing for filing in live if filing.account_id is not None}


def _receipts(system: str, accounts: Iterable[int]) -> dict[int, list[Receipt]]:
    """What `system` took for each account, the last first."""
    taken = Receipt.objects.filter(system=system, result=ReceiptResult.TAKEN, filing__account__in=accounts)
    found: dict[int, list[Receipt]] = defaultdict(list)
    for receipt in taken.select_related("filing").order_by("-on", "-pk"):
        found[receipt.filing.account_id or 0].append(receipt)
    return found


def listed_on(run: Reconciliation) -> date:
    """The day on which the system above wrote the list."""
    return date.fromisoformat(run.counts["listed_on"])


def _under_way(line: ReconciliationLine, live: Filing | None, taken: list[Receipt]) -> tuple[str, Filing | None]:
    """Which filing accounts for the difference, in words; '' and None where none does."""
    system = SYSTEMS[line.run.system]
    listed = listed_on(line.run)
    later = next((one for one in taken if one.on >= listed and _concerns(line, one.filing)), None)
    if later is not None:
        known = "正在办理" if later.filing.is_live else "已办结"
        order = "清单早于回执" if later.on > listed else "清单与回执同日"
        return f"{later.filing.number} {known}，{system} {later.on:%m-%d} 已备案，{order}", later.filing
    if live is None or not _concerns(line, live) or any(one.filing_id == live.pk for one in taken):
        return "", None  # what that system has taken before it wrote the list accounts for nothing
    number = f" {live.number}" if live.number else ""
    return f"{live.get_kind_display()}{number} 在办，现为“{live.get_state_display()}”", live


def _concerns(line: ReconciliationLine, filing: Filing) -> bool:
    """Whether the filing does to the register, or above, what the line is about."""
    if line.kind == LineKind.DIFFERS and filing.kind == FilingKind.CHANGE:
        changed = {item.field for item in filing.items.all()}
        return filing.state == FilingState.DRAFT or bool(changed & {name for name, _, _ in line.differences})
    if line.kind == LineKind.DIFFERS:
        return filing.kind in CLOSINGS and any(name == "state" for name, _, _ in line.differences)
    if line.kind == LineKind.ONLY_HERE:
        return filing.kind != FilingKind.CHANGE
    return True


def _row(line: ReconciliationLine, platforms: dict[str, str]) -> Row:
    account, system = line.account, SYSTEMS[line.run.system]
    if account is not None:
        name, platform = account.name, account.platform.name
    else:
        name = line.theirs.get("name", "")
        platform = platforms.get(line.theirs.get("platform", ""), line.theirs.get("platform", ""))
    return Row(line, name, platform, _said(line, system))


def _said(line: ReconciliationLine, system: str) -> list[str]:
    """What differs, a sentence each."""
    account = line.account
    if line.kind == LineKind.DIFFERS:
        return [f"{LABELS[name]}：本区 {ours}，{system} {theirs}" for name, ours, theirs in line.differences]
    if account is None:
        where = f"清单第 {line.row} 行"
        return [f"{where}，账号ID {uid}" if (uid := line.theirs.get("uid")) else where]
    since = f"{day_of(account.state_since):%Y-%m-%d}"
    if line.kind == LineKind.ALIVE_THERE:
        theirs = line.theirs.get("state") or "在列"
        return [f"本区 {since} {account.get_state_display()}，{system}为“{theirs}”"]
    if line.kind == LineKind.ONLY_THERE:
        return [f"本区台账为“{account.get_state_display()}”，{system}已列入"]
    if account.state == AccountState.PENDING:
        return [f"现为“{account.get_state_display()}”，{system}已有回执，清单里却没有"]
    how = account.number or ("存量入册" if account.origin == "baseline" else "")
    state = "" if account.state == AccountState.ACTIVE else f"现为“{account.get_state_display()}”，"
    return [f"{state}{system}查不到" + (f"（{how}）" if how else "")]


# --- the workbook ---------------------------------------------------------------------------------------------------


def write(run: Reconciliation, broken: Sequence[Sequence[object]], target: Path | IO[bytes], *, now: datetime) -> None:
    """导出差异: a sheet for each list that has lines, and one of the rows that could not be compared."""
    sheets = [
        SheetOut(
            title=LineKind(kind).label,
            heads=("单位", "平台", "账号名称", "账号ID", "差异", "办理情况", "首次发现", "清单的行", "说明"),
            rows=_cells(run, kind, now),
            above=[f"{title(kind, run.system)}（{run.counts.get(kind.value, 0)}处，{day_of(run.at)} 核对）"],
        )
        for kind in LineKind
        if run.counts.get(kind.value)
    ]
    if broken or not sheets:
        heads = ("清单的行", "账号名称", "平台", "不能比对的原因")
        number = run.counts["uncompared"]
        only = f"，只列前{len(broken)}行" if number > len(broken) else ""
        sheets.append(SheetOut("没有比对的行", heads, broken, above=[f"没有比对的行（{number}行{only}）"]))
    write_xlsx(target, sheets)


def _cells(run: Reconciliation, kind: LineKind, now: datetime) -> Iterable[list[object]]:
    lines, last = lines_of(run).filter(kind=kind), 0
    while found := list(lines.filter(pk__gt=last)[:A_TIME]):
        last = found[-1].pk
        for row in rows(found, now=now):
            account = row.line.account
            uid = account.uid if account is not None else row.line.theirs.get("uid", "")
            said = "；".join(row.said)
            yield [
                *(row.unit, row.platform, row.name, uid, said, row.under_way, day_of(row.line.since)),
                *(row.line.row or "", row.line.note),
            ]
