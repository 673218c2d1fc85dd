"""Pages of circulars: what the public reads, the draft with a figure that is off, the layout before publication."""

from datetime import date

from inspections import circulars
from inspections.models import Circular, SpotCheck
from tests.browser.acts import press
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from tests.factories import NOW
from tests.inspections.circulars_made import ROWS, Made, check_of, drafted, published

OFF, READY, PUBLIC = date(2024, 9, 1), date(2024, 8, 1), date(2024, 7, 1)


def _check(month: date) -> Made | None:
    return None if SpotCheck.objects.filter(month=month).exists() else check_of(ROWS, month=month)


def _of(month: date) -> Circular:
    return Circular.objects.get(spot_check__month=month, corrects__isnull=True)


def off(scene: Scene) -> dict[str, object]:
    """A draft that states one too many; the circular before is out, so that its change stays what it is."""
    public(scene)
    if made := _check(OFF):
        row = drafted(made)[1]
        wrong = row.overview.replace("合格6个", "合格7个", 1)
        circulars.save(row.pk, {"overview": wrong}, version=row.version, by=made.officer, now=NOW)
    return {"pk": _of(OFF).pk}


def ready(scene: Scene) -> dict[str, object]:
    """One that waits for the supervisor; nothing before it is published afterwards."""
    public(scene)
    if made := _check(READY):
        row = drafted(made)[1]
        circulars.submit(row.pk, version=row.version, by=made.officer, now=NOW)
    return {"pk": _of(READY).pk}


def public(scene: Scene) -> dict[str, object]:
    if made := _check(PUBLIC):
        published(made)
    return {"index_no": _of(PUBLIC).index_no}


def several(scene: Scene) -> dict[str, object]:
    off(scene), ready(scene), public(scene)
    return {}


def listed(scene: Scene) -> dict[str, object]:
    public(scene)
    return {}


def to_correct(scene: Scene) -> dict[str, object]:
    public(scene)
    return {"pk": _of(PUBLIC).pk}


CIRCULARS = [
    Shot("inspections:circulars_office", "officer", "", several),
    Shot("inspections:circular_edit", "officer", "off", off),
    Shot("inspections:circular_edit", "officer", "refused", off, act=press(".zl-head .btn-primary"), status=422),
    Shot("inspections:circular_preview", "supervisor", "ready", ready),
    Shot("inspections:circular_correct", "officer", "", to_correct),
]
PUBLIC_CIRCULARS = [
    Shot("inspections:circulars", kwargs=listed),
    Shot("inspections:circular", kwargs=public),
]
CIRCULAR_FILES = [
    Shot("inspections:circular_draft_word", "officer", "", off),
    Shot("inspections:circular_word", "officer", "", public),
    Shot("inspections:circular_statistics", "officer", "", public),
]
