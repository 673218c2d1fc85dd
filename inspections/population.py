"""Who may be drawn for a month's check, with what weight, and how soon at the latest (第二十四条)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Min, QuerySet

from accounts.models import Account, Flag, Level
from accounts.models.account import WATCHED
from accounts.models.unit import Scope, UnitKind
from inspections import draw
from inspections.draw import Candidate
from inspections.models import CheckState, Sheet, SpotCheck

KIND_UNKNOWN = "未分类"


def checked_accounts() -> QuerySet[Account]:
    """Who may be checked: accounts in use (正常运行、拟关停) of units that the rules bind (第二条)."""
    return Account.objects.filter(state__in=WATCHED, unit__scope=Scope.BOUND)


def population(month: date, within: int | None) -> list[Candidate]:
    """Everybody who may be checked, with weight and months left: five queries, cost by what is in use.

    `left` counts from the last check it was in, the first check ever, or its entry in the register: the latest of them.
    """
    kinds = dict(UnitKind.choices)
    breached = set(
        Flag.objects.open().filter(level=Level.BREACH, account__isnull=False).values_list("account", flat=True)
    )
    base = _bases(month, within) if within is not None else None
    rows = checked_accounts().order_by("pk")
    found = rows.values_list("pk", "name", "platform__name", "unit__kind", "platform__group", "monitored_from")
    return [
        Candidate(
            pk,
            name,
            platform,
            kinds.get(kind, KIND_UNKNOWN),
            group,
            draw.FLAGGED if pk in breached else draw.PLAIN,
            base.left(pk, entered) if base is not None else 1,
        )
        for pk, name, platform, kind, group, entered in found.iterator(chunk_size=2000)
    ]


@dataclass(frozen=True)
class _Bases:
    """From which month on the months of an account count; months as whole numbers."""

    month: int
    within: int
    first: int  # of the first check ever
    last: Mapping[int, int]  # of the last one that an account was in

    def left(self, pk: int, entered: date | None) -> int:
        """Within how many months it must be drawn, this one among them."""
        since = max(_no(entered) - 1 if entered else self.first - 1, self.first - 1, self.last.get(pk, 0))
        return min(self.within, max(1, since + self.within - self.month + 1))


def _bases(month: date, within: int) -> _Bases:
    earlier = SpotCheck.objects.filter(month__lt=month).exclude(state=CheckState.DRAFTED)
    first = earlier.aggregate(first=Min("month"))["first"] or month
    since = date((_no(month) - within - 1) // 12, (_no(month) - within - 1) % 12 + 1, 1)
    recent = Sheet.objects.filter(spot_check__in=earlier.filter(month__gte=since).values("pk"), part=1)
    last = recent.order_by().values_list("account").annotate(Max("spot_check__month"))
    return _Bases(_no(month), within, _no(first), {pk: _no(at) for pk, at in last})


def _no(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month
