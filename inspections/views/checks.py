"""抽查: the list of months, the page of one, and what the office does with its list."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, seen_unit_ids, user_of
from accounts.policy import Action
from inspections import check_progress, check_rows, checks
from inspections.access import check_for, visible_checks
from inspections.check_progress import Progress, progress
from inspections.forms.checks import RedrawForm
from inspections.models import CheckState, CircularState, Method, Sheet, SpotCheck
from zhonglou_media.core import events
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User

ROWS_A_PAGE = 25
MONTHS_A_PAGE = 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
S = CheckState


@dataclass(frozen=True)
class Tab:
    """A tab of the results."""

    label: str
    url: str
    current: bool
    count: int | None


@may(Action.VIEW_CHECKS)
@require_safe
@never_cache
def list_(request: HttpRequest) -> HttpResponse:
    """The months with how many passed, newest first; the office drafts a month that has no list."""
    user, now = user_of(request), db_now()
    units = seen_unit_ids(user)
    page = Paginator(visible_checks(user).order_by("-month"), MONTHS_A_PAGE).get_page(request.GET.get("page"))
    found = check_progress.months(cast(Any, page.object_list), units=units)
    this = SpotCheck.month_of(day_of(now))
    drafts = policy.could(user, Action.DRAFT_CHECK)
    there = set(SpotCheck.objects.filter(month__gte=this).values_list("month", flat=True)) if drafts else set()
    free = [month for month in (this, checks.next_month(this)) if drafts and month not in there]
    context = {
        "page": page,
        "months": found,
        "free": free,
        "latest": next((row for row in found if row.check.state != S.DRAFTED), None),
        "office": units is None,
    }
    return render(request, "inspections/checks.html", context)


@may(Action.DRAFT_CHECK)
@post_only("inspections:checks")
def draft(request: HttpRequest) -> HttpResponse:
    """起草名单 of this month or the next."""
    try:
        month = date.fromisoformat(f"{request.POST.get('month', '')}-01")
    except ValueError:
        messages.error(request, "请选择要起草名单的月份。")
        return redirect("inspections:checks")
    try:
        check = checks.draft(month, by=user_of(request), now=db_now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("inspections:checks")
    messages.success(request, f"{check}名单已起草，请看过后确定。")
    return redirect("inspections:check", check.code)


@may(Action.VIEW_CHECKS)
@require_safe
@never_cache
def month(request: HttpRequest, month: str) -> HttpResponse:
    """A month: how far it is, who checks what, the results, how its list was drawn, and what comes next."""
    return show(request, month)


@may(Action.VIEW_CHECKS)
@require_safe
def of(request: HttpRequest, pk: int) -> HttpResponse:
    """The check by its number, as the history names it: on to its month."""
    return redirect("inspections:check", get_object_or_404(visible_checks(user_of(request)), pk=pk).code)


@may(Action.VIEW_CHECKS)
@require_safe
@never_cache
def export(request: HttpRequest, month: str) -> FileResponse:
    """The results as a workbook, a unit's own only."""
    check, user = check_for(request, month), user_of(request)
    units, now = seen_unit_ids(user), db_now()
    file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115  (the answer closes it)
    above = f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 导出，{user}；指标版本：{check.indicator_set}"
    check_rows.export(check, check_rows.of_check(check, units), file, office=units is None, above=above)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"抽查结果-{check.code}.xlsx", content_type=XLSX)


# --- the office's acts ----------------------------------------------------------------------------------------------


@may(Action.DRAFT_CHECK)
@post_only("inspections:check", "month")
def confirm(request: HttpRequest, month: str) -> HttpResponse:
    """确定名单: it is published and shared among the checkers."""

    def act(check: SpotCheck) -> str:
        done = checks.confirm(check.pk, read=request.POST.get("read", ""), by=user_of(request), now=db_now())
        twice = f"，其中 {done.doubled} 个由两人各查一遍" if done.doubled else ""
        gone = f"名单中 {done.gone} 个账号已不在运行，不再检查。" if done.gone else ""
        return f"{check}名单已确定并公开，{done.accounts} 个账号已分给检查人{twice}。{gone}"

    return _act(request, month, act, then="inspections:clean_sheets")


