"""What goes on to the systems above: where each filing stands, and what is missing; in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, FilteredRelation, OuterRef, Prefetch, Q, prefetch_related_objects

from filings import applying, kinds, urging
from filings.models import ExportItem, Filing, FilingKind, FilingState, Receipt, ReceiptResult, Revision, System
from filings.models.filing import LIVE, FilingQuerySet
from filings.queues import with_items
from filings.wording import half_way
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.words import SYSTEMS

CALL_AFTER_DAYS = 3  # without a receipt since the export


def accepted() -> FilingQuerySet:
    """Accepted and not completed, by the office's own due time."""
    return Filing.objects.filter(state=FilingState.ACCEPTED).order_by("office_due_at", "pk")


def to_pass_on() -> FilingQuerySet:
    """Of `accepted` those that one of the systems, or both, have not answered."""
    return _marked().exclude(_answered())


def lacking() -> FilingQuerySet:
    """Of `accepted` those that both systems have answered and that wait for the unit: a date, a proof."""
    return _marked().filter(_answered(), conflict="")


def with_present(filings: FilingQuerySet) -> FilingQuerySet:
    """`filings` with `present`, their revision as it stands."""
    present = FilteredRelation("revisions", condition=Q(revisions__number=F("revision")))
    return filings.annotate(present=present)


def same_part() -> dict[str, Any]:
    """Conditions on receipts or exports, asked of a live filing `with_present`: of its approved part as it stands.

    Equalities with the filing alone: so PostgreSQL reads the table once for all filings, not once for each.
    """
    return {
        "filing": OuterRef("pk"),
        "filing__state__in": LIVE,
        "filing__revisions__number": F("revision"),
        "filing__revisions__approved_sm3": OuterRef("present__approved_sm3"),
    }


def _marked() -> FilingQuerySet:
    return with_present(accepted())


def _answered() -> Q:
    """Condition on `_marked`: a receipt of each system counts for the approved part as it stands."""
    good = Receipt.objects.order_by().exclude(result=ReceiptResult.REFUSED).filter(**same_part())
    both = Q()
    for system in System.values:
        both &= Q(Exists(good.filter(system=system)))
    return both


def in_hand() -> FilingQuerySet:
    """`accepted`, and what a system above returned and the office has not accepted again since."""
    returned = Receipt.objects.filter(
        filing=OuterRef("pk"), result=ReceiptResult.REFUSED, revision__gte=OuterRef("accepted_revision")
    )
    back = Q(Exists(returned)) & ~Q(state__in=(FilingState.COMPLETED, FilingState.WITHDRAWN, FilingState.REFUSED))
    return Filing.objects.filter(Q(state=FilingState.ACCEPTED) | back).order_by("office_due_at", "pk")


def conflicts() -> FilingQuerySet:
    """Both systems have answered, but something of the register stands in the way."""
    return accepted().exclude(conflict="")


@dataclass(frozen=True)
class Place:
    """Where a filing stands in one system above: `status` as `words.UPPER` names it, since `on`."""

    system: str
    status: str
    on: date | None = None
    reason: str = ""
    number: str = ""  # that the system gave it
    update: bool = False  # the system has an earlier revision; the present one is still to be exported

    @property
    def is_settled(self) -> bool:
        return self.status in ("done", "none")


@dataclass
class Passing:
    """A filing on its way up: both systems, and what is still missing."""

    filing: Filing
    national: Place
    provincial: Place
    missing: str = field(default="")
    lacks: str = field(default="")  # late facts that completion waits for: 注销证明
    owes: str = field(default="")  # what the unit has to add, and can by now: it may be urged for that
    urged_at: datetime | None = None

    @property
    def places(self) -> tuple[Place, Place]:
        return self.national, self.provincial

    @property
    def is_answered(self) -> bool:
        """Both systems have answered and it is still not done: something stands, or stood, in the way."""
        return self.filing.state == FilingState.ACCEPTED and all(place.is_settled for place in self.places)

    @property
    def open_system(self) -> str:
        """The first system that has not answered: what the form of a receipt starts from."""
        return next((place.system for place in self.places if not place.is_settled), System.NATIONAL)

    @property
    def waits_for_unit_alone(self) -> bool:
        """Neither system has it, nor can have it: its unit owes something first."""
        return bool(self.owes) and all(place.status == "wait" for place in self.places)

    @property
    def with_unit(self) -> bool:
        """A system returned it and the unit has not reported it again: the office's clock starts anew at the report."""
        return self.filing.state not in (FilingState.ACCEPTED, FilingState.OFFICE_REVIEW)


def passing(filings: Sequence[Filing], *, now: datetime) -> list[Passing]:
    """`filings` (read by `for_lists`) with their two places; three queries for all, and one of each kind's own."""
    prefetch_related_objects(
        list(filings),
        Prefetch("receipts", Receipt.objects.order_by("id"), to_attr="all_receipts"),
        Prefetch("exports", ExportItem.objects.select_related("batch").order_by("id"), to_attr="all_exports"),
        Prefetch("revisions", Revision.objects.only("filing_id", "number", "approved_sm3"), to_attr="all_revisions"),
    )
    with_items(filings)
    rows = []
    for filing in filings:
        row = Passing(filing, _place(filing, System.NATIONAL), _place(filing, System.PROVINCIAL))
        if filing.state == FilingState.ACCEPTED:
            row.lacks = kinds.of(filing).lacks(filing, now)
            row.owes = urging.owes(filing, now)
        row.missing = _missing(row, now)
        rows.append(row)
    return rows


