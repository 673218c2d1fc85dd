"""What waits in a unit besides filings: questions without an answer (第十五条), data that end too early (第十四条),
accounts found unfiled and late facts of filings (第八条), retentions to ask for (第九条), the quarter's confirmation.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.urls import reverse

from accounts import quarter, reminding
from accounts.models import Account, AccountState, Message, Unit
from accounts.models.account import ENDED, WATCHED
from filings.changing import SEEN
from filings.models import (
    Attachment,
    ChangeItem,
    Filing,
    FilingKind,
    FilingState,
    PreApproval,
    PreApprovalPurpose,
    PreApprovalState,
)
from filings.models.content import AttachmentKind
from filings.models.filing import CLOSINGS, LIVE
from inspections import lateness, rectify_board, selfchecks
from inspections.models import ClosureOrder, OrderState, Rectification, RectificationState
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.counting import Tally, tallied, tally

Units = Collection[Unit] | Collection[int]
Found = dict[str, Any]
FAR = datetime.max.replace(tzinfo=SHANGHAI)


class Group(IntEnum):
    """What 待办 lists one after the other; within a group the nearest due time is first."""

    RETURNED = 0
    OVERDUE_QUESTIONS = 1
    DUE = 2
    DATA = 3
    DRAFTS = 4


@dataclass(frozen=True)
class UnitTodo:
    """A row of 待办: what waits, why, until when (None: no clock), and its one button."""

    icon: str
    title: str
    why: str
    due: datetime | None
    verb: str
    url: str
    article: int
    clock: str = "不确认不判断"  # what stands in the place of a due time
    label: str = "数据"
    act: str = "回复"  # what must be done until `due`
    provisional: bool = False  # `due` is 暂定: never over
    urgent: bool = False  # 立即处理: no clock, and yet before all that has one

    def is_over(self, now: datetime) -> bool:
        return self.due is not None and self.due <= now and not self.provisional

    def order(self, now: datetime) -> tuple[Group, datetime, int]:
        """Its place among all of 待办: what has no clock never stands above what has one."""
        if self.due is None:
            return Group.OVERDUE_QUESTIONS if self.urgent else Group.DATA, FAR, 0
        return Group.OVERDUE_QUESTIONS if self.is_over(now) else Group.DUE, self.due, 0

    def ends_on(self, now: datetime) -> bool:
        """Whether it ends within this Shanghai day."""
        return self.due is not None and day_of(self.due) == day_of(now)


def unit_todos(units: Units, now: datetime) -> list[UnitTodo]:
    """At most one row of each kind for all of `units`: one query, and the settings where a quarter is to be checked."""
    return told(tallied(asked(units, now)), now)


def asked(units: Units, now: datetime) -> dict[str, Tally]:
    """What is counted for `told`, so that others may be asked in the same query."""
    return {kind: count(units, now) for kind, (count, _) in KINDS.items()}


def told(found: dict[str, Found], now: datetime) -> list[UnitTodo]:
    """The rows of what was found by `asked`."""
    return [todo for kind, (_, say) in KINDS.items() for todo in say(found[kind], now)]


def _of(units: Units) -> Q:
    """What a unit that was merged away had under way is the receiving unit's to do."""
    return Q(unit__in=units) | Q(unit__merged_into__in=units)


def _to_close(units: Units, now: datetime) -> Tally:
    """Accounts that the office ordered closed, whose proof the unit owes (第八条)."""
    waiting = ClosureOrder.objects.filter(_of(units), state=OrderState.ISSUED)
    return tally(waiting, all=Count("pk"), first=Min("due_at"), one=Min("pk"))


