"""What tests of 前置申请 begin with: a 区级部门 with its people, its 微信公众号, and applications in each state."""

from itertools import count
from typing import Any

from accounts.models import Account
from filings import preapprovals
from filings.models import PreApproval
from tests.factories import NOW, Cast, account, platform, unit

_numbers = count(1)


def department(**fields: Any) -> Cast:
    """The people of a 区级部门."""
    return Cast(unit(f"示例第{next(_numbers)}局", kind="department", **fields))


def wechat(cast: Cast, **fields: Any) -> Account:
    """Its 微信公众号 from the baseline, in the register since 2026-11-24."""
    return account(cast.unit, platform=platform("wechat"), kind="subscription", **fields)


def asked_new(cast: Cast, code: str = "wechat", name: str = "示例局服务", **more: Any) -> PreApproval:
    asked = {"account_name": name, "reason": "面向群众办事（示例）", "now": NOW, **more}
    return preapprovals.ask_new(by=cast.operator, unit=cast.unit, platform=platform(code), **asked)


def asked_to_keep(cast: Cast, row: Account | None = None, **more: Any) -> PreApproval:
    kept = row or wechat(cast)
    return preapprovals.ask_retention(
        kept.pk, by=cast.operator, **{"reason": "粉丝多、办事多（示例）", "now": NOW, **more}
    )
