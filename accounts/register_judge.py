"""What would become of each row of a list of accounts: the one place for every rule of the register's import.

`plan` judges all rows against the register without writing. A preview shows its rows, an import applies them, and
`canonical` is what both must agree on. Nothing here asks the database once a row.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.db import models

from accounts import due_times, fields
from accounts.models import Account, AccountState, Unit, UnitName
from accounts.models.account import GONE, ON_PLATFORM, WATCHED
from accounts.models.unit import UnitStatus
from accounts.register_rows import Line, PlatformWords, read_line
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.names import name_key
from zhonglou_media.core.tables_in import Header

UNEXPLAINED = "存量待说明"  # 第七条: a second account on the platform, from before the portal
FILLED = ("uid", "kind", "link")  # filed fields that a list can give and an import may fill while they are blank
WRITTEN = (
    "unit",
    "platform",
    "name",
    *FILLED,
    *fields.UNFILED,
    "same_platform_reason",
    "reborn_of",
)  # of a new account


class Outcome(models.TextChoices):
    """What becomes of a row. The last two write nothing and are counted together as refused."""

    CREATED = "created", "新增"
    CHANGED = "changed", "补充"
    UNCHANGED = "unchanged", "不变"
    REFUSED = "refused", "不予导入"
    DIFFERS = "differs", "与备案不一致"


@dataclass(frozen=True)
class Change:
    """A value that would be written: the field, what stands now (None: there is no account yet) and what would."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Judged:
    """A row and what becomes of it: `changes` for one that writes, `reason` for one that is not taken."""

    line: Line
    outcome: Outcome
    account: Account | None = None  # unsaved for a new one
    changes: tuple[Change, ...] = ()
    reason: str = ""

    @property
    def number(self) -> int:
        """The row's number in the file."""
        return self.line.row.number


@dataclass(frozen=True)
class RowRefusal:
    """A row that was not taken: its number and cells as in the file, and why; the account it differs from, if any."""

    number: int
    cells: list[str]
    reason: str
    account_id: int | None = None


@dataclass
class Plan:
    """What an import would do, row by row. `new_units` are unsaved and named by accounts of `created`."""

    header: Header
    rows: list[Judged] = field(default_factory=list)
    new_units: list[Unit] = field(default_factory=list)

    @property
    def created(self) -> list[Account]:
        """The accounts to be entered, unsaved."""
        return self._accounts(Outcome.CREATED)

    @property
    def changed(self) -> list[Account]:
        """The accounts in which something is to be filled in; it stands on the objects already."""
        return self._accounts(Outcome.CHANGED)

    @property
    def unchanged(self) -> int:
        """How many rows say what the register says."""
        return sum(row.outcome == Outcome.UNCHANGED for row in self.rows)

    @property
    def refused(self) -> list[RowRefusal]:
        """The rows that are not taken, those that differ from a filing among them."""
        return [
            RowRefusal(row.number, row.line.row.cells, row.reason, row.account.pk if row.account else None)
            for row in self.rows
            if row.outcome in (Outcome.REFUSED, Outcome.DIFFERS)
        ]

    def _accounts(self, outcome: Outcome) -> list[Account]:
        return [row.account for row in self.rows if row.outcome == outcome and row.account is not None]


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


def canonical(made: Plan) -> list[list[Any]]:
    """Number, outcome, account and exact values of each row: two plans that write the same have the same."""
    return [
        [
            row.number,
            row.outcome.value,
            row.account.pk if row.account else None,
            [[change.name, _exact(change.old), _exact(change.new)] for change in row.changes],
        ]
        for row in made.rows
    ]


def _exact(value: Any) -> Any:
    """A value as it is compared: a row by its id, a unit that is still to be made by its name."""
    if isinstance(value, models.Model):
        return value.pk if value.pk is not None else f"+{value}"
    return value


