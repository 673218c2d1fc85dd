"""Names: two keys by which an account's or a unit's name is compared, and what a name may contain.

`name_key` decides sameness (unique per platform while the platform's own id is unknown). `look_key` finds near misses
that a person must look at: written in traditional characters, with punctuation, with 官方 or V behind, with letters of
another alphabet. It is indexed, never unique. `shape_keys` go on from it to Han characters that pass for one another at
a glance (`data/lookalike_shapes.txt`); they are compared, never stored.
"""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import opencc

MAX_NAME = 60
MAX_KEY = 120  # the column's width; NFKC can make one character eighteen

# Cf (format) is dropped as a class; these are invisible too, but of other classes.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
)
# They turn the direction of the text round: 布发楼钟 behind U+202E is read as 钟楼发布.
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# What t2s leaves: Japanese forms, variants, and radicals that stand for a whole character.
_VARIANTS = str.maketrans(
    "発锺県対広図実楽検観関駅経済変応戦円浜鉄転辺黒歩収営児気両帰⻣⻔⻛⻜⻢⻥⻦⻰⻓⻚⻉⻅⻋⻘⻬⻮⻩⻨⻝⺠⻄⻆⻤⻳",
    "发钟县对广图实乐检观关驿经济变应战圆滨铁转边黑步收营儿气两归骨门风飞马鱼鸟龙长页贝见车青齐齿黄麦食民西角鬼龟",
)
# Letters of other alphabets, and digits, that look like Latin ones.
_LATIN = str.maketrans("авеорсухіјѕкмнтαβεικνορτυχ01|", "abeopcyxijskmhtabeikvoptuxoll")
_PADDING = str.maketrans("", "", "区县市丨")
_TAILS = re.compile(r"(官方|官微|官博|官网|微信|微博|公众号|订阅号|服务号|视频号|账号|帐号|号|v)+$")


def name_key(text: str) -> str:
    """The text as it is compared: NFKC, invisible characters dropped, spaces at the ends dropped, case folded."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if not _is_invisible(c))
    return unicodedata.normalize("NFKC", " ".join(seen.split()).casefold())


def simplified(text: str) -> str:
    """The text in simplified characters."""
    return text if text.isascii() else _simplified().convert(text)


def look_key(text: str) -> str:
    """The text as the eye may take it: `name_key` in simplified characters, without punctuation, padding and tails."""
    folded = _simplified().convert(name_key(text.translate(_VARIANTS))).translate(_VARIANTS)
    plain = "".join(c for c in folded if unicodedata.category(c)[0] in "LN").translate(_LATIN)
    bare = _TAILS.sub("", plain).translate(_PADDING)
    return (bare or plain or folded)[:MAX_KEY]


def look_keys(text: str) -> set[str]:
    """Every look key of `text` to search the register by: also without radicals slipped in between (钟⽊楼)."""
    return {look_key(text), look_key("".join(c for c in text if not "\u2e80" <= c <= "\u2fdf") or text)}


def near(a: str, b: str) -> bool:
    """Whether a person should look whether `a` is meant to pass for `b`; the same name is near itself."""
    return not shape_keys(a).isdisjoint(shape_keys(b))


def shape_key(look: str) -> str:
    """A look key with the characters of a similar shape folded into one: 钟褛发布 and 钟楼友布 become one key."""
    return look.translate(_shapes()[0])


def shape_keys(text: str) -> set[str]:
    """Every shape key of `text`: as it is, and as it may be read (钅中 as 钟, 发市 as 发布)."""
    readings = {text}
    for parts, meant in _shapes()[1]:
        for one in [reading for reading in readings if parts in reading]:
            readings |= {one.replace(parts, meant), meant.join(one.rsplit(parts, 1))}
    return {shape_key(look) for reading in readings for look in look_keys(reading)}


def letters(a: str, b: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both names in pieces, each with whether it differs from the other name, for the eye of who compares them."""
    ours: list[tuple[str, bool]] = []
    theirs: list[tuple[str, bool]] = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        ours += [(a[i:j], tag != "equal")] if i < j else []
        theirs += [(b[k:m], tag != "equal")] if k < m else []
    return ours, theirs


def clean_name(text: str) -> str:
    """The name as it is stored: without invisible characters and outer spaces.

    Raises ValueError with a Chinese sentence when it is empty, too long, or holds control or direction characters.
    """
    for c in text.strip():
        if c in _DIRECTION or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp"):
            raise ValueError(f"名称中有不可见的控制字符（U+{ord(c):04X}），请删去后重新填写。")
    name = " ".join("".join(c for c in text if not _is_invisible(c)).split())
    if not name:
        raise ValueError("名称不能为空。")
    if len(name) > MAX_NAME or len(name_key(name)) > MAX_KEY:
        raise ValueError(f"名称过长，不能超过 {MAX_NAME} 个字。")
    return name


def _is_invisible(c: str) -> bool:
    return c in _INVISIBLE or unicodedata.category(c) == "Cf"


@cache
def _simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _shapes() -> tuple[dict[int, str], list[tuple[str, str]]]:
    """The table of similar shapes: characters folded into the first of their line, and what is read as what."""
    folded: dict[int, str] = {}
    read_as: list[tuple[str, str]] = []
    for line in (Path(__file__).parent / "data" / "lookalike_shapes.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("#") or not line:
            continue
        parts, _, meant = line.partition(">")
        if meant:
            read_as.append((parts, meant))
        else:
            folded |= {ord(c): parts[0] for c in parts}
    return folded, read_as
