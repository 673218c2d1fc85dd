"""One row of a file of activity, read: what its cells say in the portal's terms, or why it cannot be taken.

Written for 100,000 rows: what offices' programs export goes a short way, anything else the long one.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, cast

from accounts import rules
from accounts.activity_accounts import AccountIndex, Unknown
from accounts.activity_heads import COLUMNS, ActivityKind
from accounts.activity_spool import Spool
from accounts.models import Message, MessageKind
from accounts.recorded import EARLIEST
from accounts.register_rows import NOTHING, read_followers
from zhonglou_media.core.clock import SHANGHAI, day_of, parse_day, start_of
from zhonglou_media.core.tables_in import head_key
from zhonglou_media.core.tables_stream import Numbered, Rows

K = ActivityKind
_BESIDE = frozenset(map(head_key, ("序号", "备注", "账号类型", "平台类型", "区县", "主办单位")))  # tell no activity
SILENT = NOTHING | {"本期无发布", "本期无留言", "无发布", "无留言"}
_BLANK = SILENT | {""}
MAX_EXTERNAL, MAX_TITLE, MAX_URL, MAX_BODY = 128, 200, 500, 5000
_WHO = ("platform", "name", "uid")
_YES = frozenset(("是", "原创", "y", "yes", "1", "true", "√", "✓"))
_NO = frozenset(("否", "非原创", "转载", "n", "no", "0", "false", "×", "✗"))
_FLAGS = {"": "", "是": "1", "否": "0"}
KINDS = {word: kind.value for kind in MessageKind for word in (kind.value, kind.label, f"{kind.label}类")}
AHEAD = "数据截至不能晚于现在"
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+?\d+")  # a long number that Excel kept as 1.23457E+17
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[Tt\s]\s*(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*分?(?::?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?"
    r"\s*(Z|z|[+-]\d{2}:?\d{2})?"
)
_ZONE = 7
_EARLIEST = EARLIEST.replace(tzinfo=None)
_HASH_BITS = 40  # an int, not a tuple: there are 200,000
_HASH = (1 << _HASH_BITS) - 1
_LINK = re.compile(r"https?://[^\s/]", re.IGNORECASE)


@dataclass(slots=True)
class Line:
    """A row as read: its `row` for the spool, or the `problem`; `accounts` it names or may have meant."""

    number: int
    cells: list[str]
    accounts: tuple[int, ...] = ()
    problem: str = ""
    unknown: Unknown | None = None  # a name that the register has not
    silent: bool = False  # 本期无发布
    repeated: bool = False  # refused for being there before, the same in all values
    key: str = ""
    row: str = ""
    values: tuple[Any, ...] = ()  # what the row says under its key

    @property
    def account(self) -> int:
        """The one it means; 0 where that is not known."""
        return self.accounts[0] if self.accounts else 0


class Reader:
    """Reads the rows of one file; knows what came before in it."""

    def __init__(self, rows: Rows, kind: ActivityKind, accounts: AccountIndex, spool: Spool, now: datetime) -> None:
        self._kind, self._accounts, self._spool, self._now = kind, accounts, spool, _local(now)
        self._seen: dict[int, dict[str, int]] = {}  # by account and key: the row's number and a hash of its values
        own = [column.name for column in COLUMNS[kind]]
        self.who = _picker(rows, _WHO)
        self._what = _picker(rows, own[own.index("uid") + 1 :] + [name for name in own if name == "external"])
        self._parse: Callable[..., None] = getattr(self, f"_{kind.value}")
        beside = {index for index, head in enumerate(rows.heads) if head_key(head) in _BESIDE}
        self._beside = beside | {rows.columns[name] for name in ("unit", *_WHO) if name in rows.columns}
        self._followers_head = rows.heads[rows.columns["count"]] if "count" in rows.columns else ""
        self._latest = _EARLIEST

    @property
    def latest(self) -> datetime | None:
        """The latest time in the file, so far."""
        return self._latest.replace(tzinfo=SHANGHAI) if self._latest > _EARLIEST else None

    def read(self, batch: Sequence[Numbered]) -> list[Line]:
        """The rows of a batch, judged in their order."""
        lines = []
        for number, cells in batch:
            named = self._accounts.find(self.who(cells))
            line = Line(number, cells, named.accounts, named.problem, named.unknown)
            what = self._what(cells)
            try:
                if what[-1].strip() in _BLANK and self._is_silent(cells):
                    line.silent = not line.problem
                else:
                    self._parse(line, *map(str.strip, what))
                    if not line.problem:
                        self._once(line)
            except ValueError as problem:
                line.problem = f"{line.problem}；{problem}" if line.problem else str(problem)
            lines.append(line)
        if self._kind == K.MESSAGES:
            self._finish_messages([line for line in lines if line.values and not line.problem])
        return lines

    def _is_silent(self, cells: Sequence[str]) -> bool:
        """Whether the row names an account and nothing else."""
        rest = (cell.strip() for index, cell in enumerate(cells) if index not in self._beside)
        return all(not cell or cell.casefold() in SILENT for cell in rest)

    def _once(self, line: Line) -> None:
        """Raise ValueError where the account has the key already; one that says otherwise may be another fact."""
        said = hash(line.values) & _HASH
        earlier = self._seen.setdefault(line.account, {}).setdefault(line.key, line.number << _HASH_BITS | said)
        if (number := earlier >> _HASH_BITS) != line.number:
            line.repeated = earlier & _HASH == said
            what = f"{line.key} 的粉丝数" if self._kind == K.FOLLOWERS else f"外部编号“{line.key}”"
            what_to_do = "请只留一行" if line.repeated else "且内容不同，请核对后只留一行"
            raise ValueError(f"该账号的{what}在第 {number} 行已有，{what_to_do}")

    # --- each kind: its cells in the order of COLUMNS, the external id last ------------------------------------------

    def _publications(self, line: Line, title: str, url: str, at: str, original: str, external: str) -> None:
        moment = self._moment(at, "发布时间")
        line.key = _external(external)
        if len(title) > MAX_TITLE or not title.isprintable():
            title = _shown(title, MAX_TITLE)
        if url and (len(url) > MAX_URL or not url.isprintable() or not _LINK.match(url)):
            url = ""  # it is shown to be clicked
        flag = _FLAGS.get(original)
        if flag is None:
            flag = _yes_or_no(original)
        line.values = (title, url, moment, flag)
        line.row = f"{line.number}\t{line.account}\t{line.key}\t{title}\t{url}\t{self._spool.moment(moment)}\t{flag}"

    def _messages(self, line: Line, word: str, body: str, at: str, reply: str, external: str) -> None:
        moment = self._moment(at, "留言时间", to_the_minute=True)
        line.key = _external(external)
        kind = KINDS.get(word) or KINDS.get(unicodedata.normalize("NFKC", word).casefold())
        if kind is None:
            allowed = "、".join(MessageKind.labels)
            raise ValueError(f"{f'不认识类型“{word}”' if word else '没有写明类型'}，请写{allowed}中的一个")
        replied = None
        if reply and reply.casefold() not in NOTHING:
            replied = self._moment(reply, "回复时间", to_the_minute=True)
            if replied < moment:
                # 10:00 to a question of 10:00:30: a platform that writes no seconds means the same minute.
                if replied.second or replied.replace(second=59, microsecond=999999) < moment:
                    raise ValueError("回复时间早于留言时间，请核对")
                replied = moment
        if len(body) > MAX_BODY or "\x00" in body:
            raise ValueError(f"内容过长，不能超过 {MAX_BODY} 个字")
        line.values = (kind, body, moment, replied)

    def _finish_messages(self, lines: Sequence[Line]) -> None:
        """`asked_at` never changes; and whether the content is new can only be told here, where it can be read."""
        stored = {
            (account, external): (_local(asked_at), body)
            for account, external, asked_at, body in Message.objects.filter(
                account__in={line.account for line in lines}, external_id__in=[line.key for line in lines]
            ).values_list("account", "external_id", "asked_at", "body")
        }
        text = self._spool.moment
        for line in lines:
            kind, body, at, reply = line.values
            asked_at, content = stored.get((line.account, line.key), (at, ""))
            if asked_at != at:
                line.problem = f"留言时间与已登记的（{asked_at:%Y-%m-%d %H:%M:%S}）不一致；留言时间不能更改"
                continue
            is_new = int(bool(body) and body != content)
            sealed = self._spool.sealed(body) if is_new else ""
            due = rules.reply_due(kind, at)
            times = f"{text(at)}\t{text(reply) if reply else ''}\t{text(due) if due else ''}"
            line.row = f"{line.number}\t{line.account}\t{line.key}\t{kind}\t{sealed}\t{is_new}\t{times}"

    def _followers(self, line: Line, at: str, count: str) -> None:
        if not at or at in SILENT:
            raise ValueError("缺少日期")
        day = _read_local(at, "日期")[0].date()
        if day > self._now.date():
            raise ValueError(f"日期“{at}”晚于今天")
        if day < EARLIEST.date():
            raise ValueError(f"日期“{at}”早于 {EARLIEST.year} 年，请核对年份")
        line.key = day.isoformat()
        try:
            number = read_followers(count, self._followers_head)
        except ValueError as problem:
            raise ValueError(str(problem).replace(f"“{count}”不是数字", f"“{count}”不对，应是不小于 0 的数")) from None
        if number is None:
            raise ValueError("缺少粉丝数")
        line.values = (number,)
        line.row = f"{line.number}\t{line.account}\t{line.key}\t{number}"

    def _moment(self, text: str, label: str, *, to_the_minute: bool = False) -> datetime:
        """A Shanghai moment (without its zone) that is not ahead of the clock. Raises ValueError."""
        if not text or text in SILENT:
            raise ValueError(f"缺少{label}")
        moment, day_only = _read_local(text, label)
        if moment > self._now:
            raise ValueError(f"{label}“{text}”晚于现在")
        if moment < _EARLIEST:
            raise ValueError(f"{label}“{text}”早于 {EARLIEST.year} 年，请核对年份")
        if day_only and to_the_minute:  # 24 hours are counted from it
            raise ValueError(f"{label}“{text}”没有写到几时几分")
        if moment > self._latest:
            self._latest = moment
        return moment


def _picker(rows: Rows, names: Sequence[str]) -> Callable[[list[str]], tuple[str, ...]]:
    """Takes the cells of these columns from a row; '' for a column that the file has not."""
    indexes = [rows.columns.get(name) for name in names]
    if None in indexes or len(indexes) == 1:
        return lambda cells: tuple("" if index is None else cells[index] for index in indexes)
    return itemgetter(*cast("list[int]", indexes))


def _external(text: str) -> str:
    if not text or text in NOTHING:
        raise ValueError("缺少外部编号（平台上的作品或留言编号）")
    if not (text.isascii() and text.isprintable()):
        text = _shown(unicodedata.normalize("NFKC", text))
    if len(text) > MAX_EXTERNAL:
        raise ValueError(f"外部编号过长，不能超过 {MAX_EXTERNAL} 个字")
    if ("E" in text or "e" in text) and _LOST_DIGITS.fullmatch(text):
        raise ValueError(f"外部编号“{text}”被当作数字保存，末几位已丢失，请把单元格设为文本后重新填写")
    return text


def read_moment(text: str, label: str = "日期") -> tuple[datetime, bool]:
    """A moment as it is written, and whether it is a bare day (its 00:00). Raises ValueError."""
    local, day_only = _read_local(text, label)
    return local.replace(tzinfo=SHANGHAI), day_only


def _local(moment: datetime) -> datetime:
    """The time on a clock in Shanghai: these compare and print several times faster than aware ones."""
    return moment.astimezone(SHANGHAI).replace(tzinfo=None)


def _read_local(text: str, label: str) -> tuple[datetime, bool]:
    """`read_moment` as a `_local` one."""
    if len(text) >= 16 and text[10] in " T" and text[4] == "-":
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo is None else _local(moment)), False
        except (ValueError, OverflowError):
            pass  # perhaps written otherwise
    match = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        raise ValueError(f"{label}“{text}”看不懂，请写成 2026-11-24 14:05 的样子")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[: _ZONE - 1])
    zone = match[_ZONE]
    try:
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- local
        if zone and match[4]:
            offset = zone.replace(":", "") if zone not in "Zz" else "+0000"
            moment = _local(datetime.strptime(f"{moment}{offset}", "%Y-%m-%d %H:%M:%S%z"))
        return moment, match[4] is None
    except (ValueError, OverflowError):
        raise ValueError(f"{label}“{text}”不是有效的时间") from None


def read_known_until(text: str, now: datetime) -> datetime:
    """数据截至 as it is written: a moment, or a day (24:00 of it; today: now). Raises ValueError with a sentence."""
    day = parse_day(text)
    if day is not None and day > day_of(now):
        raise ValueError(AHEAD)
    if day is not None:
        moment = now if day == day_of(now) else start_of(day + timedelta(days=1))
    else:
        moment, day_only = read_moment(text.strip(), "数据截至")
        if day_only:
            return read_known_until(moment.date().isoformat(), now)
    if moment > now:
        raise ValueError(AHEAD)
    if moment < EARLIEST:
        raise ValueError(f"数据截至不能早于 {EARLIEST.year} 年，请核对年份")
    return moment


def _yes_or_no(text: str) -> str:
    word = unicodedata.normalize("NFKC", text).casefold()
    if word in _YES:
        return "1"
    if word in _NO:
        return "0"
    if word in NOTHING:
        return ""
    raise ValueError(f"是否原创“{text}”看不懂，请写是或否")


def _shown(text: str, width: int | None = None) -> str:
    """Without characters that are not seen; line breaks become spaces; cut with … where it is too long."""
    plain = " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())
    return plain if width is None or len(plain) <= width else plain[: width - 1] + "…"
