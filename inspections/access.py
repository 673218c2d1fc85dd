"""Which closure orders a person may read, and the one way a view finds its order or account."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts import policy
from accounts.access import seen_unit_ids, user_of, visible_accounts
from accounts.models import Account
from accounts.policy import Action
from inspections.models import CheckState, ClosureOrder, SpotCheck
from zhonglou_media.core.clock import parse_day
from zhonglou_media.core.models import User


def visible_orders(user: User) -> QuerySet[ClosureOrder]:
    """Orders to the units whose data `user` reads (accounts.policy.READERS)."""
    ids = seen_unit_ids(user)
    return ClosureOrder.objects.all() if ids is None else ClosureOrder.objects.filter(unit__in=ids)


def order_for(request: HttpRequest, pk: int) -> ClosureOrder:
    """The order, if this person may read it; 404 otherwise."""
    rows = visible_orders(user_of(request)).select_related(
        "account__platform", "account__unit", "unit", "issued_by", "proof", "proved_by", "ended_by", "filing"
    )
    return get_object_or_404(rows, pk=pk)


def account_for(request: HttpRequest, pk: int, action: Action) -> Account:
    """The account, if this person may do `action` to it; 404 otherwise."""
    rows = visible_accounts(user_of(request)).select_related("platform", "unit")
    account = get_object_or_404(rows, pk=pk)
    if not policy.may(user_of(request), action, account):
        raise Http404
    return account


def visible_checks(user: User) -> QuerySet[SpotCheck]:
    """The months' checks: all of them for who reads the whole district, those whose list is confirmed for a unit."""
    checks = SpotCheck.objects.defer("drawn")
    return checks if seen_unit_ids(user) is None else checks.exclude(state=CheckState.DRAFTED)


def check_for(request: HttpRequest, month: str) -> SpotCheck:
    """The check of a month written as 2026-11, if this person may read it; 404 otherwise."""
    day = parse_day(f"{month}-01") if len(month) == len("2026-11") else None
    if day is None:
        raise Http404
    return get_object_or_404(
        visible_checks(user_of(request)).select_related("indicator_set", "confirmed_by"), month=day
    )
