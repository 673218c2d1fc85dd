"""What is done with a rectification: answered, verified, sent back, reminded, referred, decided."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import policy
from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.policy import Action
from inspections import deciding, rectify_board, rectify_due, rectifying
from inspections.deciding import CLOSING, VETOING, Outcome
from inspections.forms.rectifications import AnswerForm, DecisionForm, VerifyForm
from inspections.models import Rectification
from inspections.rectifying import Proof
from inspections.views.rectifications import rectification_for, show
from zhonglou_media.core import files
from zhonglou_media.core.answers import back_to, post_only, status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.files import Checked

PAGE = ("inspections:rectification", "pk")


@may(Action.ANSWER_RECTIFICATION)
@post_only(*PAGE)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """答复整改, by an operator of the unit; files are kept only when all of it will do."""
    row, user = rectification_for(request, pk), user_of(request)
    form = AnswerForm(request.POST)
    try:
        policy.require(user, Action.ANSWER_RECTIFICATION, row)
        form.is_valid()
        if why := rectifying.why_no_answer(row, db_now()):  # before anything is kept; asked again under the lock
            raise WrongState(why)
        checked = _checked(request, form)
        if not form.errors and (errors := rectifying.errors_of(form.cleaned_data["text"], len(checked))):
            form.take(Incomplete("", errors))
        if form.errors:
            return show(request, pk, answer_form=form, status=422)
        kept = [Proof(files.keep(one.content, one.kind), name) for one, name in checked]
        row = rectifying.answer(
            pk, text=form.cleaned_data["text"], proofs=kept, by=user, now=db_now(), read=request.POST.get("read", "")
        )
    except Incomplete as incomplete:
        form.take(incomplete)
        return show(request, pk, answer_form=form, status=422)
    except Refused as refusal:
        typed = request.POST.get("text", "").strip()
        return show(request, pk, answer_form=form, refused=refusal, typed=typed, status=status_of(refusal))
    messages.success(request, f"整改 {row} 已答复，由区政府办公室复核；退回的会再通知您。")
    return redirect(*PAGE[:1], pk=pk)


def _checked(request: HttpRequest, form: AnswerForm) -> list[tuple[Checked, str]]:
    """The files of the request, looked at and not yet kept; what is wrong with one is said at the field."""
    found: list[tuple[Checked, str]] = []
    for upload in request.FILES.getlist("proofs")[: rectifying.MOST_PROOFS + 1]:
        try:
            one = files.check(upload, files.PAPER)
        except Refused as refused:
            form.add_error("proofs", f"“{upload.name}”：{refused}")
        else:
            found.append((one, files.safe_name(upload.name or "", one.kind)))
    return found


@may(Action.VERIFY_RECTIFICATION)
@post_only(*PAGE)
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """复核通过."""

    def act(note: str) -> str:
        row = rectifying.verify(pk, note=note, by=user_of(request), now=db_now(), read=_read(request))
        return f"整改 {row} 已复核通过，{row.unit}已收到通知。"

    return _act(request, pk, "verify", VerifyForm(request.POST, auto_id="verify-%s"), act)


@may(Action.VERIFY_RECTIFICATION)
@post_only(*PAGE)
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """退回整改."""

    def act(reason: str) -> str:
        row = rectifying.send_back(pk, reason=reason, by=user_of(request), now=db_now(), read=_read(request))
        if row.due_at <= db_now():
            return f"整改 {row} 已退回，期限 {rectify_due.until(row)} 已过，{row.unit}应尽快重新答复。"
        return f"整改 {row} 已退回，{row.unit}应在 {rectify_due.until(row)} 前重新答复。"

    return _act(request, pk, "back", ReasonForm(request.POST, auto_id="back-%s"), act)


@may(Action.VERIFY_RECTIFICATION)
@post_only(*PAGE)
def refer(request: HttpRequest, pk: int) -> HttpResponse:
    """转负责人决定."""

    def act(reason: str) -> str:
        row = deciding.refer(pk, reason=reason, by=user_of(request), now=db_now(), read=_read(request))
        return f"整改 {row} 已转负责人决定，负责人已收到通知。"

    return _act(request, pk, "refer", ReasonForm(request.POST, auto_id="refer-%s"), act)


@may(Action.VERIFY_RECTIFICATION)
@post_only(*PAGE)
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """催办; from the board back to it."""
    rectification_for(request, pk)
    try:
        row = rectifying.remind(pk, by=user_of(request), now=db_now())
    except Refused as refusal:
        return show(request, pk, refused=refusal, status=status_of(refusal))
    messages.success(request, f"已催办整改 {row}，{row.unit}的填报员和主要领导已收到通知。")
    here = back_to(request)
    return redirect(here) if here else redirect(*PAGE[:1], pk=pk)


def _read(request: HttpRequest) -> str:
    return request.POST.get("read", "")


def _act(request: HttpRequest, pk: int, name: str, form: Any, act: Callable[[str], str]) -> HttpResponse:
    """One act of the office: back to the page, with what was done or why not."""
    row = rectification_for(request, pk)
    # What must be written depends on what was read: a stale page is told so first, by the use case.
    if not form.is_valid() and _read(request) == rectifying.reading(row):
        return show(request, pk, forms={name: form}, status=422)
    typed = request.POST.get("reason", "").strip()
    try:
        done = act(typed)
    except Refused as refusal:
        return show(request, pk, refused=refusal, typed=typed, forms={name: form}, status=status_of(refusal))
    messages.success(request, done)
    return redirect(*PAGE[:1], pk=pk)


# --- the supervisor's decision --------------------------------------------------------------------------------------


@may(Action.DECIDE_RECTIFICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, pk: int, outcome: str) -> HttpResponse:
    """第二十四条的决定: the form of one outcome; a closure or a veto is read once more before it is made."""
    if outcome not in Outcome.values:
        raise Http404
    chosen, row, now = Outcome(outcome), rectification_for(request, pk), db_now()
    form = DecisionForm(request.POST if request.method == "POST" else None, row=row, outcome=chosen, now=now)
    if not form.is_bound:
        return _form(request, row, form)
    step = request.POST.get("step", "")
    if step == "back":
        return _form(request, row, form)
    if not form.is_valid():
        return _form(request, row, form, status=422)
    decision = form.decision()
    if chosen in (*CLOSING, *VETOING) and step != "decide":
        if errors := deciding.errors_of(row, decision, now) or deciding.errors_of_order(row, decision, now):
            form.take(Incomplete("", errors))
            return _form(request, row, form, status=422)
        return _asked(request, row, form)
    try:
        row = deciding.decide(pk, decision, by=user_of(request), now=now, read=_read(request))
    except Incomplete as incomplete:
        form.take(incomplete)
        return _form(request, row, form, status=422)
    except Refused as refusal:
        return _form(request, row, form, refused=refusal, status=status_of(refusal))
    messages.success(request, f"已决定：{chosen.label}。{row.unit}已收到通知，决定和理由记入经过。")
    return redirect(*PAGE[:1], pk=pk)


def _form(
    request: HttpRequest, row: Rectification, form: DecisionForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    context = _context(row, form) | {"refused": refused}
    return render(request, "inspections/rectification_decide.html", context, status=status)


def _asked(request: HttpRequest, row: Rectification, form: DecisionForm) -> HttpResponse:
    return render(request, "inspections/rectification_ask.html", _context(row, form))


def _context(row: Rectification, form: DecisionForm) -> dict[str, Any]:
    return {
        "row": row,
        "title": rectify_board.title_of(row),
        "form": form,
        "outcome": form.outcome,
        "closes": form.outcome in CLOSING,
        "vetoes": form.outcome in VETOING,
        "why_not": "" if form.is_bound else deciding.why_not(row, db_now()),
        "read": rectifying.reading(row),
        "data": form.cleaned_data if form.is_bound and not form.errors else {},
    }
