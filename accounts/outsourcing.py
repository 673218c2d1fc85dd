"""委托运维 (第十九条): by which contract somebody else runs an account, and since when that is not in order.

`Account.operation_mode` and `vendor` are filed: only a filing writes them. A row says what is agreed: who of the
sponsor's own people reviews, whether secrecy is signed, until when. Days are Shanghai's.
"""

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts import due_times
from accounts.models import Account, Outsourcing
from accounts.models.account import GONE, OperationMode
from accounts.policy import Action, require
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import User

BEGUN, AMENDED, ENDED = "outsourcing_begun", "outsourcing_amended", "outsourcing_ended"  # the verbs of the events


def lapses_at(row: Outsourcing) -> datetime | None:
    """When it stopped, or will stop, to be in order: from its first day without a reviewer or a signed agreement on
    secrecy, else at 00:00 after the contract's last day; None once it has ended, or in order without an end.
    """
    if row.ended_on is not None:
        return None
    if not row.reviewer or not row.nda:
        return start_of(row.starts_on)
    return start_of(row.ends_on + timedelta(days=1)) if row.ends_on is not None else None


def current(account: Account) -> Outsourcing | None:
    """The contract that stands."""
    return Outsourcing.objects.filter(account=account, ended_on__isnull=True).first()


def begin(
    account_id: int,
    *,
    vendor: str,
    reviewer: str,
    nda: bool,
    starts_on: date,
    ends_on: date | None,
    by: User,
    now: datetime,
) -> Outsourcing:
    """登记委托. Raises NotAllowed, WrongState (one stands already, or the account is gone) or Incomplete by field."""
    with transaction.atomic():
        account, role = _begin(account_id, by)
        if (held := current(account)) is not None:
            raise WrongState(f"账号“{account.name}”已登记委托{held.vendor}运维，请先登记停止委托。")
        row = Outsourcing(account=account, starts_on=starts_on)
        _write(row, vendor=vendor, reviewer=reviewer, nda=nda, starts_on=starts_on, ends_on=ends_on)
        events.append(account, BEGUN, by=by, role=role, at=now, detail=_said(row))
    return row


def amend(
    account_id: int,
    row_id: int,
    *,
    vendor: str,
    reviewer: str,
    nda: bool,
    starts_on: date,
    ends_on: date | None,
    by: User,
    now: datetime,
) -> Outsourcing:
    """补登或更正 what is agreed. Raises as `begin`; WrongState also when that contract has ended meanwhile."""
    with transaction.atomic():
        account, role = _begin(account_id, by)
        row = _standing(account, row_id)
        was = _said(row)
        _write(row, vendor=vendor, reviewer=reviewer, nda=nda, starts_on=starts_on, ends_on=ends_on)
        if (said := _said(row)) != was:
            events.append(account, AMENDED, by=by, role=role, at=now, detail={**said, "was": was})
    return row


def end(account_id: int, row_id: int, *, ended_on: date, by: User, now: datetime) -> Outsourcing:
    """停止委托 on `ended_on`, today at the latest. Raises NotAllowed, WrongState or Incomplete."""
    with transaction.atomic():
        account, role = _begin(account_id, by)
        row = _standing(account, row_id)
        if not row.starts_on <= ended_on <= day_of(now):
            why = "停止委托的日期不能晚于今天。" if ended_on > day_of(now) else f"不能早于合同开始的 {row.starts_on}。"
            raise Incomplete("请改正后再登记。", {"ended_on": [why]})
        _end(row, ended_on)
        said = {"vendor": row.vendor, "on": ended_on.isoformat()}
        events.append(account, ENDED, by=by, role=role, at=now, detail=said)
    return row


def follow(account: Account, now: datetime) -> None:
    """Make the rows agree with what a filing has just said: 自运维 ends the contract; another vendor's begins today.

    Of the new one neither reviewer nor agreement is known, so it is not in order until somebody records them. Where
    the filed mode is empty, rows stay. The caller holds the transaction and the lock, and appends the event.
    """
    row, today = current(account), day_of(now)
    vendor = account.vendor if account.operation_mode == OperationMode.OUTSOURCED else ""
    if not account.operation_mode or vendor == (row.vendor if row is not None else ""):
        return
    if row is not None:
        _end(row, max(today, row.starts_on))
    if vendor:
        begun = Outsourcing(account=account, vendor=vendor, reviewer="", nda=False, starts_on=today)
        begun.lapses_at = lapses_at(begun)
        begun.save()


def from_opening(
    account: Account, *, vendor: str, reviewer: str, nda: bool, starts_on: date, ends_on: date | None
) -> Outsourcing:
    """What a completed opening says of 委托运维: the contract with that vendor is brought up to date; another one ends.

    The caller holds the transaction and the account's lock, and appends the event.
    """
    row = current(account)
    if row is not None and row.vendor != vendor:
        _end(row, max(starts_on, row.starts_on))
        row = None
    if row is None:
        row = Outsourcing(account=account, starts_on=starts_on)
    row.vendor, row.reviewer, row.nda, row.ends_on = vendor, reviewer, nda, ends_on
    row.lapses_at = lapses_at(row)
    row.save()
    return row


def _begin(account_id: int, by: User) -> tuple[Account, str]:
    """The account, locked, and the role that lets `by` record its contracts."""
    (account,) = due_times.lock([account_id])
    role = require(by, Action.PEOPLE, account)
    if account.state in GONE:
        raise WrongState(f"账号“{account.name}”{account.get_state_display()}，不再登记委托运维。")
    return account, role


def _standing(account: Account, row_id: int) -> Outsourcing:
    row = Outsourcing.objects.filter(account=account, pk=row_id, ended_on__isnull=True).first()
    if row is None:
        raise WrongState("这份委托已经停止或不在了，请刷新页面后查看。")
    return row


def _write(row: Outsourcing, *, vendor: str, reviewer: str, nda: bool, starts_on: date, ends_on: date | None) -> None:
    errors: dict[str, list[str]] = {}
    if not vendor.strip():
        errors["vendor"] = ["请填写运维单位。"]
    if ends_on is not None and ends_on < starts_on:
        errors["ends_on"] = ["合同到期日不能早于开始日，请核对。"]
    if errors:
        raise Incomplete("请改正后再登记。", errors)
    row.vendor, row.reviewer, row.nda = vendor.strip(), reviewer.strip(), nda
    row.starts_on, row.ends_on = starts_on, ends_on
    row.lapses_at = lapses_at(row)
    row.save()


def _end(row: Outsourcing, ended_on: date) -> None:
    row.ended_on = ended_on
    row.lapses_at = lapses_at(row)
    row.save(update_fields=["ended_on", "lapses_at"])


def _said(row: Outsourcing) -> dict[str, str | bool]:
    """What the history keeps of a contract."""
    return {
        "vendor": row.vendor,
        "reviewer": row.reviewer,
        "nda": row.nda,
        "from": row.starts_on.isoformat(),
        "until": row.ends_on.isoformat() if row.ends_on is not None else "",
    }
