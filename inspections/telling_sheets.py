"""What is told of a check sheet: a disagreement to the supervisors, its decision and a reopening to the checkers."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from accounts import audience
from accounts.models import Role
from inspections.models import Sheet
from zhonglou_media.core import notices
from zhonglou_media.core.models import User


def differ(sheet: Sheet, seq: int, *, by: User, now: datetime) -> None:
    """The supervisors, of two results that differ."""
    text = f"{sheet.spot_check}·{sheet.account}：两人的结果不一致，请认定以哪一份为准。"
    _tell(audience.people((Role.SUPERVISOR,), now=now, but=by), sheet, "sheet_compare", text, seq, now)


def decided(sheets: Iterable[Sheet], chosen: Sheet, seq: int, *, by: User, now: datetime) -> None:
    """Both checkers, of what counts."""
    people = [row.checker for row in sheets if row.checker is not None and row.checker != by]
    text = (
        f"{chosen.spot_check}·{chosen.account}：两人不一致，已认定以{chosen.checker}的结果为准：{chosen.decided_reason}"
    )
    _tell(people, chosen, "sheet_compare", text, seq, now)


def reopened(sheet: Sheet, reason: str, seq: int, *, by: User, now: datetime) -> None:
    """The checker, whose it is again."""
    people = [sheet.checker] if sheet.checker is not None and sheet.checker != by else []
    text = f"{sheet.spot_check}·{sheet.account}：检查单已重开，请重新核对后提交。理由：{reason}"
    _tell(people, sheet, "sheet", text, seq, now)


def _tell(people: Iterable[User], sheet: Sheet, page: str, text: str, seq: int, now: datetime) -> None:
    link = reverse(f"inspections:{page}", args=[sheet.pk])
    notices.tell(people, key=f"sheet-{sheet.pk}-{seq}", text=text, link=link, now=now)
