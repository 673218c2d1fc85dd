"""Where an import keeps what it has read until all of it is read: two files without a name, so memory stays small."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from django.db import connection

from accounts.activity_accounts import Unknown
from zhonglou_media.core.sealed import seal, unseal
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

_AHEAD = timedelta(hours=8)  # Shanghai's, all through the years that are taken


class Spool:
    """Rows for the database as COPY reads a text, and the refused ones with their cells and reasons."""

    def __init__(self) -> None:
        self.rows: IO[bytes] = tempfile.TemporaryFile(prefix="activity-")  # noqa: SIM115 -- closed by __exit__
        self._refused: IO[str] = tempfile.TemporaryFile("w+", prefix="refused-", encoding="utf-8")  # noqa: SIM115
        self._width = 0
        self._postgres = connection.vendor == "postgresql"

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.rows.close()
        self._refused.close()

    def add(self, rows: Sequence[str]) -> None:
        """Rows whose values, separated by tabs, stand in the order of the table they are for; '' is NULL.

        No value holds a tab or a line break; times and sealed texts are as given by the two below.
        """
        if rows:
            text = "\n".join(rows) + "\n"
            self.rows.write(text.replace("\\", "\\\\").encode())

    def moment(self, local: datetime) -> str:
        """A Shanghai moment without its zone as the database reads it; SQLite keeps and compares these as texts."""
        return f"{local}+08" if self._postgres else str(local - _AHEAD)

    def read_moment(self, text: str) -> datetime:
        """What `moment` was given, with its zone."""
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def sealed(self, text: str) -> str:
        """A text, sealed, in hexadecimal digits."""
        return ("\\x" if self._postgres else "") + seal(text).hex()

    def unsealed(self, sealed: str) -> str:
        """What `sealed` was given."""
        return unseal(bytes.fromhex(sealed.removeprefix("\\x")))

    def refuse(self, number: int, cells: list[str], reason: str, unknown: Unknown | None = None) -> None:
        """A row that is not taken; `unknown`: a name that the notes of `workbook` may say more of."""
        self._width = max(self._width, len(cells))
        self._refused.write(json.dumps([number, cells, reason, unknown], ensure_ascii=False) + "\n")

    def ready(self) -> IO[bytes]:
        """The rows, from the first one on."""
        self.rows.seek(0)
        return self.rows

    def read(self) -> Iterator[list[str]]:
        """The values of each row, as they were given to `add`; '' is NULL."""
        for line in self.ready():
            yield line.decode().rstrip("\n").replace("\\\\", "\\").split("\t")

    def workbook(self, heads: list[str], target: Path | IO[bytes], notes: Mapping[Unknown, str]) -> None:
        """The refused rows as they were, each with its row number and reason, to correct and import again."""
        width = max(self._width, len(heads))
        named = ["原行号", *heads, *[""] * (width - len(heads)), "未导入的原因"]
        write_xlsx(target, [SheetOut("未导入的行", named, self._refusals(width, notes))])

    def _refusals(self, width: int, notes: Mapping[Unknown, str]) -> Iterator[list[Any]]:
        self._refused.seek(0)
        for line in self._refused:
            number, cells, reason, unknown = json.loads(line)
            note = notes.get(tuple(unknown), "") if unknown else ""
            yield [number, *cells, *[""] * (width - len(cells)), reason + note]
