"""Handing up and taking receipts: what waits, what goes, what an answer does."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts.models import AccountState
from filings import exchange, reporting, reviewing
from filings.exporting import national, provincial
from filings.models import ExportBatch, ExportItem, Filing, FilingState, Receipt, System
from tests.factories import NOW, Cast, account, opening, read, user
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.events import sm3, timeline
from zhonglou_media.core.models import Event, EventHead

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
LATER = NOW + timedelta(hours=1)
NATIONAL, PROVINCIAL = System.NATIONAL, System.PROVINCIAL


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.xlsx"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def take(filing: Filing, system: str = "national", result: str = "taken", **more: Any) -> Receipt:
    """A receipt by the officer (n/a: by the supervisor), dated today."""
    people: Cast = filing.cast  # type: ignore[attr-defined]
    fields: dict[str, Any] = {
        "on": TODAY,
        "by": people.supervisor if result == "n/a" else people.officer,
        "now": LATER,
        "reason": "" if result == "taken" else "不在范围",
    }
    return exchange.take_receipt(filing.pk, system=system, result=result, **{**fields, **more})


def send(filing: Filing, out: Path, system: str = "national", **more: Any) -> exchange.Exported:
    people: Cast = filing.cast  # type: ignore[attr-defined]
    return exchange.export(system, **{"by": people.officer, "now": LATER, "out": out, **more})


def supplement(filing: Filing, **data: Any) -> None:
    people: Cast = filing.cast  # type: ignore[attr-defined]
    reporting.supplement(filing.pk, by=people.operator, data=data, now=LATER)


def correct(filing: Filing, **data: Any) -> None:
    """After a return: corrected, approved and reported again, accepted again."""
    from filings import approving, drafting

    people: Cast = filing.cast  # type: ignore[attr-defined]
    drafting.save_draft(filing.pk, by=people.operator, data=data, now=LATER)
    drafting.submit(filing.pk, by=people.operator, now=LATER)
    approving.leader_approve(filing.pk, by=people.leader, read=read(filing), now=LATER)
    reporting.report(filing.pk, by=people.operator, now=LATER)
    reviewing.accept(filing.pk, by=people.officer, read=read(filing), now=LATER)


def state_of(filing: Filing) -> str:
    return Filing.objects.get(pk=filing.pk).state


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of an exported workbook, by heading."""
    page = load_workbook(path).active
    assert page is not None
    values = [list(row) for row in page.iter_rows(values_only=True)]
    return [dict(zip(values[1], row, strict=True)) for row in values[2:]]


# --- what waits -----------------------------------------------------------------------------------------------------


def test_an_accepted_filing_waits_for_both_systems_until_it_went(out: Path) -> None:
    filing = opening("accepted")
    assert [list(exchange.waiting_for(s)) for s in System.values] == [[filing], [filing]]
    send(filing, out)
    assert [list(exchange.waiting_for(s)) for s in System.values] == [[], [filing]]


@pytest.mark.parametrize("state", [s for s in FilingState.values if s != "accepted"])
def test_only_accepted_filings_wait(state: str, out: Path) -> None:
    filing = opening(state)
    assert not exchange.waiting_for("national").exists()
    assert send(filing, out) == exchange.Exported(0, 0, None)
    assert not ExportBatch.objects.exists()


@pytest.mark.parametrize("result", ["taken", "n/a"])
def test_what_a_system_took_by_hand_or_need_not_have_does_not_wait(result: str) -> None:
    filing = opening("accepted")
    take(filing, result=result)
    assert not exchange.waiting_for("national").exists()
    assert exchange.waiting_for("provincial").get() == filing


def test_a_supplement_waits_again_but_not_where_the_system_does_not_apply() -> None:
    filing = opening("accepted")
    take(filing, "national", "taken")
    supplement(filing, custodian="示例管理员")
    assert exchange.waiting_for("national").get() == filing

    other = opening("accepted")
    take(other, "national", "n/a")
    supplement(other, custodian="示例管理员")
    assert other not in exchange.waiting_for("national")


def test_not_applicable_ends_with_the_approved_part_it_was_said_of(out: Path) -> None:
    filing = opening("accepted")
    take(filing, "national", "n/a")
    send(filing, out, "provincial")
    take(filing, "provincial", "refused", reason="定位不清")
    correct(filing, purpose="另一种功能定位")
    assert exchange.waiting_for("national").get() == filing


# --- up -------------------------------------------------------------------------------------------------------------


def test_an_export_leaves_a_batch_its_items_one_event_and_the_file(out: Path, cast: Cast) -> None:
    first, second = opening("accepted", cast), opening("accepted", cast, platform="weibo")
    done = send(first, out)
    assert (done.exported, done.waiting) == (2, 0)
    batch = ExportBatch.objects.get()
    assert done.batch == batch
    assert (batch.system, batch.by, batch.at, batch.sm3) == ("national", cast.officer, LATER, sm3(out.read_bytes()))
    assert set(batch.items.values_list("filing", "revision", "again")) == {(first.pk, 1, False), (second.pk, 1, False)}
    event = Event.objects.get(verb="export")
    assert (event.subject_kind, event.subject_id, event.digest) == ("export", None, batch.sm3)
    assert event.detail == {
        "system": "national",
        "batch": batch.pk,
        "filings": [[first.pk, 1], [second.pk, 1]],
    }
    assert [row["账号名称"] for row in rows_of(out)] == [first.opening.name, second.opening.name]


