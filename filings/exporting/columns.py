"""What the column files of both upper systems share: a row, and the functions their columns name."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models

from accounts.models import AccountKind, Platform
from accounts.models.account import OperationMode, Verification
from filings import content
from filings.filed import filed_value, platform_of
from filings.models import Filing, FilingKind

STAMP = "参考，待区政府办公室提供正式格式"


class Mark(models.TextChoices):
    """What the upper system does with the row (操作)."""

    NEW = "open", "新增"
    CHANGE = "change", "变更"
    CLOSE = "close", "关停"
    CANCEL = "cancel", "注销"
    UPDATE = "update", "更新"


@dataclass(frozen=True)
class Row:
    """One filing as it is handed up: its place in the file, and whether that system has it already.

    Columns tell the account as it will be: as opened, or as registered with what the change alters.
    """

    order: int
    mark: Mark
    filing: Filing

    @property
    def platform(self) -> Platform:
        return platform_of(self.filing)

    def stored(self, name: str) -> Any:
        """A filed value as it is kept; '' when this kind of filing does not know it."""
        return filed_value(self.filing, name)


CHOICES = {"kind": AccountKind.choices, "operation_mode": OperationMode.choices}
Column = tuple[str, Callable[[Row], Any]]


def filed(name: str) -> Callable[[Row], str]:
    """A field of the account in words; '' when it is not filled in."""

    def value(row: Row) -> str:
        stored = row.stored(name)
        return str(dict(CHOICES.get(name, ())).get(stored, stored) or "")

    return value


def remarks(row: Row) -> str:
    """备注 of the filing."""
    return str(row.filing.details.remarks)


def link(row: Row) -> str:
    """没有链接的填无."""
    return row.stored("link") or "无"


def verified(row: Row) -> str:
    """是否认证; '' while nobody knows."""
    known = row.stored("verification")
    return "" if not known else "是" if known == Verification.VERIFIED else "否"


def opened_on(row: Row) -> Any:
    """开通日期, which only an opening says."""
    return row.filing.effective_on if row.filing.kind == FilingKind.OPEN else None


def done_on(row: Row) -> Any:
    """The day of a change, closure or cancellation."""
    return None if row.filing.kind == FilingKind.OPEN else row.filing.effective_on


def matter(row: Row) -> str:
    """变更事项 old → new, or why an account is closed; '' of an opening."""
    filing = row.filing
    if filing.kind == FilingKind.CHANGE:
        return "；".join(content.item_line(item) for item in filing.items.all())
    return "" if filing.kind == FilingKind.OPEN else content.words("reasons", filing.closing.reasons, filing.kind)


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
    return "、".join(row.stored("interactions") or [])
