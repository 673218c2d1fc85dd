"""导入台账 in two steps: a list is judged and shown row by row, then exactly what was shown is written, or nothing.

A preview is a `Job` in the state 待确认 with the list and, as JSON, what each row would do. It is the office's: any
officer may read and confirm it, and it does not expire. Confirming judges the list once more with the accounts locked
and compares the digests of both plans.
"""

import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts import fields, policy
from accounts.models import AccountKind, Unit, UnitName
from accounts.register_in import DOCUMENT_WIDTH, IMPORTED, SOURCE_WIDTH, apply, parse, result_of, workbook_of
from accounts.register_judge import Change, Judged, Outcome, Plan, RowRefusal, canonical, plan
from accounts.register_rows import COLUMNS
from zhonglou_media.core import events, files
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Difference, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, File, Job, JobState, User
from zhonglou_media.core.names import look_key
from zhonglou_media.core.tables_in import Header, as_file

DISCARDED = "discard_import"  # the verb of the event
JSON, CSV = "application/json", "text/csv"
ROWS_KEPT = 200  # refused rows that stay on the job for its page; the workbook has all of them
HINTED, NEAR = 200, 3  # for how many new units near ones are looked for, and how many of those are shown
SHOWN_OTHERWISE = ("unit", "platform", "name")  # columns of their own on the page


class PreviewChanged(StaleReading):
    """What would be written is no longer what was shown; nothing was written, the job holds the new preview."""


def prepare(content: bytes, *, name: str, found: bool, document: str, by: User | None, now: datetime) -> Job:
    """Judge a list without writing to the register; the job returned holds it and waits to be confirmed.

    `document` names the source, by default the file's `name`. Raises NotAllowed, or Refused when it holds no accounts.
    """
    policy.require(by, policy.Action.IMPORT)
    document = (document or name)[:DOCUMENT_WIDTH]
    with as_file(content) as path:
        header = parse(path)
    made = plan(header, found=found, document=document)
    job = Job(kind=IMPORTED, state=JobState.PREPARED, by=by, created_at=now, source_name=name[:SOURCE_WIDTH])
    job.params = {"found": found, "document": document}
    with transaction.atomic():
        job.source = files.keep(content, files.XLSX if content.startswith(b"PK") else CSV)
        _show(job, made)
    return job


def confirm(job_id: int, *, read: str, by: User | None, now: datetime) -> Job:
    """Write what the preview with the digest `read` shows, all of it in one transaction.

    Raises NotAllowed; WrongState when it was done already; PreviewChanged when the register has moved on since (the
    job then holds the new preview); Refused when there is nothing to write or the list is no longer in the store.
    """
    role = policy.require(by, policy.Action.IMPORT)
    header = _header_of(Job.objects.select_related("source").get(pk=job_id, kind=IMPORTED))
    try:
        with transaction.atomic():
            job = _locked(job_id)
            if job.params["digest"] != read:
                raise PreviewChanged("没有导入：这份清单的预览已经更新。请看过下面的预览，再确认导入。", [])
            made = _planned(job, header, lock=True)
            if digest_of(job, made) != read:
                raise _MovedOn(made)
            if not made.created and not made.changed:
                raise Refused("这份清单没有要写入台账的内容，不用导入。")
            _keep_refused(job, made)
            found, document = job.params["found"], job.params["document"]
            apply(made, job, by=by, role=role, now=now, found=found, document=document, name=job.source_name)
    except _MovedOn as moved:
        raise _shown_again(job_id, moved.plan) from None
    except IntegrityError as error:
        raise Refused("导入时台账被别人改动，什么也没有导入，请重试。") from error
    return job


@transaction.atomic
def discard(job_id: int, *, by: User | None, now: datetime) -> Job:
    """不导入: nobody wants this preview; it ends without a word in the register. Raises NotAllowed, WrongState."""
    role = policy.require(by, policy.Action.IMPORT)
    job = _locked(job_id)
    job.state, job.finished_at, job.file = JobState.STOPPED, now, None
    job.result = {key: job.result[key] for key in ("file", "document", "found", "read")}  # the rest was only planned
    job.save()
    events.append(job, DISCARDED, by=by, role=role, at=now, detail={"file": job.source_name})
    return job


