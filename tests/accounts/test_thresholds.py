"""本区设定: a change holds from a coming day, is kept with who made it, and nobody else makes one."""

import threading
from datetime import date
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts import thresholds
from accounts.models import Role
from accounts.rules import no_data
from accounts.thresholds import EDITABLE, change, changes, standing
from tests.accounts.activity import watched
from tests.factories import user
from tests.flag_rows import at, make_user
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Setting, User
from zhonglou_media.core.seeds import SETTINGS
from zhonglou_media.core.settings_at import setting

pytestmark = pytest.mark.django_db

NOW, TODAY, TOMORROW = at("2021-04-01 23:59"), date(2021, 4, 1), date(2021, 4, 2)
KEY = "no_data_breach_days"


@pytest.fixture
def supervisor() -> User:
    return make_user("示例负责人", Role.SUPERVISOR)


def of(key: str, today: date = TODAY) -> thresholds.Standing:
    return next(row for row in standing(today) if row.threshold.key == key)


# --- the change ---------------------------------------------------------------------------------------------------


def test_a_change_holds_from_its_day_and_the_old_value_stays(supervisor: User) -> None:
    change(KEY, 30, TOMORROW, by=supervisor, now=NOW)

    assert (setting(KEY, TODAY), setting(KEY, TOMORROW), setting(KEY, date(2030, 1, 1))) == (35, 30, 30)
    row = Setting.objects.get(key=KEY, from_date=TOMORROW)
    assert row.changed_by == supervisor
    event = Event.objects.get(subject_kind="setting")
    assert (event.verb, event.actor, event.role, event.at) == ("change", supervisor, "supervisor", NOW)
    assert event.detail == {"key": KEY, "from_date": "2021-04-02", "value": 30, "held": 35}
    planned, later = of(KEY), of(KEY, TOMORROW)
    assert (planned.value, [p.value for p in planned.planned], [p.value for p in planned.history]) == (35, [30], [35])
    assert (later.value, later.planned, [p.value for p in later.history]) == (30, [], [30, 35])


def test_the_rules_judge_by_it(supervisor: User) -> None:
    watched("2021-03-10")
    change(KEY, 20, TOMORROW, by=supervisor, now=NOW)

    assert no_data(at("2021-04-01 23:59")).get().weight == "hint"  # type: ignore[attr-defined]
    assert no_data(at("2021-04-02 00:00")).get().weight == "breach"  # type: ignore[attr-defined]


def test_the_same_coming_day_again_replaces_and_the_record_keeps_both(supervisor: User) -> None:
    change(KEY, 30, TOMORROW, by=supervisor, now=NOW)
    other = make_user("示例负责人乙", Role.SUPERVISOR)
    change(KEY, 28, TOMORROW, by=other, now=NOW)

    row = Setting.objects.get(key=KEY, from_date=TOMORROW)
    assert (row.value, row.changed_by) == (28, other)
    assert [(event.detail["value"], event.detail.get("replaced")) for event in changes()] == [(28, 30), (30, None)]
    assert change(KEY, 35, TOMORROW, by=other, now=NOW) is None  # what holds without it: the plan goes
    assert setting(KEY, TOMORROW) == 35
    assert not Setting.objects.filter(key=KEY, from_date=TOMORROW).exists()
    assert (changes()[0].verb, changes()[0].detail["held"]) == ("take_back", 35)


def test_a_plan_is_taken_back_until_its_day_comes(supervisor: User) -> None:
    change(KEY, 30, TOMORROW, by=supervisor, now=NOW)
    with pytest.raises(WrongState, match="自 2021-04-02 起已经生效，不能取消"):
        thresholds.take_back(KEY, TOMORROW, by=supervisor, now=at("2021-04-02 00:00"))
    thresholds.take_back(KEY, TOMORROW, by=supervisor, now=NOW)

    assert (setting(KEY, TOMORROW), of(KEY).planned) == (35, [])
    event = changes()[0]
    assert (event.verb, event.actor, event.role, event.at) == ("take_back", supervisor, "supervisor", NOW)
    assert event.detail == {"key": KEY, "from_date": "2021-04-02", "value": 30, "held": 35}
    with pytest.raises(WrongState, match="已经不在了"):
        thresholds.take_back(KEY, TOMORROW, by=supervisor, now=NOW)


