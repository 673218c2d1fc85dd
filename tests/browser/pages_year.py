"""Pages of the year's assessment."""

from datetime import date

from accounts.models import Account, Unit
from inspections import assessing
from inspections.models import AssessmentYear
from tests.browser.acts import show
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from tests.inspections import yeared
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User


def computed(scene: Scene) -> dict[str, object]:
    """Last year's assessment: results, replies, rectifications, a veto; computed once."""
    now = db_now()
    number = day_of(now).year - 1
    street = scene.accounts["示例甲街道 weibo"]
    if not AssessmentYear.objects.filter(year=number).exists():
        boss = User.objects.get(username="supervisor")
        officer = User.objects.get(username="officer")
        first, second = date(number, 3, 1), date(number, 9, 1)
        others = Account.objects.filter(state="active").exclude(unit=street.unit).order_by("unit", "pk")
        for n, of in enumerate([street, *others[:9]]):
            yeared.sheet(of, str(98 - 7 * n), month=first)
            yeared.sheet(of, str(100 - 3 * n), month=second, vetoed=n == 4)
            yeared.replies(of.unit, 12 + n, 12, first) if not _asked(of.unit, first) else None
        yeared.filing(street.unit, f"{number}-05-06 00:00", f"{number}-05-05 10:00", author=boss)
        yeared.filing(street.unit, f"{number}-07-03 00:00", f"{number}-07-08 10:00", author=boss)
        for state, answered in (("verified", f"{number}-04-01 10:00"), ("verified", f"{number}-05-06 10:00")):
            yeared.rectification(street, f"{number}-04-10 00:00", state, answered, officer=officer)
        veto_of = others.last()
        assert veto_of is not None
        yeared.veto(veto_of.unit, number)
        assessing.recompute(number, by=boss, now=now)
    return {"number": number}


def _asked(of: Unit, month: date) -> bool:
    return bool(of.figures.filter(month=month).exists())


def of_street(scene: Scene) -> dict[str, object]:
    return computed(scene) | {"pk": scene.accounts["示例甲街道 weibo"].unit_id}


def frozen(scene: Scene) -> dict[str, object]:
    """The year before that, frozen."""
    now = db_now()
    number = day_of(now).year - 2
    boss = User.objects.get(username="supervisor")
    if not AssessmentYear.objects.filter(year=number).exists():
        yeared.sheet(scene.accounts["示例甲街道 weibo"], "92", month=date(number, 5, 1))
        assessing.recompute(number, by=boss, now=now)
        assessing.freeze(number, by=boss, now=now, reason="按上级要求报送（示例）")
    return {"number": number}


YEARS = [
    Shot("inspections:years", "operator", "uncomputed"),
    Shot("inspections:year", "supervisor", "", computed),
    Shot("inspections:year", "supervisor", "weights", computed, act=show("[data-zl-dialog=weigh]")),
    Shot("inspections:year", "supervisor", "freezing", computed, act=show("[data-zl-dialog=freeze]")),
    Shot("inspections:year", "operator", "", computed),
    Shot("inspections:year", "auditor", "frozen", frozen),
    Shot("inspections:year_unit", "operator", "", of_street),
    Shot("inspections:year_unit", "supervisor", "", of_street),
]
YEARBOOKS = [Shot("inspections:year_export", "supervisor", "", computed)]
