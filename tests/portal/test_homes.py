"""The homes of operators and leaders: what waits, in which order, and what the title finds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import visible_flags
from accounts.flags import run_rule
from accounts.models import Account, Membership, Message, Role, Unit
from filings import approving, unit_merging
from filings.models import Filing
from filings.rules import RULES
from inspections import sweep
from tests.accounts.activity import post, question
from tests.factories import Cast, account, opening, platform, read, unit, user
from tests.inspections.ordered import order
from zhonglou_media.core.clock import day_of, db_now, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_to_confirm")]


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def home(person: User, query: str = "") -> str:
    response = signed_in(person).get(f"/{query}")
    assert response.status_code == 200
    return str(response.content.decode())


def in_order(shown: str, *names: str) -> bool:
    places = [shown.index(name) for name in names]
    return places == sorted(places)


# --- operator -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("known_years")
def test_returned_first_then_what_is_due_then_drafts() -> None:
    cast, now = Cast(), db_now()
    opening("draft", cast, now=now, name="示例草稿", platform="douyin")
    opening("to_report", cast, now=now, name="示例待报", platform="weibo")
    opening("to_report", cast, now=now - timedelta(days=40), name="示例逾期", platform="kuaishou")
    opening("returned", cast, now=now, name="示例退回", platform="toutiao")
    opening("leader_review", cast, now=now, name="示例待批", platform="bilibili")
    shown = home(cast.operator)
    assert "<title>待办4件，其中1件已逾期" in shown
    assert in_order(shown, "示例退回", "示例逾期", "示例待报", "示例草稿", "示例待批")
    assert "请补充说明" in shown
    assert "等主要领导审批（1件）" in shown


@pytest.mark.parametrize(
    ("hours", "order"),
    [
        (30, ("示例退回", "1 条咨询待回复", "示例待报", "1 个账号的数据待确认", "示例草稿")),  # overdue
        (1, ("示例退回", "1 条咨询待回复", "示例待报", "1 个账号的数据待确认", "示例草稿")),  # due within a day
        (-1, ("示例退回", "示例待报", "1 个账号的数据待确认", "示例草稿")),  # none
    ],
)
def test_what_has_no_clock_never_stands_above_what_has_one(hours: int, order: tuple[str, ...]) -> None:
    cast, now = Cast(), db_now()
    opening("draft", cast, now=now, name="示例草稿", platform="douyin")
    opening("to_report", cast, now=now, name="示例待报", platform="weibo")
    opening("returned", cast, now=now, name="示例退回", platform="toutiao")
    short = account(cast.unit, name="示例停报", now=now - timedelta(days=40), platform=platform("wechat"))
    if hours > 0:
        question(short, now - timedelta(hours=hours))
    shown = home(cast.operator)
    assert in_order(shown[shown.index('id="todo-h"') :], *order)
    assert ("1件已逾期" in shown) is (hours == 30)


def test_an_overdue_question_stands_above_an_overdue_report() -> None:
    cast, now = Cast(), db_now()
    opening("to_report", cast, now=now - timedelta(days=40), name="示例逾期", platform="kuaishou")
    question(account(cast.unit, now=now - timedelta(days=1)), now - timedelta(hours=30))
    assert in_order(home(cast.operator), "1 条咨询待回复", "示例逾期")


def test_an_order_stands_among_what_is_to_do_by_its_deadline() -> None:
    cast, now = Cast(), db_now()
    opening("to_report", cast, now=now, name="示例待报", platform="weibo")
    order(account(cast.unit, found=True, name="示例未备案"), now=now)
    shown = home(cast.operator)
    todo = shown[shown.index('id="todo-h"') :]
    assert in_order(todo, "1 个账号被责令关停", "示例待报")
    assert "关停</span>" in todo
    assert "前办理</span>" in todo


def test_what_the_leader_sent_back_says_why_and_comes_first() -> None:
    cast, now = Cast(), db_now()
    opening("to_report", cast, now=now, name="示例待报", platform="weibo")
    filing = opening("leader_review", cast, now=now, name="示例被退", platform="douyin")
    approving.leader_return(filing.pk, by=cast.leader, read=read(filing), now=now, comment="理由请写具体")
    shown = home(cast.operator)
    assert in_order(shown, "示例被退", "示例待报")
    assert "退回：“理由请写具体”" in shown


@pytest.mark.usefixtures("known_years")
def test_the_last_day_is_named() -> None:
    cast = Cast()
    filing = opening("to_report", cast, now=db_now())
    Filing.objects.filter(pk=filing.pk).update(report_due_at=start_of(day_of(db_now()) + timedelta(days=1)))
    shown = home(cast.operator)
    assert "<title>待办1件，其中1件今天截止" in shown
    assert "今日 24:00 前报送均为按期" in shown


def test_an_empty_home_says_what_will_appear() -> None:
    shown = home(Cast().operator)
    for words in ("现在没有待办", "退回的、到期的和未写完的备案会出现在这里", "本单位还没有账号", "没有未解除的预警"):
        assert words in shown


@pytest.mark.usefixtures("known_years")
def test_accounts_and_open_flags_of_the_unit() -> None:
    cast, now = Cast(), db_now()
    account(cast.unit, name="示例本单位账号", platform=platform("weibo"))
    account(name="示例别家账号")
    opening("to_report", cast, now=now - timedelta(days=40), name="示例逾期")
    for rule in RULES:
        run_rule(rule, now)
    for person in (cast.operator, cast.leader):
        shown = home(person)
        assert "逾期未报送" in shown
        assert "新开办备案·示例逾期" in shown
        assert "示例别家账号" not in shown
    assert "示例本单位账号" in home(cast.operator)


def test_the_receiving_unit_sees_drafts_of_a_merger_and_the_flags_that_its_list_counts() -> None:
    cast, now, old = Cast(), db_now(), unit("示例撤销局")
    account(old, name="示例还没有转来")
    account(cast.unit, found=True, name="示例未备案一", platform=platform("weibo"))
    account(old, found=True, name="示例未备案二", platform=platform("kuaishou"))
    unit_merging.merge(old.pk, cast.unit.pk, document="示例文件", on=day_of(now), by=user(Role.ADMIN), now=now)
    account(old, found=True, name="示例未备案三", platform=platform("bilibili"))
    sweep.sweep(now)
    shown = home(cast.operator)
    assert "单位撤并：示例撤销局已并入本单位，主办单位变更已起草" in shown
    context = signed_in(cast.operator).get("/").context
    assert len(context["flags"]) == context["flag_count"] == visible_flags(cast.operator).open().count()
    assert "本单位及所属、并入单位的预警" in shown
    receive = signed_in(cast.operator).get("/filings/receive/").content.decode()
    assert "草稿已有" in receive
    assert f'href="/filings/{Filing.objects.get().pk}/edit/"' in receive


def test_other_units_filings_are_not_mine() -> None:
    opening("to_report", name="示例别家备案")
    assert "示例别家备案" not in home(Cast().operator)


# --- operator: questions and data ------------------------------------------------------------------------------------


def asked(of: Unit, *hours_ago: float) -> None:
    row = account(of, name="示例问答号", now=db_now() - timedelta(days=20), same_platform_reason="示例")
    Account.objects.filter(pk=row.pk).update(posts_known_until=db_now(), last_published_at=db_now())
    for hours in hours_ago:
        question(row, db_now() - timedelta(hours=hours))


def test_unanswered_questions_are_one_thing_to_do_with_its_time() -> None:
    cast = Cast()
    asked(cast.unit, 5, 2)
    shown = home(cast.operator)
    due = due24(db_now() + timedelta(hours=19))[5:10]
    assert "<title>待办1件" in shown
    assert "2 条咨询待回复" in shown
    assert f"最近的应于 {due}" in shown
    assert 'href="/activity/"' in shown
    assert "已超过 24 小时" not in shown
    assert "示例留言" not in shown


def test_a_question_of_more_than_a_day_is_late() -> None:
    cast = Cast()
    asked(cast.unit, 30, 5)
    asked(unit(), 40)  # of another unit
    shown = home(cast.operator)
    assert "<title>待办1件，其中1件已逾期" in shown
    assert "1 条已超过 24 小时" in shown
    assert "其余最近的应于" in shown


def test_answered_and_other_messages_are_nothing_to_do() -> None:
    cast = Cast()
    asked(cast.unit, 30)
    Message.objects.update(first_reply_at=db_now())
    assert "现在没有待办" in home(cast.operator)


def test_accounts_whose_data_end_early_are_one_thing_to_do() -> None:
    cast, now = Cast(), db_now()
    for code, known in (("weibo", now - timedelta(days=14)), ("douyin", None), ("wechat", now)):
        row = account(cast.unit, platform=platform(code), now=now - timedelta(days=20))
        Account.objects.filter(pk=row.pk).update(posts_known_until=known)
    shown = home(cast.operator)
    assert "<title>待办1件" in shown
    assert "2 个账号的数据待确认" in shown
    assert "数据最早只到" in shown
    assert shown.count("去确认") == 1
    assert shown.count("尚无数据") == 1  # 数据截至 stands beside each account


def test_the_unit_is_asked_for_its_data_before_the_update_is_due() -> None:
    """Day 5 is a request: nothing of it is late, and it goes when the data are confirmed."""
    cast, now = Cast(), db_now()
    rows = [account(cast.unit, platform=platform(code), now=now - timedelta(days=6)) for code in ("weibo", "douyin")]
    account(cast.unit, platform=platform("wechat"), now=now - timedelta(days=2))
    account(unit(), now=now - timedelta(days=6))
    shown = home(cast.operator)
    assert "<title>待办1件" in shown
    assert "请登记或确认 2 个账号的数据" in shown
    due = due24(rows[0].next_update_due_at).removeprefix(f"{now:%Y}-")  # type: ignore[arg-type]
    assert f"最早的应于 {due} 前更新。" in shown
    assert "逾期" not in shown.split("<title>")[1].split("</title>")[0]
    assert "数据待确认" not in shown
    assert "到期前登记" in shown
    Account.objects.update(posts_known_until=now)
    assert "现在没有待办" in home(cast.operator)


def test_the_fact_under_a_flag_and_until_when_the_data_reach() -> None:
    cast, now = Cast(), db_now()
    row = account(cast.unit, now=now - timedelta(days=20))
    post(row, now - timedelta(days=10), title="旧闻")
    Account.objects.filter(pk=row.pk).update(posts_known_until=now)
    sweep.sweep(now)
    for person in (cast.operator, cast.leader):
        shown = home(person)
        assert "《旧闻》，应于" in shown
        assert "已持续" in shown
        assert "·数据截至" in shown
        assert 'href="/flags/"' in shown


# --- leader ---------------------------------------------------------------------------------------------------------


def test_what_waits_for_the_leader_opened_ones_first() -> None:
    cast, now = Cast(), db_now()
    opening("leader_review", cast, now=now, name="示例未开", platform="weibo", purpose="为群众办事")
    opened = (day_of(now) - timedelta(days=5)).isoformat()
    opening("leader_review", cast, now=now, name="示例已开", platform="douyin", effective_on=opened)
    opening("to_report", cast, now=now, name="示例待报", platform="kuaishou")
    shown = home(cast.leader)
    assert "<title>2件等您批准，其中1件账号已先开通" in shown
    assert in_order(shown, "示例已开", "示例未开", "已批准，等填报员报送（1件）", "最近批过")
    assert "为群众办事" in shown


def test_warnings_that_cost_nothing_stand_on_the_card() -> None:
    cast, now = Cast(), db_now()
    account(cast.unit, platform=platform("douyin"))
    opening("leader_review", cast, now=now, platform="douyin", same_platform_reason="承接文旅项目")
    opening("leader_review", cast, now=now, platform="weibo", verified_entity="别的单位")
    shown = home(cast.leader)
    assert "已有账号，已写明理由" in shown
    assert "认证主体与主办单位名称不一致" in shown


def test_who_filled_it_in_is_told_to_have_it_signed() -> None:
    cast = Cast()
    Membership.objects.create(user=cast.operator, unit=cast.unit, role=Role.LEADER)
    opening("leader_review", cast, now=db_now())
    shown = home(cast.operator, "?role=leader")
    assert "您填报了这一件，不能自己批准" in shown
    assert "<title>现在没有等您批准的备案" in shown


def test_an_empty_leaders_home() -> None:
    shown = home(Cast().leader)
    assert "现在没有等您批准的备案" in shown
    assert "您批准或退回过的备案会出现在这里" in shown


# --- who sees which -------------------------------------------------------------------------------------------------


def test_a_person_with_two_roles_switches_on_top() -> None:
    cast = Cast()
    Membership.objects.create(user=cast.operator, unit=unit(), role=Role.LEADER)
    assert "等您批准" in home(cast.operator)
    operator = home(cast.operator, "?role=operator")
    assert "现在没有待办" in operator
    assert 'href="/?role=leader"' in operator
    assert "role=leader" not in home(cast.leader)


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_a_home(role: str) -> None:
    home(user(role))


def test_a_person_without_a_membership_is_told_so() -> None:
    response = signed_in(user()).get("/")
    assert response.status_code == 403
    assert "您不能使用本平台" in response.content.decode()


def test_signed_out_people_sign_in_first() -> None:
    assert Client().get("/").status_code == 302


# --- cost -----------------------------------------------------------------------------------------------------------


def queries(person: User) -> int:
    client = signed_in(person)
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    return len(captured)


STATES = ("draft", "to_report", "returned", "leader_review", "completed")
FIRST = ("douyin", "weibo", "kuaishou", "toutiao", "bilibili")
SECOND = ("xiaohongshu", "channels", "netease", "sohu", "dayu")


def fill(cast: Cast, codes: tuple[str, ...]) -> None:
    for state, code in zip(STATES, codes, strict=True):
        opening(state, cast, now=db_now() - timedelta(days=40), platform=code)
    asked(cast.unit, 30, 5)
    sweep.sweep(db_now())


def test_homes_cost_the_same_for_any_number_of_rows() -> None:
    cast = Cast()
    fill(cast, FIRST)
    before = queries(cast.operator), queries(cast.leader)
    fill(cast, SECOND)
    assert Filing.objects.count() == 10
    assert (queries(cast.operator), queries(cast.leader)) == before


def test_six_cards_of_the_leader_cost_as_many_queries_as_one() -> None:
    """Each is an account already open, of which the setting `in_force_from` is asked."""
    cast = Cast()
    now, day = db_now(), "2021-04-06"
    opening("leader_review", cast, now=now, platform="douyin", effective_on=day)
    one = queries(cast.leader)
    for code in ("weibo", "kuaishou", "toutiao", "bilibili", "xiaohongshu"):
        opening("leader_review", cast, now=now, platform=code, effective_on=day)
    assert home(cast.leader).count("已在平台开通，未批先建") == 6
    assert queries(cast.leader) == one
