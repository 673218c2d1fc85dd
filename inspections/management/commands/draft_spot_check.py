"""`draft_spot_check --month YYYY-MM [--seed TEXT] [--as USER]`: the list of a month's check, drawn from a seed."""

from argparse import ArgumentParser
from typing import Any

from inspections import checks
from zhonglou_media.core.clock import db_now, parse_day
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "起草某月的抽查名单"

    def add_arguments(self, parser: ArgumentParser) -> None:
        told = "月份，如 2026-11：本月、下个月，或没有抽查过的上个月"
        parser.add_argument("--month", metavar="YYYY-MM", required=True, help=told)
        parser.add_argument("--seed", metavar="TEXT", help="公开种子；缺省由系统生成并公布")
        self.add_as(parser)

    def run(self, **options: Any) -> str:
        typed = options["month"].strip()
        month = parse_day(f"{typed}-01") if len(typed) == len("2026-11") else None
        if month is None:
            raise Refused(f"看不懂 --month 的月份“{typed}”，请写成 2026-11 的样子。")
        check = checks.draft(month, seed=options["seed"], by=self.user(options), now=db_now())
        file = checks.published(check)
        counts = f"population={len(file['population'])} sample={len(file['sample'])}"
        return f"month={check.code} {counts} seed={check.seed} digest={check.digest}"
