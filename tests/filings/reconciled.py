"""What tests of 与上级平台核对 begin with: a list as bytes, and a run of it through its job."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from accounts.models import Role
from filings.models import Reconciliation, ReconciliationLine
from filings.reconciling import listing, running
from tests.factories import NOW, user
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, JobState, User

LISTED = date(2026, 11, 24)
HEADS = ("新媒体名称", "平台", "新媒体ID", "链接", "开办单位", "运行状态")


def officer() -> User:
    return user(Role.OFFICER)


def csv_of(rows: Iterable[Sequence[str]], heads: Sequence[str] = HEADS, encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([heads, *rows])
    return text.getvalue().encode(encoding)


def prepare(content: bytes, by: User | None = None, **more: Any) -> Job:
    facts: dict[str, Any] = {"name": "清单.csv", "system": "national", "listed_on": LISTED, "now": NOW, **more}
    return running.prepare(content, by=by or officer(), **facts)


def confirm(job: Job, **more: str) -> Job:
    """As the page has it filled in; `more` maps fields to other heads."""
    suggested = running.suggest(listing.of_job(job), job.params["system"])
    columns = suggested.columns | more
    assert job.by is not None
    return running.confirm(job.pk, columns=columns, states=suggested.states, by=job.by, now=NOW)


def reconcile(content: bytes, by: User | None = None, **more: Any) -> Reconciliation:
    """The run that comes of a list; its columns are confirmed as suggested where somebody must."""
    job = prepare(content, by, **more)
    if job.state == JobState.PREPARED:
        confirm(job)
    assert run_next({running.KIND: running.RECONCILE})
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    return Reconciliation.objects.get(job=job)


def found(run: Reconciliation) -> dict[str, set[str]]:
    """The names of what each list holds; of fields that differ, with the fields."""
    lists: dict[str, set[str]] = {}
    for line in ReconciliationLine.objects.filter(run=run).select_related("account"):
        name = line.account.name if line.account else line.theirs["name"]
        fields = "/".join(field for field, _, _ in line.differences)
        lists.setdefault(line.kind, set()).add(f"{name}:{fields}" if fields else name)
    return lists
