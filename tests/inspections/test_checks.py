"""A month's check: drafted, drawn again, confirmed and shared, added to, closed; who may, and what the history says."""

import json
from collections import Counter
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Flag, Role
from inspections import checks, population, sharing
from inspections.check_progress import months, shares
from inspections.checks import Terms
from inspections.models import Sheet, SpotCheck
from tests.factories import Cast, account, at, office, platform, unit, user
from tests.inspections.checked import (
    FIRST,
    NOVEMBER,
    accounts,
    confirmed,
    doubled,
    drafted,
    judged,
    people,
    sampled,
)
from zhonglou_media.core import events
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.events import sm3
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db


def verbs(check: SpotCheck) -> list[str]:
    return [event.verb for event in events.timeline(check).order_by("seq")]


# --- drafting -------------------------------------------------------------------------------------------------------


def test_all_that_is_in_use_is_on_the_list_by_default() -> None:
    watched = accounts(2, 2)
    account(found=True)
    account(unit(scope="guided"))
    closed = account()
    Account.objects.filter(pk=closed.pk).update(state="closed", next_update_due_at=None)
    officer = user(Role.OFFICER)
    check = drafted("示例种子")
    file = json.loads(check.drawn)
    assert file["sample"] == sorted(row.pk for row in watched)
    assert (check.method, check.state, check.seed, check.sample_size) == ("all", "drafted", "示例种子", None)
    assert check.digest == sm3(check.drawn)
    assert check.due_at == at("2026-12-01 00:00")
    assert check.indicator_set.state == "published"
    event = events.timeline(check).get()
    assert (event.verb, event.role, event.digest, event.detail["size"]) == ("draft", "system", check.digest, 4)
    assert Notice.objects.get(user=officer).text == "2026年11月抽查名单已起草，共 4 个账号，请确定后开始检查。"


def test_without_a_seed_one_is_made_that_nobody_foresees() -> None:
    accounts(1, 1)
    seeds = {drafted(None, month=month, now=at("2026-11-02 09:00")).seed for month in (NOVEMBER, date(2026, 12, 1))}
    assert len(seeds) == 2
    assert all(len(seed) > 20 for seed in seeds)


MONTHS = [
    ("2026-11", ""),
    ("2026-12", ""),
    ("2026-10", ""),  # nobody drafted it
    ("2026-09", "已经过去：只能起草本月、下个月"),
    ("2025-11", "已经过去：只能起草本月、下个月"),
    ("2027-01", "最多提前起草下个月"),
    ("2021-02", "还没有施行"),
]


@pytest.mark.parametrize(("month", "told"), MONTHS)
def test_which_months_may_be_drafted(month: str, told: str) -> None:
    accounts(1, 1)
    day = date.fromisoformat(f"{month}-01")
    if told:
        with pytest.raises(Refused, match=told):
            drafted(month=day)
        assert not SpotCheck.objects.exists()
    else:
        assert drafted(month=day).code == month


@pytest.mark.parametrize("seed", ["", "  ", "两\n行", "长" * 81])
def test_a_seed_is_one_line_that_people_can_read(seed: str) -> None:
    accounts(1, 1)
    with pytest.raises(Refused, match="种子"):
        drafted(seed)


def test_a_month_has_one_list() -> None:
    accounts(1, 1)
    drafted()
    with pytest.raises(WrongState, match="2026年11月已有抽查名单（系统起草，现为“名单待确定”）"):
        drafted()
    assert Event.objects.filter(subject_kind="spotcheck").count() == 1


def test_nobody_to_check_is_said() -> None:
    with pytest.raises(Refused, match="没有正常运行的账号"):
        drafted()


WHO = [(Role.OFFICER, True), (Role.SUPERVISOR, True), (Role.OPERATOR, False), (Role.LEADER, False), (Role.ADMIN, False)]


@pytest.mark.parametrize(("role", "may"), WHO)
def test_who_may_draft(role: Role, may: bool) -> None:
    accounts(1, 1)
    person = user(role, unit() if role in (Role.OPERATOR, Role.LEADER) else office())
    if may:
        assert checks.draft(NOVEMBER, by=person, now=FIRST).drafted_by == person
    else:
        with pytest.raises(NotAllowed):
            checks.draft(NOVEMBER, by=person, now=FIRST)


