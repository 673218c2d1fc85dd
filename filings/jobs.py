"""Long work on filings that a worker does."""

import io
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import policy
from accounts.policy import Action
from filings import receipts_in
from zhonglou_media.core import files, jobs
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import File, Job, User
from zhonglou_media.core.tables_in import Header, as_file, is_workbook

PASTED = "text/tab-separated-values"


def submit_receipts(content: bytes, *, name: str, by: User, now: datetime) -> Job:
    """A job that records a table of receipts, as long as any table may be: what goes up in one file comes back in one.

    Raises NotAllowed, or Refused when nothing can be read.
    """
    policy.require(by, Action.RECEIPT)
    with as_file(content) as path:
        receipts_in.parse(path)
    with transaction.atomic():
        source = files.keep(content, files.XLSX if is_workbook(content) else "text/csv")
        return jobs.enqueue(RECORD_RECEIPTS, by=by, now=now, source=source, source_name=name)


def submit_pasted(text: str, *, by: User, now: datetime) -> Job:
    """A job that records the receipts in pasted text. Raises NotAllowed, or Refused that names the line."""
    policy.require(by, Action.RECEIPT)
    rows = len(receipts_in.parse_pasted(text).rows)
    if rows > receipts_in.AT_ONCE:
        raise Refused(f"一次最多登记 {receipts_in.AT_ONCE} 行，粘贴了 {rows} 行，请分几次粘贴。")
    with transaction.atomic():
        source = files.keep(text.encode(), PASTED)
        named = f"粘贴的 {rows} 行"
        return jobs.enqueue(RECORD_RECEIPTS, by=by, now=now, source=source, source_name=named, params={"pasted": True})


def record_receipts(claim: Claim) -> None:
    """Record the uploaded table, a transaction a row: a run that broke off leaves its rows, and may be run again."""
    job = claim.job
    policy.require(job.by, Action.RECEIPT)
    if job.source is None:
        raise Refused("没有上传的回执表，请重新提交。")
    header = _header(job.source, pasted=bool(job.params.get("pasted")))
    done = receipts_in.record_rows(header, by=job.by, now=claim.now, progress=claim.progress)
    with transaction.atomic():
        claim.finish({"file": job.source_name, **receipts_in.as_result(done)}, file=_rejected(done))


def _header(source: File, *, pasted: bool) -> Header:
    with files.open_file(source) as stored:
        if pasted:
            return receipts_in.parse_pasted(stored.read().decode())
        with as_file(stored) as path:
            return receipts_in.parse(path)


def _rejected(done: receipts_in.Recorded) -> File | None:
    if not done.rejected:
        return None
    book = io.BytesIO()
    receipts_in.write_rejected(done, book)
    return files.keep(book.getvalue(), files.XLSX)


def told(result: dict[str, Any]) -> str:
    """已备案 3，退回 1，不予登记 2 行: the counts of `receipts_in.as_result` that are not 0."""
    counts = ((receipts_in.TAKEN, "已备案"), (receipts_in.RETURNED, "退回"))
    said = [f"{words} {result[key]}" for key, words in counts if result.get(key)]
    if result.get(receipts_in.REJECTED):
        said.append(f"不予登记 {result[receipts_in.REJECTED]} 行")
    return "，".join(said)


RECORD_RECEIPTS = JobKind(
    receipts_in.KIND,
    "登记上级回执",
    record_receipts,
    page="filings:receipts",
    start_page="filings:exchange",
    told=told,
    broken_off=receipts_in.INTERRUPTED,
)
