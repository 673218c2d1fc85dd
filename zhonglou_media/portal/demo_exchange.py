"""The demo's paper and exchange: many at once, an export with its file, two runs of 核对, a template of the office.

All of it is done by the use cases, at the moments it would have had.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from docx import Document

from accounts.models import Account
from accounts.models.account import WATCHED
from filings import bulk, export_runs, reviewing
from filings.bulk import Act, Chosen
from filings.models import Filing, LineKind, PrintForm, Reconciliation, System
from filings.printing import builtin, templates
from filings.reading import Reading, latest
from filings.reconciling import acting, listing, running
from zhonglou_media.core import jobs
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import Job, JobState, User

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEADS = ("新媒体名称", "所属平台", "新媒体ID", "主办单位", "运行状态")
NOTE = "电话问过，是邻区的账号，已请全国系统改归属（示例）。"
STRANGER = ["示例城建监察", "新浪微博", "demo-other-1", "示例住建局", "正常"]
CLOSED = ["示例乙局旅游", "百家号", "demo-baijiahao-2", "示例乙文体和旅游局", "正常"]  # for weeks


# --- many at once ---------------------------------------------------------------------------------------------------


def accept_at_once(read: Sequence[Filing], unread: Filing, *, by: User, now: datetime) -> None:
    """`by` opens each of `read`, ticks `unread` as well and accepts all: that one is skipped."""
    for filing in read:
        reviewing.open_for_review(filing.pk, by=by, now=now - HOUR)
    bulk.run(Act.ACCEPT, _chosen([*read, unread]), by=by, now=now)


def urge_at_once(filings: Sequence[Filing], *, by: User, now: datetime) -> None:
    """催办 of what waits for its unit; the rest says why not."""
    bulk.run(Act.URGE, _chosen(filings), by=by, now=now)


def _chosen(filings: Sequence[Filing]) -> list[Chosen]:
    found = []
    for filing in filings:
        filing.refresh_from_db()
        found.append(Chosen(filing.pk, Reading(filing.revision, latest(filing).sm3)))
    return found


# --- what went up ---------------------------------------------------------------------------------------------------


def export(system: System, *, by: User, now: datetime) -> None:
    """All that waits for `system`, as a worker exports it: the file is the one that its page offers."""
    job = export_runs.submit(system, by=by, now=now)
    _played(job, export_runs.EXPORT_FILINGS, by, now)


# --- 与上级平台核对 ---------------------------------------------------------------------------------------------------


def reconcile(*, by: User, now: datetime) -> None:
    """Two lists of the national system a week apart: one difference is new, one is gone, one is noted, one goes up."""
    week = now - 7 * DAY
    rows = _as_registered(without={"示例甲街道 douyin", "示例甲街道发布 wechat"})
    first = _run([*rows, CLOSED, STRANGER], by=by, now=week)
    stranger = first.lines.get(kind=LineKind.ONLY_THERE)
    acting.note(stranger.pk, NOTE, read="", by=by, now=week + HOUR)
    rows = _as_registered(without={"示例甲街道 douyin"})
    other = next(row for row in rows if row[0] == "示例乙局服务")
    other[3] = "示例乙文化局"  # what the unit was called before
    second = _run([*rows, CLOSED, STRANGER], by=by, now=now - 2 * HOUR)
    missing = second.lines.get(kind=LineKind.ONLY_HERE)
    acting.export(missing.pk, by=by, now=now - HOUR)


def _as_registered(*, without: set[str]) -> list[list[str]]:
    """Their rows of what should be there, but for `without` (「name platform」)."""
    there = Q(state__in=WATCHED) | Q(pk__in=running.answered(System.NATIONAL))
    here = Account.objects.filter(there).select_related("unit", "platform").order_by("pk")
    return [
        [account.name, account.platform.name, account.uid, account.unit.name, "正常"]
        for account in here
        if f"{account.name} {account.platform.code}" not in without
    ]


def _run(rows: Sequence[Sequence[str]], *, by: User, now: datetime) -> Reconciliation:
    text = io.StringIO()
    csv.writer(text).writerows([HEADS, *rows])
    name = f"全国系统清单{day_of(now):%m%d}（示例）.csv"
    content = text.getvalue().encode("utf-8-sig")
    job = running.prepare(content, name=name, system=System.NATIONAL, listed_on=day_of(now), by=by, now=now)
    if job.state == JobState.PREPARED and job.source is not None:  # the first list of these columns
        suggested = running.suggest(listing.stored(job.source), System.NATIONAL)
        job = running.confirm(job.pk, columns=suggested.columns, states=suggested.states, by=by, now=now)
    _played(job, running.RECONCILE, by, now)
    return Reconciliation.objects.get(job=job)


def _played(job: Job, kind: jobs.JobKind, by: User, now: datetime) -> None:
    jobs.play(job, kind, now=now)
    jobs.seen(job, by, now=now)


# --- on paper -------------------------------------------------------------------------------------------------------


def use_a_template(*, by: User, now: datetime) -> None:
    """附件3 is printed by a form of the district's own, the other two by the built-in ones."""
    document = Document(io.BytesIO(builtin.built_in(PrintForm.CLOSING)))
    document.paragraphs[0].runs[0].text = "钟楼区{{ title }}（示例）"
    out = io.BytesIO()
    document.save(out)
    facts = {"name": "附件3（示例）.docx", "note": "表头写明钟楼区（示例）"}
    row = templates.upload(out.getvalue(), of=PrintForm.CLOSING, by=by, now=now, **facts)
    templates.adopt(row.pk, instead_of=None, by=by, now=now + HOUR)