def test_what_lacks_the_platforms_id_waits_and_is_counted(out: Path, cast: Cast) -> None:
    ready, lacking = opening("accepted", cast), opening("accepted", cast, platform="weibo", uid="")
    assert list(exchange.without_id(exchange.waiting_for("national"))) == [lacking]
    done = send(ready, out)
    assert (done.exported, done.waiting) == (1, 1)
    supplement(lacking, uid="learnt-1")
    done = send(ready, out)
    assert (done.exported, done.waiting) == (1, 0)
    assert rows_of(out)[0]["账号ID"] == "learnt-1"


def test_nothing_to_export_still_writes_the_heads_and_records_nothing(out: Path) -> None:
    by = Cast().officer
    assert exchange.export("provincial", by=by, now=NOW, out=out) == exchange.Exported(0, 0, None)
    assert rows_of(out) == []
    assert not Event.objects.filter(verb="export").exists()


def test_again_sends_the_same_revision_once_more_with_what_came_since(out: Path, cast: Cast) -> None:
    filing = opening("accepted", cast)
    send(filing, out)
    assert send(filing, out).exported == 0
    new = opening("accepted", cast, platform="weibo")
    assert send(filing, out, again=True).exported == 2
    assert list(ExportItem.objects.order_by("pk").values_list("filing", "again")) == [
        (filing.pk, False),
        (filing.pk, True),
        (new.pk, False),
    ]
    assert {row["操作"] for row in rows_of(out)} == {"新增"}


def test_again_leaves_out_what_is_no_longer_accepted(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    take(filing, result="refused", reason="责任科室未填")
    assert send(filing, out, again=True).exported == 0


def test_a_later_supplement_goes_up_marked_as_an_update_and_needs_no_new_receipt(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    take(filing, "national")
    supplement(filing, custodian="示例管理员")
    assert send(filing, out).exported == 1
    assert [row["操作"] for row in rows_of(out)] == ["更新"]
    take(filing, "provincial")
    assert state_of(filing) == "completed"


def test_a_filing_taken_by_hand_then_supplemented_is_an_update_too(out: Path) -> None:
    filing = opening("accepted")
    take(filing, "provincial")
    supplement(filing, remarks="补充说明")
    send(filing, out, "provincial")
    assert [(row["业务代码"], row["业务"]) for row in rows_of(out)] == [("U", "更新")]


def test_what_a_system_returned_goes_to_it_as_new_and_to_the_other_as_an_update(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out, "national")
    send(filing, out, "provincial")
    take(filing, "national", "refused", reason="责任科室未填")
    correct(filing, department_in_charge="示例科")
    send(filing, out, "national")
    assert [row["操作"] for row in rows_of(out)] == ["新增"]
    send(filing, out, "provincial")
    assert [row["业务"] for row in rows_of(out)] == ["更新"]


def test_both_files_say_they_are_for_reference_and_differ(out: Path) -> None:
    filing = opening("accepted", platform="wechat", kind="service", link="", verification="unverified")
    filing.account.followers = 123456  # type: ignore[union-attr]
    filing.account.save()  # type: ignore[union-attr]
    send(filing, out, "national")
    (row,) = rows_of(out)
    assert load_workbook(out).active["A1"].value.endswith("（参考，待区政府办公室提供正式格式）")
    assert row["注册平台"] == "微信公众号（服务号）"
    assert (row["账号链接"], row["粉丝量（万）"], row["是否认证"], row["序号"]) == ("无", 12.35, "否", 1)
    send(filing, out, "provincial")
    (row,) = rows_of(out)
    assert load_workbook(out).active["A1"].value.endswith("（参考，待区政府办公室提供正式格式）")
    assert (row["平台代码"], row["账号类型代码"], row["业务代码"]) == ("01", "2", "A")
    assert [h for h, _ in national.COLUMNS] != [h for h, _ in provincial.COLUMNS]


def test_no_cell_is_a_formula(out: Path) -> None:
    filing = opening("accepted", name="=HYPERLINK(0)", purpose="+1", uid="@id", link="-2+3", custodian="=1+1")
    for system in System.values:
        send(filing, out, system)
        page = load_workbook(out).active
        assert page is not None
        assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
        assert "=HYPERLINK(0)" in [cell.value for row in page.iter_rows() for cell in row]


def test_an_export_that_fails_leaves_no_record_no_half_file_and_the_old_file(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing = opening("accepted")
    out.write_bytes(b"old")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(exchange.events, "append", broken)
    with pytest.raises(RuntimeError):
        send(filing, out)
    assert not ExportItem.objects.exists()
    assert out.read_bytes() == b"old"
    assert [p.name for p in out.parent.iterdir()] == ["out.xlsx"]


def test_an_export_into_nowhere_records_nothing(tmp_path: Path) -> None:
    filing = opening("accepted")
    with pytest.raises(FileNotFoundError) as error:
        send(filing, tmp_path / "missing" / "out.xlsx")
    assert error.value.filename == str(tmp_path / "missing" / "out.xlsx")
    with pytest.raises(IsADirectoryError):
        send(filing, tmp_path)
    assert not ExportBatch.objects.exists()


def test_only_the_office_and_the_system_export(out: Path) -> None:
    filing = opening("accepted")
    for role in ("operator", "leader", "auditor", "admin", "parent"):
        with pytest.raises(NotAllowed):
            send(filing, out, by=user(role))
    assert not out.exists()
    assert send(filing, out, by=None).exported == 1


# --- and what comes back --------------------------------------------------------------------------------------------

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
    with pytest.raises(Refused, match="请先把第2版导出到全省系统"):
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
