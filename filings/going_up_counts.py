"""Where filings stand in the systems above, judged in the database: what `going_up.passing` says, for any number.

The page shows some rows, which `passing` judges; counts and filters are asked here. Both must say the same, case by
case: `tests/filings/test_going_up_counts.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.lookups import Exact, GreaterThan

from filings import going_up
from filings.models import ExportItem, FilingState, Receipt, ReceiptResult, System
from filings.models.filing import FilingQuerySet
from filings.queues import end_of_today

UPDATE = "update"  # done, and the present revision is still to be exported: `Place.update`
ANSWERED = ("done", UPDATE, "none")
OPEN = ("wait", "sent", "back", UPDATE)
STATUSES = ("wait", "sent", "back", "done", "none")
# Elsewhere the unit has it: the office's clock starts anew when it is reported again.
AT_THE_OFFICE = (FilingState.ACCEPTED, FilingState.OFFICE_REVIEW)
LATE, TODAY, NOT_YET = "late", "today", ""


def with_places(filings: FilingQuerySet) -> FilingQuerySet:
    """`filings`, live ones, with `at_national` and `at_provincial`: the status there as `Place` names it, or UPDATE."""
    rows = going_up.with_present(filings)
    return rows.annotate(**{f"at_{system}": _place(system) for system in System.values})


def _place(system: str) -> Case:
    """`going_up.place_in`, branch by branch."""
    receipts = Receipt.objects.order_by().filter(filing=OuterRef("pk"), system=system)
    exports = ExportItem.objects.filter(filing=OuterRef("pk"), system=system)
    refused, good = receipts.filter(result=ReceiptResult.REFUSED), receipts.exclude(result=ReceiptResult.REFUSED)
    good = good.filter(**going_up.same_part())
    returned_since = Receipt.objects.filter(
        filing=OuterRef("filing"), system=system, result=ReceiptResult.REFUSED, revision__gte=OuterRef("revision")
    )
    sent = exports.filter(~Exists(returned_since), **going_up.same_part())
    last_good, last_refused = good.order_by("-pk"), refused.order_by("-revision")
    update_returned = GreaterThan(
        Subquery(last_refused.values("revision")[:1]), Subquery(last_good.values("revision")[:1])
    )
    not_applicable = Exact(Subquery(last_good.values("result")[:1]), Value(ReceiptResult.NOT_APPLICABLE.value))
    present = {"revision": OuterRef("revision")}
    had = Q(Exists(exports.filter(**present))) | Q(Exists(receipts.filter(result=ReceiptResult.TAKEN, **present)))
    accepted = Q(state=FilingState.ACCEPTED)
    answered = Case(
        When(~accepted & Q(update_returned), then=Value("back")),
        When(Q(Exists(good.filter(result=ReceiptResult.NOT_APPLICABLE))) & Q(not_applicable), then=Value("none")),
        When(accepted & ~had, then=Value(UPDATE)),
        default=Value("done"),
        output_field=CharField(),
    )
    return Case(
        When(Exists(good), then=answered),
        When(Exists(sent), then=Value("sent")),
        When(Exists(refused), then=Value("back")),
        default=Value("wait"),
        output_field=CharField(),
    )


# --- filters --------------------------------------------------------------------------------------------------------


def _answered() -> Q:
    """Both systems have answered: what is missing, the unit has to give."""
    return Q(state=FilingState.ACCEPTED, at_national__in=ANSWERED, at_provincial__in=ANSWERED)


def _timed(now: datetime, **due: Any) -> Q:
    """The office has to pass it on, by a time that is sure."""
    return Q(state__in=AT_THE_OFFICE, provisional=False, **due) & ~_answered()


SHOWN: dict[str, Callable[[datetime], Q]] = {
    "late": lambda now: _timed(now, office_due_at__lte=now),
    "today": lambda now: _timed(now, office_due_at__gt=now, office_due_at__lte=end_of_today(now)),
    "back": lambda now: Q(at_national="back") | Q(at_provincial="back"),
    # Something to do or to wait for there: an answer, an update to export.
    "national": lambda now: Q(state__in=AT_THE_OFFICE, at_national__in=OPEN),
    "provincial": lambda now: Q(state__in=AT_THE_OFFICE, at_provincial__in=OPEN),
}


def shown(show: str, *, now: datetime) -> FilingQuerySet:
    """Of the filings in hand those that `show` (a key of SHOWN) names; anything else names all."""
    rows = going_up.in_hand()
    return with_places(rows).filter(SHOWN[show](now)) if show in SHOWN else rows


# --- counts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alike:
    """`count` filings in hand that stand alike."""

    state: str
    at: dict[str, str]
    due: str
    count: int

    @property
    def office_due(self) -> bool:
        """Whether the office still has to pass them on, by its own due time."""
        answered = self.state == FilingState.ACCEPTED and all(status in ANSWERED for status in self.at.values())
        return self.state in AT_THE_OFFICE and not answered


@dataclass(frozen=True)
class Tally:
    """All counts of the page, of one reading."""

    groups: tuple[Alike, ...]

    def _sum(self, fits: Callable[[Alike], bool]) -> int:
        return sum(group.count for group in self.groups if fits(group))

    @property
    def total(self) -> int:
        return self._sum(lambda group: True)

    @property
    def accepted(self) -> int:
        return self._sum(lambda group: group.state == FilingState.ACCEPTED)

    def of(self, show: str) -> int:
        """How many `shown` gives for the same name."""
        if show in (LATE, TODAY):
            return self._sum(lambda group: group.office_due and group.due == show)
        if show == "back":
            return self._sum(lambda group: "back" in group.at.values())
        if show in System.values:
            return self._sum(lambda group: group.state in AT_THE_OFFICE and group.at[show] in OPEN)
        return self.total

    def statuses(self, system: str) -> dict[str, int]:
        """How many stand where in `system`, by `Place.status`."""
        counts = dict.fromkeys(STATUSES, 0)
        for group in self.groups:
            status = group.at[system]
            counts["done" if status == UPDATE else status] += group.count
        return counts


def tally(*, now: datetime) -> Tally:
    """The filings in hand, counted in one query: a row for each way to stand that there is."""
    sure = Q(provisional=False)
    due = Case(
        When(sure & Q(office_due_at__lte=now), then=Value(LATE)),
        When(sure & Q(office_due_at__lte=end_of_today(now)), then=Value(TODAY)),
        default=Value(NOT_YET),
        output_field=CharField(),
    )
    places = [f"at_{system}" for system in System.values]
    rows = with_places(going_up.in_hand()).annotate(due=due).order_by().values("state", "due", *places)
    found = rows.annotate(count=Count("pk")).values_list("state", "due", "count", *places)
    return Tally(
        tuple(Alike(state, dict(zip(System.values, at, strict=True)), due, count) for state, due, count, *at in found)
    )
