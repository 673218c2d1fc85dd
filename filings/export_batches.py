"""导出: what goes up to the two systems above, and the record of what went at which revision (第八条).

A file is written without a lock, and recorded in one short transaction that looks under the filings' locks whether
what was written still stands; what moved meanwhile is left out, or written again as it is now.
"""

import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet, Subquery

from accounts import policy
from accounts.models import Account
from accounts.policy import Action
from filings import export_requests
from filings.exporting import layouts, writing
from filings.exporting.writing import Written
from filings.filed import lacks_id
from filings.models import (
    ExportBatch,
    ExportItem,
    ExportRequest,
    Filing,
    FilingState,
    Receipt,
    ReceiptResult,
    Revision,
    System,
)
from zhonglou_media.core import events, files
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import File, User
from zhonglou_media.core.words import SYSTEMS

Result = TypeVar("Result")
TRIES = 5  # files written until one holds what still stands
RESTLESS = "导出期间这些备案一直在变动，没有导出。请稍后重新开始。"


@dataclass(frozen=True)
class Exported:
    """How many filings went into the file, how many wait for the platform's id; no batch when there was nothing."""

    exported: int
    waiting: int
    batch: ExportBatch | None


@dataclass(frozen=True)
class Choice:
    """What somebody wants exported to `system`: these filings (`ids`), or all that wait.

    `again`: also what that system had at its present revision, as far as it had it when `seen` was the last item
    exported; what went since, nobody has seen. `seen` None: whatever it had.
    """

    system: str
    ids: tuple[int, ...] | None = None
    again: bool = False
    seen: int | None = None
    requests: bool = False  # 补报 that wait go along

    def wanted(self) -> QuerySet[Filing]:
        """Those of the filings that may go now, with those that lack the platform's id."""
        if not self.again:
            found = waiting_for(self.system)
        elif self.seen is None:
            found = _applies_to(self.system)
        else:
            found = _applies_to(self.system).exclude(Exists(_sent(self.system).filter(pk__gt=self.seen)))
        return found if self.ids is None else found.filter(pk__in=self.ids)

    def ready(self) -> QuerySet[Filing]:
        """Of `wanted` those that can be exported."""
        return self.wanted().exclude(lacks_id())


class Moved(Exception):
    """What was written no longer stands: somebody exported, returned or supplemented some of it meanwhile."""


# --- what waits -----------------------------------------------------------------------------------------------------


def waiting_for(system: str) -> QuerySet[Filing]:
    """Accepted filings whose present revision `system` has not had, by the office's own due time.

    Had: exported, or entered by hand as taken. A filing to which the system does not apply is not waiting.
    """
    had = Receipt.objects.filter(
        filing=OuterRef("pk"), system=system, result=ReceiptResult.TAKEN, revision=OuterRef("revision")
    )
    return _applies_to(system).exclude(Exists(_sent(system))).exclude(Exists(had)).order_by("office_due_at", "pk")


def without_id(filings: QuerySet[Filing]) -> QuerySet[Filing]:
    """Those that cannot be exported yet: the platform's id is not known."""
    return filings.filter(lacks_id())


def sent_already(system: str) -> QuerySet[Filing]:
    """Accepted filings whose present revision went to `system`: what `again` sends once more."""
    return _applies_to(system).filter(Exists(_sent(system)))


def last_item(system: str) -> int:
    """The last item exported to `system`: what a page that asks for `again` has seen."""
    return ExportItem.objects.filter(system=system).aggregate(last=Max("pk"))["last"] or 0


def had(system: str, ids: Iterable[int]) -> list[ExportItem]:
    """The last export of each of the filings that `system` has at the present revision."""
    items = ExportItem.objects.filter(system=system, filing__in=list(ids), revision=F("filing__revision"))
    return list({item.filing_id: item for item in items.select_related("batch__by").order_by("pk")}.values())


def _sent(system: str) -> QuerySet[ExportItem]:
    return ExportItem.objects.filter(filing=OuterRef("pk"), system=system, revision=OuterRef("revision"))


