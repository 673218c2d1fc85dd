"""The rules of filings (第八条) and of retentions (第九条): which are in breach at `now`.

`filings/deadlines.py` computes the due times of filings, `filings/preapprovals.py` those of retentions. Units that are
only guided (第三条) are listed, never flagged. Nothing is flagged while its due time is 暂定.
"""

from datetime import datetime

from django.db.models import F, QuerySet

from accounts.flags import Rule, RuleCode
from accounts.models.account import WATCHED
from accounts.models.unit import Scope, UnitKind
from filings.models import PreApproval, PreApprovalPurpose, PreApprovalState
from filings.models.filing import UNDER_CORRECTION, Filing, FilingQuerySet


def overdue_filing(now: datetime) -> FilingQuerySet:
    """两个工作日内报送（第八条）: live and never reported at its due time; ends with the report or a withdrawal."""
    return _judged().live().filter(report_due_at__lte=now, first_reported_at__isnull=True)


def overdue_correction(now: datetime) -> FilingQuerySet:
    """退回后两个工作日内改正再报（第八条）: in breach while with the unit; ends with the new report."""
    return _judged().filter(correction_due_at__lte=now, state__in=UNDER_CORRECTION)


def unapproved_event(now: datetime) -> FilingQuerySet:
    """未批先建（第八条）: done before the leader's approval; live or not, ends only by 未发生 or a waiver."""
    return _judged().filter(event_due_at__lte=now, not_occurred=False)


def no_retention(now: datetime) -> QuerySet[PreApproval]:
    """区级部门的微信公众号原则上不再保留（第九条）: not asked for in time, or refused and still there at its due time.

    Ends when it is asked for, when the account has ended, or when it goes to a unit that the article does not bind.
    """
    return PreApproval.objects.filter(
        purpose=PreApprovalPurpose.RETAIN,
        state__in=(PreApprovalState.NOT_ASKED, PreApprovalState.REFUSED),
        act_by__lte=now,
        account__state__in=WATCHED,
        account__unit=F("unit"),
        unit__kind=UnitKind.DEPARTMENT,
        unit__scope=Scope.BOUND,
    )


def _judged() -> FilingQuerySet:
    return Filing.objects.filter(provisional=False, unit__scope=Scope.BOUND)


RULES = (
    Rule(RuleCode.OVERDUE_FILING, 8, "filing", overdue_filing, "report_due_at"),
    Rule(RuleCode.OVERDUE_CORRECTION, 8, "filing", overdue_correction, "correction_due_at"),
    Rule(RuleCode.UNAPPROVED_EVENT, 8, "filing", unapproved_event, "event_due_at"),
    Rule(RuleCode.NO_RETENTION, 9, "preapproval", no_retention, "act_by"),
)
