"""Which pages the browser test looks at: who opens what, what is done there, and what must come back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.urls import reverse

from accounts import sighting_list
from accounts.activity_shown import Heads, Refusal, kept
from accounts.models import Flag, Sighting
from tests.browser import ordered
from tests.browser.acts import (
    NAMELESS,
    Act,
    another_custodian,
    choose,
    compare,
    ended_meanwhile,
    fill,
    forget_the_token,
    having_read_the_first,
    late_paper,
    press,
    refuse_by_keyboard,
    send_list,
    show,
    sign_in,
    then,
)
from tests.browser.asked import application, refused_retention, unretained, with_paper
from tests.browser.scene import Scene
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import Job, User

STREET, BUREAU = ("operator", "leader"), ("operator2", "leader2")
PHONES = {*STREET, *BUREAU}  # the people of a unit look at their pages on phones too

Kwargs = Callable[[Scene], dict[str, object]]


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it: its address, what is done on it (`act`), and the status that must come."""

    name: str
    who: str = ""
    label: str = ""
    kwargs: Kwargs = lambda scene: {}
    query: str = ""
    act: Act | None = None
    status: int = 200

    @property
    def file(self) -> str:
        """How its picture is called, without the width."""
        return "-".join(part for part in (self.name.replace(":", "_"), self.who or "anonymous", self.label) if part)

    def path(self, scene: Scene) -> str:
        return reverse(self.name, kwargs=self.kwargs(scene)) + self.query


def of(name: str, **more: object) -> Kwargs:
    """The filing that asks for the account `name`."""
    return lambda scene: {"pk": scene.filings[name].pk, **more}


def account(key: str) -> Kwargs:
    """「name platform」."""
    return lambda scene: {"pk": scene.accounts[key].pk}


def flag_of(scene: Scene) -> int:
    """The open flag of the unfiled account."""
    return Flag.objects.open().get(account=UNFILED(scene)["pk"]).pk


def a_job(who: str, state: str, **fields: object) -> Kwargs:
    """A job of `who` in a state that no worker of the scene brings about."""

    def made(scene: Scene) -> dict[str, object]:
        now = db_now()
        running = {"started_at": now, "claimed_until": now}
        ended = {} if state == "running" else {"finished_at": now}
        by = User.objects.get(username=who)
        facts = {"kind": "import_activity", "state": state, "created_at": now, "source_name": "十一月发布.csv"}
        return {"pk": Job.objects.create(by=by, **facts | running | ended | fields).pk}

    return made


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


# --- filings in each state ------------------------------------------------------------------------------------------

STATES = {
    "draft": ("示例甲街道问政", STREET),
    "leader_review": ("示例甲街道跨年", STREET),
    "second_version": ("示例乙局讲堂", BUREAU),
    "to_report": ("示例甲街道发布厅", STREET),
    "overdue": ("示例乙局发布厅", BUREAU),
    "office_review": ("示例甲街道科普", STREET),
    "on_paper": ("示例乙局非遗", BUREAU),
    "returned": ("示例乙局视频", BUREAU),
    "accepted": ("示例甲街道百家", STREET),
    "half_received": ("示例甲街道直播", STREET),
    "completed": ("示例甲街道文旅", STREET),
    "refused": ("示例甲街道便民", STREET),
    "withdrawn": ("示例甲街道安全", STREET),
}
FILINGS = [
    Shot("filings:detail", who, state, of(name))
    for state, (name, people) in STATES.items()
    for who in (*people, "officer")
    if not (state == "draft" and who == "officer")  # a draft is the unit's own
]

# --- the pages of a unit --------------------------------------------------------------------------------------------

