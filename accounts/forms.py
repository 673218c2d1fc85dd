"""Forms of the register's own pages."""

from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.id_numbers import no_id_number
from accounts.models import MessageKind
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Incomplete
from zhonglou_media.core.tables_in import MAX_BYTES

JUST_NOW, AT, NOT_YET = "now", "at", ""


class ReasonForm(forms.Form):
    """The reason of a decision that stays in the history."""

    use_required_attribute = False  # the browser would complain in its own language

    reason = forms.CharField(
        label="理由",
        max_length=500,
        error_messages={"required": "请写明理由。"},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ImportForm(forms.Form):
    """A list of accounts to enter, and on what ground."""

    use_required_attribute = False
    BASELINE, FOUND = "baseline", "found"

    ground = forms.ChoiceField(
        label="这份清单是",
        choices=[
            (BASELINE, "已在上级平台备案的存量账号（导入后为“正常运行”）"),
            (FOUND, "发现的未备案账号（导入后为“未备案”，并提出预警）"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择这份清单是哪一种账号。"},
    )
    document = forms.CharField(
        label="来源文件",
        max_length=200,
        required=False,
        help_text="清单依据的文件名称或文号；不填则记为所选文件的名称",
    )
    file = forms.FileField(
        label="清单文件",
        help_text="Excel 工作簿（.xlsx）或 CSV 文件，表头须有单位、平台、账号名称三列",
        error_messages={
            "required": "请选择要导入的清单文件。",
            "missing": "请选择要导入的清单文件。",
            "invalid": "清单文件没有上传成功，请重新选择。",
            "empty": "清单文件是空的，请检查后重新选择。",
        },
    )

    def clean_file(self) -> UploadedFile:
        """Said before the file is copied: nobody waits for what is too large anyway."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_BYTES >> 20} MB，请分成几个文件后分别导入。")
        return upload


# --- recorded by hand -----------------------------------------------------------------------------------------------


def just_now_or(label: str, *others: tuple[str, str], initial: str = JUST_NOW) -> forms.ChoiceField:
    """刚刚, or a time that is typed beside it; a missing choice means 其他时间."""
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[*others, (JUST_NOW, "刚刚"), (AT, "其他时间")],
        initial=initial,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "请选“刚刚”或“其他时间”。"},
    )


def time_field(label: str) -> forms.DateTimeField:
    """A time with the phone's own picker, Shanghai; asked for only with 其他时间."""
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": f"{label}请按 2026-11-24 14:05 的样子填写。"},
    )


def to_the_minute(now: datetime) -> datetime:
    """What 刚刚 means: as exact as what is typed, so that a reply of the same minute is not before its question."""
    return now.astimezone(SHANGHAI).replace(second=0, microsecond=0)


class TimedForm(forms.Form):
    """A form whose times are 刚刚 or typed, and that records once however often it is sent."""

    use_required_attribute = False
    TIMES: dict[str, str] = {}  # field of the choice → field of the time
    OPTIONAL: tuple[str, ...] = ()  # choices that may be NOT_YET

    token = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.initial.setdefault("token", str(uuid4()))
        for typed in self.TIMES.values():
            self.initial.setdefault(typed, to_the_minute(now))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for choice, typed in self.TIMES.items():
            chosen = given.get(choice)
            if chosen == JUST_NOW or (chosen == NOT_YET and choice in self.OPTIONAL):
                self.errors.pop(typed, None)  # what is typed there does not count
                given[typed] = to_the_minute(self.now) if chosen == JUST_NOW else None
            elif given.get(typed) is None and typed not in self.errors:
                self.add_error(typed, f"请填写{self.fields[typed].label}。")
        return given

    def given(self) -> dict[str, Any]:
        """What was typed, as the use case takes it: without the choices that stand before a time."""
        return {name: value for name, value in self.cleaned_data.items() if name not in self.TIMES}

    def tell(self, refused: Incomplete) -> None:
        """Put what a use case refused at its fields."""
        for name, errors in refused.errors.items():
            for error in errors:
                self.add_error(name, error)


class PublicationForm(TimedForm):
    """登记一条发布: a title and 刚刚 are enough."""

    TIMES = {"when": "published_at"}

    title = forms.CharField(
        label="标题", required=False, max_length=200, error_messages={"max_length": "标题不能超过200个字。"}
    )
    when = just_now_or("发布时间")
    published_at = time_field("发布时间")
    url = forms.CharField(
        label="链接", required=False, max_length=500, error_messages={"max_length": "链接不能超过500个字符。"}
    )
    original = forms.BooleanField(label="原创", required=False)
    reviewers = forms.CharField(
        label="审核人",
        required=False,
        max_length=80,
        help_text="初审、复审、终审人员姓名",
        error_messages={"max_length": "审核人不能超过80个字。"},
    )

    def clean_url(self) -> str:
        url = cast(str, self.cleaned_data["url"]).strip()
        if url and not url.startswith(("https://", "http://")):
            raise forms.ValidationError("链接要以 https:// 或 http:// 开头，可从平台的“复制链接”粘贴。")
        return url


class RemovalForm(TimedForm):
    """登记删除: when it was removed from the platform."""

    TIMES = {"when": "removed_at"}

    when = just_now_or("删除时间")
    removed_at = time_field("删除时间")


def kind_field() -> forms.ChoiceField:
    """类型 of a 留言."""
    return forms.ChoiceField(
        label="类型",
        choices=MessageKind.choices,
        initial=MessageKind.INQUIRY,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择留言的类型。", "invalid_choice": "请选择留言的类型。"},
    )


class QuestionForm(TimedForm):
    """登记一条留言, with its reply where there is one already."""

    TIMES = {"when": "asked_at", "replied": "replied_at"}
    OPTIONAL = ("replied",)

    kind = kind_field()
    body = forms.CharField(
        label="内容",
        required=False,
        max_length=2000,
        help_text="加密保存。不要填写身份证号、电话等个人信息",
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[no_id_number],
        error_messages={"max_length": "内容不能超过2000个字。"},
    )
    when = just_now_or("留言时间")
    asked_at = time_field("留言时间")
    replied = just_now_or("回复", (NOT_YET, "还没有"), initial=NOT_YET)
    replied_at = time_field("回复时间")


class ReplyForm(TimedForm):
    """登记回复 of a question that stands."""

    TIMES = {"when": "at"}

    when = just_now_or("回复时间")
    at = time_field("回复时间")


class KindForm(forms.Form):
    """改类型."""

    use_required_attribute = False
    kind = kind_field()


class WithdrawalForm(TimedForm):
    """网民已撤回或删除."""

    TIMES = {"when": "at"}

    when = just_now_or("撤回或删除时间")
    at = time_field("撤回或删除时间")
