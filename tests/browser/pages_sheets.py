"""Pages of check sheets and of the quarter's self-checks."""

from datetime import date, timedelta

from accounts.models import Account
from inspections import selfchecks, sheets
from inspections.indicators import lines_of
from inspections.judging import Typed, errors_of
from inspections.models import IndicatorSet, SelfCheck, Sheet, SpotCheck
from tests.browser.acts import press, show, then
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from zhonglou_media.core import files
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

MONTH = date(2024, 5, 1)
FOUND = {
    "Z07": Typed(2, note="11月8日“按装”，11月12日“截止目前”（示例）。"),
    "Z08": Typed(1, note="“办事指南”菜单打不开（示例）。"),
}


def person(name: str) -> User:
    return User.objects.get(username=name)


def check(month: date = MONTH) -> SpotCheck:
    now = db_now()
    facts = {"state": "confirmed", "confirmed_at": now, "drafted_at": now, "due_at": now + timedelta(days=9)}
    facts |= {"indicator_set": IndicatorSet.objects.earliest("pk"), "seed": "示例", "digest": "0", "drawn": "{}"}
    return SpotCheck.objects.get_or_create(month=month, defaults=facts)[0]


def made(of: Account, who: str, part: int = 1, month: date = MONTH) -> Sheet:
    fixed = {"spot_check": check(month), "account": of, "part": part}
    more = {"unit": of.unit, "unit_kind": of.unit.kind, "platform_group": "微博", "checker": person(who)}
    return Sheet.objects.get_or_create(**fixed, defaults=more)[0]


def filled(row: Sheet, found: dict[str, Typed]) -> Sheet:
    """`row` begun by its checker, with `found`; the rest nothing, what the facts say confirmed."""
    now, by = db_now(), row.checker
    assert by is not None
    row = sheets.begin(row.pk, by=by, now=now)
    row = sheets.save(row.pk, found, version=row.version, by=by, now=now)
    return sheets.rest_clean(row.pk, version=row.version, by=by, now=now)


def handed_in(row: Sheet, found: dict[str, Typed]) -> Sheet:
    if row.state == "submitted":
        return row
    row = filled(row, found)
    wanting = errors_of(lines_of(row.spot_check.indicator_set), row.answers)
    more = {code: Typed(0) for code in wanting}  # what waits for data
    row = sheets.save(row.pk, more, version=row.version, by=row.checker, now=db_now())  # type: ignore[arg-type]
    return sheets.submit(row.pk, version=row.version, by=row.checker, now=db_now())  # type: ignore[arg-type]


def street(scene: Scene) -> Account:
    return scene.accounts["示例甲街道 weibo"]


def begun(scene: Scene) -> dict[str, object]:
    row = made(street(scene), "officer")
    if row.as_of is None:
        row = sheets.begin(row.pk, by=person("officer"), now=db_now())
        given = {code: Typed(0) for code in ("N1.1", "N1.2", "N1.3", "N1.4", "N3.1")} | FOUND
        about = sheets.About(
            "账号总体正常（示例）。", "https://example.invalid/post/1", db_now() - timedelta(minutes=9)
        )
        sheets.save(row.pk, given, about, version=row.version, by=person("officer"), now=db_now())
    return {"pk": row.pk}


def result(scene: Scene) -> dict[str, object]:
    row = handed_in(made(street(scene), "officer", month=date(2024, 4, 1)), FOUND)
    return {"pk": row.pk}


def differing(scene: Scene) -> dict[str, object]:
    month = date(2024, 3, 1)
    first, second = made(street(scene), "officer", month=month), made(street(scene), "supervisor", 2, month=month)
    handed_in(first, FOUND)
    handed_in(second, {"Z07": Typed(1, note="“按装”（示例）。")})
    return {"pk": first.pk}


