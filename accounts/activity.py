"""What an operator records by hand: publications, questions and their replies, 确认数据截至现在 (第十四条、第十五条).

The use cases of publications stand in `posts`, those of questions in `questions`; from here all are called.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts import due_times
from accounts.models import Account
from accounts.posts import publish, remove, restore
from accounts.questions import TAKE_BACK, ask, may_unreply, reclassify, reply, unreply, withdraw_message
from accounts.recorded import allowed
from zhonglou_media.core import events
from zhonglou_media.core.models import User

__all__ = [
    "TAKE_BACK",
    "ask",
    "confirm_all",
    "confirm_known",
    "may_unreply",
    "publish",
    "reclassify",
    "remove",
    "reply",
    "restore",
    "unreply",
    "withdraw_message",
]
WATERMARKS = ("posts_known_until", "messages_known_until")


def confirm_known(account_id: int, *, by: User, now: datetime) -> int:
    """确认数据截至现在: what is not recorded of this account until `now` did not happen."""
    return confirm_all([account_id], by=by, now=now)


@transaction.atomic
def confirm_all(account_ids: Collection[int], *, by: User, now: datetime) -> int:
    """Both facts of these accounts are known until `now`, only forward: all or none; returns how many accounts."""
    accounts = due_times.lock(list(account_ids))
    roles = [allowed(account, by=by) for account in accounts]
    moved = []
    for account, role in zip(accounts, roles, strict=True):
        was = {name: getattr(account, name) for name in WATERMARKS}
        behind = {name: now for name, known in was.items() if known is None or known < now}
        if behind:
            Account.objects.filter(pk=account.pk).update(**behind)
            moved.append((account, role, {name: known and known.isoformat() for name, known in was.items()}))
    for account, role, detail in moved:
        events.append(account, "confirm_known", by=by, role=role, at=now, detail=detail)
    return len(accounts)
