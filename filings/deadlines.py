"""The clocks of article 8 (第八条), and nothing else.

Day 0 is the Shanghai date of the first approval; due = 24:00 of the 2nd working day after it, stored exclusive (00:00 of
the next day). On time is measured to the first report the server received. Rows 1-20 of the truth table, and what sets
each stored column:

| #  | facts                                             | what happens                                                        |
| -- | ------------------------------------------------- | ------------------------------------------------------------------- |
| 1  | approved online, reported by 24:00 of day 2       | `report_due_at` set at approval: on time, whatever the office does   |
| 2  | reported at 00:00:00 after it or later            | due kept: the flag clears, the filing stays late                     |
| 3  | approved on paper, recorded later                 | from the paper's date: may be late at birth                          |
| 4  | approved on a weekend or holiday                  | the next two working days                                            |
| 5  | approval later than the event (未批先建)            | `event_due_at` = earlier of what it was and the recording of approval |
| 6  | submitted, never approved, no event date          | no clock                                                             |
| 7  | frozen once, never approved, event date known     | `event_due_at` = 2nd working day after the event                     |
| 8  | event before 2021-03-22                           | no clock, ever                                                       |
| 9  | approved again                                    | the first approval's clock                                           |
| 10 | returned by the office or refused above           | `correction_due_at` = 2nd working day after                          |
| 11 | withdrawn before / after the due time             | - / kept, late unless 未发生                                          |
| 12 | filed again within 30 days                        | inherits the clock and the first report                              |
| 13 | path touches an unconfirmed year                  | provisional, all due times of the filing                             |
| 14 | the year is confirmed                             | the later of the true and the shown time                             |
| 15 | a confirmed year is corrected                     | recomputed while unreported                                          |
| 16 | portal down on the last day                       | kept; the supervisor waives                                          |
| 17 | paper's date recorded again before the tick       | recomputed                                                           |
| 18 | event ahead, approved before it                   | no `event_due_at`                                                    |
| 19 | opening of an account found unfiled, event long ago | as 5                                                               |
| 20 | `clock_start` = later_of_approval_and_event       | day 0 is the later of both (art. 26), from the setting's date on     |
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q

from filings.models import Filing
from filings.models.filing import UNDER_CORRECTION
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.settings_at import Settings

REPORT, CORRECTION, EVENT, OFFICE = COLUMNS = ("report_due_at", "correction_due_at", "event_due_at", "office_due_at")


@dataclass(frozen=True)
class Clock:
    """A due time (aware, exclusive), and whether its path touches days that are not confirmed."""

    due: datetime | None = None
    provisional: bool = False

    def as_told(self) -> list[Any]:
        """What a record keeps of it: the moment, and whether it was 暂定."""
        return [self.due and self.due.astimezone(SHANGHAI).isoformat(), self.provisional]


@dataclass(frozen=True)
class Moved:
    """A filing whose due times are others than before, or no longer 暂定: its clocks as they were and as they are."""

    filing: Filing
    was: dict[str, Clock]
    became: dict[str, Clock]

    def changes(self) -> list[list[Any]]:
        """Filing, column and both clocks, of each due time that moved, for the record."""
        return [
            [self.filing.pk, column, self.was[column].as_told(), self.became[column].as_told()]
            for column in COLUMNS
            if self.was[column] != self.became[column] and (self.was[column].due or self.became[column].due)
        ]


@dataclass(frozen=True)
class Rules:
    """What clocks are counted by: the calendar and the office's settings. Load once for a run."""

    calendar: Calendar
    settings: Settings

    @classmethod
    def load(cls) -> "Rules":
        """Both as they stand now (three queries)."""
        return cls(Calendar.load(), Settings.load())

    def after(self, day: date, key: str) -> Clock:
        """24:00 of the working day that the setting `key` counts from `day`."""
        return Clock(*self.calendar.due_after(day, self.settings.at(key, day)))


def after(day: date, key: str) -> Clock:
    """See `Rules.after`; reads calendar and settings anew."""
    return Rules.load().after(day, key)


def would_be_due(day: date) -> Clock:
    """The report's clock if the approval were of `day`: told before a paper approval is saved (row 3)."""
    return after(day, "report_days")


def compute(filing: Filing, rules: Rules | None = None) -> dict[str, Clock]:
    """The clocks of `filing` by column, from its facts alone."""
    rules = rules or Rules.load()
    clocks = dict.fromkeys(COLUMNS, Clock())
    if filing.first_approved_on is not None:
        clocks[OFFICE] = _office(filing, filing.first_approved_on, rules)
    if _before_the_regulation(filing, rules):
        return clocks
    start = _day_zero(filing, rules)
    if start is not None:
        clocks[REPORT] = rules.after(start, "report_days")
    if filing.correction_from is not None:
        clocks[CORRECTION] = rules.after(filing.correction_from, "correction_days")
    if filing.effective_on is not None and filing.revision:
        clocks[EVENT] = _event(filing, filing.effective_on, rules)
    return clocks


