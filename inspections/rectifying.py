"""整改 (第二十四条): issued → submitted → verified, or back to issued; revoked when its finding is withdrawn.

Each use case locks the rectification, looks at its state under the lock, writes, and appends its event last. Times are
aware; `due_at` is exclusive. What the supervisor decides of a problem that is not put right: `inspections/deciding.py`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from accounts import policy
from accounts.models import Unit
from accounts.policy import Action
from inspections import lateness, rectify_due
from inspections import telling_rectified as telling
from inspections.models import Finding, Rectification, RectificationProof, RectificationState, UpperFinding
from inspections.models.rectification import OPEN_RECTIFICATIONS, RECTIFICATION_PAIRS
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Counter, File, User

PREFIX = "钟政办新媒改"
WIDTH = 300  # of a problem in one line
MOST_PROOFS = 10
S = RectificationState


@dataclass(frozen=True)
class Proof:
    """A stored file (`core.files.store`) and what its sender called it."""

    file: File
    name: str


# --- from the office to the unit ------------------------------------------------------------------------------------


def issue(findings: Iterable[Finding], *, by: User | None, role: str, now: datetime) -> list[Rectification]:
    """下达整改通知 for the problems that can be put right (`Indicator.to_rectify`), one each; returns those.

    For the use case that has just made `findings` (with `indicator` and `account`): inside its transaction, under its
    locks and its policy, whose `role` it hands on. To the unit of the finding, due at 24:00 of the `rectify_days`-th
    working day after today. The unit is told once an account. Appends an event each, so call it after all other writes.
    """
    wanted = [finding for finding in findings if finding.indicator.to_rectify]
    if not wanted:
        return []
    due = due_from(now)
    rows = [
        Rectification(
            number=number,
            finding=finding,
            account=finding.account,
            unit_id=finding.unit_id,
            problem=problem_of(finding),
            due_at=due.at,
            provisional=due.provisional,
        )
        for number, finding in zip(_take_numbers(len(wanted), now), wanted, strict=True)
    ]
    return _issue(rows, by=by, role=role, now=now)


def issue_for_upper(
    upper: UpperFinding, *, unit: Unit, due_at: datetime, demand: str, by: User | None, role: str, now: datetime
) -> Rectification:
    """The same for a finding from above that is handed to `unit`, due at `due_at` (exclusive); see `issue`."""
    (number,) = _take_numbers(1, now)
    row = Rectification(
        number=number,
        upper=upper,
        account=upper.account,
        unit=unit,
        problem=shortened(upper.text),
        demand=demand.strip(),
        due_at=due_at,
        provisional=rectify_due.named(due_at, upper).provisional,
    )
    return _issue([row], by=by, role=role, now=now)[0]


def _issue(rows: list[Rectification], *, by: User | None, role: str, now: datetime) -> list[Rectification]:
    told: dict[tuple[int, int | None], list[Rectification]] = defaultdict(list)
    for row in rows:
        row.issued_at, row.issued_by = now, by
        row.save(force_insert=True)
        told[row.unit_id, row.account_id].append(row)
    seqs = {}
    for row in rows:
        detail = {"account": row.account_id, "due_at": row.due_at.isoformat(), "provisional": row.provisional}
        detail["problem"] = row.problem
        detail |= {"finding": row.finding_id} if row.finding_id else {"upper": row.upper_id}
        event = events.append(row, "issue", by=by, role=role, at=now, to_state=row.state, detail=detail)
        seqs[row.pk] = event.seq
    for of_account in told.values():
        telling.tell_issued(of_account, seqs[of_account[0].pk], by=by, now=now)
    return rows


def due_from(now: datetime) -> rectify_due.Due:
    """24:00 of the `rectify_days`-th working day after the Shanghai day of `now`, exclusive (本区设定)."""
    return rectify_due.counted(day_of(now), rectify_due.FIRST)


def problem_of(finding: Finding) -> str:
    """A finding in one line: the indicator, how often, and what was seen."""
    often = f"（{finding.count} {finding.indicator.unit_word}）" if finding.count > 1 else ""
    seen = f"：{finding.evidence}" if finding.evidence.strip() else ""
    return shortened(f"{finding.indicator.name}{often}{seen}")


def shortened(text: str) -> str:
    """One line of at most 300 characters."""
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _take_numbers(n: int, now: datetime) -> list[str]:
    """The next `n` numbers of the Shanghai year: 钟政办新媒改〔2026〕3号. Locks the year's counter."""
    year = day_of(now).year
    Counter.objects.get_or_create(key=f"rectification-{year}")
    counter = Counter.objects.select_for_update().get(key=f"rectification-{year}")
    first, counter.last = counter.last + 1, counter.last + n
    counter.save()
    return [f"{PREFIX}〔{year}〕{last}号" for last in range(first, first + n)]