def test_the_daily_tick_drafts_once_also_days_late() -> None:
    assert checks.draft_due(FIRST) is None  # nobody to check
    accounts(1, 1)
    late = checks.draft_due(at("2026-11-05 00:20"))
    assert late is not None
    assert late.month == NOVEMBER
    assert [checks.draft_due(at(f"2026-11-{day} 00:20")) for day in ("05", "06", "30")] == [None] * 3
    december = checks.draft_due(at("2026-12-01 00:20"))
    assert december is not None
    assert december.month == date(2026, 12, 1)


# --- the population of a sample -------------------------------------------------------------------------------------


def test_flagged_accounts_weigh_twice_and_hints_do_not() -> None:
    rows = accounts(1, 3)
    for row, level, cleared in zip(rows, ("breach", "hint", "breach"), (None, None, FIRST), strict=True):
        facts = {"rule": "inactive", "unit": row.unit, "fact_kind": "account", "fact_id": row.pk, "due_at": FIRST}
        Flag.objects.create(**facts, account=row, level=level, raised_at=FIRST, cleared_at=cleared)
    assert {row.id: row.weight for row in population.population(NOVEMBER, 6)} == dict(
        zip((r.pk for r in rows), (2, 1, 1), strict=True)
    )


# monitored from, month of the last check it was in (None: none) → months left in November; the first check was in June
LEFT = [
    ("2026-01-10", "2026-10-01", 6),
    ("2026-01-10", "2026-06-01", 2),
    ("2026-01-10", None, 1),  # should have been drawn by November: six months since June
    ("2026-08-15", None, 3),
    ("2026-11-01", None, 6),
    ("2026-06-20", "2026-07-01", 3),
]


def test_how_many_months_an_account_has_left() -> None:
    supervisor = user(Role.SUPERVISOR)
    months_ = {month: _past(month, supervisor) for month in {row[1] for row in LEFT if row[1]}}
    expected = {}
    for since, last, left in LEFT:
        row = account(now=at(f"{since} 09:00"))
        if last is not None:
            Sheet.objects.create(spot_check=months_[last], account=row, unit=row.unit, platform_group="其他")
        expected[row.pk] = left
    assert {row.id: row.left for row in population.population(NOVEMBER, 6)} == expected


def _past(month: str, by: object) -> SpotCheck:
    from inspections.indicators import in_force

    day = date.fromisoformat(month)
    facts = {"month": day, "state": "confirmed", "indicator_set": in_force(day), "seed": "旧", "drawn": "{}"}
    times = {"due_at": FIRST, "drafted_at": FIRST, "confirmed_at": FIRST}
    return SpotCheck.objects.create(**facts, **times, digest="0" * 64)


def test_before_the_first_check_nobody_is_due() -> None:
    row = account(now=at("2021-04-01 09:00"))
    assert [(found.id, found.left) for found in population.population(NOVEMBER, 6)] == [(row.pk, 6)]


def test_a_sample_is_drawn_as_the_settings_say() -> None:
    accounts(4, 3)
    sampled(5, 6)
    check = drafted()
    assert (check.method, check.sample_size, check.within_months) == ("sample", 5, 6)
    assert len(json.loads(check.drawn)["sample"]) == 5


def test_a_sample_too_small_is_raised_and_says_so() -> None:
    accounts(4, 3)
    sampled(1, 3)
    check = drafted()
    file = json.loads(check.drawn)
    assert (file["asked"], file["size"], check.sample_size) == (1, 4, 4)


# --- drawn again ----------------------------------------------------------------------------------------------------


