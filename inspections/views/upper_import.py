"""导入一批上级工单: a list goes in, is shown as it would be written, and is written or not."""

from typing import cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.policy import Action
from inspections import upper_in
from inspections.forms.upper import UpperListForm
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Job, JobState

RECENT = 10


@may(Action.UPPER_FINDINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """上传清单; nothing is written before the preview is confirmed."""
    now = db_now()
    if request.method != "POST":
        return _upload(request, UpperListForm(initial={"received_on": day_of(now), "issuer": "city"}))
    form = UpperListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload(request, form, status=422)
    file = cast(UploadedFile, form.cleaned_data["file"])
    try:
        job = upper_in.prepare(
            file.read(),
            name=file.name or "",
            issuer=form.cleaned_data["issuer"],
            received_on=form.cleaned_data["received_on"],
            by=user_of(request),
            now=now,
        )
    except Incomplete as incomplete:
        form.take(incomplete)
        return _upload(request, form, status=422)
    except Refused as refused:
        form.add_error("file", str(refused))
        return _upload(request, form, status=status_of(refused))
    return redirect("inspections:upper_sheet", job.pk)


@may(Action.UPPER_FINDINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview of a list; a POST writes it. Once it is done, what came of it."""
    if request.method != "POST":
        return _sheet(request, pk)
    try:
        job = upper_in.apply(pk, read=request.POST.get("read", ""), by=user_of(request), now=db_now())
    except Job.DoesNotExist:
        get_object_or_404(Job, pk=pk, kind=upper_in.KIND)
    except Refused as refused:
        return _sheet(request, pk, refused=refused, status=status_of(refused))
    else:
        new = job.result[upper_in.NEW]
        messages.success(request, f"已登记 {new} 件工单，都还没有承办单位，请逐件交办。")
    return redirect("inspections:upper_sheet", pk)


@may(Action.UPPER_FINDINGS)
@post_only("inspections:upper_sheet", "pk")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """不导入."""
    get_object_or_404(Job, pk=pk, kind=upper_in.KIND)
    try:
        upper_in.discard(pk, by=user_of(request), now=db_now())
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "已决定不导入这份清单，没有登记工单。")
    return redirect("inspections:upper_sheet", pk)


def _sheet(request: HttpRequest, pk: int, *, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    job = get_object_or_404(Job.objects.select_related("by"), pk=pk, kind=upper_in.KIND)
    waits = job.state == JobState.PREPARED
    lines = upper_in.plan(job, db_now()) if waits else []
    counts = {outcome: sum(line.outcome == outcome for line in lines) for outcome in upper_in.WORDS}
    context = {
        "job": job,
        "waits": waits,
        "done": job.state == JobState.DONE,
        "lines": [(line, upper_in.due_words(line)) for line in lines],
        "counts": counts,
        "unknown": sum(line.outcome == upper_in.NEW and line.account is None for line in lines),
        "read": upper_in.reading(lines),
        "unused": job.params.get("unused", []),
        "refused": refused,
    }
    return render(request, "inspections/upper_sheet.html", context, status=status)


def _upload(request: HttpRequest, form: UpperListForm, *, status: int = 200) -> HttpResponse:
    recent = Job.objects.filter(kind=upper_in.KIND).select_related("by").order_by("-created_at", "-id")[:RECENT]
    return render(request, "inspections/upper_import.html", {"form": form, "recent": recent}, status=status)
