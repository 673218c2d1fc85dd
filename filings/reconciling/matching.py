"""Whose row is whose: by the platform's id, then by link, then by all names ever; each account once.

Where several accounts share what a row is known by, those that should be in the list come before closed ones, and these
before cancelled ones, whose identity is free. A row that fits two, and rows that fit the same account, are no
difference: they are reported, and what they may stand for is set aside.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from accounts.models import Account, AccountName, AccountState, Platform, Unit
from accounts.models.account import ENDED, WATCHED

from .fields import COMPARED
from .listing import CLOSED, Theirs
from .values import bare, link_of, plain, tells_apart, uid_key

A = AccountState
BY_ID, BY_LINK, BY_NAME = "id", "link", "name"
EXPECTED, STANDING, CANCELLED = 0, 1, 2

Key = tuple[int, str]
READ = ("platform", "state", "state_since", "national_no", "provincial_no", *COMPARED)


def tier_of(account: Account) -> int:
    """How likely a row means this account rather than another one with the same id or name."""
    if account.state in WATCHED:
        return EXPECTED
    return CANCELLED if account.state == A.CANCELLED else STANDING


def _tier(account: Account, row: Theirs) -> int:
    """The same for this row: one that they call closed means a closed account before one that lives."""
    return int(account.state not in ENDED) if row.state == CLOSED else tier_of(account)


@dataclass
class Matched:
    """Rows with their account and by what; rows without one; accounts that rows which cannot be compared may mean."""

    pairs: dict[int, tuple[Theirs, Account, str]] = field(default_factory=dict)  # by account
    alone: list[Theirs] = field(default_factory=list)
    aside: set[int] = field(default_factory=set)
    broken: list[Theirs] = field(default_factory=list)  # rows that cannot be compared, each with its problem

    def set_aside(self, rows: Iterable[tuple[Theirs, Account]]) -> None:
        """Rows that were matched and turned out not to be comparable; each has its problem by now."""
        for row, account in rows:
            del self.pairs[account.pk]
            self.aside.add(account.pk)
            self.broken.append(row)
        self.broken.sort(key=lambda row: row.number)


class Index:
    """The register by platform and id, link, name; four queries (`read`)."""

    def __init__(self, accounts: Iterable[Account], names: Iterable[tuple[int, str]]) -> None:
        self.accounts = {account.pk: account for account in accounts}
        self.by_uid: dict[Key, list[Account]] = defaultdict(list)
        self.by_link: dict[Key, list[Account]] = defaultdict(list)
        self.by_name: dict[Key, list[Account]] = defaultdict(list)
        self.by_bare: dict[Key, list[Account]] = defaultdict(list)
        self.platforms = sorted({account.platform_id for account in self.accounts.values()})
        for account in self.accounts.values():
            if key := uid_key(account.uid):
                self.by_uid[account.platform_id, key].append(account)
            if (link := link_of(account.link)) and tells_apart(link):
                self.by_link[account.platform_id, link].append(account)
            self._name(account, account.name)
        for account_id, name in names:
            if account_id in self.accounts:
                self._name(self.accounts[account_id], name)

    def _name(self, account: Account, name: str) -> None:
        for index, key in ((self.by_name, plain(name)), (self.by_bare, bare(name))):
            there = index[account.platform_id, key]
            if account not in there:
                there.append(account)

    @classmethod
    def read(cls) -> "Index":
        """All accounts that are not void, with every name they ever had; of each what is compared, units shared."""
        rows = Account.objects.exclude(state=A.VOID).only(*READ).order_by("pk")
        names = AccountName.objects.order_by("pk").values_list("account_id", "name")
        return cls(_with_units(rows), names)


def _with_units(accounts: Iterable[Account]) -> Iterator[Account]:
    """Tens of thousands of accounts, each without a unit and a platform of its own in memory."""
    units, platforms = Unit.objects.in_bulk(), Platform.objects.in_bulk()
    for account in accounts:
        account.unit, account.platform = units[account.unit_id], platforms[account.platform_id]
        yield account


def match(rows: Sequence[Theirs], index: Index) -> Matched:
    """Match `rows`; those with a problem already are not, and set their likely accounts aside."""
    readable = [row for row in rows if not row.problem]
    claims = _by_id(readable, index)
    claims |= _by_link([row for row in readable if row.number not in claims], readable, claims, index)
    claims |= _by_name([row for row in readable if row.number not in claims], claims, index)
    found = Matched()
    _keep(found, readable, claims, index)
    found.broken = [row for row in rows if row.problem]
    taken = set(found.pairs)
    for row in found.broken:
        for account in _meant(row, index):
            if account.pk not in taken:
                found.aside.add(account.pk)
    return found


Claims = dict[int, tuple[Account, str]]  # row number → account, by what


def _best(accounts: Iterable[Account], row: Theirs) -> list[Account]:
    found = [(_tier(account, row), account) for account in accounts]
    top = min((tier for tier, _ in found), default=EXPECTED)
    return [account for tier, account in found if tier == top]


def _by_id(rows: Sequence[Theirs], index: Index) -> Claims:
    claims: Claims = {}
    for row in rows:
        if row.uid and (found := _best(index.by_uid.get(_at(row, row.uid), ()), row)):
            # Only cancelled accounts share an id: the one that ended last is meant.
            claims[row.number] = (max(found, key=lambda account: account.state_since), BY_ID)
    return claims


def _by_link(rows: Sequence[Theirs], all_rows: Sequence[Theirs], before: Claims, index: Index) -> Claims:
    """A link that several rows have, or several accounts, tells nothing."""
    used: dict[Key, int] = defaultdict(int)
    for row in all_rows:
        if row.link:
            used[_at(row, row.link)] += 1
    taken = {account.pk for account, _ in before.values()}
    claims: Claims = {}
    for row in rows:
        if row.link and tells_apart(row.link) and used[_at(row, row.link)] == 1:
            found = _best(index.by_link.get(_at(row, row.link), ()), row)
            if len(found) == 1 and not (found[0].pk in taken and row.uid):  # that one has its own id
                claims[row.number] = (found[0], BY_LINK)
    return claims


def _by_name(rows: Sequence[Theirs], claims: Claims, index: Index) -> Claims:
    """By the whole name, else without the notes behind it. Rows that fit two accounts get their problem here."""
    taken = {account.pk for account, _ in claims.values()}
    found: Claims = {}
    for row in rows:
        named = index.by_name.get(_at(row, plain(row.name))) or index.by_bare.get(_at(row, bare(row.name))) or []
        fits = [account for account in named if not (row.uid and account.uid)]
        free = _best((account for account in fits if account.pk not in taken), row)
        # Another id under the name of an account that should be there: its id differs, which is said.
        other = [account for account in named if account not in fits and tier_of(account) == EXPECTED]
        other = [account for account in other if account.pk not in taken] if not free else []
        second = [account for account in fits if account.pk in taken and tier_of(account) == EXPECTED]
        chosen = free or other or second
        if len(chosen) == 1:
            found[row.number] = (chosen[0], BY_NAME)
        elif chosen:
            named_so = "、".join(f"{account.name}（{account.unit}）" for account in chosen[:3])
            row.problem = f"名称与本区 {len(chosen)} 个账号都相同：{named_so}，须有账号ID或链接才能分清"
    return found


def _keep(found: Matched, rows: Sequence[Theirs], claims: Claims, index: Index) -> None:
    """Each account once: rows that mean the same account, in the register or not, are told of each other."""
    groups: dict[object, list[Theirs]] = defaultdict(list)
    for row in rows:
        if row.number in claims:
            groups[claims[row.number][0].pk].append(row)
        elif not row.problem:
            groups[identity(row)].append(row)
    for one, group in groups.items():
        if len(group) > 1:
            numbers = "、".join(str(row.number) for row in group[:5])
            for row in group:
                row.problem = f"第 {numbers} 行是同一个账号，请核对后只留一行"
            if isinstance(one, int):
                found.aside.add(one)
        elif isinstance(one, int):
            account, how = claims[group[0].number]
            found.pairs[one] = (group[0], account, how)
        else:
            found.alone.append(group[0])


def identity(row: Theirs) -> str:
    """What a row is about that has no account: the surest of what it is known by."""
    platform = row.platform.code if row.platform else ""
    known = f"id:{row.uid}" if row.uid else f"name:{plain(row.name)}"
    return f"{platform}:{known}"


def _meant(row: Theirs, index: Index) -> list[Account]:
    """The accounts that a row which cannot be compared may mean, on its platform, or on any where that is not known."""
    platforms = [row.platform.pk] if row.platform else index.platforms
    for by, key in ((index.by_uid, row.uid), (index.by_link, row.link), (index.by_name, plain(row.name))):
        if key and (found := [account for pk in platforms for account in by.get((pk, key), ())]):
            return found
    return [account for pk in platforms for account in index.by_bare.get((pk, bare(row.name)), ())]


def _at(row: Theirs, key: str) -> Key:
    return (row.platform.pk if row.platform else 0, key)
