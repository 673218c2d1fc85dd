"""What one version of the indicators changes of another: shown before a draft is published (附件1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from inspections.models import Indicator, IndicatorKind, IndicatorSet, Measure
from zhonglou_media.core.errors import Difference

NUMBERS = ("pass_mark", "bonus_above", "bonus_cap")
FIELDS = (
    *("kind", "name", "group", "check_text", "threshold", "limit", "points", "cap"),
    *("unit_word", "articles", "measure", "to_rectify", "order"),
)


@dataclass(frozen=True)
class Change:
    """A line that is new, gone or other than before, or the numbers of the version (`code` '')."""

    what: str  # 新增, 删去, 修改
    code: str
    name: str
    rows: list[Difference] = field(default_factory=list)


def differences(
    old: IndicatorSet, old_lines: Sequence[Indicator], new: IndicatorSet, new_lines: Sequence[Indicator]
) -> list[Change]:
    """What `new` changes of `old`, by code; where only places moved (`order`), that is no change of a line."""
    found: list[Change] = []
    numbers = _rows(old, new, NUMBERS)
    if numbers:
        found.append(Change("修改", "", "合格线和加分", numbers))
    before, after = ({line.code: line for line in lines} for lines in (old_lines, new_lines))
    for line in new_lines:
        if line.code not in before:
            found.append(Change("新增", line.code, line.name, [Difference("分值", "", worth(line))]))
        elif rows := _rows(before[line.code], line, [name for name in FIELDS if name != "order"]):
            found.append(Change("修改", line.code, line.name, rows))
    gone = [line for line in old_lines if line.code not in after]
    return found + [Change("删去", line.code, line.name, [Difference("分值", worth(line), "")]) for line in gone]


def _rows(old: Any, new: Any, names: Sequence[str]) -> list[Difference]:
    rows = []
    for name in names:
        was, became = getattr(old, name), getattr(new, name)
        if was != became:
            rows.append(Difference(str(new._meta.get_field(name).verbose_name), said(name, was), said(name, became)))
    return rows


def said(name: str, value: Any) -> str:
    """A value in words."""
    if name == "kind":
        return str(IndicatorKind(value).label)
    if name == "measure":
        return str(Measure(value).label)
    if name == "to_rectify":
        return "是" if value else "否"
    return plain(value) if isinstance(value, Decimal) else "" if value is None else str(value)


def plain(value: Decimal) -> str:
    """5 and 0.5, never 5.0."""
    return f"{value.normalize():f}"


def worth(line: Indicator) -> str:
    """「每周 −5，最多 −20」, 「一票否决」."""
    if line.kind == IndicatorKind.VETO:
        return "发现即不合格"
    sign = "−" if line.kind == IndicatorKind.DEDUCTION else "+"
    return f"每{line.unit_word} {sign}{plain(line.points)}，最多 {sign}{plain(line.cap)}"