def test_drawn_again_by_another_method_with_another_seed() -> None:
    accounts(4, 3)
    officer, check = user(Role.OFFICER), drafted()
    old = check.digest
    check = checks.redraw(check.pk, Terms(5, 6), read=old, by=officer, now=FIRST)
    assert (check.method, check.sample_size) == ("sample", 5)
    assert check.seed != "示例种子"
    event = events.timeline(check).last()
    assert event is not None
    assert (event.verb, event.detail["was"]) == ("redraw", {"seed": "示例种子", "digest": old})
    with pytest.raises(StaleReading, match="名单重新抽取过"):
        checks.redraw(check.pk, Terms(None, None), read=old, by=officer, now=FIRST)
    with pytest.raises(Incomplete):
        checks.redraw(check.pk, Terms(0, 6), by=officer, now=FIRST)


def test_a_confirmed_list_is_not_drawn_again_by_any_way() -> None:
    accounts(1, 2)
    officer = user(Role.OFFICER)
    check = confirmed(officer)
    with pytest.raises(WrongState, match="名单已经确定，不能重新抽取"):
        checks.redraw(check.pk, Terms(None, None), by=officer, now=FIRST)
    for field, value in (("seed", "别的"), ("drawn", "{}")):
        with pytest.raises(DatabaseError, match="不能修改"), transaction.atomic():
            SpotCheck.objects.filter(pk=check.pk).update(**{field: value})


# --- confirmed and shared -------------------------------------------------------------------------------------------


def test_each_account_gets_a_sheet_a_unit_one_checker_and_all_about_as_many() -> None:
    first, second, _ = people(3)
    rows = accounts(7, 3)
    done = confirmed(first)
    sheets = list(done.sheets.select_related("unit"))
    assert {sheet.account_id for sheet in sheets} == {row.pk for row in rows}
    assert {(sheet.unit_kind, sheet.platform_group) for sheet in sheets} <= {
        (kind, group) for kind in ("subdistrict", "department", "town") for group in ("微信", "微博", "其他")
    }
    of_unit = {(sheet.unit_id, sheet.checker_id) for sheet in sheets}
    assert len(of_unit) == 7
    loads = Counter(sheet.checker_id for sheet in sheets)
    assert len(loads) == 3
    assert max(loads.values()) - min(loads.values()) <= 3  # one unit's accounts
    assert Notice.objects.filter(user=second, text__contains="分给您").count() == 1
    assert verbs(done) == ["draft", "confirm"]


def test_what_was_read_is_what_is_confirmed() -> None:
    accounts(1, 1)
    officer, check = user(Role.OFFICER), drafted()
    read = check.digest
    checks.redraw(check.pk, Terms(None, None), by=officer, now=FIRST)
    with pytest.raises(StaleReading):
        checks.confirm(check.pk, read=read, by=officer, now=FIRST)
    assert not Sheet.objects.exists()


def test_an_account_that_ended_meanwhile_gets_no_sheet() -> None:
    rows = accounts(1, 3)
    officer, check = user(Role.OFFICER), drafted()
    Account.objects.filter(pk=rows[0].pk).update(state="closed", next_update_due_at=None)
    done = checks.confirm(check.pk, by=officer, now=FIRST)
    assert (done.accounts, done.gone) == (2, 1)


def test_without_people_nothing_is_confirmed() -> None:
    accounts(1, 1)
    check, officer = drafted(), user(Role.OFFICER)
    officer.memberships.update(to_date="2026-10-01")
    with pytest.raises(NotAllowed):
        checks.confirm(check.pk, by=officer, now=FIRST)


def test_a_part_is_checked_by_two_and_these_are_two() -> None:
    officer, _ = people(2)
    accounts(5, 2)
    doubled(25)
    check = drafted()
    doubled(100, on=date(2026, 11, 1))  # what was published counts
    done = checks.confirm(check.pk, by=officer, now=FIRST)
    assert json.loads(check.drawn)["double_percent"] == 25
    assert done.doubled == 3  # 2.5, rounded up
    for second in Sheet.objects.filter(part=2):
        assert second.checker_id != Sheet.objects.get(account=second.account, part=1).checker_id
    chosen = sorted(Sheet.objects.filter(part=2).values_list("account", flat=True))
    from inspections import draw

    assert chosen == draw.doubled(json.loads(check.drawn)["sample"], 25, seed="示例种子")


def test_one_person_alone_checks_nothing_twice() -> None:
    officer = user(Role.OFFICER)
    accounts(1, 3)
    doubled(100)
    assert checks.confirm(drafted().pk, by=officer, now=FIRST).doubled == 0