def ended(job: Job) -> Event | None:
    """Who wrote or discarded this list, and when; None while it waits, or when a command wrote it."""
    of_job = Event.objects.filter(subject_kind="job", subject_id=job.pk, verb__in=(IMPORTED, DISCARDED))
    return of_job.select_related("actor").first()


def digest_of(job: Job, made: Plan) -> str:
    """SM3 of what confirming would write: ground, document, and each row's number, outcome, account and values."""
    said = [job.params["found"], job.params["document"], canonical(made)]
    return events.sm3(json.dumps(said, ensure_ascii=False, separators=(",", ":")))


def shown(job: Job) -> dict[str, Any]:
    """What the preview says, as `_told` wrote it. Raises Refused when it is no longer in the store."""
    if job.file is None:
        raise ValueError("a job without a preview")
    with files.open_file(job.file) as stored:
        told: dict[str, Any] = json.load(stored)
    return told


def refused_rows(job: Job) -> bytes:
    """The workbook of rows that a preview would not take. Raises Refused like `shown`."""
    told = shown(job)
    rows = [RowRefusal(row["number"], row["cells"], row["reason"]) for row in told["rows"] if "cells" in row]
    return _workbook(told["heads"], rows)


class _MovedOn(Exception):
    """The plan under lock is another than the one shown; leads out of the transaction."""

    def __init__(self, made: Plan) -> None:
        super().__init__()
        self.plan = made


def _locked(job_id: int) -> Job:
    """The job, locked and still waiting to be confirmed. Raises WrongState that says who was first."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job_id, kind=IMPORTED)
    if job.state == JobState.PREPARED:
        return job
    done = ended(job)
    if done is None:
        raise WrongState("这份清单没有待确认的预览，请重新选择文件。")
    who = done.actor.name if done.actor else "系统"
    when = f"{done.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if done.verb == DISCARDED:
        raise WrongState(f"{who}已于 {when} 决定不导入这份清单；要导入的，请重新选择文件。", by=done.actor, at=done.at)
    raise WrongState(f"这份清单已由{who}于 {when} 导入，不用再导入。", by=done.actor, at=done.at)


def _shown_again(job_id: int, made: Plan) -> PreviewChanged:
    """Put the new plan in the place of the one shown; what to raise names the rows that are different."""
    with transaction.atomic():
        job = _locked(job_id)
        before = {row["number"]: row for row in shown(job)["rows"]}
        after = _show(job, made)["rows"]
    moved = [
        Difference(f"第 {row['number']} 行 {row['name']}", _in_words(before[row["number"]]), _in_words(row))
        for row in after
        if row != before[row["number"]]
    ]
    rows = "、".join(str(row["number"]) for row in after if row != before[row["number"]])
    which = f"第 {rows} 行" if len(moved) <= 10 else f"{len(moved)} 行"
    return PreviewChanged(
        f"没有导入：您看预览以后台账有变动，{which}的结果与您看到的不同。请看过新的预览，再确认导入。", moved
    )


def _in_words(row: dict[str, Any]) -> str:
    said = "；".join(f"{label} {old or '（空）'}→{new}" for label, old, new in row["changes"])
    return "：".join(part for part in (Outcome(row["outcome"]).label, row["reason"] or said) if part)


# --- what is kept of a plan ---------------------------------------------------------------------------------------


def _show(job: Job, made: Plan) -> dict[str, Any]:
    """Keep the plan as the job's preview and save the job; returns what the page reads."""
    told = _told(made)
    content = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    job.file = files.keep(content, JSON)
    job.params = {**job.params, "digest": digest_of(job, made)}
    counts = result_of(made)
    job.result = {
        "file": job.source_name,
        "document": job.params["document"],
        "found": job.params["found"],
        "read": counts.read,
        "created": counts.created,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "refused": len(counts.refused),
        "differs": sum(row.outcome == Outcome.DIFFERS for row in made.rows),
        "new_units": counts.new_units,
    }
    job.save()
    return told


def _told(made: Plan) -> dict[str, Any]:
    header = made.header
    labels = {index: _column(name) for name, index in header.columns.items()}
    return {
        "sheet": header.sheet,
        "header": header.number,
        "heads": header.heads,
        "columns": [[head, labels.get(i, "")] for i, head in enumerate(header.heads) if head.strip() or i in labels],
        "units": _new_units(made),
        "rows": [_row(row, exact) for row, exact in zip(made.rows, canonical(made), strict=True)],
    }


