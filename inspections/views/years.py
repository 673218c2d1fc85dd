"""年度考核: the lines of a year, the facts behind a unit's line, and what the supervisor does with the year."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.histories import entries_for
from accounts.policy import Action
from inspections import assessed_facts, assessing, year_score
from inspections.forms.years import FreezeForm, ParagraphForm, WeightForm
from inspections.models import Assessment, AssessmentYear, YearState
from inspections.year_score import Counts, Grade
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

ROWS_A_PAGE = 50
TONES = {Grade.EXCELLENT: "completed", Grade.PASSED: "accepted", Grade.FAILED: "unfiled", Grade.NOTHING: "draft"}
HEADS = (
    *("单位", "等次", "总分", "抽查", "按时办理", "整改", "一票否决"),
    *("抽查结果数", "其中单项否决", "应报备案", "按期报送", "咨询", "24 小时内回复"),
    *("按期整改", "逾期整改", "没有整改", "未到期或待复核"),
)


@dataclass(frozen=True)
class Tab:
    """A year."""

    label: str
    url: str
    current: bool
    count: int | None = None


@dataclass(frozen=True)
class Line:
    """A unit's line, as the page shows it."""

    row: Assessment
    counts: Counts
    grade: Grade

    @classmethod
    def of(cls, row: Assessment) -> "Line":
        return cls(row, Counts.told(row.parts), assessing.grade_of(row))

    @property
    def tone(self) -> str:
        return TONES[self.grade]


@may(Action.VIEW_ASSESSMENT)
@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """The newest year there is, else this one."""
    newest = AssessmentYear.objects.first()
    return _show(request, newest.year if newest else day_of(db_now()).year)


@may(Action.VIEW_ASSESSMENT)
@require_safe
def year(request: HttpRequest, number: int) -> HttpResponse:
    """The lines of a year, by the units' names: nobody is ranked by activity."""
    if not assessing.FIRST_YEAR <= number <= day_of(db_now()).year:
        raise Http404
    return _show(request, number)


