"""Pages of changes and of a change of sponsor, which the demo has none of."""

from collections.abc import Callable

from accounts.models import Account
from filings import drafting, objecting
from filings.models import Filing
from tests import factories
from tests.browser.acts import press
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

Kwargs = Callable[[Scene], dict[str, object]]
REASON = "与微信公众号同名，微博正在办理关停；原认证主体是内设机构，改为主办单位；简介写明职责（示例）。"
TYPED = {
    "name": "示例甲街道发布",
    "verified_entity": "钟楼区示例甲街道办事处",
    "intro": "政务信息和便民服务（示例）",
    "reason": REASON,
    "same_platform_reason": "两个账号并行半年后合并（示例）",
    "open": ["name", "verified_entity", "intro"],
}


def cast(scene: Scene, *, bureau: bool = False) -> factories.Cast:
    """The people of the street, or of the bureau, as the demo names them."""
    people = {user.username: user for user in User.objects.all()}
    found = factories.Cast(scene.accounts["示例乙局 weibo" if bureau else "示例甲街道 weibo"].unit)
    found.operator = people["operator2" if bureau else "operator"]
    found.leader = people["leader2" if bureau else "leader"]
    found.officer = people["officer"]
    return found


def row(scene: Scene, code: str, *, bureau: bool = False) -> Account:
    """An account of the street (of the bureau) on a platform where it has none."""
    name = "示例乙局" if bureau else "示例甲街道"
    facts = {"name": name, "intro": "辖区资讯", "verified_entity": f"{name}宣传科", "uid": f"demo-{code}-{name}"}
    facts |= {"department_in_charge": "党政办公室", "leader_in_charge": "赵六（示例）", "custodian": "张三（示例）"}
    facts |= {"same_platform_reason": "与原账号分工不同（示例）"}
    known = Account.objects.filter(uid=facts["uid"]).first()
    unit = cast(scene, bureau=bureau).unit
    return known or factories.account(unit, platform=factories.platform(code), now=db_now(), **facts)


def changed(state: str, code: str, **more: object) -> Kwargs:
    """A change by the street of an account of its own."""
    return lambda scene: {"pk": _change(scene, state, row(scene, code)).pk, **more}


def received(state: str, code: str, *, objected: bool = False, **more: object) -> Kwargs:
    """The street takes an account of the bureau over."""

    def made(scene: Scene) -> dict[str, object]:
        filing = _change(scene, state, row(scene, code, bureau=True))
        if objected and filing.state == "office_review":
            reason = "该账号由本局讲座中心继续使用，请与我局商定移交时间（示例）。"
            objecting.object_(filing.pk, reason=reason, by=User.objects.get(username="leader2"), now=db_now())
        return {"pk": filing.pk, **more}

    return made


def _change(scene: Scene, state: str, of: Account) -> Filing:
    known = Filing.objects.live().filter(account=of).first()
    if known is not None:
        return known
    people, now = cast(scene), db_now()
    filing = drafting.start("change", by=people.operator, unit=people.unit, account=of, now=now)
    return factories.bring(filing, state, people, dict(TYPED), now=now, paper=None)


SEND = press("main form[method=post] [type=submit]:not(.visually-hidden)")
CHANGES = [
    Shot("filings:edit", "operator", "change_items", changed("draft", "sohu", step="items")),
    Shot("filings:edit", "operator", "change_reasons", changed("draft", "sohu", step="reasons")),
    Shot("filings:edit", "operator", "change_review", changed("draft", "sohu", step="review")),
    Shot("filings:edit", "operator", "receiving", received("draft", "yidian", step="items")),
    Shot("filings:approve", "leader", "change", changed("leader_review", "netease")),
    Shot("filings:detail", "operator", "change", changed("leader_review", "netease")),
    Shot("filings:detail", "officer", "change", received("office_review", "penguin", objected=True)),
    Shot("filings:detail", "operator2", "giving", received("office_review", "tieba")),
    Shot("filings:object", "leader2", "", received("office_review", "tieba")),
    Shot("filings:object", "leader2", "errors", received("office_review", "tieba"), act=SEND, status=422),
    Shot("filings:receive", "operator"),
    Shot("filings:receive", "operator", "found", query="?q=示例乙局"),
    Shot("accounts:detail", "operator", "changing", lambda scene: {"pk": row(scene, "sohu").pk}),
]
