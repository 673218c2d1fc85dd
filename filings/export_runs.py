"""导出 as a job: asked for on the page, written by a worker, recorded together with the job's end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Any

from django.db import transaction

from accounts import policy
from accounts.policy import Action
from filings import export_batches
from filings.export_batches import Choice
from filings.exporting import folders, layouts, writing
from filings.exporting.left_out import NAMED, LeftOut, in_words, left_out
from filings.exporting.writing import Written
from filings.models import ExportBatch, ExportItem, System
from zhonglou_media.core import files, jobs
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import Job, JobState, User
from zhonglou_media.core.words import SYSTEM_NAMES

KIND = "export_filings"
LIVE = (JobState.QUEUED, JobState.RUNNING)
ZIP = "application/zip"
MAX_CHOSEN = 500  # filings ticked for one export: nobody ticks more by hand


@dataclass(frozen=True)
class Ticked:
    """What becomes of the filings that were ticked: those that go now, those that may with `again`, and the others."""

    now: list[int]
    again: list[int]
    never: list[LeftOut]


class AlreadyThere(Refused):
    """Some of the filings chosen went to the system at this revision: `items`, the last export of each."""

    def __init__(self, message: str, items: Sequence[ExportItem], ticked: Ticked) -> None:
        super().__init__(message)
        self.items, self.ticked = items, ticked


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

    Of filings that cannot go the job keeps which were ticked, and why not (`left_out`). Raises NotAllowed, AlreadyThere
    when some went there and nobody asked for them again, WrongState while the same export is under way, Refused when
    there is nothing to export, or too many were ticked.
    """
    policy.require(by, Action.EXPORT)
    choice = choice_of({"system": system, "filings": ids, "again": again, "seen": seen})
    never = [] if choice.ids is None else _not_going(choice)
    filings, requests = export_batches.choose(choice)
    if not filings and not requests:
        raise Refused(nothing(choice, never))
    params: dict[str, Any] = {
        "system": system,
        "filings": None if ids is None else sorted(ids),
        "again": again,
        "seen": seen,
    }
    params |= {"count": len(filings), "requests": len(requests), "left_out": [row.called for row in never]}
    with transaction.atomic():
        if ids is None and (same := _under_way(system)):
            raise WrongState(f"{SYSTEM_NAMES[system]}的导出正在进行，不用再导。", by=same.by, at=same.created_at)
        return jobs.enqueue(EXPORT_FILINGS, by=by, now=now, params=params, source_name=SYSTEM_NAMES[system])


def _not_going(choice: Choice) -> list[LeftOut]:
    """Of those ticked which cannot go. Raises Refused when none were ticked, or too many; AlreadyThere."""
    ids = set(choice.ids or ())
    if not ids:
        raise Refused(f"没有勾选备案：请先勾选要导出到{SYSTEM_NAMES[choice.system]}的。")
    if len(ids) > MAX_CHOSEN:
        raise Refused(f"一次最多勾选 {MAX_CHOSEN} 件导出，现有 {len(ids)} 件，请分几次导出。")
    now = list(choice.ready().order_by("number").values_list("pk", flat=True))
    if not choice.again:
        again = list(replace(choice, again=True).ready().order_by("number").values_list("pk", flat=True))
        if there := export_batches.had(choice.system, set(again) - set(now)):
            said = f"勾选的备案里有 {len(there)} 件，{SYSTEM_NAMES[choice.system]}已有现在这一版。"
            raise AlreadyThere(said, there, Ticked(now, again, left_out(choice.system, ids - set(again))))
    return left_out(choice.system, ids - set(now))


def _under_way(system: str) -> Job | None:
    """The export of all that waits which has not ended. Two at once do no harm: the second finds nothing."""
    return Job.objects.filter(kind=KIND, state__in=LIVE, params__system=system, params__filings=None).first()


def nothing(choice: Choice, never: Sequence[LeftOut] = ()) -> str:
    """Why there is nothing to export, with who exported last and when."""
    name = SYSTEM_NAMES[choice.system]
    said = f"{name}现在没有可以导出的备案。" if choice.ids is None else f"选的备案现在都不能导出到{name}。"
    if never:
        return f"{said}{in_words(never)}。"
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

    A run that breaks off leaves nothing, but for its folder, which the next tick clears (`exporting/folders.py`): it
    may be run again, and finds what is still to be exported then.
    """
    job = claim.job
    policy.require(job.by, Action.EXPORT)
    choice = choice_of(job.params)
    layout = layouts.in_use(choice.system)

    def write_and_record(filings: Sequence[int], requests: Sequence[int]) -> None:
        count = len(filings) + len(requests)
        if not count:
            raise Refused(nothing(choice))
        written = Written()
        with folders.folder(job) as folder:
            path = folder / "export.zip"
            rows = writing.rows(choice.system, filings, requests, written)
            writing.write_zip(path, choice.system, layout, rows, rows=count, progress=claim.progress)
            with path.open("rb") as content:
                _end(claim, choice, written, content, layout.version)

    export_batches.until_it_stands(choice, write_and_record)


def _end(claim: Claim, choice: Choice, written: Written, content: IO[bytes], layout: int) -> None:
    """File, batch and the job's end, together or not at all. Raises Moved, ClaimLost."""
    job = claim.job
    with transaction.atomic():
        batch = export_batches.record(
            choice,
            written,
            layout=layout,
            by=job.by,
            now=claim.now,
            ending=".zip",
            keep=lambda: files.keep(content, ZIP, sealed=True),  # it holds telephones
        )
        result: dict[str, Any] = {"exported": len(written.filings), "requests": len(written.requests)}
        result["waiting"] = export_batches.without_id(choice.wanted()).count()
        result["left"] = job.params.get("count", 0) - len(written.filings)
        if job.params.get("left_out"):
            result["left_out"] = job.params["left_out"]
        claim.finish(result | {"batch": batch.pk if batch else None})


def choice_of(params: dict[str, Any]) -> Choice:
    """What a job with these `params` exports."""
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
    never = result.get("left_out", [])
    if result.get("waiting") and not never:  # else they are among those
        said.append(f"另有 {result['waiting']} 件缺账号ID")
    if result.get("left", 0) > 0:
        said.append(f"{result['left']} 件期间已导出或有变动，没有导出")
    if never:
        said.append(
            f"勾选的另有 {len(never)} 件没有导出：{'、'.join(never[:NAMED])}{'等' if len(never) > NAMED else ''}"
        )
    return "，".join(said)


EXPORT_FILINGS = JobKind(KIND, "导出上级系统", run, page="filings:export_job", start_page="filings:exchange", told=told)
