"""One row of a list of accounts, read: what the cells say, in the portal's terms, or why they cannot be taken."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from accounts.models import AccountKind, Platform, PlatformAlias
from zhonglou_media.core.names import clean_name, name_key
from zhonglou_media.core.tables_in import ACCOUNT_COLUMNS, Column, Row, without_notes

WECHAT = "wechat"
COLUMNS = (
    *ACCOUNT_COLUMNS,
    Column("link", "账号链接", ("链接", "网址", "link"), ("链接", "网址"), if_clear=True),
    Column("followers", "粉丝数", ("粉丝", "粉丝数", "粉丝量", "followers"), ("粉丝",), if_clear=True),
    Column("remarks", "备注", ("备注", "说明", "remarks"), ("备注",), if_clear=True),
)
NOTHING = frozenset(("无", "暂无", "待定", "/", "\\", "-", "—", "——", "－", "n/a"))
KINDS = {
    "订阅号": AccountKind.SUBSCRIPTION,
    "微信订阅号": AccountKind.SUBSCRIPTION,
    "subscription": AccountKind.SUBSCRIPTION,
    "服务号": AccountKind.SERVICE,
    "微信服务号": AccountKind.SERVICE,
    "service": AccountKind.SERVICE,
}
MAX_UNIT, MAX_UID, MAX_LINK, MAX_FOLLOWERS = 120, 128, 300, 10**12
_SEPARATORS = re.compile(r"[\s、,，;；/／|｜+＋&＆和及与]+")
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+?\d+")  # a long number that Excel kept as 1.23457E+17


@dataclass
class Line:
    """The row in the portal's terms; `problems` says why it cannot be taken."""

    row: Row
    unit: str = ""
    platform: Platform | None = None
    name: str = ""
    uid: str = ""
    kind: str = ""
    link: str = ""
    followers: int | None = None
    remarks: str = ""
    problems: list[str] = field(default_factory=list)


class PlatformWords:
    """What people write for platforms, by the key they are compared with; two queries."""

    def __init__(self) -> None:
        platforms = {platform.pk: platform for platform in Platform.objects.all()}
        self._by_key: dict[str, Platform] = {}
        for alias, platform_id in PlatformAlias.objects.order_by("id").values_list("alias", "platform_id"):
            self._by_key.setdefault(_key(alias), platforms[platform_id])
        for platform in platforms.values():
            self._by_key |= {_key(platform.name): platform, _key(platform.code): platform}

    def get(self, text: str) -> Platform | None:
        """The platform that `text` names, written in one word."""
        return self._by_key.get(_key(text))

    def read(self, cell: str) -> tuple[Platform, list[str]]:
        """The platform a cell names, and its bracketed notes. Raises ValueError with a Chinese reason."""
        whole = self.get(cell)
        if whole is not None:
            return whole, []
        bare, notes = without_notes(cell)
        words = [bare] if self.get(bare) else [word for word in _SEPARATORS.split(bare) if word]
        named = [self.get(word) for word in words]
        distinct = list(dict.fromkeys(p for p in [*named, *map(self.get, notes)] if p is not None))
        if len(distinct) > 1:
            listed = "、".join(platform.name for platform in distinct)
            raise ValueError(f"平台栏写了几个平台（{listed}），请每个平台单独写一行")
        if not words or None in named:
            raise ValueError(f"不认识平台“{cell}”，请改写或由系统管理员添加这个写法")
        return distinct[0], notes


