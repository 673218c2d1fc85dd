"""The register's import: the go-live baseline (filed above before: 正常运行) or accounts found unfiled (第八条).

`register_judge.plan` judges every row without writing; `import_file` applies the acceptable ones in one transaction, or
none, as does the confirmation of a preview (`register_preview`). Nothing here asks the database once a row.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KT

from accounts import fields, lifecycle, policy, sightings
from accounts.models import Account, Origin, Unit, UnitName
from accounts.register_judge import FILLED, Plan, RowRefusal, plan
from accounts.register_rows import COLUMNS
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event, Job, JobState, User
from zhonglou_media.core.tables_in import Header, find_header, read_table
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

DOCUMENT_WIDTH = SOURCE_WIDTH = 200
IMPORTED, CHANGED = "import_registry", "changed_accounts"  # the event of a run, and which of its detail tells whom


@dataclass(frozen=True)
class ImportResult:
    """What came of an import; `str()` is the line that the command prints."""

    heads: list[str]
    read: int
    created: int
    changed: int
    unchanged: int
    refused: list[RowRefusal]
    new_units: list[str]
    job: Job | None = None

    def __str__(self) -> str:
        return (
            f"read={self.read} created={self.created} changed={self.changed} "
            f"unchanged={self.unchanged} refused={len(self.refused)}"
        )


class NothingAccepted(Refused):
    """No row was acceptable or unchanged; `result` holds each row's reason."""

    def __init__(self, message: str, result: ImportResult) -> None:
        super().__init__(message)
        self.result = result


def import_file(
    path: Path, *, by: User | None, now: datetime, found: bool = False, document: str = "", name: str = ""
) -> ImportResult:
    """Import a list of accounts: the baseline, or with `found` accounts seen but never filed.

    `document` names the source (default: the file's `name`, default that of `path`). Raises NotAllowed, Refused (no
    list of accounts), NothingAccepted, or OSError when the file cannot be read; nothing is changed then.
    """
    role = policy.require(by, policy.Action.IMPORT)
    header = parse(path)
    name = name or path.name
    try:
        with transaction.atomic():
            made = plan(header, found=found, document=(document or name)[:DOCUMENT_WIDTH], lock=True)
            if len(made.refused) == len(header.rows):
                first = made.refused[0]
                raise NothingAccepted(
                    f"{len(header.rows)} 行都不能导入，第 {first.number} 行：{first.reason}。", result_of(made)
                )
            job = Job(kind=IMPORTED, by=by, created_at=now, source_name=name[:SOURCE_WIDTH])
            return apply(made, job, by=by, role=role, now=now, found=found, document=document or name, name=name)
    except IntegrityError as error:
        raise Refused("导入时台账被别人改动，什么也没有导入，请重试。") from error


def parse(path: Path) -> Header:
    """The header and data rows of a list. Raises Refused when the file holds none."""
    header = find_header(read_table(path), COLUMNS)
    if not header.rows:
        raise Refused("表头下面没有账号，什么也没有导入。")
    return header


def refused_workbook(result: ImportResult, target: Path | IO[bytes]) -> None:
    """The refused rows as they were, each with its row number and reason, to correct and import again."""
    workbook_of(result.heads, result.refused, target)


def workbook_of(heads: list[str], refused: list[RowRefusal], target: Path | IO[bytes]) -> None:
    """`refused_workbook` of rows that come from elsewhere than a run."""
    width = max([len(heads), *(len(row.cells) for row in refused)])
    heads = [*heads, *[""] * (width - len(heads))]
    rows = ([row.number, *row.cells, *[""] * (width - len(row.cells)), row.reason] for row in refused)
    write_xlsx(target, [SheetOut("未导入的行", ["原行号", *heads, "未导入的原因"], rows)])


def runs_that_changed(account: Account) -> QuerySet[Event]:
    """The imports that filled something in on `account`: a run leaves one event, which names the accounts by id."""
    named = rf"[^0-9]{account.pk}[^0-9]"  # in "[3, 17]", as either database writes it
    return Event.objects.filter(verb=IMPORTED).annotate(named=KT(f"detail__{CHANGED}")).filter(named__regex=named)


def apply(
    plan: Plan, job: Job, *, by: User | None, role: str, now: datetime, found: bool, document: str, name: str
) -> ImportResult:
    """Write the plan, finish `job` with what came of it, append the one event; the caller holds the transaction."""
    Unit.objects.bulk_create(plan.new_units, batch_size=500)
    UnitName.objects.bulk_create(
        (UnitName(unit=unit, name=unit.name, since=day_of(now)) for unit in plan.new_units), batch_size=500
    )
    created = lifecycle.register(plan.created, origin=Origin.FOUND if found else Origin.BASELINE, now=now)
    Account.objects.bulk_update(plan.changed, [*FILLED, *fields.UNFILED, "next_update_due_at"], batch_size=200)
    if found:
        sightings.tell_units([(account, "import") for account in created], now=now)
    result = result_of(plan)
    detail = {
        "file": name,
        "document": document,
        "found": found,
        "read": result.read,
        "created": result.created,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "refused": len(result.refused),
        "new_units": result.new_units,
        "accounts": sorted(account.pk for account in [*created, *plan.changed]),
        CHANGED: sorted(account.pk for account in plan.changed),
    }
    job.state, job.started_at, job.finished_at = JobState.DONE, now, db_now()
    job.result = {**job.result, **detail}
    job.save()
    events.append(job, IMPORTED, by=by, role=role, at=now, detail=detail)
    return ImportResult(**{**vars(result), "job": job})


def result_of(plan: Plan) -> ImportResult:
    """The counts of a plan, which need not have been applied."""
    return ImportResult(
        heads=plan.header.heads,
        read=len(plan.header.rows),
        created=len(plan.created),
        changed=len(plan.changed),
        unchanged=plan.unchanged,
        refused=plan.refused,
        new_units=[unit.name for unit in plan.new_units],
    )
