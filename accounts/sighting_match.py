"""Which account of the register something seen on a platform may be (第八条), and what a person should think of it.

Compared are the platform's id, the link, every name an account ever had, and names that look alike; among all accounts
that are not void, the closed and cancelled ones too, and among what was sorted before. Nothing here writes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Q

from accounts.models import Account, AccountName, AccountState, Platform, Sighting, Unit, Verdict
from accounts.models.account import GONE
from accounts.models.unit import UnitStatus
from accounts.register_judge import units_by_name
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.names import letters, look_key, look_keys, name_key, shape_key, shape_keys

SHOWN = 5  # candidates of one finding
MIN_UNIT = 3  # characters of a unit's name that are looked for in the name of an account


class How(models.TextChoices):
    """By what a candidate matches, the surest first."""

    ID = "id", "账号ID相同"
    LINK = "link", "链接相同"
    NAME = "name", "名称相同"
    FORMER = "former", "曾用名相同"
    EARLIER = "earlier", "以前认定过"
    NAMESAKE = "namesake", "名称相同，账号ID不同"
    LOOK = "look", "名称相近"
    SHAPE = "shape", "有形近字"
    ELSEWHERE = "elsewhere", "在另一平台同名"


SURE = (How.ID, How.LINK, How.NAME, How.FORMER, How.EARLIER)
ALIKE = (How.NAMESAKE, How.LOOK, How.SHAPE)
_ORDER = {how: place for place, how in enumerate(How)}


@dataclass(frozen=True)
class Finding:
    """What was seen: `unit` is the name of the suspected one, as somebody wrote it."""

    platform: Platform
    name: str
    uid: str = ""
    link: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Candidate:
    """An account it may be (None: only sorted before, as `earlier` says), and by what it matches."""

    how: How
    account: Account | None
    name: str  # the name that matched: the present one or a former one
    earlier: Sighting | None = None
    seen: str = ""

    @property
    def letters(self) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
        """The name seen and the name that matched, in pieces, with what differs."""
        return letters(self.seen, self.name)

    @property
    def told(self) -> list[object]:
        """What of it a decision stands on."""
        account = self.account
        return [self.how, account and [account.pk, account.state, account.unit_id], self.earlier and self.earlier.pk]


@dataclass(frozen=True)
class Suggestion:
    """What the portal would say it is, and why; a person decides."""

    verdict: Verdict
    why: str
    account: Account | None = None
    unit: Unit | None = None
    weak: bool = False  # too little to accuse by: nothing is chosen beforehand

    def names(self, verdict: str, account: int | None) -> int | None:
        """The account that `verdict` names where a person left `account` chosen.

        None for what is no account of the register: who says 未备案 of something only like an account means another.
        """
        imitated = self.verdict == Verdict.FAKE and self.account is not None and self.account.pk == account
        if verdict == Verdict.NOT_GOVERNMENT or (verdict == Verdict.UNFILED and imitated):
            return None
        return account


@dataclass
class _Index:
    """Ids of accounts by each thing that is compared, of one platform or of all."""

    by: dict[How, dict[object, list[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    def add(self, how: How, key: object, account: int) -> None:
        if account not in self.by[how][key]:
            self.by[how][key].append(account)


def link_key(link: str) -> str:
    """A link as it is compared: without scheme, www., trailing slash and what the browser keeps to itself (#…)."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:  # http://[…
        return ""
    host = parts.netloc.casefold().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}{'?' + parts.query if parts.query else ''}" if host else ""


def match(platform: Platform, uid: str, name: str, link: str) -> list[Candidate]:
    """The accounts it may be, the surest first: at most `SHOWN`."""
    return match_all([Finding(platform, name, uid, link)])[0]


def match_all(findings: Sequence[Finding]) -> list[list[Candidate]]:
    """`match` for many findings: six queries, however many they are."""
    earlier = _sorted_before(findings)
    index, facts = _register(findings, {row.account_id for row in earlier.values() if row.account_id})
    found = [_matches(finding, index, facts, earlier) for finding in findings]
    ids = {pk for one in found for _, pk, _, _ in one if pk is not None}
    accounts = Account.objects.select_related("platform", "unit").in_bulk(ids)
    return [
        [
            Candidate(how, accounts[pk] if pk is not None else None, name, before, finding.name)
            for how, pk, name, before in sorted(one, key=lambda hit: _place(hit, accounts))[:SHOWN]
        ]
        for finding, one in zip(findings, found, strict=True)
    ]


