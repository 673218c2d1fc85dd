"""The dashboard: what its sentences say, whom it shows what, what its numbers open, and what it costs."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from inspections import dashboard, dashboard_charts, figures
from inspections.dashboard import FIGURES, Rate, Shown
from inspections.models import MonthDone, MonthFigure
from tests.factories import account, at, unit, user
from tests.inspections.figured import World
from tests.inspections.yeared import sheet
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Setting, User

pytestmark = pytest.mark.django_db
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
QUERIES = 12


def figure(of: Any, month: date = OCTOBER, **counts: Any) -> MonthFigure:
    MonthDone.objects.get_or_create(month=month, defaults={"computed_at": db_now(), "mark": "0"})
    return MonthFigure.objects.create(month=month, unit=of, **counts)


def page(client: Client, who: User, path: str = "/dashboard/", status: int = 200) -> str:
    client.force_login(who)
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def h1(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text, re.S)
    assert found is not None
    return re.sub(r"<[^>]+>|\s", "", found[1])


# --- the sentences ----------------------------------------------------------------------------------------------------


def shown(key: str, now: tuple[int, int], before: tuple[int, int] = (0, 0), target: int = 95) -> Shown:
    return Shown(FIGURES[key], Rate(*now), Rate(*before), target, 0, "")


@pytest.mark.parametrize(
    ("rate", "percent"),
    [((36, 39), "92.3"), ((1, 3), "33.3"), ((2, 3), "66.7"), ((1, 16), "6.3"), ((0, 5), "0.0"), ((0, 0), None)],
)
def test_a_rate_has_one_decimal_half_up(rate: tuple[int, int], percent: str | None) -> None:
    assert Rate(*rate).percent == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        ((36, 39), (35, 39), "升 2.6 个百分点"),  # 92.3 − 89.7, as both are shown
        ((35, 39), (36, 39), "降 2.6 个百分点"),
        ((1, 2), (2, 4), "与上月持平"),
        ((1, 2), (0, 0), "没有上月数据可比"),
        ((0, 0), (1, 2), "本月没有可计的"),
    ],
)
def test_how_a_figure_moved(now: tuple[int, int], before: tuple[int, int], words: str) -> None:
    assert shown("filings", now, before).moved == words


UP, DOWN, SAME = ((9, 10), (8, 10)), ((8, 10), (9, 10)), ((9, 10), (9, 10))


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ([UP, UP, DOWN, UP, UP], "4项好转，24小时回复率下降10.0个百分点"),
        ([UP, DOWN, ((5, 10), (9, 10)), UP, SAME], "2项好转，2项下降，24小时回复率降得最多（40.0个百分点）"),
        ([UP, SAME, SAME, SAME, SAME], "1项好转，没有下降的，5项未达目标"),
        ([((10, 10), (9, 10)), *[((10, 10), (10, 10))] * 4], "1项好转，没有下降的"),
        ([SAME] * 5, "各项都与上月持平，5项未达目标"),
        ([((10, 10), (10, 10))] * 5, "各项都与上月持平"),
        ([((9, 10), (0, 0))] * 5, "5项有数据，5项未达目标"),
        ([((10, 10), (0, 0))] * 5, "5项有数据，都达到目标"),
        ([((0, 0), (9, 10))] * 5, "本月没有可以统计的事项"),
    ],
)
def test_the_headline_names_the_finding(moves: list[Any], words: str) -> None:
    assert dashboard.headline([shown(key, *move) for key, move in zip(FIGURES, moves, strict=True)]) == words


@pytest.mark.parametrize(
    ("filings", "updates", "questions", "words"),
    [
        ([90, 91, 92], [90, 95, 96], [92, 90, 88], "24小时回复率连续2个月下降，离目标还差7.0个百分点"),
        ([90, 91, 92], [99, 98, 97], [96, 96, 96], "更新达标率连续2个月下降，仍在目标以上"),
        ([90, 91, 92], [95, 95, 96], [96, 96, 96], "按时备案率离目标最远，还差3.0个百分点"),
        ([95, 95, 95], [95, 95, 95], [95, 95, 95], "按时备案率、更新达标率、24小时回复率都达到目标95%"),
        ([95, 94, None], [None, None, 96], [99, 98, None], "更新达标率达到目标95%"),
        ([None] * 3, [None] * 3, [None] * 3, "本月没有可以画的数据"),
    ],
)
def test_the_line_of_twelve_months_says_what_it_shows(
    filings: list[Any], updates: list[Any], questions: list[Any], words: str
) -> None:
    given = {"filings": filings, "updates": updates, "questions": questions}
    percents = {key: [None if n is None else Decimal(f"{n}.0") for n in values] for key, values in given.items()}
    assert dashboard_charts.trend_title(percents, 95) == words


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_says_the_figures_with_their_change_and_target(client: Client) -> None:
    street, bureau = unit(kind="subdistrict"), unit(kind="department")
    figure(street, filings=20, filings_on_time=18, accounts=4, accounts_updated=4, accounts_unknown=2)
    figure(bureau, filings=19, filings_on_time=18, rectifications=3, rectified=3)
    figure(street, SEPTEMBER, filings=39, filings_on_time=35)
    text = page(client, user(Role.OFFICER), "/dashboard/?month=2026-10")
    assert h1(text) == "2026年10月看板：1项好转，没有下降的，1项未达目标"
    for words in (
        "36 / 39 件",
        "升 2.6 个百分点",
        "目标 95%，未达",
        "目标 100%，已达",
        "39件备案中3件逾期，街道最多",
        "2 个</a>数据不全",
    ):
        assert words in text
    assert "/dashboard/2026-10/filings/?which=bad&amp;kind=subdistrict" in text


def test_without_a_run_the_page_says_when_there_will_be_one(client: Client) -> None:
    assert "还没有统计" in page(client, user(Role.OFFICER))


def test_a_unit_sees_its_own_and_a_parent_its_childrens(client: Client) -> None:
    own = unit()
    child, other = unit(parent=own), unit()
    for of, late in ((own, 1), (child, 2), (other, 4)):
        figure(of, filings=10, filings_on_time=10 - late)
    assert "23 / 30 件" in page(client, user(Role.AUDITOR))
    assert "17 / 20 件" in page(client, user(Role.OPERATOR, own))
    assert "8 / 10 件" in page(client, user(Role.OPERATOR, child))
    assert "8 / 10 件" in page(client, user(Role.LEADER, own), f"/units/{child.pk}/dashboard/")
    page(client, user(Role.LEADER, own), f"/units/{other.pk}/dashboard/", status=404)
    page(client, user(Role.OPERATOR, own), f"/dashboard/2026-10/filings/?unit={other.pk}", status=404)


def test_the_last_month_that_is_over_comes_first(client: Client) -> None:
    of, this = unit(), db_now().date().replace(day=1)
    last = figures.months_to(this, 2)[0]
    figure(of, this)
    figure(of, last)
    who = user(Role.OFFICER)
    assert f"{last.year}年{last.month}月看板" in page(client, who)
    assert f"{this.year}年{this.month}月看板" in page(client, who, f"/dashboard/?month={this:%Y-%m}")
    assert f"{last.year}年{last.month}月看板" in page(client, who, "/dashboard/?month=1999-13")


def test_units_are_ranked_only_where_the_office_asked_for_it(client: Client) -> None:
    figure(unit(), days=[3] * 31)
    who = user(Role.OFFICER)
    assert "前10个单位" not in page(client, who)
    Setting.objects.filter(key="activity_ranking").update(value=1)
    assert "前10个单位" in page(client, who)


def test_the_calendar_names_the_longest_silence() -> None:
    rows = [dashboard.Line(OCTOBER, 1, "", "示例", {"days": [1] * 10 + [0] * 21})]
    heat = dashboard_charts.calendar(OCTOBER, rows, date(2026, 11, 24))
    assert heat.title == "近12个月更新10次，355天没有更新，最长的一段是2025-11-01起334天"
    assert len(heat.weeks) == 53
    assert sum(day.css == "lvx" for day in heat.days) == 53 * 7 - 365


@pytest.mark.parametrize("path", ["2026-13/filings", "2026-10/nothing", "2999-01/filings", "x/filings"])
def test_an_address_of_nothing_is_not_found(client: Client, path: str) -> None:
    page(client, user(Role.OFFICER), f"/dashboard/{path}/", status=404)


# --- what its numbers open, and what it costs -------------------------------------------------------------------------


def test_the_lists_hold_exactly_what_is_counted_and_the_page_stays_cheap(client: Client) -> None:
    now = db_now()
    small = unit()
    account(small)
    figures.refresh(now)
    officer = user(Role.OFFICER)
    few = cost(client, officer)
    world = World(200, now=now)
    figures.refresh(now, all_of_it=True)
    assert cost(client, officer) == few <= QUERIES
    month = figures.months_to(now.date(), 2)[0]
    of_district = dashboard.Scope(None)
    rows = [line for line in dashboard.lines(month, of_district) if line.month == month]
    for key, one in FIGURES.items():
        rate = dashboard.rate_of(rows, one)
        assert rate.good
        assert rate.bad
        for which, expected in (("", rate.of), ("good", rate.good), ("bad", rate.bad)):
            text = page(client, officer, of_district.list_url(month, key, which))
            assert f"共 {expected} 条" in text, (key, which)
            assert f"{rate.good} / {rate.of}{one.unit_word}" in h1(text).replace("/", " / ")
    unknown = sum(line.counts["accounts_unknown"] for line in rows)
    assert f"共 {unknown} 条" in page(client, officer, of_district.list_url(month, "updates", "unknown"))
    late = dashboard.rate_of([line for line in rows if line.kind == "town"], FIGURES["filings"])
    assert f"共 {late.bad} 条" in page(client, officer, of_district.list_url(month, "filings", "bad", kind="town"))
    own = {unit.pk for unit in (world.units[0], world.units[2])}  # the second was merged into the first
    theirs = dashboard.rate_of([line for line in rows if line.unit in own], FIGURES["filings"])
    operator = user(Role.OPERATOR, world.units[0])
    assert f"共 {theirs.of} 条" in page(client, operator, of_district.list_url(month, "filings"))
    assert_links_open(client, officer)


def cost(client: Client, who: User) -> int:
    """Queries of the whole page, its navigation among them."""
    client.force_login(who)
    with CaptureQueriesContext(connection) as caught:
        assert client.get("/dashboard/").status_code == 200
    return len(caught)


def test_only_what_a_list_holds_is_a_link(client: Client) -> None:
    """How often and on how many days there were updates is no number of accounts: it opens nothing."""
    figure(unit(), days=[3] * 31)
    text = page(client, user(Role.OFFICER), "/dashboard/?month=2026-10")
    heat = re.search(r'id="t-heat".*?</table>', text, re.S)
    assert heat is not None
    assert ">93<" in heat[0]
    assert "<a " not in heat[0]


@pytest.mark.parametrize("state", ["none", "open", "done", "drafted"])
def test_the_circular_is_drafted_or_opened_from_the_page(client: Client, state: str) -> None:
    figure(unit())
    if state != "none":
        row = sheet(account(), "90", month=OCTOBER, counts=state != "open")
        if state == "open":
            type(row).objects.filter(pk=row.pk).update(state="open", submitted_at=None)
    address, officer = "/dashboard/?month=2026-10", user(Role.OFFICER)
    if state == "drafted":
        client.force_login(officer)
        assert client.post("/circulars/draft/2026-10/").status_code == 302
    text = page(client, officer, address)
    assert ('method="post" action="/circulars/draft/2026-10/"' in text) is (state == "done")
    assert ("看通报" in text) is (state == "drafted")
    assert "起草通报" not in page(client, user(Role.OPERATOR, unit()), address)


def test_a_month_says_until_when_itself_was_counted(client: Client) -> None:
    of = unit()
    MonthDone.objects.create(month=SEPTEMBER, computed_at=at("2026-10-01 08:00"), mark="0")
    MonthDone.objects.create(month=OCTOBER, computed_at=at("2026-11-02 09:00"), mark="0")
    figure(of, SEPTEMBER)
    assert "数据截至 2026-10-01 08:00" in page(client, user(Role.OFFICER), "/dashboard/?month=2026-09")


def assert_links_open(client: Client, who: User) -> None:
    """Each number of the charts of flags and accounts is that of the list it opens."""
    text = page(client, who)
    links = re.findall(r'<td class="zl-num"><a href="(/(?:flags|accounts)/[^"]*)">(\d+)</a>', text)
    assert len(links) > 4
    for url, number in links[:6]:
        listed = client.get(url.replace("&amp;", "&"))
        assert re.search(rf"共\s*{number}\s*[条个]|符合条件的\s*{number}|>{number}<", listed.content.decode()), url
