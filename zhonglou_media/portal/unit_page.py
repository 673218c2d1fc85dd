"""The page of a unit: its people, accounts, open flags and filings, for who may read it (arts. 3, 5, 23)."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import histories, policy
from accounts.access import may, visible_flags, visible_units
from accounts.models import Account, AccountState, Membership, Unit
from accounts.policy import Action
from accounts.views.register import for_list
from filings.access import visible_filings
from filings.models import LIVE, FilingState
from filings.wording import running
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User
from zhonglou_media.portal.flag_rows import flag_rows

A_PAGE = 25
FLAGS_SHOWN = FILINGS_SHOWN = 20


@may(Action.VIEW_REGISTER)
@require_safe
def unit_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit as it stands now; 404 for who may not read it."""
    user, now = cast(User, request.user), db_now()
    unit = get_object_or_404(visible_units(user).select_related("parent", "merged_into"), pk=pk)
    accounts = for_list(Account.objects.filter(unit=unit).exclude(state=AccountState.VOID), now, visible_flags(user))
    people = Membership.objects.current(day_of(now)).filter(unit=unit, user__is_active=True).select_related("user")
    context: dict[str, Any] = {
        "unit": unit,
        "names": [old.name for old in unit.names.order_by("since", "pk") if old.name != unit.name],
        "parent_seen": unit.parent_id is not None and visible_units(user).filter(pk=unit.parent_id).exists(),
        "children": _seen_children(user, unit),
        "history": histories.entries_for(unit),
        "people": list(people.order_by("role", "user__name", "pk")),
        "page": Paginator(accounts.order_by("platform__order", "name", "pk"), A_PAGE).get_page(request.GET.get("page")),
        "may_edit": policy.may(user, Action.UNITS, unit),
        "sees_flags": policy.may(user, Action.VIEW_FLAGS, unit),
        "sees_filings": policy.may(user, Action.VIEW_FILING, unit),
    }
    if context["sees_flags"]:
        flags = visible_flags(user).open().filter(unit=unit).select_related("unit", "account__platform")
        context |= {
            "flags": flag_rows(list(flags.order_by("due_at", "pk")[:FLAGS_SHOWN]), now),
            "flags_count": flags.count(),
        }
    if context["sees_filings"]:
        context |= _filings(user, unit)
    return render(request, "portal/unit.html", context)


def _seen_children(user: User, unit: Unit) -> list[Unit]:
    """Units of which this one is the parent, so far as the person reads them."""
    return list(visible_units(user).filter(parent=unit).order_by("name"))


def _filings(user: User, unit: Unit) -> dict[str, Any]:
    """How many filings are in each state, and those under way, the newest first."""
    rows = visible_filings(user).filter(unit=unit)
    states = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    live = rows.filter(state__in=LIVE).for_lists().order_by("-pk")
    return {
        "counts": [(state.label, states[state.value]) for state in FilingState if state.value in states],
        "filings_count": sum(states.values()),
        "live_count": sum(n for state, n in states.items() if state in LIVE),
        "completed_count": states.get(FilingState.COMPLETED.value, 0),
        "live": [(filing, running(filing)) for filing in live[:FILINGS_SHOWN]],
    }
