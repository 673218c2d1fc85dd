"""Pages of 前置申请."""

from functools import partial

from tests.browser.acts import choose, press, then
from tests.browser.asked import application, refused_retention, unretained
from tests.browser.pages import Shot

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
