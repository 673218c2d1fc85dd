"""Forms of rectifications and vetoes; what they mean is judged by the use cases."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from accounts.forms import ReasonForm
from accounts.models import Unit
from filings.forms import common
from inspections import deciding, ordering, rectifying, vetoing
from inspections.deciding import CLOSING, VETOING, Decision, Outcome
from inspections.models import Rectification
from inspections.rectify_board import SOURCES
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete

ACCEPT = ".pdf,.jpg,.jpeg,.png"


class Files(forms.FileInput):
    """Several files at once; the view takes them from the request."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Of those: judged by the view, one after the other."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> Any:
        return data


class Taking(forms.Form):
    """A form that shows what a use case missed at the fields it names."""

    use_required_attribute = False

    def take(self, incomplete: Incomplete) -> None:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class AnswerForm(Taking):
    """答复整改: what was done, and the files that show it; the use case says what is missing."""

    text = common.text("整改情况", 2000, lines=True, help_text="做了什么、何时完成、怎样防止再出现")
    proofs = FilesField(
        label="整改证明",
        required=False,
        widget=Files(attrs={"accept": ACCEPT, "multiple": True}),
        help_text=f"改后的截图或文件：PDF、JPG 或 PNG，最多 {rectifying.MOST_PROOFS} 个，每个不超过 10 MB",
    )


class VerifyForm(Taking):
    """复核通过, with a remark or none."""

    reason = common.text("复核意见", 500, lines=True)


class DecisionForm(Taking):
    """One outcome of the supervisor's decision, with the fields that it has."""

    reason = common.text(
        "决定的理由", 1000, required=True, lines=True, help_text="写明查明的事实；记入经过，单位可以看到"
    )
    due_on = day_field("新的整改期限", missing="请填写延到哪一天。", help_text="当天 24:00 前")
    close_on = day_field("关停期限", missing="请填写关停的期限；立即办理的，填今天。", help_text="当天 24:00 前")
    number = common.text("文号", 60, help_text="责令关停的文号，可以改为实际发文的文号")
    cancel = forms.BooleanField(label="同时在平台上注销账号", required=False)
    year = forms.TypedChoiceField(
        label="记入哪一年的考核", coerce=int, error_messages={"invalid_choice": "请重新选择年度。"}
    )

    def __init__(self, data: Mapping[str, Any] | None, *, row: Rectification, outcome: Outcome, now: datetime) -> None:
        years = vetoing.years(now, row.issued_at)
        first = {"close_on": day_of(now), "number": ordering.drafted_number(now), "year": years[0]}
        super().__init__(data, initial={**first, "reason": _found(row, now)})
        self.outcome = outcome
        self.fields["year"].choices = [(year, f"{year}年度") for year in years]  # type: ignore[attr-defined]
        wanted = {
            "due_on": outcome == Outcome.EXTEND,
            **dict.fromkeys(("close_on", "number", "cancel"), outcome in CLOSING),
            "year": outcome in VETOING,
        }
        for name, has in wanted.items():
            if not has:
                del self.fields[name]

    def decision(self) -> Decision:
        """Call only when valid."""
        return Decision(self.outcome, **self.cleaned_data)


def _found(row: Rectification, now: datetime) -> str:
    """The facts as the portal knows them."""
    grounds = "，".join(deciding.grounds(row, now))
    reminded = f"，已催办 {row.reminded} 次" if row.reminded else ""
    return f"“{row.problem[:80]}”应于 {due24(row.due_at)} 前整改，{grounds or '没有整改到位'}{reminded}。"


class RevokeForm(ReasonForm):
    """撤销一票否决."""


class BoardFilter(forms.Form):
    """What of the board is shown; anything else than the choices is no condition."""

    unit = forms.ChoiceField(required=False)
    source = forms.ChoiceField(
        required=False, choices=[("", "全部来源"), *((key, label) for key, (label, _) in SOURCES.items())]
    )
    only = forms.ChoiceField(required=False, choices=[("", ""), ("late", "已逾期"), ("back", "退回过")])

    def __init__(self, data: Mapping[str, Any], *, units: list[Unit]) -> None:
        super().__init__(data)
        chosen = [("", "全部单位"), *((str(unit.pk), unit.name) for unit in units)]
        self.fields["unit"].choices = chosen  # type: ignore[attr-defined]
        self.full_clean()

    def value(self, name: str) -> str:
        """What was chosen, '' for nothing or nonsense."""
        return str(self.cleaned_data.get(name) or "")
