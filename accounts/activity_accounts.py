"""Which account a row of activity means: read once for a file, each way of writing looked up once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from django.db.models import F

from accounts import policy
from accounts.models import Account, AccountName, AccountState
from accounts.models.account import GONE
from accounts.register_rows import NOTHING, PlatformWords
from zhonglou_media.core.models import User
from zhonglou_media.core.names import clean_name, look_key, name_key

ALIKE = 0.75  # share of characters, in their order, that a mistyped name has in common with the right one
MAX_COMPARED = 1_000_000  # pairs of names, some seconds; beyond, only those with the same look are found

BEFORE = "曾属于"

Unknown = tuple[int, str]  # platform's key (0: could not be read) and a name


@dataclass(frozen=True, slots=True)
class Named:
    """The account that was meant; or the `problem`, with those that may have been meant, or the `unknown` name."""

    accounts: tuple[int, ...]
    problem: str = ""
    unknown: Unknown | None = None


@dataclass(slots=True)
class _Entry:
    pk: int
    uid: str
    unit_id: int
    name: str
    platform: int


class AccountIndex:
    """The register by identity, as `identity.find`: standing accounts first, then cancelled ones (rule `revived`).

    A name that nobody has now is looked up among those that accounts had before.
    """

    def __init__(self, by: User | None) -> None:
        self._by = by
        self._words = PlatformWords()
        self._known: dict[tuple[str, ...], Named] = {}
        self._by_uid: tuple[dict[tuple[int, str], _Entry], ...] = ({}, {})
        self._by_name: tuple[dict[tuple[int, str], list[_Entry]], ...] = (defaultdict(list), defaultdict(list))
        self._before: dict[Unknown, list[_Entry]] | None = None
        self._named: dict[int, _Entry] = {}
        rows = Account.objects.exclude(state=AccountState.VOID).order_by("pk")
        for pk, platform, uid, name, key, unit_id, state in rows.values_list(
            "pk", "platform_id", "uid", "name", "name_key", "unit_id", "state"
        ).iterator():
            entry, tier = _Entry(pk, uid, unit_id, name, platform), int(state in GONE)
            if uid:
                self._by_uid[tier][platform, uid] = entry  # of several cancelled ones the last
            self._by_name[tier][platform, key].append(entry)

    def find(self, cells: tuple[str, ...]) -> Named:
        """The account named by the cells of platform, name and id."""
        named = self._known.get(cells)
        if named is None:
            named = self._known[cells] = self._read(*map(str.strip, cells))
        return named

    def name(self, pk: int) -> str:
        """Of an account that a row named."""
        return self._named[pk].name

    def lookalikes(self, unknown: Collection[Unknown], pks: Iterable[int]) -> dict[Unknown, list[int]]:
        """Which of the accounts `pks`, named by other rows, may be meant by names that are not in the register."""
        looks: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for entry in (self._named[pk] for pk in pks if unknown):
            look = look_key(entry.name)
            for platform in (entry.platform, 0):
                looks[platform][look].append(entry.pk)
        left, found = MAX_COMPARED, {}
        for platform, name in unknown:
            among, look = looks[platform], look_key(name)
            alike = {look} & among.keys()
            if left >= len(among):
                alike |= set(get_close_matches(look, among, n=len(among) or 1, cutoff=ALIKE))
                left -= len(among)
            found[platform, name] = sorted(pk for key in alike for pk in among[key])
        return found

    def _read(self, cell: str, name: str, uid: str) -> Named:
        cell, name, uid = ("" if text.casefold() in NOTHING else text for text in (cell, name, uid))
        platform = 0
        try:
            missing = [label for label, text in (("平台", cell), ("账号名称", name)) if not text]
            if cell:
                read = self._words.read(cell)[0]
                platform = read.pk
            if missing:
                raise ValueError(f"缺少{'、'.join(missing)}")
            named = self._look_up(platform, clean_name(name), uid)
            if named is None:
                raise ValueError(f"台账里没有{read.name}账号“{name}”，请核对名称和账号ID，或先登记入台账")
            return named
        except ValueError as error:
            problem = str(error).rstrip("。")
            if (platform, uid) in self._by_uid[0]:
                return self._in_doubt([self._by_uid[0][platform, uid]], problem)
            return Named((), problem, (platform, name) if name else None)

    def _look_up(self, platform: int, name: str, uid: str) -> Named | None:
        key = platform, name_key(name)
        namesakes: list[_Entry] = []
        for by_uid, by_name, called in self._tiers():
            named = [] if called == BEFORE and namesakes else by_name.get(key, [])
            namesakes += named
            hits = [by_uid[platform, uid]] if uid and (platform, uid) in by_uid else []
            hits = hits or [entry for entry in named if not (uid and entry.uid)]
            if len(hits) > 1:
                return self._in_doubt(hits, f"名称“{name}”在该平台{called} {len(hits)} 个账号，请填写账号ID加以区分")
            if hits:
                return self._within_scope(hits[0])
        if namesakes:
            return self._in_doubt(namesakes, f"账号ID“{uid}”与台账登记的不一致，请核对")
        return None

    def _tiers(self) -> Iterator[tuple[dict[Unknown, _Entry], dict[Unknown, list[_Entry]], str]]:
        for by_uid, by_name in zip(self._by_uid, self._by_name, strict=True):
            yield by_uid, by_name, "有"
        if self._before is None:  # few files need it
            self._before = defaultdict(list)
            rows = AccountName.objects.exclude(account__state__in=GONE).exclude(name_key=F("account__name_key"))
            fields = ("name_key", "account", "account__uid", "account__unit", "account__name", "account__platform")
            for key, *entry in rows.values_list(*fields):
                self._before[entry[-1], key].append(_Entry(*entry))
        yield {}, self._before, BEFORE

    def _within_scope(self, entry: _Entry) -> Named:
        if not policy.may(self._by, policy.Action.IMPORT_ACTIVITY, entry):
            return Named((), "不是本单位的账号")
        self._named[entry.pk] = entry
        return Named((entry.pk,))

    def _in_doubt(self, entries: list[_Entry], problem: str) -> Named:
        own = [entry for entry in entries if not self._within_scope(entry).problem]
        return Named(tuple(entry.pk for entry in own), problem)
