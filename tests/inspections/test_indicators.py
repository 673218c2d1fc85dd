"""检查指标 (附件1): a version is drafted as a copy, edited, published from a coming day on, and changes no more."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Role
from inspections import indicators, scoring
from inspections.indicator_diff import differences
from inspections.indicators import Line, Numbers
from inspections.models import Indicator, IndicatorSet, SpotCheck
from tests.at_once import at_once, meet
from tests.factories import NOW, at, user
from zhonglou_media.core import events
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
TODAY = NOW.date()  # 2026-11-24
LINE = Line("Z13", "deduction", "无障碍不达标", points=Decimal("0.5"), cap=Decimal(3), articles="16")


@pytest.fixture
def boss() -> User:
    return user(Role.SUPERVISOR)


def first() -> IndicatorSet:
    return IndicatorSet.objects.filter(state="published").earliest("from_date")


def started(by: User) -> IndicatorSet:
    return indicators.start(first().pk, by=by, now=NOW)


def one(of: IndicatorSet, code: str) -> Indicator:
    return Indicator.objects.get(indicator_set=of, code=code)


def typed(row: Indicator, **changed: Any) -> Line:
    names = Line.__dataclass_fields__
    return Line(**({name: getattr(row, name) for name in names} | changed))


def published(by: User, on: str, **line: Any) -> IndicatorSet:
    """A version that holds from `on`; `line` changes Z07."""
    of = started(by)
    if line:
        indicators.save_line(of.pk, one(of, "Z07").pk, typed(one(of, "Z07"), **line), read=1, by=by, now=NOW)
        of.refresh_from_db()
    return indicators.publish(of.pk, date.fromisoformat(on), read=of.version, by=by, now=NOW)


# --- which version holds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "which"),
    [
        ("2021-03-21", None),
        ("2021-03-22", "参考指标（第 1 版）"),
        ("2026-11-30", "参考指标（第 1 版）"),
        ("2026-12-01", "2026 年第 1 版"),
        ("2030-01-01", "2026 年第 1 版"),
    ],
)
def test_the_version_in_force_on_a_day(boss: User, on: str, which: str | None) -> None:
    published(boss, "2026-12-01")
    started(boss)  # a draft holds on no day
    if which is None:
        with pytest.raises(Refused, match="还没有施行的检查指标"):
            indicators.in_force(date.fromisoformat(on))
    else:
        assert indicators.in_force(date.fromisoformat(on)).name == which


def test_the_shipped_version_holds_what_the_rules_are_read_from() -> None:
    lines = indicators.lines_of(indicators.in_force(TODAY))
    assert [line.code for line in lines] == [
        *("N1.1", "N1.2", "N1.3", "N1.4", "N2.1", "N2.2", "N3.1", "N3.2"),
        *(f"Z{n:02}" for n in range(1, 13)),
        *("B01", "B02", "B03"),
    ]


# --- drafting -------------------------------------------------------------------------------------------------------


def test_a_draft_is_a_copy_and_there_is_one_at_a_time(boss: User) -> None:
    of = started(boss)
    assert (of.name, of.state, of.from_date) == ("2026 年第 1 版", "draft", None)
    assert differences(first(), indicators.lines_of(first()), of, indicators.lines_of(of)) == []
    assert {line.state for line in indicators.lines_of(of)} == {"draft"}
    with pytest.raises(WrongState, match="已有一版草稿“2026 年第 1 版”"):
        started(boss)
    assert [event.verb for event in events.timeline(of)] == ["start"]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPERVISOR])
def test_only_the_supervisor(boss: User, role: Role) -> None:
    somebody, of = user(role), started(boss)
    with pytest.raises(NotAllowed):
        indicators.start(first().pk, by=somebody, now=NOW)
    with pytest.raises(NotAllowed):
        indicators.save_line(of.pk, None, LINE, read=1, by=somebody, now=NOW)
    with pytest.raises(NotAllowed):
        indicators.publish(of.pk, date(2026, 12, 1), read=1, by=somebody, now=NOW)


def test_lines_are_added_changed_and_removed_and_all_of_it_is_recorded(boss: User) -> None:
    of, act = started(boss), {"by": boss, "now": NOW}
    added = indicators.save_line(of.pk, None, LINE, read=1, **act)
    codes = [line.code for line in indicators.lines_of(of)]
    assert codes[codes.index("Z12") : codes.index("Z12") + 3] == ["Z12", "Z13", "B01"]  # the last of its kind
    indicators.save_line(of.pk, added.pk, replace(LINE, cap=Decimal(4)), read=2, **act)
    assert indicators.remove_line(of.pk, one(of, "Z10").pk, read=3, **act) == "Z10 商业广告、个人观点、与职责无关"
    numbers = Numbers("2027 年版", "示例〔2026〕1号", 70, 85, 15)
    of = indicators.save_numbers(of.pk, numbers, read=4, **act)
    assert (of.version, of.name, of.pass_mark) == (5, "2027 年版", 70)
    assert [event.verb for event in events.timeline(of)] == ["start", "add_line", "edit_line", "remove_line", "edit"]
    last = list(events.timeline(of))
    assert (last[2].detail["was"]["cap"], last[2].detail["became"]["cap"]) == ("3.0", "4")
    assert last[3].detail["was"]["name"] == "商业广告、个人观点、与职责无关"
    assert last[4].detail["was"]["pass_mark"] == 60
    told = [(c.what, c.code) for c in differences(first(), indicators.lines_of(first()), of, indicators.lines_of(of))]
    assert told == [("修改", ""), ("新增", "Z13"), ("删去", "Z10")]


def test_differences_say_what_was_and_what_becomes(boss: User) -> None:
    of = started(boss)
    row = one(of, "Z03")
    changed = typed(row, kind="veto", points=Decimal(0), cap=Decimal(0), articles="15,16", to_rectify=False)
    indicators.save_line(of.pk, row.pk, changed, read=1, by=boss, now=NOW)
    (change,) = differences(first(), indicators.lines_of(first()), of, indicators.lines_of(of))
    assert (change.what, change.code) == ("修改", "Z03")
    assert [(row.label, row.old, row.new) for row in change.rows] == [
        ("类型", "扣分", "单项否决"),
        ("每次分值", "3", "0"),
        ("分值上限", "15", "0"),
        ("条款", "15", "15,16"),
        ("须整改", "是", "否"),
    ]


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"code": "Z07"}, {"code"}),  # taken
    ({"code": "十三"}, {"code"}),
    ({"points": Decimal(0)}, {"points"}),
    ({"points": Decimal("100.5"), "cap": Decimal("200")}, {"points", "cap"}),
    ({"cap": Decimal("0.4")}, {"cap"}),
    ({"kind": "veto"}, {"points", "cap"}),
    ({"kind": "bonus", "points": Decimal(1)}, {"to_rectify"}),
    ({"articles": "十六"}, {"articles"}),
    ({"articles": "27"}, {"articles"}),
    ({"articles": "16,"}, {"articles"}),
    ({"measure": "originals"}, {"measure"}),
    ({"kind": "bonus", "measure": "weeks", "to_rectify": False}, {"measure"}),
    ({"limit": 14}, {"limit"}),  # nothing reads it
    ({"measure": "gap", "limit": 0}, {"limit"}),
    ({"code": "", "articles": "0", "points": Decimal(0), "limit": 3}, {"code", "articles", "points", "limit"}),
    ({"measure": "gap", "limit": 10, "articles": "14,26"}, set()),
    ({"kind": "bonus", "measure": "originals", "limit": 25, "to_rectify": False}, set()),
]


@pytest.mark.parametrize(("changed", "fields"), WRONG)
def test_all_that_is_wrong_with_a_line_is_said_at_its_field(
    boss: User, changed: dict[str, Any], fields: set[str]
) -> None:
    of = started(boss)
    if not fields:
        indicators.save_line(of.pk, None, replace(LINE, **changed), read=1, by=boss, now=NOW)
        return
    with pytest.raises(Incomplete) as refused:
        indicators.save_line(of.pk, None, replace(LINE, **changed), read=1, by=boss, now=NOW)
    assert set(refused.value.errors) == fields
    assert len(indicators.lines_of(of)) == 23
    of.refresh_from_db()
    assert of.version == 1


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"name": "参考指标（第 1 版）"}, {"name"}),
        ({"pass_mark": 101}, {"pass_mark"}),
        ({"bonus_cap": 21}, {"bonus_cap"}),
        ({"bonus_above": 59}, {"bonus_above"}),  # below the pass mark
        ({"name": " ", "bonus_cap": 99, "bonus_above": 101}, {"name", "bonus_cap", "bonus_above"}),
    ],
)
def test_the_numbers_stay_in_their_bounds(boss: User, changed: dict[str, Any], fields: set[str]) -> None:
    of = started(boss)
    numbers = replace(Numbers("新版", "", 60, 80, 20), **changed)
    with pytest.raises(Incomplete) as refused:
        indicators.save_numbers(of.pk, numbers, read=1, by=boss, now=NOW)
    assert set(refused.value.errors) == fields


def test_a_page_opened_before_is_stale(boss: User) -> None:
    of = started(boss)
    indicators.save_line(of.pk, None, LINE, read=1, by=boss, now=NOW)
    with pytest.raises(StaleReading, match="又改过这一版（Z13 无障碍不达标）"):
        indicators.remove_line(of.pk, one(of, "Z07").pk, read=1, by=boss, now=NOW)
    with pytest.raises(StaleReading):
        indicators.publish(of.pk, date(2026, 12, 1), read=1, by=boss, now=NOW)


# --- publishing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("2026-11-23", "最早从明天"),
        ("2026-11-24", "最早从明天"),
        ("2026-11-25", None),
        ("2027-11-25", None),
        ("2027-11-26", "最多提前一年"),
        ("2026-12-01", "已有一版施行"),
    ],
)
def test_from_tomorrow_at_the_earliest_and_no_day_twice(boss: User, on: str, told: str | None) -> None:
    published(boss, "2026-12-01")
    of = started(boss)
    if told is None:
        assert indicators.publish(of.pk, date.fromisoformat(on), read=1, by=boss, now=NOW).state == "published"
        return
    with pytest.raises(Incomplete) as refused:
        indicators.publish(of.pk, date.fromisoformat(on), read=1, by=boss, now=NOW)
    assert told in refused.value.errors["from_date"][0]
    of.refresh_from_db()
    assert (of.state, of.from_date) == ("draft", None)


def test_a_published_version_changes_no_more(boss: User) -> None:
    of = published(boss, "2026-12-01")
    assert {line.state for line in indicators.lines_of(of)} == {"published"}
    with pytest.raises(WrongState, match="发布后不能再改"):
        indicators.save_line(of.pk, None, LINE, read=of.version, by=boss, now=NOW)
    for change in (
        lambda: Indicator.objects.filter(indicator_set=of, code="Z07").update(points=2),
        lambda: Indicator.objects.filter(indicator_set=of, code="Z07").delete(),
        lambda: IndicatorSet.objects.filter(pk=of.pk).update(pass_mark=70),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    event = list(events.timeline(of))[-1]
    assert (event.verb, event.from_state, event.to_state) == ("publish", "draft", "published")
    assert event.detail == {"from_date": "2026-12-01", "lines": 23, "differences": 0}


def test_a_version_without_a_veto_is_not_published(boss: User) -> None:
    of = started(boss)
    Indicator.objects.filter(indicator_set=of, kind="veto").delete()
    with pytest.raises(Refused, match="没有单项否决指标"):
        indicators.publish(of.pk, date(2026, 12, 1), read=1, by=boss, now=NOW)


def test_a_check_keeps_the_version_with_which_it_was_begun(boss: User) -> None:
    """A new version alters no score of an old check."""
    check = SpotCheck.objects.create(
        month=date(2026, 11, 1),
        indicator_set=indicators.in_force(TODAY),
        seed="示例",
        drawn="{}",
        digest="0",
        due_at=at("2026-12-01 00:00"),
        drafted_at=NOW,
    )
    answers = {"Z07": {"count": 4}}

    def points() -> Decimal:
        of = SpotCheck.objects.get(pk=check.pk).indicator_set
        return scoring.score(indicators.lines_of(of), answers, of).points

    assert points() == 96
    new = published(boss, "2026-11-25", points=Decimal(2), cap=Decimal(20))
    assert indicators.in_force(date(2026, 12, 1)) == new
    assert points() == 96
    assert scoring.score(indicators.lines_of(new), answers, new).points == 92


# --- at once --------------------------------------------------------------------------------------------------------


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_start_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    boss = user(Role.SUPERVISOR)
    meet(monkeypatch, indicators, "draft")
    raised = at_once(*[lambda: started(boss)] * 2)
    assert [type(error) for error in raised] == [WrongState]
    assert IndicatorSet.objects.filter(state="draft").count() == 1


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the guard under test taken out."""
    monkeypatch.setattr(IndicatorSet.objects._queryset_class, "select_for_update", lambda self, **kwargs: self)  # type: ignore[attr-defined]


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_start(monkeypatch: pytest.MonkeyPatch) -> None:
    boss = user(Role.SUPERVISOR)
    without_locks(monkeypatch)
    meet(monkeypatch, indicators, "draft")
    at_once(*[lambda: started(boss)] * 2)
    names = {of.name for of in IndicatorSet.objects.filter(state="draft")}
    assert names == {"2026 年第 1 版"}  # the name's uniqueness alone stands between them


def removed_and_added(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    boss = user(Role.SUPERVISOR)
    of = started(boss)
    row = one(of, "Z07").pk
    meet(monkeypatch, indicators, "_line")
    return at_once(
        lambda: indicators.save_line(of.pk, row, typed(one(of, "Z07"), cap=Decimal(9)), read=1, by=boss, now=NOW),
        lambda: indicators.save_line(of.pk, row, typed(one(of, "Z07"), cap=Decimal(8)), read=1, by=boss, now=NOW),
    )


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_a_line_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [type(error) for error in removed_and_added(monkeypatch)] == [StaleReading]


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_change_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    assert removed_and_added(monkeypatch) == []
