"""两人检查同一账号: both answers side by side, and what the supervisor decides where they differ."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.policy import Action
from inspections import judging, sheets
from inspections.indicator_rows import Row, plain
from inspections.indicators import lines_of
from inspections.models import CheckState, Sheet
from inspections.sheet_access import sheet_for, visible_sheets
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused


@dataclass(frozen=True)
class Pair:
    """An indicator with both answers."""

    one: Row
    other: Row
    differs: bool


@dataclass(frozen=True)
class Side:
    """One of the two, with its dialog."""

    sheet: Sheet
    points: str
    form: ReasonForm | None
    is_open: bool

    @property
    def dialog(self) -> str:
        return f"decide-{self.sheet.pk}"

    @property
    def title(self) -> str:
        return f"以{self.sheet.checker}的结果为准？"


@may(Action.CHECK)
@require_safe
@cache_control(private=True, no_store=True)
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Both answers; a checker sees the other's once he has handed in his own."""
    return _show(request, pk)


@may(Action.DECIDE_CHECK)
@post_only("inspections:sheet_compare", "pk")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """认定 that the sheet `pk` counts."""
    row = sheet_for(request, pk)
    form = ReasonForm(request.POST, auto_id=f"decide-{pk}-%s")
    if not form.is_valid():
        return _show(request, pk, decided=form, status=422)
    read = request.POST.get("read", "")
    try:
        sheets.decide(pk, reason=form.cleaned_data["reason"], by=user_of(request), now=db_now(), read=read)
    except Refused as refused:
        return _show(request, pk, decided=form, refused=refused, status=status_of(refused))
    messages.success(request, f"“{row.account.name}”已认定以{row.checker}的结果为准，须整改的问题已下达整改通知。")
    return redirect("inspections:check", row.spot_check.code)


def _show(
    request: HttpRequest,
    pk: int,
    *,
    decided: ReasonForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    row, user = sheet_for(request, pk), user_of(request)
    both = list(
        visible_sheets(user)
        .filter(spot_check=row.spot_check_id, account=row.account_id)
        .select_related("checker", "decided_by", "screenshot")
        .order_by("part")
    )
    if len(both) < 2:
        raise Http404
    lines = lines_of(row.spot_check.indicator_set)
    different = {line.code for line in judging.differences(lines, both[0].answers, both[1].answers)}
    pairs = []
    for line in lines:
        one, other = (Row(line, judging.blank() | sheet.answers.get(line.code, {}), None) for sheet in both[:2])
        pairs.append(Pair(one, other, line.code in different))
    undecided = sheets.is_undecided(both)
    decides = undecided and policy.may(user, Action.DECIDE_CHECK, row) and row.spot_check.state == CheckState.CONFIRMED
    sides = []
    for sheet in both:
        mine = decided if decided is not None and sheet.pk == pk else None
        form = mine or ReasonForm(auto_id=f"decide-{sheet.pk}-%s") if decides else None
        points = plain(sheet.score) if sheet.score is not None else ""
        sides.append(Side(sheet, points, form, mine is not None and bool(mine.errors)))
    context = {
        "sheet": row,
        "check": row.spot_check,
        "account": row.account,
        "sides": sides,
        "differ": (differ := [pair for pair in pairs if pair.differs]),
        "lists": (
            ("不一致的指标", differ, "differ"),
            ("一致的指标", [pair for pair in pairs if not pair.differs], "same"),
        ),
        "undecided": undecided,
        "decides": decides,
        "read": sheets.reading(both),
        "refused": refused,
        "incomplete": decided if decided is not None and decided.errors else None,
    }
    return render(request, "inspections/sheet_compare.html", context, status=status)
