"""导入台账: a list of accounts goes in, and what came of it stays to be read again."""

import io
import tempfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import may
from accounts.forms import ImportForm
from accounts.models import Account
from accounts.policy import Action
from accounts.register_in import UNEXPLAINED, ImportResult, NothingAccepted, import_file, refused_workbook
from zhonglou_media.core import files
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Job, JobState, User

KIND = "import_registry"
RECENT = 10
ROWS_SHOWN = 200  # the workbook has all of them


@may(Action.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Upload a list: the baseline, or accounts found unfiled. When nothing of it was taken, the reasons are shown."""
    if request.method != "POST":
        return _show(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, form, status=422)
    user = cast(User, request.user)
    now = db_now()
    try:
        job = _import(form, user, now)
    except NothingAccepted as nothing:
        job = _keep_nothing(form, nothing, user, now)
        form.add_error("file", str(nothing))
        return _show(request, form, job=job, status=422)
    except Refused as refusal:
        form.add_error("file", str(refusal))
        return _show(request, form, status=status_of(refusal))
    return redirect("accounts:import_result", job.pk)


@may(Action.IMPORT)
@require_safe
def result(request: HttpRequest, job_id: int) -> HttpResponse:
    """What came of an import: counts, new units, each refused row with its reason."""
    job = get_object_or_404(Job.objects.select_related("by"), pk=job_id, kind=KIND)
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
    job = get_object_or_404(Job.objects.select_related("file"), pk=job_id, kind=KIND)
    if job.file is None:
        raise Http404
    try:
        content = files.open_file(job.file)
    except Refused as gone:
        raise Http404(str(gone)) from gone
    name = f"未导入的行-{job.created_at.astimezone(SHANGHAI):%Y%m%d}-{job.pk}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=files.XLSX)


def _import(form: ImportForm, user: User, now: datetime) -> Job:
    """Run the import; its job gets the refused rows, for the page and as a workbook, in the same transaction."""
    upload: UploadedFile = form.cleaned_data["file"]
    # The reader goes by content; the workbook's own parser insists on this ending.
    with tempfile.NamedTemporaryFile(prefix="import-", suffix=".xlsx") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        with transaction.atomic():
            done = import_file(
                Path(copy.name),
                by=user,
                now=now,
                found=form.cleaned_data["ground"] == ImportForm.FOUND,
                document=form.cleaned_data["document"].strip(),
                name=upload.name or "",
            )
            job = cast(Job, done.job)  # an import that went through has one
            _keep_refused(job, done)
    return job


def _keep_nothing(form: ImportForm, nothing: NothingAccepted, user: User, now: datetime) -> Job:
    """A job for a list of which nothing was taken, so that its rows can be downloaded; the register is as it was."""
    name = form.cleaned_data["file"].name
    detail = {
        "file": name,
        "document": form.cleaned_data["document"].strip() or name,
        "found": form.cleaned_data["ground"] == ImportForm.FOUND,
        "read": nothing.result.read,
        "created": 0,
        "changed": 0,
        "unchanged": 0,
        "refused": len(nothing.result.refused),
        "new_units": [],
    }
    job = Job(
        kind=KIND,
        state=JobState.FAILED,
        by=user,
        created_at=now,
        started_at=now,
        finished_at=now,
        result=detail,
        error=str(nothing)[:500],
    )
    _keep_refused(job, nothing.result)
    return job


def _keep_refused(job: Job, done: ImportResult) -> None:
    rows = [asdict(row) for row in done.refused[:ROWS_SHOWN]]
    job.result = {**job.result, "heads": done.heads, "rows": rows}
    if done.refused:
        book = io.BytesIO()
        refused_workbook(done, book)
        job.file = files.keep(book.getvalue(), files.XLSX)
    job.save()


def _show(request: HttpRequest, form: ImportForm, *, job: Job | None = None, status: int = 200) -> HttpResponse:
    recent = Job.objects.filter(kind=KIND).select_related("by").order_by("-created_at", "-id")[:RECENT]
    context: dict[str, Any] = {"form": form, "job": job, "recent": recent, "rows_shown": ROWS_SHOWN}
    return render(request, "accounts/import.html", context, status=status)
