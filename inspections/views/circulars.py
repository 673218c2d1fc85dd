"""通报 of the office: the list, the draft with its 数字核对, the layout before publication, and what may be done."""

import io
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.histories import entries_for
from accounts.policy import Action
from inspections import circular_figures, circular_word, circulars
from inspections.circular_steps import TEXTS
from inspections.forms.circulars import CircularForm, CorrectForm
from inspections.models import CheckState, Circular, CircularState, SpotCheck
from inspections.views.public_circulars import document
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import db_now, parse_day
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading

ROWS_A_PAGE = 20
S = CircularState


@may(Action.CIRCULAR)
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """All circulars by month, the newest first, and the month that waits for one."""
    rows = Circular.objects.select_related("spot_check", "corrects", "last_editor", "published_by")
    page = Paginator(rows.order_by("-spot_check__month", "-pk"), ROWS_A_PAGE).get_page(request.GET.get("page"))
    waiting = SpotCheck.objects.exclude(state=CheckState.DRAFTED).filter(circulars__isnull=True).order_by("month")
    context = {
        "page": page,
        "waiting": list(waiting[:ROWS_A_PAGE]),
        "to_publish": rows.filter(state=S.REVIEW).count(),
        "drafts": rows.filter(state=S.DRAFT).count(),
    }
    return render(request, "inspections/circulars_office.html", context)


@may(Action.CIRCULAR)
@post_only("inspections:circulars_office")
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """起草通报 of a month; the check is closed by it."""
    month = parse_day(f"{code}-01")
    check = get_object_or_404(SpotCheck, month=month) if month is not None else None
    if check is None:
        raise Http404
    return drafted(request, check)


