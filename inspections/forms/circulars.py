"""The form of a circular's text; what its figures mean is judged by the use cases."""

from typing import Any

from django import forms

from accounts.forms import ReasonForm
from filings.forms import common
from inspections.circular_steps import TEXTS
from inspections.circulars import MOST, MOST_TEXT
from inspections.models import Circular
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete

ROWS = {"basis": 3, "overview": 6, "work": 3, "problems": 8, "praise": 3, "demands": 4}
SHORT = ("title", "document_no", "addressed_to", "signed")
HINTS = {
    "document_no": "可改为实际发文的文号",
    "addressed_to": "缺省为上一份通报的主送",
    "work": "没有的不填，公开时不出现这一节",
    "praise": "没有的不填，公开时不出现这一节",
}


class CircularForm(forms.Form):
    """Every part of the text; a draft may be incomplete. `version` is of the page that was opened."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    rectify_by = day_field("整改期限", help_text="下一步要求里写的日期与它核对；没有问题的不填")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in TEXTS.items():
            most = MOST.get(name, MOST_TEXT)
            field = common.text(label, most, lines=name not in SHORT, help_text=HINTS.get(name, ""))
            if name not in SHORT:
                field.widget.attrs["rows"] = ROWS[name]
            self.fields[name] = field

    @classmethod
    def of(cls, circular: Circular) -> "CircularForm":
        said = {name: getattr(circular, name) for name in (*TEXTS, "rectify_by", "version")}
        return cls(initial=said)

    def clean_version(self) -> int:
        return self.cleaned_data["version"] or 0

    def typed(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*TEXTS, "rectify_by")}

    def take(self, incomplete: Incomplete) -> None:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class CorrectForm(ReasonForm):
    """更正通报: what is corrected, and why; the public reads it."""

    reason = common.text(
        "更正的内容和原因", 300, required=True, lines=True, help_text="写进更正通报的第一段，公开后可见"
    )
