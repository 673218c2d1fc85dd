"""无专门管理人员（第十八条）, 委托运维不合规（第十九条） as tables of facts and verdicts, and what is said of them."""

from datetime import date
from typing import Any

import pytest

from accounts import custodians, outsourcing, wording
from accounts.flags import RuleCode, run_rule
from accounts.models import Account, Custodian, Flag, Outsourcing, Role
from accounts.models import AccountState as A
from accounts.models.unit import Scope
from accounts.rules import RULES, no_custodian, vendor_lapsed
from tests.accounts.plain_people import in_breach
from tests.factories import account, at, unit, user
from tests.flag_rows import make_account, make_unit
from zhonglou_media.core.models import Setting

pytestmark = pytest.mark.django_db

BOUND, GUIDED = Scope.BOUND, Scope.GUIDED


@pytest.mark.parametrize(
    ("state", "since", "now", "scope", "breach"),
    [
        (A.ACTIVE, None, "2026-11-24 09:00", BOUND, False),  # somebody is named
        (A.ACTIVE, "2026-11-24 00:00", "2026-11-23 23:59:59", BOUND, False),  # his last day
        (A.ACTIVE, "2026-11-24 00:00", "2026-11-24 00:00", BOUND, True),
        (A.CLOSING, "2026-11-24 00:00", "2027-01-01 00:00", BOUND, True),  # still watched
        (A.ACTIVE, "2026-11-24 00:00", "2027-01-01 00:00", GUIDED, False),  # 第三条
        (A.PENDING, "2026-11-24 00:00", "2027-01-01 00:00", BOUND, False),
        (A.UNFILED, "2026-11-24 00:00", "2027-01-01 00:00", BOUND, False),
        (A.CLOSED, "2026-11-24 00:00", "2027-01-01 00:00", BOUND, False),
        (A.CANCELLED, "2026-11-24 00:00", "2027-01-01 00:00", BOUND, False),
        (A.VOID, "2026-11-24 00:00", "2027-01-01 00:00", BOUND, False),
    ],
)
def test_no_custodian(state: A, since: str | None, now: str, scope: Scope, breach: bool) -> None:
    row = make_account(state, unit=make_unit(scope=scope), no_custodian_since=at(since) if since else None)
    assert list(no_custodian(at(now))) == ([row] if breach else [])


@pytest.mark.parametrize(
    ("state", "lapses", "now", "scope", "breach"),
    [
        (A.ACTIVE, None, "2027-01-01 00:00", BOUND, False),  # in order without an end, or ended
        (A.ACTIVE, "2026-12-01 00:00", "2026-11-30 23:59:59", BOUND, False),  # the contract's last day
        (A.ACTIVE, "2026-12-01 00:00", "2026-12-01 00:00", BOUND, True),
        (A.CLOSING, "2026-12-01 00:00", "2026-12-01 00:00", BOUND, True),
        (A.ACTIVE, "2026-12-01 00:00", "2026-12-01 00:00", GUIDED, False),
        (A.CLOSED, "2026-12-01 00:00", "2026-12-01 00:00", BOUND, False),
        (A.UNFILED, "2026-12-01 00:00", "2026-12-01 00:00", BOUND, False),
    ],
)
def test_vendor_lapsed(state: A, lapses: str | None, now: str, scope: Scope, breach: bool) -> None:
    row = make_account(state, unit=make_unit(scope=scope))
    contract = Outsourcing.objects.create(
        account=row, vendor="示例传媒", starts_on=date(2026, 1, 1), lapses_at=at(lapses) if lapses else None
    )
    assert list(vendor_lapsed(at(now))) == ([contract] if breach else [])


def test_hints_until_the_office_makes_them_breaches_from_a_day_on() -> None:
    row = make_account(no_custodian_since=at("2026-11-01 00:00"))
    begun, since = date(2026, 1, 1), at("2026-01-01 00:00")
    contract = Outsourcing.objects.create(account=row, vendor="示例", starts_on=begun, lapses_at=since)
    Setting.objects.create(key="people_breach", from_date=date(2026, 11, 20), value=1)
    for rule in [rule for rule in RULES if rule.code in ("no_custodian", "vendor_lapsed")]:
        assert run_rule(rule, at("2026-11-19 23:59")) == (1, 0)
        assert set(Flag.objects.filter(rule=rule.code).values_list("level", flat=True)) == {"hint"}
        assert run_rule(rule, at("2026-11-20 00:00")) == (0, 0)
        assert set(Flag.objects.filter(rule=rule.code).values_list("level", flat=True)) == {"breach"}
    facts = set(Flag.objects.values_list("rule", "fact_kind", "fact_id", "account", "unit"))
    assert facts == {
        ("no_custodian", "account", row.pk, row.pk, row.unit_id),
        ("vendor_lapsed", "outsourcing", contract.pk, row.pk, row.unit_id),
    }


