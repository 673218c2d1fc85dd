"""A search box in a form: what is typed there is never wrong."""

from typing import Any

from django import forms

from zhonglou_media.core.searching import searched


class SearchField(forms.CharField):
    """What is typed, as it is searched for. A box that called it invalid would be passed over by its list, which then
    shows everything.
    """

    def clean(self, value: Any) -> str:
        return searched(str(value or ""))