def _applies_to(system: str) -> QuerySet[Filing]:
    """Accepted, and `system` is not marked 不适用 for the approved part as it stands."""
    now_approved = Revision.objects.filter(filing=OuterRef("pk"), number=OuterRef("revision")).values("approved_sm3")
    of_receipt = Revision.objects.filter(filing=OuterRef("filing"), number=OuterRef("revision")).values("approved_sm3")
    not_applicable = Receipt.objects.annotate(approved=Subquery(of_receipt)).filter(
        filing=OuterRef("pk"),
        system=system,
        result=ReceiptResult.NOT_APPLICABLE,
        approved=OuterRef("approved_sm3"),
    )
    accepted = Filing.objects.filter(state=FilingState.ACCEPTED).annotate(approved_sm3=Subquery(now_approved))
    return accepted.exclude(Exists(not_applicable))


# --- written, and recorded ------------------------------------------------------------------------------------------


def choose(choice: Choice) -> tuple[list[int], list[int]]:
    """The filings to write, by number, and the requests, as they stand now; nothing is locked."""
    filings = choice.ready().order_by("number").values_list("pk", flat=True)
    requests = export_requests.waiting(choice.system).values_list("pk", flat=True) if choice.requests else ()
    return list(filings), list(requests)


def until_it_stands(choice: Choice, act: Callable[[Sequence[int], Sequence[int]], Result]) -> Result:
    """What `act` makes of the filings and requests chosen; called again with what is left when they Moved.

    What comes to wait meanwhile is left to the next export. Raises Refused when they moved TRIES times.
    """
    filings, requests = choose(choice)
    for _ in range(TRIES):
        try:
            return act(filings, requests)
        except Moved:
            still, asked = map(set, choose(choice))
            filings, requests = [pk for pk in filings if pk in still], [pk for pk in requests if pk in asked]
    raise Refused(RESTLESS)


def record(
    choice: Choice,
    written: Written,
    *,
    layout: int,
    by: User | None,
    now: datetime,
    ending: str,
    keep: Callable[[], File],
) -> ExportBatch | None:
    """One batch, an item a filing, one event; None when nothing was written. Part of the caller's transaction.

    `keep` stores the file once it is sure to be handed out; by its `ending` it is named.
    Raises NotAllowed, or Moved when what was written does not stand any more: nothing may be recorded then.
    """
    role = policy.require(by, Action.EXPORT)
    if not len(written):
        return None
    filings = _standing(choice, written)
    system, ids = choice.system, list(written.filings)
    sent = ExportItem.objects.filter(system=system, filing__in=ids, revision=F("filing__revision"))
    before = set(sent.values_list("filing_id", flat=True))
    file, name = keep(), f"{SYSTEMS[system]}-{now.astimezone(SHANGHAI):%Y-%m-%d-%H%M}-{len(written)}行{ending}"
    batch = ExportBatch.objects.create(system=system, at=now, by=by, sm3=file.sm3, layout=layout, file=file, name=name)
    ExportItem.objects.bulk_create(
        ExportItem(batch=batch, filing=f, system=system, revision=f.revision, again=f.pk in before) for f in filings
    )
    ExportRequest.objects.filter(pk__in=written.requests).update(batch=batch)
    detail: dict[str, object] = {
        "system": system,
        "batch": batch.pk,
        "filings": [[filing.pk, filing.revision] for filing in filings],
    }
    if written.requests:
        detail["requests"] = written.requests
    events.append("export", "export", by=by, role=role, at=now, digest=file.sm3, detail=detail)
    return batch


