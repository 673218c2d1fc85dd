"""责令关停: how it begins, each of its ends, and what is refused."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts import activity, lifecycle
from accounts.models import Account, Role
from filings import exchange, reporting
from filings.models import System
from inspections import ordering
from inspections.models import ClosureOrder
from inspections.ordering import Terms
from tests.factories import NOW, Cast, account, at, change, opening, scan, user
from tests.inspections.ordered import order, proved
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db
TOMORROW = at("2026-11-25 09:00")


@pytest.fixture
def cast() -> Cast:
    return Cast()


def verbs(row: ClosureOrder) -> list[str]:
    return list(Event.objects.filter(subject_kind="closureorder", subject_id=row.pk).values_list("verb", flat=True))


def told(who: Any) -> list[str]:
    return list(Notice.objects.filter(user=who).order_by("pk").values_list("text", flat=True))


def test_an_order_at_once_is_due_the_same_day_and_the_unit_is_told(cast: Cast) -> None:
    stranger = user(Role.OPERATOR, Cast().unit)
    row = order(account(cast.unit, found=True, name="示例小视频"), by=cast.supervisor)

    assert (row.number, row.state, row.due_at) == ("钟政办新媒关〔2026〕1号", "issued", at("2026-11-25 00:00"))
    sentence = "责令关停 钟政办新媒关〔2026〕1号·示例小视频（抖音）：请在 2026-11-24 24:00 前关停，并报送办理证明。"
    assert told(cast.operator) == told(cast.leader) == [sentence]
    assert told(stranger) == told(cast.officer) == []
    assert verbs(row) == ["issue"]


def test_it_ends_by_proof_and_execution(cast: Cast) -> None:
    row = proved(cast)
    assert told(cast.supervisor)[-1].endswith("单位已报送办理证明，请核实后确认执行。")
    done = ordering.execute(row.pk, by=cast.supervisor, now=TOMORROW)  # who issued it may

    assert (done.order.state, done.order.account.state, done.open_questions) == ("executed", "closed", 0)
    event = Event.objects.get(subject_kind="account", verb="end_by_order")
    assert (event.from_state, event.to_state, event.comment) == ("unfiled", "closed", f"责令关停 {row.number}")
    assert verbs(row) == ["issue", "prove", "execute"]
    assert Account.objects.get().next_update_due_at is None


@pytest.mark.parametrize(
    ("state", "cancel", "after"),
    [
        ("unfiled", False, "closed"),
        ("unfiled", True, "cancelled"),
        ("active", False, "closed"),
        ("active", True, "cancelled"),
        ("closing", False, "closed"),
        ("closing", True, "cancelled"),
        ("closed", False, "closed"),  # its own filing closed it meanwhile
        ("cancelled", True, "cancelled"),
    ],
)
def test_what_an_executed_order_makes_of_the_account(state: str, cancel: bool, after: str, cast: Cast) -> None:
    row = ordered_and_moved(cast, state, cancel=cancel)
    ordering.execute(row.pk, reason="电话核实", by=cast.supervisor, now=TOMORROW)
    assert Account.objects.get().state == after


def test_an_account_that_its_filing_closed_is_not_cancelled_by_the_order(cast: Cast) -> None:
    row = ordered_and_moved(cast, "closed", cancel=True)
    with pytest.raises(WrongState, match="现为“已关停”，注销须由单位办理注销备案，办结后再确认执行"):
        ordering.execute(row.pk, reason="电话核实", by=cast.supervisor, now=TOMORROW)


def ordered_and_moved(cast: Cast, state: str, *, cancel: bool) -> ClosureOrder:
    """An order on an account that was active (or unfiled), and then moved to `state` by its own closure filing."""
    found = state == "unfiled"
    of = account(cast.unit, found=found)
    row = order(of, by=cast.supervisor, ground="unfiled" if found else "other", cancel=cancel)
    for step in {"closing": ["closing"], "closed": ["closing", "closed"], "cancelled": ["closing", "cancelled"]}.get(
        state, []
    ):
        lifecycle._move(of, lifecycle.A(step), verb="close", ground="示例", by=None, role="system", now=NOW)
    return row


def test_an_account_with_another_live_filing_is_not_closed(cast: Cast) -> None:
    of = account(cast.unit, found=True)
    row = proved(cast, of)
    filing = opening("draft", cast, on=of)
    with pytest.raises(WrongState, match="有一件办理中的备案（新开办备案（草稿）），不能确认执行") as refused:
        ordering.execute(row.pk, by=cast.supervisor, now=NOW)
    assert "请先由单位撤回" in str(refused.value)
    reporting.withdraw(filing.pk, by=cast.operator, reason="不再补办", on_platform=None, now=NOW)
    assert ordering.execute(row.pk, by=cast.supervisor, now=NOW).order.state == "executed"


def test_a_draft_of_another_unit_gives_way(cast: Cast) -> None:
    of = account(cast.unit)
    row = proved(cast, of, ground="other")
    taken = change("draft", Cast(), on=of)
    assert ordering.execute(row.pk, by=cast.supervisor, now=NOW).order.state == "executed"
    taken.refresh_from_db()
    assert taken.state == "withdrawn"


def test_questions_that_still_wait_are_told(cast: Cast) -> None:
    of = account(cast.unit)
    activity.ask(of.pk, asked_at=NOW, by=cast.operator, now=NOW)
    row = proved(cast, of, ground="other")
    assert ordering.execute(row.pk, by=cast.supervisor, now=NOW).open_questions == 1
    assert Event.objects.get(verb="execute").detail == {"open_questions": 1}


def test_a_proof_that_does_not_hold_is_sent_back_and_sent_again(cast: Cast) -> None:
    row = proved(cast)
    with pytest.raises(Refused, match="请写明退回证明的理由"):
        ordering.send_back(row.pk, reason=" ", by=cast.supervisor, now=NOW)
    row = ordering.send_back(row.pk, reason="截图看不出是哪个账号", by=cast.supervisor, now=NOW)
    assert (row.state, row.due_at) == ("issued", at("2026-11-25 00:00"))
    assert told(cast.operator)[-1].endswith("办理证明被退回，请在 2026-11-24 24:00 前重新报送。")
    assert ordering.prove(row.pk, file=scan(), name="二.pdf", by=cast.operator, now=NOW).state == "proved"


def test_a_revoked_order_leaves_the_account_as_it_is(cast: Cast) -> None:
    row = order(account(cast.unit, found=True), by=cast.supervisor)
    row = ordering.revoke(row.pk, reason="查明是个人账号", by=cast.supervisor, now=NOW)
    assert (row.state, row.end_reason, Account.objects.get().state) == ("revoked", "查明是个人账号", "unfiled")
    assert order(row.account, by=cast.supervisor).number == "钟政办新媒关〔2026〕2号"  # it may be ordered anew


def test_without_a_proof_the_supervisor_says_how_he_saw_it(cast: Cast) -> None:
    row = order(account(cast.unit, found=True), by=cast.supervisor)
    with pytest.raises(Refused, match="请写明单位没有报送证明时的核实情况"):
        ordering.execute(row.pk, by=cast.supervisor, now=NOW)
    done = ordering.execute(row.pk, reason="平台上已查不到", by=cast.supervisor, now=NOW)
    assert done.order.end_reason == "平台上已查不到"


def test_an_opening_that_completes_supersedes_the_order(cast: Cast) -> None:
    of = account(cast.unit, found=True)
    row = order(of, by=cast.supervisor, due_on=date(2026, 12, 31))
    filing = opening("accepted", cast, on=of, now=TOMORROW)
    assert ordering.supersede(TOMORROW) == 0  # not before it completes
    for system in System.values:
        exchange.take_receipt(
            filing.pk, system=system, result="taken", number="1", on=TOMORROW.date(), by=cast.officer, now=TOMORROW
        )
    with pytest.raises(WrongState, match="已补办备案"):
        ordering.execute(row.pk, reason="x", by=cast.supervisor, now=TOMORROW)

    assert (ordering.supersede(TOMORROW), ordering.supersede(TOMORROW)) == (1, 0)
    row.refresh_from_db()
    assert (row.state, row.filing_id, row.ended_by) == ("superseded", filing.pk, None)
    assert Event.objects.get(verb="supersede").role == "system"
    of.refresh_from_db()
    assert of.state == "active"


def test_an_opening_of_before_or_another_ground_supersedes_nothing(cast: Cast) -> None:
    filing = opening("completed", cast)
    other = order(filing.account, by=cast.supervisor, ground="rectification", now=TOMORROW)
    assert ordering.supersede(at("2026-12-01 00:00")) == 0
    other.refresh_from_db()
    assert other.state == "issued"


@pytest.mark.parametrize(
    ("terms", "field", "sentence"),
    [
        (Terms("unfiled", " "), "reason", "请写明责令关停的事由。"),
        (Terms("", "x"), "ground", "请选择责令关停的依据。"),
        (Terms("lost", "x"), "ground", "这个账号没有认定失控，请先认定失控，或改选其他依据。"),
        (Terms("unfiled", "x", due_on=date(2026, 11, 23)), "due_on", "办理期限不能早于今天；立即办理的，填今天。"),
        (
            Terms("unfiled", "x", number="钟政办新媒关〔2026〕1号"),
            "number",
            "文号“钟政办新媒关〔2026〕1号”已用过，请改用下一个：钟政办新媒关〔2026〕2号。",
        ),
    ],
)
def test_what_an_order_must_say(terms: Terms, field: str, sentence: str, cast: Cast) -> None:
    order()
    with pytest.raises(Incomplete) as refused:
        ordering.issue(account(cast.unit, found=True).pk, terms, by=cast.supervisor, now=NOW)
    assert refused.value.errors == {field: [sentence]}


def test_a_filed_account_is_not_ordered_closed_for_want_of_a_filing(cast: Cast) -> None:
    with pytest.raises(Incomplete) as refused:
        order(account(cast.unit))
    assert refused.value.errors == {"ground": ["账号现为“正常运行”，已经备案，请改选其他依据。"]}


def test_one_order_stands_at_a_time(cast: Cast) -> None:
    row = order()
    with pytest.raises(WrongState, match="已有一件未办结的责令关停（钟政办新媒关〔2026〕1号）"):
        order(row.account)
    with pytest.raises(IntegrityError), transaction.atomic():  # and the database says the same
        ClosureOrder.objects.create(
            number="另一件", account=row.account, unit=row.unit, ground="other", reason="x", issued_at=NOW,
            issued_by=row.issued_by, due_at=NOW,
        )  # fmt: skip
    with pytest.raises(Refused, match="请先撤销，再作废"):
        lifecycle.void(row.account, reason="登记错误", by=cast.supervisor, now=NOW)


def test_only_accounts_that_are_there_are_ordered_closed(cast: Cast) -> None:
    pending = opening("to_report", cast).account
    assert pending is not None
    with pytest.raises(WrongState, match="现为“待备案”，只有未备案、正常运行、拟关停的账号可以责令关停"):
        order(pending, ground="other")


def test_a_typed_number_is_taken_and_passed_over_later() -> None:
    assert order(number="钟政办新媒关〔2026〕2号").number == "钟政办新媒关〔2026〕2号"
    assert [order().number, order().number] == ["钟政办新媒关〔2026〕1号", "钟政办新媒关〔2026〕3号"]
    assert ordering.drafted_number(at("2027-01-01 00:00")) == "钟政办新媒关〔2027〕1号"


@pytest.mark.parametrize("who", ["operator", "leader", "officer"])
def test_who_may_not(who: str, cast: Cast) -> None:
    row, person = proved(cast), getattr(cast, who)
    for act in (
        lambda: order(account(cast.unit, found=True), by=person),
        lambda: ordering.send_back(row.pk, reason="x", by=person, now=NOW),
        lambda: ordering.execute(row.pk, by=person, now=NOW),
        lambda: ordering.revoke(row.pk, reason="x", by=person, now=NOW),
    ):
        with pytest.raises(NotAllowed, match="您不能下达责令关停：须由区政府办公室负责人办理"):
            act()
    for foreign in (Cast().operator, cast.supervisor, cast.leader):
        with pytest.raises(NotAllowed, match="您不能报送关停证明"):
            ordering.prove(row.pk, file=scan(), name="x.pdf", by=foreign, now=NOW)


@pytest.mark.parametrize("state", ["executed", "revoked"])
def test_an_order_that_ended_moves_no_more_and_says_who_was_first(state: str, cast: Cast) -> None:
    row = proved(cast)
    if state == "executed":
        ordering.execute(row.pk, by=cast.supervisor, now=NOW)
    else:
        ordering.revoke(row.pk, reason="x", by=cast.supervisor, now=NOW)
    for act in (
        lambda: ordering.prove(row.pk, file=scan(), name="x.pdf", by=cast.operator, now=NOW),
        lambda: ordering.send_back(row.pk, reason="x", by=cast.supervisor, now=NOW),
        lambda: ordering.execute(row.pk, reason="x", by=cast.supervisor, now=NOW),
        lambda: ordering.revoke(row.pk, reason="x", by=cast.supervisor, now=NOW),
    ):
        with pytest.raises(WrongState, match=f"没有办成：{cast.supervisor.name}已办理") as refused:
            act()
        assert refused.value.by == cast.supervisor
