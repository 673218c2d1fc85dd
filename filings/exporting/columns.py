"""What the files of both upper systems share: a row, the values a column can show, and a column as data.

The functions of a filing give '' for an account that goes up without one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from accounts import fields
from accounts.models import Account, AccountKind, Platform, Unit
from accounts.models.account import OperationMode, Verification
from filings import content
from filings.filed import filed_value
from filings.models import ChangeItem, ExportMark, Filing, FilingKind
from zhonglou_media.core.tables_out import plain

STAMP = "参考，待区政府办公室提供正式格式"
UNSAID = "（未填）"


class Names:
    """What a change keeps of a platform or a unit is a code or a key: their rows by it, in a query each for all."""

    @cached_property
    def platforms(self) -> dict[str, Platform]:
        return {platform.code: platform for platform in Platform.objects.all()}

    @cached_property
    def units(self) -> dict[str, str]:
        return {str(pk): name for pk, name in Unit.objects.values_list("pk", "name")}


@dataclass(frozen=True)
class Row:
    """One filing as it is handed up, or an account without one (补报): its place in the file, and what is to be done.

    Columns tell the account as it will be: as opened, or as registered with what the change alters.
    """

    order: int
    mark: ExportMark
    filing: Filing | None
    account: Account | None
    names: Names = field(default_factory=Names)

    @property
    def platform(self) -> Platform:
        found = self.stored("platform")
        return found if isinstance(found, Platform) else self.names.platforms[found]

    @property
    def unit(self) -> Unit:
        """Whose row it is: the workbook of that unit holds it."""
        return self.filing.unit if self.filing else self.known.unit

    @property
    def known(self) -> Account:
        """The account, of a row without a filing."""
        if self.account is None:
            raise LookupError("a row without a filing stands for an account")
        return self.account

    def stored(self, name: str) -> Any:
        """A value as it is kept; '' when this kind of filing, or the register, does not know it."""
        return filed_value(self.filing, name) if self.filing else getattr(self.known, name, "")


CHOICES = {"kind": AccountKind.choices, "operation_mode": OperationMode.choices}
Function = Callable[[Row], Any]


def filed(name: str) -> Callable[[Row], str]:
    """A field of the account in words; '' when it is not filled in."""

    def value(row: Row) -> str:
        stored = row.stored(name)
        return str(dict(CHOICES.get(name, ())).get(stored, stored) or "")

    return value


def remarks(row: Row) -> str:
    """备注 of the filing."""
    return str(row.filing.details.remarks) if row.filing else ""


def link(row: Row) -> str:
    """没有链接的填无."""
    return row.stored("link") or "无"


def verified(row: Row) -> str:
    """是否认证; '' while nobody knows."""
    known = row.stored("verification")
    return "" if not known else "是" if known == Verification.VERIFIED else "否"


def opened_on(row: Row) -> Any:
    """开通日期, which only an opening says."""
    return row.filing.effective_on if row.filing and row.filing.kind == FilingKind.OPEN else None


def done_on(row: Row) -> Any:
    """The day of a change, closure or cancellation."""
    return None if row.filing is None or row.filing.kind == FilingKind.OPEN else row.filing.effective_on


def matter(row: Row) -> str:
    """变更事项 old → new, or why an account is closed; '' of an opening."""
    filing = row.filing
    if filing is None or filing.kind == FilingKind.OPEN:
        return ""
    if filing.kind == FilingKind.CHANGE:
        return "；".join(_item_line(item, row.names) for item in filing.items.all())
    return content.words("reasons", filing.closing.reasons, filing.kind)


def _item_line(item: ChangeItem, names: Names) -> str:
    """`content.item_line`, without a query for each platform and unit."""
    if item.field == "platform":
        old, new = (names.platforms[code].name if code else UNSAID for code in (item.old, item.new))
    elif item.field == "unit":
        old, new = (names.units[key] if key else UNSAID for key in (item.old, item.new))
    else:
        return content.item_line(item)
    return f"{fields.label(item.field)}：{old} → {new}"


def followers_in_10000(row: Row) -> Decimal | str:
    """粉丝量(万), half-up to two decimals; '' when it is not known."""
    account = row.filing.account if row.filing else row.known
    if account is None or account.followers is None:
        return ""
    return (Decimal(account.followers) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)


def unit_name(row: Row) -> str:
    """主办单位全称."""
    return row.unit.name


def number(row: Row) -> str:
    """区级备案编号; of an account without a filing the number it was filed under."""
    return (row.filing.number if row.filing else row.known.number) or ""


def approved_on(row: Row) -> Any:
    """The day on which 主要领导 approved."""
    return row.filing.approved_on if row.filing else None


def platform_with_kind(row: Row) -> str:
    """The platform in words, with the kind of a 公众号: 微信公众号（订阅号）."""
    kind = filed("kind")(row)
    return f"{row.platform.name}（{kind}）" if kind else row.platform.name


def by_hand(row: Row) -> str:
    """A column of the upper system that the filing does not hold: typed in there."""
    return ""


def interactions(row: Row) -> str:
    """互动功能."""
    return "、".join(row.stored("interactions") or [])


@dataclass(frozen=True)
class Value:
    """A value that a column can show: what people call it, and how a row says it."""

    label: str
    of: Function


# Key → value. A key is stored in layouts: it may be added to, never renamed.
VALUES: dict[str, Value] = {
    "order": Value("序号", lambda row: row.order),
    "mark": Value("操作（新增、更新、变更、关停、注销）", lambda row: row.mark.label),
    "number": Value("区级备案编号", number),
    "name": Value("账号名称", filed("name")),
    "platform": Value("平台名称", lambda row: row.platform.name),
    "platform_with_kind": Value("平台名称，公众号带类型", platform_with_kind),
    "account_kind": Value("公众号类型（订阅号、服务号）", filed("kind")),
    "uid": Value("账号ID", filed("uid")),
    "link": Value("账号链接（没有的写“无”）", link),
    "intro": Value("简介", filed("intro")),
    "followers": Value("粉丝量（万）", followers_in_10000),
    "verified": Value("是否认证（是、否）", verified),
    "verified_entity": Value("认证主体", filed("verified_entity")),
    "unit": Value("主办单位全称", unit_name),
    "leader_in_charge": Value("分管领导", filed("leader_in_charge")),
    "department_in_charge": Value("责任科室", filed("department_in_charge")),
    "custodian": Value("管理员", filed("custodian")),
    "custodian_phone": Value("管理员电话", filed("custodian_phone")),
    "operation_mode": Value("运维方式（自运维、委托运维）", filed("operation_mode")),
    "vendor": Value("运维单位", filed("vendor")),
    "purpose": Value("功能定位", filed("purpose")),
    "interactions": Value("互动功能", interactions),
    "services": Value("服务事项", filed("services")),
    "remarks": Value("备注", remarks),
    "approved_on": Value("主要领导批准日期", approved_on),
    "opened_on": Value("开通日期", opened_on),
    "matter": Value("变更事项、关停原因", matter),
    "done_on": Value("变更、关停、注销日期", done_on),
    "by_hand": Value("留空（在上级系统里填）", by_hand),
}
OTHERS = "其他"  # the code of whatever else a column says


@dataclass(frozen=True)
class Column:
    """One column: its heading, the key of its value, and the codes for what it says; nothing is never coded."""

    heading: str
    value: str
    codes: Mapping[str, str] = field(default_factory=dict)

    def cell(self, row: Row) -> Any:
        """What stands in the column for `row`: its code, that of 其他, or without either what it says."""
        said = VALUES[self.value].of(row)
        if not self.codes or said in ("", None):
            return said
        return self.codes.get(str(plain(said)), self.codes.get(OTHERS, said))
