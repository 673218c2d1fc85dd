"""一票否决: the list of those a person may read, and its revocation by the supervisor."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.policy import Action
from inspections import vetoing
from inspections.forms.rectifications import RevokeForm
from inspections.models import AnnualVeto
from inspections.rectify_board import visible_vetoes
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused

A_PAGE = 20
READ = ("unit", "account__platform", "rectification", "upper", "decided_by", "revoked_by")


@may(Action.VIEW_CHECKS)
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """Vetoes of the units this person reads, newest first; revoked ones too."""
    rows = visible_vetoes(user_of(request)).select_related(*READ)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "standing": visible_vetoes(user_of(request)).filter(revoked_at__isnull=True).count(),
        "may_revoke": policy.could(user_of(request), Action.VETO),
    }
    return render(request, "inspections/vetoes.html", context)


@may(Action.VETO)
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """撤销一票否决, with a reason."""
    row: AnnualVeto = get_object_or_404(visible_vetoes(user_of(request)).select_related(*READ), pk=pk)
    form = RevokeForm(request.POST if request.method == "POST" else None)
    refused: Refused | None = None
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                row = vetoing.revoke(pk, reason=form.cleaned_data["reason"], by=user_of(request), now=db_now())
            except Refused as refusal:
                refused, status = refusal, status_of(refusal)
            else:
                messages.success(request, f"{row.unit} {row.year}年度的一票否决已撤销，单位已收到通知。")
                return redirect("inspections:vetoes")
    return render(
        request, "inspections/veto_revoke.html", {"row": row, "form": form, "refused": refused}, status=status
    )