UNFILED = account("示例乙局小视频 douyin")
EDIT = partial(Shot, "filings:edit", "operator")
PAPER = partial(Shot, "filings:record_paper", "operator", kwargs=of("示例甲街道跨年"))
APPROVE = partial(Shot, "filings:approve", "leader2", kwargs=of("示例乙局讲堂"))
UNIT = [
    *(Shot("home", who) for who in (*STREET, *BUREAU)),
    Shot("done", "operator"),
    Shot("done", "leader"),
    Shot("mine", "operator"),
    Shot("notices", "operator2"),
    Shot("accounts:list", "operator"),
    Shot("accounts:list", "operator", "nothing", query="?q=没有这个账号"),
    Shot("accounts:detail", "operator", "active", account("示例甲街道 weibo")),
    Shot("accounts:detail", "operator2", "unfiled", UNFILED),
    Shot("accounts:detail", "operator", "pending", account("示例甲街道科普 dayu")),
    Shot("filings:of_account", "operator", "", account("示例甲街道文旅 channels")),
    Shot("filings:of_account", "operator", "nothing", account("示例甲街道 weibo")),
    Shot("filings:list", "operator"),
    Shot("filings:new", "operator"),
    Shot("filings:new", "operator2"),
    *(EDIT(step, of("示例甲街道问政", step=step)) for step in ("basics", "people", "reasons", "review")),
    EDIT("checked", of("示例甲街道问政", step="basics"), "?check"),
    Shot("filings:edit", "operator2", "returned", of("示例乙局视频", step="basics")),
    Shot("filings:edit", "operator2", "straight", of("示例乙局视频", step="review")),
    Shot("filings:supplement", "operator", "", of("示例甲街道科普")),
    Shot(
        "filings:supplement",
        "operator",
        "unchanged",
        of("示例甲街道科普"),
        act=press("#attachments [type=submit]"),
    ),
    Shot("filings:withdraw", "operator", "", of("示例甲街道发布厅")),
    Shot(
        "filings:withdraw",
        "operator",
        "errors",
        of("示例甲街道科普"),
        act=press("main form [type=submit]"),
        status=422,
    ),
    Shot("filings:recall", "operator", "", of("示例甲街道跨年")),
    Shot("filings:reopen", "operator", "", of("示例甲街道发布厅")),
    PAPER(),
    PAPER("errors", act=press("main form [type=submit]"), status=422),
    PAPER("late", act=late_paper),
    Shot("filings:correct_paper", "operator2", "", of("示例乙局非遗")),
    Shot("filings:approve", "leader", "", of("示例甲街道跨年")),
    APPROVE(),
    APPROVE("dialog", act=show("[data-zl-dialog=ok]")),
    APPROVE(
        "no_comment",
        act=then(show("[data-zl-dialog=back]"), press("#back [type=submit]")),
        status=422,
    ),
    APPROVE(
        "stale",
        act=then(having_read_the_first("示例乙局讲堂"), show("[data-zl-dialog=ok]"), press("#ok [type=submit]")),
        status=409,
    ),
    Shot("accounts:import", "operator", "forbidden", status=403),
    Shot("home", "operator", "token", act=forget_the_token, status=403),
]

# --- recorded by hand -----------------------------------------------------------------------------------------------

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

# --- what is found on platforms -------------------------------------------------------------------------------------

SEEN_LIST = """平台,账号名称,账号ID,单位,备注
新浪微博,示例甲街道,,,
新浪微博,示例甲衔道,imit-1,,认证主体为个人
新浪微博,示例甲街道官方,imit-2,,粉丝 312
快手,示例乙局小视频,ks-77,,
抖音,某某探店,tan-1,,
腾讯未来,看不懂的平台,,,
"""


def found_list(scene: Scene) -> dict[str, object]:
    """A list that waits to be decided."""
    officer = User.objects.get(username="officer")
    now = db_now()
    job = sighting_list.prepare(
        SEEN_LIST.encode(),
        name="平台检索结果（示例）.csv",
        source="平台检索",
        found_on=day_of(now),
        by=officer,
        now=now,
    )
    return {"pk": job.pk}


SHEET = partial(Shot, "accounts:sighting_sheet", "officer", kwargs=found_list)
SIGHTED = [
    Shot("accounts:sightings", "officer", "empty"),
    Shot("accounts:sighting_new", "officer"),
    Shot("accounts:sighting_new", "officer", "compared", act=compare("weibo", "示例甲衔道")),
    Shot("accounts:sighting_new", "officer", "errors", act=press("#decide [type=submit]"), status=422),
    Shot("accounts:sighting_list", "officer"),
    Shot("accounts:sighting_list", "officer", "errors", act=press("#upload [type=submit]"), status=422),
    SHEET(),
    SHEET("errors", act=then(fill(**{"unit-5": "没有的局"}), press(".zl-bar [type=submit]")), status=422),
    SHEET("done", act=press(".zl-bar [type=submit]")),
    Shot("accounts:sightings", "officer"),
    Shot(
        "accounts:detail",
        "operator2",
        "found",
        lambda scene: {"pk": Sighting.objects.get(verdict="unfiled").account_id},
    ),
]

# --- 前置申请 -------------------------------------------------------------------------------------------------------


