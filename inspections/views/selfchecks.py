"""季度自查 (第二十四条): a unit's accounts of the quarter, the page of one, and what the office sees of all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.histories import entries_for
from accounts.models import Account, Role, Unit
from accounts.models.account import WATCHED
from accounts.policy import Action, carried_on
from accounts.quarter import Quarter
from inspections import judging, selfchecks
from inspections.forms.sheets import SelfNoteForm, read_of, typed_of
from inspections.indicator_rows import groups, plain
from inspections.indicators import lines_of
from inspections.models import SelfCheck, Sheet, SheetState
from inspections.selfchecks import Differs
from inspections.sheet_access import visible_self_checks
from inspections.views.clean_sheets import ids
from inspections.views.sheets import LOOK_FIRST, sent_version, told
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Incomplete, Refused

ROWS_A_PAGE = 20
SHOWN = 200  # accounts of one page of a unit


def _for(request: HttpRequest, pk: int) -> SelfCheck:
    rows = visible_self_checks(user_of(request)).select_related(
        "account__platform", "account__unit", "unit", "indicator_set", "submitted_by", "saved_by"
    )
    return get_object_or_404(rows, pk=pk)


# --- the unit -------------------------------------------------------------------------------------------------------


@may(Action.SELF_CHECK)
@require_safe
@cache_control(private=True, no_store=True)
def list_(request: HttpRequest) -> HttpResponse:
    """The accounts of the person's units in this quarter: what waits, with what the facts say, and what is done."""
    return _list(request)


def _list(request: HttpRequest, refused: Refused | None = None) -> HttpResponse:
    user, now = user_of(request), db_now()
    quarter, units = Quarter.of(now), carried_on(user, Role.OPERATOR)
    of_units = Account.objects.filter(unit__in=units, state__in=WATCHED).select_related("platform", "unit")
    done = SelfCheck.objects.filter(account=OuterRef("pk"), quarter=quarter.start, state=SheetState.SUBMITTED)
    open_ = of_units.filter(~Exists(done)).order_by("unit__name", "platform__order", "name", "pk")
    total = open_.count()
    looked = selfchecks.look_through(list(open_[:SHOWN]), by=user, now=now)
    handed_in = SelfCheck.objects.filter(unit__in=units, quarter=quarter.start, state=SheetState.SUBMITTED)
    due = selfchecks.due(quarter)
    context = {
        "quarter": quarter,
        "due": due,
        "clean": [row for row in looked if not row.problems],
        "left": [row for row in looked if row.problems],
        "waiting": total,
        "more": max(total - SHOWN, 0),
        "done": list(
            handed_in.select_related("account__platform", "submitted_by").order_by("-submitted_at", "-pk")[:SHOWN]
        ),
        "refused": refused,
    }
    status = status_of(refused) if refused is not None else 200
    return render(request, "inspections/self_checks.html", context, status=status)


@may(Action.SELF_CHECK)
@post_only("inspections:self_checks")
def start(request: HttpRequest) -> HttpResponse:
    """Begin, or go on with, the self-check of one account."""
    asked = request.POST.get("account", "")
    own = Account.objects.filter(unit__in=carried_on(user_of(request), Role.OPERATOR))
    account = get_object_or_404(own, pk=int(asked) if asked.isdecimal() and len(asked) < 10 else None)
    try:
        row = selfchecks.begin(account.pk, by=user_of(request), now=db_now())
    except Refused as refused:
        return _list(request, refused)
    return redirect("inspections:self_check", row.pk)


@may(Action.SELF_CHECK)
@post_only("inspections:self_checks")
def clean(request: HttpRequest) -> HttpResponse:
    """没有发现问题 of the accounts that were ticked, or of the one whose button was pressed."""
    user = user_of(request)
    chosen = ids(request.POST.getlist("only") or request.POST.getlist("account"))
    own = Account.objects.filter(unit__in=carried_on(user, Role.OPERATOR), pk__in=chosen)
    if own.count() < len(set(chosen)):
        raise Http404
    try:
        done, left = selfchecks.submit_clean(chosen, by=user, now=db_now())
    except Refused as refused:
        return _list(request, refused)
    if done:
        named = f"“{done[0].account.name}”的自查" if len(done) == 1 else f"{len(done)} 个账号的自查"
        messages.success(request, f"{named}已提交，没有发现问题。")
    if left:
        names = "、".join(f"“{row.row.account.name}”" for row in left[:5])
        messages.warning(request, f"{names}{'等' if len(left) > 5 else ''}的数据有变，没有提交，请逐个核对。")
    return redirect("inspections:self_checks")


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One self-check: to fill in, or to read beside the office's result."""
    return _show(request, _for(request, pk))


