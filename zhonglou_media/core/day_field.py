"""A day in a form: how it may be typed, which days there are, and what is said of anything else."""

import re
from datetime import date
from typing import Any

from django import forms

# No account, unit or contract is older; later days are mistyped, and no reckoning from one runs out of the calendar.
FIRST, LAST = date(1949, 10, 1), date(2199, 12, 31)
SHAPE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?$")
FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


class DayField(forms.DateField):
    """A day as people type it, FIRST to LAST; one that looks right but does not exist is told from one mistyped."""

    def to_python(self, value: Any) -> date | None:
        text = str(value).strip() if value else ""
        try:
            day: date | None = super().to_python(value)
        except forms.ValidationError:
            if SHAPE.match(text):
                raise forms.ValidationError(f"没有“{text}”这一天，请核对{self.label}。", code="invalid") from None
            raise
        if day is not None and not FIRST <= day <= LAST:
            raise forms.ValidationError(f"{self.label}应在 {FIRST} 至 {LAST} 之间，请核对年份。", code="out_of_bounds")
        return day


def day_field(label: str, *, missing: str = "", help_text: str = "") -> DayField:
    """A day as people type it; required, with the sentence `missing`, when that is given."""
    return DayField(
        label=label,
        required=bool(missing),
        help_text=help_text,
        input_formats=FORMATS,
        widget=forms.DateInput(format="%Y-%m-%d"),  # type=date would drop a mistyped day in the browser
        error_messages={"required": missing, "invalid": f"{label}请按 2026-11-24 的样子填写。"},
    )


def read_day(text: Any) -> date | None:
    """A day as it was typed into such a field, or None where it is none."""
    try:
        read: date | None = day_field("").clean(text)
    except forms.ValidationError:
        return None
    return read
