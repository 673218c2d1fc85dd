"""附件2 新开办备案表 as it is typed: `OpeningForm` turns what was typed into details, or says what is wrong where."""

from datetime import date
from typing import Any

from django import forms

from accounts.models import AccountKind, Platform
from accounts.models.account import OperationMode, Verification
from filings.forms import common
from filings.models import Filing, OpeningBasis, OpeningDetails
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.names import clean_name

INTERACTIONS = ("留言", "私信", "评论", "菜单")

STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "basics": (
        "基本信息",
        (
            "platform",
            "kind",
            "name",
            "uid",
            "link",
            "verification",
            "verified_entity",
            "intro",
            "basis",
            "effective_on",
        ),
    ),
    "people": (
        "人员与运维",
        (
            "leader_in_charge",
            "department_in_charge",
            "custodian",
            "custodian_phone",
            "operator_phone",
            "first_reviewer",
            "second_reviewer",
            "final_reviewer",
            "operation_mode",
            "vendor",
            "vendor_until",
            "vendor_nda",
        ),
    ),
    "reasons": (
        "说明与附件",
        (
            "purpose",
            "columns",
            "interactions",
            "services",
            "update_frequency",
            "same_platform_reason",
            "preapproval_no",
            "is_flagship",
            "remarks",
        ),
    ),
}
LATE = ("uid", "link", "verification", "effective_on")


class OpeningForm(common.FilingForm):
    """The whole form. Nothing in it is required to save a draft; what `submit` needs is required here."""

    STEPS = STEPS
    LATE = LATE

    platform = forms.ModelChoiceField(
        label="平台",
        queryset=Platform.objects.all(),
        to_field_name="code",
        empty_label="请选择",
        error_messages={"required": "请选择平台。", "invalid_choice": "平台须从列出的选项中选择。"},
    )
    kind = common.choice("账号类型", AccountKind.choices)
    name = common.text("账号名称", 30, required=True, help_text="与其他平台上的名称保持一致，不超过30字（第六条）")
    uid = common.text("账号ID", 128, help_text="平台给出的账号ID或原始ID")
    link = common.text("账号链接", 300, help_text="没有链接的填“无”")
    verification = common.choice("认证状态", Verification.choices)
    verified_entity = common.text("认证主体全称", 120, help_text="应为主办单位全称（第六条）")
    intro = common.text("简介", 300, lines=True)
    basis = common.choice("开设依据", OpeningBasis.choices)
    effective_on = day_field("账号开通日期", help_text="尚未开通的不填，开通后补录")

    leader_in_charge = common.text("分管领导", 40)
    department_in_charge = common.text("责任科室", 60)
    custodian = common.text("管理员", 40)
    custodian_phone = common.phone("管理员电话")
    operator_phone = common.phone("填报人手机")
    first_reviewer = common.text("初审人", 40)
    second_reviewer = common.text("复审人", 40)
    final_reviewer = common.text("终审人", 40)
    operation_mode = common.choice("运维方式", OperationMode.choices)
    vendor = common.text("运维单位", 120, help_text="委托运维的填写（第十九条）")
    vendor_until = day_field("委托合同到期日")
    vendor_nda = forms.BooleanField(label="已与运维单位签保密协议", required=False)

    purpose = common.text("功能定位、开设理由", 1000, required=True, lines=True)
    columns = common.text("主要栏目", 500, lines=True)
    interactions = forms.MultipleChoiceField(
        label="互动功能",
        required=False,
        choices=[(word, word) for word in INTERACTIONS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "互动功能须从列出的选项中选择。"},
    )
    services = common.text("服务事项", 500, lines=True)
    update_frequency = common.text("计划更新频次", 60, help_text="每周不少于1次（第十四条）")
    same_platform_reason = common.text(
        "同平台已有账号的理由", 300, lines=True, help_text="本单位在该平台已有账号的必填（第七条）"
    )
    preapproval_no = common.text(
        "前置申请批准文号", 60, help_text="区级部门新开微信公众号、移动客户端的必填（第九、十条）"
    )
    is_flagship = forms.BooleanField(label="作为本单位代表主体账号（主账号）", required=False)
    remarks = common.text("备注", 1000, lines=True)

    def clean_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_basis(self) -> str:
        return self.cleaned_data["basis"] or OpeningBasis.NEW

    def clean_effective_on(self) -> date | None:
        day: date | None = self.cleaned_data["effective_on"]
        if day is not None and day.year < 2009:
            raise forms.ValidationError("账号开通日期不会早于2009年，请核对。")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        platform = data.get("platform")
        if platform is not None and platform.has_kinds and not data.get("kind"):
            self.add_error("kind", "微信公众号请选择账号类型：订阅号或服务号。")
        if platform is not None and not platform.has_kinds:
            data["kind"] = ""
        if data.get("operation_mode") == OperationMode.SELF:
            data |= {"vendor": "", "vendor_until": None, "vendor_nda": False}
        if data.get("operation_mode") == OperationMode.OUTSOURCED and not data.get("vendor"):
            self.add_error("vendor", "委托运维的请填写运维单位（第十九条）。")
        return data

    def details(self) -> OpeningDetails:
        """The details as they would be frozen (unsaved); call only when valid."""
        fields = {k: v for k, v in self.cleaned_data.items() if k != "effective_on"}
        return OpeningDetails(filing=self.filing, **fields)

    @staticmethod
    def typed(filing: Filing) -> dict[str, Any]:
        """What the frozen details look like when typed: fills a form from a filing that has no draft of its own."""
        details = filing.opening
        data: dict[str, Any] = {}
        for _, fields in STEPS.values():
            for name in fields:
                value = filing.effective_on if name == "effective_on" else getattr(details, name)
                if name == "platform":
                    value = details.platform.code
                data[name] = value.isoformat() if isinstance(value, date) else value
        return data


class SupplementForm(forms.Form):
    """补充材料: late facts, contacts and remarks of a filing whose approved part is frozen."""

    uid = common.text("账号ID", 128, help_text="导出到上级系统前须补齐")
    link = common.text("账号链接", 300)
    verification = common.choice("认证状态", Verification.choices)
    effective_on = day_field("账号开通日期")
    custodian = common.text("管理员", 40)
    custodian_phone = common.phone("管理员电话")
    operator_phone = common.phone("填报人手机")
    remarks = common.text("备注", 1000, lines=True)
