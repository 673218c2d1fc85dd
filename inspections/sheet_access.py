"""Which check sheets a person may read: the office all but a peer's, everybody else the results that count."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts import policy
from accounts.access import seen_unit_ids, user_of
from accounts.models import Role
from accounts.policy import Action, carried_on
from inspections.models import SelfCheck, Sheet, SheetState
from zhonglou_media.core.models import User


def visible_sheets(user: User) -> QuerySet[Sheet]:
    """The office sees every sheet, but not the other checker's of an account that it has still to hand in itself.

    Units, parents and auditors see what counts, of the units whose data they read.
    """
    if policy.could(user, Action.CHECK):
        own = Sheet.objects.filter(spot_check=OuterRef("spot_check"), account=OuterRef("account"), checker=user)
        return Sheet.objects.exclude(Exists(own.filter(state=SheetState.OPEN).exclude(pk=OuterRef("pk"))))
    return visible_results(user)


def visible_results(user: User) -> QuerySet[Sheet]:
    """The results that count, of the units whose data `user` reads."""
    ids = seen_unit_ids(user)
    return Sheet.objects.results() if ids is None else Sheet.objects.results().filter(unit__in=ids)


def visible_self_checks(user: User) -> QuerySet[SelfCheck]:
    """A unit's drafts and what it handed in to its own people; what was handed in to whoever reads the unit's data."""
    own, seen = carried_on(user, Role.OPERATOR), seen_unit_ids(user)
    handed_in = Q(state=SheetState.SUBMITTED)
    return SelfCheck.objects.filter(Q(unit__in=own) | (handed_in if seen is None else handed_in & Q(unit__in=seen)))


def sheet_for(request: HttpRequest, pk: int) -> Sheet:
    """The sheet, if this person may read it; 404 otherwise."""
    rows = visible_sheets(user_of(request)).select_related(
        "spot_check__indicator_set", "account__platform", "account__unit", "unit", "checker", "screenshot", "decided_by"
    )
    return get_object_or_404(rows.defer("spot_check__drawn"), pk=pk)


def may_write(user: User, sheet: Sheet) -> bool:
    """Whether it is this person's sheet to fill in: only the assigned checker's."""
    return sheet.checker_id == user.pk and policy.may(user, Action.CHECK, sheet)
