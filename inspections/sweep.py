"""The sweep: every rule of the portal, once. Deadlines are stored times that it compares: no task per deadline."""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from accounts import rules as accounts_rules
from accounts.flags import Rule, run_rule
from filings import rules as filings_rules
from inspections import incidents, ordering, rectify_due
from inspections import rules as inspections_rules


def overdue(seconds: int) -> timedelta:
    """After how long without a sweep something stands still, where it runs every so many seconds: five of them are
    missed, and five minutes are over.
    """
    return max(timedelta(minutes=5), 5 * timedelta(seconds=seconds))


def often(seconds: int) -> str:
    """How often it runs, in words."""
    return "每分钟" if seconds == 60 else f"每 {seconds} 秒"


OVERDUE = overdue(settings.SWEEP_SECONDS)
OVERDUE_WORDS = f"{OVERDUE // timedelta(minutes=1)} 分钟"
OFTEN = often(settings.SWEEP_SECONDS)

logger = logging.getLogger(__name__)

# By code: the order in which rules' rows are locked, by a sweep and by a waiver of several rules' flags alike.
RULES: tuple[Rule, ...] = tuple(
    sorted((*accounts_rules.RULES, *filings_rules.RULES, *inspections_rules.RULES), key=lambda rule: rule.code)
)


def sweep(now: datetime) -> dict[str, tuple[int, int]]:
    """Run each rule as of `now` (aware), in fixed order, each in its own transaction: code → (opened, cleared).

    First the orders that an opening has settled end (`ordering.supersede`), and who must pass an incident on is told
    that its time is over (`incidents.warn`), and due times that a year's paper has made sure are no longer 暂定
    (`rectify_due.settle`). What fails does not stop the others; it is
    logged and raised together at the end.
    """
    done: dict[str, tuple[int, int]] = {}
    failed: list[Exception] = []
    try:
        ordering.supersede(now)
    except Exception as error:
        logger.exception("orders failed")
        failed.append(error)
    try:
        incidents.warn(now)
    except Exception as error:
        logger.exception("incidents failed")
        failed.append(error)
    try:
        rectify_due.settle(now)
    except Exception as error:
        logger.exception("due times failed")
        failed.append(error)
    for rule in RULES:
        try:
            done[rule.code] = run_rule(rule, now)
        except Exception as error:
            logger.exception("rule %s failed", rule.code)
            error.add_note(f"规则“{rule.label}”")
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {len(RULES)} rules failed", failed)
    return done
