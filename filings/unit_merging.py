"""单位撤并: a unit goes into another; the receiving unit gets a draft for each account, to take it over (第八条).

All in one transaction. What is filed changes only by those filings: until one completes, its account stays with the old
unit, which the people of the receiving unit read meanwhile (`accounts/policy.py`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audience, lifecycle, policy, units
from accounts.models import Account, AccountState, Unit
from accounts.models.account import GONE, ON_PLATFORM
from accounts.models.unit import UnitStatus
from accounts.policy import Action
from filings import announcing, drafting, moves
from filings.models import Filing, FilingKind, FilingState
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import User


@dataclass(frozen=True)
class Going:
    """What becomes of one account of the unit that is merged away."""

    account: Account
    words: str
    drafted: bool  # a change filing of the receiving unit begins with the merger
    doubled: bool  # the receiving unit is on that platform already, or gets two there


def preview(old: Unit, into: Unit) -> list[Going]:
    """What a merger would do to each account of `old`, in the order of the register: two queries and one a page."""
    return _going(old, list(_accounts(old)), into)


def _accounts(old: Unit) -> QuerySet[Account]:
    """Accounts of `old`, and those of units merged into it before whose change of sponsor has not completed."""
    rows = Account.objects.filter(Q(unit=old) | Q(unit__merged_into=old)).exclude(state__in=GONE)
    return rows.select_related("platform", "unit").order_by("pk")


def _idle(old: Unit) -> QuerySet[Filing]:
    """Drafts that `old` got by a merger before and never submitted: the receiving unit gets its own instead."""
    drafts = Filing.objects.filter(unit=old, kind=FilingKind.CHANGE, state=FilingState.DRAFT, revision=0)
    return drafts.filter(account__unit__merged_into=old)


def _going(old: Unit, accounts: Sequence[Account], into: Unit) -> list[Going]:
    under_way = Filing.objects.live().filter(account__in=accounts).exclude(pk__in=_idle(old).values("pk"))
    live = {filing.account_id: filing for filing in under_way}
    held = Account.objects.holding().filter(unit=into).values_list("platform", flat=True)
    places = Counter(held) + Counter(a.platform_id for a in accounts if a.state in ON_PLATFORM)
    found = []
    for account in accounts:
        doubled = account.state in ON_PLATFORM and places[account.platform_id] > 1
        drafted = account.state == AccountState.ACTIVE and account.pk not in live
        found.append(Going(account, _words(account, live.get(account.pk), into, doubled=doubled), drafted, doubled))
    return found


def _words(account: Account, live: Filing | None, into: Unit, *, doubled: bool) -> str:
    if live is not None:
        return f"有一件办理中的备案（{live}），办完后由{into}办理主办单位变更"
    if account.state == AccountState.UNFILED:
        return f"未备案，由{into}补报开办备案或关停"
    if account.state != AccountState.ACTIVE:
        return f"现为“{account.get_state_display()}”，不用变更主办单位"
    words = f"为{into}生成主办单位变更的草稿"
    return f"{words}；同一平台将有多个账号，须写明理由，或关停其中一个（第七条）" if doubled else words


def merge(old_id: int, into_id: int, *, document: str, on: date, by: User, now: datetime) -> list[Filing]:
    """撤并 on that Shanghai day, by that document; returns the drafts that the receiving unit got.

    Unfiled accounts, of which nothing is filed, are the receiving unit's at once. Units that stood under the old one,
    or were merged into it, go to the new one. Locks all those units by id, the accounts, then the chain's head with
    the first event. Raises NotAllowed, Incomplete (by field), WrongState, Refused.
    """
    role = policy.require(by, Action.UNITS)
    if not document.strip():
        raise Incomplete("还差撤并文件。", {"document": ["请填写撤并单位的文件名称或文号。"]})
    day_has_come(on, now)
    with transaction.atomic():
        wanted = Q(pk__in={old_id, *units.line(Unit.objects.get(pk=into_id))})
        below = Q(parent=old_id) | Q(merged_into=old_id)
        rows = Unit.objects.select_for_update(no_key=True).filter(wanted | below).order_by("pk")
        locked = {unit.pk: unit for unit in rows}
        old, into = locked[old_id], locked[into_id]
        _may_merge(old, into)
        return _take_over(old, into, document=document.strip(), on=on, by=by, role=role, now=now)


def day_has_come(on: date, now: datetime) -> None:
    """Raises Incomplete for a Shanghai day still to come: a merger holds from the press on."""
    if on > day_of(now):
        later = "这一天还没有到；撤并按下后立即生效，请到那一天再办，或改填已经到了的日期。"
        raise Incomplete("撤并日期还没有到。", {"on": [later]})


def _may_merge(old: Unit, into: Unit) -> None:
    if old == into:
        raise Incomplete("接收单位不对。", {"into": ["不能并入自己，请另选接收单位。"]})
    if old.status == UnitStatus.MERGED:
        raise WrongState(f"{old}已经并入{old.merged_into}，不用再办。")
    if into.status == UnitStatus.MERGED:
        raise Incomplete("接收单位不对。", {"into": [f"{into}已经撤并，请选它并入的单位。"]})
    if into.internal:
        raise Incomplete("接收单位不对。", {"into": [f"{into}是内设机构，不得开设账号（第七条），请选它所属的单位。"]})


def _take_over(old: Unit, into: Unit, *, document: str, on: date, by: User, role: str, now: datetime) -> list[Filing]:
    accounts = list(_accounts(old).select_for_update(of=("self",), no_key=True))
    idle = list(_idle(old).select_for_update(of=("self",)).select_related("unit").order_by("pk"))
    goings = _going(old, accounts, into)
    earlier = list(Unit.objects.filter(merged_into=old).order_by("pk"))
    reason = f"{old.name}于{on}并入{into.name}（{document}）"
    for filing in idle:
        filing.ended_at = now
        moves.finish(filing, "withdraw", by=by, role=role, now=now, comment=f"{reason}，改由{into.name}重新起草")
    drafts = []
    for going in goings:
        account = going.account
        if account.state == AccountState.UNFILED and not account.filings.live().exists():
            lifecycle.go_over(account, into, reason=reason, by=by, role=role, now=now)
        elif going.drafted:
            first = "" if account.unit_id == old.pk else f"{account.unit.name}已并入{old.name}，"
            text = announcing.sponsor_text(account, account.unit, into, document)
            typed = {"reason": f"{first}{reason}", "notice_text": text}
            drafts.append(_draft(account, into, typed, by=by, role=role, now=now))
    if old.pk in units.line(into):  # else `into` would stand below itself
        into.parent = old.parent
        into.save(update_fields=["parent"])
    Unit.objects.filter(parent=old).exclude(pk=into.pk).update(parent=into)
    Unit.objects.filter(merged_into=old).update(merged_into=into)
    old.status, old.merged_into = UnitStatus.MERGED, into  # its parent goes on reading what has not gone over yet
    old.save(update_fields=["status", "merged_into"])
    told = f"{old.name}并入本单位，{len(drafts)}个账号的主办单位变更已起草，请核对后提交领导审批。"
    people = audience.people(audience.UNIT, now=now, unit_id=into.pk)
    notices.tell(people, key=f"unit-merged-{old.pk}", text=told, link=f"/units/{into.pk}/", now=now)
    detail = {"into": into.pk, "document": document, "on": on.isoformat(), "filings": [f.pk for f in drafts]}
    events.append(old, "merge", by=by, role=role, at=now, to_state=old.status, comment=reason, detail=detail)
    events.append(into, "receive", by=by, role=role, at=now, comment=reason, detail={"from": old.pk})
    for unit in earlier:
        events.append(unit, "merge", by=by, role=role, at=now, comment=reason, detail=detail | {"after": old.pk})
    return drafts


def _draft(account: Account, into: Unit, typed: dict[str, str], *, by: User, role: str, now: datetime) -> Filing:
    made = drafting.start_for_unit(
        FilingKind.CHANGE, account=account, unit=into, by=by, role=role, now=now, typed=typed
    )
    if made is None:
        raise Refused(f"账号“{account.name}”刚有新的备案，请刷新后重试。")
    return made
