"""What pages say of a flag: the fact under it in one sentence, how long it stands, and until when the data reach.

A list of flags is read at once: `Facts.of(flags, now)` asks as many queries for a hundred flags as for one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When, prefetch_related_objects

from accounts import due_times, hints, rules
from accounts.flags import RuleCode
from accounts.models import (
    Account,
    AccountKind,
    AccountState,
    Custodian,
    Flag,
    Followers,
    Message,
    Outsourcing,
    Publication,
    Source,
)
from accounts.models.account import ON_PLATFORM, WATCHED
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.countdown import due24, span

R = RuleCode
BY_POSTS = (R.INACTIVE, R.NO_DATA, R.REVIVED)
BY_MESSAGES = (R.SLOW_REPLY,)
HINTS_OF_UNIT = (R.NAME_MISMATCH, R.SAME_PLATFORM)
DONE = {"open": "开通", "change": "变更", "close": "关停", "cancel": "注销"}  # by kind of filing
NAMED = 3  # accounts that a sentence names; the rest are counted

# Since when a flag stands. A closed account that publishes again missed no deadline: it stands from its finding on.
SINCE = Case(When(rule=R.REVIVED, then=F("raised_at")), default=F("due_at"))


def since(flag: Flag) -> datetime:
    """See `SINCE`: the moment a flag's age counts from."""
    return flag.raised_at if flag.rule == R.REVIVED else flag.due_at


def age(flag: Flag, now: datetime) -> str:
    """How long it stands, or stood until it ended: 「12 天」, 「6 小时」."""
    until = min((moment for moment in (flag.cleared_at, flag.waived_at) if moment is not None), default=now)
    return span(max(until - since(flag), timedelta()))


def age_sentence(flag: Flag, now: datetime) -> str:
    """「已持续 12 天」; of one that ended, how long it stood."""
    ended = flag.cleared_at is not None or flag.waived_at is not None
    return f"{'持续了' if ended else '已持续'} {age(flag, now)}"


@dataclass(frozen=True)
class Known:
    """数据截至 of the fact a rule judges: its moment in words; `early` where it ends before the missed due time."""

    words: str  # 「11-24 13:52」, 「尚无数据」, 「单位登记」 or 「不涉及」
    applies: bool = True
    early: bool = False
    at: datetime | None = None

    def __str__(self) -> str:
        if not self.applies:
            return self.words
        return f"数据截至 {self.words}" if self.words[:1].isdigit() else self.words


NOT_JUDGED = Known("不涉及", applies=False)


@dataclass
class Facts:
    """What the sentences of some flags say, as of `now`; keys are the ids of flags, accounts and units."""

    now: datetime
    posts: dict[int, Publication] = field(default_factory=dict)  # by flag
    months: dict[int, Counter[date]] = field(default_factory=dict)  # by account: a 服务号's posts of a month
    messages: dict[int, Message] = field(default_factory=dict)
    siblings: dict[int, list[Account]] = field(default_factory=dict)  # by unit
    followers: dict[int, Followers] = field(default_factory=dict)
    left: dict[int, Custodian] = field(default_factory=dict)  # by account: the custodian who left last
    contracts: dict[int, Outsourcing] = field(default_factory=dict)
    early: dict[int, tuple[str, date | None, date | None]] = field(default_factory=dict)  # filing: kind, done, approved

    @classmethod
    def of(cls, flags: Sequence[Flag], now: datetime) -> "Facts":
        """The facts of `flags`, each kind in one query, and only the kinds that are there."""
        prefetch_related_objects(list(flags), "unit", "account__platform")
        inactive = _of(flags, R.INACTIVE)
        services = {f.account.pk: f.account for f in inactive if f.account and f.account.kind == AccountKind.SERVICE}
        return cls(
            now,
            posts=_posts(inactive, _of(flags, R.REVIVED)),
            months=due_times.posts_by_month(list(services.values())),
            messages=_messages(_of(flags, R.SLOW_REPLY)),
            siblings=_siblings(_of(flags, *HINTS_OF_UNIT)),
            followers=_followers(_of(flags, R.FOLLOWER_JUMP)),
            left=_left(_of(flags, R.NO_CUSTODIAN)),
            contracts=_contracts(_of(flags, R.VENDOR_LAPSED)),
            early=_early(_of(flags, R.UNAPPROVED_EVENT)),
        )

    def sentence(self, flag: Flag) -> str:
        """The fact under `flag`. Of a filing only the time it missed: what is above this app says more."""
        said = SENTENCES.get(flag.rule)
        return said(self, flag) if said is not None and flag.account is not None else f"期限 {self.until(flag.due_at)}"

    def known(self, flag: Flag) -> Known:
        """Until when the data reach that `flag` was judged by."""
        if flag.account is None or flag.rule not in (*BY_POSTS, *BY_MESSAGES):
            return NOT_JUDGED
        until = flag.account.posts_known_until if flag.rule in BY_POSTS else flag.account.messages_known_until
        message = self.messages.get(flag.fact_id) if flag.rule in BY_MESSAGES else None
        typed = message is not None and message.source == Source.TYPED  # judged whatever else is known
        if until is None:
            return Known("单位登记" if typed else "尚无数据", early=not typed)
        return Known(self.moment(until), early=until < flag.due_at and not typed, at=until)

    # --- times, in Shanghai: without their year when it is this one

    def day(self, of: datetime | date) -> str:
        """11-24."""
        local = day_of(of) if isinstance(of, datetime) else of
        return f"{local:%m-%d}" if local.year == day_of(self.now).year else f"{local}"

    def moment(self, of: datetime) -> str:
        """11-24 14:05."""
        return f"{self.day(of)} {of.astimezone(SHANGHAI):%H:%M}"

    def until(self, due: datetime) -> str:
        """A due time, stored exclusive: 11-22 24:00."""
        return due24(due).removeprefix(f"{day_of(self.now).year}-")


