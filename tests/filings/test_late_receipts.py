"""Receipts that come late, of one system only, or before the date on the platform: every kind waits for all of them."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from filings import reporting
from filings.completing import complete_waiting
from filings.models import Filing
from tests.factories import NOW, at, change, closing, opening
from tests.filings.exchanging import take

pytestmark = pytest.mark.django_db

LATER = at("2026-12-08 09:00")  # ten working days after all else
MADE: dict[str, Any] = {
    "open": opening,
    "change": change,
    "close": closing,
    "cancel": lambda *args, **fields: closing(*args, kind="cancel", **fields),
}
# Kind; the account's state while one system has answered, and when both have.
WAITS = [
    ("open", "pending", "active"),
    ("change", "active", "active"),
    ("close", "closing", "closed"),
    ("cancel", "closing", "cancelled"),
]
# Kind; the date given at first (none, or ahead), and what it is when the systems answer late.
DATES = [
    ("change", "", "active", "2026-11-30"),
    ("close", "", "closed", "2026-11-30"),
    ("close", "2026-12-07", "closed", ""),
    ("cancel", "", "cancelled", "2026-11-30"),
    ("cancel", "2026-12-07", "cancelled", ""),
]


def stands(filing: Filing) -> tuple[str, str, str]:
    """The filing's state, the account's, and the account's intro: what a change of these tests changes."""
    found = Filing.objects.select_related("account").get(pk=filing.pk)
    assert found.account is not None
    return found.state, found.account.state, found.account.intro


def answer(filing: Filing, system: str, now: datetime) -> None:
    take(filing, system, now=now, on=now.date())


@pytest.mark.parametrize(("kind", "meanwhile", "then"), WAITS)
@pytest.mark.parametrize("systems", [("national", "provincial"), ("provincial", "national")])
def test_one_system_alone_completes_nothing_however_late_the_other_is(
    kind: str, meanwhile: str, then: str, systems: tuple[str, str]
) -> None:
    filing = MADE[kind]("accepted")
    intro = stands(filing)[2]
    answer(filing, systems[0], NOW)
    assert complete_waiting(LATER) == 0
    assert stands(filing) == ("accepted", meanwhile, intro)
    answer(filing, systems[1], LATER)
    changed = "示例新简介" if kind == "change" else intro
    assert stands(filing) == ("completed", then, changed)
    assert Filing.objects.get(pk=filing.pk).ended_at == LATER


@pytest.mark.parametrize(("kind", "planned", "then", "given"), DATES)
def test_both_systems_wait_for_the_date_on_the_platform(kind: str, planned: str, then: str, given: str) -> None:
    fields = {"intro": "示例新简介"} if kind == "change" else {}
    filing = MADE[kind]("accepted", effective_on=planned, **fields)
    before = stands(filing)[1]
    for system in ("national", "provincial"):
        answer(filing, system, NOW)
    assert complete_waiting(NOW + timedelta(days=1)) == 0
    assert stands(filing)[:2] == ("accepted", before)
    if given:
        reporting.supplement(filing.pk, by=filing.cast.operator, data={"effective_on": given}, now=LATER)
        assert Filing.objects.get(pk=filing.pk).effective_on == date.fromisoformat(given)
    else:
        assert complete_waiting(LATER) == 1
    assert stands(filing)[:2] == ("completed", then)
