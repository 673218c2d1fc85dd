"""单位主要领导审批 (第八条): online by the leader, or on paper and recorded by the operator."""

from datetime import date, datetime

from django.db import transaction

from accounts.policy import Action
from filings import deadlines, drafting, kinds, moves
from filings.models import Filing, FilingState
from filings.reading import Reading
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.day_field import FIRST
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import File, User

BEFORE_THE_TICK = (FilingState.TO_REPORT, FilingState.OFFICE_REVIEW)


def leader_approve(filing_id: int, *, by: User, read: Reading, now: datetime, comment: str = "") -> Filing:
    """主要领导批准: the clock of article 8 starts today. Raises NotAllowed, WrongState, StaleReading, Refused."""
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "leader_approve", Action.LEADER_APPROVE, by=by)
        read.must_match(filing)
        moves.leader_is_another(filing, by)
        filing.leader = by
        write_approval(filing, on=day_of(now), now=now)
        kinds.of(filing).approved(filing, by=by, role=role, now=now)
        moves.finish(filing, "leader_approve", by=by, role=role, now=now, comment=comment)
    return filing


def leader_return(filing_id: int, *, by: User, read: Reading, now: datetime, comment: str) -> Filing:
    """领导退回: back to draft with a reason. Raises NotAllowed, WrongState, StaleReading, Refused."""
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "leader_return", Action.LEADER_RETURN, by=by)
        read.must_match(filing)
        comment = moves.need_comment(comment, "退回的理由")
        moves.finish(filing, "leader_return", by=by, role=role, now=now, comment=comment)
    return filing


def record_paper_approval(
    filing_id: int, *, by: User, leader_name: str, approved_on: date, scan: File, now: datetime
) -> Filing:
    """登记书面批准: the clock runs from the paper's date, so the filing may be late at birth (row 3).

    `approved_on` is a Shanghai date, not after today. The server's time of entry stands beside it.
    """
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "record_paper_approval", Action.RECORD_PAPER, by=by)
        _write_paper(filing, leader_name, approved_on, scan, now)
        write_approval(filing, on=approved_on, now=now)
        kinds.of(filing).approved(filing, by=by, role=role, now=now)
        detail = {"paper_leader": filing.paper_leader, "approved_on": approved_on.isoformat(), "scan": scan.sm3}
        moves.finish(filing, "record_paper_approval", by=by, role=role, now=now, detail=detail)
    return filing


def correct_paper_approval(
    filing_id: int, *, by: User, leader_name: str, approved_on: date, scan: File, now: datetime
) -> Filing:
    """更正书面批准 (row 17): a mistyped date recorded again before the officer's tick; both stay in the history."""
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, BEFORE_THE_TICK, Action.RECORD_PAPER, by=by)
        if not filing.paper_leader:
            raise WrongState("这件备案是线上批准的，没有书面批准可更正。")
        if filing.paper_checked_by_id is not None:
            raise WrongState("区政府办公室已核对纸质批准件，不能再更正；确需调整期限的，请联系区政府办公室。")
        was = filing.approved_on
        _write_paper(filing, leader_name, approved_on, scan, now)
        if filing.first_approval_recorded_at == filing.approval_recorded_at:  # not an earlier or inherited one
            filing.first_approved_on = approved_on
        filing.approved_on = approved_on
        drafting.freeze(filing, filing.details, filing.effective_on, by=by, now=now)  # what was read is then stale
        deadlines.refresh(filing, deadlines.REPORT, deadlines.EVENT, deadlines.OFFICE)
        detail = {"was": was.isoformat() if was else "", "approved_on": approved_on.isoformat(), "scan": scan.sm3}
        moves.finish(filing, "correct_paper_approval", by=by, role=role, now=now, detail=detail)
    return filing


def _write_paper(filing: Filing, leader_name: str, approved_on: date, scan: File, now: datetime) -> None:
    if not leader_name.strip():
        raise Refused("请填写签批的主要领导姓名。")
    filers = [person.name for person in (filing.author, filing.last_editor) if person is not None]
    if "".join(leader_name.split()) in ("".join(name.split()) for name in filers):
        raise Refused(
            f"“{leader_name.strip()}”是本件的填报人，不能自己签批（第八条）。请填写签批的本单位主要领导姓名。"
        )
    if approved_on > day_of(now):
        raise Refused(f"主要领导批准日期不能晚于今天（{day_of(now)}），请核对审批单。")
    if approved_on < FIRST:
        raise Refused(f"主要领导批准日期 {approved_on} 过早，请核对审批单上的年份。")
    filing.paper_leader = leader_name.strip()
    filing.paper_scan = scan


def write_approval(filing: Filing, *, on: date, now: datetime) -> None:
    """Write the approval onto `filing` (unsaved); the first one starts the clock, once and for all (row 9).

    Pages ask it of a copy: what would be due if the approval were of `on` (a Shanghai date).
    """
    filing.approved_on = on
    filing.approval_recorded_at = now
    filing.approved_revision = filing.revision
    if filing.replaces is not None and filing.first_reported_at is not None and filing.correction_from is None:
        filing.correction_from = on  # row 12: what it replaces had been reported
        deadlines.refresh(filing, deadlines.CORRECTION)
    if filing.first_approved_on is None:
        filing.first_approved_on = on
        filing.first_approval_recorded_at = now
        deadlines.refresh(filing, deadlines.REPORT, deadlines.EVENT, deadlines.OFFICE)
    elif filing.office_due_at is None:
        deadlines.refresh(filing, deadlines.OFFICE)
