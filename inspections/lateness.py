"""When a rectification is late (第二十四条), once for all: the flag, the lists, what the supervisor decides on, the
circular, the dashboard and the year ask here.

Each condition stands in SQL and beside it in Python, for rows read already; tests compare the two row by row. Nothing
is late while its due time is 暂定; what was answered before the shown time is in time whatever the true one is.
"""

from datetime import datetime

from django.db.models import F, Q

from inspections.models import OrderState, Rectification, RectificationState
from inspections.models.rectification import OPEN_RECTIFICATIONS

S = RectificationState
ANSWERED = (S.SUBMITTED, S.VERIFIED)
NO_ORDER = (OrderState.REVOKED, OrderState.SUPERSEDED)

# Its answer that stands came before the due time: one in time waits for the office, whose time never counts.
IN_TIME = Q(state__in=ANSWERED, answered_at__lt=F("due_at"))
# Nobody answered, or the answer that stands came after the due time.
_TOO_LATE = Q(state=S.ISSUED) | Q(state__in=ANSWERED, answered_at__gte=F("due_at"))
# A closure order of the supervisor takes the place of being overdue, until it is revoked.
NOT_ORDERED = Q(closure_order__isnull=True) | Q(closure_order__state__in=NO_ORDER)


def missed(now: datetime) -> Q:
    """Not answered before the due time, which is over at `now` and sure; put right since or not."""
    return Q(provisional=False, due_at__lte=now) & _TOO_LATE


def overdue(now: datetime) -> Q:
    """Missed, not put right yet, and not ordered closed: in breach at `now`. Guided units too (第三条): no flag is."""
    return missed(now) & Q(state__in=OPEN_RECTIFICATIONS) & NOT_ORDERED


def is_in_time(row: Rectification) -> bool:
    """`IN_TIME` of a row."""
    return row.state in ANSWERED and row.answered_at is not None and row.answered_at < row.due_at


def has_missed(row: Rectification, now: datetime) -> bool:
    """`missed` of a row."""
    return row.state != S.REVOKED and not row.provisional and row.due_at <= now and not is_in_time(row)


def is_overdue(row: Rectification, now: datetime) -> bool:
    """`overdue` of a row; reads its closure order."""
    return has_missed(row, now) and row.state in OPEN_RECTIFICATIONS and not is_ordered(row)


def is_ordered(row: Rectification) -> bool:
    """Whether the supervisor ordered the account closed for it and has not taken that back."""
    return row.closure_order is not None and row.closure_order.state not in NO_ORDER
