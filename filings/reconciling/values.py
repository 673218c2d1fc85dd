"""When two ways to write a value say the same: widths, spaces, case, traditional characters, notes in brackets."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

from accounts.models import Account, AccountKind, Platform, Unit
from accounts.models.account import OperationMode
from accounts.register_rows import KINDS, NOTHING, PlatformWords
from accounts.sighting_match import link_key
from filings import exporting
from filings.exporting.columns import OTHERS
from filings.models import ExportLayout
from zhonglou_media.core.names import name_key, simplified
from zhonglou_media.core.tables_in import without_notes

T = TypeVar("T")
# Strokes and points that are typed for one another.
_STROKES = str.maketrans({"丨": "|", "｜": "|", "—": "-", "–": "-", "‐": "-", "•": "·", "・": "·", "‧": "·"})
_TRAILING = re.compile(r"\([^()]*\)$|\[[^\[\]]*\]$|【[^【】]*】$|〔[^〔〕]*〕$")
_LOST_DIGITS = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)
_DISTRICT = re.compile("^(江苏省)?(常州市)?(钟楼区)?")


def value_of(cell: str) -> str:
    """A cell as a value: '' where it says that there is none (无, —)."""
    text = " ".join(cell.split())
    return "" if unicodedata.normalize("NFKC", text).casefold() in NOTHING or text in NOTHING else text


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """NFKC, in simplified characters, without spaces and what is not seen, case folded."""
    return simplified(name_key(text).replace(" ", "")).translate(_STROKES)


def bare(text: str) -> str:
    """`plain` without the notes in brackets behind it: 示例发布（订阅号） is 示例发布."""
    found = plain(text)
    while (shorter := _TRAILING.sub("", found)) and shorter != found:
        found = shorter
    return found


def same(ours: str, theirs: str) -> bool:
    """Whether both say the same; a note in brackets counts only where both have one."""
    if ours == theirs or plain(ours) == plain(theirs):
        return True
    return bare(ours) == bare(theirs) and (bare(ours) == plain(ours) or bare(theirs) == plain(theirs))


def same_text(ours: str, theirs: str) -> bool:
    """Of long texts: the same words, however they are punctuated."""
    return same(ours, theirs) or _words(ours) == _words(theirs)


def _words(text: str) -> str:
    return "".join(c for c in plain(text) if unicodedata.category(c)[0] in "LN")


def same_unit(ours: Unit, theirs: str) -> bool:
    """Its name or its short name, with or without the district before it. A former name is not what it is called."""
    names = [ours.name, *([ours.short_name] if ours.short_name else [])]
    bare_theirs = _DISTRICT.sub("", plain(theirs))
    return any(same(name, theirs) or _DISTRICT.sub("", plain(name)) == bare_theirs for name in names)


def uid_key(text: str) -> str:
    """An id as it is compared; '' of a long number that a spreadsheet has rounded (1.23457E+17)."""
    key = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
    return "" if is_lost(key) else key.removesuffix(".0") if key.removesuffix(".0").isdecimal() else key


def is_lost(uid: str) -> bool:
    """Whether it is a number whose last digits are gone."""
    return _LOST_DIGITS.fullmatch(uid.strip()) is not None


def link_of(text: str) -> str:
    """A link as it is compared, with or without its scheme; '' for none."""
    link = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if not link or "." not in link:
        return ""
    return link_key(link if "://" in link else f"//{link.lstrip('/')}")


def tells_apart(link: str) -> bool:
    """Whether a `link_of` leads to an account, not to the front page of a platform."""
    return "/" in link or "?" in link


def same_link(ours: str, theirs: str) -> bool:
    """Links that lead to the same place; a text that is no link is compared as one."""
    if link_of(ours) and link_of(theirs):
        return link_of(ours) == link_of(theirs)
    return same(ours, theirs)


def same_phone(ours: str, theirs: str) -> bool:
    """The same digits, without the country's."""
    return _digits(ours) == _digits(theirs)


def _digits(text: str) -> str:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


