"""Forms of an account's 管理人员 and 委托运维."""

from django import forms

from accounts.models import Outsourcing
from accounts.telephones import telephone
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete


def _text(label: str, length: int, *, required: bool = False) -> forms.CharField:
    messages = {"required": f"请填写{label}。", "max_length": f"{label}不能超过{length}个字。"}
    return forms.CharField(label=label, max_length=length, required=required, error_messages=messages)


class PeopleForm(forms.Form):
    """What they share: the browser's own complaints stay away; a use case's refusal stands at its fields."""

    use_required_attribute = False

    def tell(self, refused: Incomplete) -> None:
        """Put what a use case refused at its fields."""
        for name, errors in refused.errors.items():
            for error in errors:
                self.add_error(name, error)


class ArrivalForm(PeopleForm):
    """登记管理人员: whoever keeps the password from a day on."""

    name = _text("姓名", 40, required=True)
    phone = forms.CharField(
        label="电话",
        max_length=32,
        required=False,
        validators=[telephone],
        error_messages={"max_length": "电话不能超过32个字。"},
    )
    from_date = day_field("到任日期", missing="请填写到任日期。")


class LeavingForm(PeopleForm):
    """登记离任."""

    to_date = day_field("离任日期", missing="请填写离任日期。")


class ContractForm(PeopleForm):
    """委托运维: a new contract, or the one that stands."""

    vendor = _text("运维单位", 120, required=True)
    reviewer = _text("本单位内容审核人", 40)
    nda = forms.BooleanField(label="已签保密协议", required=False)
    starts_on = day_field("合同开始", missing="请填写合同开始。")
    ends_on = day_field("合同到期")

    @staticmethod
    def of(row: Outsourcing | None) -> dict[str, object]:
        """What the form begins with."""
        names = ("vendor", "reviewer", "nda", "starts_on", "ends_on")
        return {name: getattr(row, name) for name in names} if row is not None else {}


class EndForm(PeopleForm):
    """停止委托."""

    ended_on = day_field("停止日期", missing="请填写停止日期。")
