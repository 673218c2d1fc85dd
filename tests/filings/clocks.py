"""Filings brought to a moment, for the tests of article 8's clocks."""

from datetime import date, datetime

from filings import approving, drafting
from filings.models import Filing
from tests.factories import Cast, at, opening, read, scan, typed
from zhonglou_media.core.clock import SHANGHAI


def local(moment: datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if moment else ""


def approve(filing: Filing, when: str, cast: Cast) -> Filing:
    return approving.leader_approve(filing.pk, by=cast.leader, read=read(filing), now=at(when))


def approve_on_paper(filing: Filing, paper: str, recorded: str, cast: Cast) -> Filing:
    return approving.record_paper_approval(
        filing.pk,
        by=cast.operator,
        leader_name="示例领导",
        approved_on=date.fromisoformat(paper),
        scan=scan(),
        now=at(recorded),
    )


def submitted(when: str, cast: Cast, **fields: str) -> Filing:
    return opening("leader_review", cast, now=at(when), **fields)


def fresh(filing: Filing) -> Filing:
    return Filing.objects.get(pk=filing.pk)


def filed_again(cast: Cast, old: Filing, when: str) -> Filing:
    new = drafting.start("open", by=cast.operator, unit=cast.unit, now=at(when))
    data = typed(platform=old.opening.platform.code)
    drafting.save_draft(new.pk, by=cast.operator, data=data, now=at(when))
    return drafting.submit(new.pk, by=cast.operator, now=at(when))
