"""One row of a file of activity, read: what its cells say in the portal's terms, or why it cannot be taken.

Written for 100,000 rows: what offices' programs export goes a short way, anything else the long one.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import models

from accounts import rules
from accounts.activity import EARLIEST
from accounts.activity_accounts import AccountIndex
from accounts.models import Message, MessageKind
from accounts.register_rows import NOTHING, read_followers
from zhonglou_media.core.clock import SHANGHAI, day_of, parse_day, start_of
from zhonglou_media.core.tables_in import NAME, PLATFORM, UID, Column, head_key
from zhonglou_media.core.tables_stream import Numbered, Rows


class ActivityKind(models.TextChoices):
    """What a file holds."""

    PUBLICATIONS = "publications", "发布"
    MESSAGES = "messages", "留言"
    FOLLOWERS = "followers", "粉丝数"


K = ActivityKind
_UNIT = Column("unit", "主办单位", ("单位", "unit"), ("单位",), if_clear=True)
_EXTERNAL = Column(
    "external",
    "外部编号",
    ("外部id", "作品id", "文章id", "留言id", "external_id"),
    ("编号",),
    without="账号",
)
_ACCOUNT = (_UNIT, PLATFORM, _EXTERNAL, NAME, UID)
COLUMNS = MappingProxyType(
    {
        K.PUBLICATIONS: (
            *_ACCOUNT,
            Column("title", "标题", ("标题", "title"), ("标题",)),
            Column("url", "链接", ("链接", "网址", "url", "link"), ("链接", "网址"), without="账号"),
            Column("at", "发布时间", ("发布时间", "published_at"), ("发布时间", "发表时间", "发布日期")),
            Column("original", "是否原创", ("是否原创", "原创", "original"), ("原创",)),
        ),
        K.MESSAGES: (
            *_ACCOUNT,
            Column("kind", "类型", ("类型", "留言类型", "kind"), ("类型", "类别"), without="账号"),
            Column("body", "内容", ("内容", "留言内容", "body"), ("内容",)),
            Column("at", "留言时间", ("留言时间", "asked_at"), ("留言时间", "提问时间", "咨询时间")),
            Column("reply", "回复时间", ("回复时间", "首次回复时间", "replied_at"), ("回复时间", "答复时间")),
        ),
        K.FOLLOWERS: (
            *(column for column in _ACCOUNT if column is not _EXTERNAL),
            Column("at", "日期", ("日期", "day", "date"), ("日期",)),
            Column("count", "粉丝数", ("粉丝", "粉丝数", "粉丝量", "followers"), ("粉丝",)),
        ),
    }
)
_BESIDE = frozenset(map(head_key, ("序号", "备注", "账号类型", "平台类型", "区县", "主办单位")))  # tell no activity
SILENT = NOTHING | {"本期无发布", "本期无留言", "无发布", "无留言"}
MAX_EXTERNAL, MAX_TITLE, MAX_URL, MAX_BODY = 128, 200, 500, 5000
_YES = frozenset(("是", "原创", "y", "yes", "1", "true", "√", "✓"))
_NO = frozenset(("否", "非原创", "转载", "n", "no", "0", "false", "×", "✗"))
KINDS = {word: kind.value for kind in MessageKind for word in (kind.value, kind.label, f"{kind.label}类")}
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+?\d+")  # a long number that Excel kept as 1.23457E+17
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[Tt\s]\s*(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*分?(?::?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?"
    r"\s*(Z|z|[+-]\d{2}:?\d{2})?"
)
_ZONE = 7
_LINK = re.compile(r"https?://[^\s/]", re.IGNORECASE)


@dataclass(slots=True)
class Line:
    """A row as read: its `values` for the spool, or the `problem`; `accounts` it names or may have meant."""

    number: int
    cells: list[str]
    accounts: tuple[int, ...] = ()
    problem: str = ""
    silent: bool = False  # 本期无发布
    repeated: bool = False  # refused for being there before
    key: str = ""
    values: tuple[Any, ...] = ()

    @property
    def account(self) -> int:
        """The one it means; 0 where that is not known."""
        return self.accounts[0] if self.accounts else 0


class Reader:
    """Reads the rows of one file; knows what came before in it."""

    def __init__(self, rows: Rows, kind: ActivityKind, accounts: AccountIndex, now: datetime) -> None:
        self._accounts, self._now = accounts, now.astimezone(SHANGHAI)
        self._at = rows.columns
        self._seen: dict[int, dict[str, int]] = {}
        self._parse: Callable[[Line], None] = getattr(self, f"_{kind.value}")
        beside = {index for index, head in enumerate(rows.heads) if head_key(head) in _BESIDE}
        beside |= {self._at[name] for name in ("unit", "platform", "name", "uid") if name in self._at}
        self._beside = beside
        self._kind = kind
        self._followers_head = rows.heads[self._at["count"]] if "count" in self._at else ""
        self.latest: datetime | None = None  # the latest time in the file

    def read(self, batch: Sequence[Numbered]) -> list[Line]:
        """The rows of a batch, judged in their order."""
        lines = [Line(number, cells) for number, cells in batch]
        for line in lines:
            named = self._accounts.find(self._cell(line, "platform"), self._cell(line, "name"), self._cell(line, "uid"))
            line.accounts, line.problem = named.accounts, named.problem
            try:
                if self._is_silent(line):
                    line.silent = not line.problem
                else:
                    self._parse(line)
                    if not line.problem:
                        self._once(line)
            except ValueError as problem:
                line.problem = f"{line.problem}；{problem}" if line.problem else str(problem)
        if self._kind == K.MESSAGES:
            self._beside_the_stored(lines)
        return lines

    def _cell(self, line: Line, name: str) -> str:
        index = self._at.get(name)
        return "" if index is None else line.cells[index].strip()

    def _is_silent(self, line: Line) -> bool:
        """Whether the row names an account and nothing else."""
        if self._cell(line, "at") not in SILENT and self._cell(line, "at"):
            return False
        rest = (cell.strip() for index, cell in enumerate(line.cells) if index not in self._beside)
        return all(not cell or cell.casefold() in SILENT for cell in rest)

    def _once(self, line: Line) -> None:
        seen = self._seen.setdefault(line.account, {})
        earlier = seen.setdefault(line.key, line.number)
        if earlier != line.number:
            line.repeated = True
            what = f"{line.key} 的粉丝数" if self._kind == K.FOLLOWERS else f"外部编号“{line.key}”"
            raise ValueError(f"该账号的{what}在第 {earlier} 行已有，请只留一行")

    # --- each kind ------------------------------------------------------------------------------------------------

    def _publications(self, line: Line) -> None:
        at = self._moment(line, "at", "发布时间")
        line.key = self._external(line)
        original = self._cell(line, "original")
        if original and original not in ("是", "否"):
            original = _yes_or_no(original)
        title, url = self._cell(line, "title"), self._cell(line, "url")
        if len(title) > MAX_TITLE or not title.isprintable():
            title = _shown(title, MAX_TITLE)
        if url and (
            not url.isprintable() or len(url) > MAX_URL or not re.match(r"https?://[^\s/]", url, re.IGNORECASE)
        ):
            url = ""  # it is shown to be clicked
        flag = {"": "", "是": "1", "否": "0"}[original]
        line.values = (line.number, line.account, line.key, title, url, at, flag)

    def _messages(self, line: Line) -> None:
        at = self._moment(line, "at", "留言时间", to_the_minute=True)
        line.key = self._external(line)
        word = self._cell(line, "kind")
        kind = KINDS.get(word) or KINDS.get(unicodedata.normalize("NFKC", word).casefold())
        if kind is None:
            allowed = "、".join(MessageKind.labels)
            raise ValueError(f"{f'不认识类型“{word}”' if word else '没有写明类型'}，请写{allowed}中的一个")
        reply = self._moment(line, "reply", "回复时间", to_the_minute=True) if self._has(line, "reply") else None
        if reply is not None and reply < at:
            raise ValueError("回复时间早于留言时间，请核对")
        body = self._cell(line, "body")
        if len(body) > MAX_BODY or "\x00" in body:
            raise ValueError(f"内容过长，不能超过 {MAX_BODY} 个字")
        line.values = (line.number, line.account, line.key, kind, body, True, at, reply, rules.reply_due(kind, at))

    def _followers(self, line: Line) -> None:
        text = self._cell(line, "at")
        if text in SILENT or not text:
            raise ValueError("缺少日期")
        day = day_of(read_moment(text)[0])
        if day > self._now.date():
            raise ValueError(f"日期“{text}”晚于今天")
        if day < EARLIEST.date():
            raise ValueError(f"日期“{text}”早于 {EARLIEST.year} 年，请核对年份")
        line.key = day.isoformat()
        count = read_followers(self._cell(line, "count"), self._followers_head)
        if count is None:
            raise ValueError("缺少粉丝数")
        line.values = (line.number, line.account, line.key, count)

    def _has(self, line: Line, name: str) -> bool:
        cell = self._cell(line, name)
        return bool(cell) and cell.casefold() not in NOTHING

    def _moment(self, line: Line, name: str, label: str, *, to_the_minute: bool = False) -> datetime:
        """An aware moment that is not ahead of the clock. Raises ValueError."""
        text = self._cell(line, name)
        if not text or text in SILENT:
            raise ValueError(f"缺少{label}")
        moment, day_only = read_moment(text, label)
        if moment > self._now:
            raise ValueError(f"{label}“{text}”晚于现在")
        if moment < EARLIEST:
            raise ValueError(f"{label}“{text}”早于 {EARLIEST.year} 年，请核对年份")
        if day_only and to_the_minute:  # 24 hours are counted from it
            raise ValueError(f"{label}“{text}”没有写到几时几分")
        if self.latest is None or moment > self.latest:
            self.latest = moment
        return moment

    def _external(self, line: Line) -> str:
        text = self._cell(line, "external")
        if not text or text in NOTHING:
            raise ValueError("缺少外部编号（平台上的作品或留言编号）")
        if not (text.isascii() and text.isprintable()):
            text = _shown(unicodedata.normalize("NFKC", text))
        if len(text) > MAX_EXTERNAL:
            raise ValueError(f"外部编号过长，不能超过 {MAX_EXTERNAL} 个字")
        if ("+" in text or "E" in text or "e" in text) and _LOST_DIGITS.fullmatch(text):
            raise ValueError(f"外部编号“{text}”被当作数字保存，末几位已丢失，请把单元格设为文本后重新填写")
        return text

    def _beside_the_stored(self, lines: Sequence[Line]) -> None:
        """`asked_at` never changes; whether the content is new can only be told here, where it can be read."""
        good = [line for line in lines if line.values and not line.problem]
        stored = {
            (account, external): (asked_at, body)
            for account, external, asked_at, body in Message.objects.filter(
                account__in={line.account for line in good}, external_id__in=[line.key for line in good]
            ).values_list("account", "external_id", "asked_at", "body")
        }
        for line in good:
            number, account, external, kind, body, _, at, reply, due = line.values
            asked_at, content = stored.get((line.account, line.key), (at, ""))
            if asked_at != at:
                shown = f"{asked_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
                line.problem = f"留言时间与已登记的（{shown}）不一致；留言时间不能更改"
            line.values = (number, account, external, kind, body, bool(body) and body != content, at, reply, due)


def read_moment(text: str, label: str = "日期") -> tuple[datetime, bool]:
    """A Shanghai moment as it is written, and whether it is a bare day (its 00:00). Raises ValueError."""
    if len(text) >= 16 and text[10] in " T" and text[4] == "-":
        try:
            moment = datetime.fromisoformat(text)
            return (moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)), False
        except (ValueError, OverflowError):
            pass  # perhaps written otherwise
    match = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        raise ValueError(f"{label}“{text}”看不懂，请写成 2026-11-24 14:05 的样子")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[: _ZONE - 1])
    zone = match[_ZONE]
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)
        if zone and match[4]:
            offset = zone.replace(":", "") if zone not in "Zz" else "+0000"
            moment = datetime.strptime(f"{moment:%Y-%m-%d %H:%M:%S}{offset}", "%Y-%m-%d %H:%M:%S%z")
        return moment.astimezone(SHANGHAI), match[4] is None
    except (ValueError, OverflowError):
        raise ValueError(f"{label}“{text}”不是有效的时间") from None


def read_known_until(text: str, now: datetime) -> datetime:
    """数据截至 as it is written: a moment, or a day (24:00 of it; today: now). Raises ValueError with a sentence."""
    day = parse_day(text)
    if day is not None:
        moment = now if day == day_of(now) else start_of(day + timedelta(days=1))
    else:
        moment, day_only = read_moment(text.strip(), "数据截至")
        if day_only:
            return read_known_until(moment.date().isoformat(), now)
    if moment > now:
        raise ValueError("数据截至不能晚于现在")
    if moment < EARLIEST:
        raise ValueError(f"数据截至不能早于 {EARLIEST.year} 年，请核对年份")
    return moment


def _yes_or_no(text: str) -> str:
    word = unicodedata.normalize("NFKC", text).casefold()
    if word in _YES:
        return "是"
    if word in _NO:
        return "否"
    if word in NOTHING:
        return ""
    raise ValueError(f"是否原创写的是“{text}”，请写是或否")


def _shown(text: str, width: int | None = None) -> str:
    """Without characters that are not seen; line breaks become spaces; cut with … where it is too long."""
    plain = " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())
    return plain if width is None or len(plain) <= width else plain[: width - 1] + "…"
