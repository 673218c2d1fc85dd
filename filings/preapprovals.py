"""前置申请 (第九条, 第十条): which accounts need one, how it is asked for, and its use by one opening.

It binds 区级部门: a new or retained 微信公众号 (第九条), a new mobile app (第十条). `filings/preapproving.py` decides.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from accounts import audience, policy
from accounts.access import seen_unit_ids
from accounts.models import Account, Origin, Platform, Role, Unit, UnitKind
from accounts.models.account import WATCHED
from accounts.models.platform import WECHAT
from accounts.models.unit import Scope, UnitStatus
from accounts.policy import Action
from filings.models import Filing, FilingKind, FilingState, PreApproval, PreApprovalPurpose, PreApprovalState
from zhonglou_media.core import events, notices, verbs
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import Event, File, Notice, User
from zhonglou_media.core.names import name_key
from zhonglou_media.core.settings_at import Settings

S = PreApprovalState
NEW, RETAIN = PreApprovalPurpose.NEW, PreApprovalPurpose.RETAIN
BRACKETS = str.maketrans("〔〕[]【】{}", "()()()()")  # 〔2026〕, as people type it


# --- whom it binds --------------------------------------------------------------------------------------------------


def article_of(platform: Platform) -> int:
    """9 for a 微信公众号, 10 for a mobile app (小程序 and 快应用 too), 0 where neither asks for a pre-approval."""
    return 9 if platform.code == WECHAT else 10 if platform.app else 0


def binds(unit: Unit, platform: Platform) -> bool:
    """Whether `unit` needs a pre-approval before it opens an account on `platform`."""
    return unit.kind == UnitKind.DEPARTMENT and article_of(platform) != 0


def platforms() -> QuerySet[Platform]:
    """Those for which a 区级部门 asks."""
    return Platform.objects.filter(Q(code=WECHAT) | Q(app=True), approved=True)


def visible_to(user: User) -> QuerySet[PreApproval]:
    """Applications of the units whose filings `user` reads."""
    ids = seen_unit_ids(user)
    return PreApproval.objects.all() if ids is None else PreApproval.objects.filter(unit_id__in=ids)


def waiting() -> QuerySet[PreApproval]:
    """What the supervisor has to decide, first what was asked first."""
    return PreApproval.objects.filter(state=S.ASKED).order_by("asked_at", "pk")


def retention_due(account: Account, settings: Settings, listed_on: date) -> datetime:
    """24:00 (exclusive, Shanghai) of the last day to ask: `retention_days` after the day it entered the register.

    [D] Listed with less than half of that left (its unit was no 区级部门 before) it has as many days from its listing.
    """
    first = account.monitored_from or day_of(account.state_since)
    days = settings.at("retention_days", first)
    if (listed_on - first).days * 2 > days:
        first, days = listed_on, settings.at("retention_days", listed_on)
    return start_of(first + timedelta(days=days + 1))


def of_departments() -> QuerySet[Account]:
    """第九条: watched 微信公众号 of bound 区级部门."""
    return Account.objects.filter(
        platform__code=WECHAT, state__in=WATCHED, unit__kind=UnitKind.DEPARTMENT, unit__scope=Scope.BOUND
    )


def unretained() -> QuerySet[Account]:
    """Those nobody has allowed: no granted retention, nor opened with a granted application."""
    granted = PreApproval.objects.filter(state=S.GRANTED)
    kept = granted.filter(purpose=RETAIN, account=OuterRef("pk"))
    opened = granted.filter(used_by__account=OuterRef("pk"), used_by__state=FilingState.COMPLETED)
    return of_departments().filter(~Exists(kept), ~Exists(opened))


# --- the list of each night -----------------------------------------------------------------------------------------


def list_retentions(now: datetime) -> int:
    """Each account of `of_departments` without an application gets one, 尚未申请, with its due time: of the baseline,
    or come over from others (no completed opening of it names a number).

    Set-based; may run again at any time. What is not asked yet follows its account to another unit. The rows are
    derived facts like a hint: no event, but the unit is told. Returns how many were made.
    """
    retentions = PreApproval.objects.filter(purpose=RETAIN)
    settings = Settings.load()
    with transaction.atomic():
        moved = retentions.filter(state=S.NOT_ASKED, account__unit__kind=UnitKind.DEPARTMENT)
        _follow(moved.exclude(unit=F("account__unit")))
        asked_first = Filing.objects.filter(account=OuterRef("pk"), kind=FilingKind.OPEN, state=FilingState.COMPLETED)
        asked_first = asked_first.exclude(opening__preapproval_no="")
        missing = of_departments().filter(~Exists(retentions.filter(account=OuterRef("pk"))))
        missing = missing.filter(Q(origin=Origin.BASELINE) | ~Exists(asked_first))
        accounts = list(missing.order_by("pk").iterator())
        rows = [
            PreApproval(
                unit_id=account.unit_id,
                platform_id=account.platform_id,
                purpose=RETAIN,
                account=account,
                account_name=account.name,
                state=S.NOT_ASKED,
                act_by=retention_due(account, settings, day_of(now)),
            )
            for account in accounts
        ]
        if rows:
            PreApproval.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)  # another night ran beside
            _tell_units([account.pk for account in accounts], now)
    return len(rows)


def _follow(moved: QuerySet[PreApproval]) -> None:
    """An UPDATE of nothing takes SQLite's write lock as well."""
    if moved.exists():
        present = Account.objects.filter(pk=OuterRef("account_id")).values("unit")[:1]
        PreApproval.objects.filter(pk__in=list(moved.values_list("pk", flat=True))).update(unit=Subquery(present))


