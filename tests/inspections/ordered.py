"""Closure orders in one line, made through the use cases."""

from datetime import date, datetime
from typing import Any

from accounts.models import Account, Role
from inspections import ordering
from inspections.models import ClosureOrder
from inspections.ordering import Terms
from tests.factories import NOW, Cast, account, scan, user
from zhonglou_media.core.models import User


def order(
    of: Account | None = None,
    *,
    by: User | None = None,
    now: datetime = NOW,
    due_on: date | None = None,
    ground: str = "unfiled",
    **more: Any,
) -> ClosureOrder:
    """An order on an unfiled account, 立即 unless told otherwise."""
    terms = Terms(ground, "检索发现，没有备案", due_on=due_on, **more)
    return ordering.issue((of or account(found=True)).pk, terms, by=by or user(Role.SUPERVISOR), now=now)


def proved(cast: Cast, of: Account | None = None, now: datetime = NOW, **more: Any) -> ClosureOrder:
    """An order whose unit has sent its proof."""
    row = order(of or account(cast.unit, found=True), by=cast.supervisor, now=now, **more)
    return ordering.prove(row.pk, file=scan(), name="关停截图.pdf", by=cast.operator, now=now)
