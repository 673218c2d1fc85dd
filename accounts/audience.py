"""Who is told: active people who hold a role now, in one unit or in the office."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from accounts.models import Membership, Role, Unit
from accounts.models.membership import MembershipQuerySet
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import User

OFFICE = (Role.OFFICER, Role.SUPERVISOR)
UNIT = (Role.OPERATOR, Role.LEADER)


def people(
    roles: Collection[Role], *, now: datetime, unit_id: int | None = None, but: User | None = None
) -> list[User]:
    """Holders of one of `roles` on the Shanghai day of `now`, of the unit `unit_id` or of any; not the person `but`.

    Of a unit that was merged away those of the receiving unit too: they carry on what it had under way.
    """
    held = _held(roles, now)
    if unit_id is not None:
        held = held.filter(Q(unit=unit_id) | Q(unit__in=Unit.objects.filter(pk=unit_id).values("merged_into")))
    found = User.objects.filter(pk__in=held.values("user")).order_by("pk")
    return list(found.exclude(pk=but.pk) if but is not None else found)


def by_unit(roles: Collection[Role], units: Iterable[int | None], now: datetime) -> dict[int, list[int]]:
    """Of each of `units` the ids of its holders of one of `roles`, each once, in order: one query for many notices."""
    found: dict[int, set[int]] = defaultdict(set)
    for unit_id, user_id in _held(roles, now).filter(unit__in=set(units)).values_list("unit_id", "user_id"):
        found[unit_id].add(user_id)
    return {unit_id: sorted(ids) for unit_id, ids in found.items()}


def _held(roles: Collection[Role], now: datetime) -> MembershipQuerySet:
    return Membership.objects.current(day_of(now)).filter(role__in=roles, user__is_active=True)
