"""The form that takes a workbook of receipts."""

from typing import cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from filings.receipts_in import MAX_PASTED
from zhonglou_media.core.tables_in import MAX_BYTES


class ReceiptTableForm(forms.Form):
    """回执表: one file."""

    prefix = "table"
    use_required_attribute = False

    file = forms.FileField(
        label="回执表",
        help_text="Excel 工作簿（.xlsx）或 CSV 文件，列：备案编号、系统、结果、编号、日期、原因",
        error_messages={
            "required": "请选择要登记的回执表。",
            "missing": "请选择要登记的回执表。",
            "invalid": "回执表没有上传成功，请重新选择。",
            "empty": "回执表是空的，请检查后重新选择。",
        },
    )

    def clean_file(self) -> UploadedFile:
        """Said before the file is read: nobody waits for what is too large anyway."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_BYTES >> 20} MB，请分成几个文件后分别登记。")
        return upload


class PastedForm(forms.Form):
    """从剪贴板粘贴: lines copied out of a table."""

    prefix = "pasted"
    use_required_attribute = False

    # Not stripped: a line may begin with an empty cell.
    rows = forms.CharField(
        label="粘贴回执",
        strip=False,
        help_text="从 Excel、WPS 里复制后粘贴到这里，一次最多 500 行；"
        "带表头，或不带表头、依次是备案编号、系统、结果、编号、日期、原因",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "wrap": "off"}),
        error_messages={"required": "请把要登记的回执粘贴到这里。"},
    )

    def clean_rows(self) -> str:
        text = str(self.cleaned_data["rows"])
        if len(text) > MAX_PASTED:  # told here: an attribute of the box would cut it off without a word
            raise forms.ValidationError(f"粘贴的内容超过 {MAX_PASTED} 个字，请分几次粘贴，或用“导入回执表”。")
        if not text.strip():
            raise forms.ValidationError("请把要登记的回执粘贴到这里。")
        return text
