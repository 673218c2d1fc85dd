"""附件4 变更报备表: starts from what is filed; only what is typed otherwise becomes an item of the change."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from accounts import fields
from accounts.models import AccountKind, Platform
from accounts.models.account import OperationMode
from filings import announcing
from filings.forms import common
from filings.models import Attachment, ChangeDetails, ChangeItem, Filing
from filings.models.content import AttachmentKind
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.names import clean_name

ITEMS: tuple[str, ...] = tuple(name for name in fields.FILED if name not in ("unit", "avatar"))  # typed in the form
NOTICE = ("notice_text", "notice_on", "notice_place", "notice_link")
OF_NAME = ("name", "unit")  # these changes are announced to the public (第八条)
OF_PLACE = ("platform", "unit")  # these take another place on a platform (第七条)
OPEN = "open"  # in what is typed: the items that somebody chose to change, whatever they hold by now
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "items": ("变更事项", ITEMS),
    "reasons": (
        "原因与公告",
        ("reason", "same_platform_reason", "effective_on", *NOTICE, "operator_phone", "remarks"),
    ),
}


def plain(value: Any) -> str:
    """A value as it is compared and kept: stripped, its lines ended as the register ends them."""
    return str(value or "").strip().replace("\r\n", "\n")


def filled(filing: Filing, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the form holds: what is typed over the account's present values.

    Where an announcement is due and nobody has written one, it is drafted.
    """
    account = filing.registered
    data = {name: fields.stored(account, name) for name in ITEMS} | dict(typed)
    if "notice_text" not in typed and changed(filing, data) & {*OF_NAME}:
        data["notice_text"] = announcing.change_text(filing, data)
    return data


def changed(filing: Filing, data: Mapping[str, Any]) -> set[str]:
    """Filed fields that `data` (as `filled` gives it) says otherwise than the register; the avatar by its picture."""
    account = filing.registered
    found = {name for name in ITEMS if plain(data.get(name)) != plain(fields.stored(account, name))}
    if filing.unit_id != account.unit_id:
        found.add("unit")
    if new_avatar(filing) not in ("", fields.stored(account, "avatar")):
        found.add("avatar")
    return found