_Hit = tuple[How, int | None, str, Sighting | None]


def _place(hit: _Hit, accounts: dict[int, Account]) -> tuple[int, bool, int]:
    """Surest first; of several an account that stands before one that is gone, then the newer."""
    how, pk, _, _ = hit
    return _ORDER[how], pk is not None and accounts[pk].state in GONE, -(pk or 0)


def _register(findings: Sequence[Finding], named: set[int]) -> tuple[_Index, dict[int, tuple[int, str, str]]]:
    """What of the register may match, as it is compared, and of each account its platform, id and present name.

    `named`: accounts that were named when the same was seen before.

    Four queries: names of a similar shape are looked for among all of the platforms, the rest by columns.
    """
    platforms = {finding.platform.pk for finding in findings}
    alike = _of_like_shape({shape for finding in findings for shape in shape_keys(finding.name)}, platforms)
    keys = {name_key(finding.name) for finding in findings}
    once = AccountName.objects.filter(name_key__in=keys).values("account")
    same = Q(pk__in=alike | named) | Q(name_key__in=keys) | Q(pk__in=once)
    here = Q(uid__in={finding.uid for finding in findings} - {""})
    here |= Q(link__in={link for finding in findings for link in _ways_to_write(finding.link)})
    rows = Account.objects.exclude(state=AccountState.VOID).filter(same | here & Q(platform__in=platforms))
    index, facts = _Index(), {}
    values = rows.values_list("pk", "platform_id", "uid", "name", "name_key", "look_key", "link")
    for pk, platform, uid, name, key, look, link in values.order_by("pk"):
        facts[pk] = (platform, uid, name)
        for how, words in ((How.ID, uid), (How.LINK, link_key(link))):
            if words:
                index.add(how, (platform, words), pk)
        index.add(How.NAME, (platform, key), pk)
        index.add(How.ELSEWHERE, key, pk)
        index.add(How.LOOK, (platform, look), pk)
        index.add(How.SHAPE, (platform, shape_key(look)), pk)
    former = AccountName.objects.filter(account__in=list(facts)).values_list("account_id", "name_key", "look_key")
    for pk, key, look in former.order_by("pk"):
        platform = facts[pk][0]
        index.add(How.FORMER, (platform, key), pk)
        index.add(How.LOOK, (platform, look), pk)
        index.add(How.SHAPE, (platform, shape_key(look)), pk)
    return index, facts


def _of_like_shape(shapes: set[str], platforms: set[int]) -> set[int]:
    """Accounts of the platforms that have, or once had, a name of one of these shapes."""
    now = Account.objects.filter(platform__in=platforms).values_list("pk", "look_key")
    once = AccountName.objects.filter(account__platform__in=platforms).exclude(look_key=F("account__look_key"))
    keys = chain(now.order_by().iterator(), once.values_list("account_id", "look_key").order_by().iterator())
    return {pk for pk, look in keys if shape_key(look) in shapes}


def _ways_to_write(link: str) -> set[str]:
    """A link as somebody else may have stored it: `link_key` is the same for all of them."""
    key = link_key(link)
    path, mark, query = key.partition("?")
    return {
        f"{scheme}://{host}{path}{slash}{mark}{query}"
        for scheme in ("http", "https")
        for host in ("", "www.")
        for slash in ("", "/")
    } if key else set()  # fmt: skip


def _sorted_before(findings: Sequence[Finding]) -> dict[tuple[int, str], Sighting]:
    """The latest sighting of each id, link and name among `findings`, one query."""
    same = Q(name_key__in={name_key(finding.name) for finding in findings})
    same |= Q(uid__in={finding.uid for finding in findings} - {""})
    same |= Q(link__in={finding.link for finding in findings} - {""})
    of = Sighting.objects.filter(same, platform__in={finding.platform.pk for finding in findings})
    latest: dict[tuple[int, str], Sighting] = {}
    for row in of.select_related("by", "account").order_by("at", "pk"):
        for key in (f"uid {row.uid}" if row.uid else "", f"link {row.link}" if row.link else ""):
            if key:
                latest[row.platform_id, key] = row
        latest[row.platform_id, f"name {row.name_key}"] = row
    return latest