def _tell_units(account_ids: list[int], now: datetime) -> None:
    """The people of each unit learn which account must be asked for, and until when."""
    rows = list(PreApproval.objects.filter(account__in=account_ids, state=S.NOT_ASKED).select_related("account"))
    people = audience.by_unit(audience.UNIT, {row.unit_id for row in rows}, now)
    notices.leave(
        Notice(user_id=user_id, key=f"preapproval-{row.pk}-listed", text=_listed(row, now), link=link(row), at=now)
        for row in rows
        for user_id in people.get(row.unit_id, ())
    )


def _listed(row: PreApproval, now: datetime) -> str:
    until = due24(row.act_by) if row.act_by else ""
    over = "，期限已过，请尽快申请" if row.act_by and row.act_by <= now else "前申请"
    return f"区级部门的微信公众号原则上不再保留（第九条）：“{row.account_name}”确需保留的，应于 {until} {over}。"


# --- asking ---------------------------------------------------------------------------------------------------------


def ask_new(
    *,
    by: User,
    unit: Unit,
    platform: Platform,
    account_name: str,
    reason: str,
    now: datetime,
    paper: File | None = None,
    paper_name: str = "",
) -> PreApproval:
    """申请新建 a 微信公众号 or an app, by an operator of a 区级部门; the supervisor is told.

    Raises NotAllowed, Incomplete by field, Refused where none is needed, or WrongState when the same is asked already.
    """
    with transaction.atomic():
        unit = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
        role = policy.require(by, Action.ASK_PREAPPROVAL, unit)
        _of_department(unit, platform)
        if unit.status == UnitStatus.MERGED:
            raise Refused(f"{unit}已并入{unit.merged_into}，不能再申请新建，请由{unit.merged_into}办理。")
        name, reason = account_name.strip(), _reason(reason)
        if not name:
            raise Incomplete("请填写拟用名称。", {"account_name": ["请填写拟用名称。"]})
        pending = PreApproval.objects.filter(unit=unit, platform=platform, purpose=NEW, state=S.ASKED)
        same = next((row for row in pending if name_key(row.account_name) == name_key(name)), None)
        if same is not None:
            raise WrongState(f"本单位已申请新建{platform}“{name}”，正等区政府办公室决定，不用再次申请。")
        row = PreApproval(unit=unit, platform=platform, purpose=NEW, account_name=name, state=S.ASKED)
        _asked(row, by=by, role=role, reason=reason, now=now, paper=paper, paper_name=paper_name, was="")
    return row


def ask_retention(
    account_id: int, *, by: User, reason: str, now: datetime, paper: File | None = None, paper_name: str = ""
) -> PreApproval:
    """申请保留 the 微信公众号 of a 区级部门: the row that the night made, or a new one.

    Raises NotAllowed, Incomplete, Refused where none is needed, or WrongState when it was asked or decided already.
    """
    with transaction.atomic():
        rows = Account.objects.select_for_update(of=("self",), no_key=True).select_related("unit", "platform")
        account = rows.get(pk=account_id)
        role = policy.require(by, Action.ASK_PREAPPROVAL, account)
        must_ask_to_keep(account)
        row = PreApproval.objects.select_for_update().filter(purpose=RETAIN, account=account).first()
        if row is None:
            row = PreApproval(purpose=RETAIN, account=account, state=S.NOT_ASKED)
            row.act_by = retention_due(account, Settings.load(), day_of(now))
        if row.state != S.NOT_ASKED:
            raise wrong_state(row)
        row.unit, row.platform, row.account_name = account.unit, account.platform, account.name
        was, row.state = row.state if row.pk else "", S.ASKED
        _asked(row, by=by, role=role, reason=_reason(reason), now=now, paper=paper, paper_name=paper_name, was=was)
    return row


