"""核对: a list is uploaded, its columns confirmed once, a worker compares it, and the run stays to be compared with.

A run changes nothing of the register. It follows the run of the same system before it: what that one had too is since
then, keeps its note as long as it says the same; what is no longer there is gone.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, cast

from django.db import transaction

from accounts import policy
from accounts.policy import Action
from filings.models import LineKind, Receipt, ReceiptResult, Reconciliation, ReconciliationLine, System
from zhonglou_media.core import events, files, jobs
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import Counter, File, Job, JobState, User
from zhonglou_media.core.tables_in import as_file, is_workbook
from zhonglou_media.core.words import SYSTEM_NAMES

from . import comparing, fields, listing, matching, values
from .comparing import Compared, Line
from .listing import Listing, Theirs
from .matching import Matched

KIND = "reconcile"
KEPT = 1000  # rows that could not be compared, as they are shown
SAID = 160  # characters of what such a row says
KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class Suggested:
    """What the columns of a list most likely mean, and after which run: none is sure enough to run without asking."""

    columns: dict[str, str]
    states: dict[str, str]
    of: Reconciliation | None

    @property
    def is_settled(self) -> bool:
        """Whether nobody need be asked: the same heads, and no way to write a state that is new."""
        return self.of is not None and set(self.states) <= set(self.of.states)


def latest(system: str) -> Reconciliation | None:
    """The last run of `system`: runs come in the order of their keys, each decided under one lock."""
    return Reconciliation.objects.filter(system=system).select_related("job", "by").order_by("-pk").first()


# --- before it runs -------------------------------------------------------------------------------------------------


def prepare(content: bytes | IO[bytes], *, name: str, system: str, listed_on: date, by: User, now: datetime) -> Job:
    """Keep a list for `system` as it was on `listed_on`. Where the last run had the same heads and knew every state, it
    waits for a worker; else for somebody to say what its columns mean (`confirm`).

    Raises NotAllowed, Refused (also where the last run was of a newer list).
    """
    policy.require(by, Action.RECONCILE)
    system = System(system)
    _in_order(system, listed_on)
    content = io.BytesIO(content) if isinstance(content, bytes) else content
    is_xlsx = is_workbook(content.read(4096))
    content.seek(0)
    with as_file(content) as path:
        table = listing.read(path)
    suggested = suggest(table, system)
    params: dict[str, Any] = {"system": system.value, "listed_on": listed_on.isoformat(), **table.params}
    if suggested.is_settled and suggested.of is not None:
        params |= {"columns": suggested.columns, "states": suggested.states, "like": suggested.of.pk}
    with transaction.atomic():
        source = files.keep(content, files.XLSX if is_xlsx else "text/csv")
        if "columns" in params:
            return jobs.enqueue(RECONCILE, by=by, now=now, params=params, source=source, source_name=name)
        return _to_confirm(params, source, name, by, now)


def newer(system: str, listed_on: date) -> str:
    """Why a list of `listed_on` comes too late, '' where it does not: what it lacks would be said to be new or gone."""
    last = latest(system)
    if last is None or date.fromisoformat(last.counts["listed_on"]) <= listed_on:
        return ""
    return (
        f"{last.by}已于 {day_of(last.at)} 核对过{SYSTEM_NAMES[last.system]} {last.counts['listed_on']} 导出的清单，"
        f"这份是 {listed_on} 导出的，比它早，消除和新增会说反。请改传 {last.counts['listed_on']} 以后导出的清单。"
    )


def _in_order(system: str, listed_on: date) -> None:
    """Raises Refused."""
    if why := newer(system, listed_on):
        raise Refused(why)


def _to_confirm(params: dict[str, Any], source: File, name: str, by: User, now: datetime) -> Job:
    """A list that no worker takes before its columns are confirmed."""
    facts: dict[str, Any] = {"kind": KIND, "state": JobState.PREPARED, "by": by, "created_at": now, "params": params}
    return Job.objects.create(**facts, source=source, source_name=name[:200])


def suggest(table: Listing, system: str) -> Suggested:
    """The columns as the last run had them where all heads are the same, else as the heads suggest."""
    before = latest(system)
    known = before.states if before is not None else {}
    if before is not None and set(before.job.params.get("heads", ())) == set(table.heads):
        columns, of = dict(before.columns), before
    else:
        columns, of = fields.guess(table.heads), None
        kept = before.columns if before is not None else {}
        columns |= {field: head for field, head in kept.items() if head in table.heads}
    head = columns.get("state")
    try:
        words = list(table.words(head)) if head else []
    except Refused:  # it cannot be a state
        columns.pop("state")
        return Suggested(columns, {}, None)
    return Suggested(columns, {word: known.get(word) or listing.guess_state(word) for word in words}, of)


def confirm(job_id: int, *, columns: dict[str, str], states: dict[str, str], by: User, now: datetime) -> Job:
    """核对: the list runs with `columns` ({field: head}) and `states` ({what they write: alive, closed or skip}).

    Raises NotAllowed, WrongState when it runs already (another officer, a second press), Incomplete with what lacks,
    Refused where a newer list was compared meanwhile.
    """
    table = listing.of_job(Job.objects.select_related("source").get(pk=job_id, kind=KIND))
    with transaction.atomic():
        policy.require(by, Action.RECONCILE)
        job = Job.objects.select_for_update(of=("self",), no_key=True).get(pk=job_id, kind=KIND)
        if job.state != JobState.PREPARED:
            raise WrongState("这份清单已经在核对，不用再提交。", by=job.by, at=job.created_at)
        _complete(table, columns, states)
        _in_order(job.params["system"], date.fromisoformat(job.params["listed_on"]))
        job.params = {**job.params, "columns": columns, "states": states}
        job.by, job.created_at, job.state = by, now, JobState.QUEUED
        job.save(update_fields=["params", "by", "created_at", "state"])
    return job


def discard(job_id: int, *, by: User, now: datetime) -> None:
    """不核对了: a list whose columns nobody has confirmed. Raises NotAllowed, WrongState when it runs already."""
    with transaction.atomic():
        policy.require(by, Action.RECONCILE)
        job = Job.objects.select_for_update(of=("self",), no_key=True).get(pk=job_id, kind=KIND)
        if job.state != JobState.PREPARED:
            raise WrongState("这份清单已经在核对或已放弃。", by=job.by, at=job.created_at)
        job.state, job.finished_at = JobState.STOPPED, now
        job.save(update_fields=["state", "finished_at"])


def reconsider(run: Reconciliation, *, by: User, now: datetime) -> Job:
    """改对应，重新核对: the list of a run again, its columns as they were, to be changed.

    Raises NotAllowed, Refused where a newer list was compared since.
    """
    policy.require(by, Action.RECONCILE)
    _in_order(run.system, date.fromisoformat(run.counts["listed_on"]))
    params = {key: run.job.params[key] for key in ("system", "listed_on", "heads", "list") if key in run.job.params}
    return _to_confirm(params | {"columns": run.columns, "states": run.states}, run.source, run.source_name, by, now)


def _complete(table: Listing, columns: dict[str, str], states: dict[str, str]) -> None:
    """Raises Incomplete."""
    errors: dict[str, list[str]] = {}
    for field in fields.REQUIRED:
        if field.name not in columns:
            errors["columns"] = [*errors.get("columns", []), f"请指定哪一列是{field.label}。"]
    if head := columns.get("state"):
        try:
            open_ = [word for word in table.words(head) if states.get(word) not in listing.STATES]
        except Refused as refused:
            raise Incomplete(str(refused), {"columns": [str(refused)]}) from None
        if open_:
            errors["states"] = [f"请说明状态“{word or '（空着）'}”是正常还是已关停。" for word in open_]
    if errors:
        raise Incomplete("还不能核对。", errors)


# --- the run --------------------------------------------------------------------------------------------------------


def run(claim: Claim) -> None:
    """Compare the list and keep the run; a number of queries that does not depend on its rows."""
    job = claim.job
    policy.require(job.by, Action.RECONCILE)
    system, columns, states = job.params["system"], job.params["columns"], job.params["states"]
    claim.progress(0, 0, "读取清单")
    table, index = listing.of_job(job), matching.Index.read()
    read, total = table.rows, table.rows + len(index.accounts)
    words = values.Words(system)
    rows = listing.rows_of(
        cast("File", job.source),
        table.heads,
        columns,
        states,
        words,
        lambda done: claim.progress(done, total, "读取清单"),
    )
    claim.progress(read, total, "匹配账号")
    matched = matching.match(rows, index)
    compared = comparing.compare(
        matched,
        index.accounts.values(),
        system=system,
        columns=columns,
        words=words,
        answered=answered(system),
        progress=lambda done: claim.progress(read + done, total, "比对字段"),
    )
    matched.set_aside(compared.unstated)
    claim.progress(total, total, "写入结果")
    with transaction.atomic():
        kept = _record(job, rows, matched, compared, claim.now)
        claim.finish(_result(kept, rows, matched))


def answered(system: str) -> set[int]:
    """待备案 accounts whose opening `system` has taken while the other one has not: they are in its list."""
    taken = Receipt.objects.filter(system=system, result=ReceiptResult.TAKEN, filing__account__state="pending")
    return set(taken.values_list("filing__account", flat=True))


def _record(job: Job, rows: list[Theirs], matched: Matched, compared: Compared, now: datetime) -> Reconciliation:
    """Under the lock of the system's runs: what the run before had, is since then."""
    if job.by is None or job.source is None:
        raise Refused("没有上传的清单，请重新提交。")
    _lock(job.params["system"])
    _in_order(job.params["system"], date.fromisoformat(job.params["listed_on"]))
    role, before = policy.require(job.by, Action.RECONCILE), latest(job.params["system"])
    had = {line.key: line for line in before.lines.all()} if before is not None else {}
    kept = Reconciliation(
        system=job.params["system"],
        by=job.by,
        at=now,
        job=job,
        source=job.source,
        source_name=job.source_name,
        columns=job.params["columns"],
        states=job.params["states"],
        previous=before,
        rows=len(rows),
    )
    here, broken = {line.key for line in compared.lines}, {f"row:{matching.identity(row)}" for row in matched.broken}
    gone = [line for key, line in had.items() if key not in here]
    # Missing only since the row, or that of the account, could not be compared this time.
    unsure = [line for line in gone if line.account_id in matched.aside or line.key in broken]
    kept.counts = {
        "listed_on": job.params["listed_on"],
        "here": compared.here,
        "there": sum(row.state != listing.CLOSED for row in rows),
        "compared": len(matched.pairs) + len(matched.alone),
        "uncompared": len(matched.broken),
        "aside": len(matched.aside),
        **{f"by_{how}": sum(by == how for _, _, by in matched.pairs.values()) for how in ("id", "link", "name")},
        **{kind: sum(line.kind == kind for line in compared.lines) for kind in LineKind.values},
        "lines": len(compared.lines),
        "new": sum(line.key not in had for line in compared.lines),
        "gone": len(gone) - len(unsure),
        "unsure": len(unsure),
        "closed_there": compared.closed_there,
        "unstated": len(compared.unstated),
        "blank_there": dict(compared.blank_there),
        "blank_here": dict(compared.blank_here),
        "unread": {name: number for name, number in compared.unread.items() if number},
    }
    kept.save()
    lines = [_kept(line, kept, had.get(line.key), now) for line in compared.lines]
    ReconciliationLine.objects.bulk_create(lines, batch_size=KEYS_AT_ONCE)
    detail = {key: kept.counts[key] for key in ("lines", "new", "gone")} | {"file": job.source_name, "rows": kept.rows}
    events.append(kept, "reconcile", by=job.by, role=role, at=now, detail=detail | {"system": kept.system})
    return kept