def _matches(
    finding: Finding,
    index: _Index,
    facts: dict[int, tuple[int, str, str]],
    earlier: dict[tuple[int, str], Sighting],
) -> list[_Hit]:
    """What `finding` may be: each account once, by its surest match."""
    platform, key = finding.platform.pk, name_key(finding.name)
    wanted: list[tuple[How, Iterable[object]]] = [
        (How.ID, [(platform, finding.uid)] if finding.uid else []),
        (How.LINK, [(platform, link_key(finding.link))] if link_key(finding.link) else []),
        (How.NAME, [(platform, key)]),
        (How.FORMER, [(platform, key)]),
    ]
    hits: dict[int | None, _Hit] = {}
    for how, keys in wanted:
        _take(hits, how, keys, index, facts, finding)
    before = _before(finding, earlier)
    if before is not None and before.account_id not in hits:
        account = before.account_id if before.account_id in facts else None
        # What it was may be void by now: then that is what is known of it.
        if account is not None or not _affirmed(before) or _is_void(before):
            hits[account] = (How.EARLIER, account, before.name, before)
    for how, keys in (
        (How.LOOK, [(platform, look) for look in look_keys(finding.name)]),
        (How.SHAPE, [(platform, shape) for shape in shape_keys(finding.name)]),
        (How.ELSEWHERE, [key]),
    ):
        _take(hits, how, keys, index, facts, finding)
    return list(hits.values())


def _take(
    hits: dict[int | None, _Hit],
    how: How,
    keys: Iterable[object],
    index: _Index,
    facts: dict[int, tuple[int, str, str]],
    finding: Finding,
) -> None:
    for pk in (pk for key in keys for pk in index.by[how].get(key, ())):
        if pk in hits:
            continue
        _, uid, name = facts[pk]
        other_id = bool(uid and finding.uid and uid != finding.uid)
        really = How.NAMESAKE if how in (How.NAME, How.FORMER) and other_id else how
        hits[pk] = (really, pk, finding.name if how == How.FORMER else name, None)


def _before(finding: Finding, earlier: dict[tuple[int, str], Sighting]) -> Sighting | None:
    """What was sorted before under this id or link; else under this name, where the ids do not say otherwise."""
    platform = finding.platform.pk
    for key in (f"uid {finding.uid}", f"link {finding.link}"):
        if (platform, key) in earlier:
            return earlier[platform, key]
    named = earlier.get((platform, f"name {name_key(finding.name)}"))
    return None if named is not None and named.uid and finding.uid and named.uid != finding.uid else named


# --- what it is ---------------------------------------------------------------------------------------------------


class Units:
    """Units as people write them, and those whose name stands in that of an account; two queries."""

    def __init__(self) -> None:
        self._by_name = units_by_name()
        self._long = {key: units for key, units in self._by_name.items() if len(key) >= MIN_UNIT}

    def get(self, text: str) -> Unit | None:
        """The unit called so, now or once, if it is clear which; for a merged one the unit that took it over."""
        units = self._by_name.get(name_key(text), []) if text else []
        return _standing(units[0]) if len(units) == 1 else None

    def within(self, name: str) -> Unit | None:
        """The unit whose name (the longest) stands in `name`: 示例甲街道 in 示例甲街道发布."""
        key = name_key(name)
        inside = [
            word for word, units in self._long.items() if len(word) >= MIN_UNIT and word in key and len(units) == 1
        ]
        unit = _standing(self._long[max(inside, key=len)][0]) if inside else None
        return None if unit is None or unit.internal else unit


def _standing(unit: Unit) -> Unit:
    merged = unit.merged_into if unit.status == UnitStatus.MERGED else None
    return merged or unit


