"""Facts of a year in one line each, past the use cases that make them: results of checks, filings, rectifications."""

from datetime import date
from itertools import count
from typing import Any

from accounts.models import Account, Role, Unit
from filings.models import Filing
from inspections.models import (
    AnnualVeto,
    Finding,
    Indicator,
    IndicatorSet,
    MonthFigure,
    Rectification,
    Sheet,
    SpotCheck,
)
from tests.factories import at, user
from zhonglou_media.core.models import User

_numbers = count(1)
NOON = at("2026-12-31 12:00")
END = at("2027-01-02 12:00")  # the first day on which the year can be frozen
NOVEMBER = date(2026, 11, 1)


def check(month: date = NOVEMBER) -> SpotCheck:
    """The check of a month, under way."""
    facts: dict[str, Any] = {"seed": "示例", "drawn": "{}", "digest": "0" * 64, "state": "confirmed"}
    facts |= {"due_at": NOON, "drafted_at": NOON, "confirmed_at": NOON, "indicator_set": IndicatorSet.objects.get()}
    return SpotCheck.objects.get_or_create(month=month, defaults=facts)[0]


def sheet(
    of: Account,
    score: str,
    *,
    vetoed: bool = False,
    counts: bool = True,
    month: date = NOVEMBER,
) -> Sheet:
    """A submitted result of `of`."""
    facts: dict[str, Any] = {"score": score, "vetoed": vetoed, "passed": not vetoed and float(score) >= 60}
    facts |= {"state": "submitted", "submitted_at": NOON, "as_of": NOON, "counts": counts}
    return Sheet.objects.create(spot_check=check(month), account=of, unit=of.unit, platform_group="other", **facts)


def filing(of: Unit, due: str, reported: str = "", **more: Any) -> Filing:
    """A filing whose report was due, and was reported or is with the unit."""
    due_at, first = at(due), at(reported) if reported else None
    facts: dict[str, Any] = {"kind": "open", "created_at": due_at, "report_due_at": due_at, "first_reported_at": first}
    return Filing.objects.create(unit=of, **facts | more)


def rectification(
    of: Account, due: str, state: str = "issued", answered: str = "", *, officer: User | None = None
) -> Rectification:
    """An order of `of` that was brought to `state`, answered when told."""
    n = next(_numbers)
    line = Indicator.objects.get(code="Z07")
    of_sheet = Sheet.objects.filter(account=of).first() or sheet(of, "99", counts=False)
    found = Finding.objects.create(
        sheet=of_sheet,
        account=of,
        unit=of.unit,
        indicator=line,
        found_at=NOON,
        withdrawn_at=NOON,
        withdrawn_reason="示例",
    )
    facts: dict[str, Any] = {"number": f"示例〔2026〕{n}号", "finding": found, "problem": "错别字", "state": state}
    facts |= {"issued_at": at("2026-01-05 09:00"), "due_at": at(due)}
    if answered:
        facts |= {"answer": "已改", "answered_at": at(answered), "answered_by": user(Role.OPERATOR, of.unit)}
    if state == "verified":
        facts |= {"verified_at": NOON, "verified_by": officer or user(Role.OFFICER)}
    if state == "revoked":
        facts |= {"revoked_reason": "示例"}
    return Rectification.objects.create(account=of, unit=of.unit, **facts)


def veto(of: Unit, year: int = 2026, **more: Any) -> AnnualVeto:
    """一票否决 of `of`."""
    facts: dict[str, Any] = {"ground": "named", "reason": "被市级通报", "decided_at": NOON}
    return AnnualVeto.objects.create(year=year, unit=of, decided_by=user(Role.SUPERVISOR), **facts | more)


def replies(of: Unit, asked: int, answered: int, month: date = NOVEMBER) -> MonthFigure:
    """What the roll-ups say of the unit's questions."""
    return MonthFigure.objects.create(unit=of, month=month, asked=asked, answered_in_time=answered)
