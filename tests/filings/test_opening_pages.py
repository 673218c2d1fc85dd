"""The unit fills in an opening: steps, saving, rules while typing, files, submission, and what is refused."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Membership, Role
from filings import drafting, reporting, reviewing
from filings.models import Draft, Filing, FilingState
from tests.factories import NOW, PDF, Cast, account, opening, platform, read, typed, unit, user
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(response: Any) -> str:
    return str(response.content.decode())


# --- choose ---------------------------------------------------------------------------------------------------------


def test_new_lists_only_what_exists_and_the_accounts_to_file_for() -> None:
    cast = Cast()
    found = account(cast.unit, found=True, name="示例未备案账号")
    account(name="示例别家账号", found=True)
    shown = page(signed_in(cast.operator).get("/filings/new/"))
    assert "新开办备案" in shown
    assert "/filings/open/change/" not in shown  # there is nothing filed to change
    assert found.name in shown
    assert "示例别家账号" not in shown


def test_starting_leads_to_the_first_step() -> None:
    cast = Cast()
    response = signed_in(cast.operator).post("/filings/open/", {"unit": cast.unit.pk})
    filing = Filing.objects.get()
    assert response.url == f"/filings/{filing.pk}/edit/"
    assert (filing.unit, filing.author, filing.state) == (cast.unit, cast.operator, FilingState.DRAFT)


def test_an_operator_of_two_units_chooses_one_and_no_other() -> None:
    cast, second, foreign = Cast(), unit(), unit()
    Membership.objects.create(user=cast.operator, unit=second, role=Role.OPERATOR)
    client = signed_in(cast.operator)
    assert "为哪个单位填报" in page(client.get("/filings/new/"))
    assert client.post("/filings/open/", {"unit": foreign.pk}).status_code == 404
    assert client.post("/filings/open/").status_code == 404
    client.post("/filings/open/", {"unit": second.pk})
    assert Filing.objects.get().unit == second


def test_an_unfiled_account_prefills_its_opening_and_has_only_one_draft() -> None:
    cast = Cast()
    found = account(cast.unit, found=True, name="示例未备案账号", uid="found-1")
    client = signed_in(cast.operator)
    first = client.post("/filings/open/", {"account": found.pk})
    second = client.post("/filings/open/", {"account": found.pk})
    assert first.url == second.url
    assert 'value="found-1"' in page(client.get(first.url))


def test_a_foreign_account_cannot_be_opened() -> None:
    foreign = account(found=True)
    assert signed_in(Cast().operator).post("/filings/open/", {"account": foreign.pk}).status_code == 404


def test_an_account_under_way_or_running_says_so() -> None:
    cast = Cast()
    found = account(cast.unit, found=True)
    opening("leader_review", cast, on=found, platform="douyin", name=found.name)
    running = account(cast.unit, platform=platform("weibo"))
    client = signed_in(cast.operator)
    for pk, sentence in ((found.pk, "已有一件办理中的备案"), (running.pk, "只有未备案或已关停的账号")):
        response = client.post("/filings/open/", {"account": pk})
        assert response.status_code == 422
        assert sentence in page(response)


# --- fill in --------------------------------------------------------------------------------------------------------


def test_what_was_typed_survives_as_typed() -> None:
    filing = opening()
    client = signed_in(filing.cast.operator)
    edit = f"/filings/{filing.pk}/edit/basics/"
    client.post(edit, {"effective_on": "2026-13-40", "name": " 示例\x00名称 ", "platform": "nowhere"})
    data = Draft.objects.get().data
    assert (data["effective_on"], data["name"], data["platform"]) == ("2026-13-40", " 示例名称 ", "nowhere")
    shown = page(client.get(edit))
    assert 'value="2026-13-40"' in shown
    assert "没有“2026-13-40”这一天" in shown


@pytest.mark.parametrize("step", ["basics", "people", "reasons", "review"])
def test_steps_are_open_in_any_order_also_for_an_empty_draft(step: str) -> None:
    cast = Cast()
    filing = drafting.start("open", by=cast.operator, unit=cast.unit, now=NOW)
    response = signed_in(cast.operator).get(f"/filings/{filing.pk}/edit/{step}/")
    assert response.status_code == 200
    assert ("还有3处需要修改" in page(response)) == (step == "review")


def test_an_empty_field_is_no_error_until_a_submission_was_tried() -> None:
    cast = Cast()
    filing = drafting.start("open", by=cast.operator, unit=cast.unit, now=NOW)
    client = signed_in(cast.operator)
    assert "请填写账号名称" not in page(client.get(f"/filings/{filing.pk}/edit/"))
    assert "请填写账号名称" in page(client.get(f"/filings/{filing.pk}/edit/?check=1"))


@pytest.mark.parametrize(
    ("go", "leads_to"), [("people", "edit/people/"), ("review", "edit/review/"), ("", "edit/basics/")]
)
def test_the_button_saves_and_leads_on(go: str, leads_to: str) -> None:
    filing = opening()
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/edit/basics/", {"intro": "新简介", "go": go})
    assert response.url == f"/filings/{filing.pk}/{leads_to}"
    assert Draft.objects.get().data["intro"] == "新简介"


def test_boxes_that_are_not_ticked_are_kept_as_not_ticked_and_other_steps_stay() -> None:
    filing = opening(vendor_nda=True, is_flagship=True, interactions=["留言"])
    signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/edit/reasons/", {"interactions": ["私信", "评论"]})
    data = Draft.objects.get().data
    assert (data["vendor_nda"], data["is_flagship"], data["interactions"]) == (True, False, ["私信", "评论"])


def test_it_saves_itself_and_says_when() -> None:
    filing = opening()
    client = signed_in(filing.cast.operator)
    response = client.post(f"/filings/{filing.pk}/save/", {"step": "people", "custodian": "示例管理员"})
    assert response.status_code == 200
    assert len(response.json()["saved_at"]) == 5
    assert Draft.objects.get().data["custodian"] == "示例管理员"


def test_saving_a_filing_that_has_moved_on_says_who_was_first() -> None:
    filing = opening("leader_review")
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/save/", {"step": "basics", "name": "迟了"})
    assert response.status_code == 409
    assert "待单位领导审批" in response.json()["message"]
    kept = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/edit/basics/", {"name": "迟了"})
    assert kept.status_code == 409
    assert "没有办成" in page(kept)


def test_rules_speak_while_it_is_filled_with_their_article() -> None:
    cast = Cast()
    account(cast.unit, platform=platform("douyin"), name="示例已有账号")
    filing = opening("draft", cast, platform="douyin", verified_entity="别的单位")
    client = signed_in(cast.operator)
    shown = page(client.get(f"/filings/{filing.pk}/rules/basics/"))
    assert 'id="rule-platform" hx-swap-oob="true">' in shown
    assert "已有账号“示例已有账号”" in shown
    assert "认证主体与主办单位名称不一致" in shown
    assert "第七条" in shown
    assert "第六条" in shown
    assert 'id="tasks"' in shown
    assert 'id="rule-same_platform_reason"' not in shown


def test_rules_of_articles_9_and_10_speak_to_a_department() -> None:
    cast = Cast(unit(kind="department"))
    filing = opening("draft", cast, platform="wechat", kind="subscription")
    client = signed_in(cast.operator)
    assert "区级部门原则上不再单独新建微信公众号" in page(client.get(f"/filings/{filing.pk}/edit/"))
    drafting.save_draft(filing.pk, by=cast.operator, data={"platform": "mini_program"}, now=NOW)
    assert "区级部门原则上不再单独新建移动客户端" in page(client.get(f"/filings/{filing.pk}/edit/"))


def test_what_was_mended_is_red_no_more_after_the_next_save() -> None:
    filing = opening(name="", effective_on="2026-13-40")
    client = signed_in(filing.cast.operator)
    shown = page(client.get(f"/filings/{filing.pk}/edit/?check=1"))
    assert 'name="red" value="name effective_on"' in shown
    assert f'hx-get="/filings/{filing.pk}/rules/basics/?check=1"' in shown
    drafting.save_draft(filing.pk, by=filing.cast.operator, data={"name": "示例名称"}, now=NOW)
    then = page(client.get(f"/filings/{filing.pk}/rules/basics/?check=1&red=name+effective_on"))
    assert "还有1处需要修改" in then
    assert 'name="red" value="effective_on" hx-swap-oob="true"' in then
    mended = then.split('<div id="field-name" hx-swap-oob="true">')[1].split("<div id=")[0]
    assert "has-error" not in mended
    assert "hx-preserve" in mended
    assert "field-effective_on" not in then


def test_without_a_tried_submission_the_refresh_brings_no_summary() -> None:
    filing = opening(name="")
    then = page(signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/rules/basics/"))
    assert "需要修改" not in then
    assert 'id="problems" hx-swap-oob="true"' in then


def test_required_fields_say_so() -> None:
    filing = opening()
    shown = page(signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/edit/"))
    for label in ("平台", "账号名称"):
        assert f'{label}<span class="zl-opt">必填</span>' in shown


def test_unknown_steps_and_foreign_filings_are_not_found() -> None:
    filing = opening()
    mine, foreign = signed_in(filing.cast.operator), signed_in(Cast().operator)
    assert mine.get(f"/filings/{filing.pk}/edit/nowhere/").status_code == 404
    for address in ("edit/", "edit/basics/", "rules/basics/"):
        assert foreign.get(f"/filings/{filing.pk}/{address}").status_code == 404
    for address in ("save/", "submit/", "edit/basics/"):
        assert foreign.post(f"/filings/{filing.pk}/{address}", {"name": "改"}).status_code == 404


def test_a_filing_under_way_shows_its_page_instead_of_the_form() -> None:
    filing = opening("to_report")
    assert signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/edit/").url == f"/filings/{filing.pk}/"


# --- files ----------------------------------------------------------------------------------------------------------


def upload(name: str = "协议.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_files_are_attached_and_removed_and_what_was_typed_is_kept() -> None:
    filing = opening()
    client = signed_in(filing.cast.operator)
    edit = f"/filings/{filing.pk}/edit/reasons/"
    response = client.post(
        edit, {"purpose": "改过的理由", "go": "upload", "files": [upload(), upload("图.pdf")]}, follow=True
    )
    assert "已上传“协议.pdf”、“图.pdf”" in page(response)
    assert Draft.objects.get().data["purpose"] == "改过的理由"
    first = filing.attachments.first()
    assert "已移除“协议.pdf”" in page(client.post(edit, {"remove": first.pk}, follow=True))
    assert list(filing.attachments.filter(removed_at=None).values_list("name", flat=True)) == ["图.pdf"]
    assert client.post(edit, {"remove": first.pk}).status_code == 404
    assert client.post(edit, {"remove": "x"}).status_code == 404


@pytest.mark.parametrize(("go", "leads_to"), [("", "edit/reasons/#attachments"), ("review", "edit/review/")])
def test_a_chosen_file_goes_with_whatever_button_is_pressed(go: str, leads_to: str) -> None:
    filing = opening()
    sent = {"purpose": "改过的理由", "go": go, "files": [upload()]}
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/edit/reasons/", sent)
    assert response.url == f"/filings/{filing.pk}/{leads_to}"
    assert filing.attachments.get().name == "协议.pdf"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "请先选择要上传的文件"),
        ([("假.pdf", b"<html>")], "“假.pdf”没有上传"),
        ([("空.pdf", b"")], "“空.pdf”没有上传"),
    ],
)
def test_a_file_that_will_not_do_is_named_and_nothing_typed_is_lost(files: list[Any], sentence: str) -> None:
    filing = opening()
    sent = {"purpose": "写了很久的理由", "go": "upload", "files": [upload(*file) for file in files]}
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/edit/reasons/", sent)
    assert response.status_code == 422
    assert sentence in page(response)
    assert "写了很久的理由" in page(response)
    assert not filing.attachments.exists()


# --- submit ---------------------------------------------------------------------------------------------------------


def test_submitting_says_what_comes_next() -> None:
    filing = opening()
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/submit/", follow=True)
    assert f"已提交，等待{filing.cast.leader.name}审批。批准后请在 2 个工作日内报送" in page(response)
    assert response.redirect_chain[-1][0] == f"/filings/{filing.pk}/"


def test_submitting_without_a_leader_points_to_paper() -> None:
    filing = opening()
    Membership.objects.filter(role=Role.LEADER).delete()
    assert "登记书面批准" in page(signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/submit/", follow=True))


def test_an_incomplete_form_comes_back_with_links_across_the_steps() -> None:
    filing = opening(name="", effective_on="2026-13-40", purpose="")
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/submit/")
    shown = page(response)
    assert response.status_code == 422
    assert "还有3处需要修改" in shown
    assert "改好3处后可提交" in shown
    for step, name in (("basics", "name"), ("basics", "effective_on"), ("reasons", "purpose")):
        assert f'href="/filings/{filing.pk}/edit/{step}/?check=1#id_{name}"' in shown
    assert Filing.objects.get().state == FilingState.DRAFT


def test_a_rule_that_stops_is_in_the_summary_too() -> None:
    cast = Cast()
    account(cast.unit, platform=platform("douyin"))
    filing = opening("draft", cast, platform="douyin")
    response = signed_in(cast.operator).post(f"/filings/{filing.pk}/submit/")
    assert response.status_code == 422
    assert "须写明理由" in page(response)


def test_submitting_twice_says_what_it_is_now() -> None:
    filing = opening("leader_review")
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/submit/")
    assert response.status_code == 409
    assert "现为“待单位领导审批”" in page(response)


# --- after a return -------------------------------------------------------------------------------------------------


def test_a_returned_filing_with_new_contacts_goes_straight_back() -> None:
    filing = opening("returned")
    client = signed_in(filing.cast.operator)
    client.post(f"/filings/{filing.pk}/edit/people/", {"custodian": "新管理员"})
    shown = page(client.get(f"/filings/{filing.pk}/edit/review/"))
    assert "请补充说明" in shown
    assert "可以直接重新报送" in shown
    assert f'action="/filings/{filing.pk}/report/"' in shown
    assert "已重新报送" in page(client.post(f"/filings/{filing.pk}/report/", follow=True))


def test_a_returned_filing_with_a_changed_name_needs_the_leader_and_says_why() -> None:
    filing = opening("returned")
    client = signed_in(filing.cast.operator)
    drafting.save_draft(filing.pk, by=filing.cast.operator, data={"name": "改过的名称"}, now=NOW)
    shown = page(client.get(f"/filings/{filing.pk}/edit/review/"))
    assert "须先再次审批" in shown
    assert "改动的有：账号名称" in shown
    assert f'action="/filings/{filing.pk}/submit/"' in shown
    refused = client.post(f"/filings/{filing.pk}/report/")
    assert refused.status_code == 422
    assert "请先提交领导审批" in page(refused)


def test_an_incomplete_correction_is_not_reported() -> None:
    filing = opening("returned")
    drafting.save_draft(filing.pk, by=filing.cast.operator, data={"name": ""}, now=NOW)
    response = signed_in(filing.cast.operator).post(f"/filings/{filing.pk}/report/")
    assert response.status_code == 422
    assert "请填写账号名称" in page(response)


def test_what_was_supplemented_is_still_there_after_a_return() -> None:
    filing = opening("office_review", uid="")
    cast = filing.cast
    reporting.supplement(filing.pk, by=cast.operator, data={"uid": "late-id"}, now=NOW)
    reviewing.return_(filing.pk, by=cast.officer, read=read(filing), now=NOW, comment="请补充")
    assert 'value="late-id"' in page(signed_in(cast.operator).get(f"/filings/{filing.pk}/edit/"))


def test_other_roles_do_not_fill_in() -> None:
    filing = opening()
    for role in (Role.LEADER, Role.AUDITOR, Role.OFFICER):
        client = signed_in(user(role, filing.cast.unit))
        assert client.get("/filings/new/").status_code == 403
        assert client.post(f"/filings/{filing.pk}/save/", {"step": "basics"}).status_code == 403
        assert client.post(f"/filings/{filing.pk}/edit/basics/", typed()).status_code == 403


def test_an_operator_of_the_parent_reads_but_does_not_write() -> None:
    parent = unit()
    filing = opening("draft", Cast(unit(parent=parent)))
    client = signed_in(user(Role.OPERATOR, parent))
    assert client.get(f"/filings/{filing.pk}/").status_code == 200
    assert client.get(f"/filings/{filing.pk}/edit/").url == f"/filings/{filing.pk}/"
    for address in ("edit/basics/", "submit/", "withdraw/"):
        assert client.post(f"/filings/{filing.pk}/{address}").status_code == 403
