"""The unit is asked on day 5 how far its data are known (第十四条): before the update is due, not when it is late."""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.urls import reverse

from accounts import audience
from accounts.models import Account, Role
from accounts.models.unit import Scope
from zhonglou_media.core import notices
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import Notice

ASKED_BEFORE = timedelta(days=3)  # 00:00 of day 5 of 7; as long before the end of a month for a 服务号


def asked(now: datetime, since: datetime | None = None) -> Q:
    """Accounts whose unit is asked: the update is due within 3 days, and what is known ends before these began.

    Those whose due time has passed (here: by `since`) are another matter: `rules.no_data`.
    """
    early = Q(posts_known_until__isnull=True) | Q(posts_known_until__lt=F("next_update_due_at") - ASKED_BEFORE)
    soon = Q(next_update_due_at__gt=since or now, next_update_due_at__lte=now + ASKED_BEFORE)
    return early & soon & Q(unit__scope=Scope.BOUND)  # a guided unit is never flagged (第三条)


def remind(now: datetime) -> None:
    """A notice to the operators of each unit that is asked, once for an account and its due time; none on a holiday.

    The first working day after holidays also asks for what came due meanwhile. Three queries, however many accounts.
    """
    today, calendar = day_of(now), Calendar.load()
    if not calendar.is_working_day(today)[0]:
        return
    since = today - timedelta(days=1)
    while not calendar.is_working_day(since)[0]:
        since -= timedelta(days=1)
    due = Account.objects.filter(asked(now, start_of(since + timedelta(days=1))))
    accounts = list(due.select_related("platform").order_by("next_update_due_at", "pk"))
    operators = audience.by_unit((Role.OPERATOR,), {account.unit_id for account in accounts}, now)
    link = reverse("accounts:record")
    notices.leave(
        Notice(user_id=user_id, key=_key(account), text=_text(account), link=link, at=now)
        for account in accounts
        for user_id in operators.get(account.unit_id, ())
    )


def _key(account: Account) -> str:
    return f"ask-{account.pk}-{account.next_update_due_at.astimezone(SHANGHAI):%Y%m%d}"  # type: ignore[union-attr]


def _text(account: Account) -> str:
    due = due24(account.next_update_due_at)  # type: ignore[arg-type]
    known = account.posts_known_until
    reach = f"数据只到 {due24(known)}" if known else "还没有发布数据"
    ask = "发布过的请登记，没有发布的请安排更新，或确认数据截至现在"
    return f"{account}应于 {due} 前更新，{reach}。{ask}。"
