"""What the tests of sightings begin with."""

from datetime import date
from typing import Any

from accounts.models import Account
from accounts.sightings import Choice, Seen, Sorted, sort
from tests.factories import NOW, platform
from zhonglou_media.core.models import User


def seen(name: str = "示例发布", **fields: Any) -> Seen:
    """Seen on 抖音 on the day of NOW."""
    return Seen(
        **{"platform": platform(), "name": name, "source": "平台检索", "found_on": date(2026, 11, 24), **fields}
    )


def decide(by: User, verdict: str, what: Seen | None = None, **chosen: Any) -> Sorted:
    """Sort it at NOW."""
    return sort(Choice(what or seen(), verdict, **chosen), by=by, now=NOW)


def cancelled(account: Account) -> Account:
    """As after its cancellation (`lifecycle` has its own tests)."""
    Account.objects.filter(pk=account.pk).update(state="cancelled", next_update_due_at=None)
    account.refresh_from_db()
    return account
