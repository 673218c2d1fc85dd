"""The five figures of a month (第二十四条), and their roll-ups: the only writer of `MonthFigure` and `MonthDone`.

Months are those of Asia/Shanghai; a due time belongs to the last day on which it could be kept (24:00 of it is stored).
What is due counts once it is over: due times up to 00:00 of today, 数据截至. Units that are only guided (第三条) are
counted in none but the checks and the rectifications, which the office does whosever the account is.

* **按时备案率**: of the filings whose report fell due in the month (第八条), those first reported before they were due.
  Not 暂定, not 未发生, not waived, not withdrawn before it was due; one made again counts once, as the later one.
* **更新达标率**: of the accounts that had to update (第十四条) and of which it is known whether they did, those that
  missed no week, or of a 服务号 reached the month's number (`inspections/updating.py`). How many are not known is told.
* **24 小时回复率**: of the 咨询 asked in the month, up to the day before yesterday (第十五条), those first answered
  within 24 hours; without those whose answer nobody knows yet (`accounts.rules.reply_unknown`).
* **抽查合格率**: of the results that count of the month's check (第二十四条), one an account, those that passed.
* **整改完成率**: of the rectifications due in the month and not revoked (第二十四条), those verified.

A fact belongs to the unit that its row names today: what went to another unit with its account is that one's.

**Roll-ups follow what changed.** Everything that alters a figure leaves an event in the same transaction, so a run
reads the events since the last one and computes again what they name: the figure, the unit, the months. The first run
of a day computes all kept months: a due time passes without an event. Running it again changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from inspections import figures_sql
from inspections.figures_sql import Key, Span
from inspections.figures_touched import ALL, touched
from inspections.models import MonthDone, MonthFigure
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import EventHead

KEPT = 13  # the month shown and the twelve before it


@dataclass(frozen=True)
class Counted:
    """The columns of a figure, and what computes them by month and unit."""

    columns: tuple[str, ...]
    compute: Callable[[Span], Mapping[Key, tuple[Any, ...]]]


COUNTED: dict[str, tuple[Counted, ...]] = {
    "filings": (Counted(("filings", "filings_on_time"), figures_sql.filings),),
    "updates": (
        Counted(("accounts", "accounts_updated", "accounts_unknown"), figures_sql.updates),
        Counted(("days",), figures_sql.posts),
    ),
    "questions": (Counted(("asked", "answered_in_time"), figures_sql.questions),),
    "checks": (Counted(("checked", "passed"), figures_sql.checks),),
    "rectified": (Counted(("rectifications", "rectified"), figures_sql.rectified),),
}
COLUMNS = tuple(column for parts in COUNTED.values() for part in parts for column in part.columns)
EMPTY: dict[str, Any] = {column: [] if column == "days" else 0 for column in COLUMNS}


def months_to(last: date, count: int = KEPT) -> list[date]:
    """The first days of `count` months, the last of them that of `last`."""
    months = [last.replace(day=1)]
    while len(months) < count:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]


def refresh(now: datetime, *, all_of_it: bool = False) -> int:
    """Bring the roll-ups of the last months up to `now` (aware); returns how many rows changed.

    Nothing has happened since the last run: two queries, no write. One transaction, in which the newest `MonthDone` is
    locked: a second run waits and finds nothing to do.
    """
    today, months = day_of(now), months_to(day_of(now))
    done = MonthDone.objects.order_by("-month").first()
    head = EventHead.objects.get(pk=1).seq
    if _is_done(done, months[-1], today, head) and not all_of_it:
        return 0
    with transaction.atomic():
        MonthDone.objects.get_or_create(month=months[-1], defaults={"computed_at": now})
        newest = _locked(months[-1])
        head = EventHead.objects.get(pk=1).seq  # after the lock: a run that was faster has read up to here
        if _is_done(newest, months[-1], today, head) and not all_of_it:
            return 0
        first_of_the_day = not newest.mark or day_of(newest.computed_at) != today
        what = ALL if all_of_it or first_of_the_day else touched(int(newest.mark), head, months)
        changed, computed = 0, {months[-1]}
        for figure, which in what.items():
            within = [month for month in months if which.months is None or month in which.months]
            if within and which.units != frozenset():
                changed += _count_again(figure, Span(within, which.units, now))
                computed |= set(within)
        _mark(computed, head, now)
    return changed


def _locked(month: date) -> MonthDone:
    """The row of the newest month: who holds it is the only run."""
    return MonthDone.objects.select_for_update().get(month=month)


def _is_done(done: MonthDone | None, month: date, today: date, head: int) -> bool:
    return done is not None and done.month == month and day_of(done.computed_at) == today and done.mark == str(head)


def _mark(months: Iterable[date], head: int, now: datetime) -> None:
    rows = [MonthDone(month=month, computed_at=now, mark=str(head)) for month in sorted(months)]
    MonthDone.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["month"], update_fields=["computed_at", "mark"]
    )


def _count_again(figure: str, span: Span) -> int:
    """Compute `figure` in `span` and write what differs; returns how many rows did."""
    parts = COUNTED[figure]
    columns = [column for part in parts for column in part.columns]
    fresh: dict[Key, dict[str, Any]] = {}
    for part in parts:
        for key, counts in part.compute(span).items():
            fresh.setdefault(key, {}).update(zip(part.columns, counts, strict=True))
    kept = MonthFigure.objects.filter(span.of_units("unit_id"), month__in=span.months)
    rows = {(row.month, row.unit_id): row for row in kept}
    changed = []
    for key in rows.keys() | fresh.keys():
        row = rows.get(key) or MonthFigure(month=key[0], unit_id=key[1])
        values = {column: fresh.get(key, {}).get(column, EMPTY[column]) for column in columns}
        if row.pk is None or any(getattr(row, column) != value for column, value in values.items()):
            for column, value in values.items():
                setattr(row, column, value)
            changed.append(MonthFigure(month=row.month, unit_id=row.unit_id, **{c: getattr(row, c) for c in COLUMNS}))
    MonthFigure.objects.bulk_create(
        sorted(changed, key=lambda row: (row.month, row.unit_id)),
        update_conflicts=True,
        unique_fields=["month", "unit"],
        update_fields=columns,
        batch_size=500,
    )
    return len(changed)
