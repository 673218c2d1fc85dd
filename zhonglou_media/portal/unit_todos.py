"""What waits in a unit besides filings: questions without an answer (第十五条), data that end too early (第十四条)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Min, Q
from django.urls import reverse

from accounts.models import Account, Message, Unit
from accounts.models.account import ENDED, WATCHED
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.countdown import due24

Units = Collection[Unit] | Collection[int]


@dataclass(frozen=True)
class UnitTodo:
    """A row of 待办: what waits, why, until when (None: no clock), and its one button."""

    icon: str
    title: str
    why: str
    due: datetime | None
    verb: str
    url: str
    article: int

    def is_over(self, now: datetime) -> bool:
        return self.due is not None and self.due <= now

    def ends_on(self, now: datetime) -> bool:
        """Whether it ends within this Shanghai day."""
        return self.due is not None and day_of(self.due) == day_of(now)


def unit_todos(units: Units, now: datetime) -> list[UnitTodo]:
    """At most one row of each kind for all of `units`: two queries."""
    found = (_unanswered(units, now), _data_short(units, now))
    return [todo for todo in found if todo is not None]


def _unanswered(units: Units, now: datetime) -> UnitTodo | None:
    """Questions that wait, also those not received in full yet: whoever knows of them answers."""
    waiting = Message.objects.unanswered().filter(account__unit__in=units, account__state__in=(*WATCHED, *ENDED))
    late = Count("pk", filter=Q(reply_due_at__lte=now))
    count = waiting.aggregate(all=Count("pk"), late=late, first=Min("reply_due_at"), next=_next(now))
    if not count["all"]:
        return None
    why = f"{count['late']} 条已超过 24 小时，请尽快回复并登记。" if count["late"] else ""
    if count["next"]:
        why += f"{'其余' if count['late'] else ''}最近的应于 {_words(count['next'], now)} 前回复。"
    title = f"{count['all']} 条咨询待回复"
    return UnitTodo("message-exclamation", title, why, count["first"], "去回复", reverse("accounts:record"), 15)


def _next(now: datetime) -> Min:
    return Min("reply_due_at", filter=Q(reply_due_at__gt=now))


def _data_short(units: Units, now: datetime) -> UnitTodo | None:
    """Accounts whose update is due though nobody knows whether they published: 数据待确认."""
    unknown = Q(posts_known_until__isnull=True) | Q(posts_known_until__lt=F("next_update_due_at"))
    due = Account.objects.filter(unknown, unit__in=units, next_update_due_at__lte=now)
    count = due.aggregate(all=Count("pk"), first=Min("posts_known_until"))
    if not count["all"]:
        return None
    reach = f"数据最早只到 {_words(count['first'], now)}；" if count["first"] else "还没有发布数据；"
    why = f"{reach}发布过的请登记，没有发布的请确认数据截至现在。"
    title = f"{count['all']} 个账号的数据待确认"
    return UnitTodo("help", title, why, None, "去确认", reverse("accounts:record"), 14)


def _words(moment: datetime, now: datetime) -> str:
    """11-24 08:05, with its year when that is not this one (Shanghai)."""
    return due24(moment).removeprefix(f"{now.astimezone(SHANGHAI):%Y}-")
