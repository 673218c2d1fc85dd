"""附件4 变更报备表: starts from what is filed; only what is typed otherwise becomes an item of the change."""

from datetime import date
from typing import Any

from django import forms

from accounts import fields
from accounts.models import AccountKind, Platform
from accounts.models.account import OperationMode
from filings.forms import common
from filings.models import Attachment, ChangeDetails, ChangeItem, Filing
from filings.models.content import AttachmentKind
from zhonglou_media.core.names import clean_name

ITEMS: tuple[str, ...] = tuple(name for name in fields.FILED if name not in ("unit", "avatar"))  # typed in the form
NOTICE = ("notice_text", "notice_on", "notice_place", "notice_link")
OF_NAME = ("name", "unit")  # these changes are announced to the public (第八条)
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "items": ("变更事项", ITEMS),
    "reasons": (
        "原因与公告",
        ("reason", "same_platform_reason", "effective_on", *NOTICE, "operator_phone", "remarks"),
    ),
}


class ChangeForm(common.FilingForm):
    """The whole form; the sponsor changes by who files it, the avatar by a picture of that kind."""

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
    custodian_phone = common.text("管理员电话", 32)
    purpose = common.text("功能定位", 1000, lines=True)
    services = common.text("服务项目", 500, lines=True)

    reason = common.text("变更原因", 500, required=True, lines=True)
    same_platform_reason = common.text(
        "同平台已有账号的理由", 300, lines=True, help_text="主办单位在该平台已有账号的必填（第七条）"
    )
    effective_on = common.day("平台变更日期", help_text="在平台上改好的日期，尚未办理的不填，办好后补录")
    notice_text = common.text("社会公告", 1000, lines=True, help_text="变更名称、主办单位的，审核通过时公布（第八条）")
    notice_on = common.day("公告日期")
    notice_place = common.text("公告发布渠道", 120)
    notice_link = common.text("公告链接", 300, help_text="可后补")
    operator_phone = common.text("填报人手机", 32)
    remarks = common.text("备注", 1000, lines=True)

    def clean_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        platform = data.get("platform")
        if platform is not None and not platform.has_kinds:
            data["kind"] = ""
        elif platform is not None and not data.get("kind") and self.filing.account and self.filing.account.kind:
            self.add_error("kind", "微信公众号请选择账号类型：订阅号或服务号。")
        if data.get("operation_mode") == OperationMode.OUTSOURCED and not data.get("vendor"):
            self.add_error("vendor", "委托运维的请填写运维单位（第十九条）。")
        if data.get("operation_mode") == OperationMode.SELF:
            data["vendor"] = ""
        return data

    def items(self) -> list[ChangeItem]:
        """What differs from the account as it stands, unsaved, in the order of the filed fields."""
        account = self.filing.registered
        values = {name: self.cleaned_data[name] for name in ITEMS}
        values["platform"] = values["platform"].code
        values["unit"] = str(self.filing.unit_id)
        values["avatar"] = _new_avatar(self.filing) or fields.stored(account, "avatar")
        pairs = ((name, fields.stored(account, name), values[name]) for name in fields.FILED)
        return [ChangeItem(field=name, old=old, new=new) for name, old, new in pairs if old != new]

    def details(self) -> ChangeDetails:
        """The details with their items, unsaved; call only when valid."""
        names = [name for name in STEPS["reasons"][1] if name != "effective_on"]
        details = ChangeDetails(filing=self.filing, **{name: self.cleaned_data[name] for name in names})
        details.unsaved_items = self.items()
        changed = {item.field: item for item in details.unsaved_items}
        if "unit" in changed:
            details.giving_unit_id = int(changed["unit"].old)
        if not changed.keys() & set(OF_NAME):
            details.notice_text, details.notice_on, details.notice_place, details.notice_link = "", None, "", ""
        return details

    @staticmethod
    def typed(filing: Filing) -> dict[str, Any]:
        details, account = filing.change, filing.registered
        data: dict[str, Any] = {name: fields.stored(account, name) for name in ITEMS}
        data |= {item.field: item.new for item in details.change_items if item.field in ITEMS}
        for name in STEPS["reasons"][1]:
            value = filing.effective_on if name == "effective_on" else getattr(details, name)
            data[name] = value.isoformat() if isinstance(value, date) else value
        return data


def _new_avatar(filing: Filing) -> str:
    """The key of the picture last put up as the new avatar; '' when there is none."""
    newest = Attachment.objects.filter(filing=filing, kind=AttachmentKind.AVATAR, removed_at__isnull=True).last()
    return str(newest.file_id) if newest else ""


class ChangeSupplementForm(forms.Form):
    """补充材料: late facts, contacts and remarks of a change whose approved part is frozen."""

    effective_on = common.day("平台变更日期", help_text="办结前须补录")
    notice_link = common.text("公告链接", 300)
    operator_phone = common.text("填报人手机", 32)
    remarks = common.text("备注", 1000, lines=True)
