"""关停, 注销: from which state, what each move does to the account, what completion waits for (第八条)."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts import activity, lifecycle, rules
from accounts.models import Account, AccountState
from filings import approving, completing, drafting, exchange, going_up, kinds, reporting, reviewing
from filings.forms.closing import CancelSupplementForm, ClosingForm
from filings.models import ExportBatch, Filing, FilingState
from tests.factories import NOW, Cast, account, at, closing, opening, platform, read, scan
from tests.filings.exchanging import LATER, supplement, take
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.events import timeline
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db
TODAY, AHEAD = "2026-11-24", "2026-12-01"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def in_state(state: str, cast: Cast) -> Account:
    """An account of the unit that came to `state` the way accounts do."""
    if state == "pending":
        return opening("office_review", cast).registered
    if state == "unfiled":
        return account(cast.unit, found=True)
    row = account(cast.unit)
    if state == "closing":
        closing("accepted", cast, on=row)
    elif state in ("closed", "cancelled"):
        closing("completed", cast, on=row, kind="cancel" if state == "cancelled" else "close")
    return Account.objects.get(pk=row.pk)


def fresh(filing: Filing) -> tuple[str, str]:
    """The states of the filing and of its account as they stand."""
    row = Filing.objects.select_related("account").get(pk=filing.pk)
    return row.state, row.registered.state


@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [
        ("close", "active", ""),
        ("close", "pending", "办理中的备案"),
        ("close", "unfiled", "只有正常运行的账号可以办理关停报备"),
        ("close", "closing", "办理中的备案"),
        ("close", "closed", "只有正常运行的账号可以办理关停报备"),
        ("close", "cancelled", "只有正常运行的账号可以办理关停报备"),
        ("cancel", "active", ""),
        ("cancel", "unfiled", "只有正常运行或已关停的账号可以办理注销报备"),
        ("cancel", "closing", "办理中的备案"),
        ("cancel", "closed", ""),
        ("cancel", "cancelled", "只有正常运行或已关停的账号可以办理注销报备"),
    ],
)
def test_from_which_state_it_may_be_begun(cast: Cast, kind: str, state: str, words: str) -> None:
    row = in_state(state, cast)
    if not words:
        assert drafting.start(kind, by=cast.operator, unit=cast.unit, account=row, now=NOW).state == "draft"
        return
    with pytest.raises(Refused, match=words):
        drafting.start(kind, by=cast.operator, unit=cast.unit, account=row, now=NOW)


@pytest.mark.parametrize(
    ("kind", "state", "to", "then"),
    [
        *((kind, "active", step, "active") for kind in ("close", "cancel") for step in ("leader_review", "to_report")),
        *((kind, "active", step, "active") for kind in ("close", "cancel") for step in ("returned", "refused")),
        ("close", "active", "withdrawn", "active"),
        ("close", "active", "accepted", "closing"),
        ("close", "active", "completed", "closed"),
        ("cancel", "active", "accepted", "closing"),
        ("cancel", "active", "completed", "cancelled"),
        ("cancel", "closed", "office_review", "closed"),
        ("cancel", "closed", "accepted", "closed"),  # a closed account stays closed meanwhile
        ("cancel", "closed", "refused", "closed"),
        ("cancel", "closed", "completed", "cancelled"),
    ],
)
def test_what_becomes_of_the_account(cast: Cast, kind: str, state: str, to: str, then: str) -> None:
    filing = closing(to, cast, kind=kind, on=in_state(state, cast))
    assert fresh(filing) == (to, then)
    assert (filing.registered.next_update_due_at is not None) is (then in ("active", "closing"))


@pytest.mark.parametrize(("kind", "state", "back"), [("close", "active", "active"), ("cancel", "closed", "closed")])
@pytest.mark.parametrize("how", ["unaccept", "upper_return"])
def test_an_acceptance_undone_gives_the_account_back(cast: Cast, kind: str, state: str, back: str, how: str) -> None:
    filing = closing("accepted", cast, kind=kind, on=in_state(state, cast))
    if how == "unaccept":
        reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=LATER, comment="核对有误")
        assert fresh(filing) == ("office_review", back)
        reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=LATER)
        assert fresh(filing)[0] == "accepted"
        return
    filing.exports.create(batch=exported(cast), system="national", revision=filing.revision, again=False)
    take(filing, "national", "refused", reason="材料不全")
    assert fresh(filing) == ("returned", back)


def exported(cast: Cast) -> ExportBatch:
    return ExportBatch.objects.create(system="national", at=NOW, by=cast.officer, sm3="0" * 64)


def test_a_closing_account_is_still_judged_and_a_closed_one_no_more(cast: Cast) -> None:
    filing = closing("accepted", cast)
    row = filing.registered
    question = activity.ask(row.pk, asked_at=NOW, body="请问几点上班？", by=cast.operator, now=NOW)
    later = at("2026-12-20 09:00")
    Account.objects.filter(pk=row.pk).update(posts_known_until=later)
    assert list(rules.inactive(later)) == [row]
    assert list(rules.slow_reply(later)) == [question]
    activity.reply(question.pk, at=NOW, by=cast.operator, now=NOW)
    for system in ("national", "provincial"):
        take(filing, system)
    assert fresh(filing) == ("completed", "closed")
    assert not rules.inactive(later).exists()


# --- late facts -----------------------------------------------------------------------------------------------------


def both(filing: Filing) -> Filing:
    for system in ("national", "provincial"):
        take(filing, system)
    return Filing.objects.get(pk=filing.pk)


@pytest.mark.parametrize(
    ("kind", "day", "proof", "lacks"),
    [
        ("close", "", False, "停止更新日期"),
        ("close", AHEAD, False, "停止更新日期（计划 2026-12-01，还没有到）"),
        ("close", TODAY, False, ""),
        ("cancel", "", False, "平台注销日期、注销证明"),
        ("cancel", TODAY, False, "注销证明"),
        ("cancel", AHEAD, True, "平台注销日期（计划 2026-12-01，还没有到）"),
        ("cancel", TODAY, True, ""),
    ],
)
def test_what_completion_waits_for(cast: Cast, kind: str, day: str, proof: bool, lacks: str) -> None:
    filing = closing("accepted", cast, kind=kind, effective_on=day)
    if kind == "cancel" and not proof:
        filing.attachments.update(removed_at=NOW)
    assert kinds.of(filing).lacks(filing, NOW) == lacks
    row = going_up.passing([Filing.objects.for_lists().get(pk=filing.pk)], now=NOW)[0]
    assert (f"还缺：{lacks}" in row.missing) is bool(lacks)
    assert (both(filing).state == FilingState.COMPLETED) is (not lacks)


def test_what_lacks_and_what_stands_in_the_way_reach_the_unit(cast: Cast, client: Client) -> None:
    dated = closing("accepted", cast, effective_on="")
    open_ = closing("accepted", cast, on=account(cast.unit, platform=platform("kuaishou")), effective_on=TODAY)
    activity.ask(open_.registered.pk, asked_at=NOW, by=cast.operator, now=NOW)
    both(dated)
    both(open_)
    told = list(Notice.objects.filter(user=cast.operator).order_by("pk").values_list("text", flat=True))
    assert sum("还缺停止更新日期，请在“补充材料”里补齐" in text for text in told) == 1
    assert sum("暂不能办结：账号“" in text and "咨询没有办结" in text for text in told) == 1
    client.force_login(cast.operator)
    home = client.get("/").content.decode()
    assert "1 件备案待补充材料" in home
    assert "1 件备案办结受阻" in home
    client.force_login(cast.officer)
    home = client.get("/").content.decode()
    assert "件待录入上级系统" not in home
    assert "办结受阻（1件）" in home
    assert "还缺材料，等单位补充（1件）" in home
    assert not going_up.to_pass_on().exists()


def test_the_proof_completes_it_and_before_the_office_is_told_what_lacks(cast: Cast) -> None:
    filing = closing("accepted", cast, kind="cancel")
    filing.attachments.update(removed_at=NOW)
    assert both(filing).state == FilingState.ACCEPTED
    with pytest.raises(Refused, match="还缺注销证明"):
        exchange.complete_again(filing.pk, by=cast.officer, now=LATER)
    reporting.attach(filing.pk, by=cast.operator, file=scan(), name="其他.pdf", now=LATER)
    assert fresh(filing) == ("accepted", "closing")
    reporting.attach(filing.pk, by=cast.officer, file=scan(), name="注销证明.pdf", kind="proof", now=LATER)
    assert fresh(filing) == ("completed", "cancelled")


def test_a_planned_date_is_postponed_and_completes_when_it_comes(cast: Cast) -> None:
    filing = closing("accepted", cast, effective_on=AHEAD)
    both(filing)
    supplement(filing, effective_on="2026-12-03")
    assert completing.complete_waiting(at("2026-12-02 09:05")) == 0
    assert completing.complete_waiting(at("2026-12-03 00:05")) == 1
    assert fresh(filing) == ("completed", "closed")
    event = timeline(filing).filter(verb="complete").get()
    assert (event.actor, event.role) == (None, "system")


def test_an_answer_completes_it_within_the_hour_and_an_opening_is_left_alone(cast: Cast) -> None:
    filing = closing("accepted", cast)
    told = {"by": cast.operator, "now": NOW, "asked_at": NOW}
    asked = [activity.ask(filing.registered.pk, body=body, **told) for body in ("几点上班？", "几点下班？")]
    assert "还有咨询没有办结" in both(filing).conflict
    for question in asked:  # one answered is no news
        assert completing.complete_waiting(LATER) == 0
        activity.reply(question.pk, at=NOW, by=cast.operator, now=LATER)
    assert timeline(filing).filter(verb="completion_blocked").count() == 1
    assert completing.complete_waiting(LATER) == 1
    assert completing.complete_waiting(LATER) == 0


@pytest.mark.parametrize(
    ("approved", "day", "event"),
    [
        ("2026-11-20 10:00", AHEAD, None),  # row 18: planned ahead
        ("2026-11-20 10:00", "2026-11-20", None),  # done on the day of the approval
        ("2026-11-24 10:00", "2026-11-19", at("2026-11-24 00:00")),  # row 5: done before it
    ],
)
def test_row_18_a_plan_has_no_clock(cast: Cast, approved: str, day: str, event: Any) -> None:
    moment = at(approved)
    filing = closing("accepted", cast, on=account(cast.unit, now=at("2026-11-01 09:00")), now=moment, effective_on=day)
    assert filing.event_due_at == event
    reporting.supplement(filing.pk, by=cast.operator, data={"effective_on": "2026-12-08"}, now=moment)
    assert Filing.objects.get(pk=filing.pk).event_due_at == event  # postponed: row 7 leaves an accepted one as it is


# --- the rest of the life -------------------------------------------------------------------------------------------


def test_who_takes_over_is_written_on_the_account(cast: Cast) -> None:
    taker = account(cast.unit, name="示例承接账号", platform=platform("weibo"))
    filing = closing("completed", cast, mode="merge", successor=str(taker.pk), disposal="migrate")
    row = Account.objects.get(pk=filing.account_id)
    assert (row.state, row.successor) == (AccountState.CLOSED, taker)
    assert "今后政务信息请关注“示例承接账号”" in filing.closing.notice_text


def test_what_is_cancelled_before_it_was_applied_for_is_mistyped(cast: Cast) -> None:
    filing = closing("draft", cast, kind="cancel")
    days = {"applied_on": "2026-11-21", "effective_on": "2026-11-20"}
    for errors in (form_of(filing, **days).errors, CancelSupplementForm(days).errors):
        assert "晚于平台注销日期 2026-11-20" in errors["applied_on"][0]
    assert "applied_on" not in form_of(filing, applied_on="2026-11-20", effective_on="2026-11-20").errors


def test_neither_itself_nor_one_that_leaves_or_waits_takes_over(cast: Cast) -> None:
    leaving = account(cast.unit, platform=platform("weibo"))
    closing("accepted", cast, on=leaving)
    pending = opening("to_report", cast, platform="kuaishou")
    filing = closing("draft", cast)
    for one in (leaving.pk, filing.account_id, pending.account_id):
        assert "successor" in form_of(filing, successor=str(one)).errors


def test_a_withdrawal_after_the_report_ends_each_kind(cast: Cast) -> None:
    for number, kind in enumerate(("close", "cancel")):
        row = account(cast.unit, platform=platform(("weibo", "douyin")[number]))
        filing = closing("office_review", cast, kind=kind, on=row)
        with pytest.raises(Refused, match="撤回的理由"):
            reporting.withdraw(filing.pk, by=cast.operator, reason="", on_platform=None, now=NOW)
        reporting.withdraw(filing.pk, by=cast.operator, reason="继续运行", on_platform=None, now=NOW)
        assert fresh(filing) == ("withdrawn", "active")
    accepted = closing("accepted", cast, on=row)
    with pytest.raises(WrongState, match="待上级平台备案"):
        reporting.withdraw(accepted.pk, by=cast.operator, reason="继续运行", on_platform=None, now=NOW)


def test_three_returns_and_a_refusal_ask_nothing_about_the_platform(cast: Cast) -> None:
    filing = closing("returned", cast)
    for _ in range(2):
        reporting.report(filing.pk, by=cast.operator, now=NOW)
        reviewing.return_(filing.pk, by=cast.officer, read=read(filing), now=NOW, comment="请补充")
    filing.refresh_from_db()
    assert (filing.returns, filing.registered.state) == (3, "active")
    reporting.report(filing.pk, by=cast.operator, now=NOW)
    reviewing.refuse(filing.pk, by=cast.officer, read=read(filing), now=NOW, comment="依据第七条")
    assert fresh(filing) == ("refused", "active")


def test_the_register_moved_before_the_approval(cast: Cast) -> None:
    filing = closing("leader_review", cast)
    lifecycle.end_by_order(filing.registered, cancelled=False, ground="责令 示例1号", by=None, role="system", now=NOW)
    with pytest.raises(Refused, match="现为“已关停”"):
        approving.leader_approve(filing.pk, by=cast.leader, read=read(filing), now=NOW)


def test_only_a_cancellation_asks_when_it_was_applied_for(cast: Cast) -> None:
    other = account(cast.unit, platform=platform("weibo"))
    close, cancel = closing("draft", cast), closing("draft", cast, kind="cancel", on=other)
    frozen = [form_of(filing, applied_on=TODAY).details().applied_on for filing in (close, cancel)]
    assert frozen == [None, date(2026, 11, 24)]
    assert "applied_on" not in kinds.of(close).supplement.base_fields
    assert "applied_on" in kinds.of(cancel).supplement.base_fields


def form_of(filing: Filing, **typed: str) -> ClosingForm:
    form = ClosingForm({**filing.draft.data, **typed}, filing=filing)
    form.is_valid()
    return form
