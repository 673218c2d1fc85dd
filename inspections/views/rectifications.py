"""整改: the board, its workbook, the page of one, its files and its paper."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.histories import entries_for
from accounts.models import Unit
from accounts.policy import Action
from filings.views.files import send
from inspections import deciding, lateness, rectify_board, rectify_due, rectifying
from inspections.forms.rectifications import AnswerForm, BoardFilter, VerifyForm
from inspections.models import Rectification, RectificationProof, RectificationState
from inspections.models.rectification import OPEN_RECTIFICATIONS
from inspections.rectify_board import COLUMNS, SOURCES, visible_rectifications
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

A_COLUMN, A_PAGE = 12, 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
S = RectificationState


# --- the board ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column: its state as the tag `state` takes it, its cards, how many there are, and where all of them are."""

    state: str
    label: str
    cards: list[rectify_board.Card]
    total: int
    url: str

    def get_state_display(self) -> str:
        return self.label


@dataclass(frozen=True)
class Chip:
    """已逾期, 退回过: pressed or not."""

    label: str
    url: str
    on: bool
    count: int


@may(Action.VIEW_CHECKS)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The rectifications this person may read, in columns; `?show=` one column whole, in pages."""
    now, user = db_now(), user_of(request)
    seen = visible_rectifications(user)
    form = _filter(request, seen)
    rows = _narrowed(seen, form)
    found = rectify_board.counts(rows, now)
    chosen = {key: form.value(key) for key in ("unit", "source", "only") if form.value(key)}
    show = request.GET.get("show", "")
    show = show if show in COLUMNS else ""
    rows = _only(rows, form, now)
    totals = rectify_board.counts(rows, now) if form.value("only") else found
    page = Paginator(_of(rows, show), A_PAGE).get_page(request.GET.get("page")) if show else None
    columns = []
    for key in [show] if show else [key for key in COLUMNS if key != "revoked"]:
        listed = list(page.object_list) if page is not None else list(_of(rows, key)[:A_COLUMN])
        url = f"{reverse('inspections:rectifications')}?{urlencode({**chosen, 'show': key})}"
        columns.append(Column(key, COLUMNS[key][0], rectify_board.cards(listed, now), totals[key], url))
    waiting = list(seen.filter(rectify_board.WAITS).select_related(*rectify_board.READ).order_by("referred_at", "pk"))
    context = {
        "columns": columns,
        "page": page,
        "show": show,
        "form": form,
        "chosen": bool(chosen),
        "chips": _chips(chosen, show, found),
        "found": found,
        "open": found["issued"] + found["submitted"],
        "waiting": [(row, rectify_board.title_of(row), deciding.grounds(row, now)) for row in waiting],
        "office": policy.could(user, Action.VERIFY_RECTIFICATION),
        "answers": policy.could(user, Action.ANSWER_RECTIFICATION),
        "decides": policy.could(user, Action.DECIDE_RECTIFICATION),
        "export_url": f"{reverse('inspections:rectifications_export')}?{urlencode({**chosen, 'show': show})}",
    }
    return render(request, "inspections/rectifications.html", context)


def _filter(request: HttpRequest, seen: QuerySet[Rectification]) -> BoardFilter:
    units = list(Unit.objects.filter(pk__in=seen.values("unit")).order_by("name"))
    return BoardFilter(request.GET, units=units)


def _narrowed(rows: QuerySet[Rectification], form: BoardFilter) -> QuerySet[Rectification]:
    if form.value("unit"):
        rows = rows.filter(unit=int(form.value("unit")))
    if form.value("source"):
        rows = rows.filter(SOURCES[form.value("source")][1])
    return rows


def _only(rows: QuerySet[Rectification], form: BoardFilter, now: datetime) -> QuerySet[Rectification]:
    which = {"late": lateness.overdue(now), "back": rectify_board.BACK}
    return rows.filter(which[form.value("only")]) if form.value("only") else rows


def _of(rows: QuerySet[Rectification], key: str) -> QuerySet[Rectification]:
    _, which, order = COLUMNS[key]
    return rows.filter(which).select_related(*rectify_board.READ).prefetch_related("proofs__file").order_by(*order)


def _chips(chosen: dict[str, str], show: str, found: dict[str, int]) -> list[Chip]:
    chips = []
    for key, label in (("late", "已逾期"), ("back", "退回过")):
        on = chosen.get("only") == key
        left = {name: value for name, value in chosen.items() if name != "only"} | ({} if on else {"only": key})
        left |= {"show": show} if show else {}
        chips.append(Chip(label, f"?{urlencode(left)}", on, found[key]))
    return chips


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def export(request: HttpRequest) -> FileResponse:
    """What the board shows, all of its columns, as a workbook."""
    now, user = db_now(), user_of(request)
    seen = visible_rectifications(user)
    form = _filter(request, seen)
    rows = _only(_narrowed(seen, form), form, now)
    if request.GET.get("show", "") in COLUMNS:
        rows = rows.filter(COLUMNS[request.GET["show"]][1])
    file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115  (the answer closes it)
    local = now.astimezone(SHANGHAI)
    ids = list(rows.order_by("issued_at", "pk").values_list("pk", flat=True))
    above = (f"{local:%Y-%m-%d %H:%M} 导出，{user}",)
    write_xlsx(file, [SheetOut("整改", rectify_board.HEADS, rectify_board.sheet_rows(ids, now), above)])
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"整改-{local:%Y-%m-%d-%H%M}.xlsx", content_type=XLSX)


# --- one ------------------------------------------------------------------------------------------------------------


def rectification_for(request: HttpRequest, pk: int) -> Rectification:
    """The rectification, if this person may read it; 404 otherwise."""
    rows = visible_rectifications(user_of(request))
    found: Rectification = get_object_or_404(rows.select_related(*rectify_board.READ, "issued_by"), pk=pk)
    return found


@may(Action.VIEW_CHECKS)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was found, what is demanded and by when, the answer with its files, what happened, and the buttons."""
    return show(request, pk)


