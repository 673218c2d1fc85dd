"""导入台账: a list of accounts goes in, is shown row by row, and what came of it stays to be read again."""

import io
from typing import Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import register_out, register_preview
from accounts.access import may
from accounts.forms import ImportForm
from accounts.models import Account
from accounts.policy import Action
from accounts.register_in import IMPORTED
from accounts.register_judge import UNEXPLAINED, Outcome
from accounts.views.register import Count, changed
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Refused, StaleReading
from zhonglou_media.core.models import Job, JobState, User

RECENT = 10
ROWS_SHOWN = register_preview.ROWS_KEPT  # the workbook has all of them
A_PAGE = 25
REFUSED = (Outcome.REFUSED, Outcome.DIFFERS)
SHOWN = {"refused": REFUSED} | {outcome.value: (outcome,) for outcome in Outcome if outcome != Outcome.REFUSED}


@may(Action.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Upload a list: the baseline, or accounts found unfiled. Nothing is written before its preview is confirmed."""
    if request.method != "POST":
        return _show(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, form, status=422)
    upload: UploadedFile = form.cleaned_data["file"]
    try:
        job = register_preview.prepare(
            upload.read(),
            name=upload.name or "",
            found=form.cleaned_data["ground"] == ImportForm.FOUND,
            document=form.cleaned_data["document"].strip(),
            by=cast(User, request.user),
            now=db_now(),
        )
    except Refused as refusal:
        form.add_error("file", str(refusal))
        return _show(request, form, status=status_of(refusal))
    return redirect("accounts:import_result", job.pk)


@may(Action.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def result(request: HttpRequest, job_id: int) -> HttpResponse:
    """A preview, which a POST confirms; once it is written, what came of it: counts, new units, refused rows."""
    job = _job(job_id)
    if request.method == "POST":
        return _confirm(request, job)
    if job.state == JobState.PREPARED:
        return _preview(request, job)
    if job.state == JobState.STOPPED:
        stopped = {"job": job, "ended": register_preview.ended(job)}
        return render(request, "accounts/import_stopped.html", stopped)
    title = f"新增{len(job.result['new_units'])}个单位，名称待核"
    named = job.result.get("accounts", [])
    unexplained = Account.objects.filter(pk__in=named, same_platform_reason=UNEXPLAINED).count()
    context = {"job": job, "rows_shown": ROWS_SHOWN, "new_units_title": title, "unexplained": unexplained}
    context["unexplained_title"] = f"其中{unexplained}个账号标为存量待说明"
    return render(request, "accounts/import_result.html", context)


@may(Action.IMPORT)
@require_safe
def refused(request: HttpRequest, job_id: int) -> FileResponse:
    """The refused rows as a workbook, to correct and import again."""
    job = _job(job_id)
    prepared = job.state == JobState.PREPARED
    if job.file is None or (prepared and not job.result["refused"]):
        raise Http404
    try:
        if prepared:
            content = io.BytesIO(register_preview.refused_rows(job))
        else:
            content = cast(io.BytesIO, files.open_file(job.file))
    except Refused as gone:
        raise Http404(str(gone)) from gone
    name = f"未导入的行-{job.created_at.astimezone(SHANGHAI):%Y%m%d}-{job.pk}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=files.XLSX)


@may(Action.IMPORT)
@post_only("accounts:import_result", "job_id")
def discard(request: HttpRequest, job_id: int) -> HttpResponse:
    """不导入: the preview ends; the page stays to say who decided it."""
    job = _job(job_id)
    try:
        register_preview.discard(job.pk, by=cast(User, request.user), now=db_now())
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "已决定不导入，台账没有改动。")
    return redirect("accounts:import_result", job.pk)


def _confirm(request: HttpRequest, job: Job) -> HttpResponse:
    """确认导入: write what the preview shows; where that is no longer what would be written, the new one is shown."""
    read = request.POST.get("digest", "")
    try:
        job = register_preview.confirm(job.pk, read=read, by=cast(User, request.user), now=db_now())
    except Refused as refused:
        job = _job(job.pk)
        if job.state == JobState.PREPARED:
            return _preview(request, job, refused=refused)
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"已导入：{_written(job.result)}。{_left_out(job.result)}")
    return redirect("accounts:import_result", job.pk)


def _job(job_id: int) -> Job:
    return get_object_or_404(Job.objects.select_related("by", "file", "source"), pk=job_id, kind=IMPORTED)


def _preview(request: HttpRequest, job: Job, *, refused: Refused | None = None) -> HttpResponse:
    """The page of a preview; `refused` says why it was not written."""
    try:
        told = register_preview.shown(job)
    except Refused as gone:
        raise Http404(str(gone)) from gone
    show = request.GET.get("show", "")
    rows = [row | {"label": Outcome(row["outcome"]).label} for row in told["rows"]]
    rows = [row for row in rows if show not in SHOWN or row["outcome"] in SHOWN[show]]
    context: dict[str, Any] = {
        "job": job,
        "done": job.result,
        "told": told,
        "columns": [(head, label, head.strip() in register_out.HEADS) for head, label in told["columns"]],
        "known_columns": sum(bool(label) for _, label in told["columns"]),
        "units_title": f"{len(told['units'])}个单位不在台账里，请先认一认",
        "near": [unit for unit in told["units"] if unit["near"]],
        "alone": [unit for unit in told["units"] if not unit["near"]],
        "tally": list(_tally(request, job, show)),
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "written": _written(job.result),
        "act": _act(job.result),
        "ask": f"{_act(job.result)}？",
        "left_out": _left_out(job.result),
        "refused": refused,
        "stale": refused.difference[:ROWS_SHOWN] if isinstance(refused, StaleReading) else [],
    }
    return render(request, "accounts/import_preview.html", context, status=status_of(refused) if refused else 200)


def _tally(request: HttpRequest, job: Job, show: str) -> list[tuple[Count, str, str]]:
    """Counts that filter the rows, each with what stands below it and how it is coloured."""
    done = job.result
    new = f"其中 {len(done['new_units'])} 个新单位待核" if done["new_units"] else "写入台账"
    below = {
        "": ("读取", done["read"], "全部行", ""),
        "created": ("新增", done["created"], new, "zl-good"),
        "changed": ("补充", done["changed"], "补填空白和粉丝数、备注", "zl-good"),
        "unchanged": ("不变", done["unchanged"], "与台账相同", ""),
        "refused": ("不予导入", done["refused"], f"含与备案不一致 {done['differs']} 行", "zl-soon"),
        "differs": ("与备案不一致", done["differs"], "须办理变更报备", "zl-soon"),
    }
    here = show if show in SHOWN else ""
    return [
        (Count(label, n, changed(request.GET, show=key), key == here), text, css)
        for key, (label, n, text, css) in below.items()
    ]


def _written(done: dict[str, Any]) -> str:
    """「新增 9 个、补充 2 个账号」; '' when nothing would be written."""
    parts = [f"{word} {done[key]} 个" for key, word in (("created", "新增"), ("changed", "补充")) if done[key]]
    return f"{'、'.join(parts)}账号" if parts else ""


def _act(done: dict[str, Any]) -> str:
    """What the button does: 「导入 9 个账号」, or `_written` where some are only filled in."""
    return f"导入 {done['created']} 个账号" if done["created"] and not done["changed"] else _written(done)


def _left_out(done: dict[str, Any]) -> str:
    return f"{done['refused']} 行没有导入，原因见下表。" if done["refused"] else "每一行都已导入。"


def _show(request: HttpRequest, form: ImportForm, *, status: int = 200) -> HttpResponse:
    recent = Job.objects.filter(kind=IMPORTED).select_related("by").order_by("-created_at", "-id")[:RECENT]
    return render(request, "accounts/import.html", {"form": form, "recent": recent}, status=status)
