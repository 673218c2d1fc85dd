"""Forms of 前置申请: what a unit asks for, and the supervisor's decision."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core import signing

from accounts.id_numbers import no_id_number
from accounts.models import Unit
from filings import preapprovals
from filings.models import PreApproval, PreApprovalPurpose
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.models import File, User
from zhonglou_media.core.names import clean_name

PAPER_ACCEPT = ".pdf,.jpg,.jpeg,.png"
PAPER_SALT = "preapproval-paper"


def _area(label: str, *, missing: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=bool(missing),
        max_length=1000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[no_id_number],
        error_messages={"required": missing, "max_length": f"{label}不能超过1000个字。"},
    )


class PaperForm(forms.Form):
    """The unit's own paper may come with it; one sent before stays when the page comes back."""

    reason = _area("申请理由", missing="请写明申请理由。")
    paper = forms.FileField(
        label="申请文件",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": PAPER_ACCEPT, "data-zl-paper": True}),
        help_text="盖章的申请文件，PDF、JPG 或 PNG，不超过 10 MB",
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def kept_paper(self, user: User) -> tuple[File | None, str]:
        """The paper that this page was given before, by the signed mark it carried, and its name."""
        try:
            known = signing.loads(self.data.get("kept", ""), salt=PAPER_SALT)
        except signing.BadSignature:
            return None, ""
        return (
            (File.objects.filter(pk=known["file"]).first(), known["name"]) if known["user"] == user.pk else (None, "")
        )


def mark_of(paper: File, name: str, user: User) -> str:
    """What a page carries instead of a file that is already here: nobody can name another's."""
    return signing.dumps({"file": paper.pk, "name": name, "user": user.pk}, salt=PAPER_SALT)


class NewForm(PaperForm):
    """申请新建."""

    unit = forms.ModelChoiceField(
        label="申请单位",
        queryset=Unit.objects.none(),
        empty_label=None,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选择申请单位。"),
    )
    platform = forms.ModelChoiceField(
        label="平台",
        queryset=preapprovals.platforms(),
        empty_label="请选择",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选择平台。"),
    )
    account_name = forms.CharField(
        label="拟用名称",
        max_length=30,
        help_text="与其他平台上的名称保持一致，不超过30字（第六条）",
        validators=[no_id_number],
        error_messages={"required": "请填写拟用名称。", "max_length": "拟用名称不能超过30个字。"},
    )
    field_order = ("unit", "platform", "account_name", "reason", "paper")

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(units) == 1:
            del self.fields["unit"]
        else:
            own = Unit.objects.filter(pk__in=[unit.pk for unit in units])
            cast("forms.ModelChoiceField[Unit]", self.fields["unit"]).queryset = own
        self.fields["reason"].help_text = "为什么现有账号、区级平台不能满足，建设和运维由谁负责"

    def clean_account_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["account_name"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class RetainForm(PaperForm):
    """申请保留."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "确因工作需要的理由：服务谁、办什么事、更新由谁负责"


class DecisionForm(forms.Form):
    """批准 with its number, or 不予批准 with the reason; a retention then names by when the account closes."""

    prefix = "decide"
    decision = forms.ChoiceField(
        label="决定",
        choices=[("grant", "批准"), ("refuse", "不予批准")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选择批准或不予批准。"),
    )
    document_no = forms.CharField(
        label="批准文号",
        required=False,
        max_length=60,
        help_text="单位填报开办备案时要填这个文号",
        error_messages={"max_length": "批准文号不能超过60个字。"},
    )
    comment = _area("意见", missing="")
    act_by = day_field("关停期限", help_text="当天 24:00 前办结关停；立即关停的填今天")
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, row: PreApproval, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.retains = row.purpose == PreApprovalPurpose.RETAIN
        if not self.retains:
            del self.fields["act_by"]
            del self.fields["confirmed"]
            return
        self.fields["document_no"].help_text = "记入账号的保留依据"
        self.fields["confirmed"].label = f"确认不予保留“{row.account_name}”，不能改回"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        wants = data.get("decision")
        if wants == "grant" and not (data.get("document_no") or "").strip() and "document_no" not in self.errors:
            self.add_error("document_no", "批准的请填写批准文号。")
        if wants == "refuse" and not (data.get("comment") or "").strip() and "comment" not in self.errors:
            self.add_error("comment", "不予批准的，请写明理由，便于单位办理。")
        if wants == "refuse" and self.retains:
            if data.get("act_by") is None and "act_by" not in self.errors:
                self.add_error("act_by", "不予保留的，请填写关停期限。")
            if not data.get("confirmed"):
                self.add_error("confirmed", "不予保留后该账号须关停，请勾选确认。")
        return data
