"""The pages of the year's assessment: who sees which lines, what they open, weights, paragraph, the end, workbook."""

import io
import re
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from inspections import assessing, figures
from inspections.models import Assessment, AssessmentYear
from tests.factories import Cast, account, platform, unit, user
from tests.inspections.yeared import filing, rectification, replies, sheet, veto
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
YEAR = 2025  # a year that is over


@pytest.fixture(autouse=True)
def no_roll_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "refresh", lambda now: 0)


@pytest.fixture
def cast() -> Cast:
    """A unit with a year: 88 and a vetoed 95, one filing late, replies, an order that was not kept."""
    cast = Cast(unit("示例甲街道办事处"))
    of = account(cast.unit, name="示例发布")
    sheet(of, "88", month=date(YEAR, 3, 1))
    sheet(account(cast.unit, name="示例视频", platform=platform("weibo")), "95", vetoed=True, month=date(YEAR, 3, 1))
    filing(cast.unit, f"{YEAR}-05-06 00:00", f"{YEAR}-05-05 10:00", author=cast.operator)
    filing(cast.unit, f"{YEAR}-06-06 00:00", author=cast.operator)
    replies(cast.unit, 4, 3, date(YEAR, 4, 1))
    rectification(of, f"{YEAR}-04-10 00:00", "verified", f"{YEAR}-04-12 10:00")
    assessing.recompute(YEAR, by=cast.supervisor, now=db_now())
    return cast


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def read(client: Client) -> str:
    found = re.search(r'name="read" value="([^"]+)"', text(client.get(f"/years/{YEAR}/")))
    assert found is not None
    return found[1]


def test_a_line_opens_its_facts_and_can_be_computed_again(cast: Cast) -> None:
    page = text(signed_in(cast.operator).get(f"/years/{YEAR}/units/{cast.unit.pk}/"))
    for said in (
        "147.0 ÷ 2 = 73.5",  # 88 + 59
        "备案 1 ÷ 2 = 50.0%；回复 3 ÷ 4 = 75.0%；取平均",
        "按期 0 × 1 + 逾期 1 × 0.5 + 没有整改 0 × 0",
        "（73.5 × 60 + 62.5 × 25 + 50.0 × 15）÷ 100 = 67.2",
        "单项否决的按不超过 59 分计入",
    ):
        assert said in page
    assert page.count("/filings/") >= 2


def test_a_unit_sees_its_own_line_only(cast: Cast) -> None:
    other = Cast(unit("示例乙局"))
    sheet(account(other.unit), "99", month=date(YEAR, 3, 1))
    assessing.recompute(YEAR, by=cast.supervisor, now=db_now())
    ours = signed_in(cast.operator)
    page = text(ours.get(f"/years/{YEAR}/"))
    assert f"/units/{cast.unit.pk}/" in page
    assert "示例乙局" not in page
    assert "定稿…" not in page
    assert ours.get(f"/years/{YEAR}/units/{other.unit.pk}/").status_code == 404
    both = user(Role.ADMIN)
    both.memberships.create(unit=cast.unit, role=Role.OPERATOR)  # who keeps users reads no more for that
    assert signed_in(both).get(f"/years/{YEAR}/units/{other.unit.pk}/").status_code == 404
    book = openpyxl.load_workbook(io.BytesIO(b"".join(ours.get(f"/years/{YEAR}/export/").streaming_content)))
    assert "示例乙局" not in str(list(book.active.values))
    assert "示例乙局" in text(signed_in(user(Role.AUDITOR)).get(f"/years/{YEAR}/"))


def test_the_lines_stand_by_name_not_by_score(cast: Cast) -> None:
    for name, score in (("示例丙局", "10"), ("示例丁局", "99")):
        sheet(account(unit(name)), score, month=date(YEAR, 3, 1))
    boss = signed_in(cast.supervisor)
    boss.post(f"/years/{YEAR}/recompute/")
    names = re.findall(r'zl-strong" href="/years/\d+/units/\d+/">([^<]+)<', text(boss.get(f"/years/{YEAR}/")))
    assert names == sorted(["示例丙局", "示例丁局", "示例甲街道办事处"])
    assert "示例丁局" in text(boss.get(f"/years/{YEAR}/?grade=优秀"))
    assert "示例丙局" not in text(boss.get(f"/years/{YEAR}/?grade=优秀")).split("<table")[1]


