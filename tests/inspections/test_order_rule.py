"""overdue_order (第八条): in breach from the due time on until 确认执行, 撤销 or the opening; as a table."""

from datetime import datetime
from typing import Any

import pytest

from accounts.models import Flag
from inspections import ordering, sweep
from inspections.rules import overdue_order
from tests.factories import Cast, account, at, opening, unit
from tests.inspections.ordered import order, proved

pytestmark = pytest.mark.django_db
ISSUED = at("2026-11-24 14:05")
DUE = at("2026-11-25 00:00")


@pytest.mark.parametrize(
    ("what", "now", "breach"),
    [
        ("issued", "2026-11-24 23:59", False),
        ("issued", "2026-11-25 00:00", True),
        ("issued", "2027-02-01 09:00", True),
        ("proved", "2026-11-24 23:59", False),
        ("proved", "2026-11-25 00:00", True),  # a proof is no end
        ("sent_back", "2026-11-25 00:00", True),
        ("executed", "2026-11-25 00:00", False),
        ("revoked", "2026-11-25 00:00", False),
        ("guided", "2026-11-25 00:00", False),  # 第三条: listed, never flagged
    ],
)
def test_the_rule(what: str, now: str, breach: bool) -> None:
    cast = Cast(unit(scope="guided") if what == "guided" else None)
    row = (
        proved(cast, now=ISSUED)
        if what not in ("issued", "guided")
        else order(account(cast.unit, found=True), by=cast.supervisor, now=ISSUED)
    )
    decide: dict[str, Any] = {"by": cast.supervisor, "now": ISSUED}
    if what == "sent_back":
        ordering.send_back(row.pk, reason="x", **decide)
    elif what == "executed":
        ordering.execute(row.pk, **decide)
    elif what == "revoked":
        ordering.revoke(row.pk, reason="x", **decide)
    assert list(overdue_order(at(now))) == ([row] if breach else [])


def flags() -> list[tuple[datetime, datetime | None]]:
    return list(Flag.objects.filter(rule="overdue_order").values_list("due_at", "cleared_at"))


def test_the_sweep_raises_it_and_the_opening_that_completed_ends_order_and_flag_in_one_sweep() -> None:
    cast = Cast()
    of = account(cast.unit, found=True, now=ISSUED)
    order(of, by=cast.supervisor, now=ISSUED)
    late, later = at("2026-11-26 10:00"), at("2026-11-27 10:00")
    assert sweep.sweep(late)["overdue_order"] == (1, 0)
    assert flags() == [(DUE, None)]
    opening("completed", cast, on=of, now=later)

    assert sweep.sweep(later)["overdue_order"] == (0, 1)
    assert flags() == [(DUE, later)]
    assert not Flag.objects.open().filter(rule__in=("overdue_order", "unfiled_account")).exists()


def test_an_order_that_fails_stops_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    account(found=True, now=ISSUED)

    def broken(now: datetime) -> int:
        raise RuntimeError("orders are broken")

    monkeypatch.setattr(ordering, "supersede", broken)
    with pytest.raises(ExceptionGroup, match="1 of"):
        sweep.sweep(DUE)
    assert Flag.objects.filter(rule="unfiled_account").count() == 1
