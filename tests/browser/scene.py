"""The demo, played on to what it has none of."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.files.base import ContentFile

from accounts import activity, flags, register_preview
from accounts.models import Account, Flag, Message, Publication, SavedFilter
from filings import approving, drafting, exchange, export_batches, reporting
from filings.jobs import submit_receipts
from filings.models import Filing, Revision
from tests.factories import PDF, Cast, opening, read
from zhonglou_media.core import files
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, User
from zhonglou_media.portal import demo
from zhonglou_media.portal.jobs import KINDS

LIST = Path(__file__).parent.parent / "data" / "list_a.xlsx"


# One row that is recorded, and two that are not.
TABLE = """备案编号,系统,结果,编号,日期,原因
{number},全省,已备案,示例-0001,{day},
{number},全省,已备案,示例-0001,{day},
ZLXMT-1999-0001,全国,退回,,{day},认证图不清楚（示例）
"""


@dataclass
class Scene:
    """The demo, and what it has none of: a second revision, an answer from above, an import, an export."""

    filings: dict[str, Filing]
    accounts: dict[str, Account]
    job: int
    attachment: int
    preview: int = 0
    receipts: int = 0

    def first_reading(self, name: str) -> Revision:
        """The first revision of a filing that has a later one."""
        return self.filings[name].revisions.get(number=1)

    def post(self) -> Publication:
        """The latest publication of the account that publishes most."""
        return Publication.objects.filter(account=self.accounts["示例甲街道 weibo"]).latest("published_at")

    def question(self) -> Message:
        """One that waits for a reply."""
        return Message.objects.unanswered().filter(account__unit__name__contains="示例甲").earliest("reply_due_at")

    def waivable(self) -> int:
        """An open flag on an account."""
        return Flag.objects.open().filter(rule="unfiled_account").latest("pk").pk


def set_scene(now: datetime) -> Scene:
    """Load the demo at `now` and play on."""
    demo.load(now)
    people = {user.username: user for user in User.objects.all()}
    filings = by_name()
    _second_version(filings["示例乙局讲堂"], people, now)
    reported = filings["示例甲街道科普"]
    scan = files.store(ContentFile(PDF, name="情况说明.pdf"))
    attached = reporting.attach(reported.pk, by=people["operator"], file=scan, name="情况说明（示例）.pdf", now=now)
    _back_from_above(people["officer"], now)
    overdue = Flag.objects.open().filter(rule="overdue_filing").first()
    assert overdue is not None
    flags.waive([overdue.pk], by=people["supervisor"], reason="平台当日停机维护（示例）", now=now)
    job = _import(people["officer"], LIST, now)
    register_preview.confirm(job.pk, read=job.params["digest"], by=people["officer"], now=now)
    preview = _import(people["officer"], LIST.with_name("list_c.csv"), now)
    table = TABLE.format(number=filings["示例甲街道百家"].number, day=day_of(now))
    receipts = submit_receipts(table.encode(), name="全省回执（示例）.csv", by=people["officer"], now=now)
    run_next(KINDS)
    SavedFilter.objects.create(user=people["officer"], name="尚无数据的", query="state=active&known=none")
    accounts = {
        f"{account.name} {account.platform.code}": account for account in Account.objects.select_related("platform")
    }
    removed = Publication.objects.filter(account=accounts["示例甲街道 weibo"]).order_by("-published_at")[2]
    activity.remove(removed.pk, by=people["operator"], now=now)
    return Scene(by_name(), accounts, job.pk, attached.pk, preview.pk, receipts.pk)


def by_name() -> dict[str, Filing]:
    return {filing.account_label.partition("（")[0]: filing for filing in Filing.objects.all()}


def _second_version(filing: Filing, people: dict[str, User], now: datetime) -> None:
    """Sent back by the leader, changed, submitted again."""
    comment = "请写清与本局微信公众号的分工。"
    approving.leader_return(filing.pk, by=people["leader2"], read=read(filing), now=now, comment=comment)
    purpose = {
        "purpose": "每周五晚直播公益讲座并留存回放，方便不能到场的市民收看；微信公众号只发预告和报名入口（示例）。"
    }
    drafting.save_draft(filing.pk, by=people["operator2"], data=purpose, now=now)
    drafting.submit(filing.pk, by=people["operator2"], now=now)


def _back_from_above(officer: User, now: datetime) -> None:
    """Both workbooks exported; one filing comes back from the province."""
    filing = opening("accepted", Cast(), now=now, name="示例上级退回", platform="weibo")
    with tempfile.TemporaryDirectory() as folder:
        for system in ("national", "provincial"):
            export_batches.export(system, by=officer, now=now, out=Path(folder) / f"{system}.xlsx")
    exchange.take_receipt(
        filing.pk,
        system="provincial",
        result="refused",
        number="",
        on=now.date(),
        reason="头像不清晰",
        by=officer,
        now=now,
    )


def _import(officer: User, path: Path, now: datetime) -> Job:
    """The preview of a real list with rows that are refused."""
    return register_preview.prepare(
        path.read_bytes(), name=path.name, found=False, document="示例台账", by=officer, now=now
    )
