"""检查单: what the facts put in, what a person must say, what counts, what follows from it, and what takes it back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Role
from inspections import judging, sheets
from inspections.indicators import lines_of
from inspections.judging import Typed
from inspections.models import Finding, IndicatorSet, Rectification, Sheet
from inspections.prejudging import Pre
from tests.factories import NOW, Cast, account, user
from tests.inspections.sheeted import MANUAL, NOTHING, Facts, check, filled, sheet, submitted
from tests.inspections.sheeted import facts as facts
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def lines() -> list[Any]:
    return lines_of(IndicatorSet.objects.get())


def stored(row: Sheet) -> Sheet:
    return Sheet.objects.get(pk=row.pk)


# --- what stands in the way -----------------------------------------------------------------------------------------

# pre, count, reason, note → what is said, "" for nothing
GIVEN: list[tuple[Pre | None, int | None, str, str, str]] = [
    (NOTHING, 0, "", "", ""),
    (NOTHING, 2, "", "", "与系统预判不同，请写明改判的理由"),
    (NOTHING, 2, "第 46 周的视频已删除", "", ""),
    (Pre(2, "没有更新的自然周：第 46、47 周", ""), 2, "", "", ""),
    (Pre(2, "没有更新的自然周：第 46、47 周", ""), 0, "", "", "与系统预判不同，请写明改判的理由"),
    (Pre(2, "没有更新的自然周：第 46、47 周", ""), 1, "", "只有一周", "与系统预判不同，请写明改判的理由"),
    (Pre(2, "没有更新的自然周：第 46、47 周", ""), 1, "第 46 周补登", "", ""),
    (Pre(None, "发布数据只到 11-10", "", unknown=True), None, "", "", "数据待确认，系统不能判断，请选择一项"),
    (Pre(None, "发布数据只到 11-10", "", unknown=True), 0, "", "", ""),
    (Pre(None, "发布数据只到 11-10", "", unknown=True), 1, "", "", "请写明发现的问题"),
    (None, None, "", "", "还没有判断，请选择一项"),
    (None, 1, "", "第 46 周没有更新", ""),
    (None, 1, "", "", "请写明发现的问题"),
]


@pytest.mark.parametrize(("pre", "count", "reason", "note", "said"), GIVEN)
def test_what_must_be_said_before_it_is_handed_in(
    lines: list[Any], pre: Pre | None, count: int | None, reason: str, note: str, said: str
) -> None:
    weeks = [line for line in lines if line.code == "Z01"]
    answers = judging.prejudged({}, weeks, {"Z01": pre} if pre is not None else {})
    answers = judging.answered(answers, weeks, {"Z01": Typed(count, reason, note)})
    errors = judging.errors_of(weeks, answers)
    assert (said in errors["Z01"][0]) if said else errors == {}


def test_facts_are_preset_and_manual_ones_are_not(facts: Facts, cast: Cast) -> None:
    facts.told = {"Z03": Pre(1, "14 条中 1 条超时", "/messages/", known_until=NOW)}
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    assert {code for code, answer in row.answers.items() if answer["count"] is None} == set(MANUAL)
    answer = row.answers["Z03"]
    assert (answer["count"], answer["pre"], answer["text"], answer["url"]) == (1, 1, "14 条中 1 条超时", "/messages/")
    assert answer["known"] == NOW.isoformat()
    assert (row.as_of, row.period_from) == (NOW, NOW - timedelta(days=30))
    again = sheets.begin(row.pk, by=cast.officer, now=NOW + timedelta(days=1))
    assert (again.as_of, Event.objects.filter(subject_kind="sheet", verb="begin").count()) == (NOW, 1)


def test_the_period_follows_the_last_result_and_is_92_days_at_most(facts: Facts, cast: Cast) -> None:
    row = account()
    for days, since in ((200, 30), (50, 92), (20, 30)):  # 200 days ago, then 150 days later, then 30
        moment = NOW - timedelta(days=days)
        month = (moment - timedelta(days=1)).date().replace(day=1)
        submitted(sheet(cast.officer, row, on=check(month)), cast.officer, now=moment)
        last = Sheet.objects.order_by("-pk")[0]
        assert last.period_from == moment - timedelta(days=since)


def test_known_until_is_the_earlier_and_nothing_where_one_is_unknown(facts: Facts, cast: Cast) -> None:
    row = account()
    for posts, messages, known in ((NOW, None, None), (NOW, NOW - timedelta(hours=1), NOW - timedelta(hours=1))):
        row.posts_known_until, row.messages_known_until = posts, messages
        row.save()
        made = sheet(cast.officer, row, on=check() if known is None else None, part=1 if known is None else 2)
        assert sheets.begin(made.pk, by=cast.officer, now=NOW).known_until == known


def test_a_new_look_follows_the_facts_and_keeps_what_a_person_judged(facts: Facts, cast: Cast) -> None:
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    given = {"Z03": Typed(2, "另有一条私信"), "N1.1": Typed(0)}
    row = sheets.save(row.pk, given, version=row.version, by=cast.officer, now=NOW)
    facts.told = {"Z01": Pre(1, "第 47 周没有更新", ""), "Z03": Pre(1, "1 条超时", "")}
    later = NOW + timedelta(hours=2)
    row = sheets.rejudge(row.pk, version=row.version, by=cast.officer, now=later)
    assert (row.answers["Z01"]["count"], row.answers["Z03"]["count"], row.answers["N1.1"]["count"]) == (1, 2, 0)
    assert (row.answers["Z03"]["reason"], row.answers["Z03"]["pre"], row.as_of) == ("另有一条私信", 1, later)


def test_the_rest_is_nothing_but_not_what_waits_for_data(facts: Facts, cast: Cast) -> None:
    facts.told = {"Z01": Pre(None, "发布数据只到 11-10", "", unknown=True), "B01": Pre(None, "", "", unknown=True)}
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    row = sheets.rest_clean(row.pk, version=row.version, by=cast.officer, now=NOW)
    assert [code for code, answer in row.answers.items() if answer["count"] is None] == ["Z01"]
    with pytest.raises(Incomplete) as told:
        sheets.submit(row.pk, version=row.version, by=cast.officer, now=NOW)
    assert list(told.value.errors) == ["Z01"]


# --- who writes, and when -------------------------------------------------------------------------------------------


def test_only_its_checker_writes_an_open_sheet_of_a_running_check(facts: Facts, cast: Cast) -> None:
    row = sheet(cast.officer)
    for other in (cast.supervisor, user(Role.OFFICER), cast.operator, user(Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            sheets.begin(row.pk, by=other, now=NOW)
    with pytest.raises(NotAllowed, match="还没有分给检查人"):
        sheets.begin(sheet(None).pk, by=cast.officer, now=NOW)
    for state, month in (("drafted", 9), ("closed", 10)):
        still = sheet(cast.officer, on=check(NOW.date().replace(month=month, day=1), state))
        with pytest.raises(WrongState):
            sheets.begin(still.pk, by=cast.officer, now=NOW)
    done = submitted(row, cast.officer)
    with pytest.raises(WrongState, match="已经提交"):
        sheets.save(row.pk, {}, version=done.version, by=cast.officer, now=NOW)


def test_a_stale_page_is_refused_and_changes_nothing(facts: Facts, cast: Cast) -> None:
    row = sheets.begin(sheet(cast.officer).pk, by=cast.officer, now=NOW)
    sheets.save(row.pk, {"Z07": Typed(2, note="错字")}, version=row.version, by=cast.officer, now=NOW)
    acts = (
        lambda: sheets.save(row.pk, {"Z07": Typed(0)}, version=row.version, by=cast.officer, now=NOW),
        lambda: sheets.rest_clean(row.pk, version=row.version, by=cast.officer, now=NOW),
        lambda: sheets.rejudge(row.pk, version=row.version, by=cast.officer, now=NOW),
        lambda: sheets.submit(row.pk, version=row.version, by=cast.officer, now=NOW),
    )
    for act in acts:
        with pytest.raises(StaleReading):
            act()
    assert (stored(row).answers["Z07"]["count"], stored(row).version) == (2, row.version + 1)


# --- what counts ----------------------------------------------------------------------------------------------------


def test_the_only_sheet_counts_with_its_findings_and_their_rectifications(facts: Facts, cast: Cast) -> None:
    facts.told = {"Z01": Pre(2, "第 46、47 周没有更新", ""), "Z04": Pre(1, "1 件逾期 3 天", "")}
    of = account(cast.unit)
    row = sheets.begin(sheet(cast.officer, of).pk, by=cast.officer, now=NOW)
    given = {code: Typed(0) for code in MANUAL}
    given |= {
        "Z01": Typed(1, "第 46 周已补登", "第 47 周"),
        "Z07": Typed(3, note="“按装”等"),
        "B02": Typed(1, note="办事"),
    }
    row = sheets.save(row.pk, given, version=row.version, by=cast.officer, now=NOW)
    row = sheets.submit(row.pk, version=row.version, by=cast.officer, now=NOW)
    assert (row.counts, row.score, row.vetoed, row.passed) == (True, Decimal(89), False, True)  # 100 − 5 − 5 − 3 + 2
    rows = {f.indicator.code: f for f in Finding.objects.select_related("indicator")}
    assert set(rows) == {"Z01", "Z04", "Z07"}
    week = rows["Z01"]
    assert (week.count, week.deducted, week.prejudged, week.override_reason) == (1, Decimal(5), True, "第 46 周已补登")
    assert week.evidence == "第 46、47 周没有更新\n第 47 周"
    assert (rows["Z07"].prejudged, rows["Z07"].override_reason, rows["Z07"].unit_id) == (False, "", cast.unit.pk)
    ordered = set(Rectification.objects.values_list("finding__indicator__code", flat=True))
    assert ordered == {"Z01", "Z07"}  # a late filing cannot be put right
    event = Event.objects.get(subject_kind="sheet", verb="submit")
    assert (event.from_state, event.to_state, event.detail["found"]["Z07"]) == ("open", "submitted", 3)
    assert (event.detail["counts"], event.detail["score"]) == (True, "89.0")
    assert Notice.objects.filter(user=cast.operator).exists()


def test_two_who_agree_count_once(facts: Facts, cast: Cast) -> None:
    of, other = account(cast.unit), user(Role.OFFICER)
    first, second = sheet(cast.officer, of), sheet(other, of, part=2)
    submitted(second, other, Z07=(1, "“按装”"))
    assert not Sheet.objects.filter(counts=True).exists()
    assert not Finding.objects.exists()
    submitted(first, cast.officer, Z07=(1, "第 3 条的错字"))  # the same count in other words
    assert (stored(first).counts, stored(second).counts) == (True, False)
    assert (Finding.objects.count(), Rectification.objects.count()) == (1, 1)
    assert not Notice.objects.filter(user=cast.supervisor).exists()


def two_differ(cast: Cast, other: User) -> tuple[Sheet, Sheet]:
    of = account(cast.unit)
    first, second = sheet(cast.officer, of), sheet(other, of, part=2)
    submitted(first, cast.officer)
    submitted(second, other, Z07=(1, "“按装”"), N1_1=(1, "错误表述"))
    return first, second


def test_two_who_differ_wait_for_the_supervisor(facts: Facts, cast: Cast) -> None:
    first, second = two_differ(cast, user(Role.OFFICER))
    assert not Sheet.objects.filter(counts=True).exists()
    assert not Finding.objects.exists()
    assert list(sheets.differing(first.spot_check)) == [first.account_id]
    notice = Notice.objects.get(user=cast.supervisor)
    assert "两人的结果不一致" in notice.text
    with pytest.raises(NotAllowed):
        sheets.decide(second.pk, reason="截图为证", by=cast.officer, now=NOW)
    with pytest.raises(Refused, match="认定的理由"):
        sheets.decide(second.pk, reason=" ", by=cast.supervisor, now=NOW)
    with pytest.raises(StaleReading):
        sheets.decide(second.pk, reason="截图为证", by=cast.supervisor, now=NOW, read="1.1.open.0")
    read = sheets.reading([stored(first), stored(second)])
    row = sheets.decide(second.pk, reason="截图为证", by=cast.supervisor, now=NOW, read=read)
    assert (row.counts, row.passed, row.decided_by, row.decided_reason) == (True, False, cast.supervisor, "截图为证")
    assert (Finding.objects.count(), Rectification.objects.count()) == (2, 2)
    assert Notice.objects.filter(user=cast.officer, text__contains="截图为证").count() == 1
    with pytest.raises(WrongState):
        sheets.decide(first.pk, reason="再看", by=cast.supervisor, now=NOW)


def test_a_reopened_sheet_takes_back_what_followed(facts: Facts, cast: Cast) -> None:
    row = submitted(sheet(cast.officer, account(cast.unit)), cast.officer, Z07=(1, "“按装”"))
    with pytest.raises(NotAllowed):
        sheets.reopen(row.pk, reason="看错账号", by=cast.officer, now=NOW)
    with pytest.raises(Refused, match="重开的理由"):
        sheets.reopen(row.pk, reason="", by=cast.supervisor, now=NOW)
    opened = sheets.reopen(row.pk, reason="看错账号", by=cast.supervisor, now=NOW)
    assert (opened.state, opened.counts, opened.score, opened.version) == ("open", False, None, row.version + 1)
    finding, order = Finding.objects.get(), Rectification.objects.get()
    assert (finding.withdrawn_at, finding.withdrawn_reason) == (NOW, "检查单重开：看错账号")
    assert (order.state, order.revoked_reason) == ("revoked", "检查单重开：看错账号")
    with pytest.raises(WrongState, match="不用重开"):
        sheets.reopen(row.pk, reason="看错账号", by=cast.supervisor, now=NOW)
    with pytest.raises(StaleReading):
        sheets.submit(row.pk, version=row.version, by=cast.officer, now=NOW)
    again = submitted(opened, cast.officer, Z07=(2, "两处"))
    assert (again.counts, Finding.objects.count(), Rectification.objects.filter(state="issued").count()) == (True, 2, 1)


def test_reopening_one_of_two_takes_the_result_of_both_back(facts: Facts, cast: Cast) -> None:
    of, other = account(cast.unit), user(Role.OFFICER)
    first, second = sheet(cast.officer, of), sheet(other, of, part=2)
    submitted(first, cast.officer, Z07=(1, "“按装”"))
    submitted(second, other, Z07=(1, "“按装”"))
    sheets.reopen(second.pk, reason="补看视频号", by=cast.supervisor, now=NOW)
    assert (stored(first).counts, stored(first).state, stored(second).state) == (False, "submitted", "open")
    assert Finding.objects.filter(withdrawn_at__isnull=True).count() == 0
    submitted(stored(second), other, Z07=(2, "“按装”"))
    assert not Sheet.objects.filter(counts=True).exists()  # they differ now


def test_nothing_is_reopened_once_the_check_is_closed(facts: Facts, cast: Cast) -> None:
    row = submitted(sheet(cast.officer), cast.officer)
    row.spot_check.state, row.spot_check.closed_at = "closed", NOW
    row.spot_check.save()
    with pytest.raises(WrongState, match="已经结束"):
        sheets.reopen(row.pk, reason="看错账号", by=cast.supervisor, now=NOW)


# --- an empty month -------------------------------------------------------------------------------------------------


def test_what_nobody_found_is_handed_in_at_once_and_the_rest_is_named(facts: Facts, cast: Cast) -> None:
    rows = [sheet(cast.officer) for _ in range(6)]
    late, doubt, hint, mine, bonus, foreign = *rows[:5], sheet(user(Role.OFFICER))
    facts.of = {
        late.account_id: {"Z03": Pre(1, "1 条超时", "")},
        doubt.account_id: {"Z01": Pre(None, "数据只到 11-10", "", unknown=True)},
        hint.account_id: {"N3.2": Pre(None, "粉丝数一天增加 3 万", "", hint=True)},
        bonus.account_id: {"B01": Pre(2, "原创 54.5%", "")},
    }
    begun = sheets.begin(mine.pk, by=cast.officer, now=NOW)
    sheets.save(mine.pk, {"Z07": Typed(1, note="错字")}, version=begun.version, by=cast.officer, now=NOW)
    came = sheets.submit_clean(rows[0].spot_check_id, [r.pk for r in (*rows, foreign)], by=cast.officer, now=NOW)
    assert {row.pk for row in came.done} == {bonus.pk, rows[5].pk}
    left = {row.sheet.pk: [line.code for line in row.problems] for row in came.left}
    assert left == {late.pk: ["Z03"], doubt.pk: ["Z01"], hint.pk: ["N3.2"], mine.pk: ["Z07"]}
    done = stored(bonus)
    assert (done.state, done.counts, done.passed, done.score) == ("submitted", True, True, Decimal(104))
    assert (stored(foreign).state, stored(mine).answers["Z07"]["count"]) == ("open", 1)
    assert Event.objects.filter(subject_kind="sheet", verb="submit").count() == 2
    assert not Finding.objects.exists()
    again = sheets.submit_clean(rows[0].spot_check_id, [bonus.pk], by=cast.officer, now=NOW)
    assert (again.done, again.left) == ([], [])


def test_a_clean_sheet_meets_the_other_checkers(facts: Facts, cast: Cast) -> None:
    other = user(Role.OFFICER)
    pairs = [(sheet(cast.officer, of), sheet(other, of, part=2)) for of in (account(), account(), account())]
    submitted(pairs[0][1], other)
    submitted(pairs[1][1], other, Z07=(1, "“按装”"))
    mine = [first.pk for first, _ in pairs]
    sheets.submit_clean(pairs[0][0].spot_check_id, mine, by=cast.officer, now=NOW)
    assert [stored(first).counts for first, _ in pairs] == [True, False, False]
    assert list(sheets.differing(pairs[0][0].spot_check)) == [pairs[1][0].account_id]


def test_an_act_names_some_and_not_too_many(facts: Facts, cast: Cast) -> None:
    row = sheet(cast.officer)
    for chosen in ([], range(1, sheets.AT_ONCE + 2)):
        with pytest.raises(Refused):
            sheets.submit_clean(row.spot_check_id, list(chosen), by=cast.officer, now=NOW)


def test_the_cost_of_a_look_is_the_same_for_many(
    facts: Facts, cast: Cast, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    running = check()
    many = [sheet(cast.officer, on=running) for _ in range(20)]
    with django_assert_num_queries(3):  # the sheets, their lines, the last results
        assert len(sheets.look_through(sheets.of_person(running, cast.officer), now=NOW)) == 20
    with django_assert_max_num_queries(20 + 4 * len(many)):  # an event a sheet is what grows
        sheets.submit_clean(running.pk, [row.pk for row in many], by=cast.officer, now=NOW)


def test_the_next_open_sheet_goes_round_in_the_order_of_units(facts: Facts, cast: Cast) -> None:
    one, two = sheet(cast.officer), sheet(cast.officer)
    order = [s.pk for s in Sheet.objects.order_by("account__unit__name", "account__name", "pk")]
    assert sheets.next_open(cast.officer).pk == order[0]  # type: ignore[union-attr]
    first, second = stored(Sheet(pk=order[0])), stored(Sheet(pk=order[1]))
    assert sheets.next_open(cast.officer, first).pk == second.pk  # type: ignore[union-attr]
    assert sheets.next_open(cast.officer, second).pk == first.pk  # type: ignore[union-attr]
    filled(one, cast.officer)
    for row in (one, two):
        submitted(row, cast.officer)
    assert sheets.next_open(cast.officer, one) is None
