"""The import of activity: publications, messages or follower counts of many accounts from a file (第十四、十五条).

First every row is read and judged outside any transaction; then one transaction locks the accounts and writes with a
few statements (`activity_sql`), however many rows: all that can be taken, or nothing. The same file again is no change.
What was typed before and now comes from the platform stays one fact (`activity_adopt`).

数据截至 moves for the accounts named in the file, to `known_until` or else the latest time in it; a row that names an
account and nothing else says 本期无发布 (本期无留言). It stays for an account of which a row was refused, except one
that repeats another in all values, and where a name that the register has not looks like its own: what is missing
there is not known not to have happened.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Subquery

from accounts import activity_adopt, activity_days, activity_sql, due_times, policy
from accounts.activity_accounts import AccountIndex, Unknown
from accounts.activity_adopt import Pair
from accounts.activity_heads import SILENT_WORDS, ActivityKind, heads_of, open_activity
from accounts.activity_rows import Line, Reader
from accounts.activity_shown import ROWS_SHOWN, Heads, Refusal, kept
from accounts.activity_spool import Spool
from accounts.models import Account, AccountState, Followers
from zhonglou_media.core import events
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User
from zhonglou_media.core.tables_stream import Rows

VERB = "import_activity"
HELD_SHOWN = 200
NAMES_SHOWN = 3
_CELLS = re.compile(r"“(.*”|.*$)", re.DOTALL)
KNOWN_UNTIL = {
    ActivityKind.PUBLICATIONS: "posts_known_until",
    ActivityKind.MESSAGES: "messages_known_until",
}

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ActivityResult:
    """What came of an import; `str()` is the line that the command prints."""

    kind: ActivityKind
    read: int
    created: int
    changed: int
    unchanged: int
    refused: int
    silent: int  # rows that say 本期无发布 or 本期无留言, among the unchanged
    accounts: int  # named by rows that were taken
    held: tuple[str, ...]  # accounts whose 数据截至 stayed, by name
    held_why: tuple[str, ...]  # the first row of each that was refused, and why
    known_until: datetime | None = None
    moved: int = 0  # accounts whose 数据截至 moved
    heads: Heads = field(default_factory=Heads)
    rows: tuple[Refusal, ...] = ()  # the first that were refused

    def __str__(self) -> str:
        return (
            f"read={self.read} created={self.created} changed={self.changed} "
            f"unchanged={self.unchanged} refused={self.refused}"
        )

    def detail(self) -> dict[str, Any]:
        """As the history keeps it."""
        counted = {name: value for name, value in vars(self).items() if name not in ("heads", "rows")}
        return counted | {
            "kind": self.kind.value,
            "held": list(self.held[:HELD_SHOWN]),
            "held_why": list(self.held_why[:HELD_SHOWN]),
            "held_count": len(self.held),
            "known_until": self.known_until and self.known_until.isoformat(),
        }

    def shown(self) -> dict[str, Any]:
        """As a job keeps it, to be shown."""
        return self.detail() | kept(self.heads, self.rows)


class NothingAccepted(Refused):
    """No row was acceptable or unchanged; nothing was written."""

    def __init__(self, message: str, result: ActivityResult) -> None:
        super().__init__(message)
        self.result = result


@dataclass
class _Reading:
    """What phase 1 found out."""

    kind: ActivityKind
    accounts: AccountIndex
    heads: Heads
    read: int = 0
    taken: int = 0
    silent: int = 0
    first_refusal: str = ""
    latest: datetime | None = None

    def __post_init__(self) -> None:
        self.named: set[int] = set()
        self.held: dict[int, str] = {}  # account → the first row that holds it
        self.unknown: dict[Unknown, str] = {}  # names that the register has not → the first row
        self.notes: dict[Unknown, str] = {}  # what is to be said of them
        self.shown: list[tuple[Line, tuple[str, ...], str]] = []  # first refused: its account's cells, and why
        self.pairs: list[Pair] = []  # of typed rows and rows of the file

    def refuse(self, line: Line, who: tuple[str, ...]) -> None:
        """Remember whose 数据截至 the row holds; without its cells, which may be a citizen's words."""
        bare = _CELLS.sub("", line.problem.partition("；")[0])
        reason = f"第 {line.number} 行：{bare}"
        told = bare if self.kind == ActivityKind.MESSAGES else line.problem
        self.first_refusal = self.first_refusal or f"第 {line.number} 行：{told}"
        if len(self.shown) < ROWS_SHOWN:
            self.shown.append((line, who, told))
        if line.repeated:
            return
        for account in line.accounts:
            self.held.setdefault(account, reason)
        if line.unknown:
            self.unknown.setdefault(line.unknown, reason)

    def hold_lookalikes(self) -> None:
        """A name that the register has not may be one of those beside it, mistyped."""
        for unknown, alike in self.accounts.lookalikes(self.unknown, self.named).items():
            for account in alike:
                self.held.setdefault(account, self.unknown[unknown])
            if alike:
                named = "、".join(f"“{self.accounts.name(account)}”" for account in alike[:NAMES_SHOWN])
                more = "等" if len(alike) > NAMES_SHOWN else ""
                self.notes[unknown] = f"（可能是{named}{more}，其数据截至没有移动）"

    def result(self, created: int = 0, changed: int = 0, **more: Any) -> ActivityResult:
        held = self.held if self.kind in KNOWN_UNTIL else {}
        named = sorted((self.accounts.name(pk), reason) for pk, reason in held.items())
        return ActivityResult(
            kind=self.kind,
            read=self.read,
            created=created,
            changed=changed,
            unchanged=self.taken - created - changed,
            refused=self.read - self.taken,
            silent=self.silent,
            accounts=len(self.named),
            held=tuple(name for name, _ in named),
            held_why=tuple(reason for _, reason in named),
            heads=self.heads,
            rows=tuple(
                Refusal(line.number, who, why + (self.notes.get(line.unknown, "") if line.unknown else ""))
                for line, who, why in self.shown
            ),
            **more,
        )


