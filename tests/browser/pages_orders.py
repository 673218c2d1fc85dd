"""Pages of orders, lost accounts and rows to merge."""

from functools import partial

from tests.browser import ordered
from tests.browser.acts import fill, press, show, then
from tests.browser.pages import Shot

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
    Shot("inspections:order", "operator", "proved", ordered.order("proved")),
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
    ISSUE("asked", act=SEND),
    ISSUE("errors", act=then(fill(due_on="2020-01-01", reason=""), SEND), status=422),
    Shot("inspections:report_lost", "operator", "", ordered.reported),
    DECLARE(),
    DECLARE("dismiss", act=show("[data-zl-dialog=dismiss]")),
    DECLARE("errors", act=then(fill(due_on=""), SEND), status=422),
    Shot("inspections:recover", "supervisor", "", ordered.lost),
    Shot("accounts:detail", "operator", "lost", ordered.lost),
    MERGE("", lambda scene: {"pk": ordered.doubled(scene)[0].pk}),
    MERGE("both", lambda scene: {"pk": ordered.doubled(scene)[1].pk}, act=press("main .zl-act a")),
]  # fmt: skip
