"""第九条: which 微信公众号 are listed each night, and which are in breach; tables of facts and verdicts."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.flags import run_rule
from accounts.models import Account, Flag, Unit
from filings import preapprovals, preapproving
from filings.models import PreApproval
from filings.rules import RULES, no_retention
from tests.factories import NOW, account, at, change, opening, platform, preapproval, unit
from tests.filings.asking import asked_to_keep, department, wechat
from tests.flag_rows import open_keys
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import Notice, Setting

pytestmark = pytest.mark.django_db

DUE = "2027-02-23 00:00"  # 2026-11-24 and 90 days, shown as 2027-02-22 24:00
BEFORE, AT = "2027-02-22 23:59:59.999999", "2027-02-23 00:00"


# --- listed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "facts", "listed"),
    [
        ({}, {}, True),
        ({}, {"state": "closing"}, True),
        ({}, {"state": "closed"}, False),
        ({}, {"state": "void"}, False),
        ({}, {"origin": "filing"}, True),  # come over from a unit that need not ask
        ({}, {"platform": "weibo"}, False),
        ({"kind": "subdistrict"}, {}, False),
        ({"kind": ""}, {}, False),
        ({"scope": "guided"}, {}, False),
    ],
)
def test_which_accounts_are_listed(of: dict[str, str], facts: dict[str, Any], listed: bool) -> None:
    owner = unit(**{"kind": "department", **of})
    row = account(owner, platform=platform(facts.pop("platform", "wechat")))
    Account.objects.filter(pk=row.pk).update(**facts, next_update_due_at=None)

    assert preapprovals.list_retentions(NOW) == (1 if listed else 0)
    if listed:
        made = PreApproval.objects.get()
        assert (made.account, made.unit, made.state, made.act_by) == (row, owner, "not_asked", at(DUE))


def test_a_second_night_lists_nothing_new_and_tells_nobody_again() -> None:
    cast = department()
    wechat(cast, name="示例局公众号")
    for _ in range(2):
        preapprovals.list_retentions(NOW)
    assert PreApproval.objects.count() == 1
    assert Notice.objects.filter(user=cast.leader).count() == 1
    words = Notice.objects.get(user=cast.operator).text
    assert words.endswith("“示例局公众号”确需保留的，应于 2027-02-22 24:00 前申请。")


def test_the_days_are_those_set_when_it_entered_the_register() -> None:
    Setting.objects.create(key="retention_days", from_date="2026-11-24", value=30)
    Setting.objects.create(key="retention_days", from_date="2026-11-25", value=10)
    wechat(department())
    preapprovals.list_retentions(at("2026-11-26 02:15"))
    assert PreApproval.objects.get().act_by == at("2026-12-25 00:00")


def test_who_becomes_a_department_later_is_not_in_breach_the_same_night() -> None:
    cast = department()
    row = wechat(cast)  # in the register since 2026-11-24
    Unit.objects.filter(pk=cast.unit.pk).update(kind="")  # as an import leaves it
    assert preapprovals.list_retentions(NOW) == 0
    Unit.objects.filter(pk=cast.unit.pk).update(kind="department")
    night = at("2027-03-05 02:15")
    preapprovals.list_retentions(night)
    assert PreApproval.objects.get(account=row).act_by == at("2027-06-04 00:00")  # 90 days from the listing
    assert not no_retention(night).exists()


def test_what_is_not_asked_follows_its_account_to_another_department() -> None:
    row, taking = wechat(department()), department()
    preapprovals.list_retentions(NOW)
    Account.objects.filter(pk=row.pk).update(unit=taking.unit)
    preapprovals.list_retentions(NOW)
    assert PreApproval.objects.get().unit == taking.unit


def test_a_hundred_are_listed_in_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        wechat(department(), same_platform_reason="示例")
    with django_assert_max_num_queries(14):
        assert preapprovals.list_retentions(NOW) == 20


def test_the_page_knows_also_those_without_a_row() -> None:
    cast = department()
    missing, kept, opened = (wechat(cast, same_platform_reason="示例") for _ in range(3))
    preapproval(cast.unit, purpose="retain", account=kept, act_by=at(DUE))
    filing = opening("completed", cast, platform="weibo")
    preapproval(cast.unit, used_by=filing)
    type(filing).objects.filter(pk=filing.pk).update(account=opened)
    wechat(department(scope="guided"))
    assert list(preapprovals.unretained()) == [missing]


# --- in breach ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "row", "held", "of", "breach"),
    [
        (BEFORE, {}, {}, {}, False),  # the last microsecond of the day is in time
        (AT, {}, {}, {}, True),
        (AT, {"state": "asked"}, {}, {}, False),  # it waits for the office, however long
        (AT, {"state": "granted"}, {}, {}, False),
        (AT, {"state": "refused"}, {}, {}, True),
        (BEFORE, {"state": "refused"}, {}, {}, False),
        (AT, {}, {"state": "closing"}, {}, True),
        (AT, {"state": "refused"}, {"state": "closing"}, {}, True),  # until it is closed
        (AT, {"state": "refused"}, {"state": "closed"}, {}, False),
        (AT, {}, {"state": "cancelled"}, {}, False),
        (AT, {}, {"state": "void"}, {}, False),
        (AT, {}, {}, {"kind": "affiliated"}, False),
        (AT, {}, {}, {"scope": "guided"}, False),
        (AT, {"act_by": "2027-03-01 00:00"}, {}, {}, False),
    ],
)
def test_no_retention(now: str, row: dict[str, Any], held: dict[str, str], of: dict[str, str], breach: bool) -> None:
    cast = department()
    kept = wechat(cast)
    due = at(row.get("act_by", DUE))
    fact = preapproval(cast.unit, purpose="retain", account=kept, **{"state": "not_asked", **row, "act_by": due})
    Account.objects.filter(pk=kept.pk).update(**held, next_update_due_at=None)
    type(cast.unit).objects.filter(pk=cast.unit.pk).update(**of)

    assert list(no_retention(at(now))) == ([fact] if breach else [])


def test_a_new_application_is_never_in_breach_nor_one_whose_account_went_elsewhere() -> None:
    cast = department()
    preapproval(cast.unit, state="refused")
    moved = wechat(cast)
    preapproval(cast.unit, purpose="retain", account=moved, state="not_asked", act_by=at(DUE))
    Account.objects.filter(pk=moved.pk).update(unit=unit())
    assert list(no_retention(at(AT))) == []


def test_the_flag_names_the_account_and_clears_when_it_is_asked_for() -> None:
    (rule,) = [rule for rule in RULES if rule.code == "no_retention"]
    kept = wechat(department())
    preapprovals.list_retentions(NOW)
    row = PreApproval.objects.get()
    assert run_rule(rule, at(AT)) == (1, 0)
    assert open_keys("no_retention") == {(row.pk, at(DUE))}
    flag = Flag.objects.get()
    assert (flag.fact_kind, flag.account, flag.unit, flag.level) == ("preapproval", kept, kept.unit, "breach")
    PreApproval.objects.update(state="asked", asked_at=NOW, reason="示例")
    assert run_rule(rule, at(AT)) == (0, 1)


def test_the_closure_stands_by_the_day_of_the_decision_among_what_is_to_do(client: Client) -> None:
    cast = department()
    day = day_of(db_now()) + timedelta(days=3)
    preapproving.refuse(asked_to_keep(cast).pk, by=cast.supervisor, decision="不保留", act_by=day, now=db_now())
    change("draft", cast, on=account(cast.unit, platform=platform("toutiao")))
    client.force_login(cast.operator)
    home = client.get("/").content.decode()
    assert home.index("关停报备·") < home.index("变更报备·")
    assert f"{day} 24:00 前" in home
    assert home.count("未经领导批准，暂不计时") == 1  # the change
    assert f"应于 {day} 24:00 前办结" in client.get("/filings/").content.decode()
