"""The office's home: what must go on to the systems above first, then the review queue, then flags."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Case, Count, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import visible_flags
from accounts.flags import RuleCode
from accounts.models import Flag, Level, Role
from accounts.policy import roles_of
from accounts.wording import SINCE
from filings import going_up, preapprovals, queues, review_queue
from filings.forms.office import QueueFilter
from filings.models import Filing, FilingKind
from inspections import incidents, losing, rectify_board, upper_shown
from inspections.models import ClosureOrder, OrderState
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User
from zhonglou_media.portal.flag_rows import flag_rows
from zhonglou_media.portal.office_month import month_todos

ROWS_A_PAGE = 20
UPPER_SHOWN = 20
FLAGS_SHOWN = 10
ABOVE_SHOWN = 8


def office_home(request: HttpRequest) -> HttpResponse:
    """The home of an officer or a supervisor; called by the view `home`, which says who may see it."""
    user = cast(User, request.user)
    tabs = getattr(request, "home_tabs", [])
    return render(request, "portal/home_office.html", {"tabs": tabs, **_work(request, user)})


def _work(request: HttpRequest, user: User) -> dict[str, Any]:
    now = db_now()
    form = QueueFilter(request.GET)
    waiting = form.narrow(review_queue.to_review().for_lists(), user)
    page = Paginator(waiting, ROWS_A_PAGE).get_page(request.GET.get("page"))
    flags = open_flags(user)
    by_rule = dict(flags.order_by().values("rule").annotate(n=Count("pk")).values_list("rule", "n"))
    passing = going_up.passing(_first(going_up.to_pass_on()), now=now)
    tally = review_queue.tally(user)
    supervisor = Role.SUPERVISOR in roles_of(user)
    above, above_total, above_late = upper_shown.for_the_office(now, ABOVE_SHOWN)
    return {
        "urgency": queues.urgency(going_up.to_pass_on(), now=now),
        "office_days": queues.office_days(now),
        "passing": passing,
        "tally": tally,
        "kinds": [(kind.value, kind.label[:-2], tally.kinds[kind]) for kind in FilingKind if kind in tally.kinds],
        "page": page,
        "rows": review_queue.queue_rows(list(page.object_list), user, now=now),
        "here": request.get_full_path(),
        "form": form,
        "first": review_queue.to_review().values_list("pk", flat=True).first(),
        "flag_total": sum(by_rule.values()),
        "flag_rules": [(code, by_rule[code.value]) for code in RuleCode if code.value in by_rule],
        "flags": flag_rows(list(flags[:FLAGS_SHOWN]), now),
        "asked": list(preapprovals.waiting().select_related("unit", "platform")[:UPPER_SHOWN]) if supervisor else [],
        "proved": list(_proved()) if supervisor else [],
        "above": above,
        "above_total": above_total,
        "above_late": above_late,
        "named": upper_shown.named(UPPER_SHOWN) if supervisor else [],
        "month": month_todos(user),
        "to_verify": rectify_board.titled(rectify_board.to_verify()[:UPPER_SHOWN]),
        "to_decide": rectify_board.titled(rectify_board.to_decide()[:UPPER_SHOWN]) if supervisor else [],
        "lost": losing.reported() if supervisor else [],
        "often": list(review_queue.returned_often().for_lists()[:UPPER_SHOWN]) if supervisor else [],
        "incidents": [(row, incidents.is_late(row, now)) for row in incidents.to_pass()[:UPPER_SHOWN]],
        "conflicts": list(going_up.conflicts().for_lists()[:UPPER_SHOWN]),
        "lacking": going_up.passing(_first(going_up.lacking()), now=now),
    }


def _first(rows: QuerySet[Filing]) -> list[Filing]:
    return queues.of_keys(rows.values_list("pk", flat=True)[:UPPER_SHOWN])


def _proved() -> QuerySet[ClosureOrder]:
    """Closure orders whose proof waits for the supervisor, the nearest due time first."""
    rows = ClosureOrder.objects.filter(state=OrderState.PROVED).select_related("account__platform", "unit")
    return rows.order_by("due_at", "pk")[:UPPER_SHOWN]


def open_flags(user: User) -> QuerySet[Flag]:
    """The open flags that `user` reads: breaches first, then those that stand the longest."""
    breach_first = Case(When(level=Level.BREACH, then=0), default=1)
    rows = visible_flags(user).open().select_related("unit", "account__platform")
    return rows.order_by(breach_first, SINCE.asc(), "pk")
