"""Forms of the register's own pages."""

from typing import cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from zhonglou_media.core.tables_in import MAX_BYTES


class ReasonForm(forms.Form):
    """The reason of a decision that stays in the history."""

    use_required_attribute = False  # the browser would complain in its own language

    reason = forms.CharField(
        label="理由",
        max_length=500,
        error_messages={"required": "请写明理由。"},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ImportForm(forms.Form):
    """A list of accounts to enter, and on what ground."""

    use_required_attribute = False
    BASELINE, FOUND = "baseline", "found"

    ground = forms.ChoiceField(
        label="这份清单是",
        choices=[
            (BASELINE, "已在上级平台备案的存量账号（导入后为“正常运行”）"),
            (FOUND, "发现的未备案账号（导入后为“未备案”，并提出预警）"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择这份清单是哪一种账号。"},
    )
    document = forms.CharField(
        label="来源文件",
        max_length=200,
        required=False,
        help_text="清单依据的文件名称或文号；不填则记为所选文件的名称",
    )
    file = forms.FileField(
        label="清单文件",
        help_text="Excel 工作簿（.xlsx）或 CSV 文件，表头须有单位、平台、账号名称三列",
        error_messages={
            "required": "请选择要导入的清单文件。",
            "missing": "请选择要导入的清单文件。",
            "invalid": "清单文件没有上传成功，请重新选择。",
            "empty": "清单文件是空的，请检查后重新选择。",
        },
    )

    def clean_file(self) -> UploadedFile:
        """Said before the file is copied: nobody waits for what is too large anyway."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_BYTES >> 20} MB，请分成几个文件后分别导入。")
        return upload
