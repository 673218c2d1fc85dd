"""Reminders of the morning, on working days: in-app notices, each exactly once."""

from datetime import datetime, timedelta

from django.db.models import Max

from accounts import audience
from accounts.models import Role
from filings.models import Filing, FilingState
from filings.notifying import title
from zhonglou_media.core import calendar, notices
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.models import User
from zhonglou_media.core.settings_at import setting


def remind(now: datetime) -> None:
    """Who is told today: the leader of what waits long, the operator of what is due by tonight. Nobody on a holiday."""
    if not calendar.is_working_day(day_of(now))[0]:
        return
    _unapproved(now)
    _due_tonight(now)


def _unapproved(now: datetime) -> None:
    """Row 6 of the truth table: submitted 7 days ago and not approved; no clock runs, so a word is due."""
    limit = now - timedelta(days=setting("submit_reminder_days", day_of(now)))
    waiting = Filing.objects.filter(state=FilingState.LEADER_REVIEW).annotate(frozen_at=Max("revisions__at"))
    for filing in waiting.filter(frozen_at__lte=limit).for_lists():
        notices.tell(
            _holders(filing, Role.LEADER, Role.OPERATOR, now=now),
            key=f"waiting-{filing.pk}-{filing.revision}",
            text=f"{title(filing)}：提交领导审批已超过{setting('submit_reminder_days', day_of(now))}天，尚未办理。",
            link=f"/filings/{filing.pk}/",
            now=now,
        )


def _due_tonight(now: datetime) -> None:
    """第八条: approved, not reported, and tonight at 24:00 the two working days are over."""
    tonight = start_of(day_of(now) + timedelta(days=1))
    for filing in Filing.objects.filter(state=FilingState.TO_REPORT, report_due_at=tonight).for_lists():
        notices.tell(
            _holders(filing, Role.OPERATOR, now=now),
            key=f"due-{filing.pk}-{tonight:%Y%m%d}",
            text=f"{title(filing)}：今日 24:00 前报送均为按期，请及时报送。",
            link=f"/filings/{filing.pk}/",
            now=now,
        )


def _holders(filing: Filing, *roles: Role, now: datetime) -> list[User]:
    return audience.people(roles, now=now, unit_id=filing.unit_id)
