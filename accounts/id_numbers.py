"""第二十一条: identity numbers are never collected."""

import re
import unicodedata

from django import forms

ID_NUMBER = re.compile(r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")


def no_id_number(text: str) -> None:
    """A validator of text fields: an 18-digit identity number is refused."""
    if ID_NUMBER.search(unicodedata.normalize("NFKC", text)):
        raise forms.ValidationError("请勿填写身份证号（第二十一条）。", code="id_number")
