"""Rectifications in one line, made through the use cases; the finding under them is written as a check leaves it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Account
from inspections import rectifying
from inspections.models import (
    Finding,
    Indicator,
    IndicatorSet,
    Rectification,
    Sheet,
    SpotCheck,
    UpperFinding,
)
from inspections.rectifying import Proof
from tests.factories import NOW, Cast, account, at, scan


def finding(of: Account, code: str = "Z07", *, now: datetime = NOW, **fields: Any) -> Finding:
    """A problem of the account, by the month's check of `now`; of a sheet submitted with it."""
    of_set = IndicatorSet.objects.get_or_create(
        name="示例指标", defaults={"state": "draft", "made_at": NOW, "source": "示例"}
    )[0]
    indicator, _ = Indicator.objects.get_or_create(
        indicator_set=of_set,
        code=code,
        defaults={
            "kind": "deduction",
            "name": {"Z07": "错别字", "Z04": "逾期备案"}.get(code, "示例问题"),
            "points": 1,
            "cap": 10,
            "unit_word": "处",
            "to_rectify": code != "Z04",
        },
    )
    month = now.date().replace(day=1)
    check, _ = SpotCheck.objects.get_or_create(
        month=month,
        defaults={
            "state": "confirmed",
            "indicator_set": of_set,
            "seed": "示例",
            "drawn": "{}",
            "digest": "0",
            "due_at": at("2026-12-01 00:00"),
            "drafted_at": now,
            "confirmed_at": now,
        },
    )
    sheet, _ = Sheet.objects.get_or_create(
        spot_check=check,
        account=of,
        part=1,
        defaults={
            "unit": of.unit,
            "platform_group": "其他",
            "state": "submitted",
            "as_of": now,
            "submitted_at": now,
            "score": 98,
            "vetoed": False,
            "passed": True,
            "counts": True,
        },
    )
    seen = {"count": 2, "deducted": 2, "evidence": "把“截至”写成“截止”", **fields}
    return Finding.objects.create(sheet=sheet, account=of, unit=of.unit, indicator=indicator, found_at=now, **seen)


def rectification(
    cast: Cast, of: Account | None = None, *, now: datetime = NOW, code: str = "Z07", **fields: Any
) -> Rectification:
    """One that the officer has issued for an account of the cast's unit."""
    found = finding(of or account(cast.unit, now=now, same_platform_reason="示例"), code, now=now, **fields)
    with transaction.atomic():
        return rectifying.issue([found], by=cast.officer, role="officer", now=now)[0]


def from_above(cast: Cast, *, now: datetime = NOW, due_at: datetime | None = None, **fields: Any) -> Rectification:
    """One for a finding from the city, of an account that the register does not hold unless told otherwise."""
    n = UpperFinding.objects.count() + 1
    facts: dict[str, Any] = {
        "issuer": "city",
        "number": f"市查〔示例〕{n:03d}",
        "received_on": now.date(),
        "due_at": at("2026-12-01 00:00"),
        "account_text": "示例应急（新浪微博）",
        "unit": cast.unit,
        "text": "两周内没有更新",
        "state": "handed",
        "recorded_at": now,
        "handed_at": now,
        **fields,
    }
    upper = UpperFinding.objects.create(**facts)
    due = due_at or at("2026-11-28 00:00")
    with transaction.atomic():
        return rectifying.issue_for_upper(
            upper, unit=cast.unit, due_at=due, demand="请恢复更新并说明原因", by=cast.officer, role="officer", now=now
        )


def answered(cast: Cast, row: Rectification | None = None, *, now: datetime = NOW) -> Rectification:
    """One that the unit has answered, with one proof."""
    row = row or rectification(cast)
    return rectifying.answer(row.pk, text="已改正并加强校对。", proofs=[proof()], by=cast.operator, now=now)


def proof(name: str = "改后截图.pdf") -> Proof:
    return Proof(scan(), name)
