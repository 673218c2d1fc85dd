"""Forms of incidents and of their procedures; what they mean is judged by the use cases."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.forms import time_field, to_the_minute
from accounts.models import Account, Unit
from filings.forms import common
from inspections.incident_routes import Line
from inspections.incidents import Report
from inspections.models import IncidentRoute
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete

LINES = 4  # offices that a procedure may name
OTHER = "其他部门"
HOW = ("电话", "当面", "政务内网", "书面", "微信工作群")


class Told(forms.Form):
    """A form that shows what a use case missed at the fields it names."""

    use_required_attribute = False

    def take(self, incomplete: Incomplete) -> None:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


def moment(label: str, missing: str, help_text: str = "") -> forms.DateTimeField:
    """A time with the phone's own picker; required where `missing` says so."""
    field = time_field(label)
    field.required, field.help_text = bool(missing), help_text
    field.error_messages["required"] = missing
    return field


class ReportForm(Told):
    """登记突发情况 of one kind: of which unit and account, what happened, when it was found, what was done at once."""

    unit = forms.ModelChoiceField(
        label="单位",
        queryset=Unit.objects.none(),
        empty_label="请选择",
        error_messages={"required": "请选择单位。", "invalid_choice": "请重新选择单位。"},
    )
    account = forms.ModelChoiceField(
        label="账号",
        queryset=Account.objects.none(),
        required=False,
        empty_label="不涉及某一个账号",
        error_messages={"invalid_choice": "请重新选择账号。"},
    )
    found_at = moment("发现时间", "请填写发现时间。", "转送时限从这一刻起算")
    happened_at = moment("发生时间", "", "与发现时间不同的才填")
    text = common.text("情况", 1000, required=True, lines=True)
    link = common.text("链接", 500)
    first_measure = common.text("已采取的措施", 500, lines=True, help_text="删除、下线、截图、报告了谁")

    def __init__(self, data: Any, *, units: QuerySet[Unit], accounts: QuerySet[Account], now: datetime) -> None:
        super().__init__(data, initial={"found_at": to_the_minute(now)})
        for name, rows in (("unit", units), ("account", accounts)):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        one = units[:2]
        if len(one) == 1:
            self.fields["unit"].initial = one[0].pk

    def report(self, kind: str) -> Report:
        """Call only when valid."""
        given = {name: self.cleaned_data[name] for name in ("text", "found_at", "happened_at", "link", "first_measure")}
        return Report(kind, **given)


class PassForm(Told):
    """转送: to which office, how, when."""

    office = forms.ChoiceField(
        label="转送部门", error_messages={"required": "请选择转送部门。", "invalid_choice": "请重新选择转送部门。"}
    )
    other = common.text("其他部门名称", 60, help_text="选“其他部门”时填写")
    how = forms.ChoiceField(
        label="方式",
        choices=[(word, word) for word in HOW],
        error_messages={"required": "请选择转送的方式。", "invalid_choice": "请重新选择方式。"},
    )
    passed_at = moment("转送时间", "请填写转送时间。", "登记的时间由系统另记")

    def __init__(self, data: Any = None, *, routes: Sequence[IncidentRoute], had: Sequence[str], now: datetime) -> None:
        super().__init__(data, initial={"passed_at": to_the_minute(now)}, auto_id="pass-%s")
        offices = [
            (row.office, f"{row.office}（{row.within_minutes} 分钟内）") for row in routes if row.office not in had
        ]
        self.fields["office"].choices = [*offices, (OTHER, OTHER)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("office") == OTHER:
            if given.get("other"):
                given["office"] = given["other"]
            else:
                self.add_error("other", "请写明转送给哪个部门。")
        return given


class ReceiveForm(Told):
    """对方签收."""

    received_by = common.text("签收人", 40, required=True)
    received_at = moment("签收时间", "请填写签收时间。")

    def __init__(self, data: Any = None, *, pk: int, now: datetime) -> None:
        super().__init__(data, initial={"received_at": to_the_minute(now)}, auto_id=f"receive-{pk}-%s")


class CloseForm(Told):
    """办结."""

    result = common.text("处置结果", 1000, required=True, lines=True)
    untold = common.text("没有转送的理由", 300, required=True, lines=True)

    def __init__(self, data: Any = None, *, passed: bool, untold: Sequence[str]) -> None:
        super().__init__(data, auto_id="close-%s")
        self.fields["untold"].label = f"没有转送{'、'.join(untold)}的理由"
        if not passed or not untold:
            del self.fields["untold"]
        if not passed:
            self.fields["result"].label = "处置结果和不用转送的理由"
            self.fields["result"].error_messages["required"] = "请写明怎样处置的，以及不用转送的理由。"


class RouteForm(Told):
    """修订转送程序 of one kind: from a coming day, up to LINES offices."""

    from_date = day_field("自何日起", missing="请填写自何日起。", help_text="最早从明天起；此前发现的按原来的")

    def __init__(self, data: Any = None, *, routes: Sequence[IncidentRoute], now: datetime) -> None:
        first: dict[str, Any] = {"from_date": day_of(now) + timedelta(days=1)}
        for number, row in enumerate(routes[:LINES]):
            first |= {f"office_{number}": row.office, f"minutes_{number}": row.within_minutes}
            first[f"procedure_{number}"] = row.procedure
        super().__init__(data, initial=first)
        for number in range(LINES):
            self.fields[f"office_{number}"] = common.text(f"部门 {number + 1}", 60)
            self.fields[f"minutes_{number}"] = forms.IntegerField(
                label=f"几分钟内（部门 {number + 1}）",
                required=False,
                error_messages={"invalid": "请填写整数分钟。"},
                widget=forms.TextInput(attrs={"inputmode": "numeric"}),
            )
            self.fields[f"procedure_{number}"] = common.text(f"怎样处理（部门 {number + 1}）", 500, lines=True)

    def rows(self) -> list[list[Any]]:
        """The fields of each office, for the page."""
        return [[self[f"{name}_{number}"] for name in ("office", "minutes", "procedure")] for number in range(LINES)]

    def lines(self) -> list[Line]:
        """The offices that were named, in order; call only when valid."""
        given = self.cleaned_data
        found = []
        for number in range(LINES):
            office, minutes, procedure = (given[f"{name}_{number}"] for name in ("office", "minutes", "procedure"))
            if office or minutes or procedure:
                found.append(Line(office, minutes or 0, procedure))
        return found
