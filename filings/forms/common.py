"""What the forms of all kinds of filings share: their shape, and the fields that several of them ask for."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms

from accounts.id_numbers import no_id_number
from filings.models import Filing

SHAPE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?$")
DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


class DayField(forms.DateField):
    """A day as people type it; one that looks right but does not exist is told apart from one written otherwise."""

    def to_python(self, value: Any) -> date | None:
        text = str(value).strip() if value else ""
        try:
            return super().to_python(value)
        except forms.ValidationError:
            if SHAPE.match(text):
                raise forms.ValidationError(f"没有“{text}”这一天，请核对{self.label}。", code="invalid") from None
            raise


def day(label: str, *, missing: str = "", help_text: str = "") -> forms.DateField:
    """A day as people type it; required, with the sentence `missing`, when that is given."""
    return DayField(
        label=label,
        required=bool(missing),
        help_text=help_text,
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(format="%Y-%m-%d"),  # type=date would drop a mistyped day in the browser
        error_messages={"required": missing, "invalid": f"{label}请按 2026-11-24 的样子填写。"},
    )


def read_day(text: Any) -> date | None:
    """A day as it was typed into such a field, or None where it is none."""
    try:
        read: date | None = day("").clean(text)
    except forms.ValidationError:
        return None
    return read


def on_platform() -> Any:
    """平台上是否已开通？ of an opening that ends without success: what becomes of its pending account."""
    return forms.TypedChoiceField(
        label="平台上是否已开通？",
        required=False,
        choices=[("yes", "已开通，转为未备案账号"), ("no", "没有开通，作废")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )


def text(label: str, max_length: int, *, required: bool = False, lines: bool = False, help_text: str = "") -> Any:
    """A text; who types an identity card's number into it is told not to."""
    widget = forms.Textarea(attrs={"rows": 3}) if lines else forms.TextInput()
    return forms.CharField(
        label=label,
        max_length=max_length,
        required=required,
        widget=widget,
        help_text=help_text,
        validators=[no_id_number],
        error_messages={"required": f"请填写{label}。", "max_length": f"{label}不能超过{max_length}个字。"},
    )


def choice(label: str, choices: Any, *, required: bool = False, empty: str = "请选择", help_text: str = "") -> Any:
    """One of `choices`."""
    return forms.ChoiceField(
        label=label,
        required=required,
        choices=[("", empty), *choices],
        help_text=help_text,
        error_messages={
            "required": f"请选择{label}。",
            "invalid_choice": f"{label}须从列出的选项中选择。",
        },
    )


class FilingForm(forms.Form):
    """The form of one kind of filing: `data` as it was typed, judged as a submission would."""

    STEPS: ClassVar[Mapping[str, tuple[str, tuple[str, ...]]]]  # step → its name and its fields
    LATE: ClassVar[tuple[str, ...]] = ()  # may be added after the report

    def __init__(self, data: Mapping[str, Any], *, filing: Filing) -> None:
        super().__init__(data)
        self.filing = filing

    def shown(self, step: str) -> tuple[str, ...]:
        """The fields that the page of `step` asks for."""
        return self.STEPS[step][1]

    def present(self, name: str) -> str | None:
        """What the register holds now, in words, where the form sets it against the field; None elsewhere."""
        return None

    def details(self) -> Any:
        """The details as they would be frozen (unsaved); call only when valid."""
        raise NotImplementedError

    @staticmethod
    def typed(filing: Filing) -> dict[str, Any]:
        """What the frozen details look like when typed: fills a form from a filing that has no draft of its own."""
        raise NotImplementedError
