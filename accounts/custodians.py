"""账号管理人员 (第十八条): who keeps an account's password, from when to when, and since when nobody does.

`Account.custodian` is filed: only a filing writes it. These rows say who it is in fact: they follow what a filing says
(`follow`), and the unit records a change of hands at once, before its change filing. Days are Shanghai's.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts import due_times
from accounts.models import Account, Custodian
from accounts.models.account import GONE
from accounts.policy import Action, require
from zhonglou_media.core import events
from zhonglou_media.core.bulk import update_many
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import User

NAMED, PHONE, LEFT = "custodian_named", "custodian_phone", "custodian_left"  # the verbs of the events
ONE_DAY = timedelta(days=1)
EARLIEST = date(2009, 1, 1)  # no platform of the district's accounts is older
AHEAD = timedelta(days=90)  # how long before it comes an 离任 may be recorded


def since(account: Account, rows: Iterable[Custodian]) -> datetime | None:
    """Since when nobody is named, from all of an account's `rows`; None while somebody is, or nobody was ever asked.

    00:00 of the day after the last one left, but not before the account was watched; never named: when watching began.
    """
    rows = list(rows)
    if any(row.to_date is None for row in rows):
        return None
    begins = [row.to_date + ONE_DAY for row in rows if row.to_date is not None]
    begins = [max(begins)] if begins else []
    begins += [account.monitored_from] if account.monitored_from is not None else []
    return start_of(max(begins)) if begins else None


def current(rows: Iterable[Custodian], today: date) -> Custodian | None:
    """Who of `rows` keeps it on `today`: the one that began last, where a hand-over has both for a day."""
    held = [row for row in rows if row.from_date <= today and (row.to_date is None or row.to_date >= today)]
    return max(held, key=lambda row: (row.from_date, row.pk), default=None)


def name(account_id: int, *, name: str, phone: str, from_date: date, by: User, now: datetime) -> Custodian:
    """到任: `name` keeps the account from `from_date` on, the former one until the day before.

    The same name again only corrects the phone. Raises NotAllowed, WrongState (an account that is gone) or Incomplete
    by field.
    """
    name, phone = name.strip(), phone.strip()
    with transaction.atomic():
        account, role = _begin(account_id, by)
        rows = list(_rows(account))
        last = rows[-1] if rows else None
        if last is not None and last.to_date is None and last.name == name:
            return _correct(last, phone, account, by=by, role=role, now=now)
        _check_arrival(last, name, from_date, day_of(now))
        if last is not None and last.to_date is None:
            _end(last, max(from_date - ONE_DAY, last.from_date))
        row = Custodian.objects.create(account=account, name=name, phone=phone, from_date=from_date)
        recompute(account)
        said = {"name": name, "from": from_date.isoformat(), "was": last.name if last is not None else ""}
        events.append(account, NAMED, by=by, role=role, at=now, detail=said)  # a phone stays out of the history
    return row


def leave(account_id: int, *, to_date: date, by: User, now: datetime) -> Custodian:
    """离任: the custodian's last day is `to_date`; from the next one on nobody keeps the account.

    Raises NotAllowed, WrongState (nobody is named, or it is recorded already) or Incomplete.
    """
    with transaction.atomic():
        account, role = _begin(account_id, by)
        rows = list(_rows(account))
        row = rows[-1] if rows else None
        if row is None or row.to_date is not None:
            raise WrongState(f"账号“{account.name}”没有在任的管理人员，不用登记离任。请刷新页面后查看。")
        if to_date < row.from_date:
            raise Incomplete(
                "请改正后再登记。", {"to_date": [f"{row.name} {row.from_date} 到任，离任日期不能早于这一天。"]}
            )
        if to_date > day_of(now) + AHEAD:
            raise Incomplete("请改正后再登记。", {"to_date": [f"最多提前 {AHEAD.days} 天登记离任，请核对日期。"]})
        _end(row, to_date)
        recompute(account)
        said = {"name": row.name, "to": to_date.isoformat()}
        events.append(account, LEFT, by=by, role=role, at=now, detail=said)
    return row


def follow(account: Account, now: datetime) -> None:
    """Make the rows agree with what a filing has just said of the account's custodian (`follow_many` of one)."""
    follow_many([account], now)


