"""`record_receipts FILE`: the answers of the systems above, a row each."""

import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

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
        if target is not None and not _writable(target, path):
            raise Refused("--rejected 须是一个可写的 .xlsx 文件，且不是回执表本身。")
        done = record(path, by=self.user(options), now=db_now())
        if target is not None:
            _keep(done, target)
        if len(done.rejected) == done.read:
            first = done.rejected[0]
            raise Refused(f"{done.read}行回执都没有登记。第{first.row.number}行：{first.reason}")
        return str(done)


def _writable(target: Path, source: Path) -> bool:
    """Asked before anything is recorded: the rows' transactions cannot be taken back afterwards."""
    return target.suffix.lower() == ".xlsx" and target.parent.is_dir() and target.resolve() != source.resolve()


def _keep(done: Recorded, target: Path) -> None:
    content = io.BytesIO()
    write_rejected(done, content)
    target.write_bytes(content.getvalue())
