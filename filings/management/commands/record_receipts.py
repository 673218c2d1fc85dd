"""`record_receipts FILE`: the answers of the systems above, a row each."""

import errno
import os
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filings.receipts_in import Recorded, record, write_rejected
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "登记上级系统的回执（.xlsx 或 .csv：备案编号、系统、结果、编号、日期、原因）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="回执表")
        parser.add_argument("--rejected", metavar="OUT.xlsx", default=None, help="把没有登记的行写到这个工作簿")
        self.add_as(parser)

    def run(self, **options: Any) -> str:
        path = Path(options["file"])
        target = Path(options["rejected"]) if options["rejected"] is not None else None
        if target is None:
            return self._report(self._record(path, options))
        if target.suffix.lower() != ".xlsx" or target.resolve() == path.resolve():
            raise Refused("--rejected 须是 .xlsx 文件，且不是回执表本身。")
        with _opened_aside(target) as file:
            done = self._record(path, options)
            write_rejected(done, file)
        return self._report(done)

    def _record(self, path: Path, options: dict[str, Any]) -> Recorded:
        return record(path, by=self.user(options), now=db_now())

    @staticmethod
    def _report(done: Recorded) -> str:
        if len(done.rejected) == done.read:
            first = done.rejected[0]
            raise Refused(f"{done.read}行回执都没有登记。第{first.row.number}行：{first.reason}")
        return str(done)


@contextmanager
def _opened_aside(target: Path) -> Iterator[IO[bytes]]:
    """A file beside `target`, which takes its name at the end.

    Opened before anything is recorded: the rows' transactions cannot be taken back when the workbook has no place.
    Raises OSError that names `target`.
    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory", str(target))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "not writable", str(target))
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        file = aside.open("xb")
    except OSError as error:
        error.filename = str(target)  # the name its user knows
        raise
    try:
        with file:
            yield file
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
