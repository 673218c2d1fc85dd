"""Pages of rectifications and vetoes."""

from datetime import timedelta

from django.db import transaction

from accounts.models import Account
from inspections import deciding, rectifying
from inspections.deciding import Decision
from inspections.models import AnnualVeto, Rectification, RectificationProof
from tests.browser.acts import press, show
from tests.browser.pages import Kwargs, Shot
from tests.browser.scene import Scene
from tests.factories import PDF
from tests.inspections.rectified import finding
from zhonglou_media.core import files
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

SEND = press("main form [type=submit]")
CODES = {"issued": "Z07", "submitted": "Z08", "verified": "Z09", "late": "Z10", "back": "Z11", "vetoed": "Z12"}


def brought(scene: Scene, state: str) -> Rectification:
    """One of the street that was brought to `state`, once a scene."""
    of: Account = scene.accounts["示例甲街道 weibo"]
    code = CODES[state]
    found = Rectification.objects.filter(account=of, finding__indicator__code=code).first()
    if found is not None:
        return found
    people, now = {user.username: user for user in User.objects.all()}, db_now()
    evidence = "11月12日推文“截止目前”应为“截至目前”，标题“按装”应为“安装”（示例）。"
    found_now = finding(of, code, now=now, evidence=evidence)
    with transaction.atomic():
        issued = now - timedelta(days=3)
        (row,) = rectifying.issue([found_now], by=people["officer"], role="officer", now=issued)
    by = {"by": people["officer"], "now": now}
    if state in ("submitted", "verified", "back"):
        proof = rectifying.Proof(files.keep(PDF, files.PDF), "改后截图（示例）.pdf")
        text = "已改正两处错字，落实三审三校，今后发布前由科室负责人复看（示例）。"
        rectifying.answer(row.pk, text=text, proofs=[proof], by=people["operator"], now=now)
    if state == "verified":
        rectifying.verify(row.pk, **by)  # type: ignore[arg-type]
    if state == "back":
        rectifying.send_back(row.pk, reason="截图看不出是改后的页面（示例）", **by)  # type: ignore[arg-type]
    if state in ("late", "vetoed"):
        Rectification.objects.filter(pk=row.pk).update(due_at=now - timedelta(days=8), reminded=2)
        deciding.refer(row.pk, reason="两次催办仍未答复（示例）", **by)  # type: ignore[arg-type]
    if state == "vetoed":
        decision = Decision("veto", "逾期不改，影响较大（示例）")
        deciding.decide(row.pk, decision, by=people["supervisor"], now=now)
    row.refresh_from_db()
    return row


def several(scene: Scene) -> dict[str, object]:
    """One in each place of the board."""
    for state in CODES:
        brought(scene, state)
    return {}


def of(state: str, **more: object) -> Kwargs:
    return lambda scene: {"pk": brought(scene, state).pk, **more}


def pictured(scene: Scene) -> dict[str, object]:
    """The problem whose checker kept what he saw."""
    row = brought(scene, "issued")
    sheet = row.finding.sheet  # type: ignore[union-attr]
    sheet.screenshot = files.keep(PDF, files.PDF)
    sheet.save()
    return {"pk": row.pk}


def proof(scene: Scene) -> dict[str, object]:
    """One that the demo's street has sent."""
    rows = RectificationProof.objects.filter(rectification__unit=scene.accounts["示例甲街道 weibo"].unit)
    return {"pk": rows.earliest("pk").pk}


def veto(scene: Scene) -> dict[str, object]:
    return {"pk": AnnualVeto.objects.get(rectification=brought(scene, "vetoed")).pk}


RECTIFIED = [
    Shot("inspections:rectifications", "officer", "", several),
    Shot("inspections:rectifications", "operator", "", several),
    Shot("inspections:rectifications", "supervisor", "whole", several, "?show=issued"),
    Shot("inspections:rectification", "operator", "issued", of("issued")),
    Shot("inspections:rectification", "operator", "incomplete", of("back"), act=SEND, status=422),
    Shot("inspections:rectification", "officer", "submitted", of("submitted")),
    Shot("inspections:rectification", "officer", "verify", of("submitted"), act=show("[data-zl-dialog=verify]")),
    Shot("inspections:rectification", "supervisor", "referred", of("late")),
    Shot("inspections:rectification_decide", "supervisor", "", of("late", outcome="order_and_veto")),
    Shot("inspections:rectification_decide", "supervisor", "ask", of("late", outcome="order_and_veto"), act=SEND),
    Shot("inspections:rectification_print", "operator", "", of("issued")),
    Shot("inspections:vetoes", "supervisor", "", lambda scene: veto(scene) and {}),
    Shot("inspections:veto_revoke", "supervisor", "", veto),
]

RECTIFIED_FILES = [
    Shot("inspections:rectifications_export", "officer"),
    Shot("inspections:rectification_proof", "operator", "", proof),
    Shot("inspections:rectification_screenshot", "operator", "", pictured),
]
