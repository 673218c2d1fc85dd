"""What a filing does to the register: at its approval, acceptance, completion and end, each kind by its own module.

`filings/opening.py`, `changing.py`, `closing.py` hold what differs; the list of kinds is `filings/kinds.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from filings import kinds, moves, notifying
from filings.models import Filing, Receipt, ReceiptResult, System
from zhonglou_media.core.models import User


def standing_receipt(filing: Filing, system: str) -> Receipt | None:
    """The receipt of `system` that counts: taken or not applicable, for a revision whose approved part still stands."""
    digests = dict(filing.revisions.values_list("number", "approved_sm3"))
    return standing(filing.receipts.filter(system=system).order_by("id"), digests, filing.revision)


def standing(receipts: Iterable[Receipt], digests: Mapping[int, str], present: int) -> Receipt | None:
    """The newest of one system's `receipts` (oldest first) that counts; `digests`: approved part by revision."""
    good = [r for r in receipts if r.result != ReceiptResult.REFUSED and digests.get(r.revision) == digests[present]]
    return good[-1] if good else None


def try_complete(filing: Filing, *, by: User | None, role: str, now: datetime) -> bool:
    """办结 in this transaction when both upper systems have answered and no late fact lacks.

    Called after each receipt and supplement. When the account has moved, or its place is taken, or a consultation is
    open, the filing stays accepted with the conflict named on it.
    """
    receipts = [standing_receipt(filing, system) for system in System.values]
    kind = kinds.of(filing)
    if not all(receipts):
        return False
    if lacks := kind.lacks(filing, now):
        notifying.tell_what_lacks(filing, lacks, now=now)
        return False
    conflict = kind.complete(filing, [r for r in receipts if r], by=by, role=role, now=now)
    if conflict:
        if conflict != filing.conflict:
            filing.conflict = conflict
            moves.finish(filing, "completion_blocked", by=by, role=role, now=now, comment=conflict)
        return False
    filing.conflict = ""
    filing.ended_at = now
    moves.finish(filing, "complete", by=by, role=role, now=now)
    return True


def end_without_success(filing: Filing, *, on_platform: bool | None, by: User | None, role: str, now: datetime) -> None:
    """A filing is withdrawn or refused; what that does to its account is the kind's. Raises Refused (openings)."""
    filing.ended_at = now
    kinds.of(filing).ended(filing, on_platform=on_platform, by=by, role=role, now=now)
