"""The only writer of `Account.state` (machine of accounts): each call names its ground and appends an event.

A ground is a filing, an order, the baseline or a finding. Callers hold a transaction; the account's row is locked here.
"""

from datetime import datetime
from typing import Any

from accounts.models import Account, AccountState
from zhonglou_media.core import events
from zhonglou_media.core.models import User

A = AccountState
LEGAL: frozenset[tuple[str, str]] = frozenset(
    {
        (A.PENDING, A.ACTIVE),
        (A.UNFILED, A.ACTIVE),
        (A.CLOSED, A.ACTIVE),
        (A.PENDING, A.UNFILED),
        (A.PENDING, A.VOID),
        (A.ACTIVE, A.CLOSING),
        (A.CLOSING, A.ACTIVE),
        (A.CLOSING, A.CLOSED),
        (A.CLOSING, A.CANCELLED),
        (A.CLOSED, A.CANCELLED),
        (A.ACTIVE, A.CLOSED),
        (A.UNFILED, A.CLOSED),
        (A.ACTIVE, A.CANCELLED),
        (A.UNFILED, A.CANCELLED),
        (A.ACTIVE, A.VOID),
        (A.UNFILED, A.VOID),
    }
)
