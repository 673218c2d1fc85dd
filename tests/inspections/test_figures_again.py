"""Every figure of thirteen months again, by loops over the raw facts that know nothing of the roll-ups' queries."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Account, Flag, Message, Publication
from filings.models import Filing
from inspections import figures
from inspections.models import MonthFigure, Rectification, Sheet
from tests.inspections.figured import DAY, FIRST, NOW, World, local
from zhonglou_media.core.clock import start_of

pytestmark = pytest.mark.django_db
TODAY = start_of(local(NOW))
Found = dict[tuple[date, int], Counter[str]]


def months() -> list[date]:
    found = [FIRST]
    while found[-1] < date(2026, 11, 1):
        found.append(following(found[-1]))
    return found


def following(month: date) -> date:
    return date(month.year + (month.month == 12), month.month % 12 + 1, 1)


def kept(day: date) -> bool:
    return day >= FIRST


def last_day(due: datetime) -> date:
    return local(due - timedelta(microseconds=1))


def filings() -> Found:
    found: Found = defaultdict(Counter)
    rows = list(Filing.objects.select_related("unit"))
    waived = set(Flag.objects.filter(rule="overdue_filing", waived_at__isnull=False).values_list("fact_id", "due_at"))
    again = {(row.replaces_id, row.report_due_at) for row in rows if row.replaces_id}
    for row in rows:
        due = row.report_due_at
        if due is None or due > TODAY or row.provisional or row.not_occurred or row.unit.scope == "guided":
            continue
        if row.state == "withdrawn" and row.ended_at and row.ended_at < due:
            continue
        if (row.pk, due) in waived or (row.pk, due) in again or not kept(last_day(due)):
            continue
        count = found[last_day(due).replace(day=1), row.unit_id]
        count["filings"] += 1
        count["filings_on_time"] += row.first_reported_at is not None and row.first_reported_at < due
    return found


def updates() -> Found:
    found: Found = defaultdict(Counter)
    posted: dict[int, list[date]] = defaultdict(list)
    for row in Publication.objects.filter(removed_at__isnull=True):
        posted[row.account_id].append(local(row.published_at))
    for account in Account.objects.select_related("unit", "platform"):
        if account.unit.scope == "bound":
            for day in posted[account.pk]:
                if kept(day):
                    found[day.replace(day=1), account.unit_id][f"day{day.day}"] += 1
        if account.unit.scope == "guided" or account.platform.code == "app" or account.monitored_from is None:
            continue
        if account.state in ("pending", "unfiled", "void"):
            continue
        for month in months():
            said = verdict(account, month, posted[account.pk])
            if said:
                count = found[month, account.unit_id]
                count["accounts"] += said != "unknown"
                count["accounts_updated"] += said == "met"
                count["accounts_unknown"] += said == "unknown"
    return found


def verdict(account: Account, month: date, days: list[date]) -> str:
    said = set()
    for first, end, asked in stretches(account, month):
        over = start_of(end)
        ended = account.state_since if account.state in ("closed", "cancelled") else None
        if over > TODAY or (ended and ended < over):
            continue
        if account.lost_control_since and account.lost_control_since < over:
            continue
        assert account.monitored_from is not None
        posts = sum(first <= day < end and day >= account.monitored_from for day in days)
        known = account.posts_known_until is not None and account.posts_known_until >= over
        said.add("met" if posts >= asked else "missed" if known else "unknown")
    return next((word for word in ("missed", "unknown", "met") if word in said), "")


def stretches(account: Account, month: date) -> list[tuple[date, date, int]]:
    """First day, day after the last, and how many publications."""
    since = account.monitored_from
    assert since is not None
    if account.kind == "service":
        asked = min(4, (following(month) - max(month, since)).days // 7)
        return [(month, following(month), asked)] if asked > 0 else []
    weeks, sunday = [], month
    while sunday < following(month):
        if sunday.isoweekday() == 7 and sunday - 6 * DAY >= since:
            weeks.append((sunday - 6 * DAY, sunday + DAY, 1))
        sunday += DAY
    return weeks


def questions() -> Found:
    found: Found = defaultdict(Counter)
    for row in Message.objects.select_related("account__unit"):
        account, due, asked = row.account, row.reply_due_at, local(row.asked_at)
        if due is None or row.withdrawn_at or (row.handed_to_id and row.first_reply_at is None):
            continue
        if account.state not in ("active", "closing", "closed", "cancelled") or account.unit.scope == "guided":
            continue
        if asked > local(NOW) - 2 * DAY or not kept(asked):
            continue
        reach = account.messages_known_until
        silent = due <= TODAY - 14 * DAY
        if row.first_reply_at is None and row.source != "typed" and not silent and (reach is None or reach < due):
            continue
        count = found[asked.replace(day=1), account.unit_id]
        count["asked"] += 1
        count["answered_in_time"] += row.first_reply_at is not None and row.first_reply_at <= due
    return found


def checks() -> Found:
    found: Found = defaultdict(Counter)
    for row in Sheet.objects.select_related("spot_check"):
        if row.counts:
            count = found[row.spot_check.month, row.unit_id]
            count["checked"] += 1
            count["passed"] += bool(row.passed)
    return found


def rectified() -> Found:
    found: Found = defaultdict(Counter)
    for row in Rectification.objects.all():
        if row.state != "revoked" and row.due_at <= TODAY and kept(last_day(row.due_at)):
            count = found[last_day(row.due_at).replace(day=1), row.unit_id]
            count["rectifications"] += 1
            count["rectified"] += row.state == "verified"
    return found


NUMBERS = [column for column in figures.COLUMNS if column != "days"]


def rolled_up() -> dict[tuple[date, int], dict[str, int]]:
    found = {}
    for row in MonthFigure.objects.all():
        numbers: dict[str, Any] = {column: getattr(row, column) for column in NUMBERS}
        numbers |= {f"day{n}": count for n, count in enumerate(row.days, 1) if count}
        found[row.month, row.unit_id] = {name: number for name, number in numbers.items() if number}
    return {key: numbers for key, numbers in found.items() if numbers}


def slow() -> dict[tuple[date, int], dict[str, int]]:
    found: Found = defaultdict(Counter)
    for part in (filings(), updates(), questions(), checks(), rectified()):
        for key, count in part.items():
            found[key].update(count)
    summed = {key: {name: n for name, n in count.items() if n} for key, count in found.items()}
    return {key: numbers for key, numbers in summed.items() if numbers}


@pytest.mark.parametrize("seed", [11, 12])
def test_each_figure_of_each_month_and_unit_is_that_of_the_facts(seed: int) -> None:
    World(200 if seed == 11 else 60, seed=seed)
    figures.refresh(NOW)
    again = slow()
    assert rolled_up() == again
    seen = Counter[str]()
    for count in again.values():
        seen.update(count)
    assert all(seen[column] > 20 for column in NUMBERS), seen  # the facts reach every figure
    assert {month for month, _ in again} == set(months())
