"""公开通报点名, and what the supervisor decides of it (第二十四条)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.policy import Action
from inspections import upper, upper_deciding, upper_shown
from inspections.forms.upper import DecideForm, NameForm
from inspections.views.upper import decide_by, finding_for
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Incomplete, Refused

SAID = {
    "none": "已决定不予处理，理由记入经过。",
    "veto": "已作出一票否决，单位已收到通知。",
    "order": "责令关停已下达，单位已收到通知。",
    "both": "责令关停已下达，并作出一票否决，单位已收到通知。",
}


@may(Action.UPPER_FINDINGS)
@post_only("inspections:upper", "pk")
def name(request: HttpRequest, pk: int) -> HttpResponse:
    """登记公开通报点名."""

    def act(where: str) -> str:
        read = request.POST.get("read", "")
        upper.mark_named(pk, where=where, read=read, by=user_of(request), now=db_now())
        return "已登记公开通报点名，由区政府办公室负责人依照第二十四条决定。"

    return decide_by(request, pk, "name", NameForm(request.POST, auto_id="name-%s"), act)


@may(Action.VETO)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """第二十四条的决定."""
    now, finding = db_now(), finding_for(request, pk)
    if request.method != "POST":
        form = DecideForm(finding=finding, now=now, initial={"reason": _ground(finding.get_issuer_display(), finding)})
        return _form(request, pk, form)
    form = DecideForm(request.POST, finding=finding, now=now)
    if not form.is_valid() and not upper_deciding.why_not(finding):
        return _form(request, pk, form, status=422)
    try:
        if not form.is_valid():
            raise upper.wrong_state(finding, "已经决定过")
        upper_deciding.decide(pk, form.decision(), read=request.POST.get("read", ""), by=user_of(request), now=now)
    except Incomplete as incomplete:
        form.take(incomplete)
        return _form(request, pk, form, status=422)
    except Refused as refused:
        return _form(request, pk, form, refused=refused, status=status_of(refused))
    messages.success(request, SAID[form.cleaned_data["outcome"]])
    return redirect("inspections:upper", pk=pk)


def _ground(level: str, finding: object) -> str:
    return f"在{level}中被公开通报（{finding}）。"


def _form(
    request: HttpRequest, pk: int, form: DecideForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    finding = finding_for(request, pk)
    context = {
        "upper": finding,
        "form": form,
        "read": upper.reading(finding),
        "why_not": upper_deciding.why_not(finding),
        "answer": upper_shown.answer_of(finding),
        "refused": refused,
    }
    return render(request, "inspections/upper_decide.html", context, status=status)
