"""What a filing does to the register: at its approval, acceptance, completion and end, each kind by its own module.

`filings/opening.py`, `changing.py`, `closing.py` hold what differs; the list of kinds is `filings/kinds.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from accounts import audience
from accounts.models import Account
from filings import drafting, kinds, moves, notifying
from filings.locks import lock_account
from filings.models import Filing, FilingKind, Receipt, ReceiptResult, System
from zhonglou_media.core import notices
from zhonglou_media.core.models import User


def standing_receipt(filing: Filing, system: str) -> Receipt | None:
    """The receipt of `system` that counts: taken or not applicable, for a revision whose approved part still stands."""
    digests = dict(filing.revisions.values_list("number", "approved_sm3"))
    return standing(filing.receipts.filter(system=system).order_by("id"), digests, filing.revision)


def standing(receipts: Iterable[Receipt], digests: Mapping[int, str], present: int) -> Receipt | None:
    """The newest of one system's `receipts` (oldest first) that counts; `digests`: approved part by revision."""
    good = [r for r in receipts if r.result != ReceiptResult.REFUSED and digests.get(r.revision) == digests[present]]
    return good[-1] if good else None


def is_answered(filing: Filing) -> bool:
    """Whether a receipt of each system counts."""
    return all(standing_receipt(filing, system) for system in System.values)


def try_complete(filing: Filing, *, by: User | None, role: str, now: datetime) -> bool:
    """办结 in this transaction when both upper systems have answered and no late fact lacks.

    Called after each receipt and supplement, and when it is accepted again. When the account has moved, or its place is
    taken, or a consultation is open, the filing stays accepted with the conflict named on it.
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
    carry_on(filing, by=by, role=role, now=now)
    return True


def end_without_success(filing: Filing, *, on_platform: bool | None, by: User | None, role: str, now: datetime) -> None:
    """A filing is withdrawn or refused; what that does to its account is the kind's. Raises Refused (openings).

    The caller makes the move, then calls `carry_on`.
    """
    if filing.unit.merged_into_id is not None and filing.account_id is not None:
        lock_account(filing)
    filing.ended_at = now
    kinds.of(filing).ended(filing, on_platform=on_platform, by=by, role=role, now=now)


def carry_on(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """单位撤并: once a filing that was under way at the merger has ended, the receiving unit gets its draft (第八条).

    The account, locked, is still the merged unit's. Does nothing for any other filing.
    """
    rows = Account.objects.select_related("platform", "unit__merged_into")
    account = rows.filter(filings=filing, unit=filing.unit_id, unit__merged_into__isnull=False).first()
    into = account.unit.merged_into if account is not None else None
    if account is None or into is None:
        return
    typed = {"reason": f"{account.unit.name}已并入{into.name}"}
    draft = drafting.start_for_unit(
        FilingKind.CHANGE, account=account, unit=into, by=by, role=role, now=now, typed=typed
    )
    if draft is not None:
        told = f"账号“{account.name}”原来的备案已办完，主办单位变更已起草（{typed['reason']}），请核对后提交审批。"
        people = audience.people(audience.UNIT, now=now, unit_id=into.pk)
        key, link = f"filing-{draft.pk}-carried-on", f"/filings/{draft.pk}/"
        notices.tell(people, key=key, text=told[:300], link=link, now=now)
