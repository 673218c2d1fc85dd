"""What lies behind a unit's year: counted for all units in one query a kind, listed for one by the same conditions.

A year is Shanghai's. A due time (exclusive) belongs to the year whose last moment it may be: 24:00 of 31 December is
stored as 00:00 of 1 January and counts for the year that ends. Guided units (第三条) are not assessed.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, F, Q, QuerySet, Sum, Value, When

from accounts.models import Account, AccountState, Unit
from accounts.models.account import ENDED
from accounts.models.unit import Scope
from filings.models import Filing
from inspections import figures_sql, lateness
from inspections.models import AnnualVeto, MonthFigure, Rectification, RectificationState, Sheet
from inspections.year_score import VETOED_AT_MOST, Counts
from zhonglou_media.core.clock import day_of, start_of

R = RectificationState
# What one result of a check counts for in the mean.
POINTS = Case(
    When(vetoed=True, score__gt=VETOED_AT_MOST, then=Value(VETOED_AT_MOST)),
    default=F("score"),
    output_field=DecimalField(max_digits=5, decimal_places=1),
)
IN_TIME = Q(lateness.IN_TIME, state=R.VERIFIED)


def late(now: datetime) -> Q:
    """Put right, but not by the due time."""
    return lateness.missed(now) & Q(state=R.VERIFIED)


def failed(now: datetime) -> Q:
    """Not answered though due."""
    return lateness.missed(now) & Q(state=R.ISSUED)


@dataclass(frozen=True)
class Span:
    """A year: from 1 January 00:00 to the next, Shanghai."""

    year: int

    @property
    def start(self) -> datetime:
        return start_of(date(self.year, 1, 1))

    @property
    def end(self) -> datetime:
        return start_of(date(self.year + 1, 1, 1))

    def figures(self, now: datetime) -> figures_sql.Span:
        """Its months, as the dashboard counts them."""
        return figures_sql.Span([date(self.year, month, 1) for month in range(1, 13)], None, now)

    def due(self, name: str) -> dict[str, datetime]:
        """That the due time `name` lies in the year."""
        return {f"{name}__gt": self.start, f"{name}__lte": self.end}


# --- the conditions -------------------------------------------------------------------------------------------------


def sheets(year: int) -> QuerySet[Sheet]:
    """The results of the year's checks that count."""
    return Sheet.objects.results().filter(spot_check__month__year=year, unit__scope=Scope.BOUND)


def filings(year: int, now: datetime) -> QuerySet[Filing]:
    """Filings whose report was due in the year (第八条), with `on_time`: those of the dashboard, by its definition."""
    return figures_sql.filings_of(Span(year).figures(now))


def months(year: int) -> QuerySet[MonthFigure]:
    """The dashboard's roll-ups of the year with questions (第十五条): what `inspections/figures.py` counts of them."""
    span = Span(year)
    within = (day_of(span.start), day_of(span.end) - timedelta(days=1))
    return MonthFigure.objects.filter(asked__gt=0, month__range=within, unit__scope=Scope.BOUND)


def rectifications(year: int) -> QuerySet[Rectification]:
    """Those due in the year, also later than `figures_sql.rectifications_of` has them; ordered in error is none."""
    rows = Rectification.objects.filter(unit__scope=Scope.BOUND, **Span(year).due("due_at"))
    return rows.exclude(state=R.REVOKED)


def vetoes(year: int) -> QuerySet[AnnualVeto]:
    """一票否决 of the year that stands."""
    return AnnualVeto.objects.filter(year=year, revoked_at__isnull=True, unit__scope=Scope.BOUND)


def running(year: int) -> QuerySet[Account]:
    """Accounts on the register that ran in the year, or may have: not those that ended before it."""
    none = Q(state__in=(AccountState.PENDING, AccountState.VOID))
    before = Q(state__in=ENDED, state_since__lt=Span(year).start)
    return Account.objects.filter(unit__scope=Scope.BOUND).exclude(none | before)


