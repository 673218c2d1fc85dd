"""检查指标 (附件1): the versions, one of them, and how the supervisor drafts and publishes the next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import policy
from accounts.access import may, seen_unit_ids, user_of
from accounts.histories import entries_for
from accounts.policy import Action
from inspections import indicators
from inspections.forms.indicators import LineForm, NumbersForm, PublishForm
from inspections.indicator_diff import differences, worth
from inspections.models import Indicator, IndicatorKind, IndicatorSet, Measure, SetState
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading

IN_FORCE, COMING, PAST, DRAFT = "in_force", "coming", "past", "draft"
NOTES = {
    IndicatorKind.VETO: "发现任何一项，即为不合格",
    IndicatorKind.DEDUCTION: "满分 100，每项累计扣分不超过上限",
    IndicatorKind.BONUS: "扣分后高于加分门槛的才加",
}


@dataclass(frozen=True)
class Version:
    """A version in the list: where it stands today, and how many checks were begun with it."""

    row: IndicatorSet
    standing: str

    @property
    def words(self) -> str:
        return {IN_FORCE: "施行中", COMING: "待施行", PAST: "已由新版代替", DRAFT: "草稿"}[self.standing]


@dataclass(frozen=True)
class LineRow:
    """A line as the page shows it."""

    line: Indicator

    @property
    def worth(self) -> str:
        return worth(self.line)

    @property
    def articles(self) -> list[int]:
        return [int(number) for number in self.line.articles.split(",") if number]

    @property
    def prejudged(self) -> bool:
        return self.line.measure != Measure.MANUAL


def visible(request: HttpRequest) -> QuerySet[IndicatorSet]:
    """Published ones are for all; a draft is the office's and the auditor's."""
    rows = IndicatorSet.objects.select_related("made_by", "published_by")
    return rows if seen_unit_ids(user_of(request)) is None else rows.filter(state=SetState.PUBLISHED)


def _set(request: HttpRequest, pk: int) -> IndicatorSet:
    return get_object_or_404(visible(request), pk=pk)


def _standing(row: IndicatorSet, held: IndicatorSet, today: date) -> str:
    if row.from_date is None:
        return DRAFT
    return IN_FORCE if row == held else COMING if row.from_date > today else PAST


@may(Action.VIEW_CHECKS)
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """The versions: the draft first, then by the day from which they hold, the newest first."""
    return _list(request)


def _list(request: HttpRequest, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    today = day_of(db_now())
    held = indicators.in_force(today)
    counted = visible(request).annotate(lines=Count("indicators", distinct=True), used=Count("checks", distinct=True))
    rows = sorted(counted, key=lambda row: (row.from_date or date.max, row.pk), reverse=True)
    versions = [Version(row, _standing(row, held, today)) for row in rows]
    context = {
        "versions": versions,
        "held": held,
        "draft": next((v.row for v in versions if v.standing == DRAFT), None),
        "coming": next((v.row for v in reversed(versions) if v.standing == COMING), None),
        "edits": policy.could(user_of(request), Action.INDICATORS),
        "refused": refused,
    }
    return render(request, "inspections/indicators.html", context, status=status)


@may(Action.VIEW_CHECKS)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: its numbers and lines; a draft with what it changes, and how it is published."""
    return _show(request, pk)


