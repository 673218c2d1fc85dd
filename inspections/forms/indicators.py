"""Forms of 检查指标; what a line means is judged by `inspections/indicators.py`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms

from filings.forms.common import choice, text
from inspections import indicators
from inspections.indicator_diff import said
from inspections.indicators import Line, Numbers
from inspections.models import Indicator, IndicatorKind, IndicatorSet, Measure
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Difference, Incomplete

WHOLE = {"inputmode": "numeric", "autocomplete": "off"}
DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}


def number(label: str, *, required: bool = True, help_text: str = "") -> Any:
    return forms.IntegerField(
        label=label,
        required=required,
        min_value=0,
        max_value=9999,
        help_text=help_text,
        widget=forms.TextInput(attrs=WHOLE),
        error_messages={
            "required": f"请填写{label}。",
            "invalid": f"{label}请填写整数。",
            "min_value": f"{label}不能小于 0。",
            "max_value": f"{label}太大，请核对。",
        },
    )


def of_points(label: str, help_text: str = "") -> Any:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal(0),
        max_digits=4,
        decimal_places=1,
        help_text=help_text,
        widget=forms.TextInput(attrs=DECIMAL),
        error_messages={
            "invalid": f"{label}请填写数字。",
            "min_value": f"{label}不能小于 0。",
            "max_digits": f"{label}太大，请核对。",
            "max_whole_digits": f"{label}太大，请核对。",
            "max_decimal_places": f"{label}最多一位小数。",
        },
    )


class Sentences(forms.Form):
    """A form that shows what its use case missed, at the fields that it names."""

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        """What the use case would say is said with the rest, at once."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        for name, sentences in self.judge(dict(typed)).items():
            if name in typed:
                self.add_error(name, sentences)
        return typed

    def judge(self, typed: Mapping[str, Any]) -> Mapping[str, list[str]]:
        """What is wrong with the fields that were typed well enough to be judged."""
        return {}

    def take(self, incomplete: Incomplete) -> None:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class NumbersForm(Sentences):
    """What a version says beside its lines."""

    name = text("名称", 60, required=True, help_text="如“2026 年第 2 版”，检查单和通报上写它")
    source = text("依据", 200, help_text="国家、省、市的文件，或本区的决定")
    pass_mark = number("合格线", help_text="低于它为不合格；满分 100")
    bonus_above = number("加分门槛", help_text="扣分后高于它的才加分，正好等于不加")
    bonus_cap = number("加分合计上限", help_text="最多 20")

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: IndicatorSet) -> None:
        super().__init__(data, initial={name: getattr(row, name) for name in self.base_fields})
        self.row = row

    def judge(self, typed: Mapping[str, Any]) -> Mapping[str, list[str]]:
        stands = {name: getattr(self.row, name) for name in self.base_fields}
        return indicators.wrong_numbers(self.row, Numbers(**stands | dict(typed)))

    def numbers(self) -> Numbers:
        """Call only when valid."""
        return Numbers(**self.cleaned_data)


class LineForm(Sentences):
    """One indicator."""

    code = text("代码", 8, required=True, help_text="如 Z13；检查单上按它找")
    kind = choice("类型", IndicatorKind.choices, required=True)
    name = text("指标", 80, required=True)
    group = text("类别", 40, help_text="同一类的写法相同，如“内容更新”")
    check_text = text("检查内容", 300, lines=True, help_text="检查人看什么、怎么看")
    threshold = text("标准", 80, help_text="到什么程度算，如“超过 14 天”“每条”")
    measure = forms.ChoiceField(
        label="系统预判",
        required=False,
        choices=Measure.choices,
        help_text="系统按哪些事实先判一遍；最后由检查人认定",
        error_messages={"invalid_choice": "系统预判须从列出的选项中选择。"},
    )
    limit = number("界限", required=False, help_text="只用于更新间隔（超过几天）和原创比例（每百分之几记一档）")
    points = of_points("每次分值", "单项否决不记分，留空")
    cap = of_points("分值上限", "这一条累计最多多少分；单项否决留空")
    unit_word = text("计数单位", 4, required=True, help_text="项、条、次、周……")
    articles = text("条款", 20, help_text="《实施细则》的条款序号，几条用逗号隔开，如 11,12")
    to_rectify = forms.BooleanField(label="发现后须整改", required=False)
    order = number("顺序", required=False, help_text="从小到大排列；留空排在同类的最后")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        of: IndicatorSet,
        row: Indicator | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        stands = {name: getattr(row, name) for name in self.base_fields} if row is not None else {}
        super().__init__(data, initial=stands | dict(initial or {}))
        self.row = row or Indicator(indicator_set=of)

    def judge(self, typed: Mapping[str, Any]) -> Mapping[str, list[str]]:
        """Without a kind nothing is said of what depends on it."""
        empty = {"code": "", "kind": IndicatorKind.DEDUCTION, "name": ""}
        errors = indicators.errors_of(Line(**empty | dict(typed)), self.row.indicator_set, self.row)
        of_kind = () if "kind" in typed else ("points", "cap", "measure", "to_rectify")
        return {name: told for name, told in errors.items() if name not in of_kind}

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_articles(self) -> str:
        """11，12 and 11、12 are meant as 11,12."""
        return re.sub(r"\s*[,，、]\s*", ",", str(self.cleaned_data["articles"]).strip())

    def clean_points(self) -> Decimal:
        return self.cleaned_data["points"] or Decimal(0)

    def clean_cap(self) -> Decimal:
        return self.cleaned_data["cap"] or Decimal(0)

    def differing(self, row: Indicator) -> list[Difference]:
        """What stands now beside what is typed, where they differ; call only when valid."""
        pairs = ((name, getattr(row, name), typed) for name, typed in self.cleaned_data.items())
        return [
            Difference(str(self.fields[name].label), said(name, stands), said(name, typed))
            for name, stands, typed in pairs
            if stands != typed and not (name == "order" and typed is None)
        ]

    def line(self) -> Line:
        """Call only when valid."""
        return Line(**self.cleaned_data)


class PublishForm(Sentences):
    """From which day on the version holds."""

    from_date = day_field("施行日期", missing="请填写从哪一天起施行。", help_text="最早从明天起")

    def __init__(self, data: Mapping[str, Any] | None = None, *, now: Any) -> None:
        tomorrow = day_of(now) + timedelta(days=1)
        super().__init__(data, initial={"from_date": tomorrow}, auto_id="publish-%s")
