"""合并重复账号: two rows of the register are one account; filings and facts of one move to the other, it becomes 作废.

The filed row stays, of two alike the older one; a row with a completed filing is never merged into another. What both
rows hold (a publication under one external id, the followers of a day) stays once: the other copy remains with the
void row, for nothing is deleted. Locks as approvals do: filings, units, accounts by id; the chain's head last.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from accounts import activity_days, custodians, due_times, fields, lifecycle, policy
from accounts.models import Account, AccountName, AccountState, Followers, Message, Publication, Unit
from accounts.models.account import GONE, OPENABLE
from accounts.policy import Action
from filings import export_requests
from filings.models import LIVE, Draft, Filing, FilingKind, PreApproval, PreApprovalState
from filings.models.filing import CLOSINGS
from zhonglou_media.core import events
from zhonglou_media.core.bulk import update_many
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User

A = AccountState
FILED = (A.ACTIVE, A.CLOSING, A.CLOSED)
SHOWN = 20  # other rows that the page offers


@dataclass(frozen=True)
class Moving:
    """How many rows move to the account that stays; `twice`: how many it has already."""

    filings: int
    publications: int
    messages: int
    followers: int
    names: int
    twice: int

    def in_words(self) -> str:
        said = (
            (self.filings, "件备案"),
            (self.publications, "条发布"),
            (self.messages, "条留言"),
            (self.followers, "天粉丝数"),
            (self.names, "个名称"),
        )
        return "、".join(f"{n} {what}" for n, what in said if n) or "没有备案和数据"


def candidates(account: Account) -> list[Account]:
    """Rows that may be the same account, the likeliest first: on its platform, and of its unit or like it by name or
    link. Two known ids that differ are two accounts.
    """
    looks = {account.look_key, *account.names.values_list("look_key", flat=True)}
    alike = Q(look_key__in=looks) | Q(pk__in=AccountName.objects.filter(look_key__in=looks).values("account"))
    if account.link:
        alike |= Q(link=account.link)
    rows = Account.objects.standing().filter(alike | Q(unit=account.unit_id), platform=account.platform_id)
    if account.uid:
        rows = rows.filter(uid__in=["", account.uid])
    rows = rows.exclude(pk=account.pk).annotate(other=Case(When(alike, then=Value(0)), default=Value(1)))
    return list(rows.select_related("platform", "unit").order_by("other", "pk")[:SHOWN])


def choose(one: Account, other: Account) -> tuple[Account, Account]:
    """(the row that stays, the row that becomes void): the filed one stays, of two alike the older one."""
    keep, drop = sorted(
        (one, other), key=lambda account: (not lifecycle.is_filed(account), account.state not in FILED, account.pk)
    )
    return keep, drop


def obstacle(keep: Account, drop: Account) -> str:
    """Why `drop` cannot become void for `keep`, as a sentence; '' where it can."""
    if keep.pk == drop.pk:
        return "请选择另一个账号。"
    for account in (keep, drop):
        if account.state in GONE:
            return f"账号“{account.name}”现为“{account.get_state_display()}”，不能合并。"
    if keep.platform_id != drop.platform_id:
        return f"“{keep.name}”在{keep.platform}，“{drop.name}”在{drop.platform}，不是同一个账号。"
    if keep.uid and drop.uid and keep.uid != drop.uid:
        return f"两个账号的账号ID不同（{keep.uid}、{drop.uid}），不是同一个账号；登记有误的，请先更正账号ID。"
    if keep.unit_id != drop.unit_id and A.UNFILED not in (keep.state, drop.state):
        return f"两个账号分属{keep.unit}和{drop.unit}，又都不是未备案账号，请先办理主办单位变更。"
    if lifecycle.is_filed(drop):
        return f"账号“{drop.name}”已办结备案（{drop.number or '见备案台账'}），不能并入别的账号。"
    if choose(keep, drop)[0].pk != keep.pk:
        return f"应当保留“{drop.name}”（{drop.get_state_display()}，登记在先或已经备案），请把另一个并入它。"
    if (drop.state, A.VOID) not in lifecycle.LEGAL:
        return f"账号“{drop.name}”现为“{drop.get_state_display()}”，不能并入别的账号，请先办完它的关停或注销。"
    if drop.orders.filter(ended_at__isnull=True).exists():
        return f"账号“{drop.name}”有一件未办结的责令关停，请先办结或撤销，再合并。"
    return _live_in_the_way(keep, drop)


def _live_in_the_way(keep: Account, drop: Account) -> str:
    rows = Filing.objects.filter(state__in=LIVE).select_related("unit")
    theirs, moving = (rows.filter(account=a).first() for a in (keep, drop))
    if moving is None:
        return ""
    named = f"账号“{drop.name}”有一件办理中的备案（{moving}）"
    if theirs is not None:
        return f"{named}，“{keep.name}”也有一件（{theirs}）。一个账号同时只能有一件，请先由单位撤回其中一件。"
    if moving.kind != FilingKind.OPEN or keep.state not in OPENABLE:
        return f"{named}，不能由“{keep.name}”（{keep.get_state_display()}）接着办，请先办完或由单位撤回。"
    if moving.unit_id != keep.unit_id:
        return f"{named}，由{moving.unit}填报，而“{keep.name}”由{keep.unit}主办，不能接着办，请先由{moving.unit}撤回。"
    return ""


def what_moves(keep: Account, drop: Account) -> Moving:
    """What the page shows before it is confirmed, and the event keeps."""
    posts, questions, counts = (rows.count() for rows in _moving_facts(keep, drop))
    all_facts = drop.publications.count() + drop.messages.count() + drop.follower_counts.count()
    return Moving(
        drop.filings.count(),
        posts,
        questions,
        counts,
        _moving_names(keep, drop).count(),
        all_facts - posts - questions - counts,
    )


def merge_accounts(keep_id: int, drop_id: int, *, reason: str, by: User, now: datetime) -> Moving:
    """Move all that belongs to `drop` to `keep`; `drop` becomes 作废, and both keep the event.

    Raises NotAllowed, WrongState or Refused with what stands in the way.
    """
    ids = (keep_id, drop_id)
    with transaction.atomic():
        filings = _lock_filings(ids)
        units = Account.objects.filter(pk__in=ids).values_list("unit", flat=True)
        list(Unit.objects.select_for_update(no_key=True).filter(pk__in=sorted(set(units))).order_by("pk"))
        accounts = {account.pk: account for account in due_times.lock(ids)}
        if len(accounts) < len(set(ids)):
            raise Refused("没有这个账号，请返回台账重新选择。")
        keep, drop = accounts[keep_id], accounts[drop_id]
        role = policy.require(by, Action.MERGE_ACCOUNTS, drop)
        policy.require(by, Action.MERGE_ACCOUNTS, keep)
        if problem := obstacle(keep, drop):
            raise WrongState(problem)
        if set(Filing.objects.filter(account__in=ids).values_list("pk", flat=True)) != filings:
            raise WrongState("这两个账号刚刚又有一件备案，请核对后再合并。")
        if not reason.strip():
            raise Refused("请写明合并的理由。")
        moving = what_moves(keep, drop)
        days = _days(drop)
        _move_facts(keep, drop)
        _move_records(keep, drop, day_of(now))
        export_requests.follow(drop, keep, by=by, role=role, now=now)
        lifecycle.merge_into(drop, keep, reason=reason.strip(), by=by, role=role, now=now)
        uid = keep.uid
        _fill(keep, drop)
        if days is not None:
            activity_days.recount_posts(ids, *days)
            activity_days.recount_messages(ids, *days)
        due_times.recompute(ids)
        detail: dict[str, Any] = {"from": drop.pk, "moved": moving.in_words(), "twice": moving.twice}
        learnt = ""
        if keep.uid != uid:
            detail |= {"uid": [uid, keep.uid]}
            learnt = f"，账号ID由“{fields.words('uid', uid)}”改为“{keep.uid}”"
        comment = f"“{drop.name}”（{drop.unit}）并入，随之转来{moving.in_words()}{learnt}。理由：{reason.strip()}"
        events.append(keep, "take_over", by=by, role=role, at=now, comment=comment, detail=detail)
    return moving


def _lock_filings(ids: tuple[int, int]) -> set[int]:
    rows = Filing.objects.select_for_update(of=("self",)).filter(account__in=ids).order_by("pk")
    return {filing.pk for filing in rows}


def _days(drop: Account) -> tuple[date, date] | None:
    """The Shanghai days on which something of `drop` is counted."""
    posts = drop.publications.aggregate(first=Min("published_at"), last=Max("published_at"))
    asked = drop.messages.aggregate(first=Min("asked_at"), last=Max("asked_at"))
    moments = [moment for found in (posts, asked) for moment in found.values() if moment is not None]
    return (day_of(min(moments)), day_of(max(moments))) if moments else None


# The facts of `drop` that `keep` does not hold already.
def _moving_facts(keep: Account, drop: Account) -> tuple[QuerySet[Publication], QuerySet[Message], QuerySet[Followers]]:
    return (
        drop.publications.exclude(external_id__in=keep.publications.values("external_id")),
        drop.messages.exclude(external_id__in=keep.messages.values("external_id")),
        drop.follower_counts.exclude(day__in=keep.follower_counts.values("day")),
    )


def _moving_names(keep: Account, drop: Account) -> QuerySet[AccountName]:
    return drop.names.exclude(name__in=keep.names.values("name"))


def _move_facts(keep: Account, drop: Account) -> None:
    _one_answer(keep, drop)
    for rows in _moving_facts(keep, drop):
        rows.update(account=keep)
    # A question that one row had handed to the other is with itself again.
    Message.objects.filter(account=keep, handed_to__in=[keep, drop]).update(handed_to=None)
    Message.objects.filter(handed_to=drop).update(handed_to=keep)


def _one_answer(keep: Account, drop: Account) -> None:
    """A question that both rows hold is answered, or withdrawn, when one of them knows it."""
    told = drop.messages.filter(Q(first_reply_at__isnull=False) | Q(withdrawn_at__isnull=False))
    theirs = {m.external_id: m for m in told.defer("body")}
    rows = []
    for mine in keep.messages.filter(external_id__in=theirs).defer("body"):
        other = theirs[mine.external_id]
        replies = [at for at in (mine.first_reply_at, other.first_reply_at) if at is not None and at >= mine.asked_at]
        rows.append((mine.pk, min(replies, default=None), mine.withdrawn_at or other.withdrawn_at))
    update_many(Message, ("first_reply_at", "withdrawn_at"), rows)


def _move_records(keep: Account, drop: Account, today: date) -> None:
    """Filings, names, people, findings, and what other rows say of `drop`."""
    drop.filings.update(account=keep)
    _moving_names(keep, drop).update(account=keep)
    drop.sightings.update(account=keep)
    # One at a time: where somebody is named on `keep`, the one of `drop` has ended.
    if keep.custodians.filter(to_date__isnull=True).exists():
        drop.custodians.filter(to_date__isnull=True).update(to_date=Greatest("from_date", Value(today)))
    drop.custodians.update(account=keep)
    if keep.outsourcings.filter(ended_on__isnull=True).exists():
        drop.outsourcings.filter(ended_on__isnull=True).update(ended_on=today, lapses_at=None)
    drop.outsourcings.update(account=keep)
    retentions = PreApproval.objects.filter(account=drop)
    if keep.preapprovals.exclude(state=PreApprovalState.REFUSED).exists():
        retentions = retentions.filter(state=PreApprovalState.REFUSED)
    retentions.update(account=keep)
    for pointer in ("reborn_of", "successor", "merged_into"):
        Account.objects.filter(**{pointer: drop}).exclude(pk=keep.pk).update(**{pointer: keep})
    if keep.successor_id == drop.pk:  # none is its own successor
        keep.successor = None
    _follow_successor(keep, drop)


def _follow_successor(keep: Account, drop: Account) -> None:
    """承接账号 as closings under way have typed it. What is frozen stays as approved: `closing.complete` follows it."""
    drafts = Draft.objects.select_for_update(of=("self",)).select_related("filing").order_by("pk")
    typed = drafts.filter(filing__kind__in=CLOSINGS, filing__state__in=LIVE)
    for draft in typed.filter(data__successor__in=[drop.pk, str(drop.pk)]):
        own = draft.filing.account_id == keep.pk
        draft.data = {**draft.data, "successor": "" if own else str(keep.pk)}
        draft.save(update_fields=["data"])


def _fill(keep: Account, drop: Account) -> None:
    """What `keep` does not know yet: its id, how far its data reach, its followers. Its filed fields stay."""
    keep.uid = keep.uid or drop.uid
    for known in ("posts_known_until", "messages_known_until"):
        reach = [moment for moment in (getattr(keep, known), getattr(drop, known)) if moment is not None]
        setattr(keep, known, max(reach, default=None))
    keep.followers = keep.followers if keep.followers is not None else drop.followers
    keep.save()
    custodians.recompute(keep)
