"""操作记录: who searches the history, what is found, what its check says, what an export holds and leaves."""

import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from openpyxl import load_workbook

from accounts import custodians, lifecycle, thresholds, units, users
from accounts.models import Role
from accounts.units import UnitData
from tests.core import tampering
from tests.factories import NOW, Cast, account, at, opening, unit, user
from zhonglou_media.core import chain
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Event, Job, Notice
from zhonglou_media.portal import event_checks
from zhonglou_media.portal.event_filter import EventFilter
from zhonglou_media.portal.events_page import sheet_rows
from zhonglou_media.portal.jobs import KINDS
from zhonglou_media.portal.tasks import verify_events

pytestmark = pytest.mark.django_db


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(user(role))
    return client


def found(query: str) -> list[tuple[str, str]]:
    """Kind and verb of what a search shows, oldest first."""
    rows = EventFilter(QueryDict(query)).events().order_by("seq")
    return list(rows.values_list("subject_kind", "verb"))


def test_the_page_names_person_object_states_and_revision() -> None:
    cast = Cast(unit("示例甲街道办事处"))
    filing = opening("accepted", cast, name="=示例发布")
    text = signed_in(Role.AUDITOR).get("/events/").content.decode()
    for words in (
        "还没有核验过", str(cast.operator), "填报员", "提交领导审批", f'href="/filings/{filing.pk}/"',
        f"{filing.number} =示例发布", "待单位领导审批", "区府办审核", "状态变化", "第 1 版",
    ):  # fmt: skip
        assert words in text
    admin = signed_in(Role.ADMIN).get("/events/").content.decode()
    assert f'href="/filings/{filing.pk}/"' not in admin  # the admin reads no filing, yet knows that it moved
    assert "提交领导审批" in admin
    assert signed_in(Role.OFFICER).get("/events/").status_code == 403


def test_a_search_by_each_condition() -> None:
    cast = Cast(unit("示例乙局"))
    cast.operator.name = "王某某"
    cast.operator.save()
    filing = opening("to_report", cast, name="钟楼乙局发布", now=at("2026-11-20 09:00"))
    row = account(unit("示例丙局"), name="丙局旧号")
    lifecycle.void(row, reason="登记错误（示例）", by=cast.supervisor, now=at("2026-11-23 10:00"))
    assert found("q=王某") == [("filing", "start"), ("filing", "submit")]
    assert [kind for kind, _ in found("q=乙局发布")] == ["filing", "filing", "account", "filing"]
    assert found("q=登记错误") == found("q=丙局") == found("verb=account:void") == [("account", "void")]
    assert found(f"kind=filing&object={filing.pk}&verb=filing:submit") == [("filing", "submit")]
    assert found("role=leader") == [("account", "open_pending"), ("filing", "leader_approve")]
    assert found("since=2026-11-21") == [("account", "void")]
    assert len(found("until=2026-11-20")) == len(found("since=2026-11-20&until=2026-11-20")) == 4
    assert found("until=2026-11-19") == []
    assert len(found("around=1")) == 5
    assert len(found("kind=nothing&verb=nothing&since=gestern&around=x")) == 5


def test_each_operation_of_each_kind_is_a_choice_of_its_own() -> None:
    page = signed_in(Role.AUDITOR).get("/events/").content.decode()
    assert '<optgroup label="账号">' in page
    assert '<option value="setting:change">修改设定</option>' in page
    assert '<option value="account:change">按变更报备更新</option>' in page
    assert "按变更报备更新、" not in page