def _standing(choice: Choice, written: Written) -> list[Filing]:
    """The filings written, in that order, their rows locked until the commit. Raises Moved."""
    ids = list(written.filings)
    # Locked first, asked after: whoever had the lock before has committed what he did, and it is seen here.
    locked = Filing.objects.select_for_update().filter(pk__in=ids).only("kind", "revision").order_by("pk")
    found = {filing.pk: filing for filing in locked}
    of_requests = Account.objects.filter(export_requests__in=written.requests).values("pk")
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=of_requests).order_by("pk").values_list("pk"))
    asked = ExportRequest.objects.select_for_update().filter(pk__in=written.requests).order_by("pk")
    list(asked.values_list("pk"))
    still = export_requests.waiting(choice.system).filter(pk__in=written.requests)
    if set(still.values_list("pk", flat=True)) != set(written.requests):
        raise Moved
    if set(choice.ready().filter(pk__in=ids).values_list("pk", flat=True)) != set(ids):
        raise Moved
    filings = [found[pk] for pk in ids]
    marks = writing.marks(choice.system, filings)
    if {filing.pk: (filing.revision, marks[filing.pk]) for filing in filings} != written.filings:
        raise Moved
    return filings


def export(system: str, *, by: User | None, now: datetime, out: Path, again: bool = False) -> Exported:
    """导出: write what waits for `system` to the workbook `out`, and record what went at which revision.

    With `again` also what that system had at its present revision. Filings without the platform's id stay and are
    counted; 补报 go with the office's own exports. The file is written aside, readable to its user alone, and takes its
    name only after the commit: there is never half a file. The record keeps a sealed copy, for a file that did not get
    its name, or got lost. Raises NotAllowed, Refused when the filings would not hold still or the file could not take
    its name, OSError when it cannot be written.
    """
    policy.require(by, Action.EXPORT)
    choice = Choice(System(system), again=again)
    if out.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory", str(out))
    layout = layouts.in_use(choice.system)

    try:
        beside = tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:50]}.")
    except OSError as error:
        error.filename = str(out)  # the name its user knows
        raise
    with beside as folder:
        aside = Path(folder) / "book.xlsx"

        def write_and_record(ids: Sequence[int], requests: Sequence[int]) -> tuple[int, ExportBatch | None]:
            written = Written()
            try:
                with open(aside, "wb", opener=_for_its_user_alone) as file:
                    found = writing.rows(choice.system, ids, requests, written)
                    writing.write_book(file, choice.system, layout, found, folder=aside.parent)
            except OSError as error:
                error.filename = str(out)
                raise
            with aside.open("rb") as content, transaction.atomic():
                keep = partial(files.keep, content, files.XLSX, sealed=True)
                batch = record(choice, written, layout=layout.version, by=by, now=now, ending=".xlsx", keep=keep)
            return len(written), batch

        exported, batch = until_it_stands(choice, write_and_record)
        _take_name(aside, out, batch)
    return Exported(exported, without_id(choice.wanted()).count(), batch)


def _for_its_user_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _take_name(aside: Path, out: Path, batch: ExportBatch | None) -> None:
    """The last step of the command. Raises OSError, or Refused that says where the file of a recorded export is."""
    try:
        aside.replace(out)
    except OSError as error:
        if batch is None:
            error.filename, error.filename2 = str(out), None
            raise
        raise Refused(
            f"文件没有写到“{out}”（系统错误 {error.errno}），但导出已经记录："
            f"请在“上级平台备案”的导出记录里下载“{batch.name}”。"
        ) from error


def download(batch_id: int, *, by: User, now: datetime) -> ExportBatch:
    """下载: counted, and in the history, since the file holds telephones; returns the batch with its file.

    Raises NotAllowed, Refused when no file was kept.
    """
    with transaction.atomic():
        role = policy.require(by, Action.EXPORT)
        batch = ExportBatch.objects.select_for_update(of=("self",)).select_related("file").get(pk=batch_id)
        if batch.file is None:
            raise Refused("这次导出的文件由命令写到了别处，这里没有留存。")
        ExportBatch.objects.filter(pk=batch.pk).update(downloads=F("downloads") + 1)
        events.append(batch, "download", by=by, role=role, at=now, digest=batch.sm3, detail={"system": batch.system})
    batch.refresh_from_db(fields=["downloads"])
    return batch
