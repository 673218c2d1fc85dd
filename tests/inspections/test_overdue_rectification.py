"""overdue_rectification (第二十四条): due, neither verified nor answered in time; as a table."""

from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import Flag
from inspections import deciding, ordering, rectifying, sweep
from inspections.deciding import Decision
from inspections.models import ClosureOrder, Rectification
from inspections.rules import overdue_rectification
from tests.factories import Cast, at, scan, unit
from tests.inspections.rectified import answered, from_above, rectification

pytestmark = pytest.mark.django_db
ISSUED = at("2026-11-24 14:05")
DUE = at("2026-12-02 00:00")
BEFORE, ON_TIME, AFTER = at("2026-12-01 10:00"), at("2026-12-01 23:59"), at("2026-12-04 10:00")


def brought(what: str, cast: Cast) -> Rectification:
    """A rectification to which `what` has happened."""
    row = from_above(cast, now=ISSUED, due_at=DUE) if what == "above" else rectification(cast, now=ISSUED)
    by: dict[str, Any] = {"by": cast.supervisor}
    if what.startswith("answered"):
        answered(cast, row, now=ON_TIME if "in time" in what else DUE)
    if what.startswith("back"):
        answered(cast, row, now=BEFORE)
        rectifying.send_back(row.pk, reason="x", now=BEFORE if "before" in what else AFTER, **by)
    if what == "verified late":
        answered(cast, row, now=AFTER)
        rectifying.verify(row.pk, now=AFTER, **by)
    if what == "revoked":
        rectifying.revoke_for([row.finding], reason="x", by=cast.officer, role="officer", now=BEFORE)  # type: ignore[list-item]
    if what in ("extended", "let be", "ordered", "ordered and revoked", "executed", "vetoed"):
        deciding.refer(row.pk, reason="x", by=cast.officer, now=BEFORE)
        outcome = {"extended": "extend", "let be": "let_be", "vetoed": "veto"}.get(what, "order_closure")
        day = date(2026, 12, 8) if outcome == "extend" else None
        deciding.decide(row.pk, Decision(outcome, "x", due_on=day), now=BEFORE, **by)
    if what == "ordered and revoked":
        ordering.revoke(ClosureOrder.objects.get().pk, reason="x", now=BEFORE, **by)
    if what == "executed":
        order = ClosureOrder.objects.get()
        ordering.prove(order.pk, file=scan(), name="x.pdf", by=cast.operator, now=BEFORE)
        ordering.execute(order.pk, now=BEFORE, **by)
    return row


@pytest.mark.parametrize(
    ("what", "now", "breach"),
    [
        ("issued", "2026-12-01 23:59", False),
        ("issued", "2026-12-02 00:00", True),
        ("issued", "2027-02-01 09:00", True),
        ("above", "2026-12-02 00:00", True),
        ("answered in time", "2026-12-02 00:00", False),  # it waits for the office
        ("answered in time", "2027-02-01 09:00", False),
        ("answered late", "2026-12-02 00:00", True),
        ("back before the due time", "2026-12-03 23:59", False),  # two more working days
        ("back before the due time", "2026-12-04 00:00", True),
        ("back after the due time", "2026-12-08 23:59", False),
        ("back after the due time", "2026-12-09 00:00", True),
        ("verified late", "2026-12-05 00:00", False),
        ("revoked", "2026-12-02 00:00", False),
        ("extended", "2026-12-08 23:59", False),
        ("extended", "2026-12-09 00:00", True),
        ("let be", "2026-12-02 00:00", True),
        ("vetoed", "2026-12-02 00:00", True),  # the problem is still there
        ("ordered", "2026-12-02 00:00", False),  # the order has its own flag
        ("ordered and revoked", "2026-12-02 00:00", True),
        ("executed", "2026-12-02 00:00", False),
        ("guided", "2026-12-02 00:00", False),  # 第三条: listed, never flagged
    ],
)
def test_the_rule(what: str, now: str, breach: bool) -> None:
    cast = Cast(unit(scope="guided") if what == "guided" else None)
    row = brought(what, cast)
    assert list(overdue_rectification(at(now))) == ([row] if breach else [])


def flags() -> list[tuple[datetime, datetime | None]]:
    return list(
        Flag.objects.filter(rule="overdue_rectification").order_by("due_at").values_list("due_at", "cleared_at")
    )


def test_the_sweep_raises_clears_and_raises_anew_for_a_new_due_time() -> None:
    cast = Cast()
    row = rectification(cast, now=ISSUED)
    assert sweep.sweep(AFTER)["overdue_rectification"] == (1, 0)
    flag = Flag.objects.get(rule="overdue_rectification")
    assert (flag.fact_kind, flag.fact_id, flag.account, flag.unit, flag.level) == (
        *("rectification", row.pk, row.account, cast.unit, "breach"),
    )
    deciding.extend(row.pk, due_on=date(2026, 12, 10), reason="x", by=cast.supervisor, now=AFTER)
    assert sweep.sweep(AFTER)["overdue_rectification"] == (0, 1)
    late = at("2026-12-11 00:00")
    assert sweep.sweep(late)["overdue_rectification"] == (1, 0)
    assert flags() == [(DUE, AFTER), (late, None)]
