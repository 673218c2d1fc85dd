"""Moves of the random driver about many filings at once and the systems above: 催办, 批量, 导出, 补报, 核对.

With what must hold of them: a reminder moves nothing and comes once a day; many at once are done no otherwise than each
alone; what goes up outside of a filing waits once for a system and goes up once.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Count

from accounts.models import Account
from filings import bulk, export_requests, export_runs, reviewing, urging
from filings.bulk import Act, Chosen
from filings.models import (
    ExportBatch,
    ExportItem,
    ExportRequest,
    Filing,
    FilingState,
    LineKind,
    Reconciliation,
    ReconciliationLine,
    System,
)
from filings.reconciling import acting, listing, running
from tests.filings.reconciled import csv_of
from tests.portal.machine_world import F, V, World
from zhonglou_media.core import jobs
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event, JobState

Rows = dict[int, dict[str, Any]]  # filings by key, as they stand
ALIVE = ("active", "pending", "lost")


class Undone(Exception):
    """Ends a trial, so that nothing of it stays."""


def _somebody(world: World, who: int) -> Any:
    """Mostly an officer; nobody at all (系统) presses none of these buttons."""
    return world.who(who, F) or world.who(0, V)


# --- many at once ---------------------------------------------------------------------------------------------------

ALONE: dict[Act, Callable[..., object]] = {
    Act.ACCEPT: lambda row, **said: reviewing.accept(row.filing_id, read=row.read, **said),
    Act.RETURN: lambda row, **said: reviewing.return_(row.filing_id, read=row.read, comment="请补充", **said),
    Act.URGE: lambda row, **said: urging.urge(row.filing_id, **said),
}


def alone(act: Act, row: Chosen, **said: Any) -> bool:
    """Whether the single act would be done with this one now."""
    try:
        with transaction.atomic():
            ALONE[act](row, **said)
            raise Undone
    except Undone:
        return True
    except Refused:
        return False


def _chosen(world: World, act: Act, which: int) -> list[Chosen]:
    """Some that the act is for, and now and then one it is not for."""
    rows = Filing.objects.filter(state=FilingState.OFFICE_REVIEW) if act in bulk.DECISIONS else Filing.objects.live()
    found = list(rows.order_by("-pk")[:3])
    stray = world.filing(which) if which % 2 else None
    if stray is not None and stray not in found:
        found.append(stray)
    return [Chosen(filing.pk, world.read(filing)) for filing in found]


def many(act: Act) -> Callable[[World, int, int, int], Any]:
    """The same act on several; most were opened by who does it."""

    def move(world: World, which: int, who: int, how: int) -> Any:
        by, rows = _somebody(world, who), _chosen(world, act, which)
        if not rows:
            return 0
        with transaction.atomic():  # who may not do it at all leaves nothing, not even that he opened them
            return _many(world, act, rows, by, opened=how > 1)

    return move


def _many(world: World, act: Act, rows: list[Chosen], by: Any, *, opened: bool) -> int:
    said: dict[str, Any] = {"by": by, "now": world.now}
    if opened and act in bulk.DECISIONS:
        for row in rows:
            try:
                reviewing.open_for_review(row.filing_id, **said)
            except Refused:
                continue
    could, read = [alone(act, row, **said) for row in rows], bulk.opened_by(by, rows)
    before = standing()
    job = bulk.run(act, rows, comment="请补充", **said)
    after, told = standing(), job.result["rows"]
    assert [one["filing_id"] for one in told] == [row.filing_id for row in rows], "not each is told of"
    for n, (one, may) in enumerate(zip(told, could, strict=True)):
        pk, done, what = one["filing_id"], one["outcome"] == bulk.DONE, f"{act.label} {one}"
        assert "数据库出错" not in one["said"], what
        allowed = may and (act not in bulk.DECISIONS or pk in read)
        assert allowed or not done, f"{what}: alone it is refused, or it was never opened"
        assert done or n or not allowed, f"{what}: alone it is done"  # of the first: none before it has moved anything
        assert done or after[pk] == before[pk], f"{what}: not done, and yet another"
    return int(job.result[bulk.DONE])


# --- the systems above ----------------------------------------------------------------------------------------------


def _system(how: int) -> str:
    return ("national", "provincial")[how % 2]


def compared(world: World, which: int, who: int, how: int) -> Any:
    """A system's list of our accounts: one of another unit there, one perhaps closed there, the last one missing."""
    by = _somebody(world, who)
    rows = list(Account.objects.filter(state__in=ALIVE).select_related("platform", "unit").order_by("pk"))
    lines = []
    for n, row in enumerate(rows[:-1]):
        there = "别的单位" if n == which % len(rows) else row.unit.name
        state = "已关停" if how > 5 and n == (which + 1) % len(rows) else "正常"
        lines.append([row.name, row.platform.name, row.uid, "", there, state])
    said: dict[str, Any] = {"by": by, "now": world.now}
    listed_on = day_of(world.now)
    job = running.prepare(csv_of(lines), name="清单.csv", system=_system(how), listed_on=listed_on, **said)
    if job.state == JobState.PREPARED:
        assert job.source is not None
        guessed = running.suggest(listing.stored(job.source), _system(how))
        job = running.confirm(job.pk, columns=guessed.columns, states=guessed.states, **said)
    jobs.play(job, running.RECONCILE, now=world.now)
    return Reconciliation.objects.get(job=job)


def _line(which: int, *kinds: LineKind) -> ReconciliationLine | None:
    rows = ReconciliationLine.objects.filter(kind__in=kinds, account__isnull=False)
    found = list(rows.order_by("-run", "pk")[:4])
    return found[which % len(found)] if found else None


