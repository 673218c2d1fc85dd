"""批量: each act × state × opened or not × changed since × three people × paper; one bad row ends alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from accounts.models import Membership, Role
from filings import bulk, drafting, reporting, reviewing, urging
from filings.bulk import Act, Chosen
from filings.models import Filing
from filings.reading import Reading
from tests.factories import NOW, Cast, opening, read, unit, user
from zhonglou_media.core.errors import NotAllowed, Refused
from zhonglou_media.core.models import Event, Job, Notice, User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def box(filing: Filing) -> Chosen:
    """The row's box as a page drawn now carries it."""
    return bulk.choices([Filing.objects.get(pk=filing.pk)])[filing.pk]


def look(filing: Filing, by: User) -> None:
    reviewing.open_for_review(filing.pk, by=by, now=NOW)


def press(act: Act, *rows: Chosen, by: User, comment: str = "请补充说明") -> Job:
    return bulk.run(act, rows, by=by, now=LATER, comment=comment)


def told(job: Job) -> list[tuple[str, str]]:
    return [(row["outcome"], row["said"]) for row in job.result["rows"]]


def anew(filing: Filing) -> None:
    """Returned, and reported again by its unit: another revision stands."""
    cast: Cast = filing.cast  # type: ignore[attr-defined]
    reviewing.return_(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="示例")
    drafting.save_draft(filing.pk, by=cast.operator, data={"remarks": "示例备注"}, now=NOW)
    reporting.report(filing.pk, by=cast.operator, now=NOW)


# --- the decisions ----------------------------------------------------------------------------------------------------

Facts = dict[str, Any]
GOOD: Facts = {"state": "office_review", "opened": True, "changed": False, "own": "", "paper": ""}
# What differs from GOOD; which acts; the outcome, words of it, and the state it leaves (None: that of the act).
DECISIONS: list[tuple[Facts, str, str, str | None]] = [
    ({}, "done", "", None),
    ({"opened": False}, "skipped", "未阅，打开看过才能办理。", "office_review"),
    ({"changed": True}, "failed", "单位 11-24 14:05 重新报送过，请重新审阅。", "office_review"),
    ({"opened": False, "changed": True}, "skipped", "未阅", "office_review"),
    ({"state": "draft", "opened": False}, "failed", "现为“草稿”", "draft"),
    ({"state": "leader_review", "opened": False}, "failed", "现为“待单位领导审批”", "leader_review"),
    ({"state": "to_report", "opened": False}, "failed", "现为“待报送”", "to_report"),
    ({"state": "returned", "opened": False}, "failed", "已办理“退回修改”", "returned"),
    ({"state": "accepted", "opened": False}, "failed", "已办理“审核通过”", "accepted"),
    ({"state": "completed", "opened": False}, "failed", "现为“已办结”", "completed"),
    ({"state": "refused", "opened": False}, "failed", "已办理“不予备案”", "refused"),
    ({"state": "withdrawn", "opened": False}, "failed", "已办理“撤回备案”", "withdrawn"),
    ({"own": "operator"}, "failed", "您填报或批准过这件备案，不能再审核", "office_review"),
    ({"own": "leader"}, "failed", "您填报或批准过这件备案，不能再审核", "office_review"),
    ({"own": "operator", "opened": False}, "failed", "您填报或批准过这件备案", "office_review"),
]


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.RETURN])
@pytest.mark.parametrize(("facts", "outcome", "words", "state"), DECISIONS, ids=[str(case[0]) for case in DECISIONS])
def test_a_decision_on_each_kind_of_row(act: Act, facts: Facts, outcome: str, words: str, state: str | None) -> None:
    given, cast = GOOD | facts, Cast()
    filing = opening(given["state"], cast)
    officer = user(Role.OFFICER)
    if given["own"]:
        officer = getattr(cast, given["own"])
        Membership.objects.create(user=officer, unit=cast.officer.memberships.get().unit, role=Role.OFFICER)
        officer = User.objects.get(pk=officer.pk)  # what one may is asked once a user object
    if given["opened"]:
        look(filing, officer)
    row = box(filing)
    if given["changed"]:
        anew(filing)
    (got,) = told(press(act, row, by=officer))
    assert got[0] == outcome
    assert words in got[1]
    done = {Act.ACCEPT: "accepted", Act.RETURN: "returned"}[act]
    assert Filing.objects.get(pk=filing.pk).state == (state or done)


