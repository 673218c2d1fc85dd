"""What the demo has too few of: closure orders in each state, a lost account, two rows of one account."""

from collections.abc import Callable
from datetime import timedelta

from accounts.models import Account
from inspections import losing, ordering
from inspections.models import ClosureOrder
from inspections.ordering import Terms
from tests import factories
from tests.browser.scene import Scene
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

Kwargs = Callable[[Scene], dict[str, object]]
REASON = "检索发现该账号以本街道名义发布信息，没有备案；电话通知后仍未补报（示例）。"


def found(scene: Scene, name: str = "示例甲街道小店", code: str = "kuaishou") -> Account:
    """An unfiled account of the street."""
    unit = scene.accounts["示例甲街道 weibo"].unit
    name = f"{name}{Account.objects.count()}"
    return factories.account(unit, found=True, now=db_now(), name=name, platform=factories.platform(code))


def order(state: str, *, days: int = 2) -> Kwargs:
    """An order of the street that was brought to `state`, or that is on its way there."""

    def made(scene: Scene) -> dict[str, object]:
        people = {user.username: user for user in User.objects.all()}
        return {"pk": issued(found(scene), state, people, days=days).pk}

    return made


def issued(of: Account, state: str, people: dict[str, User], *, days: int = 2) -> ClosureOrder:
    """Through the use cases; an overdue one is only dated back."""
    now, by = db_now(), people["supervisor"]
    row = ordering.issue(of.pk, Terms("unfiled", REASON, due_on=day_of(now) + timedelta(days=days)), by=by, now=now)
    if state in ("proved", "sent_back", "executed"):
        note = "已在平台停用，页面已不能打开（示例）。"
        ordering.prove(
            row.pk, file=factories.scan(), name="停用截图（示例）.pdf", note=note, by=people["operator"], now=now
        )
    if state == "sent_back":
        ordering.send_back(row.pk, reason="截图看不出是哪个账号，请补拍账号主页（示例）。", by=by, now=now)
    elif state == "executed":
        ordering.execute(row.pk, reason="在平台上已查不到（示例）", by=by, now=now)
    elif state == "revoked":
        ordering.revoke(row.pk, reason="查明是个人账号（示例）", by=by, now=now)
    elif state == "overdue":
        ClosureOrder.objects.filter(pk=row.pk).update(due_at=now - timedelta(days=3))
    return row


def several(scene: Scene) -> dict[str, object]:
    """Orders for the list."""
    for state in ("overdue", "issued", "proved", "executed", "revoked"):
        order(state)(scene)
    return {}


def of_order(state: str) -> Kwargs:
    """The account that such an order is about."""
    return lambda scene: {"pk": ClosureOrder.objects.get(**order(state)(scene)).account_id}


def reported(scene: Scene) -> dict[str, object]:
    """An account whose password the unit has lost."""
    people = {user.username: user for user in User.objects.all()}
    of, now = scene.accounts["示例甲街道 douyin"], db_now()
    if not events.timeline(of).filter(verb="report_lost").exists():
        what = "原管理员离职未移交密码，平台绑定的手机号已停用，正在申诉（示例）。"
        losing.report(of.pk, since=day_of(now), what=what, by=people["operator"], now=now)
    return {"pk": of.pk}


def lost(scene: Scene) -> dict[str, object]:
    """An account that was declared lost: of a platform where no other picture is taken."""
    people = {user.username: user for user in User.objects.all()}
    of, now = found(scene, "示例甲街道旧号", "toutiao"), db_now()
    until = day_of(now) + timedelta(days=7)
    told = {"reason": "密码遗失，平台申诉未果（示例）", "due_on": until, "by": people["supervisor"], "now": now}
    losing.declare(of.pk, since=day_of(now), **told)  # type: ignore[arg-type]
    return {"pk": of.pk}


def doubled(scene: Scene) -> tuple[Account, Account]:
    """Two rows of one account: the second was found under its id."""
    keep = found(scene, "示例甲街道双号", "bilibili")
    Account.objects.filter(pk=keep.pk).update(uid="")
    return keep, found(scene, "示例甲街道双号", "bilibili")
