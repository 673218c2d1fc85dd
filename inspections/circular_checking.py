"""数字核对: the figures that a circular's sentences state, held against the facts and against each other. Pure.

Names of accounts are hidden before the figures are read: 「宁陵县12345服务热线」 states none. A figure that no fact is
known for is 无法核对. A difference is told by its key, which names both values: explained once, it is explained only as
long as neither changes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from inspections import consistency

SECTIONS = {
    "overview": "总体情况",
    "work": "主要工作",
    "problems": "存在问题",
    "praise": "表扬",
    "demands": "下一步要求",
}
_DIGITS = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
HIDDEN, DATED = "\ue000", "\ue001"
_DATES = re.compile(
    r"\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?(?:\d{1,2}[:：]\d{2})?|第?\d季度)?|\d{1,2}月(?:\d{1,2}日)?|〔\d+〕\d*号?"
    r"|\d{1,2}[:：]\d{2}|第\d+[条季次]|\d+小时|低于\d+分|不少于\d+次"
)
_N = r"\s*(\d+(?:\.\d+)?)\s*"
_FIGURES = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("failed", rf"不合格(?:账号|的)?{_N}个"),
        ("rate", rf"合格率(?:为|达)?{_N}%"),
        ("passed", rf"合格(?:账号|的)?{_N}个"),
        ("change", rf"(?:较|比)[^，。；\n]{{1,12}}?(提升|提高|上升|下降|降低){_N}个百分点"),
        ("units", rf"{_N}(?:个|家)单位"),
        ("total", rf"政务新媒体(?:账号)?{_N}个"),
        ("checked", rf"检查(?:了|账号)?{_N}个"),
        ("findings", rf"问题{_N}[项个处]"),
        ("accounts", rf"{_N}个账号"),
        ("part", rf"^{_N}个"),
    )
)
_LOOSE = re.compile(r"\d+(?:\.\d+)?\s*(?:%|个百分点|[个项处条家次])")
_NAMED = re.compile(rf"(?:(?<=[：:、])|(?<=^))([^、，：:。；\n{HIDDEN}（）]+（[^（）\n]{{1,24}}）)(?=[、。；\n]|$)")
LABELS = {
    "units": "单位",
    "total": "在册账号",
    "checked": "检查",
    "passed": "合格",
    "failed": "不合格",
    "rate": "合格率",
    "change": "较上期",
    "findings": "发现问题",
    "accounts": "涉及账号",
}


@dataclass(frozen=True)
class Mark:
    """A figure (or a name) in the text: what it says, what the facts say (None: nothing), and where it stands."""

    fact: str
    label: str
    said: str
    true: str | None
    section: str
    start: int = 0
    end: int = 0
    told: str = ""  # a sentence, for what is no figure

    @property
    def key(self) -> str:
        return f"{self.fact}:{self.said}≠{self.true}"

    @property
    def agrees(self) -> bool:
        return self.true is not None and self.said == self.true

    @property
    def fixable(self) -> bool:
        return not self.told and self.true is not None

    @property
    def sentence(self) -> str:
        """What disagrees, for a reader."""
        if self.told:
            return self.told
        what = f"文中{self.said}，记录{self.true}"
        if self.fact == "change":
            what = f"文中变化 {self.said} 个百分点，记录 {self.true} 个百分点"
        return f"{self.label}：{what}"


@dataclass
class Checked:
    """All marks of a circular, which of them are explained, and what disagrees within the text."""

    marks: list[Mark] = field(default_factory=list)
    explained: set[str] = field(default_factory=set)
    within: Sequence[str] = ()

    @property
    def off(self) -> list[Mark]:
        """Differences that nobody explained, each once."""
        found = {m.key: m for m in self.marks if m.true is not None and not m.agrees and m.key not in self.explained}
        return list(found.values())

    @property
    def told(self) -> list[Mark]:
        """Differences that the text explains."""
        return list({m.key: m for m in self.marks if not m.agrees and m.key in self.explained}.values())

    @property
    def unknown(self) -> list[Mark]:
        return list({m.key: m for m in self.marks if m.true is None}.values())

    @property
    def agreeing(self) -> list[Mark]:
        return list({m.key: m for m in self.marks if m.agrees}.values())

    @property
    def stops(self) -> int:
        """How many differences stand in the way of 送审 and 公开."""
        return len(self.off) or (0 if self.told else len(self.within))


def check(
    texts: Mapping[str, str],
    said: Mapping[str, Any],
    explained: Iterable[Mapping[str, str]] = (),
    rectify_by: date | None = None,
) -> Checked:
    """Hold the sections `texts` against the figures `said`. An explanation counts while it stands in the text."""
    facts, marks = _facts(said), []
    for section in SECTIONS:
        marks += _of_section(section, texts.get(section, ""), said, facts)
    marks += _deadline(texts.get("demands", ""), rectify_by)
    whole = "\n".join(texts.values())
    keys = {row["key"] for row in explained if row["text"].strip() and row["text"].strip() in whole}
    return Checked(marks, keys, _within(marks, said))


def corrected(texts: Mapping[str, str], marks: Iterable[Mark]) -> dict[str, str]:
    """The sections with the figures of `marks` put right."""
    found = dict(texts)
    for mark in sorted(marks, key=lambda m: m.start, reverse=True):
        if mark.fixable and mark.true is not None:
            text = found[mark.section]
            found[mark.section] = text[: mark.start] + mark.true.lstrip("-") + text[mark.end :]
            if mark.fact == "change":
                found[mark.section] = _turned(found[mark.section], mark)
    return found


def _turned(text: str, mark: Mark) -> str:
    """The word before the difference says which way it went."""
    rose = Decimal(mark.true or 0) >= 0
    head, tail = text[: mark.start], text[mark.start :]
    was = re.search(r"(提升|提高|上升|下降|降低)\s*$", head)
    if was is None or (was[1] in ("提升", "提高", "上升")) == rose:
        return text
    return head[: was.start(1)] + ("提升" if rose else "下降") + head[was.end(1) :] + tail


# --- what the facts say ----------------------------------------------------------------------------------------------


def _facts(said: Mapping[str, Any]) -> dict[str, str]:
    facts = {key: str(said[key]) for key in ("units", "total", "checked", "passed", "failed", "findings")}
    facts["accounts"] = str(said["accounts_found"])
    if (rate := said.get("rate_total")) is not None:
        facts["rate"] = _rate(rate)
    if (change := said.get("delta_prev_pp")) is not None:
        facts["change"] = _rate(change)
    for key, _ in consistency.DIMENSIONS:
        counts = said.get(f"checked_by_{key}") or said[f"by_{key}"]
        for name, count in counts.items():
            passed = said[f"passed_by_{key}"][name]
            facts |= {f"{name}|checked": str(count), f"{name}|passed": str(passed)}
            facts[f"{name}|failed"] = str(count - passed)
            if name in said[f"rate_by_{key}"]:
                facts[f"{name}|rate"] = _rate(said[f"rate_by_{key}"][name])
    for what, names in _listed(said):
        facts[f"{what}|accounts"] = str(len(names))
    return facts


def _rate(value: Any) -> str:
    return f"{Decimal(str(value)):.1f}"


def _listed(said: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """What is named one by one: heading → labels."""
    for row in (*said["veto"], *said["deduct"]):
        yield row["type"], row["accounts"]
    if said["low"]:
        yield f"得分低于{said['pass_mark']}分", said["low"]
    if said["full_marks"]:
        yield "得满分", said["full_marks"]


# --- what the text says ----------------------------------------------------------------------------------------------


def _of_section(section: str, text: str, said: Mapping[str, Any], facts: Mapping[str, str]) -> list[Mark]:
    plain = text.translate(_DIGITS)
    lists = list(_listed(said))
    labels = sorted({name for _, names in lists for name in names}, key=len, reverse=True)
    hidden, spans = _hide(plain, labels)
    hidden = _DATES.sub(lambda found: DATED * len(found[0]), hidden)
    parts = [name for key, _ in consistency.DIMENSIONS for name in said[f"by_{key}"]]
    marks: list[Mark] = []
    at = 0
    for line in hidden.split("\n"):
        # a heading is found in the bare line: 「得分低于60分」 is hidden among the dates
        about = _about(plain[at : at + len(line)], lists) if section in ("problems", "praise") else None
        marks += _of_line(section, line, at, about, parts, facts)
        if about is not None:
            marks += _names(section, plain, at, line, about, spans)
        at += len(line) + 1
    return marks


def _hide(text: str, labels: Sequence[str]) -> tuple[str, list[tuple[int, str]]]:
    """The text with each known name covered, and where which name stood."""
    spans: list[tuple[int, str]] = []
    if not labels:
        return text, spans

    def cover(found: re.Match[str]) -> str:
        spans.append((found.start(), found[0]))
        return HIDDEN * len(found[0])

    known = {label.translate(_DIGITS): label for label in labels}
    return re.sub("|".join(map(re.escape, known)), cover, text), [(at, known[name]) for at, name in spans]


def _about(line: str, lists: Sequence[tuple[str, Sequence[str]]]) -> tuple[str, Sequence[str]] | None:
    """The list that a line is about: the longest heading in it, before the names."""
    head = re.split(r"[：:]", line, maxsplit=1)[0]
    hits = [row for row in lists if row[0].translate(_DIGITS) in head]
    return max(hits, key=lambda row: len(row[0]), default=None)


def _of_line(
    section: str,
    line: str,
    offset: int,
    about: tuple[str, Sequence[str]] | None,
    parts: Sequence[str],
    facts: Mapping[str, str],
) -> list[Mark]:
    marks: list[Mark] = []
    at = 0
    for clause in re.split(r"([。；])", line):
        part, shift = _part_of(clause, parts) if section == "overview" else ("", 0)
        body, taken = clause[shift:], [False] * len(clause)
        for name, pattern in _FIGURES:
            if (name == "part") != (name == "part" and bool(part)):
                continue
            for found in pattern.finditer(body):
                start, end = (found.start(found.lastindex or 1), found.end(found.lastindex or 1))
                if any(taken[shift + start : shift + end]):
                    continue
                taken[shift + start : shift + end] = [True] * (end - start)
                figure = found[found.lastindex or 1]
                where = offset + at + shift + start
                marks.append(_mark(name, found, figure, part, about, section, where, facts))
        for found in _LOOSE.finditer(clause):
            if not taken[found.start()]:
                where = offset + at + found.start()
                marks.append(Mark("loose", found[0], found[0], None, section, where, where + len(found[0])))
        at += len(clause)
    return marks


def _part_of(clause: str, parts: Sequence[str]) -> tuple[str, int]:
    """The owner or type that a clause speaks of, and where its name ends."""
    hits = [(clause.find(name), -len(name), name) for name in parts if name and name in clause]
    hits = [hit for hit in hits if re.match(r"[，]?\s*(?:检查)?\s*[\d合不全]", clause[hit[0] - hit[1] :])]
    return (min(hits)[2], min(hits)[0] - min(hits)[1]) if hits else ("", 0)


def _mark(
    name: str,
    found: re.Match[str],
    figure: str,
    part: str,
    about: tuple[str, Sequence[str]] | None,
    section: str,
    where: int,
    facts: Mapping[str, str],
) -> Mark:
    kind = "checked" if name == "part" else name
    fact, label = kind, LABELS[kind]
    if part and kind in ("checked", "passed", "failed", "rate"):
        fact, label = f"{part}|{kind}", f"{part}{label}"
    elif about is not None and kind == "accounts":
        fact, label = f"{about[0]}|accounts", about[0]
    said = figure
    if kind == "change" and found[1] in ("下降", "降低"):
        said = f"-{figure}"
    true = facts.get(fact)
    if section in ("work", "demands", "praise") and about is None:
        true = None  # figures of other matters
    if true is not None and Decimal(said) == Decimal(true) and ("." in said or kind not in ("rate", "change")):
        said = true
    return Mark(fact, label, said, true, section, where, where + len(figure))


def _names(
    section: str, plain: str, at: int, line: str, about: tuple[str, Sequence[str]], spans: Sequence[tuple[int, str]]
) -> Iterator[Mark]:
    """Whether those whom a line names have that problem, and all who have it are named."""
    what, listed = about
    named = [name for start, name in spans if at <= start < at + len(line)]
    for name in dict.fromkeys(named):
        if name not in listed:
            yield Mark(f"{what}|name", what, name, "", section, told=f"{what}：点名的“{name}”没有这个问题")
    cut = re.search(r"[：:]", line)
    if cut:
        for found in _NAMED.finditer(line, cut.end()):
            name = plain[at + found.start(1) : at + found.end(1)]
            yield Mark(f"{what}|name", what, name, "", section, told=f"{what}：点名的“{name}”不在检查结果里")
    if named and "等" not in line.replace(HIDDEN, "") and "名单" not in line:
        for name in listed:
            if name not in named:
                yield Mark(f"{what}|missing", what, "", name, section, told=f"{what}：没有点名“{name}”")


def _deadline(text: str, rectify_by: date | None) -> list[Mark]:
    """整改期限: the day in the demands is the one that is set."""
    marks = []
    for found in re.finditer(r"(\d{4})年(\d{1,2})月(\d{1,2})日\s*(?:24[:：]00)?\s*前", text.translate(_DIGITS)):
        end = found.end(3) + 1
        true = f"{rectify_by.year}年{rectify_by.month}月{rectify_by.day}日" if rectify_by else None
        said = f"{int(found[1])}年{int(found[2])}月{int(found[3])}日"
        marks.append(Mark("deadline", "整改期限", said, true, "demands", found.start(), end))
    return marks


def _within(marks: Sequence[Mark], said: Mapping[str, Any]) -> Sequence[str]:
    """What the stated figures say of each other, by the rules of `check_circular`."""
    others = ("loose", "change", "deadline")
    stated = {m.fact: m.said for m in marks if m.fact not in others and not m.told}
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
    return consistency.judge(entry).differs