def test_what_was_given_and_changed_is_said_on_the_page_in_the_export_and_at_the_person() -> None:
    admin, person, of = user(Role.ADMIN), user(name="示例甲"), unit("示例甲局")
    above, keeper = unit("示例主管局"), Cast(of).operator
    users.add_membership(
        person.pk, unit=of, role="leader", from_date=date(2026, 11, 1), to_date=None, by=admin, now=NOW
    )
    users.edit(person.pk, name="示例乙", phone="0519-7", by=admin, now=NOW)
    new = UnitData("示例甲和旅游局", of.short_name, of.kind, "guided", False, above)
    units.edit(of.pk, new, by=admin, now=NOW)
    thresholds.change("confirm_days", 20, date(2026, 12, 1), by=user(Role.SUPERVISOR), now=NOW)
    row = account(of, custodian="")
    custodians.name(row.pk, name="示例丙", phone="0519-8", from_date=date(2026, 11, 2), by=keeper, now=NOW)
    page = signed_in(Role.AUDITOR).get("/events/").content.decode()
    exported = {line[11] for line in sheet_rows(Event.objects.order_by("-seq"))}
    for words in (
        "示例甲局“单位主要领导”，自 2026-11-01 起",
        "姓名：示例甲 → 示例乙，联系电话有改动",
        "名称：示例甲局 → 示例甲和旅游局，适用范围：适用 → 指导，行业主管部门：（空） → 示例主管局，"
        "新名称自 2026-11-24 起",
        "示例丙，自 2026-11-02 到任",
    ):
        assert words in page
        assert words in exported
    assert any("季度确认的时限：15 → 20 天，自 2026-12-01 起" in line for line in exported)
    assert "0519-" not in page + "".join(exported)
    client = Client()
    client.force_login(admin)
    assert "示例甲局“单位主要领导”，自 2026-11-01 起" in client.get(f"/users/{person.pk}/").content.decode()


@pytest.mark.parametrize("typed", ["gestern", "0001-01-01", "9999-12-31", "2026-02-31"])
def test_a_day_that_is_none_is_told_and_nothing_is_exported(typed: str) -> None:
    opening("draft")
    client, before = signed_in(Role.AUDITOR), Event.objects.count()
    for name in ("since", "until"):
        answer = client.get(f"/events/?{name}={typed}")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "日期没有用上" in page
        assert f'value="{typed}"' in page
        assert "/events/export/" not in page
        answer = client.post(f"/events/export/?{name}={typed}", follow=True)
        assert "没有导出" in answer.content.decode()
    assert Event.objects.count() == before


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: Any) -> None:
    client = signed_in(Role.AUDITOR)
    for _ in range(4):
        opening("completed")
    with django_assert_max_num_queries(15):
        assert client.get("/events/").status_code == 200


def test_the_check_of_the_night_is_shown_and_later_ones_compare_with_it() -> None:
    opening("completed")
    verify_events()
    verify_events()  # one waits already
    assert run_next(KINDS)
    assert not run_next(KINDS)
    client, last = signed_in(Role.ADMIN), Event.objects.latest("seq")
    text = client.get("/events/").content.decode()
    assert "前后相连，没有改动" in text
    assert f"{last.seq}:{last.hash}" in text
    tampering.stand_in()
    tampering.edit(3, "comment")
    tampering.rehash(3, last.seq, head=True)
    assert chain.verify().faults == []  # it agrees with itself
    verify_events()
    assert run_next(KINDS)
    job = event_checks.done()[0]
    assert f"第 {last.seq} 条" in job.result["lines"][0][1]
    text = client.get("/events/").content.decode()
    assert "核验发现1处不符" in text
    assert f'href="/events/checks/{job.pk}/"' in text
    assert f"around={last.seq}" in client.get(f"/events/checks/{job.pk}/").content.decode()


def test_a_fault_is_told_to_admin_and_auditor() -> None:
    told, other = {user(Role.ADMIN), user(Role.AUDITOR)}, user(Role.OFFICER)
    opening("draft")
    tampering.stand_in()
    tampering.edit(1, "verb")
    verify_events()
    assert run_next(KINDS)
    notices = Notice.objects.filter(key__startswith="chain:")
    assert {notice.user for notice in notices} == told
    assert other not in told
    assert "核验不通过，发现1处不符" in notices[0].text


