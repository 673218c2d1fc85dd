"""What both of the office's lists ask, `review_queue` and `going_up`: their urgency, and what else they read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, prefetch_related_objects

from filings.models import Filing, FilingKind
from filings.models.filing import CLOSINGS
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.settings_at import setting


@dataclass(frozen=True)
class Urgency:
    """How many of a list are over the office's own due time, and how many end today."""

    total: int
    late: int
    today: int


def over(now: datetime) -> Q:
    """Condition: over the office's own due time at `now`; a 暂定 one is not."""
    return Q(provisional=False, office_due_at__lte=now)


def urgency(filings: QuerySet[Filing], *, now: datetime) -> Urgency:
    """Of `filings` at `now`, 暂定 ones neither; due times are exclusive, so that today's end at 00:00 of tomorrow."""
    sure = Q(provisional=False)
    counted = filings.order_by().aggregate(
        total=Count("pk"),
        late=Count("pk", filter=over(now)),
        today=Count("pk", filter=sure & Q(office_due_at__gt=now, office_due_at__lte=end_of_today(now))),
    )
    return Urgency(**counted)


def office_days(now: datetime) -> int:
    """Working days after the approval within which the office passes a filing on, as set for today."""
    return int(setting("office_days", day_of(now)))


def end_of_today(now: datetime) -> datetime:
    """24:00 Shanghai of the day of `now`."""
    return start_of(day_of(now) + timedelta(days=1))


def of_keys(keys: Iterable[int]) -> list[Filing]:
    """The filings, in that order, with what a list shows.

    Where thousands are sorted, ask for the keys first: to sort what twenty rows show costs several times that.
    """
    wanted = list(keys)
    found = Filing.objects.for_lists().in_bulk(wanted)
    return [found[key] for key in wanted if key in found]


def with_items(filings: Sequence[Filing]) -> None:
    """变更事项 of those that are changes, files of those that end an account; no query where there are none."""
    closings = [filing for filing in filings if filing.kind in CLOSINGS]
    if closings:
        prefetch_related_objects(closings, "attachments")
    changes = [filing for filing in filings if filing.kind == FilingKind.CHANGE]
    if changes:
        prefetch_related_objects(changes, "items")