class _Judge:
    """Knows the register while a list is gone through; rows before count for rows after."""

    def __init__(self, plan: Plan, *, found: bool, document: str, platforms: Iterable[int], lock: bool) -> None:
        self.plan, self.found, self.document = plan, found, document
        self.units = units_by_name()
        self.new_units: dict[str, Unit] = {}
        self.by_uid: dict[tuple[int, str], Account] = {}
        self.by_name: dict[tuple[int, str], list[Account]] = defaultdict(list)
        self.cancelled: dict[tuple[int, str], Account] = {}
        self.place_taken: set[tuple[str, int]] = set()  # 第七条: unit and platform, without a reason
        self.row_of: dict[int, int] = {}  # id() of an account → the row of this file that named it
        accounts = Account.objects.filter(platform__in=platforms).exclude(state=AccountState.VOID)
        if lock:
            accounts = accounts.select_for_update(of=("self",), no_key=True)
        for account in accounts.select_related("platform", "unit").order_by("id"):
            self._enter(account)
        self.held = set(
            Account.objects.filter(platform__in=platforms, filings__state__in=fields.LIVE_FILING).values_list(
                "id", flat=True
            )
        )

    def take(self, line: Line) -> None:
        """Judge one row: created, changed, unchanged, refused or differing from the filing."""
        try:
            if line.problems:
                raise Refused("；".join(line.problems))
            account = self._account_of(line)
            judged = self._create(line) if account is None else self._compare(account, line)
        except _RefusedRow as refused:
            judged = Judged(line, refused.outcome, refused.account, refused.differences, str(refused))
        except Refused as refused:
            judged = Judged(line, Outcome.REFUSED, reason=str(refused))
        self.plan.rows.append(judged)

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

    def _create(self, line: Line) -> Judged:
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
        written = ((name, getattr(account, name)) for name in WRITTEN)
        changes = tuple(Change(name, None, value) for name, value in written if value not in ("", None))
        return Judged(line, Outcome.CREATED, account, changes)

    def _compare(self, account: Account, line: Line) -> Judged:
        """A row found again: blanks are filled, filed fields that differ refuse it."""
        if account.state == AccountState.CLOSED:
            raise _RefusedRow("该账号已经关停；如重新开通，请办理新开办备案", account)
        if account.state == AccountState.UNFILED and not self.found:
            raise _RefusedRow("该账号已登记为未备案，须办理新开办备案，不能按存量导入", account)
        differences = self._differences(account, line)
        if differences:
            told = "；".join(f"{fields.label(d.name)} {d.old}→{d.new}" for d in differences)
            raise _RefusedRow(f"与备案不一致：{told}。如确有变化，请办理变更报备", account, differences)
        blanks = [name for name in FILLED if getattr(line, name) and not getattr(account, name)]
        if blanks and account.pk in self.held:
            labels = "、".join(fields.label(name) for name in blanks)
            raise _RefusedRow(f"该账号有办理中的备案，{labels}须在备案中补充", account)
        updates = {name: getattr(line, name) for name in blanks}
        if line.followers is not None and line.followers != account.followers:
            updates["followers"] = line.followers
        if line.remarks and line.remarks != account.remarks:
            updates["remarks"] = line.remarks
        changes = tuple(Change(name, getattr(account, name), value) for name, value in updates.items())
        for name, value in updates.items():
            setattr(account, name, value)
        if account.state in WATCHED and "kind" in updates:
            account.next_update_due_at = due_times.next_due(account)  # a 服务号 goes by its month
        if "uid" in updates:
            self.by_uid[account.platform_id, account.uid] = account
        return Judged(line, Outcome.CHANGED if changes else Outcome.UNCHANGED, account, changes)

    def _differences(self, account: Account, line: Line) -> tuple[Change, ...]:
        """Each filed field that the row gives otherwise, as people read it; a key compares names."""
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
        return tuple(Change(*pair) for pair in pairs)

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
    """A row refused for what an account says, or for what it says otherwise (`differences`)."""

    def __init__(self, message: str, account: Account, differences: tuple[Change, ...] = ()) -> None:
        super().__init__(message)
        self.account, self.differences = account, differences
        self.outcome = Outcome.DIFFERS if differences else Outcome.REFUSED


def _platform_id(line: Line) -> int:
    if line.platform is None:
        raise ValueError("a line without a platform is refused before")
    return line.platform.pk


def units_by_name() -> dict[str, list[Unit]]:
    """Units by each of their names: the present ones first, then short names, then former ones."""
    units = {unit.pk: unit for unit in Unit.objects.all()}
    present = {name_key(unit.name): [unit] for unit in units.values()}
    others: dict[str, list[Unit]] = defaultdict(list)
    short = ((unit.short_name, unit.pk) for unit in units.values() if unit.short_name)
    for name, unit_id in chain(short, UnitName.objects.values_list("name", "unit_id")):
        if units[unit_id] not in others[name_key(name)]:
            others[name_key(name)].append(units[unit_id])
    return {**others, **present}
