"""Forms of the working-day calendar."""

from typing import Any

from django import forms

from filings import calendar_in
from zhonglou_media.core.calendar import parse_year
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.errors import Refused

FIRST, LAST = 2000, 2100
MOST_PAPERS, MOST_CHARACTERS = 10, 500
MOST_DAYS = 250  # a year's working days


class YearForm(forms.Form):
    """确认年度放假安排; once valid, `cleaned_data["data"]` is what `confirm_year` takes, checked."""

    use_required_attribute = False

    year = forms.IntegerField(
        label="年度",
        min_value=FIRST,
        max_value=LAST,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "年度请填四位数，例如 2027。"),
    )
    number = forms.CharField(
        label="放假通知文号",
        max_length=64,
        help_text="国务院办公厅通知的文号，例如 国办发明电〔2025〕7号",
        error_messages={"required": "请填写放假通知的文号。", "max_length": "文号不能超过 64 个字。"},
    )
    papers = forms.CharField(
        label="原文网址",
        required=False,
        help_text="http:// 或 https:// 开头；有几个的，每行一个",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    days = forms.CharField(
        label="放假和调休",
        required=False,
        help_text="每行一项：日期 名称 休或班，例如“1月1日至3日 元旦 休”。也可以粘贴放假安排的 JSON",
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    file = forms.FileField(
        label="放假安排文件",
        required=False,
        help_text="放假安排的 JSON 文件（year、papers、days）；选了文件，上面一栏就不用填",
        error_messages=dict.fromkeys(("invalid", "missing", "empty"), "文件没有上传成功或是空的，请重新选择。"),
    )

    def clean_papers(self) -> list[str]:
        papers = [line.strip() for line in self.cleaned_data["papers"].splitlines() if line.strip()]
        if not all(paper.startswith(("http://", "https://")) for paper in papers):
            raise forms.ValidationError("原文网址应以 http:// 或 https:// 开头。")
        if len(papers) > MOST_PAPERS or any(len(paper) > MOST_CHARACTERS for paper in papers):
            raise forms.ValidationError(f"原文网址最多 {MOST_PAPERS} 个，每个不超过 {MOST_CHARACTERS} 个字。")
        return papers

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return data
        where = "file" if data["file"] else "days"
        try:
            data["data"] = self._data(data)
        except Refused as refused:
            self.add_error(where, str(refused))
        return data

    def _data(self, typed: dict[str, Any]) -> dict[str, Any]:
        """What was typed, pasted or uploaded, checked and in one form. Raises Refused."""
        text, file, year = typed["days"].strip(), typed["file"], typed["year"]
        if file and text:
            raise Refused("日期请只填一处：选了文件，就请清空“放假和调休”。")
        if file or text.startswith("{"):
            given = calendar_in.from_json(file.read(calendar_in.MAX_BYTES + 1) if file else text)
            if given.get("year") != year:
                raise Refused(f"放假安排写的年度是 {given.get('year')}，与填写的 {year} 不同，请核对。")
        elif text:
            given = {"days": calendar_in.from_rows(text, year)}
        else:
            raise Refused("请逐行填写放假和调休的日期，或选择放假安排文件。")
        papers = typed["papers"] or given.get("papers")
        if not papers:
            raise Refused("请填写原文网址。")
        plan = parse_year({"year": year, "papers": papers, "number": typed["number"], "days": given.get("days")})
        days = [{"name": name, "date": day.isoformat(), "isOffDay": off} for day, (name, off) in plan.days.items()]
        return {"year": year, "papers": plan.papers, "number": plan.number, "days": days}


class CountForm(forms.Form):
    """算一算: a day and how many working days after it."""

    use_required_attribute = False

    day = day_field("从哪一天起", missing="请填写日期。")
    n = forms.IntegerField(
        label="往后第几个工作日",
        min_value=0,
        max_value=MOST_DAYS,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"请填 0 至 {MOST_DAYS} 之间的整数。"
        ),
    )
