"""The only writer of `Account.state` (machine of accounts): each call names its ground and leaves an event.

A ground is a filing, an order, the baseline or a finding. Callers hold the transaction and have locked the row.
"""

from datetime import datetime

from accounts import custodians, due_times, identity, policy, rules
from accounts.fields import COMPLETED_FILING, LIVE_FILING
from accounts.models import Account, AccountName, AccountState, Origin, Unit
from accounts.models.account import ORDERABLE, WATCHED
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User

A = AccountState
LEGAL: frozenset[tuple[str, str]] = frozenset(
    {
        (A.PENDING, A.ACTIVE),
        (A.UNFILED, A.ACTIVE),
        (A.CLOSED, A.ACTIVE),
        (A.PENDING, A.UNFILED),
        (A.PENDING, A.VOID),
        (A.ACTIVE, A.CLOSING),
        (A.CLOSING, A.ACTIVE),
        (A.CLOSING, A.CLOSED),
        (A.CLOSING, A.CANCELLED),
        (A.CLOSED, A.CANCELLED),
        (A.ACTIVE, A.CLOSED),
        (A.UNFILED, A.CLOSED),
        (A.ACTIVE, A.CANCELLED),
        (A.UNFILED, A.CANCELLED),
        (A.ACTIVE, A.VOID),
        (A.UNFILED, A.VOID),
    }
)


def register(accounts: list[Account], *, origin: Origin, now: datetime) -> list[Account]:
    """Enter accounts that already exist on their platform: baseline → active, found → unfiled (第八条).

    `accounts` are unsaved and have no state; one found earlier than `now` says so in `found_at`. The caller appends the
    one event of its run (machines: an import appends one event a run). Returns the saved accounts.
    """
    for account in accounts:
        account.origin = origin
        account.state_since = now
        identity.fill_keys(account)
        if origin == Origin.BASELINE:
            account.state = A.ACTIVE
            account.monitored_from = day_of(now)
            account.next_update_due_at = rules.next_update_due(account)
            account.no_custodian_since = None if account.custodian else custodians.since(account, [])
        else:
            account.state = A.UNFILED
            account.found_at = account.found_at or now
    saved = Account.objects.bulk_create(accounts, batch_size=500)
    AccountName.objects.bulk_create((_name(account, now) for account in saved), batch_size=500)
    if origin == Origin.BASELINE:
        custodians.begin_many(saved, now)
    return saved


def open_pending(account: Account, *, ground: str, by: User | None, role: str, now: datetime) -> Account:
    """Save a new account as 待备案 on the first approval of its opening filing; watched only once active."""
    account.origin = Origin.FILING
    account.state = A.PENDING
    account.state_since = now
    identity.fill_keys(account)
    account.save(force_insert=True)
    events.append(account, "open_pending", by=by, role=role, at=now, to_state=A.PENDING, comment=ground)
    return account


def rewrite_pending(account: Account, *, ground: str, by: User | None, role: str, now: datetime) -> None:
    """Save what a later approval rewrote on a 待备案 account; it stays 待备案."""
    account.save()
    events.append(account, "rewrite_pending", by=by, role=role, at=now, comment=ground)


def activate(account: Account, *, number: str, ground: str, by: User | None, role: str, now: datetime) -> None:
    """待备案, 未备案 or 已关停 → 正常运行: its opening completed. Watched from today; its name enters the history.

    One that was declared lost (第十八条) is judged and holds its place again.
    """
    account.number = number
    account.monitored_from = day_of(now)
    account.found_at = None
    if account.lost_control_since is not None:  # who filed it has it in hand again
        account.lost_control_since = None
        ground = f"{ground}：原失控认定随之终止"
    custodians.follow(account, now)
    _move(account, A.ACTIVE, verb="activate", ground=ground, by=by, role=role, now=now)
    AccountName.objects.get_or_create(
        account=account,
        name=account.name,
        defaults={"name_key": account.name_key, "look_key": account.look_key, "since": now},
    )


def end_pending(account: Account, *, on_platform: bool, ground: str, by: User | None, role: str, now: datetime) -> None:
    """待备案 → 未备案 if the account exists on the platform, else 作废: its filing ended without success."""
    if on_platform:
        account.found_at = now
    target = A.UNFILED if on_platform else A.VOID
    _move(account, target, verb="end_pending", ground=ground, by=by, role=role, now=now)


