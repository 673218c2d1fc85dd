"""附件3 关停报备表: of a closure (关停) and of a cancellation (注销)."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import Account
from accounts.models.account import ON_PLATFORM
from filings.forms import common
from filings.models import ClosingDetails, ClosingMode, ClosingReason, Disposal, Filing, FilingKind

STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "basics": (
        "关停原因与方式",
        ("mode", "reasons", "explanation", "ordered", "order_no", "due_on", "effective_on", "applied_on"),
    ),
    "notice": ("停更公告", ("notice_text", "notice_on", "notice_days", "notice_place", "notice_link")),
    "after": (
        "内容与粉丝",
        (
            "successor",
            "successor_channel",
            "disposal",
            "archive_place",
            "followers",
            "follower_care",
            "personal_data",
            "operator_phone",
            "remarks",
        ),
    ),
}
MODES = {
    FilingKind.CLOSE: (ClosingMode.STOP, ClosingMode.MERGE),
    FilingKind.CANCEL: (ClosingMode.CANCEL,),
}


def _number(label: str, most: int, *, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=most,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": f"{label}请填写整数。",
            "min_value": f"{label}不能小于0。",
            "max_value": f"{label}不能大于{most}，请核对。",
        },
    )


class ClosingForm(common.FilingForm):
    """The whole form. `successor` is chosen among the unit's own accounts, or typed as a channel."""

    STEPS = STEPS
    LATE = ("effective_on", "applied_on", "notice_link")

    mode = common.choice("关停方式", ClosingMode.choices, required=True)
    reasons = forms.MultipleChoiceField(
        label="关停原因",
        choices=ClosingReason.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一项关停原因。", "invalid_choice": "关停原因须从列出的选项中选择。"},
    )
    explanation = common.text("说明", 1000, lines=True, help_text="选“其他”的须说明")
    ordered = forms.BooleanField(label="区政府办公室责令关停", required=False)
    order_no = common.text("责令关停文号", 60, help_text="责令关停的填写通报或责令文号")
    due_on = common.day("应办结日期", help_text="责令关停或不予保留的，按决定上的日期填写")
    effective_on = common.day("停止更新日期", help_text="可以是计划日期；办好后请补录实际日期")
    applied_on = common.day("平台注销申请日期", help_text="可后补")

    notice_text = common.text(
        "停更公告", 1000, required=True, lines=True, help_text="按填写的内容起草，可以修改；审核通过时公布（第八条）"
    )
    notice_on = common.day("公告发布日期")
    notice_days = _number("公告期（天）", 365)
    notice_place = common.text("公告发布渠道", 120, help_text="如：本账号置顶、本单位网站")
    notice_link = common.text("公告链接", 300, help_text="可后补")

    successor = forms.ModelChoiceField(
        label="承接账号",
        queryset=Account.objects.none(),
        required=False,
        empty_label="没有，或不在本单位",
        error_messages={"invalid_choice": "承接账号须从本单位的账号中选择。"},
    )
    successor_channel = common.text("承接渠道", 120, help_text="承接账号不在列表中的写在这里")
    disposal = common.choice("历史内容处置", Disposal.choices, required=True)
    archive_place = common.text("归档位置", 120)
    followers = _number("关停时粉丝数", 10**10)
    follower_care = common.text("粉丝的告知与引导", 300)
    personal_data = common.text("用户个人信息处置", 300, lines=True, help_text="收集过的须删除或匿名（第二十一条）")
    operator_phone = common.text("填报人手机", 32)
    remarks = common.text("备注", 1000, lines=True)

    def __init__(self, data: Any, *, filing: Filing) -> None:
        super().__init__(data, filing=filing)
        modes = MODES[FilingKind(filing.kind)]
        mode: Any = self.fields["mode"]
        mode.choices = [("", "请选择"), *((one.value, one.label) for one in modes)]
        successor: Any = self.fields["successor"]
        successor.queryset = successors(filing)
        if filing.kind == FilingKind.CANCEL:
            self.fields["effective_on"].label = "平台注销日期"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if ClosingReason.OTHER in data.get("reasons", []) and not data.get("explanation"):
            self.add_error("explanation", "关停原因选“其他”的，请写明情况。")
        if data.get("ordered") and not data.get("order_no"):
            self.add_error("order_no", "责令关停的，请填写通报或责令关停的文号。")
        if not data.get("ordered"):
            data["order_no"] = ""
        moves = data.get("mode") == ClosingMode.MERGE or data.get("disposal") == Disposal.MIGRATE
        if moves and not data.get("successor") and not data.get("successor_channel"):
            self.add_error("successor", "迁移的请选择承接账号，或写明承接渠道。")
        if data.get("disposal") == Disposal.ARCHIVE and not data.get("archive_place"):
            self.add_error("archive_place", "归档保存的请写明归档位置。")
        return data

    def details(self) -> ClosingDetails:
        """The details, unsaved; call only when valid."""
        values = {k: v for k, v in self.cleaned_data.items() if k != "effective_on"}
        return ClosingDetails(filing=self.filing, **values)

    @staticmethod
    def typed(filing: Filing) -> dict[str, Any]:
        details = filing.closing
        data: dict[str, Any] = {}
        for _, names in STEPS.values():
            for name in names:
                value = filing.effective_on if name == "effective_on" else getattr(details, name)
                value = details.successor_id if name == "successor" else value
                data[name] = value.isoformat() if isinstance(value, date) else value
        return data


def successors(filing: Filing) -> QuerySet[Account]:
    """Accounts of the same unit that can take over contents, followers and open questions."""
    own = Account.objects.filter(unit=filing.unit_id, state__in=ON_PLATFORM).exclude(filings=filing)
    return own.select_related("platform")


class ClosingSupplementForm(forms.Form):
    """补充材料: late facts, contacts and remarks of a closing whose approved part is frozen."""

    effective_on = common.day("在平台上办结的日期", help_text="停止更新或注销完成的日期，办结前须补录")
    applied_on = common.day("平台注销申请日期")
    notice_link = common.text("公告链接", 300)
    operator_phone = common.text("填报人手机", 32)
    remarks = common.text("备注", 1000, lines=True)
