"""任务 and 运行状况: how far a job is and what came of it, and whether what the schedule runs does run."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import resolve, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import histories
from accounts.access import may
from accounts.models import RuleRun
from accounts.policy import OFFICE, RULES, Action, Scope, could, roles_of
from filings import export_runs
from inspections import sweep
from zhonglou_media.core import files, jobs
from zhonglou_media.core.answers import post_only
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import NotAllowed, Refused
from zhonglou_media.core.models import Job, JobState, TaskRun, User

from . import nav
from .jobs import KINDS, label_of, page_of, start_page_of

SHOWN = 50
LIVE = (JobState.QUEUED, JobState.RUNNING)
BROKEN = (JobState.FAILED, JobState.STOPPED)

# The tasks of the schedule (`zhonglou_media/celery.py`): name → (words, how often, without success for how long it
# stands still). That of the jobs leaves no trace while none waits, so it never does.
SWEEP = "inspections.sweep"
A_DAY = timedelta(hours=26)  # some hours late is no standstill
TASKS: dict[str, tuple[str, str, timedelta | None]] = {
    SWEEP: ("规则检查", sweep.OFTEN, sweep.OVERDUE),
    "filings.remind": ("期限提醒", "每日 9:00", A_DAY),
    "filings.complete_waiting": ("办结等待的备案", "每小时", A_DAY),
    "filings.list_retentions": ("保留申请清单", "每日 2:15", A_DAY),
    "accounts.hints": ("核对提示", "每日 2:30", A_DAY),
    "portal.verify_events": ("操作记录核验", "每日 3:00", A_DAY),
    "inspections.assess": ("年度考核", "每日 2:45", A_DAY),
    "inspections.draft_check": ("抽查名单", "每日 0:20", A_DAY),
    "inspections.remind_self_checks": ("季度自查提醒", "每日 0:25", A_DAY),
    "inspections.figures": ("月度统计", "每 5 分钟", timedelta(hours=1)),
    "portal.run_jobs": ("后台任务", "有任务时", None),
}
# What a job may count, by its key in `Job.result`: words, whether it needs a look.
COUNTS = {
    "read": ("读取", False),
    "created": ("新增", False),
    "changed": ("更新", False),
    "removed": ("删除", False),
    "unchanged": ("不变", False),
    "refused": ("没有写入", True),
}
RECEIPTS = {  # here `refused` are receipts of the systems above that say 退回
    "read": ("读取", False),
    "taken": ("已备案", False),
    "refused": ("退回", False),
    "rejected": ("没有登记", True),
}


@dataclass(frozen=True)
class Task:
    """A task of the schedule, with its last run (None: it never ran)."""

    label: str
    often: str
    run: TaskRun | None
    stalled: bool
    is_sweep: bool = False

    @property
    def failing(self) -> bool:
        """Whether the last error is not followed by a success."""
        run = self.run
        if run is None or not run.error:
            return False
        return run.succeeded_at is None or run.failed_at is None or run.failed_at > run.succeeded_at

    @property
    def standstill(self) -> str:
        """What is said of one that stands still."""
        within = sweep.OVERDUE_WORDS if self.is_sweep else f"{A_DAY // timedelta(hours=1)} 小时"
        return f"{self.label}超过 {within}没有成功"

    @property
    def took(self) -> str:
        return in_words(self.run.duration_ms) if self.run and self.run.duration_ms is not None else ""


# --- one job --------------------------------------------------------------------------------------------------------


def visible(user: User, pk: int) -> Job:
    """The job `pk`: for who started it, and those who look after the portal. Http404 for others."""
    job = get_object_or_404(Job.objects.select_related("by", "file"), pk=pk)
    if job.by_id != user.pk and not could(user, Action.VIEW_RUNS):
        raise Http404
    return job


@may(Action.SIGNED_IN)
@require_safe
@never_cache
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """A job while it waits or runs, and what came of it. htmx asks for the part that moves; at the end it leaves."""
    user = cast(User, request.user)
    found = visible(user, pk)
    result = _result_page(user, found)
    if found.state not in LIVE:
        jobs.seen(found, user, now=db_now())
    if request.headers.get("HX-Request"):
        if found.state in LIVE:
            return render(request, "portal/_job.html", _progress(user, found) | {"again": True})
        return HttpResponse(headers={"HX-Redirect": result or request.path})
    if result:
        return redirect(result)
    belongs = _belongs_to(user, found)
    start = reverse(belongs) if belongs else ""
    request.nav_path = start or request.path  # type: ignore[attr-defined]
    broken = found.state in BROKEN
    context = _progress(user, found) | {
        "again": False,
        "live": found.state in LIVE,
        "counts": _counts(found),
        "history": histories.entries_for(found),
        "may_again": broken and found.by_id == user.pk and found.kind in KINDS,
        "may_file": _has_file(found) and _may_read(user, found),
        "start": start,
        "start_label": nav.label_of(belongs) if belongs else "",
        "another_file": broken and found.kind != export_runs.KIND and belongs not in ("", "runs"),
        "file_is_bad": jobs.blames_file(found, KINDS.get(found.kind)),
    }
    return render(request, "portal/job.html", context)


@may(Action.SIGNED_IN)
@require_safe
def job_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file a job made: the rows it refused, or what was exported. It holds what citizens wrote, so who looks after
    the portal does not read it (第二十一条): it is for who started the job and whose work it is."""
    user = cast(User, request.user)
    found = visible(user, pk)
    if found.file is None or not _has_file(found):
        raise Http404
    if not _may_read(user, found):
        raise NotAllowed("您不能下载这份文件：须由任务的发起人或办理这项工作的人员下载。")
    try:
        content = files.open_file(found.file)
    except Refused as gone:
        raise Http404(str(gone)) from gone
    what = "没有写入的行" if found.result.get("rejected", found.result.get("refused")) else label_of(found)
    name = f"{what}-{found.created_at.astimezone(SHANGHAI):%Y%m%d}-{found.pk}"
    ending = ".xlsx" if found.file.type == files.XLSX else mimetypes.guess_extension(found.file.type) or ""
    return FileResponse(content, as_attachment=True, filename=name + ending, content_type=found.file.type)