@may(Action.SELF_CHECK)
@post_only("inspections:self_check", "pk")
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """What was filled in so far, by the button or by static/js/autosave.js."""
    quiet = "application/json" in request.headers.get("Accept", "")
    try:
        row = _save(request, pk)
    except Refused as refused:
        if quiet:
            return JsonResponse({"message": told(refused)}, status=status_of(refused))
        return _show(request, _for(request, pk), refused=refused, typed=request.POST)
    if quiet:
        at = row.saved_at or db_now()
        return JsonResponse({"saved_at": f"{at.astimezone(SHANGHAI):%H:%M}", "version": row.version})
    messages.success(request, "已保存。")
    return redirect("inspections:self_check", pk)


@may(Action.SELF_CHECK)
@post_only("inspections:self_check", "pk")
def rest(request: HttpRequest, pk: int) -> HttpResponse:
    """其余都没有发现, of who says that he looked."""

    def act(row: SelfCheck) -> str:
        if not request.POST.get("looked"):
            raise Refused(LOOK_FIRST)
        selfchecks.rest_clean(pk, version=row.version, by=user_of(request), now=db_now())
        return "其余人工核对的指标已记为没有发现，请核对后提交。"

    return _after_saving(request, pk, act)


@may(Action.SELF_CHECK)
@post_only("inspections:self_check", "pk")
def rejudge(request: HttpRequest, pk: int) -> HttpResponse:
    """重新预判 as of now."""

    def act(row: SelfCheck) -> str:
        selfchecks.rejudge(pk, version=row.version, by=user_of(request), now=db_now())
        return "已按现在的数据重新预判；您改判过的指标保持不变。"

    return _after_saving(request, pk, act)


@may(Action.SELF_CHECK)
@post_only("inspections:self_check", "pk")
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """提交自查."""
    try:
        saved = _save(request, pk)
        row = selfchecks.submit(pk, version=saved.version, by=user_of(request), now=db_now())
    except Refused as refused:
        return _show(request, _for(request, pk), refused=refused, typed=request.POST)
    score = plain(row.score) if row.score is not None else ""
    messages.success(request, f"“{row.account.name}”的自查已提交：{score} 分，{'合格' if row.passed else '不合格'}。")
    return redirect("inspections:self_checks")


def _save(request: HttpRequest, pk: int) -> SelfCheck:
    row = _for(request, pk)
    policy.require(user_of(request), Action.SELF_CHECK, row)
    typed = typed_of(request.POST, lines_of(row.indicator_set))
    form = SelfNoteForm(request.POST, row=row)
    if not form.is_valid():
        raise Incomplete("没有保存，请修改。", {"note": [str(e) for found in form.errors.values() for e in found]})
    note, version = form.cleaned_data["note"], sent_version(request)
    return selfchecks.save(pk, typed, note=note, version=version, by=user_of(request), now=db_now())


def _after_saving(request: HttpRequest, pk: int, act: Callable[[SelfCheck], str]) -> HttpResponse:
    try:
        said = act(_save(request, pk))
    except Refused as refused:
        return _show(request, _for(request, pk), refused=refused, typed=request.POST)
    messages.success(request, said)
    return redirect("inspections:self_check", pk)


