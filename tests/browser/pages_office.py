"""Pages of the office, and of the history."""

from functools import partial

from tests.browser.acts import (
    NAMELESS,
    choose,
    ended_meanwhile,
    fill,
    having_read_the_first,
    press,
    refuse_by_keyboard,
    send_list,
    show,
    then,
)
from tests.browser.pages import UNFILED, Shot, a_job, account, flag_of, of
from tests.browser.pages_recorded import IMPORTED

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