class ChangeForm(common.FilingForm):
    """The whole form; the sponsor changes by who files it, the avatar by a picture of that kind.

    A field that stays as it is is judged by nobody: what the register held before the portal need not be perfect.
    """

    STEPS = STEPS
    LATE = ("notice_link", "effective_on")

    platform = forms.ModelChoiceField(
        label="平台",
        queryset=Platform.objects.all(),
        to_field_name="code",
        empty_label="请选择",
        error_messages={"required": "请选择平台。", "invalid_choice": "平台须从列出的选项中选择。"},
    )
    uid = common.text("账号ID", 128)
    link = common.text("账号链接", 300)
    name = common.text("账号名称", 30, required=True, help_text="变更名称须向社会公告（第八条）")
    intro = common.text("简介", 300, lines=True)
    kind = common.choice("账号类型", AccountKind.choices)
    verified_entity = common.text("认证主体", 120)
    operation_mode = common.choice("运维方式", OperationMode.choices)
    vendor = common.text("运维单位", 120)
    leader_in_charge = common.text("分管领导", 40)
    department_in_charge = common.text("责任科室", 60)
    custodian = common.text("管理员", 40)
    custodian_phone = common.phone("管理员电话")
    purpose = common.text("功能定位", 1000, lines=True)
    services = common.text("服务项目", 500, lines=True)

    reason = common.text("变更原因", 500, required=True, lines=True)
    same_platform_reason = common.text(
        "同平台已有账号的理由", 300, lines=True, help_text="主办单位在该平台已有账号的必填（第七条）"
    )
    effective_on = day_field("平台变更日期", help_text="在平台上改好的日期，尚未办理的不填，办好后补录")
    notice_text = common.text("社会公告", 1000, lines=True, help_text="变更名称、主办单位的，审核通过时公布（第八条）")
    notice_on = day_field("公告日期")
    notice_place = common.text("公告发布渠道", 120)
    notice_link = common.text("公告链接", 300)
    operator_phone = common.phone("填报人手机")
    remarks = common.text("备注", 1000, lines=True)

    def __init__(self, data: Mapping[str, Any], *, filing: Filing) -> None:
        super().__init__(filled(filing, data), filing=filing)
        self.changed = changed(filing, self.data)
        for name in set(ITEMS) - self.changed:
            self.fields[name].required = False
            self.fields[name].validators = []

    @property
    def opened(self) -> set[str]:
        """Items that the page shows to be changed: they differ, were chosen, or are wrong."""
        return (self.changed | {*self.data.get(OPEN, [])} | set(self.errors)) & {*ITEMS, "unit", "avatar"}

    def shown(self, step: str) -> tuple[str, ...]:
        names = STEPS[step][1]
        if step == "items":
            return tuple(name for name in names if name in self.opened)
        hidden = set() if self.changed & {*OF_NAME} else set(NOTICE)
        hidden |= set() if self.changed & {*OF_PLACE} else {"same_platform_reason"}
        return tuple(name for name in names if name not in hidden)

    def present(self, name: str) -> str | None:
        return fields.words(name, fields.stored(self.filing.registered, name)) if name in fields.FILED else None

    def clean_name(self) -> str:
        if "name" not in self.changed:
            return str(self.cleaned_data["name"])
        try:
            return clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        platform = data.get("platform")
        if self.changed & {"platform", "kind"} and platform is not None:
            if not platform.has_kinds:
                data["kind"] = ""
            elif not data.get("kind"):
                self.add_error("kind", "微信公众号请选择账号类型：订阅号或服务号。")
        if self.changed & {"operation_mode", "vendor"}:
            if data.get("operation_mode") == OperationMode.SELF:
                data["vendor"] = ""
            elif data.get("operation_mode") == OperationMode.OUTSOURCED and not data.get("vendor"):
                self.add_error("vendor", "委托运维的请填写运维单位（第十九条）。")
        return data

    def items(self) -> list[ChangeItem]:
        """What differs from the account as it stands, unsaved, in the order of the filed fields."""
        account = self.filing.registered
        values = {name: plain(self.cleaned_data[name]) for name in ITEMS if name != "platform"}
        values["platform"] = self.cleaned_data["platform"].code
        values["unit"] = str(self.filing.unit_id)
        values["avatar"] = new_avatar(self.filing) or fields.stored(account, "avatar")
        pairs = ((name, fields.stored(account, name), values[name]) for name in fields.FILED)
        return [ChangeItem(field=name, old=old, new=new) for name, old, new in pairs if plain(old) != new]

    def details(self) -> ChangeDetails:
        """The details with their items, unsaved; call only when valid."""
        names = [name for name in STEPS["reasons"][1] if name != "effective_on"]
        details = ChangeDetails(filing=self.filing, **{name: self.cleaned_data[name] for name in names})
        details.unsaved_items = self.items()
        items = {item.field: item for item in details.unsaved_items}
        if "unit" in items:
            details.giving_unit_id = int(items["unit"].old)
        if not items.keys() & {*OF_NAME}:
            details.notice_text, details.notice_on, details.notice_place, details.notice_link = "", None, "", ""
        if not items.keys() & {*OF_PLACE}:
            details.same_platform_reason = ""
        return details

    @staticmethod
    def typed(filing: Filing) -> dict[str, Any]:
        details = filing.change
        data: dict[str, Any] = {item.field: item.new for item in details.change_items if item.field in ITEMS}
        for name in STEPS["reasons"][1]:
            value = filing.effective_on if name == "effective_on" else getattr(details, name)
            data[name] = value.isoformat() if isinstance(value, date) else value
        return data


def new_avatar(filing: Filing) -> str:
    """The key of the picture last put up as the new avatar; '' when there is none."""
    newest = Attachment.objects.filter(filing=filing, kind=AttachmentKind.AVATAR, removed_at__isnull=True).last()
    return str(newest.file_id) if newest else ""


class ChangeSupplementForm(forms.Form):
    """补充材料: late facts, contacts and remarks of a change whose approved part is frozen."""

    effective_on = day_field("平台变更日期", help_text="办结前须补录")
    notice_link = common.text("公告链接", 300)
    operator_phone = common.phone("填报人手机")
    remarks = common.text("备注", 1000, lines=True)