# --- counted --------------------------------------------------------------------------------------------------------


def counted(year: int, now: datetime, unit: int | None = None) -> dict[int, Counts]:
    """By unit, what there is to judge of its year as of `now`: six queries, for all units or for one.

    A unit that ran accounts has a line, also where nothing was counted.
    """
    found: dict[int, dict[str, Any]] = {}

    def take(rows: QuerySet[Any], key: str, **sums: Any) -> None:
        of = rows if unit is None else rows.filter(**{key: unit})
        for row in of.order_by().values(key).annotate(**sums):
            found.setdefault(row.pop(key), {}).update(row)

    total = Sum(POINTS, output_field=DecimalField(max_digits=14, decimal_places=1))
    take(running(year), "unit", accounts=Count("pk"))
    take(sheets(year), "unit", sheets=Count("pk"), points=total, sheets_vetoed=Count("pk", filter=Q(vetoed=True)))
    take(filings(year, now), "unit", filings=Count("pk"), filings_on_time=Count("pk", filter=Q(on_time=True)))
    take(months(year), "unit", asked=Sum("asked"), answered=Sum("answered_in_time"))
    did_late, did_not = late(now), failed(now)
    take(
        rectifications(year),
        "unit",
        in_time=Count("pk", filter=IN_TIME),
        late=Count("pk", filter=did_late),
        failed=Count("pk", filter=did_not),
        waiting=Count("pk", filter=~(IN_TIME | did_late | did_not)),
    )
    take(vetoes(year), "unit", vetoes=Count("pk"))
    for row in found.values():
        row.pop("accounts", None)
        row["points"] = Decimal(row.get("points") or 0)
    return {unit_id: Counts(**row) for unit_id, row in found.items()}


# --- what is still open ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """What may still change a year: rectifications that are not verified, and results of checks that are missing."""

    rectifications: int
    sheets: int

    def __bool__(self) -> bool:
        return bool(self.rectifications or self.sheets)

    def words(self) -> str:
        """「3 件整改没有办完、2 张检查单没有核完」."""
        parts = [f"{self.rectifications} 件整改没有办完"] if self.rectifications else []
        parts += [f"{self.sheets} 张检查单没有核完"] if self.sheets else []
        return "、".join(parts)


def still_open(year: int) -> Open:
    """Two queries."""
    rows = rectifications(year).filter(state__in=(R.ISSUED, R.SUBMITTED))
    missing = Sheet.objects.filter(spot_check__month__year=year, state="open", unit__scope=Scope.BOUND)
    return Open(rows.count(), missing.count())


# --- listed for one unit --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """All that counted for one unit, as its page lists it."""

    sheets: list[Any]  # with `counted`: what each counts for
    filings: list[Any]  # with `on_time`
    months: list[MonthFigure]
    rectifications: list[Any]  # with `worth`: 1, 0.5, 0, or None where it is not judged
    vetoes: list[AnnualVeto]


def of_unit(unit: Unit, year: int, now: datetime) -> Facts:
    """The rows behind `counted` of that unit, in order: five queries."""
    worth = Case(
        When(IN_TIME, then=Value(Decimal(1))),
        When(late(now), then=Value(Decimal("0.5"))),
        When(failed(now), then=Value(Decimal(0))),
        output_field=DecimalField(max_digits=2, decimal_places=1),
    )
    results = sheets(year).filter(unit=unit).annotate(counted=POINTS)
    reported = filings(year, now).filter(unit=unit)
    ordered = rectifications(year).filter(unit=unit).annotate(worth=worth)
    return Facts(
        list(results.select_related("account__platform", "spot_check").order_by("spot_check__month", "account__name")),
        list(
            reported.select_related("account__platform", "opening__platform", "draft").order_by("report_due_at", "pk")
        ),
        list(months(year).filter(unit=unit).order_by("month")),
        list(ordered.select_related("account__platform").order_by("due_at", "pk")),
        list(vetoes(year).filter(unit=unit).select_related("decided_by", "account__platform")),
    )
