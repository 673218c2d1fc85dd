"""办结: when both systems have answered; what stands in the way is named, and the receipt is kept."""

from datetime import timedelta
from typing import Any

import pytest

from accounts import lifecycle
from accounts.models import Account, AccountState
from filings import applying, drafting, exchange, export_batches, reporting, reviewing
from filings.models import Filing, FilingState, Receipt
from tests.factories import NOW, Cast, account, at, opening, read
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.events import timeline
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def cast() -> Cast:
    return Cast()


def take(filing: Filing, system: str, result: str = "taken", **more: Any) -> Receipt:
    people: Cast = filing.cast  # type: ignore[attr-defined]
    by = people.supervisor if result == "n/a" else people.officer
    reason = "" if result == "taken" else "不在范围"
    fields = {"on": day_of(NOW), "reason": reason, "by": by, "now": LATER}
    return exchange.take_receipt(filing.pk, system=system, result=result, **{**fields, **more})


def now_of(filing: Filing) -> Filing:
    return Filing.objects.select_related("account").get(pk=filing.pk)


def blocked(cast: Cast) -> tuple[Filing, Account]:
    """An accepted opening both systems have taken, while another account took the unit's place on the platform."""
    filing = opening("accepted", cast)
    rival = account(cast.unit, name="示例占位", same_platform_reason="存量待说明")
    take(filing, "national")
    take(filing, "provincial")
    return filing, rival


def test_completion_gives_the_account_its_number_and_starts_watching_it(cast: Cast) -> None:
    filing = opening("completed", cast)
    done = now_of(filing)
    assert done.account is not None
    assert (done.state, done.ended_at, done.conflict) == ("completed", NOW, "")
    assert (done.account.state, done.account.number) == (AccountState.ACTIVE, done.number)
    assert done.account.monitored_from == day_of(NOW)
    assert done.account.next_update_due_at == at("2026-12-02 00:00")  # 24:00 of day 7
    assert list(done.account.names.values_list("name", flat=True)) == [filing.opening.name]


def test_a_conflict_keeps_the_receipt_and_is_named_on_the_filing(cast: Cast) -> None:
    filing, _ = blocked(cast)
    stands = now_of(filing)
    assert stands.account is not None
    assert (stands.state, stands.account.state) == (FilingState.ACCEPTED, AccountState.PENDING)
    assert "示例占位" in stands.conflict
    assert set(filing.receipts.values_list("system", "result")) == {("national", "taken"), ("provincial", "taken")}
    told = [event.verb for event in timeline(filing)][-2:]
    assert told == ["receipt", "completion_blocked"]
    assert Notice.objects.filter(user=cast.supervisor, text__contains="暂不能办结").exists()


def test_an_account_that_has_moved_blocks_completion(cast: Cast) -> None:
    filing = opening("accepted", cast)
    take(filing, "national")
    waiting = now_of(filing).account
    assert waiting is not None
    lifecycle.activate(waiting, number="X-1", ground="", by=None, role="system", now=LATER)
    take(filing, "provincial")
    stands = now_of(filing)
    assert stands.state == FilingState.ACCEPTED
    assert "现为“正常运行”，不能办结" in stands.conflict
    assert filing.receipts.count() == 2


def test_the_same_conflict_is_told_once(cast: Cast) -> None:
    filing, _ = blocked(cast)
    for _ in range(2):
        with pytest.raises(Refused, match="仍不能办结"):
            exchange.complete_again(filing.pk, by=cast.officer, now=LATER)
    assert timeline(filing).filter(verb="completion_blocked").count() == 1


def test_once_the_way_is_clear_it_completes_and_the_conflict_is_gone(cast: Cast) -> None:
    filing, rival = blocked(cast)
    lifecycle.void(rival, reason="登记有误", by=cast.supervisor, now=LATER)
    exchange.complete_again(filing.pk, by=cast.officer, now=LATER)
    done = now_of(filing)
    assert (done.state, done.conflict) == ("completed", "")
    with pytest.raises(WrongState):
        exchange.complete_again(filing.pk, by=cast.officer, now=LATER)


