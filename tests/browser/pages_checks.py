"""Pages of the months' checks, and what the public reads of a draw. The scene has last month's and this month's."""

from datetime import timedelta

from inspections import checks
from inspections.models import Sheet, SpotCheck
from tests.browser.acts import fill, press, show, then
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User


def this_month(scene: Scene) -> dict[str, object]:
    return {"month": f"{day_of(db_now()):%Y-%m}"}


def last_month(scene: Scene) -> dict[str, object]:
    first = SpotCheck.month_of(day_of(db_now()))
    return {"month": f"{first - timedelta(days=1):%Y-%m}"}


def to_confirm(scene: Scene) -> dict[str, object]:
    """The next month's list, drafted as a sample."""
    now = db_now()
    month = checks.next_month(day_of(now))
    if not SpotCheck.objects.filter(month=month).exists():
        check = checks.draft(month, by=None, now=now)
        officer = User.objects.get(username="officer")
        checks.redraw(check.pk, checks.Terms(4, 12), by=officer, now=now)
    return {"month": f"{month:%Y-%m}"}


def sheet(scene: Scene) -> dict[str, object]:
    """One that nobody has begun."""
    rows = Sheet.objects.filter(spot_check__state="confirmed", state="open", saved_at__isnull=True, part=1)
    return {"pk": rows.latest("pk").pk}


def number(scene: Scene) -> dict[str, object]:
    return {"pk": SpotCheck.objects.earliest("month").pk}


SEND = press("main form[method=post] [type=submit]")
CHECKS = [
    Shot("inspections:checks", "officer"),
    Shot("inspections:checks", "operator"),
    Shot("inspections:check", "officer", "", this_month),
    Shot("inspections:check", "operator", "", this_month),
    Shot("inspections:check", "supervisor", "differing", this_month, "?show=differing"),
    Shot("inspections:check", "officer", "last", last_month),
    Shot("inspections:check", "operator", "last", last_month),
    Shot("inspections:check", "officer", "draft", to_confirm),
    Shot("inspections:check", "officer", "confirming", to_confirm, act=show("[data-zl-dialog=confirm]")),
    Shot("inspections:check", "officer", "redrawing", to_confirm, act=show("[data-zl-dialog=redraw]")),
    Shot(
        "inspections:check", "officer", "errors", to_confirm,
        act=then(show("[data-zl-dialog=redraw]"), fill(size=""), press("#redraw [type=submit]")), status=422,
    ),
    Shot("inspections:check_add", "officer", "", this_month),
    Shot("inspections:check_add", "officer", "found", to_confirm, "?q=示例"),
    Shot("inspections:check_add", "officer", "errors", to_confirm, "?q=示例", act=SEND, status=422),
    Shot("inspections:check_share", "officer", "", this_month),
    Shot("inspections:check_checker", "officer", "", sheet),
    Shot("inspections:check_checker", "officer", "errors", sheet, act=SEND, status=422),
    Shot("inspections:draw", "", "", this_month),
    Shot("inspections:draw_rule"),
]  # fmt: skip
CHECK_FILES = [
    Shot("inspections:check_of", "officer", "", number),
    Shot("inspections:check_export", "officer", "", this_month),
    Shot("inspections:draw_file", "", "", this_month),
    Shot("inspections:draw_program"),
]
