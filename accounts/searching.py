"""Units and accounts by what a person types: in every name they ever had, two characters suffice.

The register's list, the units' list, the lists of filings and the search ask here, so that all find the same.
"""

from collections.abc import Sequence
from functools import lru_cache

from django.db.models import Q, QuerySet

from accounts.models import Account, AccountName, Platform, Unit
from zhonglou_media.core.names import look_key, name_key
from zhonglou_media.core.searching import look, words

_folded = lru_cache(maxsize=8192)(name_key)
_looked = lru_cache(maxsize=8192)(look_key)


def named_units(typed: Sequence[str], *, near: bool = True) -> list[set[int]]:
    """For each word the keys of the units that ever had a name that holds it; of those that look like it where none
    has, if `near`.

    One query for all words: a district has some hundreds of units, and their names are folded here.
    """
    names: dict[int, set[str]] = {}
    if typed:
        rows = Unit.objects.order_by().values_list("pk", "name", "short_name", "names__name")
        for pk, *called in rows:
            names.setdefault(pk, set()).update(name for name in called if name)
    found = []
    for word in typed:
        plain = {pk for pk, called in names.items() if any(word in _folded(name) for name in called)}
        eye = look(word) if near and not plain else ""
        found.append({pk for pk, called in names.items() if any(eye in _looked(n) for n in called)} if eye else plain)
    return found


def units(text: str, *, near: bool = True) -> Q:
    """Condition: each word of `text` is in a name that the unit ever had; none when `text` says nothing."""
    found = Q()
    for ids in named_units(words(text), near=near):
        found &= Q(pk__in=ids)
    return found


def named_accounts(word: str, *, near: bool = True) -> QuerySet[AccountName, int]:
    """Keys of the accounts that ever had a name that holds `word`, or looks like it if `near` (traditional characters,
    other punctuation).
    """
    return AccountName.objects.filter(_like(word, near)).order_by().values_list("account", flat=True)


def called_so(word: str) -> QuerySet[Account]:
    """Accounts that are called so now: a name is recorded among those it ever had when its filing completes."""
    return Account.objects.order_by().filter(_like(word, near=True))


def accounts(text: str, *, seen: set[int] | None = None, near: bool = True) -> Q:
    """Condition: the account ever had a name like `text`, or its id, number, link, platform, unit or filing's number
    holds it.

    Each word of it must be found; no condition when `text` says nothing. `seen` are the units whose filings the person
    reads (`access.seen_unit_ids`): the number of a filing that is not shown finds nothing.
    """
    typed = words(text)
    found = Q()
    filed = Q() if seen is None else Q(filings__unit__in=seen) | Q(filings__change__giving_unit__in=seen)
    for word, unit_ids in zip(typed, named_units(typed, near=near), strict=True):
        one = _like(word, near) | Q(pk__in=named_accounts(word, near=near)) | Q(unit__in=unit_ids)
        one |= Q(platform__in=Platform.objects.order_by().filter(name__icontains=word).values("pk"))
        for name in ("uid", "link", "number", "national_no", "provincial_no"):
            one |= Q(**{f"{name}__icontains": word})
        numbered = Account.objects.order_by().filter(filed, filings__number__icontains=word)
        found &= one | Q(pk__in=numbered.values("pk"))
    return found


def _like(word: str, near: bool) -> Q:
    eye = look(word) if near else ""
    return Q(name_key__contains=word) | Q(look_key__contains=eye) if eye else Q(name_key__contains=word)
