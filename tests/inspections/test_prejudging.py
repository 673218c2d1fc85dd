"""What the facts say of each indicator (附件1): a table a measure, with literal dates. 2026-11-02 is a Monday."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import hints
from accounts.models import Account, AccountState, Flag, Outsourcing, Platform
from inspections import indicators
from inspections.models import Indicator
from inspections.prejudging import MEASURES, Pre, prejudge
from tests.accounts.activity import followers, known, post, question, service, watched
from tests.factories import NOW
from tests.flag_rows import at, make_account, make_filing, make_unit, make_user

pytestmark = pytest.mark.django_db
SINCE, AS_OF = at("2026-10-25 14:05"), NOW  # 2026-11-24 14:05


def lines(**changed: Any) -> list[Indicator]:
    """The shipped lines; `changed` names limits by code, N2_1=10."""
    found = indicators.lines_of(indicators.in_force(AS_OF.date()))
    for line in found:
        line.limit = changed.get(line.code.replace(".", "_"), line.limit)
    return found


def pre(account: Account, code: str, since: Any = SINCE, as_of: Any = AS_OF, **changed: Any) -> Pre:
    account = Account.objects.select_related("platform").get(pk=account.pk)
    return prejudge([account], lines(**changed), since={account.pk: since}, as_of=as_of)[account.pk][code]


def made(since: str = "2026-01-01", posts: tuple[str, ...] = (), until: str | None = None, **fields: Any) -> Account:
    account = (service if fields.pop("service", False) else watched)(since, **fields)
    for day in posts:
        post(account, f"{day} 10:00")
    known(account, posts=until)
    return account


def test_each_line_with_a_measure_is_pre_judged_and_no_other() -> None:
    account = made()
    found = prejudge([account], lines(), since={account.pk: SINCE}, as_of=AS_OF)[account.pk]
    assert set(found) == {line.code for line in lines() if line.measure}
    assert {line.measure for line in lines() if line.measure} == set(MEASURES)
    assert all(one.text and one.url.startswith("/") for one in found.values())
    assert prejudge([], lines(), since={}, as_of=AS_OF) == {}


# --- N2.1 两周内无更新 ------------------------------------------------------------------------------------------------

GAPS: list[tuple[str, tuple[str, ...], str | None, int | None, str]] = [
    # watched since, publications, known until; count, sentence
    (
        "2026-01-01",
        ("2026-11-15",),
        "2026-11-24 08:30",
        0,
        "最近更新 11-15，到数据截至（11-24 08:30）为 9 天，限 14 天",
    ),
    (
        "2026-01-01",
        ("2026-11-10",),
        "2026-11-24 08:30",
        0,
        "最近更新 11-10，到数据截至（11-24 08:30）为 14 天，限 14 天，已满期限、没有超过，请提醒更新",
    ),
    (
        "2026-01-01",
        ("2026-11-09",),
        "2026-11-24 08:30",
        1,
        "最近更新 11-09，到数据截至（11-24 08:30）为 15 天，超过 14 天",
    ),
    (
        "2026-01-01",
        ("2026-11-09",),
        "2026-11-24 00:00",  # 24:00 of 11-23: known to the end of the 14th day
        1,
        "最近更新 11-09，到数据截至（11-24 00:00）为 15 天，超过 14 天",
    ),
    (
        "2026-01-01",
        ("2026-11-09",),
        "2026-11-23 23:59",
        None,
        "最近更新 11-09，数据截至 11-23 23:59，此后有没有更新待确认",
    ),
    ("2026-01-01", ("2026-10-01",), None, None, "最近更新 10-01，还没有数据，此后有没有更新待确认"),
    (
        "2026-01-01",
        ("2026-11-15",),
        "2026-11-16 10:00",
        0,
        "最近更新 11-15，到数据截至（11-16 10:00）为 1 天，限 14 天",
    ),
    ("2026-01-01", ("2026-11-15",), None, 0, "最近更新 11-15，到监测时间点（11-24 14:05）为 9 天，限 14 天"),
    (
        "2026-01-01",
        ("2025-12-30",),
        "2026-11-24 08:30",
        1,
        "最近更新 2025-12-30，01-01 起监测，到数据截至（11-24 08:30）为 327 天，超过 14 天",
    ),
    (
        "2026-11-12",
        (),
        "2026-11-24 08:30",
        0,
        "没有更新记录，11-12 起监测，到数据截至（11-24 08:30）为 12 天，限 14 天",
    ),
    (
        "2026-11-09",
        (),
        "2026-11-24 08:30",
        1,
        "没有更新记录，11-09 起监测，到数据截至（11-24 08:30）为 15 天，超过 14 天",
    ),
    (
        "2026-01-01",
        ("2026-11-24",),
        "2026-11-24 10:00",
        0,
        "最近更新 11-24，到数据截至（11-24 10:00）为 0 天，限 14 天",
    ),
]


@pytest.mark.parametrize(("since", "posts", "until", "count", "text"), GAPS)
def test_the_gap(since: str, posts: tuple[str, ...], until: str | None, count: int | None, text: str) -> None:
    account = made(since, posts, until)
    found = pre(account, "N2.1")
    assert (found.count, found.text, found.unknown) == (count, text, count is None)
    assert found.known_until == (at(until) if until else None)
    assert found.url == f"/accounts/{account.pk}/activity/"


# state, since; what of N2.1 and Z01 is judged
ENDED_ = [("active", "2026-11-03 09:00", 1), ("closing", "2026-11-03 09:00", 1), ("closed", "2026-11-03 09:00", None)]
ENDED_ += [("cancelled", "2026-11-24 14:05", None), ("closed", "2026-11-24 14:06", 1)]


@pytest.mark.parametrize(("state", "since", "count"), ENDED_)
def test_what_an_account_did_not_publish_after_its_end_is_no_problem(state: str, since: str, count: int | None) -> None:
    account = made(posts=("2026-10-30",), until="2026-11-24 08:30")
    due = {} if state in ("active", "closing") else {"next_update_due_at": None}
    Account.objects.filter(pk=account.pk).update(state=state, state_since=at(since), **due)
    for code in ("N2.1", "Z01", "B01"):
        found = pre(account, code)
        if count is None:
            told = f"账号自 {since[5:10]} {AccountState(state).label}，系统不作判断"
            assert (found.count, found.unknown, found.text) == (None, False, told)
        else:
            assert "系统不作判断" not in found.text
    assert pre(account, "N2.1").count == count


def test_the_limit_is_the_lines() -> None:
    account = made(posts=("2026-11-10",), until="2026-11-24 08:30")
    assert [pre(account, "N2.1", N2_1=limit).count for limit in (13, 14, 15)] == [1, 0, 0]


def test_a_check_of_an_earlier_day_sees_what_was_there_then() -> None:
    account = made(posts=("2026-11-01", "2026-11-20"), until="2026-11-24 08:30")
    found = pre(account, "N2.1", as_of=at("2026-11-16 09:00"))
    assert (found.count, found.known_until) == (1, at("2026-11-16 09:00"))
    assert found.text == "最近更新 11-01，到数据截至（11-16 09:00）为 15 天，超过 14 天"
    assert pre(account, "N2.1").count == 0


@pytest.mark.parametrize(
    ("fields", "count", "text"),
    [
        ({"platform": "app"}, 0, "不适用：移动客户端不按更新次数判断"),
        ({"lost_control_since": at("2026-11-20 09:00")}, None, "账号自 11-20 失控，系统不作判断"),
        ({"state": AccountState.UNFILED, "monitored_from": None}, None, "账号未备案，没有监测更新，请人工核对"),
    ],
)
def test_what_nobody_asks_for(fields: dict[str, Any], count: int | None, text: str) -> None:
    if "platform" in fields:
        fields = fields | {"platform": Platform.objects.get(code=fields["platform"])}
    account = watched("2026-01-01", **fields)
    known(account, posts="2026-11-24 08:30")
    for code in ("N2.1", "Z01"):
        found = pre(account, code)
        assert (found.count, found.text.replace("(APP)", "").replace("（APP）", ""), found.unknown) == (
            count,
            text,
            False,
        )


# --- Z01, Z02 ---------------------------------------------------------------------------------------------------------

WEEKS: list[tuple[dict[str, Any], int | None, str]] = [
    (
        {"posts": ("2026-10-28", "2026-11-04", "2026-11-18"), "until": "2026-11-24 08:30"},
        2,
        "检查期内 5 周，2 周没有更新：10-19 至 10-25、11-09 至 11-15；数据截至 11-24 08:30",
    ),
    (
        {"posts": ("2026-10-20", "2026-10-28", "2026-11-04", "2026-11-11", "2026-11-18"), "until": "2026-11-24 08:30"},
        0,
        "检查期内 5 周，每周都有更新；数据截至 11-24 08:30",
    ),
    (
        {"posts": ("2026-10-20", "2026-10-28", "2026-11-11"), "until": "2026-11-20 10:00"},
        1,
        "检查期内 4 周，1 周没有更新：11-02 至 11-08；11-16 至 11-22待确认，没有计入；数据截至 11-20 10:00",
    ),
    (
        {"until": "2026-11-23 00:00"},
        5,
        "检查期内 5 周，5 周没有更新：10-19 至 10-25、10-26 至 11-01、11-02 至 11-08、11-09 至 11-15等 5 周；"
        "数据截至 11-22 24:00",
    ),
    ({"since": "2026-11-10"}, None, "11-16 至 11-22有没有更新待确认，还没有数据"),
    ({"since": "2026-11-17", "until": "2026-11-24 08:30"}, 0, "检查期内没有满期的监测时段"),
    ({"service": True, "until": "2026-11-24 08:30"}, 0, "不适用：服务号按每月次数判断"),
]


@pytest.mark.parametrize(("fields", "count", "text"), WEEKS)
def test_weeks(fields: dict[str, Any], count: int | None, text: str) -> None:
    found = pre(made(**fields), "Z01")
    assert (found.count, found.text, found.unknown) == (count, text, count is None)


MONTHS: list[tuple[dict[str, Any], int | None, str]] = [
    ({"posts": ("2026-10-08",), "until": "2026-11-24 08:30"}, 3, "10月应 4 次、实 1 次；数据截至 11-24 08:30"),
    (
        {"posts": ("2026-10-08", "2026-10-09", "2026-10-10", "2026-10-11"), "until": "2026-10-20 08:30"},
        0,
        "10月应 4 次、实 4 次；数据截至 10-20 08:30",
    ),
    (
        {"posts": ("2026-10-08",), "until": "2026-10-31 23:59"},
        None,
        "10-01 至 10-31有没有更新待确认，数据截至 10-31 23:59",
    ),
    ({"since": "2026-11-01", "until": "2026-11-24 08:30"}, 0, "检查期内没有满期的监测时段"),
]


@pytest.mark.parametrize(("fields", "count", "text"), MONTHS)
def test_months_of_a_service_account(fields: dict[str, Any], count: int | None, text: str) -> None:
    found = pre(made(service=True, **fields), "Z02")
    assert (found.count, found.text, found.unknown) == (count, text, count is None)


def test_the_number_a_month_is_not_asked_of_another_account() -> None:
    assert (pre(made(), "Z02").count, pre(made(), "Z02").text) == (0, "不适用：不是服务号")


# --- Z03 咨询 ---------------------------------------------------------------------------------------------------------

REPLIES: list[tuple[str, list[dict[str, Any]], str | None, int | None, str]] = [
    # why, questions, messages known until; count, sentence
    ("none asked", [], "2026-11-24 08:30", 0, "检查期内没有到期的咨询；数据截至 11-24 08:30"),
    ("nothing known", [], None, None, "检查期内的留言待确认，还没有数据"),
    ("known to before the period", [], "2026-10-20 00:00", None, "检查期内的留言待确认，数据截至 10-19 24:00"),
    (
        "24 hours to the second",
        [{"asked": "2026-11-20 08:05", "first_reply_at": "2026-11-21 08:05"}],
        "2026-11-24 08:30",
        0,
        "到期 1 条咨询，都按时回复；数据截至 11-24 08:30",
    ),
    (
        "a second more",
        [{"asked": "2026-11-20 08:05", "first_reply_at": "2026-11-21 08:05:01"}],
        "2026-11-24 08:30",
        1,
        "到期 1 条咨询，1 条超时：11-20 08:05 的咨询11-21 08:05 才回复；数据截至 11-24 08:30",
    ),
    (
        "not answered, known to its due time",
        [{"asked": "2026-11-23 08:30"}],
        "2026-11-24 08:30",
        1,
        "到期 1 条咨询，1 条超时：11-23 08:30 的咨询没有回复；数据截至 11-24 08:30",
    ),
    (
        "not answered, known to a minute before",
        [{"asked": "2026-11-23 08:30"}],
        "2026-11-24 08:29",
        None,
        "1 条到期咨询是否回复待确认，数据截至 11-24 08:29",
    ),
    (
        "typed here: it is known",
        [{"asked": "2026-11-23 08:30", "source": "typed"}],
        "2026-11-24 08:29",
        1,
        "到期 1 条咨询，1 条超时：11-23 08:30 的咨询没有回复；数据截至 11-24 08:29",
    ),
    (
        "due 14 days ago: nobody will tell any more",
        [{"asked": "2026-11-09 14:05"}],
        "2026-11-08 00:00",
        1,
        "到期 1 条咨询，1 条超时：11-09 14:05 的咨询没有回复；数据截至 11-07 24:00",
    ),
    (
        "not due yet",
        [{"asked": "2026-11-23 14:06"}],
        "2026-11-24 14:05",
        0,
        "检查期内没有到期的咨询；数据截至 11-24 14:05",
    ),
    ("due at the check", [{"asked": "2026-11-23 14:05"}], "2026-11-24 14:05", 1, ""),
    ("due at the end of the check before", [{"asked": "2026-10-24 14:05"}], "2026-11-24 14:05", 0, ""),
    ("due a second later", [{"asked": "2026-10-24 14:05:01"}], "2026-11-24 14:05", 1, ""),
    ("withdrawn", [{"asked": "2026-11-20 08:05", "withdrawn_at": "2026-11-22 08:00"}], "2026-11-24 08:30", 0, ""),
    ("a suggestion has no limit", [{"asked": "2026-11-20 08:05", "kind": "suggestion"}], "2026-11-24 08:30", 0, ""),
    (
        "late and unknown together",
        [{"asked": "2026-11-20 08:05"}, {"asked": "2026-11-23 09:00"}],
        "2026-11-24 08:30",
        1,
        "到期 2 条咨询，1 条超时：11-20 08:05 的咨询没有回复；另有 1 条是否回复待确认；数据截至 11-24 08:30",
    ),
]


@pytest.mark.parametrize(("why", "asked", "until", "count", "text"), REPLIES)
def test_replies(why: str, asked: list[dict[str, Any]], until: str | None, count: int | None, text: str) -> None:
    account = watched("2026-01-01")
    for fields in asked:
        rest = {name: at(value) if name.endswith("_at") else value for name, value in fields.items() if name != "asked"}
        question(account, fields["asked"], **rest)
    known(account, messages=until)
    found = pre(account, "Z03")
    assert (found.count, found.unknown) == (count, count is None), why
    assert not text or found.text == text
    assert found.url == f"/accounts/{account.pk}/activity/?show=messages"


def test_a_question_that_was_handed_on_or_let_off_is_not_held_against_it() -> None:
    account = watched("2026-01-01")
    known(account, messages="2026-11-24 08:30")
    question(account, "2026-11-20 08:05", handed_to=watched("2026-01-01"))
    late = question(account, "2026-11-20 09:00")
    assert pre(account, "Z03").count == 1
    waive("slow_reply", "message", late.pk, account, late.reply_due_at)
    assert pre(account, "Z03").count == 0


def waive(rule: str, kind: str, pk: int, account: Account, due_at: Any) -> Flag:
    facts: dict[str, Any] = {"rule": rule, "fact_kind": kind, "fact_id": pk, "due_at": due_at, "level": "breach"}
    facts |= {"waived_at": NOW, "waived_by": make_user("示例负责人"), "waive_reason": "平台故障"}
    return Flag.objects.create(unit=account.unit, account=account, raised_at=due_at, **facts)


# --- Z04 备案 ---------------------------------------------------------------------------------------------------------

DUE = "2026-11-13 00:00"
FILINGS: list[tuple[str, str, dict[str, Any], int, str]] = [
    # why, state, its times; count, sentence
    ("in time", "completed", {"first_reported_at": "2026-11-12 23:59:59"}, 0, "到期 1 件备案，都按期报送"),
    (
        "at the due time",
        "completed",
        {"first_reported_at": DUE},
        1,
        "到期 1 件备案，1 件逾期：变更报备应于 11-12 24:00 前报送，11-13 00:00 才报送",
    ),
    ("not yet", "to_report", {}, 1, "到期 1 件备案，1 件逾期：变更报备应于 11-12 24:00 前报送，没有报送"),
    ("withdrawn in time", "withdrawn", {"ended_at": "2026-11-12 20:00"}, 0, ""),
    ("withdrawn after it", "withdrawn", {"ended_at": "2026-11-14 20:00"}, 1, ""),
    ("未发生", "withdrawn", {"ended_at": "2026-11-14 20:00", "not_occurred": True}, 0, "检查期内没有到期的备案"),
    ("暂定", "to_report", {"provisional": True}, 0, ""),
    ("due before the period", "to_report", {"report_due_at": "2026-10-25 14:05"}, 0, ""),
    ("due in it", "to_report", {"report_due_at": "2026-10-25 14:06"}, 1, ""),
    ("due at the check", "to_report", {"report_due_at": "2026-11-24 14:05"}, 1, ""),
    ("due after the check", "to_report", {"report_due_at": "2026-11-24 14:06"}, 0, ""),
    ("never due", "draft", {"report_due_at": None}, 0, ""),
]


def filing(account: Account, state: str, **times: Any) -> Any:
    facts = {"report_due_at": DUE, "kind": "change"} | times
    facts = {
        name: at(value) if isinstance(value, str) and name.endswith("_at") else value for name, value in facts.items()
    }
    if "first_reported_at" in facts:
        facts["reported_at"] = facts["first_reported_at"]
    return make_filing(state, unit=facts.pop("unit", account.unit), account=account, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("why", "state", "times", "count", "text"), FILINGS)
def test_filings(why: str, state: str, times: dict[str, Any], count: int, text: str) -> None:
    account = watched("2026-01-01")
    row = filing(account, state, **times)
    found = pre(account, "Z04")
    assert found.count == count, why
    assert not text or found.text == text
    assert found.known_until == AS_OF
    assert (found.url == f"/filings/{row.pk}/") == (count == 1)


def test_a_late_filing_that_was_let_off_carried_on_or_is_another_units_is_not_counted() -> None:
    account = watched("2026-01-01")
    old = filing(account, "withdrawn", ended_at="2026-11-14 20:00")
    filing(account, "completed", first_reported_at="2026-11-15 10:00", replaces=old)
    filing(account, "completed", first_reported_at="2026-11-15 10:00", unit=make_unit())
    assert pre(account, "Z04").count == 1
    waived = filing(account, "completed", first_reported_at="2026-11-16 10:00")
    assert pre(account, "Z04").count == 2
    waive("overdue_filing", "filing", waived.pk, account, waived.report_due_at)
    assert pre(account, "Z04").count == 1


def test_what_a_merged_unit_filed_late_is_its_heirs() -> None:
    account = watched("2026-01-01")
    filing(account, "to_report", unit=make_unit(status="merged", merged_into=account.unit))
    assert pre(account, "Z04").count == 1


# --- hints ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fields", "count", "hint", "text"),
    [
        ("Z06", {}, None, False, "名称与本单位其他平台一致；头像、认证请打开账号查看"),
        (
            "Z06",
            {"name": "示例名", "name_differs_since": at("2026-11-10 03:00")},
            None,
            True,
            "名称“示例名”与本单位其他平台的账号不一致（11-10 起提示），请核对",
        ),
        ("Z06", {"name_differs_since": at("2026-11-24 14:06")}, None, False, ""),
        ("Z11", {"same_platform_reason": ""}, 0, False, "同平台没有先于它登记的本单位账号"),
        (
            "Z11",
            {"same_platform_reason": "", "doubled_since": at("2026-11-10 03:00"), "platform": "douyin"},
            None,
            True,
            "本单位在抖音已有账号，没有说明理由，请核对",
        ),
        (
            "Z11",
            {"same_platform_reason": "便民服务专用", "doubled_since": at("2026-11-10 03:00"), "platform": "douyin"},
            None,
            True,
            "本单位在抖音已有账号，说明的理由：便民服务专用，请核对",
        ),
        ("N2.2", {"platform": "douyin"}, 0, False, "不适用：不是移动客户端"),
        ("N2.2", {"platform": "app"}, None, False, "请下载、打开，试用主要功能"),
        ("Z05", {"state": "active"}, None, True, "没有登记在任的管理人员，请核对"),
        ("Z05", {"state": "pending"}, None, False, "台账和登记没有出入；请打开账号核对"),
    ],
)
def test_hints_are_shown_and_never_counted(
    code: str, fields: dict[str, Any], count: int | None, hint: bool, text: str
) -> None:
    fields = dict(fields)
    if "platform" in fields:
        fields["platform"] = Platform.objects.get(code=fields["platform"])
    account = make_account(AccountState(fields.pop("state", "active")), **fields)
    found = pre(account, code)
    assert (found.count, found.hint, found.unknown) == (count, hint, False)
    assert not text or found.text == text


def test_a_contract_that_differs_from_what_is_filed_is_told() -> None:
    account = make_account(AccountState.ACTIVE, operation_mode="self")
    Outsourcing.objects.create(account=account, vendor="示例公司", starts_on="2026-01-01", nda=True, reviewer="示例人")
    found = pre(account, "Z05")
    assert (found.count, found.hint) == (None, True)
    assert "登记了委托示例公司运维，备案不是委托运维，请办理变更报备" in found.text


FOLLOWERS: list[tuple[list[tuple[str, int]], int | None, bool, str]] = [
    ([], None, False, "检查期内没有粉丝数记录，请人工核对"),
    ([("2026-11-10", 1200)], 0, False, "粉丝数 11-10 1,200，没有异常变化"),
    ([("2026-10-30", 1000), ("2026-11-20", 1212)], 0, False, "粉丝数 10-30 1,000、11-20 1,212，没有异常变化"),
    (
        [("2026-10-30", 1000), ("2026-11-20", 98000)],
        None,
        True,
        "粉丝数 10-30 1,000、11-20 98,000；11-20（98,000）变化异常，请核实",
    ),
    ([("2026-10-01", 1000), ("2026-10-24", 98000)], None, False, "检查期内没有粉丝数记录，请人工核对"),
]


@pytest.mark.parametrize(("counts", "count", "hint", "text"), FOLLOWERS)
def test_followers(counts: list[tuple[str, int]], count: int | None, hint: bool, text: str) -> None:
    account = watched("2026-01-01")
    for day, n in counts:
        followers(account, day, n)
    hints.refresh(NOW)
    found = pre(account, "N3.2")
    assert (found.count, found.hint, found.text) == (count, hint, text)


def test_a_jump_that_was_let_off_is_no_hint() -> None:
    account = watched("2026-01-01")
    followers(account, "2026-10-30", 1000)
    row = followers(account, "2026-11-20", 98000)
    hints.refresh(NOW)
    waive("follower_jump", "followers", row.pk, account, at("2026-11-20 00:00"))
    assert (pre(account, "N3.2").count, pre(account, "N3.2").hint) == (0, False)


# --- B01 原创 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("originals", "others", "limit", "count", "text"),
    [
        (6, 5, None, None, "11 条中原创 6 条，占 54.5%，数据截至 11-24 08:30"),
        (6, 5, 25, 2, ""),
        (1, 3, 25, 1, "4 条中原创 1 条，占 25.0%，数据截至 11-24 08:30"),
        (2, 1, 25, 2, "3 条中原创 2 条，占 66.7%，数据截至 11-24 08:30"),
        (0, 0, None, 0, "检查期内没有发布记录，数据截至 11-24 08:30"),
    ],
)
def test_originals(originals: int, others: int, limit: int | None, count: int | None, text: str) -> None:
    account = made(until="2026-11-24 08:30")
    post(account, "2026-10-24 10:00", original=True)  # before the period
    for n in range(originals + others):
        post(account, f"2026-11-{n + 1:02} 10:00", original=n < originals)
    found = pre(account, "B01", B01=limit)
    assert found.count == count
    assert not text or found.text == text


# --- all at once ------------------------------------------------------------------------------------------------------


def test_as_many_queries_for_one_account_as_for_many() -> None:
    accounts = [made(posts=("2026-11-20",), until="2026-11-24 08:30", service=n % 3 == 0) for n in range(12)]
    for account in accounts:
        question(account, "2026-11-20 08:05")
        followers(account, "2026-11-20", 10)
        filing(account, "to_report")
    judged = lines()
    counts = []
    for some in (accounts[:2], accounts):
        rows = list(Account.objects.filter(pk__in=[a.pk for a in some]).select_related("platform").order_by("pk"))
        since = {row.pk: SINCE - timedelta(days=n) for n, row in enumerate(rows)}
        with CaptureQueriesContext(connection) as asked:
            found = prejudge(rows, judged, since=since, as_of=AS_OF)
        counts.append(len(asked))
        assert [of["Z04"].count for of in found.values()] == [1] * len(rows)
    assert counts[0] == counts[1] <= 9
