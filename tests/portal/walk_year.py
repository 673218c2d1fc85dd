"""Who sees a year's assessment and the incidents of a unit, who decides, who passes on."""

from typing import Any

from accounts.models import Role
from inspections import incidents
from inspections.incidents import Report
from inspections.models import Assessment, AssessmentYear, Incident
from tests.factories import NOW, user
from tests.portal.test_url_walk import OFFICE, OPERATOR, READERS, SEEN, SUPERVISOR, Entry, World, anybody
from zhonglou_media.core.models import User

NUMBER = 2025  # a year that is over


def year_(world: World, own: bool) -> dict[str, object]:
    return {"number": AssessmentYear.objects.get_or_create(year=NUMBER)[0].year}


def unit_(world: World, own: bool) -> dict[str, object]:
    """The line of the unit."""
    of = AssessmentYear.objects.get_or_create(year=NUMBER)[0]
    row = Assessment.objects.get_or_create(year=of, unit_id=world.filings[own].unit_id)[0]
    return {"number": NUMBER, "pk": row.unit_id}


def incident_(world: World, own: bool) -> dict[str, object]:
    """An incident of the unit that waits to be passed on."""
    of = world.filings[own].unit
    there = Incident.objects.filter(unit=of).first()
    return {"pk": (there or incidents.record(of, Report("outcry", "示例", NOW), by=officer(world), now=NOW)).pk}


def pass_(world: World, own: bool) -> dict[str, object]:
    row = Incident.objects.get(**incident_(world, own))
    given: dict[str, Any] = {"office": "区委宣传部", "how": "电话", "passed_at": NOW, "by": officer(world), "now": NOW}
    one = row.passes.first() or incidents.pass_on(row.pk, **given)
    return {"pk": row.pk, "pass_id": one.pk}


def officer(world: World) -> User:
    return world.job.by or user(Role.OFFICER)


RECORD = {OPERATOR} | OFFICE
PAGES = {
    "inspections:years": anybody(READERS),
    "inspections:year": Entry(READERS, READERS, "get", year_),
    "inspections:year_export": Entry(READERS, READERS, "get", year_),
    "inspections:year_unit": Entry(READERS, SEEN, "get", unit_),
    "inspections:year_recompute": Entry({SUPERVISOR}, {SUPERVISOR}, "post", year_),
    "inspections:year_weigh": Entry({SUPERVISOR}, {SUPERVISOR}, "post", year_),
    "inspections:year_paragraph": Entry({SUPERVISOR}, {SUPERVISOR}, "post", year_),
    "inspections:year_freeze": Entry({SUPERVISOR}, {SUPERVISOR}, "post", year_),
    "inspections:incidents": anybody(READERS),
    "inspections:incident_new": anybody(RECORD),
    "inspections:incident_routes": anybody(READERS),
    "inspections:incident_route": Entry({SUPERVISOR}, {SUPERVISOR}, "get", lambda world, own: {"kind": "outcry"}),
    "inspections:incident": Entry(READERS, SEEN, "get", incident_),
    "inspections:incident_paper": Entry(READERS, SEEN, "get", incident_),
    "inspections:incident_pass": Entry(OFFICE, OFFICE, "post", incident_),
    "inspections:incident_receive": Entry(OFFICE, OFFICE, "post", pass_),
    "inspections:incident_close": Entry(OFFICE, OFFICE, "post", incident_),
}
