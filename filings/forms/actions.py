"""Small forms of the unit's and the leader's acts on a filing; what they mean is judged by the use cases."""

from typing import Any

from django import forms
from django.core import signing

from filings import kinds
from filings.forms import common
from filings.models import Filing, FilingState
from filings.reading import Reading
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.models import File

PAPER_ACCEPT = ".pdf,.jpg,.jpeg,.png"
SCAN_SALT = "paper-scan"


class LeaderForm(forms.Form):
    """批准 or 退回, with what the leader had open; the password joins when the sign-in is old."""

    decision = forms.ChoiceField(choices=[("approve", "批准"), ("return", "退回")])
    comment = forms.CharField(
        label="意见",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "意见不能超过500个字。"},
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)
    sm3 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    password = forms.CharField(label="登录密码", required=False, strip=False, widget=forms.PasswordInput)

    @property
    def reading(self) -> Reading:
        """The revision and digest the page carried; call only when valid."""
        return Reading(self.cleaned_data["revision"], self.cleaned_data["sm3"])


class PaperForm(forms.Form):
    """登记书面批准: who signed, when, and the signed paper. A scan sent before stays when the page comes back."""

    leader_name = forms.CharField(
        label="签批的主要领导",
        max_length=40,
        error_messages={"required": "请填写签批的主要领导姓名。", "max_length": "姓名不能超过40个字。"},
    )
    approved_on = day_field(
        "批准日期", missing="请填写审批单上的批准日期。", help_text="以审批单上主要领导签署的日期为准"
    )
    scan = forms.FileField(
        label="签批件",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": PAPER_ACCEPT, "data-zl-paper": True}),
        help_text="PDF、JPG 或 PNG，不超过 10 MB；手机上可直接拍照。一份纸有几页的，请扫描成一个 PDF",
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def kept_scan(self, filing: Filing) -> File | None:
        """The scan that this page was given before, by the signed mark it carried."""
        try:
            known = signing.loads(self.data.get("kept", ""), salt=SCAN_SALT)
        except signing.BadSignature:
            return None
        return File.objects.filter(pk=known["file"]).first() if known["filing"] == filing.pk else None


def mark_of(scan: File, filing: Filing) -> str:
    """What a page carries instead of a file that is already here: nobody can name another's."""
    return signing.dumps({"file": scan.pk, "filing": filing.pk}, salt=SCAN_SALT)


class WithdrawForm(forms.Form):
    """撤回: a reason under review; whether the account exists on the platform when it waits for its filing."""

    reason = forms.CharField(
        label="撤回的理由",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "理由不能超过500个字。"},
    )
    on_platform = common.on_platform()

    def __init__(self, *args: Any, filing: Filing, asks_platform: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_platform:
            del self.fields["on_platform"]
        self.fields["reason"].help_text = "区政府办公室正在审核，须写明理由" if _reviewed(filing) else "选填"


def _reviewed(filing: Filing) -> bool:
    return bool(filing.state == FilingState.OFFICE_REVIEW)


def supplement_initial(filing: Filing) -> dict[str, Any]:
    """What the form of 补充材料 starts from: the facts as they stand; empty before the first freeze."""
    details = filing.details
    if details is None:
        return {}
    names = [name for name in kinds.of(filing).supplement.base_fields if name != "effective_on"]
    return {**{name: getattr(details, name) for name in names}, "effective_on": filing.effective_on}
