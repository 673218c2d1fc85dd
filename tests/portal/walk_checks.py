"""Who sees the months' checks, and that the office alone draws, confirms, shares and closes; draws are everybody's."""

from datetime import date

from inspections import checks, sharing
from inspections.models import Sheet, SpotCheck
from tests.factories import NOW, account, platform
from tests.portal.test_url_walk import OFFICE, PUBLIC, READERS, Entry, World, anybody


def _account(world: World, *, own: bool, code: str) -> None:
    """One more account in use, where another area has made none there."""
    unit = world.accounts[own].unit
    if not unit.accounts.filter(platform__code=code).exists():
        account(unit, platform=platform(code))


def drafted_(world: World, own: bool) -> dict[str, object]:
    """A list that waits to be confirmed."""
    month = date(2026, 12, 1)
    if not SpotCheck.objects.filter(month=month).exists():
        _account(world, own=True, code="kuaishou")
        checks.draft(month, seed="示例", by=None, now=NOW)
    return {"month": "2026-12"}


def confirmed_(world: World, own: bool) -> dict[str, object]:
    """A month that is being checked, of an account of each unit."""
    month = date(2026, 10, 1)
    if not SpotCheck.objects.filter(month=month).exists():
        for mine in (True, False):
            _account(world, own=mine, code="toutiao")
        check = checks.draft(month, seed="示例", by=None, now=NOW)
        checks.confirm(check.pk, by=sharing.checkers(NOW)[0], now=NOW)
    return {"month": "2026-10"}


def number_(world: World, own: bool) -> dict[str, object]:
    confirmed_(world, own)
    return {"pk": SpotCheck.objects.get(month="2026-10-01").pk}


def sheet_(world: World, own: bool) -> dict[str, object]:
    confirmed_(world, own)
    rows = Sheet.objects.filter(spot_check__month="2026-10-01", unit=world.accounts[own].unit)
    return {"pk": rows.earliest("pk").pk}


def office(method: str = "get", *, drafted: bool = False) -> Entry:
    return Entry(OFFICE, OFFICE, method, drafted_ if drafted else confirmed_)


PAGES = {
    "inspections:checks": anybody(READERS),
    "inspections:check_draft": anybody(OFFICE, "post"),
    "inspections:check_of": Entry(READERS, READERS, "get", number_),
    "inspections:check_checker": Entry(OFFICE, OFFICE, "get", sheet_),
    "inspections:check": Entry(READERS, READERS, "get", confirmed_),
    "inspections:check_export": Entry(READERS, READERS, "get", confirmed_),
    "inspections:check_confirm": office("post", drafted=True),
    "inspections:check_redraw": office("post", drafted=True),
    "inspections:check_add": office(),
    "inspections:check_share": office(),
    "inspections:check_close": office("post"),
    "inspections:draw_rule": anybody(PUBLIC),
    "inspections:draw_program": anybody(PUBLIC),
    "inspections:draw": Entry(PUBLIC, PUBLIC, "get", confirmed_),
    "inspections:draw_file": Entry(PUBLIC, PUBLIC, "get", confirmed_),
}
