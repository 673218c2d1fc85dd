"""批量办理: what was ticked is named before it is done, then each by itself; and 催办 of one filing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from filings import bulk as acts
from filings import export_runs, urging
from filings.access import visible_filings
from filings.bulk import Act, Chosen
from filings.export_runs import AlreadyThere
from filings.models import Filing, System
from filings.queues import with_items
from filings.views import exchange, exports
from filings.views.answers import filing_for
from filings.views.office_panel import PHRASES
from zhonglou_media.core.answers import back_to, post_only, status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Job

# How the page that asks speaks of each act: 「通过所选 3 件中的 2 件？」 and what becomes of them.
ASKS = {
    Act.ACCEPT: ("通过", "将转入“待上级平台备案”，单位会收到通知。"),
    Act.RETURN: ("退回", "将转“退回修改”，理由通知单位，改正期限自今天起算。"),
    Act.URGE: ("催办", "办理人会收到通知，办理经过里记下催办了谁。"),
}

EXPORTS = {f"export_{system.value}": system for system in System}  # what the page sends → where the chosen ones go


class ReasonForm(forms.Form):
    """The one reason of all that are returned."""

    comment = forms.CharField(
        label="退回的理由",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="对所选的每一件都适用，单位看得到",
        error_messages={
            "required": "退回修改的，请写明要改什么，便于单位改正。",
            "max_length": "不能超过1000个字。",
        },
    )


@dataclass(frozen=True)
class Row:
    """A ticked filing, and why it will not be done, as far as that is known."""

    filing: Filing
    chosen: Chosen
    why_not: str
    asks: str  # what its unit would be asked for


@may(Action.ACCEPT, Action.RETURN, Action.REMIND, Action.EXPORT)
@post_only("home")
@never_cache
def bulk(request: HttpRequest) -> HttpResponse:
    """Ask first; with `go` do it, and lead to what came of each: going back or pressing again does nothing twice."""
    back = back_to(request, reverse("home"))
    if request.POST.get("act") in EXPORTS:
        return _export(request, EXPORTS[request.POST["act"]], back)
    if request.POST.get("act") not in Act.values:
        messages.warning(request, "请选择要批量办理的事项。")
        return redirect(back)
    act = Act(request.POST["act"])
    chosen = [row for row in map(Chosen.of, request.POST.getlist("row")) if row]
    if not chosen:
        messages.warning(request, f"请先勾选要{act.label}的备案。")
        return redirect(back)
    form = ReasonForm(request.POST if "go" in request.POST else None) if act == Act.RETURN else None
    try:
        acts.check(act, chosen)
        if "go" in request.POST and (form is None or form.is_valid()):
            comment = form.cleaned_data["comment"] if form else ""
            job = acts.run(act, chosen, by=user_of(request), now=db_now(), comment=comment)
            return redirect("filings:bulk_result", job.pk)
    except Refused as refused:
        return _ask(request, act, [], form, back, refused=refused, status=status_of(refused))
    return _ask(request, act, chosen, form, back, status=422 if form and form.errors else 200)


def _export(request: HttpRequest, system: System, back: str) -> HttpResponse:
    """批量导出: the chosen ones go up by the job that the exchange page follows; it asks about those already there."""
    chosen = [row.filing_id for row in map(Chosen.of, request.POST.getlist("row")) if row]
    try:
        job = export_runs.submit(system, ids=chosen, by=user_of(request), now=db_now())
    except AlreadyThere as there:
        return exchange.page(request, asked=exports.question(system, there), status=409)
    except Refused as refused:
        messages.warning(request, f"没有导出：{refused}")
        return redirect(back)
    exports.tell(request, job)
    return redirect("filings:exchange")


def _ask(
    request: HttpRequest,
    act: Act,
    chosen: list[Chosen],
    form: ReasonForm | None,
    back: str,
    *,
    refused: Refused | None = None,
    status: int,
) -> HttpResponse:
    user, now = user_of(request), db_now()
    filings = {f.pk: f for f in visible_filings(user).filter(pk__in=[row.filing_id for row in chosen]).for_lists()}
    with_items(list(filings.values()))
    why_not = acts.foreseen(act, chosen, filings, by=user, now=now)
    ticked = [_row(act, filings[c.filing_id], c, why_not, now) for c in chosen if c.filing_id in filings]
    verb, then = ASKS[act]
    context = {
        "act": act,
        "verb": verb,
        "then": then,
        "rows": ticked,
        "will": [row for row in ticked if not row.why_not],
        "will_not": [row for row in ticked if row.why_not],
        "form": form,
        "phrases": PHRASES[1:],  # the first one consents
        "refused": refused,
        "next": back,
    }
    return render(request, "filings/bulk.html", context, status=status)


def _row(act: Act, filing: Filing, chosen: Chosen, why_not: Mapping[int, str], now: datetime) -> Row:
    asked = urging.asked_of(filing, now) if act == Act.URGE else None
    return Row(filing, chosen, why_not.get(filing.pk, ""), asked.words if asked else "")


@may(Action.ACCEPT, Action.RETURN, Action.REMIND)
@require_safe
def result(request: HttpRequest, job_id: int) -> HttpResponse:
    """What came of each filing."""
    job = get_object_or_404(Job.objects.select_related("by"), pk=job_id, kind=acts.KIND)
    act = Act(job.params["act"])
    context = {"job": job, "act": act, "summary": acts.summary(job), "followed": acts.followed(act)}
    return render(request, "filings/bulk_result.html", context)


@may(Action.REMIND)
@post_only("filings:detail", "pk")
def urge(request: HttpRequest, pk: int) -> HttpResponseBase:
    """催办 of one filing."""
    filing = filing_for(request, pk)
    try:
        done = urging.urge(pk, by=user_of(request), now=db_now())
    except Refused as refused:
        messages.warning(request, f"“{filing.account_label}”没有催办：{refused}")
    else:
        messages.success(request, f"“{filing.account_label}”{done.said}，他们会收到通知。")
    return redirect(back_to(request, reverse("filings:detail", args=[pk])))
