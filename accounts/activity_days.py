"""The only writer of `ActivityDay`: what happened on each day, counted again from the facts in two statements each.

The callers hold the transaction and the accounts' locks (`due_times.lock`).
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import TruncDate

from accounts.models import ActivityDay, Message, Publication
from zhonglou_media.core.clock import SHANGHAI, start_of

Accounts = Collection[int] | QuerySet[Any] | Expression
LIVE = Q(removed_at__isnull=True)
# What has, or kept, a due time: also what was made another kind when it was late. Another's to answer: no.
ASKED = Q(reply_due_at__isnull=False, withdrawn_at__isnull=True)
ASKED &= Q(handed_to__isnull=True) | Q(first_reply_at__isnull=False)
IN_TIME = ASKED & Q(first_reply_at__lte=F("reply_due_at"))


def recount_posts(accounts: Accounts, first: date, last: date) -> None:
    """Count the publications of `accounts` again on each Shanghai day from `first` to `last`, both included."""
    _forget(accounts, first, last, "posts", "originals")
    rows = Publication.objects.filter(account_id__in=accounts, **_within("published_at", first, last))
    _write(rows, "published_at", posts=Count("pk", filter=LIVE), originals=Count("pk", filter=LIVE & Q(original=True)))


def recount_messages(accounts: Accounts, first: date, last: date) -> None:
    """Count the questions (咨询) of `accounts` asked on each Shanghai day again, and those answered in time."""
    _forget(accounts, first, last, "asked", "answered_in_time")
    rows = Message.objects.filter(account_id__in=accounts, **_within("asked_at", first, last))
    _write(rows, "asked_at", asked=Count("pk", filter=ASKED), answered_in_time=Count("pk", filter=IN_TIME))


def _within(field: str, first: date, last: date) -> dict[str, Any]:
    return {f"{field}__gte": start_of(first), f"{field}__lt": start_of(last + timedelta(days=1))}


def _forget(accounts: Accounts, first: date, last: date, *names: str) -> None:
    """A fact that moved to another day leaves its old one without a row to count."""
    some = Q(*((f"{name}__gt", 0) for name in names), _connector=Q.OR)
    days = ActivityDay.objects.filter(some, account_id__in=accounts, day__range=(first, last))
    days.update(**dict.fromkeys(names, 0))


def _write(rows: QuerySet[Any], moment: str, **counts: Combinable) -> None:
    counted = (
        rows.order_by()
        .annotate(day=TruncDate(moment, tzinfo=SHANGHAI))
        .values("account_id", "day")
        .annotate(**counts)
        .values_list("account_id", "day", *counts)
    )
    sql, params = counted.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    names = ", ".join(counts)
    sets = ", ".join(f"{name} = excluded.{name}" for name in counts)
    table = ActivityDay._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (account_id, day, {names}) {sql} ON CONFLICT (account_id, day) DO UPDATE SET {sets}",
            params,
        )
