"""The pages of a lost account, reported by the unit and declared by the supervisor; the page that merges two rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from inspections import losing
from inspections.models import ClosureOrder
from tests.factories import Cast, account, opening
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_from_the_report_to_control_regained(cast: Cast) -> None:
    of, now = account(cast.unit, name="示例发布", now=db_now()), db_now()
    unit, boss = signed_in(cast.operator), signed_in(cast.supervisor)
    assert "报告账号失控" in text(unit.get(f"/accounts/{of.pk}/"))
    today = str(day_of(now))
    answer = unit.post(f"/accounts/{of.pk}/lost/", {"since": today, "what": "账号被盗"}, follow=True)
    assert "已报告区政府办公室，核实后由其负责人认定" in text(answer)

    form = text(boss.get(f"/accounts/{of.pk}/lost/declare/"))
    assert "单位报告账号失控" in form
    assert "账号被盗</textarea>" in form  # taken over from the report
    typed = {"since": today, "reason": "账号被盗", "due_on": str(day_of(now + timedelta(days=7))), "number": ""}
    answer = boss.post(f"/accounts/{of.pk}/lost/declare/", typed, follow=True)
    order = ClosureOrder.objects.get()
    assert f"已认定失控，不再判断更新，责令关停 {order.number} 已下达" in text(answer)
    page = text(unit.get(f"/accounts/{of.pk}/"))
    assert f"这个账号已认定失控（自 {today} 起）" in page
    assert "失控期间不判断更新" in page
    assert boss.post(f"/accounts/{of.pk}/lost/declare/", typed).status_code == 409

    answer = boss.post(f"/accounts/{of.pk}/lost/recover/", {"reason": "申诉成功"}, follow=True)
    assert "已恢复控制，按已有的发布重新判断更新。" in text(answer)
    assert f"责令关停 {order.number} 仍未办结，不再关停的，请撤销它。" in text(answer)
    assert "账号被盗</textarea>" not in text(boss.get(f"/accounts/{of.pk}/lost/declare/"))  # that report is settled


def test_what_was_typed_is_kept(cast: Cast) -> None:
    of = account(cast.unit)
    answer = signed_in(cast.operator).post(f"/accounts/{of.pk}/lost/", {"since": "2031-01-01", "what": "被盗三天了"})
    assert answer.status_code == 422
    assert "失控日期不能晚于今天，请核对。" in text(answer)
    assert "被盗三天了" in text(answer)
    boss = signed_in(cast.supervisor)
    answer = boss.post(f"/accounts/{of.pk}/lost/declare/", {"since": "", "reason": "写好的理由", "due_on": ""})
    assert answer.status_code == 422
    assert "请填写从哪一天起失控。" in text(answer)
    assert "写好的理由" in text(answer)
    assert boss.post(f"/accounts/{of.pk}/lost/recover/", {"reason": "x"}).status_code == 409
    assert boss.post(f"/accounts/{of.pk}/lost/recover/", {"reason": ""}).status_code == 422


def test_a_report_waits_on_the_supervisors_home_until_it_is_decided(cast: Cast) -> None:
    of, now = account(cast.unit, name="示例被盗号", now=db_now()), db_now()
    boss, waits = signed_in(cast.supervisor), "单位报告账号失控，待认定（1个）"
    losing.report(of.pk, since=day_of(now), what="账号被盗", by=cast.operator, now=now)
    home = text(boss.get("/"))
    assert waits in home
    assert f"/accounts/{of.pk}/lost/declare/" in home
    assert waits not in text(signed_in(cast.officer).get("/"))
    address = f"/accounts/{of.pk}/lost/dismiss/"
    answer = boss.post(address, {"reason": " "})
    assert (answer.status_code, "data-zl-open" in text(answer)) == (422, True)
    answer = boss.post(address, {"reason": "已经找回密码"}, follow=True)
    assert f"没有认定“示例被盗号”失控，{cast.unit}已收到通知" in text(answer)
    assert "已经找回密码" in Notice.objects.get(user=cast.operator).text
    assert waits not in text(boss.get("/"))
    assert boss.post(address, {"reason": "再来一次"}).status_code == 409
    losing.report(of.pk, since=day_of(now), what="又被盗", by=cast.operator, now=now)
    assert waits in text(boss.get("/"))
    losing.declare(of.pk, since=day_of(now), reason="属实", due_on=day_of(now), by=cast.supervisor, now=now)
    assert losing.reported() == []


def test_nothing_is_lost_before_anything_is_known_of_it(cast: Cast) -> None:
    of = account(cast.unit, now=db_now())
    answer = signed_in(cast.operator).post(f"/accounts/{of.pk}/lost/", {"since": "2000-01-01", "what": "被盗"})
    assert answer.status_code == 422
    assert f"失控日期不能早于 {of.monitored_from}" in text(answer)


def test_two_rows_are_chosen_compared_and_merged(cast: Cast) -> None:
    keep = account(cast.unit, name="示例发布", uid="")
    drop = account(cast.unit, found=True, name="示例发布官方", uid="dy-1")
    boss = signed_in(cast.supervisor)
    assert f"?other={keep.pk}" in text(boss.get(f"/accounts/{drop.pk}/merge/"))
    page = text(boss.get(f"/accounts/{drop.pk}/merge/?other={keep.pk}"))  # begun from the one that goes
    assert "“示例发布官方”并入“示例发布”" in page
    assert "账号ID“dy-1”随之登记。" in page
    typed = {"keep": keep.pk, "drop": drop.pk, "reason": ""}
    answer = boss.post(f"/accounts/{drop.pk}/merge/", typed)
    assert (answer.status_code, "请写明理由。" in text(answer)) == (422, True)
    answer = boss.post(f"/accounts/{drop.pk}/merge/", {**typed, "reason": "核实同一账号"}, follow=True)
    assert "已合并：1 个名称转到“示例发布”名下，另一个账号作废" in text(answer)
    assert "它的备案和数据并入了另一个账号" in text(boss.get(f"/accounts/{drop.pk}/"))
    assert boss.post(f"/accounts/{keep.pk}/merge/", {**typed, "reason": "再来一次"}).status_code == 409
    assert Account.objects.get(pk=keep.pk).uid == "dy-1"


def test_rows_that_cannot_be_merged_say_why(cast: Cast) -> None:
    one = account(cast.unit, found=True, name="示例发布", uid="a")
    other = account(cast.unit, found=True, name="示例发布官方", uid="b")
    boss = signed_in(cast.supervisor)
    page = text(boss.get(f"/accounts/{one.pk}/merge/?other={other.pk}"))
    assert "两个账号的账号ID不同（a、b），不是同一个账号" in page
    assert 'name="reason"' not in page
    lonely = opening("to_report", Cast()).account
    assert lonely is not None
    assert "没有可能重复的账号" in text(boss.get(f"/accounts/{lonely.pk}/merge/"))
    assert boss.get(f"/accounts/{one.pk}/merge/?other=99999999999999999999").status_code == 200
