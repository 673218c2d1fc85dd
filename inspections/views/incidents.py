"""突发情况: the list, what to do at once, recording, the page of one, its paper, and the procedures."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import policy
from accounts.access import may, user_of, visible_units
from accounts.histories import entries_for
from accounts.models import Account, Role, Unit
from accounts.models.account import GONE
from accounts.models.unit import UnitStatus
from accounts.policy import Action, carried_on, roles_of
from inspections import incident_routes, incidents
from inspections.forms.incidents import CloseForm, PassForm, ReceiveForm, ReportForm, RouteForm
from inspections.models import Incident, IncidentKind, IncidentState
from inspections.views.orders import Step, Tab
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.templatetags.zl import dt

ROWS_A_PAGE = 20
S = IncidentState
SHOWN: dict[str, tuple[str, Q]] = {
    "": ("未办结", Q(state__in=incidents.OPEN)),
    "recorded": ("待转送", Q(state=S.RECORDED)),
    "closed": ("已办结", Q(state=S.CLOSED)),
}
ICONS = {
    IncidentKind.HARMFUL: "ban",
    IncidentKind.OUTCRY: "speakerphone",
    IncidentKind.HIJACKED: "lock",
    IncidentKind.LEAK: "shield-check",
    IncidentKind.FAKE: "copy",
    IncidentKind.OTHER: "info-circle",
}


@may(Action.VIEW_INCIDENTS)
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """The incidents this person may read: what waits to be passed on first, then the newest."""
    user, now = user_of(request), db_now()
    rows = incidents.visible(user)
    sums = {f"n_{key}": Count("pk", filter=which) for key, (_, which) in SHOWN.items()}
    waits = Count("pk", filter=Q(state=S.RECORDED, pass_due_at__lt=now))
    found = rows.aggregate(over=waits, **sums)
    show = request.GET.get("show", "")
    show = show if show in SHOWN else ""
    address = reverse("inspections:incidents")
    tabs = [
        Tab(label, f"{address}?show={key}" if key else address, key == show, found[f"n_{key}"])
        for key, (label, _) in SHOWN.items()
    ]
    order = ("-closed_at", "-pk") if show == "closed" else ("-state", "-found_at", "-pk")  # recorded before passed
    listed = rows.filter(SHOWN[show][1]).select_related("account__platform", "unit").order_by(*order)
    page = Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, incidents.is_late(row, now), incidents.slowness(row)) for row in page],
        "tabs": tabs,
        "show": show,
        "open": found["n_"],
        "waiting": found["n_recorded"],
        "over": found["over"],
        "may_record": policy.could(user, Action.RECORD_INCIDENT),
        "may_pass": policy.could(user, Action.PASS_INCIDENT),
    }
    return render(request, "inspections/incidents.html", context)


@may(Action.RECORD_INCIDENT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """登记: the kind first, then what to do now stands above the form."""
    user, now = user_of(request), db_now()
    kind = request.GET.get("kind", "")
    routes = incident_routes.all_routes(day_of(now))
    if kind not in IncidentKind.values:
        kinds = [(one, ICONS[one], [row.office for row in routes[one]], _least(routes[one])) for one in IncidentKind]
        return render(request, "inspections/incident_kinds.html", {"kinds": kinds})
    units = _units(request)
    accounts = Account.objects.filter(unit__in=units).exclude(state__in=GONE).select_related("platform", "unit")
    data = request.POST if request.method == "POST" else None
    form = ReportForm(data, units=units, accounts=accounts.order_by("unit__name", "name"), now=now)
    refused: Refused | None = None
    status = 422 if form.is_bound else 200
    if form.is_valid():
        given = form.cleaned_data
        try:
            row = incidents.record(given["unit"], form.report(kind), account=given["account"], by=user, now=now)
        except Incomplete as incomplete:
            form.take(incomplete)
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            messages.success(request, f"{row.number} 已登记，区政府办公室已收到通知；请按程序处置。")
            return redirect("inspections:incident", pk=row.pk)
    context = {"form": form, "kind": IncidentKind(kind), "routes": routes[kind], "refused": refused}
    return render(request, "inspections/incident_new.html", context, status=status)


def _least(routes: list[Any]) -> int:
    return min((row.within_minutes for row in routes), default=0)


def _units(request: HttpRequest) -> QuerySet[Unit]:
    """Units for which this person may record an incident."""
    user = user_of(request)
    office = roles_of(user) & {Role.OFFICER, Role.SUPERVISOR}
    rows = visible_units(user) if office else Unit.objects.filter(pk__in=carried_on(user, Role.OPERATOR))
    return rows.exclude(status=UnitStatus.MERGED).order_by("name")


@may(Action.VIEW_INCIDENTS)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened, what to do, to whom it was passed and when, and the buttons of this person."""
    return _show(request, pk)