# --- by hand --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [True, False])
def test_an_account_is_added_with_a_reason(before: bool) -> None:
    officer = user(Role.OFFICER)
    of = unit()
    account(of, now=FIRST)
    check = drafted() if before else confirmed(officer)
    late = account(of, platform=platform("weibo"), now=FIRST)
    with pytest.raises(Incomplete):
        checks.add_account(check.pk, late.pk, reason=" ", by=officer, now=FIRST)
    sheet = checks.add_account(check.pk, late.pk, reason="群众反映", by=officer, now=FIRST)
    if before:
        assert sheet.checker is None
        assert checks.confirm(check.pk, by=officer, now=FIRST).accounts == 2
        sheet.refresh_from_db()
    assert (sheet.added_reason, sheet.checker) == ("群众反映", officer)
    with pytest.raises(WrongState, match="不用增加"):
        checks.add_account(check.pk, late.pk, reason="群众反映", by=officer, now=FIRST)
    assert late.pk not in json.loads(SpotCheck.objects.get(pk=check.pk).drawn)["sample"]


def test_who_is_drawn_already_or_not_in_use_is_not_added() -> None:
    officer, row = user(Role.OFFICER), account(now=FIRST)
    check = drafted()
    with pytest.raises(WrongState, match="已在"):
        checks.add_account(check.pk, row.pk, reason="群众反映", by=officer, now=FIRST)
    with pytest.raises(Refused, match="不在运行"):
        checks.add_account(check.pk, account(found=True).pk, reason="群众反映", by=officer, now=FIRST)


# --- shared anew ----------------------------------------------------------------------------------------------------


def test_what_nobody_has_begun_is_shared_anew() -> None:
    first, second, third = people(3)
    accounts(6, 2)
    doubled(20)
    check = confirmed(first)
    begun = Sheet.objects.filter(checker=first, part=1).first()
    assert begun is not None
    Sheet.objects.filter(pk=begun.pk).update(saved_at=FIRST)
    with pytest.raises(Incomplete):
        sharing.share(check.pk, among=[Cast().operator.pk], by=first, now=FIRST)
    sharing.share(check.pk, among=[second.pk, third.pk], by=first, now=FIRST)
    kept = Sheet.objects.filter(checker=first)
    assert set(kept.filter(part=1)) == {begun}
    for twice in Sheet.objects.filter(part=2):
        assert twice.checker_id != Sheet.objects.get(account=twice.account, part=1).checker_id
    loads = [Sheet.objects.filter(checker=person, part=1).count() for person in (second, third)]
    assert sum(loads) == 11
    assert abs(loads[0] - loads[1]) <= 2
    assert verbs(check)[-1] == "share"
    sharing.share(check.pk, among=[second.pk], by=first, now=FIRST)  # alone he is not two
    for twice in Sheet.objects.filter(part=2):
        assert twice.checker_id != Sheet.objects.get(account=twice.account, part=1).checker_id


def test_one_sheet_goes_to_another_person_and_to_a_second_one() -> None:
    first, second, third = people(3)
    account(now=FIRST)
    check = confirmed(first)
    sheet = check.sheets.get()
    other = second if sheet.checker_id != second.pk else third
    assert sharing.reassign(sheet.pk, to=other.pk, by=first, now=FIRST).checker == other
    with pytest.raises(Refused, match="另一位"):
        sharing.second_checker(sheet.pk, to=other.pk, by=first, now=FIRST)
    with pytest.raises(Refused, match="经办和负责人"):
        sharing.second_checker(sheet.pk, to=user(Role.LEADER, unit()).pk, by=first, now=FIRST)
    twice = sharing.second_checker(sheet.pk, to=first.pk, by=first, now=FIRST)
    assert (twice.part, twice.checker, twice.unit_kind) == (2, first, sheet.unit_kind)
    with pytest.raises(WrongState, match="已有两人"):
        sharing.second_checker(sheet.pk, to=third.pk, by=first, now=FIRST)
    with pytest.raises(Refused, match="另一位"):
        sharing.reassign(sheet.pk, to=first.pk, by=first, now=FIRST)
    judged([sheet], passed=True)
    with pytest.raises(WrongState, match="已经核完"):
        sharing.reassign(sheet.pk, to=third.pk, by=first, now=FIRST)


