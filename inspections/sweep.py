"""The sweep: every rule of the portal, once. Deadlines are stored times that it compares: no task per deadline."""

import logging
from datetime import datetime, timedelta

from accounts import rules as accounts_rules
from accounts.flags import Rule, run_rule
from filings import rules as filings_rules

OVERDUE = timedelta(minutes=5)  # it runs every minute: later, something stands still

logger = logging.getLogger(__name__)

# By code: the order in which rules' rows are locked, by a sweep and by a waiver of several rules' flags alike.
RULES: tuple[Rule, ...] = tuple(sorted((*accounts_rules.RULES, *filings_rules.RULES), key=lambda rule: rule.code))


def sweep(now: datetime) -> dict[str, tuple[int, int]]:
    """Run each rule as of `now` (aware), in fixed order, each in its own transaction: code → (opened, cleared).

    A rule that fails does not stop the others; what failed is logged and raised together at the end.
    """
    done: dict[str, tuple[int, int]] = {}
    failed: list[Exception] = []
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
