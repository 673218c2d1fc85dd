"""The register's import: the go-live baseline (filed above before: 正常运行) or accounts found unfiled (第八条).

`plan` judges every row without writing; `import_file` applies the acceptable ones in one transaction, or none. Nothing
here asks the database once a row.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KT

from accounts import due_times, fields, lifecycle, policy
from accounts.models import Account, AccountState, Origin, Unit, UnitName
from accounts.models.account import GONE, ON_PLATFORM, WATCHED
from accounts.models.unit import UnitStatus
from accounts.register_rows import COLUMNS, Line, PlatformWords, read_line
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event, Job, JobState, User
from zhonglou_media.core.names import name_key
from zhonglou_media.core.tables_in import Header, Row, find_header, read_table
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

UNEXPLAINED = "存量待说明"  # 第七条: a second account on the platform, from before the portal
FILLED = ("uid", "kind", "link")  # filed fields that a list can give and an import may fill while they are blank
DOCUMENT_WIDTH = 200
IMPORTED, CHANGED = "import_registry", "changed_accounts"  # the event of a run, and which of its detail tells whom


@dataclass(frozen=True)
class RowRefusal:
    """A row that was not taken: its number and cells as in the file, and why; the account it differs from, if any."""

    number: int
    cells: list[str]
    reason: str
    account_id: int | None = None


@dataclass
class Plan:
    """What an import would do. `new_units` are unsaved and named by accounts of `created`."""

    header: Header
    created: list[Account] = field(default_factory=list)
    changed: list[Account] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RowRefusal] = field(default_factory=list)
    new_units: list[Unit] = field(default_factory=list)


@dataclass(frozen=True)
class ImportResult:
    """What came of an import; `str()` is the line that the command prints."""

    heads: list[str]
    read: int
    created: int
    changed: int
    unchanged: int
    refused: list[RowRefusal]
    new_units: list[str]
    job: Job | None = None

    def __str__(self) -> str:
        return (
            f"read={self.read} created={self.created} changed={self.changed} "
            f"unchanged={self.unchanged} refused={len(self.refused)}"
        )


class NothingAccepted(Refused):
    """No row was acceptable or unchanged; `result` holds each row's reason."""

    def __init__(self, message: str, result: ImportResult) -> None:
        super().__init__(message)
        self.result = result


def import_file(
    path: Path, *, by: User | None, now: datetime, found: bool = False, document: str = "", name: str = ""
) -> ImportResult:
    """Import a list of accounts: the baseline, or with `found` accounts seen but never filed.

    `document` names the source (default: the file's `name`, default that of `path`). Raises NotAllowed, Refused (no
    list of accounts), NothingAccepted, or OSError when the file cannot be read; nothing is changed then.
    """
    role = policy.require(by, policy.Action.IMPORT)
    header = parse(path)
    name = name or path.name
    try:
        with transaction.atomic():
            made = plan(header, found=found, document=(document or name)[:DOCUMENT_WIDTH], lock=True)
            if len(made.refused) == len(header.rows):
                first = made.refused[0]
                raise NothingAccepted(
                    f"{len(header.rows)} 行都不能导入，第 {first.number} 行：{first.reason}。", _result(made)
                )
            return _apply(made, by=by, role=role, now=now, found=found, document=document or name, name=name)
    except IntegrityError as error:
        raise Refused("导入时台账被别人改动，什么也没有导入，请重试。") from error


def parse(path: Path) -> Header:
    """The header and data rows of a list. Raises Refused when the file holds none."""
    header = find_header(read_table(path), COLUMNS)
    if not header.rows:
        raise Refused("表头下面没有账号，什么也没有导入。")
    return header


def plan(header: Header, *, found: bool, document: str = "", lock: bool = False) -> Plan:
    """Judge every row. `lock` keeps the accounts' rows until the transaction ends; a preview does without."""
    words = PlatformWords()
    heads = {column: header.heads[index] for column, index in header.columns.items()}
    lines = [read_line(row, words, heads) for row in header.rows]
    platforms = {line.platform.pk for line in lines if line.platform is not None}
    judge = _Judge(Plan(header), found=found, document=document, platforms=platforms, lock=lock)
    for line in lines:
        judge.take(line)
    return judge.plan


def refused_workbook(result: ImportResult, target: Path | IO[bytes]) -> None:
    """The refused rows as they were, each with its row number and reason, to correct and import again."""
    width = max([len(result.heads), *(len(row.cells) for row in result.refused)])
    heads = [*result.heads, *[""] * (width - len(result.heads))]
    rows = ([row.number, *row.cells, *[""] * (width - len(row.cells)), row.reason] for row in result.refused)
    write_xlsx(target, [SheetOut("未导入的行", ["原行号", *heads, "未导入的原因"], rows)])


