"""The pages of check sheets: who sees what, what each button does, and what comes back when it does not."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role
from inspections import sheets
from inspections.models import Sheet
from inspections.prejudging import Pre
from inspections.views import clean_sheets
from tests.factories import NOW, PDF, Cast, account, user
from tests.inspections.sheeted import MANUAL, Facts, filled, sheet, submitted
from tests.inspections.sheeted import facts as facts
from tests.uploads import png
from zhonglou_media.core.models import User

PNG = png()
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


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found[1]


def given(page: str, **found: str) -> dict[str, str]:
    """What the page sends with every manual indicator answered, and `found` besides."""
    return {"version": version(page), **{f"a-{code}": "0" for code in MANUAL}, **found}


def test_from_the_first_look_to_the_next_sheet(facts: Facts, cast: Cast) -> None:
    facts.told = {"Z03": Pre(1, "14 条中 1 条超时", "/messages/", known_until=NOW)}
    row, after = sheet(cast.officer, account(cast.unit, name="示例一")), sheet(cast.officer, account(name="示例二"))
    client, address = signed_in(cast.officer), f"/checks/sheets/{row.pk}/"
    page = text(client.get(address))
    for said in ("检查单：示例一", "系统预判", "14 条中 1 条超时", "看依据", "发现 1 条", "扣 3 分，提交后列入整改"):
        assert said in page
    assert 'value="11"' in page  # judged of 23
    answer = client.post(f"{address}save/", {"version": version(page), "a-Z07": "1", "n-Z07": "2"}, follow=True)
    page = text(answer)
    assert "已保存。" in page
    assert "发现 2 处" in page
    answer = client.post(f"{address}submit/", {"version": version(page), "t-Z07": ""})
    assert answer.status_code == 422
    assert "还有12项需要判断或说明" in text(answer)
    assert "Z07 错别字、一般表述错误：请写明发现的问题。" not in text(answer)  # not sent without its answer
    page = text(client.get(address))
    done = given(page, **{"a-Z07": "1", "n-Z07": "2", "t-Z07": "“按装”", "note": "总体正常"})
    answer = client.post(f"{address}submit/", done, follow=True)
    assert "“示例一”已提交：95 分，合格。" in text(answer)
    assert "检查单：示例二" in text(answer)
    assert Sheet.objects.get(pk=row.pk).note == "总体正常"
    unit = signed_in(cast.operator)
    seen = text(unit.get(address))
    assert "示例一：95 分，合格" in seen
    assert "“按装”" in seen
    assert str(cast.officer) not in seen
    assert unit.get(f"/checks/sheets/{after.pk}/").status_code == 404
    listed = text(unit.get(f"/accounts/{row.account_id}/checks/"))
    assert "抽查1次，都合格" in listed
    assert "钟政办新媒改" in listed


def test_it_saves_itself_and_tells_the_page_its_version(facts: Facts, cast: Cast) -> None:
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    client, json = signed_in(cast.officer), {"headers": {"accept": "application/json"}}
    answer = client.post(f"/checks/sheets/{row.pk}/save/", {"version": row.version, "a-N1.1": "0"}, **json)
    assert (answer.status_code, answer.json()["version"]) == (200, row.version + 1)
    answer = client.post(f"/checks/sheets/{row.pk}/save/", {"version": row.version, "a-N1.1": "1"}, **json)
    assert (answer.status_code, "在别处保存过" in answer.json()["message"]) == (409, True)
    number = "320402199001011234"
    sent = {"version": row.version + 1, "a-Z07": "1", "t-Z07": number}
    answer = client.post(f"/checks/sheets/{row.pk}/save/", sent, **json)
    assert (answer.status_code, "身份证号" in answer.json()["message"]) == (422, True)
    answer = client.post(f"/checks/sheets/{row.pk}/save/", {"version": row.version + 1, "link": "微信"}, **json)
    assert (answer.status_code, "http" in answer.json()["message"]) == (422, True)


def test_a_stale_page_keeps_what_was_typed(facts: Facts, cast: Cast) -> None:
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    client = signed_in(cast.officer)
    old = given(text(client.get(f"/checks/sheets/{row.pk}/")), **{"a-Z07": "1", "t-Z07": "“按装”"})
    client.post(f"/checks/sheets/{row.pk}/save/", {"version": row.version, "a-N1.1": "0"})
    answer = client.post(f"/checks/sheets/{row.pk}/submit/", old)
    assert (answer.status_code, "在别处保存过" in text(answer), "“按装”" in text(answer)) == (409, True, True)
    assert Sheet.objects.get(pk=row.pk).state == "open"


TYPED = {"a-Z07": "1", "n-Z07": "4", "t-Z07": "“按装”", "note": "总体正常", "link": "https://example.cn/zl/1"}
TYPED |= {"seen_at": "2026-11-24T09:31", "looked": "1"}
NUMBER = "320402199001011234"


@pytest.mark.parametrize("stale", [True, False])
@pytest.mark.parametrize("act", ["save", "rejudge", "rest", "submit"])
def test_whatever_is_refused_all_that_was_typed_stays(facts: Facts, cast: Cast, act: str, stale: bool) -> None:
    """By each of the four buttons, of a page that is old, or with an identity number in another field."""
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    client = signed_in(cast.officer)
    sent = TYPED | {"version": row.version} | ({} if stale else {"t-Z08": NUMBER, "a-Z08": "1"})
    if stale:
        client.post(f"/checks/sheets/{row.pk}/save/", {"version": row.version, "a-N1.1": "0"})
    answer = client.post(f"/checks/sheets/{row.pk}/{act}/", sent)
    page = text(answer)
    assert (answer.status_code, ("在别处保存过" if stale else "身份证号") in page) == (409 if stale else 422, True)
    for kept in ("“按装”", 'value="4"', "总体正常", "https://example.cn/zl/1", "09:31", *(() if stale else (NUMBER,))):
        assert kept in page
    assert Sheet.objects.get(pk=row.pk).note == ""


def test_a_district_of_sheets_is_looked_through_some_at_a_time(
    facts: Facts, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "AT_ONCE", 3)
    monkeypatch.setattr(clean_sheets, "LEFT_SHOWN", 1)
    rows = [sheet(cast.officer) for _ in range(5)]
    order = list(sheets.of_person(rows[0].spot_check, cast.officer))
    facts.of = {row.account_id: {"Z03": Pre(1, "1 条超时", "")} for row in order[:2]}
    client = signed_in(cast.officer)
    page = text(client.get("/checks/2026-11/clean/"))
    assert len(facts.asked[-1][0]) == 3  # looked at no more than that
    assert "1个账号系统没有发现问题，2个要逐个核对" in page
    assert "一次看 3 张，另有 2 张" in page
    assert "另有 1 个没有列出" in page
    assert "提交并起草通报" not in page
    after = text(client.get("/checks/2026-11/clean/?page=2"))
    assert {int(pk) for pk in re.findall(r'name="sheet" value="(\d+)"', after)} == {row.pk for row in order[3:]}
    assert "提交并起草通报" not in after


def test_the_rest_is_taken_only_from_who_says_that_he_looked(facts: Facts, cast: Cast) -> None:
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    client, address = signed_in(cast.officer), f"/checks/sheets/{row.pk}/rest/"
    answer = client.post(address, {"version": row.version})
    assert (answer.status_code, "请先打开账号逐项看过" in text(answer)) == (422, True)
    answer = client.post(address, {"version": row.version + 1, "looked": "1"}, follow=True)
    assert "已记为没有发现" in text(answer)
    answer = client.post(f"/checks/sheets/{row.pk}/rejudge/", {"version": version(text(answer))}, follow=True)
    assert "已按现在的数据重新预判" in text(answer)


def test_a_picture_is_judged_by_its_content_and_sent_to_who_may_see_it(facts: Facts, cast: Cast) -> None:
    row = sheets.begin(sheet(cast.officer, account(cast.unit)).pk, by=cast.officer, now=NOW)
    client, address = signed_in(cast.officer), f"/checks/sheets/{row.pk}/"
    wrong = {"version": row.version, "screenshot": SimpleUploadedFile("截图.png", PDF), "a-Z07": "1"}
    answer = client.post(f"{address}save/", wrong)
    assert answer.status_code == 422
    assert Sheet.objects.get(pk=row.pk).screenshot is None
    right = {"version": row.version, "screenshot": SimpleUploadedFile("截图.png", PNG), "note": "见截图"}
    page = text(client.post(f"{address}save/", right, follow=True))
    assert "截图.png" in page
    assert b"".join(client.get(f"{address}screenshot/").streaming_content) == PNG
    assert signed_in(cast.operator).get(f"{address}screenshot/").status_code == 404
    assert signed_in(user(Role.OFFICER)).get(f"/checks/sheets/{sheet(cast.officer).pk}/screenshot/").status_code == 404


def test_nobody_sees_the_others_answers_before_his_own_are_in(facts: Facts, cast: Cast) -> None:
    of, other = account(cast.unit), user(Role.OFFICER)
    first, second = sheet(cast.officer, of), sheet(other, of, part=2)
    submitted(second, other, Z07=(1, "“按装”"))
    client = signed_in(cast.officer)
    for address in (f"/checks/sheets/{second.pk}/", f"/checks/sheets/{first.pk}/compare/"):
        assert client.get(address).status_code == 404
    assert "“按装”" in text(signed_in(cast.supervisor).get(f"/checks/sheets/{second.pk}/"))
    filled(first, cast.officer)
    page = text(client.get(f"/checks/sheets/{first.pk}/"))
    answer = client.post(f"/checks/sheets/{first.pk}/submit/", given(page), follow=True)
    assert "与另一位检查人的结果不一致，由负责人认定" in text(answer)
    shown = text(client.get(f"/checks/sheets/{first.pk}/compare/"))
    assert "两人有1项不一致" in shown
    assert "由负责人认定以哪一份为准" in shown
    assert signed_in(cast.operator).get(f"/checks/sheets/{first.pk}/").status_code == 404
    boss = signed_in(cast.supervisor)
    page = text(boss.get(f"/checks/sheets/{first.pk}/compare/"))
    read = re.findall(r'name="read" value="([^"]*)"', page)[0]
    empty = boss.post(f"/checks/sheets/{second.pk}/decide/", {"read": read, "reason": ""})
    assert (empty.status_code, "请写明理由" in text(empty)) == (422, True)
    stale = boss.post(f"/checks/sheets/{second.pk}/decide/", {"read": "0", "reason": "截图为证"})
    assert (stale.status_code, "截图为证" in text(stale)) == (409, True)
    answer = boss.post(f"/checks/sheets/{second.pk}/decide/", {"read": read, "reason": "截图为证"}, follow=True)
    assert f"已认定以{other}的结果为准" in text(answer)
    assert "“按装”" in text(signed_in(cast.operator).get(f"/checks/sheets/{second.pk}/"))


def test_reopened_by_the_supervisor(facts: Facts, cast: Cast) -> None:
    row = submitted(sheet(cast.officer, account(cast.unit)), cast.officer)
    boss, address = signed_in(cast.supervisor), f"/checks/sheets/{row.pk}/reopen/"
    assert boss.post(address, {"reason": ""}).status_code == 422
    answer = boss.post(address, {"reason": "看错账号"}, follow=True)
    assert "的检查单已重开" in text(answer)
    again = boss.post(address, {"reason": "看错账号"})
    assert (again.status_code, "还没有提交，不用重开" in text(again)) == (409, True)


def test_a_month_without_findings_takes_two_presses(facts: Facts, cast: Cast) -> None:
    rows = [sheet(cast.officer) for _ in range(3)]
    facts.of = {rows[0].account_id: {"Z03": Pre(1, "1 条超时", "")}}
    client = signed_in(cast.officer)
    page = text(client.get("/checks/2026-11/clean/"))
    assert "2个账号系统没有发现问题，1个要逐个核对" in page
    assert "Z03 咨询留言超 24 小时未回复" in page
    chosen = re.findall(r'name="sheet" value="(\d+)"', page)
    assert {int(pk) for pk in chosen} == {rows[1].pk, rows[2].pk}
    facts.of[rows[1].account_id] = {"Z01": Pre(1, "第 47 周没有更新", "")}  # learnt meanwhile
    answer = client.post("/checks/2026-11/clean/", {"sheet": chosen}, follow=True)
    assert "已提交 1 张检查单，没有发现问题；1 张的数据有变，没有提交" in text(answer)
    assert client.post("/checks/2026-11/clean/", {}).status_code == 422
    assert client.get("/checks/2026-13/clean/").status_code == 404
    assert Sheet.objects.filter(state="submitted").count() == 1


def test_the_next_sheet(facts: Facts, cast: Cast) -> None:
    row = sheet(cast.officer)
    client = signed_in(cast.officer)
    assert client.get("/checks/sheets/next/").headers["Location"] == f"/checks/sheets/{row.pk}/"
    assert "您没有其他待核的检查单了" in text(client.get(f"/checks/sheets/next/?after={row.pk}", follow=True))


def test_the_page_costs_the_same_for_any_sheet(facts: Facts, cast: Cast, django_assert_max_num_queries: Any) -> None:
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    client = signed_in(cast.officer)
    client.get(f"/checks/sheets/{row.pk}/")
    with django_assert_max_num_queries(32):
        client.get(f"/checks/sheets/{row.pk}/")
