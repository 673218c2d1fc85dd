"""公告 (第八条): what the public reads, and a unit's correction of what it has announced."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import policy
from accounts.access import may, public, user_of
from accounts.policy import Action
from filings import announcing
from filings.forms import common
from filings.models import Filing
from filings.views.answers import filing_for
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Refused

A_PAGE = 20


@public
@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """Every announcement that is public, the newest first; one that was corrected says so."""
    rows = announcing.published().select_related("filing__account__platform", "filing__unit", "corrected_by")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "filings/announcements.html", {"page": page})


@public
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One announcement, with the one it corrects and the one that corrects it."""
    rows = announcing.published().select_related(
        "filing__account__platform", "filing__unit", "corrects", "corrected_by"
    )
    return render(request, "filings/announcement.html", {"row": get_object_or_404(rows, pk=pk)})


class CorrectionForm(forms.Form):
    """更正公告: the whole text anew."""

    text = common.text("公告内容", 1000, required=True, lines=True)
    place = common.text("公告发布渠道", 120)
    link = common.text("公告链接", 300)
    on = day_field("公告日期")
    corrects = forms.IntegerField(widget=forms.HiddenInput, required=False)  # the one that the page showed

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_corrects(self) -> int:
        return self.cleaned_data["corrects"] or 0

    def clean_on(self) -> date:
        return self.cleaned_data["on"] or self.today


@may(Action.ANNOUNCE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """更正公告: what is public stays as it is; the correction names it."""
    filing = filing_for(request, pk)
    policy.require(user_of(request), Action.ANNOUNCE, filing)
    last, now = announcing.standing(filing), db_now()
    if last is None:
        return redirect("filings:detail", pk)
    if request.method != "POST":
        initial = {"text": last.text, "place": last.place, "link": last.link, "on": day_of(now), "corrects": last.pk}
        return _show(request, filing, CorrectionForm(initial=initial, today=day_of(now)), last=last)
    form = CorrectionForm(request.POST, today=day_of(now))
    if not form.is_valid():
        return _show(request, filing, form, last=last, status=422)
    try:
        made = announcing.correct(pk, by=user_of(request), now=now, **form.cleaned_data)
    except Refused as refused:
        form.data = {**request.POST.dict(), "corrects": str(last.pk)}  # what stands now, beside what was typed
        return _show(request, filing, form, last=last, refused=refused, status=status_of(refused))
    messages.success(request, "更正公告已公布，原公告保留并注明已更正。")
    return redirect("filings:public_announcement", made.pk)


def _show(
    request: HttpRequest, filing: Filing, form: CorrectionForm, *, last: Any, refused: Any = None, status: int = 200
) -> HttpResponse:
    context = {"filing": filing, "form": form, "last": last, "refused": refused}
    return render(request, "filings/announcement_correct.html", context, status=status)