def import_activity(
    path: Path,
    *,
    kind: str,
    by: User | None,
    now: datetime,
    known_until: datetime | None = None,
    progress: Progress | None = None,
    before_commit: Callable[[ActivityResult], None] | None = None,
    refused_to: Path | None = None,
    name: str = "",
) -> ActivityResult:
    """Import the file at `path` (called `name`); the refused rows go as a workbook to `refused_to`.

    `progress` is told rows read, rows expected (0: unknown) and what is being done; `before_commit` is called within
    the transaction. Raises NotAllowed, Refused (the file as a whole), NothingAccepted, or OSError; nothing is written.
    """
    role = policy.require(by, policy.Action.IMPORT_ACTIVITY)
    what = ActivityKind(kind)
    if known_until is not None and known_until > now:
        raise Refused("数据截至不能晚于现在。")
    rows = open_activity(path, what)
    with Spool() as spool:
        reading = _read(rows, what, spool, by=by, now=now, progress=progress)
        if refused_to is not None:
            spool.workbook(rows.heads, refused_to, reading.notes)
        until = min(known_until or reading.latest or now, now)
        _check(reading, what, has_time=known_until is not None or reading.latest is not None)
        if progress is not None:
            progress(reading.read, reading.read, "正在写入")
        try:
            with transaction.atomic():
                result = _write(reading, what, spool, by=by, until=until, now=now)
                if before_commit is not None:
                    before_commit(result)
                detail = {"file": name or path.name, **result.detail()}
                events.append(VERB, VERB, by=by, role=role, at=now, detail=detail)
                return result
        except IntegrityError as error:
            raise Refused("导入时数据被别人改动，什么也没有导入，请重试。") from error


def _read(
    rows: Rows, kind: ActivityKind, spool: Spool, *, by: User | None, now: datetime, progress: Progress | None
) -> _Reading:
    """Phase 1: every row judged; the good ones in the spool, ready for the database."""
    reading = _Reading(kind, AccountIndex(by), heads_of(rows, kind))
    reader = Reader(rows, kind, reading.accounts, spool, now)
    for batch in rows.batches():
        good: list[str] = []
        for line in reader.read(batch):
            if line.problem:
                spool.refuse(line.number, line.cells, line.problem, line.unknown)
                reading.refuse(line, reader.who(line.cells))
                continue
            reading.taken += 1
            reading.named.add(line.account)
            if line.silent:
                reading.silent += 1
            else:
                good.append(line.row)
        spool.add(good)
        reading.read += len(batch)
        if progress is not None:
            progress(reading.read, max(rows.expected, reading.read), "正在逐行核对")
    reading.latest = reader.latest
    if kind in KNOWN_UNTIL:
        reading.hold_lookalikes()
    reading.pairs = activity_adopt.pairs(kind, spool, reading.named)
    return reading


def _check(reading: _Reading, kind: ActivityKind, *, has_time: bool) -> None:
    """Refuse what as a whole says nothing."""
    if not reading.read:
        raise Refused("表头下面没有数据，什么也没有导入。")
    if not reading.taken:
        raise NothingAccepted(f"{reading.read} 行都不能导入，{reading.first_refusal}。", reading.result())
    if reading.taken > reading.silent:
        return
    if kind not in KNOWN_UNTIL:
        raise Refused("没有一行写了日期和粉丝数，什么也没有导入。")
    if not has_time:
        raise Refused(f"每一行都只写了账号（{SILENT_WORDS[kind]}），文件里没有时间；请写明数据截至何时，再导入。")


def _write(
    reading: _Reading, kind: ActivityKind, spool: Spool, *, by: User | None, until: datetime, now: datetime
) -> ActivityResult:
    """Phase 2; the caller holds the transaction."""
    accounts = due_times.lock_many(reading.named)
    if any(a.state == AccountState.VOID or not policy.may(by, policy.Action.IMPORT_ACTIVITY, a) for a in accounts):
        raise WrongState("导入时台账被别人改动，什么也没有导入，请重试。")
    activity_sql.load(kind, spool)
    counted = activity_sql.compare(kind, now, activity_adopt.apply(kind, reading.pairs))
    if counted.clashes:
        raise WrongState("导入时有留言被别人登记，什么也没有导入，请重试。")
    activity_sql.write(kind)
    ids = [account.pk for account in accounts]
    if kind == ActivityKind.FOLLOWERS:
        _copy_followers(ids)
        return reading.result(counted.created, counted.changed)
    if counted.days is not None:
        recount = activity_days.recount_posts if kind == ActivityKind.PUBLICATIONS else activity_days.recount_messages
        recount(ids, *counted.days)
    if kind == ActivityKind.PUBLICATIONS:
        due_times.recompute(ids)
    column = KNOWN_UNTIL[kind]
    behind = [
        account.pk
        for account in accounts
        if account.pk not in reading.held and ((known := getattr(account, column)) is None or known < until)
    ]
    Account.objects.filter(pk__in=behind).update(**{column: until})
    return reading.result(counted.created, counted.changed, known_until=until, moved=len(behind))


def _copy_followers(ids: list[int]) -> None:
    """粉丝数 of an account is that of its latest day."""
    of_account = Followers.objects.filter(account=OuterRef("pk"))
    latest = Subquery(of_account.order_by("-day").values("count")[:1])
    Account.objects.filter(Exists(of_account), pk__in=ids).update(followers=latest)
