"""回执表: the answers of the systems above, uploaded as a table; what came of each row stays to be read again."""

import io

from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from filings import receipts_in
from filings.forms.receipts import PastedForm, ReceiptTableForm
from filings.jobs import submit_pasted, submit_receipts
from filings.views import exchange
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Job, JobState

A_PAGE = 500


@may(Action.RECEIPT)
@post_only("filings:exchange")
def upload(request: HttpRequest) -> HttpResponse:
    """Take a table of receipts; a worker records it, each row by itself."""
    form = ReceiptTableForm(request.POST, request.FILES)
    if not form.is_valid():
        return exchange.page(request, table=form)
    table: UploadedFile = form.cleaned_data["file"]
    try:
        job = submit_receipts(table.read(), name=table.name or "", by=user_of(request), now=db_now())
    except Refused as refused:
        form.add_error("file", str(refused))
        return exchange.page(request, table=form, status=status_of(refused))
    return redirect("job", job.pk)


@may(Action.RECEIPT)
@post_only("filings:exchange")
def paste(request: HttpRequest) -> HttpResponse:
    """Take pasted lines; from here on they go the way of a table. What is refused stays in the box."""
    form = PastedForm(request.POST)
    if not form.is_valid():
        return exchange.page(request, pasted=form)
    try:
        job = submit_pasted(form.cleaned_data["rows"], by=user_of(request), now=db_now())
    except Refused as refused:
        form.add_error("rows", str(refused))
        return exchange.page(request, pasted=form, status=status_of(refused))
    return redirect("job", job.pk)


@may(Action.RECEIPT)
@require_safe
def result(request: HttpRequest, job_id: int) -> HttpResponse:
    """What came of each row; of a table that is not recorded yet, how far it is."""
    job = _job(job_id)
    if job.state in (JobState.QUEUED, JobState.RUNNING) or not job.result:
        return redirect("job", job.pk)
    page = Paginator(job.result.get("rows", []), A_PAGE).get_page(request.GET.get("page"))
    context = {"job": job, "page": page, "pasted": bool(job.params.get("pasted"))}
    return render(request, "filings/receipts.html", context)


@may(Action.RECEIPT)
@require_safe
def rejected(request: HttpRequest, job_id: int) -> FileResponse:
    """The rows that were not recorded, to correct and upload again."""
    job = _job(job_id)
    if job.file is None:
        raise Http404
    try:
        content = files.open_file(job.file)
    except Refused as gone:
        raise Http404(str(gone)) from gone
    name = f"未登记的回执-{job.created_at.astimezone(SHANGHAI):%Y%m%d}-{job.pk}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=files.XLSX)


@may(Action.RECEIPT)
@require_safe
def sample(request: HttpRequest) -> FileResponse:
    """样表."""
    book = io.BytesIO()
    receipts_in.write_sample(book)
    book.seek(0)
    return FileResponse(book, as_attachment=True, filename="回执表样表.xlsx", content_type=files.XLSX)


def _job(job_id: int) -> Job:
    return get_object_or_404(Job.objects.select_related("by", "file"), pk=job_id, kind=receipts_in.KIND)
