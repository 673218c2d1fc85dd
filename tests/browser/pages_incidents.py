"""Pages of incidents and of their procedures."""

from collections.abc import Callable
from datetime import timedelta

from inspections import incidents
from inspections.incidents import Report
from inspections.models import Incident
from tests.browser.acts import fill, press, show, then
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

MINUTE = timedelta(minutes=1)
TEXT = "评论区集中反映停水没有通知，半小时内新增二百余条，有网民称将到现场（示例）。"
SEND = press("main form [type=submit]")


def of(state: str, *, minutes: int = 20) -> Callable[[Scene], dict[str, object]]:
    """An incident of the street that was brought to `state`, found so many minutes ago."""

    def made(scene: Scene) -> dict[str, object]:
        return {"pk": brought(scene, state, minutes).pk}

    return made


def brought(scene: Scene, state: str, minutes: int) -> Incident:
    now, people = db_now(), {user.username: user for user in User.objects.all()}
    account = scene.accounts["示例甲街道 weibo"]
    text = f"{TEXT}（第 {Incident.objects.count() + 1} 起）"
    measure = "已置顶说明停水范围和恢复时间，安排专人回复（示例）。"
    report = Report("outcry", text, now - minutes * MINUTE, first_measure=measure)
    row = incidents.record(account.unit, report, account=account, by=people["operator"], now=now)
    if state != "recorded":
        given = {"how": "电话", "passed_at": now, "by": people["officer"], "now": now}
        one = incidents.pass_on(row.pk, office="区委宣传部", **given)  # type: ignore[arg-type]
        incidents.receive(one.pk, received_at=now, received_by="示例值班员", by=people["officer"], now=now)
        incidents.pass_on(row.pk, office="区委网信办", **given)  # type: ignore[arg-type]
    if state == "closed":
        incidents.close(row.pk, result="已统一回应，舆情平息（示例）。", by=people["officer"], now=now)
    row.refresh_from_db()
    return row


def several(scene: Scene) -> dict[str, object]:
    """Incidents for the list: waiting, over time, passed late, closed."""
    for state, minutes in (("recorded", 5), ("recorded", 90), ("passed", 200), ("closed", 30)):
        brought(scene, state, minutes)
    return {}


NEW = "?kind=outcry"
INCIDENTS = [
    Shot("inspections:incident", "operator", "recorded", of("recorded")),
    Shot("inspections:incident", "officer", "recorded", of("recorded")),
    Shot("inspections:incident", "officer", "passing", of("recorded"), act=show("[data-zl-dialog=pass]")),
    Shot("inspections:incident", "officer", "over", of("recorded", minutes=100)),
    Shot("inspections:incident", "officer", "late", of("passed", minutes=100)),
    Shot(
        "inspections:incident", "officer", "errors", of("passed"),
        act=then(show("[data-zl-dialog=close]"), press("#close [type=submit]")), status=422,
    ),
    Shot("inspections:incident", "auditor", "closed", of("closed")),
    Shot("inspections:incident_paper", "officer", "", of("passed")),
    Shot("inspections:incidents", "officer", "", several),
    Shot("inspections:incidents", "operator", "", several),
    Shot("inspections:incidents", "auditor", "closed", several, "?show=closed"),
    Shot("home", "officer", "incident", several),
    Shot("inspections:incident_new", "operator"),
    Shot("inspections:incident_new", "operator", "kind", query=NEW),
    Shot("inspections:incident_new", "operator", "errors", query=NEW, act=then(fill(found_at=""), SEND), status=422),
    Shot("inspections:incident_routes", "supervisor"),
    Shot("inspections:incident_route", "supervisor", "", lambda scene: {"kind": "outcry"}),
    Shot(
        "inspections:incident_route", "supervisor", "errors", lambda scene: {"kind": "outcry"},
        act=then(fill(office_0=""), SEND), status=422,
    ),
]  # fmt: skip
