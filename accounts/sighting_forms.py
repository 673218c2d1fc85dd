"""Forms of what was seen on a platform."""

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Platform, Verdict
from accounts.sighting_list import MAX_ROWS, SOURCE_WIDTH
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.names import MAX_NAME, clean_name
from zhonglou_media.core.tables_in import MAX_BYTES

NO_ACCOUNT = "none"  # 都不是, as against nothing chosen yet


class WhereFrom(forms.Form):
    """How and when it was found."""

    use_required_attribute = False  # the browser would complain in its own language

    source = forms.CharField(
        label="发现途径",
        max_length=SOURCE_WIDTH,
        help_text="如“平台检索”“群众举报”“上级交办”",
        error_messages={
            "required": "请写明发现途径，如“平台检索”“群众举报”。",
            "max_length": "发现途径不能超过200个字。",
        },
    )
    found_on = day_field("发现日期", missing="请填写发现日期。")


class Decided(forms.Form):
    """What a person finds something seen to be."""

    use_required_attribute = False

    verdict = forms.ChoiceField(
        label="认定为",
        choices=Verdict.choices,
        error_messages={"required": "请认定它是什么。", "invalid_choice": "请认定它是什么。"},
    )
    account = forms.RegexField(
        r"^(\d{1,18}|none)$",
        label="台账里的账号",
        required=False,
        error_messages={"invalid": "请重新选择台账里的账号。"},
    )
    unit = forms.CharField(
        label="疑似主办单位",
        required=False,
        max_length=120,
        error_messages={"max_length": "单位名称不能超过120个字。"},
    )


class AgainForm(Decided):
    """改认定, and why."""

    reason = forms.CharField(
        label="改认定的理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明改认定的理由。", "max_length": "理由不能超过500个字。"},
    )


class SightingForm(Decided, WhereFrom):
    """One account seen on a platform, and what a person finds it to be."""

    field_order = ["platform", "name", "uid", "link", "source", "found_on", "note", "verdict", "account", "unit"]

    platform = forms.ChoiceField(
        label="平台",
        error_messages={"required": "请选择平台。", "invalid_choice": "请重新选择平台。"},
    )
    name = forms.CharField(
        label="账号名称",
        max_length=MAX_NAME,
        strip=False,
        error_messages={"required": "请填写账号名称。", "max_length": f"名称不能超过 {MAX_NAME} 个字。"},
    )
    uid = forms.CharField(
        label="账号ID", required=False, max_length=128, error_messages={"max_length": "账号ID不能超过128个字符。"}
    )
    link = forms.CharField(
        label="账号链接", required=False, max_length=300, error_messages={"max_length": "链接不能超过300个字符。"}
    )
    note = forms.CharField(
        label="说明",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "说明不能超过500个字。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        platforms = Platform.objects.values_list("code", "name")
        cast(forms.ChoiceField, self.fields["platform"]).choices = [("", "请选择"), *platforms]

    def clean_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["name"])
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from problem


class SightingListForm(WhereFrom):
    """A list of what was seen."""

    file = forms.FileField(
        label="清单文件",
        help_text=f"Excel 工作簿（.xlsx）或 CSV 文件，表头须有平台、账号名称两列，一次最多 {MAX_ROWS} 行",
        error_messages={
            "required": "请选择清单文件。",
            "missing": "请选择清单文件。",
            "invalid": "清单文件没有上传成功，请重新选择。",
            "empty": "清单文件是空的，请检查后重新选择。",
        },
    )

    def clean_file(self) -> UploadedFile:
        """Said before the file is copied: nobody waits for what is too large anyway."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_BYTES >> 20} MB，请分成几个文件。")
        return upload