def test_every_change_of_hands_and_of_contracts_is_judged_as_by_hand() -> None:
    """Through the use cases, day by day, beside a plain reading of the rows."""
    of = unit()
    by: dict[str, Any] = {"by": user(Role.OPERATOR, of)}
    one = account(of, now=at("2026-11-01 09:00"), custodian="示例张三")
    account(of, now=at("2026-11-03 09:00"), platform=one.platform, same_platform_reason="示例", custodian="")
    good = {"vendor": "示例传媒", "reviewer": "孙七", "nda": True}
    terms: dict[str, Any] = {"starts_on": date(2026, 11, 2), "ends_on": date(2026, 11, 12)}
    steps: dict[int, Any] = {
        2: lambda now: outsourcing.begin(one.pk, **good | {"nda": False}, **terms, **by, now=now),
        5: lambda now: outsourcing.amend(one.pk, contract(), **good, **terms, **by, now=now),
        6: lambda now: custodians.leave(one.pk, to_date=date(2026, 11, 8), **by, now=now),
        11: lambda now: custodians.name(one.pk, name="李四", phone="", from_date=date(2026, 11, 10), **by, now=now),
        15: lambda now: outsourcing.end(one.pk, contract(), ended_on=date(2026, 11, 14), **by, now=now),
    }

    def contract() -> int:
        return Outsourcing.objects.get().pk

    seen = set()
    for number in range(1, 18):
        now = at(f"2026-11-{number:02} 10:00")
        if number in steps:
            steps[number](now)
        found = {("no_custodian", row.pk, row.no_custodian_since) for row in no_custodian(now)}
        found |= {("vendor_lapsed", row.pk, row.lapses_at) for row in vendor_lapsed(now)}
        assert found == in_breach(now), number
        seen |= {(rule, f"{since:%m-%d}") for rule, _, since in found}
    assert len(seen) == 4  # both rules, each for two reasons


# --- in words -------------------------------------------------------------------------------------------------------


def said(row: Account, rule: str, due: str, fact: int = 0) -> str:
    fields = {"unit": row.unit, "account": row, "fact_kind": "account", "fact_id": fact or row.pk}
    flag = Flag.objects.create(rule=rule, level="hint", due_at=at(due), raised_at=at(due), **fields)
    return wording.Facts.of([flag], at("2026-11-24 14:05")).sentence(flag)


def test_who_left_is_named() -> None:
    row = make_account()
    assert said(row, RuleCode.NO_CUSTODIAN, "2026-11-01 00:00") == "自 11-01 起没有登记专门管理人员"
    for name, left in (("示例张三", date(2026, 10, 1)), ("示例李四", date(2026, 11, 20))):
        Custodian.objects.create(account=row, name=name, from_date=date(2026, 9, 1), to_date=left)
    words = "示例李四 11-20 离任，之后没有登记专门管理人员"
    assert said(row, RuleCode.NO_CUSTODIAN, "2026-11-21 00:00") == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"nda": True}, "委托示例传媒运维，没有登记本单位内容审核人"),
        ({}, "委托示例传媒运维，没有登记本单位内容审核人，没有签订保密协议"),
        (
            {"nda": True, "reviewer": "孙七", "ends_on": date(2026, 11, 20)},
            "委托示例传媒运维，合同 11-20 到期，没有续签",
        ),
        ({"nda": True, "reviewer": "孙七", "ended_on": date(2026, 11, 20)}, "委托示例传媒运维，11-20 已停止委托"),
    ],
)
def test_what_is_missing_of_a_contract_is_named(facts: dict[str, Any], words: str) -> None:
    row = make_account()
    contract = Outsourcing.objects.create(account=row, vendor="示例传媒", starts_on=date(2026, 1, 1), **facts)
    assert said(row, RuleCode.VENDOR_LAPSED, "2026-11-21 00:00", contract.pk) == words
