"""The page of a filing, what the unit does from it, its files, and the lists."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.flags import run_rule
from accounts.models import AccountState, Role
from filings import drafting, exchange, reporting, reviewing
from filings.forms.actions import mark_of
from filings.models import Filing, FilingState
from filings.rules import RULES
from tests.factories import NOW, PDF, Cast, at, opening, read, scan, user
from tests.uploads import png
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(response: Any) -> str:
    return str(response.content.decode())


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", FilingState.values)
def test_everyone_who_may_read_sees_it_in_every_state(state: str) -> None:
    filing = opening(state)
    cast = filing.cast
    for person in (cast.operator, cast.leader, cast.officer, cast.supervisor, user(Role.AUDITOR)):
        response = signed_in(person).get(f"/filings/{filing.pk}/")
        assert response.status_code == 200
        assert filing.get_state_display() in page(response)
        assert "全国" in page(response)
        assert "全省" in page(response)


def test_a_foreign_filing_is_not_found() -> None:
    filing = opening("office_review")
    foreign = Cast()
    for person in (foreign.operator, foreign.leader):
        assert signed_in(person).get(f"/filings/{filing.pk}/").status_code == 404
    assert signed_in(foreign.operator).get("/filings/99999/").status_code == 404


OPERATORS = {
    "draft": ("edit", "withdraw"),
    "leader_review": ("paper", "recall", "withdraw"),
    "to_report": ("report", "supplement", "reopen", "withdraw"),
    "office_review": ("supplement", "withdraw"),
    "returned": ("edit", "withdraw"),
    "accepted": ("supplement",),
    "completed": (),
    "refused": (),
    "withdrawn": (),
}
ACTS = {act for acts in OPERATORS.values() for act in acts} | {"approve"}


def acts_on(shown: str, filing: Filing) -> set[str]:
    return {act for act in ACTS if f'/filings/{filing.pk}/{act}/"' in shown}


@pytest.mark.parametrize("state", OPERATORS)
def test_buttons_are_what_the_machine_and_the_policy_allow(state: str) -> None:
    filing = opening(state)
    shown = page(signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/"))
    assert acts_on(shown, filing) == set(OPERATORS[state])
    leader = page(signed_in(filing.cast.leader).get(f"/filings/{filing.pk}/"))
    assert acts_on(leader, filing) == ({"approve"} if state == "leader_review" else set())
    assert acts_on(page(signed_in(user(Role.AUDITOR)).get(f"/filings/{filing.pk}/")), filing) == set()


def test_who_has_it_open_for_review_is_shown_to_the_office_only() -> None:
    filing = opening("office_review")
    cast = filing.cast
    reviewing.open_for_review(filing.pk, by=cast.officer, now=NOW)
    assert "阅看" in page(signed_in(cast.supervisor).get(f"/filings/{filing.pk}/"))
    assert "阅看" not in page(signed_in(cast.operator).get(f"/filings/{filing.pk}/"))


def test_after_a_return_the_differences_are_shown_and_any_two_revisions_can_be_chosen() -> None:
    filing = opening("returned", intro="旧简介")
    cast = filing.cast
    drafting.save_draft(filing.pk, by=cast.operator, data={"intro": "新简介"}, now=NOW)
    drafting.submit(filing.pk, by=cast.operator, now=NOW)
    client = signed_in(cast.leader)
    shown = page(client.get(f"/filings/{filing.pk}/"))
    assert "第1版到第2版，改了1处" in shown
    assert "<del>旧简介</del>" in shown
    assert "第1版到第2版" in page(client.get(f"/filings/{filing.pk}/?from=2&to=1"))
    for odd in ("from=1&to=1", "from=x&to=99", "from=99999999999999999999&to=1"):
        assert client.get(f"/filings/{filing.pk}/?{odd}").status_code == 200


def test_who_comes_back_sees_what_changed_since() -> None:
    filing = opening("office_review", uid="")
    cast = filing.cast
    reviewing.open_for_review(filing.pk, by=cast.officer, now=NOW)
    reporting.supplement(filing.pk, by=cast.operator, data={"uid": "late-id"}, now=NOW)
    address = f"/filings/{filing.pk}/"
    assert "第1版到第2版，改了1处" in page(signed_in(cast.officer).get(address))
    assert "第1版到第2版" not in page(signed_in(user(Role.AUDITOR)).get(address))


@pytest.mark.parametrize("state", ["refused", "withdrawn"])
def test_one_that_ended_without_success_is_begun_anew_from_its_page(state: str) -> None:
    filing = opening(state)
    shown = page(signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/"))
    assert 'action="/filings/open/"' in shown
    assert f'name="unit" value="{filing.unit_id}"' in shown
    assert 'name="account"' not in shown  # the pending account was void
    assert 'action="/filings/open/"' not in page(signed_in(filing.cast.leader).get(f"/filings/{filing.pk}/"))


def test_paper_shows_its_date_beside_the_servers_time_of_entry() -> None:
    filing = opening("office_review", paper=date(2026, 11, 18))
    shown = page(signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/"))
    for words in ("书面批准", "2026-11-18", "2026-11-24 14:05", "待区府办核对", "首次报送", "迟报"):
        assert words in shown


def test_an_open_flag_stands_on_its_filing() -> None:
    filing = opening("to_report", now=at("2026-11-10 09:00"))
    for rule in RULES:
        run_rule(rule, NOW)
    shown = page(signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/"))
    assert "逾期未报送" in shown
    assert "2026-11-12 24:00" in shown


def test_receipts_of_both_systems_are_always_shown() -> None:
    filing = opening("accepted")
    cast = filing.cast
    exchange.take_receipt(
        filing.pk, system="national", result="taken", number="G-1", on=date(2026, 11, 24), by=cast.officer, now=NOW
    )
    shown = page(signed_in(cast.operator).get(f"/filings/{filing.pk}/"))
    assert "G-1" in shown
    assert "zl-sys--done" in shown
    assert "zl-sys--wait" in shown


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["operator", "leader", "officer"])
def test_an_old_filing_costs_no_more_queries_than_a_young_one(who: str) -> None:
    filing = opening("returned")
    cast = filing.cast
    client, address = signed_in(getattr(cast, who)), f"/filings/{filing.pk}/"
    before = queries(client, address)
    for n in range(3):
        reporting.attach(filing.pk, by=cast.operator, file=scan(), name=f"附件{n}.pdf", now=NOW)
        reporting.report(filing.pk, by=cast.operator, now=NOW)
        reviewing.return_(filing.pk, by=cast.officer, read=read(filing), now=NOW, comment="再改")
    after = queries(client, address)
    assert after <= before + 3  # the two revisions that are compared now, and the name of the platform
    reporting.report(filing.pk, by=cast.operator, now=NOW)
    reviewing.return_(filing.pk, by=cast.officer, read=read(filing), now=NOW, comment="再改")
    assert queries(client, address) == after


# --- the unit acts --------------------------------------------------------------------------------------------------


def test_reporting_gives_the_number_and_says_what_comes_next() -> None:
    filing = opening("to_report", now=db_now())
    shown = page(signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/report/", follow=True))
    assert "已报送，备案编号 ZLXMT-" in shown
    assert "接下来由区政府办公室审核" in shown
    assert "迟报" not in shown


@pytest.mark.usefixtures("known_years")
def test_a_late_report_says_so() -> None:
    filing = opening("to_report", now=db_now() - timedelta(days=30))
    assert "已记为迟报" in page(signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/report/", follow=True))


@pytest.mark.parametrize(("act", "state"), [("recall", "leader_review"), ("reopen", "to_report")])
def test_taking_back_is_asked_first_on_a_page_that_names_it(act: str, state: str) -> None:
    filing = opening(state)
    client = signed_in(filing.cast.operator)
    assert filing.account_label in page(client.get(f"/filings/{filing.pk}/{act}/"))
    assert client.post(f"/filings/{filing.pk}/{act}/").url == f"/filings/{filing.pk}/edit/"
    assert Filing.objects.get().state == FilingState.DRAFT
    assert client.get(f"/filings/{filing.pk}/{act}/").url == f"/filings/{filing.pk}/"
    again = client.post(f"/filings/{filing.pk}/{act}/")
    assert again.status_code == 409
    assert "现为“草稿”" in page(again)


def test_withdrawing_a_draft_asks_nothing() -> None:
    filing = opening()
    client = signed_in(filing.cast.operator)
    assert "平台上是否已开通" not in page(client.get(f"/filings/{filing.pk}/withdraw/"))
    assert "已撤回" in page(client.post(f"/filings/{filing.pk}/withdraw/", follow=True))


@pytest.mark.parametrize(("uid", "preset"), [("known-id", "yes"), ("", "no")])
def test_withdrawing_an_approved_one_asks_whether_the_account_exists(uid: str, preset: str) -> None:
    filing = opening("to_report", uid=uid)
    client = signed_in(filing.cast.operator)
    shown = page(client.get(f"/filings/{filing.pk}/withdraw/"))
    assert "平台上是否已开通" in shown
    assert f'value="{preset}"' in shown.split("checked")[0].rsplit("<input", 1)[-1]
    silent = client.post(f"/filings/{filing.pk}/withdraw/", {"reason": "暂不开设"})
    assert silent.status_code == 422
    assert "请说明平台上是否已开通该账号" in page(silent)
    assert "暂不开设" in page(silent)
    client.post(f"/filings/{filing.pk}/withdraw/", {"on_platform": preset})
    account = Filing.objects.get().account
    assert account is not None
    assert account.state == (AccountState.UNFILED if preset == "yes" else AccountState.VOID)


def test_withdrawing_under_review_needs_a_reason() -> None:
    filing = opening("office_review")
    client = signed_in(filing.cast.operator)
    refused = client.post(f"/filings/{filing.pk}/withdraw/", {"on_platform": "no"})
    assert refused.status_code == 422
    assert "请写明撤回的理由" in page(refused)
    assert client.post(f"/filings/{filing.pk}/withdraw/", {"on_platform": "no", "reason": "不办了"}).status_code == 302
    late = client.post(f"/filings/{filing.pk}/withdraw/", {"reason": "再撤一次"})
    assert late.status_code == 409
    assert "再撤一次" in page(late)


def test_supplementing_keeps_the_approval_and_makes_a_revision() -> None:
    filing = opening("office_review", uid="")
    client = signed_in(filing.cast.operator)
    assert client.get(f"/filings/{filing.pk}/supplement/").status_code == 200
    bad = client.post(f"/filings/{filing.pk}/supplement/", {"effective_on": "2026-13-40", "custodian": "新管理员"})
    assert bad.status_code == 422
    assert "2026-13-40" in page(bad)
    assert "新管理员" in page(bad)
    done = client.post(f"/filings/{filing.pk}/supplement/", {"uid": "late-id"}, follow=True)
    assert "材料已补充" in page(done)
    filing.refresh_from_db()
    assert (filing.revision, filing.opening.uid, filing.state) == (2, "late-id", FilingState.OFFICE_REVIEW)


def test_an_id_that_another_account_has_is_refused_at_its_field() -> None:
    filing = opening("office_review", uid="")
    opening("to_report", uid="taken", platform="douyin")
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/supplement/", {"uid": "taken"})
    assert response.status_code == 422
    assert "账号ID相同" in page(response)


def test_files_are_supplemented_too() -> None:
    filing = opening("office_review")
    client = signed_in(filing.cast.operator)
    upload = SimpleUploadedFile("补充.pdf", PDF)
    address = f"/filings/{filing.pk}/supplement/"
    sent = {"files": [upload], "custodian": "新管理员"}
    assert "材料已补充（附件“补充.pdf”）" in page(client.post(address, sent, follow=True))
    filing.refresh_from_db()
    assert (filing.opening.custodian, filing.attachments.count()) == ("新管理员", 1)
    revision = filing.revision
    assert "没有改动" in page(client.post(address, {"custodian": "新管理员"}, follow=True))
    filing.refresh_from_db()
    assert filing.revision == revision
    refused = client.post(address, {"files": [SimpleUploadedFile("坏.pdf", b"<svg>")]})
    assert refused.status_code == 422
    assert "“坏.pdf”没有上传" in page(refused)
    mixed = {"files": [SimpleUploadedFile("好.pdf", PDF + b"x")], "effective_on": "2026-13-40"}
    half = client.post(address, mixed)
    assert half.status_code == 422
    assert "已上传附件“好.pdf”" in page(half)
    assert "2026-13-40" in page(half)


def test_a_qr_code_is_an_image_and_is_shown_as_one() -> None:
    filing = opening("office_review")
    client = signed_in(filing.cast.operator)
    address = f"/filings/{filing.pk}/supplement/"
    wrong = client.post(address, {"file_kind": "qr", "files": [SimpleUploadedFile("码.pdf", PDF)]})
    assert wrong.status_code == 422
    picture = SimpleUploadedFile("码.png", png())
    shown = page(client.post(address, {"file_kind": "qr", "files": [picture]}, follow=True))
    kept = filing.attachments.get()
    assert kept.kind == "qr"
    assert "二维码图·" in shown
    assert f'<img src="/filings/files/{kept.pk}/?preview=1"' in shown


def test_acts_in_a_wrong_state_say_what_it_is_now() -> None:
    filing = opening("completed")
    client = signed_in(filing.cast.operator)
    for act in ("report", "supplement", "withdraw", "submit"):
        response = client.post(f"/filings/{filing.pk}/{act}/")
        assert response.status_code == 409
        assert "现为“已办结”" in page(response)
    for act in ("paper", "paper/correct", "supplement", "withdraw"):
        assert client.get(f"/filings/{filing.pk}/{act}/").url == f"/filings/{filing.pk}/"


# --- signed on paper ------------------------------------------------------------------------------------------------


def paper(day: date | str, **fields: Any) -> dict[str, Any]:
    return {"leader_name": "王五", "approved_on": str(day), "scan": SimpleUploadedFile("签批.pdf", PDF), **fields}


def test_a_paper_of_today_starts_the_clock() -> None:
    filing = opening("leader_review", now=db_now())
    client = signed_in(filing.cast.operator)
    assert client.get(f"/filings/{filing.pk}/paper/").status_code == 200
    done = page(client.post(f"/filings/{filing.pk}/paper/", paper(day_of(db_now())), follow=True))
    assert "书面批准已登记。请在" in done
    filing.refresh_from_db()
    assert (filing.state, filing.paper_leader) == (FilingState.TO_REPORT, "王五")


def test_late_at_birth_is_said_before_it_is_saved_and_the_scan_is_kept() -> None:
    filing = opening("leader_review", now=db_now())
    client = signed_in(filing.cast.operator)
    warned = client.post(f"/filings/{filing.pk}/paper/", paper("2026-10-12"))
    shown = page(warned)
    assert warned.status_code == 200
    assert "报送期限 2026-10-14 24:00 已过" in shown
    assert Filing.objects.get().state == FilingState.LEADER_REVIEW
    kept = shown.split('name="kept" value="')[1].split('"')[0]
    again = {"leader_name": "王五", "approved_on": "2026-10-12", "kept": kept, "confirmed": "1"}
    done = client.post(f"/filings/{filing.pk}/paper/", again, follow=True)
    assert "报送期限 2026-10-14 24:00 已过，请尽快报送" in page(done)
    filing.refresh_from_db()
    assert filing.approved_on == date(2026, 10, 12)
    assert filing.paper_scan is not None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"leader_name": ""}, "请填写签批的主要领导姓名"),
        ({"approved_on": "2026-13-40"}, "没有“2026-13-40”这一天，请核对批准日期"),
        ({"approved_on": "2099-01-01"}, "不能晚于今天"),
        ({"scan": SimpleUploadedFile("假.pdf", b"<html>")}, "上传的文件不是"),
        ({"scan": ""}, "请上传主要领导签批件"),
        ({"scan": "", "kept": "forged"}, "请上传主要领导签批件"),
    ],
)
def test_a_paper_that_will_not_do_comes_back_as_it_was_typed(fields: dict[str, Any], sentence: str) -> None:
    filing = opening("leader_review", now=db_now())
    sent = paper(day_of(db_now())) | fields
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/paper/", sent)
    assert response.status_code == 422
    assert sentence in page(response)
    assert f'value="{sent["approved_on"]}"' in page(response)
    assert Filing.objects.get().state == FilingState.LEADER_REVIEW


def test_a_kept_scan_belongs_to_one_filing() -> None:
    other, filing = opening("leader_review", now=db_now()), opening("leader_review", now=db_now())
    sent = {"leader_name": "王五", "approved_on": str(day_of(db_now())), "kept": mark_of(scan(), other)}
    assert signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/paper/", sent).status_code == 422


def test_a_mistyped_date_is_corrected_without_sending_the_scan_again() -> None:
    day = day_of(db_now())
    filing = opening("to_report", now=db_now(), paper=day - timedelta(days=1))
    client = signed_in(filing.cast.operator)
    assert filing.paper_leader in page(client.get(f"/filings/{filing.pk}/paper/correct/"))
    sent = {"leader_name": filing.paper_leader, "approved_on": str(day)}
    assert "书面批准已更正" in page(client.post(f"/filings/{filing.pk}/paper/correct/", sent, follow=True))
    filing.refresh_from_db()
    assert (filing.approved_on, filing.first_approved_on) == (day, day)
    online = opening("to_report", now=db_now())
    answer = signed_in(online.cast.operator).post(f"/filings/{online.pk}/paper/correct/", paper(day))
    assert answer.status_code == 409
