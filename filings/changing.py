"""What a change (附件4) is judged by, and what it does to the register: old → new, all of it or nothing (第八条)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts import due_times, fields, identity
from accounts.models import Account, AccountName, AccountState, Unit
from filings import announcing, checks
from filings.checks import Check, Level
from filings.forms.change import ITEMS, OF_NAME
from filings.locks import ground_of, lock_account, lock_unit
from filings.models import ChangeDetails, ChangeItem, Filing, Receipt
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User

PLACE = frozenset({"platform", "unit", "uid", "name"})  # a change of these is judged by article 7


def prefill(unit: Unit, account: Account) -> dict[str, Any]:
    """The account's present values: what stays as it is is no part of the change."""
    return {name: fields.stored(account, name) for name in ITEMS}


def check(typed: Mapping[str, Any], *, filing: Filing) -> list[Check]:
    """The rules while it is typed (a form's `data`)."""
    account = filing.registered
    changed = {name for name in ITEMS if str(typed.get(name) or "").strip() != fields.stored(account, name)}
    if filing.unit_id != account.unit_id:
        changed.add("unit")
    return _judge(dict(typed), changed, filing, has_avatar=_avatar_changes(filing))


def check_details(details: ChangeDetails, filing: Filing, register: checks.Register | None = None) -> list[Check]:
    """The same for what is about to be frozen or approved."""
    account = filing.registered
    items = {item.field: item for item in details.change_items}
    values: dict[str, Any] = {name: fields.stored(account, name) for name in ITEMS}
    values |= {name: item.new for name, item in items.items()}
    values |= {"same_platform_reason": details.same_platform_reason, "notice_text": details.notice_text}
    return _judge(values, set(items), filing, register=register, has_avatar="avatar" in items)


def _avatar_changes(filing: Filing) -> bool:
    return filing.attachments.filter(kind="avatar", removed_at__isnull=True).exists()


def _judge(
    values: dict[str, Any],
    changed: set[str],
    filing: Filing,
    *,
    has_avatar: bool,
    register: checks.Register | None = None,
) -> list[Check]:
    if not changed and not has_avatar:
        text = "与台账登记的相同，没有要变更的事项。请修改要变更的内容，其余保持不变。"
        return [Check(Level.STOP, 8, "name", "还没有变更事项", text)]
    found: list[Check] = []
    if changed & {*PLACE, "verified_entity"}:
        said = checks.check_opening(values, unit=filing.unit, filing=filing, register=register)
        wanted = {6} if not changed & PLACE else {6, 7}
        found += [one for one in said if one.article in wanted]
    if changed & set(OF_NAME):
        found.append(_announced(values))
    if "unit" in changed:
        giving = filing.registered.unit
        text = "主办单位变更由接收单位填报、接收单位主要领导批准；原主办单位可以看到本件，并可提出异议。"
        found.append(Check(Level.WARN, 8, "reason", f"主办单位由“{giving}”变更为“{filing.unit}”", text))
    return found


def _announced(values: Mapping[str, Any]) -> Check:
    if str(values.get("notice_text") or "").strip():
        return Check(Level.PASS, 8, "notice_text", "变更名称或主办单位的社会公告已填写")
    text = "名称、主办单位变更的，应及时变更账号信息，并向社会公告（第八条）。请填写公告内容。"
    return Check(Level.STOP, 8, "notice_text", "变更名称或主办单位须向社会公告", text)


def approved(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """On approval: the account still stands as the change says, and its new place is free. Raises Refused."""
    lock_unit(filing.unit_id)
    account = lock_account(filing)
    problem = _moved(filing, account) or _in_the_way(filing)
    if problem:
        raise Refused(f"现在不能批准：{problem}")


def accepted(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """审核通过: the announcement of a new name or sponsor is public from now on."""
    announcing.publish(filing, by=by, now=now)


def lacks(filing: Filing, now: datetime) -> str:
    """Completion waits until the change is made on the platform."""
    if filing.effective_on is None or filing.effective_on > day_of(now):
        return "平台变更日期"
    return ""


def complete(filing: Filing, receipts: list[Receipt], *, by: User | None, role: str, now: datetime) -> str:
    """Apply old → new in one go; returns what stands in the way, or ''."""
    lock_unit(filing.unit_id)
    account = lock_account(filing)
    problem = _moved(filing, account) or _in_the_way(filing)
    if problem:
        return problem
    items = list(filing.items.all())
    for item in items:
        fields.put(account, item.field, item.new)
    if filing.change.same_platform_reason:
        account.same_platform_reason = filing.change.same_platform_reason
    identity.fill_keys(account)
    account.save()
    if any(item.field == "name" for item in items):
        keys = {"name_key": account.name_key, "look_key": account.look_key, "since": now}
        AccountName.objects.get_or_create(account=account, name=account.name, defaults=keys)
    due_times.recompute([account.pk])
    detail = {"items": [[item.field, item.old, item.new] for item in items]}
    events.append(account, "change", by=by, role=role, at=now, comment=ground_of(filing), detail=detail)
    return ""


def _moved(filing: Filing, account: Account) -> str:
    """The first value that is no longer what the change was made from."""
    if account.state != AccountState.ACTIVE:
        return f"账号“{account.name}”现为“{account.get_state_display()}”，不能办理变更。"
    for item in filing.items.all():
        if fields.stored(account, item.field) != item.old:
            return _named(item, account)
    return ""


def _named(item: ChangeItem, account: Account) -> str:
    present = fields.words(item.field, fields.stored(account, item.field))
    return (
        f"{fields.label(item.field)}：本件从“{fields.words(item.field, item.old)}”变更，"
        f"而台账现为“{present}”，请核对后重新填报。"
    )


def _in_the_way(filing: Filing) -> str:
    problems = checks.stops(check_details(filing.change, filing))
    return "；".join(text for texts in problems.values() for text in texts)
