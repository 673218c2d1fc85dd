"""What the demo has none of: an account nobody asked to keep, a refused retention with its closure, a paper."""

from collections.abc import Callable
from datetime import timedelta

from accounts import lifecycle
from accounts.models import Account, Platform
from filings import preapprovals, preapproving
from filings.models import PreApproval
from tests.browser.scene import Scene
from tests.factories import preapproval, scan
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User


def application(name: str) -> Callable[[Scene], dict[str, object]]:
    """The one for the account `name`."""
    return lambda scene: {"pk": PreApproval.objects.filter(account_name=name).latest("pk").pk}


def unretained(scene: Scene) -> dict[str, object]:
    """A 微信公众号 of the bureau for which nobody has asked."""
    platform, unit = Platform.objects.get(code="wechat"), scene.accounts["示例乙局 weibo"].unit
    name = f"示例乙局旧号{Account.objects.count()}"
    facts = {"name": name, "uid": name, "kind": "subscription", "same_platform_reason": "示例"}
    made = lifecycle.register([Account(unit=unit, platform=platform, **facts)], origin="baseline", now=db_now())  # type: ignore[arg-type]
    return {"pk": made[0].pk}


def refused_retention(scene: Scene) -> dict[str, object]:
    """One account of the bureau may not stay; its closure is drafted."""
    people = {user.username: user for user in User.objects.all()}
    kept, now = Account.objects.get(**unretained(scene)), db_now()
    asked = preapprovals.ask_retention(kept.pk, by=people["operator2"], reason="粉丝多（示例）", now=now)
    until = day_of(now) + timedelta(days=20)
    decision = "并入“示例乙局服务”（示例）"
    return {"pk": preapproving.refuse(asked.pk, by=people["supervisor"], decision=decision, act_by=until, now=now).pk}


def with_paper(scene: Scene) -> dict[str, object]:
    """An application that came with a paper."""
    return {"pk": preapproval(scene.accounts["示例乙局 weibo"].unit, paper=scan(), paper_name="申请.pdf").pk}
