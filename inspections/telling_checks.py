"""What is told of a month's check, and to whom."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count
from django.urls import reverse

from accounts import audience
from inspections.models import SpotCheck
from zhonglou_media.core import notices
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User


def link_to(check: SpotCheck) -> str:
    """The page of the month."""
    return reverse("inspections:check", args=[check.code])


def drafted(check: SpotCheck, accounts: int, seq: int, *, by: User | None, now: datetime) -> None:
    """The office has a list to confirm."""
    notices.tell(
        audience.people(audience.OFFICE, now=now, but=by),
        key=f"check-{check.pk}-{seq}",
        text=f"{check}名单已起草，共 {accounts} 个账号，请确定后开始检查。",
        link=link_to(check),
        now=now,
    )


def confirmed(check: SpotCheck, seq: int, *, by: User, now: datetime) -> None:
    """Each checker has accounts to check."""
    shared = check.sheets.filter(checker__isnull=False).order_by().values_list("checker").annotate(Count("pk"))
    handed(check, dict(shared), seq, by=by, now=now)


def handed(check: SpotCheck, shares: Mapping[int | None, int], seq: int, *, by: User, now: datetime) -> None:
    """Who has got more to check (by user, how many) is told so; not who did it."""
    for user in User.objects.filter(pk__in=[pk for pk in shares if pk is not None and pk != by.pk]):
        notices.tell(
            [user],
            key=f"check-{check.pk}-{seq}",
            text=f"{check}分给您 {shares[user.pk]} 个账号，请在 {due24(check.due_at)} 前核完。",
            link=link_to(check),
            now=now,
        )
