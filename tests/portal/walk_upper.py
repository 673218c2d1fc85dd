"""Who reads findings from above, and that the office alone records, hands, reports and imports them."""

from datetime import date

from inspections.models import UpperFinding, UpperPicture
from tests.factories import NOW
from tests.portal.test_url_walk import OFFICE, READERS, SEEN, SUPERVISOR, Entry, World, anybody
from tests.uploads import png
from zhonglou_media.core import files
from zhonglou_media.core.models import Job


def handed(world: World, own: bool) -> dict[str, object]:
    """One of the account that was handed to its unit, with a picture, named in public."""
    row, by = world.accounts[own], world.job.by
    facts = {"received_on": date(2026, 11, 20), "due_at": NOW, "account": row, "account_text": "示例", "text": "示例"}
    facts |= {"unit": row.unit, "state": "handed", "handed_at": NOW, "handed_by": by, "recorded_at": NOW}
    facts |= {"recorded_by": by, "named": True}
    found, made = UpperFinding.objects.get_or_create(issuer="city", number=f"示例{row.pk}", defaults=facts)
    if made:
        UpperPicture.objects.create(upper=found, file=files.keep(png(), files.PNG), name="截图.png")
    return {"pk": found.pk}


def pictured(world: World, own: bool) -> dict[str, object]:
    pk = handed(world, own)["pk"]
    return {"pk": pk, "picture": UpperPicture.objects.get(upper=pk).pk}


def listed(world: World, own: bool) -> dict[str, object]:
    """A list that waits to be imported."""
    fields = {"state": "prepared", "by": world.job.by, "created_at": NOW, "result": {"file": "单.csv", "read": 0}}
    fields["params"] = {"issuer": "city", "received_on": "2026-11-20", "rows": [], "unused": []}
    return {"pk": Job.objects.get_or_create(kind="upper_findings", defaults=fields)[0].pk}


PAGES = {
    "inspections:uppers": anybody(READERS),
    "inspections:upper": Entry(READERS, SEEN, "get", handed),
    "inspections:upper_picture": Entry(READERS, SEEN, "get", pictured),
    "inspections:upper_print": Entry(READERS, SEEN, "get", handed),
    "inspections:upper_word": Entry(READERS, SEEN, "get", handed),
    "inspections:upper_new": anybody(OFFICE),
    "inspections:upper_import": anybody(OFFICE),
    "inspections:upper_sheet": Entry(OFFICE, OFFICE, "get", listed),
    "inspections:upper_discard": Entry(OFFICE, OFFICE, "post", listed),
    "inspections:upper_correct": Entry(OFFICE, OFFICE, "get", handed),
    **{
        f"inspections:upper_{act}": Entry(OFFICE, OFFICE, "post", handed)
        for act in ("hand", "drop", "verify", "send_back", "report", "name")
    },
    "inspections:upper_decide": Entry({SUPERVISOR}, {SUPERVISOR}, "get", handed),
}
