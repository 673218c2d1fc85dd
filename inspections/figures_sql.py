"""The rows behind the five figures of a month: what is counted, once, for the roll-ups and for the lists they open.

Each `…_of` is a queryset with annotations `month` (its first day) and what makes a row good; the sums by month and unit
are made of these querysets alone. The definitions are those of `inspections/figures.py`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Count, DateField, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import Combinable, ExpressionWrapper

from accounts import rules
from accounts.flags import RuleCode
from accounts.models import Account, ActivityDay, Flag, Message
from accounts.models.account import ENDED, WATCHED
from accounts.models.activity import MessageQuerySet
from accounts.models.platform import UpdateRule
from accounts.models.unit import Scope
from accounts.rules import next_month
from filings.models import Filing, FilingState
from inspections import updating
from inspections.models import Rectification, RectificationState, Sheet
from inspections.updating import Verdict
from zhonglou_media.core.clock import day_of, start_of

Key = tuple[date, int]  # the first day of a month, and a unit
JUDGED = (*WATCHED, *ENDED)  # accounts whose questions are judged (`accounts.rules`)
V = Verdict
AT_ONCE = 5000  # accounts in one question to the database
REPLY_DAYS = timedelta(days=2)  # 00:00 of the second day after a question: all of that day's are due


@dataclass(frozen=True)
class Span:
    """Which months, one after the other, of which units (None: all), as of when (aware; due times count up to 00:00
    of that day).
    """

    months: Sequence[date]
    units: Collection[int] | None
    now: datetime

    @property
    def start(self) -> datetime:
        return start_of(self.months[0])

    @property
    def end(self) -> datetime:
        return start_of(next_month(self.months[-1]))

    @property
    def as_of(self) -> datetime:
        """00:00 of today: what falls due later than that is not counted yet."""
        return start_of(day_of(self.now))

    def of_units(self, path: str) -> Q:
        return Q() if self.units is None else Q(**{f"{path}__in": self.units})

    def due(self, field: str) -> Q:
        """Due on a day of these months: the last day on which it could be done, 24:00 of it being stored."""
        return Q(**{f"{field}__gt": self.start, f"{field}__lte": min(self.end, self.as_of)})

    def month_due(self, field: str) -> Combinable:
        """The month of that last day, in SQL."""
        return self._month(lambda month: {f"{field}__lte": start_of(next_month(month))})

    def month_of_day(self, field: str) -> Combinable:
        """The month of a Shanghai date, in SQL."""
        return self._month(lambda month: {f"{field}__lt": next_month(month)})

    def month_of_moment(self, field: str) -> Combinable:
        """The month in which a moment lies, in SQL."""
        return self._month(lambda month: {f"{field}__lt": start_of(next_month(month))})

    def _month(self, before_its_end: Any) -> Combinable:
        whens = [When(**before_its_end(month), then=Value(month, DateField())) for month in self.months]
        return Case(*whens, output_field=DateField())


def filings_of(span: Span) -> QuerySet[Filing]:
    """应报备案 and whether each was `on_time`."""
    waived = Flag.objects.filter(
        rule=RuleCode.OVERDUE_FILING,
        fact_kind="filing",
        fact_id=OuterRef("pk"),
        due_at=OuterRef("report_due_at"),
        waived_at__isnull=False,
    )
    heir = Filing.objects.filter(replaces=OuterRef("pk"), report_due_at=OuterRef("report_due_at"))
    withdrawn_in_time = Q(state=FilingState.WITHDRAWN, ended_at__lt=F("report_due_at"))
    rows = Filing.objects.filter(
        span.due("report_due_at"),
        span.of_units("unit_id"),
        provisional=False,
        not_occurred=False,
        unit__scope=Scope.BOUND,
    )
    rows = rows.exclude(withdrawn_in_time).filter(~Exists(waived), ~Exists(heir))
    good = Case(When(first_reported_at__lt=F("report_due_at"), then=True), default=False, output_field=BooleanField())
    return rows.annotate(month=span.month_due("report_due_at"), on_time=good)


def sheets_of(span: Span) -> QuerySet[Sheet]:
    """The results that count of the months' checks; `passed` is the sheet's."""
    rows = Sheet.objects.results().filter(span.of_units("unit_id"), spot_check__month__in=span.months)
    return rows.annotate(month=F("spot_check__month"))


def rectifications_of(span: Span) -> QuerySet[Rectification]:
    """整改 due in the months and whether each was `verified`; not while the due time is 暂定."""
    rows = Rectification.objects.filter(span.due("due_at"), span.of_units("unit_id"), provisional=False)
    rows = rows.exclude(state=RectificationState.REVOKED)
    good = ExpressionWrapper(Q(state=RectificationState.VERIFIED), output_field=BooleanField())
    return rows.annotate(month=span.month_due("due_at"), verified=good)


def asked_days(span: Span) -> Q:
    """The days whose questions are all due at 00:00 of today."""
    last = min(next_month(span.months[-1]), day_of(span.now) - REPLY_DAYS + timedelta(days=1))
    return Q(day__gte=span.months[0], day__lt=last)


def questions_of(span: Span) -> MessageQuerySet:
    """咨询 asked in the months, all of them due, with `in_time`; without those nobody can judge yet."""
    last = min(span.end, start_of(day_of(span.now) - REPLY_DAYS + timedelta(days=1)))
    rows = Message.objects.filter(
        span.of_units("account__unit_id"),
        Q(handed_to__isnull=True) | Q(first_reply_at__isnull=False),
        asked_at__gte=span.start,
        asked_at__lt=last,
        reply_due_at__isnull=False,
        withdrawn_at__isnull=True,
        account__state__in=JUDGED,
        account__unit__scope=Scope.BOUND,
    )
    rows = rows.exclude(pk__in=rules.reply_unknown(span.as_of).values("pk"))
    good = Case(When(first_reply_at__lte=F("reply_due_at"), then=True), default=False, output_field=BooleanField())
    return rows.annotate(month=span.month_of_moment("asked_at"), in_time=good)


# --- the sums ---------------------------------------------------------------------------------------------------------


def filings(span: Span) -> dict[Key, tuple[int, int]]:
    """应报 and 按期报送 by month and unit: one query."""
    return _counted(filings_of(span), "unit_id", Q(on_time=True))


def checks(span: Span) -> dict[Key, tuple[int, int]]:
    """抽查 and 合格: one query."""
    return _counted(sheets_of(span), "unit_id", Q(passed=True))


def rectified(span: Span) -> dict[Key, tuple[int, int]]:
    """应整改 and 整改完成: one query."""
    return _counted(rectifications_of(span), "unit_id", Q(verified=True))


def questions(span: Span) -> dict[Key, tuple[int, int]]:
    """咨询 and 24 小时内回复, from the days' activity less the few that nobody can judge yet: two queries."""
    days = ActivityDay.objects.filter(
        asked_days(span),
        span.of_units("account__unit_id"),
        asked__gt=0,
        account__state__in=JUDGED,
        account__unit__scope=Scope.BOUND,
    )
    summed = days.annotate(month=span.month_of_day("day")).values("month", "account__unit_id").order_by()
    found = {
        (row["month"], row["account__unit_id"]): (row["all"], row["good"])
        for row in summed.annotate(all=Sum("asked"), good=Sum("answered_in_time"))
    }
    last = start_of(day_of(span.now) - REPLY_DAYS + timedelta(days=1))
    unknown = rules.reply_unknown(span.as_of).filter(
        span.of_units("account__unit_id"), asked_at__gte=span.start, asked_at__lt=min(span.end, last)
    )
    open_ones = unknown.annotate(month=span.month_of_moment("asked_at")).values("month", "account__unit_id").order_by()
    for row in open_ones.annotate(n=Count("pk")):
        key = (row["month"], row["account__unit_id"])
        asked, answered = found.get(key, (0, 0))
        found[key] = (asked - row["n"], answered)
    return found


