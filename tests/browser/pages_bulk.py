"""Pages of receipts pasted and of many filings at once."""

from tests.browser.acts import choose, fill, press, then
from tests.browser.pages import Kwargs, Shot, a_job, of
from tests.browser.scene import Scene

ROWS = [
    ("0101 示例文旅云（抖音）", "skipped", "未阅，打开看过才能办理。"),
    ("0103 健康示例（微信视频号）", "done", "现为“待上级平台备案”"),
    ("0106 示例丙街道发布（微信公众号）", "failed", "单位 11-24 14:01 重新报送过，请重新审阅。"),
]


def passed(*, all_well: bool = False) -> Kwargs:
    """What came of some filings that were passed at once."""

    def made(scene: Scene) -> dict[str, object]:
        pk = scene.filings["示例甲街道科普"].pk
        rows = [
            {"filing_id": pk, "filing": name, "outcome": outcome, "said": said}
            for name, outcome, said in ROWS
            if outcome == "done" or not all_well
        ]
        counts = {name: sum(row["outcome"] == name for row in rows) for name in ("done", "skipped", "failed")}
        fields = {"params": {"act": "accept", "comment": ""}, "result": {"all": len(rows), **counts, "rows": rows}}
        return {"job_id": a_job("officer", "done", kind="bulk", **fields)(scene)["pk"]}

    return made


OPENED = "tbody [name=row]:not([data-unread])"
ALL = "thead [data-zl-all=row]"
PASTED = "ZLXMT-1999-0001\t全国\t已备案\t国-1\t2026-11-24\n"
BULK = [
    Shot("filings:bulk_result", "officer", "", passed()),
    Shot("filings:bulk_result", "officer", "all_well", passed(all_well=True)),
    Shot("home", "officer", "ticked", act=choose("tbody [name=row]")),
    Shot("home", "supervisor", "accepting", act=then(choose(ALL), press("#bulk [value=accept]"))),
    Shot("filings:list", "officer", "ticked", act=choose(ALL)),
    Shot(
        "filings:list", "officer", "urging", query="?state=to_report",
        act=then(choose(ALL), press("#bulk [value=urge]")),
    ),
    Shot("filings:detail", "officer", "to_return", of("示例乙局非遗")),  # opened: it may be returned
    Shot("home", "officer", "returning", act=then(choose(OPENED), press("#bulk [value=return]"))),
    Shot(
        "home", "officer", "returning_errors",
        act=then(choose(OPENED), press("#bulk [value=return]"), press("main form [type=submit]")), status=422,
    ),
    Shot("filings:exchange", "officer", "paste", query="?by=paste#receipt"),
    Shot(
        "filings:exchange", "officer", "paste_errors", query="?by=paste",
        act=then(fill(**{"pasted-rows": "今天没有回执"}), press("#receipt form [type=submit]")), status=422,
    ),
    Shot(
        "filings:exchange", "officer", "pasted", query="?by=paste",
        act=then(fill(**{"pasted-rows": PASTED}), press("#receipt form [type=submit]")),
    ),
    Shot("filings:exchange", "officer", "national", query="?show=national#missing-h"),
    Shot("filings:detail", "officer", "urge", of("示例甲街道发布厅")),
]  # fmt: skip