def _day_zero(filing: Filing, rules: Rules) -> date | None:
    """Day 0: the first approval, or the later of it and the event where the office decided so (row 20, art. 26)."""
    approved = filing.first_approved_on
    if approved is None or filing.effective_on is None:
        return approved
    if rules.settings.at("clock_start", approved) == "later_of_approval_and_event":
        return max(approved, filing.effective_on)
    return approved


def _before_the_regulation(filing: Filing, rules: Rules) -> bool:
    """Row 8: nothing that happened before the regulation was issued has a clock."""
    if filing.effective_on is None:
        return False
    return filing.effective_on < date.fromisoformat(rules.settings.at("in_force_from", day_of(filing.created_at)))


def _event(filing: Filing, happened: date, rules: Rules) -> Clock:
    """Rows 5, 7, 18: none when the approval came first."""
    two_days_after = rules.after(happened, "report_days")
    approved, recorded = filing.first_approved_on, filing.first_approval_recorded_at
    if approved is None or recorded is None:
        return two_days_after
    if approved <= happened:
        return Clock()
    return min(two_days_after, Clock(recorded), key=_moment)


def _office(filing: Filing, approved: date, rules: Rules) -> Clock:
    """The office's own clock: the later of the 3rd working day after approval and the 1st after the latest report."""
    office = rules.after(approved, "office_days")
    if filing.reported_at is None:
        return office
    return max(office, rules.after(day_of(filing.reported_at), "office_days_after_report"), key=_moment)


def _moment(clock: Clock) -> datetime:
    return clock.due or datetime.max.replace(tzinfo=UTC)


def refresh(filing: Filing, *columns: str) -> None:
    """Write the named due times (all, when none is named) onto `filing` (unsaved), after the facts behind them changed.

    Only what changed is named: a due time shown as 暂定 and confirmed to the later date (row 14) stays. All due times of a
    filing share one `provisional` (row 13).
    """
    clocks = compute(filing)
    for column in columns or COLUMNS:
        setattr(filing, column, clocks[column].due)
    filing.provisional = any(clock.provisional for clock in clocks.values())


def refresh_event(filing: Filing) -> None:
    """A new date of the event moves its clock, and the report's while no report has stopped it (rows 7, 8, 20).

    A report's clock that an approval has started is never taken away: a date before the regulation, told later, would
    otherwise wipe out a lateness. One that is missing is made, also after the report.
    """
    running = filing.report_due_at
    if filing.first_reported_at is None or running is None:
        refresh(filing, REPORT, EVENT)
        filing.report_due_at = filing.report_due_at or running
    else:
        refresh(filing, EVENT)


def recompute_year(year: int, *, first_time: bool) -> list[Moved]:
    """Judge again what a newly confirmed or corrected `year` touches; returns the filings that moved, by their ids.

    First confirmed (row 14): provisional filings get the later of the true and the shown time. Corrected (row 15): only
    clocks no report has stopped move. The caller holds the transaction; rows are locked in the order of their ids.
    """
    window = (date(year - 1, 12, 1), date(year, 12, 31))
    touched = Filing.objects.select_for_update().filter(
        Q(first_approved_on__range=window)
        | Q(effective_on__range=window)
        | Q(correction_from__range=window)
        | Q(reported_at__date__range=window)
    )
    rules = Rules.load()
    moved: list[Moved] = []
    for filing in touched.order_by("id"):
        before = _stored(filing)
        clocks = compute(filing, rules)
        for column in COLUMNS:
            true, shown = clocks[column].due, getattr(filing, column)
            if first_time and filing.provisional:
                setattr(filing, column, max(true, shown) if true and shown else true or shown)
            elif not first_time and _still_runs(filing, column):
                setattr(filing, column, true)
        filing.provisional = any(clock.provisional for clock in clocks.values())
        if _stored(filing) != before:
            moved.append(Moved(filing, before, _stored(filing)))
    Filing.objects.bulk_update([move.filing for move in moved], [*COLUMNS, "provisional"], batch_size=500)
    return moved


def _still_runs(filing: Filing, column: str) -> bool:
    """Whether no report has stopped this clock yet."""
    if column == CORRECTION:
        return filing.state in UNDER_CORRECTION
    if column == OFFICE:
        return filing.is_live
    return filing.first_reported_at is None


def _stored(filing: Filing) -> dict[str, Clock]:
    return {column: Clock(getattr(filing, column), filing.provisional) for column in COLUMNS}
