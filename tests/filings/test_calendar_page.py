"""工作日历: a year by months for everybody, and how the administrator confirms one."""

import json
import re
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role
from filings import calendar_in
from filings.models import Filing
from filings.views.calendar import holidays
from tests.factories import Cast, at, opening, unit, user
from zhonglou_media.core.models import Day, Event, User, Year

pytestmark = pytest.mark.django_db
PAGE = "/calendar/"
CONFIRM = f"{PAGE}confirm/"
PAPER = "https://www.example.invalid/2027"
ROWS = "12月31日 元旦 班\n2027-01-01至1月3日 元旦 休\n1月9日，元旦，班\n"  # made up: no paper for 2027 is known
DAYS = [
    {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
    {"name": "元旦", "date": "2027-01-02", "isOffDay": True},
    {"name": "元旦", "date": "2027-01-09", "isOffDay": False},
]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filings.views.calendar.db_now", lambda: at("2026-11-24 14:05"))


@pytest.fixture
def admin(client: Client) -> User:
    person = user(Role.ADMIN, name="示例管理员")
    client.force_login(person)
    return person


def typed(**fields: Any) -> dict[str, Any]:
    return {"step": "check", "year": "2027", "number": "示例〔2026〕1号", "papers": PAPER, "days": ROWS, **fields}


def month(text: str, number: int) -> str:
    found = re.search(rf"<caption>{number}月 .*?</table>", text, re.DOTALL)
    assert found is not None
    return found[0]


def data_of(text: str) -> str:
    """What the checked page hands on."""
    found = re.search(r'name="data" value="([^"]*)"', text)
    assert found is not None
    return found[1].replace("&quot;", '"')


# --- the page -----------------------------------------------------------------------------------------------------


def test_a_year_is_shown_by_months_with_its_days_off_and_worked(client: Client, admin: User) -> None:
    text = client.get(PAGE).content.decode()
    assert "2026年已确认：248个工作日" in text
    assert "2027年暂定" in text
    assert "1月 <small>21 个工作日</small>" in text
    january = month(text, 1)
    assert '<td class="is-off" title="元旦">1<i>休</i></td>' in january
    assert '<td class="is-work" title="元旦调休上班">4<i>班</i></td>' in january
    assert '<td class="is-end">10</td>' in january
    assert '<td class="is-today">24<i>今</i></td>' in month(text, 11)
    assert "国办发明电〔2025〕7号" in text
    assert "2月14日（周六）、2月28日（周六）" in text


def test_a_year_not_yet_confirmed_is_provisional(client: Client, admin: User) -> None:
    text = client.get(f"{PAGE}?year=2027").content.decode()
    assert '2027年<span class="zl-soon">暂定</span>' in text
    assert '<td class="is-off" title="法定节假日（推算）">1<i>休</i></td>' in month(text, 1)
    assert "还没有确认" in text


@pytest.mark.parametrize("year", ["1999", "2101", "x", "²⁰²⁶", "-1", ""])
def test_a_year_that_is_none_is_this_one(client: Client, admin: User, year: str) -> None:
    assert "2026年已确认" in client.get(PAGE, {"year": year}).content.decode()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"day": "2026-11-24", "n": "2"}, '第 2 个工作日是 <strong class="zl-nowrap">2026-11-26（周四）</strong>'),
        ({"day": "2026-02-13", "n": "1"}, "2026-02-14（周六）"),
        ({"day": "2026-12-31", "n": "1"}, '2027-01-04（周一）</strong>，当日 24:00 截止，<span class="zl-soon">暂定'),
        ({"day": "2026-13-01", "n": "1"}, "没有“2026-13-01”这一天"),
        ({"day": "明天", "n": "1"}, "2026-11-24 的样子填写"),
        ({"day": "2026-11-24", "n": "-1"}, "请填 0 至 250 之间的整数"),
        ({"day": "2026-11-24", "n": "x"}, "请填 0 至 250 之间的整数"),
    ],
)
def test_days_are_counted_on(client: Client, admin: User, query: dict[str, str], told: str) -> None:
    assert told in client.get(PAGE, query).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_everybody_reads_it_and_the_administrator_confirms(client: Client, role: Role) -> None:
    client.force_login(user(role, unit()))
    text = client.get(PAGE).content.decode()
    assert 'href="/calendar/"' in text
    assert ("核对日期" in text) == (role == Role.ADMIN)
    for step in ("check", "edit", "confirm"):
        answer = client.post(
            CONFIRM, typed(step=step, data=json.dumps({"year": 2027, "papers": [PAPER], "days": DAYS}))
        )
        assert (answer.status_code == 403) == (role != Role.ADMIN)
    assert Year.objects.filter(year=2027).exists() == (role == Role.ADMIN)


