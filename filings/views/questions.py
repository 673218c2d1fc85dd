"""未办结的咨询 of a closing account: who answers each of them from now on (第十五条)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import policy
from accounts.access import may, user_of
from accounts.policy import Action
from filings import closing, handing_questions
from filings.models import Filing, FilingState
from filings.models.filing import CLOSINGS
from filings.views.answers import filing_for
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Incomplete, Refused


class QuestionsForm(forms.Form):
    """Which questions go, and to which account."""

    to = forms.ChoiceField(
        label="承接账号",
        error_messages={"required": "请选择由哪个账号承接。", "invalid_choice": "请从列出的账号中选择。"},
    )
    messages = forms.MultipleChoiceField(
        label="未办结的咨询",
        error_messages={
            "required": "请至少选择一条咨询。",
            "invalid_choice": "有的咨询刚刚办结或转办，请核对后重新选择。",
        },
    )

    def __init__(self, *args: Any, filing: Filing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = list(closing.open_questions(filing.registered).order_by("reply_due_at", "pk"))
        takers = [(account.pk, f"{account}，{account.unit}") for account in handing_questions.takers(filing)]
        to: Any = self.fields["to"]
        to.choices = [("", "请选择"), *takers]
        chosen: Any = self.fields["messages"]
        chosen.choices = [(row.pk, str(row)) for row in self.rows]
        self.has_takers = bool(takers)


@may(Action.RECORD_ACTIVITY)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, pk: int) -> HttpResponse:
    """List them, hand the chosen ones over; an accepted filing may complete by it."""
    filing = filing_for(request, pk)
    if filing.kind not in CLOSINGS:
        raise Http404
    policy.require(user_of(request), Action.RECORD_ACTIVITY, filing)
    if request.method != "POST":
        may_hand = filing.state in handing_questions.DECIDING
        return _show(request, filing, _fresh(filing)) if may_hand else redirect("filings:detail", pk)
    form = QuestionsForm(request.POST, filing=filing)
    if not form.is_valid():
        return _show(request, filing, form, status=422)
    chosen = [int(one) for one in form.cleaned_data["messages"]]
    try:
        done, went = handing_questions.hand_over(
            pk, messages=chosen, to=int(form.cleaned_data["to"]), by=user_of(request), now=db_now()
        )
    except Incomplete as incomplete:
        for name, texts in incomplete.errors.items():
            form.add_error(name, texts)
        return _show(request, filing, form, status=422)
    except Refused as refused:
        return _show(request, filing, form, refused=refused, status=status_of(refused))
    then = "两个系统均已备案，本件办结。" if done.state == FilingState.COMPLETED else ""
    messages.success(request, f"已转办 {went} 条咨询，承接账号的填报员会收到通知。{then}")
    return redirect("filings:detail", pk)


def _fresh(filing: Filing) -> QuestionsForm:
    form = QuestionsForm(filing=filing)
    successor = filing.details.successor_id if filing.details is not None else None
    form.initial = {"to": successor, "messages": [row.pk for row in form.rows]}
    return form


def _show(
    request: HttpRequest, filing: Filing, form: QuestionsForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    chosen = request.POST.getlist("messages") if form.is_bound else [str(row.pk) for row in form.rows]
    context = {
        "filing": filing,
        "account": filing.registered,
        "form": form,
        "rows": [(row, str(row.pk) in chosen) for row in form.rows],
        "refused": refused,
    }
    return render(request, "filings/questions.html", context, status=status)