@may(Action.SIGNED_IN)
@post_only("job", "pk")
def job_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """停止: who started the job, or the office."""
    user = cast(User, request.user)
    if not _may_stop(user, visible(user, pk)):
        raise NotAllowed("您不能停止这个任务：须由发起人或区政府办公室办理。")
    jobs.stop(pk, now=db_now())
    return redirect("job", pk)


@may(Action.SIGNED_IN)
@post_only("job", "pk")
def job_again(request: HttpRequest, pk: int) -> HttpResponse:
    """重新开始: only who started it, whose rights it runs with."""
    user = cast(User, request.user)
    old = visible(user, pk)
    if old.by_id != user.pk:
        raise NotAllowed("您不能重新开始这个任务：须由发起人办理。")
    new = jobs.again(pk, kinds=KINDS, by=user, now=db_now())
    messages.success(request, "已重新提交，正在排队。")
    return redirect("job", new.pk)


def took(job: Job) -> str:
    """How long its last attempt took, in words; '' while it runs, or when it never began."""
    if job.finished_at is None or job.started_at is None:
        return ""
    seconds = int((job.finished_at - job.started_at).total_seconds())
    return in_words(seconds * 1000) if seconds else "不到 1 秒"


def in_words(milliseconds: int) -> str:
    """350 毫秒, 12 秒, 3 分 20 秒."""
    if milliseconds < 1000:
        return f"{milliseconds} 毫秒"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes} 分 {seconds} 秒" if minutes else f"{seconds} 秒"


def doing(job: Job) -> str:
    """Its state as people read it; of one that runs, what it does."""
    if job.state != JobState.RUNNING:
        return str(job.get_state_display())
    return "正在停止" if job.stop_requested else job.note or str(job.get_state_display())


def _progress(user: User, job: Job) -> dict[str, Any]:
    """What moves while a job waits or runs: the head of the page and the box below."""
    ahead = Job.objects.filter(state=JobState.QUEUED, pk__lt=job.pk).count() if job.state == JobState.QUEUED else 0
    return {
        "job": job,
        "label": label_of(job),
        "doing": doing(job),
        "ahead": ahead,
        "took": took(job),
        "may_stop": job.state in LIVE and not job.stop_requested and _may_stop(user, job),
    }


