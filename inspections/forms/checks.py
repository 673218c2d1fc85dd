"""Forms of the month's check; what they mean is judged by the use cases."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Account
from inspections.checks import Terms
from inspections.models import Method
from zhonglou_media.core.errors import Incomplete
from zhonglou_media.core.models import User


class Told(forms.Form):
    """A form that shows what a use case missed at the fields it names."""

    use_required_attribute = False

    def take(self, incomplete: Incomplete) -> None:
        """Show the errors of a refusal; what belongs to no field of this form stands above all of them."""
        for name, errors in incomplete.errors.items():
            for error in errors:
                self.add_error(name if name in self.fields else None, error)


class RedrawForm(Told):
    """重新抽取: all, or a sample of so many within so many months."""

    method = forms.ChoiceField(label="抽取方式", choices=Method, widget=forms.RadioSelect, initial=Method.ALL)
    size = forms.IntegerField(
        label="抽查几个账号",
        required=False,
        min_value=1,
        max_value=100_000,
        error_messages={
            "invalid": "请填写整数。",
            "min_value": "抽样数应是 1 以上的整数。",
            "max_value": "抽样数最多 100000。",
        },
    )
    within = forms.IntegerField(
        label="每个账号几个月内至少一次",
        required=False,
        min_value=1,
        max_value=24,
        error_messages={
            "invalid": "请填写整数。",
            "min_value": "应在 1 到 24 个月之间。",
            "max_value": "应在 1 到 24 个月之间。",
        },
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("method") == Method.SAMPLE:
            for name, what in (("size", "请填写抽查几个账号。"), ("within", "请填写几个月内至少一次。")):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, what)
        return data

    def terms(self) -> Terms:
        """What the form asks for."""
        data = self.cleaned_data
        sampled = data["method"] == Method.SAMPLE
        return Terms(data["size"], data["within"]) if sampled else Terms(None, None)


class AddForm(Told):
    """手工增加: which of the accounts found, and why."""

    account = forms.TypedChoiceField(
        label="账号",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择要增加的账号。", "invalid_choice": "请重新选择账号。"},
    )
    reason = forms.CharField(
        label="理由",
        max_length=200,
        help_text="如群众反映、上级转办；记入经过，不对外公开",
        error_messages={"required": "请写明增加这个账号的理由。"},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, found: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(row.pk, f"{row.name}（{row.platform}），{row.unit}") for row in found]
        self.fields["account"].choices = choices  # type: ignore[attr-defined]


class ShareForm(Told):
    """重新分配: among whom."""

    among = forms.TypedMultipleChoiceField(
        label="分给",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一位检查人。", "invalid_choice": "请重新选择检查人。"},
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["among"].choices = [(user.pk, str(user)) for user in people]  # type: ignore[attr-defined]


class CheckerForm(Told):
    """改由另一人检查, or a second one."""

    to = forms.TypedChoiceField(
        label="检查人",
        coerce=int,
        error_messages={"required": "请选择检查人。", "invalid_choice": "请重新选择检查人。"},
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "请选择"), *((user.pk, str(user)) for user in people)]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]