def incident_for(request: HttpRequest, pk: int) -> Incident:
    """The incident, if this person may read it; 404 otherwise."""
    rows = incidents.visible(user_of(request)).select_related(
        "account__platform", "account__unit", "unit", "recorded_by", "closed_by"
    )
    return get_object_or_404(rows, pk=pk)


@may(Action.PASS_INCIDENT)
@post_only("inspections:incident", "pk")
def pass_on(request: HttpRequest, pk: int) -> HttpResponse:
    """转送."""
    row, now = incident_for(request, pk), db_now()
    form = PassForm(request.POST, routes=incidents.routes(row), had=[], now=now)
    if not form.is_valid():
        return _show(request, pk, forms={"pass": form}, status=422)
    given = {name: form.cleaned_data[name] for name in ("office", "how", "passed_at")}
    try:
        done = incidents.pass_on(pk, by=user_of(request), now=now, **given)
    except Incomplete as incomplete:
        form.take(incomplete)
        return _show(request, pk, forms={"pass": form}, status=422)
    except Refused as refusal:
        return _show(request, pk, refused=refusal, status=status_of(refusal))
    messages.success(request, f"已登记转送{done.office}；对方签收后请登记签收。")
    return redirect("inspections:incident", pk=pk)


@may(Action.PASS_INCIDENT)
@post_only("inspections:incident", "pk")
def receive(request: HttpRequest, pk: int, pass_id: int) -> HttpResponse:
    """对方签收."""
    row, now = incident_for(request, pk), db_now()
    if not row.passes.filter(pk=pass_id).exists():
        raise Http404
    form = ReceiveForm(request.POST, pk=pass_id, now=now)
    if not form.is_valid():
        return _show(request, pk, forms={f"receive-{pass_id}": form}, status=422)
    try:
        done = incidents.receive(pass_id, by=user_of(request), now=now, **form.cleaned_data)
    except Incomplete as incomplete:
        form.take(incomplete)
        return _show(request, pk, forms={f"receive-{pass_id}": form}, status=422)
    except Refused as refusal:
        return _show(request, pk, refused=refusal, status=status_of(refusal))
    messages.success(request, f"已登记{done.office}签收。")
    return redirect("inspections:incident", pk=pk)


@may(Action.PASS_INCIDENT)
@post_only("inspections:incident", "pk")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """办结."""
    row = incident_for(request, pk)
    form = CloseForm(request.POST, passed=row.state == S.PASSED, untold=incidents.not_told(row))
    read = request.POST.get("read", "")
    if not form.is_valid() and row.state != S.CLOSED and read in ("", incidents.reading(row)):
        return _show(request, pk, forms={"close": form}, status=422)
    typed = request.POST.get("result", "").strip()
    given = {"result": typed, "untold": request.POST.get("untold", ""), "read": read}
    try:
        done = incidents.close(pk, by=user_of(request), now=db_now(), **given)
    except Refused as refusal:
        return _show(request, pk, refused=refusal, typed=typed, status=status_of(refusal))
    messages.success(request, f"{done.number} 已办结，{done.unit}已收到通知。")
    return redirect("inspections:incident", pk=pk)


