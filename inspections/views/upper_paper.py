"""上级工单答复单: the page to print and seal, and the Word file; for whoever may read the finding."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from accounts.access import may
from accounts.policy import Action
from filings.views.printing import download
from inspections import upper_paper, upper_shown
from inspections.models import RectificationProof, UpperFinding
from inspections.upper_paper import Paper
from inspections.views.upper import finding_for
from zhonglou_media.core import files


@may(Action.VIEW_CHECKS)
@require_safe
@never_cache
def print_(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer as an A4 page."""
    finding = finding_for(request, pk)
    context = {"upper": finding, "paper": _paper(finding), "title": upper_paper.TITLE, "seal": upper_paper.SEAL}
    return render(request, "inspections/upper_print.html", context)


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def word(request: HttpRequest, pk: int) -> FileResponse:
    """The same as a Word file."""
    finding = finding_for(request, pk)
    name = files.safe_name(f"{upper_paper.TITLE}-{finding.number}-{finding.account_text}"[:80] + ".docx", files.DOCX)
    return download(upper_paper.word_file(_paper(finding)), name)


def _paper(finding: UpperFinding) -> Paper:
    answer = upper_shown.answer_of(finding)
    proofs = RectificationProof.objects.filter(rectification=answer) if answer is not None else None
    return upper_paper.paper(finding, answer, list(proofs.values_list("name", flat=True)) if proofs is not None else [])
