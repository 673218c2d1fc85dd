"""What a year of the calendar does to filings: those whose due times are 暂定, and those that its confirmation moved.

Everybody signed in reads the calendar; a filing is named only to who may read it, of the others the number is told.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from filings import confirming, deadlines, wording
from filings.access import visible_filings
from filings.models import Filing
from zhonglou_media.core import events
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User, Year

AT_MOST = confirming.MOVES_KEPT
CLOCKS = {
    deadlines.REPORT: "报送",
    deadlines.CORRECTION: "改正后再报",
    deadlines.EVENT: "事项发生后报送",
    deadlines.OFFICE: "区府办办理",
}


@dataclass(frozen=True)
class Waiting:
    """Live filings with due times 暂定: how many, those that are named with the clock that runs, how many are not."""

    total: int
    named: list[tuple[Filing, wording.Running | None]]

    @property
    def unnamed(self) -> int:
        return self.total - len(self.named)


@dataclass(frozen=True)
class Move:
    """A due time that moved: of one `filing`, or of `count` that the reader may not see."""

    clock: str
    was: str
    became: str
    filing: Filing | None = None
    count: int = 1


@dataclass(frozen=True)
class Moved:
    """What the latest confirmation of a year moved: how many filings, and the moves that its record kept."""

    total: int
    moves: list[Move]
    at_most: int


def waiting(user: User) -> Waiting:
    """Two queries; one when nothing is 暂定."""
    provisional = Filing.objects.live().filter(provisional=True)
    total = provisional.count()
    if not total:
        return Waiting(0, [])
    seen = visible_filings(user).live().filter(provisional=True).for_lists()
    return Waiting(total, [(filing, wording.running(filing)) for filing in seen.order_by("pk")[:AT_MOST]])


def moved(user: User, year: Year | None) -> Moved | None:
    """None when the year is not confirmed, or its confirmation moved nothing."""
    event = events.timeline(year).filter(verb="confirm_year").last() if year is not None else None
    if event is None or not event.detail.get("moves"):
        return None
    rows = event.detail["moves"]
    seen = visible_filings(user).for_lists().in_bulk({pk for pk, *_ in rows})
    named, others = [], Counter[tuple[str, str, str]]()
    for pk, column, was, became in rows:
        told = (CLOCKS[column], _shown(*was), _shown(*became))
        if pk in seen:
            named.append(Move(*told, filing=seen[pk]))
        else:
            others[told] += 1
    return Moved(event.detail["moved"], named + [Move(*told, count=n) for told, n in others.items()], AT_MOST)


def _shown(moment: str | None, provisional: bool) -> str:
    return due24(datetime.fromisoformat(moment), provisional=provisional) if moment else "不计时"