def remind(pk: int, *, by: User, now: datetime) -> Rectification:
    """催办: the unit's operators and leaders are told again, at most once a day.

    Raises NotAllowed, WrongState (answered, ended, or reminded today).
    """
    with transaction.atomic():
        row = locked(pk)
        role = policy.require(by, Action.VERIFY_RECTIFICATION, row)
        if row.state != S.ISSUED:
            raise wrong_state(row)
        if reminded_today(row, now):
            raise WrongState(f"整改 {row} 今天已经催办过，一天只催办一次。", at=row.reminded_at)
        row.reminded, row.reminded_at = row.reminded + 1, now
        row.save()
        finish(row, "remind", by=by, role=role, now=now)
    return row


def revoke_for(
    findings: Collection[Finding], *, reason: str, by: User | None, role: str, now: datetime
) -> list[Rectification]:
    """撤销 the open rectifications of findings that are withdrawn; inside the caller's transaction and policy.

    What was verified stays verified. Returns those revoked; raises Refused without a reason.
    """
    reason = need(reason, "撤销整改的理由")
    rows = Rectification.objects.select_for_update(of=("self",), no_key=True).select_related("unit", "account")
    chosen = list(rows.filter(finding__in=findings, state__in=OPEN_RECTIFICATIONS).order_by("pk"))
    for row in chosen:
        source, row.state = row.state, S.REVOKED
        row.revoked_at, row.revoked_reason = now, reason
        row.save()
        finish(row, "revoke", by=by, role=role, now=now, from_state=source, comment=reason)
    return chosen


# --- the unit's answer, and what the office says of it --------------------------------------------------------------


def answer(
    pk: int, *, text: str, proofs: Sequence[Proof], by: User, now: datetime, read: str | None = None
) -> Rectification:
    """答复整改: what was done, and files that show it; until it is verified another answer takes its place.

    An answer in time that waits is not replaced after the due time: the new one would be late. `read` is the `reading`
    of the page. Raises NotAllowed, WrongState, StaleReading, Incomplete by field (text, proofs).
    """
    with transaction.atomic():
        row = locked(pk)
        role = policy.require(by, Action.ANSWER_RECTIFICATION, row)
        must_be_read(row, read)
        if why := why_no_answer(row, now):
            raise WrongState(why)
        if errors := errors_of(text, len(proofs)):
            raise Incomplete(f"还有{len(errors)}处需要修改，改好后才能答复。", errors)
        verb = "replace_answer" if row.state == S.SUBMITTED else "answer"
        source, row.state = row.state, S.SUBMITTED
        row.answer, row.answered_at, row.answered_by = text.strip(), now, by
        row.first_answered_at = row.first_answered_at or now
        row.save()
        for proof in proofs:
            RectificationProof.objects.create(
                rectification=row, file=proof.file, name=proof.name[:200], added_at=now, added_by=by
            )
        detail = {"proofs": [{"name": proof.name[:200], "sm3": proof.file.sm3} for proof in proofs]}
        finish(row, verb, by=by, role=role, now=now, from_state=source, comment=row.answer, detail=detail)
    return row


def why_no_answer(row: Rectification, now: datetime) -> str:
    """Why the unit cannot answer now, in a sentence; '' when it can."""
    if row.state not in OPEN_RECTIFICATIONS:
        return f"整改 {row} 现为“{row.get_state_display()}”，不用再答复。"
    if in_time(row) and row.due_at <= now:
        return "您单位已在期限内答复，期限过后不能更换；要更换的，请区政府办公室退回。"
    return ""


def errors_of(text: str, proofs: int) -> dict[str, list[str]]:
    """What an answer lacks, by field."""
    errors: dict[str, list[str]] = {}
    if not text.strip():
        errors["text"] = ["请写明整改情况：做了什么、何时完成、怎样防止再出现。"]
    if not proofs:
        errors["proofs"] = ["请上传至少一个整改证明。"]
    elif proofs > MOST_PROOFS:
        errors["proofs"] = [f"整改证明最多 {MOST_PROOFS} 个文件，请合并后再传。"]
    return errors


def verify(pk: int, *, note: str = "", by: User, now: datetime, read: str | None = None) -> Rectification:
    """复核通过: put right. Not by who answered. Raises NotAllowed, WrongState, StaleReading, Refused."""
    with transaction.atomic():
        row, role = _begin(pk, S.VERIFIED, by=by, read=read)
        row.state, row.verified_at, row.verified_by = S.VERIFIED, now, by
        row.save()
        finish(row, "verify", by=by, role=role, now=now, from_state=S.SUBMITTED, comment=note.strip())
    return row


