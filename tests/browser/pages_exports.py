"""Pages of exports to the systems above, and of their layout."""

from datetime import timedelta

from filings import export_requests, export_runs, exporting
from filings.exporting import layouts
from filings.exporting.columns import Column
from filings.models import ExportBatch, ExportLayout, Filing
from tests.browser.acts import choose, fill, press, then
from tests.browser.pages import Shot, a_job
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, User

RUNS = {"kind": export_runs.KIND, "source_name": "全国系统"}


def exported(scene: Scene) -> dict[str, object]:
    """An export with its file, of filings and of an account that was asked for."""
    batch = ExportBatch.objects.filter(file__isnull=False).first()
    if batch is None:
        officer, now = User.objects.get(username="officer"), db_now()
        row = scene.accounts["示例甲街道 weibo"]
        export_requests.request(row.pk, system="national", mark="open", why="全国系统没有", by=officer, now=now)
        export_runs.submit("national", again=True, by=officer, now=now)
        while batch is None:
            assert run_next({export_runs.KIND: export_runs.EXPORT_FILINGS})
            batch = ExportBatch.objects.filter(file__isnull=False).first()
    return {"pk": batch.pk}


def job_of(scene: Scene) -> dict[str, object]:
    exported(scene)
    return {"job_id": Job.objects.filter(kind=export_runs.KIND, state="done").latest("pk").pk}


def under_way(scene: Scene) -> dict[str, object]:
    """One runs, one broke off, one ended well; an account waits to go along."""
    exported(scene)
    if not Job.objects.filter(kind=export_runs.KIND, state="running").exists():
        officer, now = User.objects.get(username="officer"), db_now()
        row = scene.accounts["示例甲街道 weibo"]
        if not export_requests.waiting("provincial").exists():
            export_requests.request(row.pk, system="provincial", mark="change", why="名称不同", by=officer, now=now)
        asked = {"again": True, "seen": 0, "count": 186, "requests": 0}
        accepted = list(Filing.objects.filter(state="accepted").values_list("pk", flat=True)[:2])
        broken = {**asked, "filings": accepted, "system": "provincial", "seen": None, "count": 2}
        error = "连续中断 3 次，没有完成，也没有写入数据。可以重新提交；仍不成功时请联系维护人员。"
        a_job("officer", "failed", **RUNS, params=broken, error=error)(scene)
        running = {"filings": None, "system": "national", **asked}
        moment = {"claimed_until": now + timedelta(hours=1), "note": "正在写合并表", "done": 116, "total": 372}
        a_job("supervisor", "running", **RUNS, params=running, **moment)(scene)
    return {}


def arranged(scene: Scene) -> dict[str, object]:
    """A layout of the office's own."""
    if not ExportLayout.objects.exists():
        columns = [*exporting.COLUMNS["provincial"], Column("备注", "remarks")]
        by = User.objects.get(username="officer")
        layouts.save("provincial", columns, base=0, note="省平台来函增加备注列", by=by, now=db_now())
    return {"system": "provincial"}


ASK = press("#chosen [type=submit]")
EXPORTS = [
    Shot("filings:export_batch", "officer", "", exported),
    Shot("filings:export_job", "officer", "", job_of),
    Shot("filings:export_layout", "officer", "", arranged),
    Shot("filings:export_layout", "supervisor", "built_in", lambda scene: {"system": "national"}),
    Shot("filings:export_layout", "officer", "preview", arranged, act=press("#save [value=preview]")),
    Shot(
        "filings:export_layout", "officer", "errors", arranged,
        act=then(fill(heading="", codes="新增A"), press("#save [value=save]")), status=422,
    ),
    Shot("filings:exchange", "officer", "asked", act=then(choose("thead [data-zl-all=filing]"), ASK), status=409),
    Shot("filings:exchange", "officer", "none_ticked", act=ASK, status=422),
    Shot("filings:exchange", "officer", "under_way", under_way),
]  # fmt: skip
MOVING = [Shot("filings:exports", "officer")]  # a part of the page of exchange
