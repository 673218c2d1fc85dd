"""转送程序 (第二十条: 按程序转送相关部门): what goes where, within how many minutes; data that hold from a day on.

Of a kind those lines hold on a day that have the latest `from_date` up to it: a revision is a new set of lines, older
ones stay for the incidents found before. An incident keeps the time it was given when it was recorded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts import policy
from accounts.policy import Action
from inspections.models import IncidentKind, IncidentRoute
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading
from zhonglou_media.core.models import Counter, User

LONGEST_MINUTES = 7 * 24 * 60
FURTHEST = timedelta(days=366)
LOCK = "incident-routes"


@dataclass(frozen=True)
class Line:
    """Where an incident of a kind goes."""

    office: str
    within_minutes: int
    procedure: str


def routes_for(kind: str, on: date) -> list[IncidentRoute]:
    """The lines in force on `on`, the most urgent first; one query."""
    return all_routes(on, [kind])[kind]


def all_routes(on: date, kinds: Iterable[str] = IncidentKind.values) -> dict[str, list[IncidentRoute]]:
    """By kind, the lines in force on `on`: one query for all."""
    found: dict[str, list[IncidentRoute]] = {kind: [] for kind in kinds}
    rows = IncidentRoute.objects.filter(kind__in=found, from_date__lte=on)
    for row in rows.order_by("-from_date", "within_minutes", "pk"):
        lines = found[row.kind]
        if not lines or lines[0].from_date == row.from_date:
            lines.append(row)
    return found


def planned(kind: str, today: date) -> list[IncidentRoute]:
    """Lines that hold from a coming day on, by that day."""
    rows = IncidentRoute.objects.filter(kind=kind, from_date__gt=today)
    return list(rows.order_by("from_date", "within_minutes", "pk"))


def least_minutes(kind: str, on: date) -> int:
    """Within how many minutes an incident found on `on` must have been passed on: the least of its offices."""
    routes = routes_for(kind, on)
    if not routes:  # the seeds have some of each kind, and a revision must have one
        raise Refused(f"“{IncidentKind(kind).label}”还没有转送程序，请先由区政府办公室负责人修订。")
    return min(row.within_minutes for row in routes)


def reading(kind: str) -> str:
    """What a page shows of a kind that a revision stands on."""
    rows = IncidentRoute.objects.filter(kind=kind).order_by("pk")
    return events.sm3(" ".join(f"{row.pk}:{row.from_date}" for row in rows))[:16]


def revise(
    kind: str, from_date: date, lines: Sequence[Line], *, by: User, now: datetime, read: str | None = None
) -> list[IncidentRoute]:
    """Let `lines` hold for `kind` from `from_date` on, tomorrow at the earliest; replaces a plan for that very day.

    Raises NotAllowed, Incomplete by the form's field (`office_0` …), StaleReading when it was revised meanwhile.
    """
    role = policy.require(by, Action.INCIDENT_ROUTES)
    if kind not in IncidentKind.values:
        raise Refused("没有这一类突发情况，请刷新页面后重新选择。")
    if errors := errors_of(lines, from_date, day_of(now)):
        raise Incomplete("请改正后再保存。", errors)
    Counter.objects.get_or_create(key=LOCK)
    with transaction.atomic():
        Counter.objects.select_for_update().get(key=LOCK)
        if read is not None and read != reading(kind):
            raise StaleReading("没有保存：您打开页面以后，有人修订过这一类的程序。请看过现在的再修订。", [])
        replaced = IncidentRoute.objects.filter(kind=kind, from_date=from_date)
        had = replaced.count()
        replaced.delete()  # a plan that has not held yet
        rows = IncidentRoute.objects.bulk_create(
            IncidentRoute(
                kind=kind,
                office=line.office.strip(),
                within_minutes=line.within_minutes,
                procedure=line.procedure.strip(),
                from_date=from_date,
            )
            for line in lines
        )
        told = [[row.office, row.within_minutes] for row in rows]
        detail = {"kind": kind, "from_date": from_date.isoformat(), "lines": told, "replaced": had}
        events.append("incidentroute", "revise", by=by, role=role, at=now, detail=detail)
    return rows


def errors_of(lines: Sequence[Line], from_date: date, today: date) -> dict[str, list[str]]:
    """What is wrong, by the field of the form."""
    errors: dict[str, list[str]] = {}
    if from_date <= today:
        errors["from_date"] = [f"最早从明天（{today + timedelta(days=1)}）起，已经登记的不再改变。"]
    elif from_date > today + FURTHEST:
        errors["from_date"] = ["最多提前一年设定，请核对年份。"]
    if not lines:
        errors["office_0"] = ["至少写一个转送部门。"]
    seen: set[str] = set()
    for number, line in enumerate(lines):
        office = line.office.strip()
        if not office:
            errors[f"office_{number}"] = ["请写明转送部门。"]
        elif office in seen:
            errors[f"office_{number}"] = [f"“{office}”写了两次。"]
        seen.add(office)
        if not 1 <= line.within_minutes <= LONGEST_MINUTES:
            errors[f"minutes_{number}"] = [f"时限应在 1 到 {LONGEST_MINUTES} 分钟之间。"]
        if not line.procedure.strip():
            errors[f"procedure_{number}"] = ["请写明第一时间怎样处理。"]
    return errors