SEND = press("main form[method=post] [type=submit]")
DECIDING = partial(Shot, "filings:preapproval", "supervisor", kwargs=application("示例乙局服务"))
ASKED = [
    Shot("filings:preapprovals", "operator"),
    Shot("filings:preapproval_new", "operator2"),
    Shot("filings:preapproval_new", "operator2", "errors", act=SEND, status=422),
    Shot("filings:preapproval_retain", "operator2", "", unretained),
    Shot("filings:preapproval_retain", "operator2", "errors", unretained, act=SEND, status=422),
    Shot("filings:preapproval", "operator2", "granted", application("示例乙局场馆预约")),
    Shot("filings:preapproval", "leader2", "refused", application("示例乙局掌上文旅")),
    Shot("filings:preapproval", "leader2", "closing", refused_retention),
    Shot("filings:preapproval", "operator2", "asked", application("示例乙局服务")),
    Shot("filings:preapprovals", "operator2"),
    Shot("filings:preapprovals", "supervisor"),
    Shot("filings:preapprovals", "auditor"),
    DECIDING(),
    DECIDING("refusing", act=choose("[value=refuse]")),
    DECIDING("errors", act=then(choose("[value=refuse]"), press("[data-zl-decide]")), status=422),
]

# --- who keeps the accounts, and the quarter's confirmation -----------------------------------------------------------

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
    Shot("accounts:people", "operator", "", account("示例甲街道 douyin")),
    Shot("accounts:people", "auditor", "", account("示例甲街道 douyin")),
    Shot(
        "accounts:people", "operator", "errors", account("示例甲街道 weibo"),
        act=then(fill(from_date="2031-01-01", name="示例周十"), press("#arrival [type=submit]")), status=422,
    ),
]  # fmt: skip

# --- the pages of the office, and of those who read -----------------------------------------------------------------