def follow_many(accounts: Sequence[Account], now: datetime) -> None:
    """As the filed fields say: the named one begins today, another one before ends; a changed phone is taken over.

    For accounts whose custodian a filing or the baseline has just written, saved or about to be (`lifecycle`): a filing
    of something else says nothing of who keeps it now. Where nobody is filed, rows stay. Writes `no_custodian_since`
    on the objects and in the table. The caller holds the transaction and the accounts' locks, and appends the event.
    """
    today, rows = day_of(now), defaultdict(list)
    for row in Custodian.objects.filter(account__in=accounts).order_by("from_date", "pk"):
        rows[row.account_id].append(row)
    begun, changed = [], []
    for account in accounts:
        held = rows[account.pk]
        last = held[-1] if held and held[-1].to_date is None else None
        if account.custodian and last is not None and last.name == account.custodian:
            if account.custodian_phone and str(last.phone) != account.custodian_phone:
                last.phone = account.custodian_phone
                changed.append(last)
        elif account.custodian:
            if last is not None:
                last.to_date = max(today - ONE_DAY, last.from_date)
                changed.append(last)
            held.append(_filed(account, today))
            begun.append(held[-1])
        account.no_custodian_since = since(account, held)
    for row in changed:
        row.save(update_fields=["phone", "to_date"])
    Custodian.objects.bulk_create(begun, batch_size=500)
    update_many(Account, ["no_custodian_since"], [(account.pk, account.no_custodian_since) for account in accounts])


def begin_many(accounts: Iterable[Account], now: datetime) -> None:
    """The rows of accounts that were registered just now, whose `no_custodian_since` was saved with them."""
    named = (_filed(account, day_of(now)) for account in accounts if account.custodian)
    Custodian.objects.bulk_create(named, batch_size=500)


def recompute(account: Account) -> None:
    """Write `no_custodian_since` from the rows, whoever moved them; the caller has locked the account."""
    account.no_custodian_since = since(account, _rows(account))
    account.save(update_fields=["no_custodian_since"])


def _filed(account: Account, today: date) -> Custodian:
    return Custodian(account=account, name=account.custodian, phone=account.custodian_phone, from_date=today)


def _begin(account_id: int, by: User) -> tuple[Account, str]:
    """The account, locked, and the role that lets `by` record its people."""
    (account,) = due_times.lock([account_id])
    role = require(by, Action.PEOPLE, account)
    if account.state in GONE:
        raise WrongState(f"账号“{account.name}”{account.get_state_display()}，不再登记人员。")
    return account, role


def _rows(account: Account) -> QuerySet[Custodian]:
    return Custodian.objects.filter(account=account).order_by("from_date", "pk")


def _check_arrival(last: Custodian | None, name: str, from_date: date, today: date) -> None:
    """Nobody comes before the one before him, nor later than today, except right after who leaves on a coming day."""
    errors: dict[str, list[str]] = {}
    if not name:
        errors["name"] = ["请填写管理人员姓名。"]
    latest = today
    if last is not None and last.to_date is not None:
        latest = max(today, last.to_date + ONE_DAY)
    if from_date > latest:
        until = "今天" if latest == today else f" {latest}（前任离任的第二天）"
        errors["from_date"] = [f"到任日期不能晚于{until}，请核对。"]
    elif from_date < EARLIEST:
        errors["from_date"] = [f"到任日期不能早于 {EARLIEST.year} 年，那时还没有政务新媒体账号，请核对年份。"]
    elif last is not None and from_date < last.from_date:
        errors["from_date"] = [f"前任 {last.name} {last.from_date} 才到任，到任日期不能早于这一天。"]
    if errors:
        raise Incomplete("请改正后再登记。", errors)


def _correct(row: Custodian, phone: str, account: Account, *, by: User, role: str, now: datetime) -> Custodian:
    if phone != str(row.phone):
        row.phone = phone
        row.save(update_fields=["phone"])
        events.append(account, PHONE, by=by, role=role, at=now, detail={"name": row.name})
    return row


def _end(row: Custodian, to_date: date) -> None:
    row.to_date = to_date
    row.save(update_fields=["to_date"])
