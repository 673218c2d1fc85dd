"""整改: issued, answered, verified or sent back, reminded, revoked; and what the supervisor decides of it."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from inspections import deciding, ordering, rectifying
from inspections.deciding import Decision
from inspections.models import AnnualVeto, ClosureOrder, Rectification
from tests.factories import NOW, Cast, account, at, user
from tests.inspections.rectified import answered, finding, from_above, proof, rectification
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db
TOMORROW = at("2026-11-25 09:00")
DUE = at("2026-12-02 00:00")  # five working days after Tuesday, 24 November
LATE = at("2026-12-02 09:00")


@pytest.fixture
def cast() -> Cast:
    return Cast()


def verbs(row: Rectification) -> list[str]:
    return list(Event.objects.filter(subject_kind="rectification", subject_id=row.pk).values_list("verb", flat=True))


def told(who: Any) -> list[str]:
    return list(Notice.objects.filter(user=who).order_by("pk").values_list("text", flat=True))


# --- issued ---------------------------------------------------------------------------------------------------------


def test_one_order_a_problem_that_can_be_put_right(cast: Cast) -> None:
    of = account(cast.unit, name="示例街道发布")
    found = [finding(of, "Z07"), finding(of, "Z04"), finding(of, "Z08", count=1, evidence="")]
    rows = rectifying.issue(found, by=cast.officer, role="officer", now=NOW)

    assert [(row.number, row.problem, row.due_at) for row in rows] == [
        ("钟政办新媒改〔2026〕1号", "错别字（2 处）：把“截至”写成“截止”", DUE),
        ("钟政办新媒改〔2026〕2号", "示例问题", DUE),
    ]
    sentence = "整改通知·示例街道发布（抖音）：有 2 个问题，请在 2026-12-01 24:00 前整改并逐件答复。"
    assert told(cast.operator) == told(cast.leader) == [sentence]
    assert told(cast.officer) == []
    assert verbs(rows[0]) == ["issue"]
    assert Event.objects.filter(verb="issue").last().detail["finding"] == found[2].pk  # type: ignore[union-attr]


def test_nothing_to_put_right_issues_nothing_and_takes_no_number(cast: Cast) -> None:
    of = account(cast.unit)
    assert rectifying.issue([finding(of, "Z04")], by=cast.officer, role="officer", now=NOW) == []
    assert rectification(cast, of).number.endswith("〕1号")


def test_a_single_one_is_told_with_its_problem_and_the_next_year_counts_anew(cast: Cast) -> None:
    row = rectification(cast, account(cast.unit, name="示例甲"))
    assert told(cast.operator) == [
        f"整改 {row.number}·示例甲（抖音）：错别字（2 处）：把“截至”写成“截止”。请在 2026-12-01 24:00 前整改并答复。"
    ]
    later = rectification(cast, now=at("2027-03-01 09:00"))
    assert later.number == "钟政办新媒改〔2027〕1号"


def test_one_from_above_carries_its_own_due_time_and_demand(cast: Cast) -> None:
    row = from_above(cast)
    assert (row.problem, row.account, row.due_at) == ("两周内没有更新", None, at("2026-11-28 00:00"))
    assert row.demand == "请恢复更新并说明原因"
    assert Event.objects.get(verb="issue").detail["upper"] == row.upper_id


def test_a_long_problem_is_shortened_to_one_line(cast: Cast) -> None:
    row = rectification(cast, evidence="很\n长" * 200)
    assert len(row.problem) == 300
    assert row.problem.endswith("…")
    assert "\n" not in row.problem


# --- answered, verified, sent back ----------------------------------------------------------------------------------


def test_it_is_answered_and_verified_by_two_people(cast: Cast) -> None:
    row = answered(cast)
    assert (row.state, row.first_answered_at) == ("submitted", NOW)
    assert [p.name for p in row.proofs.all()] == ["改后截图.pdf"]
    assert told(cast.officer)[-1].endswith("单位已答复，请复核。")
    row = rectifying.verify(row.pk, note="已核对", by=cast.officer, now=TOMORROW)
    assert (row.state, row.verified_by, row.verified_at) == ("verified", cast.officer, TOMORROW)
    assert told(cast.operator)[-1].endswith("复核通过，整改完成。")
    assert verbs(row) == ["issue", "answer", "verify"]


def test_who_answered_neither_verifies_nor_sends_back_nor_decides(cast: Cast) -> None:
    both = user(Role.OPERATOR, cast.unit)
    both.memberships.create(unit=cast.officer.memberships.get().unit, role=Role.SUPERVISOR)
    row = rectifying.answer(rectification(cast).pk, text="已改正", proofs=[proof()], by=both, now=NOW)
    for act in (
        lambda: rectifying.verify(row.pk, by=both, now=NOW),
        lambda: rectifying.send_back(row.pk, reason="x", by=both, now=NOW),
    ):
        with pytest.raises(Refused, match="由区政府办公室的另一人复核"):
            act()
    with pytest.raises(Refused, match="由另一位负责人决定"):
        deciding.decide(row.pk, Decision("veto", "x"), by=both, now=LATE)
    with pytest.raises(IntegrityError), transaction.atomic():  # and the database says so too
        Rectification.objects.filter(pk=row.pk).update(state="verified", verified_at=NOW, verified_by=both)


def test_sent_back_it_has_a_reason_and_the_answer_of_before_stays_in_the_history(cast: Cast) -> None:
    row = answered(cast)
    with pytest.raises(Refused, match="请写明退回的理由"):
        rectifying.send_back(row.pk, reason=" ", by=cast.officer, now=NOW)
    row = rectifying.send_back(row.pk, reason="看不出改了哪里", by=cast.officer, now=NOW)
    assert (row.state, row.sent_back, row.due_at) == ("issued", 1, DUE)
    assert told(cast.leader)[-1].endswith("答复被退回，请在 2026-12-01 24:00 前重新答复。理由：看不出改了哪里")
    row = rectifying.answer(row.pk, text="附前后对比", proofs=[proof("二.pdf")], by=cast.operator, now=TOMORROW)
    assert (row.answered_at, row.first_answered_at) == (TOMORROW, NOW)
    assert [p.name for p in row.proofs.all()] == ["改后截图.pdf", "二.pdf"]
    assert Event.objects.filter(verb="answer").first().comment == "已改正并加强校对。"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("answered_at", "back_at", "due"),
    [
        ("2026-11-25 09:00", "2026-11-26 09:00", "2026-12-02 00:00"),  # there is time left
        ("2026-12-01 09:00", "2026-12-01 17:00", "2026-12-04 00:00"),  # two working days at least
        ("2026-12-01 09:00", "2026-12-11 09:00", "2026-12-16 00:00"),  # the office's time is not the unit's
        ("2026-12-02 00:00", "2026-12-03 09:00", "2026-12-02 00:00"),  # answered late: it stays
    ],
)
def test_until_when_it_is_answered_again(answered_at: str, back_at: str, due: str, cast: Cast) -> None:
    row = answered(cast, rectification(cast), now=at(answered_at))
    assert rectifying.send_back(row.pk, reason="x", by=cast.officer, now=at(back_at)).due_at == at(due)


def test_an_answer_is_replaced_until_it_is_verified_but_not_made_late(cast: Cast) -> None:
    row = answered(cast)
    row = rectifying.answer(row.pk, text="更正", proofs=[proof()], by=cast.operator, now=TOMORROW)
    assert verbs(row)[-1] == "replace_answer"
    assert told(cast.officer)[-1].endswith("单位更换了答复，请按新的复核。")
    with pytest.raises(WrongState, match="已在期限内答复，期限过后不能更换"):
        rectifying.answer(row.pk, text="再更正", proofs=[proof()], by=cast.operator, now=DUE)
    rectifying.verify(row.pk, by=cast.officer, now=LATE)
    with pytest.raises(WrongState, match="现为“整改完成”，不用再答复"):
        rectifying.answer(row.pk, text="再更正", proofs=[proof()], by=cast.operator, now=LATE)


@pytest.mark.parametrize(("text", "proofs", "field"), [(" ", 1, "text"), ("已改", 0, "proofs"), ("已改", 11, "proofs")])
def test_what_an_answer_must_have(text: str, proofs: int, field: str, cast: Cast) -> None:
    row = rectification(cast)
    with pytest.raises(Incomplete) as refused:
        rectifying.answer(row.pk, text=text, proofs=[proof()] * proofs, by=cast.operator, now=NOW)
    assert list(refused.value.errors) == [field]


def test_who_may(cast: Cast) -> None:
    row, stranger = rectification(cast), user(Role.OPERATOR, Cast().unit)
    for person in (stranger, cast.leader, cast.officer):
        with pytest.raises(NotAllowed):
            rectifying.answer(row.pk, text="x", proofs=[proof()], by=person, now=NOW)
    row = answered(cast, row)
    with pytest.raises(NotAllowed):
        rectifying.verify(row.pk, by=cast.operator, now=NOW)
    with pytest.raises(NotAllowed):
        deciding.refer(row.pk, reason="x", by=cast.leader, now=NOW)
    with pytest.raises(NotAllowed):
        deciding.decide(row.pk, Decision("let_be", "x"), by=cast.officer, now=LATE)


def test_an_older_page_decides_nothing(cast: Cast) -> None:
    row = answered(cast)
    read = rectifying.reading(row)
    rectifying.answer(row.pk, text="更正", proofs=[proof()], by=cast.operator, now=TOMORROW)
    with pytest.raises(StaleReading, match="又办理过"):
        rectifying.verify(row.pk, by=cast.officer, now=TOMORROW, read=read)
    with pytest.raises(WrongState, match="已办理，整改"):
        rectifying.send_back(rectification(cast).pk, reason="x", by=cast.officer, now=NOW)


# --- reminded, revoked ----------------------------------------------------------------------------------------------


def test_it_is_reminded_once_a_day_while_it_waits_for_the_unit(cast: Cast) -> None:
    row = rectifying.remind(rectification(cast).pk, by=cast.officer, now=NOW)
    assert told(cast.operator)[-1].endswith("请在 2026-12-01 24:00 前整改并答复，区政府办公室第 1 次催办。")
    with pytest.raises(WrongState, match="今天已经催办过"):
        rectifying.remind(row.pk, by=cast.supervisor, now=at("2026-11-24 23:59"))
    assert rectifying.remind(row.pk, by=cast.officer, now=at("2026-11-25 00:00")).reminded == 2
    answered(cast, row, now=TOMORROW)
    with pytest.raises(WrongState, match="现为“待复核”"):
        rectifying.remind(row.pk, by=cast.officer, now=at("2026-11-26 09:00"))


def test_a_withdrawn_finding_revokes_what_is_open_and_leaves_what_is_verified(cast: Cast) -> None:
    of = account(cast.unit)
    open_, done = rectification(cast, of), answered(cast, rectification(cast, of, code="Z08"))
    rectifying.verify(done.pk, by=cast.officer, now=NOW)
    findings = [row.finding for row in (open_, done) if row.finding]
    with pytest.raises(Refused, match="理由"):
        rectifying.revoke_for(findings, reason="", by=cast.officer, role="officer", now=NOW)
    rows = rectifying.revoke_for(findings, reason="查看有误", by=cast.officer, role="officer", now=NOW)
    assert rows == [open_]
    assert set(Rectification.objects.values_list("state", flat=True)) == {"revoked", "verified"}
    assert told(cast.operator)[-1].endswith("已撤销，不用再整改。理由：查看有误")


# --- the supervisor -------------------------------------------------------------------------------------------------


def referred(cast: Cast, **fields: Any) -> Rectification:
    row = rectification(cast, **fields)
    return deciding.refer(row.pk, reason="催办无果", by=cast.officer, now=NOW)


def test_it_is_referred_once_and_the_supervisor_is_told(cast: Cast) -> None:
    row = referred(cast)
    assert told(cast.supervisor)[-1].endswith("已转负责人，请决定。理由：催办无果")
    with pytest.raises(WrongState, match="已经转负责人"):
        deciding.refer(row.pk, reason="x", by=cast.officer, now=NOW)
    row = deciding.decide(row.pk, Decision("let_be", "再看一周"), by=cast.supervisor, now=NOW)
    assert (row.state, row.decided_at, deciding.waits(row)) == ("issued", NOW, False)
    assert told(cast.operator)[-1].endswith("负责人决定不另作处理，请继续整改，期限 2026-12-01 24:00。")
    assert deciding.waits(deciding.refer(row.pk, reason="仍未整改", by=cast.officer, now=TOMORROW))  # anew


@pytest.mark.parametrize(
    ("how", "now", "why"),
    [
        ("new", NOW, None),
        ("new", LATE, ["逾期 9 小时"]),
        ("answered", LATE, None),
        ("back", TOMORROW, None),
        ("back twice", TOMORROW, ["已退回 2 次"]),
        ("referred", NOW, []),
        ("verified", LATE, None),
    ],
)
def test_when_there_is_something_to_decide(how: str, now: Any, why: list[str] | None, cast: Cast) -> None:
    row = referred(cast) if how == "referred" else rectification(cast)
    if how == "answered":
        row = answered(cast, row)
    for _ in range({"back": 1, "back twice": 2}.get(how, 0)):
        answered(cast, row)
        row = rectifying.send_back(row.pk, reason="x", by=cast.officer, now=NOW)
    if how == "verified":
        answered(cast, row)
        row = rectifying.verify(row.pk, by=cast.officer, now=NOW)
    assert deciding.grounds(row, now) == (why or [])
    decide = lambda: deciding.decide(row.pk, Decision("let_be", "x"), by=cast.supervisor, now=now)  # noqa: E731
    if why is None:
        with pytest.raises(WrongState, match="不用"):
            decide()
    else:
        assert decide().decided_at == now


def test_it_is_extended_once_with_a_reason(cast: Cast) -> None:
    row = referred(cast)
    row = deciding.extend(row.pk, due_on=date(2026, 12, 10), reason="平台申诉中", by=cast.supervisor, now=NOW)
    assert (row.extended_from, row.due_at) == (DUE, at("2026-12-11 00:00"))
    assert told(cast.operator)[-1].endswith("期限延到 2026-12-10 24:00，只延一次，请按期答复。")
    deciding.refer(row.pk, reason="x", by=cast.officer, now=NOW)
    with pytest.raises(Incomplete) as refused:
        deciding.extend(row.pk, due_on=date(2026, 12, 20), reason="x", by=cast.supervisor, now=NOW)
    assert "已经延期一次（原期限 2026-12-01 24:00）" in refused.value.errors["outcome"][0]


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        (Decision("", "x"), "outcome"),
        (Decision("let_be", " "), "reason"),
        (Decision("extend", "x"), "due_on"),
        (Decision("extend", "x", due_on=date(2026, 12, 1)), "due_on"),  # no later than it was
        (Decision("extend", "x", due_on=date(2028, 12, 1)), "due_on"),
        (Decision("order_closure", "x", close_on=date(2026, 11, 23)), "close_on"),
        (Decision("veto", "x", year=2030), "year"),
    ],
)
def test_what_a_decision_must_say(decision: Decision, field: str, cast: Cast) -> None:
    row = referred(cast)
    with pytest.raises(Incomplete) as refused:
        deciding.decide(row.pk, decision, by=cast.supervisor, now=NOW)
    assert list(refused.value.errors) == [field]
    assert not ClosureOrder.objects.exists()
    assert not AnnualVeto.objects.exists()


def test_closure_and_veto_are_one_decision(cast: Cast) -> None:
    row = referred(cast)
    row = deciding.decide(
        row.pk, Decision("order_and_veto", "逾期不改", close_on=date(2026, 11, 30)), by=cast.supervisor, now=NOW
    )
    order, veto = ClosureOrder.objects.get(), AnnualVeto.objects.get()
    assert (order.ground, order.reason, order.due_at) == ("rectification", "逾期不改", at("2026-12-01 00:00"))
    assert (row.closure_order, veto.rectification, veto.ground, veto.year) == (order, row, "not_rectified", 2026)
    assert [e.verb for e in Event.objects.order_by("-seq")[:3]] == ["order_and_veto", "veto", "issue"]
    assert [text[:7] for text in told(cast.leader)[-2:]] == ["责令关停 钟政", f"{cast.unit}"[:7]]


def test_all_of_a_decision_or_nothing(cast: Cast) -> None:
    """The order would stand already when the veto is refused."""
    row = referred(cast)
    with pytest.raises(Incomplete):
        deciding.decide(row.pk, Decision("order_and_veto", "x", year=2030), by=cast.supervisor, now=NOW)
    assert not ClosureOrder.objects.exists()
    assert verbs(row) == ["issue", "refer"]


def test_an_account_with_an_order_is_not_ordered_closed_again(cast: Cast) -> None:
    of = account(cast.unit)
    row = referred(cast, of=of)
    ordering.issue(of.pk, ordering.Terms("other", "x"), by=cast.supervisor, now=NOW)
    assert [o.value for o in deciding.outcomes(row, NOW)] == ["extend", "let_be", "veto"]
    with pytest.raises(WrongState, match="已有一件未办结的责令关停"):
        deciding.decide(row.pk, Decision("order_closure", "x"), by=cast.supervisor, now=NOW)


def test_what_the_register_does_not_hold_is_vetoed_but_not_closed(cast: Cast) -> None:
    row = from_above(cast)
    assert [o.value for o in deciding.outcomes(row, LATE)] == ["extend", "let_be", "veto"]
    with pytest.raises(Incomplete, match="还有1处"):
        deciding.decide(row.pk, Decision("order_closure", "x"), by=cast.supervisor, now=LATE)
    deciding.decide(row.pk, Decision("veto", "x"), by=cast.supervisor, now=LATE)
    with pytest.raises(WrongState, match="已经作出一票否决"):
        deciding.decide(row.pk, Decision("veto", "x"), by=cast.supervisor, now=LATE)
    assert [o.value for o in deciding.outcomes(row, LATE)] == ["extend", "let_be"]


def test_a_long_reason_is_told_as_far_as_a_notice_goes(cast: Cast) -> None:
    row = answered(cast)
    rectifying.send_back(row.pk, reason="改" * 500, by=cast.officer, now=NOW)
    assert (len(told(cast.operator)[-1]), told(cast.operator)[-1][-1]) == (300, "…")
