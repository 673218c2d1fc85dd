"""检查发现的问题 (第二十四条): the rows that a result comes to once it counts, and their withdrawal.

Only for the use cases of `inspections/sheets.py`, inside their transaction and under their locks.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from inspections import judging, rectifying
from inspections.models import Finding, Indicator, IndicatorKind, Sheet
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


def withdraw(sheets: Collection[Sheet], *, reason: str, by: User, role: str, now: datetime) -> int:
    """The standing findings of `sheets` are withdrawn, their open rectifications revoked; returns how many."""
    standing = Finding.objects.select_for_update(of=("self",), no_key=True)
    rows = list(standing.filter(sheet__in=sheets, withdrawn_at__isnull=True).order_by("pk"))
    if not rows:
        return 0
    Finding.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=now, withdrawn_reason=reason)
    rectifying.revoke_for(rows, reason=reason, by=by, role=role, now=now)
    return len(rows)
