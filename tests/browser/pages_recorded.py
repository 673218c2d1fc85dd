"""Pages of what a unit records by hand, and of who keeps its accounts."""

from accounts.activity_shown import Heads, Refusal, kept
from accounts.models import Confirmation
from tests.browser.acts import another_custodian, choose, fill, press, show, then
from tests.browser.pages import Shot, a_job, account

# What came of an import of activity, of which some rows were refused.
IMPORTED: dict[str, object] = {
    "kind": "publications",
    "known_until": "2026-11-23T16:00:00+00:00",
    "read": 1284,
    "created": 1260,
    "changed": 3,
    "unchanged": 14,
    "refused": 7,
    "silent": 12,
    "moved": 41,
    "held": ["示例甲街道", "示例乙局讲堂"],
    "held_why": ["第 18 行：发布时间看不懂，请写成 2026-11-24 14:05 的样子", "第 40 行：缺少发布时间"],
    "held_count": 2,
    **kept(
        Heads(
            (("平台", "平台"), ("账号名称", "账号名"), ("外部编号", "文章ID"), ("发布时间", "发表日期")),
            ("序号", "阅读量"),
        ),
        [
            Refusal(18, ("抖音", "示例甲街道", "jia01"), "发布时间“昨天”看不懂，请写成 2026-11-24 14:05 的样子"),
            Refusal(40, ("微信", "示例乙局讲堂"), "缺少发布时间"),
            Refusal(1041, ("微博", "示例丙"), "台账里没有微博账号“示例丙”，请核对名称和账号ID，或先登记入台账"),
        ],
    ),
}

WEIBO = account("示例甲街道 weibo")
LATER = choose("[name=when][value=at]")
RECORDED = [
    Shot("accounts:record", "operator"),
    Shot("accounts:record", "operator", "confirm", act=show("[data-zl-dialog=confirm-all]")),
    Shot("accounts:activity_import", "operator"),
    Shot("accounts:activity_import", "operator", "errors", act=press("main form [type=submit]"), status=422),
    Shot("accounts:activity_import_result", "operator", "", a_job("operator", "done", result=IMPORTED)),
    Shot("accounts:record", "operator2"),
    Shot("accounts:publish", "operator", "", WEIBO),
    Shot(
        "accounts:publish", "operator", "errors", WEIBO,
        act=then(LATER, fill(published_at="2031-01-01T08:00"), press("main form [type=submit]")), status=422,
    ),
    Shot("accounts:ask", "operator", "", WEIBO),
    Shot(
        "accounts:ask", "operator", "errors", WEIBO,
        act=then(LATER, fill(asked_at="", body="110101199003071234"), press("main form [type=submit]")), status=422,
    ),
    Shot("accounts:message", "operator", "", lambda scene: {"pk": scene.question().pk}),
    Shot("accounts:message", "auditor", "", lambda scene: {"pk": scene.question().pk}),
    Shot(
        "accounts:message", "operator", "errors", lambda scene: {"pk": scene.question().pk},
        act=then(LATER, fill(at="2020-01-01T08:00"), press("main form [type=submit]")), status=422,
    ),
    Shot("accounts:remove", "operator", "", lambda scene: {"pk": scene.post().pk}),
    Shot("accounts:activity", "operator", "", WEIBO),
    Shot("accounts:activity", "operator", "messages", WEIBO, query="?show=messages"),
    Shot("accounts:activity", "operator", "answered", account("示例甲街道 douyin"), query="?show=answered"),
    Shot("accounts:activity", "auditor", "unanswered", WEIBO, query="?show=unanswered"),
    Shot("accounts:detail", "officer", "quiet", account("示例甲街道 douyin")),
    Shot("unit", "operator", "", lambda scene: {"pk": scene.accounts["示例甲街道 weibo"].unit_id}),
    Shot("unit", "officer", "bureau", lambda scene: {"pk": scene.accounts["示例乙局 weibo"].unit_id}),
    Shot("unit", "admin", "", lambda scene: {"pk": scene.accounts["示例乙局 weibo"].unit_id}),
]  # fmt: skip

KEPT = [
    Shot("accounts:quarter", "operator"),
    Shot("accounts:quarter", "operator", "dialog", act=show("[data-zl-dialog^=yes]")),
    Shot("accounts:quarter", "operator", "wrong", act=show("[data-zl-dialog^=wrong]")),
    Shot(
        "accounts:quarter", "operator", "stale",
        act=then(show("[data-zl-dialog^=yes]"), another_custodian, press("dialog[id^=yes] [type=submit]")), status=409,
    ),
    Shot(
        "accounts:quarter", "operator2", "done",
        act=then(show("[data-zl-dialog^=yes]"), press("dialog[id^=yes] [type=submit]")),
    ),
    Shot("accounts:quarter_overview", "officer"),
    Shot("accounts:quarter_overview", "operator"),
    Shot("accounts:confirmation", "operator2", "", lambda scene: {"pk": Confirmation.objects.latest("pk").pk}),
    Shot("accounts:people", "operator", "", account("示例甲街道 douyin")),
    Shot("accounts:people", "auditor", "", account("示例甲街道 douyin")),
    Shot(
        "accounts:people", "operator", "errors", account("示例甲街道 weibo"),
        act=then(fill(from_date="2031-01-01", name="示例周十"), press("#arrival [type=submit]")), status=422,
    ),
]  # fmt: skip