def drafted(request: HttpRequest, check: SpotCheck) -> HttpResponse:
    """Draft the circular of `check`, and on to it; back to the list with the reason where that cannot be."""
    try:
        made = circulars.draft(check.pk, by=user_of(request), now=db_now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("inspections:circulars_office")
    if made.state == S.REVIEW:
        return redirect("inspections:circular_preview", pk=made.pk)
    return redirect("inspections:circular_edit", pk=made.pk)


@may(Action.CIRCULAR)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """编辑与核对: what is typed is saved first, then the pressed button (`step`) acts."""
    circular = _circular(pk)
    if circular.state == S.PUBLISHED:
        return redirect("inspections:circular", index_no=circular.index_no)
    if request.method != "POST":
        if circular.state == S.REVIEW:
            return redirect("inspections:circular_preview", pk=pk)
        return _edit(request, circular, CircularForm.of(circular))
    form = CircularForm(request.POST)
    if not form.is_valid():
        return _edit(request, circular, form, status=422)
    try:
        circular = circulars.save(
            pk, form.typed(), version=form.cleaned_data["version"], by=user_of(request), now=db_now()
        )
        return _step(request, circular)
    except Incomplete as incomplete:
        form = _typed(request, pk)
        form.take(incomplete)
        return _edit(request, _circular(pk), form, status=422)
    except Refused as refused:
        form = CircularForm(request.POST) if isinstance(refused, StaleReading) else CircularForm.of(_circular(pk))
        return _edit(request, _circular(pk), form, refused=refused, status=status_of(refused))


def _typed(request: HttpRequest, pk: int) -> CircularForm:
    """What was typed, on the version that stands now: it may have been saved before what followed was refused."""
    form = CircularForm({**request.POST.dict(), "version": str(_circular(pk).version)})
    form.is_valid()
    return form


def _step(request: HttpRequest, circular: Circular) -> HttpResponse:
    """After saving: 改成, 说明原因, 核对无误, 重新带入, 送审, 审定."""
    step, _, of = request.POST.get("step", "").partition(":")
    at: dict[str, Any] = {"version": circular.version, "by": user_of(request), "now": db_now()}
    match step:
        case "fix":
            circulars.fix(circular.pk, of, **at)
            messages.success(request, "已改成由记录重算的数字。")
        case "explain":
            number, _, key = of.partition(":")
            circulars.explain(circular.pk, key, request.POST.get(f"explain-{number}", ""), **at)
            messages.success(request, "说明已写进通报，公开后可见。")
        case "confirm":
            circulars.confirm(circular.pk, of, **at)
            messages.success(request, "已记下由您核对；这一句或检查结果有变动时会再请核对。")
        case "again":
            circulars.again(circular.pk, of, **at)
            messages.success(request, "这一节已按现在的检查结果重新带入。")
        case "submit":
            circulars.submit(circular.pk, **at)
            messages.success(request, "已送审，区政府办公室负责人已收到通知；退回的会再通知您。")
            return redirect("inspections:circular_preview", pk=circular.pk)
        case "publish":
            said = circular_figures.figures(circular.spot_check)
            if why := circulars.why_not(circular, said, circulars.check_figures(circular, said)):
                raise Refused(why)
            return redirect("inspections:circular_preview", pk=circular.pk)
        case _:
            messages.success(request, "已保存。")
    return redirect("inspections:circular_edit", pk=circular.pk)


@may(Action.CIRCULAR)
@never_cache
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """公开版式预览: as the public will read it, with the decision of the supervisor."""
    circular = _circular(pk)
    if circular.state == S.PUBLISHED:
        return redirect("inspections:circular", index_no=circular.index_no)
    return _preview(request, circular)


@may(Action.CIRCULAR)
@require_safe
def word(request: HttpRequest, pk: int) -> FileResponse:
    """The draft as .docx."""
    circular = _circular(pk)
    name = files.safe_name(f"{circular.title}（{circular.get_state_display()}）.docx", files.DOCX)
    content = io.BytesIO(circular_word.build(circular))
    return FileResponse(content, as_attachment=True, filename=name, content_type=files.DOCX)


@may(Action.CIRCULAR)
@post_only("inspections:circular_preview", "pk")
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回修改."""

    def act() -> HttpResponse:
        circulars.recall(pk, by=user_of(request), now=db_now())
        messages.success(request, "已撤回为草稿，可以继续修改。")
        return redirect("inspections:circular_edit", pk=pk)

    return _decide(request, pk, act)


@may(Action.PUBLISH_CIRCULAR)
@post_only("inspections:circular_preview", "pk")
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """退回修改."""
    form = ReasonForm(request.POST, auto_id="back-%s")
    if not form.is_valid() and _circular(pk).state == S.REVIEW:
        return _preview(request, _circular(pk), back_form=form, status=422)

    def act() -> HttpResponse:
        circulars.send_back(pk, reason=request.POST.get("reason", ""), by=user_of(request), now=db_now())
        messages.success(request, "已退回修改，起草人已收到通知。")
        return redirect("inspections:circulars_office")

    return _decide(request, pk, act)


@may(Action.PUBLISH_CIRCULAR)
@post_only("inspections:circular_preview", "pk")
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """审定并公开."""
    version = request.POST.get("version", "")

    def act() -> HttpResponse:
        number = int(version) if version.isdecimal() and len(version) < 10 else 0
        done = circulars.publish(pk, version=number, by=user_of(request), now=db_now())
        told = f"点名的 {done.units} 个单位已收到通知。" if done.units else ""
        messages.success(request, f"通报已公开，索引号 {done.circular.index_no}，不用登录即可查看。{told}")
        return redirect("inspections:circular", index_no=done.circular.index_no)

    return _decide(request, pk, act)


@may(Action.CIRCULAR)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """更正通报: a new draft that names the published one."""
    circular = _circular(pk)
    if circular.state != S.PUBLISHED:
        return redirect("inspections:circular_edit", pk=pk)
    _under_the_list(request)
    form = CorrectForm(request.POST if request.method == "POST" else None)
    refused: Refused | None = None
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            made = circulars.correct(pk, reason=form.cleaned_data["reason"], by=user_of(request), now=db_now())
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            messages.success(request, "更正通报已起草；它公开以后，原通报注明已更正。")
            return redirect("inspections:circular_edit", pk=made.pk)
    context = {"circular": circular, "form": form, "refused": refused}
    return render(request, "inspections/circular_correct.html", context, status=status)


def _under_the_list(request: HttpRequest) -> None:
    """In the navigation these pages lie under the list."""
    request.nav_path = reverse("inspections:circulars_office")  # type: ignore[attr-defined]


def _circular(pk: int) -> Circular:
    rows = Circular.objects.select_related(
        *("spot_check__indicator_set", "corrects", "drafted_by", "last_editor", "submitted_by")
    )
    return get_object_or_404(rows, pk=pk)


def _decide(request: HttpRequest, pk: int, act: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return act()
    except Refused as refused:
        circular = _circular(pk)
        return _preview(request, circular, refused=refused, status=status_of(refused))


def _judged(circular: Circular) -> dict[str, Any]:
    """数字核对 with the facts of now."""
    said = circular_figures.figures(circular.spot_check)
    found = circulars.check_figures(circular, said)
    return {
        "checked": found,
        "tables": circular_word.tables(circular_figures.kept(said)),
        "why_not": circulars.why_not(circular, said, found),
        "moved": circular_figures.kept(said) != circular.figures,
        "waiting": said["waiting"],
    }


def _edit(
    request: HttpRequest,
    circular: Circular,
    form: CircularForm,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    if circular.state != S.DRAFT:
        return _preview(request, circular, refused=refused, status=status)
    _under_the_list(request)
    difference = refused.difference if isinstance(refused, StaleReading) else []
    context = {
        "circular": circular,
        "form": form,
        "refused": refused,
        "difference": difference,
        "may_publish": policy.may(user_of(request), Action.PUBLISH_CIRCULAR),
        "labels": TEXTS,
        "history": entries_for(circular),
        **_judged(circular),
    }
    return render(request, "inspections/circular_edit.html", context, status=status)


def _preview(
    request: HttpRequest,
    circular: Circular,
    *,
    refused: Refused | None = None,
    back_form: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    if circular.state == S.PUBLISHED:  # somebody was first
        messages.error(request, str(refused)) if refused else None
        return redirect("inspections:circular", index_no=circular.index_no)
    _under_the_list(request)
    publishes = policy.may(user_of(request), Action.PUBLISH_CIRCULAR)
    in_review = circular.state == S.REVIEW
    judged = _judged(circular)
    context = {
        "circular": circular,
        "refused": refused,
        "in_review": in_review,
        "may_publish": publishes,
        "back_form": (back_form or ReasonForm(auto_id="back-%s")) if publishes and in_review else None,
        "open_back": back_form is not None and bool(back_form.errors),
        "history": entries_for(circular),
        **document(circular),
        **{name: value for name, value in judged.items() if name != "tables"},
    }
    return render(request, "inspections/circular_preview.html", context, status=status)
