"""`import_activity --kind … FILE`: publications, messages or follower counts of many accounts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from accounts.activity_heads import ActivityKind
from accounts.activity_in import import_activity
from accounts.activity_rows import read_known_until
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "导入发布、留言或粉丝数（.xlsx 或 .csv）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="平台或采集软件导出的数据")
        parser.add_argument("--kind", required=True, choices=ActivityKind.values, help="数据的种类")
        parser.add_argument(
            "--known-until",
            metavar="ISO8601",
            default=None,
            help="数据截至，缺省为文件里最晚的时间；日期指当日 24:00",
        )
        parser.add_argument("--refused", metavar="OUT.xlsx", default=None, help="把未导入的行写到这个工作簿")
        self.add_as(parser)

    def run(self, **options: Any) -> str:
        path = Path(options["file"])
        refused_to = Path(options["refused"]) if options["refused"] is not None else None
        if refused_to is not None and refused_to.resolve() == path.resolve():
            raise Refused("--refused 不能与数据是同一个文件。")
        by, now = self.user(options), db_now()
        known_until = None
        if options["known_until"] is not None:
            try:
                known_until = read_known_until(options["known_until"], now)
            except ValueError as problem:
                raise Refused(f"{problem}。") from problem
        return str(
            import_activity(path, kind=options["kind"], by=by, now=now, known_until=known_until, refused_to=refused_to)
        )
