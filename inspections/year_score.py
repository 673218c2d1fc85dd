"""What a unit's year comes to (年度考核, 第二十四条): pure and exact, from counts that anyone can count again.

| part | share | what counts |
| --- | --- | --- |
| 抽查 | mean of the results | each account's result of each month; a vetoed one with at most 59 points |
| 按时办理 | mean of two shares | filings reported in time; questions answered within 24 hours |
| 整改 | of those judged | verified, answered in time: 1; verified, answered late: ½; not answered by its due time: 0 |

A part (or one of the two shares) without anything to judge drops out, and the weights of the others stand for the
whole. Each part is rounded to a tenth before it is weighed, so that the sum on the page is the sum that counts. A
standing veto fails the unit whatever its score is.
"""

from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from inspections.consistency import half_up, rounded

VETOED_AT_MOST = Decimal(59)  # what a vetoed result counts for in a mean
GOOD, ENOUGH = Decimal(90), Decimal(60)


class Grade(StrEnum):
    """等次; the words are our proposal, the office may rename them."""

    EXCELLENT = "优秀"
    PASSED = "合格"
    FAILED = "不合格"
    NOTHING = "无考核事项"


@dataclass(frozen=True)
class Weights:
    """Of the three parts, in percent."""

    checks: int
    timely: int
    rectified: int


@dataclass(frozen=True)
class Counts:
    """What was counted of a unit's year."""

    sheets: int = 0  # results of the month's checks
    points: Decimal = Decimal(0)  # … and their sum, a vetoed one with 59 at most
    sheets_vetoed: int = 0
    filings: int = 0  # owed: due within the year and judged
    filings_on_time: int = 0
    asked: int = 0
    answered: int = 0  # within 24 hours
    in_time: int = 0  # rectifications: verified, answered before the due time
    late: int = 0  # verified, answered after it
    failed: int = 0  # not answered by its due time
    waiting: int = 0  # not judged yet: answered and to be verified, or not due yet
    vetoes: int = 0  # that stand

    def as_told(self) -> dict[str, Any]:
        """As JSON: `Assessment.parts`."""
        return asdict(self) | {"points": str(rounded(Fraction(self.points)))}

    @classmethod
    def told(cls, parts: dict[str, Any]) -> "Counts":
        """Back from `as_told`; what an older one does not say is 0."""
        known = {name: parts[name] for name in cls.__dataclass_fields__ if name in parts}
        return cls(**known | {"points": Decimal(str(parts.get("points", 0)))})

    def __bool__(self) -> bool:
        """Whether anything was counted."""
        return self != Counts()


@dataclass(frozen=True)
class Result:
    """A unit's line: the parts and the score, each to a tenth, None where there is nothing to judge."""

    checks: Decimal | None
    timely: Decimal | None
    rectified: Decimal | None
    score: Decimal | None
    vetoed: bool


def result(counts: Counts, weights: Weights) -> Result:
    """What `counts` come to by `weights`: 0 to 120, as the results of a check go up to 120."""
    checks = rounded(Fraction(counts.points) / counts.sheets) if counts.sheets else None
    timely, rectified = timely_of(counts), rectified_of(counts)
    score = weighed(((checks, weights.checks), (timely, weights.timely), (rectified, weights.rectified)))
    return Result(checks, timely, rectified, score, counts.vetoes > 0)


def timely_of(counts: Counts) -> Decimal | None:
    """The mean of the two shares, of the one that there is, or None."""
    shares = [part for part in (filed_share(counts), answered_share(counts)) if part is not None]
    return rounded(Fraction(sum(shares, Decimal(0))) / len(shares)) if shares else None


def filed_share(counts: Counts) -> Decimal | None:
    return share(counts.filings_on_time, counts.filings)


def answered_share(counts: Counts) -> Decimal | None:
    return share(counts.answered, counts.asked)


def rectified_of(counts: Counts) -> Decimal | None:
    judged = counts.in_time + counts.late + counts.failed
    return half_up(2 * counts.in_time + counts.late, 2 * judged) if judged else None


def share(some: int, of: int) -> Decimal | None:
    """In percent, to a tenth."""
    return half_up(some, of) if of else None


def weighed(parts: tuple[tuple[Decimal | None, int], ...]) -> Decimal | None:
    """The mean of the parts that there are, by their weights."""
    there = [(part, weight) for part, weight in parts if part is not None and weight]
    total = sum(weight for _, weight in there)
    return rounded(Fraction(sum((part * weight for part, weight in there), Decimal(0))) / total) if total else None


def grade(score: Decimal | None, vetoed: bool) -> Grade:
    """等次: a veto fails, whatever the score is (第二十四条)."""
    if vetoed:
        return Grade.FAILED
    if score is None:
        return Grade.NOTHING
    return Grade.EXCELLENT if score >= GOOD else Grade.PASSED if score >= ENOUGH else Grade.FAILED
