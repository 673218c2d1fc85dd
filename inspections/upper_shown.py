"""What the pages show of findings from above: the list, late ones first, the year's counts, and the records' own facts.

A fixed number of queries for any number of rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Value, When

from accounts.access import seen_unit_ids
from accounts.models import Flag, Publication
from inspections.models import Issuer, Rectification, RectificationState, UpperFinding, UpperState
from inspections.models.upper import OPEN_UPPER
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.counting import Tally, tally
from zhonglou_media.core.models import User

S, R = UpperState, RectificationState
OPEN = Q(state__in=OPEN_UPPER)
# How far a handed one is, by the state of the unit's answer: (state for its look, words).
ANSWERS = {
    R.ISSUED: ("issued", "待答复"),
    R.SUBMITTED: ("submitted", "已答复，待核"),
    R.VERIFIED: ("verified", "已核实，待上报"),
    R.REVOKED: ("revoked", "整改已撤销"),
}


def visible(user: User) -> QuerySet[UpperFinding]:
    """Those handed to units whose data `user` reads; the office and the auditors read all (accounts.policy.READERS)."""
    ids = seen_unit_ids(user)
    return UpperFinding.objects.all() if ids is None else UpperFinding.objects.filter(unit__in=ids)


def undecided() -> QuerySet[UpperFinding]:
    """被市级及以上点名，待负责人决定: named, of the district, and not decided."""
    rows = UpperFinding.objects.filter(named=True, decided_at__isnull=True)
    return rows.exclude(state=UpperState.DROPPED)


def for_lists(rows: QuerySet[UpperFinding], now: datetime) -> QuerySet[UpperFinding]:
    """Late ones first, then those that nobody has, then by due time."""
    late_first = Case(
        When(OPEN & Q(due_at__lte=now), then=Value(0)), When(state=S.RECEIVED, then=Value(1)), default=Value(2)
    )
    rows = rows.select_related("account__platform", "unit", "rectification")
    return rows.order_by(late_first, "due_at", "pk")


@dataclass(frozen=True)
class Shown:
    """A state as the tag `state` takes it."""

    state: str
    label: str

    def get_state_display(self) -> str:
        return self.label


@dataclass(frozen=True)
class Row:
    """A finding in a list."""

    upper: UpperFinding
    state: Shown
    is_late: bool


def rows_of(found: QuerySet[UpperFinding] | list[UpperFinding], now: datetime) -> list[Row]:
    return [Row(upper, state_of(upper), upper.state in OPEN_UPPER and upper.due_at <= now) for upper in found]


def answer_of(upper: UpperFinding) -> Rectification | None:
    """The unit's rectification; None before it is handed."""
    return getattr(upper, "rectification", None)


def state_of(upper: UpperFinding) -> Shown:
    """How far it is, in one word: of a handed one how far the unit's answer is."""
    answer = answer_of(upper)
    if upper.state == S.HANDED and answer is not None:
        return Shown(*ANSWERS[R(answer.state)])
    return Shown(upper.state, upper.get_state_display())


def counts(rows: QuerySet[UpperFinding], now: datetime) -> dict[str, int]:
    """What the title says: open, late, without an owner, to be verified, named and not decided; one query."""
    named = Q(named=True, decided_at__isnull=True) & ~Q(state=S.DROPPED)
    found: dict[str, int] = rows.aggregate(
        open=Count("pk", filter=OPEN),
        late=Count("pk", filter=OPEN & Q(due_at__lte=now)),
        alone=Count("pk", filter=Q(state=S.RECEIVED)),
        answered=Count("pk", filter=Q(state=S.HANDED, rectification__state=R.SUBMITTED)),
        verified=Count("pk", filter=Q(state=S.HANDED, rectification__state=R.VERIFIED)),
        named=Count("pk", filter=named),
        reported=Count("pk", filter=Q(state=S.REPORTED)),
        dropped=Count("pk", filter=Q(state=S.DROPPED)),
    )
    return found


def open_and_late(user: User, now: datetime) -> Tally:
    """Of those that `user` reads those that are not answered, `all` of them and the `late` ones."""
    return tally(visible(user).filter(OPEN), all=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)))


def of_year(rows: QuerySet[UpperFinding], now: datetime) -> dict[str, Any]:
    """今年累计: received by issuer, answered in time and late, named; what was dropped is none of the district's."""
    year = day_of(now).year
    ours = rows.filter(received_on__year=year).exclude(state=S.DROPPED)
    reported = Q(state=S.REPORTED)
    return ours.aggregate(
        received=Count("pk"),
        **{issuer.value: Count("pk", filter=Q(issuer=issuer)) for issuer in Issuer},
        reported=Count("pk", filter=reported),
        in_time=Count("pk", filter=reported & Q(reported_at__lt=F("due_at"))),
        late=Count("pk", filter=reported & Q(reported_at__gte=F("due_at"))),
        publicly_named=Count("pk", filter=Q(named=True)),
        decided=Count("pk", filter=Q(named=True, decided_at__isnull=False)),
    ) | {"year": year}


def for_the_office(now: datetime, most: int) -> tuple[list[Row], int, int]:
    """What the office's home shows, late ones first; how many are not answered, and how many of those are late."""
    waiting = UpperFinding.objects.filter(OPEN)
    found = waiting.aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)))
    return rows_of(list(for_lists(waiting, now)[:most]), now), found["open"], found["late"]


def named(most: int) -> list[UpperFinding]:
    """For the supervisor's home: named ones that wait for the decision of article 24."""
    return list(undecided().select_related("account__platform", "unit").order_by("received_on", "pk")[:most])


@dataclass(frozen=True)
class Known:
    """What the records know of the account: when it was received, and now."""

    until: datetime  # the end of the day on which it was received
    last_then: datetime | None
    flags_then: list[Flag]
    last_now: datetime | None
    known_until: datetime | None


def known(upper: UpperFinding) -> Known | None:
    """The facts beside the unit's answer: the last publication by then, the flags that stood then, 数据截至.

    Two queries; None of an account that the register does not hold.
    """
    account = upper.account
    if account is None:
        return None
    until = start_of(upper.received_on + timedelta(days=1))
    published = Publication.objects.filter(account=account, published_at__lt=until)
    standing = published.filter(Q(removed_at__isnull=True) | Q(removed_at__gte=until))
    flags = Flag.objects.filter(account=account, raised_at__lt=until)
    flags = flags.filter(Q(cleared_at__isnull=True) | Q(cleared_at__gte=until))
    flags = flags.filter(Q(waived_at__isnull=True) | Q(waived_at__gte=until))
    return Known(
        until=until,
        last_then=standing.aggregate(last=Max("published_at"))["last"],
        flags_then=list(flags.order_by("due_at", "pk")),
        last_now=account.last_published_at,
        known_until=account.posts_known_until,
    )