def _show(
    request: HttpRequest,
    pk: int,
    *,
    forms: dict[str, Any] | None = None,
    refused: Refused | None = None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `forms` holds the one that was incomplete, by its dialog."""
    row, user, now, forms = incident_for(request, pk), user_of(request), db_now(), forms or {}
    routes, passes = incidents.routes(row), list(row.passes.select_related("passed_by"))
    entered = incidents.entered(row)
    acts = policy.may(user, Action.PASS_INCIDENT, row)
    had = [one.office for one in passes]
    open_ = row.state in incidents.OPEN
    shown = []
    for one in passes:
        name = f"receive-{one.pk}"
        form = forms.get(name) or ReceiveForm(pk=one.pk, now=now) if acts and one.received_at is None else None
        times = entered.get(("pass_on", one.pk)), entered.get(("receive", one.pk))
        due_at = incidents.due_of(row, routes, one.office)
        slow = due_at is not None and one.passed_at > due_at
        shown.append((one, *times, slow, form, name in forms, name))
    untold = [route.office for route in routes if route.office not in had]
    closing = CloseForm(passed=row.state == S.PASSED, untold=untold)
    context: dict[str, Any] = {
        "incident": row,
        "routes": routes,
        "open": open_,
        "late": incidents.is_late(row, now),
        "slow": incidents.slowness(row),
        "passes": shown,
        "steps": _steps(row),
        "read": incidents.reading(row),
        "history": entries_for(row),
        "pass_form": (forms.get("pass") or PassForm(routes=routes, had=had, now=now)) if acts and open_ else None,
        "close_form": (forms.get("close") or closing) if acts and open_ else None,
        "untold": untold if passes else [],
        "open_pass": "pass" in forms,
        "open_close": "close" in forms,
        "incomplete": next(iter(forms.values()), None),
        "refused": refused,
        "typed": typed,
    }
    return render(request, "inspections/incident.html", context, status=status)


def _steps(row: Incident) -> list[Step]:
    """发现 → 登记 → 转送 → 办结, with their times."""
    passed, closed = row.first_passed_at, row.closed_at
    until = f"{due24(row.pass_due_at)} 前"
    steps = [
        Step("发现", "done", dt(row.found_at)),
        Step("登记", "done", dt(row.recorded_at)),
        Step("转送有关部门", "done" if passed else "now", dt(passed) if passed else until),
        Step("办结", "done" if closed else "now" if passed else "todo", dt(closed) if closed else ""),
    ]
    return [step for step in steps if passed or not closed or step.name != "转送有关部门"]


@may(Action.VIEW_INCIDENTS)
@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """突发情况转送单, A4."""
    row = incident_for(request, pk)
    passes = list(row.passes.select_related("passed_by"))
    context = {
        "incident": row,
        "passes": passes,
        "routes": (routes := incidents.routes(row)),
        "untold": incidents.not_told(row, routes) if passes else [],
        "printed_at": db_now(),
        "slow": incidents.slowness(row),
    }
    return render(request, "inspections/incident_paper.html", context)


# --- the procedures -------------------------------------------------------------------------------------------------


@may(Action.VIEW_INCIDENTS)
@require_safe
def routes(request: HttpRequest) -> HttpResponse:
    """转送程序 in force of each kind, and what is planned."""
    today = day_of(db_now())
    in_force = incident_routes.all_routes(today)
    shown = [(kind, ICONS[kind], in_force[kind], incident_routes.planned(kind, today)) for kind in IncidentKind]
    context = {"kinds": shown, "may_revise": policy.could(user_of(request), Action.INCIDENT_ROUTES)}
    return render(request, "inspections/incident_routes.html", context)


@may(Action.INCIDENT_ROUTES)
@require_http_methods(["GET", "HEAD", "POST"])
def revise(request: HttpRequest, kind: str) -> HttpResponse:
    """修订 of one kind."""
    if kind not in IncidentKind.values:
        raise Http404
    now = db_now()
    today = day_of(now)
    planned = incident_routes.planned(kind, today)
    in_force = incident_routes.routes_for(kind, today)
    form = RouteForm(request.POST if request.method == "POST" else None, routes=in_force, now=now)
    refused: Refused | None = None
    status = 422 if form.is_bound else 200
    if form.is_valid():
        given: dict[str, Any] = {"by": user_of(request), "now": now, "read": request.POST.get("read")}
        try:
            rows = incident_routes.revise(kind, form.cleaned_data["from_date"], form.lines(), **given)
        except Incomplete as incomplete:
            form.take(incomplete)
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            messages.success(request, f"“{IncidentKind(kind).label}”的转送程序自 {rows[0].from_date} 起按新的办。")
            return redirect("inspections:incident_routes")
    context = {
        "form": form,
        "kind": IncidentKind(kind),
        "read": request.POST.get("read") or incident_routes.reading(kind),
        "refused": refused,
        "planned": planned,
    }
    return render(request, "inspections/incident_route.html", context, status=status)
