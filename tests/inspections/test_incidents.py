"""Incidents: recorded, passed on in time or late, received, closed; the procedures that hold on a day."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Role
from inspections import incident_routes, incidents
from inspections.incident_routes import Line
from inspections.incidents import Report
from inspections.models import Incident, IncidentKind, IncidentPass, IncidentRoute
from tests.factories import NOW, Cast, account, at, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TODAY = NOW.date()


def report(kind: str = "outcry", text: str = "评论区大量投诉（示例）", found_at: datetime = NOW, **more: Any) -> Report:
    return Report(kind, text, found_at, **more)


def recorded(cast: Cast, now: datetime = NOW, **more: Any) -> Incident:
    return incidents.record(cast.unit, report(**more), by=cast.operator, now=now)


def passed(row: Incident, cast: Cast, office: str = "区委宣传部", when: datetime = NOW, **more: Any) -> IncidentPass:
    given = {"how": "电话", "now": max(when, NOW), **more}
    return incidents.pass_on(row.pk, office=office, passed_at=when, by=cast.officer, **given)


@pytest.fixture
def cast() -> Cast:
    return Cast()


# --- recorded -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [("harmful", 30), ("outcry", 60), ("hijacked", 60), ("leak", 30), ("fake", 240), ("other", 240)],
)
def test_it_must_be_passed_on_within_the_minutes_of_its_kind(cast: Cast, kind: str, minutes: int) -> None:
    row = recorded(cast, kind=kind, found_at=NOW - 5 * MINUTE)
    assert row.pass_due_at == NOW + (minutes - 5) * MINUTE
    assert (row.state, row.number) == ("recorded", "突发〔2026〕1号")


def test_numbers_follow_the_year(cast: Cast) -> None:
    assert [recorded(cast, text=text).number for text in ("甲", "乙")] == ["突发〔2026〕1号", "突发〔2026〕2号"]
    next_year = at("2027-01-01 00:05")
    assert recorded(cast, now=next_year, found_at=next_year).number == "突发〔2027〕1号"


def test_the_same_press_records_once(cast: Cast) -> None:
    first = recorded(cast)
    assert recorded(cast, now=NOW + MINUTE) == first
    assert recorded(cast, now=NOW + 11 * MINUTE) != first
    assert recorded(cast, text="又一起") != first


def test_the_office_and_the_leader_are_told_at_once(cast: Cast) -> None:
    row = recorded(cast)
    told = {notice.user: notice.text for notice in Notice.objects.all()}
    assert set(told) == {cast.officer, cast.supervisor, cast.leader}
    assert told[cast.officer].startswith(f"突发情况 {row.number}·{cast.unit}·重大舆情：请在 2026-11-24 15:05 前转送")


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("kind", {"kind": "earthquake"}, "请选择类型"),
    ("text", {"text": "  "}, "请写明发生了什么"),
    ("found_at", {"found_at": NOW + MINUTE}, "发现时间不能晚于现在"),
    ("found_at", {"found_at": at("2025-11-01 00:00")}, "一年以内"),
    ("happened_at", {"happened_at": NOW + MINUTE}, "发生时间不能晚于发现时间"),
]


@pytest.mark.parametrize(("field", "more", "said"), WRONG)
def test_what_does_not_do(cast: Cast, field: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(Incomplete) as refused:
        recorded(cast, **more)
    assert said in refused.value.errors[field][0]
    assert not Incident.objects.exists()


def test_an_account_of_another_unit_does_not_do(cast: Cast) -> None:
    with pytest.raises(Incomplete, match="需要修改"):
        incidents.record(cast.unit, report(), account=account(), by=cast.operator, now=NOW)
    of = account(cast.unit)
    assert incidents.record(cast.unit, report(), account=of, by=cast.operator, now=NOW).account == of


@pytest.mark.parametrize(
    ("role", "own", "may"),
    [
        (Role.OPERATOR, True, True),
        (Role.OPERATOR, False, False),
        (Role.LEADER, True, False),
        (Role.OFFICER, False, True),
        (Role.SUPERVISOR, False, True),
        (Role.AUDITOR, False, False),
    ],
)
def test_who_records(role: Role, own: bool, may: bool) -> None:
    of = unit()
    office = role in (Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR)
    by = user(role) if office else user(role, of if own else unit())
    if may:
        assert incidents.record(of, report(), by=by, now=NOW).recorded_by == by
    else:
        with pytest.raises(NotAllowed):
            incidents.record(of, report(), by=by, now=NOW)


# --- passed on ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "late", "words"),
    [(0, False, ""), (60, False, ""), (61, True, "迟转 1 分钟"), (125, True, "迟转 1 小时")],
)
def test_passed_in_time_or_late(cast: Cast, after: int, late: bool, words: str) -> None:
    row = recorded(cast)
    when = NOW + after * MINUTE
    passed(row, cast, when=when, now=when + MINUTE)
    row.refresh_from_db()
    assert (row.state, row.first_passed_at) == ("passed", when)
    assert (incidents.is_late(row, when), incidents.slowness(row)) == (late, words)
    assert Incident.objects.filter(incidents.late(when)).exists() is late
    event = Event.objects.get(verb="pass_on")
    assert (event.at, event.detail["late"]) == (when + MINUTE, late)  # the server's own time beside the typed one
    assert incidents.entered(row) == {("pass_on", row.passes.get().pk): when + MINUTE}


def test_one_that_waits_is_late_when_its_time_is_over(cast: Cast) -> None:
    row = recorded(cast)
    assert [incidents.is_late(row, NOW + n * MINUTE) for n in (59, 60, 61)] == [False, False, True]


def test_two_offices_have_it_each_once_the_first_time_counts(cast: Cast) -> None:
    row = recorded(cast, found_at=NOW - 30 * MINUTE)
    passed(row, cast, when=NOW)
    passed(row, cast, "区委网信办", when=NOW - 10 * MINUTE)  # was told before, entered later
    row.refresh_from_db()
    assert row.first_passed_at == NOW - 10 * MINUTE
    again = passed(row, cast, when=NOW)  # the same press
    assert (again.office, row.passes.count()) == ("区委宣传部", 2)
    with pytest.raises(WrongState, match="转送区委宣传部，请看转送记录"):
        passed(row, cast, when=NOW, how="当面")


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("office", {"office": " "}),
        ("how", {"how": ""}),
        ("passed_at", {"when": NOW - MINUTE}),  # before it was found
        ("passed_at", {"when": NOW + MINUTE, "now": NOW}),
    ],
)
def test_a_pass_that_does_not_do(cast: Cast, field: str, more: dict[str, Any]) -> None:
    row = recorded(cast)
    with pytest.raises(Incomplete) as refused:
        passed(row, cast, **more)
    assert set(refused.value.errors) == {field}
    assert not IncidentPass.objects.exists()


def test_only_the_office_passes_on_and_closes(cast: Cast) -> None:
    row = recorded(cast)
    acts: list[Any] = [
        lambda: incidents.pass_on(row.pk, office="区委宣传部", how="电话", passed_at=NOW, by=cast.operator, now=NOW),
        lambda: incidents.close(row.pk, result="已处置", by=cast.operator, now=NOW),
        lambda: incidents.close(row.pk, result="已处置", by=user(Role.AUDITOR), now=NOW),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


def test_the_receipt_is_recorded_once(cast: Cast) -> None:
    one = passed(recorded(cast), cast)
    for when, who in ((NOW - MINUTE, "示例"), (NOW + 9 * MINUTE, "示例"), (NOW, " ")):
        with pytest.raises(Incomplete):
            incidents.receive(one.pk, received_at=when, received_by=who, by=cast.officer, now=NOW + MINUTE)
    incidents.receive(one.pk, received_at=NOW, received_by="示例值班员", by=cast.officer, now=NOW + MINUTE)
    one.refresh_from_db()
    assert (one.received_at, one.received_by) == (NOW, "示例值班员")
    with pytest.raises(WrongState, match="已登记过"):
        incidents.receive(one.pk, received_at=NOW, received_by="别人", by=cast.officer, now=NOW + MINUTE)


# --- closed ---------------------------------------------------------------------------------------------------------


def test_closed_with_what_came_of_it(cast: Cast) -> None:
    row = recorded(cast)
    one = passed(row, cast)
    row.refresh_from_db()
    passed(row, cast, "区委网信办")
    done = incidents.close(row.pk, result="已澄清", by=cast.officer, now=NOW, read=incidents.reading(row))
    assert (done.state, done.closed_by, done.result) == ("closed", cast.officer, "已澄清")
    assert Notice.objects.filter(user=cast.operator, text__endswith="已办结，已澄清").exists()
    for act in (
        lambda: incidents.close(row.pk, result="再办", by=cast.officer, now=NOW),
        lambda: passed(row, cast, "公安"),
    ):
        with pytest.raises(WrongState, match="现为“已办结”"):
            act()
    incidents.receive(one.pk, received_at=NOW, received_by="示例", by=cast.officer, now=NOW)  # comes late


def test_dealt_with_on_the_spot_it_says_why(cast: Cast) -> None:
    row = recorded(cast)
    with pytest.raises(Refused, match="不用转送的理由"):
        incidents.close(row.pk, result=" ", by=cast.officer, now=NOW)
    done = incidents.close(row.pk, result="误报，查明不是本账号", by=cast.officer, now=NOW + 60 * MINUTE)
    assert (done.state, incidents.is_late(done, NOW + 99 * MINUTE)) == ("closed", False)


def test_closing_does_not_wipe_that_nobody_was_told(cast: Cast) -> None:
    row, when = recorded(cast), NOW + 61 * MINUTE
    done = incidents.close(row.pk, result="误报", by=cast.officer, now=when)
    assert (incidents.is_late(done, when), incidents.slowness(done)) == (True, "逾期未转送")
    assert list(Incident.objects.filter(incidents.late(when))) == [done]


def test_an_office_that_the_procedure_does_not_name_stops_no_clock(cast: Cast) -> None:
    row = recorded(cast)
    passed(row, cast, "区信访局")
    row.refresh_from_db()
    assert (row.state, row.first_passed_at, row.passes.count()) == ("recorded", None, 1)
    assert incidents.is_late(row, NOW + 61 * MINUTE)
    passed(row, cast, "区委网信办", when=NOW + 5 * MINUTE)
    row.refresh_from_db()
    assert (row.state, row.first_passed_at) == ("passed", NOW + 5 * MINUTE)


@pytest.mark.parametrize(
    ("office", "after", "late"),
    [("快处", 30, False), ("快处", 31, True), ("慢处", 31, False), ("慢处", 240, False), ("慢处", 241, True),
     ("程序以外的", 999, False)],
)  # fmt: skip
def test_each_office_is_judged_by_its_own_minutes(cast: Cast, office: str, after: int, late: bool) -> None:
    IncidentRoute.objects.filter(kind="outcry").delete()
    for name, minutes in (("快处", 30), ("慢处", 240)):
        IncidentRoute.objects.create(
            kind="outcry", office=name, within_minutes=minutes, procedure="示例", from_date=date(2021, 1, 1)
        )
    row = recorded(cast)
    passed(row, cast, office, when=NOW + after * MINUTE)
    assert Event.objects.get(verb="pass_on").detail["late"] is late


def test_who_closes_says_why_an_office_of_the_procedure_was_not_told(cast: Cast) -> None:
    row = recorded(cast)
    passed(row, cast)
    assert incidents.not_told(row) == ["区委网信办"]
    with pytest.raises(Refused, match="区委网信办还没有转送"):
        incidents.close(row.pk, result="已澄清", untold=" ", by=cast.officer, now=NOW)
    done = incidents.close(row.pk, result="已澄清", untold="电话会商即可", by=cast.officer, now=NOW)
    assert done.result == "已澄清\n没有转送区委网信办的理由：电话会商即可"


def test_who_closes_has_seen_the_last_pass(cast: Cast) -> None:
    row = recorded(cast)
    passed(row, cast)
    row.refresh_from_db()
    read = incidents.reading(row)
    passed(row, cast, "区委网信办")
    with pytest.raises(StaleReading, match="又登记了转送"):
        incidents.close(row.pk, result="已澄清", by=cast.officer, now=NOW, read=read)


def test_the_database_refuses_what_goes_back(cast: Cast) -> None:
    row = recorded(cast)
    passed(row, cast)
    for change in ({"state": "recorded"}, {"state": "closed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        IncidentPass.objects.all().delete()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["区委宣传部", "区委网信办", "区信访局", "close", "receive"]), max_size=6))
def test_whatever_is_done_times_stand_in_order(acts: list[str]) -> None:
    with transaction.atomic():
        cast = Cast()
        row, now = recorded(cast), NOW
        for act in acts:
            now += MINUTE
            try:
                if act.startswith("区"):
                    incidents.pass_on(row.pk, office=act, how="电话", passed_at=now, by=cast.officer, now=now)
                elif act == "close":
                    incidents.close(row.pk, result="已办", untold="示例", by=cast.officer, now=now)
                elif (one := row.passes.first()) is not None:
                    incidents.receive(one.pk, received_at=now, received_by="示例", by=cast.officer, now=now)
            except WrongState:
                continue
        row.refresh_from_db()
        first = row.passes.exclude(office="区信访局").order_by("passed_at").first()
        assert row.first_passed_at == (first.passed_at if first else None)
        assert row.state == ("closed" if "close" in acts else "passed" if first else "recorded")
        transaction.set_rollback(True)


# --- said by itself -------------------------------------------------------------------------------------------------


def test_what_waits_too_long_is_said_once(cast: Cast) -> None:
    row = recorded(cast)
    late = Notice.objects.filter(key=f"incident-{row.pk}-late")
    assert (
        incidents.warn(NOW + 60 * MINUTE),
        incidents.warn(NOW + 61 * MINUTE),
        incidents.warn(NOW + 62 * MINUTE),
    ) == (0, 1, 0)
    assert {notice.user for notice in late} == {cast.officer, cast.supervisor}
    other = recorded(cast, text="又一起")
    passed(other, cast)
    assert incidents.warn(NOW + 200 * MINUTE) == 0


# --- the procedures -------------------------------------------------------------------------------------------------

TOMORROW = TODAY + timedelta(days=1)
ONE = [Line("区应急局", 20, "电话报告")]


def offices(kind: str, on: date) -> list[str]:
    return [row.office for row in incident_routes.routes_for(kind, on)]


def test_a_revision_holds_from_its_day_and_what_was_found_before_keeps_its_time(cast: Cast) -> None:
    boss = cast.supervisor
    incident_routes.revise("outcry", TOMORROW, ONE, by=boss, now=NOW)
    assert offices("outcry", TODAY) == ["区委宣传部", "区委网信办"]
    assert offices("outcry", TOMORROW) == ["区应急局"]
    later = NOW + timedelta(days=1)
    before = recorded(cast, now=later, found_at=at("2026-11-24 23:59"))
    after = recorded(cast, now=later, found_at=at("2026-11-25 00:00"), text="新的")
    assert before.pass_due_at - before.found_at == 60 * MINUTE
    assert after.pass_due_at - after.found_at == 20 * MINUTE
    assert Event.objects.get(subject_kind="incidentroute").detail["lines"] == [["区应急局", 20]]


def test_a_plan_for_the_same_day_is_replaced_another_day_stays(cast: Cast) -> None:
    boss, third = cast.supervisor, TOMORROW + timedelta(days=1)
    incident_routes.revise("outcry", TOMORROW, ONE, by=boss, now=NOW)
    read = incident_routes.reading("outcry")
    incident_routes.revise("outcry", TOMORROW, [Line("区委宣传部", 15, "示例")], by=boss, now=NOW, read=read)
    incident_routes.revise("outcry", third, ONE, by=boss, now=NOW)
    assert (offices("outcry", TOMORROW), offices("outcry", third)) == (["区委宣传部"], ["区应急局"])
    assert len(incident_routes.planned("outcry", TODAY)) == 2
    with pytest.raises(StaleReading):
        incident_routes.revise("outcry", TOMORROW, ONE, by=boss, now=NOW, read=read)


@pytest.mark.parametrize(
    ("field", "day", "lines"),
    [
        ("from_date", TODAY, ONE),
        ("from_date", TODAY + timedelta(days=400), ONE),
        ("office_0", TOMORROW, []),
        ("office_0", TOMORROW, [Line(" ", 20, "示例")]),
        ("office_1", TOMORROW, [*ONE, *ONE]),
        ("minutes_0", TOMORROW, [Line("区应急局", 0, "示例")]),
        ("minutes_0", TOMORROW, [Line("区应急局", 10081, "示例")]),
        ("procedure_0", TOMORROW, [Line("区应急局", 20, " ")]),
    ],
)
def test_a_revision_that_does_not_do(cast: Cast, field: str, day: date, lines: list[Line]) -> None:
    before = IncidentRoute.objects.count()
    with pytest.raises(Incomplete) as refused:
        incident_routes.revise("outcry", day, lines, by=cast.supervisor, now=NOW)
    assert set(refused.value.errors) == {field}
    assert IncidentRoute.objects.count() == before


def test_only_the_supervisor_revises_and_only_kinds_there_are(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        incident_routes.revise("outcry", TOMORROW, ONE, by=cast.officer, now=NOW)
    with pytest.raises(Refused):
        incident_routes.revise("flood", TOMORROW, ONE, by=cast.supervisor, now=NOW)


def test_each_kind_has_a_procedure_from_the_start() -> None:
    found = incident_routes.all_routes(TODAY)
    assert set(found) == set(IncidentKind.values)
    assert all(found.values())
