"""数字核对 of names: whom a circular names, for what, whom it leaves out; and the day of 整改. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from inspections.circular_facts import FULL_MARKS, listed, low_heading, parts_of
from inspections.circular_marks import LABELS, Mark
from inspections.circular_reading import DIGITS, HIDDEN, number

PLATFORMS = (
    "微信 微博 抖音 快手 头条 视频号 公众号 服务号 订阅号 客户端 小程序 小红书 哔哩 知乎 微视 百家 澎湃 APP".split()
)
_BRACKETED = re.compile(rf"[^、，：:。；\s{HIDDEN}（）]+（(?P<platform>[^（）\n]{{1,24}})）")
_NUMBERED = re.compile(
    r"^\s*(?:（[一二三四五六七八九十]+）|[一二三四五六七八九十]+、|\d+[.．、])(?P<what>[^：:。；，]{2,40})"
)
_NOTHING = re.compile(r"(?:没有|未|无)(?:发现|查出|存在)(?:任何|明显|新的?|不合格)?问题")
_SOME = re.compile(r"其余|其他|部分|新增|上次|上月|上期|复查|自查")
_REVISED = re.compile(
    r"(?P<kind>不?合格率|不合格(?:账号)?数?|合格(?:账号)?数?|检查(?:账号)?数)[^，。；]*?(?:改为|更正为|应为|调整为)\s*"
    r"(?P<n>\d+(?:\.\d+)?)"
)
_KINDS = {"不合格率": "fail_rate", "合格率": "rate", "不合格": "failed", "合格": "passed", "检查": "checked"}

Span = tuple[int, str, bool]  # offset, label, whether some list has it
About = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class Named:
    """The labels that the lists have, as they are written, and what a platform is called."""

    labels: Mapping[str, str]
    platforms: Sequence[str]

    @classmethod
    def of(cls, said: Mapping[str, Any], platforms: Sequence[str]) -> "Named":
        labels = {name.translate(DIGITS): name for _, names in listed(said) for name in names}
        return cls(labels, (*PLATFORMS, *platforms))


def covered(line: str, named: Named) -> tuple[str, list[Span]]:
    """The line with each 「名称（平台）」 covered, and where which stood; the known ones first, the longest first."""
    spans: list[Span] = []

    def cover(found: re.Match[str]) -> str:
        spans.append((found.start(), named.labels[found[0]], True))
        return HIDDEN * len(found[0])

    def stranger(found: re.Match[str]) -> str:
        if not any(platform.lower() in found["platform"].lower() for platform in named.platforms):
            return found[0]
        spans.append((found.start(), found[0], False))
        return HIDDEN * len(found[0])

    if named.labels:
        known = sorted(named.labels, key=len, reverse=True)
        line = re.sub("|".join(map(re.escape, known)), cover, line)
    return _BRACKETED.sub(stranger, line), sorted(spans)


def about(section: str, line: str, lists: Sequence[About]) -> About | None:
    """The list that a line is about: the longest heading in it, before the names. 满分 belongs to 表扬."""
    if section not in ("problems", "praise"):
        return None
    head = re.split(r"[：:]", line, maxsplit=1)[0]
    hits = [
        row for row in lists if (row[0] == FULL_MARKS) == (section == "praise") and row[0].translate(DIGITS) in head
    ]
    return max(hits, key=lambda row: len(row[0]), default=None)


def claims(
    section: str, line: str, hidden: str, at: int, of: About | None, spans: Sequence[Span], said: Mapping[str, Any]
) -> Iterator[Mark]:
    """Whether those whom a line names have what it says of them, and all who have it are named."""
    if section not in ("problems", "praise"):
        return
    end = at + len(line)
    if section == "problems":
        yield from _nothing(line, hidden, at, said)
    if of is not None:
        yield from _listed(section, line, hidden, end, of, spans)
        return
    if section == "problems":
        for name in dict.fromkeys(label for _, label, known in spans if not known):
            told = f"点名的“{name}”不在检查结果里，没有记录它有问题"
            yield Mark("stranger", "点名", name, "", section, end, end, told=told)
    heading = _NUMBERED.match(line) if section == "problems" else None
    known = [label for _, label, known in spans if known or section == "praise"]
    if known or heading:
        what = f"“{heading['what']}”不是检查发现的问题名称" if heading else f"没有记录说明对“{known[0]}”的说法"
        sentence = line.replace(HIDDEN, "").strip()
        told = f"{what}，请核对这一句：{sentence}"
        facts = f"{said['findings']}/{said['accounts_found']}/{said['failed']}"
        yield Mark(f"ask@{facts}", "点名", sentence, None, section, end, end, told=told, ask=True)


def missing(text: str, said: Mapping[str, Any], named: Named) -> Iterator[Mark]:
    """The problems that were found and that the text leaves out; a line that names just those accounts will do."""
    lists = [(what, names) for what, names in listed(said) if what != FULL_MARKS and names]
    found: set[str] = set()
    for line in text.split("\n"):
        of = about("problems", line, lists)
        names = {label for _, label, known in covered(line, named)[1] if known}
        found |= {of[0]} if of else {what for what, listed_ in lists if set(listed_) == names}
    left = [what for what, _ in lists if what not in found]
    if left:
        told = f"存在问题里没有写：{'、'.join(left)}"
        yield Mark("missing", "存在问题", "", "、".join(left), "problems", len(text), len(text), told=told)


def deadline(text: str, rectify_by: date | None) -> Iterator[Mark]:
    """整改期限: the day in the sentence of 整改 is the one that is set."""
    pattern = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日\s*(?:24[:：]00)?\s*(?:以前|之前|前)")
    for found in pattern.finditer(text):
        start = max(text.rfind(mark, 0, found.start()) for mark in "。；\n") + 1
        sentence = re.split(r"[。；\n]", text[start:])[0]
        ours = "整改" in sentence and not re.search(r"回头看|复查|自查|全年|年度", sentence)
        true = f"{rectify_by.year}年{rectify_by.month}月{rectify_by.day}日" if rectify_by and ours else None
        said = f"{int(found[1])}年{int(found[2])}月{int(found[3])}日"
        yield Mark("deadline", "整改期限", said, true, "demands", found.start(), found.end(3) + 1)


def revised(text: str, facts: Mapping[str, str]) -> Iterator[Mark]:
    """「合格数由28改为27」 of a correction: the new one is the fact."""
    for found in _REVISED.finditer(text):
        kind = next(kind for word, kind in _KINDS.items() if found["kind"].startswith(word))
        true, said = facts.get(kind), found["n"]
        if true is not None and number(said) == Decimal(true):
            said = true
        yield Mark(kind, LABELS[kind], said, true, "basis", found.start("n"), found.end("n"))


def _nothing(line: str, hidden: str, at: int, said: Mapping[str, Any]) -> Iterator[Mark]:
    """「没有发现问题」, of the whole check, though there are some."""
    if not said["findings"] and not said["low"]:
        return
    for found in _NOTHING.finditer(hidden):
        start = max(hidden.rfind(mark, 0, found.start()) for mark in "，。；") + 1
        clause = hidden[start : found.end()]
        if HIDDEN in clause or _SOME.search(clause) or any(name in clause for name in parts_of(said) if len(name) > 1):
            continue
        what = f"检查发现问题{said['findings']}项" if said["findings"] else f"有{low_heading(said)}的账号"
        told = f"{what}，文中写“{line[found.start() : found.end()]}”"
        yield Mark("nothing", "存在问题", found[0], what, "problems", at + found.start(), at + found.end(), told=told)


def _listed(section: str, line: str, hidden: str, end: int, of: About, spans: Sequence[Span]) -> Iterator[Mark]:
    what, listed_ = of
    named = list(dict.fromkeys(label for _, label, _ in spans))
    known = {label for _, label, known in spans if known}
    for name in named:
        if name not in listed_:
            why = "没有这个问题" if section == "problems" else "没有得满分"
            told = f"{what}：点名的“{name}”{why if name in known else '不在检查结果里'}"
            yield Mark(f"{what}|name", what, name, "", section, end, end, told=told)
    if named and "等" not in hidden and "名单" not in hidden:
        for name in listed_:
            if name not in named:
                told = f"{what}：没有点名“{name}”"
                yield Mark(f"{what}|missing", what, "", name, section, end, end, told=told)
