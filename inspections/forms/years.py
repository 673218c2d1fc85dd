"""Forms of the year's assessment; what they mean is judged by the use cases."""

from typing import Any

from django import forms

from inspections import assessing
from inspections.forms.incidents import Told
from inspections.models import AssessmentYear
from inspections.year_score import Weights


def _weight(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 3}),
        error_messages={"required": "请填写权重。", "invalid": "权重请填整数。"},
    )


class WeightForm(Told):
    """The weights of the three parts, in percent."""

    checks = _weight("抽查")
    timely = _weight("按时办理")
    rectified = _weight("整改")

    def __init__(self, data: Any = None, *, year: AssessmentYear) -> None:
        had = assessing.weights_of(year)
        first = {"checks": had.checks, "timely": had.timely, "rectified": had.rectified}
        super().__init__(data, initial=first, auto_id="weigh-%s")

    def weights(self) -> Weights:
        """Call only when valid."""
        return Weights(**self.cleaned_data)


class ParagraphForm(Told):
    """年度报告的段落."""

    paragraph = forms.CharField(
        label="年度报告的段落",
        required=False,  # the use case says what to do with an empty one
        max_length=assessing.LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="用于政府信息公开工作年度报告，可以修改后保存",
        error_messages={"max_length": f"段落不能超过 {assessing.LONGEST} 个字。"},
    )

    def __init__(self, data: Any = None, *, year: AssessmentYear, drafted: str = "") -> None:
        super().__init__(data, initial={"paragraph": drafted or year.paragraph or assessing.draft_paragraph(year)})


class FreezeForm(Told):
    """定稿; why now, where something is still open."""

    reason = forms.CharField(
        label="现在定稿的理由",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "理由不能超过 500 个字。"},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="freeze-%s")