def send_back(pk: int, *, reason: str, by: User, now: datetime, read: str | None = None) -> Rectification:
    """退回整改: the answer does not do. Raises as `verify`, Refused without a reason.

    The office's time never counts against the unit: what was answered in time gets at least `rectify_again_days`
    working days from today (本区设定), and so does what is late by a time that is 暂定; else the due time stays.
    """
    with transaction.atomic():
        row, role = _begin(pk, S.ISSUED, by=by, read=read)
        row.sent_back_reason = need(reason, "退回的理由")
        detail: dict[str, Any] = {}
        if in_time(row) or row.provisional:
            again = rectify_due.counted(day_of(now), rectify_due.AGAIN)
            row.due_at, row.provisional = max(row.due_at, again.at), row.provisional or again.provisional
            detail[rectify_due.COUNTED_ANEW] = True
        row.state, row.sent_back = S.ISSUED, row.sent_back + 1
        row.save()
        detail |= {"due_at": row.due_at.isoformat(), "provisional": row.provisional}
        comment = row.sent_back_reason
        finish(row, "send_back", by=by, role=role, now=now, from_state=S.SUBMITTED, comment=comment, detail=detail)
    return row


def _begin(pk: int, target: RectificationState, *, by: User, read: str | None) -> tuple[Rectification, str]:
    row = locked(pk)
    role = policy.require(by, Action.VERIFY_RECTIFICATION, row)
    must_be_read(row, read)
    if row.state != S.SUBMITTED or (row.state, target) not in RECTIFICATION_PAIRS:
        raise wrong_state(row)
    if row.answered_by_id == by.pk:
        raise Refused("这件整改是您答复的，请由区政府办公室的另一人复核（答复和复核不能是同一人）。")
    return row, role


# --- what the use cases share ---------------------------------------------------------------------------------------


def reminded_today(row: Rectification, now: datetime) -> bool:
    """Whether the unit was reminded on the Shanghai day of `now`."""
    return row.reminded_at is not None and day_of(row.reminded_at) == day_of(now)


def in_time(row: Rectification) -> bool:
    """Whether an answer that was given before the due time waits for the office."""
    return row.state == S.SUBMITTED and lateness.is_in_time(row)


def reading(row: Rectification) -> str:
    """What a page shows of it that a decision stands on: state, answer, due time, and what was decided."""
    moments = (row.answered_at, row.due_at, row.referred_at, row.decided_at)
    return " ".join([row.state, *(moment.astimezone(UTC).isoformat() if moment else "-" for moment in moments)])


def locked(pk: int) -> Rectification:
    """The rectification with its unit, account and source, its row locked."""
    rows = Rectification.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("unit", "account__platform", "upper", "closure_order").get(pk=pk)


def must_be_read(row: Rectification, read: str | None) -> None:
    """Refuse who has an older page open, while there is something to decide."""
    if read is not None and read != reading(row) and row.state in OPEN_RECTIFICATIONS:
        raise StaleReading(
            f"没有办成：您打开页面以后，{_last_actor(row)}又办理过，整改 {row} 现为“{row.get_state_display()}”，"
            f"期限 {rectify_due.until(row)}。请看过现在的答复和经过再办。",
            [],
        )


def wrong_state(row: Rectification) -> WrongState:
    """Who was first."""
    last = events.timeline(row).last()
    return WrongState(
        f"没有办成：{_last_actor(row)}已办理，整改 {row} 现为“{row.get_state_display()}”。",
        by=last.actor if last else None,
        at=last.at if last else None,
    )


def _last_actor(row: Rectification) -> str:
    last = events.timeline(row).last()
    return str(last.actor) if last is not None and last.actor is not None else "系统"


def need(reason: str, what: str) -> str:
    """The reason without spaces around; Refused where it lacks."""
    if not reason.strip():
        raise Refused(f"请写明{what}。")
    return reason.strip()


def finish(
    row: Rectification,
    verb: str,
    *,
    by: User | None,
    role: str,
    now: datetime,
    from_state: str = "",
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """The event, and what is told of it."""
    event = events.append(
        row,
        verb,
        by=by,
        role=role,
        at=now,
        from_state=from_state or row.state,
        to_state=row.state,
        comment=comment,
        detail=detail,
    )
    telling.tell(row, verb, event.seq, by=by, now=now)