def begin_closing(account: Account, *, ground: str, by: User | None, role: str, now: datetime) -> None:
    """正常运行 → 拟关停: its closure or cancellation was accepted; it stays watched until that completes."""
    _move(account, A.CLOSING, verb="begin_closing", ground=ground, by=by, role=role, now=now)


def undo_closing(account: Account, *, ground: str, by: User | None, role: str, now: datetime) -> None:
    """拟关停 → 正常运行: that acceptance was undone."""
    _move(account, A.ACTIVE, verb="undo_closing", ground=ground, by=by, role=role, now=now)


def end(account: Account, *, cancelled: bool, ground: str, by: User | None, role: str, now: datetime) -> None:
    """→ 已关停 or 已注销: its filing completed, or an order was executed. Nobody judges its updates any more."""
    target = A.CANCELLED if cancelled else A.CLOSED
    _move(account, target, verb="cancel" if cancelled else "close", ground=ground, by=by, role=role, now=now)


def is_filed(account: Account) -> bool:
    """Whether a filing of whatever kind was ever completed for it: such a row never becomes 作废."""
    return bool(account.number) or account.filings.filter(state=COMPLETED_FILING).exists()


def void(account: Account, *, reason: str, by: User, now: datetime) -> None:
    """作废: recorded in error or a double; only the supervisor, never a row with a completed filing."""
    role = policy.require(by, policy.Action.VOID, account)
    if is_filed(account):
        named = account.number or "见备案台账"
        raise WrongState(f"账号“{account.name}”已办结备案（{named}），不能作废，只能关停或注销。")
    if account.filings.filter(state__in=LIVE_FILING).exists():
        raise WrongState(f"账号“{account.name}”有一件办理中的备案，请先由主办单位撤回，再作废。")
    if account.orders.filter(ended_at__isnull=True).exists():
        raise WrongState(f"账号“{account.name}”有一件未办结的责令关停，请先撤销，再作废。")
    if not reason.strip():
        raise Refused("请写明作废的理由。")
    _move(account, A.VOID, verb="void", ground=reason.strip(), by=by, role=role, now=now)


def merge_into(account: Account, kept: Account, *, reason: str, by: User, role: str, now: datetime) -> None:
    """作废: a second row of the same account, whose filings and facts `kept` has taken over (`filings/merging.py`)."""
    account.merged_into = kept
    ground = f"并入账号“{kept.name}”，理由：{reason}"
    _move(account, A.VOID, verb="merge_into", ground=ground, by=by, role=role, now=now)


def go_over(account: Account, into: Unit, *, reason: str, by: User | None, role: str, now: datetime) -> None:
    """单位撤并: an account goes into the receiving unit without a change: 未备案, or opened again by that unit."""
    account.unit = into
    account.save(update_fields=["unit"])
    orders_follow(account)
    events.append(account, "merge_unit", by=by, role=role, at=now, comment=f"账号随单位撤并：{reason}")


def orders_follow(account: Account) -> None:
    """The account, locked by the caller, has another unit: a closure order that stands is that one's to carry out."""
    account.orders.filter(ended_at__isnull=True).update(unit=account.unit)


def kept(account: Account) -> Account:
    """The row that stands for `account` now: the one into which a double was merged, else itself."""
    while account.merged_into is not None:
        account = account.merged_into
    return account


def end_by_order(account: Account, *, cancelled: bool, ground: str, by: User | None, role: str, now: datetime) -> None:
    """未备案, 正常运行 or 拟关停 → 已关停 or 已注销: a closure order is executed (第八条, 第二十四条)."""
    if account.state not in ORDERABLE:
        raise WrongState(f"账号“{account.name}”现为“{account.get_state_display()}”，不能按责令关停处理。")
    target = A.CANCELLED if cancelled else A.CLOSED
    _move(account, target, verb="end_by_order", ground=ground, by=by, role=role, now=now)


def _move(
    account: Account, target: AccountState, *, verb: str, ground: str, by: User | None, role: str, now: datetime
) -> None:
    """Change the state along a legal pair, recompute the due time, save, append the event."""
    source = account.state
    if (source, target) not in LEGAL:
        raise WrongState(f"账号“{account.name}”现为{A(source).label}，不能转为{target.label}。")
    account.state = target
    account.state_since = now
    account.next_update_due_at = due_times.next_due(account) if target in WATCHED else None
    account.save()
    events.append(account, verb, by=by, role=role, at=now, from_state=source, to_state=target, comment=ground)


def _name(account: Account, now: datetime) -> AccountName:
    return AccountName(
        account=account, name=account.name, name_key=account.name_key, look_key=account.look_key, since=now
    )
