"""`verify_audit [--head SEQ:HASH]`: whether the history is as it was written; else a line for each wrong row."""

from argparse import ArgumentParser
from typing import Any

from zhonglou_media.core import chain
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "核验操作记录是否被改动"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head", metavar="SEQ:HASH", action="append", default=[], help="留存在平台以外的末条，序号:摘要，可写几次"
        )

    def run(self, **options: Any) -> str:
        found = chain.verify(dict(map(chain.parse_head, options["head"])))
        if not found.faults:
            return f"events={found.events} head={found.head}"
        self.stdout.write(chain.as_lines(found.faults))
        raise Refused(f"操作记录核验不通过，发现 {len(found.faults)} 处不符；请保存现场，不要继续写入，联系维护人员。")
