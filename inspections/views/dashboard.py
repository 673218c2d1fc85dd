"""月度看板 of the district and of a unit."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, seen_unit_ids, user_of, visible_flags
from accounts.models import Account, Unit
from accounts.policy import Action
from inspections import dashboard, dashboard_charts
from inspections.dashboard import Scope
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User
from zhonglou_media.core.settings_at import Settings


@may(Action.VIEW_DASHBOARD)
@require_safe
def district(request: HttpRequest) -> HttpResponse:
    """What the person reads: the whole district, or the own units."""
    return _show(request, scope_of(user_of(request)))


@may(Action.VIEW_DASHBOARD)
@require_safe
def of_unit(request: HttpRequest, pk: int) -> HttpResponse:
    """The same of one unit that the person reads."""
    return _show(request, scope_of(user_of(request), pk))


def scope_of(user: User, unit: int | None = None) -> Scope:
    """What `user` reads, or the one `unit` of it; 404 where it is none of his."""
    ids = seen_unit_ids(user)
    if unit is None:
        return Scope(None if ids is None else frozenset(ids))
    if ids is not None and unit not in ids:
        raise Http404
    return Scope(frozenset({unit}), get_object_or_404(Unit, pk=unit))


def _show(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The page: five queries of its own, whatever there is."""
    user = user_of(request)
    now = policy.grants_of(user).read_at or db_now()  # `may` has asked what the person holds at this moment
    request.clock = now  # type: ignore[attr-defined]  # the navigation need not ask again
    done = dashboard.months_done()
    month = dashboard.chosen(done, request.GET.get("month", ""), day_of(now))
    context = {"scope": scope, "done": done, "month": month, "figures": dashboard.FIGURES.values()}
    if month is None:
        return render(request, "inspections/dashboard.html", context)
    settings = Settings.load()
    rows = dashboard.lines(month.month, scope)
    shown = dashboard.five(month.month, rows, scope, settings)
    flags = visible_flags(user).open()
    accounts = Account.objects.all()
    if scope.units is not None:
        flags, accounts = flags.filter(unit__in=scope.units), accounts.filter(unit__in=scope.units)
    ranked = scope.unit is None and settings.at("activity_ranking", day_of(now)) == 1
    charts = [
        dashboard_charts.trend(month.month, rows, shown, scope),
        dashboard_charts.ages(flags, scope, now),
        dashboard_charts.platforms(accounts, scope),
        dashboard_charts.ontime(month.month, rows, scope, wide=not ranked),
    ]
    if ranked:
        charts.append(dashboard_charts.ranking(month.month, rows))
    context |= {
        "shown": shown,
        "headline": dashboard.headline(shown),
        "charts": charts,
        "heat": dashboard_charts.calendar(month.month, rows, day_of(now)),
        "computed_at": month.computed_at,
        "units": len({row.unit for row in rows if row.month == month.month}),
        "circulars": (month.checked or month.circular) and policy.could(user, Action.CIRCULAR),
        "running": month.month == day_of(now).replace(day=1),
    }
    return render(request, "inspections/dashboard.html", context)
