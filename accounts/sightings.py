"""Unfiled accounts (第八条): what was seen on a platform, and what a person finds it to be.

A cancelled account seen alive again is a new row, `reborn_of` the old one. A closed one stays the one row of its id:
being seen is no breach, for it may stand on its platform; a publication is, and the rule `revived` says so.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from accounts import audience, identity, lifecycle, policy
from accounts.models import Account, AccountState, Origin, Platform, Sighting, Unit, Verdict
from accounts.models.account import GONE
from accounts.models.unit import UnitStatus
from accounts.sighting_match import keys_of
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Notice, User
from zhonglou_media.core.names import clean_name, name_key

FOUND, SEEN_AGAIN, SORTED = "found", "seen_again", "sort_sighting"  # verbs of the events
BEATEN = "认定时台账被别人改动，什么也没有登记，请看过最新的比对结果再认定。"


@dataclass(frozen=True)
class Seen:
    """What was seen, where and when: `found_on` is a Shanghai date, not after today."""

    platform: Platform
    name: str
    source: str
    found_on: date
    uid: str = ""
    link: str = ""
    note: str = ""


@dataclass(frozen=True)
class Choice:
    """What a person finds something seen to be.

    `account` is the row for `known`; for `unfiled` an unfiled row it is, or the cancelled one that lives again; for
    `fake` the one it imitates. `unit` is the suspected unit, whose the new row is.
    """

    seen: Seen
    verdict: str
    account: int | None = None
    unit: int | None = None


@dataclass(frozen=True)
class Sorted:
    """What came of it: the row kept, and how many people of the unit were told (None: nobody had to be)."""

    sighting: Sighting
    told: int | None = None


def sort(choice: Choice, *, by: User, now: datetime) -> Sorted:
    """登记发现的账号并认定（第八条）: an unfiled one enters the register, and its unit is told at once.

    Raises NotAllowed, Incomplete (by the names of Seen and Choice), Refused when somebody was faster.
    """
    role = policy.require(by, policy.Action.SIGHT)
    try:
        with transaction.atomic():
            (done,) = write([choice], by=by, role=role, now=now)
            if choice.verdict != Verdict.UNFILED:
                detail = {"verdict": choice.verdict, "source": choice.seen.source, "account": done.sighting.account_id}
                events.append(done.sighting, SORTED, by=by, role=role, at=now, to_state=choice.verdict, detail=detail)
    except IntegrityError as error:
        raise Refused(BEATEN) from error
    except Incomplete as incomplete:
        plain = {field.rpartition("-")[0]: told for field, told in incomplete.errors.items()}
        raise Incomplete(str(incomplete), plain) from None
    return done


def write(choices: Sequence[Choice], *, by: User, role: str, now: datetime) -> list[Sorted]:
    """Keep what was found of each, all or nothing; the caller holds the transaction and adds the event of its run.

    Raises Incomplete: the errors by field and place, `account-3`. Rows are locked before anything is written, units
    first; the events of the unfiled accounts come last.
    """
    rows = Rows.lock(choices)
    errors: dict[str, list[str]] = {}
    for place, choice in enumerate(choices):
        for field, sentence in rows.problems(choice, now):
            errors.setdefault(f"{field}-{place}", []).append(sentence)
    if errors:
        raise Incomplete("还有没认定清楚的，请按提示改好。", errors)
    made = {id(choice): rows.new_account(choice, now) for choice in choices if rows.is_new(choice)}
    lifecycle.register(list(made.values()), origin=Origin.FOUND, now=now)
    sightings = [_sighting(choice, made.get(id(choice)) or rows.account(choice), by, now) for choice in choices]
    Sighting.objects.bulk_create(sightings, batch_size=200)
    unfiled = [one for one in sightings if one.verdict == Verdict.UNFILED]
    told = tell_units([(one.account, f"{one.pk}") for one in unfiled if one.account], now=now)
    new = {account.pk for account in made.values()}
    for one in unfiled:
        tell_history(one, one.account_id in new, by, role, now)
    return [Sorted(one, told.get(one.unit_id, 0) if one.verdict == Verdict.UNFILED else None) for one in sightings]


def tell_units(found: Iterable[tuple[Account, str]], *, now: datetime) -> dict[int | None, int]:
    """Tell the operators and leaders of each unit what was found unfiled, and what to do (第八条): two queries.

    Each account with the key of its finding. Returns how many people of each unit there are to tell.
    """
    found = list(found)
    people = audience.by_unit(audience.UNIT, {account.unit_id for account, _ in found}, now)
    links = {account.pk: reverse("accounts:detail", args=[account.pk]) for account, _ in found}
    notices.leave(
        Notice(user_id=user_id, key=f"found-{account.pk}-{key}", text=_text(account), link=links[account.pk], at=now)
        for account, key in found
        for user_id in people.get(account.unit_id, ())
    )
    return {unit: len(users) for unit, users in people.items()}


def _text(account: Account) -> str:
    return (
        f"区政府办公室发现{account}没有备案（第八条）。请补报开办备案，或关停后告知区政府办公室；了结之前预警一直保留。"
        "不是本单位账号的，请立即告知区政府办公室。"
    )


def _sighting(choice: Choice, account: Account | None, by: User, now: datetime) -> Sighting:
    seen = choice.seen
    key, look = keys_of(seen.name)
    return Sighting(
        platform=seen.platform,
        uid=seen.uid,
        name=seen.name,
        name_key=key,
        look_key=look,
        link=seen.link,
        unit_id=account.unit_id if account is not None and choice.verdict != Verdict.FAKE else choice.unit,
        account=account,
        verdict=choice.verdict,
        source=seen.source.strip(),
        note=seen.note.strip(),
        found_at=_moment(seen.found_on, now),
        by=by,
        at=now,
    )


def _moment(found_on: date, now: datetime) -> datetime:
    """When it was found: now, or the beginning of an earlier day."""
    return now if found_on == day_of(now) else start_of(found_on)


def tell_history(sighting: Sighting, new: bool, by: User, role: str, now: datetime) -> None:
    """The event of an account found unfiled, in its own history."""
    account = sighting.account
    if account is None:
        raise ValueError("an unfiled sighting names its account")
    detail = {"sighting": sighting.pk, "reborn_of": account.reborn_of_id}
    events.append(
        account,
        FOUND if new else SEEN_AGAIN,
        by=by,
        role=role,
        at=now,
        to_state=AccountState.UNFILED if new else "",
        comment=f"来源：{sighting.source}",
        detail=detail,
    )


class Rows:
    """The rows that choices name, locked, and the accounts whose identity they would take."""

    def __init__(self, units: Collection[Unit], accounts: Collection[Account], same: Collection[Account]) -> None:
        self.units = {unit.pk: unit for unit in units}
        self.accounts = {account.pk: account for account in accounts}
        self.standing = [account for account in same if account.state not in GONE]
        self.cancelled = [account for account in same if account.state == AccountState.CANCELLED]
        self.taken: list[Account] = []  # what earlier choices of the same run take

    @classmethod
    def lock(cls, choices: Sequence[Choice], *, also: Collection[int] = ()) -> "Rows":
        """Units first, then accounts, those of `also` among them."""
        ids = {choice.account for choice in choices if choice.account} | set(also)
        wanted = {choice.unit for choice in choices if choice.unit}
        wanted |= set(Account.objects.filter(pk__in=ids).values_list("unit_id", flat=True))
        units = Unit.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted).order_by("pk")
        held = list(units)
        accounts = Account.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
        locked = list(accounts.select_related("platform", "unit"))
        seen = [choice.seen for choice in choices]
        named = Q(name_key__in={name_key(one.name) for one in seen}) | Q(uid__in={one.uid for one in seen} - {""})
        same = Account.objects.filter(named, platform__in={one.platform.pk for one in seen})
        alike = list(same.select_related("platform", "unit").order_by("pk"))
        return cls(held, locked, alike)

    def account(self, choice: Choice) -> Account | None:
        return self.accounts.get(choice.account or 0)

    def is_new(self, choice: Choice) -> bool:
        """Whether a row of its own is to be entered: what is unfiled and not in the register as such."""
        account = self.account(choice)
        return choice.verdict == Verdict.UNFILED and (account is None or account.state == AccountState.CANCELLED)

    def problems(self, choice: Choice, now: datetime) -> list[tuple[str, str]]:
        """What is wrong with a choice, by field."""
        found = list(_problems_of(choice.seen, now))
        account = self.account(choice)
        if choice.verdict not in Verdict:
            return [*found, ("verdict", "请认定它是什么。")]
        if choice.account and account is None:
            found.append(("account", "台账里没有这个账号，请重新选择。"))
        elif account is not None and account.platform_id != choice.seen.platform.pk and choice.verdict != Verdict.FAKE:
            found.append(("account", f"“{account.name}”是{account.platform}的账号，不是{choice.seen.platform}的。"))
        elif choice.verdict == Verdict.KNOWN:
            found += _known(account)
        elif choice.verdict == Verdict.UNFILED:
            found += self._unfiled(choice, account)
        elif choice.verdict == Verdict.FAKE and account is None and choice.unit not in self.units:
            found.append(("account", "请写明假冒的是谁：选中台账里的账号，或填写被假冒的单位。"))
        return found

    def new_account(self, choice: Choice, now: datetime) -> Account:
        """The row to be entered, unsaved."""
        seen, before = choice.seen, self.account(choice) or self._reborn(choice.seen)
        unit = self.units.get(choice.unit or 0) or (before.unit if before else None)
        return Account(
            platform=seen.platform,
            uid=seen.uid,
            name=seen.name,
            link=seen.link,
            unit=unit,
            source_document=seen.source.strip(),
            found_at=_moment(seen.found_on, now),
            reborn_of=before,
        )

    def _unfiled(self, choice: Choice, account: Account | None) -> list[tuple[str, str]]:
        if account is not None and account.state == AccountState.UNFILED:
            return []
        if account is not None and account.state != AccountState.CANCELLED:
            state = account.get_state_display()
            return [("verdict", f"“{account.name}”在台账里是“{state}”，请认定为“已在台账”，或不选它。")]
        found = []
        unit = self.units.get(choice.unit or 0) or (account.unit if account else None)
        if unit is None:
            found.append(("unit", "请写明疑似主办单位；未备案的账号须登记到单位名下，由单位补报或关停。"))
        elif unit.internal:
            found.append(("unit", f"“{unit}”是内设机构，不得开设账号（第七条），请写主办单位。"))
        elif unit.status == UnitStatus.MERGED:
            found.append(("unit", f"“{unit}”已经撤并，请写承接单位。"))
        seen = choice.seen
        clash = identity.choose_clash(self.standing, seen.platform, seen.uid, seen.name, None)
        if clash is not None:
            state = clash.get_state_display()
            told = f"台账里已有{clash}，主办单位{clash.unit}，{state}；请选中它，或填写账号ID加以区分。"
            found.append(("account", told))
        if identity.choose_clash(self.taken, seen.platform, seen.uid, seen.name, None):
            found.append(("account", "与前面的一行是同一账号，请只认定一次；确是两个账号的，请填写各自的账号ID。"))
        self.taken.append(Account(platform=seen.platform, uid=seen.uid, name_key=name_key(seen.name)))
        return found

    def _reborn(self, seen: Seen) -> Account | None:
        """The cancelled account that has this identity: the newest by id, else by name where the ids do not differ."""
        here = [account for account in self.cancelled if account.platform_id == seen.platform.pk]
        same = [account for account in here if seen.uid and account.uid == seen.uid]
        key = name_key(seen.name)
        same = same or [a for a in here if a.name_key == key and not (a.uid and seen.uid)]
        return same[-1] if same else None


def _problems_of(seen: Seen, now: datetime) -> Iterable[tuple[str, str]]:
    try:
        if clean_name(seen.name) != seen.name:
            yield "name", "名称前后有空格或不可见字符，请重新填写。"
    except ValueError as problem:
        yield "name", str(problem)
    if seen.link and not seen.link.startswith(("https://", "http://")):
        yield "link", "链接要以 https:// 或 http:// 开头，可从平台的“复制链接”粘贴。"
    if not seen.source.strip():
        yield "source", "请写明发现途径，如“平台检索”“群众举报”。"
    if seen.found_on > day_of(now):
        yield "found_on", "发现日期不能晚于今天。"


def _known(account: Account | None) -> list[tuple[str, str]]:
    if account is None:
        return [("account", "请选出它是台账里的哪一个账号。")]
    if account.state == AccountState.CANCELLED:
        return [("verdict", f"“{account.name}”已经注销，又在平台上出现的，请认定为“未备案”，另立一行。")]
    if account.state == AccountState.VOID:
        return [("account", f"“{account.name}”已经作废，请重新选择。")]
    return []
