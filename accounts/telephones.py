"""What a telephone number looks like: typed ones are checked lightly, those of a baseline are taken as they are."""

import re
import unicodedata

from django import forms

SHAPE = re.compile(r"[\d\s+()-]+(?:转\s*\d+)?")
FEWEST, MOST = 7, 20  # digits: a local number; one with country, area and extension


def telephone(text: str) -> None:
    """A validator of text fields: letters, or too few or too many digits, are a mistake."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not SHAPE.fullmatch(plain) or not FEWEST <= sum(map(str.isdecimal, plain)) <= MOST:
        said = "电话号码不对，请填手机号或带区号的固定电话，例如 0519-12345678 转 801。"
        raise forms.ValidationError(said, code="phone")
