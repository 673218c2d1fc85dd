"""The rules of what the office ordered."""

from datetime import date, datetime

from django.db.models import F, Q, QuerySet

from accounts.flags import Rule, RuleCode
from accounts.models.unit import Scope
from inspections.models import ClosureOrder, OrderState, Rectification, RectificationState
from inspections.models.order import STANDING
from inspections.models.rectification import OPEN_RECTIFICATIONS
from zhonglou_media.core.calendar import NEXT_YEAR_FROM, Calendar
from zhonglou_media.core.clock import start_of

# Nobody answered, or not before the due time: an answer in time waits for the office.
LATE = Q(state=RectificationState.ISSUED) | Q(state=RectificationState.SUBMITTED, answered_at__gte=F("due_at"))


def overdue_order(now: datetime) -> QuerySet[ClosureOrder]:
    """未规范备案的账号，一经发现立即予以关停（第八条）: ordered closed, due, and nobody has confirmed that it is.

    A proof alone does not end it, only 确认执行, 撤销, or the opening that completes. Rows in breach at `now`.
    """
    return ClosureOrder.objects.filter(state__in=STANDING, due_at__lte=now, unit__scope=Scope.BOUND)


def overdue_rectification(now: datetime) -> QuerySet[Rectification]:
    """对问题整改不到位的（第二十四条）: due, neither verified nor answered before that. Rows in breach at `now`.

    An answer in time waits for the office, whose time never counts against the unit; sent back it is in breach again.
    A closure order of the supervisor takes the place of the flag, until it is revoked. A due time that a year's paper
    may still move is none (暂定), unless somebody named its day: the issuer above, or the supervisor.
    """
    named = Q(upper__isnull=False) | Q(extended_from__isnull=False)
    decided = Q(closure_order__isnull=True) | Q(closure_order__state__in=(OrderState.REVOKED, OrderState.SUPERSEDED))
    rows = Rectification.objects.filter(state__in=OPEN_RECTIFICATIONS, due_at__lte=now, unit__scope=Scope.BOUND)
    return rows.filter(LATE, named | Q(due_at__lte=_sure_until()), decided)


def _sure_until() -> datetime:
    """Until when the calendar is known: 25 December of the last confirmed year (`core.calendar`)."""
    last = max(Calendar.load().confirmed, default=1)
    return start_of(date(last, 12, NEXT_YEAR_FROM))


RULES = (
    Rule(RuleCode.OVERDUE_ORDER, 8, "closureorder", overdue_order, "due_at"),
    Rule(RuleCode.OVERDUE_RECTIFICATION, 24, "rectification", overdue_rectification, "due_at"),
)