class _Judge:
    """Knows the register while a list is gone through; rows before count for rows after."""

    def __init__(self, plan: Plan, *, found: bool, document: str, platforms: Iterable[int], lock: bool) -> None:
        self.plan, self.found, self.document = plan, found, document
        self.units = _units_by_name()
        self.new_units: dict[str, Unit] = {}
        self.by_uid: dict[tuple[int, str], Account] = {}
        self.by_name: dict[tuple[int, str], list[Account]] = defaultdict(list)
        self.cancelled: dict[tuple[int, str], Account] = {}
        self.place_taken: set[tuple[str, int]] = set()  # 第七条: unit and platform, without a reason
        self.row_of: dict[int, int] = {}  # id() of an account → the row of this file that named it
        accounts = Account.objects.filter(platform__in=platforms).exclude(state=AccountState.VOID)
        if lock:
            accounts = accounts.select_for_update(of=("self",))
        for account in accounts.select_related("platform", "unit").order_by("id"):
            self._enter(account)
        self.held = set(
            Account.objects.filter(platform__in=platforms, filings__state__in=fields.LIVE_FILING).values_list(
                "id", flat=True
            )
        )

    def take(self, line: Line) -> None:
        """Judge one row: created, changed, unchanged or refused."""
        try:
            if line.problems:
                raise Refused("；".join(line.problems))
            account = self._account_of(line)
            if account is None:
                self._create(line)
            else:
                self._compare(account, line)
        except _RefusedRow as refused:
            self._refuse(line.row, str(refused), refused.account_id)
        except Refused as refused:
            self._refuse(line.row, str(refused))

    def _refuse(self, row: Row, reason: str, account_id: int | None = None) -> None:
        self.plan.refused.append(RowRefusal(row.number, row.cells, reason, account_id))

    def _enter(self, account: Account) -> None:
        platform, key = account.platform_id, account.name_key
        if account.state in GONE:
            self.cancelled |= {(platform, word): account for word in (key, account.uid) if word}
            return
        if account.uid:
            self.by_uid[platform, account.uid] = account
        self.by_name[platform, key].append(account)
        if account.state in ON_PLATFORM and not account.same_platform_reason:
            self.place_taken.add((name_key(account.unit.name), platform))

    def _account_of(self, line: Line) -> Account | None:
        """By id, else by platform and name; one row of the file for each account."""
        platform = _platform_id(line)
        hits = [self.by_uid[platform, line.uid]] if line.uid and (platform, line.uid) in self.by_uid else []
        if not hits:
            named = self.by_name[platform, name_key(line.name)]
            hits = [account for account in named if not (line.uid and account.uid)]
        if len(hits) > 1:
            raise Refused(f"该平台登记有 {len(hits)} 个账号都叫“{line.name}”，请填写账号ID加以区分")
        if not hits:
            return None
        earlier = self.row_of.setdefault(id(hits[0]), line.row.number)
        if earlier != line.row.number:
            raise Refused(f"与第 {earlier} 行是同一平台的同一账号；如确为两个账号，请填写各自的账号ID")
        return hits[0]

    def _create(self, line: Line) -> None:
        platform = _platform_id(line)
        before = self.cancelled.get((platform, line.uid)) or self.cancelled.get((platform, name_key(line.name)))
        if before is not None and line.uid and before.uid not in ("", line.uid):
            before = None  # a freed name, another account
        if before is not None and not self.found:
            raise Refused("该账号已经注销；如重新开通，请办理新开办备案")
        unit = self._unit(line.unit, make=True)
        account = Account(
            platform=line.platform,
            unit=unit,
            name=line.name,
            name_key=name_key(line.name),
            uid=line.uid,
            kind=line.kind,
            link=line.link,
            followers=line.followers,
            remarks=line.remarks,
            source_document=self.document,
            reborn_of=before,
        )
        place = (name_key(unit.name), platform)
        if not self.found:
            account.same_platform_reason = UNEXPLAINED if place in self.place_taken else ""
            self.place_taken.add(place)
        self.row_of[id(account)] = line.row.number
        self._enter(account)
        self.plan.created.append(account)

    def _compare(self, account: Account, line: Line) -> None:
        """A row found again: blanks are filled, filed fields that differ refuse it."""
        if account.state == AccountState.CLOSED:
            raise _RefusedRow("该账号已经关停；如重新开通，请办理新开办备案", account.pk)
        if account.state == AccountState.UNFILED and not self.found:
            raise _RefusedRow("该账号已登记为未备案，须办理新开办备案，不能按存量导入", account.pk)
        differences = self._differences(account, line)
        if differences:
            raise _RefusedRow(f"与备案不一致：{'；'.join(differences)}。如确有变化，请办理变更报备", account.pk)
        blanks = [name for name in FILLED if getattr(line, name) and not getattr(account, name)]
        if blanks and account.pk in self.held:
            labels = "、".join(fields.label(name) for name in blanks)
            raise _RefusedRow(f"该账号有办理中的备案，{labels}须在备案中补充", account.pk)
        updates = {name: getattr(line, name) for name in blanks}
        if line.followers is not None and line.followers != account.followers:
            updates["followers"] = line.followers
        if line.remarks and line.remarks != account.remarks:
            updates["remarks"] = line.remarks
        if not updates:
            self.plan.unchanged += 1
            return
        for name, value in updates.items():
            setattr(account, name, value)
        if account.state in WATCHED and "kind" in updates:
            account.next_update_due_at = due_times.next_due(account)  # a 服务号 goes by its month
        if "uid" in updates:
            self.by_uid[account.platform_id, account.uid] = account
        self.plan.changed.append(account)

    def _differences(self, account: Account, line: Line) -> list[str]:
        """`label old→new` of each filed field that the row gives otherwise; a key compares names."""
        pairs = []
        unit = self._unit(line.unit, make=False)
        if unit is None or unit.pk != account.unit_id:
            pairs.append(("unit", account.unit.name, line.unit))
        if name_key(line.name) != account.name_key:
            pairs.append(("name", account.name, line.name))
        for name in FILLED:
            old, new = getattr(account, name), getattr(line, name)
            if old and new and old != new:
                shown = Account(**{name: new})
                pairs.append((name, fields.shown(account, name), fields.shown(shown, name)))
        return [f"{fields.label(name)} {old}→{new}" for name, old, new in pairs]

    def _unit(self, name: str, *, make: bool) -> Unit:
        """The unit of this name, now or once; an unknown one is made, 待核, when `make`."""
        key = name_key(name)
        units = self.units.get(key, [])
        if len(units) > 1:
            raise Refused(f"有 {len(units)} 个单位叫过“{name}”，请写现在的全称")
        unit = units[0] if units else self.new_units.get(key)
        if unit is None:
            unit = Unit(name=name, status=UnitStatus.UNCONFIRMED)
            if make:
                self.new_units[key] = unit
                self.plan.new_units.append(unit)
            return unit
        if unit.internal:
            raise Refused(f"“{name}”是内设机构，不得开设账号（第七条），请写主办单位")
        if unit.status == UnitStatus.MERGED:
            raise Refused(f"“{name}”已经撤并，请写承接单位")
        return unit


