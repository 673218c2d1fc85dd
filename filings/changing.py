"""What a change (附件4) is judged by, and what it does to the register: old → new, all of it or nothing (第八条)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts import custodians, due_times, fields, identity, lifecycle, outsourcing
from accounts.models import Account, AccountName, AccountState, Platform, Unit, UnitKind
from filings import announcing, checks, preapprovals
from filings.checks import Check, Level
from filings.forms.change import ITEMS, OF_NAME, OF_PLACE, changed, filled, plain
from filings.locks import ground_of, lock_register
from filings.models import ChangeDetails, ChangeItem, Filing, Receipt
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.day_field import read_day
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User

PLACE = frozenset({"platform", "unit", "uid", "name"})  # a change of these is judged by articles 6 and 7
SEEN = PLACE | {"link", "avatar", "intro", "kind", "verified_entity"}  # on the platform: there they change on a day


def prefill(unit: Unit, account: Account) -> dict[str, Any]:
    """Nothing: the form itself starts from the account's present values (`forms.change.filled`)."""
    return {}


def check(typed: Mapping[str, Any], *, filing: Filing) -> list[Check]:
    """The rules while it is typed (a form's `data`)."""
    data = filled(filing, typed)
    day = read_day(data.get("effective_on"))
    found = _judge(data, changed(filing, data), filing)
    if day is not None and day > day_of(db_now()):
        found.append(Check(Level.STOP, 8, "effective_on", "平台变更日期还没有到", checks.ahead(day)))
    return found


def check_details(details: ChangeDetails, filing: Filing, register: checks.Register | None = None) -> list[Check]:
    """The same for what is about to be frozen or approved."""
    account = filing.registered
    items = {item.field: item for item in details.change_items}
    values: dict[str, Any] = {name: fields.stored(account, name) for name in ITEMS}
    values |= {name: item.new for name, item in items.items()}
    values |= {"same_platform_reason": details.same_platform_reason, "notice_text": details.notice_text}
    values["effective_on"] = filing.effective_on
    return _judge(values, set(items), filing, register=register)


def _judge(
    values: dict[str, Any], changes: set[str], filing: Filing, *, register: checks.Register | None = None
) -> list[Check]:
    account = filing.registered
    if not changes:
        text = "与台账登记的相同，没有要变更的事项。请点“改这一项”修改要变更的内容，其余保持不变。"
        return [Check(Level.STOP, 8, "name", "还没有变更事项", text)]
    found: list[Check] = []
    if changes & {*PLACE, "verified_entity"}:
        same = values["platform"] == account.platform.code
        there = account.platform if same else Platform.objects.filter(code=values["platform"]).first()
        values = values | {"platform": there}
        said = checks.check_opening(values, unit=filing.unit, filing=filing, register=register)
        articles = {6, 7} if changes & PLACE else {6}
        moves = bool(changes & {*OF_PLACE})  # an account that stays keeps the place it has
        found += [one for one in said if one.article in articles and (moves or one.field != "same_platform_reason")]
        if moves and there is not None and preapprovals.binds(filing.unit, there):
            found += _asked_first(changes, there, filing)
    if changes & {*OF_NAME}:
        found.append(_announced(values, changes))
    if "unit" in changes:
        text = "主办单位变更由接收单位填报、接收单位主要领导批准；原主办单位可以看到本件，并可提出异议。"
        found.append(Check(Level.WARN, 8, "reason", f"主办单位由“{account.unit}”变更为“{filing.unit}”", text))
    found = found or [Check(Level.PASS, 8, "reason", "变更事项不涉及名称、主办单位，不用公告")]
    return [*found, *checks.early(filing, read_day(values.get("effective_on")))]


def _asked_first(changes: set[str], platform: Platform, filing: Filing) -> list[Check]:
    """前置申请 of a 区级部门 is not got round by a change: it is asked for before, or for keeping what came over."""
    article = preapprovals.article_of(platform)
    words = "九" if article == 9 else "十"
    if "platform" in changes:
        text = f"改到{platform}等同新建，请先在“前置申请”里申请，并在变更原因里写明批准文号（第{words}条）。"
        title = f"区级部门原则上不再单独新建{'微信公众号' if article == 9 else '移动客户端'}"
        return [Check(Level.WARN, article, "reason", title, text, link="/preapprovals/")]
    if article == 9 and filing.registered.unit.kind != UnitKind.DEPARTMENT:
        text = "区级部门的微信公众号原则上不再保留：办结后列入“前置申请”，请按期申请保留，不予保留的须关停（第九条）。"
        return [Check(Level.WARN, 9, "reason", "接收的微信公众号须申请保留", text, link="/preapprovals/")]
    return []


