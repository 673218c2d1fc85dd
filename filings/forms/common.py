"""Fields that several forms of filings ask for."""

import re
from datetime import date
from typing import Any

from django import forms

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
