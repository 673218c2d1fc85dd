"""季度确认: once a quarter each unit declares all its records true as they were shown (the digest), or mends them.

Registers die of what nobody looks at any more. Quarters and their due days are Shanghai's.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import custodians, fields
from accounts.models import Account, AccountState, Confirmation, Custodian, Membership, Outsourcing, Role, Unit
from accounts.models.unit import Scope
from accounts.policy import Action, require
from zhonglou_media.core import events
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.errors import Difference, Refused, StaleReading, WrongState
from zhonglou_media.core.models import User
from zhonglou_media.core.settings_at import setting

CONFIRMED = "confirm_quarter"  # the verb of the event
PHONES = ("phone", "custodian_phone")
NONE = "（没有）"
Content = dict[str, Any]
Flat = dict[tuple[Any, ...], tuple[str, str]]  # every single thing by its place: label and value


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a year in Shanghai: 2026Q4, 2026年第四季度."""

    year: int
    number: int  # 1 to 4

    @classmethod
    def of(cls, moment: datetime) -> "Quarter":
        """The quarter that holds `moment` (aware)."""
        day = day_of(moment)
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def key(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def label(self) -> str:
        return f"{self.year}年第{'一二三四'[self.number - 1]}季度"

    @property
    def start(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else replace(self, number=self.number + 1)

    def last_day(self) -> date:
        """The last day on which to confirm: `confirm_days` days, as the quarter's first day has it; one query."""
        return self.start + timedelta(days=setting("confirm_days", self.start) - 1)

    def due(self) -> datetime:
        """24:00 of `last_day`, exclusive."""
        return start_of(self.last_day() + timedelta(days=1))


def obliged() -> QuerySet[Unit]:
    """Units that must confirm: bound ones (guided ones may, 第三条) with an account not closed.

    Also one that was merged away, until its last account has gone over: the receiving unit confirms for it.
    """
    standing = Account.objects.standing().exclude(state=AccountState.CLOSED).filter(unit=OuterRef("pk"))
    return Unit.objects.filter(Exists(standing), scope=Scope.BOUND)


def waiting(quarter: Quarter) -> QuerySet[Unit]:
    """Units that must confirm and have not."""
    done = Confirmation.objects.filter(unit=OuterRef("pk"), quarter=quarter.key)
    return obliged().exclude(Exists(done))


# --- what a unit sees -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """An account with its custodian of today and the contract that stands."""

    account: Account
    custodian: Custodian | None
    contract: Outsourcing | None


@dataclass(frozen=True)
class Sheet:
    """All that a unit confirms, as it stands: its accounts not gone, the people who act for it, and the digest."""

    unit: Unit
    lines: list[Line]
    contacts: list[Membership]
    content: Content

    @property
    def text(self) -> str:
        """What the page carries, so that a change behind its back can be named."""
        return canonical(self.content)

    @property
    def digest(self) -> str:
        return events.sm3(self.text)


def read(unit: Unit, now: datetime, *, locked: bool = False) -> Sheet:
    """The sheet of `unit` at `now`: four queries. `locked`: the accounts' rows stay as they are until the commit."""
    accounts = Account.objects.standing().filter(unit=unit).select_related("platform", "unit").order_by("pk")
    if locked:
        accounts = accounts.select_for_update(of=("self",), no_key=True)
    found = list(accounts)
    rows: dict[int, list[Custodian]] = defaultdict(list)
    for row in Custodian.objects.filter(account__in=found):
        rows[row.account_id].append(row)
    standing = Outsourcing.objects.filter(account__in=found, ended_on__isnull=True)
    contracts = {contract.account_id: contract for contract in standing}
    today = day_of(now)
    lines = [Line(a, custodians.current(rows[a.pk], today), contracts.get(a.pk)) for a in found]
    people = Membership.objects.current(today).filter(unit__in=(unit.pk, unit.merged_into_id or unit.pk))
    people = people.filter(role__in=(Role.LEADER, Role.OPERATOR))
    contacts = list(people.filter(user__is_active=True).select_related("user").order_by("role", "user__name", "pk"))
    content: Content = {
        "unit": unit.name,
        "contacts": [_contact(member) for member in contacts],
        "accounts": [_account(line) for line in lines],
    }
    lines.sort(key=lambda line: (line.account.platform.order, line.account.name, line.account.pk))
    return Sheet(unit, lines, contacts, content)


def canonical(content: Content) -> str:
    """The one text of a content, over which its digest goes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _contact(member: Membership) -> dict[str, str]:
    return {"name": str(member.user), "role": str(member.get_role_display()), "phone": member.user.phone}


def _account(line: Line) -> Content:
    account, custodian, contract = line.account, line.custodian, line.contract
    said: Content = {name: fields.shown(account, name) for name in fields.FILED if name != "avatar"}
    said |= {"id": account.pk, "state": account.get_state_display(), "avatar": str(account.avatar_id or "")}
    kept = (
        {"name": custodian.name, "phone": str(custodian.phone), "from": f"{custodian.from_date}"} if custodian else {}
    )
    agreed = (
        {
            "vendor": contract.vendor,
            "reviewer": contract.reviewer,
            "nda": "已签" if contract.nda else "未签",
            "from": f"{contract.starts_on}",
            "until": f"{contract.ends_on or ''}",
        }
        if contract
        else {}
    )
    return {"facts": said, "custodian": kept, "outsourcing": agreed}


# --- 全部属实 -------------------------------------------------------------------------------------------------------


def confirm(unit_id: int, *, quarter: str, digest: str, shown: str, by: User, now: datetime) -> Confirmation:
    """全部属实: everything of the unit, as the page with `digest` showed it (its text is `shown`), is true.

    A second press of the same person changes nothing. Raises NotAllowed, WrongState (another quarter; somebody was
    first: by whom, when), StaleReading (with what is no longer as shown) or Refused (no account).
    """
    with transaction.atomic():
        unit = lock(unit_id)
        role, this = require(by, Action.CONFIRM, unit), Quarter.of(now)
        if quarter != this.key:
            raise WrongState(f"现在已是{this.label}，请看过现在的内容后确认。")
        done = Confirmation.objects.filter(unit=unit, quarter=quarter).select_related("by").first()
        if done is not None and (done.by_id, done.digest) == (by.pk, digest):
            return done
        if done is not None:
            at = f"{done.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            raise WrongState(f"{this.label}已由{done.by}于 {at} 确认，不用再确认。", by=done.by, at=done.at)
        sheet = read(unit, now, locked=True)
        if not sheet.lines:
            raise Refused("本单位没有账号，不用确认。")
        if sheet.digest != digest:
            told = "没有确认：您看过以后内容有了改动，请看过不同之处再确认。"
            raise StaleReading(told, difference(_as_shown(shown, digest), _flat(sheet.content)))
        made = Confirmation.objects.create(
            unit=unit, quarter=quarter, digest=digest, shown=without_phones(sheet.content), by=by, at=now
        )
        ids = [line.account.pk for line in sheet.lines]
        Account.objects.filter(pk__in=ids).update(confirmed_on=day_of(now))
        detail = {"quarter": quarter, "accounts": ids}
        events.append(unit, CONFIRMED, by=by, role=role, at=now, digest=digest, detail=detail)
    return made


def lock(unit_id: int) -> Unit:
    """The unit's row: two of its operators confirm one after the other, and no filing of it completes meanwhile."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit_id)


def _as_shown(text: str, digest: str) -> Flat | None:
    """What the page showed, if it is what the digest says; None for anything else that was sent."""
    if events.sm3(text) != digest:
        return None
    try:
        return _flat(json.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None  # no page of ours


def difference(old: Flat | None, new: Flat) -> list[Difference]:
    """What is not as it was, in words; nothing where it is not known what was shown."""
    if old is None:
        return []
    return [
        Difference((new.get(key) or old[key])[0], _said(old.get(key)), _said(new.get(key)))
        for key in [*old, *(key for key in new if key not in old)]
        if key not in old or key not in new or old[key][1] != new[key][1]
    ]


def without_phones(content: Content) -> Content:
    """What is kept of a confirmation: of phones the last four digits only (第二十一条); the digest went over all."""
    return {key: _masked(key, value) for key, value in content.items()}


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _masked(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(key, inner) for inner in value]
    return f"尾号{value[-4:]}" if key in PHONES and value else value


OTHER_LABELS = {"state": "状态", "avatar": "头像"}


def _flat(content: Content) -> Flat:
    flat: Flat = {(0, "unit"): ("单位名称", content["unit"])}
    for person in content["contacts"]:
        key = (1, person["name"], person["role"])
        flat[key] = (f"{person['role']}{person['name']}", f"电话 {person['phone'] or '未填'}")
    for account in content["accounts"]:
        facts = account["facts"]
        title = f"“{facts['name']}（{facts['platform']}）”"
        for name, value in facts.items():
            if name != "id":
                label = OTHER_LABELS.get(name) or fields.label(name)
                shown = f"第 {value} 号图片" if name == "avatar" and value else value
                flat[(2, facts["id"], name)] = (f"{title}{label}", shown)
        flat[(2, facts["id"], "~1")] = (f"{title}现任管理人员", joined(account["custodian"]))
        flat[(2, facts["id"], "~2")] = (f"{title}委托运维", joined(account["outsourcing"]))
    return flat


SAID = {
    "name": "{}",
    "phone": "电话 {}",
    "vendor": "{}",
    "reviewer": "审核人 {}",
    "nda": "保密协议{}",
    "from": "自 {}",
    "until": "至 {}",
}


def joined(said: Mapping[str, str]) -> str:
    """A custodian or a contract of a content in one line; '' for none."""
    return "，".join(words.format(said[name]) for name, words in SAID.items() if said.get(name))


def _said(entry: tuple[str, str] | None) -> str:
    return entry[1] or "（未填）" if entry is not None else NONE


def confirmed(units: Collection[Unit], quarter: Quarter) -> dict[int, Confirmation]:
    """By unit, the confirmation of `quarter`."""
    rows = Confirmation.objects.filter(unit__in=units, quarter=quarter.key).select_related("by").defer("shown")
    return {row.unit_id: row for row in rows}


def last_before(unit: Unit, quarter: Quarter) -> Confirmation | None:
    """The confirmation before that of `quarter`."""
    rows = Confirmation.objects.filter(unit=unit, quarter__lt=quarter.key).select_related("by").defer("shown")
    return rows.order_by("-quarter").first()
