"""`working_days DATE N`: the Nth working day after DATE, marked 暂定 when the path touches an unconfirmed year."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from zhonglou_media.core.calendar import working_day_after
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "计算某日之后第 N 个工作日"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("date", metavar="DATE", help="起算日，YYYY-MM-DD，当日不计入")
        parser.add_argument("n", metavar="N", help="工作日数")

    def run(self, **options: Any) -> str:
        try:
            day = date.fromisoformat(options["date"])
        except ValueError:
            raise Refused(f"“{options['date']}”不是日期，请写成 2021-02-10 的样子。") from None
        text = options["n"]
        if not (text.isascii() and text.isdigit()) or int(text) > 1000:
            raise Refused(f"工作日数“{text}”不对，请写 0 至 1000 的整数。")
        if not 1900 <= day.year <= 2200:
            raise Refused("只能计算 1900 年至 2200 年的日期。")
        due = working_day_after(day, int(text))
        return f"{due.day} 暂定" if due.provisional else str(due.day)
