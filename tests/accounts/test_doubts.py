"""What a page of the quarter says of a line before it is declared true, as a table."""

from datetime import date
from typing import Any

import pytest

from accounts import doubts
from accounts.models import Account, AccountState, Custodian, Outsourcing
from accounts.quarter import Line
from tests.factories import NOW, at

KEPT: dict[str, Any] = {"name": "示例张三", "from_date": date(2026, 1, 1)}
GOOD: dict[str, Any] = {"vendor": "示例传媒", "reviewer": "孙七", "nda": True, "starts_on": date(2026, 1, 1)}
RUN: dict[str, Any] = {"operation_mode": "outsourced", "vendor": "示例传媒"}


@pytest.mark.parametrize(
    ("facts", "custodian", "contract", "said"),
    [
        ({}, {}, None, []),
        ({}, None, None, ["没有登记在任的管理人员"]),
        ({"state": "closed"}, None, None, []),
        ({"state": "unfiled"}, None, None, ["还没有备案，请补报开办备案或关停"]),
        ({"custodian": "示例李四"}, {}, None, ["登记的管理人员是示例张三，备案的是示例李四，请办理变更报备"]),
        ({"custodian": ""}, {}, None, ["登记的管理人员是示例张三，备案时没有填写，请办理变更报备"]),
        ({}, {"to_date": date(2026, 11, 30)}, None, ["示例张三于 2026-11-30 离任"]),
        ({}, {"from_date": date(2024, 11, 24)}, None, []),  # 730 days
        ({}, {"from_date": date(2024, 11, 23)}, None, ["示例张三自 2024-11-23 管理至今，已超过两年，请核对"]),
        ({"name_differs_since": NOW}, {}, None, ["名称与本单位其他平台的账号不一致"]),
        ({"posts_known_until": None}, {}, None, ["还没有发布数据"]),
        ({"next_update_due_at": at("2026-11-24 00:00")}, {}, None, ["发布数据只到 2026-11-20 10:00"]),
        ({"next_update_due_at": at("2026-11-25 00:00")}, {}, None, []),  # not due yet
        ({"next_update_due_at": None, "posts_known_until": None}, {}, None, []),  # checked by hand
        (RUN, {}, None, ["备案为委托运维，没有登记合同"]),
        (RUN, {}, {}, []),
        (RUN | {"operation_mode": "self"}, {}, {}, ["登记了委托示例传媒运维，备案不是委托运维，请办理变更报备"]),
        (RUN | {"vendor": "示例科技"}, {}, {}, ["登记的运维单位是示例传媒，备案的是示例科技，请办理变更报备"]),
        (RUN, {}, {"reviewer": "", "nda": False}, ["没有登记本单位内容审核人", "没有签订保密协议"]),
        (RUN, {}, {"ends_on": date(2026, 12, 25)}, []),  # 31 days ahead
        (RUN, {}, {"ends_on": date(2026, 12, 24)}, ["合同将于 2026-12-24 到期"]),
        (RUN, {}, {"ends_on": date(2026, 11, 24)}, ["合同将于 2026-11-24 到期"]),
        (RUN, {}, {"ends_on": date(2026, 11, 23)}, ["合同已于 2026-11-23 到期"]),
    ],
)
def test_what_is_doubted(
    facts: dict[str, Any], custodian: dict[str, Any] | None, contract: dict[str, Any] | None, said: list[str]
) -> None:
    known = {"posts_known_until": at("2026-11-20 10:00"), "next_update_due_at": at("2026-11-28 00:00")}
    account = Account(**{"state": AccountState.ACTIVE, "custodian": "示例张三", **known, **facts})
    keeper = Custodian(**KEPT | custodian) if custodian is not None else None
    agreed = Outsourcing(**GOOD | contract) if contract is not None else None
    assert [doubt.text for doubt in doubts.of(Line(account, keeper, agreed), NOW)] == said
