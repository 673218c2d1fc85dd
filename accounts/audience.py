"""Who is told: active people who hold a role now, in one unit or in the office."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import Membership, Role
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import User

OFFICE = (Role.OFFICER, Role.SUPERVISOR)
UNIT = (Role.OPERATOR, Role.LEADER)


def people(
    roles: Collection[Role], *, now: datetime, unit_id: int | None = None, but: User | None = None
) -> list[User]:
    """Holders of one of `roles` on the Shanghai day of `now`, of the unit `unit_id` or of any; not the person `but`."""
    held = Membership.objects.current(day_of(now)).filter(role__in=roles)
    if unit_id is not None:
        held = held.filter(unit=unit_id)
    found = User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("pk")
    return list(found.exclude(pk=but.pk) if but is not None else found)
