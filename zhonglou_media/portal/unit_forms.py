"""The form of a unit."""

from django import forms

from accounts.models import Unit, UnitKind
from accounts.models.unit import Scope
from accounts.units import UnitData
from zhonglou_media.core.day_field import day_field
from zhonglou_media.portal.user_forms import Plain, unit_field


class UnitForm(Plain):
    """主办单位, as the admin keeps it."""

    name = forms.CharField(
        label="全称", max_length=60, error_messages={"required": "请填写单位全称。", "max_length": "不能超过 60 个字。"}
    )
    short_name = forms.CharField(label="简称", max_length=60, required=False)
    kind = forms.ChoiceField(
        label="类别",
        choices=[("", "请选择"), *UnitKind.choices],
        error_messages={"required": "请选择类别。", "invalid_choice": "请重新选择类别。"},
    )
    parent = unit_field("行业主管部门")
    scope = forms.ChoiceField(
        label="适用范围",
        choices=[(Scope.BOUND, "适用本细则（第二条）"), (Scope.GUIDED, "只作指导（第三条），列出、不预警")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择适用范围。", "invalid_choice": "请重新选择适用范围。"},
    )
    internal = forms.BooleanField(label="内设机构，不得开设账号（第七条）", required=False)
    since = day_field("新名称自何日起")

    def __init__(self, *args: object, unit: Unit | None = None, **kwargs: object) -> None:
        if unit is not None:
            names = ("name", "short_name", "kind", "scope", "internal")
            kwargs["initial"] = {name: getattr(unit, name) for name in names} | {"parent": unit.parent_id}
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        parent: forms.ModelChoiceField = self.fields["parent"]  # type: ignore[assignment]
        parent.required, parent.empty_label = False, "没有"
        if unit is None:
            del self.fields["since"]

    def unit_data(self) -> UnitData:
        """What was typed, for the use cases."""
        return UnitData(**self.cleaned_data)
