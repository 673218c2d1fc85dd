"""The demo's 责令关停 (第八条, 第十八条, 第二十四条): one in each state, and an account that was lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import lifecycle
from accounts.models import Account, Origin, Platform, Unit
from inspections import losing, ordering
from inspections.models import ClosureOrder, OrderGround
from inspections.ordering import Terms
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import File, User

DAY = timedelta(days=1)
REASON = "检索发现该账号以本单位名义发布信息，没有备案；电话通知后仍未补报（示例）。"


@dataclass(frozen=True)
class Side:
    """A unit and who files for it."""

    unit: Unit
    operator: User


def fill(
    doubtful: Account,
    *,
    street: Side,
    bureau: Side,
    supervisor: User,
    proof: File,
    opened: Callable[[str, datetime], None],
    now: datetime,
) -> None:
    """`doubtful` was ordered closed by mistake; `opened(「name platform」, when)` files and completes an opening.

    The sweep that follows ends the order whose account was filed.
    """

    def issue(of: Account, when: datetime, days: int, ground: str = OrderGround.UNFILED, why: str = REASON) -> int:
        terms = Terms(ground, why, due_on=day_of(when) + days * DAY)
        return ordering.issue(of.pk, terms, by=supervisor, now=when).pk

    def prove(order: int, by: User, when: datetime) -> ClosureOrder:
        name, note = "停用截图（示例）.pdf", "已在平台停用，页面已不能打开（示例）。"
        return ordering.prove(order, file=proof, name=name, note=note, by=by, now=when)

    gone = issue(_found(bureau.unit, "toutiao", "示例乙局文博", now - 70 * DAY), now - 69 * DAY, 7)
    prove(gone, bureau.operator, now - 64 * DAY)
    ordering.execute(gone, reason="在平台上已查不到（示例）", by=supervisor, now=now - 63 * DAY)

    why = "群众反映该账号与市图书馆的账号重名（示例）。"
    mistaken = issue(doubtful, now - 50 * DAY, 7, OrderGround.OTHER, why)
    ordering.revoke(mistaken, reason="查明两馆已分别备案，名称无误（示例）", by=supervisor, now=now - 48 * DAY)

    filed = _found(street.unit, "mini_program", "示例甲街道预约", now - 50 * DAY)
    issue(filed, now - 49 * DAY, 10)
    opened(f"{filed.name} {filed.platform.code}", now - 45 * DAY)

    closed = issue(_found(street.unit, "xiaohongshu", "示例甲街道夜话", now - 9 * DAY), now - 8 * DAY, 10)
    prove(closed, street.operator, now - DAY)
    issue(_found(street.unit, "kuaishou", "示例甲街道随拍", now - 4 * DAY), now - 3 * DAY, 7)

    _lose(street, supervisor, now)


def _lose(street: Side, supervisor: User, now: datetime) -> None:
    """Its password went with who kept it: reported, declared, ordered closed."""
    kept = {"custodian": "示例管理人", "custodian_phone": "0519-00000000"}
    of = _account(street.unit, "penguin", "示例甲街道早报", **kept)
    lifecycle.register([of], origin=Origin.BASELINE, now=now - 400 * DAY)
    since = day_of(now - 6 * DAY)
    what = "原管理员离职未移交密码，平台绑定的手机号已停用（示例）。"
    losing.report(of.pk, since=since, what=what, by=street.operator, now=now - 6 * DAY)
    why, until = "密码遗失，平台申诉未果（示例）。", day_of(now) + 10 * DAY
    losing.declare(of.pk, since=since, reason=why, due_on=until, by=supervisor, now=now - 5 * DAY)


def _found(unit: Unit, platform: str, name: str, when: datetime) -> Account:
    return lifecycle.register([_account(unit, platform, name)], origin=Origin.FOUND, now=when)[0]


def _account(unit: Unit, platform: str, name: str, **fields: str) -> Account:
    of = Platform.objects.get(code=platform)
    document = "示例存量台账"
    return Account(unit=unit, platform=of, name=name, uid=f"demo-{name}", source_document=document, **fields)
