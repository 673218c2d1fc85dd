"""Their list as it was uploaded: where its heads are, what its columns mean, and each row in the portal's terms."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accounts.models import Platform
from zhonglou_media.core import files, tables_stream
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import File, Job
from zhonglou_media.core.tables_in import HEADER_WITHIN, MAX_COLUMNS, Sheet, as_file, head_key
from zhonglou_media.core.tables_stream import Found, Limits

from . import fields, values

ALIVE, CLOSED, SKIP = "alive", "closed", "skip"
STATES = {ALIVE: "正常", CLOSED: "已关停", SKIP: "不比对"}
MAX_STATES, MAX_STATE = 30, 60  # more ways to write it, or longer ones, and the column is no state
MAX_ROWS = 60_000  # a province has them
HEAD, EXAMPLE = 200, 60  # characters that are kept
LARGE = (
    f"清单超过 {MAX_ROWS:,} 行或 {MAX_COLUMNS} 列（可能是对整行、整列设了格式），请删去表格以外的行列后重试。"
    "清单须一次传完整，缺的行会被当作对方没有。"
)
LIMITS = Limits(
    rows=MAX_ROWS + HEADER_WITHIN,
    csv=40 << 20,
    xlsx=20 << 20,
    unpacked=400 << 20,
    large=LARGE,
    heavy="清单超过 {} MB，请删去不用的列后重试，行不要删。",
)
_ENDED = ("关停", "关闭", "注销", "停用", "停更", "停止", "已停", "迁移", "失效", "作废", "撤销")
_LIVES = ("正常", "运行", "运营", "在用", "启用", "有效", "已备案", "活跃")


@dataclass(frozen=True)
class Listing:
    """What is known of a list without its rows: its heads (each once: a nameless or second one by its place), how many
    rows, an example of each column, and what the columns hold that may be a state.
    """

    heads: list[str]
    rows: int
    examples: dict[str, str]
    said: dict[str, dict[str, int]]

    def example(self, head: str) -> str:
        """The first value of a column."""
        return self.examples.get(head, "")

    def words(self, head: str) -> dict[str, int]:
        """What a column holds, and how often. Raises Refused where it holds too much to be a state."""
        place = index(self.heads, head)
        if place is None:
            return {}
        if self.heads[place] not in self.said:
            raise Refused(f"“{head}”一列的写法超过 {MAX_STATES} 种或过长，不像是状态，请另选一列，或选不比对。")
        return self.said[self.heads[place]]

    @property
    def params(self) -> dict[str, Any]:
        """As a job keeps it, so that nobody reads the file again to know."""
        return {"heads": self.heads, "list": {"rows": self.rows, "examples": self.examples, "said": self.said}}


def index(heads: Sequence[str], head: str) -> int | None:
    """The place of a column by its head, however its width and spaces are written now."""
    if head in heads:
        return heads.index(head)
    return next((i for i, one in enumerate(heads) if head_key(one) == head_key(head)), None)


@dataclass(slots=True)
class Theirs:
    """One row: what it is known by and what it says; `problem` is why it cannot be compared."""

    number: int
    values: dict[str, str]
    platform: Platform | None = None
    name: str = ""
    uid: str = ""
    link: str = ""
    state: str = ALIVE
    notes: list[str] = field(default_factory=list)
    problem: str = ""

    def says(self, name: str) -> str:
        return self.values.get(name, "")


def of_job(job: Job) -> Listing:
    """The list of a job. Raises Refused where it has none."""
    if job.source is None:
        raise Refused("没有上传的清单，请重新提交。")
    if "list" in job.params:
        return Listing(job.params["heads"], **job.params["list"])
    return stored(job.source)


def stored(file: File) -> Listing:
    """The list of a kept file, read through. Raises Refused."""
    with files.open_file(file) as content, as_file(content) as path:
        return read(path)


def read(path: Path) -> Listing:
    """Read a file through once; of its rows nothing is kept. Raises Refused."""
    found = tables_stream.open_below(path, _choose, LIMITS)
    rows, width = 0, len(found.heads)
    examples: dict[int, str] = {}
    said: list[dict[str, int] | None] = [{} for _ in range(MAX_COLUMNS)]
    for _, cells in found:
        rows, width = rows + 1, max(width, len(cells))
        if rows > MAX_ROWS:
            raise Refused(LARGE)
        for place, cell in enumerate(map(str.strip, cells)):
            if cell and place not in examples:
                examples[place] = cell[:EXAMPLE]
            if (words := said[place]) is not None:
                words[cell] = words.get(cell, 0) + 1
                if len(words) > MAX_STATES or len(cell) > MAX_STATE:
                    said[place] = None
    if not rows:
        raise Refused("表头下面没有账号，没有什么可核对的。")
    heads = _once(found.heads, width)
    for words in filter(None, said):  # rows that end before the column are blank there
        if short := rows - sum(words.values()):
            words[""] = words.get("", 0) + short
    return Listing(
        heads,
        rows,
        {heads[place]: example for place, example in examples.items()},
        {
            head: words
            for head, words in zip(heads, said, strict=False)
            if words is not None and len(words) <= MAX_STATES
        },
    )


def _choose(sheets: list[Sheet]) -> Found:
    """The sheet with known heads, else below the widest row of the first. Raises Refused."""
    filled = [place for place, sheet in enumerate(sheets) if any(map(any, sheet.rows))]
    if not filled:
        raise Refused("文件里没有内容。")
    found = [(place, row) for place in filled for row in [_header(sheets[place])] if row is not None]
    if len(found) > 1:
        titles = "、".join(f"“{sheets[place].title}”" for place, _ in found)
        raise Refused(f"工作簿里有几张表都有表头（{titles}），请合成一张后重试。")
    place, row = found[0] if found else (filled[0], _widest(sheets[filled[0]]))
    return Found(place, row + 1, sheets[place].rows[row], {})


def _header(sheet: Sheet) -> int | None:
    """The first row whose heads say most, the name of the account among them; titles may stand above it."""
    best, most = None, 1
    for place, row in enumerate(sheet.rows[:HEADER_WITHIN]):
        guessed = fields.guess([cell for cell in row if cell.strip() and len(cell) <= 40])
        if fields.NAME.name in guessed and len(guessed) > most:
            best, most = place, len(guessed)
    return best


def _widest(sheet: Sheet) -> int:
    filled = [sum(bool(cell.strip()) for cell in row) for row in sheet.rows[:HEADER_WITHIN]]
    return filled.index(max(filled))


def _once(row: Sequence[str], width: int) -> list[str]:
    heads: list[str] = []
    for place in range(width):
        head = " ".join(row[place].split())[:HEAD] if place < len(row) else ""
        if not head:
            head = f"第 {place + 1} 列"
        elif head in heads:
            head = f"{head}（第 {place + 1} 列）"
        heads.append(head)
    return heads


def guess_state(word: str) -> str:
    """What a word for a state most likely means; '' where a person must say it."""
    if not word:
        return SKIP
    if word.startswith("拟"):
        return ALIVE  # 拟关停: still there
    if any(part in word for part in _ENDED):
        return CLOSED
    return ALIVE if any(part in word for part in _LIVES) else ""


def rows_of(
    file: File,
    heads: Sequence[str],
    columns: Mapping[str, str],
    states: Mapping[str, str],
    words: values.Words,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Theirs]:
    """Each row read; those without a platform that is known, or without a name, say so in `problem`. Raises Refused."""
    places = {name: place for name, head in columns.items() if (place := index(heads, head)) is not None}
    found = []
    with files.open_file(file) as content, as_file(content) as path:
        for done, (number, cells) in enumerate(tables_stream.open_below(path, _choose, LIMITS), 1):
            # Rows are as long as they are filled: a column without a head may be behind their end.
            said = {name: cells[place] for name, place in places.items() if place < len(cells)}
            found.append(_row(number, {**dict.fromkeys(places, ""), **said}, states, words))
            if done % 500 == 0:
                progress(done)
    return found


def _row(number: int, cells: dict[str, str], states: Mapping[str, str], words: values.Words) -> Theirs:
    # What is blank is left out, and the same words are kept once: a list may have tens of thousands of rows.
    said = {name: sys.intern(value) for name, cell in cells.items() if (value := values.value_of(cell))}
    if "state" in cells:
        said["state"] = cells["state"].strip()
    name = said.get("name", "")
    platform, notes, problem = words.platform(cells.get("platform", ""))
    if not name or not values.plain(name):
        problem = "、".join(part for part in ("账号名称空着", problem) if part)
    return Theirs(
        number,
        said,
        platform=platform,
        name=name,
        uid=values.uid_key(said.get("uid", "")),
        link=values.link_of(said.get("link", "")),
        state=states.get(said["state"], SKIP) if "state" in said else ALIVE,
        notes=notes,
        problem=problem,
    )
