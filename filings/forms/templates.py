"""The forms of 打印模板: uploading one, and choosing a filing to look at it with."""

from typing import cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from filings.models import FORM_OF, Filing, PrintForm
from filings.models.filing import FilingQuerySet
from filings.printing.checking import MAX_BYTES

PREVIEWED = 50  # the latest filings of a form, to choose from


class UploadForm(forms.Form):
    """One .docx of the office; what stands in it is judged by the use case."""

    use_required_attribute = False

    form = forms.ChoiceField(
        label="哪张表",
        choices=[("", "请选择"), *PrintForm.choices],
        error_messages={"required": "请选择是哪张表的模板。", "invalid_choice": "请从列出的表中选择。"},
    )
    file = forms.FileField(
        label="模板文件",
        help_text=f"Word 文档（.docx），不超过 {MAX_BYTES >> 20} MB，不带宏",
        error_messages={
            "required": "请选择模板文件。",
            "missing": "请选择模板文件。",
            "invalid": "模板文件没有上传成功，请重新选择。",
            "empty": "模板文件是空的，请检查后重新选择。",
        },
    )
    note = forms.CharField(
        label="说明",
        required=False,
        max_length=200,
        help_text="这一版改了什么",
        error_messages={"max_length": "说明不能超过200个字。"},
    )

    def clean_file(self) -> UploadedFile:
        """Said before the file is read."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"模板超过 {MAX_BYTES >> 20} MB，请删去或压缩图片后重试。")
        return upload


class PreviewForm(forms.Form):
    """The filing whose content fills the template in."""

    use_required_attribute = False

    filing = forms.ModelChoiceField(
        label="用哪件备案",
        queryset=Filing.objects.none(),
        empty_label="请选择",
        error_messages={"required": "请选择一件备案。", "invalid_choice": "请从列出的备案中选择。"},
    )

    def __init__(self, *args: object, of: str, visible: FilingQuerySet, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kinds = [kind for kind, form in FORM_OF.items() if form == of]
        field = cast("forms.ModelChoiceField[Filing]", self.fields["filing"])
        rows = visible.filter(kind__in=kinds, revision__gt=0)
        field.queryset = rows
        latest = list(rows.for_lists().order_by("-pk")[:PREVIEWED])
        field.choices = [("", "请选择"), *((row.pk, _named(row)) for row in latest)]


def _named(filing: Filing) -> str:
    return f"{filing.number or filing.get_kind_display()} {filing.account_label}（{filing.unit}）"
