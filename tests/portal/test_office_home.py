"""The office's home: what must go up first, the review queue with its filters, the flags of the district."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.flags import run_rule
from accounts.models import Role
from accounts.rules import RULES as ACCOUNT_RULES
from filings import checks, exchange, export_batches, reporting, review_queue, reviewing
from filings.models import Filing
from filings.rules import RULES as FILING_RULES
from tests.factories import NOW, Cast, account, at, opening, read, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
Visit = Callable[..., str]


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def visit(client: Client) -> Visit:
    def visit(who: User, url: str = "/") -> str:
        client.force_login(who)
        response = client.get(url)
        assert response.status_code == 200
        return response.content.decode()

    return visit


def flag_everything() -> None:
    for rule in (*ACCOUNT_RULES, *FILING_RULES):
        run_rule(rule, db_now())


def test_an_empty_home_says_what_will_appear(visit: Visit) -> None:
    page = visit(user(Role.OFFICER))
    for words in ("现在没有待办", "没有待上级平台备案的", "现在没有待审的", "全区没有未解除的预警"):
        assert words in page


def test_what_must_go_up_comes_first_by_the_offices_own_due_time(visit: Visit, cast: Cast) -> None:
    later = opening("accepted", cast, name="示例后到", now=db_now())
    earlier = opening("accepted", cast, platform="weibo", name="示例先到", now=at("2021-04-06 10:00"))
    waiting = opening("office_review", cast, platform="kuaishou", name="示例待审")
    page = visit(cast.officer)
    assert "2件待录入上级系统" in page
    assert "1件已超办理时限" in page
    assert page.index("示例先到") < page.index("示例后到") < page.index("示例待审")
    assert page.index("先办：待上级平台备案") < page.index("待审（1件）")
    assert f"/filings/{earlier.pk}/" in page
    assert later.number in page
    assert waiting.number in page


def test_both_systems_are_told_for_each_filing(visit: Visit, cast: Cast, tmp_path: Any) -> None:
    filing = opening("accepted", cast)
    export_batches.export("provincial", by=cast.officer, now=NOW, out=tmp_path / "o.xlsx")
    exchange.take_receipt(filing.pk, system="national", result="taken", on=NOW.date(), by=cast.officer, now=NOW)
    page = visit(cast.officer)
    assert "<b>全国</b>已备案" in page
    assert "<b>全省</b>已导出，待回执" in page


def test_the_queue_shows_lateness_rules_and_who_read_what(visit: Visit, cast: Cast) -> None:
    now = db_now()
    late = opening("to_report", cast, now=at("2021-04-06 10:00"), name="示例迟报")
    reporting.report(late.pk, by=cast.operator, now=at("2021-04-10 10:00"))
    other = opening("office_review", cast, platform="weibo", verified_entity="另一单位", paper=date(2026, 11, 23))
    colleague = user(Role.OFFICER, name="示例王某")
    reviewing.open_for_review(late.pk, by=colleague, now=now)
    page = visit(cast.officer)
    assert "迟报 1 天" in page
    assert "书面批准" in page
    assert "示例王某" in page
    assert "正在审核" in page
    assert "1 项提醒" in page
    assert page.count('<span class="zl-tag">未阅</span>') == 1
    reviewing.open_for_review(other.pk, by=cast.officer, now=now)
    assert '<span class="zl-mute">已阅</span>' in visit(cast.officer)


def test_a_colleague_is_at_work_for_half_an_hour_on_this_revision_only(cast: Cast) -> None:
    filing = opening("office_review", cast)
    colleague = user(Role.OFFICER)
    reviewing.open_for_review(filing.pk, by=colleague, now=NOW)

    def row(minutes: int) -> review_queue.QueueRow:
        found = list(review_queue.to_review().for_lists())
        return review_queue.queue_rows(found, cast.officer, now=NOW + timedelta(minutes=minutes))[0]

    assert row(30).colleague is not None
    assert row(31).colleague is None
    reporting.supplement(filing.pk, by=cast.operator, data={"custodian": "示例"}, now=NOW)
    assert row(1).colleague is None


def test_what_was_read_must_be_read_again_after_a_new_revision(visit: Visit, cast: Cast) -> None:
    filing = opening("office_review", cast)
    reviewing.open_for_review(filing.pk, by=cast.officer, now=NOW)
    assert not review_queue.to_review().filter(review_queue.unread_by(cast.officer)).exists()
    reporting.supplement(filing.pk, by=cast.operator, data={"custodian": "示例"}, now=NOW)
    assert review_queue.to_review().filter(review_queue.unread_by(cast.officer)).get() == filing
    assert "14:05 重报，须重阅" in visit(cast.officer)


FILTERS = [
    ("", {"甲", "乙", "丙"}),
    ("?q=示例甲", {"甲"}),
    ("?q=ZLXMT", {"甲", "乙", "丙"}),
    ("?q=%25", set()),
    ("?kind=open", {"甲", "乙", "丙"}),
    ("?kind=close", set()),
    ("?kind=nonsense", {"甲", "乙", "丙"}),
    ("?reported=late", {"乙"}),
    ("?reported=paper", {"丙"}),
    ("?unread=1", {"乙", "丙"}),
    ("?unread=1&reported=paper", {"丙"}),
    ("?unit=UNIT", {"乙"}),
    ("?unit=abc", {"甲", "乙", "丙"}),
]


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_filters_narrow_the_queue(query: str, names: set[str], visit: Visit, cast: Cast) -> None:
    read_one = opening("office_review", cast, name="示例甲")
    reviewing.open_for_review(read_one.pk, by=cast.officer, now=NOW)
    other = Cast(unit())
    late = opening("to_report", other, now=at("2021-04-06 10:00"), name="示例乙")
    reporting.report(late.pk, by=other.operator, now=at("2021-04-10 10:00"))
    opening("office_review", cast, platform="weibo", paper=date(2026, 11, 23), name="示例丙")
    page = visit(cast.officer, "/" + query.replace("UNIT", str(other.unit.pk)))
    assert {name for name in "甲乙丙" if f">示例{name}（" in page} == names
    assert "全部 3" in page
    assert "未阅 2" in page


def test_the_queue_is_paged_by_twenty_and_its_queries_do_not_grow(visit: Visit, cast: Cast) -> None:
    def queries(url: str = "/") -> int:
        with CaptureQueriesContext(connection) as caught:
            visit(cast.officer, url)
        return len(caught)

    for _ in range(2):
        opening("office_review", Cast(unit()))
        opening("accepted", Cast(unit()))
        account(found=True)
    flag_everything()
    queries()  # what a person holds is read once an object
    few = queries()
    for _ in range(19):
        opening("office_review", Cast(unit()), verified_entity="另一单位")
    for _ in range(3):
        opening("accepted", Cast(unit()))
        account(found=True)
    flag_everything()
    assert queries() == few
    assert "第 1–20 条，共 21 条" in visit(cast.officer)
    assert "第 21–21 条，共 21 条" in visit(cast.officer, "/?page=2")


def test_flags_of_the_district_link_to_their_fact(visit: Visit, cast: Cast) -> None:
    found = account(found=True, name="示例未备案", now=at("2021-04-06 10:00"))
    filing = opening("to_report", cast, now=at("2021-04-06 10:00"), name="示例未报")
    flag_everything()
    page = visit(cast.officer)
    assert "全区预警（2条）" in page
    assert f'href="/accounts/{found.pk}/"' in page
    assert f'href="/filings/{filing.pk}/"' in page
    assert "逾期未报送" in page
    assert 'href="/flags/?rule=overdue_filing">逾期未报送 1</a>' in page
    assert 'href="/flags/">看全部 2 条' in page
    assert "04-06 批准，应于 2021-04-08 24:00 前报送" in page
    assert "2021-04-06 10:00 发现，没有备案" in page


def test_completion_conflicts_stand_apart_for_the_whole_office(visit: Visit, cast: Cast) -> None:
    filing = opening("accepted", cast)
    Filing.objects.filter(pk=filing.pk).update(conflict="账号已作废，不能办结。")
    assert "办结受阻（1件）" in visit(cast.supervisor)
    assert "办结受阻（1件）" in visit(cast.officer)  # who counts it no more among what must go up


def test_warnings_counted_for_a_page_are_those_each_filing_gets(cast: Cast) -> None:
    """One reading of the register for the page says the same as a question for each filing."""
    other = Cast(unit(kind="department"))
    account(other.unit, name="示例旧名")
    opening("office_review", other, same_platform_reason="面向不同人群", name="示例新名")
    opening("office_review", cast, platform="mini_program", verified_entity="另一单位")
    found = list(review_queue.to_review().for_lists())
    rows = review_queue.queue_rows(found, cast.officer, now=NOW)
    for row in rows:
        said = checks.check_details(row.filing.opening, row.filing)
        assert row.warnings == sum(check.level != "pass" for check in said)
    assert sorted(row.warnings for row in rows) == [2, 2]


def test_next_and_previous_follow_the_queue(cast: Cast) -> None:
    first = opening("office_review", cast, now=at("2021-04-06 10:00"))
    second = opening("office_review", cast, platform="weibo", now=at("2021-04-13 10:00"))
    third = opening("office_review", cast, platform="kuaishou", now=at("2021-04-20 10:00"))
    middle = review_queue.neighbours(second)
    assert middle == review_queue.Neighbours(2, 3, first.pk, third.pk)
    assert review_queue.after_decision(second) == third
    assert review_queue.after_decision(third) == first
    reviewing.return_(third.pk, by=cast.officer, read=read(third), now=NOW, comment="请补充")
    assert review_queue.neighbours(Filing.objects.get(pk=third.pk)) is None