def test_weights_paragraph_and_the_end(cast: Cast) -> None:
    boss = signed_in(cast.supervisor)
    wrong = boss.post(f"/years/{YEAR}/weights/", {"checks": 50, "timely": 50, "rectified": 50, "read": read(boss)})
    assert (wrong.status_code, "合计应为 100，现在是 150" in text(wrong)) == (422, True)
    right = {"checks": 100, "timely": 0, "rectified": 0}
    assert boss.post(f"/years/{YEAR}/weights/", right | {"read": read(boss)}).status_code == 302
    assert str(Assessment.objects.get().score) == "73.5"
    assert boss.post(f"/years/{YEAR}/weights/", {**right, "read": "old"}).status_code == 409
    kept = boss.post(f"/years/{YEAR}/paragraph/", {"paragraph": "改过的段落", "read": read(boss)})
    assert kept.status_code == 302
    page = text(boss.get(f"/years/{YEAR}/"))
    assert "改过的段落" in page
    assert "按期报送率 50.0%" in text(boss.get(f"/years/{YEAR}/?redraft"))
    assert boss.post(f"/years/{YEAR}/freeze/", {"reason": "", "read": read(boss)}).status_code == 302
    assert AssessmentYear.objects.get().state == "frozen"
    after = text(boss.get(f"/years/{YEAR}/"))
    assert "定稿…" not in after
    assert boss.post(f"/years/{YEAR}/recompute/").status_code == 409


def test_this_year_cannot_be_frozen_yet_or_says_when(cast: Cast) -> None:
    boss, number = signed_in(cast.supervisor), db_now().year
    assert "还没有计算" in text(boss.get(f"/years/{number}/"))
    assert boss.post(f"/years/{number}/recompute/").status_code == 302
    if assessing.why_not_yet(AssessmentYear.objects.get(year=number), db_now()):
        assert "定稿…" not in text(boss.get(f"/years/{number}/"))
        assert boss.post(f"/years/{number}/freeze/", {"reason": "示例"}).status_code == 422
    assert boss.get("/years/2020/").status_code == 404
    assert boss.get("/years/2999/").status_code == 404


def test_a_veto_is_said_before_all(cast: Cast) -> None:
    veto(cast.unit, YEAR)
    boss = signed_in(cast.supervisor)
    boss.post(f"/years/{YEAR}/recompute/")
    assert "1个一票否决" in text(boss.get(f"/years/{YEAR}/?")) or "一票否决" in text(boss.get(f"/years/{YEAR}/"))
    page = text(signed_in(cast.operator).get(f"/years/{YEAR}/units/{cast.unit.pk}/"))
    assert "一票否决：不论得分均为不合格" in page
    assert "被市级通报" in page


def test_what_changed_since_it_was_computed_is_told(cast: Cast) -> None:
    replies(cast.unit, 9, 0, date(YEAR, 5, 1))
    page = text(signed_in(cast.operator).get(f"/years/{YEAR}/units/{cast.unit.pk}/"))
    assert "下面的行与计算时不同" in page


def test_the_page_asks_the_same_number_of_times_for_any_number_of_units(cast: Cast) -> None:
    boss = signed_in(cast.supervisor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            boss.get(f"/years/{YEAR}/")
        return len(found)

    cost()
    one = cost()
    for _ in range(8):
        sheet(account(), "90", month=date(YEAR, 3, 1))
    assessing.recompute(YEAR, by=cast.supervisor, now=db_now())
    assert cost() == one


def test_the_workbook_holds_the_lines(cast: Cast) -> None:
    answer = signed_in(cast.officer).get(f"/years/{YEAR}/export/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    rows = list(book.active.values)
    assert rows[0][0] == f"{YEAR} 年度政务新媒体考核（计算中）"
    assert rows[3][:7] == ("示例甲街道办事处", "合格", 67.2, 73.5, 62.5, 50, None)
