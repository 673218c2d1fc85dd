"""Reads one xlsx in a process of its own with limits and prints its visible sheets as JSON; run by `tables_in` only.

`python -I xlsx_child.py FILE ROWS COLUMNS MEGABYTES SECONDS`. Exit 3: more rows or columns than allowed; 4: unreadable.
A hostile workbook can make a parser eat all memory or time: here the kernel stops it, not the web server.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

MAX_CHARACTERS = 20_000_000
TOO_LARGE, UNREADABLE = 3, 4


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
    return str(value)


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


def main() -> None:
    """Set the limits first, then read."""
    path, rows, columns, megabytes, seconds = sys.argv[1], *map(int, sys.argv[2:6])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sheets = read(path, rows, columns)
    except Exception:  # whatever a parser says of a broken file, it is a broken file
        sys.exit(UNREADABLE)
    json.dump(sheets, sys.stdout, ensure_ascii=True, separators=(",", ":"))


if __name__ == "__main__":
    main()
