"""季度自查: who does it, of what, until when; handed in once and for good; beside the office's result."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import Role
from accounts.quarter import Quarter
from inspections import self_reminding, selfchecks
from inspections.judging import Typed
from inspections.models import SelfCheck
from inspections.prejudging import Pre
from inspections.selfchecks import Differs
from tests.factories import NOW, Cast, account, at, user
from tests.inspections.sheeted import MANUAL, Facts, check, sheet, submitted
from tests.inspections.sheeted import facts as facts
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Notice, User

pytestmark = pytest.mark.django_db
CLEAN = {code: Typed(0) for code in MANUAL}


@pytest.fixture
def cast() -> Cast:
    return Cast()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def handed_in(of: Any, by: User, **found: Typed) -> SelfCheck:
    row = selfchecks.begin(of.pk, by=by, now=NOW)
    given = CLEAN | {code.replace("_", "."): typed for code, typed in found.items()}
    row = selfchecks.save(row.pk, given, version=row.version, by=by, now=NOW)
    return selfchecks.submit(row.pk, version=row.version, by=by, now=NOW)


def test_it_is_due_thirty_days_into_the_quarter() -> None:
    assert selfchecks.due(Quarter(2026, 4)) == at("2026-10-31 00:00")  # 24:00 of October 30th


def test_prefilled_saved_and_handed_in_once(facts: Facts, cast: Cast) -> None:
    facts.told = {"Z03": Pre(1, "1 条超时", "")}
    of = account(cast.unit)
    row = selfchecks.begin(of.pk, by=cast.operator, now=NOW)
    assert (row.quarter, row.answers["Z03"]["count"], row.answers["N1.1"]["count"]) == (date(2026, 10, 1), 1, None)
    assert selfchecks.begin(of.pk, by=cast.operator, now=NOW).pk == row.pk
    with pytest.raises(Incomplete):
        selfchecks.submit(row.pk, version=row.version, by=cast.operator, now=NOW)
    saved = selfchecks.save(row.pk, CLEAN, note="已安排专人", version=row.version, by=cast.operator, now=NOW)
    with pytest.raises(StaleReading):
        selfchecks.save(row.pk, CLEAN, version=row.version, by=cast.operator, now=NOW)
    done = selfchecks.submit(row.pk, version=saved.version, by=cast.operator, now=NOW)
    assert (done.state, done.score, done.passed, done.submitted_by) == ("submitted", 97, True, cast.operator)
    for act in (selfchecks.submit, selfchecks.rejudge, selfchecks.rest_clean):
        with pytest.raises(WrongState, match="不能再改"):
            act(row.pk, version=done.version, by=cast.operator, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        SelfCheck.objects.filter(pk=row.pk).update(note="改过")
    verbs = list(Event.objects.filter(subject_kind="selfcheck").order_by("seq").values_list("verb", flat=True))
    assert verbs == ["begin", "submit"]


@pytest.mark.parametrize("role", [Role.LEADER, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN])
def test_only_the_units_operator(facts: Facts, cast: Cast, role: Role) -> None:
    with pytest.raises(NotAllowed):
        selfchecks.begin(account(cast.unit).pk, by=user(role, cast.unit), now=NOW)


def test_another_units_operator_may_not(facts: Facts, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        selfchecks.submit_clean([account().pk], by=cast.operator, now=NOW)


def test_a_small_unit_needs_one_press_an_account(facts: Facts, cast: Cast) -> None:
    clean, late, begun = account(cast.unit), *(account(cast.unit, platform=p) for p in _platforms())
    facts.of = {late.pk: {"Z01": Pre(1, "第 47 周没有更新", "")}}
    selfchecks.begin(begun.pk, by=cast.operator, now=NOW)
    done, left = selfchecks.submit_clean([clean.pk, late.pk, begun.pk], by=cast.operator, now=NOW)
    assert {row.account_id for row in done} == {clean.pk, begun.pk}
    assert [(row.row.account_id, [line.code for line in row.problems]) for row in left] == [(late.pk, ["Z01"])]
    assert SelfCheck.objects.filter(state="submitted", score=100).count() == 2
    assert selfchecks.submit_clean([clean.pk], by=cast.operator, now=NOW) == ([], [])
    assert list(selfchecks.waiting(Quarter.of(NOW))) == [late]
    with pytest.raises(Refused):
        selfchecks.submit_clean([], by=cast.operator, now=NOW)


def moved(of: Any, to: Any) -> None:
    type(of).objects.filter(pk=of.pk).update(unit=to)


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_begun_goes_with_its_account_to_another_unit(facts: Facts, cast: Cast, at_once: bool) -> None:
    other = Cast()
    of = account(cast.unit)
    row = selfchecks.begin(of.pk, by=cast.operator, now=NOW)
    moved(of, other.unit)
    with pytest.raises(WrongState, match=f"已转由{other.unit}主办"):
        selfchecks.save(row.pk, CLEAN, version=row.version, by=cast.operator, now=NOW)
    with pytest.raises(NotAllowed):
        selfchecks.begin(of.pk, by=cast.operator, now=NOW)
    client = signed_in(other.operator)
    if at_once:
        client.post("/self-checks/clean/", {"account": of.pk})
    else:
        page = text(client.post("/self-checks/start/", {"account": of.pk}, follow=True))
        version = re.findall(r'name="version" value="(\d+)"', page)[0]
        client.post(f"/self-checks/{row.pk}/rest/", {"version": version, "looked": "1"})
        client.post(f"/self-checks/{row.pk}/submit/", {"version": int(version) + 2})
    row.refresh_from_db()
    assert (row.state, row.unit, row.submitted_by) == ("submitted", other.unit, other.operator)
    said = Event.objects.filter(subject_kind="selfcheck", detail__was_unit=cast.unit.pk).get()
    assert said.verb == ("submit" if at_once else "begin")
    assert not selfchecks.waiting(Quarter.of(NOW)).exists()
    assert signed_in(cast.operator).get(f"/self-checks/{row.pk}/").status_code == 404


def test_what_was_handed_in_stays_with_who_did(facts: Facts, cast: Cast) -> None:
    of, other = account(cast.unit), Cast()
    row = handed_in(of, cast.operator)
    moved(of, other.unit)
    assert selfchecks.begin(of.pk, by=other.operator, now=NOW).unit == cast.unit
    assert selfchecks.submit_clean([of.pk], by=other.operator, now=NOW) == ([], [])
    row.refresh_from_db()
    assert row.unit == cast.unit


ENDS = [("2026-12-31 23:59", ""), ("2027-01-01 00:00", "没有在季度结束前提交")]


@pytest.mark.parametrize("act", ["save", "rejudge", "rest_clean", "submit"])
@pytest.mark.parametrize(("moment", "told"), ENDS)
def test_a_quarter_that_is_over_is_over(facts: Facts, cast: Cast, act: str, moment: str, told: str) -> None:
    row = selfchecks.begin(account(cast.unit).pk, by=cast.operator, now=NOW)
    row = selfchecks.save(row.pk, CLEAN, version=row.version, by=cast.operator, now=NOW)
    typed = (CLEAN,) if act == "save" else ()
    more = {"version": row.version, "by": cast.operator, "now": at(moment)}
    if told:
        with pytest.raises(WrongState, match=told):
            getattr(selfchecks, act)(row.pk, *typed, **more)
    else:
        assert getattr(selfchecks, act)(row.pk, *typed, **more).pk == row.pk


def test_of_an_account_that_ended_nothing_is_handed_in(facts: Facts, cast: Cast) -> None:
    of = account(cast.unit)
    row = selfchecks.begin(of.pk, by=cast.operator, now=NOW)
    type(of).objects.filter(pk=of.pk).update(state="closed", next_update_due_at=None)
    with pytest.raises(WrongState, match="不用自查"):
        selfchecks.submit(row.pk, version=row.version, by=cast.operator, now=NOW)
    page = text(signed_in(cast.operator).get(f"/self-checks/{row.pk}/"))
    assert "自查：没有提交" in page
    assert "不用自查" in page
    assert "提交自查" not in page


def _platforms() -> list[Any]:
    from accounts.models import Platform

    return list(Platform.objects.filter(code__in=("weibo", "kuaishou")).order_by("code"))


def test_beside_the_offices_latest_result_of_the_quarter(facts: Facts, cast: Cast) -> None:
    of = account(cast.unit)
    row = handed_in(of, cast.operator, Z07=Typed(1, note="“按装”"))
    assert selfchecks.office_results([row]) == {}
    for month, found in ((9, {}), (10, {}), (11, {"Z07": (3, "三处"), "Z12": (1, "没有值班记录")})):
        running = check(date(2026, month, 1))
        submitted(sheet(cast.officer, of, on=running), cast.officer, now=NOW + timedelta(minutes=month), **found)
    office = selfchecks.office_results([row])[row.pk]
    assert office.spot_check.month == date(2026, 11, 1)
    assert selfchecks.differences(row, office) == [Differs("Z07", 1, 3), Differs("Z12", 0, 1)]


REMINDED = [("2026-10-01 00:20", 0), ("2026-10-08 00:20", 1), ("2026-10-09 00:20", 1), ("2026-10-20 00:20", 0)]


@pytest.mark.parametrize(("moment", "told"), REMINDED)
def test_the_unit_is_asked_once_on_the_first_working_day(facts: Facts, cast: Cast, moment: str, told: int) -> None:
    account(cast.unit)
    for _ in range(2):
        self_reminding.remind(at(moment))
    notices = Notice.objects.filter(user=cast.operator, key__startswith="self-check-")
    assert [("2026-10-30 24:00" in row.text, "的 1 个账号" in row.text) for row in notices] == [(True, True)] * told


def test_the_units_pages(facts: Facts, cast: Cast) -> None:
    late, clean = account(cast.unit, name="示例一"), account(cast.unit, name="示例二", platform=_platforms()[0])
    foreign = account()
    facts.of = {late.pk: {"Z03": Pre(1, "1 条超时", "")}}
    client = signed_in(cast.operator)
    page = text(client.get("/self-checks/"))
    for said in ("2个账号还没有自查", "系统没有发现问题（1个）", "要逐项自查（1个）", "请尽快补办"):
        assert said in page
    answer = client.post("/self-checks/clean/", {"account": [clean.pk, late.pk], "only": clean.pk}, follow=True)
    assert "“示例二”的自查已提交，没有发现问题" in text(answer)
    assert client.post("/self-checks/clean/", {"account": foreign.pk}).status_code == 404
    assert client.post("/self-checks/start/", {"account": foreign.pk}).status_code == 404
    page = text(client.post("/self-checks/start/", {"account": late.pk}, follow=True))
    assert "自查：示例一" in page
    row = SelfCheck.objects.get(account=late)
    address, json = f"/self-checks/{row.pk}/", {"headers": {"accept": "application/json"}}
    sent = {"version": row.version, "a-N1.1": "0"}
    assert client.post(f"{address}save/", sent, **json).json()["version"] == row.version + 1
    assert client.post(f"{address}save/", sent, **json).status_code == 409
    assert signed_in(cast.officer).get(address).status_code == 404  # a draft is the unit's own
    given = {"version": row.version + 1, "note": "已整改", **{f"a-{code}": "0" for code in MANUAL}}
    incomplete = client.post(f"{address}submit/", given | {"a-Z03": "0"})
    assert (incomplete.status_code, "与系统预判不同，请写明改判的理由" in text(incomplete)) == (422, True)
    version = re.findall(r'name="version" value="(\d+)"', text(incomplete))[0]
    answer = client.post(f"{address}submit/", given | {"version": version, "a-Z03": "1", "n-Z03": "1"}, follow=True)
    assert "“示例一”的自查已提交：97 分，合格" in text(answer)
    page = text(signed_in(cast.officer).get(address))
    assert "示例一自查：97 分，合格" in page
    assert "本季度的抽查还没有这个账号的结果" in page


def test_the_office_sees_who_has_not_and_what_differs(facts: Facts, cast: Cast) -> None:
    of, missing = account(cast.unit, name="示例一"), account()
    handed_in(of, cast.operator, Z07=Typed(1, note="“按装”"))
    submitted(sheet(cast.officer, of), cast.officer)
    client = signed_in(cast.officer)
    page = text(client.get("/self-checks/overview/?quarter=2026Q4"))
    assert "2026年第四季度自查" in page
    compared = text(client.get("/self-checks/overview/?quarter=2026Q4&show=compare"))
    assert "Z07 1→0" in compared
    assert "示例一" in compared
    assert missing.unit.name not in compared
    assert client.get("/self-checks/overview/?quarter=x&page=9").status_code == 200
