"""上级工单: the list, one in each state, registration, import, the decision and the page of paper."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.core.files.base import ContentFile

from accounts.models import Account
from inspections import rectifying, upper, upper_in
from inspections.models import UpperFinding
from inspections.upper import Typed
from inspections.upper_accounts import heir
from inspections.upper_due import proposed_due
from tests import factories
from tests.browser.acts import fill, press, show, then
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from tests.uploads import png
from zhonglou_media.core import files
from zhonglou_media.core.clock import day_of, db_now, start_of
from zhonglou_media.core.models import User

Kwargs = Callable[[Scene], dict[str, object]]
TEXT = "10-20 至今未更新内容，页面两个菜单打不开，请核实整改并反馈（示例）。"
ANSWER = "11-24 已恢复更新 2 条，菜单链接已改正；原因为值班人员调整，已补排值班表（示例）。"
TABLE = """编号,来源,账号,平台,问题,收到日期,答复期限
市查〔示例〕101,市检查,示例甲街道,新浪微博,推文地名写错（示例）,{day},{due}
市查〔示例〕102,市检查,示例便民服务,微信公众号,2 个菜单打不开（示例）,{day},{due}
市查〔示例〕103,区检查,示例甲街道,抖音,转载未注明来源（示例）,{day},{due}
市查〔示例〕104,省检查,示例甲街道,抖音,转载未注明来源（示例）,{day},
"""


def made(scene: Scene, state: str, *, days: int = 5, named: bool = False, known: bool = True) -> UpperFinding:
    """A finding of the street's account through the use cases, brought to `state`; `days` until it is due."""
    people = {user.username: user for user in User.objects.all()}
    officer, now = people["officer"], db_now()
    of: Account | None = scene.accounts["示例甲街道 weibo"] if known else None
    typed = Typed(
        issuer="city",
        number=f"市查〔示例〕{UpperFinding.objects.count() + 1:03}",
        received_on=day_of(now) - timedelta(days=7),
        due_at=start_of(day_of(now) + timedelta(days=days + 1)),
        account_text=str(of) if of else "示例便民服务（微信公众号）",
        text=TEXT,
        account_id=of.pk if of else None,
        issuer_name="市政府办公室",
        named=named,
    )
    picture = files.store(ContentFile(png(), name="截图.png"), files.PICTURES)
    row = upper.record(typed, pictures=[(picture, "截图 1（示例）.png")], by=officer, now=now)
    if state == "received":
        return row
    unit = heir(scene.accounts["示例甲街道 weibo"].unit)
    due = proposed_due(row, now)
    row = upper.hand(row.pk, unit_id=unit.pk, due_at=due, read=upper.reading(row), by=officer, now=now)
    if state == "handed":
        return row
    answer = rectifying.Proof(factories.scan(), "恢复更新截图（示例）.pdf")
    rectification = row.rectification
    rectifying.answer(rectification.pk, text=ANSWER, proofs=[answer], by=people["operator"], now=now)
    if state == "answered":
        return row
    rectifying.verify(rectification.pk, by=officer, now=now)
    return row if state == "verified" else upper.report_up(row.pk, by=officer, now=now)


def one(state: str, *, days: int = 5, named: bool = False, known: bool = True) -> Kwargs:
    return lambda scene: {"pk": made(scene, state, days=days, named=named, known=known).pk}


def several(scene: Scene) -> dict[str, object]:
    """For the list: a late one, one without an owner, one answered, one due today, and what is done."""
    made(scene, "handed", days=-3)
    made(scene, "received", known=False, days=2)
    made(scene, "answered", days=0)
    made(scene, "handed", named=True)
    made(scene, "reported")
    return {}


def pictured(scene: Scene) -> dict[str, object]:
    row = made(scene, "received")
    return {"pk": row.pk, "picture": row.pictures.get().pk}


def sheet(state: str) -> Kwargs:
    """A list that waits to be imported, or is."""

    def prepared(scene: Scene) -> dict[str, object]:
        now, by = db_now(), User.objects.get(username="officer")
        table = TABLE.format(day=day_of(now), due=day_of(now) + timedelta(days=5)).encode()
        job = upper_in.prepare(table, name="市检查（示例）.csv", issuer="city", received_on=day_of(now), by=by, now=now)
        if state == "done":
            upper_in.apply(job.pk, read=upper_in.reading(upper_in.plan(job, now)), by=by, now=now)
        return {"pk": job.pk}

    return prepared


SEND = press("main form [type=submit].btn-primary")
DETAIL = Shot("inspections:upper", "officer")
ABOVE = [
    Shot("inspections:uppers", "officer", "", several),
    Shot("inspections:uppers", "operator", "", several),
    Shot("inspections:uppers", "supervisor", "named", several, "?show=named"),
    Shot("inspections:uppers", "auditor", "reported", several, "?show=reported"),
    Shot("home", "officer", "above", several),
    replace(DETAIL, label="received", kwargs=one("received")),
    replace(DETAIL, label="unknown", kwargs=one("received", known=False)),
    replace(DETAIL, label="answered", kwargs=one("answered")),
    replace(DETAIL, label="verify", kwargs=one("answered"), act=show("[data-zl-dialog=verify]")),
    replace(DETAIL, label="reported", kwargs=one("reported")),
    replace(
        DETAIL, label="errors", kwargs=one("answered"),
        act=then(show("[data-zl-dialog=back]"), press("#back [type=submit]")), status=422,
    ),
    Shot("inspections:upper", "operator", "handed", one("handed")),
    Shot("inspections:upper", "supervisor", "named", one("handed", named=True)),
    Shot("inspections:upper_new", "officer"),
    Shot(
        "inspections:upper_new", "officer", "found",
        act=then(fill(account_text="示例甲街道"), press("[name=step][value=find]")),
    ),
    Shot("inspections:upper_new", "officer", "errors", act=SEND, status=422),
    Shot("inspections:upper_correct", "officer", "", one("received")),
    Shot("inspections:upper_import", "officer"),
    Shot("inspections:upper_sheet", "officer", "preview", sheet("prepared")),
    Shot("inspections:upper_sheet", "officer", "done", sheet("done")),
    Shot("inspections:upper_decide", "supervisor", "", one("handed", named=True)),
    Shot("inspections:upper_print", "officer", "", one("verified")),
]  # fmt: skip
ABOVE_FETCHED = [
    Shot("inspections:upper_picture", "officer", "", pictured),
    Shot("inspections:upper_word", "officer", "", one("verified")),
]
