"""报送与补充 (第八条): report, supplement, withdraw, and the files that go with a filing."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import policy
from accounts.models import Role
from accounts.policy import Action
from filings import applying, checks, content, deadlines, drafting, kinds, moves, opening
from filings.locks import lock_register
from filings.models import Attachment, Filing, FilingState, OpeningDetails
from filings.models.filing import SUPPLEMENTABLE
from filings.reading import latest
from filings.room import must_have_room
from zhonglou_media.core import files
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import Counter, File, User

ATTACHABLE = (FilingState.DRAFT, FilingState.RETURNED, *SUPPLEMENTABLE)
NEEDS_REASON = (FilingState.OFFICE_REVIEW,)


class TakenOut(WrongState):
    """A file that another press took out first; when it was stays as it is."""


def report(filing_id: int, *, by: User, now: datetime) -> Filing:
    """报送区政府办公室: the first report stops the clock for good; the first one also gets the 备案编号.

    A returned filing whose approved part is unchanged goes straight back; who approved it does not report its
    correction. Raises NotAllowed, WrongState, Incomplete, Refused.
    """
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "report", Action.REPORT, by=by)
        if filing.state == FilingState.RETURNED:
            moves.editor_is_another(filing, by)
            _freeze_correction(filing, by=by, now=now)
        filing.officer = None
        filing.number = filing.number or _next_number(now)
        filing.first_reported_at = filing.first_reported_at or now
        filing.reported_at = now
        deadlines.refresh(filing, deadlines.OFFICE)
        moves.finish(filing, "report", by=by, role=role, now=now)
    return filing


def _freeze_correction(filing: Filing, *, by: User, now: datetime) -> None:
    details, effective_on = drafting.judged(filing)
    drafting.not_ahead(filing, effective_on, now)
    if content.approved_digest(content.build(filing, details)) != latest(filing).approved_sm3:
        raise Refused("主要领导批准过的内容有改动，请先提交领导审批，批准后再报送。")
    filing.officer = None
    filing.last_editor = by
    changed = effective_on != filing.effective_on
    drafting.freeze(filing, details, effective_on, by=by, now=now)
    _learn(filing, details, by=by, role=Role.OPERATOR, now=now)
    if changed:
        deadlines.refresh_event(filing)


def correction_needs_leader(filing: Filing) -> bool:
    """Whether what is typed in a returned filing differs from what the leader approved (not said while incomplete)."""
    try:
        details, _ = drafting.judged(filing)
    except Incomplete:
        return False
    return content.approved_digest(content.build(filing, details)) != latest(filing).approved_sm3


def _next_number(now: datetime) -> str:
    """备案编号, e.g. ZLXMT-2026-0007, counted by the Shanghai year of the first report."""
    year = day_of(now).year
    Counter.objects.get_or_create(key=f"filing-{year}")
    counter = Counter.objects.select_for_update().get(key=f"filing-{year}")
    counter.last += 1
    counter.save()
    return f"ZLXMT-{year}-{counter.last:04d}"


def supplement(filing_id: int, *, by: User, data: dict[str, Any], now: datetime) -> Filing:
    """补充材料: late facts, contacts and remarks while the approved part stays frozen; a new revision each time.

    An officer enters a late fact *for* the unit: `last_editor` stays. An accepted filing may complete by it.
    """
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, SUPPLEMENTABLE, Action.SUPPLEMENT, by=by)
        kind = kinds.of(filing)
        form = kind.supplement(data)
        if not form.is_valid():
            errors = {field: [str(e) for e in problems] for field, problems in form.errors.items()}
            raise Incomplete(f"还有{len(errors)}处需要修改。", errors)
        if role == Role.OPERATOR:
            moves.editor_is_another(filing, by)
            filing.last_editor = by
        details = filing.details
        for name, value in form.cleaned_data.items():
            if name in data and name != "effective_on":
                setattr(details, name, value)
        problems = checks.stops(kind.check_details(details, filing))
        if "uid" in problems:
            raise Incomplete("还有1处需要修改。", {"uid": problems["uid"]})
        if filing.state == FilingState.ACCEPTED:
            lock_register(filing)
        effective_on = form.cleaned_data["effective_on"] if "effective_on" in data else filing.effective_on
        was = filing.effective_on
        if effective_on != was:
            drafting.not_ahead(filing, effective_on, now)
        drafting.freeze(filing, details, effective_on, by=by, now=now)
        drafting.keep_in_draft(filing, {name: value for name, value in data.items() if name in form.fields})
        _learn(filing, details, by=by, role=role, now=now)
        if effective_on != was and (was is None or filing.state != FilingState.ACCEPTED):
            deadlines.refresh_event(filing)
        moves.finish(filing, "supplement", by=by, role=role, now=now)
        if filing.state == FilingState.ACCEPTED:
            applying.try_complete(filing, by=by, role=role, now=now)
    return filing


def _learn(filing: Filing, details: Any, *, by: User, role: str, now: datetime) -> None:
    if isinstance(details, OpeningDetails):
        opening.learn(filing, details.uid, by=by, role=role, now=now)


def withdraw(filing_id: int, *, by: User, reason: str, on_platform: bool | None, now: datetime) -> Filing:
    """撤回备案: the unit gives it up; under review only with a reason. The due time is kept (row 11)."""
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "withdraw", Action.WITHDRAW, by=by)
        if filing.state in NEEDS_REASON:
            reason = moves.need_comment(reason, "撤回的理由")
        applying.end_without_success(filing, on_platform=on_platform, by=by, role=role, now=now)
        moves.finish(filing, "withdraw", by=by, role=role, now=now, comment=reason)
        applying.carry_on(filing, by=by, role=role, now=now)
    return filing


def attach(
    filing_id: int, *, by: User, file: File | files.Checked, name: str, now: datetime, kind: str = ""
) -> Attachment:
    """Add a file; once the approved part is frozen it is a supplement, with a revision of its own.

    What is only checked is kept once it is sure to be taken. Raises NotAllowed, WrongState, Refused (no room).
    """
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, ATTACHABLE, Action.SUPPLEMENT, by=by)
        if filing.state in drafting.EDITABLE:
            role = policy.require(by, Action.DRAFT, filing)  # what is still being written is the unit's alone
        elif role == Role.OPERATOR:
            moves.editor_is_another(filing, by)
        must_have_room(filing, sm3=file.sm3, size=file.size, now=now)
        kept = file if isinstance(file, File) else files.keep(file.content, file.kind)
        attachment = Attachment.objects.create(
            filing=filing, file=kept, name=files.safe_name(name, kept.type), kind=kind, added_by=by, added_at=now
        )
        _after_files_changed(filing, by=by, role=role, now=now, comment=f"上传附件：{attachment.name}")
    return attachment


def detach(attachment_id: int, *, by: User, now: datetime) -> None:
    """Take a file out of a draft or returned filing; it stays in the revisions that named it.

    Raises NotAllowed, WrongState, TakenOut.
    """
    with transaction.atomic():
        filing_id = Attachment.objects.values_list("filing_id", flat=True).get(pk=attachment_id)
        moves.begin_within(filing_id, drafting.EDITABLE, Action.DRAFT, by=by)
        attachment = Attachment.objects.get(pk=attachment_id)  # as it is now that the filing is locked
        if attachment.removed_at is not None:
            at = attachment.removed_at
            raise TakenOut(f"“{attachment.name}”已在 {at.astimezone(SHANGHAI):%m-%d %H:%M} 移除，没有重复办理。", at=at)
        attachment.removed_at = now
        attachment.save()


def _after_files_changed(filing: Filing, *, by: User, role: str, now: datetime, comment: str) -> None:
    if filing.state not in SUPPLEMENTABLE:
        return
    if role == Role.OPERATOR:
        filing.last_editor = by
    if filing.state == FilingState.ACCEPTED:
        lock_register(filing)
    drafting.freeze(filing, filing.details, filing.effective_on, by=by, now=now)
    moves.finish(filing, "supplement", by=by, role=role, now=now, comment=comment)
    if filing.state == FilingState.ACCEPTED:
        applying.try_complete(filing, by=by, role=role, now=now)