def test_the_page_asks_the_database_a_fixed_number_of_times(
    client: Client, admin: User, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        client.get(f"{PAGE}?year=2026&day=2026-11-24&n=250")


def test_a_holiday_that_is_interrupted_or_passes_a_month_is_read_as_people_say_it() -> None:
    off = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 5)]
    (holiday,) = holidays([*((day, "示例节", False) for day in off), (date(2026, 2, 7), "示例节", True)])
    assert holiday.when == "1月31日至2月1日、2月5日"
    assert holiday.instead == "2月7日（周六）"


# --- confirming a year --------------------------------------------------------------------------------------------


def waiting() -> Filing:
    """A filing whose due times are provisional, since nobody knows the first days of 2027."""
    return opening("to_report", now=at("2026-12-30 10:00"))


def test_the_days_are_shown_before_anything_is_written(client: Client, admin: User) -> None:
    filing = waiting()
    before = Filing.objects.values().get(pk=filing.pk)
    events = Event.objects.count()
    answer = client.post(CONFIRM, typed(days="1月1日至1月5日 元旦 休\n1月9日 元旦 班"))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "放假 5 天，调休上班 1 天" in text
    assert "确认后 1 件备案的时限重新计算" in text
    assert '<td class="is-off" title="元旦">5<i>休</i></td>' in month(text, 1)
    assert '<td class="is-work" title="元旦调休上班">9<i>班</i></td>' in month(text, 1)
    assert "1月1日至5日" in text
    assert not Year.objects.filter(year=2027).exists()
    assert not Day.objects.filter(date__year=2027).exists()
    assert (Filing.objects.values().get(pk=filing.pk), Event.objects.count()) == (before, events)
    assert "现有 1 件办理中的备案时限暂定" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [
        ("1月1日至3日 元旦 休", (2027, 1, 1), (2027, 1, 3)),
        ("1月31日至2月2日 示例节 休", (2027, 1, 31), (2027, 2, 2)),
        ("2026-12-31至1月2日 元旦 休", (2026, 12, 31), (2027, 1, 2)),
        ("2026年12月31日～2027年1月2日\t元旦\t放假", (2026, 12, 31), (2027, 1, 2)),
        ("2027/1/1，元旦，休", (2027, 1, 1), (2027, 1, 1)),
        ("2027.01.09 元旦 调休上班", (2027, 1, 9), (2027, 1, 9)),
    ],
)
def test_days_are_read_as_people_write_them(rows: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    days = calendar_in.from_rows(rows, 2027)
    assert (days[0]["date"], days[-1]["date"]) == (date(*first).isoformat(), date(*last).isoformat())
    assert len(days) == (date(*last) - date(*first)).days + 1
    assert {day["isOffDay"] for day in days} == {"上班" not in rows}


def test_what_was_checked_is_confirmed(client: Client, admin: User) -> None:
    filing = waiting()
    checked = client.post(CONFIRM, typed(days="1月1日至1月5日 元旦 休\n1月9日 元旦 班")).content.decode()
    answer = client.post(CONFIRM, {"step": "confirm", "data": data_of(checked)}, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain == [("/calendar/?year=2027", 302)]
    assert "已确认 2027 年：放假 5 天，调休上班 1 天。1 件备案的时限随之重新计算。" in text
    assert "示例管理员" in text
    assert f'href="{PAPER}"' in text
    row = Year.objects.get(year=2027)
    assert (row.number, row.papers, row.confirmed_by) == ("示例〔2026〕1号", [PAPER], admin)
    assert dict(Day.objects.filter(date__year=2027).values_list("date", "off")) == {
        **{date(2027, 1, day): True for day in range(1, 6)},
        date(2027, 1, 9): False,
    }
    filing.refresh_from_db()
    assert (filing.provisional, filing.report_due_at) == (False, at("2027-01-07 00:00"))
    event = Event.objects.get(verb="confirm_year")
    assert (event.actor, event.detail["moved"]) == (admin, 1)
    was, became = ["2027-01-05T00:00:00+08:00", True], ["2027-01-07T00:00:00+08:00", False]
    assert [filing.pk, "report_due_at", was, became] in event.detail["moves"]


def test_who_may_read_a_filing_is_told_which_and_others_how_many(client: Client, admin: User) -> None:
    filing = waiting()
    label = filing.account_label
    reader, stranger = user(Role.AUDITOR), user(Role.OPERATOR, unit())
    for person in (admin, stranger):
        client.force_login(person)
        text = client.get(PAGE).content.decode()
        assert "现有 1 件办理中的备案时限暂定" in text
        assert label not in text
    client.force_login(reader)
    assert f'href="/filings/{filing.pk}/">{label}</a>' in client.get(PAGE).content.decode()

    client.force_login(admin)
    checked = client.post(CONFIRM, typed(days="1月1日至1月5日 元旦 休\n1月9日 元旦 班")).content.decode()
    text = client.post(CONFIRM, {"step": "confirm", "data": data_of(checked)}, follow=True).content.decode()
    assert label not in text
    assert re.search(
        r">1 件</th><td[^>]*>报送</td><td[^>]*>2027-01-04 24:00（暂定）</td><td[^>]*>2027-01-06 24:00<", text
    )
    client.force_login(reader)
    text = client.get(f"{PAGE}?year=2027").content.decode()
    assert f'href="/filings/{filing.pk}/">{label}</a>' in text
    assert "这次确认改了时限的备案" in text
    assert "时限暂定的备案" not in text


def test_at_most_twenty_filings_are_named(client: Client, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filings.confirming.MOVES_KEPT", 1)
    monkeypatch.setattr("filings.views.calendar_moves.AT_MOST", 1)
    cast = Cast()
    for platform in ("douyin", "weibo"):
        opening("to_report", cast, platform=platform, now=at("2026-12-30 10:00"))
    client.force_login(user(Role.AUDITOR))
    assert "另有 1 件没有列出" in client.get(PAGE).content.decode()
    client.force_login(admin)
    data = json.dumps({"year": 2027, "papers": [PAPER], "days": DAYS})
    text = client.post(CONFIRM, {"step": "confirm", "data": data}, follow=True).content.decode()
    event = Event.objects.get(verb="confirm_year")
    assert event.detail["moved"] == 2
    assert len({pk for pk, *_ in event.detail["moves"]}) == 1
    assert "共 2 件，只列出 1 件" in text


def test_a_statutory_day_that_is_not_off_is_named(client: Client, admin: User) -> None:
    text = client.post(CONFIRM, typed(days="1月2日至3日 元旦 休")).content.decode()
    assert "有法定节假日没有列为放假，请核对是否漏填" in text
    assert re.search(r'<p class="zl-rule__text">1月1日、2月5日、.*10月1日</p>', text)
    row = Year.objects.get(year=2026)
    days = calendar_in.to_rows(Day.objects.filter(date__year=2026).values_list("date", "name", "off"))
    given = {"year": "2026", "papers": row.papers[0], "days": days}
    assert "有法定节假日没有列为放假" not in client.post(CONFIRM, typed(**given)).content.decode()


def test_what_was_checked_can_be_changed_again(client: Client, admin: User) -> None:
    checked = client.post(CONFIRM, typed()).content.decode()
    text = client.post(CONFIRM, {"step": "edit", "data": data_of(checked)}).content.decode()
    assert "2026-12-31 元旦 班" not in text  # typed without a year, it is of 2027
    assert "2027-01-01至2027-01-03 元旦 休\n2027-01-09 元旦 班\n2027-12-31 元旦 班" in text
    assert "示例〔2026〕1号" in text
    assert PAPER in text
    assert not Year.objects.filter(year=2027).exists()


def test_a_json_file_or_its_text_will_do(client: Client, admin: User) -> None:
    content = json.dumps({"year": 2027, "papers": [PAPER], "days": DAYS})
    file = SimpleUploadedFile("2027.json", content.encode())
    for given in ({"file": file, "days": "", "papers": ""}, {"days": content, "papers": ""}):
        text = client.post(CONFIRM, typed(**given)).content.decode()
        assert "放假 2 天，调休上班 1 天" in text
        assert json.loads(data_of(text)) == {
            "year": 2027,
            "papers": [PAPER],
            "number": "示例〔2026〕1号",
            "days": DAYS,
        }


def test_a_confirmed_year_is_corrected_from_what_stands(client: Client, admin: User) -> None:
    text = client.get(f"{PAGE}?year=2026").content.decode()
    assert "更正2026年" in text
    rows = re.search(r'<textarea name="days"[^>]*>\n?(.*?)</textarea>', text, re.DOTALL)
    assert rows is not None
    row = Year.objects.get(year=2026)
    standing = list(Day.objects.values_list("date", "name", "off"))
    given = {"year": "2026", "number": row.number, "papers": "\n".join(row.papers), "days": rows[1]}
    checked = client.post(CONFIRM, typed(**given)).content.decode()
    assert "这一年已经确认过" in checked
    client.post(CONFIRM, {"step": "confirm", "data": data_of(checked)})
    assert list(Day.objects.values_list("date", "name", "off")) == standing


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"year": ""}, "年度请填四位数"),
        ({"year": "1999"}, "年度请填四位数"),
        ({"number": ""}, "请填写放假通知的文号"),
        ({"papers": ""}, "请填写原文网址"),
        ({"papers": "javascript:alert(1)"}, "原文网址应以 http:// 或 https:// 开头"),
        ({"days": ""}, "请逐行填写放假和调休的日期"),
        ({"days": "1月1日 元旦"}, "第 1 行“1月1日 元旦”不对"),
        ({"days": "1月1日 元旦 休\n2月30日 春节 休"}, "第 2 行的日期“2月30日”不对"),
        ({"days": "1月3日至1月1日 元旦 休"}, "后一天早于前一天"),
        ({"days": "1月1日至12月31日 元旦 休"}, "超过 31 天"),
        ({"days": "1月1日 元旦 休\n1月1日 元旦 班"}, "既写为放假又写为上班"),
        ({"days": "2030-01-01 元旦 休"}, "不在 2027 年及其前后一年内"),
        ({"days": "{not json"}, "不是 UTF-8 编码的 JSON 文件"),
        ({"days": json.dumps({"year": 2026, "papers": [PAPER], "days": DAYS})}, "写的年度是 2026"),
        ({"days": "", "file": b"\xff\xfe"}, "不是 UTF-8 编码的 JSON 文件"),
        ({"days": "", "file": b"[]"}, "应为一个对象"),
        ({"days": "", "file": b'{"year": 2027}'}, "没有列出任何日期"),
        ({"file": b"{}"}, "日期请只填一处"),
    ],
)
def test_a_slip_is_named_and_nothing_typed_is_lost(
    client: Client, admin: User, given: dict[str, Any], sentence: str
) -> None:
    if "file" in given:
        given = {**given, "file": SimpleUploadedFile("a.json", given["file"])}
    answer = client.post(CONFIRM, typed(**given))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    for name in ("number", "year"):
        if name not in given:
            assert f'value="{typed()[name]}"' in text
    assert not Year.objects.filter(year=2027).exists()


@pytest.mark.parametrize("data", ["", "[]", "{}", '{"year": 2027, "papers": [], "days": []}'])
@pytest.mark.parametrize("step", ["edit", "confirm"])
def test_what_was_tampered_with_is_refused(client: Client, admin: User, data: str, step: str) -> None:
    assert client.post(CONFIRM, {"step": step, "data": data}).status_code == 422
    assert not Year.objects.filter(year=2027).exists()