def test_only_plans_of_the_page_are_taken_back_and_only_by_the_supervisor(supervisor: User) -> None:
    Setting.objects.create(key="report_days", from_date=TOMORROW, value=3)
    before = Setting.objects.count()
    with pytest.raises(WrongState):
        thresholds.take_back("report_days", TOMORROW, by=supervisor, now=NOW)
    with pytest.raises(NotAllowed, match="修改本区设定"):
        thresholds.take_back(KEY, TOMORROW, by=make_user("示例", Role.OFFICER), now=NOW)
    assert Setting.objects.count() == before


def test_a_planned_value_that_changes_nothing_is_not_counted(supervisor: User) -> None:
    change(KEY, 30, TOMORROW, by=supervisor, now=NOW)
    change(KEY, 35, date(2021, 4, 10), by=supervisor, now=NOW)
    assert of(KEY).pending == 2
    thresholds.take_back(KEY, TOMORROW, by=supervisor, now=NOW)
    assert (len(of(KEY).planned), of(KEY).pending) == (1, 0)


@pytest.mark.parametrize(
    ("value", "from_date", "field", "sentence"),
    [
        (30, date(2021, 4, 1), "from_date", "最早从明天（2021-04-02）起"),
        (30, date(2021, 3, 31), "from_date", "最早从明天"),
        (30, date(2022, 4, 3), "from_date", "最多提前一年"),
        (0, TOMORROW, "value", "应在 1 到 365"),
        (-1, TOMORROW, "value", "应在 1 到 365"),
        (366, TOMORROW, "value", "应在 1 到 365"),
        (35, TOMORROW, "value", "不用修改"),
    ],
)
def test_what_does_not_do_is_said_beside_its_field(
    supervisor: User, value: int, from_date: date, field: str, sentence: str
) -> None:
    before = Setting.objects.count()
    with pytest.raises(Incomplete) as refused:
        change(KEY, value, from_date, by=supervisor, now=NOW)
    assert list(refused.value.errors) == [field]
    assert sentence in refused.value.errors[field][0]
    assert (Setting.objects.count(), Event.objects.filter(verb="change").count()) == (before, 0)


@pytest.mark.parametrize("key", ["report_days", "correction_days", "clock_start", "in_force_from", "nonsense"])
def test_what_the_regulation_says_is_not_changed(supervisor: User, key: str) -> None:
    with pytest.raises(Refused, match="不能在这里修改"):
        change(key, 3, TOMORROW, by=supervisor, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPERVISOR])
def test_nobody_but_the_supervisor(role: Role) -> None:
    with pytest.raises(NotAllowed, match="修改本区设定"):
        change(KEY, 30, TOMORROW, by=make_user("示例", role), now=NOW)


