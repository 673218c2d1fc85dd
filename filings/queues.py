"""The office's lists: what waits for review, what goes on to the systems above. Each in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects

from filings import applying, checks, kinds
from filings.filed import filed_value
from filings.models import (
    ExportItem,
    Filing,
    FilingKind,
    FilingState,
    Receipt,
    ReceiptResult,
    Revision,
    System,
)
from filings.models.filing import CLOSINGS, FilingQuerySet
from filings.notifying import MANY_RETURNS
from filings.page_register import PageRegister
from filings.wording import half_way
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.models import Event, User
from zhonglou_media.core.settings_at import setting
from zhonglou_media.core.words import SYSTEMS

AT_WORK = timedelta(minutes=30)
CALL_AFTER_DAYS = 3  # without a receipt since the export


# --- for review -----------------------------------------------------------------------------------------------------


def to_review() -> FilingQuerySet:
    """What waits for the office's decision, by its own due time."""
    return Filing.objects.filter(state=FilingState.OFFICE_REVIEW).order_by("office_due_at", "pk")


def returned_often() -> FilingQuerySet:
    """Live filings that came back three times or more: the supervisor looks why."""
    return Filing.objects.live().filter(returns__gte=MANY_RETURNS).order_by("-returns", "pk")


def unread_by(user: User) -> Q:
    """Condition: `user` has not opened the present revision."""
    read = Event.objects.filter(
        subject_kind="filing", subject_id=OuterRef("pk"), verb="read", actor=user, revision=OuterRef("revision")
    )
    return ~Q(Exists(read))


def reported_late() -> Q:
    """Condition: 迟报, as `Filing.is_late` says it."""
    return Q(provisional=False, not_occurred=False, first_reported_at__gte=F("report_due_at"))


@dataclass(frozen=True)
class Tally:
    """How many wait: all, by kind, not yet opened by this person."""

    total: int
    kinds: dict[str, int]
    unread: int


def tally(user: User) -> Tally:
    """The counts on the filters."""
    rows = (
        to_review().order_by().values_list("kind").annotate(n=Count("pk"), unread=Count("pk", filter=unread_by(user)))
    )
    found = {kind: (n, unread) for kind, n, unread in rows}
    return Tally(
        total=sum(n for n, _ in found.values()),
        kinds={kind: n for kind, (n, _) in found.items()},
        unread=sum(unread for _, unread in found.values()),
    )


@dataclass(frozen=True)
class Colleague:
    """Somebody else who opened the filing lately; `working` until he did something with it."""

    actor: User
    at: datetime
    working: bool

    @property
    def doing(self) -> str:
        return "正在审核" if self.working else "刚才看过"


@dataclass(frozen=True)
class QueueRow:
    """One filing of the review queue as `user` sees it."""

    filing: Filing
    report: str  # how it was reported: 迟报 2 天, 书面批准, 第 2 次, 按期
    late: bool
    warnings: int
    read: bool
    reread: datetime | None  # reported anew since this person read it
    colleague: Colleague | None  # who has it open


def queue_rows(filings: Sequence[Filing], user: User, *, now: datetime) -> list[QueueRow]:
    """`filings` (read by `for_lists`) with what their rows show beside."""
    opened: dict[int, list[Event]] = {filing.pk: [] for filing in filings}
    of_these = Event.objects.filter(subject_kind="filing", subject_id__in=list(opened))
    for event in of_these.filter(Q(verb="read") | Q(at__gte=now - AT_WORK)).select_related("actor").order_by("seq"):
        opened[event.subject_id or 0].append(event)
    _with_items(filings)
    register = PageRegister(filings)
    return [_queue_row(filing, opened[filing.pk], user, now, register) for filing in filings]


def _queue_row(filing: Filing, opened: list[Event], user: User, now: datetime, register: checks.Register) -> QueueRow:
    mine = [event for event in opened if event.verb == "read" and event.actor_id == user.pk]
    read = any(event.revision == filing.revision for event in mine)
    found = kinds.of(filing).check_details(filing.details, filing, register)
    return QueueRow(
        filing=filing,
        report=_reported(filing),
        late=filing.is_late,
        warnings=sum(check.level != checks.Level.PASS for check in found),
        read=read,
        reread=filing.reported_at if mine and not read else None,
        colleague=at_work(opened, filing, user, now=now),
    )


def at_work(history: Iterable[Event], filing: Filing, user: User, *, now: datetime) -> Colleague | None:
    """The latest reading of the present revision by a colleague within the last half hour.

    `history` holds the filing's events of that time at least, in order: who has decided since only had a look.
    """
    found: Colleague | None = None
    for event in history:
        if event.actor is None or event.actor_id == user.pk or not now - AT_WORK <= event.at <= now:
            continue
        if event.verb == "read" and event.revision == filing.revision:
            found = Colleague(event.actor, event.at, working=True)
        elif event.verb != "read" and found is not None and found.actor == event.actor:
            found = Colleague(found.actor, found.at, working=False)
    return found