DECIDE = partial(Shot, "filings:detail", "officer", kwargs=of("示例甲街道科普"))
# Opened without a choice it leads back to the list, where one is made.
WAIVE = then(choose("input[name=flag]"), press("button[form=chosen]"))
OFFICE = [
    Shot("home", "officer"),
    Shot("home", "officer", "narrowed", query="?q=没有这件"),
    Shot("home", "supervisor"),
    Shot("done", "officer"),
    Shot("notices", "officer"),
    Shot("accounts:list", "officer"),
    Shot("accounts:import", "officer"),
    Shot("accounts:import", "officer", "errors", act=press("main form [type=submit]"), status=422),
    Shot("accounts:import", "officer", "nothing_taken", act=then(choose("[value=baseline]"), send_list(NAMELESS))),
    Shot("accounts:activity_import_result", "officer", "", a_job("officer", "done", result=IMPORTED)),
    Shot("accounts:import_result", "officer", "", lambda scene: {"job_id": scene.job}),
    Shot("accounts:import_result", "officer", "preview", lambda scene: {"job_id": scene.preview}),
    Shot(
        "accounts:import_result", "officer", "dialog", lambda scene: {"job_id": scene.preview},
        act=show("[data-zl-dialog=go]"),
    ),
    Shot("accounts:import_result", "officer", "refused", lambda scene: {"job_id": scene.preview}, "?show=refused"),
    Shot("accounts:list", "officer", "filtered", query="?state=active&known=none"),
    Shot("accounts:filters", "officer"),
    Shot("accounts:filters", "officer", "save", query="?state=active&known=none"),
    Shot("job", "admin", "", lambda scene: {"pk": scene.job}),
    Shot("job", "operator", "running", a_job("operator", "running", done=1240, total=2000, note="正在逐行核对")),
    Shot("job", "operator", "failed", a_job("operator", "failed", error="表头下面没有数据，什么也没有导入。")),
    Shot("runs", "officer"),
    Shot("runs", "admin"),
    Shot("filings:list", "officer"),
    Shot("flags", "officer"),
    Shot("flags", "supervisor", "ended", query="?show=ended"),
    Shot("flags", "supervisor", "rule", query="?rule=unfiled_account"),
    Shot("flags_waive", "supervisor", "", act=WAIVE),
    Shot("flags_waive", "supervisor", "errors", act=then(WAIVE, press("#reason [type=submit]")), status=422),
    Shot("filings:exchange", "officer"),
    Shot("filings:exchange", "supervisor", "back", query="?show=back"),
    Shot("filings:exchange", "officer", "table", query="?by=table#receipt"),
    Shot(
        "filings:exchange", "officer", "no_table", query="?by=table", act=press("#receipt form [type=submit]"),
        status=422,
    ),
    Shot("filings:receipts", "officer", "", lambda scene: {"job_id": scene.receipts}),
    Shot("filings:exchange", "officer", "errors", act=press("#receipt form [type=submit]"), status=422),
    DECIDE("no_comment", act=then(choose("[value=return]"), press("[data-zl-decide]")), status=422),
    DECIDE("refusing", act=refuse_by_keyboard),
    DECIDE(
        "stale",
        act=then(
            having_read_the_first("示例甲街道科普"), fill(**{"office-comment": "同意"}), press("[data-zl-decide]")
        ),
        status=409,
    ),
    DECIDE("decided", act=ended_meanwhile, status=409),
    Shot("filings:detail", "supervisor", "accepted", of("示例甲街道百家")),
    Shot("filings:detail", "supervisor", "withdrawn", of("示例甲街道安全")),
    Shot("filings:detail", "supervisor", "above", of("示例上级退回")),
    Shot("accounts:detail", "supervisor", "unfiled", UNFILED),
    Shot("accounts:detail", "supervisor", "waive", UNFILED, act=show("[data-zl-dialog^=waive]")),
    Shot(
        "accounts:detail", "supervisor", "waive_errors", UNFILED,
        act=then(show("[data-zl-dialog^=waive]"), press("dialog[id^=waive] [type=submit]")), status=422,
    ),
    Shot("accounts:thresholds", "supervisor"),
    Shot(
        "accounts:thresholds", "supervisor", "errors",
        act=then(fill(from_date="2020-01-01"), press("#change [type=submit]")), status=422,
    ),
    Shot("accounts:waive", "supervisor", "", lambda scene: {"pk": flag_of(scene)}),
    Shot("accounts:detail", "supervisor", "void", account("示例甲街道 weibo"), act=show("[data-zl-dialog=void]")),
]  # fmt: skip
A_HEAD = "0" * 64
CHECKED = {"read": 40, "seq": 40, "hash": A_HEAD, "kept": [31], "faults": 0, "lines": []}
FAULTY = CHECKED | {"faults": 1, "lines": [[20, "第 20 条（行 20）：内容被改，与它的摘要不符"]]}
HISTORY = [
    Shot("events", "auditor"),
    Shot("events", "admin", "found", query="?q=示例甲街道&kind=filing"),
    Shot("events", "auditor", "nothing", query="?q=没有这样的记录"),
    Shot("events", "admin", "errors", act=then(fill(head="昨天"), press("#check form [type=submit]")), status=422),
    Shot("events_checked", "admin", "", a_job("admin", "done", kind="verify_events", result=CHECKED)),
    Shot("events_checked", "admin", "faults", a_job("admin", "done", kind="verify_events", result=FAULTY)),
    Shot("events", "auditor", "faults"),
]
READERS = [
    *HISTORY,
    *(Shot("home", who) for who in ("auditor", "admin", "parent")),
    Shot("accounts:list", "auditor"),
    Shot("accounts:list", "admin"),
    Shot("filings:list", "parent"),
    Shot("filings:detail", "auditor", "completed", of("示例甲街道文旅")),
    Shot("notices", "auditor"),
    Shot("filings:calendar", "operator"),
    Shot("filings:calendar", "admin", query="?year=2026"),
    Shot("filings:calendar", "admin", "next", query="?year=2027"),
    Shot(
        "filings:calendar",
        "admin",
        "errors",
        query="?year=2027",
        act=press("#confirm [type=submit]"),
        status=422,
    ),
    Shot(
        "filings:calendar",
        "admin",
        "check",
        query="?year=2027",
        act=then(
            fill(number="示例〔2026〕1号", papers="https://example.invalid/2027", days="1月1日至3日 元旦 休"),
            press("#confirm [type=submit]"),
        ),
    ),
]
PUBLIC = [
    Shot("regulation"),
    Shot("regulation", "operator"),
    Shot("help"),
    Shot("login"),
    Shot("login", "", "sent", query="?next=/filings/"),
    Shot("login", "", "wrong", act=sign_in("wrong"), status=422),
    Shot("login", "", "locked", act=sign_in("wrong", times=4), status=429),
]
EMPTY = [
    *(Shot("home", who, "empty") for who in ("operator", "leader", "officer", "auditor")),
    Shot("accounts:record", "operator", "empty"),
    Shot("accounts:quarter", "operator", "empty"),
    Shot("accounts:quarter_overview", "officer", "empty"),
    *(Shot("done", who, "empty") for who in ("operator", "leader", "officer")),
    Shot("notices", "operator", "empty"),
    Shot("mine", "operator", "empty"),
    *(Shot("accounts:list", who, "empty") for who in ("operator", "officer")),
    *(Shot("filings:list", who, "empty") for who in ("operator", "auditor")),
    Shot("filings:preapprovals", "auditor", "empty"),
    Shot("filings:new", "operator", "empty"),
    Shot("filings:exchange", "officer", "empty"),
]  # fmt: skip

