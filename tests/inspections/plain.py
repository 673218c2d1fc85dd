"""The answer of a whole sweep in plain Python over the stored columns: what the portal's flags are compared with."""

from collections.abc import Iterator
from datetime import datetime

from accounts.models import Account, Followers, Message, Unit
from filings.models import Filing, PreApproval
from inspections.models import ClosureOrder, Rectification


def in_breach(now: datetime) -> set[tuple[str, int, datetime]]:
    """(rule, fact, missed due time) by reading every row and asking `if`; shares nothing with the rules' queries."""
    guided = {unit.pk for unit in Unit.objects.all() if unit.scope == "guided"}
    found = set()
    for account in Account.objects.all():
        if account.unit_id not in guided:
            found |= {(rule, account.pk, since) for rule, since in of_account(account, now)}
    for filing in Filing.objects.all():
        if filing.unit_id in guided or filing.provisional:
            continue
        live = filing.state not in ("completed", "refused", "withdrawn")
        with_the_unit = filing.state in ("returned", "draft", "leader_review", "to_report")
        report, correction, event = filing.report_due_at, filing.correction_due_at, filing.event_due_at
        if report and report <= now and filing.first_reported_at is None and live:
            found.add(("overdue_filing", filing.pk, report))
        if correction and correction <= now and with_the_unit:
            found.add(("overdue_correction", filing.pk, correction))
        if event and event <= now and not filing.not_occurred:
            found.add(("unapproved_event", filing.pk, event))
    return (
        found
        | of_accounts_facts(guided, now)
        | of_retentions(guided, now)
        | of_orders(guided, now)
        | of_rectifications(guided, now)
    )


def of_accounts_facts(guided: set[int], now: datetime) -> set[tuple[str, int, datetime]]:
    """Questions and counts of followers."""
    found = set()
    for message in Message.objects.select_related("account"):
        judged = message.account.unit_id not in guided and message.account.state in ("active", "closing", "closed")
        if judged and message.reply_due_at <= now and message.first_reply_at is None:
            found.add(("slow_reply", message.pk, message.reply_due_at))
    for count in Followers.objects.select_related("account"):
        jumped = count.jumped_at
        if count.account.unit_id not in guided and count.account.state == "active" and jumped and jumped <= now:
            found.add(("follower_jump", count.pk, jumped))
    return found


def of_retentions(guided: set[int], now: datetime) -> set[tuple[str, int, datetime]]:
    """Retentions of 区级部门 that were not asked for, or refused, and whose account is still there."""
    found = set()
    for row in PreApproval.objects.select_related("account", "unit"):
        if row.purpose != "retain" or row.state not in ("not_asked", "refused") or row.unit_id in guided:
            continue
        there = row.account.state in ("active", "closing") and row.account.unit_id == row.unit_id
        if there and row.unit.kind == "department" and row.act_by <= now:
            found.add(("no_retention", row.pk, row.act_by))
    return found


def of_orders(guided: set[int], now: datetime) -> set[tuple[str, int, datetime]]:
    """Closure orders that nobody has ended."""
    found = set()
    for row in ClosureOrder.objects.all():
        if row.state in ("issued", "proved") and row.unit_id not in guided and row.due_at <= now:
            found.add(("overdue_order", row.pk, row.due_at))
    return found


def of_rectifications(guided: set[int], now: datetime) -> set[tuple[str, int, datetime]]:
    """Problems that were neither put right nor answered in time, and whose account is not to be closed for it."""
    found = set()
    for row in Rectification.objects.select_related("closure_order"):
        closing = row.closure_order is not None and row.closure_order.state in ("issued", "proved", "executed")
        in_time = row.state == "submitted" and row.answered_at is not None and row.answered_at < row.due_at
        open_ = row.state in ("issued", "submitted") and not closing and not in_time
        if open_ and row.unit_id not in guided and row.due_at <= now:
            found.add(("overdue_rectification", row.pk, row.due_at))
    return found


def of_account(account: Account, now: datetime) -> Iterator[tuple[str, datetime]]:
    """What an account of a bound unit misses, and since when."""
    due, known = account.next_update_due_at, account.posts_known_until
    if account.state == "unfiled" and account.found_at <= now:
        yield "unfiled_account", account.found_at
    if due and due <= now:
        yield "inactive" if known and due <= known else "no_data", due
    if account.state == "closed" and account.last_published_at and account.last_published_at > account.state_since:
        yield "revived", account.state_since
    for rule, since in (("name_mismatch", account.name_differs_since), ("same_platform", account.doubled_since)):
        if account.state == "active" and since and since <= now:
            yield rule, since