def _row(row: Judged, exact: list[Any]) -> dict[str, Any]:
    """A row for the page; with `exact`, so that no difference between two plans is too small to be named."""
    line = row.line
    told: dict[str, Any] = {
        "number": row.number,
        "outcome": row.outcome.value,
        "name": line.name or line.row.values.get("name", ""),
        "unit": line.unit or line.row.values.get("unit", ""),
        "platform": line.platform.name if line.platform else line.row.values.get("platform", ""),
        "account": row.account.pk if row.account else None,
        "changes": list(_changes(row)),
        "reason": row.reason,
        "exact": exact,
    }
    if row.outcome in (Outcome.REFUSED, Outcome.DIFFERS):
        told["cells"] = line.row.cells
    return told


def _changes(row: Judged) -> Iterator[list[str]]:
    for change in row.changes:
        if row.outcome == Outcome.CREATED and change.name == "unit" and change.new.pk is None:
            yield [_label(change), "", f"{change.new.name}（新单位，待核）"]
        elif row.outcome != Outcome.CREATED or change.name not in SHOWN_OTHERWISE:
            yield [_label(change), _text(change.name, change.old), _text(change.name, change.new)]


def _label(change: Change) -> str:
    return "此前已注销的账号" if change.name == "reborn_of" else fields.label(change.name)


def _text(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    return str(AccountKind(value).label) if name == "kind" and value in AccountKind else str(value)


def _column(name: str) -> str:
    return next(column.label for column in COLUMNS if column.name == name)


def _new_units(made: Plan) -> list[dict[str, Any]]:
    """The units that would be made, 待核: on which rows, and which known ones they may be meant for."""
    rows: dict[str, list[int]] = {unit.name: [] for unit in made.new_units}
    for row in made.rows:
        if row.outcome == Outcome.CREATED and row.account is not None and row.account.unit.name in rows:
            rows[row.account.unit.name].append(row.number)
    known = _unit_keys() if rows else {}
    return [
        {"name": name, "rows": numbers, "near": _near(name, known) if place < HINTED else []}
        for place, (name, numbers) in enumerate(rows.items())
    ]


def _unit_keys() -> dict[str, set[str]]:
    """Each unit's name with the keys of all names it has or had."""
    keys: dict[str, set[str]] = {}
    for name, short in Unit.objects.values_list("name", "short_name"):
        keys[name] = {look_key(text) for text in (name, short) if text}
    for now, former in UnitName.objects.values_list("unit__name", "name"):
        keys[now].add(look_key(former))
    return keys


def _near(name: str, known: dict[str, set[str]]) -> list[str]:
    """Units whose name may be meant: the same to the eye, a part, or an abbreviation of the other. A hint only."""
    key = look_key(name)
    found = [(abs(len(other) - len(key)), unit) for unit, keys in known.items() for other in keys if _short(key, other)]
    return list(dict.fromkeys(unit for _, unit in sorted(found)))[:NEAR]


def _short(one: str, other: str) -> bool:
    """Whether the shorter is part of the longer, or an abbreviation: 示例庚街办 of 示例庚街道办事处."""
    short, long = sorted((one, other), key=len)
    rest = iter(long)
    return len(short) >= 3 and (short in long or (short[:2] == long[:2] and all(c in rest for c in short)))


# --- files --------------------------------------------------------------------------------------------------------


def _planned(job: Job, header: Header, *, lock: bool) -> Plan:
    return plan(header, found=job.params["found"], document=job.params["document"], lock=lock)


def _header_of(job: Job) -> Header:
    source: File | None = job.source
    if source is None:
        raise Refused("这份清单没有留存，请重新选择文件。")
    with files.open_file(source) as stored, as_file(stored) as path:
        return parse(path)


def _keep_refused(job: Job, made: Plan) -> None:
    """The refused rows stay on the job, for its page and as a workbook in the place of the preview."""
    rows = made.refused
    told = [{"number": r.number, "cells": r.cells, "reason": r.reason, "account_id": r.account_id} for r in rows]
    job.result = {**job.result, "heads": made.header.heads, "rows": told[:ROWS_KEPT]}
    job.file = files.keep(_workbook(made.header.heads, rows), files.XLSX) if rows else None


def _workbook(heads: list[str], rows: Iterable[RowRefusal]) -> bytes:
    book = io.BytesIO()
    workbook_of(heads, list(rows), book)
    return book.getvalue()