def asked(world: World, which: int, who: int, how: int) -> Any:
    """请单位变更, about a line of the last lists."""
    line = _line(which, LineKind.DIFFERS, *([LineKind.ONLY_HERE] if how == 0 else []))
    return acting.ask(line.pk, by=_somebody(world, who), now=world.now) if line else 0


def requested(world: World, which: int, who: int, how: int) -> Any:
    """加入导出, of a line or of an account by itself."""
    by, line = _somebody(world, who), _line(which, *LineKind)
    if line is not None and how < 4:
        return acting.export(line.pk, by=by, now=world.now)
    said: dict[str, Any] = {"mark": "update", "why": "核对后补报" if how else " ", "by": by, "now": world.now}
    return export_requests.request(world.account(which).pk, system=_system(how), **said)


def dropped(world: World, which: int, who: int, how: int) -> Any:
    rows = list(ExportRequest.objects.order_by("-pk")[:4])
    by = _somebody(world, who)
    return export_requests.drop(rows[which % len(rows)].pk, by=by, now=world.now) if rows else 0


def exported(world: World, which: int, who: int, how: int) -> Any:
    """导出 as the page does it: all that waits, or some chosen, some of them once more."""
    ids = [f.pk for f in Filing.objects.order_by("-pk")[:3]] if how > 5 else None
    said: dict[str, Any] = {"by": _somebody(world, who), "now": world.now}
    job = export_runs.submit(_system(how), ids=ids, again=ids is not None and which > 3, **said)
    jobs.play(job, export_runs.EXPORT_FILINGS, now=world.now)
    batch = ExportBatch.objects.get(pk=job.result["batch"])
    assert job.state == JobState.DONE
    assert batch.file is not None, "no file to download"
    counted = (batch.items.count(), batch.requests.count())
    assert counted == (job.result["exported"], job.result["requests"]), "the job counts what the batch does not hold"
    return batch


MOVES = {
    "many accepted": many(Act.ACCEPT),
    "many returned": many(Act.RETURN),
    "many urged": many(Act.URGE),
    "list compared": compared,
    "unit asked": asked,
    "account requested": requested,
    "request dropped": dropped,
    "export by job": exported,
}


# --- what must hold -------------------------------------------------------------------------------------------------


def standing() -> Rows:
    """Every filing as its row says."""
    return {row["id"]: row for row in Filing.objects.order_by().values()}


class Holds:
    """What holds of filings, reminders and exports after each move of one example."""

    def __init__(self) -> None:
        self.before, self._went, self._ended = standing(), set[int](), set[int]()
        self._sent: Counter[tuple[str, int, int]] = Counter()

    def check(self, new: list[Event]) -> None:
        """`new` is what the history says since the last call."""
        after = standing()
        told: dict[int, list[Event]] = {}
        for event in new:
            if event.subject_kind == "filing":
                told.setdefault(event.subject_id or 0, []).append(event)
            elif event.verb in CHECKS:
                CHECKS[event.verb](self, event)
        for pk, row in after.items():
            _moved_by_events(pk, self.before.get(pk), row, told.get(pk, []))
        self.before = after

    def requested(self, event: Event) -> None:
        waiting = ExportRequest.objects.filter(batch=None, dropped_at=None).values("system", "account")
        twice = waiting.order_by().annotate(n=Count("pk")).filter(n__gt=1)
        assert not twice.exists(), f"{event}: waits twice"
        assert event.detail["system"] in System.values, event
        assert event.detail["request"] not in self._went | self._ended, event

    def dropped(self, event: Event) -> None:
        pk = event.detail["request"]
        assert pk not in self._went, f"{event}: of one that went up"
        assert pk not in self._ended, f"{event}: twice"
        self._ended.add(pk)

    def exported(self, event: Event) -> None:
        system, batch = event.detail["system"], event.detail["batch"]
        requests = set(event.detail.get("requests", ()))
        assert not requests & self._went, f"{event}: a request went up twice"
        assert not requests & self._ended, f"{event}: a request that was dropped"
        assert set(ExportRequest.objects.filter(batch=batch).values_list("pk", flat=True)) == requests, f"{event}"
        self._went |= requests
        again = dict(ExportItem.objects.filter(batch=batch).values_list("filing", "again"))
        for pk, revision in event.detail["filings"]:
            assert again[pk] == (self._sent[system, pk, revision] > 0), f"{event}: {pk} went before, or is said to have"
            self._sent[system, pk, revision] += 1


CHECKS = {"request_export": Holds.requested, "drop_request": Holds.dropped, "export": Holds.exported}


def _moved_by_events(pk: int, old: dict[str, Any] | None, new: dict[str, Any], told: list[Event]) -> None:
    """A state comes of an event that says from where to where; a reminder moves nothing, and comes once a day."""
    state = old["state"] if old else ""
    for event in told:
        if event.to_state and event.from_state != event.to_state:
            assert event.from_state == state, f"{event}: from another state than {state}"
            state = event.to_state
    assert state == new["state"], f"filing {pk}: {state} → {new['state']} without an event"
    reminders = [event for event in told if event.verb == urging.VERB]
    for event in reminders:
        assert not event.to_state, f"{event}: a reminder that moves"
        said = Event.objects.filter(subject_kind="filing", subject_id=pk, verb=urging.VERB)
        days = Counter(day_of(at) for at in said.values_list("at", flat=True))
        assert set(days.values()) == {1}, f"{event}: twice on a day"
    if reminders and len(reminders) == len(told):
        assert old == new, f"filing {pk}: another after a reminder"
