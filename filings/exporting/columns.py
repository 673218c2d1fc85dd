"""What the column files of both upper systems share: a row, and the functions their columns name."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models

from accounts.models.account import Verification
from filings.models import Filing, OpeningDetails

STAMP = "参考，待区政府办公室提供正式格式"


class Mark(models.TextChoices):
    """What the upper system does with the row."""

    NEW = "new", "新增"
    UPDATE = "update", "更新"


@dataclass(frozen=True)
class Row:
    """One filing as it is handed up: its place in the file, and whether that system has it already."""

    order: int
    mark: Mark
    filing: Filing

    @property
    def details(self) -> OpeningDetails:
        """The filed content as it stands."""
        return self.filing.opening


Column = tuple[str, Callable[[Row], Any]]


def filed(name: str) -> Callable[[Row], str]:
    """A field of the filed content in words; '' when it is not filled in."""

    def value(row: Row) -> str:
        display = getattr(row.details, f"get_{name}_display", None)
        return str((display() if display else getattr(row.details, name)) or "")

    return value


def link(row: Row) -> str:
    """没有链接的填无."""
    return row.details.link or "无"


def verified(row: Row) -> str:
    """是否认证; '' while nobody knows."""
    if not row.details.verification:
        return ""
    return "是" if row.details.verification == Verification.VERIFIED else "否"


def followers_in_10000(row: Row) -> Decimal | str:
    """粉丝量(万), half-up to two decimals; '' when it is not known."""
    account = row.filing.account
    if account is None or account.followers is None:
        return ""
    return (Decimal(account.followers) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)


def unit_name(row: Row) -> str:
    """主办单位全称."""
    return row.filing.unit.name


def by_hand(row: Row) -> str:
    """A column of the upper system that the filing does not hold: typed in there."""
    return ""


def interactions(row: Row) -> str:
    """互动功能."""
    return "、".join(row.details.interactions)
