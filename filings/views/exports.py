"""导出上级平台: asked for, followed while it runs, what was exported, the file, and 补报 taken back."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from filings import export_batches, export_requests, export_runs, export_shown
from filings.export_runs import AlreadyThere
from filings.exporting.left_out import LeftOut
from filings.models import ExportBatch, ExportItem, ExportRequest, System
from filings.views import exchange
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Job, JobState
from zhonglou_media.core.words import SYSTEM_NAMES, SYSTEMS

ITEMS_A_PAGE = 100


@dataclass(frozen=True)
class Question:
    """Some of the filings chosen are at the system already: only the others, or these once more?

    `rest` and `every` can go, without and with those; `never` cannot either way.
    """

    system: str
    name: str
    items: list[ExportItem]
    rest: list[int]
    every: list[int]
    never: list[LeftOut]
    seen: int


@may(Action.EXPORT)
@post_only("filings:exchange")
def export(request: HttpRequest, system: str) -> HttpResponse:
    """导出: what waits, or the filings that were ticked, by a job that the page then follows."""
    if system not in System.values:
        raise Http404
    chosen = request.POST.get("chosen") == "1"
    ids = _numbers(request.POST.getlist("filing")) if chosen else None
    again, seen = request.POST.get("again") == "1", _numbers([request.POST.get("seen", "")])
    try:
        last = (seen or [export_batches.last_item(system)])[0] if again else None
        job = export_runs.submit(system, ids=ids, again=again, seen=last, by=user_of(request), now=db_now())
    except AlreadyThere as there:
        return exchange.page(request, asked=question(system, there), status=409)
    except Refused as refused:
        return exchange.page(request, refused=refused)
    tell(request, job)
    return redirect("filings:exchange")


def tell(request: HttpRequest, job: Job) -> None:
    """That the export was asked for, and what of the ticked ones will not go."""
    said = f"已提交导出到{job.source_name}，可以离开本页，完成后在通知里告诉您。"
    never = job.params["left_out"]
    if never:
        said += f"勾选的有 {len(never)} 件不能导出：{'、'.join(never)}。"
    messages.add_message(request, messages.WARNING if never else messages.SUCCESS, said)


def question(system: str, there: AlreadyThere) -> Question:
    """What is asked before filings go to `system` that it has."""
    keys = [item.pk for item in there.items]
    related = ("batch__by", "filing__opening__platform", "filing__account__platform", "filing__draft")
    items = list(ExportItem.objects.filter(pk__in=keys).select_related(*related).order_by("filing__number"))
    ticked, name = there.ticked, SYSTEM_NAMES[system]
    return Question(system, name, items, ticked.now, ticked.again, ticked.never, seen=max(keys))


def _numbers(texts: list[str]) -> list[int]:
    """What of it are keys; the rest was not sent by the page."""
    return [int(text) for text in dict.fromkeys(texts) if text.isascii() and text.isdigit() and len(text) < 10]


@may(Action.EXPORT)
@require_safe
@never_cache
def running(request: HttpRequest) -> HttpResponse:
    """The block 导出任务, which asks again while something runs. Without htmx: the page."""
    if not request.headers.get("HX-Request"):
        return redirect("filings:exchange")
    context = export_shown.block(user_of(request), now=db_now())
    was = {key for key in request.GET.get("was", "").split(",") if key}
    still = {str(run.job.pk) for run in context["live"]}
    return render(request, "filings/_export_jobs.html", context | {"ended": bool(was - still)})


@may(Action.EXPORT)
@require_safe
def of_job(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Where a notice leads: what the job exported, or how it is."""
    job = get_object_or_404(Job, pk=job_id, kind=export_runs.KIND)
    if job.state == JobState.DONE and job.result.get("batch"):
        return batch(request, job.result["batch"])
    return redirect("filings:exchange")


@may(Action.EXPORT)
@require_safe
@never_cache
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """An export as it is on record: who, when, which filings at which revision, its digest and its file."""
    found = get_object_or_404(ExportBatch.objects.select_related("by"), pk=pk)
    related = ("filing__unit", "filing__opening__platform", "filing__account__platform", "filing__draft")
    items = found.items.select_related(*related).order_by("filing__number")
    page = Paginator(items, ITEMS_A_PAGE).get_page(request.GET.get("page"))
    requests = found.requests.select_related("account__unit", "account__platform").order_by("pk")
    request.nav_path = "/filings/exchange/"  # type: ignore[attr-defined]
    context = {
        "batch": found,
        "name": SYSTEMS[found.system],
        "page": page,
        "count": page.paginator.count,
        "requests": requests,
        "again": found.items.filter(again=True).count(),
    }
    return render(request, "filings/export_batch.html", context)


@may(Action.EXPORT)
@post_only("filings:export_batch", "pk")
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """下载: the zip, or the workbook of a command; counted."""
    found = get_object_or_404(ExportBatch.objects.select_related("file"), pk=pk)
    if found.file is None:
        raise Http404
    try:
        content = files.open_file(found.file)
    except Refused as gone:
        raise Http404(str(gone)) from gone
    export_batches.download(pk, by=user_of(request), now=db_now())
    return FileResponse(content, as_attachment=True, filename=found.name, content_type=found.file.type)


@may(Action.RECONCILE)
@post_only("filings:exchange")
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """取消补报 that no export has taken yet."""
    get_object_or_404(ExportRequest, pk=pk)
    try:
        dropped = export_requests.drop(pk, by=user_of(request), now=db_now())
    except Refused as refused:
        return exchange.page(request, refused=refused)
    messages.success(request, f"已取消补报“{dropped.account.name}”，不再随下次导出。")
    return redirect("filings:exchange")
