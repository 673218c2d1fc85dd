"""Pages of the dashboard, and of the lists that its numbers open."""

from inspections import figures
from tests.browser.acts import show
from tests.browser.pages import Kwargs, Shot
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now


def computed(scene: Scene) -> dict[str, object]:
    figures.refresh(db_now())
    return {}


def of_unit(scene: Scene) -> dict[str, object]:
    return computed(scene) | {"pk": scene.accounts["示例甲街道 weibo"].unit_id}


def listed(key: str, months: int = 1) -> Kwargs:
    """Of the figure `key` so many months ago."""

    def made(scene: Scene) -> dict[str, object]:
        month = figures.months_to(db_now().date(), months + 1)[0]
        return computed(scene) | {"code": f"{month:%Y-%m}", "key": key}

    return made


DASHBOARDS = [
    Shot("inspections:dashboard", "officer", "", computed),
    Shot("inspections:dashboard", "officer", "table", computed, act=show("[data-zl-chart=trend] [data-zl-table]")),
    Shot("inspections:dashboard", "operator", "", computed),
    Shot("inspections:unit_dashboard", "leader", "", of_unit),
    Shot("inspections:figure", "officer", "filings", listed("filings", 0)),
    Shot("inspections:figure", "officer", "updates", listed("updates"), "?which=bad"),
    Shot("inspections:figure", "operator", "nothing", listed("rectified", 12)),
]
