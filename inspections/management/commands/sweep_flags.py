"""`sweep_flags [--now ISO8601]`: every rule once; a line `RULE opened=N cleared=N` each."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import flags
from filings import preapprovals
from inspections.sweep import RULES, sweep
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused


class Command(PortalCommand):
    help = "运行全部预警规则一次"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--now", metavar="ISO8601", help="按这一时刻判断，如 2021-02-20T00:00（不写时区即北京时间）；缺省为现在"
        )

    def run(self, **options: Any) -> str:
        now = db_now()
        if options["now"] is not None:
            asked = _moment(options["now"])
            if asked > now and not settings.DEBUG:
                raise Refused(f"--now 不能晚于数据库的当前时间 {now:%Y-%m-%d %H:%M:%S}。")
            now = asked
        with transaction.atomic():  # a command that fails has changed nothing
            flags.hold(rule.code for rule in RULES)  # before the chain's head, which an order that ends locks
            preapprovals.list_retentions(now)
            done = sweep(now)
        return "\n".join(f"{code} opened={opened} cleared={cleared}" for code, (opened, cleared) in done.items())


def _moment(text: str) -> datetime:
    """An aware moment; without a zone it is Shanghai's, a bare date is its 00:00."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=SHANGHAI)
        return moment.astimezone(SHANGHAI)
    except (ValueError, OverflowError):
        raise Refused(f"看不懂 --now 的时间“{text}”，请写成 2021-02-20T00:00 的样子。") from None