# --- the sentence of each rule: `flag.account` is there ------------------------------------------------------------


def _inactive(facts: Facts, flag: Flag) -> str:
    account = cast(Account, flag.account)
    due = f"应于 {facts.until(flag.due_at)} 前更新"
    last, watched = facts.posts.get(flag.pk), account.monitored_from
    if account.kind == AccountKind.SERVICE and watched is not None:
        month = day_of(flag.due_at - timedelta(days=1)).replace(day=1)
        found, wanted = facts.months.get(account.pk, Counter())[month], rules.quota(month, watched)
        return f"{month.year} 年 {month.month} 月发布 {found} 次，应发布 {wanted} 次，{due}"
    removed = "删除后，" if account.due_after_removal and account.next_update_due_at == flag.due_at else ""
    if last is None:
        begin = f"自 {facts.day(watched)} 起监测，" if watched else ""
        return f"{removed}{begin}没有发布记录，{due}"
    begin = f"自 {facts.day(watched)} 起监测，" if watched and day_of(last.published_at) < watched else ""
    return f"{removed}{begin}最近更新 {facts.day(last.published_at)}{_title(last)}，{due}"


def _no_data(facts: Facts, flag: Flag) -> str:
    due, known = f"应于 {facts.until(flag.due_at)} 前更新", cast(Account, flag.account).posts_known_until
    if known is None:
        return f"{due}，但还没有发布数据"
    if known < flag.due_at:
        return f"{due}，但数据只到 {facts.moment(known)}"
    return f"{due}，当时的数据没有到这一刻"


def _slow_reply(facts: Facts, flag: Flag) -> str:
    message = facts.messages.get(flag.fact_id)
    due = f"应于 {facts.until(flag.due_at)} 前回复"
    if message is None:
        return f"咨询{due}"
    kept = "改类型前已逾期，期限保留，" if message.keeps_due else ""
    said = f"{facts.moment(message.asked_at)} 的{message.get_kind_display()}，{kept}{due}"
    if message.first_reply_at is not None and message.first_reply_at > flag.due_at:
        return f"{said}，{facts.moment(message.first_reply_at)} 才回复"
    return said


def _revived(facts: Facts, flag: Flag) -> str:
    account, post = cast(Account, flag.account), facts.posts.get(flag.pk)
    ended = "已注销" if account.state == AccountState.CANCELLED else "已关停"
    said = f"{facts.day(flag.due_at)} {ended}"
    return f"{said}，{facts.day(post.published_at)} 又发布{_title(post)}" if post else f"{said}后又有发布"


def _unfiled(facts: Facts, flag: Flag) -> str:
    account = cast(Account, flag.account)
    entity = f"认证主体为“{account.verified_entity}”，" if account.verified_entity else ""
    return f"{facts.moment(flag.due_at)} 发现，{entity}没有备案"


