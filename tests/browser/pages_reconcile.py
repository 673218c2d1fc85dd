"""Pages of 与上级平台核对."""

from functools import partial

from playwright.sync_api import FilePayload, Page

from filings.models import LineKind, Reconciliation, ReconciliationLine
from filings.reconciling import acting, running
from tests.browser.acts import Act, fill, press, show, then
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from tests.filings.reconciled import confirm, csv_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, User

HEADS = ("新媒体名称", "所属平台", "新媒体ID", "开办单位", "运行状态", "责任科室", "备注")
LISTED = [
    ["示例甲街道", "新浪微博", "demo-weibo-1", "示例甲街道办事处", "正常", "", ""],
    ["示例甲街道便民", "微信公众号", "gh_demo00000001", "示例甲街道办事处", "正常", "", ""],
    ["示例甲街道", "抖音", "demo-douyin-1", "示例丙街道办事处", "正常", "", ""],
    ["示例乙局", "新浪微博", "demo-weibo-2", "示例乙文体和旅游局", "已关停", "", ""],
    ["示例乙局服务（服务号）", "公众号", "", "示例乙局", "正常", "", ""],
    ["示例城建监察", "新浪微博", "other-1", "示例住建局", "正常", "", ""],
    ["示例城建监察", "快手", "other-2", "示例住建局", "正常", "", ""],
    ["示例乙局旅游", "百家号", "demo-baijiahao-2", "示例乙局", "正常", "", ""],
    ["示例乙局旅游", "百家号", "demo-baijiahao-2", "示例乙局", "正常", "", ""],
    ["示例看不懂", "未来平台", "", "示例乙局", "正常", "", ""],
    ["", "抖音", "nameless", "示例乙局", "正常", "", ""],
]
NAME = "全国清单（示例）.csv"


def reconcile(rows: list[list[str]]) -> Reconciliation:
    """A run of the national system, today."""
    officer, now = User.objects.get(username="officer"), db_now()
    facts = {"name": NAME, "system": "national", "listed_on": day_of(now), "now": now}
    job = running.prepare(csv_of(rows, HEADS), by=officer, **facts)  # type: ignore[arg-type]
    if job.state == "prepared":
        confirm(job)
    assert run_next({running.KIND: running.RECONCILE})
    return Reconciliation.objects.get(job=job)


def followed(scene: Scene) -> dict[str, object]:
    """Two runs: some lines are new, some gone, one has a note, one account waits to be exported."""
    run = Reconciliation.objects.filter(source_name=NAME, previous__source_name=NAME).first()
    if run is None:
        first = reconcile([*LISTED[1:6], *LISTED[7:], ["示例已改好", "抖音", "mended", "", "正常", "", ""]])
        officer, now = User.objects.get(username="officer"), db_now()
        lines = ReconciliationLine.objects.filter(run=first)
        there = lines.filter(kind=LineKind.ONLY_THERE).earliest("pk")
        acting.note(there.pk, "已电话问过省里，是邻区的账号，请省里改归属（示例）", read="", by=officer, now=now)
        run = reconcile(LISTED)
        acting.export(run.lines.filter(kind=LineKind.ONLY_HERE).latest("pk").pk, by=officer, now=now)
    return {"pk": run.pk}


def unknown_words(scene: Scene) -> dict[str, object]:
    """A list of the province whose columns nobody has confirmed yet."""
    officer, now = User.objects.get(username="officer"), db_now()
    job = Job.objects.filter(kind=running.KIND, state="prepared").first()
    rows = [*LISTED[:4], ["示例乙局影像", "小红书", "", "示例乙局", "在册", "", ""]]
    facts = {"name": "全省清单（示例）.csv", "system": "provincial", "listed_on": day_of(now), "now": now}
    return {"pk": (job or running.prepare(csv_of(rows, HEADS), by=officer, **facts)).pk}  # type: ignore[arg-type]


def upload(page: Page, scene: Scene) -> None:
    """A file that is no table."""
    file: FilePayload = {"name": "清单.xls", "mimeType": "application/vnd.ms-excel", "buffer": b"\xd0\xcf\x11\xe0" * 9}
    page.set_input_files("[name=file]", file)
    press("#upload [type=submit]")(page, scene)


NOTE: Act = then(show(".zl-note summary"), fill(note="已与单位核实（示例）"))
START = partial(Shot, "filings:reconcile", "officer")
COLUMNS = partial(Shot, "filings:reconcile_job", "officer", kwargs=unknown_words)
RUN = partial(Shot, "filings:reconcile_run", "officer", kwargs=followed)
RECONCILED = [
    START("errors", act=upload, status=422),
    Shot("filings:reconcile_job", "officer", "", unknown_words),
    Shot(
        "filings:reconcile_job",
        "officer",
        "errors",
        unknown_words,
        act=press("main .btn-primary[type=submit]"),
        status=422,
    ),
    RUN(),
    RUN("note", act=NOTE),
    RUN("done", act=then(NOTE, press(".zl-note[open] [type=submit]"))),
    RUN("alone", query="?list=only_here"),
    START(),
]
WORKBOOKS = [Shot("filings:reconcile_workbook", "officer", "", followed)]