def _reported(filing: Filing) -> str:
    if filing.is_late and filing.first_reported_at and filing.report_due_at:
        days = (filing.first_reported_at - filing.report_due_at).days
        return f"迟报 {days} 天" if days else "迟报不到 1 天"
    if filing.returns:
        return f"第 {filing.returns + 1} 次"
    if filing.paper_leader:
        return "书面批准"
    return "期限暂定" if filing.provisional else "按期"


@dataclass(frozen=True)
class Neighbours:
    """A filing's place in the review queue."""

    place: int
    total: int
    previous: int | None
    next: int | None


def neighbours(filing: Filing) -> Neighbours | None:
    """Before and after `filing` in the whole queue; None when it is not in it."""
    order = list(to_review().values_list("pk", flat=True))
    if filing.pk not in order:
        return None
    at = order.index(filing.pk)
    return Neighbours(at + 1, len(order), order[at - 1] if at else None, order[at + 1] if at + 1 < len(order) else None)


def after_decision(filing: Filing) -> Filing | None:
    """The one to open next: the first of those due later than `filing`, else the first of all."""
    waiting = to_review().for_lists().exclude(pk=filing.pk)
    if filing.office_due_at is not None:
        later = Q(office_due_at__gt=filing.office_due_at) | Q(office_due_at=filing.office_due_at, pk__gt=filing.pk)
        following = waiting.filter(later).first()
        if following is not None:
            return following
    return waiting.first()


# --- for the systems above ------------------------------------------------------------------------------------------


def to_pass_on() -> FilingQuerySet:
    """Accepted and not yet taken by both systems, by the office's own due time."""
    return Filing.objects.filter(state=FilingState.ACCEPTED).order_by("office_due_at", "pk")


def in_hand() -> FilingQuerySet:
    """`to_pass_on`, and what a system above returned and the office has not accepted again since."""
    returned = Receipt.objects.filter(
        filing=OuterRef("pk"), result=ReceiptResult.REFUSED, revision__gte=OuterRef("accepted_revision")
    )
    back = Q(Exists(returned)) & ~Q(state__in=(FilingState.COMPLETED, FilingState.WITHDRAWN, FilingState.REFUSED))
    return Filing.objects.filter(Q(state=FilingState.ACCEPTED) | back).order_by("office_due_at", "pk")


def conflicts() -> FilingQuerySet:
    """Both systems have answered, but the account cannot be activated: for the supervisor."""
    return to_pass_on().exclude(conflict="")


@dataclass(frozen=True)
class Urgency:
    """How many of a list are over the office's own due time, and how many end today."""

    total: int
    late: int
    today: int


def urgency(filings: QuerySet[Filing], *, now: datetime) -> Urgency:
    """Of `filings` at `now`, 暂定 ones neither; due times are exclusive, so that today's end at 00:00 of tomorrow."""
    sure = Q(provisional=False)
    counted = filings.order_by().aggregate(
        total=Count("pk"),
        late=Count("pk", filter=sure & Q(office_due_at__lte=now)),
        today=Count("pk", filter=sure & Q(office_due_at__gt=now, office_due_at__lte=end_of_today(now))),
    )
    return Urgency(**counted)


def office_days(now: datetime) -> int:
    """Working days after the approval within which the office passes a filing on, as set for today."""
    return int(setting("office_days", day_of(now)))


def end_of_today(now: datetime) -> datetime:
    """24:00 Shanghai of the day of `now`."""
    return start_of(day_of(now) + timedelta(days=1))


@dataclass(frozen=True)
class Place:
    """Where a filing stands in one system above: `status` as `words.UPPER` names it, since `on`."""

    system: str
    status: str
    on: date | None = None
    reason: str = ""
    update: bool = False  # the system has an earlier revision; the present one is still to be exported

    @property
    def is_settled(self) -> bool:
        return self.status in ("done", "none")


@dataclass
class Passing:
    """A filing on its way up: both systems, and what is still missing."""

    filing: Filing
    national: Place
    provincial: Place
    missing: str = field(default="")
    lacks: str = field(default="")  # late facts that completion waits for: 注销证明

    @property
    def places(self) -> tuple[Place, Place]:
        return self.national, self.provincial

    def at(self, system: str) -> Place:
        """Its place in `system`."""
        return self.national if system == System.NATIONAL else self.provincial

    @property
    def is_answered(self) -> bool:
        """Both systems have answered and it is still not done: something stands, or stood, in the way."""
        return self.filing.state == FilingState.ACCEPTED and all(place.is_settled for place in self.places)

    @property
    def open_system(self) -> str:
        """The first system that has not answered: what the form of a receipt starts from."""
        return next((place.system for place in self.places if not place.is_settled), System.NATIONAL)

    def is_over(self, now: datetime) -> bool:
        """Whether the office's own due time is past."""
        due = self.filing.office_due_at
        return due is not None and not self.filing.provisional and due <= now

    def ends_today(self, now: datetime) -> bool:
        """Whether the office's own due time is today's 24:00."""
        due = self.filing.office_due_at
        return due is not None and not self.filing.provisional and now < due <= end_of_today(now)