class _RefusedRow(Refused):
    """A row refused for what an account says."""

    def __init__(self, message: str, account_id: int | None) -> None:
        super().__init__(message)
        self.account_id = account_id


def _platform_id(line: Line) -> int:
    if line.platform is None:
        raise ValueError("a line without a platform is refused before")
    return line.platform.pk


def _units_by_name() -> dict[str, list[Unit]]:
    """Units by each of their names: the present ones first, then short names, then former ones."""
    units = {unit.pk: unit for unit in Unit.objects.all()}
    present = {name_key(unit.name): [unit] for unit in units.values()}
    others: dict[str, list[Unit]] = defaultdict(list)
    short = ((unit.short_name, unit.pk) for unit in units.values() if unit.short_name)
    for name, unit_id in chain(short, UnitName.objects.values_list("name", "unit_id")):
        if units[unit_id] not in others[name_key(name)]:
            others[name_key(name)].append(units[unit_id])
    return {**others, **present}


def runs_that_changed(account: Account) -> QuerySet[Event]:
    """The imports that filled something in on `account`: a run leaves one event, which names the accounts by id."""
    named = rf"[^0-9]{account.pk}[^0-9]"  # in "[3, 17]", as either database writes it
    return Event.objects.filter(verb=IMPORTED).annotate(named=KT(f"detail__{CHANGED}")).filter(named__regex=named)


def _apply(
    plan: Plan, *, by: User | None, role: str, now: datetime, found: bool, document: str, name: str
) -> ImportResult:
    """Write the plan and its one event; the caller holds the transaction."""
    Unit.objects.bulk_create(plan.new_units, batch_size=500)
    UnitName.objects.bulk_create(
        (UnitName(unit=unit, name=unit.name, since=day_of(now)) for unit in plan.new_units), batch_size=500
    )
    created = lifecycle.register(plan.created, origin=Origin.FOUND if found else Origin.BASELINE, now=now)
    Account.objects.bulk_update(plan.changed, [*FILLED, *fields.UNFILED, "next_update_due_at"], batch_size=200)
    result = _result(plan)
    detail = {
        "file": name,
        "document": document,
        "found": found,
        "read": result.read,
        "created": result.created,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "refused": len(result.refused),
        "new_units": result.new_units,
        "accounts": sorted(account.pk for account in [*created, *plan.changed]),
        CHANGED: sorted(account.pk for account in plan.changed),
    }
    job = Job.objects.create(
        kind=IMPORTED, state=JobState.DONE, by=by, created_at=now, started_at=now, finished_at=now, result=detail
    )
    events.append(job, IMPORTED, by=by, role=role, at=now, detail=detail)
    return ImportResult(**{**vars(result), "job": job})


def _result(plan: Plan) -> ImportResult:
    return ImportResult(
        heads=plan.header.heads,
        read=len(plan.header.rows),
        created=len(plan.created),
        changed=len(plan.changed),
        unchanged=plan.unchanged,
        refused=plan.refused,
        new_units=[unit.name for unit in plan.new_units],
    )
