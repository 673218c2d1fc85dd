"""数字核对: what a circular states, held against the facts and against itself. Pure.

What contradicts the facts stops it until it is put right (改成, offered only where the words of the figure tie it to
this check) or explained in the text. What names an account, or states a figure of this check, in words that nothing can
be held against is confirmed once by a person (核对无误), for that sentence and those facts. Figures of other matters
are 无法核对 and stop nothing. A difference is told by its key, which names both values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from inspections import circular_reading as reading
from inspections import consistency
from inspections.circular_facts import facts_of, listed, parts_of
from inspections.circular_marks import LABELS, SECTIONS, Mark
from inspections.circular_names import Named, about, claims, covered, deadline, missing, revised

READ = {"basis": "依据", **SECTIONS}  # the sections whose figures are read


@dataclass
class Checked:
    """All marks of a circular, which of them are explained or confirmed, and what disagrees within the text."""

    marks: list[Mark] = field(default_factory=list)
    explained: set[str] = field(default_factory=set)
    within: Sequence[Mark] = ()
    confirmed: set[str] = field(default_factory=set)

    def _once(self, marks: Iterable[Mark]) -> list[Mark]:
        return list({mark.key: mark for mark in marks}.values())

    @property
    def off(self) -> list[Mark]:
        """Differences from the facts that nobody explained, each once."""
        return self._once(m for m in self.marks if m.differs and m.key not in self.explained)

    @property
    def asked(self) -> list[Mark]:
        """What a person has to confirm, and has not."""
        return self._once(m for m in self.marks if m.ask and m.key not in self.explained)

    @property
    def stopping(self) -> list[Mark]:
        """What stands in the way, each to be put right, explained or confirmed.

        What disagrees within the text stops it by itself only where no difference from the facts is the cause.
        """
        off = self.off
        return [*off, *(() if off else (m for m in self.within if m.key not in self.explained)), *self.asked]

    @property
    def told(self) -> list[Mark]:
        """Differences that the text explains, and what a person confirmed."""
        marks = (*self.marks, *self.within)
        return self._once(m for m in marks if (m.differs or m.ask) and m.key in self.explained)

    @property
    def unknown(self) -> list[Mark]:
        return self._once(m for m in self.marks if m.true is None and not m.ask)

    @property
    def agreeing(self) -> list[Mark]:
        return self._once(m for m in self.marks if m.agrees)

    @property
    def stops(self) -> int:
        """How many stand in the way of 送审 and 公开."""
        return len(self.stopping)


def check(
    texts: Mapping[str, str],
    said: Mapping[str, Any],
    explained: Iterable[Mapping[str, Any]] = (),
    rectify_by: date | None = None,
    platforms: Sequence[str] = (),
) -> Checked:
    """Hold the sections `texts` against the figures `said`.

    `explained`: rows {"key", "text"} count while the text stands in the circular, rows {"key", "confirmed"} for what
    was only asked. A sentence that explains a difference is not read itself. `platforms`: names of platforms.
    """
    whole = "\n".join(texts.values())
    rows = [row for row in explained if row.get("confirmed") or (row["text"].strip() and row["text"].strip() in whole)]
    written = [row for row in rows if row["text"].strip()]
    first = _check(texts, said, rows, rectify_by, platforms, [row["text"] for row in written])
    live = {mark.key for mark in first.told}
    if all(row["key"] in live for row in written):
        return first
    return _check(texts, said, rows, rectify_by, platforms, [row["text"] for row in written if row["key"] in live])


def corrected(texts: Mapping[str, str], marks: Iterable[Mark]) -> dict[str, str]:
    """The sections with the figures of `marks` put right."""
    found = dict(texts)
    for mark in sorted(marks, key=lambda m: m.start, reverse=True):
        if mark.fixable:
            text = found[mark.section]
            found[mark.section] = text[: mark.start] + mark.replacement + text[mark.end :]
    return found


def _check(
    texts: Mapping[str, str],
    said: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    rectify_by: date | None,
    platforms: Sequence[str],
    sentences: Sequence[str],
) -> Checked:
    facts, marks = facts_of(said), []
    named = Named.of(said, platforms)
    for section in READ:
        text = texts.get(section, "")
        for sentence in sentences:
            text = text.replace(sentence, reading.HIDDEN * len(sentence))
        marks += _of_section(section, text.translate(reading.DIGITS), said, facts, named)
    marks += missing(texts.get("problems", "").translate(reading.DIGITS), said, named)
    marks += deadline(texts.get("demands", "").translate(reading.DIGITS), rectify_by)
    asked = {mark.key for mark in marks if mark.ask}
    confirmed = {row["key"] for row in rows if row.get("confirmed") and row["key"] in asked}
    keys = {row["key"] for row in rows if not row.get("confirmed")} | confirmed
    return Checked(marks, keys, _within(marks, keys, said, len(texts.get("overview", ""))), confirmed)


def _of_section(
    section: str, plain: str, said: Mapping[str, Any], facts: Mapping[str, str], named: Named
) -> list[Mark]:
    marks: list[Mark] = []
    lists = list(listed(said))
    at = 0
    for line in plain.split("\n"):
        hidden, spans = covered(line, named)
        hidden = reading.DATES.sub(lambda found: reading.DATED * len(found[0]), hidden)
        # a heading is found in the bare line: 「得分低于60分」 is hidden among the dates
        of = about(section, line, lists)
        head = min(
            [start for start, _, _ in spans] + [i for i in (line.find("："), line.find(":")) if i >= 0] or [9**9]
        )
        counted = False
        for figure in reading.read(hidden, line, parts_of(said), said.get("id", ""), said.get("month_prev", "")):
            if of is not None:
                own = not counted and figure.unit in ("个", "家") and (figure.start < head or head == 9**9)
                counted = counted or own
                marks.append(_of_list(figure, of[0], facts, section, at) if own else _unknown(figure, section, at))
            elif spans and section == "problems":
                marks.append(_unknown(figure, section, at))
            else:
                marks.append(_of_figure(figure, section, at, facts, said))
        marks += claims(section, line, hidden, at, of, spans, said)
        at += len(line) + 1
    if section == "basis":
        marks += revised(plain, facts)
    return marks


def _unknown(figure: reading.Figure, section: str, at: int) -> Mark:
    return Mark("loose", figure.text, figure.text, None, section, at + figure.start, at + figure.end)


def _of_list(figure: reading.Figure, what: str, facts: Mapping[str, str], section: str, at: int) -> Mark:
    """How many a list names."""
    width = len(figure.text) if figure.kind != "loose" else len(figure.text.rstrip("个家 "))
    start = at + figure.start
    return Mark(
        f"{what}|accounts", what, str(figure.value), facts.get(f"{what}|accounts"), section, start, start + width
    )  # fmt: skip


def _of_figure(
    figure: reading.Figure, section: str, at: int, facts: Mapping[str, str], said: Mapping[str, Any]
) -> Mark:
    """A figure that is firm is compared; one that is not is asked about where the text is about this check only."""
    if section not in ("overview", "problems") and not figure.explicit:
        return _unknown(figure, section, at)
    start, end = at + figure.start, at + figure.end
    if figure.tie == reading.FIRM and figure.kind != "loose":
        kind = "checked" if figure.kind == "part" else figure.kind
        of = figure.part if kind in ("checked", "passed", "failed", "rate", "fail_rate", "total") else ""
        fact, label = (f"{of}|{kind}", f"{of}{LABELS[kind]}") if of else (kind, LABELS[kind])
        true = facts.get(fact)
        if figure.kind == "part" and str(figure.value) == facts.get(f"{of}|total"):
            true = facts[f"{of}|total"]  # a sample: so many are in the register
        if true is not None and figure.value is not None:
            shown = _shown(figure, true)
            return Mark(
                fact, label, shown, true, section, start, end, put=figure.put, firm=not figure.bound
            )  # fmt: skip
    if section == "overview" and figure.tie != reading.OTHER and not _known(figure, facts):
        facts_now = f"{said['checked']}/{said['passed']}/{said['failed']}"
        told = f"“{figure.text}”没有对应的记录，请核对这一句：{figure.sentence}"
        return Mark(f"ask@{facts_now}", figure.text, figure.sentence, None, section, start, end, told=told, ask=True)
    return _unknown(figure, section, at)


def _shown(figure: reading.Figure, true: str) -> str:
    """What is said, as it is compared: the truth itself where 约, 以上, 以下 hold of it."""
    value, fact = figure.value or Decimal(0), Decimal(true)
    rounded = consistency.rounded(Fraction(fact), consistency.decimals_of(value))
    change = figure.unit == "个百分点"
    near = abs(value - fact) * 10 <= abs(fact) if figure.unit != "%" and not change else value == rounded
    holds = {
        "": value == fact and ("." in figure.text or not figure.kind.endswith("rate")),
        "约": near or value == rounded,
        "平": abs(fact) <= Decimal("0.5"),
        "≥": value <= fact,
        "≤": value >= fact,
    }[figure.bound]
    if holds:
        return true
    if change:
        return f"{value:.1f}" if not value else str(value)
    return f"{figure.bound}{value}" if figure.bound else str(value)


def _known(figure: reading.Figure, facts: Mapping[str, str]) -> bool:
    """Whether some fact of its kind has that value, or none could."""
    if figure.unit == "个百分点" and figure.part:
        return True
    if figure.value is None:  # in Chinese numerals
        return False
    rates = {Decimal(v) for k, v in facts.items() if k.endswith("rate") or k == "rate_prev"}
    counts = {Decimal(v) for k, v in facts.items() if not k.endswith(("rate", "rate_prev", "change"))}
    changes = {abs(Decimal(v)) for k, v in facts.items() if k.endswith("change")}
    of = {"%": rates, "个": counts, "家": counts, "个百分点": changes}.get(figure.unit)
    return of is None or abs(figure.value) in of


def _within(marks: Sequence[Mark], explained: set[str], said: Mapping[str, Any], end: int) -> Sequence[Mark]:
    """What the stated figures say of each other, by the rules of `check_circular`; the explained ones are left out."""
    others = ("loose", "change", "fail_change", "deadline")
    stated: dict[str, str] = {}
    for m in marks:
        here = m.section in ("overview", "problems") and m.true is not None and m.firm
        if here and m.fact not in others and not m.told and m.key not in explained:
            stated.setdefault(m.fact, m.said)
    entry: dict[str, Any] = {"id": "circular"}
    for fact, key in (("total", "total"), ("checked", "checked"), ("passed", "passed"), ("failed", "failed")):
        if fact in stated:
            entry[key] = Decimal(stated[fact])
    if "rate" in stated:
        entry["rate_total"] = Decimal(stated["rate"])
    for key, _ in consistency.DIMENSIONS:
        names = list(said[f"by_{key}"])
        counts = {name: Decimal(stated[f"{name}|checked"]) for name in names if f"{name}|checked" in stated}
        if names and len(counts) == len([n for n in names if (said.get(f"checked_by_{key}") or said[f"by_{key}"])[n]]):
            entry["checked_by_" + key] = counts
            rates = {n: Decimal(stated[f"{n}|rate"]) for n in counts if f"{n}|rate" in stated}
            entry["rate_by_" + key] = rates
    lines = consistency.judge(entry).differs
    return [Mark("within", "", line, "", "overview", end, end, told=line) for line in lines]
