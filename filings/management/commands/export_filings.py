"""`export_filings --target national|provincial --out FILE.xlsx`: what that system has not had yet."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from filings import export_batches
from filings.models import System
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "导出待上级平台备案的备案（.xlsx）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--target", required=True, choices=System.values, help="national 全国，provincial 全省")
        parser.add_argument("--out", required=True, metavar="FILE.xlsx", help="写到这个工作簿")
        parser.add_argument("--again", action="store_true", help="已导出过的也再导一次")
        self.add_as(parser)

    def run(self, **options: Any) -> str:
        out = Path(options["out"])
        if out.suffix.lower() != ".xlsx":
            raise Refused("--out 须是 .xlsx 文件。")
        by, again = self.user(options), options["again"]
        done = export_batches.export(options["target"], by=by, now=db_now(), out=out, again=again)
        return f"exported={done.exported} waiting={done.waiting}"
