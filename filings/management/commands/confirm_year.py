"""`confirm_year FILE`: take over the State Council's paper for a year and set the due times that waited for it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from filings import confirming
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused

MAX_BYTES = 1024 * 1024


class Command(PortalCommand):
    help = "确认一个年度的放假安排（JSON 文件：year、papers、days）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="放假安排文件")
        self.add_as(parser)

    def run(self, **options: Any) -> str:
        data = read_json(Path(options["file"]))
        done, changed = confirming.confirm_year(data, by=self.user(options), now=db_now())
        return f"year={done.row.year} off={done.days_off} working={done.days_on} recomputed={changed}"


def read_json(path: Path) -> Any:
    """The content of a small JSON file. Raises Refused, or OSError when it cannot be read."""
    if path.stat().st_size > MAX_BYTES:
        raise Refused(f"文件“{path}”超过 1 MB，不是放假安排文件。")
    text = path.read_bytes()
    if not text.strip():
        raise Refused(f"文件“{path}”是空的。")
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise Refused(f"文件“{path}”不是 UTF-8 编码的 JSON 文件。") from None