# --- progress, the end ----------------------------------------------------------------------------------------------


def test_progress_counts_each_account_once() -> None:
    first, second = people(2)
    rows = accounts(2, 3)
    check = confirmed(first)
    for sheet in check.sheets.filter(account__in=rows[:2]):
        to = second.pk if sheet.checker_id == first.pk else first.pk
        sharing.second_checker(sheet.pk, to=to, by=first, now=FIRST)
    sheets = {(s.account_id, s.part): s for s in check.sheets.all()}
    agree, differ, failed, passed = (row.pk for row in rows[:4])
    judged([sheets[agree, 1]], passed=True, counts=False)
    judged([sheets[agree, 2]], passed=True)
    judged([sheets[differ, 1]], passed=True, counts=False)
    judged([sheets[differ, 2]], passed=False, counts=False)
    judged([sheets[failed, 1]], passed=False)
    judged([sheets[passed, 1]], passed=True)
    done = checks.progress(check)
    assert (done.accounts, done.done, done.passed, done.failed, done.differing, done.open) == (6, 3, 2, 1, 1, 3)
    assert done.rate == pytest.approx(200 / 3)
    of_unit = checks.progress(check, units=[rows[0].unit_id])
    assert (of_unit.accounts, of_unit.done) == (3, 2)
    assert sum(share.given for share in shares(check)) == 8
    assert sum(share.done for share in shares(check)) == 6
    line = months(SpotCheck.objects.all())[0].progress
    assert (line.accounts, line.done, line.failed) == (6, 3, 1)


def test_a_month_is_closed_once_every_account_has_its_result() -> None:
    officer, _ = people(2)
    rows = accounts(1, 3)
    check = confirmed(officer)
    judged(check.sheets.filter(account=rows[0]), passed=True)
    with pytest.raises(Refused, match="还有 2 个账号没有结果"):
        checks.close(check.pk, by=officer, now=FIRST)
    judged(check.sheets.filter(account=rows[1]), passed=False)
    Account.objects.filter(pk=rows[2].pk).update(state="closed", next_update_due_at=None)
    closed = checks.close(check.pk, by=officer, now=FIRST)
    event = events.timeline(check).last()
    assert event is not None
    assert (closed.state, event.detail) == ("closed", {"results": 2, "failed": 1, "gone": 1})
    with pytest.raises(WrongState, match="已经结束"):
        checks.close(check.pk, by=officer, now=FIRST)
    with pytest.raises(WrongState, match="已经结束"):
        checks.add_account(check.pk, rows[2].pk, reason="群众反映", by=officer, now=FIRST)
    with pytest.raises(WrongState, match="已结束"):
        sharing.share(check.pk, among=[officer.pk], by=officer, now=FIRST)


def test_two_who_differ_keep_it_open() -> None:
    first, second = people(2)
    account(now=FIRST)
    check = confirmed(first)
    sheet = check.sheets.get()
    twice = sharing.second_checker(
        sheet.pk, to=(second if sheet.checker_id == first.pk else first).pk, by=first, now=FIRST
    )
    judged([sheet], passed=True, counts=False)
    judged([twice], passed=False, counts=False)
    with pytest.raises(Refused, match="还有 1 个账号没有结果"):
        checks.close(check.pk, by=first, now=FIRST)


def test_the_cost_of_drafting_and_confirming_does_not_grow_with_the_accounts() -> None:
    officer, _ = people(2)
    doubled(10)

    def queries(units: int, month: date) -> tuple[int, int]:
        accounts(units, 3)
        with CaptureQueriesContext(connection) as draft:
            check = drafted(month=month)
        with CaptureQueriesContext(connection) as confirm:
            checks.confirm(check.pk, by=officer, now=FIRST)
        return len(draft), len(confirm)

    few = queries(2, NOVEMBER)
    many = queries(20, date(2026, 12, 1))
    assert many <= few
