"""The small words of every page. Spring Festival 2021: off 11–17 February, made up on Sunday 7 and Saturday 20."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone

from accounts.models import AccountState, Flag, Level
from filings.models import FilingState
from tests.factories import at
from zhonglou_media.core import words
from zhonglou_media.core.templatetags import zl, zl_components


def show(template: str, **context: Any) -> str:
    return Template(template).render(Context(context))


DUE = [
    # The due time is exclusive: 00:00 of the next day.
    ("2021-02-10 15:00", "2021-02-20 00:00", "ok", "剩 2 个工作日"),  # 18 and 19
    ("2021-02-18 14:05", "2021-02-20 00:00", "soon", "剩 1 个工作日"),
    ("2021-02-19 14:05", "2021-02-20 00:00", "soon", "今天 24:00 截止"),
    ("2021-02-19 23:59", "2021-02-20 00:00", "soon", "今天 24:00 截止"),
    ("2021-02-20 00:00", "2021-02-20 00:00", "late", "已逾期 1 分钟"),
    ("2021-02-20 00:59", "2021-02-20 00:00", "late", "已逾期 59 分钟"),
    ("2021-02-20 14:05", "2021-02-20 00:00", "late", "已逾期 14 小时"),
    ("2021-02-20 23:59", "2021-02-20 00:00", "late", "已逾期 23 小时"),
    ("2021-02-23 14:05", "2021-02-20 00:00", "late", "已逾期 3 天"),
    ("2021-02-13 09:00", "2021-02-19 00:00", "soon", "剩 1 个工作日"),  # in the holiday: only the 18th
    ("2021-02-12 09:00", "2021-02-16 00:00", "ok", "剩 3 天"),  # no working day before it at all
    ("2021-02-19 15:00", "2021-02-21 00:00", "soon", "剩 1 个工作日"),  # Saturday 20 is worked
]


@pytest.mark.django_db
@pytest.mark.parametrize(("now", "due", "tone", "text"), DUE)
def test_countdown_in_working_days(now: str, due: str, tone: str, text: str) -> None:
    html = show("{% due moment verb='报送' %}", moment=at(due), now=at(now))
    assert f'class="zl-due zl-due--{tone}"' in html
    assert f"</svg>{text}<span" in html


@pytest.mark.parametrize(
    ("now", "due", "tone", "text"),
    [
        ("2021-02-18 14:05", "2021-02-26 00:00", "ok", "剩 7 天"),
        ("2021-02-18 14:05", "2021-02-20 00:00", "soon", "明天 24:00 截止"),
        ("2021-02-18 14:05", "2021-02-19 10:30", "soon", "剩 20 小时"),
        ("2021-02-18 14:05", "2021-02-18 14:35", "soon", "剩 30 分钟"),
        ("2021-02-18 14:05", "2021-02-19 14:05", "ok", "剩 1 天"),
        ("2021-02-18 14:05", "2021-02-18 14:05", "late", "已逾期 1 分钟"),
        ("2021-02-18 14:05", "2021-02-15 14:06", "late", "已逾期 2 天"),
    ],
)
def test_countdown_in_days_and_hours_asks_no_calendar(now: str, due: str, tone: str, text: str) -> None:
    html = show("{% due moment unit='days' %}", moment=at(due), now=at(now))
    assert f"zl-due--{tone}" in html
    assert f"</svg>{text}<span" in html


def test_exact_moment_stands_in_the_title_and_for_screen_readers() -> None:
    html = show("{% due m unit='days' verb='报送' %}", m=at("2021-02-20 00:00"), now=at("2021-02-18 14:05"))
    assert html.count("应于 2021-02-19 24:00 前报送") == 2
    assert 'title="应于' in html
    assert 'class="visually-hidden">，应于' in html


@pytest.mark.django_db
def test_provisional_due_time_says_so_even_when_past() -> None:
    html = show("{% due m provisional=True %}", m=at("2027-01-05 00:00"), now=at("2027-02-01 09:00"))
    assert "zl-due--prov" in html
    assert "暂定 2027-01-04 24:00" in html
    assert "逾期" not in html


def test_settled_and_absent_due_times() -> None:
    assert "zl-due--done" in show("{% due m done='按期报送' %}", m=at("2021-02-20 00:00"))
    html = show("{% due m none='未经领导批准，暂不计时' %}", m=None)
    assert html == '<span class="zl-due zl-due--none">未经领导批准，暂不计时</span>'


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2021-02-20 00:00", "2021-02-19 24:00"),
        ("2021-01-01 00:00", "2020-12-31 24:00"),
        ("2021-02-20 00:01", "2021-02-20 00:01"),
        ("2021-02-19 23:59", "2021-02-19 23:59"),
    ],
)
def test_due24(moment: str, shown: str) -> None:
    assert show("{{ m|due24 }}", m=at(moment)) == shown


def test_dates_are_those_of_shanghai() -> None:
    late_evening_utc = datetime.fromisoformat("2021-02-18T17:30:00+00:00")
    shown = show("{{ m|dt }} {{ m|d }} {{ m|hm }} {{ m|weekday }} {{ m|due24 }}", m=late_evening_utc)
    assert shown == "2021-02-19 01:30 2021-02-19 01:30 星期五 2021-02-19 01:30"
    assert show("[{{ m|dt }}{{ m|d }}{{ m|hm }}{{ m|due24 }}]", m=None) == "[]"


def test_every_state_has_icon_and_word() -> None:
    for choice in [*AccountState, *FilingState]:
        thing = SimpleNamespace(state=choice.value, get_state_display=lambda label=choice.label: label)
        html = show("{% state thing %}", thing=thing)
        assert f'class="zl-state zl-state--{choice.value}"' in html
        assert f"</svg>{choice.label}</span>" in html


@pytest.mark.parametrize(
    ("rule", "level", "tone", "label"),
    [
        ("overdue_filing", Level.BREACH, "late", "逾期未报送"),
        ("overdue_correction", Level.BREACH, "late", "逾期未改正"),
        ("unapproved_event", Level.BREACH, "late", "未批先建"),
        ("unfiled_account", Level.BREACH, "late", "未备案账号"),
        ("no_data", Level.HINT, "soon", "数据待确认"),
    ],
)
def test_flag(rule: str, level: Level, tone: str, label: str) -> None:
    html = show("{% flag f %}", f=Flag(rule=rule, level=level, due_at=at("2021-02-20 00:00")))
    assert f"zl-flag--{tone}" in html
    since = {
        "unapproved_event": "办理在先、批准在后，自 2021-02-19 24:00 起",
        "unfiled_account": "发现于 2021-02-20 00:00",
    }
    assert f'title="{since.get(rule, "期限 2021-02-19 24:00")}"' in html
    assert f"</svg>{label}</span>" in html


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "第一条"), (8, "第八条"), (10, "第十条"), (14, "第十四条"), (20, "第二十条"), (26, "第二十六条")],
)
def test_article(number: int, name: str) -> None:
    html = show("{% art n %}", n=number)
    assert f'href="/regulation/#art-{number}"' in html
    assert f">{name}</a>" in html
    assert show("{{ n|article }}", n=number) == name


@pytest.mark.parametrize("number", [0, 27])
def test_no_such_article(number: int) -> None:
    with pytest.raises(ValueError, match="二十六条"):
        words.article(number)


def test_upper_system() -> None:
    html = show("{% upper 'national' 'done' at %}{% upper 'provincial' 'wait' %}", at=at("2021-02-19 10:00"))
    assert "<b>全国</b>已备案 <small>2021-02-19</small>" in html  # the year where it is not this one
    assert "<b>全省</b>待备案</span>" in html


def test_values_are_escaped() -> None:
    nasty = "<script>"
    thing = SimpleNamespace(state="draft", get_state_display=lambda: nasty)
    html = show(
        "{% state t %}{% rule 'warn' x text=x %}{% nothing x x %}{% well_done x x %}{% crumbs x '/' x %}"
        "{% panel x note=x %}{{ x }}{% endpanel %}{% due None none=x %}",
        t=thing,
        x=nasty,
    )
    assert nasty not in html
    assert html.count("&lt;script&gt;") >= 10


def test_rules_icons_are_known() -> None:
    assert set(zl.DUE_ICONS) == {"late", "soon", "ok", "prov", "done"}
    assert set(zl_components.RULE_ICONS) == {"warn", "stop", "info", "pass"}


@pytest.mark.parametrize(
    ("rule", "due", "text", "exact"),
    [
        ("unfiled_account", "2021-02-20 02:24", "发现于 02-20 02:24，已 3 天", "发现于 2021-02-20 02:24，补报办结"),
        ("unfiled_account", "2021-02-23 13:00", "发现于 02-23 13:00，不到 1 天", "补报办结或关停后解除"),
        ("unfiled_account", "2020-12-31 13:00", "发现于 2020-12-31 13:00，已 54 天", "补报办结或关停后解除"),
        (
            "unapproved_event",
            "2021-02-20 00:00",
            "办理在先、批准在后，自 02-19 24:00 起",
            "免于追究，或确认未发生后解除",
        ),
        ("revived", "2021-02-20 02:24", "关停或注销于 02-20 02:24", "补报办结，或删除所发内容后解除"),
        ("same_platform", "2021-02-20 02:24", "自 02-20 02:24 起，已 3 天", "自 2021-02-20 02:24 起，整合关停后解除"),
        ("no_data", "2021-02-20 00:00", "期限 02-19 24:00", "期限 2021-02-19 24:00"),
        ("overdue_filing", "2021-02-20 00:00", "已逾期 3 天", "应于 2021-02-19 24:00 前完成"),
    ],
)
def test_a_flag_without_a_deadline_is_not_overdue(rule: str, due: str, text: str, exact: str) -> None:
    row = Flag(rule=rule, level=Level.BREACH, due_at=at(due))
    html = show("{% flag_due f %}", f=row, now=at("2021-02-23 14:05"))
    assert f"</svg>{text}<span" in html
    assert html.count(exact) == 2  # in the title and for screen readers
    assert ("已逾期" in html) == (rule == "overdue_filing")


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-01-01 00:00", "01-01 00:00"),
        ("2025-12-31 23:59", "2025-12-31 23:59"),
        ("2026-11-24 14:05", "11-24 14:05"),
    ],
)
def test_a_moment_of_this_year_goes_without_its_year(moment: str, shown: str) -> None:
    assert zl.dt_near(at(moment), at("2026-11-24 14:05")) == shown


def test_an_answer_of_another_year_names_the_year() -> None:
    today = timezone.localdate()
    assert f"<small>{today:%m-%d}</small>" in zl.upper("national", "done", today)
    assert "<small>2020-01-02</small>" in zl.upper("national", "done", date(2020, 1, 2))
