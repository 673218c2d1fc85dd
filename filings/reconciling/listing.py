"""Their list as it was uploaded: where its heads are, what its columns mean, and each row in the portal's terms."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from accounts.models import Platform
from zhonglou_media.core import files
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import File
from zhonglou_media.core.tables_in import HEADER_WITHIN, Sheet, counts, head_key, read_table

from . import fields, values

ALIVE, CLOSED, SKIP = "alive", "closed", "skip"
STATES = {ALIVE: "正常", CLOSED: "已关停", SKIP: "不比对"}
MAX_STATES = 30  # more ways to write it, and the column is no state
_ENDED = ("关停", "关闭", "注销", "停用", "停更", "停止", "已停", "迁移", "失效", "作废", "撤销")
_LIVES = ("正常", "运行", "运营", "在用", "启用", "有效", "已备案", "活跃")


@dataclass(frozen=True)
class Listing:
    """The table below its heads: each head once (a nameless or second one by its place), rows with their numbers."""

    heads: list[str]
    rows: list[tuple[int, list[str]]]

    def index(self, head: str) -> int | None:
        """The place of a column by its head, however its width and spaces are written now."""
        if head in self.heads:
            return self.heads.index(head)
        return next((i for i, one in enumerate(self.heads) if head_key(one) == head_key(head)), None)

    def example(self, head: str) -> str:
        """The first value of a column."""
        place = self.heads.index(head)
        return next((cells[place].strip() for _, cells in self.rows if cells[place].strip()), "")

    def words(self, head: str) -> Counter[str]:
        """What a column holds, and how often. Raises Refused where it holds too much to be a state."""
        place = self.index(head)
        found = Counter(cells[place].strip() for _, cells in self.rows) if place is not None else Counter[str]()
        if len(found) > MAX_STATES:
            raise Refused(f"“{head}”一列有 {len(found)} 种写法，不像是状态，请另选一列，或选不比对。")
        return found


@dataclass
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


@contextmanager
def as_file(content: IO[bytes]) -> Iterator[Path]:
    """A file with the content; the workbook's own parser insists on this ending, the reader goes by content."""
    with tempfile.NamedTemporaryFile(prefix="reconcile-", suffix=".xlsx") as copy:
        shutil.copyfileobj(content, copy)
        copy.flush()
        yield Path(copy.name)


def stored(file: File) -> Listing:
    """The list of a kept file. Raises Refused."""
    with files.open_file(file) as content, as_file(content) as path:
        return read(path)


def read(path: Path) -> Listing:
    """The list in a file: the sheet with known heads, else below the widest row of the first. Raises Refused."""
    sheets = [sheet for sheet in read_table(path).sheets if any(map(any, sheet.rows))]
    found = [(sheet, place) for sheet in sheets for place in [_header(sheet)] if place is not None]
    if len(found) > 1:
        titles = "、".join(f"“{sheet.title}”" for sheet, _ in found)
        raise Refused(f"工作簿里有几张表都有表头（{titles}），请合成一张后重试。")
    sheet, place = found[0] if found else (sheets[0], _widest(sheets[0]))
    heads = _once(sheet.rows[place], sheet.rows[place + 1 :])
    rows = [
        (number, [*cells, *[""] * (len(heads) - len(cells))])
        for number, cells in enumerate(sheet.rows[place + 1 :], place + 2)
        if counts(cells)
    ]
    if not rows:
        raise Refused("表头下面没有账号，没有什么可核对的。")
    return Listing(heads, rows)


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


def _once(row: Sequence[str], below: Sequence[Sequence[str]]) -> list[str]:
    width = max([len(row), *map(len, below)])
    heads: list[str] = []
    for place in range(width):
        head = " ".join(row[place].split()) if place < len(row) else ""
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
    listing: Listing,
    columns: Mapping[str, str],
    states: Mapping[str, str],
    words: values.Words,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Theirs]:
    """Each row read; those without a platform that is known, or without a name, say so in `problem`."""
    places = {name: place for name, head in columns.items() if (place := listing.index(head)) is not None}
    found = []
    for done, (number, cells) in enumerate(listing.rows, 1):
        found.append(_row(number, {name: cells[place] for name, place in places.items()}, states, words))
        if done % 500 == 0:
            progress(done)
    return found


def _row(number: int, cells: dict[str, str], states: Mapping[str, str], words: values.Words) -> Theirs:
    said = {name: values.value_of(cell) for name, cell in cells.items()}
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