@pytest.mark.parametrize(
    ("checked", "act", "outcome", "state"),
    [
        (False, Act.ACCEPT, "failed", "office_review"),
        (True, Act.ACCEPT, "done", "accepted"),
        (False, Act.RETURN, "done", "returned"),
    ],
)
def test_paper_is_checked_before_many_pass_too(checked: bool, act: Act, outcome: str, state: str) -> None:
    cast = Cast()
    filing = opening("office_review", cast, paper=NOW.date())
    look(filing, cast.officer)
    if checked:
        reviewing.check_paper(filing.pk, by=cast.officer, read=read(filing), now=NOW)
    ((got, said),) = told(press(act, box(filing), by=cast.officer))
    assert (got, Filing.objects.get(pk=filing.pk).state) == (outcome, state)
    assert ("请先核对纸质批准件" in said) == (outcome == "failed")


def test_what_a_colleague_opened_is_not_read_by_this_officer_and_an_earlier_revision_is_not_this_one() -> None:
    cast = Cast()
    filing = opening("office_review", cast)
    look(filing, cast.supervisor)
    assert told(press(Act.ACCEPT, box(filing), by=cast.officer))[0][0] == "skipped"
    look(filing, cast.officer)
    anew(filing)
    assert told(press(Act.ACCEPT, box(filing), by=cast.officer))[0][0] == "skipped"
    look(filing, cast.officer)
    assert told(press(Act.ACCEPT, box(filing), by=cast.officer))[0][0] == "done"


def test_a_box_whose_digest_was_made_up_is_unread() -> None:
    cast = Cast()
    filing = opening("office_review", cast)
    look(filing, cast.officer)
    forged = replace(box(filing), read=Reading(1, "f" * 64))
    assert told(press(Act.ACCEPT, forged, by=cast.officer))[0][0] == "skipped"


def test_the_summary_counts_as_the_office_says_it() -> None:
    cast = Cast()
    rows = [opening("office_review", cast, platform=code) for code in ("douyin", "weibo", "kuaishou", "xiaohongshu")]
    rows.append(opening("office_review", Cast()))
    for filing in (rows[0], rows[1], rows[4]):
        look(filing, cast.officer)
    boxes = [box(filing) for filing in rows]
    anew(rows[4])
    job = press(Act.ACCEPT, *boxes, by=cast.officer)
    assert bulk.summary(job) == "刚才批量通过 5 件：成功 2 件，跳过 2 件，未成功 1 件。"
    assert (job.kind, job.state, job.by, job.done, job.total) == ("bulk", "done", cast.officer, 5, 5)


# --- urging -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "fields", "outcome"),
    [
        ("draft", {}, "failed"),
        ("leader_review", {}, "done"),
        ("to_report", {}, "done"),
        ("office_review", {}, "failed"),
        ("returned", {}, "done"),
        ("accepted", {"uid": ""}, "done"),
        ("accepted", {}, "failed"),
        ("completed", {}, "failed"),
        ("refused", {}, "failed"),
        ("withdrawn", {}, "failed"),
    ],
)
def test_many_are_urged_once_a_day(state: str, fields: dict[str, str], outcome: str) -> None:
    cast = Cast()
    filing = opening(state, cast, **fields)
    reminders = Notice.objects.filter(key__startswith="remind-")
    assert told(press(Act.URGE, box(filing), by=cast.officer))[0][0] == outcome
    told_to = reminders.count()
    assert told_to == (outcome == "done")
    again = "skipped" if outcome == "done" else "failed"
    ((got, said),) = told(press(Act.URGE, box(filing), by=cast.supervisor))
    assert (got, reminders.count()) == (again, told_to)
    assert ("今天已经催办过" in said) == (outcome == "done")


