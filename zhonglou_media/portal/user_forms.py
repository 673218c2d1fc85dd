"""Forms of the pages for users: a new one, their name, a membership, its end, why somebody is disabled."""

from datetime import date, timedelta
from typing import Any

from django import forms

from accounts.models import Role, Unit
from accounts.models.unit import UnitStatus
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete
from zhonglou_media.core.models import User

# What a role does, beside its name; `accounts/policy.py` decides.
DOES = {
    Role.OPERATOR: "起草、报送备案，登记发布和回复",
    Role.LEADER: "批准备案，不能批自己起草的",
    Role.PARENT: "行业主管部门，看所属单位，只看不办",
    Role.OFFICER: "审核备案、导入台账、登记上级回执",
    Role.SUPERVISOR: "前置审批、责令关停、免于追究、本区设定",
    Role.AUDITOR: "宣传、网信、公安，看全区，只看不办",
    Role.ADMIN: "用户、单位、工作日历，不办备案",
}

# They act, or read, in the whole district, whatever unit they are given in: that is asked once more.
DISTRICT = (Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)


def unit_field(label: str = "单位") -> forms.ModelChoiceField:
    """A unit that is not merged away."""
    return forms.ModelChoiceField(
        label=label,
        queryset=Unit.objects.exclude(status=UnitStatus.MERGED),
        empty_label="请选择",
        error_messages={"required": "请选择单位。", "invalid_choice": "请重新选择单位。"},
    )


class Plain(forms.Form):
    """Errors of a use case go to their fields."""

    use_required_attribute = False

    def take(self, incomplete: Incomplete) -> None:
        """The sentences of `incomplete`, each at its field."""
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class PersonForm(Plain):
    """姓名 and 联系电话."""

    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "请填写姓名。"})
    phone = forms.CharField(label="联系电话", max_length=32, required=False)


class MembershipForm(Plain):
    """任职: where, as what, from when to when."""

    unit = unit_field()
    role = forms.ChoiceField(
        label="身份",
        choices=Role.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择身份。", "invalid_choice": "请重新选择身份。"},
    )
    from_date = day_field("自何日起", missing="请填写从哪一天起。")
    to_date = day_field("至何日止")
    sure = forms.CharField(required=False)  # which role in which unit was confirmed
    asks = ""  # what the page asks to confirm
    is_sure = False

    def clean(self) -> dict[str, Any]:
        """A role that reaches beyond its unit is given on a second press."""
        cleaned = super().clean() or self.cleaned_data
        sure, role, unit = cleaned.pop("sure", ""), cleaned.get("role"), cleaned.get("unit")
        if role in DISTRICT and unit is not None:
            self.asks = f"{role}-{unit.pk}"
            self.is_sure = sure == self.asks
            if not self.is_sure:
                label, does = Role(role).label, DOES[Role(role)]
                told = f"“{label}”不限于{unit}，在全区有效：{does}。确要授予的，请勾选确认，再按一次。"
                self.add_error("role", told)
        return cleaned

    def roles(self) -> list[tuple[str, str, str, bool]]:
        """Value, name, what it does, whether chosen: how the page draws them."""
        chosen = self["role"].value()
        return [(role.value, str(role.label), DOES[role], role.value == chosen) for role in DOES]


class NewUserForm(MembershipForm):
    """A user with the first membership."""

    username = forms.CharField(
        label="用户名",
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "请填写用户名。"},
    )
    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "请填写姓名。"})
    phone = forms.CharField(label="联系电话", max_length=32, required=False)
    to_date = None  # type: ignore[assignment]


class DisableForm(Plain):
    """停用, with its reason."""

    reason = forms.CharField(label="停用的原因", max_length=200, error_messages={"required": "请写明停用的原因。"})


class EndForm(Plain):
    """撤销任职: from when, and who takes over."""

    when = forms.ChoiceField(
        label="何时停止",
        choices=[("now", "立即停止，今天起无效"), ("later", "到某日为止（当日仍有效）")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择何时停止。", "invalid_choice": "请重新选择何时停止。"},
    )
    to_date = day_field("最后一天")
    to = forms.TypedChoiceField(
        label="在办的备案移交给",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "请选择本单位现任的填报员。"},
    )

    def __init__(self, *args: Any, colleagues: list[User], asks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if asks:
            people = [(user.pk, f"{user.name}（{user.username}）") for user in colleagues]
            self.fields["to"].choices = [("", "暂不移交，由本单位填报员自行接手"), *people]  # type: ignore[attr-defined]
        else:
            del self.fields["to"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == "later" and not cleaned.get("to_date") and "to_date" not in self.errors:
            self.add_error("to_date", "请填写最后一天。")
        return cleaned

    def last_day(self, today: date) -> date:
        """The last day of the membership: yesterday when it stops at once."""
        given: date | None = self.cleaned_data.get("to_date")
        return given if self.cleaned_data["when"] == "later" and given else today - timedelta(days=1)
