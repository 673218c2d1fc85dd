"""The pages of 前置申请: who may, what they show, and that nothing typed is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role
from filings import preapprovals, preapproving
from filings.models import Filing, PreApproval
from tests.factories import NOW, PDF, Cast, at, platform, preapproval, unit, user
from tests.filings.asking import asked_new, asked_to_keep, department, wechat
from tests.filings.test_opening_pages import page, signed_in
from zhonglou_media.core.clock import day_of, db_now

pytestmark = pytest.mark.django_db


def ask(client: Client, **typed: object) -> Any:
    facts = {"platform": platform("wechat").pk, "account_name": "示例局服务", "reason": "面向群众办事", **typed}
    return client.post("/preapprovals/new/", facts)


def decide(client: Client, row: PreApproval, **typed: str) -> Any:
    return client.post(f"/preapprovals/{row.pk}/decide/", {f"decide-{name}": value for name, value in typed.items()})


# --- the list -------------------------------------------------------------------------------------------------------


def test_each_sees_what_is_theirs_and_what_comes_next() -> None:
    cast, other = department(), department()
    wechat(cast, name="示例未问公众号")
    asked_to_keep(other, wechat(other, name="示例已问公众号"))
    asked_new(other, name="示例新公众号")
    own = page(signed_in(cast.operator).get("/preapprovals/"))
    assert "1个公众号未获批准保留" in own
    assert "申请新建" in own
    assert "申请保留" in own
    assert "示例已问公众号" not in own
    decides = page(signed_in(cast.supervisor).get("/preapprovals/"))
    assert "2件前置申请待决定，1个公众号未获批准保留" in decides  # the other one waits
    assert "先办：待决定（2件）" in decides
    assert "示例新公众号" in decides
    assert "待单位申请" in decides
    assert "申请保留<span" not in decides
    street = page(signed_in(Cast().operator).get("/preapprovals/"))
    assert "贵单位不是区级部门，不需要前置申请" in street
    assert "还没有决定过的申请" in street


def test_the_list_costs_the_same_for_many(django_assert_max_num_queries: Callable[..., Any]) -> None:
    for _ in range(6):
        cast = department()
        wechat(cast)
        asked_new(cast)
        asked_to_keep(cast, wechat(cast, same_platform_reason="示例"))
        preapproval(cast.unit)
    client = signed_in(cast.supervisor)
    with django_assert_max_num_queries(24):
        assert client.get("/preapprovals/").status_code == 200


# --- asking ---------------------------------------------------------------------------------------------------------


def test_a_new_one_is_asked_for_with_its_paper_which_only_readers_get() -> None:
    cast = department()
    client = signed_in(cast.operator)
    paper = SimpleUploadedFile("申请.pdf", PDF)
    shown = client.post(
        "/preapprovals/new/",
        {"platform": platform("app").pk, "account_name": "示例办事", "reason": "办事", "paper": paper},
        follow=True,
    )
    row = PreApproval.objects.get()
    assert (row.state, row.paper_name, row.platform.code) == ("asked", "申请.pdf", "app")
    assert "接下来由区政府办公室负责人决定" in page(shown)
    assert "等区政府办公室负责人决定" in page(shown)
    address = f"/preapprovals/{row.pk}/paper/"
    assert b"".join(client.get(address).streaming_content) == PDF
    assert signed_in(department().operator).get(address).status_code == 404
    assert signed_in(user(Role.ADMIN)).get(address).status_code == 403


def test_what_was_typed_and_sent_stays_when_something_lacks() -> None:
    client = signed_in(department().operator)
    answer = ask(client, reason="", paper=SimpleUploadedFile("盖章.pdf", PDF))
    assert answer.status_code == 422
    shown = page(answer)
    assert "请写明申请理由。" in shown
    assert 'value="示例局服务"' in shown
    assert "“盖章.pdf”已收到" in shown
    again = ask(client, kept=shown.split('name="kept" value="')[1].split('"')[0])
    assert again.status_code == 302
    assert PreApproval.objects.get().paper_name == "盖章.pdf"
    assert "已申请新建微信公众号" in page(twice := ask(client))
    assert twice.status_code == 409
    assert ask(client, account_name="示" * 31).status_code == 422
    assert ask(client, paper=SimpleUploadedFile("假.pdf", b"no")).status_code == 422


def test_an_operator_of_a_street_is_led_to_the_filing() -> None:
    shown = page(signed_in(Cast().operator).get("/preapprovals/new/", follow=True))
    assert "新开账号不需要前置申请，请直接新建备案" in shown


def test_keeping_an_account_is_asked_for_by_its_own_operator() -> None:
    cast = department()
    now = db_now()
    row = wechat(cast, name="示例局公众号", now=now)
    address = f"/preapprovals/retain/{row.pk}/"
    client = signed_in(cast.operator)
    assert f"{day_of(now) + timedelta(days=90)} 24:00 前申请" in page(client.get(address))
    assert client.post(address, {"reason": ""}).status_code == 422
    shown = page(client.post(address, {"reason": "粉丝多"}, follow=True))
    assert "待区府办决定" in shown
    made = PreApproval.objects.get()
    assert client.get(address).url == f"/preapprovals/{made.pk}/"
    assert client.post(address, {"reason": "再问"}).status_code == 409
    assert signed_in(department().operator).get(address).status_code == 404
    weibo = wechat(Cast(unit(kind="town")))
    assert signed_in(user(Role.OPERATOR, weibo.unit)).get(f"/preapprovals/retain/{weibo.pk}/").status_code == 302


# --- the decision ---------------------------------------------------------------------------------------------------


def test_granted_and_the_operator_goes_on_to_the_filing() -> None:
    cast = department()
    row = asked_new(cast)
    client = signed_in(cast.supervisor)
    assert decide(client, row).status_code == 422
    assert "批准的请填写批准文号" in page(decide(client, row, decision="grant", comment="同意"))
    assert decide(client, row, decision="grant", document_no="示例〔2026〕1号").status_code == 302
    late = decide(client, row, decision="refuse", comment="想好的理由")
    assert late.status_code == 409
    assert "想好的理由" in page(late)
    operator = signed_in(cast.operator)
    assert "用这个文号新建备案" in page(operator.get(f"/preapprovals/{row.pk}/"))
    opened = operator.post(f"/preapprovals/{row.pk}/open/")
    filing = Filing.objects.get()
    assert opened.url == f"/filings/{filing.pk}/edit/"
    typed = filing.draft.data
    assert (typed["platform"], typed["name"], typed["preapproval_no"]) == ("wechat", "示例局服务", "示例〔2026〕1号")
    assert operator.post(f"/preapprovals/{row.pk}/open/").url == opened.url  # the draft there is


def test_a_refused_retention_shows_what_it_started() -> None:
    cast = department()
    row = asked_to_keep(cast, wechat(cast, name="示例旧号"))
    client = signed_in(cast.supervisor)
    lacking = decide(client, row, decision="refuse", comment="整合")
    assert lacking.status_code == 422
    assert "不予保留的，请填写关停期限" in page(lacking)
    assert "不予保留后该账号须关停，请勾选确认" in page(lacking)
    assert "整合" in page(lacking)
    past = decide(client, row, decision="refuse", comment="整合", act_by="2020-01-01", confirmed="on")
    assert "关停期限不能早于今天" in page(past)
    done = decide(client, row, decision="refuse", comment="整合", act_by="2099-12-31", confirmed="on")
    assert done.status_code == 302
    shown = page(signed_in(cast.operator).get(f"/preapprovals/{row.pk}/"))
    assert "应于 2099-12-31 24:00 前办结关停。关停报备的草稿已经建好" in shown
    assert f"/filings/{Filing.objects.get().pk}/" in shown
    assert "不予批准前置申请" in shown


def test_a_live_filing_is_named_where_no_closure_could_start() -> None:
    cast = department()
    row = asked_to_keep(cast)
    PreApproval.objects.filter(pk=row.pk).update(state="asked")
    change = Filing.objects.create(kind="change", unit=cast.unit, account=row.account, created_at=NOW)
    by = {"by": cast.supervisor, "now": NOW, "decision": "示例"}
    preapproving.refuse(row.pk, act_by=at("2026-12-31 00:00").date(), **by)  # type: ignore[arg-type]
    shown = page(signed_in(cast.leader).get(f"/preapprovals/{row.pk}/"))
    assert "该账号有一件办理中的备案，先办完或撤回，再新建关停报备" in shown
    assert f"/filings/{change.pk}/" in shown


# --- the homes ------------------------------------------------------------------------------------------------------


def test_homes_and_the_navigation_say_what_waits() -> None:
    cast = department()
    row = wechat(cast, now=at("2026-11-01 09:00"))
    preapprovals.list_retentions(NOW)
    shown = page(signed_in(cast.operator).get("/"))
    assert "1 个微信公众号要申请保留" in shown
    assert "应于 2027-01-30 24:00 前申请" in shown or "应于 01-30 24:00 前申请" in shown
    asked_to_keep(cast, row)
    assert "要申请保留" not in page(signed_in(cast.operator).get("/"))
    office = page(signed_in(cast.supervisor).get("/"))
    assert "前置申请待决定（1件）" in office
    assert "前置申请待决定" not in page(signed_in(cast.officer).get("/"))