# --- each by itself ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (IntegrityError("示例"), "数据库出错，这一件没有办理"),
        (OperationalError("canceling statement due to lock timeout"), "同事正在办理这一件"),
        (Refused("示例不行。"), "示例不行。"),
        (KeyError("示例"), "系统出错，这一件没有办理，请稍后重试。"),
    ],
)
@pytest.mark.parametrize("act", list(Act))
def test_one_bad_row_stops_only_itself(
    act: Act, fault: Exception, words: str, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.VAR_DIR = tmp_path
    cast, state = Cast(), "to_report" if act == Act.URGE else "office_review"
    rows = [opening(state, cast, platform=code) for code in ("douyin", "weibo", "kuaishou")]
    for filing in rows if state == "office_review" else ():
        look(filing, cast.officer)
    where, name = {
        Act.ACCEPT: (reviewing, "accept"),
        Act.RETURN: (reviewing, "return_"),
        Act.URGE: (urging, "urge"),
    }[act]
    real: Callable[..., Any] = getattr(where, name)

    def faulty(pk: int, **named: Any) -> Any:
        done = real(pk, **named)
        if pk == rows[1].pk:
            raise fault  # after it wrote: what it wrote must go with it
        return done

    monkeypatch.setattr(where, name, faulty)
    before = Event.objects.filter(subject_id=rows[1].pk).count()
    got = told(press(act, *map(box, rows), by=cast.officer))
    assert [outcome for outcome, _ in got] == ["done", "failed", "done"]
    assert words in got[1][1]
    assert Event.objects.filter(subject_id=rows[1].pk).count() == before
    assert Filing.objects.get(pk=rows[1].pk).state == state
    logged = tmp_path / "log" / "commands.log"
    assert logged.exists() != isinstance(fault, Refused)


def test_what_is_left_when_the_time_is_over_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    rows = [opening("to_report", cast, platform=code) for code in ("douyin", "weibo")]
    moments = iter((0.0, 0.0, bulk.IN_ALL.total_seconds() + 1))
    monkeypatch.setattr(bulk.time, "monotonic", lambda: next(moments))
    got = told(press(Act.URGE, *map(box, rows), by=cast.officer))
    assert [outcome for outcome, _ in got] == ["done", "failed"]
    assert "还没有办，请再选一次" in got[1][1]


def test_when_the_time_is_over_a_filing_that_is_none_loses_nothing_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = Cast()
    moments = iter((0.0, 0.0, bulk.IN_ALL.total_seconds() + 1))
    monkeypatch.setattr(bulk.time, "monotonic", lambda: next(moments))
    job = press(Act.URGE, box(opening("to_report", cast)), Chosen(999_999, Reading(1, "0" * 64)), by=cast.officer)
    assert [(row["filing"], row["outcome"]) for row in job.result["rows"]][1] == ("编号 999999", "failed")
    assert job.result["done"] == 1


@pytest.mark.parametrize("state", ["to_report", "draft"])
def test_what_is_said_of_a_row_is_one_sentence_before_and_after(state: str) -> None:
    cast = Cast()
    filing = opening(state, cast)
    row = box(filing)
    before = bulk.foreseen(Act.ACCEPT, [row], {filing.pk: filing}, by=cast.officer, now=LATER)[filing.pk]
    for said in (before, told(press(Act.ACCEPT, row, by=cast.officer))[0][1], bulk.UNREAD):
        assert said.endswith("。")
        assert not said.endswith("。。")


@pytest.mark.parametrize("act", list(Act))
def test_pressed_twice_nothing_is_done_twice(act: Act) -> None:
    cast, state = Cast(), "to_report" if act == Act.URGE else "office_review"
    filing = opening(state, cast)
    if state == "office_review":
        look(filing, cast.officer)
    row = box(filing)
    assert told(press(act, row, row, by=cast.officer))[0][0] == "done"
    events = Event.objects.count()
    ((outcome, said),) = told(press(act, row, by=cast.officer))
    assert outcome == "skipped"
    assert "没有重复办理" in said or "今天已经催办过" in said
    assert Event.objects.count() == events


def test_how_many_and_what_for_is_asked_first() -> None:
    cast = Cast()
    many = [Chosen(pk, Reading(1, "0" * 64)) for pk in range(1, 102)]
    for act, rows, comment, words in (
        (Act.ACCEPT, [], "", "请先勾选备案"),
        (Act.ACCEPT, many, "", "一次最多办理 100 件，选了 101 件"),
        (Act.RETURN, many[:1], " ", "请写明退回的理由"),
    ):
        with pytest.raises(Refused, match=words):
            bulk.run(act, rows, by=cast.officer, now=LATER, comment=comment)
    assert not Job.objects.exists()
    bulk.check(Act.ACCEPT, many[:100])


def test_a_filing_that_is_none_is_told_so() -> None:
    cast = Cast()
    assert told(press(Act.ACCEPT, Chosen(999_999, Reading(1, "0" * 64)), by=cast.officer)) == [
        ("failed", "没有这件备案。")
    ]


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OFFICER, Role.SUPERVISOR)])
def test_only_the_office_does_many_at_once(act: Act, role: Role) -> None:
    with pytest.raises(NotAllowed):
        bulk.run(act, [Chosen(1, Reading(1, "0" * 64))], by=user(role, unit()), now=LATER, comment="示例")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"7:2:{'a' * 64}", True),
        ("7:0:", True),
        ("", False),
        ("7", False),
        ("x:1:", False),
        (f"7:2:{'a' * 63}", False),
        ("9" * 30 + ":1:", False),
        ("7:²:", False),
    ],
)
def test_a_box_is_read_as_it_was_written(text: str, read: bool) -> None:
    found = Chosen.of(text)
    assert (found is not None) == read
    assert not read or str(found) == text
