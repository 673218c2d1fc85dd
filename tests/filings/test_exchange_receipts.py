"""What the systems above answer, and what an answer does."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AccountState
from filings.models import Filing, FilingState, Receipt, System
from tests.factories import Cast, account, opening
from tests.filings.exchanging import TODAY, correct, send, state_of, supplement, take
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.events import timeline
from zhonglou_media.core.models import Event, EventHead

pytestmark = pytest.mark.django_db
NATIONAL, PROVINCIAL = System.NATIONAL, System.PROVINCIAL


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.xlsx"


@pytest.fixture
def cast() -> Cast:
    return Cast()


# First, second answer; the filing's state then, the account's.
ANSWERS = [
    (("national", "taken"), None, "accepted", "pending"),
    (("provincial", "taken"), None, "accepted", "pending"),
    (("national", "n/a"), None, "accepted", "pending"),
    (("national", "taken"), ("provincial", "taken"), "completed", "active"),
    (("provincial", "taken"), ("national", "taken"), "completed", "active"),
    (("national", "taken"), ("provincial", "n/a"), "completed", "active"),
    (("national", "n/a"), ("provincial", "n/a"), "completed", "active"),
]


@pytest.mark.parametrize(("first", "second", "state", "account_state"), ANSWERS)
@pytest.mark.parametrize("exported", [True, False])
def test_a_filing_is_done_when_both_systems_have_answered(
    first: tuple[str, str], second: tuple[str, str] | None, state: str, account_state: str, exported: bool, out: Path
) -> None:
    filing = opening("accepted")
    if exported:
        send(filing, out, "national")
        send(filing, out, "provincial")
    for system, result in filter(None, (first, second)):
        take(filing, system, result, number=f"{system}-1" if result == "taken" else "")
    filing = Filing.objects.select_related("account").get(pk=filing.pk)
    assert filing.account is not None
    assert (filing.state, filing.account.state) == (state, account_state)
    if state == "completed":
        assert filing.account.number == filing.number
        numbers = dict(Receipt.objects.filter(filing=filing).values_list("system", "number"))
        assert (filing.account.national_no, filing.account.provincial_no) == (
            numbers["national"],
            numbers["provincial"],
        )


def test_a_receipt_counts_for_the_revision_last_exported(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    supplement(filing, custodian="示例管理员")
    assert take(filing, "national").revision == 1
    assert take(filing, "provincial").revision == 2  # entered there by hand
    assert state_of(filing) == "completed"


def test_refused_without_an_export_is_told(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out, "provincial")
    with pytest.raises(Refused, match="尚未导出到全国"):
        take(filing, "national", "refused", reason="有误")
    assert not Receipt.objects.exists()


def test_refused_is_the_return_of_the_revision_last_exported(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    supplement(filing, custodian="示例管理员")
    receipt = take(filing, "national", "refused", reason="责任科室未填")
    filing = Filing.objects.get(pk=filing.pk)
    assert receipt.revision == 1
    assert (filing.state, filing.returns, filing.correction_from) == ("returned", 1, TODAY)
    assert filing.correction_due_at is not None
    event = timeline(filing).get(verb="upper_return")
    assert (event.from_state, event.to_state, event.comment) == ("accepted", "returned", "全国退回：责任科室未填")
    assert event.detail["revision"] == 1
    assert event.detail["digest"] == filing.revisions.get(number=1).sm3


def test_what_was_returned_must_go_up_again_before_it_can_come_back(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    take(filing, "national", "refused", reason="责任科室未填")
    correct(filing, department_in_charge="示例科")
    with pytest.raises(Refused, match="尚未导出"):
        take(filing, "national", "refused", reason="责任科室未填")
    assert take(filing, "national").revision == 2  # entered by hand this time


def test_a_receipt_for_content_that_was_changed_since_does_not_count(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out, "national")
    send(filing, out, "provincial")
    take(filing, "provincial")
    take(filing, "national", "refused", reason="定位不清")
    correct(filing, purpose="另一种功能定位")
    take(filing, "national")
    assert state_of(filing) == "accepted"  # the province took the old content
    with pytest.raises(Refused, match="请先把第2版导出到全省平台"):
        take(filing, "provincial")
    send(filing, out, "provincial")
    take(filing, "provincial")
    assert state_of(filing) == "completed"


def test_a_receipt_stays_good_when_only_contacts_were_corrected(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out, "national")
    take(filing, "provincial")
    take(filing, "national", "refused", reason="缺管理员")
    correct(filing, custodian="示例管理员")
    take(filing, "national")
    assert state_of(filing) == "completed"


@pytest.mark.parametrize("result", ["taken", "n/a", "refused"])
@pytest.mark.parametrize("before", ["taken", "n/a"])
def test_a_system_that_has_answered_is_not_asked_again(before: str, result: str, out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    take(filing, "national", before)
    with pytest.raises(Refused, match="不用再登记"):
        take(filing, "national", result)
    assert Receipt.objects.count() == 1


def test_an_update_that_went_up_later_can_come_back(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    take(filing, "national")
    supplement(filing, custodian="示例管理员")
    send(filing, out)
    take(filing, "national", "refused", reason="管理员电话未填")
    assert state_of(filing) == "returned"


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"on": date(2026, 11, 25)}, "不能晚于今天（2026-11-24）"),
    ({"on": date(2020, 1, 1)}, "早于主要领导批准本件的日期（2026-"),
    ({"number": "1" * 65}, "不能超过64个字"),
    ({"number": "A\x00B"}, "控制字符"),
    ({"result": "n/a", "reason": " "}, "不适用的理由"),
    ({"result": "refused", "reason": ""}, "上级退回的原因"),
]


@pytest.mark.parametrize(("fields", "words"), REFUSALS)
def test_a_receipt_that_cannot_be_is_refused(fields: dict[str, Any], words: str, out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    with pytest.raises(Refused, match=words):
        take(filing, **fields)
    assert not Receipt.objects.exists()
    assert state_of(filing) == "accepted"


@pytest.mark.parametrize("state", [s for s in FilingState.values if s != "accepted"])
@pytest.mark.parametrize("result", ["taken", "n/a", "refused"])
def test_only_an_accepted_filing_takes_receipts(state: str, result: str) -> None:
    filing = opening(state)
    with pytest.raises(WrongState):
        take(filing, result=result)


def test_who_may_enter_which_answer() -> None:
    filing = opening("accepted")
    with pytest.raises(NotAllowed):
        take(filing, result="n/a", by=filing.cast.officer)  # type: ignore[attr-defined]
    with pytest.raises(NotAllowed):
        take(filing, result="n/a", by=None)
    with pytest.raises(NotAllowed):
        take(filing, by=filing.cast.operator)  # type: ignore[attr-defined]
    assert take(filing, by=None).by is None


def test_the_history_tells_the_receipt_and_then_the_completion() -> None:
    filing = opening("accepted")
    take(filing, "national", number="国-1")
    take(filing, "provincial", "n/a", reason="不在省平台范围")
    told = [(e.verb, e.comment) for e in timeline(filing)][-3:]
    assert told == [
        ("receipt", "全国已备案（国-1）"),
        ("receipt", "全省不适用：不在省平台范围"),
        ("complete", ""),
    ]
    assert EventHead.objects.get().seq == Event.objects.count()


def test_completion_activates_an_unfiled_account_from_what_was_filed(cast: Cast) -> None:
    found = account(cast.unit, found=True)
    filing = opening("accepted", cast, on=found, name="示例新名称", uid=found.uid)
    take(filing, "national")
    take(filing, "provincial")
    found.refresh_from_db()
    assert (found.state, found.name, found.number) == (AccountState.ACTIVE, "示例新名称", filing.number)
