"""账号失控 (第十八条): the unit's report, the supervisor's declaration, and control regained."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.histories import entries
from accounts.models import Account
from accounts.policy import Action
from inspections import losing, ordering
from inspections.access import account_for
from inspections.forms.orders import DeclareForm, LostForm, RecoverForm
from zhonglou_media.core import events
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Event


@may(Action.REPORT_LOST)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """报告账号失控, by an operator of the unit."""
    now, account = db_now(), account_for(request, pk, Action.REPORT_LOST)
    form = LostForm(request.POST if request.method == "POST" else None, initial={"since": day_of(now)}, now=now)
    refused, status = None, 422 if form.is_bound else 200
    if form.is_valid():
        try:
            losing.report(pk, **form.cleaned_data, by=user_of(request), now=now)
        except Incomplete as incomplete:
            form.take(incomplete)
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            messages.success(request, "已报告区政府办公室，核实后由其负责人认定；请同时向平台申诉找回账号。")
            return redirect("accounts:detail", pk=pk)
    context = {
        "account": account,
        "form": form,
        "refused": refused,
        "why_not": "" if form.is_bound else losing.why_not(account),
        "reports": entries(_reports(account)),
    }
    return render(request, "inspections/report_lost.html", context, status=status)


@may(Action.DECLARE_LOST)
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, pk: int) -> HttpResponse:
    """认定失控, by the supervisor."""
    return _declare(request, pk)


@may(Action.DECLARE_LOST)
@post_only("inspections:declare_lost", "pk")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """不予认定: the unit's report is settled without a declaration."""
    account, form = account_for(request, pk, Action.DECLARE_LOST), ReasonForm(request.POST, auto_id="dismiss-%s")
    if not form.is_valid():
        return _declare(request, pk, dismissed=form, status=422)
    try:
        losing.dismiss(pk, reason=form.cleaned_data["reason"], by=user_of(request), now=db_now())
    except Refused as refusal:
        return _declare(request, pk, dismissed=form, refused=refusal, status=status_of(refusal))
    messages.success(request, f"没有认定“{account.name}”失控，{account.unit}已收到通知；更新和回复照常判断。")
    return redirect("accounts:detail", pk=pk)


def _declare(
    request: HttpRequest,
    pk: int,
    *,
    dismissed: ReasonForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `dismissed` is the form of the dialog 不予认定 that was incomplete or refused."""
    now, account = db_now(), account_for(request, pk, Action.DECLARE_LOST)
    reports = _reports(account)
    given = request.POST if request.method == "POST" and dismissed is None else None
    form = DeclareForm(given, now=now, initial=_from(reports))
    status = 422 if form.is_bound else status
    if form.is_valid():
        try:
            done = losing.declare(pk, **form.cleaned_data, by=user_of(request), now=now)
        except Incomplete as incomplete:
            form.take(incomplete)
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            waived = f"{done.waived} 条更新预警已免于追究；" if done.waived else ""
            order = f"责令关停 {done.order.number} {'原已下达' if done.stood else '已下达'}"
            until = due24(done.order.due_at)
            messages.success(request, f"已认定失控，不再判断更新，{waived}{order}，应在 {until} 前办理。")
            return redirect("inspections:order", pk=done.order.pk)
    context: dict[str, Any] = {
        "account": account,
        "form": form,
        "refused": refused,
        "reports": entries(reports),
        "why_not": "" if form.is_bound or dismissed else losing.why_not(account),
        "dismiss_form": dismissed or (ReasonForm(auto_id="dismiss-%s") if reports else None),
        "open_dismiss": dismissed is not None,
        "standing": ordering.standing_of(account),
    }
    return render(request, "inspections/declare_lost.html", context, status=status)


@may(Action.DECLARE_LOST)
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest, pk: int) -> HttpResponse:
    """恢复控制: the account is in the unit's hands again."""
    account = account_for(request, pk, Action.DECLARE_LOST)
    form = RecoverForm(request.POST if request.method == "POST" else None)
    refused, status = None, 422 if form.is_bound else 200
    if form.is_valid():
        try:
            losing.recover(pk, reason=form.cleaned_data["reason"], by=user_of(request), now=db_now())
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            order = ordering.standing_of(account)
            still = f"责令关停 {order} 仍未办结，不再关停的，请撤销它。" if order is not None else ""
            messages.success(request, f"账号“{account.name}”已恢复控制，按已有的发布重新判断更新。{still}")
            return redirect("inspections:order", order.pk) if order is not None else redirect("accounts:detail", pk)
    context = {
        "account": account,
        "form": form,
        "refused": refused,
        "why_not": "" if form.is_bound else losing.nothing_to_recover(account),
        "standing": ordering.standing_of(account),
    }
    return render(request, "inspections/recover.html", context, status=status)


def _reports(account: Account) -> list[Event]:
    """What the unit has reported and nobody has decided."""
    told = list(events.timeline(account).filter(verb__in=(losing.REPORTED, *losing.SETTLED)).order_by("seq"))
    back = max((n for n, event in enumerate(told) if event.verb != losing.REPORTED), default=-1)
    return told[back + 1 :]


def _from(reports: list[Event]) -> dict[str, Any]:
    """What the declaration takes over from the last report."""
    if not reports:
        return {}
    since = date.fromisoformat(reports[-1].detail["since"])
    return {"since": since, "reason": reports[-1].comment.partition("：")[2]}
