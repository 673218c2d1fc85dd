"""What the forms of all kinds of filings share: their shape, and the fields that several of them ask for."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from accounts.id_numbers import no_id_number
from accounts.telephones import telephone
from filings.models import Filing


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


def phone(label: str) -> Any:
    """A telephone number, by its shape."""
    field = text(label, 32)
    field.validators.append(telephone)
    return field


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
