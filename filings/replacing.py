"""Row 12 of article 8's truth table: a filing made again within 30 days of one withdrawn or refused inherits its clock.

It names the old one (`replaces`) and takes over the first approval and the first report, unless the office confirms
that the old matter never took place (未发生): then the filing gets its own facts back, and so do its heirs.
"""

from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import Platform
from filings import deadlines
from filings.models import Filing, FilingKind, FilingState
from filings.models.filing import LIVE
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.settings_at import setting

ENDED = (FilingState.WITHDRAWN, FilingState.REFUSED)
APPROVALS = ("leader_approve", "record_paper_approval")


@dataclass(frozen=True)
class First:
    """The facts that stand once and for all: the first approval and the first report."""

    approved_on: date | None = None
    recorded_at: datetime | None = None
    reported_at: datetime | None = None


def settle(filing: Filing) -> bool:
    """At a freeze: find what `filing` (unsaved, its row locked) replaces, take over its clock; True if that changed.

    A filing moved to another platform is another matter: it gives back what it took over.
    """
    old = filing.replaces
    if old is not None and _same_matter(old, filing):
        return False
    if old is None and filing.first_approved_on is not None:
        return False
    filing.replaces = _find(filing, _platform(filing))
    if old is None and filing.replaces is None:
        return False
    _take(filing)
    return True


def foreseen(filing: Filing) -> Filing:
    """`filing` as it would stand once it is submitted: a draft that makes an ended one again inherits its clock.

    A copy, never saved; `filing` itself where nothing changes.
    """
    if filing.revision or filing.state != FilingState.DRAFT:
        return filing
    old = _find(filing, _platform(filing))
    if old is None:
        return filing
    trial = copy(filing)
    trial.replaces = old
    _take(trial)
    return trial


def inherits(filing: Filing) -> bool:
    """Whether the first approval that its clock counts from is an earlier filing's."""
    base = base_of(filing)
    return base is not None and base.first_approved_on is not None


def _platform(filing: Filing) -> int | None:
    """The platform of an opening, as frozen, else as typed so far."""
    if filing.details is not None:
        return getattr(filing.details, "platform_id", None)
    draft = getattr(filing, "draft", None)
    code = str(draft.data.get("platform") or "") if draft is not None else ""
    return Platform.objects.filter(code=code).values_list("pk", flat=True).first() if code else None


def restore_heirs(old: Filing) -> None:
    """After `old` was confirmed 未发生: every filing that stands on it, directly or not, is judged without it."""
    for heir in Filing.objects.select_for_update().filter(replaces=old).order_by("id"):
        heir.replaces = old
        _take(heir)
        if heir.returns == 0 and base_of(heir) is None:
            heir.correction_from = None
        deadlines.refresh(heir)
        heir.save()
        restore_heirs(heir)


def _same_matter(old: Filing, filing: Filing) -> bool:
    if filing.account_id is not None and old.account_id == filing.account_id:
        return bool(old.unit_id == filing.unit_id)
    return filing.kind == FilingKind.OPEN and old.opening.platform_id == filing.opening.platform_id


def _find(filing: Filing, platform: int | None) -> Filing | None:
    """The newest filing of the same matter that ended without success, within the time the office set.

    A draft that was never submitted has nothing to leave, and hides no earlier one.
    """
    since = filing.created_at - timedelta(days=setting("replaces_days", day_of(filing.created_at)))
    taken = Filing.objects.filter(replaces__isnull=False, state__in=(*LIVE, FilingState.COMPLETED)).exclude(
        pk=filing.pk
    )
    ended = (
        Filing.objects.filter(
            kind=filing.kind, state__in=ENDED, ended_at__gte=since, not_occurred=False, revision__gt=0
        )
        .exclude(pk=filing.pk)
        .exclude(pk__in=taken.values("replaces"))
    )
    if filing.account_id is not None:
        ended = ended.filter(account_id=filing.account_id, unit=filing.unit)
    elif platform is None:
        return None
    else:
        ended = ended.filter(unit=filing.unit, opening__platform=platform)
    return ended.order_by("-ended_at", "-id").first()


def _take(filing: Filing) -> None:
    """Write the first facts: of what it replaces where that has them, else its own."""
    base, own = base_of(filing), _own(filing)
    inherited = base is not None and base.first_approved_on is not None
    filing.first_approved_on = base.first_approved_on if base and inherited else own.approved_on
    filing.first_approval_recorded_at = base.first_approval_recorded_at if base and inherited else own.recorded_at
    filing.first_reported_at = (base.first_reported_at if base else None) or own.reported_at
    filing.report_due_at = base.report_due_at if base else None
    if not inherited:
        deadlines.refresh(filing, deadlines.REPORT, deadlines.OFFICE)


def base_of(filing: Filing) -> Filing | None:
    """What `filing` stands on: what it replaces, passing over what never took place."""
    base = filing.replaces
    while base is not None and base.not_occurred:
        base = base.replaces
    return base


def _own(filing: Filing) -> First:
    """The filing's own first facts, from its history; a paper's date as it was corrected (row 17)."""
    approved_on = recorded_at = reported_at = None
    approvals = 0
    for event in events.timeline(filing).filter(verb__in=(*APPROVALS, "correct_paper_approval", "report")):
        if event.verb == "report":
            reported_at = reported_at or event.at
            continue
        approvals += event.verb in APPROVALS
        if approvals == 1:
            paper = event.detail.get("approved_on")
            approved_on = date.fromisoformat(paper) if paper else day_of(event.at)
            recorded_at = recorded_at or event.at
    return First(approved_on, recorded_at, reported_at)