def must_ask_to_keep(account: Account) -> None:
    """Raises Refused where nothing must be asked for, so that nobody asks in vain."""
    if account.platform.code != WECHAT:
        raise Refused("只有微信公众号需要申请保留（第九条）。")
    _of_department(account.unit, account.platform)
    if account.state not in WATCHED:
        raise WrongState(f"账号“{account.name}”现为“{account.get_state_display()}”，不用申请保留。")


def _of_department(unit: Unit, platform: Platform) -> None:
    if unit.internal:
        raise Refused("内设机构不得开设账号，请由所属单位申请（第七条）。")
    if not binds(unit, platform):
        what = f"{unit}不是区级部门" if unit.kind != UnitKind.DEPARTMENT else f"{platform}"
        raise Refused(f"{what}，无需前置申请（第九、十条），请直接新建备案。")


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Incomplete("请写明申请理由。", {"reason": ["请写明申请理由。"]})
    return reason.strip()


def _asked(row: PreApproval, *, by: User, role: str, reason: str, now: datetime, was: str, **paper: Any) -> None:
    row.reason, row.asked_by, row.asked_at = reason, by, now
    row.paper, row.paper_name = paper["paper"], paper["paper_name"]
    row.save()
    event = events.append(row, "ask", by=by, role=role, at=now, from_state=was, to_state=row.state, comment=reason)
    tell(row, event, (Role.SUPERVISOR,), f"{row.unit}申请{title(row)}，请决定。")


# --- words ----------------------------------------------------------------------------------------------------------


def title(row: PreApproval) -> str:
    """「保留微信公众号“示例乙局”」."""
    return f"{row.get_purpose_display()}{row.platform}“{row.account_name}”"


def link(row: PreApproval) -> str:
    """Its page, as notices name it."""
    return f"/preapprovals/{row.pk}/"


def tell(row: PreApproval, event: Event, roles: Collection[Role], text: str) -> None:
    """Leave a notice for those whose turn it is after `event`."""
    unit_id = None if Role.SUPERVISOR in roles else row.unit_id
    people = audience.people(roles, now=event.at, unit_id=unit_id, but=event.actor)
    notices.tell(people, key=f"preapproval-{row.pk}-{event.seq}", text=text[:300], link=link(row), now=event.at)


def wrong_state(row: PreApproval) -> WrongState:
    """The refusal that says who was first and what the application is now."""
    last, stands = events.timeline(row).last(), row.get_state_display()
    if last is None:
        return WrongState(f"没有办成：这件前置申请现为“{stands}”。")
    who = f"{last.actor} {last.at.astimezone(SHANGHAI):%m-%d %H:%M} 已办理“{verbs.label('preapproval', last.verb)}”"
    return WrongState(f"没有办成：{who}，这件前置申请现为“{stands}”。", by=last.actor, at=last.at)


# --- its use by one opening -----------------------------------------------------------------------------------------


def same_number(one: str, other: str) -> bool:
    """Whether two numbers of documents are the same, whatever the brackets and spaces."""
    keys = [name_key(number).translate(BRACKETS).replace(" ", "") for number in (one, other)]
    return keys[0] == keys[1]


def granted_to(unit_ids: Iterable[int]) -> QuerySet[PreApproval]:
    """What was granted to these units, with the openings that use it, oldest first."""
    rows = PreApproval.objects.filter(unit__in=unit_ids, state=S.GRANTED).order_by("pk")
    return rows.select_related("used_by__account", "used_by__opening", "used_by__draft")


def usable(rows: Iterable[PreApproval], platform: Platform, filing: Filing) -> list[PreApproval]:
    """Those of `rows` that the opening `filing` on `platform` may name: its own, and what no other opening uses.

    A retention is of its own account, which opens again after a closing.
    """
    return [
        row
        for row in rows
        if row.platform_id == platform.pk
        and row.used_by_id in (None, filing.pk)
        and (row.purpose == NEW or (row.account_id is not None and row.account_id == filing.account_id))
    ]


def use(filing: Filing, details: Any) -> None:
    """The opening is submitted: it takes the granted application whose number it names, and leaves a former one.

    Call inside the transaction of `submit`, after the freeze. Raises Incomplete when another opening was first.
    """
    release(filing)
    platform = getattr(details, "platform", None)
    if platform is None or not binds(filing.unit, platform):
        return
    rows = PreApproval.objects.select_for_update().filter(unit=filing.unit_id, state=S.GRANTED).order_by("pk")
    row = next((r for r in usable(rows, platform, filing) if same_number(r.document_no, details.preapproval_no)), None)
    if row is None:
        said = f"批准文号“{details.preapproval_no}”刚刚被另一件备案使用，请换一个文号，或另行申请。"
        raise Incomplete(said, {"preapproval_no": [said]})
    row.used_by = filing
    row.save(update_fields=["used_by"])


def release(filing: Filing) -> None:
    """The opening ended without success, or names another: its application may be used by another one."""
    PreApproval.objects.filter(used_by=filing).update(used_by=None)
