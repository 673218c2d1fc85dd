"""What an opening (附件2) does to the register: the pending account, its completion, its end without success."""

from datetime import datetime
from typing import Any

from accounts import identity, lifecycle, outsourcing
from accounts.fields import FILED_FROM_OPENING
from accounts.models import Account, AccountState, Unit
from accounts.models.account import OperationMode
from filings import checks, preapprovals
from filings.locks import ground_of, lock_account, lock_unit
from filings.models import Filing, OpeningDetails, Receipt, System
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User


def prefill(unit: Unit, account: Account | None) -> dict[str, Any]:
    """What is known already: the account's own facts, and the people of the unit's last opening."""
    data: dict[str, Any] = {"verified_entity": unit.name}
    last = OpeningDetails.objects.filter(filing__unit=unit).order_by("-filing_id").first()
    if last is not None:
        for name in ("leader_in_charge", "department_in_charge", "first_reviewer", "second_reviewer", "final_reviewer"):
            data[name] = getattr(last, name)
        data |= {"operator_phone": last.operator_phone, "operation_mode": last.operation_mode}
    if account is not None:
        data |= {
            "platform": account.platform.code,
            "kind": account.kind,
            "name": account.name,
            "uid": account.uid,
            "link": account.link,
            "basis": "found" if account.state == AccountState.UNFILED else "new",
        }
    return data


def approved(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """On approval: lock the unit, see that the place on the platform is free, write the 待备案 account (第七条).

    The first approval makes the row, each later one rewrites it. An unfiled or closed account stays as it is until
    completion. Raises Refused naming what stands in the way.
    """
    lock_unit(filing.unit_id)
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


def complete(filing: Filing, receipts: list[Receipt], *, by: User | None, role: str, now: datetime) -> str:
    """Activate the account from the filed content; returns what stands in the way, or ''."""
    lock_unit(filing.unit_id)
    account = lock_account(filing)
    old = account.unit
    if filing.unit_id not in (old.pk, old.merged_into_id):
        return (
            f"账号“{account.name}”由{account.unit}主办，不能由{filing.unit}的开办备案办结，请撤销通过，由填报单位撤回。"
        )
    if account.state not in (AccountState.PENDING, AccountState.UNFILED, AccountState.CLOSED):
        return f"账号“{account.name}”现为“{account.get_state_display()}”，不能办结开办备案。"
    problems = checks.stops(checks.check_details(filing.opening, filing))
    if problems:
        return "；".join(text for texts in problems.values() for text in texts)
    _write(account, filing.opening)
    for receipt in receipts:
        if receipt.number:
            setattr(account, "national_no" if receipt.system == System.NATIONAL else "provincial_no", receipt.number)
    if old.pk != filing.unit_id:  # closed before its unit was merged away: who carries that on opens it again
        reason = f"{old.name}已并入{filing.unit.name}"
        lifecycle.go_over(account, filing.unit, reason=reason, by=by, role=role, now=now)
    _outsource(account, filing.opening, now)
    lifecycle.activate(account, number=filing.number or "", ground=ground_of(filing), by=by, role=role, now=now)
    return ""


def _outsource(account: Account, details: OpeningDetails, now: datetime) -> None:
    """委托运维 begins with the account (第十九条): who reviews last answers for the sponsor."""
    if details.operation_mode == OperationMode.OUTSOURCED and details.vendor:
        reviewer, nda, until = details.final_reviewer, details.vendor_nda, details.vendor_until
        agreed: dict[str, Any] = {"reviewer": reviewer, "nda": nda, "starts_on": day_of(now), "ends_on": until}
        outsourcing.from_opening(account, vendor=details.vendor, **agreed)
    else:
        outsourcing.follow(account, now)


def learn(filing: Filing, uid: str, *, by: User, role: str, now: datetime) -> None:
    """A pending account has the id its filing says; an unfiled or closed one only on completion."""
    if filing.account_id is None:
        return
    account = lock_account(filing)
    if account.state == AccountState.PENDING and account.uid != uid:
        account.uid = uid
        lifecycle.rewrite_pending(account, ground=ground_of(filing), by=by, role=role, now=now)


def ended(filing: Filing, *, on_platform: bool | None, by: User | None, role: str, now: datetime) -> None:
    """A withdrawn or refused opening: its pending account becomes 未备案 if it exists on the platform, else 作废.

    Raises Refused when there is such an account and nobody said whether it exists.
    """
    preapprovals.release(filing)
    if filing.account_id is None:
        return
    account = lock_account(filing)
    if account.state == AccountState.PENDING:
        if on_platform is None:
            raise Refused("请说明平台上是否已开通该账号：已开通的转为未备案账号，未开通的作废。")
        lifecycle.end_pending(account, on_platform=on_platform, ground=ground_of(filing), by=by, role=role, now=now)
    into = account.unit.merged_into
    if into is not None and account.state == AccountState.UNFILED:  # what waited for this filing goes on now
        reason = f"{account.unit.name}已并入{into.name}"
        lifecycle.go_over(account, into, reason=reason, by=by, role=role, now=now)


def seems_on_platform(filing: Filing) -> bool:
    """What the question 「平台上是否已开通？」 is preset to: yes if an id or a past date of opening is known."""
    details = OpeningDetails.objects.filter(filing=filing).first()
    opened = filing.effective_on is not None and filing.effective_on <= day_of(db_now())
    return opened or bool(details and details.uid)
