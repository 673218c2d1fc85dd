"""Fields that several forms of filings ask for."""

from typing import Any

from django import forms

DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


def day(label: str, *, missing: str = "", help_text: str = "") -> forms.DateField:
    """A day as people type it; required, with the sentence `missing`, when that is given."""
    return forms.DateField(
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