def agreeing(scene: Scene) -> dict[str, object]:
    month = date(2024, 2, 1)
    first, second = made(street(scene), "officer", month=month), made(street(scene), "officer2", 2, month=month)
    handed_in(first, FOUND)
    handed_in(second, FOUND)
    return {"pk": first.pk}


def many(scene: Scene) -> dict[str, object]:
    for of in Account.objects.filter(state="active").select_related("unit").order_by("pk")[:8]:
        made(of, "officer", month=date(2024, 1, 1))
    return {"month": "2024-01"}


def none_left(scene: Scene) -> dict[str, object]:
    check(date(2023, 12, 1))
    return {"month": "2023-12"}


def of_street(scene: Scene) -> dict[str, object]:
    result(scene)
    return {"pk": street(scene).pk}


def own_draft(scene: Scene) -> dict[str, object]:
    row = selfchecks.begin(street(scene).pk, by=person("operator"), now=db_now())
    if row.version == 1:
        row = selfchecks.save(row.pk, FOUND, version=1, by=person("operator"), now=db_now())
    return {"pk": row.pk}


def own_result(scene: Scene) -> dict[str, object]:
    """A self-check of an earlier quarter, beside the office's result."""
    result(scene)
    row = Sheet.objects.get(**result(scene))
    answers = row.answers | {"Z07": row.answers["Z07"] | {"count": 0, "note": ""}}
    facts = {"unit": row.unit, "indicator_set": row.spot_check.indicator_set, "state": "submitted", "answers": answers}
    facts |= {"as_of": db_now(), "score": 98, "vetoed": False, "passed": True, "submitted_at": db_now()}
    facts |= {"submitted_by": person("operator"), "note": "菜单已请维护单位修复（示例）。"}
    made_ = SelfCheck.objects.get_or_create(account=row.account, quarter=date(2024, 4, 1), defaults=facts)[0]
    return {"pk": made_.pk}


def own_results(scene: Scene) -> dict[str, object]:
    own_result(scene)
    return {}


SHEETS = [
    Shot("inspections:sheet", "officer", "", begun, phone=True),
    Shot(
        "inspections:sheet", "officer", "errors", begun, act=press("main [formaction$='/submit/']:visible"), status=422,
        phone=True,
    ),
    Shot("inspections:sheet", "supervisor", "open", begun),
    Shot("inspections:sheet", "operator", "result", result),
    Shot("inspections:sheet", "supervisor", "reopening", result, act=show("[data-zl-dialog=reopen]:visible")),
    Shot("inspections:sheet_compare", "supervisor", "", differing, phone=True),
    Shot("inspections:sheet_compare", "officer", "waiting", differing),
    Shot("inspections:sheet_compare", "officer", "agreed", agreeing),
    Shot(
        "inspections:sheet_compare", "supervisor", "errors", differing,
        act=then(show("[data-zl-dialog^=decide]"), press("dialog[open] [type=submit]")), status=422,
    ),
    Shot("inspections:clean_sheets", "officer", "", many, phone=True),
    Shot("inspections:clean_sheets", "officer", "none", none_left),
    Shot("inspections:of_account", "operator", "results", of_street),
    Shot("inspections:self_checks", "operator"),
    Shot("inspections:self_check", "operator", "", own_draft),
    Shot("inspections:self_check", "officer", "result", own_result),
    Shot("inspections:self_checks_overview", "officer"),
    Shot("inspections:self_checks_overview", "officer", "compare", own_results, "?quarter=2024Q2&show=compare"),
]  # fmt: skip


def pictured(scene: Scene) -> dict[str, object]:
    found = result(scene)
    shot = files.keep(b"\x89PNG\r\n\x1a\n", files.PNG)
    Sheet.objects.filter(**found).update(screenshot=shot, screenshot_name="截图（示例）.png")
    return found


SHEET_FILES = [
    Shot("inspections:sheet_screenshot", "officer", "", pictured),
    Shot("inspections:sheet_next", "officer2"),
]
