"""The stored columns of an account that follow from its publications: when it last published, when it must next.

Always recomputed from the facts by this one function, whoever wrote them (第十四条). Callers hold the transaction and
have locked the accounts' rows (`lock`), else two writers at once would each miss the other's facts.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import TruncDate

from accounts import rules
from accounts.models import Account, AccountKind, Publication
from accounts.models.account import WATCHED
from zhonglou_media.core.bulk import update_many
from zhonglou_media.core.clock import SHANGHAI, start_of

COLUMNS = ("last_published_at", "next_update_due_at", "due_after_removal")
_MANY = 1000  # accounts in memory at a time


def lock(account_ids: Collection[int]) -> list[Account]:
    """The accounts, locked in the order of their ids: taken by whoever writes their publications or messages."""
    rows = Account.objects.select_for_update(of=("self",), no_key=True).select_related("platform", "unit")
    return list(rows.filter(pk__in=account_ids).order_by("pk"))


@dataclass(slots=True)
class Locked:
    """What an import asks of an account that it has locked."""

    pk: int
    state: str
    unit_id: int
    posts_known_until: datetime | None
    messages_known_until: datetime | None


def lock_many(account_ids: Collection[int]) -> list[Locked]:
    """As `lock`, a tenth of the memory."""
    rows = Account.objects.select_for_update(no_key=True).filter(pk__in=account_ids).order_by("pk")
    return [Locked(*row) for row in rows.values_list(*Locked.__slots__)]


def recompute(account_ids: Collection[int]) -> None:
    """Write `COLUMNS` of these accounts from their publications: five statements a thousand accounts."""
    ids = iter(account_ids)
    while some := list(islice(ids, _MANY)):
        _recompute(some)


def _recompute(account_ids: list[int]) -> None:
    accounts = Account.objects.filter(pk__in=account_ids).select_related("platform").order_by("pk")
    published = Publication.objects.filter(account__in=account_ids)
    latest = _latest(published.filter(removed_at__isnull=True))
    removed = _latest(published.filter(removed_at__isnull=False))
    services = [account for account in accounts if account.kind == AccountKind.SERVICE]
    months = posts_by_month(services)
    rows = []
    for account in accounts:
        account.last_published_at = latest.get(account.pk)
        due = rules.next_update_due(account, months[account.pk]) if account.state in WATCHED else None
        gone = removed.get(account.pk)
        after_removal = gone is not None and (account.last_published_at is None or gone > account.last_published_at)
        rows.append((account.pk, account.last_published_at, due, after_removal))
    update_many(Account, COLUMNS, rows)


def next_due(account: Account) -> datetime | None:
    """`rules.next_update_due` of one account from its facts; the caller saves it."""
    counted = [account] if account.kind == AccountKind.SERVICE else []
    return rules.next_update_due(account, posts_by_month(counted)[account.pk])


def posts_by_month(accounts: Collection[Account]) -> dict[int, Counter[date]]:
    """For each account its live publications of watched days, by the first day of their Shanghai month."""
    found: dict[int, Counter[date]] = defaultdict(Counter)
    watched = {account.pk: account.monitored_from for account in accounts if account.monitored_from is not None}
    if not watched:
        return found
    days = (
        Publication.objects.filter(account__in=watched, removed_at__isnull=True)
        .filter(published_at__gte=start_of(min(watched.values())))
        .annotate(day=TruncDate("published_at", tzinfo=SHANGHAI))
        .order_by()
        .values_list("account", "day")
        .annotate(n=Count("pk"))
    )
    for account_id, day, n in days:
        if day >= watched[account_id]:
            found[account_id][day.replace(day=1)] += n
    return found


def _latest(published: QuerySet[Publication]) -> dict[int, datetime]:
    return dict(published.order_by().values_list("account").annotate(last=Max("published_at")))
