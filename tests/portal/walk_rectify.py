"""Who reads rectifications and vetoes; units answer, the office verifies, the supervisor alone decides."""

from inspections.models import AnnualVeto, Rectification
from tests.factories import NOW, scan
from tests.inspections.rectified import finding
from tests.portal.test_url_walk import OFFICE, OPERATOR, READERS, SEEN, SUPERVISOR, Entry, World, anybody


def one(world: World, own: bool) -> Rectification:
    """One of the account, that was referred to the supervisor, with a file and a picture of the sheet."""
    of = world.accounts[own]
    row = Rectification.objects.filter(account=of).first()
    if row is None:
        found = finding(of)
        found.sheet.screenshot = scan()
        found.sheet.save()
        facts = {"issued_at": NOW, "due_at": NOW, "referred_at": NOW, "unit": of.unit, "finding": found}
        row = Rectification.objects.create(account=of, number=f"示例{of.pk}号", problem="示例", **facts)
        row.proofs.create(file=scan(), name="示例.pdf", added_at=NOW)
    return row


def issued(world: World, own: bool) -> dict[str, object]:
    return {"pk": one(world, own).pk}


def proved(world: World, own: bool) -> dict[str, object]:
    return {"pk": one(world, own).proofs.values_list("pk", flat=True)[0]}


def decided(world: World, own: bool) -> dict[str, object]:
    return {"pk": one(world, own).pk, "outcome": "veto"}


def vetoed(world: World, own: bool) -> dict[str, object]:
    facts = {"year": 2026, "ground": "not_rectified", "reason": "示例", "decided_at": NOW, "decided_by": world.job.by}
    row = one(world, own)
    return {"pk": AnnualVeto.objects.get_or_create(rectification=row, unit=row.unit, defaults=facts)[0].pk}


PAGES = {
    "inspections:rectifications": anybody(READERS),
    "inspections:rectifications_export": anybody(READERS),
    "inspections:rectification": Entry(READERS, SEEN, "get", issued),
    "inspections:rectification_print": Entry(READERS, SEEN, "get", issued),
    "inspections:rectification_screenshot": Entry(READERS, SEEN, "get", issued),
    "inspections:rectification_proof": Entry(READERS, SEEN, "get", proved),
    "inspections:rectification_answer": Entry({OPERATOR}, set(), "post", issued),
    **{
        f"inspections:rectification_{act}": Entry(OFFICE, OFFICE, "post", issued)
        for act in ("verify", "send_back", "remind", "refer")
    },
    "inspections:rectification_decide": Entry({SUPERVISOR}, {SUPERVISOR}, "get", decided),
    "inspections:vetoes": anybody(READERS),
    "inspections:veto_revoke": Entry({SUPERVISOR}, {SUPERVISOR}, "get", vetoed),
}
