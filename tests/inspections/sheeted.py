"""Check sheets in one line, and facts that say what a test wants of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import Account
from inspections import prejudging, sheets
from inspections.judging import Typed
from inspections.models import Indicator, IndicatorSet, Sheet, SpotCheck
from inspections.prejudging import Pre
from tests.factories import NOW, account, at
from zhonglou_media.core.models import User

MANUAL = ("N1.1", "N1.2", "N1.3", "N1.4", "N3.1", "Z07", "Z08", "Z09", "Z10", "Z12", "B02", "B03")
NOTHING = Pre(0, "没有发现", "", known_until=NOW)


def check(month: date = date(2026, 11, 1), state: str = "confirmed", *, now: datetime = NOW) -> SpotCheck:
    """A check of all accounts that runs, past its use cases."""
    later = at("2027-01-01 00:00")
    moments = {"drafted": {}, "confirmed": {"confirmed_at": now}, "closed": {"confirmed_at": now, "closed_at": now}}
    return SpotCheck.objects.create(
        month=month,
        state=state,
        indicator_set=IndicatorSet.objects.get(),
        seed="示例",
        drawn="{}",
        digest="0",
        due_at=later,
        drafted_at=now,
        **moments[state],
    )


def sheet(checker: User | None, of: Account | None = None, *, on: SpotCheck | None = None, part: int = 1) -> Sheet:
    """An open sheet of one account, of a check that is made where there is none."""
    row = of or account()
    running = on or SpotCheck.objects.filter(state="confirmed").first() or check()
    return Sheet.objects.create(
        spot_check=running,
        account=row,
        unit=row.unit,
        unit_kind=row.unit.kind,
        platform_group="其他",
        part=part,
        checker=checker,
    )


class Facts:
    """What `prejudge` says in a test: nothing found, but for what is told of a code (all accounts, or one)."""

    def __init__(self) -> None:
        self.told: dict[str, Pre | None] = {}
        self.of: dict[int, dict[str, Pre | None]] = {}
        self.asked: list[tuple[Mapping[int, datetime], datetime]] = []

    def __call__(
        self, accounts: Sequence[Account], lines: Sequence[Indicator], *, since: Mapping[int, datetime], as_of: datetime
    ) -> dict[int, dict[str, Pre]]:
        self.asked.append((since, as_of))
        found = {}
        for row in accounts:
            told = {line.code: NOTHING for line in lines if line.measure} | self.told | self.of.get(row.pk, {})
            found[row.pk] = {code: pre for code, pre in told.items() if pre is not None}
        return found


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Facts:
    """The facts of a test: nothing found."""
    told = Facts()
    monkeypatch.setattr(prejudging, "prejudge", told)
    return told


def filled(row: Sheet, by: User, *, now: datetime = NOW, **found: Any) -> Sheet:
    """`row` with every manual indicator answered: nothing, but for `found` (N1_1=1 or Z07=(2, "错字"))."""
    given = {code: Typed(0) for code in MANUAL}
    for name, value in found.items():
        count, note = value if isinstance(value, tuple) else (value, "")
        given[name.replace("_", ".")] = Typed(count, note=note)
    version = sheets.begin(row.pk, by=by, now=now).version
    return sheets.save(row.pk, given, version=version, by=by, now=now)


def submitted(row: Sheet, by: User, *, now: datetime = NOW, **found: Any) -> Sheet:
    """`row` handed in, with `found` (as `filled`)."""
    saved = filled(row, by, now=now, **found)
    return sheets.submit(row.pk, version=saved.version, by=by, now=now)