def updates(span: Span) -> dict[Key, tuple[int, int, int]]:
    """应更新, 达标 and 无法判断 by month and unit, by the one rule of `inspections/updating.py`."""
    accounts = list(judged_accounts(span))
    found: dict[Key, Counter[Verdict | None]] = {}
    for month in span.months:
        for verdicts in verdicts_of(accounts, month, span):
            for account, verdict in verdicts:
                found.setdefault((month, account.unit_id), Counter())[verdict] += 1
    return {
        key: (n[V.MET] + n[V.MISSED], n[V.MET], n[V.UNKNOWN])
        for key, n in found.items()
        if n[V.MET] or n[V.MISSED] or n[V.UNKNOWN]
    }


def judged_accounts(span: Span) -> QuerySet[Account]:
    """Accounts that are, or until they ended were, watched and bound by art. 14."""
    rows = Account.objects.filter(
        span.of_units("unit_id"),
        unit__scope=Scope.BOUND,
        state__in=JUDGED,
        monitored_from__lt=next_month(span.months[-1]),
        platform__update_rule=UpdateRule.DAYS,
    )
    return rows.select_related("platform").order_by("pk")


def verdicts_of(accounts: Sequence[Account], month: date, span: Span) -> Iterator[list[tuple[Account, Verdict | None]]]:
    """What is said of each account in `month`, some thousands at a time."""
    for start in range(0, len(accounts), AT_ONCE):
        part = accounts[start : start + AT_ONCE]
        said = updating.of_month(part, month, now=span.as_of)
        yield [(account, said[account.pk]) for account in part]


def posts(span: Span) -> dict[Key, tuple[list[int]]]:
    """How often there were updates on each day, from the 1st on: one query."""
    rows = ActivityDay.objects.filter(
        span.of_units("account__unit_id"),
        day__gte=span.months[0],
        day__lt=next_month(span.months[-1]),
        posts__gt=0,
        account__unit__scope=Scope.BOUND,
    )
    found: dict[Key, tuple[list[int]]] = {}
    for unit, day, count in (
        rows.order_by()
        .values("account__unit_id", "day")
        .annotate(n=Sum("posts"))
        .values_list("account__unit_id", "day", "n")
    ):
        month = day.replace(day=1)
        days = found.setdefault((month, unit), ([0] * (next_month(month) - month).days,))[0]
        days[day.day - 1] = count
    return found


def _counted(rows: QuerySet[Any], unit: str, good: Q) -> dict[Key, tuple[int, int]]:
    grouped: Iterable[dict[str, Any]] = (
        rows.order_by().values("month", unit).annotate(n_all=Count("pk"), n_good=Count("pk", filter=good))
    )
    return {(row["month"], row[unit]): (row["n_all"], row["n_good"]) for row in grouped}
