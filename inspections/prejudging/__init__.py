"""What the facts of the portal say of an indicator before anybody looks; a person confirms or overrides with a reason.

Nothing is held against an account unless it is known: where the data do not reach, it says 数据待确认.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from accounts.models import Account
from inspections.models import Indicator, Measure

from . import hinted, owed, posts
from .pre import Ask, Pre

__all__ = ("MEASURES", "Pre", "prejudge")

MEASURES: Mapping[str, Callable[[Ask], dict[int, Pre]]] = {
    Measure.GAP: posts.gap,
    Measure.WEEKS: posts.weeks,
    Measure.QUOTA: posts.quota,
    Measure.ORIGINALS: posts.originals,
    Measure.REPLIES: owed.replies,
    Measure.FILINGS: owed.filings,
    Measure.RECORDS: hinted.records,
    Measure.NAMES: hinted.names,
    Measure.DOUBLED: hinted.doubled,
    Measure.FOLLOWERS: hinted.followers,
    Measure.APP: hinted.app,
}


def prejudge(
    accounts: Sequence[Account], lines: Sequence[Indicator], *, since: Mapping[int, datetime], as_of: datetime
) -> dict[int, dict[str, Pre]]:
    """For each account (pk) and each line that has a measure (code), what is known of the time from `since` to `as_of`.

    `accounts` come with their `platform`; `since` by pk. At most two queries a line, for 1 account or 500. A period is
    half open: what fell at `since` itself was of the check before.
    """
    found: dict[int, dict[str, Pre]] = {account.pk: {} for account in accounts}
    if not accounts:
        return found
    for line in lines:
        if line.measure in MEASURES:
            for pk, pre in MEASURES[line.measure](Ask(accounts, line, since, as_of)).items():
                found[pk][line.code] = pre
    return found