def _name_mismatch(facts: Facts, flag: Flag) -> str:
    account = cast(Account, flag.account)
    watched = sorted((a for a in facts.siblings.get(flag.unit_id, []) if a.state in WATCHED), key=lambda a: a.pk)
    own = hints.own_name(a.name_key for a in watched) if watched else account.name_key
    bearers = [a for a in watched if a.name_key == own and a.platform_id != account.platform_id]
    if own == account.name_key or not bearers:  # renamed since the last night
        return f"“{account.name}”与本单位在其他平台的账号名称不一致"
    return f"“{account.name}”与本单位{_places(bearers)}账号的名称“{bearers[0].name}”不一致"


def _same_platform(facts: Facts, flag: Flag) -> str:
    account = cast(Account, flag.account)
    others = [a for a in facts.siblings.get(flag.unit_id, []) if a.platform_id == account.platform_id]
    others = [a for a in others if a.pk != account.pk]
    if not others:
        return f"本单位在{account.platform}有不止一个账号"
    names = "、".join(f"“{other.name}”" for other in others[:NAMED])
    more = f"等 {len(others)} 个账号" if len(others) > NAMED else ""
    why = f"，说明：{account.same_platform_reason}" if account.same_platform_reason else ""
    return f"本单位在{account.platform}另有{names}{more}{why}"


def _follower_jump(facts: Facts, flag: Flag) -> str:
    row = facts.followers.get(flag.fact_id)
    if row is None:
        return f"{facts.day(flag.due_at)} 粉丝数变化异常"
    before = cast("int | None", row.before)  # type: ignore[attr-defined]  # annotated by `_followers`
    was = f"由 {before:,} 变为" if before is not None else "为"
    return f"{facts.day(row.day)} 粉丝数{was} {row.count:,}"


def _no_custodian(facts: Facts, flag: Flag) -> str:
    row = facts.left.get(cast(Account, flag.account).pk)
    if row is not None and row.to_date is not None and start_of(row.to_date) < flag.due_at:
        return f"{row.name} {facts.day(row.to_date)} 离任，之后没有登记专门管理人员"
    return f"自 {facts.day(flag.due_at)} 起没有登记专门管理人员"


def _vendor_lapsed(facts: Facts, flag: Flag) -> str:
    row = facts.contracts.get(flag.fact_id)
    if row is None:
        return f"自 {facts.day(flag.due_at)} 起委托运维不合规"
    missing = [] if row.reviewer else ["没有登记本单位内容审核人"]
    missing += [] if row.nda else ["没有签订保密协议"]
    if not missing and row.ends_on is not None:
        missing = [f"合同 {facts.day(row.ends_on)} 到期，没有续签"]
    if row.ended_on is not None:
        missing = [f"{facts.day(row.ended_on)} 已停止委托"]
    return f"委托{row.vendor}运维，{'，'.join(missing) or '原来不合规'}"


def _no_retention(facts: Facts, flag: Flag) -> str:
    return f"应于 {facts.until(flag.due_at)} 前经批准保留，或办结关停"


def _unapproved_event(facts: Facts, flag: Flag) -> str:
    return early(facts, *facts.early.get(flag.fact_id, ("", None, None)))


def early(facts: Facts, kind: str, done: date | None, approved: date | None) -> str:
    """「11-20 已变更，11-24 才经主要领导批准」 of a filing of that kind (第八条)."""
    happened = f"{facts.day(done)} 已" if done else "已"
    happened += DONE.get(kind, "办理")
    return f"{happened}，{facts.day(approved)} 才经主要领导批准" if approved else f"{happened}，还没有经主要领导批准"


def _overdue_order(facts: Facts, flag: Flag) -> str:
    return f"已责令关停，应于 {facts.until(flag.due_at)} 前办理"


def _overdue_rectification(facts: Facts, flag: Flag) -> str:
    return f"检查发现的问题应于 {facts.until(flag.due_at)} 前整改并答复"


