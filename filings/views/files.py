"""Attachments and signed papers: sent only to who may see the filing, and never as a page of this site."""

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from filings.access import visible_filings
from filings.models import Attachment
from filings.views.answers import filing_for
from zhonglou_media.core import files
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import File

SHOWN_IN_THE_BROWSER = files.PAPER
# A picture that somebody opens runs nothing and fetches nothing. Chromium shows no PDF under `sandbox`: that keeps the
# policy of every page, under which no script of a document runs either; viewers run a PDF's own far from the site.
OF_A_PICTURE = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
OF_A_DOWNLOAD = "default-src 'none'; sandbox; frame-ancestors 'none'"


@may(Action.VIEW_FILING)
@require_safe
@cache_control(private=True, no_store=True)
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """One attachment; removed ones too, since revisions name them."""
    of_visible = Attachment.objects.filter(filing__in=visible_filings(user_of(request)))
    found = get_object_or_404(of_visible.select_related("file"), pk=pk)
    return send(request, found.file, found.name)


@may(Action.VIEW_FILING)
@require_safe
@cache_control(private=True, no_store=True)
def paper_scan(request: HttpRequest, pk: int) -> FileResponse:
    """The signed paper of a filing approved on paper."""
    filing = filing_for(request, pk)
    if filing.paper_scan is None:
        raise Http404
    return send(request, filing.paper_scan, f"签批件-{filing.number or filing.pk}")


def send(request: HttpRequest, file: File, name: str) -> FileResponse:
    """The content as a download, or shown in the browser with `?preview`; the caller has asked who may read it."""
    preview = "preview" in request.GET and file.type in SHOWN_IN_THE_BROWSER
    try:
        content = files.open_file(file)
    except Refused as refused:
        raise Http404(str(refused)) from refused
    # Django sends X-Content-Type-Options: nosniff with everything; the type is ours, judged by content.
    name = files.safe_name(name, file.type)
    answer = FileResponse(content, as_attachment=not preview, filename=name, content_type=file.type)
    if not preview or file.type in files.PICTURES:
        answer["Content-Security-Policy"] = OF_A_PICTURE if preview else OF_A_DOWNLOAD
    return answer
