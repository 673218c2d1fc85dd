"""通报 as the public reads them, without signing in: only what is published, from what the row keeps."""

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import public
from filings.views.files import send
from inspections import circular_text, circular_word, circulars
from inspections.models import Circular
from zhonglou_media.core import files

A_PAGE = 20


@public
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """Every circular that is public, the newest first; one that was corrected says so."""
    rows = circulars.published().select_related("spot_check", "corrects", "corrected_by")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "inspections/circulars.html", {"page": page})


@public
@require_safe
def show(request: HttpRequest, index_no: str) -> HttpResponse:
    """One circular, with the one that it corrects and the one that corrects it."""
    row = _published(index_no)
    context = {"circular": row, "corrected": circulars.correction_of(row), **document(row)}
    return render(request, "inspections/circular.html", context)


@public
@require_safe
def word(request: HttpRequest, index_no: str) -> FileResponse:
    """The .docx as it was published."""
    row = _published(index_no)
    if row.word is None:
        raise Http404
    return send(request, row.word, f"{row.title}.docx")


@public
@require_safe
def statistics(request: HttpRequest, index_no: str) -> FileResponse:
    """检查结果统计表 with the list of the accounts that failed, as a workbook."""
    row = _published(index_no)
    name = files.safe_name(f"检查结果统计表-{row.index_no}.xlsx", files.XLSX)
    return FileResponse(circular_word.workbook(row), as_attachment=True, filename=name, content_type=files.XLSX)


def document(circular: Circular) -> dict[str, object]:
    """What the layout of a circular shows."""
    return {
        "basis": circular_word.lines(circular.basis),
        "sections": circular_word.sections(circular),
        "tables": circular_word.tables(circular.figures),
        "annexes": circular_word.annexes(circular),
        "failed": circular.figures.get("failed_accounts", []),
        "publisher": circular_text.PUBLISHER,
    }


def _published(index_no: str) -> Circular:
    return get_object_or_404(circulars.published(), index_no=index_no)
