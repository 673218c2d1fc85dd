"""The leader approves or returns on one screen; what was read counts, and an old sign-in asks for the password."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Role
from filings import approving, drafting
from filings.models import Filing, FilingState
from tests.factories import Cast, account, opening, platform, read, unit, user
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "Zhonglou-test-2021"


def signed_in(person: User, *, minutes_ago: int | None = 1) -> Client:
    client = Client()
    client.force_login(person)
    if minutes_ago is not None:
        session = client.session
        session["signed_in_at"] = int((db_now() - timedelta(minutes=minutes_ago)).timestamp())
        session.save()
    return client


def waiting(**fields: Any) -> Filing:
    return opening("leader_review", now=db_now(), **fields)


def decision(filing: Filing, what: str = "approve", **fields: Any) -> dict[str, Any]:
    reading = read(filing)
    return {"decision": what, "revision": reading.revision, "sm3": reading.sm3, "comment": "", **fields}


def page(response: Any) -> str:
    return str(response.content.decode())


def test_one_screen_says_what_why_and_what_the_rules_say() -> None:
    cast = Cast()
    account(cast.unit, platform=platform("weibo"), name="示例别名")
    said = {"name": "示例新账号", "purpose": "为群众办事", "verified_entity": "别的"}
    filing = opening("leader_review", cast, now=db_now(), **said)
    shown = page(signed_in(cast.leader).get(f"/filings/{filing.pk}/approve/"))
    for words in ("示例新账号", "为群众办事", "认证主体与主办单位名称不一致", "名称“示例别名”不同", "第六条"):
        assert words in shown
    assert read(filing).sm3 in shown
    assert "登录密码" not in shown


def test_an_account_opened_before_its_approval_is_named() -> None:
    yesterday = day_of(db_now()) - timedelta(days=1)
    filing = waiting(effective_on=yesterday.isoformat())
    assert "属未批先建" in page(signed_in(filing.cast.leader).get(f"/filings/{filing.pk}/approve/"))
    today = waiting(effective_on=day_of(db_now()).isoformat())
    assert "属未批先建" not in page(signed_in(today.cast.leader).get(f"/filings/{today.pk}/approve/"))


def test_approving_says_who_reports_by_when() -> None:
    filing = waiting()
    response = signed_in(filing.cast.leader).post(f"/filings/{filing.pk}/approve/", decision(filing), follow=True)
    filing.refresh_from_db()
    assert (filing.state, filing.leader) == (FilingState.TO_REPORT, filing.cast.leader)
    assert response.redirect_chain[-1][0] == "/"
    assert f"已批准“{filing.account_label}”" in page(response)


def test_returning_needs_a_reason_and_keeps_the_dialog_open() -> None:
    filing = waiting()
    client = signed_in(filing.cast.leader)
    response = client.post(f"/filings/{filing.pk}/approve/", decision(filing, "return"))
    assert response.status_code == 422
    assert "请写明退回的理由" in page(response)
    assert 'id="back" aria-labelledby="back-h" data-zl-open' in page(response)
    done = client.post(f"/filings/{filing.pk}/approve/", decision(filing, "return", comment="写具体"), follow=True)
    assert "已退回" in page(done)
    assert events.timeline(filing).last().comment == "写具体"


def test_an_old_sign_in_asks_for_the_password_and_loses_nothing() -> None:
    filing = waiting()
    leader = filing.cast.leader
    leader.set_password(PASSWORD)
    leader.save()
    client = signed_in(leader, minutes_ago=11)
    address = f"/filings/{filing.pk}/approve/"
    assert "登录密码" in page(client.get(address))
    for given, sentence in (("", "请再输一次登录密码"), ("wrong", "密码不对")):
        response = client.post(address, decision(filing, comment="同意开设", password=given))
        assert response.status_code == 422
        assert sentence in page(response)
        assert "同意开设" in page(response)
        assert 'id="ok" aria-labelledby="ok-h" data-zl-open' in page(response)
        assert PASSWORD not in page(response)
    assert client.post(address, decision(filing, comment="同意开设", password=PASSWORD)).status_code == 302
    assert Filing.objects.get().state == FilingState.TO_REPORT
    another = opening("leader_review", filing.cast, now=db_now(), platform="weibo")
    assert "登录密码" not in page(client.get(f"/filings/{another.pk}/approve/"))


def test_a_session_that_does_not_know_its_sign_in_asks_too() -> None:
    filing = waiting()
    client = signed_in(filing.cast.leader, minutes_ago=None)
    assert client.post(f"/filings/{filing.pk}/approve/", decision(filing)).status_code == 422
    assert Filing.objects.get().state == FilingState.LEADER_REVIEW


def test_wrong_passwords_count_towards_the_lock_out(axes: None) -> None:
    filing = waiting()
    client = signed_in(filing.cast.leader, minutes_ago=11)
    answers = [
        client.post(f"/filings/{filing.pk}/approve/", decision(filing, password="wrong")).status_code for _ in range(6)
    ]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_what_has_moved_on_is_shown_with_its_differences_and_nothing_is_lost() -> None:
    filing = waiting(intro="旧简介")
    cast = filing.cast
    old = decision(filing, comment="同意")
    drafting.recall(filing.pk, by=cast.operator, now=db_now())
    drafting.save_draft(filing.pk, by=cast.operator, data={"intro": "新简介"}, now=db_now())
    drafting.submit(filing.pk, by=cast.operator, now=db_now())
    client = signed_in(cast.leader)
    response = client.post(f"/filings/{filing.pk}/approve/", old)
    shown = page(response)
    assert response.status_code == 409
    for words in ("您看的是第1版", "<del>旧简介</del>", "<ins>新简介</ins>", "同意", read(filing).sm3):
        assert words in shown
    assert Filing.objects.get().state == FilingState.LEADER_REVIEW
    assert client.post(f"/filings/{filing.pk}/approve/", decision(filing, comment="同意")).status_code == 302


def test_who_was_second_learns_who_was_first_and_keeps_the_comment() -> None:
    filing = waiting()
    second = user(Role.LEADER, filing.unit)
    typed = decision(filing, comment="我也同意")
    approving.leader_approve(filing.pk, by=filing.cast.leader, read=read(filing), now=db_now())
    response = signed_in(second).post(f"/filings/{filing.pk}/approve/", typed)
    assert response.status_code == 409
    assert f"{filing.cast.leader.name}" in page(response)
    assert "已办理“主要领导批准”" in page(response)
    assert "我也同意" in page(response)


def test_a_forged_page_is_refused() -> None:
    filing = waiting()
    client = signed_in(filing.cast.leader)
    for fields in ({"revision": "x"}, {"sm3": ""}, {"decision": "both"}, {"sm3": "0" * 64}):
        response = client.post(f"/filings/{filing.pk}/approve/", decision(filing, what="approve") | fields)
        assert response.status_code in (409, 422)
    assert Filing.objects.get().state == FilingState.LEADER_REVIEW


def test_the_second_look_shows_what_changed_since_the_last() -> None:
    filing = waiting(verified_entity="示例文化站")
    cast = filing.cast
    approving.leader_return(filing.pk, by=cast.leader, read=read(filing), now=db_now(), comment="要写单位全称")
    drafting.save_draft(filing.pk, by=cast.operator, data={"verified_entity": cast.unit.name}, now=db_now())
    drafting.submit(filing.pk, by=cast.operator, now=db_now())
    shown = page(signed_in(cast.leader).get(f"/filings/{filing.pk}/approve/"))
    for words in ("与您上次看的相比：改了1处", "要写单位全称", "<del>示例文化站</del>"):
        assert words in shown


def test_the_one_who_filled_it_in_does_not_approve_it() -> None:
    cast = Cast()
    Membership.objects.create(user=cast.operator, unit=cast.unit, role=Role.LEADER)
    filing = opening("leader_review", cast, now=db_now())
    client = signed_in(cast.operator)
    assert client.get(f"/filings/{filing.pk}/approve/").status_code == 403
    response = client.post(f"/filings/{filing.pk}/approve/", decision(filing))
    assert response.status_code == 403
    assert "不能自己批准" in page(response)


def test_a_leader_of_the_parent_reads_but_does_not_approve() -> None:
    parent = unit()
    filing = opening("leader_review", Cast(unit(parent=parent)), now=db_now())
    response = signed_in(user(Role.LEADER, parent)).get(f"/filings/{filing.pk}/approve/")
    assert response.status_code == 403


def test_a_foreign_filing_is_not_found_and_a_decided_one_shows_its_page() -> None:
    filing = opening("to_report", now=db_now())
    assert signed_in(Cast().leader).get(f"/filings/{filing.pk}/approve/").status_code == 404
    assert signed_in(filing.cast.leader).get(f"/filings/{filing.pk}/approve/").url == f"/filings/{filing.pk}/"
    answer = signed_in(filing.cast.leader).post(f"/filings/{filing.pk}/approve/", {"comment": "晚了"})
    assert answer.status_code == 409
    assert "晚了" in page(answer)