def passing(filings: Sequence[Filing], *, now: datetime) -> list[Passing]:
    """`filings` (read by `for_lists`) with their two places; three queries for all, and one of each kind's own."""
    prefetch_related_objects(
        list(filings),
        Prefetch("receipts", Receipt.objects.order_by("id"), to_attr="all_receipts"),
        Prefetch("exports", ExportItem.objects.select_related("batch").order_by("id"), to_attr="all_exports"),
        Prefetch("revisions", Revision.objects.only("filing_id", "number", "approved_sm3"), to_attr="all_revisions"),
    )
    _with_items(filings)
    rows = []
    for filing in filings:
        row = Passing(filing, _place(filing, System.NATIONAL), _place(filing, System.PROVINCIAL))
        if filing.state == FilingState.ACCEPTED:
            row.lacks = kinds.of(filing).lacks(filing, now)
        row.missing = _missing(row, now)
        rows.append(row)
    return rows


def _place(filing: Filing, system: str) -> Place:
    receipts = [r for r in filing.all_receipts if r.system == system]  # type: ignore[attr-defined]
    exports = [e for e in filing.all_exports if e.system == system]  # type: ignore[attr-defined]
    digests = {r.number: r.approved_sm3 for r in filing.all_revisions}  # type: ignore[attr-defined]
    refused = [r for r in receipts if r.result == ReceiptResult.REFUSED]
    returned = max((r.revision for r in refused), default=0)
    had = {e.revision for e in exports} | {r.revision for r in receipts if r.result == ReceiptResult.TAKEN}
    update = filing.state == FilingState.ACCEPTED and filing.revision not in had
    good = applying.standing(receipts, digests, filing.revision)
    if good is not None and good.result == ReceiptResult.NOT_APPLICABLE:
        return Place(system, "none", good.on, good.reason)
    if good is not None:
        return Place(system, "done", good.on, update=update)
    sent = [e for e in exports if e.revision > returned and digests[e.revision] == digests[filing.revision]]
    if sent:
        return Place(system, "sent", day_of(sent[-1].batch.at), update=update)
    if refused:
        return Place(system, "back", refused[-1].on, refused[-1].reason)
    return Place(system, "wait")


def _missing(row: Passing, now: datetime) -> str:
    """还差什么, in a sentence."""
    filing = row.filing
    if filing.conflict:
        return f"办结受阻：{filing.conflict}"
    if filing.state != FilingState.ACCEPTED:
        back = [f"{SYSTEMS[p.system]}退回：{p.reason}" for p in row.places if p.status == "back"]
        return f"{'；'.join(back)}；现为“{filing.get_state_display()}”"
    if row.is_answered:
        return f"两个系统都已答复；还缺：{row.lacks}" if row.lacks else "两个系统都已答复，请再试办结"
    told = [_wanting(place, now) for place in row.places if not place.is_settled]
    settled = [place for place in row.places if place.is_settled]
    if len(settled) == 1:
        open_ = next(place for place in row.places if not place.is_settled)
        result = ReceiptResult.NOT_APPLICABLE if settled[0].status == "none" else ReceiptResult.TAKEN
        told = [half_way(settled[0].system, result, open_.system), *told]
    told += [f"补充内容待导出{SYSTEMS[place.system]}（更新）" for place in row.places if place.update]
    if not filed_value(filing, "uid") and any(place.status in ("wait", "back") or place.update for place in row.places):
        told.append("缺账号ID，补录后才能导出")
    if row.lacks:
        told.append(f"还缺：{row.lacks}")
    return "；".join(told)


def _wanting(place: Place, now: datetime) -> str:
    name = SYSTEMS[place.system]
    if place.status == "sent" and place.on is not None:
        days = (day_of(now) - place.on).days
        return f"{name} {days} 天没有回执，请电话催问" if days >= CALL_AFTER_DAYS else f"{name}已导出，等回执"
    if place.status == "back":
        return f"{name}退回过（{place.reason}），改好后还没有重新导出"
    return f"{name}还没有导出"


def _with_items(filings: Sequence[Filing]) -> None:
    """变更事项 of those that are changes, files of those that end an account; no query where there are none."""
    closings = [filing for filing in filings if filing.kind in CLOSINGS]
    if closings:
        prefetch_related_objects(closings, "attachments")
    changes = [filing for filing in filings if filing.kind == FilingKind.CHANGE]
    if changes:
        prefetch_related_objects(changes, "items")


def waited_for(filing: Filing, *, now: datetime) -> str:
    """还差什么 of one filing, after a receipt of it."""
    return passing([filing], now=now)[0].missing
