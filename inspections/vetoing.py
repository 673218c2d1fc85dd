"""一票否决 of a unit's year (第二十四条, 第二十五条): decided by the supervisor with its ground, revoked with a reason.

A year that is frozen (`AssessmentYear`) takes no more of either.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts import audience, policy
from accounts.models import Account, Unit
from accounts.policy import Action
from inspections.models import AnnualVeto, AssessmentYear, Rectification, UpperFinding, VetoGround, YearState
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User


def impose(
    unit: Unit,
    year: int,
    ground: str,
    reason: str,
    *,
    account: Account | None = None,
    rectification: Rectification | None = None,
    upper: UpperFinding | None = None,
    by: User,
    now: datetime,
) -> AnnualVeto:
    """作出一票否决 for the unit's `year`; the unit is told. One a rectification, and one a finding from above.

    Within the caller's transaction where there is one. Raises NotAllowed, Refused, WrongState (it stands already).
    """
    with transaction.atomic():
        role = policy.require(by, Action.VETO)
        if not reason.strip():
            raise Refused("请写明一票否决的事由。")
        if ground not in VetoGround.values:
            raise Refused("请选择一票否决的依据。")
        if not day_of(now).year - 1 <= year <= day_of(now).year:
            raise Refused("一票否决只能记入本年度或上一年度，请重新选择。")
        _open_year(year)
        row = AnnualVeto(
            year=year,
            unit=unit,
            account=account,
            ground=ground,
            rectification=rectification,
            upper=upper,
            reason=reason.strip(),
            decided_at=now,
            decided_by=by,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise WrongState("这个问题已经作出一票否决，不能重复；要更改的，请先撤销那一件。") from None
        detail = {"year": year, "unit": unit.pk, "ground": ground, "rectification": row.rectification_id}
        detail |= {"account": row.account_id, "upper": row.upper_id}
        event = events.append(row, "veto", by=by, role=role, at=now, comment=row.reason, detail=detail)
        text = f"{unit}：{year}年度政务公开考核一票否决，依据：{row.get_ground_display()}。{row.reason}"
        _tell(row, event.seq, text, by=by, now=now)
    return row


def revoke(pk: int, *, reason: str, by: User, now: datetime) -> AnnualVeto:
    """撤销一票否决. Raises NotAllowed, Refused without a reason, WrongState (revoked before, or the year is frozen)."""
    with transaction.atomic():
        row = AnnualVeto.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=pk)
        role = policy.require(by, Action.VETO, row)
        if row.revoked_at is not None:
            raise WrongState(f"{row.revoked_by}已经撤销这件一票否决。", by=row.revoked_by, at=row.revoked_at)
        if not reason.strip():
            raise Refused("请写明撤销的理由。")
        _open_year(row.year)
        row.revoked_at, row.revoked_by, row.revoked_reason = now, by, reason.strip()
        row.save()
        detail = {"year": row.year, "unit": row.unit_id, "ground": row.ground}
        event = events.append(row, "revoke", by=by, role=role, at=now, comment=row.revoked_reason, detail=detail)
        text = f"{row.unit}：{row.year}年度一票否决已撤销。理由：{row.revoked_reason}"
        _tell(row, event.seq, text, by=by, now=now)
    return row


def standing() -> QuerySet[AnnualVeto]:
    """Vetoes that have not been revoked."""
    return AnnualVeto.objects.filter(revoked_at__isnull=True)


def years(now: datetime, *moments: datetime) -> list[int]:
    """The years a veto decided now may count for: this one, and the last where one of `moments` fell into it."""
    this = day_of(now).year
    return [this, *({this - 1} & {day_of(moment).year for moment in moments})]


def _open_year(year: int) -> None:
    """Raises WrongState when the year's assessment is frozen; it stays as it is until the transaction ends."""
    row = AssessmentYear.objects.select_for_update().filter(year=year).first()
    if row is not None and row.state == YearState.FROZEN:
        raise WrongState(f"{year}年度考核已经定稿，不能再作出或撤销一票否决。")


def _tell(row: AnnualVeto, seq: int, text: str, *, by: User, now: datetime) -> None:
    notices.tell(
        audience.people(audience.UNIT, now=now, unit_id=row.unit_id, but=by),
        key=f"veto-{row.pk}-{seq}",
        text=text,
        link=reverse("inspections:vetoes"),
        now=now,
    )
