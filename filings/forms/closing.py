"""附件3 关停报备表: of a closure (关停) and of a cancellation (注销)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import Account, AccountState
from filings import announcing
from filings.forms import common
from filings.models import ClosingDetails, ClosingMode, ClosingReason, Disposal, Filing, FilingKind
from zhonglou_media.core.day_field import day_field, read_day

STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "basics": (
        "关停事项",
        ("mode", "reasons", "explanation", "effective_on", "applied_on", "ordered", "order_no", "due_on"),
    ),
    "after": (
        "承接与内容",
        (
            "successor",
            "successor_channel",
            "disposal",
            "archive_place",
            "followers",
            "follower_care",
            "personal_data",
        ),
    ),
    # Last, because it is drafted from the other two.
    "notice": (
        "停更公告",
        ("notice_text", "notice_on", "notice_days", "notice_place", "notice_link", "operator_phone", "remarks"),
    ),
}
OF_CLOSURE = (ClosingMode.STOP, ClosingMode.MERGE)
ASKED_OF = {"mode": FilingKind.CLOSE, "applied_on": FilingKind.CANCEL}  # what only one of the two kinds asks for


STAYS = (AccountState.ACTIVE,)  # an account that can take over what another leaves


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


def filled(filing: Filing, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the form holds: what is typed, the one way to cancel, and an announcement where nobody has written one."""
    data = dict(typed)
    if filing.kind == FilingKind.CANCEL:
        data["mode"] = ClosingMode.CANCEL.value
    if "notice_text" not in data:
        data["notice_text"] = drafted(filing, data)
    return data


def drafted(filing: Filing, typed: Mapping[str, Any]) -> str:
    """The announcement from what is typed, as it was typed: it may hold anything."""
    reasons = typed.get("reasons")
    return announcing.closing_text(
        filing,
        reasons=[str(one) for one in reasons] if isinstance(reasons, list) else [],
        day=read_day(typed.get("effective_on")),
        disposal=str(typed.get("disposal") or ""),
        successor=followed(filing, typed),
    )


def followed(filing: Filing, typed: Mapping[str, Any]) -> str:
    """The name of the account, else of the channel, that the public is told to follow; '' for none."""
    chosen = str(typed.get("successor") or "")
    account = successors(filing).filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else None
    return account.name if account is not None else str(typed.get("successor_channel") or "").strip()


class ClosingForm(common.FilingForm):
    """The whole form. `successor` is chosen among the unit's own accounts, or typed as a channel."""

    STEPS = STEPS
    LATE = ("effective_on", "applied_on", "notice_link")

    mode = forms.ChoiceField(
        label="办哪一种",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择关停方式。", "invalid_choice": "关停方式须从列出的选项中选择。"},
    )
    reasons = forms.MultipleChoiceField(
        label="关停原因",
        choices=ClosingReason.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一项关停原因。", "invalid_choice": "关停原因须从列出的选项中选择。"},
    )
    explanation = common.text("说明", 1000, lines=True, help_text="选“其他”的须说明")
    ordered = forms.BooleanField(label="区政府办公室责令关停", required=False)
    order_no = common.text("责令关停文号", 60, help_text="责令关停的填写通报或责令文号")
    due_on = day_field("应办结日期", help_text="责令关停或不予保留的，按决定上的日期填写")
    effective_on = day_field("停止更新日期", help_text="可以是计划日期；办好后请补录实际日期")
    applied_on = day_field("平台注销申请日期")

    notice_text = common.text(
        "停更公告", 1000, required=True, lines=True, help_text="按填写的内容起草，可以修改；审核通过时公布（第八条）"
    )
    notice_on = day_field("公告发布日期")
    notice_days = _number("公告期（天）", 365)
    notice_place = common.text("公告发布渠道", 120, help_text="如：本账号置顶、本单位网站")
    notice_link = common.text("公告链接", 300)

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
    operator_phone = common.phone("填报人手机")
    remarks = common.text("备注", 1000, lines=True)

    def __init__(self, data: Mapping[str, Any], *, filing: Filing) -> None:
        super().__init__(filled(filing, data), filing=filing)
        cancels = filing.kind == FilingKind.CANCEL
        modes = (ClosingMode.CANCEL,) if cancels else OF_CLOSURE
        mode: Any = self.fields["mode"]
        mode.choices = [(one.value, one.label) for one in modes]
        successor: Any = self.fields["successor"]
        successor.queryset = successors(filing)
        if cancels:
            self.fields["effective_on"].label = "平台注销日期"
            self.fields["notice_text"].label = "注销公告"

    def shown(self, step: str) -> tuple[str, ...]:
        kind = self.filing.kind
        return tuple(name for name in STEPS[step][1] if ASKED_OF.get(name, kind) == kind)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if ClosingReason.OTHER in data.get("reasons", []) and not data.get("explanation"):
            self.add_error("explanation", "关停原因选“其他”的，请写明情况。")
        if data.get("ordered") and not data.get("order_no"):
            self.add_error("order_no", "责令关停的，请填写通报或责令关停的文号。")
        if not data.get("ordered"):
            data["order_no"] = ""
        if self.filing.kind == FilingKind.CLOSE:
            data["applied_on"] = None
        _in_order(self, data)
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


def _in_order(form: forms.Form, data: Mapping[str, Any]) -> None:
    """What is applied for after it was done is mistyped."""
    asked, done = data.get("applied_on"), data.get("effective_on")
    if asked and done and asked > done:
        form.add_error("applied_on", f"平台注销申请日期 {asked} 晚于平台注销日期 {done}，请核对。")


def successors(filing: Filing) -> QuerySet[Account]:
    """Accounts of the same unit that can take over contents, followers and open questions."""
    own = Account.objects.filter(unit=filing.unit_id, state__in=STAYS).exclude(pk=filing.registered.pk)
    return own.select_related("platform")


class ClosingSupplementForm(forms.Form):
    """补充材料: late facts, contacts and remarks of a closure whose approved part is frozen."""

    effective_on = day_field(
        "停止更新日期", help_text="办结前须补录实际日期；推迟的填推迟后的日期，原来填写的计划日期可以改"
    )
    notice_link = common.text("公告链接", 300)
    operator_phone = common.phone("填报人手机")
    remarks = common.text("备注", 1000, lines=True)


class CancelSupplementForm(ClosingSupplementForm):
    """The same of a cancellation; its proof is put up below, as 办理证明."""

    effective_on = day_field(
        "平台注销日期", help_text="平台完成注销的日期，办结前须补录；注销证明在下面的附件里上传，选“办理证明”"
    )
    applied_on = day_field("平台注销申请日期")
    field_order = ("effective_on", "applied_on")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        _in_order(self, data)
        return data
