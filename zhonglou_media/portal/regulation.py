"""The text of 《钟楼区政务新媒体管理实施细则（试行）》, by chapters and articles."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from zhonglou_media.core.words import article

TEXT = Path(__file__).parent / "data" / "regulation.txt"
_HEAD = re.compile(r"^(第[一二三四五六七八九十]+条) (.+)$")


@dataclass
class Article:
    """One article: its number, its name (第八条) and paragraphs."""

    number: int
    name: str
    paragraphs: list[str]


@dataclass
class Chapter:
    title: str
    articles: list[Article] = field(default_factory=list)


@cache
def chapters() -> list[Chapter]:
    """The regulation as published; raises ValueError when the articles are not 1 to n in order."""
    found: list[Chapter] = []
    number = 0
    for line in TEXT.read_text(encoding="utf-8").splitlines():
        if re.match(r"^第[一二三四五六七八九十]+章 ", line):
            found.append(Chapter(line))
        elif head := _HEAD.match(line):
            number += 1
            if head[1] != article(number):
                raise ValueError(f"{TEXT.name}: {head[1]} stands where {article(number)} should")
            found[-1].articles.append(Article(number, head[1], [head[2]]))
        else:
            found[-1].articles[-1].paragraphs.append(line)
    return found