def _ordered(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if not count["all"]:
        return
    url = reverse("inspections:order", args=[count["one"]]) if count["all"] == 1 else reverse("inspections:orders")
    until = f"{'最早的' if count['all'] > 1 else ''}应于 {_words(count['first'], now)} 前办理"
    why = f"{until}。请关停账号，再报送办理证明。"
    title = f"{count['all']} 个账号被责令关停"
    yield UnitTodo("ban", title, why, count["first"], "去办理", url, 8, label="关停", act="办理")


def _rectifications(units: Units, now: datetime) -> Tally:
    """Problems that the unit is to put right and to answer (第二十四条); what is answered waits for the office.

    Not of accounts ordered closed for it: that order is what is owed.
    """
    waiting = Rectification.objects.filter(
        _of(units), rectify_board.OPEN, lateness.NOT_ORDERED, state=RectificationState.ISSUED
    )
    return tally(
        waiting,
        all=Count("pk"),
        first=Min("due_at"),
        sure=Min("due_at", filter=Q(provisional=False)),
        one=Min("pk"),
        back=Count("pk", filter=Q(sent_back__gt=0)),
    )


def _to_rectify(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if not count["all"]:
        return
    one = reverse("inspections:rectification", args=[count["one"]])
    url = one if count["all"] == 1 else reverse("inspections:rectifications")
    over = count["sure"] is not None and count["sure"] <= now
    due = count["sure"] if over else count["first"]
    provisional = due != count["sure"]
    words = _words(due, now) + ("（暂定）" if provisional else "")
    until = f"{'最早的' if count['all'] > 1 else ''}应于 {words} 前整改"
    back = f"，其中 {count['back']} 件被退回" if count["back"] else ""
    title = f"{count['all']} 个检查发现的问题待整改"
    why = f"{until}{back}。请整改后写明情况、上传证明。"
    yield UnitTodo("tool", title, why, due, "去整改", url, 24, label="整改", act="整改", provisional=provisional)


def _questions(units: Units, now: datetime) -> Tally:
    """Questions that wait, also those not received in full yet: whoever knows of them answers."""
    waiting = Message.objects.to_answer(units).filter(account__state__in=(*WATCHED, *ENDED))
    late = Count("pk", filter=Q(reply_due_at__lte=now))
    following = Min("reply_due_at", filter=Q(reply_due_at__gt=now))
    return tally(waiting, all=Count("pk"), late=late, first=Min("reply_due_at"), next=following)


def _unanswered(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if not count["all"]:
        return
    why = f"{count['late']} 条已超过 24 小时，请尽快回复并登记。" if count["late"] else ""
    if count["next"]:
        why += f"{'其余' if count['late'] else ''}最近的应于 {_words(count['next'], now)} 前回复。"
    title = f"{count['all']} 条咨询待回复"
    yield UnitTodo(
        "message-exclamation", title, why, count["first"], "去回复", reverse("accounts:record"), 15, label="留言"
    )


def _accounts(units: Units, now: datetime) -> Tally:
    """Accounts found unfiled; those whose data end too early: the update is due already, or soon."""
    unknown = Q(posts_known_until__isnull=True) | Q(posts_known_until__lt=F("next_update_due_at"))
    short, early = unknown & Q(next_update_due_at__lte=now), reminding.asked(now)
    filed = Filing.objects.filter(account=OuterRef("pk"), state__in=LIVE)
    unfiled = Q(~Exists(filed), state=AccountState.UNFILED)
    return tally(
        Account.objects.filter(short | early | unfiled, unit__in=units),
        unfiled=Count("pk", filter=unfiled),
        one=Min("pk", filter=unfiled),
        short=Count("pk", filter=short),
        known=Min("posts_known_until", filter=short),
        asked=Count("pk", filter=early),
        due=Min("next_update_due_at", filter=early),
    )


def _data(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if count["unfiled"]:
        yield _unfiled(count["unfiled"], count["one"])
    if count["short"]:
        yield _data_short(count["short"], count["known"], now)
    if count["asked"]:
        yield _data_asked(count["asked"], count["due"], now)


def _unfiled(count: int, one: int) -> UnitTodo:
    """Accounts found unfiled, for which no filing runs (第八条): to be filed or closed at once."""
    listed = f"{reverse('accounts:list')}?state={AccountState.UNFILED}"
    url = reverse("accounts:detail", args=[one]) if count == 1 else listed
    why = "请补报开办备案，或关停后告知区政府办公室；了结之前预警一直保留。"
    title = f"{count} 个账号没有备案"
    return UnitTodo("alert-triangle", title, why, None, "去处理", url, 8, clock="立即处理", label="账号", urgent=True)


def _data_short(count: int, known: datetime | None, now: datetime) -> UnitTodo:
    """Accounts whose update is due though nobody knows whether they published: 数据待确认."""
    reach = f"数据最早只到 {_words(known, now)}；" if known else "还没有发布数据；"
    why = f"{reach}发布过的请登记，没有发布的请确认数据截至现在。"
    title = f"{count} 个账号的数据待确认"
    return UnitTodo("help", title, why, None, "去确认", reverse("accounts:record"), 14)


def _data_asked(count: int, due: datetime, now: datetime) -> UnitTodo:
    """Accounts whose update is due within three days: asked for their data in good time, nothing is late."""
    until = f"{'最早的' if count > 1 else ''}应于 {_words(due, now)} 前更新"
    why = f"{until}。发布过的请登记；没有发布的请安排更新，或确认数据截至现在。"
    title = f"请登记或确认 {count} 个账号的数据"
    return UnitTodo("database", title, why, None, "去登记", reverse("accounts:record"), 14, clock="到期前登记")


def _to_complete(units: Units, now: datetime) -> Tally:
    """Accepted filings that complete only once the unit has said when it was done, or has sent the proof (第八条).

    And those that both systems have answered and something of the register keeps open.
    """
    seen = ChangeItem.objects.filter(filing=OuterRef("pk"), field__in=SEEN)
    undated = (Q(kind__in=CLOSINGS) | Q(Exists(seen), kind=FilingKind.CHANGE)) & Q(effective_on__isnull=True)
    proof = Attachment.objects.filter(filing=OuterRef("pk"), kind=AttachmentKind.PROOF, removed_at__isnull=True)
    unproved = Q(~Exists(proof), kind=FilingKind.CANCEL, effective_on__lte=day_of(now))
    short, blocked = (undated | unproved) & Q(conflict=""), ~Q(conflict="")
    waiting = Filing.objects.filter(short | blocked, _of(units), state=FilingState.ACCEPTED)
    return tally(
        waiting,
        all=Count("pk", filter=short),
        one=Min("pk", filter=short),
        blocked=Count("pk", filter=blocked),
        first=Min("pk", filter=blocked),
    )


def _accepted(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if count["blocked"]:
        yield _blocked(count["blocked"], count["first"])
    if count["all"]:
        yield _late_facts(count["all"], count["one"])


def _blocked(count: int, first: int) -> UnitTodo:
    """The page of the filing names what stands in the way."""
    listed = f"{reverse('filings:list')}?state={FilingState.ACCEPTED}"
    url = reverse("filings:detail", args=[first]) if count == 1 else listed
    why = "两个上级系统均已备案，但台账中有情况尚未处理，请打开查看原因并处理，或与区政府办公室联系。"
    return UnitTodo("alert-triangle", f"{count} 件备案办结受阻", why, None, "去查看", url, 8, "尽快处理", label="备案")


def _late_facts(count: int, one: int) -> UnitTodo:
    """The date on which it was done, or the proof."""
    listed = f"{reverse('filings:list')}?state={FilingState.ACCEPTED}"
    url = reverse("filings:supplement", args=[one]) if count == 1 else listed
    why = "已审核通过；在平台上办好后，请补录办理日期，注销的再上传注销证明，补齐后才能办结。"
    title = f"{count} 件备案待补充材料"
    return UnitTodo("paperclip", title, why, None, "去补充", url, 8, clock="办好后补充", label="备案")


def _to_keep(units: Units, now: datetime) -> Tally:
    """微信公众号 of a 区级部门 that nobody has asked to keep."""
    rows = PreApproval.objects.filter(unit__in=units, purpose=PreApprovalPurpose.RETAIN)
    waiting = rows.filter(state=PreApprovalState.NOT_ASKED, account__state__in=WATCHED)
    return tally(waiting, all=Count("pk"), first=Min("act_by"))


def _retentions(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if not count["all"]:
        return
    until = f"{'最早的' if count['all'] > 1 else ''}应于 {_words(count['first'], now)} 前申请"
    over = "期限已过，请尽快申请保留，或办理关停" if count["first"] <= now else "不保留的，请办理关停"
    title, url = f"{count['all']} 个微信公众号要申请保留", reverse("filings:preapprovals")
    yield UnitTodo(
        "clipboard-check", title, f"{until}，{over}。", count["first"], "去申请", url, 9, label="前置申请", act="申请"
    )


def _unconfirmed(units: Units, now: datetime) -> Tally:
    """季度确认 of the units that have not, late ones too."""
    ids = [unit if isinstance(unit, int) else unit.pk for unit in units]
    ours = quarter.waiting(quarter.Quarter.of(now)).filter(Q(pk__in=ids) | Q(merged_into__in=ids))
    return tally(ours, all=Count("pk"))


def _quarter(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if not count["all"]:
        return
    this = quarter.Quarter.of(now)
    due = this.due()
    title = f"{this.label}的账号信息待确认" + (f"（{count['all']}个单位）" if count["all"] > 1 else "")
    over = f"应于 {_words(due, now)} 前确认，请尽快补办。" if due <= now else ""
    why = f"{over}逐行核对账号、联系人、管理人员，没有变化就按“全部属实”。"
    url = reverse("accounts:quarter")
    yield UnitTodo("list-check", title, why, due, "去确认", url, 8, label="核对", act="确认")


def _unchecked(units: Units, now: datetime) -> Tally:
    """季度自查 of the accounts that have not been handed in, late ones too (第二十四条)."""
    return tally(selfchecks.waiting(quarter.Quarter.of(now)).filter(_of(units)), all=Count("pk"))


def _self_checks(count: Found, now: datetime) -> Iterator[UnitTodo]:
    if not count["all"]:
        return
    this = quarter.Quarter.of(now)
    due = selfchecks.due(this)
    over = f"应于 {_words(due, now)} 前提交，请尽快补办。" if due <= now else ""
    why = f"{over}系统已按数据预判；没有发现问题的，一个账号按一下就提交。"
    title, url = f"{this.label}有 {count['all']} 个账号要自查", reverse("inspections:self_checks")
    yield UnitTodo("clipboard-check", title, why, due, "去自查", url, 24, label="自查", act="提交")


# What is counted of each kind, and what is said of it.
KINDS: dict[str, tuple[Callable[[Units, datetime], Tally], Callable[[Found, datetime], Iterator[UnitTodo]]]] = {
    "ordered": (_to_close, _ordered),
    "rectify_ours": (_rectifications, _to_rectify),
    "questions": (_questions, _unanswered),
    "data": (_accounts, _data),
    "accepted": (_to_complete, _accepted),
    "retentions": (_to_keep, _retentions),
    "quarter": (_unconfirmed, _quarter),
    "self_checks": (_unchecked, _self_checks),
}


def _words(moment: datetime, now: datetime) -> str:
    """11-24 08:05, with its year when that is not this one (Shanghai)."""
    return due24(moment).removeprefix(f"{now.astimezone(SHANGHAI):%Y}-")
