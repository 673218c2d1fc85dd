"""What the page 上级平台备案 shows of exports: each system's side, the jobs, what was exported, what is asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from filings import export_batches, export_requests, exporting
from filings.export_runs import KIND, LIVE, choice_of
from filings.going_up_counts import Tally
from filings.models import ExportBatch, ExportItem, ExportRequest, Filing, System
from zhonglou_media.core.models import Job, JobState, User
from zhonglou_media.core.words import SYSTEMS

BATCHES = 6
LACKING = 5  # named; the others are counted
JOBS = 100  # of the last ones those are looked for that did not end well
BROKEN_FOR = timedelta(days=2)  # so long is it said of a job that it did not end well
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
        """正在写合并表，3,000 / 5,000 件: each row is written twice, first for all and then for its unit."""
        if self.job.stop_requested:
            return "正在停止"
        said, rows = self.job.note or str(self.job.get_state_display()), self.job.total // 2
        if not 0 <= self.job.done < self.job.total:
            return said
        counted = "行" if self.job.params.get("requests") else "件"
        return f"{said}，{self.job.done % rows:,} / {rows:,} {counted}"


@dataclass
class BatchShown:
    """An export that was recorded."""

    batch: ExportBatch
    items: int = 0
    requests: int = 0

    @property
    def name(self) -> str:
        return SYSTEMS[self.batch.system]


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


def block(user: User, *, now: datetime) -> dict[str, Any]:
    """What the block 导出任务 shows."""
    live, broken = runs(user, now=now)
    return {"live": live, "broken": broken, "batches": batches(), "was": ",".join(str(run.job.pk) for run in live)}


def runs(user: User, *, now: datetime) -> tuple[list[RunShown], list[RunShown]]:
    """The exports under way, and of the last days those that did not end well and still have something to export."""
    live, broken = [], []
    settled: set[Tried] = set()
    for job in Job.objects.filter(kind=KIND).select_related("by").order_by("-pk")[:JOBS]:
        ids = job.params["filings"]
        tried = (job.params["system"], None if ids is None else tuple(ids))
        shown = RunShown(job, SYSTEMS[tried[0]], _what(job), may_again=job.by_id == user.pk)
        if job.state in LIVE:
            live.append(shown)
        elif job.state in BROKEN and tried not in settled and _still_matters(job, now):
            broken.append(shown)
        settled.add(tried)
    return live, broken


def _still_matters(job: Job, now: datetime) -> bool:
    """Whether it broke off lately, and something of it has not gone since in some other way."""
    if job.finished_at is None or job.finished_at < now - BROKEN_FOR:
        return False
    choice = choice_of(job.params)
    return choice.ready().exists() or (choice.requests and export_requests.waiting(choice.system).exists())


def _what(job: Job) -> str:
    """3 件，1 个补报: what the job was asked to export."""
    count, requests = job.params.get("count", 0), job.params.get("requests", 0)
    return "、".join([f"{count} 件"] * bool(count) + [f"{requests} 个补报"] * bool(requests))


def batches() -> list[BatchShown]:
    """The last exports."""
    found = ExportBatch.objects.select_related("by").annotate(asked=Count("requests")).order_by("-pk")[:BATCHES]
    shown = {batch.pk: BatchShown(batch, requests=batch.asked) for batch in found}
    items = ExportItem.objects.filter(batch__in=list(shown)).order_by().values_list("batch")
    for of, count in items.annotate(n=Count("pk")):
        shown[of].items = count
    return list(shown.values())
