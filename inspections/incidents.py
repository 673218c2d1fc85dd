"""突发情况 (第二十条, 第二十三条): recorded by the unit or the office → passed on to the right office → closed.

Times are aware. What people type (发现, 转送, 签收) stands beside the server's own time of the entry, which is that of
its event; neither may lie ahead. `pass_due_at` = when it was found and the least minutes of its kind's procedure
(`incident_routes.py`): no office of the procedure told by then is 迟转. Each pass is judged by its own office's minutes
as well. Telling an office that the procedure does not name is recorded and does not stop the clock. Each use case holds
the incident's row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts import audience, policy
from accounts.access import seen_unit_ids
from accounts.models import Account, Role, Unit
from accounts.policy import Action
from inspections import incident_routes
from inspections.models import Incident, IncidentKind, IncidentPass, IncidentRoute, IncidentState
from inspections.models.incident import INCIDENT_PAIRS
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.countdown import due24, span
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Counter, Event, Notice, User

PREFIX = "突发"
S = IncidentState
OPEN = (S.RECORDED, S.PASSED)
OLDEST = timedelta(days=366)
SAME_PRESS = timedelta(minutes=10)  # the same text of the same person again is a second press


@dataclass(frozen=True)
class Report:
    """What is recorded of an incident. `text` never holds a secret itself."""

    kind: str
    text: str
    found_at: datetime
    happened_at: datetime | None = None
    link: str = ""
    first_measure: str = ""


# --- recorded -------------------------------------------------------------------------------------------------------


def record(unit: Unit, report: Report, *, account: Account | None = None, by: User, now: datetime) -> Incident:
    """登记: the office is told at once, with the time until which it must be passed on.

    Raises NotAllowed, Incomplete by field. The same report pressed twice is recorded once.
    """
    role = policy.require(by, Action.RECORD_INCIDENT, unit)
    if errors := errors_of(report, unit, account, now):
        raise Incomplete(f"还有{len(errors)}处需要修改，改好后才能登记。", errors)
    minutes = incident_routes.least_minutes(report.kind, day_of(report.found_at))
    key = f"incident-{day_of(now).year}"
    Counter.objects.get_or_create(key=key)
    with transaction.atomic():
        counter = Counter.objects.select_for_update().get(key=key)
        twice = Incident.objects.filter(
            unit=unit, kind=report.kind, text=report.text.strip(), recorded_by=by, recorded_at__gt=now - SAME_PRESS
        )
        if (there := twice.first()) is not None:
            return there
        counter.last += 1
        counter.save()
        incident = Incident.objects.create(
            number=f"{PREFIX}〔{day_of(now).year}〕{counter.last}号",
            kind=report.kind,
            account=account,
            unit=unit,
            text=report.text.strip(),
            link=report.link.strip(),
            first_measure=report.first_measure.strip(),
            happened_at=report.happened_at,
            found_at=report.found_at,
            recorded_at=now,
            recorded_by=by,
            pass_due_at=report.found_at + timedelta(minutes=minutes),
        )
        detail = {"kind": report.kind, "unit": unit.pk, "found_at": report.found_at.isoformat()}
        detail |= {"pass_due_at": incident.pass_due_at.isoformat()}
        _finish(incident, "record", by=by, role=role, now=now, detail=detail)
    return incident


def errors_of(report: Report, unit: Unit, account: Account | None, now: datetime) -> dict[str, list[str]]:
    """What is wrong with a report, by field."""
    errors: dict[str, list[str]] = {}
    if report.kind not in IncidentKind.values:
        errors["kind"] = ["请选择类型。"]
    if not report.text.strip():
        errors["text"] = ["请写明发生了什么。"]
    if report.found_at > now:
        errors["found_at"] = ["发现时间不能晚于现在。"]
    elif report.found_at < now - OLDEST:
        errors["found_at"] = ["只登记一年以内发现的，请核对年份。"]
    if report.happened_at is not None and report.happened_at > report.found_at:
        errors["happened_at"] = ["发生时间不能晚于发现时间。"]
    if account is not None and account.unit_id != unit.pk:
        errors["account"] = [f"账号“{account.name}”不是{unit}的，请重新选择。"]
    return errors


# --- passed on, received --------------------------------------------------------------------------------------------


def pass_on(incident_id: int, *, office: str, how: str, passed_at: datetime, by: User, now: datetime) -> IncidentPass:
    """转送 to `office`: when and how it was told. Several offices may have it, each once; the unit is told.

    An office that the procedure does not name has it too; the incident waits on for one that it names.

    Two who pass it to two offices at once are both recorded; the second to the same office is told who was first.
    Raises NotAllowed, WrongState, Incomplete by field.
    """
    office, how = office.strip(), how.strip()
    with transaction.atomic():
        incident = locked(incident_id)
        role = policy.require(by, Action.PASS_INCIDENT, incident)
        if incident.state not in OPEN:
            raise _wrong_state(incident)
        errors = {} if office else {"office": ["请写明转送给哪个部门。"]}
        errors |= {} if how else {"how": ["请写明转送的方式。"]}
        errors |= _time_errors("passed_at", "转送时间", passed_at, incident.found_at, "发现时间", now)
        if errors:
            raise Incomplete("请改正后再登记转送。", errors)
        if (there := incident.passes.filter(office=office).first()) is not None:
            if (there.how, there.passed_at, there.passed_by_id) == (how, passed_at, by.pk):
                return there  # the same press again
            told = f"没有登记：{there.passed_by}已把 {incident} 转送{office}，请看转送记录。"
            raise WrongState(told, by=there.passed_by)
        row = IncidentPass.objects.create(incident=incident, office=office, how=how, passed_at=passed_at, passed_by=by)
        due_at = due_of(incident, routes(incident), office)
        named = due_at is not None
        if named:
            incident.first_passed_at = min(passed_at, incident.first_passed_at or passed_at)
        detail = {"pass": row.pk, "office": office, "how": how, "passed_at": passed_at.isoformat()}
        detail |= {"late": due_at is not None and passed_at > due_at}
        target = S.PASSED if named else IncidentState(incident.state)
        _move(incident, target, "pass_on", by=by, role=role, now=now, comment=f"转{office}，{how}", detail=detail)
    return row


def receive(pass_id: int, *, received_at: datetime, received_by: str, by: User, now: datetime) -> IncidentPass:
    """对方签收: who at that office took it, and when. Also after the incident was closed. Raises as `pass_on`."""
    received_by = received_by.strip()
    with transaction.atomic():
        incident = locked(IncidentPass.objects.values_list("incident", flat=True).get(pk=pass_id))
        role = policy.require(by, Action.PASS_INCIDENT, incident)
        row = incident.passes.get(pk=pass_id)
        if row.received_at is not None:
            raise WrongState(f"没有登记：{row.office}的签收已登记过（{row.received_by}）。")
        errors = {} if received_by else {"received_by": ["请写明签收人。"]}
        errors |= _time_errors("received_at", "签收时间", received_at, row.passed_at, "转送时间", now)
        if errors:
            raise Incomplete("请改正后再登记签收。", errors)
        row.received_at, row.received_by = received_at, received_by
        row.save()
        detail = {"pass": row.pk, "office": row.office, "received_at": received_at.isoformat()}
        comment = f"{row.office}，{received_by}签收"
        _finish(incident, "receive", by=by, role=role, now=now, comment=comment, detail=detail)
    return row


def _time_errors(
    name: str, label: str, typed: datetime, earliest: datetime, what: str, now: datetime
) -> dict[str, list[str]]:
    if typed > now:
        return {name: [f"{label}不能晚于现在。"]}
    return {name: [f"{label}不能早于{what}。"]} if typed < earliest else {}


# --- closed ---------------------------------------------------------------------------------------------------------


def close(
    incident_id: int, *, result: str, untold: str = "", by: User, now: datetime, read: str | None = None
) -> Incident:
    """办结 with what came of it; one that was never passed on says there why it needed no other office.

    `untold` says why offices of its procedure were not told, where some were; `read` is the `reading` of the page.
    Raises NotAllowed, WrongState, StaleReading, Refused without a result or that reason.
    """
    with transaction.atomic():
        incident = locked(incident_id)
        role = policy.require(by, Action.PASS_INCIDENT, incident)
        if (incident.state, S.CLOSED) not in INCIDENT_PAIRS:
            raise _wrong_state(incident)
        if read is not None and read != reading(incident):
            raise StaleReading("没有办结：您打开页面以后，又登记了转送。请看过转送记录再办结。", [])
        if not result.strip():
            raise Refused(
                "请写明处置结果。" if incident.state == S.PASSED else "请写明怎样处置的，以及不用转送的理由。"
            )
        if incident.state == S.PASSED and (left := "、".join(not_told(incident))):
            if not untold.strip():
                raise Refused(f"程序要求转送的{left}还没有转送，请先转送，或写明不转送的理由。")
            result = f"{result.strip()}\n没有转送{left}的理由：{untold.strip()}"
        incident.closed_at, incident.closed_by, incident.result = now, by, result.strip()
        _move(incident, S.CLOSED, "close", by=by, role=role, now=now, comment=incident.result)
    return incident


# --- what is shown --------------------------------------------------------------------------------------------------


def visible(user: User) -> QuerySet[Incident]:
    """Incidents of the units whose data `user` reads; of all for the office and for 宣传, 网信, 公安 (第二十三条)."""
    ids = seen_unit_ids(user)
    return Incident.objects.all() if ids is None else Incident.objects.filter(unit__in=ids)


def to_pass() -> QuerySet[Incident]:
    """What waits to be passed on, the most urgent first."""
    return Incident.objects.filter(state=S.RECORDED).select_related("unit", "account__platform").order_by("pass_due_at")


def routes(incident: Incident) -> list[IncidentRoute]:
    """Its procedure: the lines of its kind that held when it was found."""
    return incident_routes.routes_for(incident.kind, day_of(incident.found_at))


def due_of(incident: Incident, lines: Iterable[IncidentRoute], office: str) -> datetime | None:
    """By when the procedure has `office` told; None where it does not name it."""
    minutes = next((line.within_minutes for line in lines if line.office == office), None)
    return None if minutes is None else incident.found_at + timedelta(minutes=minutes)


def not_told(incident: Incident, lines: Iterable[IncidentRoute] | None = None) -> list[str]:
    """The offices of its procedure (`lines`, if they were read) that it was not passed to: two queries, or one."""
    told = set(incident.passes.values_list("office", flat=True))
    return [line.office for line in lines or routes(incident) if line.office not in told]


def is_late(incident: Incident, now: datetime) -> bool:
    """迟转: no office of the procedure was told in time: told later, not yet, or closed after it without telling one.

    What was dealt with on the spot and closed within the time is not.
    """
    return (incident.first_passed_at or incident.closed_at or now) > incident.pass_due_at


def late(now: datetime) -> Q:
    """The same in the database."""
    return Q(pass_due_at__lt=Coalesce("first_passed_at", "closed_at", Value(now, DateTimeField())))


def reading(incident: Incident) -> str:
    """What a page shows of the incident that a decision stands on."""
    return f"{incident.state} {incident.passes.count()}"


def entered(incident: Incident) -> dict[tuple[str, int], datetime]:
    """By (verb, pass), when the server took the entry of a pass or a receipt: one query."""
    rows = events.timeline(incident).filter(verb__in=("pass_on", "receive"))
    return {(row.verb, row.detail["pass"]): row.at for row in rows}


# --- said by itself -------------------------------------------------------------------------------------------------


def warn(now: datetime) -> int:
    """Tell officers and supervisors once of each incident whose time to be passed on is over; how many were told of.

    Run by the minute's sweep. Its cost grows with what waits.
    """
    over = list(to_pass().filter(pass_due_at__lt=now))
    keys = {f"incident-{row.pk}-late": row for row in over}
    told = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    fresh = {key: row for key, row in keys.items() if key not in told}
    for key, row in fresh.items():
        text = f"突发情况 {row.number}·{row.unit}：应在 {due24(row.pass_due_at)} 前转送，还没有登记转送，请立即办理。"
        people = audience.people(audience.OFFICE, now=now)
        notices.tell(people, key=key, text=text, link=reverse("inspections:incident", args=[row.pk]), now=now)
    return len(fresh)


# --- what the use cases share ---------------------------------------------------------------------------------------


def locked(incident_id: int) -> Incident:
    """The incident with its unit, its row held until the end of the transaction."""
    rows = Incident.objects.select_for_update(of=("self",)).select_related("unit", "account__platform")
    return rows.get(pk=incident_id)


def _wrong_state(incident: Incident) -> WrongState:
    last = events.timeline(incident).last()
    who = str(last.actor) if last is not None and last.actor is not None else "系统"
    told = f"没有办成：{who}已办理，突发情况 {incident} 现为“{incident.get_state_display()}”。"
    return WrongState(told, by=last.actor if last else None, at=last.at if last else None)


def _move(incident: Incident, target: IncidentState, verb: str, **event: Any) -> None:
    source, incident.state = incident.state, target
    incident.save()
    _finish(incident, verb, source=source, **event)


def _finish(
    incident: Incident,
    verb: str,
    *,
    by: User,
    role: str,
    now: datetime,
    source: str = "",
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    event = events.append(
        incident,
        verb,
        by=by,
        role=role,
        at=now,
        from_state=source,
        to_state=incident.state if verb != "receive" else "",
        comment=comment,
        detail=detail,
    )
    _tell(incident, verb, event, now)


# Who is told what.
TOLD = {
    "record": ((Role.OFFICER, Role.SUPERVISOR), audience.UNIT),
    "pass_on": (audience.UNIT,),
    "close": (audience.UNIT,),
}


def _tell(incident: Incident, verb: str, event: Event, now: datetime) -> None:
    for roles in TOLD.get(verb, ()):
        unit_id = incident.unit_id if roles == audience.UNIT else None
        people = audience.people(roles, now=now, unit_id=unit_id, but=event.actor)
        notices.tell(
            people,
            key=f"incident-{incident.pk}-{event.seq}",
            text=_said(incident, verb, event),
            link=reverse("inspections:incident", args=[incident.pk]),
            now=now,
        )


def _said(incident: Incident, verb: str, event: Event) -> str:
    what = f"突发情况 {incident.number}·{incident.unit}·{incident.get_kind_display()}"
    if verb == "record":
        return f"{what}：请在 {due24(incident.pass_due_at)} 前转送有关部门，先按程序处置。"
    if verb == "pass_on":
        return f"{what}：已转送{event.detail['office']}。"
    return f"{what}：已办结，{incident.result}"


def slowness(incident: Incident) -> str:
    """「迟转 25 分钟」 of one that was passed on late, 「逾期未转送」 of one closed late without that, else ''."""
    ended = incident.first_passed_at or incident.closed_at
    if ended is None or ended <= incident.pass_due_at:
        return ""
    return f"迟转 {span(ended - incident.pass_due_at)}" if incident.first_passed_at else "逾期未转送"