def test_every_setting_stands_on_the_page_or_is_the_regulations() -> None:
    settled = {"report_days", "correction_days", "clock_start", "in_force_from"}
    assert set(EDITABLE) | settled == set(SETTINGS)
    for key, threshold in EDITABLE.items():
        assert threshold.least <= SETTINGS[key] <= threshold.most


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_supervisors_at_once_one_is_told_of_the_other() -> None:
    people = [make_user("示例负责人", Role.SUPERVISOR) for _ in range(2)]
    barrier, raised = threading.Barrier(2), []

    def run(value: int, by: User) -> None:
        try:
            connections["default"].ensure_connection()
            barrier.wait(30)
            change(KEY, value, TOMORROW, by=by, now=NOW)
        except Refused as refusal:
            raised.append(refusal)
        finally:
            connections.close_all()

    for round_ in range(5):
        Setting.objects.filter(from_date=TOMORROW).delete()
        raised.clear()
        threads = [threading.Thread(target=run, args=(40 + 2 * round_ + n, who)) for n, who in enumerate(people)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        row = Setting.objects.get(key=KEY, from_date=TOMORROW)
        if raised:  # else one came after the other and replaced it, which the record tells
            (refusal,) = raised
            assert isinstance(refusal, WrongState)
            assert refusal.by == row.changed_by
            assert "请刷新页面" in str(refusal)


def test_who_planned_the_same_day_meanwhile_is_named(supervisor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race by hand: neither saw the other's row."""
    change(KEY, 30, TOMORROW, by=supervisor, now=NOW)
    monkeypatch.setattr(Setting.objects, "select_for_update", Setting.objects.none)
    with pytest.raises(WrongState, match=r"示例负责人.*刚刚把“数据中断”改为自 2021-04-02 起 30 天，请刷新页面后再决定"):
        change(KEY, 28, TOMORROW, by=make_user("示例", Role.SUPERVISOR), now=NOW)
    assert setting(KEY, TOMORROW) == 30


# --- the page -----------------------------------------------------------------------------------------------------


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(user(Role.SUPERVISOR, name="示例负责人"))
    return client


def test_the_page_shows_what_holds_what_is_planned_and_what_the_regulation_says(
    page: Client, supervisor: User, django_assert_max_num_queries: Any
) -> None:
    now = db_now()
    change(KEY, 30, date.fromordinal(day_of(now).toordinal() + 1), by=supervisor, now=now)
    with django_assert_max_num_queries(14):  # 7 of them are the frame of every page
        text = page.get(reverse("accounts:thresholds")).content.decode()

    assert f"{len(EDITABLE)}项设定，1项修改待生效" in text
    for threshold in EDITABLE.values():
        assert threshold.label in text
    for sentence in (
        "批准后 2 个工作日内",
        "第 7 天 24:00 前",
        "留言后 24 小时内",
        "每月最多计 4 次",
        "最初设定",
        "35 → 30 天",
    ):
        assert sentence in text


def test_the_form_changes_one(page: Client) -> None:
    tomorrow = date.fromordinal(day_of(db_now()).toordinal() + 1)
    typed = {"key": KEY, "value": "30", "from_date": tomorrow.isoformat()}
    answer = page.post(reverse("accounts:thresholds"), typed, follow=True)

    assert f"“数据中断”自 {tomorrow} 起为 30 天。" in answer.content.decode()
    assert setting(KEY, tomorrow) == 30


def test_a_planned_change_is_taken_back_on_the_page(page: Client) -> None:
    tomorrow = date.fromordinal(day_of(db_now()).toordinal() + 1).isoformat()
    address, typed = reverse("accounts:thresholds"), {"key": KEY, "value": "30", "from_date": tomorrow}
    text = page.post(address, typed, follow=True).content.decode()
    assert "1项修改待生效" in text
    assert f'<input type="hidden" name="from_date" value="{tomorrow}">' in text

    plan = {"key": KEY, "from_date": tomorrow}
    text = page.post(reverse("accounts:threshold_take_back"), plan, follow=True).content.decode()
    assert f"已取消“数据中断”自 {tomorrow} 起的修改。" in text
    assert "取消改为 30 天，仍为 35 天" in text
    assert "没有待生效的修改" in text
    for gone in (plan, {"key": KEY, "from_date": "x"}, {}):
        answer = page.post(reverse("accounts:threshold_take_back"), gone)
        assert answer.status_code == 409
        assert "这项安排已经不在了" in answer.content.decode()


def test_setting_back_what_holds_says_that_the_plan_is_gone(page: Client) -> None:
    tomorrow = date.fromordinal(day_of(db_now()).toordinal() + 1).isoformat()
    for value in ("30", "35"):
        typed = {"key": KEY, "value": value, "from_date": tomorrow}
        text = page.post(reverse("accounts:thresholds"), typed, follow=True).content.decode()
    assert f"“数据中断”自 {tomorrow} 起为 35 天，与修改以前相同，那一天的安排已取消。" in text
    assert "没有待生效的修改" in text


def test_each_says_of_which_day_its_value_counts(page: Client) -> None:
    text = page.get(reverse("accounts:thresholds")).content.decode()
    for day in ("首次批准的那一天", "最近一次报送的那一天", "再报的那一天", "检查的当天", "登记粉丝数的那一天"):
        assert f"按{day}的值计算" in text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"value": ""}, "请填写新的值"),
        ({"value": "三十"}, "请填写整数"),
        ({"value": "3.5"}, "请填写整数"),
        ({"value": "99999"}, "应在 1 到 365 天之间"),
        ({"from_date": "2021-02-30"}, "没有“2021-02-30”这一天"),
        ({"from_date": "2021-03-01"}, "最早从明天"),
        ({"key": ""}, "请选择要修改的设定"),
        ({"key": "report_days"}, "请重新选择要修改的设定"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(page: Client, typed: dict[str, str], sentence: str) -> None:
    tomorrow = date.fromordinal(day_of(db_now()).toordinal() + 1)
    sent = {"key": KEY, "value": "31", "from_date": tomorrow.isoformat(), **typed}
    answer = page.post(reverse("accounts:thresholds"), sent)
    text = answer.content.decode()

    assert answer.status_code == 422
    assert sentence in text
    for value in filter(None, (sent["value"], sent["from_date"])):
        assert f'value="{value}"' in text


def test_the_link_of_a_row_chooses_it(page: Client) -> None:
    text = page.get(reverse("accounts:thresholds"), {"key": KEY}).content.decode()
    assert f'<option value="{KEY}" selected>' in text
    assert page.get(reverse("accounts:thresholds"), {"key": "nonsense"}).status_code == 200
