"""区政府办公室审核 (第八条): accept, return, refuse, and what the supervisor may undo."""

from datetime import datetime

from django.db import transaction

from accounts.policy import Action
from filings import applying, deadlines, kinds, moves, replacing
from filings.locks import lock_register
from filings.models import Filing, FilingState, ReceiptResult
from filings.reading import Reading, latest
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User


def open_for_review(filing_id: int, *, by: User, now: datetime) -> None:
    """Record that the officer has this revision open: colleagues see it, and what was read is known."""
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, (FilingState.OFFICE_REVIEW,), Action.ACCEPT, by=by)
        already = events.timeline(filing).filter(verb="read", actor=by, revision=filing.revision).exists()
        if not already:
            revision = latest(filing)
            events.append(filing, "read", by=by, role=role, at=now, revision=revision.number, digest=revision.sm3)


def accept(filing_id: int, *, by: User, read: Reading, now: datetime, comment: str = "") -> Filing:
    """审核通过，转上级平台备案. What both systems have answered already, accepted again, completes at once.

    `read` is the revision and digest the officer had open. Raises NotAllowed, StaleReading (carries the difference to
    show) or WrongState (carries who was first).
    """
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "accept", Action.ACCEPT, by=by)
        read.must_match(filing)
        moves.officer_is_another(filing, by)
        if filing.paper_leader and filing.paper_checked_by_id is None:
            raise Refused("书面批准的备案，请先核对纸质批准件，再点“已核对纸质批准件”。")
        answered = applying.is_answered(filing)
        if answered:
            lock_register(filing)  # before the chain's head
        filing.officer = by
        filing.accepted_revision = filing.revision
        kinds.of(filing).accepted(filing, by=by, role=role, now=now)
        moves.finish(filing, "accept", by=by, role=role, now=now, comment=comment)
        if answered:
            applying.try_complete(filing, by=by, role=role, now=now)
    return filing


def return_(filing_id: int, *, by: User, read: Reading, now: datetime, comment: str) -> Filing:
    """退回修改: a correction clock of two working days starts (row 10)."""
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "return_for_correction", Action.RETURN, by=by)
        read.must_match(filing)
        moves.officer_is_another(filing, by)
        comment = moves.need_comment(comment, "退回的理由")
        filing.officer = by
        start_correction(filing, now=now)
        moves.finish(filing, "return_for_correction", by=by, role=role, now=now, comment=comment)
    return filing


def start_correction(filing: Filing, *, now: datetime) -> None:
    """Row 10: two working days from today to put it right."""
    filing.returns += 1
    filing.correction_from = day_of(now)
    deadlines.refresh(filing, deadlines.CORRECTION)


def refuse(
    filing_id: int, *, by: User, read: Reading, now: datetime, comment: str, on_platform: bool | None = None
) -> Filing:
    """不予备案: ends the filing, with the article it rests on; its pending account becomes 未备案 or 作废."""
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "refuse", Action.REFUSE, by=by)
        read.must_match(filing)
        moves.officer_is_another(filing, by)
        comment = moves.need_comment(comment, "不予备案的理由和依据的条款")
        filing.officer = by
        applying.end_without_success(filing, on_platform=on_platform, by=by, role=role, now=now)
        moves.finish(filing, "refuse", by=by, role=role, now=now, comment=comment)
        applying.carry_on(filing, by=by, role=role, now=now)
    return filing


def unaccept(filing_id: int, *, by: User, read: Reading, now: datetime, comment: str) -> Filing:
    """撤销审核通过 (supervisor): only while nothing went up, or while something stands in the way of completion.

    What stood there may be gone: then the filing completes instead, and WrongState says so after the commit.
    """
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "unaccept", Action.UNACCEPT, by=by)
        read.must_match(filing)
        comment = moves.need_comment(comment, "撤销通过的理由")
        if _went_up(filing) and not filing.conflict:
            raise Refused("这件备案已报上级系统，不能撤销通过；上级退回的请登记退回。")
        completed = bool(filing.conflict) and applying.try_complete(filing, by=by, role=role, now=now)
        if not completed:
            kinds.of(filing).undone(filing, by=by, role=role, now=now)
            filing.officer = filing.accepted_revision = None
            filing.conflict = ""
            moves.finish(filing, "unaccept", by=by, role=role, now=now, comment=comment)
    if completed:
        raise WrongState("没有撤销：办结受阻的情形已经消除，这件备案刚刚办结。")
    return filing


def _went_up(filing: Filing) -> bool:
    """Whether something of the present acceptance was exported, or entered above by hand."""
    since = filing.accepted_revision or filing.revision
    return (
        filing.exports.filter(revision__gte=since).exists()
        or filing.receipts.filter(revision__gte=since).exclude(result=ReceiptResult.REFUSED).exists()
    )


def check_paper(filing_id: int, *, by: User, read: Reading, now: datetime) -> Filing:
    """点“已核对纸质批准件”: after it the paper's date can no longer be corrected (row 17).

    A correction of the paper is a new revision, so a tick for the paper as it was is stale.
    """
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, (FilingState.OFFICE_REVIEW,), Action.CHECK_PAPER, by=by)
        if not filing.paper_leader:
            raise WrongState("这件备案是线上批准的，没有纸质批准件。")
        read.must_match(filing)
        if filing.paper_checked_by_id is None:
            filing.paper_checked_by, filing.paper_checked_at = by, now
            moves.finish(filing, "check_paper", by=by, role=role, now=now)
    return filing


def confirm_not_occurred(filing_id: int, *, by: User, comment: str, now: datetime) -> Filing:
    """确认未发生 (rows 5, 11, 12): the matter of an ended filing never took place; its clocks count no more.

    Filings that took its clock over give it back.
    """
    with transaction.atomic():
        filing, role = moves.begin_within(
            filing_id, (FilingState.WITHDRAWN, FilingState.REFUSED), Action.NOT_OCCURRED, by=by
        )
        comment = moves.need_comment(comment, "确认未发生的依据")
        if filing.not_occurred:
            raise WrongState("这件备案已确认未发生，无需再办。")
        filing.not_occurred = True
        filing.save()
        replacing.restore_heirs(filing)
        moves.finish(filing, "confirm_not_occurred", by=by, role=role, now=now, comment=comment)
    return filing
