"""`import_registry FILE`: the go-live baseline, or with --found accounts seen but never filed."""

import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.register_in import ImportResult, NothingAccepted, import_file, refused_workbook
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "导入账号台账（.xlsx 或 .csv）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="账号名单")
        parser.add_argument("--found", action="store_true", help="发现的未备案账号，不是已向上级备案的存量")
        parser.add_argument("--document", metavar="TEXT", default="", help="来源文件的名称或文号，缺省为文件名")
        parser.add_argument("--refused", metavar="OUT.xlsx", default=None, help="把未导入的行写到这个工作簿")
        self.add_as(parser)

    def run(self, **options: Any) -> str:
        path = Path(options["file"])
        refused_to = Path(options["refused"]) if options["refused"] is not None else None
        if refused_to is not None and refused_to.resolve() == path.resolve():
            raise Refused("--refused 不能与名单是同一个文件。")
        by, document = self.user(options), options["document"].strip()
        try:
            # One transaction with the workbook: where it cannot be written, nothing is imported.
            with transaction.atomic():
                result = import_file(path, by=by, now=db_now(), found=options["found"], document=document)
                write_refused(result, refused_to)
        except NothingAccepted as nothing:
            write_refused(nothing.result, refused_to)
            raise
        return str(result)


def write_refused(result: ImportResult, target: Path | None) -> None:
    """Write the refused rows where they were asked for. Raises OSError when the place cannot be written."""
    if target is not None:
        content = io.BytesIO()
        refused_workbook(result, content)
        target.write_bytes(content.getvalue())
