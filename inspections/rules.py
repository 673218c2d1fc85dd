"""The rules of what the office ordered."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.flags import Rule, RuleCode
from accounts.models.unit import Scope
from inspections import lateness
from inspections.models import ClosureOrder, Rectification
from inspections.models.order import STANDING


def overdue_order(now: datetime) -> QuerySet[ClosureOrder]:
    """未规范备案的账号，一经发现立即予以关停（第八条）: ordered closed, due, and nobody has confirmed that it is.

    A proof alone does not end it, only 确认执行, 撤销, or the opening that completes. Rows in breach at `now`.
    """
    return ClosureOrder.objects.filter(state__in=STANDING, due_at__lte=now, unit__scope=Scope.BOUND)


def overdue_rectification(now: datetime) -> QuerySet[Rectification]:
    """对问题整改不到位的（第二十四条）: due, neither verified nor answered before that. Rows in breach at `now`.

    As `lateness.overdue` has it, which the lists and the decisions ask too; guided units are listed, never flagged.
    """
    return Rectification.objects.filter(lateness.overdue(now), unit__scope=Scope.BOUND)


RULES = (
    Rule(RuleCode.OVERDUE_ORDER, 8, "closureorder", overdue_order, "due_at"),
    Rule(RuleCode.OVERDUE_RECTIFICATION, 24, "rectification", overdue_rectification, "due_at"),
)