def test_a_supplement_completes_it_too_once_the_way_is_clear(cast: Cast) -> None:
    filing, rival = blocked(cast)
    lifecycle.void(rival, reason="登记有误", by=cast.supervisor, now=LATER)
    reporting.supplement(filing.pk, by=cast.operator, data={"remarks": "无"}, now=LATER)
    assert now_of(filing).state == "completed"


def test_trying_again_needs_both_answers_and_the_office(cast: Cast) -> None:
    filing = opening("accepted", cast)
    take(filing, "national")
    with pytest.raises(Refused, match="还没有到齐"):
        exchange.complete_again(filing.pk, by=cast.officer, now=LATER)
    with pytest.raises(NotAllowed):
        exchange.complete_again(filing.pk, by=cast.operator, now=LATER)


def test_the_supervisor_may_take_a_blocked_filing_back_and_its_receipts_stay_good(cast: Cast, tmp_path: Any) -> None:
    filing = opening("accepted", cast)
    export_batches.export("national", by=cast.officer, now=LATER, out=tmp_path / "o.xlsx")
    with pytest.raises(Refused, match="已报上级系统"):
        reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=LATER, comment="有误")
    rival = account(cast.unit, name="示例占位", same_platform_reason="存量待说明")
    take(filing, "national")
    take(filing, "provincial")
    reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=LATER, comment="账号已占位")
    back = now_of(filing)
    assert (back.state, back.conflict) == ("office_review", "")
    assert [applying.standing_receipt(back, s) is not None for s in ("national", "provincial")] == [True, True]
    lifecycle.void(rival, reason="登记有误", by=cast.supervisor, now=LATER)
    reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=LATER)
    assert now_of(filing).state == "completed"  # nothing is left to wait for


def test_what_is_no_longer_blocked_completes_and_is_not_taken_back(cast: Cast) -> None:
    filing, rival = blocked(cast)
    lifecycle.void(rival, reason="登记有误", by=cast.supervisor, now=LATER)
    with pytest.raises(WrongState, match="刚刚办结"):
        reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=LATER, comment="账号已占位")
    assert now_of(filing).state == "completed"


def test_a_receipt_waits_for_the_other_system_whatever_the_order(cast: Cast) -> None:
    filing = opening("accepted", cast)
    take(filing, "provincial", "n/a")
    reporting.supplement(filing.pk, by=cast.operator, data={"custodian": "示例"}, now=LATER)
    assert now_of(filing).state == "accepted"
    take(filing, "national")
    assert now_of(filing).state == "completed"


def test_an_opening_of_a_found_account_changes_its_row_only_when_done(cast: Cast) -> None:
    found = account(cast.unit, found=True, name="示例旧名")
    filing = opening("accepted", cast, on=found, name="示例新名", uid=found.uid)
    found.refresh_from_db()
    assert (found.state, found.name) == ("unfiled", "示例旧名")
    take(filing, "national")
    take(filing, "provincial")
    found.refresh_from_db()
    assert (found.state, found.name, found.found_at) == ("active", "示例新名", None)


def test_a_completed_filing_frees_the_account_for_the_next(cast: Cast) -> None:
    filing = opening("completed", cast)
    done = now_of(filing)
    with pytest.raises(Refused, match="只有未备案或已关停"):
        drafting.start("open", by=cast.operator, unit=cast.unit, account=done.account, now=LATER)


def test_an_opening_does_not_activate_the_account_of_another_unit(cast: Cast) -> None:
    row = account(cast.unit, found=True, same_platform_reason="示例")
    filing = opening("accepted", cast, on=row)
    Account.objects.filter(pk=row.pk).update(unit=Cast().unit)
    for system in ("national", "provincial"):
        take(filing, system)
    done = now_of(filing)
    assert (done.state, done.account and done.account.state) == ("accepted", AccountState.UNFILED)
    assert f"不能由{cast.unit}的开办备案办结" in done.conflict
