"""Findings from above for tests, made by the use cases."""

from datetime import date
from itertools import count
from typing import Any

from accounts.models import Account
from inspections import rectifying, upper
from inspections.models import Rectification, UpperFinding
from inspections.rectifying import Proof
from inspections.upper import Typed
from inspections.upper_due import earliest, is_over
from tests.factories import NOW, Cast, at, scan

_numbers = count(1)
DUE = at("2026-12-02 00:00")  # 24:00 of Tuesday, 1 December


def typed(of: Account | None = None, **fields: Any) -> Typed:
    """What the paper of the city says of an account."""
    facts = {
        "issuer": "city",
        "number": f"市查〔示例〕{next(_numbers):03}",
        "received_on": date(2026, 11, 20),
        "due_at": DUE,
        "account_text": str(of) if of else "示例无人认领（抖音）",
        "text": "11-05 至 11-20 未更新内容，请核实整改并反馈。",
        "account_id": of.pk if of else None,
        "issuer_name": "市政府办公室",
    }
    return Typed(**facts | fields)


def recorded(cast: Cast, of: Account | None = None, **fields: Any) -> UpperFinding:
    return upper.record(typed(of, **fields), by=cast.officer, now=NOW)


def handed(cast: Cast, of: Account | None = None, **fields: Any) -> UpperFinding:
    row = recorded(cast, of, **fields)
    due = earliest(NOW) if is_over(row, NOW) else min(at("2026-12-01 00:00"), row.due_at)
    return upper.hand(row.pk, unit_id=cast.unit.pk, due_at=due, read=upper.reading(row), by=cast.officer, now=NOW)


ANSWER = "已恢复更新，补排值班表。"


def answered(cast: Cast, of: Account | None = None, answer: str = ANSWER, **fields: Any) -> UpperFinding:
    row = handed(cast, of, **fields)
    proof = Proof(scan(), "恢复更新截图（示例）.pdf")
    rectifying.answer(of_upper(row).pk, text=answer, proofs=[proof], by=cast.operator, now=NOW)
    return row


def verified(cast: Cast, of: Account | None = None, **fields: Any) -> UpperFinding:
    row = answered(cast, of, **fields)
    rectifying.verify(of_upper(row).pk, by=cast.officer, now=NOW)
    return row


def of_upper(row: UpperFinding) -> Rectification:
    return Rectification.objects.get(upper=row)


def read(row: UpperFinding) -> str:
    """What somebody has open who looks at it now."""
    return upper.reading(UpperFinding.objects.get(pk=row.pk))
