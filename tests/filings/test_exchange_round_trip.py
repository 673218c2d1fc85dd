"""Up and back: the exported workbook, their system's answers composed from it, and every filing completed."""

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from accounts.models import Account, AccountState, Role
from filings import export_runs, receipts_in
from filings.models import ExportBatch, Filing, FilingState, Receipt
from tests.factories import Cast, account, change, closing, opening, platform, unit, user
from tests.filings.exchanging import LATER, TODAY
from zhonglou_media.core import files
from zhonglou_media.core.jobs import run_next

pytestmark = pytest.mark.django_db
KINDS = {export_runs.KIND: export_runs.EXPORT_FILINGS}


def merged(batch: ExportBatch) -> list[dict[str, str]]:
    """The rows of 合并.xlsx as somebody sees them who opens it."""
    assert batch.file is not None
    with files.open_file(batch.file) as stored, zipfile.ZipFile(io.BytesIO(stored.read())) as archive:
        page = load_workbook(io.BytesIO(archive.read("合并.xlsx"))).active
    assert page is not None
    values = [["" if cell is None else str(cell) for cell in row] for row in page.iter_rows(values_only=True)]
    return [dict(zip(values[1], row, strict=True)) for row in values[2:]]


def their_file(path: Path, name: str, rows: list[dict[str, str]]) -> None:
    """What the system above gives back: its own heads and order, our number, its own number, its answer."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.append([f"{name}备案结果"])
    page.append(["行", "主办单位", "区级备案编号", "上级平台", "系统编号", "审核结果", "备案日期"])
    for number, row in enumerate(reversed(rows), 1):
        of = row.get("单位名称") or row.get("主办单位")
        page.append([number, of, row["区级备案编号"], name, f"{name}-{number:04}", "已备案", TODAY.isoformat()])
    book.save(path)


def test_what_went_up_comes_back_and_completes(tmp_path: Path) -> None:
    cast, other, officer = Cast(unit()), Cast(unit()), user(Role.OFFICER)
    kept = account(cast.unit, platform=platform("weibo"))
    ended = account(other.unit, platform=platform("kuaishou"))
    filings = [
        opening("accepted", cast),
        opening("accepted", other),
        change("accepted", cast, on=kept, name="示例改名"),
    ]
    filings.append(closing("accepted", other, on=ended, kind="cancel"))
    for system, name in (("national", "全国系统"), ("provincial", "全省平台")):
        export_runs.submit(system, by=officer, now=LATER)
        assert run_next(KINDS)
        rows = merged(ExportBatch.objects.get(system=system))
        assert {row["区级备案编号"] for row in rows} == {filing.number for filing in filings}
        answer = tmp_path / f"{system}.xlsx"
        their_file(answer, name, rows)
        done = receipts_in.record(answer, by=officer, now=LATER)
        assert (done.taken, [one.reason for one in done.rejected]) == (4, [])
    assert {Filing.objects.get(pk=filing.pk).state for filing in filings} == {FilingState.COMPLETED}
    assert Receipt.objects.exclude(number="").count() == 8
    kept.refresh_from_db()
    ended.refresh_from_db()
    assert (kept.name, ended.state) == ("示例改名", AccountState.CANCELLED)
    assert Account.objects.filter(state=AccountState.ACTIVE).count() == 3
