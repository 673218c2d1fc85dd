"""登记工单 and 更正: what the paper from above says, with its pictures."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from filings.views.files import send
from inspections import upper
from inspections.forms.upper import CorrectForm, UpperForm, first_typed
from inspections.models import UpperState
from inspections.upper import Twice
from inspections.views.upper import finding_for
from zhonglou_media.core import files
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.files import Checked

FIND = "find"


@may(Action.UPPER_FINDINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """登记工单; `step` find looks the account up and keeps what was typed."""
    now = db_now()
    if request.method != "POST":
        return _form(request, UpperForm(initial={"received_on": day_of(now), "issuer": "city"}, now=now))
    if request.POST.get("step") == FIND:
        return _form(request, UpperForm(initial=request.POST.dict(), now=now), looked=True)
    form = UpperForm(request.POST, now=now)
    pictures = taken(request, form)
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        if errors := upper.errors_of(form.typed(), now, len(pictures)):
            raise Incomplete("", errors)
        stored = [(files.keep(one.content, one.kind), name) for one, name in pictures]
        finding = upper.record(form.typed(), pictures=stored, by=user_of(request), now=now)
    except Incomplete as incomplete:
        form.take(incomplete)
        return _form(request, form, status=422)
    except Refused as refused:
        return _form(request, form, refused=refused, status=status_of(refused))
    found = f"，台账里是“{finding.account}”" if finding.account else "，台账里没有这个账号"
    messages.success(request, f"工单 {finding} 已登记{found}。请指定承办单位，交办后单位才会收到通知。")
    return redirect("inspections:upper", pk=finding.pk)


@may(Action.UPPER_FINDINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """更正 what was typed, until it is handed to a unit."""
    now, finding = db_now(), finding_for(request, pk)
    if finding.state != UpperState.RECEIVED:
        messages.warning(request, f"工单 {finding} 现为“{finding.get_state_display()}”，登记的内容不能再更正。")
        return redirect("inspections:upper", pk=pk)
    if request.method != "POST":
        return _form(request, CorrectForm(initial=first_typed(finding), finding=finding, now=now), of=finding)
    if request.POST.get("step") == FIND:
        typed = {**request.POST.dict(), "drop": request.POST.getlist("drop")}
        return _form(request, CorrectForm(initial=typed, finding=finding, now=now), of=finding, looked=True)
    form = CorrectForm(request.POST, finding=finding, now=now)
    pictures = taken(request, form)
    if not form.is_valid():
        return _form(request, form, of=finding, status=422)
    going = [int(key) for key in form.cleaned_data["drop"]]
    try:
        if errors := upper.errors_of(form.typed(), now, finding.pictures.count() - len(going) + len(pictures)):
            raise Incomplete("", errors)
        stored = [(files.keep(one.content, one.kind), name) for one, name in pictures]
        read = request.POST.get("read", "")
        upper.correct(pk, form.typed(), read=read, add=stored, drop=going, by=user_of(request), now=now)
    except Incomplete as incomplete:
        form.take(incomplete)
        return _form(request, form, of=finding, status=422)
    except Refused as refused:
        return _form(request, form, of=finding, refused=refused, status=status_of(refused))
    messages.success(request, "登记的内容已更正。")
    return redirect("inspections:upper", pk=pk)


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def picture(request: HttpRequest, pk: int, picture: int) -> FileResponse:
    """A picture that came with the finding, for whoever may read that."""
    found = get_object_or_404(finding_for(request, pk).pictures.select_related("file"), pk=picture)
    return send(request, found.file, found.name)


def taken(request: HttpRequest, form: UpperForm) -> list[tuple[Checked, str]]:
    """The pictures of the request, looked at and not yet kept; what is wrong with one is said at the field."""
    found: list[tuple[Checked, str]] = []
    for upload in request.FILES.getlist("pictures"):
        try:
            checked = files.check(upload, files.PICTURES)
        except Refused as refused:
            form.add_error("pictures", f"“{upload.name}”：{refused}")
        else:
            found.append((checked, files.safe_name(upload.name or "", checked.kind)))
    return found


def _form(
    request: HttpRequest,
    form: UpperForm,
    *,
    of: Any = None,
    refused: Refused | None = None,
    looked: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "upper": of,
        "read": upper.reading(of) if of is not None else "",
        "refused": refused,
        "there": refused.there if isinstance(refused, Twice) else None,
        "looked": looked,
    }
    return render(request, "inspections/upper_new.html", context, status=status)