def _belongs_to(user: User, job: Job) -> str:
    """The URL name of the page of the navigation that this job lies under: where its kind begins; for those who may
    not go there but look after the portal 运行状况; '' for others."""
    for url_name in (start_page_of(job), "runs"):
        if url_name:
            view: Any = resolve(reverse(url_name)).func
            if could(user, *view.allowed_to):
                return url_name
    return ""


def _counts(job: Job) -> list[tuple[str, int, bool]]:
    """What the job counted: words, how many, whether it needs a look."""
    known = RECEIPTS if "rejected" in job.result else COUNTS
    return [
        (words, job.result[key], bad) for key, (words, bad) in known.items() if isinstance(job.result.get(key), int)
    ]


def _may_stop(user: User, job: Job) -> bool:
    return job.by_id == user.pk or bool(roles_of(user) & set(OFFICE))


def _has_file(job: Job) -> bool:
    """What a preview keeps is no file for people."""
    return job.file_id is not None and job.state != JobState.PREPARED


def _may_read(user: User, job: Job) -> bool:
    """Whether what the job made is for `user`: who started it, or who may open its kind's own page."""
    return job.by_id == user.pk or (page_of(job) != "job" and _opens_page(user, job))


def _opens_page(user: User, job: Job) -> bool:
    """Whether `user` may open the page of this job's kind, of a job of others by a role for the whole district."""
    view: Any = resolve(reverse(page_of(job), args=[job.pk])).func
    if job.by_id == user.pk:
        return could(user, *view.allowed_to)
    return any(RULES[action].get(role) == Scope.ALL for action in view.allowed_to for role in roles_of(user))


def _result_page(user: User, job: Job) -> str:
    """Where the result of this job stands, or '' for here: it has no page of its own, or one `user` may not open."""
    page = page_of(job)
    if page == "job" or job.state in LIVE or not job.result or not _opens_page(user, job):
        return ""
    return reverse(page, args=[job.pk])


# --- all of them ----------------------------------------------------------------------------------------------------


@may(Action.VIEW_RUNS)
@require_safe
@never_cache
def runs(request: HttpRequest) -> HttpResponse:
    """运行状况: the tasks of the schedule, the rules, the last jobs."""
    now = db_now()
    listed = Job.objects.select_related("by", "file").order_by("-created_at", "-id")[:SHOWN]
    counts = Job.objects.aggregate(
        waiting=Count("pk", filter=Q(state=JobState.QUEUED)), running=Count("pk", filter=Q(state=JobState.RUNNING))
    )
    rules = list(RuleRun.objects.order_by("rule"))
    tasks = scheduled(now, rules)
    context = {
        "tasks": tasks,
        "first_sweep": f"过了 {sweep.OVERDUE_WORDS}仍没有运行的，请确认后台任务（worker）和定时任务（beat）正在运行。",
        "sweeps_come": f"后台任务启动后，每条规则{sweep.OFTEN}检查一次，结果在这里。",
        "stalled": [task for task in tasks if task.stalled],
        "failed": [task for task in tasks if task.failing],
        "rules": [(rule, in_words(rule.duration_ms)) for rule in rules],
        "jobs": [(job, label_of(job), took(job)) for job in listed],
        **counts,
    }
    return render(request, "portal/runs.html", context)


def scheduled(now: datetime, rules: Sequence[RuleRun]) -> list[Task]:
    """Every task of the schedule, each 已停滞 by its own interval once it ever ran."""
    found = {run.name: run for run in TaskRun.objects.all()}
    tasks = []
    for name, (label, often, within) in TASKS.items():
        run = found.get(name)
        last = _last_success(run, rules if name == SWEEP else ())
        stalled = within is not None and last is not None and now - last > within
        tasks.append(Task(label, often, run, stalled or _never_swept(name, run), name == SWEEP))
    return tasks


def _last_success(run: TaskRun | None, rules: Sequence[RuleRun]) -> datetime | None:
    """None where it is yet to come. Before its first run by the schedule a sweep is known by its rules; a task that
    has only ever failed is counted from that run on."""
    if run is not None:
        return run.succeeded_at or run.started_at
    return max((rule.last_run_at for rule in rules if rule.last_run_at), default=None)


def _never_swept(name: str, run: TaskRun | None) -> bool:
    """A sweep that ran and never succeeded: nobody should wait for five minutes more."""
    return name == SWEEP and run is not None and run.succeeded_at is None
