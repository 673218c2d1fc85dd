"""办理变更、关停、注销 from an account's page: which can be filed now, and why the others cannot; by URL name."""

from dataclasses import dataclass

from django.urls import reverse

from accounts.fields import LIVE_FILING
from accounts.models import Account, AccountState
from accounts.policy import Action, may
from zhonglou_media.core.models import User

A = AccountState
# `filings.kinds` holds the same (a test compares them): kind, its words, the states of an account that allow it.
STATES: tuple[tuple[str, str, tuple[AccountState, ...]], ...] = (
    ("change", "变更报备", (A.ACTIVE,)),
    ("close", "关停报备", (A.ACTIVE,)),
    ("cancel", "注销报备", (A.ACTIVE, A.CLOSED)),
)


@dataclass(frozen=True)
class ToFile:
    """A kind of filing: where it is begun, and why it cannot be now ('' when it can)."""

    label: str
    url: str
    why: str


def offered(user: User, account: Account) -> list[ToFile]:
    """All three kinds, for who files for the account's unit; nothing for the others. Reads `account.filings.all()`."""
    if not may(user, Action.DRAFT, account):
        return []
    live = next((row for row in account.filings.all() if row.state in LIVE_FILING and not row.gives_way), None)
    return [
        ToFile(label, reverse("filings:open_kind", args=[kind]), _why_not(account, states, kind, live))
        for kind, label, states in STATES
    ]


def _why_not(account: Account, states: tuple[AccountState, ...], kind: str, live: object) -> str:
    if account.state not in states:
        return f"{'或'.join(f'“{state.label}”' for state in states)}的账号可以办理，现为“{account.get_state_display()}”"
    if live is None or (getattr(live, "kind", ""), getattr(live, "state", "")) == (kind, "draft"):
        return ""
    return f"有一件办理中的{live.get_kind_display()}，同一账号同时只办一件"  # type: ignore[attr-defined]