@may(Action.DRAFT_CHECK)
@post_only("inspections:check", "month")
def redraw(request: HttpRequest, month: str) -> HttpResponse:
    """重新抽取 before the list is confirmed."""
    form = RedrawForm(request.POST, auto_id="redraw-%s")
    if not form.is_valid():
        return show(request, month, redraw_form=form, status=422)

    def act(check: SpotCheck) -> str:
        read = request.POST.get("read", "")
        done = checks.redraw(check.pk, form.terms(), read=read, by=user_of(request), now=db_now())
        asked = form.terms().size
        raised = ""
        if asked is not None and (done.sample_size or 0) > asked:
            raised = f"要让每个账号 {done.within_months} 个月内至少查到一次，本月须抽 {done.sample_size} 个。"
        return f"{check}名单已用新的种子重新抽取。{raised}"

    return _act(request, month, act)


@may(Action.CHECK)
@post_only("inspections:check", "month")
def close(request: HttpRequest, month: str) -> HttpResponse:
    """结束抽查."""

    def act(check: SpotCheck) -> str:
        checks.close(check.pk, by=user_of(request), now=db_now())
        return f"{check}已结束，可以起草通报。"

    return _act(request, month, act)


def _act(
    request: HttpRequest, month: str, act: Callable[[SpotCheck], str], *, then: str = "inspections:check"
) -> HttpResponse:
    """On to the page `then` with what was done, or back to the month with why not."""
    check = check_for(request, month)
    try:
        done = act(check)
    except Incomplete as incomplete:
        told = "".join(error for errors in incomplete.errors.values() for error in errors)
        return show(request, month, refused=Refused(told), status=422)
    except Refused as refused:
        return show(request, month, refused=refused, status=status_of(refused))
    messages.success(request, done)
    return redirect(then, check.code)


# --- the page -------------------------------------------------------------------------------------------------------