def read_line(row: Row, words: PlatformWords, heads: Mapping[str, str], *, seen: bool = False) -> Line:
    """Read one data row; `heads` are the heads by column name (a unit of measure may stand there).

    `seen`: it tells what was seen on a platform, approved or not, of a unit that need not be known.
    """
    value = {name: "" if text.casefold() in NOTHING else text for name, text in row.values.items()}
    line = Line(row)
    notes: list[str] = []
    missing = [c.label for c in COLUMNS if c.required and not value.get(c.name) and not (seen and c.name == "unit")]
    if missing:
        line.problems.append(f"缺少{'、'.join(missing)}")
    if value.get("platform"):
        try:
            line.platform, notes = words.read(value["platform"])
        except ValueError as problem:
            line.problems.append(str(problem))
    for name, reader in (("unit", _read_unit), ("name", clean_name), ("uid", _read_uid)):
        if value.get(name):
            try:
                setattr(line, name, reader(value[name]))
            except ValueError as problem:
                line.problems.append(_label(name) + str(problem).removeprefix("名称").rstrip("。"))
    try:
        line.followers = read_followers(value.get("followers", ""), heads.get("followers", ""))
    except ValueError as problem:
        line.problems.append(str(problem))
    if line.followers is None and value.get("followers"):
        notes.append(f"粉丝数：{value['followers']}")  # no figure: kept as it stands, like any other text
    if line.platform is not None:
        if not line.platform.approved and not seen:
            line.problems.append(f"{line.platform.name}不是国家主管部门核准的平台或已停止服务（第六条），不能登记")
        _read_kind(line, value.get("kind", ""), value["platform"], words, notes)
    _read_link(line, value.get("link", ""), notes)
    line.remarks = _printable("；".join(dict.fromkeys(note for note in [*notes, value.get("remarks", "")] if note)))
    return line


def read_followers(text: str, head: str = "") -> int | None:
    """粉丝数 as a number: 1,234, 3.5万, or 3.5 below a head that says 万. None when it holds no figure."""
    bare = re.sub(r"[\s,，]", "", unicodedata.normalize("NFKC", text))
    if not any(c.isdigit() for c in bare):
        return None
    match = re.fullmatch(r"(\d{1,13}(?:\.\d{1,6})?)(万|w)?[余+]?[人个]?", bare, re.IGNORECASE)
    if match is None:
        raise ValueError(f"粉丝数“{text}”不是数字")
    count = Decimal(match.group(1)) * (10_000 if match.group(2) or "万" in head else 1)
    if count > MAX_FOLLOWERS:
        raise ValueError(f"粉丝数“{text}”过大")
    return int(count)


def _read_unit(text: str) -> str:
    name = _printable(" ".join(text.split()))
    if len(name) > MAX_UNIT:
        raise ValueError(f"过长，不能超过 {MAX_UNIT} 个字")
    return name


def _read_uid(text: str) -> str:
    uid = _printable(unicodedata.normalize("NFKC", text)).strip()
    if len(uid) > MAX_UID:
        raise ValueError(f"过长，不能超过 {MAX_UID} 个字")
    if _LOST_DIGITS.fullmatch(uid):
        raise ValueError(f"“{uid}”被当作数字保存，末几位已丢失，请把单元格设为文本后重新填写")
    return uid


def _read_kind(line: Line, text: str, platform_cell: str, words: PlatformWords, notes: list[str]) -> None:
    """订阅号 and 服务号 are kinds of WeChat accounts; anything else is a remark unless it repeats the platform."""
    if line.platform is None:
        return
    named = words.get(text) if text else None
    is_wechat = line.platform.code == WECHAT
    if is_wechat:
        candidates = [text, without_notes(platform_cell)[0], *without_notes(platform_cell)[1]]
        line.kind = next((KINDS[_key(word)] for word in candidates if _key(word) in KINDS), "")
    if not text or (is_wechat and _key(text) in KINDS) or named == line.platform:
        return
    if is_wechat and named is not None:
        line.problems.append(f"平台写的是{line.platform.name}，类型写的是{named.name}，请改正其中一个")
    else:
        notes.append(f"类型：{text}")


def _read_link(line: Line, text: str, notes: list[str]) -> None:
    """A link is shown to be clicked, so it must be one of the web; any other text is kept as a remark."""
    link = _printable(text).strip()
    if re.match(r"https?://", link, re.IGNORECASE) and len(link) <= MAX_LINK:
        line.link = link
    elif link:
        notes.append(f"链接：{link}")


def _label(name: str) -> str:
    return next(column.label for column in COLUMNS if column.name == name)


def _key(text: str) -> str:
    return re.sub(r"\s", "", name_key(text))


def _printable(text: str) -> str:
    """Without characters that are not seen; line breaks become spaces."""
    return "".join(
        " " if c in "\r\n\t" else c for c in text if c in "\r\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
