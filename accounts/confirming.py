"""What 确认数据截至现在 would make overdue: said before it is pressed, since what is known never moves back.

Until then nobody can say of these whether they are late (第十四条、第十五条): they are due, and the data end before.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import prefetch_related_objects

from accounts import rules
from accounts.models import Account, Message
from accounts.models.unit import Scope

NAMED = 3  # questions of an account that are named; the rest are counted


@dataclass(frozen=True)
class Overdue:
    """One account, the due time it would have missed, and its questions that would be late; the nearest due first."""

    account: Account
    update_due: datetime | None
    questions: list[Message] = field(default_factory=list)

    @property
    def dialog(self) -> str:
        return f"confirm-{self.account.pk}"

    @property
    def mark(self) -> str:
        """All that is said of it in one word: what the page showed, so that more is not confirmed unsaid."""
        due = self.update_due.isoformat() if self.update_due else ""
        return ":".join(map(str, [self.account.pk, due, *(question.pk for question in self.questions)]))

    @property
    def title(self) -> str:
        return f"确认“{self.account}”的数据截至现在？"

    @property
    def named(self) -> list[Message]:
        return self.questions[:NAMED]

    @property
    def more(self) -> int:
        return len(self.questions) - len(self.named)


def overdue_by(accounts: Sequence[Account], now: datetime) -> dict[int, Overdue]:
    """By account, in their order, what confirming them at `now` makes overdue; the others are left out.

    Two queries, and one for units that were not read with the accounts.
    """
    questions: dict[int, list[Message]] = defaultdict(list)
    prefetch_related_objects(list(accounts), "unit")
    if accounts:
        times = rules.reply_unknown(now).only("account", "asked_at", "reply_due_at", "kind")  # nobody's words are read
        for message in times.filter(account__in=[account.pk for account in accounts]).order_by("reply_due_at", "pk"):
            questions[message.account_id].append(message)
    found = (Overdue(account, _update_due(account, now), questions[account.pk]) for account in accounts)
    return {item.account.pk: item for item in found if item.update_due or item.questions}


def _update_due(account: Account, now: datetime) -> datetime | None:
    due, known = account.next_update_due_at, account.posts_known_until
    if account.unit.scope != Scope.BOUND:  # a guided unit is never flagged (第三条)
        return None
    return due if due is not None and due <= now and (known is None or known < due) else None
