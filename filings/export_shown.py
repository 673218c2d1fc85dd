"""What the page 上级平台备案 shows of exports: each system's side, the jobs, what was exported, what is asked for."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from filings import export_batches, export_requests, exporting
from filings.export_runs import KIND, LIVE
from filings.going_up_counts import Tally
from filings.models import ExportBatch, ExportItem, ExportRequest, Filing, System
from zhonglou_media.core.models import Job, JobState, User
from zhonglou_media.core.words import SYSTEMS

BATCHES = 6
LACKING = 5  # named; the others are counted
JOBS = 100  # of the last ones those are looked for that did not end well
BROKEN = (JobState.FAILED, JobState.STOPPED)
Tried = tuple[str, tuple[int, ...] | None]  # what an export was for


@dataclass(frozen=True)
class Side:
    """One system: how many stand where, what its button exports, what lacks the platform's id."""

    system: str
    name: str
    title: str
    counts: dict[str, int]
    ready: int
    again: int
    seen: int  # the last item exported, when `again` was counted
    lacking: list[Filing]  # the first of them
    lacking_in_all: int
    requests: list[ExportRequest]
    under_way: bool

    @property
    def button(self) -> str:
        """3 件, or 3 件、1 个补报."""
        parts = [f"{self.ready} 件"] if self.ready else []
        if self.requests:
            parts.append(f"{len(self.requests)} 个补报")
        return "、".join(parts)


@dataclass(frozen=True)
class RunShown:
    """A job as the page shows it."""

    job: Job
    name: str
    what: str
    may_again: bool

    @property
    def doing(self) -> str:
        if self.job.stop_requested:
            return "正在停止"
        return self.job.note or str(self.job.get_state_display())


@dataclass
class BatchShown:
    """An export that was recorded, with the revisions its filings went at."""

    batch: ExportBatch
    items: int = 0
    requests: int = 0
    revisions: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return SYSTEMS[self.batch.system]

    @property
    def contents(self) -> str:
        """第 1、2 版."""
        return f"第 {'、'.join(map(str, self.revisions))} 版" if self.revisions else ""


def sides(tally: Tally) -> list[Side]:
    """Both systems; `tally` counts the filings in hand."""
    under_way = set(Job.objects.filter(kind=KIND, state__in=LIVE, params__filings=None).values_list("params__system"))
    return [_side(system, tally, under_way=(system,) in under_way) for system in System.values]


def _side(system: str, tally: Tally, *, under_way: bool) -> Side:
    waiting = export_batches.waiting_for(system)
    without = export_batches.without_id(waiting).select_related("opening__platform", "account__platform", "draft")
    lacking = without.count()
    requests = export_requests.waiting(system).select_related("account__unit", "account__platform", "by")
    return Side(
        system=system,
        name=SYSTEMS[system],
        title=exporting.TITLES[system],
        counts=tally.statuses(system),
        ready=waiting.count() - lacking,
        again=export_batches.sent_already(system).count(),
        seen=export_batches.last_item(system),
        lacking=list(without[:LACKING]) if lacking else [],
        lacking_in_all=lacking,
        requests=list(requests),
        under_way=under_way,
    )


def block(user: User) -> dict[str, Any]:
    """What the block 导出任务 shows."""
    live, broken = runs(user)
    return {"live": live, "broken": broken, "batches": batches(), "was": ",".join(str(run.job.pk) for run in live)}


def runs(user: User) -> tuple[list[RunShown], list[RunShown]]:
    """The exports under way, and those that did not end well and that nobody began again since."""
    live, broken = [], []
    settled: set[Tried] = set()
    for job in Job.objects.filter(kind=KIND).select_related("by").order_by("-pk")[:JOBS]:
        ids = job.params["filings"]
        tried = (job.params["system"], None if ids is None else tuple(ids))
        shown = RunShown(job, SYSTEMS[tried[0]], _what(job), may_again=job.by_id == user.pk)
        if job.state in LIVE:
            live.append(shown)
        elif job.state in BROKEN and tried not in settled:
            broken.append(shown)
        settled.add(tried)
    return live, broken


def _what(job: Job) -> str:
    """3 件，1 个补报: what the job was asked to export."""
    count, requests = job.params.get("count", 0), job.params.get("requests", 0)
    return "、".join([f"{count} 件"] * bool(count) + [f"{requests} 个补报"] * bool(requests))


def batches() -> list[BatchShown]:
    """The last exports."""
    found = ExportBatch.objects.select_related("by").annotate(asked=Count("requests")).order_by("-pk")[:BATCHES]
    shown = {batch.pk: BatchShown(batch, requests=batch.asked) for batch in found}
    items = ExportItem.objects.filter(batch__in=list(shown)).values("batch", "revision").annotate(n=Count("pk"))
    for of, revision, n in items.order_by("batch", "revision").values_list("batch", "revision", "n"):
        shown[of].items += n
        shown[of].revisions.append(revision)
    return list(shown.values())