SENTENCES: dict[str, Callable[[Facts, Flag], str]] = {
    R.INACTIVE: _inactive,
    R.NO_DATA: _no_data,
    R.SLOW_REPLY: _slow_reply,
    R.REVIVED: _revived,
    R.UNFILED_ACCOUNT: _unfiled,
    R.NAME_MISMATCH: _name_mismatch,
    R.SAME_PLATFORM: _same_platform,
    R.FOLLOWER_JUMP: _follower_jump,
    R.NO_CUSTODIAN: _no_custodian,
    R.VENDOR_LAPSED: _vendor_lapsed,
    R.NO_RETENTION: _no_retention,
    R.OVERDUE_ORDER: _overdue_order,
    R.OVERDUE_RECTIFICATION: _overdue_rectification,
    R.UNAPPROVED_EVENT: _unapproved_event,
}


def _title(post: Publication) -> str:
    return f"《{post.title}》" if post.title else ""


def _places(accounts: Sequence[Account]) -> str:
    places = list(dict.fromkeys(str(account.platform) for account in accounts))
    return "、".join(places[:NAMED]) + (f"等 {len(places)} 个平台" if len(places) > NAMED else "")


# --- what they read: each a query or two, none when there is no such flag -------------------------------------------


def _of(flags: Sequence[Flag], *codes: RuleCode) -> list[Flag]:
    return [flag for flag in flags if flag.rule in codes]


def _posts(inactive: Sequence[Flag], revived: Sequence[Flag]) -> dict[int, Publication]:
    """By flag: the last publication before the missed due time; the first one after an account's end."""
    live = Publication.objects.filter(account=OuterRef("account_id"), removed_at__isnull=True)
    before = live.filter(published_at__lt=OuterRef("due_at")).order_by("-published_at", "-pk")
    after = live.filter(published_at__gt=OuterRef("due_at")).order_by("published_at", "pk")
    chosen = {**_chosen(inactive, before), **_chosen(revived, after)}
    rows = Publication.objects.in_bulk(list(chosen.values())) if chosen else {}
    return {flag_id: rows[post_id] for flag_id, post_id in chosen.items()}


def _chosen(flags: Sequence[Flag], posts: QuerySet[Publication]) -> dict[int, int]:
    if not flags:
        return {}
    rows = Flag.objects.filter(pk__in=[flag.pk for flag in flags]).annotate(post=Subquery(posts.values("pk")[:1]))
    return dict(rows.order_by().exclude(post=None).values_list("pk", "post"))


def _messages(flags: Sequence[Flag]) -> dict[int, Message]:
    """Their times only: a citizen's words are shown to nobody here, so they are not read either."""
    times = Message.objects.only("asked_at", "first_reply_at", "source", "kind", "reply_due_at")
    return times.in_bulk([flag.fact_id for flag in flags]) if flags else {}


def _siblings(flags: Sequence[Flag]) -> dict[int, list[Account]]:
    found: dict[int, list[Account]] = defaultdict(list)
    if flags:
        units = {flag.unit_id for flag in flags}
        rows = Account.objects.filter(unit__in=units, state__in=ON_PLATFORM).select_related("platform")
        for account in rows.order_by("platform__order", "name", "pk"):
            found[account.unit_id].append(account)
    return found


def _followers(flags: Sequence[Flag]) -> dict[int, Followers]:
    if not flags:
        return {}
    earlier = Followers.objects.filter(account=OuterRef("account_id"), day__lt=OuterRef("day")).order_by("-day")
    rows = Followers.objects.annotate(before=Subquery(earlier.values("count")[:1]))
    return {row.pk: row for row in rows.filter(pk__in=[flag.fact_id for flag in flags])}


def _left(flags: Sequence[Flag]) -> dict[int, Custodian]:
    """By account, who left last; the earlier ones are read before and overwritten."""
    if not flags:
        return {}
    ended = Custodian.objects.filter(account__in={flag.account_id for flag in flags}, to_date__isnull=False)
    return {row.account_id: row for row in ended.defer("phone").order_by("to_date", "pk")}


def _early(flags: Sequence[Flag]) -> dict[int, tuple[str, date | None, date | None]]:
    """By filing: its kind, when it was done on the platform, when it was first approved."""
    if not flags:
        return {}
    filings = Account._meta.get_field("filings").related_model  # of a higher app
    rows = filings._default_manager.filter(pk__in=[flag.fact_id for flag in flags])
    values = rows.values_list("pk", "kind", "effective_on", "first_approved_on")
    return {pk: (kind, done, approved) for pk, kind, done, approved in values}


def _contracts(flags: Sequence[Flag]) -> dict[int, Outsourcing]:
    return Outsourcing.objects.in_bulk([flag.fact_id for flag in flags]) if flags else {}