def places(filing: Filing, digests: Mapping[int, str]) -> list[Place]:
    """Where one filing stands in both systems; `digests`: its approved part by revision. Two queries.

    One that was withdrawn or refused waits for nobody: only what a system did answer is told of it.
    """
    receipts, exports = (
        list(filing.receipts.order_by("id")),
        list(filing.exports.select_related("batch").order_by("id")),
    )
    both = [place_in(system, filing, receipts, exports, digests) for system in System.values]
    ended = filing.state in (FilingState.REFUSED, FilingState.WITHDRAWN)
    return [place for place in both if place.status not in ("wait", "sent")] if ended else both


def _place(filing: Filing, system: str) -> Place:
    digests = {r.number: r.approved_sm3 for r in filing.all_revisions}  # type: ignore[attr-defined]
    receipts, exports = filing.all_receipts, filing.all_exports  # type: ignore[attr-defined]
    return place_in(system, filing, receipts, exports, digests)


def place_in(
    system: str,
    filing: Filing,
    receipts: Sequence[Receipt],
    exports: Sequence[ExportItem],
    digests: Mapping[int, str],
) -> Place:
    """Where `filing` stands in `system`, by its receipts and exports, oldest first: the one rule for all pages.

    `digests` is the approved part by revision: a receipt or an export counts while its part is the present one.
    """
    receipts = [r for r in receipts if r.system == system]
    exports = [e for e in exports if e.system == system]
    refused = [r for r in receipts if r.result == ReceiptResult.REFUSED]
    returned = max((r.revision for r in refused), default=0)
    had = {e.revision for e in exports} | {r.revision for r in receipts if r.result == ReceiptResult.TAKEN}
    update = filing.state == FilingState.ACCEPTED and filing.revision not in had
    good = applying.standing(receipts, digests, filing.revision)
    passed_on = filing.state in (FilingState.ACCEPTED, FilingState.COMPLETED)
    if good is not None and returned > good.revision and not passed_on:
        # It took the filing once and returned an update of it: that is what the unit now works on.
        return Place(system, "back", refused[-1].on, refused[-1].reason)
    if good is not None and good.result == ReceiptResult.NOT_APPLICABLE:
        return Place(system, "none", good.on, good.reason)
    if good is not None:
        return Place(system, "done", good.on, good.reason, good.number, update=update)
    sent = [e for e in exports if e.revision > returned and digests[e.revision] == digests[filing.revision]]
    if sent:
        return Place(system, "sent", day_of(sent[-1].batch.at), update=update)
    if refused:
        return Place(system, "back", refused[-1].on, refused[-1].reason)
    return Place(system, "wait")


def _missing(row: Passing, now: datetime) -> str:
    """还差什么, in a sentence."""
    filing = row.filing
    if filing.conflict:
        return f"办结受阻：{filing.conflict}"
    if filing.state != FilingState.ACCEPTED:
        back = [f"{SYSTEMS[p.system]}退回：{p.reason}" for p in row.places if p.status == "back"]
        return "；".join([*back, f"现为“{filing.get_state_display()}”"])
    updates = [f"补充内容待导出{SYSTEMS[place.system]}（更新）" for place in row.places if place.update]
    if row.is_answered:
        wanted = f"还缺：{row.lacks}" if row.lacks else "请再试办结"
        return "；".join(["两个系统都已答复", wanted, *updates])
    told = [_wanting(place, now) for place in row.places if not place.is_settled]
    settled = [place for place in row.places if place.is_settled]
    if len(settled) == 1:
        open_ = next(place for place in row.places if not place.is_settled)
        result = ReceiptResult.NOT_APPLICABLE if settled[0].status == "none" else ReceiptResult.TAKEN
        told = [half_way(settled[0].system, result, open_.system), *told]
    told += updates
    wants_id = filing.kind == FilingKind.OPEN and not filing.opening.uid
    if wants_id and any(place.status in ("wait", "back") or place.update for place in row.places):
        told.append("缺账号ID，补录后才能导出")
    if row.lacks:
        told.append(f"还缺：{row.lacks}")
    return "；".join(told)


def _wanting(place: Place, now: datetime) -> str:
    name = SYSTEMS[place.system]
    if place.status == "sent" and place.on is not None:
        days = (day_of(now) - place.on).days
        return f"{name} {days} 天没有回执，请电话催问" if days >= CALL_AFTER_DAYS else f"{name}已导出，等回执"
    if place.status == "back":
        return f"{name}退回过（{place.reason}），改好后还没有重新导出"
    return f"{name}还没有导出"


def waited_for(filing: Filing, *, now: datetime) -> str:
    """还差什么 of one filing, after a receipt of it."""
    return passing([filing], now=now)[0].missing