def _show(
    request: HttpRequest,
    pk: int,
    *,
    publishing: PublishForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    of, now = _set(request, pk), db_now()
    today = day_of(now)
    held, lines = indicators.in_force(today), indicators.lines_of(of)
    standing = _standing(of, held, today)
    edits = standing == DRAFT and policy.could(user_of(request), Action.INDICATORS)
    groups = [(kind, NOTES[kind], [LineRow(line) for line in lines if line.kind == kind]) for kind in IndicatorKind]
    context: dict[str, Any] = {
        "of": of,
        "version": Version(of, standing),
        "groups": groups,
        "count": len(lines),
        "held": held,
        "edits": edits,
        "copies": standing != DRAFT and policy.could(user_of(request), Action.INDICATORS) and not indicators.draft(),
        "changes": differences(held, indicators.lines_of(held), of, lines) if standing == DRAFT else None,
        "publishing": publishing or PublishForm(now=now) if edits else None,
        "open_publish": publishing is not None and bool(publishing.errors),
        "history": entries_for(of),
        "refused": refused,
    }
    return render(request, "inspections/indicator_set.html", context, status=status)


@may(Action.INDICATORS)
@post_only("inspections:indicators")
def start(request: HttpRequest) -> HttpResponse:
    """起草新一版, as a copy."""
    source = request.POST.get("source", "")
    if not source.isdigit() or not IndicatorSet.objects.filter(pk=source, state=SetState.PUBLISHED).exists():
        raise Http404
    try:
        made = indicators.start(int(source), by=user_of(request), now=db_now())
    except Refused as refused:
        return _list(request, refused, status_of(refused))
    messages.success(request, f"已起草“{made}”，内容与原来那一版相同；改好后发布，发布以前不影响检查。")
    return redirect("inspections:indicator_set", pk=made.pk)


@may(Action.INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, source and numbers of the draft."""
    of = _set(request, pk)
    if request.method != "POST":
        return _numbers(request, of, NumbersForm(row=of))
    form = NumbersForm(request.POST, row=of)

    def act() -> HttpResponse:
        indicators.save_numbers(pk, form.numbers(), read=_read(request), by=user_of(request), now=db_now())
        messages.success(request, "已保存。")
        return redirect("inspections:indicator_set", pk=pk)

    return _saved(form, act, lambda refused, status: _numbers(request, of, form, refused, status))


@may(Action.INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """A new line of the draft."""
    return _edit_line(request, _set(request, pk), None)


@may(Action.INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, pk: int, line_id: int) -> HttpResponse:
    """A line of the draft."""
    of = _set(request, pk)
    return _edit_line(request, of, get_object_or_404(Indicator, indicator_set=of, pk=line_id))


def _edit_line(request: HttpRequest, of: IndicatorSet, row: Indicator | None) -> HttpResponse:
    if request.method != "POST":
        asked = request.GET.get("kind", "")
        first = {"kind": asked, "unit_word": "项", "to_rectify": asked != IndicatorKind.BONUS}
        shown = LineForm(of=of, row=row) if row is not None else LineForm(of=of, initial=first)
        return _line(request, of, row, shown)
    form = LineForm(request.POST, of=of, row=row)

    def act() -> HttpResponse:
        made = indicators.save_line(
            of.pk, row.pk if row else None, form.line(), read=_read(request), by=user_of(request), now=db_now()
        )
        messages.success(request, f"{made} 已{'保存' if row else '加入'}。")
        return redirect("inspections:indicator_set", pk=of.pk)

    return _saved(form, act, lambda refused, status: _line(request, of, row, form, refused, status))


@may(Action.INDICATORS)
@post_only("inspections:indicator_set", "pk")
def remove(request: HttpRequest, pk: int, line_id: int) -> HttpResponse:
    """删去 a line of the draft."""
    _set(request, pk)
    try:
        what = indicators.remove_line(pk, line_id, read=_read(request), by=user_of(request), now=db_now())
    except Refused as refused:
        return _show(request, pk, refused=refused, status=status_of(refused))
    messages.success(request, f"{what} 已从这一版删去。")
    return redirect("inspections:indicator_set", pk=pk)


@may(Action.INDICATORS)
@post_only("inspections:indicator_set", "pk")
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """发布 the draft from a day on."""
    _set(request, pk)
    form = PublishForm(request.POST, now=db_now())
    if not form.is_valid():
        return _show(request, pk, publishing=form, status=422)
    try:
        from_date = form.cleaned_data["from_date"]
        of = indicators.publish(pk, from_date, read=_read(request), by=user_of(request), now=db_now())
    except Incomplete as incomplete:
        form.take(incomplete)
        return _show(request, pk, publishing=form, status=422)
    except Refused as refused:
        return _show(request, pk, refused=refused, publishing=form, status=status_of(refused))
    messages.success(request, f"“{of}”已发布，{of.from_date} 起施行；那一天以前起草的抽查仍用原来的版本。")
    return redirect("inspections:indicator_set", pk=pk)


# --- what they share ------------------------------------------------------------------------------------------------


def _read(request: HttpRequest) -> int:
    """Which version of the draft the page showed; one that says nothing is stale."""
    text = request.POST.get("read", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _saved(
    form: NumbersForm | LineForm,
    act: Callable[[], HttpResponse],
    again: Callable[[Refused | None, int], HttpResponse],
) -> HttpResponse:
    """Do it, or show the form again with all that is wrong and what was typed."""
    if not form.is_valid():
        return again(None, 422)
    try:
        return act()
    except Incomplete as incomplete:
        form.take(incomplete)
        return again(None, 422)
    except Refused as refused:
        return again(refused, status_of(refused))


def _numbers(
    request: HttpRequest, of: IndicatorSet, form: NumbersForm, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    context = {"of": of, "form": form, "refused": refused, "read": _shown(request, of, refused)}
    return render(request, "inspections/indicator_numbers.html", context, status=status)


def _line(
    request: HttpRequest,
    of: IndicatorSet,
    row: Indicator | None,
    form: LineForm,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"of": of, "line": row, "form": form, "refused": refused}
    context["read"] = _shown(request, of, refused)
    if row is not None and isinstance(refused, StaleReading):
        context["stands"] = form.differing(row)
    return render(request, "inspections/indicator_line.html", context, status=status)


def _shown(request: HttpRequest, of: IndicatorSet, refused: Refused | None) -> int:
    """What the form was opened with; after a refusal, which showed what stands now, what stands now."""
    return _read(request) if request.method == "POST" and refused is None else of.version
