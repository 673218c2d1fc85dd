"""How far a month's check has come: by account, by checker, and over the months; set-based, nothing is kept.

An account that ended, or left the district, while the check ran is nobody's to judge: without a result it is **gone**,
and neither waits nor stops the month from ending. `IN_USE` and `waiting` say so to everybody who asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from accounts.models.account import WATCHED
from accounts.models.unit import Scope
from inspections.models import CheckState, Sheet, SheetState, SpotCheck
from zhonglou_media.core.models import User

COUNTED = Q(counts=True)
SUBMITTED = Q(state=SheetState.SUBMITTED)
# Sheets whose account is still to be checked (as `population.checked_accounts`).
IN_USE = Q(account__state__in=WATCHED, account__unit__scope=Scope.BOUND)
COUNTS = {
    "n_accounts": Count("pk", filter=Q(part=1)),
    "n_done": Count("pk", filter=COUNTED),
    "n_passed": Count("pk", filter=COUNTED & Q(passed=True)),
    "n_failed": Count("pk", filter=COUNTED & Q(passed=False)),
    "n_vetoed": Count("pk", filter=COUNTED & Q(vetoed=True)),
    "n_doubled": Count("pk", filter=Q(part=2)),
    "ended": Count("pk", filter=Q(part=1) & ~IN_USE),
    "ended_done": Count("pk", filter=COUNTED & ~IN_USE),
}


@dataclass(frozen=True)
class Progress:
    """Accounts of a check: all of them, with a result, how it came out, those on which two people differ, and those
    without a result that are no longer in use.
    """

    accounts: int
    done: int
    passed: int
    failed: int
    vetoed: int
    doubled: int
    differing: int = 0
    gone: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> "Progress":
        """From a row of counts."""
        found = {key.removeprefix("n_"): n for key, n in counts.items() if key.startswith("n_")}
        return cls(**found, gone=counts["ended"] - counts["ended_done"])

    @property
    def asked(self) -> int:
        """Those that have a result or are still to get one."""
        return self.accounts - self.gone

    @property
    def open(self) -> int:
        return self.asked - self.done

    @property
    def rate(self) -> float | None:
        """Of those with a result, which part passed, in percent; None where nobody has one."""
        return 100 * self.passed / self.done if self.done else None


def progress(check: SpotCheck, *, units: Iterable[int] | None = None) -> Progress:
    """Of the whole check, or of the accounts of these units: one query."""
    sheets = Sheet.objects.filter(spot_check=check)
    if units is not None:
        sheets = sheets.filter(unit__in=set(units))
    found = sheets.aggregate(**COUNTS, n_differing=Count("pk", filter=Q(part=1) & differing()))
    return Progress.of(found)


def differing() -> Q:
    """First sheets of accounts in use that two people have checked, and neither result counts: they differ."""
    second = Sheet.objects.filter(spot_check=OuterRef("spot_check"), account=OuterRef("account"), part=2)
    return IN_USE & Q(part=1, counts=False) & SUBMITTED & Q(Exists(second.filter(SUBMITTED, counts=False)))


def without_result(check: SpotCheck) -> QuerySet[Sheet]:
    """Its accounts (their first sheets) that have no result that counts, those that are gone among them."""
    counted = Sheet.objects.filter(spot_check=check, account=OuterRef("account"), counts=True)
    return Sheet.objects.filter(~Exists(counted), spot_check=check, part=1)


def waiting(check: SpotCheck) -> QuerySet[Sheet]:
    """Of these the ones that are still in use: the month ends when there are none."""
    return without_result(check).filter(IN_USE)


def own(user: User) -> QuerySet[Sheet]:
    """The sheets that wait for this person: open, of a running check, of an account in use."""
    return Sheet.objects.filter(IN_USE, checker=user, state=SheetState.OPEN, spot_check__state=CheckState.CONFIRMED)


@dataclass(frozen=True)
class Share:
    """What one checker has: sheets given to him (not those of accounts that are gone), submitted, and failed among
    these; when he last submitted one.
    """

    user: User
    given: int
    done: int
    failed: int
    last: datetime | None

    @property
    def open(self) -> int:
        return self.given - self.done


def shares(check: SpotCheck) -> list[Share]:
    """Each checker of the month, by name: two queries."""
    rows: Any = (
        Sheet.objects.filter(spot_check=check, checker__isnull=False)
        .order_by()
        .values("checker")
        .annotate(
            given=Count("pk", filter=SUBMITTED | IN_USE),
            done=Count("pk", filter=SUBMITTED),
            failed=Count("pk", filter=SUBMITTED & Q(passed=False)),
            last=Max("submitted_at"),
        )
    )
    found = {row.pop("checker"): row for row in rows}
    return [Share(user, **found[user.pk]) for user in User.objects.filter(pk__in=found).order_by("name", "pk")]


@dataclass(frozen=True)
class Month:
    """A line of the list of months."""

    check: SpotCheck
    progress: Progress


def months(checks: QuerySet[SpotCheck], *, units: Iterable[int] | None = None) -> list[Month]:
    """The checks with their figures, of all accounts or of those of `units`: two queries."""
    rows = list(checks.defer("drawn").select_related("indicator_set"))
    sheets = Sheet.objects.filter(spot_check__in=[row.pk for row in rows])
    if units is not None:
        sheets = sheets.filter(unit__in=set(units))
    found: Any = sheets.order_by().values("spot_check").annotate(**COUNTS)
    by_check = {row["spot_check"]: Progress.of(row) for row in found}
    nothing = Progress(0, 0, 0, 0, 0, 0)
    return [Month(row, by_check.get(row.pk, nothing)) for row in rows]


def current(today: date) -> SpotCheck | None:
    """The check that is under way: the latest that is confirmed, else the one of this month."""
    rows = SpotCheck.objects.defer("drawn").filter(month__lte=today)
    return rows.filter(state=CheckState.CONFIRMED).order_by("-month").first() or rows.order_by("-month").first()
