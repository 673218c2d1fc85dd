"""Who sees, drafts and publishes circulars: what is published is everybody's, the rest is the office's."""

from datetime import date

from inspections.models import Circular
from tests.factories import NOW
from tests.inspections.circulars_made import check_of
from tests.portal.test_url_walk import OFFICE, PUBLIC, SUPERVISOR, Entry, World, anybody
from zhonglou_media.core import files

FACTS = {"title": "示例通报", "addressed_to": "各单位：", "basis": "示例", "overview": "示例", "signed": "示例"}


def draft_(world: World, own: bool) -> dict[str, object]:
    """A draft of the office: it is of no unit."""
    there = Circular.objects.filter(state="draft").first()
    if there is None:
        check = check_of([], month=date(2025, 1, 1)).check
        there = Circular.objects.create(spot_check=check, drafted_at=NOW, drafted_by=world.job.by, **FACTS)
    return {"pk": there.pk}


def published_(world: World, own: bool) -> dict[str, object]:
    return {"index_no": public(world).index_no}


def public(world: World) -> Circular:
    there = Circular.objects.filter(state="published").first()
    if there is not None:
        return there
    check = check_of([], month=date(2025, 2, 1)).check
    done = {"state": "published", "published_at": NOW, "published_by": world.job.by, "index_no": "2025-0001"}
    figures = {"failed_accounts": [], "veto": [], "deduct": []}
    word = files.keep(b"PK word", files.DOCX)
    return Circular.objects.create(
        spot_check=check, drafted_at=NOW, drafted_by=world.job.by, figures=figures, word=word, **done, **FACTS
    )


PAGES = {
    "inspections:circulars": anybody(PUBLIC),
    "inspections:circular": Entry(PUBLIC, PUBLIC, "get", published_),
    "inspections:circular_word": Entry(PUBLIC, PUBLIC, "get", published_),
    "inspections:circular_statistics": Entry(PUBLIC, PUBLIC, "get", published_),
    "inspections:circulars_office": anybody(OFFICE),
    "inspections:circular_draft": Entry(OFFICE, OFFICE, "post", lambda world, own: _month(world)),
    "inspections:circular_edit": Entry(OFFICE, OFFICE, "get", draft_),
    "inspections:circular_preview": Entry(OFFICE, OFFICE, "get", draft_),
    "inspections:circular_draft_word": Entry(OFFICE, OFFICE, "get", draft_),
    "inspections:circular_recall": Entry(OFFICE, OFFICE, "post", draft_),
    "inspections:circular_send_back": Entry({SUPERVISOR}, {SUPERVISOR}, "post", draft_),
    "inspections:circular_publish": Entry({SUPERVISOR}, {SUPERVISOR}, "post", draft_),
    "inspections:circular_correct": Entry(OFFICE, OFFICE, "get", lambda world, own: {"pk": public(world).pk}),
}


def _month(world: World) -> dict[str, object]:
    draft_(world, True)
    return {"code": "2025-01"}