class Words:
    """What they write for platforms, kinds and ways of running, by words and by the codes that our own exports use."""

    def __init__(self, system: str) -> None:
        """Three queries."""
        self.platforms = PlatformWords()
        self._codes: dict[str, Platform] = {}
        self._kinds: dict[str, str] = {}
        self._modes: dict[str, str] = {}
        self._others: set[str] = set()
        for shipped in exporting.COLUMNS.values():
            for column in shipped:
                self._arranged(column.value, column.codes)
        layout = ExportLayout.objects.filter(system=system).order_by("-version").first()
        for one in layout.columns if layout is not None else ():
            self._arranged(str(one.get("value", "")), one.get("codes") or {})
        self._read: dict[str, tuple[Platform | None, list[str], str]] = {}

    def _arranged(self, value: str, codes: Mapping[str, str]) -> None:
        """The codes of a column read back; a code that stands for two things, or for whatever else, says nothing."""
        for said, code in codes.items():
            platform = self.platforms.get(said) if value.startswith("platform") else None
            if said == OTHERS or list(codes.values()).count(code) > 1:
                self._others |= {code} if value.startswith("platform") else set()
            elif platform is not None:
                self._codes[code] = platform
            elif value == "account_kind" and _kind(said):
                self._kinds[code] = _kind(said)
            elif value == "operation_mode" and _mode(said):
                self._modes[code] = _mode(said)

    def platform(self, cell: str) -> tuple[Platform | None, list[str], str]:
        """The platform that a cell names and its notes in brackets; None, and why, where nobody knows."""
        if cell not in self._read:
            self._read[cell] = self._platform(cell)
        return self._read[cell]

    def _platform(self, cell: str) -> tuple[Platform | None, list[str], str]:
        if not value_of(cell):
            return None, [], "平台空着"
        if (coded := _by_code(self._codes, cell)) is not None:
            return coded, [], ""
        if cell.strip() in self._others:
            return None, [], f"平台代码“{cell.strip()}”不止指一个平台"
        # 订阅号, 服务号 name a platform and a kind at once.
        notes = [cell] if _kind(cell) else []
        try:
            platform, more = self.platforms.read(cell)
        except ValueError as problem:
            simple = simplified(cell)
            if simple != cell:
                return self._platform(simple)
            return None, [], str(problem).replace("，请改写或由系统管理员添加这个写法", "")
        return platform, [*notes, *more], ""

    def kind(self, text: str, notes: Iterable[str]) -> str:
        """订阅号 or 服务号, by the cell or by a note on the platform; '' where neither says."""
        return next((found for found in map(_kind, [text, *notes]) if found), _by_code(self._kinds, text) or "")

    def mode(self, text: str) -> str:
        """自运维 or 委托运维; '' where it is not clear."""
        return _mode(text) or _by_code(self._modes, text) or ""


def _by_code(codes: Mapping[str, T], text: str) -> T | None:
    """By a code as it stands, or as a spreadsheet left it: 1 for 01, where only one code can be meant."""
    code = unicodedata.normalize("NFKC", text).strip().removesuffix(".0")
    if code in codes:
        return codes[code]
    if not code.isdecimal():
        return None
    alike = [value for key, value in codes.items() if key.isdecimal() and int(key) == int(code)]
    return alike[0] if len(alike) == 1 else None


def _kind(text: str) -> str:
    return str(KINDS.get(plain(without_notes(text)[0]), ""))


_SELF, _OUTSIDE = re.compile("^自|本单位|自行|自主|自运|self"), re.compile("委托|外包|第三方|购买|outsourced")


def _mode(text: str) -> str:
    key = plain(text)
    if _OUTSIDE.search(key):
        return OperationMode.OUTSOURCED
    return OperationMode.SELF if _SELF.search(key) else ""


def words_of(account: Account, field: str) -> str:
    """A field of the account as people read it."""
    if field == "unit":
        return account.unit.name
    value = str(getattr(account, field) or "")
    choices = {"kind": AccountKind, "operation_mode": OperationMode}.get(field)
    return str(dict(choices.choices).get(value, value)) if choices else value
