"""Forms of findings from above; what they mean is judged by the use cases."""

from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.forms import ReasonForm
from accounts.models import Account, Platform, Unit
from filings.forms import common
from inspections import ordering, upper
from inspections.forms.rectifications import Files, FilesField, Taking
from inspections.models import Issuer, UpperFinding
from inspections.ordering import Terms
from inspections.upper import Typed
from inspections.upper_accounts import look_up, unit_called
from inspections.upper_deciding import Decision
from inspections.upper_due import due_on, last_day
from inspections.upper_in import MAX_ROWS, read_due
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.tables_in import MAX_BYTES

NO_ACCOUNT = "none"
CHOOSE = "台账里有这些账号，请选择上级所指的一个；都不是的，选“台账里没有”。"


def issuer_field(**more: Any) -> Any:
    return common.choice("来源", Issuer.choices, required=True, **more)


class UpperForm(Taking):
    """What the paper from above says; the account is found in the register by what was typed."""

    issuer = issuer_field()
    issuer_name = common.text("下发单位", 60, help_text="如“市政府办公室”")
    number = common.text("编号", 60, required=True, help_text="上级工单上的编号，同一来源不能重复")
    received_on = day_field("收到日期", missing="请填写收到日期。")
    due_on = day_field("上级要求的答复期限", missing="请填写上级要求的答复期限。", help_text="当天 24:00 前")
    due_time = forms.RegexField(
        r"^([01]?\d|2[0-4])[:：][0-5]\d$",
        label="答复时刻",
        required=False,
        help_text="上级写明几点的才填，如 12:00",
        error_messages={"invalid": "时刻请按 12:00 的样子填写。"},
    )
    account_text = common.text("上级所称的账号", 120, required=True, help_text="照工单写的填，台账里按现名和曾用名查找")
    platform = forms.ModelChoiceField(
        Platform.objects.all(), to_field_name="code", label="平台", required=False, empty_label="工单没有写明"
    )
    account = forms.ChoiceField(label="台账里的账号", required=False, widget=forms.RadioSelect)
    text = common.text("上级指出的问题", upper.MAX_TEXT, required=True, lines=True)
    named = forms.BooleanField(label="已公开通报点名", required=False)
    pictures = FilesField(
        label="图片",
        required=False,
        widget=Files(attrs={"accept": ".jpg,.jpeg,.png", "multiple": True}),
        help_text=f"随工单来的截图：JPG 或 PNG，最多 {upper.MAX_PICTURES} 张，每张不超过 10 MB",
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        said = self.data if self.is_bound else self.initial
        platform = Platform.objects.filter(code=str(said.get("platform") or "")).first()
        found = look_up(str(said.get("account_text") or "")[:120], platform)
        self.exact, self.found = found.exact, found.offered
        offered = [(str(account.pk), words_of(account)) for account in self.found]
        chosen = self.fields["account"]
        cast(forms.ChoiceField, chosen).choices = [*offered, (NO_ACCOUNT, "台账里没有这个账号")]
        chosen.error_messages["invalid_choice"] = "请重新选择台账里的账号。"

    def clean(self) -> None:
        """The only account of that name is meant; where several could be, a person says which."""
        if "account" in self.errors or not self.cleaned_data.get("account_text"):
            return
        chosen = self.cleaned_data.get("account", "")
        if not chosen and self.found:
            if self.exact is None:
                self.add_error("account", CHOOSE)
            else:
                self.cleaned_data["account"] = str(self.exact.pk)

    def typed(self) -> Typed:
        """Call only when valid."""
        data = self.cleaned_data
        when = f"{data['due_on']} {data['due_time']}".strip()
        due_at = read_due(when)
        if due_at is None:
            raise ValueError(when)
        account, platform, called = data["account"], data["platform"], data["account_text"]
        if platform is not None and platform.name not in called:
            called = f"{called}（{platform.name}）"[:120]
        return Typed(
            issuer=data["issuer"],
            number=data["number"].strip(),
            received_on=data["received_on"],
            due_at=due_at,
            account_text=called,
            text=data["text"],
            account_id=int(account) if account not in ("", NO_ACCOUNT) else None,
            issuer_name=data["issuer_name"],
            named=data["named"],
        )


def words_of(account: Account) -> str:
    """An account as it is offered."""
    return f"{account}·{account.unit}·{account.get_state_display()}"


def first_typed(finding: UpperFinding) -> dict[str, Any]:
    """The form's values of a finding that is to be corrected."""
    due = finding.due_at.astimezone(SHANGHAI)
    return {
        **{name: getattr(finding, name) for name in ("issuer", "issuer_name", "number", "received_on", "account_text")},
        "due_on": last_day(finding.due_at),
        "due_time": "" if due24(finding.due_at).endswith("24:00") else f"{due:%H:%M}",
        "account": str(finding.account_id or NO_ACCOUNT),
        "text": finding.text,
        "named": finding.named,
    }


class CorrectForm(UpperForm):
    """更正: pictures may go as well."""

    drop = forms.MultipleChoiceField(
        label="删去的图片", required=False, widget=forms.CheckboxSelectMultiple, error_messages={}
    )

    def __init__(self, *args: Any, finding: UpperFinding, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pictures = [(str(picture.pk), picture.name) for picture in finding.pictures.all()]
        cast(forms.MultipleChoiceField, self.fields["drop"]).choices = pictures
        if finding.account is not None and all(account.pk != finding.account_id for account in self.found):
            chosen = cast(forms.ChoiceField, self.fields["account"])
            chosen.choices = [(str(finding.account_id), words_of(finding.account)), *cast("list[Any]", chosen.choices)]


class HandForm(Taking):
    """交办: to whom, until when, what is asked."""

    unit = common.text("承办单位", 120, required=True)
    due_on = day_field("单位的答复期限", missing="请填写单位的答复期限。")
    demand = common.text("要求", 500, lines=True)

    def __init__(self, *args: Any, finding: UpperFinding, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finding = finding
        self.fields["unit"].widget.attrs |= {"list": "units", "autocomplete": "off"}

    def clean_unit(self) -> Unit:
        unit = unit_called(self.cleaned_data["unit"])
        if unit is None:
            raise forms.ValidationError(f"台账里没有单位“{self.cleaned_data['unit']}”，请写全称。")
        return unit

    def due_at(self) -> datetime:
        """Call only when valid."""
        return due_on(self.finding, cast(date, self.cleaned_data["due_on"]))


class NameForm(ReasonForm):
    """登记公开通报点名."""

    reason = common.text("通报情况", 300, required=True, help_text="在哪里通报的：文件名称、文号或网址")


class DecideForm(Taking):
    """第二十四条: closure order, veto, both or neither, with the ground."""

    outcome = forms.ChoiceField(
        label="决定",
        choices=[
            ("none", "不予处理"),
            ("veto", "年度考核一票否决"),
            ("order", "责令关停"),
            ("both", "责令关停，并一票否决"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择决定。", "invalid_choice": "请重新选择决定。"},
    )
    reason = common.text(
        "依据和理由", 1000, required=True, lines=True, help_text="写明在哪一级检查中被通报、问题和整改情况"
    )
    due_on = day_field("关停期限", help_text="责令关停的填写，当天 24:00 前；不填为今天")
    number = common.text("责令关停文号", 60, help_text="不填的按本年顺序编号")
    cancel = forms.BooleanField(label="同时在平台上注销账号", required=False)

    def __init__(self, *args: Any, finding: UpperFinding, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finding, self.now = finding, now
        why = ordering.why_not(finding.account) if finding.account is not None else "台账里没有这个账号"
        self.no_order = why
        if why:
            outcome = cast(forms.ChoiceField, self.fields["outcome"])
            outcome.choices = [choice for choice in cast("list[Any]", outcome.choices) if choice[0] in ("none", "veto")]

    def clean_due_on(self) -> date | None:
        day = cast("date | None", self.cleaned_data["due_on"])
        if day is not None and day < day_of(self.now):
            raise forms.ValidationError(ordering.TOO_EARLY)
        return day

    def decision(self) -> Decision:
        """Call only when valid."""
        data = self.cleaned_data
        terms = Terms("named", data["reason"], data["number"], data["due_on"], data["cancel"])
        ordered = data["outcome"] in ("order", "both")
        return Decision(data["reason"], data["outcome"] in ("veto", "both"), terms if ordered else None)


class UpperListForm(Taking):
    """A batch of findings as a table."""

    issuer = issuer_field(help_text="表里有“来源”列的，以表里的为准")
    received_on = day_field("收到日期", missing="请填写收到日期。", help_text="表里有“收到日期”列的，以表里的为准")
    file = forms.FileField(
        label="清单文件",
        allow_empty_file=True,
        help_text=f"Excel 工作簿（.xlsx）或 CSV 文件，一次最多 {MAX_ROWS} 行",
        error_messages={"required": "请选择清单文件。", "missing": "请选择清单文件。"},
    )

    def clean_file(self) -> UploadedFile:
        """Said before the file is copied: nobody waits for what is too large anyway."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_BYTES >> 20} MB，请分成几个文件。")
        return upload
