"""The list that a number of the dashboard opens."""

from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from inspections import figure_rows
from inspections.dashboard import FIGURES, Scope
from inspections.figures_sql import Span
from inspections.views.dashboard import scope_of
from zhonglou_media.core.clock import day_of, db_now


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    current: bool
    count: int


@may(Action.VIEW_DASHBOARD)
@require_safe
def rows(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Exactly what a figure counts, of the units the person reads; `unit`, `kind` and `which` narrow it."""
    now, month = db_now(), figure_rows.month_of(code)
    if key not in FIGURES or month is None or month > day_of(now):
        raise Http404
    chosen = request.GET.get("unit", "")
    scope = scope_of(user_of(request), int(chosen) if chosen.isdecimal() and len(chosen) < 10 else None)
    which = request.GET.get("which", "")
    kind = request.GET.get("kind", "")
    kind = kind if kind in figure_rows.KINDS else ""
    span = Span([month], scope.units, now)
    listed = figure_rows.rows(key, span, which=which, kind=kind, number=request.GET.get("page"))
    context = {
        "scope": scope,
        "month": f"{month.year}年{month.month}月",
        "code": code,
        "listed": listed,
        "figure": listed.figure,
        "tabs": _tabs(scope, listed, month, which, kind),
        "kind": figure_rows.KINDS.get(kind, ""),
        "back": f"{scope.address}?month={code}",
    }
    return render(request, "inspections/figure.html", context)


def _tabs(scope: Scope, listed: figure_rows.Listed, month: date, which: str, kind: str) -> list[Tab]:
    good, bad = listed.words
    labels = {figure_rows.ALL: "计入的", figure_rows.GOOD: good, figure_rows.BAD: bad}
    if figure_rows.UNKNOWN in listed.counts:
        labels[figure_rows.UNKNOWN] = f"{figure_rows.NOT_KNOWN}，不计"
    which = which if which in labels else figure_rows.ALL
    return [
        Tab(label, scope.list_url(month, listed.figure.key, one, kind=kind), one == which, listed.counts[one])
        for one, label in labels.items()
    ]
