"""导出 as a job: asked for on the page, written by a worker, recorded together with the job's end."""

import tempfile
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.db import transaction

from accounts import policy
from accounts.policy import Action
from filings import export_batches
from filings.export_batches import Choice
from filings.exporting import layouts, writing
from filings.exporting.writing import Written
from filings.models import ExportBatch, ExportItem, System
from zhonglou_media.core import files, jobs
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import Job, JobState, User
from zhonglou_media.core.words import SYSTEMS

KIND = "export_filings"
LIVE = (JobState.QUEUED, JobState.RUNNING)
ZIP = "application/zip"


class AlreadyThere(Refused):
    """Some of the filings chosen went to the system at this revision: `items`, the last export of each."""

    def __init__(self, message: str, items: Sequence[ExportItem]) -> None:
        super().__init__(message)
        self.items = items


def submit(
    system: str,
    *,
    ids: Collection[int] | None = None,
    again: bool = False,
    seen: int | None = None,
    by: User,
    now: datetime,
) -> Job:
    """A job that exports to `system` these filings, or all that wait with the 补报; `again`, `seen` as `Choice` has it.

    Raises NotAllowed, AlreadyThere when some of the filings went there and nobody asked for them again, WrongState
    while the same export is under way, Refused when there is nothing to export.
    """
    policy.require(by, Action.EXPORT)
    choice = _choice({"system": system, "filings": ids, "again": again, "seen": seen})
    if ids is not None and not again and (there := export_batches.had(system, ids)):
        raise AlreadyThere(f"勾选的备案里有 {len(there)} 件，{SYSTEMS[system]}系统已有现在这一版。", there)
    filings, requests = export_batches.choose(choice)
    if not filings and not requests:
        raise Refused(nothing(choice))
    params = {"system": system, "filings": None if ids is None else sorted(ids), "again": again, "seen": seen}
    params |= {"count": len(filings), "requests": len(requests)}
    with transaction.atomic():
        if ids is None and (same := _under_way(system)):
            raise WrongState(f"{SYSTEMS[system]}系统的导出正在进行，不用再导。", by=same.by, at=same.created_at)
        return jobs.enqueue(EXPORT_FILINGS, by=by, now=now, params=params, source_name=f"{SYSTEMS[system]}系统")


def _under_way(system: str) -> Job | None:
    """The export of all that waits which has not ended. Two at once do no harm: the second finds nothing."""
    return Job.objects.filter(kind=KIND, state__in=LIVE, params__system=system, params__filings=None).first()


def nothing(choice: Choice) -> str:
    """Why there is nothing to export, with who exported last and when."""
    name = SYSTEMS[choice.system]
    said = f"{name}系统现在没有可以导出的备案。" if choice.ids is None else f"选的备案现在都不能导出到{name}系统。"
    if choice.ids is None:
        last = ExportBatch.objects.filter(system=choice.system).select_related("by").order_by("-pk").first()
        count = last.items.count() if last else 0
    else:
        items = export_batches.had(choice.system, choice.ids)
        last, count = (items[-1].batch, len(items)) if items else (None, 0)
    if last is not None and count:
        at = f"{last.at.astimezone(SHANGHAI):%m-%d %H:%M}"
        said += f"{last.by or '系统'} {at} 已导出 {count} 件。"
    if lacking := export_batches.without_id(choice.wanted()).count():
        said += f"有 {lacking} 件缺账号ID，补录后才能导出。"
    return said


def run(claim: Claim) -> None:
    """Write what the job's `params` choose, and record it in the transaction that ends the job.

    A run that breaks off leaves nothing: it may be run again, and finds what is still to be exported then.
    """
    job = claim.job
    policy.require(job.by, Action.EXPORT)
    choice = _choice(job.params)
    layout = layouts.in_use(choice.system)

    def write_and_record(filings: Sequence[int], requests: Sequence[int]) -> None:
        count = len(filings) + len(requests)
        if not count:
            raise Refused(nothing(choice))
        written = Written()
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            path = Path(folder) / "export.zip"
            rows = writing.rows(choice.system, filings, requests, written)
            writing.write_zip(path, choice.system, layout.columns, rows, rows=count, progress=claim.progress)
            with path.open("rb") as content:
                _end(claim, choice, written, content, layout.version)

    export_batches.until_it_stands(choice, write_and_record)


def _end(claim: Claim, choice: Choice, written: Written, content: IO[bytes], layout: int) -> None:
    """File, batch and the job's end, together or not at all. Raises Moved, ClaimLost."""
    job = claim.job
    name = f"{SYSTEMS[choice.system]}-{claim.now.astimezone(SHANGHAI):%Y-%m-%d-%H%M}-{len(written)}行.zip"
    with transaction.atomic():
        batch = export_batches.record(
            choice,
            written,
            layout=layout,
            by=job.by,
            now=claim.now,
            name=name,
            keep=lambda: files.keep(content, ZIP, sealed=True),  # it holds phone numbers
        )
        result: dict[str, Any] = {"exported": len(written.filings), "requests": len(written.requests)}
        result["waiting"] = export_batches.without_id(choice.wanted()).count()
        result["left"] = job.params.get("count", 0) - len(written.filings)
        claim.finish(result | {"batch": batch.pk if batch else None})


def _choice(params: dict[str, Any]) -> Choice:
    ids = params["filings"]
    return Choice(
        System(params["system"]),
        None if ids is None else tuple(ids),
        again=bool(params["again"]),
        seen=params["seen"],
        requests=ids is None,
    )


def told(result: dict[str, Any]) -> str:
    """导出 3 件，补报 1 个，缺账号ID 2 件: what stands in a job's result and is not 0."""
    said = [f"导出 {result['exported']} 件"] if result.get("exported") else []
    if result.get("requests"):
        said.append(f"补报 {result['requests']} 个")
    if result.get("waiting"):
        said.append(f"另有 {result['waiting']} 件缺账号ID")
    if result.get("left", 0) > 0:
        said.append(f"{result['left']} 件期间已导出或有变动，没有导出")
    return "，".join(said)


EXPORT_FILINGS = JobKind(KIND, "导出上级系统", run, page="filings:export_job", start_page="filings:exchange", told=told)