def test_a_head_kept_outside_is_compared_at_once() -> None:
    opening("draft")
    user(Role.ADMIN)
    client, typed = signed_in(Role.AUDITOR), {"head": f"1:{'0' * 64}"}
    answer = client.post("/events/check/", typed)
    job = Job.objects.get(kind=event_checks.KIND)
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert run_next(KINDS)
    assert client.get(f"/jobs/{job.pk}/")["Location"] == f"/events/checks/{job.pk}/"
    page = client.get(f"/events/checks/{job.pk}/").content.decode()
    assert "先核对是否抄错" in page  # nobody else is told
    assert "与留存的不符" in page
    assert not Notice.objects.filter(key__startswith="chain:").exists()
    assert event_checks.standing() is None
    assert "还没有核验过" in client.get("/events/").content.decode()
    client.post("/events/check/", typed | {"sure": "1"})
    assert run_next(KINDS)
    assert Notice.objects.filter(key__startswith="chain:").count() == 2
    assert "核验发现1处不符" in client.get("/events/").content.decode()
    answer = client.post("/events/check/", {"head": "昨天"})
    assert answer.status_code == 422
    assert "不是留存的末条" in answer.content.decode()
    assert 'value="昨天"' in answer.content.decode()


def test_a_fault_stays_until_somebody_closes_it_with_a_reason() -> None:
    opening("leader_review")
    client = signed_in(Role.ADMIN)
    tampering.stand_in()
    tampering.edit(1, "verb")
    verify_events()
    assert run_next(KINDS)
    client.post("/events/check/", {"head": f"1:{'0' * 64}"})  # a later one, of a mistyped head
    assert run_next(KINDS)
    newest = event_checks.standing()
    assert newest is not None
    for page in ("/", "/events/"):
        assert f"/events/checks/{newest.pk}/" in client.get(page).content.decode()
    close = f"/events/checks/{newest.pk}/close/"
    assert client.post(close, {"reason": " "}).status_code == 422
    assert client.post(close, {"reason": "示例：已查明"}, follow=True).status_code == 200
    assert Event.objects.get(verb="close_fault").comment == "示例：已查明"
    assert client.post(close, {"reason": "示例"}).status_code == 409
    assert "还没有了结" not in client.get("/").content.decode()
    with connection.cursor() as cursor:  # the copy numbers no rows
        cursor.execute("UPDATE core_event SET id = seq + (SELECT MAX(id) FROM core_event) WHERE id IS NULL")
    before = Notice.objects.count()
    verify_events()
    assert run_next(KINDS)
    assert event_checks.done()[0].result["faults"] == 1  # the same again
    assert (event_checks.standing(), Notice.objects.count()) == (None, before)
    tampering.edit(2, "comment")
    verify_events()
    assert run_next(KINDS)
    assert event_checks.standing() == event_checks.done()[0]


def test_an_export_holds_what_the_list_shows_as_texts_and_leaves_an_event() -> None:
    cast = Cast()
    opening("to_report", cast, name="=1+1示例")
    client, person = Client(), user(Role.AUDITOR)
    client.force_login(person)
    answer = client.post("/events/export/?kind=filing")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    above, heads, *rows = list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert "条件：对象备案；共3条" in above[0]
    assert [(row[0], row[4], row[5]) for row in rows] == [
        (4, "主要领导批准", "备案"),
        (2, "提交领导审批", "备案"),
        (1, "新建草稿", "备案"),
    ]
    assert rows[0][6].endswith("=1+1示例（抖音）")
    assert rows[0][heads.index("记录摘要")] == Event.objects.get(seq=4).hash
    left = Event.objects.latest("seq")
    assert (left.verb, left.actor, left.role, left.comment) == ("export_events", person, "auditor", "对象备案")
    assert left.detail == {"events": 3}


def test_too_much_is_not_exported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opening("draft")
    monkeypatch.setattr("zhonglou_media.portal.events_page.AT_MOST", 0)
    client = signed_in(Role.ADMIN)
    answer = client.post("/events/export/?q=", follow=True)
    assert "一次最多导出0条，现有1条" in answer.content.decode()
    assert Event.objects.count() == 1


def test_an_export_is_read_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    tampering.write_chain()
    monkeypatch.setattr("zhonglou_media.portal.events_page.A_CHUNK", 7)
    rows = list(sheet_rows(Event.objects.order_by("-seq")))
    assert [row[0] for row in rows] == list(range(40, 0, -1))