# --- orders, lost accounts, rows to merge (inspections) -------------------------------------------------------------

ISSUE = partial(Shot, "inspections:issue_order", "supervisor", kwargs=lambda scene: {"pk": ordered.found(scene).pk})
MERGE = partial(Shot, "filings:merge", "supervisor")
DECLARE = partial(Shot, "inspections:declare_lost", "supervisor", kwargs=ordered.reported)
SEND = press("main form [type=submit]")
ORDERED = [
    Shot("inspections:order", "operator", "issued", ordered.order("issued")),
    Shot(
        "inspections:order", "operator", "errors", ordered.order("issued"), act=press("#prove [type=submit]"),
        status=422,
    ),
    Shot("inspections:order", "operator", "sent_back", ordered.order("sent_back")),
    Shot("inspections:order", "leader", "overdue", ordered.order("overdue")),
    Shot("inspections:order", "supervisor", "proved", ordered.order("proved")),
    Shot("inspections:order", "supervisor", "executing", ordered.order("issued"), act=show("[data-zl-dialog=execute]")),
    Shot(
        "inspections:order", "supervisor", "errors", ordered.order("proved"),
        act=then(show("[data-zl-dialog=back]"), press("#back [type=submit]")), status=422,
    ),
    Shot("inspections:order", "auditor", "executed", ordered.order("executed")),
    Shot("inspections:orders", "supervisor", "", ordered.several),
    Shot("inspections:orders", "operator", "", ordered.several),
    Shot("inspections:orders", "officer", "ended", ordered.several, "?show=ended"),
    Shot("inspections:of_account", "operator", "", ordered.of_order("sent_back")),
    Shot("accounts:detail", "operator", "ordered", ordered.of_order("issued")),
    ISSUE(),
    ISSUE("errors", act=then(fill(due_on="2020-01-01", reason=""), SEND), status=422),
    Shot("inspections:report_lost", "operator", "", ordered.reported),
    DECLARE(),
    DECLARE("errors", act=then(fill(due_on=""), SEND), status=422),
    Shot("inspections:recover", "supervisor", "", ordered.lost),
    Shot("accounts:detail", "operator", "lost", ordered.lost),
    MERGE("", lambda scene: {"pk": ordered.doubled(scene)[0].pk}),
    MERGE("both", lambda scene: {"pk": ordered.doubled(scene)[1].pk}, act=press("main .zl-act a")),
]  # fmt: skip

UNIT += [*ASKED, *KEPT]
ALL = [*FILINGS, *UNIT, *RECORDED, *SIGHTED, *OFFICE, *ORDERED, *READERS, *PUBLIC, *EMPTY]

# Opened by GET, but no page of their own: a part of one (htmx), downloads, an answer for machines.
FETCHED = [
    Shot("filings:rules", "operator", "", of("示例甲街道问政", step="basics")),
    Shot("filings:preapproval_paper", "operator2", "", with_paper),
    Shot("inspections:order_proof", "operator", "", ordered.order("proved")),
    Shot("filings:attachment", "operator", "", lambda scene: {"pk": scene.attachment}),
    Shot("filings:paper_scan", "officer", "", of("示例乙局非遗")),
    Shot("accounts:import_refused", "officer", "", lambda scene: {"job_id": scene.job}),
    Shot("accounts:export", "officer"),
    Shot("filings:receipts_sample", "officer"),
    Shot("accounts:activity_sample", "operator", "", lambda scene: {"kind": "publications"}),
    Shot("filings:receipts_rejected", "officer", "", lambda scene: {"job_id": scene.receipts}),
    Shot("flags_export", "officer"),
    Shot("job_file", "officer", "", lambda scene: {"pk": scene.job}),
    Shot("health"),
]
