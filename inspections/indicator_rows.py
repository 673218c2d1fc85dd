"""The indicators of a sheet as its page shows them: what the facts say, the two answers, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from inspections import judging
from inspections.models import Indicator, IndicatorKind, IndicatorSet
from inspections.scoring import Score

BONUS, VETO = IndicatorKind.BONUS, IndicatorKind.VETO


def plain(points: Decimal) -> str:
    """5.0 as 5, 2.5 as 2.5."""
    return f"{points:f}".rstrip("0").rstrip(".") if "." in f"{points:f}" else f"{points:f}"


@dataclass(frozen=True)
class Row:
    """One indicator with its answer."""

    line: Indicator
    answer: Mapping[str, Any]
    deducted: Decimal | None
    error: str = ""

    @property
    def code(self) -> str:
        return self.line.code

    @property
    def key(self) -> str:
        """As an id of the page: N1-1."""
        return self.code.replace(".", "-")

    @property
    def is_bonus(self) -> bool:
        return self.line.kind == BONUS

    @property
    def count(self) -> int | None:
        value: int | None = self.answer.get("count")
        return value

    @property
    def pre(self) -> int | None:
        value: int | None = self.answer.get("pre")
        return value

    @property
    def known(self) -> datetime | None:
        """How far the facts of it are known, where its sentence does not say so."""
        if not self.answer.get("known") or "数据截至" in self.answer.get("text", ""):
            return None
        return datetime.fromisoformat(self.answer["known"])

    @property
    def badge(self) -> str:
        """Who judges it: the facts, a person whom the facts point at something, a person where data lack, a person."""
        if self.pre is not None:
            return "pre"
        if judging.doubtful(self.line, self.answer):
            return "unknown"
        return "hint" if self.answer.get("hint") else "manual"

    @property
    def found(self) -> bool:
        return bool(self.count)

    @property
    def often(self) -> int:
        """What the field of the count holds."""
        return self.count or self.pre or 1

    @property
    def overridden(self) -> bool:
        return judging.overridden(self.answer)

    @property
    def points(self) -> str:
        """每周 −5，最多 −20."""
        if self.line.kind == VETO:
            return "否决"
        sign = "+" if self.is_bonus else "−"
        each, most = plain(self.line.points), plain(self.line.cap)
        return f"{sign}{each}" if each == most else f"每{self.line.unit_word} {sign}{each}，最多 {sign}{most}"

    @property
    def each(self) -> str:
        return plain(self.line.points)

    @property
    def most(self) -> str:
        return plain(self.line.cap)

    @property
    def none_words(self) -> str:
        return "不加分" if self.is_bonus else "没有发现"

    @property
    def found_words(self) -> str:
        verb = "加分" if self.is_bonus else "发现"
        return (
            f"{verb} {self.count} {self.line.unit_word}" if self.found else f"{verb}…" if self.is_bonus else "发现问题"
        )

    @property
    def cost(self) -> str:
        """What it takes from the result: 扣 5 分."""
        if not self.found or self.is_bonus:
            return ""
        return "单项否决" if self.line.kind == VETO else f"扣 {plain(self.deducted or Decimal(0))} 分"

    @property
    def hit(self) -> str:
        """What follows from it: 扣 5 分，提交后列入整改."""
        return f"{self.cost}，提交后列入整改" if self.cost and self.line.to_rectify else self.cost


@dataclass(frozen=True)
class Group:
    """A block of the page."""

    kind: str
    name: str
    note: str
    rows: list[Row] = field(default_factory=list)


def groups(
    lines: Sequence[Indicator],
    answers: Mapping[str, Any],
    of: IndicatorSet,
    result: Score,
    errors: Mapping[str, list[str]] | None = None,
) -> list[Group]:
    """单项否决, 扣分, 加分, each with its indicators; a block without any is left out."""
    notes = {
        VETO: "任何 1 项成立即为不合格",
        IndicatorKind.DEDUCTION: f"满分 100 分，低于 {of.pass_mark} 分不合格",
        BONUS: f"得分高于 {of.bonus_above} 分时计入，合计最多 {of.bonus_cap} 分",
    }
    found = []
    for kind in IndicatorKind:
        rows = [
            Row(
                line,
                judging.blank() | answers.get(line.code, {}),
                result.deducted.get(line.code),
                next(iter((errors or {}).get(line.code, ())), ""),
            )
            for line in lines
            if line.kind == kind
        ]
        if rows:
            found.append(
                Group(kind, f"{kind.label}指标（{len(rows)}项）".replace("单项否决指标", "单项否决"), notes[kind], rows)
            )
    return found
