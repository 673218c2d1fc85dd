"""The dashboard is read by whom reads the register; a unit's by those who read that unit."""

from tests.portal.test_url_walk import READERS, SEEN, Entry, World, anybody


def unit_(world: World, own: bool) -> dict[str, object]:
    return {"pk": world.accounts[own].unit_id}


PAGES = {
    "inspections:dashboard": anybody(READERS),
    "inspections:unit_dashboard": Entry(READERS, SEEN, "get", unit_),
    "inspections:figure": Entry(READERS, READERS, "get", lambda world, own: {"code": "2026-10", "key": "filings"}),
}
