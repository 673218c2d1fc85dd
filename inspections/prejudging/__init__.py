"""What the facts of the portal say of an indicator before anybody looks (`prejudge`); a person confirms or overrides."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from accounts.models import Account
from inspections.models import Indicator

from .pre import Pre

__all__ = ("Pre", "prejudge")


def prejudge(
    accounts: Sequence[Account], lines: Sequence[Indicator], *, since: Mapping[int, datetime], as_of: datetime
) -> dict[int, dict[str, Pre]]:
    """For each account (pk) and each line that has a measure (code), what is known of the time from `since` to `as_of`.

    `accounts` with their `platform`; `since` by pk. A constant number of queries, for 1 account or 500.
    """
    return {account.pk: {} for account in accounts}
