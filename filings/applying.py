"""What an opening does to the register: the pending account, its completion, its end without success."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from accounts import identity, lifecycle
from accounts.fields import FILED_FROM_OPENING
from accounts.models import Account, AccountState, Unit
from filings import checks, moves
from filings.models import Filing, OpeningDetails, Receipt, ReceiptResult, System
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User


def enter_pending(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """On approval: lock the unit, see that the place on the platform is free, write the 待备案 account (第七条).

    The first approval makes the row, each later one rewrites it. An unfiled or closed account stays as it is until
    completion. Raises Refused naming what stands in the way.
    """
    Unit.objects.select_for_update(no_key=True).get(pk=filing.unit_id)
    details = filing.opening
    problems = checks.stops(checks.check_details(details, filing))
    if problems:
        raise Refused("现在不能批准：" + "；".join(text for texts in problems.values() for text in texts))
    if filing.account is None:
        account = Account(unit=filing.unit)
        _write(account, details)
        filing.account = lifecycle.open_pending(account, ground=ground_of(filing), by=by, role=role, now=now)
        return
    account = lock_account(filing)
    if account.state == AccountState.PENDING:
        _write(account, details)
        lifecycle.rewrite_pending(account, ground=ground_of(filing), by=by, role=role, now=now)


def _write(account: Account, details: OpeningDetails) -> None:
    """Copy the filed fields of an opening onto its account (unsaved)."""
    late = () if account.state in ("", AccountState.PENDING) else OpeningDetails.LATE_FACTS
    for field in FILED_FROM_OPENING:
        value = getattr(details, field)
        if value or field not in late:  # an id known before is not lost because the form left it blank
            setattr(account, field, value)
    account.platform = details.platform
    account.kind = details.kind
    account.same_platform_reason = details.same_platform_reason
    identity.fill_keys(account)


def lock_register(filing: Filing) -> None:
    """Unit, then account, as approvals lock them: before the chain's head, or the two would wait for each other."""
    Unit.objects.select_for_update(no_key=True).get(pk=filing.unit_id)
    lock_account(filing)


def lock_account(filing: Filing) -> Account:
    """The account of `filing`, its row locked; foreign keys to it may still be written (a sweep's flags)."""
    return Account.objects.select_for_update(no_key=True).get(filings=filing)


def ground_of(filing: Filing) -> str:
    """What an account's event names as its ground."""
    return f"备案 {filing.number or filing.pk}"


def standing_receipt(filing: Filing, system: str) -> Receipt | None:
    """The receipt of `system` that counts: taken or not applicable, for a revision whose approved part still stands."""
    digests = dict(filing.revisions.values_list("number", "approved_sm3"))
    return standing(filing.receipts.filter(system=system).order_by("id"), digests, filing.revision)


def standing(receipts: Iterable[Receipt], digests: Mapping[int, str], present: int) -> Receipt | None:
    """The newest of one system's `receipts` (oldest first) that counts; `digests`: approved part by revision."""
    good = [r for r in receipts if r.result != ReceiptResult.REFUSED and digests.get(r.revision) == digests[present]]
    return good[-1] if good else None


def try_complete(filing: Filing, *, by: User | None, role: str, now: datetime) -> bool:
    """办结 in this transaction when both upper systems have answered; called after each receipt and supplement.

    When the account's place is taken meanwhile, the filing stays accepted with the conflict named on it.
    """
    receipts = [standing_receipt(filing, system) for system in System.values]
    if not all(receipts):
        return False
    conflict = _complete_opening(filing, [r for r in receipts if r], by=by, role=role, now=now)
    if conflict:
        if conflict != filing.conflict:
            filing.conflict = conflict
            moves.finish(filing, "completion_blocked", by=by, role=role, now=now, comment=conflict)
        return False
    filing.conflict = ""
    filing.ended_at = now
    moves.finish(filing, "complete", by=by, role=role, now=now)
    return True


def _complete_opening(filing: Filing, receipts: list[Receipt], *, by: User | None, role: str, now: datetime) -> str:
    """Activate the account from the filed content; returns what stands in the way, or ''."""
    Unit.objects.select_for_update(no_key=True).get(pk=filing.unit_id)
    account = lock_account(filing)
    if account.state not in (AccountState.PENDING, AccountState.UNFILED, AccountState.CLOSED):
        return f"账号“{account.name}”现为“{account.get_state_display()}”，不能办结开办备案。"
    problems = checks.stops(checks.check_details(filing.opening, filing))
    if problems:
        return "；".join(text for texts in problems.values() for text in texts)
    _write(account, filing.opening)
    for receipt in receipts:
        if receipt.number:
            setattr(account, "national_no" if receipt.system == System.NATIONAL else "provincial_no", receipt.number)
    lifecycle.activate(account, number=filing.number or "", ground=ground_of(filing), by=by, role=role, now=now)
    return ""


def end_without_success(filing: Filing, *, on_platform: bool | None, by: User | None, role: str, now: datetime) -> None:
    """A withdrawn or refused opening: its pending account becomes 未备案 if it exists on the platform, else 作废.

    Raises Refused when there is such an account and nobody said whether it exists.
    """
    filing.ended_at = now
    if filing.account_id is None:
        return
    account = lock_account(filing)
    if account.state != AccountState.PENDING:
        return
    if on_platform is None:
        raise Refused("请说明平台上是否已开通该账号：已开通的转为未备案账号，未开通的作废。")
    lifecycle.end_pending(account, on_platform=on_platform, ground=ground_of(filing), by=by, role=role, now=now)


def seems_on_platform(filing: Filing) -> bool:
    """What the question 「平台上是否已开通？」 is preset to: yes if an id or a past date of opening is known."""
    details = OpeningDetails.objects.filter(filing=filing).first()
    opened = filing.effective_on is not None and filing.effective_on <= day_of(db_now())
    return opened or bool(details and details.uid)
