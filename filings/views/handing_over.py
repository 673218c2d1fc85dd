"""移交同事: the one who handles a filing gives it to a colleague, or a colleague takes it over."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.policy import Action
from filings import handing_over
from filings.available import available
from filings.models import LIVE
from filings.views.answers import ask_first, filing_for
from filings.views.filing import show_filing
from filings.wording import running
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User


class HandOverForm(forms.Form):
    """Who handles it from now on, and why."""

    use_required_attribute = False

    to = forms.TypedChoiceField(
        label="移交给",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择接手的同事。", "invalid_choice": "请选择本单位现任的填报员。"},
    )
    comment = forms.CharField(label="说明", required=False, max_length=200)

    def __init__(self, *args: object, people: list[User], me: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (user.pk, f"由我接手（{user.name}）" if user == me else f"{user.name}（{user.username}）")
            for user in people
        ]


@may(Action.HAND_OVER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The page, and the act."""
    filing, me, now = filing_for(request, pk), user_of(request), db_now()
    if request.method != "POST" and handing_over.VERB not in available(filing, me):
        return redirect("filings:detail", pk)
    try:
        ask_first(request, filing, Action.HAND_OVER, LIVE)
    except Refused as refused:
        return show_filing(request, filing, refused=refused)
    people = [user for user in handing_over.operators(filing.unit_id, now) if user.pk != filing.owner_id]
    form = HandOverForm(request.POST if request.method == "POST" else None, people=people, me=me)
    if request.method == "POST" and form.is_valid():
        try:
            done = handing_over.hand_over(pk, **form.cleaned_data, by=me, now=now)
        except Incomplete as incomplete:
            form.add_error("to", incomplete.errors["to"][0])
        except Refused as refused:
            return show_filing(request, filing, refused=refused, typed=form.cleaned_data["comment"])
        else:
            told = "已由您接手。" if done.owner == me else f"已移交{done.owner}经办，并已通知；您仍可查看和办理。"
            messages.success(request, told)
            return redirect("filings:detail", pk)
    context = {"filing": filing, "form": form, "people": people, "clock": running(filing)}
    return render(request, "filings/hand_over.html", context, status=422 if form.errors else 200)
