"""The decision beside a filing: what the officer sees, decides, and is told when somebody was first."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import AccountState, Flag, Role
from filings import drafting, reporting, reviewing
from filings.models import Filing, FilingState
from filings.reading import latest
from inspections import sweep
from tests.factories import NOW, Cast, office, opening, read, user
from zhonglou_media.core import events
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
Visit = Callable[[User, Filing], str]


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def visit(client: Client) -> Visit:
    def visit(who: User, filing: Filing) -> str:
        client.force_login(who)
        response = client.get(f"/filings/{filing.pk}/")
        assert response.status_code == 200
        return response.content.decode()

    return visit


def typed(filing: Filing, decision: str = "accept", comment: str = "", **more: str) -> dict[str, str]:
    """The decision form as the page of `filing` carries it now."""
    revision = latest(Filing.objects.get(pk=filing.pk))
    fields = {"decision": decision, "comment": comment, "revision": str(revision.number), "sm3": revision.sm3, **more}
    if decision == "refuse" or more.get("decision") == "refuse":
        fields.setdefault("confirmed", "on")
    return {f"office-{name}": value for name, value in fields.items()}


def post(client: Client, who: User, filing: Filing, act: str, data: dict[str, Any], *, follow: bool = False) -> Any:
    client.force_login(who)
    response: HttpResponse = client.post(f"/filings/{filing.pk}/{act}/", data, follow=follow)  # type: ignore[assignment]
    return response


def paper_read(filing: Filing) -> dict[str, Any]:
    """What the page of the paper carries."""
    reading = read(filing)
    return {"paper-revision": reading.revision, "paper-sm3": reading.sm3}


def state_of(filing: Filing) -> str:
    return Filing.objects.get(pk=filing.pk).state


# --- the page -------------------------------------------------------------------------------------------------------


def test_an_officer_who_opens_it_is_seen_by_colleagues(visit: Visit, cast: Cast) -> None:
    filing = opening("office_review", cast)
    page = visit(cast.officer, filing)
    assert "审核意见" in page
    assert f"正在审第 1 版（摘要 {latest(filing).sm3[:4]}）" in page
    read_event = events.timeline(filing).get(verb="read")
    assert (read_event.actor, read_event.revision) == (cast.officer, 1)
    visit(cast.officer, filing)
    assert events.timeline(filing).filter(verb="read").count() == 1
    assert f"{cast.officer}" in visit(cast.supervisor, filing)
    assert "正在审核" in visit(cast.supervisor, filing)


@pytest.mark.parametrize("role", ["operator", "leader", "auditor", "parent"])
def test_nobody_else_sees_the_panel_or_leaves_a_trace(role: str, visit: Visit, cast: Cast) -> None:
    filing = opening("office_review", cast)
    page = visit(user(role, cast.unit), filing)
    assert "审核意见" not in page
    assert not events.timeline(filing).filter(verb="read").exists()


@pytest.mark.parametrize("state", [s for s in FilingState.values if s not in ("office_review", "draft")])
def test_other_states_have_no_decision(state: str, visit: Visit, cast: Cast) -> None:
    filing = opening(state, cast)
    assert "审核意见" not in visit(cast.officer, filing)
    assert not events.timeline(filing).filter(verb="read").exists()


def test_who_wrote_it_may_not_review_it(visit: Visit, cast: Cast) -> None:
    filing = opening("office_review", cast)
    both = cast.operator
    user_role(both, Role.OFFICER)
    assert "审核意见" not in visit(both, filing)


def user_role(who: User, role: Role) -> None:
    from accounts.models import Membership

    Membership.objects.create(user=who, unit=office(), role=role)


def test_who_has_done_something_since_only_had_a_look(visit: Visit, cast: Cast) -> None:
    filing = opening("office_review", cast)
    visit(cast.supervisor, filing)
    assert f"{cast.supervisor}" in visit(cast.officer, filing)
    now = db_now()
    reviewing.accept(filing.pk, by=cast.supervisor, read=read(filing), now=now)
    reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=now, comment="材料有误")
    page = visit(cast.officer, filing)
    assert "刚才看过" in page
    assert "正在审核" not in page.split('id="decide"')[1].split("</section>")[0]


STEPS = [
    ("leader_review", "officer", "主要领导审批"),
    ("to_report", "officer", "报送"),
    ("office_review", "officer", "请审核，"),
    ("office_review", "auditor", "由区政府办公室其他经办人审核"),
    ("returned", "officer", "已退回，"),
    ("accepted", "officer", "前录入全国、全省两个系统，并登记回执"),
    ("withdrawn", "officer", "已撤回，本件已结束"),
]


@pytest.mark.parametrize(("state", "role", "words"), STEPS)
def test_the_next_step_is_said_to_who_reads_it(state: str, role: str, words: str, visit: Visit, cast: Cast) -> None:
    filing = opening(state, cast)

    def step(who: User) -> str:
        return visit(who, filing).split('id="next-h"')[1].split("<p>")[1].split("</p>")[0]

    told = step(cast.officer if role == "officer" else user(role))
    assert words in told
    assert "本单位" not in told
    assert told != step(cast.operator)


def test_the_supervisor_waives_from_the_filing_too(visit: Visit, cast: Cast) -> None:
    filing = opening("to_report", cast)
    sweep.sweep(NOW + timedelta(days=30))
    flag = Flag.objects.open().get()
    link = f"/flags/{flag.pk}/waive/?next=/filings/{filing.pk}/"
    assert link in visit(cast.supervisor, filing)
    assert link not in visit(cast.officer, filing)
    assert f'href="/accounts/{filing.account_id}/"' in visit(cast.officer, filing)


def test_previous_and_next_of_the_queue_stand_on_the_panel(visit: Visit, cast: Cast) -> None:
    first = opening("office_review", cast)
    second = opening("office_review", cast, platform="weibo")
    page = visit(cast.officer, first)
    assert "待审第 1 件，共 2 件" in page
    assert f'href="/filings/{second.pk}/">下一件' in page
    assert "上一件" not in page
    assert "上一件" in visit(cast.officer, second)


# --- the decision ---------------------------------------------------------------------------------------------------

DECISIONS = [
    ("accept", "", "accepted", "已通过"),
    ("accept", "请年底前改微博名称", "accepted", "转为“待上级平台备案”"),
    ("return", "请补充签批件", "returned", "前改好重报"),
    ("refuse", "依据第七条", "refused", "不予备案，本件已结束"),
]


@pytest.mark.parametrize(("decision", "comment", "state", "words"), DECISIONS)
def test_a_decision_opens_the_next_of_the_queue(
    decision: str, comment: str, state: str, words: str, client: Client, cast: Cast
) -> None:
    filing = opening("office_review", cast)
    following = opening("office_review", cast, platform="weibo")
    response = post(
        client, cast.officer, filing, "decide", typed(filing, decision, comment, on_platform="no"), follow=True
    )
    assert response.redirect_chain == [(f"/filings/{following.pk}/", 302)]
    page = response.content.decode()
    assert words in page
    assert "下面是下一件。" in page
    assert state_of(filing) == state
    last = events.timeline(filing).filter(to_state=state).get()
    assert (last.actor, last.comment) == (cast.officer, comment)


def test_after_the_last_one_the_home_says_so(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    response = post(client, cast.officer, filing, "decide", typed(filing), follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "待审的都办完了。" in response.content.decode()


@pytest.mark.parametrize(("answer", "state"), [("yes", AccountState.UNFILED), ("no", AccountState.VOID)])
def test_a_refusal_says_what_becomes_of_the_account(answer: str, state: str, client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    post(client, cast.officer, filing, "decide", typed(filing, "refuse", "第七条", on_platform=answer))
    filing = Filing.objects.select_related("account").get(pk=filing.pk)
    assert filing.account is not None
    assert filing.account.state == state


@pytest.mark.parametrize("comment", ["依据第7条", "依据第 七 条", "第二十三条第一款"])
def test_an_article_is_named_in_figures_or_words(comment: str, client: Client, visit: Visit, cast: Cast) -> None:
    filing = opening("office_review", cast, name="示例问政")
    assert "确认不予备案“示例问政" in visit(cast.officer, filing)
    post(client, cast.officer, filing, "decide", typed(filing, "refuse", comment, on_platform="no"))
    assert state_of(filing) == "refused"


def test_the_answer_is_preset_from_what_is_known(visit: Visit, cast: Cast) -> None:
    known, unknown = opening("office_review", cast), opening("office_review", cast, platform="weibo", uid="")
    yes = 'name="office-on_platform" value="yes"'
    assert "checked" in visit(cast.officer, known).split(yes)[1].split(">")[0]
    assert "checked" not in visit(cast.officer, unknown).split(yes)[1].split(">")[0]


WRONG = [
    ({"decision": "return"}, "退回修改的，请写明要改什么"),
    ({"decision": "refuse", "on_platform": "no"}, "不予备案的，请写明理由和依据的条款"),
    ({"decision": "refuse", "comment": "不合规定", "on_platform": "no"}, "写明理由和依据的条款，例如“第七条”"),
    ({"decision": "refuse", "comment": "第七条", "on_platform": "no", "confirmed": ""}, "请勾选确认"),
    ({"decision": "refuse", "comment": "第七条"}, "请选择平台上是否已开通该账号"),
    ({"decision": ""}, "请选择审核结论"),
    ({"decision": "x"}, "请选择审核结论"),
    ({"comment": "长" * 1001}, "不能超过1000个字"),
]


@pytest.mark.parametrize(("fields", "words"), WRONG)
def test_an_incomplete_decision_comes_back_with_what_was_typed(
    fields: dict[str, str], words: str, client: Client, cast: Cast
) -> None:
    filing = opening("office_review", cast)
    response = post(client, cast.officer, filing, "decide", typed(filing, **fields))
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert fields.get("comment", "") in page
    assert state_of(filing) == "office_review"


def test_a_form_without_what_was_read_decides_nothing(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    response = post(client, cast.officer, filing, "decide", {"office-decision": "accept"})
    assert response.status_code == 422
    assert state_of(filing) == "office_review"


def test_a_filing_that_moved_on_is_shown_with_the_difference_and_what_was_typed(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    data = typed(filing, "accept", "同意，请注意更新")
    reporting.supplement(filing.pk, by=cast.operator, data={"custodian": "示例新管理员"}, now=NOW)
    response = post(client, cast.officer, filing, "decide", data)
    assert response.status_code == 409
    page = response.content.decode()
    assert "您看的是第1版，现在已是第2版" in page
    assert "示例新管理员" in page
    assert "同意，请注意更新" in page
    assert 'name="office-revision" value="2"' in page
    assert events.timeline(filing).get(verb="read").revision == 2
    assert state_of(filing) == "office_review"
    again = typed(filing, "accept", "同意，请注意更新")
    assert post(client, cast.officer, filing, "decide", again).status_code == 302


def test_another_fault_does_not_make_a_stale_page_fresh(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    data = typed(filing, "return")
    reporting.supplement(filing.pk, by=cast.operator, data={"custodian": "示例新管理员"}, now=NOW)
    response = post(client, cast.officer, filing, "decide", data)
    assert response.status_code == 422
    assert 'name="office-revision" value="1"' in response.content.decode()


def test_the_second_officer_learns_who_was_first_and_keeps_the_words(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    data = typed(filing, "return", "请补充签批件的说明")
    reviewing.accept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW)
    response = post(client, cast.officer, filing, "decide", data)
    assert response.status_code == 409
    page = response.content.decode()
    assert f"{cast.supervisor} 11-24 14:05 已办理“审核通过”" in page
    assert "请补充签批件的说明" in page
    assert state_of(filing) == "accepted"


def test_who_wrote_it_is_refused_with_a_sentence(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    user_role(cast.operator, Role.OFFICER)
    response = post(client, cast.operator, filing, "decide", typed(filing))
    assert response.status_code == 403
    assert "不能再审核" in response.content.decode()


@pytest.mark.parametrize("act", ["decide", "paper/checked", "unaccept", "not-occurred", "complete"])
@pytest.mark.parametrize("role", ["operator", "leader", "auditor", "parent", "admin"])
def test_the_offices_acts_are_closed_to_others(act: str, role: str, client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    assert post(client, user(role, cast.unit), filing, act, typed(filing)).status_code == 403
    assert state_of(filing) == "office_review"


@pytest.mark.parametrize("act", ["decide", "paper/checked", "unaccept", "not-occurred", "complete"])
def test_no_such_filing_is_not_found_and_a_get_is_not_an_act(act: str, client: Client, cast: Cast) -> None:
    client.force_login(cast.supervisor)
    assert client.post(f"/filings/999999/{act}/").status_code == 404
    filing = opening("office_review", cast)
    looked = client.get(f"/filings/{filing.pk}/{act}/")
    assert (looked.status_code, looked["Location"]) == (302, f"/filings/{filing.pk}/")  # where the button stands
    assert client.put(f"/filings/{filing.pk}/{act}/").status_code == 405


# --- paper ----------------------------------------------------------------------------------------------------------


def test_a_paper_approval_is_ticked_before_the_filing_passes(client: Client, visit: Visit, cast: Cast) -> None:
    filing = opening("office_review", cast, paper=date(2026, 11, 23))
    page = visit(cast.officer, filing)
    assert "书面批准，请先核对纸质批准件" in page
    assert f"/filings/{filing.pk}/paper/scan/?preview" in page
    refused = post(client, cast.officer, filing, "decide", typed(filing))
    assert refused.status_code == 422
    assert "请先核对纸质批准件" in refused.content.decode()
    ticked = post(client, cast.officer, filing, "paper/checked", paper_read(filing), follow=True)
    assert "已核对纸质批准件" in ticked.content.decode()
    filing.refresh_from_db()
    assert filing.paper_checked_by == cast.officer
    assert post(client, cast.officer, filing, "decide", typed(filing)).status_code == 302
    assert state_of(filing) == "accepted"


def test_there_is_no_paper_to_tick_when_it_was_approved_online(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    response = post(client, cast.officer, filing, "paper/checked", paper_read(filing))
    assert response.status_code == 409
    assert "没有纸质批准件" in response.content.decode()


def test_a_tick_that_does_not_say_what_was_read_is_refused(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast, paper=date(2026, 11, 23))
    assert post(client, cast.officer, filing, "paper/checked", {}).status_code == 422
    filing.refresh_from_db()
    assert filing.paper_checked_by is None


# --- what comes after -----------------------------------------------------------------------------------------------


def test_an_accepted_filing_shows_both_systems_and_the_way_to_its_receipt(visit: Visit, cast: Cast) -> None:
    filing = opening("accepted", cast)
    page = visit(cast.officer, filing)
    assert f"/filings/exchange/?filing={filing.pk}&amp;system=national#receipt" in page
    assert "撤销通过" not in page
    assert "撤销通过" in visit(cast.supervisor, filing)


def test_the_supervisor_takes_an_acceptance_back(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    revision = latest(filing)
    data = {"unaccept-revision": revision.number, "unaccept-sm3": revision.sm3, "unaccept-comment": ""}
    empty = post(client, cast.supervisor, filing, "unaccept", data)
    assert empty.status_code == 422
    assert "请写明撤销通过的理由。" in empty.content.decode()
    done = post(client, cast.supervisor, filing, "unaccept", {**data, "unaccept-comment": "材料有误"}, follow=True)
    assert "回到待审" in done.content.decode()
    assert state_of(filing) == "office_review"
    twice = post(client, cast.supervisor, filing, "unaccept", {**data, "unaccept-comment": "材料有误"})
    assert twice.status_code == 409
    assert post(client, cast.officer, filing, "unaccept", data).status_code == 403


def test_a_matter_that_never_took_place_is_confirmed(client: Client, visit: Visit, cast: Cast) -> None:
    filing = opening("withdrawn", cast)
    assert "确认未发生" in visit(cast.officer, filing)
    empty = post(client, cast.officer, filing, "not-occurred", {})
    assert empty.status_code == 422
    done = post(client, cast.officer, filing, "not-occurred", {"not_occurred-comment": "平台上没有"}, follow=True)
    assert "不再计算期限" in done.content.decode()
    filing.refresh_from_db()
    assert filing.not_occurred
    assert "确认“" not in visit(cast.officer, filing)


def test_a_draft_is_no_matter_of_the_office(client: Client, visit: Visit, cast: Cast) -> None:
    filing = opening("draft", cast)
    assert "审核意见" not in visit(cast.officer, filing)
    drafting.submit(filing.pk, by=cast.operator, now=NOW)
    response = post(client, cast.officer, filing, "decide", typed(filing))
    assert response.status_code == 409
