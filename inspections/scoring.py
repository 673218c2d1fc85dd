"""How a checked account is scored (附件1, 第二十四条): pure, exact, and the same every time it is computed.

The base is 100 less what each deduction costs, no item more than its cap, never below 0. A veto fails the account
whatever its points are; they stay computed, for averages. Bonuses count only for an account whose base is above
`bonus_above` (80 exactly is not), each up to its own cap and together up to `bonus_cap`. What decides 合格 is the base:
no bonus makes good what was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from inspections.models import Indicator, IndicatorKind, IndicatorSet

FULL = Decimal(100)
MOST = Decimal(120)
NONE = Decimal(0)


@dataclass(frozen=True)
class Score:
    """What the answers come to. `deducted` and `bonuses` hold what was found, by code, each within its cap."""

    points: Decimal  # 0 to 120
    vetoed: bool
    passed: bool
    deducted: dict[str, Decimal]
    bonus: Decimal  # what counts of the bonuses
    base: Decimal = FULL  # the points without bonuses
    vetoes: tuple[str, ...] = ()  # codes
    bonuses: dict[str, Decimal] = field(default_factory=dict)


def score(lines: Sequence[Indicator], answers: Mapping[str, Mapping[str, Any]], indicator_set: IndicatorSet) -> Score:
    """The score of `answers` ({code: {"count": …}}) by the `lines` of `indicator_set`.

    What has not been judged (no answer, or its count is None) costs and gives nothing; answers to codes that are no
    line of this set are passed over.
    """
    vetoes: list[str] = []
    found: dict[IndicatorKind, dict[str, Decimal]] = {IndicatorKind.DEDUCTION: {}, IndicatorKind.BONUS: {}}
    for line in lines:
        count = count_of(answers, line.code)
        if not count:
            continue
        if line.kind == IndicatorKind.VETO:
            vetoes.append(line.code)
        else:
            found[IndicatorKind(line.kind)][line.code] = worth(line, count)
    deducted, bonuses = found[IndicatorKind.DEDUCTION], found[IndicatorKind.BONUS]
    base = max(NONE, FULL - sum(deducted.values(), NONE))
    earned = min(sum(bonuses.values(), NONE), Decimal(indicator_set.bonus_cap))
    bonus = earned if base > indicator_set.bonus_above else NONE
    return Score(
        points=min(MOST, base + bonus),
        vetoed=bool(vetoes),
        passed=not vetoes and base >= indicator_set.pass_mark,
        deducted=deducted,
        bonus=bonus,
        base=base,
        vetoes=tuple(vetoes),
        bonuses=bonuses,
    )


def worth(line: Indicator, count: int) -> Decimal:
    """What `count` findings of a deduction or bonus come to: at most its cap."""
    return min(count * Decimal(line.points), Decimal(line.cap))


def count_of(answers: Mapping[str, Mapping[str, Any]], code: str) -> int:
    """How often the indicator was met with; 0 where it has not been judged."""
    answer = answers.get(code) or {}
    return max(0, int(answer.get("count") or 0))
