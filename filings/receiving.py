"""接收账号: which accounts of other units a unit may take over by a change of sponsor (主办单位变更, 第八条)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import Account, AccountState, Unit
from filings.models import Filing, FilingKind, FilingState

SHOWN = 20
SHORTEST = 2  # characters that a search takes: one would list half the register


@dataclass(frozen=True)
class Offered:
    """An account of another unit, why it cannot be taken over now ('' when it can), and the own draft that does it."""

    account: Account
    why: str
    draft: Filing | None = None


def of_merged(units: Collection[Unit]) -> list[Offered]:
    """Accounts of units that were merged into one of `units`."""
    return _offered(_of_others(units).filter(unit__merged_into__in=units), units)


def found(text: str, units: Collection[Unit]) -> list[Offered]:
    """Accounts of other units with that 备案编号, or with `text` in one of their names, all that they ever had."""
    text = text.strip()
    if len(text) < SHORTEST:
        return []
    named = Q(name__icontains=text) | Q(names__name__icontains=text)
    numbered = Q(number__iexact=text) | Q(filings__number__iexact=text)
    ids = _of_others(units).filter(named | numbered).order_by().values("pk")
    return _offered(Account.objects.filter(pk__in=ids), units)


def _of_others(units: Collection[Unit]) -> QuerySet[Account]:
    return Account.objects.standing().exclude(unit__in=units)


def takeable(units: Collection[Unit]) -> QuerySet[Account]:
    """Accounts that the page may name at all."""
    return _of_others(units).select_related("unit", "platform")


def _offered(rows: QuerySet[Account], units: Collection[Unit]) -> list[Offered]:
    accounts = list(rows.select_related("unit", "platform").order_by("unit__name", "pk")[:SHOWN])
    live = {f.account_id: f for f in Filing.objects.live().filter(account__in=accounts).select_related("unit")}
    return [_offer(account, live.get(account.pk), units) for account in accounts]


def _offer(account: Account, live: Filing | None, units: Iterable[Unit]) -> Offered:
    own = live is not None and live.unit in units and live.kind == FilingKind.CHANGE and live.state == FilingState.DRAFT
    return Offered(account, "", live) if own else Offered(account, _why_not(account, live))


def _why_not(account: Account, live: Filing | None) -> str:
    if account.state != AccountState.ACTIVE:
        return f"现为“{account.get_state_display()}”，只有正常运行的账号可以变更主办单位"
    if live is None:
        return ""
    return f"有一件办理中的{live.get_kind_display()}（{live.unit}），办完后才能接收"
