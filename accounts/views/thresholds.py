"""本区设定: the thresholds in force, what is planned and what was, and the form that changes one from a day on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import thresholds
from accounts.access import may
from accounts.models import Role
from accounts.policy import Action
from accounts.thresholds import EDITABLE, FIXED
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Event, User


class ThresholdForm(forms.Form):
    """One threshold, its new value and from which day it holds."""

    use_required_attribute = False

    key = forms.ChoiceField(
        label="设定",
        choices=[("", "请选择")] + [(key, f"{t.label}（{t.unit}）") for key, t in EDITABLE.items()],
        error_messages={"required": "请选择要修改的设定。", "invalid_choice": "请重新选择要修改的设定。"},
    )
    value = forms.IntegerField(
        label="新的值",
        error_messages={"required": "请填写新的值。", "invalid": "请填写整数。"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    from_date = day_field("自何日起", missing="请填写从哪一天起。")


@dataclass(frozen=True)
class Change:
    """A line of the record: what was changed, from when on, by whom."""

    label: str
    words: str
    since: str
    who: str
    at: datetime


@may(Action.THRESHOLDS)
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The page, and the one change that it can make."""
    now = db_now()
    if request.method != "POST":
        asked = request.GET.get("key", "")
        first = {"key": asked if asked in EDITABLE else "", "from_date": day_of(now) + timedelta(days=1)}
        return _page(request, ThresholdForm(initial=first), now)
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _page(request, form, now, status=422)
    typed, user = form.cleaned_data, cast(User, request.user)
    try:
        row = thresholds.change(typed["key"], typed["value"], typed["from_date"], by=user, now=now)
    except Incomplete as incomplete:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                form.add_error(name, sentence)
        return _page(request, form, now, status=422)
    except Refused as refused:
        return _page(request, form, now, refused=refused, status=status_of(refused))
    told = f"自 {typed['from_date']} 起为 {typed['value']} {EDITABLE[typed['key']].unit}"
    kept = "" if row else "，与修改以前相同，那一天的安排已取消"
    messages.success(request, f"“{EDITABLE[typed['key']].label}”{told}{kept}。")
    return redirect("accounts:thresholds")


@may(Action.THRESHOLDS)
@post_only("accounts:thresholds")
def take_back(request: HttpRequest) -> HttpResponse:
    """取消 a change that does not hold yet."""
    now = db_now()
    try:
        from_date = date.fromisoformat(request.POST.get("from_date", ""))
    except ValueError:
        from_date = date.min
    first = {"key": "", "from_date": day_of(now) + timedelta(days=1)}
    try:
        row = thresholds.take_back(request.POST.get("key", ""), from_date, by=cast(User, request.user), now=now)
    except Refused as refused:
        return _page(request, ThresholdForm(initial=first), now, refused=refused, status=status_of(refused))
    messages.success(request, f"已取消“{EDITABLE[row.key].label}”自 {row.from_date} 起的修改。")
    return redirect("accounts:thresholds")


def _page(
    request: HttpRequest, form: ThresholdForm, now: datetime, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    rows = thresholds.standing(day_of(now))
    context: dict[str, Any] = {
        "form": form,
        "refused": refused,
        "rows": rows,
        "planned": sum(row.pending for row in rows),
        "fixed": FIXED,
        "changes": [_change(event) for event in thresholds.changes()],
    }
    return render(request, "accounts/thresholds.html", context, status=status)


def _change(event: Event) -> Change:
    told = event.detail
    threshold = EDITABLE[told["key"]]
    words = f"{told['held']} → {told['value']} {threshold.unit}"
    if event.verb == thresholds.TAKEN_BACK:
        words = f"取消改为 {told['value']} {threshold.unit}，仍为 {told['held']} {threshold.unit}"
    if "replaced" in told:
        words += f"（代替同一天原定的 {told['replaced']}）"
    role = f"（{Role(event.role).label}）" if event.role in Role else ""
    return Change(threshold.label, words, told["from_date"], f"{event.actor}{role}", event.at)
