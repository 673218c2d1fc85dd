"""Findings from above: recorded once, handed to a unit in time, answered, verified by another, reported, decided."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import activity
from accounts.models import Account, Flag
from inspections import deciding, lateness, rectifying, upper, upper_accounts, upper_deciding, upper_shown
from inspections.models import AnnualVeto, UpperFinding
from inspections.ordering import Terms
from inspections.upper_deciding import Decision
from inspections.upper_due import proposed_due, why_not_due
from tests.factories import NOW, Cast, account, at, platform, scan, unit, user
from tests.inspections.upper_made import DUE, answered, handed, of_upper, read, recorded, typed, verified
from zhonglou_media.core import events
from zhonglou_media.core.counting import tallied
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db


# --- recorded -------------------------------------------------------------------------------------------------------


def test_it_is_recorded_with_what_was_said_and_nobody_is_told_yet() -> None:
    cast = Cast()
    row = upper.record(typed(account(cast.unit)), pictures=[(scan(), "截图1.png")], by=cast.officer, now=NOW)
    assert (row.state, row.unit, row.recorded_by) == ("received", None, cast.officer)
    assert [picture.name for picture in row.pictures.all()] == ["截图1.png"]
    assert [event.verb for event in events.timeline(row)] == ["record"]
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"issuer": "county"}, "issuer"),
        ({"number": "  "}, "number"),
        ({"number": "9" * 61}, "number"),
        ({"account_text": ""}, "account_text"),
        ({"text": ""}, "text"),
        ({"text": "字" * 1501}, "text"),
        ({"received_on": date(2026, 11, 25)}, "received_on"),
        ({"due_at": at("2026-11-20 00:00")}, "due_on"),
        ({"account_id": 999_999}, "account"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Incomplete) as refused:
        upper.record(typed(**wrong), by=user("officer"), now=NOW)
    assert set(refused.value.errors) == {field}
    assert not UpperFinding.objects.exists()


def test_at_most_six_pictures() -> None:
    picture = (scan(), "图.png")
    upper.record(typed(), pictures=[picture] * 6, by=user("officer"), now=NOW)
    with pytest.raises(Incomplete) as refused:
        upper.record(typed(), pictures=[picture] * 7, by=user("officer"), now=NOW)
    assert set(refused.value.errors) == {"pictures"}


def test_a_number_of_an_issuer_is_recorded_once_and_the_other_one_is_named() -> None:
    cast = Cast()
    first = recorded(cast, number="〔示例〕1")
    with pytest.raises(upper.Twice, match="“〔示例〕1”已登记过") as refused:
        recorded(cast, number="〔示例〕1")
    assert refused.value.there == first
    recorded(cast, number="〔示例〕1", issuer="province")  # another issuer counts for itself


@pytest.mark.parametrize("who", ["operator", "leader", "auditor", "admin", "parent"])
def test_only_the_office_records(who: str) -> None:
    with pytest.raises(NotAllowed):
        upper.record(typed(), by=user(who), now=NOW)


def test_what_was_typed_is_corrected_until_it_is_handed() -> None:
    cast = Cast()
    on = account(cast.unit)
    row = upper.record(typed(text="错字"), pictures=[(scan(), "一.png"), (scan(), "二.png")], by=cast.officer, now=NOW)
    dropped = row.pictures.first()
    assert dropped is not None
    new = typed(on, number=row.number)
    upper.correct(row.pk, new, read=read(row), add=[(scan(), "三.png")], drop=[dropped.pk], by=cast.officer, now=NOW)
    row.refresh_from_db()
    assert (row.text, row.account) == (new.text, on)
    assert [picture.name for picture in row.pictures.all()] == ["二.png", "三.png"]
    last = events.timeline(row).last()
    assert last is not None
    assert set(last.detail["changes"]) == {"text", "account_id", "account_text"}
    upper.correct(row.pk, new, read=read(row), by=cast.officer, now=NOW)  # nothing changed: no event
    assert events.timeline(row).count() == 2
    upper.hand(row.pk, unit_id=cast.unit.pk, due_at=DUE, read=read(row), by=cast.officer, now=NOW)
    with pytest.raises(WrongState, match="已交办"):
        upper.correct(row.pk, new, read=read(row), by=cast.officer, now=NOW)


def test_a_page_opened_before_a_correction_is_stale() -> None:
    cast = Cast()
    row = recorded(cast)
    old = read(row)
    upper.correct(row.pk, typed(number=row.number, text="更正了"), read=old, by=cast.officer, now=NOW)
    acts: list[Callable[[], object]] = [
        lambda: upper.hand(row.pk, unit_id=cast.unit.pk, due_at=DUE, read=old, by=cast.officer, now=NOW),
        lambda: upper.drop(row.pk, reason="不是", read=old, by=cast.officer, now=NOW),
        lambda: upper.mark_named(row.pk, where="通报", read=old, by=cast.officer, now=NOW),
        lambda: upper.correct(row.pk, typed(), read=old, by=cast.officer, now=NOW),
    ]
    for act in acts:
        with pytest.raises(StaleReading):
            act()


def test_dropped_with_a_reason_and_never_handed_again() -> None:
    cast = Cast()
    row = recorded(cast)
    with pytest.raises(Refused, match="理由"):
        upper.drop(row.pk, reason=" ", read=read(row), by=cast.officer, now=NOW)
    upper.drop(row.pk, reason="外区账号", read=read(row), by=cast.officer, now=NOW)
    with pytest.raises(WrongState, match="不属本区"):
        upper.hand(row.pk, unit_id=cast.unit.pk, due_at=DUE, read=read(row), by=cast.officer, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        UpperFinding.objects.filter(pk=row.pk).update(state="handed")


# --- which account and which unit -----------------------------------------------------------------------------------


def test_an_account_is_found_by_its_names_and_its_platform() -> None:
    of = unit()
    weibo = account(of, name="示例应急", platform=platform("weibo"))
    douyin = account(of, name="示例应急", platform=platform("douyin"))
    look_up = upper_accounts.look_up
    assert look_up("示例应急（新浪微博）", None).exact == weibo
    assert look_up("示例应急", platform("douyin")).exact == douyin
    both = look_up("示例应急", None)
    assert (both.exact, set(both.offered)) == (None, {weibo, douyin})
    former = look_up("示例应急旧名", None)
    assert former.exact is None
    weibo.names.create(name="示例应急旧名", name_key="示例应急旧名", look_key="示例应急旧名", since=NOW)
    assert look_up("示例应急旧名", None).exact == weibo


def test_a_void_account_is_never_meant_and_an_ended_one_only_alone() -> None:
    of = unit()
    gone = account(of, name="示例甲")
    Account.objects.filter(pk=gone.pk).update(state="closing")
    Account.objects.filter(pk=gone.pk).update(state="cancelled", next_update_due_at=None)
    assert upper_accounts.look_up("示例甲", None).exact == gone
    there = account(of, name="示例甲", platform=platform("weibo"))
    assert upper_accounts.look_up("示例甲", None).exact == there
    void = account(of, name="示例丙", found=True)
    Account.objects.filter(pk=void.pk).update(state="void")
    assert upper_accounts.look_up("示例丙", None).exact is None


@pytest.mark.parametrize("how", ["own", "merged", "entity", "namesake", "within", "none"])
def test_the_unit_that_should_answer(how: str) -> None:
    cast, other = Cast(unit("示例乙局")), unit("示例丙局")
    row = recorded(cast, account_text="示例便民服务（微信公众号）")
    expected = cast.unit
    if how in ("own", "merged"):
        row = recorded(cast, account(cast.unit))
        if how == "merged":
            cast.unit.status, cast.unit.merged_into = "merged", other
            cast.unit.save()
            row, expected = UpperFinding.objects.get(pk=row.pk), other
    elif how == "entity":
        account(other, name="示例便民服务", platform=platform("weibo"), verified_entity="示例乙局")
    elif how == "namesake":
        account(cast.unit, name="示例便民服务", platform=platform("weibo"))
    elif how == "within":
        row = recorded(cast, account_text="示例乙局小视频")
    else:
        assert upper_accounts.recommended(row).unit is None
        return
    found = upper_accounts.recommended(row)
    assert (found.unit, bool(found.why)) == (expected, True)


# --- handed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "now", "margin", "expected"),
    [
        ("2026-12-02 00:00", "2026-11-24 14:05", 1, "2026-12-01 00:00"),  # Tuesday → Monday
        ("2026-12-01 00:00", "2026-11-24 14:05", 1, "2026-11-28 00:00"),  # Monday → Friday
        ("2026-12-01 12:00", "2026-11-24 14:05", 1, "2026-12-01 00:00"),  # noon of Tuesday → Monday
        ("2026-12-02 00:00", "2026-11-24 14:05", 3, "2026-11-27 00:00"),  # 27 November is a Friday: its eve
        ("2026-12-02 00:00", "2026-11-24 14:05", 0, "2026-12-02 00:00"),
        ("2026-10-09 00:00", "2026-09-25 09:00", 1, "2026-10-01 00:00"),  # over the National Day
        ("2026-11-26 00:00", "2026-11-24 14:05", 3, "2026-11-25 00:00"),  # the margin is over: 24:00 of today
        ("2026-11-25 00:00", "2026-11-24 14:05", 1, "2026-11-26 00:00"),  # due today: 24:00 of the next working day
        ("2026-11-24 18:00", "2026-11-24 14:05", 1, "2026-11-26 00:00"),
        ("2026-11-24 00:00", "2026-11-24 14:05", 1, "2026-11-26 00:00"),  # late already
        ("2026-11-24 00:00", "2026-11-27 16:00", 1, "2026-12-01 00:00"),  # … handed on a Friday: Monday
        ("2026-09-30 12:00", "2026-09-30 16:00", 1, "2026-10-09 00:00"),  # … before the National Day
    ],
)
def test_the_due_time_that_is_proposed(due: str, now: str, margin: int, expected: str, settings_at: Any) -> None:
    settings_at("upper_margin_days", margin)
    assert proposed_due(UpperFinding(due_at=at(due)), at(now)) == at(expected)


@pytest.fixture
def settings_at() -> Callable[[str, int], None]:
    from zhonglou_media.core.models import Setting

    def put(key: str, value: int) -> None:
        Setting.objects.filter(key=key).update(value=value)

    return put


@pytest.mark.parametrize(
    ("upper_due", "due", "fits"),
    [
        ("2026-12-02 00:00", "2026-12-02 00:00", True),
        ("2026-12-02 00:00", "2026-12-02 00:01", False),
        ("2026-12-02 00:00", "2026-11-24 14:05", False),
        ("2026-12-02 00:00", "2026-11-24 14:06", True),
        ("2026-11-24 00:00", "2026-11-24 00:00", False),  # late already: the next working day
        ("2026-11-24 00:00", "2026-11-25 00:00", False),
        ("2026-11-24 00:00", "2026-11-26 00:00", True),
        ("2026-11-24 00:00", "2026-11-27 00:00", False),
        ("2026-11-24 18:00", "2026-11-24 18:00", False),  # due today
        ("2026-11-25 00:00", "2026-11-25 00:00", False),
        ("2026-11-25 00:00", "2026-11-26 00:00", True),
        ("2026-11-25 12:00", "2026-11-25 12:00", True),  # due tomorrow
    ],
)
def test_a_unit_is_given_no_longer_than_above_gave_nor_overdue_at_birth(upper_due: str, due: str, fits: bool) -> None:
    assert (why_not_due(UpperFinding(due_at=at(upper_due)), at(due), NOW) == "") is fits


@pytest.mark.parametrize("due", ["2026-11-20 00:00", "2026-11-24 14:05", "2026-11-24 18:00", "2026-11-25 00:00"])
def test_what_is_late_above_is_not_overdue_at_the_unit(due: str) -> None:
    cast = Cast()
    made = of_upper(handed(cast, due_at=at(due), received_on=date(2026, 11, 19)))
    assert made.due_at == at("2026-11-26 00:00")
    assert not lateness.is_overdue(made, at("2026-11-25 23:59"))


@pytest.mark.parametrize(
    ("upper_due", "now", "day", "expected"),
    [
        ("2026-12-05 00:00", "2026-12-01 09:00", 4, "2026-12-05 00:00"),
        ("2026-12-05 00:00", "2026-12-01 09:00", 5, ""),
        ("2026-12-04 12:00", "2026-12-01 09:00", 4, "2026-12-04 12:00"),  # the issuer's own moment
        ("2026-12-04 12:00", "2026-12-04 12:00", 7, "2026-12-08 00:00"),  # past already
    ],
)
def test_an_extension_does_not_pass_what_above_asked_for(upper_due: str, now: str, day: int, expected: str) -> None:
    cast = Cast()
    made = of_upper(handed(cast, due_at=at(upper_due)))
    given: dict[str, Any] = {"due_on": date(2026, 12, day), "reason": "示例", "by": cast.supervisor, "now": at(now)}
    if expected:
        assert deciding.extend(made.pk, **given).due_at == at(expected)
    else:
        with pytest.raises(Incomplete) as refused:
            deciding.extend(made.pk, **given)
        assert refused.value.errors == {"due_on": ["不能晚于上级要求的 2026-12-04 24:00。"]}


def test_handed_it_is_a_rectification_of_the_unit_and_the_unit_is_told() -> None:
    cast = Cast()
    on = account(cast.unit)
    row = handed(cast, on)
    made = of_upper(row)
    assert (row.state, row.unit, row.handed_by) == ("handed", cast.unit, cast.officer)
    assert (made.unit, made.account, made.due_at, made.state) == (cast.unit, on, at("2026-12-01 00:00"), "issued")
    assert set(Notice.objects.values_list("user", flat=True)) == {cast.operator.pk, cast.leader.pk}
    assert [event.verb for event in events.timeline(row)] == ["record", "hand"]


def test_not_to_a_unit_that_is_merged_away_nor_past_the_due_time_above() -> None:
    cast = Cast()
    row = recorded(cast)
    cast.unit.status, cast.unit.merged_into = "merged", unit()
    cast.unit.save()
    with pytest.raises(Incomplete) as refused:
        upper.hand(
            row.pk, unit_id=cast.unit.pk, due_at=at("2026-12-03 00:00"), read=read(row), by=cast.officer, now=NOW
        )
    assert set(refused.value.errors) == {"unit", "due_on"}
    row.refresh_from_db()
    assert (row.state, row.unit) == ("received", None)


# --- answered, verified, reported -----------------------------------------------------------------------------------


def test_only_a_verified_answer_goes_up_and_once() -> None:
    cast = Cast()
    row = recorded(cast)
    with pytest.raises(WrongState, match="没有承办单位"):
        upper.report_up(row.pk, by=cast.officer, now=NOW)
    for make, state in ((handed, "待整改"), (answered, "待复核")):
        row = make(cast)
        with pytest.raises(WrongState, match=f"还没有核实（现为“{state}”）"):
            upper.report_up(row.pk, by=cast.officer, now=NOW)
    row = verified(cast)
    Notice.objects.all().delete()
    done = upper.report_up(row.pk, read=read(row), by=cast.supervisor, now=NOW)
    assert (done.state, done.reported_at, done.reported_by) == ("reported", NOW, cast.supervisor)
    assert set(Notice.objects.values_list("user", flat=True)) == {cast.operator.pk, cast.leader.pk}
    with pytest.raises(WrongState, match="已上报"):
        upper.report_up(row.pk, by=cast.officer, now=NOW)


def test_verified_and_reported_in_one_act_or_neither() -> None:
    cast = Cast()
    row = answered(cast)
    upper.verify_and_report(row.pk, read=read(row), by=cast.officer, now=NOW)
    row.refresh_from_db()
    assert (row.state, of_upper(row).state) == ("reported", "verified")
    waiting = handed(cast)
    with pytest.raises(WrongState):
        upper.verify_and_report(waiting.pk, read=read(waiting), by=cast.officer, now=NOW)
    assert of_upper(waiting).state == "issued"


def test_who_answered_neither_verifies_nor_reports() -> None:
    cast = Cast()
    row = answered(cast)
    made = of_upper(row)
    made.answered_by = cast.officer
    made.save()
    with pytest.raises(Refused, match="另一人"):
        upper.verify_and_report(row.pk, read=read(row), by=cast.officer, now=NOW)
    row.refresh_from_db()
    assert (row.state, of_upper(row).state) == ("handed", "submitted")


def test_a_page_opened_before_the_answer_was_replaced_is_stale() -> None:
    cast = Cast()
    row = answered(cast)
    old = read(row)
    proofs, later = [rectifying.Proof(scan(), "新.pdf")], at("2026-11-24 15:00")
    rectifying.answer(of_upper(row).pk, text="换了", proofs=proofs, by=cast.operator, now=later)
    with pytest.raises(StaleReading):
        upper.verify_and_report(row.pk, read=old, by=cast.officer, now=NOW)
    assert of_upper(row).state == "submitted"


# --- article 24 -----------------------------------------------------------------------------------------------------


def test_named_in_public_the_supervisor_is_told_and_it_waits_for_the_decision() -> None:
    cast = Cast()
    row = handed(cast, account(cast.unit))
    assert not upper_shown.undecided().exists()
    upper.mark_named(row.pk, where="市政府办公室通报〔示例〕3号", read=read(row), by=cast.officer, now=NOW)
    assert list(upper_shown.undecided()) == [row]
    assert Notice.objects.filter(user=cast.supervisor, key=f"upper-{row.pk}-named").count() == 1
    with pytest.raises(WrongState, match="已登记公开通报点名"):
        upper.mark_named(row.pk, where="又一次", read=read(row), by=cast.officer, now=NOW)


@pytest.mark.parametrize(("veto", "order"), [(True, False), (False, True), (True, True), (False, False)])
def test_the_supervisor_decides_with_the_ground_on_record(veto: bool, order: bool) -> None:
    cast = Cast()
    on = account(cast.unit)
    row = handed(cast, on, named=True)
    terms = Terms("named", "", due_on=date(2026, 11, 30)) if order else None
    decision = Decision("在市检查中被公开通报，逾期未改", veto, terms)
    upper_deciding.decide(row.pk, decision, read=read(row), by=cast.supervisor, now=NOW)
    row.refresh_from_db()
    vetoes = list(AnnualVeto.objects.values_list("unit", "account", "year", "ground", "upper"))
    assert vetoes == ([(cast.unit.pk, on.pk, 2026, "named", row.pk)] if veto else [])
    assert (row.closure_order.ground if row.closure_order else None) == ("named" if order else None)
    assert (row.decided_at, row.decided_reason) == (NOW, "在市检查中被公开通报，逾期未改")
    assert not upper_shown.undecided().exists()
    last = events.timeline(row).last()
    assert last is not None
    assert last.verb == ("decide" if veto or order else "let_be")
    with pytest.raises(WrongState, match="已经决定过"):
        upper_deciding.decide(row.pk, decision, read=read(row), by=cast.supervisor, now=NOW)


def test_nothing_is_decided_without_ground_reason_or_unit() -> None:
    cast = Cast()
    decide = upper_deciding.decide
    row = handed(cast, named=True)
    with pytest.raises(NotAllowed):
        decide(row.pk, Decision("示例", True), read=read(row), by=cast.officer, now=NOW)
    with pytest.raises(Incomplete, match="决定"):
        decide(row.pk, Decision(" ", True), read=read(row), by=cast.supervisor, now=NOW)
    with pytest.raises(Incomplete) as refused:  # no account of the register: nothing to close
        decide(row.pk, Decision("示例", True, Terms("named", "")), read=read(row), by=cast.supervisor, now=NOW)
    assert set(refused.value.errors) == {"outcome"}
    for other, why in ((handed(cast), "没有被公开通报点名"), (recorded(cast, named=True), "先交办")):
        with pytest.raises(WrongState, match=why):
            decide(other.pk, Decision("示例", True), read=read(other), by=cast.supervisor, now=NOW)
    assert not AnnualVeto.objects.exists()


def test_an_order_that_cannot_be_issued_leaves_no_veto() -> None:
    cast = Cast()
    row = handed(cast, account(cast.unit), named=True)
    terms = Terms("named", "", due_on=date(2020, 1, 1))
    with pytest.raises(Incomplete):
        upper_deciding.decide(row.pk, Decision("示例", True, terms), read=read(row), by=cast.supervisor, now=NOW)
    row.refresh_from_db()
    assert (AnnualVeto.objects.count(), row.decided_at, row.closure_order) == (0, None, None)


# --- what is shown --------------------------------------------------------------------------------------------------


def test_late_ones_first_then_those_without_an_owner_and_the_counts_agree() -> None:
    cast = Cast()
    soon = handed(cast, due_at=at("2026-11-27 00:00"))
    alone = recorded(cast, due_at=at("2026-12-05 00:00"))
    late = handed(cast, due_at=at("2026-11-24 00:00"))
    late_alone = recorded(cast, due_at=at("2026-11-23 00:00"))
    upper.drop(recorded(cast).pk, reason="外区", read=read(UpperFinding.objects.latest("pk")), by=cast.officer, now=NOW)
    answer = answered(cast)
    rows = UpperFinding.objects.filter(upper_shown.OPEN)
    assert list(upper_shown.for_lists(rows, NOW)) == [late_alone, late, alone, soon, answer]
    found = upper_shown.counts(UpperFinding.objects.all(), NOW)
    assert found == {
        "open": 5, "late": 2, "alone": 2, "answered": 1, "verified": 0, "named": 0, "reported": 0, "dropped": 1,
    }  # fmt: skip
    people = {"office": cast.officer, "unit": cast.operator, "other": Cast().operator}
    assert tallied({who: upper_shown.open_and_late(user, NOW) for who, user in people.items()}) == {
        "office": {"all": 5, "late": 2},
        "unit": {"all": 3, "late": 1},  # what was handed to the unit
        "other": {"all": 0, "late": 0},
    }


def test_the_years_counts() -> None:
    cast = Cast()
    for due, moment in (("2026-12-02 00:00", "2026-11-24 14:05"), ("2026-11-25 00:00", "2026-11-25 00:00")):
        row = verified(cast, due_at=at(due), named=True)
        upper.report_up(row.pk, by=cast.officer, now=at(moment))
    recorded(cast, issuer="national")
    recorded(cast, received_on=date(2025, 12, 31))
    upper.drop(recorded(cast).pk, reason="外区", read=read(UpperFinding.objects.latest("pk")), by=cast.officer, now=NOW)
    assert upper_shown.of_year(UpperFinding.objects.all(), NOW) == {
        "received": 3, "national": 1, "province": 0, "city": 2, "reported": 2, "in_time": 1, "late": 1,
        "publicly_named": 2, "decided": 0, "year": 2026,
    }  # fmt: skip


def test_the_records_facts_of_that_time_and_of_now() -> None:
    cast = Cast()
    on = account(cast.unit, now=at("2026-10-01 09:00"))
    for moment in ("2026-11-05 10:00", "2026-11-21 00:00", "2026-11-24 09:00"):
        activity.publish(on.pk, published_at=at(moment), by=cast.operator, now=NOW)

    def flag(raised: str, cleared: datetime | None = None, **fields: Any) -> Flag:
        facts = {"rule": "inactive", "level": "breach", "unit": cast.unit, "account": on, "fact_kind": "account"}
        n = Flag.objects.count()
        return Flag.objects.create(
            **facts | fields, fact_id=n, due_at=at(raised), raised_at=at(raised), cleared_at=cleared
        )

    standing = flag("2026-11-13 00:05", at("2026-11-24 09:10"))
    flag("2026-11-01 00:05", at("2026-11-05 10:05"))  # ended before
    flag("2026-11-21 00:00")  # began after
    known = upper_shown.known(recorded(cast, on))
    assert known is not None
    assert (known.last_then, known.flags_then) == (at("2026-11-05 10:00"), [standing])
    on.refresh_from_db()
    assert known.last_now == on.last_published_at or known.last_now is None
    assert upper_shown.known(recorded(cast)) is None


def test_a_list_costs_the_same_for_any_number_of_rows() -> None:
    cast = Cast()
    on = account(cast.unit)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            rows = upper_shown.rows_of(list(upper_shown.for_lists(UpperFinding.objects.all(), NOW)), NOW)
            assert all(str(row.upper.account or "") + str(row.upper.unit or "") + row.state.label for row in rows)
        return len(asked)

    recorded(cast, on)
    answered(cast, on)
    few = cost()
    for _ in range(4):
        recorded(cast)
        handed(cast, on)
    assert cost() == few == 1
