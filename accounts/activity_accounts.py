"""Which account a row of activity means: read once for a file, each way of writing looked up once."""

from collections import defaultdict
from dataclasses import dataclass

from accounts import policy
from accounts.models import Account, AccountState
from accounts.models.account import GONE
from accounts.register_rows import NOTHING, PlatformWords
from zhonglou_media.core.models import User
from zhonglou_media.core.names import clean_name, name_key


@dataclass(frozen=True)
class Named:
    """The account that was meant; or the `problem`, with those that may have been meant."""

    accounts: tuple[int, ...]
    problem: str = ""


@dataclass(slots=True)
class _Entry:
    pk: int
    uid: str
    unit_id: int
    name: str


class AccountIndex:
    """The register by identity, as `identity.find`: standing accounts first, then cancelled ones (rule `revived`)."""

    def __init__(self, by: User | None) -> None:
        self._by = by
        self._words = PlatformWords()
        self._known: dict[tuple[str, ...], Named] = {}
        self._by_uid: tuple[dict[tuple[int, str], _Entry], ...] = ({}, {})
        self._by_name: tuple[dict[tuple[int, str], list[_Entry]], ...] = (defaultdict(list), defaultdict(list))
        self.names: dict[int, str] = {}
        rows = Account.objects.exclude(state=AccountState.VOID).order_by("pk")
        for pk, platform, uid, name, key, unit_id, state in rows.values_list(
            "pk", "platform_id", "uid", "name", "name_key", "unit_id", "state"
        ).iterator():
            entry, tier = _Entry(pk, uid, unit_id, name), int(state in GONE)
            if uid:
                self._by_uid[tier][platform, uid] = entry  # of several cancelled ones the last
            self._by_name[tier][platform, key].append(entry)

    def find(self, cells: tuple[str, ...]) -> Named:
        """The account named by the cells of platform, name and id."""
        named = self._known.get(cells)
        if named is None:
            platform, name, uid = map(str.strip, cells)
            try:
                named = self._look_up(platform, name, "" if uid.casefold() in NOTHING else uid)
            except ValueError as problem:
                named = Named((), str(problem).rstrip("。"))
            self._known[cells] = named
        return named

    def _look_up(self, cell: str, name: str, uid: str) -> Named:
        missing = [label for label, text in (("平台", cell), ("账号名称", name)) if not text or text in NOTHING]
        if missing:
            raise ValueError(f"缺少{'、'.join(missing)}")
        platform = self._words.read(cell)[0]
        key = name_key(clean_name(name))
        namesakes: list[_Entry] = []
        for by_uid, by_name in zip(self._by_uid, self._by_name, strict=True):
            named = by_name.get((platform.pk, key), [])
            namesakes += named
            hits = [by_uid[platform.pk, uid]] if uid and (platform.pk, uid) in by_uid else []
            hits = hits or [entry for entry in named if not (uid and entry.uid)]
            if len(hits) > 1:
                return self._in_doubt(hits, f"该平台登记有 {len(hits)} 个账号都叫“{name}”，请填写账号ID加以区分")
            if hits:
                return self._within_scope(hits[0])
        if namesakes:
            return self._in_doubt(namesakes, f"账号ID“{uid}”与台账登记的不一致，请核对")
        raise ValueError(f"台账里没有{platform.name}账号“{name}”，请核对名称和账号ID，或先登记入台账")

    def _within_scope(self, entry: _Entry) -> Named:
        if not policy.may(self._by, policy.Action.IMPORT_ACTIVITY, entry):
            return Named((), "不是本单位的账号")
        self.names[entry.pk] = entry.name
        return Named((entry.pk,))

    def _in_doubt(self, entries: list[_Entry], problem: str) -> Named:
        own = [entry for entry in entries if not self._within_scope(entry).problem]
        return Named(tuple(entry.pk for entry in own), problem)
