"""检查发现的问题 (第二十四条): the rows that a result comes to once it counts, and their withdrawal.

Only for the use cases of `inspections/sheets.py`, inside their transaction and under their locks.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from inspections import judging, rectifying
from inspections.models import AnnualVeto, Finding, Indicator, IndicatorKind, Rectification, Sheet
from inspections.models.order import STANDING
from zhonglou_media.core.models import User


def write(sheet: Sheet, lines: Sequence[Indicator], *, now: datetime) -> list[Finding]:
    """One row an indicator of which `sheet` counted a problem: vetoes and deductions, no bonuses.

    They are for the unit that has the account now, to put right; the sheet keeps that of the list, for the figures.
    """
    deducted = judging.result(lines, sheet.answers, sheet.spot_check.indicator_set).deducted
    rows = []
    for line in lines:
        answer = sheet.answers.get(line.code, {})
        if line.kind == IndicatorKind.BONUS or not answer.get("count"):
            continue
        rows.append(
            Finding(
                sheet=sheet,
                account=sheet.account,
                unit_id=sheet.account.unit_id,
                indicator=line,
                count=answer["count"],
                deducted=deducted.get(line.code, Decimal(0)),
                evidence=judging.evidence(answer),
                prejudged=bool(answer.get("pre")),
                override_reason=answer.get("reason", "") if judging.overridden(answer) else "",
                found_at=now,
            )
        )
    for row in rows:  # a handful; SQLite and PostgreSQL both give each its id
        row.save(force_insert=True)
    return rows


@dataclass(frozen=True)
class Held:
    """What the supervisor decided on a finding, and stands: it is taken back before the finding is."""

    words: str
    order: int | None = None  # the closure order; None: a veto


def held_by(sheets: Collection[Sheet] | QuerySet[Sheet], *, lock: bool = False) -> list[Held]:
    """The standing closure orders and vetoes that rest on the standing findings of `sheets`: two queries.

    `lock` holds the rectifications until the transaction ends, so that nothing is decided on them meanwhile.
    """
    rows = Rectification.objects.filter(finding__sheet__in=sheets, finding__withdrawn_at__isnull=True)
    rows = rows.select_related("closure_order").order_by("pk")
    found = list(rows.select_for_update(of=("self",), no_key=True) if lock else rows)
    orders = {row.closure_order.pk: row.closure_order for row in found if row.closure_order is not None}
    held = [Held(f"责令关停 {order.number}", order.pk) for order in orders.values() if order.state in STANDING]
    vetoes = AnnualVeto.objects.filter(rectification__in=found, revoked_at__isnull=True).order_by("pk")
    return held + [Held(f"{year}年度一票否决") for year in vetoes.values_list("year", flat=True)]


def withdraw(sheets: Collection[Sheet], *, reason: str, by: User, role: str, now: datetime) -> int:
    """The standing findings of `sheets` are withdrawn, their open rectifications revoked; returns how many."""
    standing = Finding.objects.select_for_update(of=("self",), no_key=True)
    rows = list(standing.filter(sheet__in=sheets, withdrawn_at__isnull=True).order_by("pk"))
    if not rows:
        return 0
    Finding.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=now, withdrawn_reason=reason)
    rectifying.revoke_for(rows, reason=reason, by=by, role=role, now=now)
    return len(rows)
