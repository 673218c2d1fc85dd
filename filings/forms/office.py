"""Forms of the office: the decision, what the supervisor undoes, a receipt from above, the filters of the queue."""

import re
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.http import QueryDict

from accounts.models import Unit
from filings import exchange, meant, review_queue
from filings.forms import common
from filings.models import Filing, FilingKind, FilingState, ReceiptResult, System
from filings.models.filing import FilingQuerySet
from filings.reading import Reading
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User
from zhonglou_media.core.search_field import SearchField

ARTICLE = re.compile(r"第\s*[零〇一二三四五六七八九十百\d]+\s*条")  # 第七条, 第7条
TOO_LONG = {"max_length": "不能超过1000个字。"}


def _comment(label: str, *, required: bool, missing: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={**TOO_LONG, "required": missing},
    )


class ReadForm(forms.Form):
    """A decision on what was read: the page carries revision and digest in hidden fields."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    sm3 = forms.CharField(max_length=64, widget=forms.HiddenInput)

    @property
    def reading(self) -> Reading:
        """The revision and digest the page carried; call only when valid."""
        return Reading(self.cleaned_data["revision"], self.cleaned_data["sm3"])


class PaperCheckForm(ReadForm):
    """已核对纸质批准件: for the paper that was read."""

    prefix = "paper"


class DecisionForm(ReadForm):
    """通过, 退回修改 or 不予备案, with the opinion that goes to the unit."""

    prefix = "office"
    decision = forms.ChoiceField(
        label="审核结论",
        choices=[("accept", "通过"), ("return", "退回修改"), ("refuse", "不予备案")],
        error_messages={"required": "请选择审核结论。", "invalid_choice": "请选择审核结论。"},
    )
    comment = _comment("意见", required=False)
    on_platform = common.on_platform()
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, name: str, asks_platform: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmed"].label = f"确认不予备案“{name}”，本件就此结束"
        self.asks_platform = asks_platform
        if not asks_platform:
            del self.fields["on_platform"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        decision, comment = data.get("decision"), (data.get("comment") or "").strip()
        if decision == "return" and not comment and "comment" not in self.errors:
            self.add_error("comment", "退回修改的，请写明要改什么，便于单位改正。")
        if decision == "refuse" and not ARTICLE.search(comment) and "comment" not in self.errors:
            self.add_error("comment", "不予备案的，请写明理由和依据的条款，例如“第七条”。")
        if decision == "refuse" and not data.get("confirmed"):
            self.add_error("confirmed", "不予备案后本件结束，不能恢复，请勾选确认。")
        if decision == "refuse" and self.asks_platform and data.get("on_platform") is None:
            self.add_error("on_platform", "请选择平台上是否已开通该账号。")
        return data


class UnacceptForm(ReadForm):
    """撤销审核通过."""

    prefix = "unaccept"
    comment = _comment("撤销的理由", required=True, missing="请写明撤销通过的理由。")


class NotOccurredForm(forms.Form):
    """确认未发生."""

    prefix = "not_occurred"
    comment = _comment("依据", required=True, missing="请写明确认未发生的依据。")


class ReceiptForm(forms.Form):
    """One answer of one system above; 不适用 is the supervisor's to say."""

    prefix = "receipt"
    filing = forms.CharField(
        label="备案",
        max_length=200,
        widget=forms.TextInput(attrs={"list": "filings-offered", "autocomplete": "off"}),
        help_text="备案编号、编号末几位，或账号名称",
        error_messages={
            "required": "请填写备案编号、编号末几位，或账号名称。",
            "max_length": "没有这么长的备案编号或账号名称，请核对。",
        },
    )
    system = forms.ChoiceField(
        label="系统",
        choices=System.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选择系统。"),
    )
    result = forms.ChoiceField(
        label="结果",
        choices=ReceiptResult.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选择结果。"),
    )
    number = forms.CharField(
        label="上级编号", required=False, max_length=64, error_messages={"max_length": "上级编号不能超过64个字。"}
    )
    on = day_field("日期", missing="请填写日期。")
    reason = forms.CharField(label="原因", required=False, max_length=1000, error_messages=TOO_LONG)
    # The last export the page knew of. A refusal is of the revision that had gone to the system by then.
    exported = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, for_supervisor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.some: Sequence[Filing] | None = None  # what was typed may mean one of these
        self.fresh = exchange.last_export()
        self.initial["exported"] = self.fresh
        if not for_supervisor:
            own = [choice for choice in ReceiptResult.choices if choice[0] != ReceiptResult.NOT_APPLICABLE]
            cast(forms.ChoiceField, self.fields["result"]).choices = own

    @property
    def offered(self) -> list[str]:
        """What the field offers while one types: those that may be meant, else the few that are next due."""
        return [meant.called(filing) for filing in (meant.offered() if self.some is None else self.some)]

    def clean_filing(self) -> Filing:
        try:
            return meant.meant(self.cleaned_data["filing"])
        except meant.Several as several:
            self.some = several.some
            raise forms.ValidationError(str(several)) from several
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not (data.get("reason") or "").strip() and "reason" not in self.errors:
            if data.get("result") == ReceiptResult.REFUSED:
                self.add_error("reason", "上级退回的，请写明退回的原因，便于单位改正。")
            if data.get("result") == ReceiptResult.NOT_APPLICABLE:
                self.add_error("reason", "不适用的，请写明理由。")
        seen, filing = data.pop("exported", None) or 0, data.get("filing")
        data["read"] = exchange.exported_by(filing, data.get("system", ""), seen) if filing else 0
        return data

    def brought_up_to_date(self) -> QueryDict:
        """What was typed, for a page that now shows what has been exported since."""
        typed = cast(QueryDict, self.data).copy()
        typed[self.add_prefix("exported")] = str(self.fresh)
        return typed


class QueueFilter(forms.Form):
    """What narrows the review queue; a value that is not offered narrows nothing."""

    REPORTED = (("late", "迟报的"), ("paper", "书面批准的"))

    q = SearchField(required=False)
    kind = forms.ChoiceField(required=False, choices=[("", ""), *FilingKind.choices])
    unit = forms.ModelChoiceField(required=False, queryset=Unit.objects.none(), empty_label="全部单位")
    reported = forms.ChoiceField(required=False, choices=[("", "按期与迟报"), *REPORTED])
    unread = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = Unit.objects.filter(filings__state=FilingState.OFFICE_REVIEW).distinct()
        self.fields["unit"].queryset = waiting  # type: ignore[attr-defined]

    def narrow(self, rows: FilingQuerySet, user: User) -> FilingQuerySet:
        """`rows` that fit, for the eyes of `user`."""
        self.is_valid()
        given = self.cleaned_data
        if given.get("q"):
            rows = rows.matching(given["q"])
        if given.get("kind"):
            rows = rows.filter(kind=given["kind"])
        if given.get("unit"):
            rows = rows.filter(unit=given["unit"])
        if given.get("reported") == "late":
            rows = rows.filter(review_queue.reported_late())
        if given.get("reported") == "paper":
            rows = rows.exclude(paper_leader="")
        return rows.filter(review_queue.unread_by(user)) if given.get("unread") else rows

    @property
    def is_used(self) -> bool:
        """Whether anything narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())
