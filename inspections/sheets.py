"""检查单 (第二十四条): begun with what the facts say, saved while it is filled in, handed in, and what then counts.

Only the assigned checker writes his sheet, and only while the check runs. A result counts when the only checker of the
account handed in, or the second one counted the same of every indicator; two that differ wait for the supervisor
(`decide`). What counts leaves its findings and their rectifications in the same transaction.

Locks: the check, then the sheets of the account, then what `rectifying` takes. Times are aware.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import policy
from accounts.policy import Action
from inspections import check_progress, finding, judging, rectifying
from inspections import telling_sheets as telling
from inspections.indicators import lines_of
from inspections.judging import Typed
from inspections.models import Finding, Indicator, Sheet, SheetState, SpotCheck
from inspections.sheet_rows import (
    as_checker,
    locked_check,
    locked_of,
    mine,
    must_run,
    need,
    prejudge,
    record,
    result_of,
    sheets_of,
    with_names,
)
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import File, User

NOTE = 2000
AT_ONCE = 500  # sheets of one act


@dataclass(frozen=True)
class About:
    """What a checker writes of the whole account: a note, the page he saw and when, a picture (None: as it was)."""

    note: str = ""
    link: str = ""
    seen_at: datetime | None = None
    screenshot: File | None = None
    screenshot_name: str = ""


# --- filling in -----------------------------------------------------------------------------------------------------


def begin(sheet_id: int, *, by: User, now: datetime) -> Sheet:
    """Open a sheet for the first time: what the facts say as of `now` is kept in it. A second time changes nothing.

    Raises NotAllowed (not his), WrongState (the check does not run).
    """
    with transaction.atomic():
        sheet, role = mine(sheet_id, by)
        if sheet.as_of is None:
            prejudge([sheet], lines_of(sheet.spot_check.indicator_set), now=now)
            sheet.save()
            record(sheet, "begin", by=by, role=role, now=now)
    return sheet


def rejudge(sheet_id: int, *, version: int, by: User, now: datetime) -> Sheet:
    """重新预判 as of `now`: what nobody overrode follows the facts. Raises as `save`."""
    with transaction.atomic():
        sheet, role = mine(sheet_id, by, version=version)
        prejudge([sheet], lines_of(sheet.spot_check.indicator_set), now=now)
        _saved(sheet, now)
        record(sheet, "rejudge", by=by, role=role, now=now)
    return sheet


def save(
    sheet_id: int, typed: Mapping[str, Typed], about: About | None = None, *, version: int, by: User, now: datetime
) -> Sheet:
    """Keep what was filled in so far, complete or not; `version` is the one of the page. The new one is returned.

    Raises NotAllowed (not his), WrongState (handed in, or the check does not run), StaleReading (saved elsewhere).
    """
    with transaction.atomic():
        sheet, _ = mine(sheet_id, by, version=version)
        sheet.answers = judging.answered(sheet.answers, lines_of(sheet.spot_check.indicator_set), typed)
        if about is not None:
            sheet.note, sheet.link, sheet.seen_at = about.note.strip()[:NOTE], about.link.strip()[:500], about.seen_at
            if about.screenshot is not None:
                sheet.screenshot, sheet.screenshot_name = about.screenshot, about.screenshot_name[:200]
        _saved(sheet, now)
    return sheet


def rest_clean(sheet_id: int, *, version: int, by: User, now: datetime) -> Sheet:
    """其余都没有发现: what a person judges by hand and has not. What waits for data stays open. Raises as `save`."""
    with transaction.atomic():
        sheet, _ = mine(sheet_id, by, version=version)
        sheet.answers = judging.rest_clean(sheet.answers, lines_of(sheet.spot_check.indicator_set))
        _saved(sheet, now)
    return sheet


def _saved(sheet: Sheet, now: datetime) -> None:
    sheet.version += 1
    sheet.saved_at = now
    sheet.save()


# --- handing in -----------------------------------------------------------------------------------------------------


def submit(sheet_id: int, *, version: int, by: User, now: datetime) -> Sheet:
    """提交结果 of what was saved: scored, and counted where it is the only one or agrees with the other checker's.

    Raises as `save`, and Incomplete with a sentence by code: nothing may be unjudged, overridden without a reason, or
    found without a word.
    """
    with transaction.atomic():
        check, sheets = locked_of(sheet_id)
        sheet = next(row for row in sheets if row.pk == sheet_id)
        role = as_checker(sheet, by, version)
        lines = lines_of(check.indicator_set)
        if errors := judging.errors_of(lines, sheet.answers):
            raise Incomplete(f"还有{len(errors)}项需要判断或说明，改好后才能提交。", errors)
        _hand_in(sheet, lines, now)
        sheet.save()
        _settle(check, sheets, [sheet], lines, by=by, role=role, now=now)
    return sheet


@dataclass(frozen=True)
class Looked:
    """An open sheet with what the facts say now: `problems` are why it must be filled in by itself."""

    sheet: Sheet
    problems: list[Indicator]


@dataclass(frozen=True)
class Cleaned:
    """What one act handed in, and what it left, each with its indicators."""

    done: list[Sheet]
    left: list[Looked]


def of_person(check: SpotCheck, by: User) -> QuerySet[Sheet]:
    """His open sheets of `check`, in the order of the units, with names; not those of accounts that are gone."""
    rows: QuerySet[Sheet] = with_names(check_progress.own(by).filter(spot_check=check))
    return rows.order_by("account__unit__name", "account__name", "pk")


def look_through(rows: Iterable[Sheet], *, now: datetime) -> list[Looked]:
    """Some of `of_person` (AT_ONCE at most), with what the facts say as of `now`, in memory; nothing is kept."""
    return _looked(list(rows)[:AT_ONCE], now=now)


def submit_clean(check_id: int, sheet_ids: Collection[int], *, by: User, now: datetime) -> Cleaned:
    """没有发现问题: hand in those of his open sheets of which neither the facts nor he found anything, in one act.

    What a person judges by hand is taken as 没有发现: he says that he looked. Those with a pre-judged problem, a hint,
    data that are known only until earlier, or something that he filled in and has to explain, are left and returned.
    An account that is no longer in use is passed over. Raises NotAllowed, WrongState, Refused (none named, too many).
    """
    if not sheet_ids:
        raise Refused("没有选中检查单，请先勾选。")
    if len(sheet_ids) > AT_ONCE:
        raise Refused(f"一次最多提交 {AT_ONCE} 张检查单，请分几次提交。")
    with transaction.atomic():
        role = policy.require(by, Action.CHECK)
        check = locked_check(check_id)
        must_run(check)
        lines = lines_of(check.indicator_set)
        his = check_progress.own(by).filter(spot_check=check, pk__in=sheet_ids)
        rows = sheets_of(check, his.values("account"))
        chosen = set(sheet_ids)
        own = [row for row in rows if row.pk in chosen and row.checker_id == by.pk and row.state == SheetState.OPEN]
        looked = _looked(own, now=now, lines=lines)
        done = [row.sheet for row in looked if not row.problems]
        for sheet in done:
            _hand_in(sheet, lines, now)
            sheet.version, sheet.saved_at = sheet.version + 1, now
        Sheet.objects.bulk_update(done, WRITTEN, batch_size=100)
        _settle(check, rows, done, lines, by=by, role=role, now=now)
    return Cleaned(done, [row for row in looked if row.problems])


WRITTEN = (
    "state answers period_from as_of known_until score vetoed passed version saved_at submitted_at".split()  # by an act
)


def _looked(sheets: list[Sheet], *, now: datetime, lines: list[Indicator] | None = None) -> list[Looked]:
    if not sheets:
        return []
    lines = lines if lines is not None else lines_of(sheets[0].spot_check.indicator_set)
    prejudge(sheets, lines, now=now)
    found = []
    for sheet in sheets:
        sheet.answers = judging.rest_clean(sheet.answers, lines)
        codes = {line.code for line in judging.unclean(lines, sheet.answers)}
        codes |= set(judging.errors_of(lines, sheet.answers))
        found.append(Looked(sheet, [line for line in lines if line.code in codes]))
    return found


def _hand_in(sheet: Sheet, lines: Sequence[Indicator], now: datetime) -> None:
    """Scored and closed, unsaved."""
    result = judging.result(lines, sheet.answers, sheet.spot_check.indicator_set)
    sheet.score, sheet.vetoed, sheet.passed = result.points, result.vetoed, result.passed
    sheet.state, sheet.submitted_at = SheetState.SUBMITTED, now


def _settle(
    check: SpotCheck,
    rows: Sequence[Sheet],
    handed_in: Sequence[Sheet],
    lines: Sequence[Indicator],
    *,
    by: User,
    role: str,
    now: datetime,
) -> None:
    """After `handed_in` were written: which results count, their findings, the events, and the rectifications last."""
    counting: list[Sheet] = []
    differing: set[int] = set()  # accounts
    for account_id in dict.fromkeys(sheet.account_id for sheet in handed_in):
        both = [row for row in rows if row.account_id == account_id]
        if any(row.state == SheetState.OPEN or row.counts for row in both):  # one that counts, counts once
            continue
        if all(judging.same(lines, both[0].answers, other.answers) for other in both[1:]):
            counting.append(both[0])
        else:
            differing.add(account_id)
    for sheet in counting:
        sheet.counts = True
    Sheet.objects.filter(pk__in=[sheet.pk for sheet in counting]).update(counts=True)
    found = [row for sheet in counting for row in finding.write(sheet, lines, now=now)]
    counted = {sheet.account_id for sheet in counting}
    for sheet in handed_in:
        detail = result_of(sheet) | {"counts": sheet.account_id in counted, "differs": sheet.account_id in differing}
        event = record(sheet, "submit", by=by, role=role, now=now, from_state=SheetState.OPEN, detail=detail)
        if sheet.account_id in differing:
            telling.differ(sheet, event.seq, by=by, now=now)
    _issue(found, by=by, role=role, now=now)


def _issue(found: list[Finding], *, by: User, role: str, now: datetime) -> None:
    if found:
        rectifying.issue(found, by=by, role=role, now=now)


# --- the supervisor -------------------------------------------------------------------------------------------------


def differing(check: SpotCheck) -> dict[int, list[Sheet]]:
    """两人不一致: account → the sheets that were handed in, none of which counts while none is open. Two queries."""
    second = Sheet.objects.filter(spot_check=check, part=2).values("account")
    found: dict[int, list[Sheet]] = {}
    for sheet in with_names(Sheet.objects.filter(spot_check=check, account__in=second)).order_by("account", "part"):
        found.setdefault(sheet.account_id, []).append(sheet)
    return {pk: both for pk, both in found.items() if is_undecided(both)}


def is_undecided(sheets: Sequence[Sheet]) -> bool:
    """Whether these, all of one account, were handed in, differ, and nobody has decided."""
    return len(sheets) > 1 and all(row.state == SheetState.SUBMITTED and not row.counts for row in sheets)


def reading(sheets: Iterable[Sheet]) -> str:
    """What a page shows of the sheets of an account that a decision stands on."""
    return " ".join(f"{row.pk}.{row.version}.{row.state}.{row.counts:d}" for row in sorted(sheets, key=lambda r: r.pk))


def decide(sheet_id: int, *, reason: str, by: User, now: datetime, read: str | None = None) -> Sheet:
    """认定: of two that differ this one counts, with the reason; its findings and rectifications follow.

    Raises NotAllowed, WrongState (nothing to decide), StaleReading (`read` is not what stands), Refused.
    """
    with transaction.atomic():
        check, sheets = locked_of(sheet_id)
        chosen = next(row for row in sheets if row.pk == sheet_id)
        role = policy.require(by, Action.DECIDE_CHECK, chosen)
        must_run(check)
        if read is not None and read != reading(sheets):
            raise StaleReading("没有办成：您打开页面以后，这个账号的检查单又有变动，请看过现在的结果再认定。", [])
        if not is_undecided(sheets):
            raise WrongState(f"账号“{chosen.account.name}”没有需要认定的不一致结果。")
        chosen.decided_reason = need(reason, "认定的理由")
        chosen.counts, chosen.decided_by = True, by
        chosen.save()
        found = finding.write(chosen, lines_of(check.indicator_set), now=now)
        event = record(
            chosen, "decide", by=by, role=role, now=now, comment=chosen.decided_reason, detail=result_of(chosen)
        )
        telling.decided(sheets, chosen, event.seq, by=by, now=now)
        _issue(found, by=by, role=role, now=now)
    return chosen


def reopen(sheet_id: int, *, reason: str, by: User, now: datetime) -> Sheet:
    """重开: the sheet is its checker's again; what counted of the account is withdrawn, its rectifications revoked.

    Not in a closed check, and not while a closure order or a veto rests on one of its problems: that is revoked first,
    by who can tell what follows. Raises NotAllowed, WrongState, Refused without a reason.
    """
    with transaction.atomic():
        check, sheets = locked_of(sheet_id)
        sheet = next(row for row in sheets if row.pk == sheet_id)
        role = policy.require(by, Action.DECIDE_CHECK, sheet)
        must_run(check)
        if sheet.state != SheetState.SUBMITTED:
            raise WrongState(f"账号“{sheet.account.name}”的检查单还没有提交，不用重开。")
        reason = need(reason, "重开的理由")
        counted = [row for row in sheets if row.counts]
        if why := why_held(finding.held_by(counted, lock=True)):
            raise WrongState(why)
        for row in counted:
            row.counts, row.decided_by, row.decided_reason = False, None, ""
            row.save()
        sheet = next(row for row in sheets if row.pk == sheet_id)
        sheet.state, sheet.submitted_at = SheetState.OPEN, None
        sheet.score = sheet.vetoed = sheet.passed = None
        sheet.version += 1
        sheet.save()
        detail = {"account": sheet.account_id, "withdrawn": _standing(counted)}
        event = record(
            sheet, "reopen", by=by, role=role, now=now, from_state=SheetState.SUBMITTED, comment=reason, detail=detail
        )
        telling.reopened(sheet, reason, event.seq, by=by, now=now)
        finding.withdraw(counted, reason=f"检查单重开：{reason}", by=by, role=role, now=now)
    return sheet


def why_held(held: Sequence[finding.Held]) -> str:
    """Why the sheet is not reopened, in a sentence; '' where nothing rests on it."""
    if not held:
        return ""
    return f"不能重开：这份结果发现的问题已作出{'、'.join(one.words for one in held)}，请先撤销，再重开检查单。"


def _standing(sheets: Collection[Sheet]) -> int:
    return Finding.objects.filter(sheet__in=sheets, withdrawn_at__isnull=True).count()


# --- from one to the next --------------------------------------------------------------------------------------------


def next_open(user: User, after: Sheet | None = None) -> Sheet | None:
    """下一个未核: his next open sheet of a running check, of the same check first, in the order of the units."""
    rows = check_progress.own(user)
    order = ("spot_check__month", "account__unit__name", "account__name", "pk")
    found = list(rows.order_by(*order).values_list("pk", "spot_check", "account__unit__name", "account__name"))
    if after is not None:
        place = (after.account.unit.name, after.account.name, after.pk)
        later = [row for row in found if row[1] == after.spot_check_id and (row[2], row[3], row[0]) > place]
        found = later or [row for row in found if row[0] != after.pk]
    return Sheet.objects.get(pk=found[0][0]) if found else None
