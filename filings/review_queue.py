"""What waits for the office's decision, in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q

from filings import checks, kinds
from filings.bulk import Chosen, choices
from filings.models import Filing, FilingState
from filings.models.filing import FilingQuerySet
from filings.notifying import MANY_RETURNS
from filings.page_register import PageRegister
from filings.queues import with_items
from zhonglou_media.core.models import Event, User

AT_WORK = timedelta(minutes=30)


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
    chosen: Chosen  # what its box says when it is ticked


def queue_rows(filings: Sequence[Filing], user: User, *, now: datetime) -> list[QueueRow]:
    """`filings` (read by `for_lists`) with what their rows show beside."""
    opened: dict[int, list[Event]] = {filing.pk: [] for filing in filings}
    of_these = Event.objects.filter(subject_kind="filing", subject_id__in=list(opened))
    for event in of_these.filter(Q(verb="read") | Q(at__gte=now - AT_WORK)).select_related("actor").order_by("seq"):
        opened[event.subject_id or 0].append(event)
    with_items(filings)
    register, boxes = PageRegister(filings), choices(filings)
    return [_queue_row(filing, opened[filing.pk], user, now, register, boxes[filing.pk]) for filing in filings]


def _queue_row(
    filing: Filing, opened: list[Event], user: User, now: datetime, register: checks.Register, chosen: Chosen
) -> QueueRow:
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
        chosen=chosen,
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
