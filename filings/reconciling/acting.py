"""What a line of a run leads to: a word on it, an export of the account, or the unit is asked to file."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts import audience, policy
from accounts.models import Account, AccountState, Role
from accounts.policy import Action
from filings import drafting, export_requests
from filings.locks import lock_unit
from filings.models import (
    ExportMark,
    ExportRequest,
    Filing,
    FilingKind,
    LineKind,
    ReconciliationLine,
)
from filings.texts import TELEPHONE
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import Event, User
from zhonglou_media.core.words import SYSTEM_NAMES

from .fields import CUSTODIAN, DEPARTMENT, LABELS, LEADER, PHONE

MAX_NOTE = 300
ASKED = "ask_change"
PEOPLE = {CUSTODIAN.name, DEPARTMENT.name, LEADER.name}


def note(line_id: int, text: str, *, read: str, by: User, now: datetime) -> ReconciliationLine:
    """写说明: `text` stands on the line, '' takes it off; `read` is the note that the page showed.

    Raises NotAllowed, Refused, WrongState when somebody else wrote one meanwhile.
    """
    text = " ".join(text.split())
    if len(text) > MAX_NOTE:
        raise Refused(f"说明不能超过 {MAX_NOTE} 个字，现有 {len(text)} 个。")
    with transaction.atomic():
        role = policy.require(by, Action.RECONCILE)
        line = _locked(line_id)
        if line.note == text:
            return line
        if line.note != read:
            who = line.noted_by.name if line.noted_by else "别人"
            raise WrongState(f"{who}刚才写了说明：“{line.note}”。请看过再改。", by=line.noted_by, at=line.noted_at)
        line.note, line.noted_by, line.noted_at = text, by if text else None, now if text else None
        line.save(update_fields=["note", "noted_by", "noted_at"])
        events.append(line.run, "note", by=by, role=role, at=now, comment=text, detail={"line": line.key})
    return line


def mark_of(line: ReconciliationLine) -> ExportMark | None:
    """What the system above should do with the account of a line; None where there is nothing to export."""
    if line.account is None:
        return None
    if line.kind == LineKind.ONLY_HERE:
        return ExportMark.NEW
    if line.kind == LineKind.DIFFERS:
        return ExportMark.UPDATE
    if line.kind == LineKind.ALIVE_THERE:
        return ExportMark.CANCEL if line.account.state == AccountState.CANCELLED else ExportMark.CLOSE
    return None


def export(line_id: int, *, by: User, now: datetime) -> ExportRequest:
    """加入导出: the account goes with the next export of the run's system. Raises NotAllowed, Refused, WrongState."""
    line = ReconciliationLine.objects.select_related("run", "account").get(pk=line_id)
    mark = mark_of(line)
    if mark is None or line.account_id is None:
        raise Refused("这一处没有可以导出的账号。")
    why = f"{day_of(line.run.at)} 与{SYSTEM_NAMES[line.run.system]}核对：{line.get_kind_display()}"
    return export_requests.request(line.account_id, system=line.run.system, mark=mark, why=why, by=by, now=now)


def ask(line_id: int, *, by: User, now: datetime) -> int:
    """请单位变更: the unit's operators learn what the system above has otherwise, and where to file the change.

    Where that system has it closed, the unit is told to say which holds: its closure is drafted for it. Once a day an
    account. Returns how many people were told. Raises NotAllowed, WrongState, Refused (nobody there to ask).
    """
    with transaction.atomic():
        role = policy.require(by, Action.RECONCILE)
        line = _locked(line_id)
        if line.kind != LineKind.DIFFERS or line.account_id is None:
            raise Refused("字段不一致的，才请单位变更。")
        lock_unit(Account.objects.values_list("unit_id", flat=True).get(pk=line.account_id))
        rows = Account.objects.select_for_update(of=("self",), no_key=True).select_related("platform", "unit")
        account = rows.get(pk=line.account_id)
        _not_asked_today(account, now)
        live = Filing.objects.in_the_way().filter(account=account).first()
        if live is not None:
            raise WrongState(f"“{account.name}”有一件办理中的{live.get_kind_display()}（{live}），办完后再请单位变更。")
        people = audience.people((Role.OPERATOR,), now=now, unit_id=account.unit_id)
        if not people:  # before a closure is drafted that nobody would find
            raise Refused(f"{account.unit.name}没有{Role.OPERATOR.label}的用户，没有人可以办，请系统管理员登记后再请。")
        closed = [one for one in line.differences if one[0] == "state"]
        link = _draft_closing(account, by, role, now) if closed else reverse("accounts:detail", args=[account.pk])
        system = SYSTEM_NAMES[line.run.system]
        text = (
            f"{account}在{system}里是“{closed[0][2]}”，台账里是“{closed[0][1]}”。已起草关停报备：已关停的请补齐后报送；"
            "仍在运行的请撤回草稿，并告知区政府办公室。"
            if closed
            else f"{account}在{system}里的登记与备案不一致：{_said(line, system)}。实际已变的，请办理变更报备。"
        )
        day = f"{now.astimezone(SHANGHAI):%Y%m%d}"
        notices.tell(people, key=f"{ASKED}-{account.pk}-{day}", text=_short(text), link=link, now=now)
        detail = {"line": line.key, "system": line.run.system, "told": len(people), "closing": bool(closed)}
        events.append(account, "ask_change", by=by, role=role, at=now, comment=_said(line, system)[:200], detail=detail)
    return len(people)


def asked_today(accounts: set[int], now: datetime) -> QuerySet[Event]:
    """That the units of these accounts were asked on the day of `now`."""
    return Event.objects.filter(
        subject_kind="account", subject_id__in=accounts, verb=ASKED, at__gte=start_of(day_of(now))
    ).select_related("actor")


def _not_asked_today(account: Account, now: datetime) -> None:
    before = asked_today({account.pk}, now).first()
    if before is not None:
        who = before.actor.name if before.actor else "系统"
        at = f"{before.at.astimezone(SHANGHAI):%H:%M}"
        raise WrongState(
            f"{who}今天 {at} 已经请{account.unit}变更“{account.name}”，明天起可以再请。", by=before.actor, at=before.at
        )


def _draft_closing(account: Account, by: User, role: str, now: datetime) -> str:
    drafted = drafting.start_for_unit(FilingKind.CLOSE, account=account, unit=account.unit, by=by, role=role, now=now)
    if drafted is None:
        raise WrongState(f"“{account.name}”现为“{account.get_state_display()}”，不能起草关停报备。")
    return reverse("filings:detail", args=[drafted.pk])


def _said(line: ReconciliationLine, system: str) -> str:
    """责任科室：本区“办公室”，全国“法宣科”: for the history, which keeps no telephone, and for the unit."""
    said = [
        f"{LABELS[name]}不一致"
        if name == PHONE.name
        else f"{LABELS[name]}：本区“{_unphoned(name, ours)}”，{system}“{_unphoned(name, theirs)}”"
        for name, ours, theirs in line.differences
    ]
    return "；".join(said)


def _unphoned(name: str, value: str) -> str:
    """Their lists have the telephone behind the person's name in one cell."""
    return TELEPHONE.sub("（电话略）", value) if name in PEOPLE else value


def _short(text: str) -> str:
    return text if len(text) <= MAX_NOTE else f"{text[: MAX_NOTE - 1]}…"


def _locked(line_id: int) -> ReconciliationLine:
    rows = ReconciliationLine.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("run", "noted_by").get(pk=line_id)
