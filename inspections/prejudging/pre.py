"""One pre-judged line of a sheet, and how its sentences tell days and moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from accounts.models import Account
from inspections.models import Indicator
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.countdown import due24

SOME = 4  # how many a sentence names; the page behind its link has them all


@dataclass(frozen=True)
class Pre:
    """How often the facts show it, in a sentence, where to see it, and how far the facts are known (数据截至).

    `count` None: the facts do not judge it. Then `hint` says that something should be looked at (it is never scored
    unless a person counts it), `unknown` that data are missing (数据待确认); neither: it is judged by hand as ever, the
    sentence helps.
    """

    count: int | None
    text: str
    url: str
    known_until: datetime | None = None
    hint: bool = False
    unknown: bool = False


@dataclass(frozen=True)
class Ask:
    """What a measure is asked: these accounts, by this line, each since its own moment, all as of one."""

    accounts: Sequence[Account]
    line: Indicator
    since: Mapping[int, datetime]
    as_of: datetime

    @property
    def earliest(self) -> datetime:
        return min((self.since[account.pk] for account in self.accounts), default=self.as_of)

    def day(self, day: date) -> str:
        """11-15, with its year where that is not the year of the check."""
        return f"{day:%m-%d}" if day.year == day_of(self.as_of).year else f"{day}"

    def days(self, first: date, last: date) -> str:
        return f"{self.day(first)} 至 {self.day(last)}"

    def moment(self, moment: datetime) -> str:
        """11-24 08:30; midnight is 11-23 24:00."""
        text = due24(moment)
        return text.removeprefix(f"{day_of(self.as_of).year}-")

    def clock(self, moment: datetime) -> str:
        """As `moment`, midnight as 11-24 00:00: where a day is counted to it."""
        local = moment.astimezone(SHANGHAI)
        return f"{self.day(local.date())} {local:%H:%M}"

    def until(self, known: datetime | None) -> str:
        """「数据截至 11-24 08:30」."""
        return f"数据截至 {self.moment(known)}" if known is not None else "还没有数据"

    def known(self, known: datetime | None) -> datetime | None:
        """How far the facts are known, as of the check."""
        return min(known, self.as_of) if known is not None else None


def posts_url(account: Account) -> str:
    """The publications of the account, with the calendar of its weeks."""
    return reverse("accounts:activity", args=[account.pk])


def messages_url(account: Account) -> str:
    return f"{posts_url(account)}?show=messages"


def account_url(account: Account) -> str:
    return reverse("accounts:detail", args=[account.pk])


def listed(parts: Sequence[str], unit: str) -> str:
    """「甲、乙」, of more than a few 「甲、乙……等 9 周」."""
    return "、".join(parts[:SOME]) + (f"等 {len(parts)} {unit}" if len(parts) > SOME else "")
