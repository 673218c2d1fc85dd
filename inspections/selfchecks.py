"""季度自查 (第二十四条: 定期自查自评): each quarter a unit judges its accounts by the indicators of the office.

Prefilled with what the facts say, saved as a draft, handed in once and for good. Due at 24:00 of the
`self_check_days`-th day of the quarter, exclusive, as its first day has the setting. Locks: the account, then its
self-check. Times are aware.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from accounts import due_times, policy
from accounts.models import Account
from accounts.models.account import WATCHED
from accounts.policy import Action
from accounts.quarter import Quarter
from inspections import judging, prejudging
from inspections.indicators import in_force, lines_of
from inspections.judging import Typed
from inspections.models import Indicator, SelfCheck, Sheet, SheetState
from inspections.population import checked_accounts
from inspections.sheet_rows import LONGEST, USUAL
from zhonglou_media.core import events
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import User
from zhonglou_media.core.settings_at import setting

NOTE = 2000
AT_ONCE = 200  # accounts of one act


def due(quarter: Quarter) -> datetime:
    """Until when the units check themselves, exclusive; one query."""
    return start_of(quarter.start + timedelta(days=setting("self_check_days", quarter.start)))


def obliged() -> QuerySet[Account]:
    """Accounts that their units check each quarter: those that the office checks too (guided units may, 第三条)."""
    return checked_accounts()


def waiting(quarter: Quarter) -> QuerySet[Account]:
    """Those that have not been handed in."""
    done = SelfCheck.objects.filter(account=OuterRef("pk"), quarter=quarter.start, state=SheetState.SUBMITTED)
    return obliged().exclude(Exists(done))


# --- filling in -----------------------------------------------------------------------------------------------------


def begin(account_id: int, *, by: User, now: datetime) -> SelfCheck:
    """The self-check of this quarter, made with what the facts say as of `now` where there is none yet.

    What another unit began before the account came to this one goes with it.
    Raises NotAllowed, WrongState (the account is not in use), Refused (no indicators in force).
    """
    with transaction.atomic():
        account = _account(account_id)
        role = policy.require(by, Action.SELF_CHECK, account)
        row = _of_quarter([account], now, lock=True).get(account.pk)
        if row is not None and (was := _taken_over(row, account)) is not None:
            row.version += 1
            row.save()
            _event(row, "begin", by=by, role=role, now=now, detail={"was_unit": was})
        if row is None:
            row = _new(account, now, by)
            _prejudge([row], lines_of(row.indicator_set), now=now)
            row.save(force_insert=True)
            _event(row, "begin", by=by, role=role, now=now)
    return row


def rejudge(pk: int, *, version: int, by: User, now: datetime) -> SelfCheck:
    """重新预判 as of `now`. Raises as `save`."""
    with transaction.atomic():
        row, role = _open(pk, by, version, now)
        _prejudge([row], lines_of(row.indicator_set), now=now)
        _saved(row, by, now)
        _event(row, "rejudge", by=by, role=role, now=now)
    return row


def save(
    pk: int, typed: Mapping[str, Typed], *, note: str | None = None, version: int, by: User, now: datetime
) -> SelfCheck:
    """Keep what was filled in so far. Raises NotAllowed, WrongState (handed in), StaleReading (saved elsewhere)."""
    with transaction.atomic():
        row, _ = _open(pk, by, version, now)
        row.answers = judging.answered(row.answers, lines_of(row.indicator_set), typed)
        row.note = row.note if note is None else note.strip()[:NOTE]
        _saved(row, by, now)
    return row


def rest_clean(pk: int, *, version: int, by: User, now: datetime) -> SelfCheck:
    """其余都没有发现: what is judged by hand and was not. Raises as `save`."""
    with transaction.atomic():
        row, _ = _open(pk, by, version, now)
        row.answers = judging.rest_clean(row.answers, lines_of(row.indicator_set))
        _saved(row, by, now)
    return row


def submit(pk: int, *, version: int, by: User, now: datetime) -> SelfCheck:
    """提交自查 of what was saved: scored, and changed no more. Raises as `save`, Incomplete by code."""
    with transaction.atomic():
        row, role = _open(pk, by, version, now)
        lines = lines_of(row.indicator_set)
        if errors := judging.errors_of(lines, row.answers):
            raise Incomplete(f"还有{len(errors)}项需要判断或说明，改好后才能提交。", errors)
        _hand_in(row, lines, by, now)
        row.save()
        _submitted(row, by=by, role=role, now=now)
    return row


# --- a unit without problems ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Looked:
    """An account with what the facts say now: `problems` are why it must be filled in by itself."""

    row: SelfCheck
    problems: list[Indicator]


def look_through(accounts: Sequence[Account], *, by: User, now: datetime) -> list[Looked]:
    """`accounts` (with their platforms) as their self-checks would be handed in as of `now`, in memory."""
    return _looked([row for row, _ in _rows(accounts, by, now)], now=now)


def submit_clean(account_ids: Collection[int], *, by: User, now: datetime) -> tuple[list[SelfCheck], list[Looked]]:
    """没有发现问题: hand in those of which neither the facts nor a person found anything; returns them, and the others.

    Raises NotAllowed (one that is not his), Refused (none named, too many).
    """
    if not account_ids:
        raise Refused("没有选中账号，请先勾选。")
    if len(account_ids) > AT_ONCE:
        raise Refused(f"一次最多提交 {AT_ONCE} 个账号，请分几次提交。")
    with transaction.atomic():
        accounts = [account for account in due_times.lock(account_ids) if account.state in WATCHED]
        taken: dict[int, int] = {}
        roles = {account.pk: policy.require(by, Action.SELF_CHECK, account) for account in accounts}
        pairs = [(row, new) for row, new in _rows(accounts, by, now, lock=True) if row.state == SheetState.OPEN]
        for row, new in pairs:
            if not new and (was := _taken_over(row, row.account)) is not None:
                taken[row.account_id] = was
        looked = _looked([row for row, _ in pairs], now=now)
        clean = {id(found.row) for found in looked if not found.problems}
        done = [row for row, _ in pairs if id(row) in clean]
        lines = lines_of(done[0].indicator_set) if done else []
        for row in done:
            same = lines if row.indicator_set_id == done[0].indicator_set_id else lines_of(row.indicator_set)
            _hand_in(row, same, by, now)
        for row, new in pairs:  # new ones are born with what they came to
            if id(row) in clean:
                row.save(force_insert=new)
        for row in done:
            _submitted(row, by=by, role=roles[row.account_id], now=now, was_unit=taken.get(row.account_id))
    return done, [found for found in looked if found.problems]


def _rows(accounts: Sequence[Account], by: User, now: datetime, *, lock: bool = False) -> list[tuple[SelfCheck, bool]]:
    """The self-checks of this quarter of `accounts`, and whether each is a new one, unsaved."""
    known = _of_quarter(accounts, now, lock=lock)
    rows = []
    shared = None
    for account in accounts:
        row = known.get(account.pk)
        if row is None:
            shared = shared or in_force(day_of(now))
            row = _new(account, now, by, shared)
            rows.append((row, True))
        else:
            row.account = account
            rows.append((row, False))
    return rows


def _looked(rows: list[SelfCheck], *, now: datetime) -> list[Looked]:
    found = []
    for set_id in dict.fromkeys(row.indicator_set_id for row in rows):
        some = [row for row in rows if row.indicator_set_id == set_id]
        lines = lines_of(some[0].indicator_set)
        _prejudge(some, lines, now=now)
        for row in some:
            row.answers = judging.rest_clean(row.answers, lines)
            codes = {line.code for line in judging.unclean(lines, row.answers)}
            codes |= set(judging.errors_of(lines, row.answers))
            found.append(Looked(row, [line for line in lines if line.code in codes]))
    return found


# --- beside the office's result -------------------------------------------------------------------------------------


def office_results(rows: Iterable[SelfCheck]) -> dict[int, Sheet]:
    """Self-check → the office's latest result that counts of the same account and quarter; one query."""
    of = {(row.account_id, row.quarter): row.pk for row in rows}
    if not of:
        return {}
    first, last = min(quarter for _, quarter in of), max(quarter for _, quarter in of)
    until = Quarter((last.year), (last.month - 1) // 3 + 1).next.start
    sheets = Sheet.objects.results().filter(
        account__in={account for account, _ in of}, spot_check__month__gte=first, spot_check__month__lt=until
    )
    found: dict[int, Sheet] = {}
    for sheet in sheets.select_related("spot_check").defer("spot_check__drawn").order_by("spot_check__month"):
        month = sheet.spot_check.month
        quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
        if (pk := of.get((sheet.account_id, quarter))) is not None:
            found[pk] = sheet
    return found


@dataclass(frozen=True)
class Differs:
    """An indicator of which the unit counted otherwise than the office (None: not on that one's list)."""

    code: str
    own: int | None
    office: int | None


def differences(row: SelfCheck, sheet: Sheet) -> list[Differs]:
    """By code, those counted differently."""
    codes = list(dict.fromkeys([*row.answers, *sheet.answers]))
    pairs = ((code, row.answers.get(code, {}).get("count"), sheet.answers.get(code, {}).get("count")) for code in codes)
    return [Differs(code, own, office) for code, own, office in pairs if own != office]


# --- what the use cases share ---------------------------------------------------------------------------------------


def _account(account_id: int) -> Account:
    found = due_times.lock([account_id])
    if not found:
        raise Refused("没有这个账号，请返回重新选择。")
    account = found[0]
    if account.state not in WATCHED:
        raise WrongState(f"账号“{account.name}”现为“{account.get_state_display()}”，不用自查。")
    return account


def _of_quarter(accounts: Iterable[Account], now: datetime, *, lock: bool = False) -> dict[int, SelfCheck]:
    rows = SelfCheck.objects.filter(account__in=list(accounts), quarter=Quarter.of(now).start)
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return {row.account_id: row for row in rows.select_related("indicator_set")}


def _new(account: Account, now: datetime, by: User, shared: Any = None) -> SelfCheck:
    return SelfCheck(
        quarter=Quarter.of(now).start,
        account=account,
        unit_id=account.unit_id,
        indicator_set=shared or in_force(day_of(now)),
        saved_by=by,
        saved_at=now,
    )


def locked(pk: int) -> SelfCheck:
    """The self-check, its row locked."""
    rows = SelfCheck.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("account__platform", "account__unit", "unit", "indicator_set").get(pk=pk)


def _taken_over(row: SelfCheck, account: Account) -> int | None:
    """An open one goes with its account to another unit, unsaved: the unit that began it, None where it is this one."""
    if row.state != SheetState.OPEN or row.unit_id == account.unit_id:
        return None
    was, row.unit = row.unit_id, account.unit
    return was


def why_not(row: SelfCheck, now: datetime) -> str:
    """Why nothing can be written into it any more, in a sentence; '' where it can."""
    if row.state != SheetState.OPEN:
        return f"{row}已由{row.submitted_by}提交，不能再改。"
    account, this = row.account, Quarter.of(now)
    if row.quarter != this.start:
        return f"{row}没有在季度结束前提交，不能再填写；请在“季度自查”中办理{this.label}的自查。"
    if account.state not in WATCHED:
        return f"账号“{account.name}”现为“{account.get_state_display()}”，不用自查。"
    if row.unit_id != account.unit_id:
        return f"账号“{account.name}”已转由{account.unit}主办，由{account.unit}自查。"
    return ""


def _open(pk: int, by: User, version: int, now: datetime) -> tuple[SelfCheck, str]:
    due_times.lock([SelfCheck.objects.values_list("account", flat=True).get(pk=pk)])
    row = locked(pk)
    role = policy.require(by, Action.SELF_CHECK, row)
    if why := why_not(row, now):
        raise WrongState(why)
    if version != row.version:
        at = f"（{row.saved_by}，{row.saved_at.astimezone(SHANGHAI):%H:%M}）" if row.saved_at is not None else ""
        told = f"没有保存：您打开页面以后，这份自查在别处保存过{at}，请刷新页面，在现在的内容上再填。"
        raise StaleReading(told, [])
    return row, role


def _saved(row: SelfCheck, by: User, now: datetime) -> None:
    row.version += 1
    row.saved_at, row.saved_by = now, by
    row.save()


def _prejudge(rows: Sequence[SelfCheck], lines: Sequence[Indicator], *, now: datetime) -> None:
    """What the facts say as of `now`, since the last self-check that was handed in, else 30 days, 92 at most."""
    accounts = [row.account for row in rows]
    before = SelfCheck.objects.filter(account__in=accounts, state=SheetState.SUBMITTED, as_of__lt=now)
    last = dict(before.values_list("account").annotate(Max("as_of")))
    since = {account.pk: max(last.get(account.pk, now - USUAL), now - LONGEST) for account in accounts}
    told = prejudging.prejudge(accounts, lines, since=since, as_of=now)
    for row in rows:
        row.as_of = now
        row.answers = judging.prejudged(row.answers, lines, told.get(row.account_id, {}))


def _hand_in(row: SelfCheck, lines: Sequence[Indicator], by: User, now: datetime) -> None:
    result = judging.result(lines, row.answers, row.indicator_set)
    row.score, row.vetoed, row.passed = result.points, result.vetoed, result.passed
    row.state, row.submitted_by, row.submitted_at = SheetState.SUBMITTED, by, now


def _submitted(row: SelfCheck, *, by: User, role: str, now: datetime, was_unit: int | None = None) -> None:
    counts = {code: answer["count"] for code, answer in row.answers.items() if answer.get("count")}
    detail: dict[str, Any] = {"account": row.account_id, "score": str(row.score), "passed": row.passed, "found": counts}
    if was_unit is not None:
        detail["was_unit"] = was_unit
    _event(row, "submit", by=by, role=role, now=now, from_state=SheetState.OPEN, detail=detail)


def _event(
    row: SelfCheck,
    verb: str,
    *,
    by: User,
    role: str,
    now: datetime,
    from_state: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    events.append(
        row, verb, by=by, role=role, at=now, from_state=from_state or row.state, to_state=row.state, detail=detail
    )