def _announced(values: Mapping[str, Any], changes: set[str]) -> Check:
    notice, name = plain(values.get("notice_text")), plain(values.get("name"))
    if announcing.has_blanks(notice):
        text = "审核通过时即公布，请写明；平台变更日期还不知道的，公告里不写日期。"
        return Check(Level.STOP, 8, "notice_text", "公告还有没填的空白", text)
    if notice and "name" in changes and name not in notice:
        text = f"公告里没有写到变更后的名称“{name}”，请核对，或按填写的内容重新起草。"
        return Check(Level.WARN, 8, "notice_text", "公告没有写明新名称", text)
    day = read_day(values.get("effective_on"))
    if notice and day and announcing.in_words(day) not in notice and f"{day}" not in notice:
        text = f"公告里没有写到平台变更日期（{announcing.in_words(day)}），请核对，或按填写的内容重新起草。"
        return Check(Level.WARN, 8, "notice_text", "公告与本表不一致", text)
    if notice:
        return Check(Level.PASS, 8, "notice_text", "变更名称或主办单位的社会公告已填写")
    text = "名称、主办单位变更的，应及时变更账号信息，并向社会公告（第八条）。请填写公告内容。"
    return Check(Level.STOP, 8, "notice_text", "变更名称或主办单位须向社会公告", text)


def approved(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """On approval: the account still stands as the change says, and its new place is free. Raises Refused."""
    account = lock_register(filing)
    problem = _moved(filing, account) or _in_the_way(filing)
    if problem:
        raise Refused(f"现在不能批准：{problem}")


def accepted(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """审核通过: the announcement of a new name or sponsor is public from now on."""
    announcing.publish(filing, by=by, role=role, now=now)


def lacks(filing: Filing, now: datetime) -> str:
    """Completion waits until the change is made on the platform; for what is not seen there it does not wait."""
    if not any(item.field in SEEN for item in filing.items.all()):
        return ""
    if filing.effective_on is None or filing.effective_on > day_of(now):
        return "平台变更日期"
    return ""


def complete(filing: Filing, receipts: list[Receipt], *, by: User | None, role: str, now: datetime) -> str:
    """Apply old → new in one go; returns what stands in the way, or ''.

    Open flags stay with the unit whose due time it was; the account's next one is the receiving unit's.
    """
    account = lock_register(filing)
    problem = _moved(filing, account) or _in_the_way(filing)
    if problem:
        return problem
    items = {item.field: item for item in filing.items.all()}
    for item in items.values():
        fields.put(account, item.field, item.new)
    if items.keys() & {*OF_PLACE}:
        account.same_platform_reason = filing.change.same_platform_reason
    identity.fill_keys(account)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:  # a unit that held another lock was a moment faster
        return f"账号“{account.name}”的账号ID、名称或位置刚被另一账号登记，请核对后重新填报。"
    if "name" in items:
        keys = {"name_key": account.name_key, "look_key": account.look_key, "since": now}
        AccountName.objects.get_or_create(account=account, name=account.name, defaults=keys)
    if items.keys() & {"custodian", "custodian_phone"}:
        custodians.follow(account, now)
    if items.keys() & {"operation_mode", "vendor"}:
        outsourcing.follow(account, now)
    if items.keys() & {"platform", "kind"}:
        due_times.recompute([account.pk])
    if "unit" in items:
        lifecycle.orders_follow(account)
    told = [item for item in items.values() if item.field != "custodian_phone"]  # a phone stays out of the history
    detail = {"fields": [*items], "items": [[item.field, item.old, item.new] for item in told]}
    said = "；".join(_line(item) for item in items.values())
    comment = f"{ground_of(filing)}：{said}"
    events.append(account, "change", by=by, role=role, at=now, comment=comment, detail=detail)
    return ""


def _line(item: ChangeItem) -> str:
    """「账号名称由“…”改为“…”」, as the account's history tells it."""
    label = fields.label(item.field)
    if item.field in ("custodian_phone", "avatar"):
        return f"{label}已更换"
    old, new = (fields.words(item.field, value) for value in (item.old, item.new))
    return f"{label}由“{old}”改为“{new}”"


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
