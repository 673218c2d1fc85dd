"""Pages of 检查指标: the versions, a published one, a draft with what it changes, its lines."""

from functools import partial

from inspections import indicators
from inspections.indicators import Line
from inspections.models import Indicator, IndicatorSet
from tests.browser.acts import fill, press, show, then
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User


def published(scene: Scene) -> dict[str, object]:
    return {"pk": IndicatorSet.objects.filter(state="published").earliest("from_date").pk}


def draft(scene: Scene) -> dict[str, object]:
    """A draft that changes one line, adds one and removes one."""
    if (of := indicators.draft()) is not None:
        return {"pk": of.pk}
    by, now = User.objects.get(username="supervisor"), db_now()
    of = indicators.start(int(str(published(scene)["pk"])), by=by, now=now)
    rows = {row.code: row for row in indicators.lines_of(of)}
    more = {name: getattr(rows["Z03"], name) for name in Line.__dataclass_fields__}
    veto = Line(**more | {"kind": "veto", "points": 0, "cap": 0})
    indicators.save_line(of.pk, rows["Z03"].pk, veto, read=1, by=by, now=now)
    new = Line(**more | {"code": "Z13", "name": "无障碍不达标", "measure": "", "articles": "16", "order": None})
    indicators.save_line(of.pk, None, new, read=2, by=by, now=now)
    indicators.remove_line(of.pk, rows["Z12"].pk, read=3, by=by, now=now)
    return {"pk": of.pk}


def line(scene: Scene) -> dict[str, object]:
    of = draft(scene)
    return of | {"line_id": Indicator.objects.get(indicator_set=of["pk"], code="N2.1").pk}


SET = partial(Shot, "inspections:indicator_set", "supervisor")
SEND = press("main form.zl-panel [type=submit]")
INDICATORS = [
    Shot("inspections:indicators", "operator"),
    Shot("inspections:indicator_set", "operator", "", published),
    Shot("inspections:indicators", "supervisor"),
    SET("draft", draft),
    Shot("inspections:indicators", "officer", "drafted"),
    SET("publishing", draft, act=show("[data-zl-dialog=publish]")),
    SET(
        "errors", draft, status=422,
        act=then(show("[data-zl-dialog=publish]"), fill(from_date="2020-01-01"), press("#publish [type=submit]")),
    ),
    Shot("inspections:indicator_add", "supervisor", "", draft, "?kind=deduction"),
    Shot("inspections:indicator_add", "supervisor", "errors", draft, act=SEND, status=422),
    Shot("inspections:indicator_line", "supervisor", "", line),
    Shot("inspections:indicator_line", "supervisor", "removing", line, act=show("[data-zl-dialog=remove]")),
    Shot("inspections:indicator_numbers", "supervisor", "", draft),
    Shot(
        "inspections:indicator_numbers", "supervisor", "errors", draft,
        act=then(fill(pass_mark="101", bonus_cap=""), SEND), status=422,
    ),
]  # fmt: skip
