"""Which pages the browser test looks at: who opens what, what is done there, and what must come back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.urls import reverse

from accounts.models import Flag
from tests.browser import ordered
from tests.browser.acts import (
    Act,
    fill,
    forget_the_token,
    having_read_the_first,
    late_paper,
    press,
    show,
    sign_in,
    then,
)
from tests.browser.asked import with_paper
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now
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
    phone: bool = False  # the office looks at this one on a phone too

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


UNFILED = account("示例乙局小视频 douyin")


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

# --- the pages of those who read, and of all ---- -----------------------------------------------------------------

READERS = [
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
    Shot("filings:reconcile", "officer", "empty"),
]  # fmt: skip

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
    Shot("filings:announcements_feed"),
    Shot("health"),
]