def suggest(finding: Finding, candidates: Sequence[Candidate], units: Units) -> Suggestion:
    """A verdict and its reason, from the surest candidate, else from the unit that is named."""
    written = units.get(finding.unit)
    for candidate in candidates:
        account = candidate.account
        if candidate.earlier is not None and not _affirmed(candidate.earlier):
            return _as_before(candidate.earlier)
        if candidate.earlier is not None and account is None:
            return _as_void(candidate.earlier)
        if candidate.how in SURE and account is not None:
            return _sure(candidate, account)
        if candidate.how in ALIKE and account is not None:
            return _alike(candidate, account, written)
        if account is not None:
            why = f"台账里有{account.unit}在{account.platform}的同名账号，这个平台上没有登记"
            return Suggestion(Verdict.UNFILED, why, unit=written or account.unit)
    if written is not None:
        return Suggestion(Verdict.UNFILED, f"台账里没有相同或相近的账号，清单写的单位是{written}", unit=written)
    named = units.within(finding.name)
    if named is not None:
        why = f"台账里没有相同或相近的账号，只是名称里有“{named}”，请查明是不是它开设的"
        return Suggestion(Verdict.UNFILED, why, unit=named, weak=True)
    return Suggestion(Verdict.NOT_GOVERNMENT, "台账里没有相同或相近的账号，名称里也没有本区单位")


def _affirmed(before: Sighting) -> bool:
    """Whether it was said to be its account, not only to imitate it."""
    return before.verdict in (Verdict.KNOWN, Verdict.UNFILED)


def _sure(candidate: Candidate, account: Account) -> Suggestion:
    how, since = candidate.how.label, _day(account.state_since)
    match account.state:
        case AccountState.CANCELLED:
            why = f"{how}：该账号已于 {since} 注销，又在平台上出现，须另立一行，登记为未备案"
            return Suggestion(Verdict.UNFILED, why, account, account.unit)
        case AccountState.UNFILED:
            found = _day(account.found_at or account.state_since)
            return Suggestion(Verdict.KNOWN, f"{how}：{found} 已登记为未备案，还没有了结", account, account.unit)
        case AccountState.CLOSED:
            why = f"{how}：该账号已于 {since} 关停。关停后又有发布的，导入那条发布，即提出“私自重新上线”预警"
            return Suggestion(Verdict.KNOWN, why, account, account.unit)
    return Suggestion(Verdict.KNOWN, f"{how}：台账里有这个账号，{account.get_state_display()}", account, account.unit)


def _is_void(before: Sighting) -> bool:
    return before.account is not None and before.account.state == AccountState.VOID


def _as_void(before: Sighting) -> Suggestion:
    """It was entered, and the row was found to be an error: not to be entered a second time."""
    who = before.by.name if before.by else "系统"
    said = f"{_day(before.at)} 由{who}认定为{before.get_verdict_display()}"
    gone = f"，台账里的那一行已于 {_day(before.account.state_since)} 作废" if before.account else ""
    return Suggestion(Verdict.NOT_GOVERNMENT, said + gone)


def _as_before(before: Sighting) -> Suggestion:
    who = before.by.name if before.by else "系统"
    why = f"{_day(before.at)} 由{who}认定为{before.get_verdict_display()}"
    return Suggestion(Verdict(before.verdict), why, before.account)


def _alike(candidate: Candidate, account: Account, written: Unit | None) -> Suggestion:
    """Another's name: an imitation, unless the list says it is of the same unit, or that account is over."""
    how = f"与台账里的“{account.name}”{candidate.how.label}"
    if written is not None and written.pk == account.unit_id:
        return Suggestion(Verdict.UNFILED, f"{how}，单位也相同，可能是该单位另开的账号", unit=account.unit)
    if account.state in (*GONE, AccountState.CLOSED):
        why = f"{how}，那个账号{account.get_state_display()}，可能是换名重开"
        return Suggestion(Verdict.UNFILED, why, unit=account.unit)
    return Suggestion(Verdict.FAKE, f"{how}，请看标出的不同之处", account)


def _day(moment: datetime) -> str:
    return f"{day_of(moment):%Y-%m-%d}"


def keys_of(name: str) -> tuple[str, str]:
    """The two keys that a sighting is stored with."""
    return name_key(name), look_key(name)
