"""操作记录: who searches the history, what is found, what its check says, what an export holds and leaves."""

import io
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from openpyxl import load_workbook

from accounts import lifecycle
from accounts.models import Role
from tests.core import tampering
from tests.factories import Cast, account, at, opening, unit, user
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
    assert found("q=登记错误") == found("q=丙局") == found("kind=account&verb=void") == [("account", "void")]
    assert found(f"kind=filing&object={filing.pk}&verb=submit") == [("filing", "submit")]
    assert found("role=leader") == [("account", "open_pending"), ("filing", "leader_approve")]
    assert found("since=2026-11-21") == [("account", "void")]
    assert len(found("until=2026-11-20")) == len(found("since=2026-11-20&until=2026-11-20")) == 4
    assert found("until=2026-11-19") == []
    assert len(found("around=1")) == 5
    assert len(found("kind=nothing&verb=nothing&since=gestern&around=x")) == 5


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
    with django_assert_max_num_queries(20):
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
    client = signed_in(Role.AUDITOR)
    answer = client.post("/events/check/", {"head": f"1:{'0' * 64}"})
    job = Job.objects.get(kind=event_checks.KIND)
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert run_next(KINDS)
    assert client.get(f"/jobs/{job.pk}/")["Location"] == f"/events/checks/{job.pk}/"
    assert "与留存的不符" in client.get(f"/events/checks/{job.pk}/").content.decode()
    answer = client.post("/events/check/", {"head": "昨天"})
    assert answer.status_code == 422
    assert "不是留存的末条" in answer.content.decode()
    assert 'value="昨天"' in answer.content.decode()


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