def show(
    request: HttpRequest,
    pk: int,
    *,
    answer_form: AnswerForm | None = None,
    forms: dict[str, Any] | None = None,
    refused: Refused | None = None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `forms` holds the form of a dialog that was incomplete or refused, by its name."""
    row, user, now = rectification_for(request, pk), user_of(request), db_now()
    forms = forms or {}
    verifies = policy.may(user, Action.VERIFY_RECTIFICATION, row)
    open_ = row.state in OPEN_RECTIFICATIONS
    own = row.answered_by_id == user.pk
    answers = open_ and policy.may(user, Action.ANSWER_RECTIFICATION, row)
    why_no_answer = rectifying.why_no_answer(row, now) if answers else ""
    decides = open_ and not own and policy.may(user, Action.DECIDE_RECTIFICATION, row)
    why_not = deciding.why_not(row, now)
    grounds = deciding.grounds(row, now)
    proofs = list(row.proofs.select_related("file", "added_by"))
    incomplete = next((form for form in forms.values() if form.errors), None)
    upper = row.upper
    context: dict[str, Any] = {
        "row": row,
        "title": rectify_board.title_of(row),
        "source": rectify_board.source_of(row),
        "done": rectify_board.done_words(row),
        "read": rectifying.reading(row),
        "open": open_,
        "late": lateness.is_overdue(row, now),
        "ordered": lateness.is_ordered(row),
        "until": rectify_due.until(row),
        "in_time": rectifying.in_time(row),
        "steps": _steps(row),
        "history": entries_for(row),
        "proofs": [proof for proof in proofs if row.answered_at and proof.added_at >= row.answered_at],
        "former": [proof for proof in proofs if row.answered_at and proof.added_at < row.answered_at],
        "answer_form": (answer_form or AnswerForm()) if answers and not why_no_answer else None,
        "answer_errors": answer_form,
        "why_no_answer": why_no_answer,
        "verify_form": (forms.get("verify") or VerifyForm(auto_id="verify-%s"))
        if verifies and row.state == S.SUBMITTED and not own
        else None,
        "back_form": _reason(forms, "back") if verifies and row.state == S.SUBMITTED and not own else None,
        "own": verifies and own and row.state == S.SUBMITTED,
        "may_remind": verifies and row.state == S.ISSUED,
        "reminded_today": rectifying.reminded_today(row, now),
        "refer_form": _reason(forms, "refer") if verifies and open_ and not deciding.waits(row) else None,
        "waits": deciding.waits(row),
        "grounds": grounds,
        "outcomes": [(o, o.label) for o in deciding.outcomes(row, now)] if decides and not why_not else [],
        "named": upper if upper is not None and upper.named and upper.decided_at is None else None,
        "vetoes": list(row.vetoes.select_related("decided_by", "revoked_by")),
        "incomplete": incomplete,
        **{f"open_{name}": name in forms and bool(forms[name].errors) for name in ("verify", "back", "refer")},
        "refused": refused,
        "typed": typed if refused is not None else "",
    }
    return render(request, "inspections/rectification.html", context, status=status)


def _reason(forms: dict[str, Any], name: str) -> Any:
    return forms.get(name) or ReasonForm(auto_id=f"{name}-%s")


@dataclass(frozen=True)
class Step:
    """A dot of the step bar."""

    name: str
    status: str
    when: str = ""


def _steps(row: Rectification) -> list[Step]:
    """下达 → 单位答复 → 复核; one that was revoked says so."""
    issued = Step("下达", "done", f"{day_of(row.issued_at)}")
    if row.state == S.REVOKED:
        return [issued, Step("已撤销", "done", f"{day_of(row.revoked_at)}" if row.revoked_at else "")]
    answered = row.state in (S.SUBMITTED, S.VERIFIED)
    when = f"{day_of(row.answered_at)}" if answered and row.answered_at else f"{rectify_due.until(row)} 前"
    verified = Step("区府办复核", "done" if row.state == S.VERIFIED else "now" if answered else "todo")
    if row.verified_at is not None and row.state == S.VERIFIED:
        verified = Step("整改完成", "done", f"{day_of(row.verified_at)}")
    return [issued, Step("单位答复", "done" if answered else "now", when), verified]


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def proof(request: HttpRequest, pk: int) -> FileResponse:
    """A file of an answer, also of one that was sent back."""
    of_visible = RectificationProof.objects.filter(rectification__in=visible_rectifications(user_of(request)))
    found = get_object_or_404(of_visible.select_related("file"), pk=pk)
    return send(request, found.file, found.name)


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def screenshot(request: HttpRequest, pk: int) -> FileResponse:
    """What the checker saw: the picture of the sheet from which the problem comes."""
    row = rectification_for(request, pk)
    if row.finding is None or row.finding.sheet.screenshot is None:
        raise Http404
    return send(request, row.finding.sheet.screenshot, row.finding.sheet.screenshot_name or "检查截图")


@may(Action.VIEW_CHECKS)
@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """整改通知书, to be printed on A4."""
    row = rectification_for(request, pk)
    context = {"row": row, "title": rectify_board.title_of(row), "source": rectify_board.source_of(row)}
    return render(request, "inspections/rectification_print.html", context)
