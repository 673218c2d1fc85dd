"""Which account a finding from above means, and which unit should answer it: suggestions, a person decides.

Names are compared as everywhere: every name an account ever had, whatever its writing (`core/names.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts import searching
from accounts.models import Account, AccountName, AccountState, Platform, Unit
from accounts.models.account import GONE
from accounts.models.unit import UnitStatus
from accounts.register_rows import PlatformWords
from accounts.sighting_match import Units
from inspections.models import UpperFinding
from zhonglou_media.core.names import name_key
from zhonglou_media.core.tables_in import without_notes

SHOWN = 8


@dataclass(frozen=True)
class Meant:
    """An account as above wrote it: the name, and the platform where one is named."""

    name: str
    platform: Platform | None


def read(text: str, platform: str, words: PlatformWords) -> Meant:
    """「示例应急（新浪微博）」, with a platform of its own or in brackets; what names none stays unknown."""
    bare, notes = without_notes(text)
    named = next((found for word in (platform, *notes) if word.strip() and (found := words.get(word))), None)
    return Meant(bare or text.strip(), named)


def called(meant: Sequence[Meant]) -> list[list[Account]]:
    """For each the accounts of exactly that name, now or once, those that stand before those that are gone.

    Three queries, however many are asked for.
    """
    keys = {name_key(one.name) for one in meant}
    once = AccountName.objects.filter(name_key__in=keys)
    former = defaultdict(set)
    for pk, key in once.values_list("account", "name_key"):
        former[key].add(pk)
    same = Q(name_key__in=keys) | Q(pk__in=set().union(*former.values()))
    rows = Account.objects.exclude(state=AccountState.VOID).filter(same).select_related("platform", "unit")
    accounts = sorted(rows, key=lambda account: (account.state in GONE, account.pk))
    return [
        [
            account
            for account in accounts
            if (account.name_key == name_key(one.name) or account.pk in former[name_key(one.name)])
            and one.platform in (None, account.platform)
        ]
        for one in meant
    ]


def sure(found: Sequence[Account]) -> Account | None:
    """The one account that is meant: the only one, or the only one that still stands."""
    standing = [account for account in found if account.state not in GONE]
    if len(standing) == 1:
        return standing[0]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Found:
    """What the register has: the account that is meant where that is clear, and what a person may choose from."""

    exact: Account | None
    offered: list[Account]


def look_up(text: str, platform: Platform | None) -> Found:
    """Exact names first, then what the register's search finds; at most eight."""
    meant = read(text, platform.name if platform else "", PlatformWords())
    if not meant.name:
        return Found(None, [])
    found = called([meant])[0]
    exact = sure(found)
    if len(found) < SHOWN:
        near = Account.objects.exclude(state=AccountState.VOID).exclude(pk__in=[account.pk for account in found])
        if meant.platform is not None:
            near = near.filter(platform=meant.platform)
        searched = searching.accounts(meant.name)
        if searched:
            found += near.filter(searched).select_related("platform", "unit").order_by("pk")[: SHOWN - len(found)]
    return Found(exact, found[:SHOWN])


@dataclass(frozen=True)
class Recommended:
    """The unit that should answer, and why the portal thinks so."""

    unit: Unit | None
    why: str


def recommended(upper: UpperFinding) -> Recommended:
    """Whose the account is; of an account that is not known, by its verification or name elsewhere in the register."""
    if upper.account is not None:
        return Recommended(heir(upper.account.unit), "台账里这个账号的主办单位")
    meant = read(upper.account_text, "", PlatformWords())
    namesakes = called([Meant(meant.name, None)])[0]
    units = Units()
    for account in namesakes:
        if account.verified_entity and (unit := units.get(account.verified_entity)) is not None:
            return Recommended(unit, f"按认证主体推荐：同名账号“{account}”的认证主体")
    owners = {heir(account.unit) for account in namesakes}
    if len(owners) == 1:
        return Recommended(owners.pop(), f"按同名账号推荐：“{namesakes[0]}”的主办单位")
    if (unit := units.within(meant.name)) is not None:
        return Recommended(unit, "按名称推荐：账号名称里有这个单位")
    return Recommended(None, "台账里没有线索，请选择承办单位")


def heir(unit: Unit) -> Unit:
    """The unit that carries on: of one that was merged away the one that took it over."""
    while unit.status == UnitStatus.MERGED and unit.merged_into is not None:
        unit = unit.merged_into
    return unit


def unit_called(text: str) -> Unit | None:
    """The unit that was typed, by any of its names."""
    return Units().get(text.strip())


def unit_names() -> Iterable[str]:
    """What is offered where a unit is typed: those that may own accounts."""
    rows = Unit.objects.filter(internal=False).exclude(status=UnitStatus.MERGED)
    return rows.values_list("name", flat=True)
