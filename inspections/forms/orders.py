"""Forms of closure orders and of lost accounts; what they mean is judged by the use cases."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms

from accounts.forms import ReasonForm
from accounts.models import Account, AccountState
from filings.forms import common
from inspections import losing, ordering
from inspections.models import ClosureOrder, OrderGround, OrderState
from inspections.ordering import Terms
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.countdown import span
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Incomplete

ACCEPT = ".pdf,.jpg,.jpeg,.png"


class Sentences(forms.Form):
    """A form that shows what a use case missed at the fields it names; dates are judged with the rest at once."""

    use_required_attribute = False

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.today = now, day_of(now)

    def clean_due_on(self) -> date:
        """立即 is today."""
        due_on = cast(date, self.cleaned_data["due_on"])
        if due_on < self.today:
            raise forms.ValidationError(ordering.TOO_EARLY)
        return due_on

    def clean_since(self) -> date:
        since = cast(date, self.cleaned_data["since"])
        if since > self.today:
            raise forms.ValidationError(losing.AHEAD)
        return since

    def take(self, incomplete: Incomplete) -> None:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class OrderForm(Sentences):
    """下达责令关停 of one account: on what ground, why, by when."""

    ground = forms.ChoiceField(
        label="依据", error_messages={"required": "请选择责令关停的依据。", "invalid_choice": "请重新选择依据。"}
    )
    reason = common.text(
        "事由", 1000, required=True, lines=True, help_text="写明查明的事实；单位和区政府办公室都能看到"
    )
    number = common.text("文号", 60, help_text="按本年顺序拟定，可以改为实际发文的文号")
    due_on = day_field("办理期限", missing="请填写办理期限；立即办理的，填今天。")
    cancel = forms.BooleanField(label="同时在平台上注销账号", required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, account: Account, now: datetime) -> None:
        grounds = [(ground.value, ground.label) for ground in OrderGround if _fits(ground, account)]
        first = {"ground": grounds[0][0], "number": ordering.drafted_number(now), "due_on": day_of(now)}
        super().__init__(data, initial={**first, "reason": _found(account)}, now=now)
        self.fields["ground"].choices = grounds  # type: ignore[attr-defined]
        left = span(start_of(self.today + timedelta(days=1)) - now)
        self.fields["due_on"].help_text = f"当天 24:00 前；“立即关停”填今天，现在还剩 {left}"

    def terms(self) -> Terms:
        """Call only when valid."""
        return Terms(**{name: self.cleaned_data[name] for name in ("ground", "reason", "number", "due_on", "cancel")})


def _fits(ground: OrderGround, account: Account) -> bool:
    if ground == OrderGround.UNFILED:
        return account.state == AccountState.UNFILED
    return ground != OrderGround.LOST or account.lost_control_since is not None


def _found(account: Account) -> str:
    """The fact as the register knows it, of an unfiled account."""
    if account.state != AccountState.UNFILED or account.found_at is None:
        return ""
    entity = f"，认证主体为“{account.verified_entity}”" if account.verified_entity else ""
    return f"{day_of(account.found_at)} 发现该账号{entity}，没有备案。"


class ProofForm(forms.Form):
    """报送关停证明: a screenshot or paper, and a note."""

    use_required_attribute = False

    proof = forms.FileField(
        label="办理证明",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT, "data-zl-paper": True}),
        help_text="平台关停、注销页面的截图或文件：PDF、JPG 或 PNG，不超过 10 MB",
        error_messages={"required": "请选择办理证明的文件。", "missing": "请选择办理证明的文件。"},
    )
    note = common.text("办理说明", 500, lines=True)


class ExecuteForm(ReasonForm):
    """确认执行: without the unit's proof the supervisor says how he saw it."""

    def __init__(self, *args: Any, order: ClosureOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        field.label = "核实情况"
        field.required = order.state == OrderState.ISSUED
        field.error_messages["required"] = "单位没有报送证明，请写明核实情况。"


class RecoverForm(ReasonForm):
    """恢复控制: how and when the account was regained."""

    reason = common.text("恢复情况", 500, required=True, lines=True, help_text="怎样找回、何时找回，记入履历")


class LostForm(Sentences):
    """报告账号失控: since when, what happened."""

    since = day_field("失控日期", missing="请填写从哪一天起不能控制账号。", help_text="不晚于今天")
    what = common.text(
        "经过", 500, required=True, lines=True, help_text="密码遗失、账号被盗等情况，以及已向平台申诉的情况"
    )


class DeclareForm(Sentences):
    """认定失控, and the order that closes the account."""

    since = day_field("失控日期", missing="请填写从哪一天起失控。", help_text="不晚于今天")
    reason = common.text(
        "认定的理由", 500, required=True, lines=True, help_text="记入履历，同时作为免于追究更新预警的理由"
    )
    due_on = day_field("关停期限", missing="请填写关停的期限。", help_text="当天 24:00 前；请与平台申诉所需的时间相当")
    number = common.text("文号", 60, help_text="责令关停的文号，可以改为实际发文的文号")

    def __init__(self, data: Mapping[str, Any] | None, *, now: datetime, initial: Mapping[str, Any]) -> None:
        first = {"due_on": day_of(now) + timedelta(days=7), "number": ordering.drafted_number(now)}
        super().__init__(data, initial={**first, **initial}, now=now)
