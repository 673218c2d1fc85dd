"""Reads one xlsx in a process of its own with limits and prints its visible sheets as JSON.

`python -I xlsx_child.py FILE ROWS COLUMNS MEGABYTES SECONDS [HEADS]`: `tables_in` runs it, with HEADS `tables_stream`;
then it prints the first HEADS rows of each sheet in one line, reads a sheet's index from stdin, and prints that sheet,
a row a line. Exit 3: more rows or columns than allowed; 4: unreadable.
A hostile workbook can make a parser eat all memory or time: here the kernel stops it, not the web server.
"""

import io
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

MAX_CHARACTERS, MAX_LINE = 20_000_000, 1_000_000
HEADS = 6  # where its argument stands
TOO_LARGE, UNREADABLE = 3, 4
# How a workbook writes what XML cannot hold: a carriage return of a text typed in a browser, and the mark itself.
ESCAPED = re.compile(r"_x(0009|000[AaDd]|005[Ff])_")


def text(value: object) -> str:
    """A cell as text: whole numbers without a point, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return ESCAPED.sub(lambda code: chr(int(code[1], 16)), str(value))


def read(path: str, max_rows: int, max_columns: int) -> list[tuple[str, list[list[str]]]]:
    """(title, rows) of each visible sheet; cells behind the last filled one of a row are left out."""
    import openpyxl

    content = io.BytesIO(Path(path).read_bytes())  # openpyxl refuses a path whose name does not end in .xlsx
    book = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
    sheets, characters = [], 0
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()  # what the file says of its own size may be wrong
        rows: list[list[str]] = []
        for cells in sheet.iter_rows(max_row=max_rows + 1, max_col=max_columns + 1, values_only=True):
            row = [text(value) for value in cells]
            while row and not row[-1]:
                row.pop()
            characters += sum(map(len, row))
            rows.append(row)
            if len(row) > max_columns or characters > MAX_CHARACTERS:
                sys.exit(TOO_LARGE)
        while rows and not rows[-1]:
            rows.pop()
        if len(rows) > max_rows:
            sys.exit(TOO_LARGE)
        sheets.append((sheet.title, rows))
    return sheets


def stream(path: str, max_rows: int, max_columns: int, heads: int) -> None:
    """Print the heads of the visible sheets, then the rows of the one that is asked for, one at a time."""
    import openpyxl

    with Path(path).open("rb") as content:
        book = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            sheet.reset_dimensions()
        put([(sheet.title, list(islice(rows_of(sheet, max_columns), heads))) for sheet in sheets])
        sys.stdout.flush()
        chosen = sys.stdin.readline()
        if not chosen:
            return
        for number, row in enumerate(rows_of(sheets[int(chosen)], max_columns), 1):
            if number > max_rows:
                sys.exit(TOO_LARGE)
            put(row)


def rows_of(sheet: Any, max_columns: int) -> Iterator[list[str]]:
    """The rows of a sheet as text, without the empty cells behind."""
    for cells in sheet.iter_rows(max_col=max_columns + 1):
        row = [moment(cell) if cell.is_date else text(cell.value) for cell in cells]
        while row and not row[-1]:
            row.pop()
        if len(row) > max_columns or sum(map(len, row)) > MAX_LINE:
            sys.exit(TOO_LARGE)
        yield row


def moment(cell: Any) -> str:
    """A day or a moment by the cell's format: midnight is a time of day where hours are shown."""
    value = cell.value
    if isinstance(value, datetime) and "h" in cell.number_format.lower():
        return value.isoformat(" ", "seconds")
    return text(value)


def put(value: object) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def main() -> None:
    """Set the limits first, then read; pages that people wait for go before it."""
    os.nice(10)
    path, rows, columns, megabytes, seconds = sys.argv[1], *map(int, sys.argv[2:6])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(10 * seconds)  # nobody waits for ever
    try:
        if len(sys.argv) > HEADS:
            stream(path, rows, columns, int(sys.argv[HEADS]))
            return
        sheets = read(path, rows, columns)
    except Exception:  # whatever a parser says of a broken file, it is a broken file
        sys.exit(UNREADABLE)
    json.dump(sheets, sys.stdout, ensure_ascii=True, separators=(",", ":"))


if __name__ == "__main__":
    main()