def _lock(system: str) -> None:
    """One run of a system is kept at a time, so that each has one before it."""
    Counter.objects.get_or_create(key=f"reconcile-{system}")
    Counter.objects.select_for_update().get(key=f"reconcile-{system}")


def _kept(line: Line, run: Reconciliation, before: ReconciliationLine | None, now: datetime) -> ReconciliationLine:
    made = ReconciliationLine(
        run=run,
        kind=line.kind,
        key=line.key,
        account=line.account,
        theirs=line.theirs,
        row=line.row.number if line.row else None,
        differences=line.differences,
        since=before.since if before is not None else now,
    )
    if before is not None and says(before) == says(made):
        made.note, made.noted_by_id, made.noted_at = before.note, before.noted_by_id, before.noted_at
    return made


def says(line: ReconciliationLine) -> list[object]:
    """What a note on the line was about."""
    return [line.kind, line.differences or sorted(line.theirs.items())]


def _result(run: Reconciliation, rows: list[Theirs], matched: Matched) -> dict[str, Any]:
    broken = [
        [row.number, row.name[:SAID], row.says("platform")[:SAID], row.problem[:SAID]] for row in matched.broken[:KEPT]
    ]
    return {"run": run.pk, "read": len(rows), "lines": run.counts["lines"], "uncompared": broken}


def told(result: dict[str, Any]) -> str:
    """差异 9 处，3 行不能比对."""
    broken = len(result["uncompared"])
    return f"差异 {result['lines']} 处" + (f"，{broken} 行不能比对" if broken else "")


RECONCILE = JobKind(
    KIND, "与上级平台核对", run, page="filings:reconcile_job", start_page="filings:reconcile", told=told
)
