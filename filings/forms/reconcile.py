"""The forms of 与上级平台核对: a list, and what its columns and its words for a state mean."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from filings.models import System
from filings.reconciling import fields, listing
from filings.reconciling.listing import Listing
from filings.reconciling.running import newer
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.words import SYSTEM_NAMES


class ListForm(forms.Form):
    """Which system's list, and of which day."""

    use_required_attribute = False

    system = forms.ChoiceField(
        label="哪个系统的清单",
        choices=[(system, SYSTEM_NAMES[system]) for system in System.values],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择是哪个系统的清单。", "invalid_choice": "请选择是哪个系统的清单。"},
    )
    file = forms.FileField(
        label="清单文件",
        help_text=f"上级系统导出的 Excel 工作簿（.xlsx）或 CSV 文件，最多 {listing.MAX_ROWS:,} 行。旧版 .xls 请先另存",
        error_messages={
            "required": "请选择上级系统导出的清单。",
            "missing": "请选择上级系统导出的清单。",
            "invalid": "清单没有上传成功，请重新选择。",
            "empty": "清单是空的，请检查后重新选择。",
        },
    )
    listed_on = day_field(
        "清单导出日期", missing="请填写清单是哪一天导出的。", help_text="这一天以后才有回执的，不算差异"
    )

    def __init__(self, *args: object, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.today = today

    def clean_listed_on(self) -> date:
        day = cast(date, self.cleaned_data["listed_on"])
        if day > self.today:
            raise forms.ValidationError("清单导出日期不能晚于今天，请核对。")
        return day

    def clean_file(self) -> UploadedFile:
        """Said before the file is read: nobody waits for what is too large anyway."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > listing.LIMITS.csv:
            raise forms.ValidationError(listing.LIMITS.heavy.format(listing.LIMITS.csv >> 20))
        return upload

    def clean(self) -> dict[str, Any]:
        """A list older than the last one compared is refused beside its day."""
        data = super().clean() or self.cleaned_data
        if "system" in data and "listed_on" in data and (why := newer(data["system"], data["listed_on"])):
            self.add_error("listed_on", why)
        return data


def typed_columns(data: Mapping[str, str], table: Listing) -> tuple[dict[str, str], list[str]]:
    """{field: head} as chosen beside each head (`column-1`, …), and what stands against it."""
    columns: dict[str, str] = {}
    errors = []
    for place, head in enumerate(table.heads, 1):
        name = data.get(f"column-{place}", "")
        if name not in fields.BY_NAME:
            continue
        if name in columns:
            errors.append(f"“{columns[name]}”和“{head}”都选了{fields.LABELS[name]}，请只留一列。")
        columns.setdefault(name, head)
    return columns, errors


def typed_states(data: Mapping[str, str]) -> dict[str, str]:
    """{what they write: alive, closed or skip}: `state-1` is what `word-1` means."""
    found = {}
    for place in range(1, listing.MAX_STATES + 1):
        meaning = data.get(f"state-{place}", "")
        if meaning in listing.STATES:
            found[data.get(f"word-{place}", "")] = meaning
    return found
