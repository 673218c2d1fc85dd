"""The form of 导出格式: columns typed as rows, moved, added and taken out by buttons that send it; nothing is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from filings.exporting import layouts
from filings.exporting.columns import Column

FIELDS = ("heading", "value", "codes", "place")
MAX_READ = 200  # rows of a post that are looked at; a layout has 64


@dataclass(frozen=True)
class Typed:
    """A column as it was typed; `codes` one a line: 说法=代码."""

    heading: str = ""
    value: str = "by_hand"
    codes: str = ""


def typed(columns: Iterable[Column]) -> list[Typed]:
    """Columns as the form shows them."""
    return [Typed(one.heading, one.value, "\n".join(f"{a}={b}" for a, b in one.codes.items())) for one in columns]


def read(post: QueryDict) -> list[Typed]:
    """The rows as typed, by the places given to them: one moved to a place stands before what was there, or, moved
    down, behind it."""
    lists = [post.getlist(name)[:MAX_READ] for name in FIELDS]
    rows = []
    for at, (heading, value, codes, place) in enumerate(zip(*lists, strict=False), 1):
        to = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else at
        moved = (to > at) - (to < at)
        rows.append(((to, moved), Typed(heading.strip(), value, codes.replace("\r\n", "\n").strip())))
    return [row for _, row in sorted(rows, key=lambda keyed: keyed[0])]


def done(rows: list[Typed], do: str) -> list[Typed]:
    """The rows after a button: add, or remove-N, up-N, down-N of the row at place N (as the page numbered it)."""
    verb, _, number = do.partition("-")
    rows = list(rows)
    at = int(number) - 1 if number.isascii() and number.isdigit() else -1
    if verb == "add":
        rows.append(Typed())
    elif 0 <= at < len(rows):
        to = at + {"up": -1, "down": 1}.get(verb, 0)
        if verb == "remove":
            del rows[at]
        elif 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
    return rows


def columns(rows: Iterable[Typed]) -> tuple[list[Column], list[tuple[int, str]]]:
    """The columns that the rows say, and what stands against them: place (0: all of them) and sentence."""
    made, wrong = [], []
    for place, row in enumerate(rows, 1):
        codes, said = _codes(row.codes)
        made.append(Column(row.heading, row.value, codes))
        wrong += [(place, f"第{place}列{one}") for one in said]
    return made, sorted([*wrong, *layouts.faults(made)])


def _codes(text: str) -> tuple[Mapping[str, str], list[str]]:
    codes: dict[str, str] = {}
    wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        said, there, code = line.replace("＝", "=", 1).partition("=")
        said, code = said.strip(), code.strip()
        if not line.strip():
            continue
        if not there or not said or not code:
            wrong.append(f"的代码第{number}行“{line.strip()[:20]}”没有写全，应为“说法=代码”。")
        elif said in codes:
            wrong.append(f"的代码里“{said[:20]}”写了两次。")
        else:
            codes[said] = code
    return codes, wrong
