"""The sentence under a flag, its age and 数据截至: what people read instead of a rule's code."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import due_times, hints, wording
from accounts.flags import RuleCode, run_rule
from accounts.models import Account, AccountState, Flag, Followers, Message, Outsourcing, Publication
from accounts.rules import RULES
from tests.factories import account, at, platform, unit

pytestmark = pytest.mark.django_db

NOW = at("2026-11-24 14:05")


def flag(of: Account, rule: str, due: str, *, kind: str = "account", fact: int | None = None, **fields: Any) -> Flag:
    """A flag as a sweep would have raised it."""
    return Flag.objects.create(
        rule=rule, level="breach", unit=of.unit, account=of, fact_kind=kind, fact_id=fact or of.pk,
        due_at=at(due), **{"raised_at": at(due), **fields},
    )  # fmt: skip


def post(of: Account, when: str, title: str = "", **fields: Any) -> Publication:
    external = f"p{Publication.objects.count()}"
    return Publication.objects.create(
        account=of, external_id=external, title=title, published_at=at(when), source="import", **fields
    )


def watched(monitored_from: str = "2026-10-01", **fields: Any) -> Account:
    row = account(name="示例号", **fields)
    Account.objects.filter(pk=row.pk).update(monitored_from=monitored_from)
    row.refresh_from_db()
    return row


def said(of: Flag) -> str:
    flag = Flag.objects.get(pk=of.pk)
    return wording.Facts.of([flag], NOW).sentence(flag)


def known(of: Flag) -> str:
    flag = Flag.objects.get(pk=of.pk)
    return str(wording.Facts.of([flag], NOW).known(flag))


# --- 超期未更新 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posts", "due", "words"),
    [
        (
            ["2026-11-10 09:00 旧闻", "2026-11-15 10:00 便民服务"],
            "2026-11-23 00:00",
            "最近更新 11-15《便民服务》，应于 11-22 24:00 前更新",
        ),
        (["2026-11-15 10:00 "], "2026-11-23 00:00", "最近更新 11-15，应于 11-22 24:00 前更新"),
        ([], "2026-10-09 00:00", "自 10-01 起监测，没有发布记录，应于 10-08 24:00 前更新"),
        (
            ["2025-12-31 23:59 去年"],
            "2026-10-09 00:00",
            "自 10-01 起监测，最近更新 2025-12-31《去年》，应于 10-08 24:00 前更新",
        ),
        (
            # what was published since belongs to the next due time
            ["2026-11-15 10:00 之前", "2026-11-23 08:00 之后"],
            "2026-11-23 00:00",
            "最近更新 11-15《之前》，应于 11-22 24:00 前更新",
        ),
    ],
)
def test_what_was_published_last_and_until_when_the_next_was_due(posts: list[str], due: str, words: str) -> None:
    row = watched()
    for text in posts:
        day, hour, title = text.split(" ", 2)
        post(row, f"{day} {hour}", title)
    assert said(flag(row, "inactive", due)) == words


def test_a_removal_that_moved_the_due_time_back_is_named() -> None:
    row = watched()
    post(row, "2026-11-15 10:00", "留下的")
    post(row, "2026-11-18 10:00", "删掉的", removed_at=at("2026-11-19 10:00"))
    due_times.recompute([row.pk])
    words = "删除后，最近更新 11-15《留下的》，应于 11-22 24:00 前更新"
    assert said(flag(row, "inactive", "2026-11-23 00:00")) == words


def test_a_service_account_is_told_its_month() -> None:
    row = watched("2026-01-01", platform=platform("wechat"), kind="service")
    for day in ("2026-10-02 09:00", "2026-10-30 09:00", "2026-11-01 09:00"):
        post(row, day)
    words = "2026 年 10 月发布 2 次，应发布 4 次，应于 10-31 24:00 前更新"
    assert said(flag(row, "inactive", "2026-11-01 00:00")) == words


# --- 数据待确认 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "words", "short"),
    [
        (
            "2026-11-19 17:00",
            "应于 11-23 24:00 前更新，但数据只到 11-19 17:00",
            "数据截至 11-19 17:00",
        ),
        (None, "应于 11-23 24:00 前更新，但还没有发布数据", "尚无数据"),
        ("2026-11-24 09:00", "应于 11-23 24:00 前更新，当时的数据没有到这一刻", "数据截至 11-24 09:00"),
    ],
)
def test_data_that_end_early_say_when(until: str | None, words: str, short: str) -> None:
    row = watched()
    Account.objects.filter(pk=row.pk).update(posts_known_until=at(until) if until else None)
    raised = flag(row, "no_data", "2026-11-24 00:00")
    assert (said(raised), known(raised)) == (words, short)


# --- 超 24 小时未回复 -----------------------------------------------------------------------------------------------


def question(of: Account, asked: str, **fields: Any) -> Message:
    return Message.objects.create(
        account=of, external_id=f"m{Message.objects.count()}", kind="inquiry", body="门牌号是多少",
        asked_at=at(asked), received_at=at(asked), reply_due_at=at(asked) + timedelta(hours=24),
        **{"source": "import", **fields},
    )  # fmt: skip


def test_a_question_is_told_by_its_time_and_never_by_its_words() -> None:
    row = watched()
    asked = question(row, "2026-11-23 08:05")
    raised = flag(row, "slow_reply", "2026-11-24 08:05", kind="message", fact=asked.pk)
    assert said(raised) == "11-23 08:05 的咨询，应于 11-24 08:05 前回复"
    assert known(raised) == "尚无数据"
    Account.objects.filter(pk=row.pk).update(messages_known_until=at("2026-11-24 08:30"))
    assert known(raised) == "数据截至 11-24 08:30"


def test_a_question_typed_by_the_unit_is_judged_without_further_data() -> None:
    row = watched()
    asked = question(row, "2026-11-23 08:05", source="typed")
    assert known(flag(row, "slow_reply", "2026-11-24 08:05", kind="message", fact=asked.pk)) == "单位登记"


def test_a_late_reply_is_named() -> None:
    row = watched()
    asked = question(row, "2026-11-20 00:00", first_reply_at=at("2026-11-22 10:30"))
    raised = flag(row, "slow_reply", "2026-11-21 00:00", kind="message", fact=asked.pk)
    assert said(raised) == "11-20 00:00 的咨询，应于 11-20 24:00 前回复，11-22 10:30 才回复"


# --- 私自重新上线 and the hints --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "ended"), [(AccountState.CANCELLED, "已注销"), (AccountState.CLOSED, "已关停")])
def test_an_account_that_came_back_says_when_it_ended_and_what_it_published(state: str, ended: str) -> None:
    row = watched()
    Account.objects.filter(pk=row.pk).update(state=state, state_since=at("2025-08-30 16:00"), next_update_due_at=None)
    post(row, "2025-08-29 10:00", "以前的")
    post(row, "2026-11-16 10:00", "又来了")
    post(row, "2026-11-20 10:00", "再来")
    raised = flag(row, "revived", "2025-08-30 16:00", raised_at=at("2026-11-16 14:05"))
    assert said(raised) == f"2025-08-30 {ended}，11-16 又发布《又来了》"
    assert wording.age(raised, NOW) == "8 天"  # not since the closing


def test_hints_name_what_differs() -> None:
    of = unit()
    first = account(of, platform=platform("weibo"), name="示例发布")
    second = account(of, platform=platform("douyin"), name="示例在线")
    third = account(of, platform=platform("weibo"), name="示例二号", same_platform_reason="存量待说明")
    followers = [("2026-11-19", 1200), ("2026-11-20", 15000)]
    rows = [Followers.objects.create(account=first, day=day, count=n, source="import") for day, n in followers]
    mismatch = flag(second, "name_mismatch", "2026-11-20 02:00")
    assert said(mismatch) == "“示例在线”与本单位新浪微博账号的名称“示例发布”不一致"
    doubled = flag(third, "same_platform", "2026-11-20 02:00")
    assert said(doubled) == "本单位在新浪微博另有“示例发布”，说明：存量待说明"
    jump = flag(first, "follower_jump", "2026-11-20 00:00", kind="followers", fact=rows[1].pk)
    assert said(jump) == "11-20 粉丝数由 1,200 变为 15,000"
    assert {known(one) for one in (mismatch, doubled, jump)} == {"不涉及"}


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"weibo": "示例发布"}, "新浪微博账号的名称“示例发布”"),
        # one more that differs is not the unit's name; the one that most have is
        ({"weibo": "示例街道", "wechat": "示例发布", "kuaishou": "示例发布"}, "微信公众号、快手账号的名称“示例发布”"),
        (
            {"weibo": "示例发布", "wechat": "示例发布", "kuaishou": "示例发布", "toutiao": "示例发布"},
            "新浪微博、微信公众号、快手等 4 个平台账号的名称“示例发布”",
        ),
    ],
)
def test_a_name_is_compared_with_the_units_own(others: dict[str, str], words: str) -> None:
    of = unit()
    for code, name in others.items():
        account(of, platform=platform(code), name=name)
    account(of, platform=platform("bilibili"), name="示例发布", found=True)  # not watched: it names nobody
    hinted = account(of, platform=platform("douyin"), name="示例在线")
    hints.refresh(at("2026-11-20 02:30"))
    run_rule(next(rule for rule in RULES if rule.code == RuleCode.NAME_MISMATCH), at("2026-11-20 02:31"))
    raised = Flag.objects.get(account=hinted)
    assert said(raised) == f"“示例在线”与本单位{words}不一致"


def test_an_unfiled_account_says_since_when_it_is_known() -> None:
    found = account(found=True, now=at("2026-11-13 02:24"), verified_entity="示例民政局")
    run_rule(RULES[0], NOW)
    raised = Flag.objects.get(account=found)
    assert said(raised) == "11-13 02:24 发现，认证主体为“示例民政局”，没有备案"
    assert known(raised) == "不涉及"


def test_every_rule_of_the_register_has_its_sentence() -> None:
    of_filings = {RuleCode.OVERDUE_FILING, RuleCode.OVERDUE_CORRECTION}
    assert set(wording.SENTENCES) == set(RuleCode) - of_filings


# --- age --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "ended", "words"),
    [
        ("2026-11-12 00:00", {}, "已持续 12 天"),
        ("2026-11-24 08:05", {}, "已持续 6 小时"),
        ("2026-11-24 14:00", {}, "已持续 5 分钟"),
        ("2026-11-12 00:00", {"cleared_at": at("2026-11-15 00:00")}, "持续了 3 天"),
    ],
)
def test_how_long_a_flag_stands(due: str, ended: dict[str, Any], words: str) -> None:
    raised = flag(watched(), "inactive", due, **ended)
    assert wording.age_sentence(raised, NOW) == words


# --- cost -------------------------------------------------------------------------------------------------------------


def one_of_each() -> None:
    row = watched("2026-01-01", platform=platform("wechat"), kind="service")
    other = watched()
    post(other, "2026-11-15 10:00", "标题")
    asked = question(other, "2026-11-23 08:05")
    count = Followers.objects.create(account=other, day=date(2026, 11, 20), count=15000, source="import")
    flag(row, "inactive", "2026-11-01 00:00")
    flag(other, "inactive", "2026-11-23 00:00")
    flag(other, "no_data", "2026-11-23 00:00")
    flag(other, "revived", "2026-11-01 00:00")
    flag(other, "slow_reply", "2026-11-24 08:05", kind="message", fact=asked.pk)
    flag(other, "name_mismatch", "2026-11-20 00:00")
    flag(other, "same_platform", "2026-11-20 00:00")
    flag(other, "follower_jump", "2026-11-20 00:00", kind="followers", fact=count.pk)
    flag(account(found=True), "unfiled_account", "2026-11-20 00:00")
    flag(other, "no_custodian", "2026-11-20 00:00")
    kept = {"vendor": "示例传媒", "starts_on": date(2026, 11, 1)}
    contract = Outsourcing.objects.get_or_create(account=other, ended_on=None, defaults=kept)[0]
    flag(other, "vendor_lapsed", "2026-11-01 00:00", kind="outsourcing", fact=contract.pk)


def cost() -> int:
    flags = list(Flag.objects.select_related("unit", "account__platform"))
    with CaptureQueriesContext(connection) as captured:
        facts = wording.Facts.of(flags, NOW)
        assert all(facts.sentence(row) and str(facts.known(row)) and wording.age(row, NOW) for row in flags)
    return len(captured)


def test_a_hundred_flags_cost_as_many_queries_as_one_of_each() -> None:
    one_of_each()
    few = cost()
    for _ in range(10):
        one_of_each()
    assert Flag.objects.count() == 121
    assert cost() == few
    assert few <= 9
