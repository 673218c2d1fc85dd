"""`/styleguide/`: every component once, with made-up data; debug only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict

from accounts.access import public
from accounts.models import AccountState, Flag, Level
from filings.models import FilingState
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Difference
from zhonglou_media.core.words import FLAGS, UPPER

COLOURS = (
    "blue600",
    "blue100",
    "blue50",
    "ink900",
    "ink700",
    "ink500",
    "line",
    "sunken",
    "red700",
    "amber700",
    "green700",
)
NOW = datetime(2021, 2, 18, 14, 5, tzinfo=SHANGHAI)


@dataclass(frozen=True)
class Stated:
    """Something in a state, as the `state` tag wants it."""

    state: str
    label: str

    def get_state_display(self) -> str:
        return self.label


@dataclass(frozen=True)
class Check:
    level: str
    title: str
    note: str
    article: int | None


@dataclass(frozen=True)
class Step:
    name: str
    status: str
    when: str


@dataclass(frozen=True)
class Entry:
    what: str
    who: str
    at: datetime
    comment: str
    status: str


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    current: bool
    count: int | None


class SampleForm(forms.Form):
    """One field of each kind, some with errors."""

    name = forms.CharField(label="账号名称", max_length=30, help_text="与其他平台上的名称保持一致，不超过 30 字")
    platform = forms.ChoiceField(label="平台", choices=[("douyin", "抖音"), ("wechat", "微信公众号")])
    approved_on = forms.DateField(label="批准日期", widget=forms.DateInput)
    verified = forms.ChoiceField(
        label="认证状态",
        choices=[("yes", "已认证"), ("no", "未认证"), ("expired", "认证过期")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="同平台已有账号说明", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    scan = forms.FileField(label="领导批准件", help_text="PDF、JPG 或 PNG，每个不超过 10 MB。手机拍照可直接上传")
    checked = forms.BooleanField(label="已核对纸质批准件：王五 2021-02-10 签批，02-18 10:20 录入")
    password = forms.CharField(label="登录密码", widget=forms.PasswordInput)

    def clean_approved_on(self) -> Any:
        raise forms.ValidationError("不能晚于今天（2021-02-18），请核对审批单。")


class SampleChange(forms.Form):
    """One field of a change."""

    kept = forms.CharField(label="账号名称", help_text="变更名称须向社会公告（第八条）")


def _sample_form() -> SampleForm:
    data = {
        "name": "示例甲街道文旅",
        "platform": "douyin",
        "approved_on": "2021-12-23",
        "verified": "yes",
        "reason": "原账号侧重政策发布。",
        "checked": "on",
        "password": "x",
    }
    return SampleForm(data, files=MultiValueDict(), auto_id="demo-%s")


@public
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component once."""
    midnight = NOW.replace(hour=0, minute=0)
    context: dict[str, Any] = {
        "now": NOW,
        "account_states": [Stated(s.value, str(s.label)) for s in AccountState],
        "filing_states": [Stated(s.value, str(s.label)) for s in FilingState],
        "flags": [
            Flag(rule=rule, level=Level.HINT if i > 8 else Level.BREACH, due_at=midnight)
            for i, rule in enumerate(FLAGS)
        ],
        "statuses": list(UPPER),
        "colours": COLOURS,
        "late": midnight - timedelta(days=3),
        "late_hours": NOW - timedelta(hours=14, minutes=20),
        "today": midnight + timedelta(days=1),
        "tomorrow": midnight + timedelta(days=2),
        "later": midnight + timedelta(days=4),
        "hours": NOW + timedelta(hours=3, minutes=10),
        "checks": [
            Check("warn", "同平台已有账号", "须写明理由", 7),
            Check("pass", "账号名称规范", "符合", 6),
            Check("stop", "主办单位是内设机构", "内设机构不得开设账号", 7),
            Check("info", "无需前置申请", "街道不属于区级部门", 9),
        ],
        "steps": [
            Step("草稿", "done", "02-09 10:02"),
            Step("待单位领导审批", "done", "02-10 15:40"),
            Step("待报送", "done", "02-18 09:05"),
            Step("区府办审核", "now", "剩 1 个工作日"),
            Step("待上级平台备案", "todo", "全国、全省"),
            Step("已办结", "todo", ""),
        ],
        "entries": [
            Entry("第 2 次报送", "周八（填报员）", NOW, "", "now"),
            Entry("退回修改", "李四（区政府办公室）", NOW - timedelta(hours=4), "请补充认证更新截图。", "back"),
            Entry("主要领导批准", "郑十（单位领导）", NOW - timedelta(days=8), "", "done"),
        ],
        "rows": [Difference("账号名称", "示例乙街道", "示例乙街道发布"), Difference("账号链接", "", "无")],
        "tabs": [Tab("待审", "#g5", True, 12), Tab("待上级平台备案", "#g5", False, 6), Tab("已办", "#g5", False, None)],
        "form": _sample_form(),
        "change_form": SampleChange({"kept": "示例甲街道发布"}),
        "page": Paginator(range(123), 10).page(3),
    }
    return render(request, "portal/styleguide.html", context)
