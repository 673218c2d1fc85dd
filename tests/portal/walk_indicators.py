"""Who reads the versions of 检查指标 and who makes the next: a published one is everybody's, a draft the office's."""

from inspections.models import Indicator, IndicatorSet
from inspections.seeds import SOURCE
from tests.factories import NOW
from tests.portal.test_url_walk import READERS, SUPERVISOR, Entry, World, anybody


def published_(world: World, own: bool) -> dict[str, object]:
    return {"pk": IndicatorSet.objects.filter(state="published").earliest("from_date").pk}


def draft_(world: World, own: bool) -> dict[str, object]:
    """The one draft, with one line."""
    facts = {"name": "示例新版", "source": SOURCE, "made_at": NOW}
    made, new = IndicatorSet.objects.get_or_create(state="draft", defaults=facts)
    if new:
        Indicator.objects.create(indicator_set=made, code="N1.1", kind="veto", name="出现严重表述错误")
    return {"pk": made.pk}


def line_(world: World, own: bool) -> dict[str, object]:
    of = draft_(world, own)
    line = Indicator.objects.filter(indicator_set=of["pk"]).first()
    if line is None:
        line = Indicator.objects.create(indicator_set_id=of["pk"], code="N1.1", kind="veto", name="示例")
    return of | {"line_id": line.pk}


def source_(world: World, own: bool) -> dict[str, object]:
    return {"source": published_(world, own)["pk"]}


BOSS = {SUPERVISOR}
PAGES = {
    "inspections:indicators": anybody(READERS),
    "inspections:indicators_start": Entry(BOSS, BOSS, "post", data=source_),
    "inspections:indicator_set": Entry(READERS, READERS, "get", published_),
    "inspections:indicator_numbers": Entry(BOSS, BOSS, "get", draft_),
    "inspections:indicator_add": Entry(BOSS, BOSS, "get", draft_),
    "inspections:indicator_line": Entry(BOSS, BOSS, "get", line_),
    "inspections:indicator_remove": Entry(BOSS, BOSS, "post", line_),
    "inspections:indicator_publish": Entry(BOSS, BOSS, "post", draft_),
}