def _show(
    request: HttpRequest,
    number: int,
    *,
    forms: dict[str, Any] | None = None,
    refused: Refused | None = None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `forms` holds the one that was incomplete, by its name."""
    user, now, forms = user_of(request), db_now(), forms or {}
    row = AssessmentYear.objects.select_related("frozen_by").filter(year=number).first()
    assesses = policy.may(user, Action.ASSESS)
    numbers = list(AssessmentYear.objects.values_list("year", flat=True))
    tabs = [
        Tab(f"{one} 年", reverse("inspections:year", args=[one]), one == number)
        for one in sorted({*numbers, number}, reverse=True)
    ]
    context: dict[str, Any] = {
        "number": number,
        "year": row,
        "tabs": tabs if len(tabs) > 1 else [],
        "assesses": assesses,
        "refused": refused,
        "typed": typed,
        "incomplete": next(iter(forms.values()), None),
        "vetoed_at_most": year_score.VETOED_AT_MOST,
    }
    if row is not None:
        context |= _of_year(request, row, assesses, forms, now)
    return render(request, "inspections/year.html", context, status=status)


def _of_year(
    request: HttpRequest, row: AssessmentYear, assesses: bool, forms: dict[str, Any], now: datetime
) -> dict[str, Any]:
    rows = list(assessing.lines(user_of(request), row))
    totals, chosen = assessing.Totals.of(rows), request.GET.get("grade", "")
    shown = [one for one in rows if not chosen or assessing.grade_of(one) == chosen]
    page = Paginator(shown, ROWS_A_PAGE).get_page(request.GET.get("page"))
    address = reverse("inspections:year", args=[row.year])
    filters = [(one, n, f"{address}?grade={one}", chosen == one) for one, n in totals.grades.items() if n]
    frozen = row.state == YearState.FROZEN
    left = assessed_facts.still_open(row.year)
    drafted = assessing.draft_paragraph(row) if assesses and "redraft" in request.GET else ""
    return {
        "weights": assessing.weights_of(row),
        "frozen": frozen,
        "page": page,
        "lines": [Line.of(one) for one in page],
        "filters": [("全部", len(rows), address, not chosen), *filters] if len(filters) > 1 else [],
        "totals": totals,
        "shares": (
            year_score.share(totals.counts.filings_on_time, totals.counts.filings),
            year_score.share(totals.counts.answered, totals.counts.asked),
        ),
        "read": assessing.reading(row),
        "why_not": assessing.why_not_yet(row, now),
        "left": left,
        "weight_form": (forms.get("weigh") or WeightForm(year=row)) if assesses and not frozen else None,
        "paragraph_form": (forms.get("paragraph") or ParagraphForm(year=row, drafted=drafted))
        if assesses and not frozen
        else None,
        "drafted": bool(drafted),
        "freeze_form": (forms.get("freeze") or FreezeForm()) if assesses and not frozen else None,
        "open_freeze": "freeze" in forms,
        "open_weigh": "weigh" in forms,
        "history": entries_for(row) if assesses else [],
    }


@may(Action.ASSESS)
@post_only("inspections:year", "number")
def recompute(request: HttpRequest, number: int) -> HttpResponse:
    """重新计算."""
    try:
        changed = assessing.recompute(number, by=user_of(request), now=db_now())
    except Refused as refusal:
        return _show(request, number, refused=refusal, status=status_of(refusal))
    messages.success(request, f"已按现在的事实计算，{f'{changed} 个单位有变化' if changed else '没有变化'}。")
    return redirect("inspections:year", number=number)


@may(Action.ASSESS)
@post_only("inspections:year", "number")
def weigh(request: HttpRequest, number: int) -> HttpResponse:
    """权重."""
    row = get_object_or_404(AssessmentYear, year=number)
    form = WeightForm(request.POST, year=row)
    if not form.is_valid():
        return _show(request, number, forms={"weigh": form}, status=422)
    try:
        assessing.weigh(number, form.weights(), by=user_of(request), now=db_now(), read=request.POST.get("read", ""))
    except Incomplete as incomplete:
        form.take(incomplete)
        return _show(request, number, forms={"weigh": form}, status=422)
    except Refused as refusal:
        return _show(request, number, refused=refusal, status=status_of(refusal))
    messages.success(request, "权重已保存，各单位得分已按新的权重计算。")
    return redirect("inspections:year", number=number)


@may(Action.ASSESS)
@post_only("inspections:year", "number")
def paragraph(request: HttpRequest, number: int) -> HttpResponse:
    """年度报告的段落."""
    row = get_object_or_404(AssessmentYear, year=number)
    form = ParagraphForm(request.POST, year=row)
    if not form.is_valid():
        return _show(request, number, forms={"paragraph": form}, status=422)
    typed = form.cleaned_data["paragraph"]
    given: dict[str, Any] = {"by": user_of(request), "now": db_now(), "read": request.POST.get("read", "")}
    try:
        assessing.write_paragraph(number, typed, **given)
    except Incomplete as incomplete:
        form.take(incomplete)
        return _show(request, number, forms={"paragraph": form}, status=422)
    except Refused as refusal:
        return _show(request, number, refused=refusal, typed=typed, status=status_of(refusal))
    messages.success(request, "年度报告的段落已保存。")
    return redirect("inspections:year", number=number)


@may(Action.ASSESS)
@post_only("inspections:year", "number")
def freeze(request: HttpRequest, number: int) -> HttpResponse:
    """定稿."""
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return _show(request, number, forms={"freeze": form}, status=422)
    reason = form.cleaned_data["reason"]
    given: dict[str, Any] = {"by": user_of(request), "now": db_now(), "read": request.POST.get("read", "")}
    try:
        assessing.freeze(number, reason=reason, **given)
    except Refused as refusal:
        return _show(request, number, refused=refusal, typed=reason, status=status_of(refusal))
    messages.success(request, f"{number} 年度考核已定稿，不能再改。")
    return redirect("inspections:year", number=number)


@may(Action.VIEW_ASSESSMENT)
@require_safe
def export(request: HttpRequest, number: int) -> FileResponse:
    """导出 of the lines this person sees."""
    row = get_object_or_404(AssessmentYear, year=number)
    book = tempfile.TemporaryFile()  # noqa: SIM115 -- the answer closes it
    workbook(row, list(assessing.lines(user_of(request), row)), book)
    book.seek(0)
    name = f"{number}年度考核-{day_of(db_now())}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=files.XLSX)


def workbook(row: AssessmentYear, rows: list[Assessment], target: IO[bytes]) -> None:
    """Write these lines of the year as a workbook, its state and weights above them."""
    weights = assessing.weights_of(row)
    above = [
        f"{row.year} 年度政务新媒体考核（{row.get_state_display()}）",
        f"权重：抽查 {weights.checks}、按时办理 {weights.timely}、整改 {weights.rectified}；"
        "没有事项可考核的部分不计，其余按比例折算",
    ]
    write_xlsx(target, [SheetOut(f"{row.year}年度考核", HEADS, [_cells(Line.of(one)) for one in rows], above)])


def _cells(line: Line) -> list[Any]:
    row, counts = line.row, line.counts
    scores: list[Decimal | None] = [row.score, row.checks, row.timely, row.rectified]
    facts = [counts.sheets, counts.sheets_vetoed, counts.filings, counts.filings_on_time, counts.asked, counts.answered]
    orders = [counts.in_time, counts.late, counts.failed, counts.waiting]
    return [row.unit.name, line.grade.value, *scores, "是" if row.vetoed else "", *facts, *orders]


# --- one unit -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """A row behind a figure, with the page that shows it."""

    row: Any
    url: str


@may(Action.VIEW_ASSESSMENT)
@require_safe
def unit(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """What a unit's line is made of: each result, filing, month, rectification and veto, and the sums."""
    year_row = get_object_or_404(AssessmentYear, year=number)
    row = get_object_or_404(assessing.lines(user_of(request), year_row), unit=pk)
    of, now = row.unit, db_now()
    facts = assessed_facts.of_unit(of, number, now)
    counts = Counts.told(row.parts)
    present = assessed_facts.counted(number, now, of.pk).get(of.pk, Counts())
    weights = assessing.weights_of(year_row)
    context = {
        "year": year_row,
        "unit": of,
        "line": Line.of(row),
        "counts": counts,
        "moved": present != counts,
        "weights": weights,
        "filed_share": year_score.filed_share(counts),
        "answered_share": year_score.answered_share(counts),
        "sum": _sum(row, weights),
        "sheets": _facts(facts.sheets, "inspections:sheet"),
        "filings": _facts(facts.filings, "filings:detail"),
        "months": facts.months,
        "rectifications": [
            Fact(one, reverse("inspections:rectification", args=[one.pk])) for one in facts.rectifications
        ],
        "vetoes": facts.vetoes,
        "vetoed_at_most": year_score.VETOED_AT_MOST,
    }
    return render(request, "inspections/year_unit.html", context)


def _facts(rows: list[Any], page: str) -> list[Fact]:
    return [Fact(row, reverse(page, args=[row.pk])) for row in rows]


def _sum(row: Assessment, weights: year_score.Weights) -> str:
    """「（88.0 × 60 + 75.0 × 25）÷ 85 = 84.2」; '' where nothing was judged."""
    parts = ((row.checks, weights.checks), (row.timely, weights.timely), (row.rectified, weights.rectified))
    there = [(part, weight) for part, weight in parts if part is not None and weight]
    if not there:
        return ""
    said = " + ".join(f"{part} × {weight}" for part, weight in there)
    return f"（{said}）÷ {sum(weight for _, weight in there)} = {row.score}"