def _show(
    request: HttpRequest, row: SelfCheck, *, refused: Refused | None = None, typed: Mapping[str, Any] | None = None
) -> HttpResponse:
    user, now, lines = user_of(request), db_now(), lines_of(row.indicator_set)
    editable = not selfchecks.why_not(row, now) and policy.may(user, Action.SELF_CHECK, row)
    answers: Mapping[str, Any] = row.answers
    if typed is not None and editable:
        answers = judging.answered(answers, lines, read_of(typed, lines))
    errors = refused.errors if isinstance(refused, Incomplete) else {}
    result = judging.result(lines, answers, row.indicator_set)
    blocks = groups(lines, answers, row.indicator_set, result, errors)
    open_ = judging.unjudged(lines, answers)
    office = None if editable else selfchecks.office_results([row]).get(row.pk)
    quarter = Quarter(row.quarter.year, (row.quarter.month + 2) // 3)
    names = {line.code: line.name for line in lines}
    context = {
        "sheet": row,
        "account": row.account,
        "quarter": quarter,
        "due": selfchecks.due(quarter),
        "blocks": blocks,
        "set": row.indicator_set,
        "total": len(lines),
        "done": len(lines) - len(open_),
        "first_open": open_[0].code.replace(".", "-") if open_ else "",
        "result": result,
        "points": plain(result.points),
        "hits": [hit for block in blocks for hit in block.rows if hit.hit],
        "editable": editable,
        "ended": "" if editable or row.state != SheetState.OPEN else selfchecks.why_not(row, now),
        "note_form": SelfNoteForm(typed, row=row) if editable else None,
        "saved_at": row.saved_at,
        "refused": refused,
        "errors": [(code.replace(".", "-"), error) for code, found in errors.items() for error in found],
        "office": office,
        "office_points": plain(office.score) if office is not None and office.score is not None else "",
        "differences": [(d, names.get(d.code, "")) for d in selfchecks.differences(row, office)] if office else [],
        "history": entries_for(row),
        "may_list": policy.may(user, Action.SELF_CHECK, row),
    }
    return render(request, "inspections/self_check.html", context, status=status_of(refused) if refused else 200)


# --- the office -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Beside:
    """A self-check beside the office's result of its quarter."""

    row: SelfCheck
    own: str
    office: Sheet | None
    points: str
    differ: list[Differs]


@may(Action.CHECK)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Which units have not, and what the units say beside what the office found."""
    now = db_now()
    this = Quarter.of(now)
    quarter = _asked(request.GET.get("quarter", ""), this)
    show = "compare" if request.GET.get("show") == "compare" else ""
    handed_in = SelfCheck.objects.filter(quarter=quarter.start, state=SheetState.SUBMITTED)
    missing = selfchecks.waiting(quarter) if quarter == this else Account.objects.none()
    units = Unit.objects.filter(pk__in=missing.values("unit")).annotate(
        n=Count("accounts", filter=Q(accounts__in=missing))
    )
    rows: Any = units.order_by("-n", "name", "pk")
    if show:
        rows = handed_in.select_related("account__platform", "unit").order_by("unit__name", "account__name", "pk")
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "quarter": quarter,
        "is_this": quarter == this,
        "earlier": _before(quarter),
        "later": quarter.next if quarter < this else None,
        "due": selfchecks.due(quarter),
        "show": show,
        "page": page,
        "beside": _beside(list(page)) if show else [],
        "handed_in": handed_in.count(),
        "missing": missing.count(),
        "units": units.count(),
        "tab_items": _tabs(quarter, show, missing.count(), handed_in.count()),
    }
    return render(request, "inspections/self_checks_overview.html", context)


@dataclass(frozen=True)
class Tab:
    """A tab of the overview."""

    label: str
    url: str
    current: bool
    count: int


def _tabs(quarter: Quarter, show: str, missing: int, handed_in: int) -> list[Tab]:
    address = f"{reverse('inspections:self_checks_overview')}?quarter={quarter.key}"
    return [
        Tab("没有完成的单位", address, not show, missing),
        Tab("与抽查对照", f"{address}&show=compare", bool(show), handed_in),
    ]


def _beside(rows: list[SelfCheck]) -> list[Beside]:
    found = selfchecks.office_results(rows)
    beside = []
    for row in rows:
        sheet = found.get(row.pk)
        differ = selfchecks.differences(row, sheet) if sheet is not None else []
        points = plain(sheet.score) if sheet is not None and sheet.score is not None else ""
        beside.append(Beside(row, plain(row.score) if row.score is not None else "", sheet, points, differ))
    return beside


def _before(quarter: Quarter) -> Quarter:
    return Quarter(quarter.year - 1, 4) if quarter.number == 1 else Quarter(quarter.year, quarter.number - 1)


def _asked(text: str, this: Quarter) -> Quarter:
    """The quarter that the address names (2026Q3), up to this one."""
    year, _, number = text.partition("Q")
    if year.isdecimal() and len(year) == 4 and number in {"1", "2", "3", "4"}:
        asked = Quarter(int(year), int(number))
        return asked if Quarter(2021, 1) <= asked <= this else this
    return this