def show(
    request: HttpRequest,
    month: str,
    *,
    refused: Refused | None = None,
    redraw_form: RedrawForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a month; its queries do not grow with its accounts."""
    check, user, now = check_for(request, month), user_of(request), db_now()
    units = seen_unit_ids(user)
    if check.state == S.DRAFTED:
        return _show_draft(request, check, refused=refused, redraw_form=redraw_form, status=status)
    rows, office = check_rows.of_check(check, units), units is None
    done = progress(check, units=units)
    which = _which(done, office)
    tab = request.GET.get("show", "")
    tab = tab if tab in which else ""
    _, _, chosen = which[tab]
    listed = check_rows.in_order(rows.filter(chosen)).select_related(*check_rows.READ)
    page = Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page"))
    acts = policy.could(user, Action.CHECK)
    mine = _mine(check, user) if acts and check.state == S.CONFIRMED else []
    shares = check_progress.shares(check) if office else []
    address = reverse("inspections:check", args=[check.code])
    context: dict[str, Any] = {
        "check": check,
        "progress": done,
        "known": check_rows.known(rows, now),
        "shares": shares,
        "page": page,
        "lines": check_rows.lines(cast(Any, page.object_list)),
        "tabs": [
            Tab(label, f"{address}?show={key}" if key else address, key == tab, count)
            for key, (label, count, _) in which.items()
        ],
        "show": tab,
        "office": office,
        "acts": acts,
        "mine": len(mine),
        "next_sheet": reverse("inspections:sheet", args=[mine[0]]) if mine else "",
        "may_close": acts and check.state == S.CONFIRMED and done.open == 0,
        **_of_circular(check, done, user),
        "late": check.state == S.CONFIRMED and check.due_at <= now,
        "refused": refused,
        **(_of_draw(check) if office else {}),
    }
    return render(request, "inspections/check.html", context, status=status)


def _of_circular(check: SpotCheck, done: Progress, user: User) -> dict[str, Any]:
    """Where the month's circular is read or edited, or whether one can be drafted now."""
    if not policy.could(user, Action.CIRCULAR):
        return {}
    row = check.circulars.filter(corrects__isnull=True).only("pk", "state", "index_no").first()
    if row is None:
        return {"may_draft": done.accounts > 0 and done.open == 0}
    if row.state == CircularState.PUBLISHED:
        return {"circular_url": reverse("inspections:circular", args=[row.index_no])}
    return {"circular_url": reverse("inspections:circular_edit", args=[row.pk])}


def _which(done: Progress, office: bool) -> dict[str, tuple[str, int, Q]]:
    """The tabs: label, how many, which first sheets. A unit is not told on whom two people differ."""
    unchecked = check_rows.without_result()
    if not office:
        unchecked |= check_progress.differing()
    tabs: dict[str, tuple[str, int, Q]] = {
        "": ("全部", done.accounts, Q()),
        "failed": ("不合格", done.failed, check_rows.counted(passed=False)),
        "differing": ("两人不一致", done.differing, check_progress.differing()),
        "passed": ("合格", done.passed, check_rows.counted(passed=True)),
        "open": ("未核", done.open - (done.differing if office else 0), unchecked),
    }
    if done.gone:
        tabs["gone"] = ("已不在运行", done.gone, check_rows.gone())
    if not office:
        del tabs["differing"]
    return tabs


def _mine(check: SpotCheck, user: User) -> list[int]:
    """The open sheets of this person, by unit as they were shared."""
    rows = check_progress.own(user).filter(spot_check=check)
    return list(rows.order_by("unit__name", "pk").values_list("pk", flat=True))


def _of_draw(check: SpotCheck) -> dict[str, Any]:
    """How the list came about: three queries."""
    added = Sheet.objects.filter(spot_check=check, part=1).exclude(added_reason="")
    history = list(events.timeline(check).filter(verb__in=("draft", "redraw", "confirm")).order_by("seq"))
    return {
        "added": list(added.select_related("account__platform").order_by("pk")[:10]),
        "added_count": added.count(),
        "draws": sum(event.verb in ("draft", "redraw") for event in history),
        "last_draw": next((event for event in reversed(history) if event.verb in ("draft", "redraw")), None),
    }


def _show_draft(
    request: HttpRequest, check: SpotCheck, *, refused: Refused | None, redraw_form: RedrawForm | None, status: int
) -> HttpResponse:
    """The list before it is confirmed: who is on it, how it was drawn, and the buttons."""
    file = checks.published(check)
    chosen = set(file["sample"])
    listed = [row for row in file["population"] if row["id"] in chosen]
    listed.sort(key=lambda row: (row["kind"], row["group"], row["name"], row["id"]))
    terms = checks.Terms.in_force(day_of(db_now()))
    initial = {
        "method": check.method,
        "size": file.get("asked") or terms.size or "",
        "within": check.within_months or terms.within or 6,
    }
    context: dict[str, Any] = {
        "check": check,
        "file": file,
        "page": Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "size": len(chosen),
        "population": len(file["population"]),
        "raised": check.method == Method.SAMPLE and len(chosen) > file["asked"],
        "quotas": [
            dict(zip(("stratum", "population", "must", "quota"), row, strict=True)) for row in file.get("quotas", [])
        ],
        "drafts": policy.could(user_of(request), Action.DRAFT_CHECK),
        "redraw_form": redraw_form or RedrawForm(initial=initial, auto_id="redraw-%s"),
        "open_redraw": redraw_form is not None,
        "refused": refused,
        **_of_draw(check),
    }
    return render(request, "inspections/check_draft.html", context, status=status)
