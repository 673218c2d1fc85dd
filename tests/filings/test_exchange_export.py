"""Handing up: what waits for a system, what goes and how it is recorded."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from filings import export_batches
from filings.exporting import national, provincial
from filings.models import ExportBatch, ExportItem, FilingState, System
from tests.factories import NOW, Cast, opening, user
from tests.filings.exchanging import LATER, correct, rows_of, send, state_of, supplement, take
from zhonglou_media.core import files
from zhonglou_media.core.errors import NotAllowed, Refused
from zhonglou_media.core.events import sm3
from zhonglou_media.core.models import Event
from zhonglou_media.core.sealed import is_sealed

pytestmark = pytest.mark.django_db
NATIONAL, PROVINCIAL = System.NATIONAL, System.PROVINCIAL


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.xlsx"


@pytest.fixture
def cast() -> Cast:
    return Cast()


# --- what waits -----------------------------------------------------------------------------------------------------


def test_an_accepted_filing_waits_for_both_systems_until_it_went(out: Path) -> None:
    filing = opening("accepted")
    assert [list(export_batches.waiting_for(s)) for s in System.values] == [[filing], [filing]]
    send(filing, out)
    assert [list(export_batches.waiting_for(s)) for s in System.values] == [[], [filing]]


@pytest.mark.parametrize("state", [s for s in FilingState.values if s != "accepted"])
def test_only_accepted_filings_wait(state: str, out: Path) -> None:
    filing = opening(state)
    assert not export_batches.waiting_for("national").exists()
    assert send(filing, out) == export_batches.Exported(0, 0, None)
    assert not ExportBatch.objects.exists()


@pytest.mark.parametrize("result", ["taken", "n/a"])
def test_what_a_system_took_by_hand_or_need_not_have_does_not_wait(result: str) -> None:
    filing = opening("accepted")
    take(filing, result=result)
    assert not export_batches.waiting_for("national").exists()
    assert export_batches.waiting_for("provincial").get() == filing


def test_a_supplement_waits_again_but_not_where_the_system_does_not_apply() -> None:
    filing = opening("accepted")
    take(filing, "national", "taken")
    supplement(filing, custodian="示例管理员")
    assert export_batches.waiting_for("national").get() == filing

    other = opening("accepted")
    take(other, "national", "n/a")
    supplement(other, custodian="示例管理员")
    assert other not in export_batches.waiting_for("national")


def test_not_applicable_ends_with_the_approved_part_it_was_said_of(out: Path) -> None:
    filing = opening("accepted")
    take(filing, "national", "n/a")
    send(filing, out, "provincial")
    take(filing, "provincial", "refused", reason="定位不清")
    correct(filing, purpose="另一种功能定位")
    assert export_batches.waiting_for("national").get() == filing


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
    assert list(export_batches.without_id(export_batches.waiting_for("national"))) == [lacking]
    done = send(ready, out)
    assert (done.exported, done.waiting) == (1, 1)
    supplement(lacking, uid="learnt-1")
    done = send(ready, out)
    assert (done.exported, done.waiting) == (1, 0)
    assert rows_of(out)[0]["账号ID"] == "learnt-1"


def test_nothing_to_export_still_writes_the_heads_and_records_nothing(out: Path) -> None:
    by = Cast().officer
    assert export_batches.export("provincial", by=by, now=NOW, out=out) == export_batches.Exported(0, 0, None)
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


def test_what_a_system_took_stays_an_update_though_it_returned_an_update_since(out: Path) -> None:
    filing = opening("accepted")
    send(filing, out)
    take(filing, "national", "taken")
    supplement(filing, custodian="示例管理员")
    send(filing, out)
    take(filing, "national", "refused", reason="联系电话有误")
    correct(filing, purpose="另一种功能定位")
    send(filing, out)
    assert [row["操作"] for row in rows_of(out)] == ["更新"]


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
    assert [one.heading for one in national.COLUMNS] != [one.heading for one in provincial.COLUMNS]


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

    monkeypatch.setattr(export_batches.events, "append", broken)
    with pytest.raises(RuntimeError):
        send(filing, out)
    assert not ExportItem.objects.exists()
    assert out.read_bytes() == b"old"
    assert [p.name for p in out.parent.iterdir()] == ["out.xlsx"]


def test_the_file_is_its_users_alone_and_the_record_keeps_a_sealed_copy(out: Path, cast: Cast) -> None:
    done = send(opening("accepted", cast), out)
    assert oct(out.stat().st_mode)[-3:] == "600"
    assert done.batch is not None
    kept = export_batches.download(done.batch.pk, by=cast.officer, now=LATER)
    assert kept.file is not None
    assert is_sealed(files.path_of(kept.file.sm3).read_bytes()[:64])
    with files.open_file(kept.file) as copy:
        assert copy.read() == out.read_bytes()
    assert kept.name.startswith("全国-")
    assert kept.name.endswith("1行.xlsx")


def test_a_recorded_file_that_cannot_take_its_name_is_told_to_lie_with_the_record(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing = opening("accepted")

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: full() if to == out else real(self, to))
    with pytest.raises(Refused) as told:
        send(filing, out)
    batch = ExportBatch.objects.get()
    assert f"没有写到“{out}”" in str(told.value)
    assert batch.name in str(told.value)
    assert batch.file is not None
    assert list(out.parent.iterdir()) == []


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
