"""What narrows the list of 操作记录; every condition is a parameter of the address."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.choices import flatten_choices

from accounts.models import Account, AccountName, Flag, Role, Unit
from filings.models import Filing, PreApproval
from zhonglou_media.core import verbs
from zhonglou_media.core.clock import start_of
from zhonglou_media.core.day_field import day_field
from zhonglou_media.core.events import SYSTEM
from zhonglou_media.core.models import Event, Job, User

AROUND = 10  # events shown before and after one


class EventFilter(forms.Form):
    """All conditions are optional; a choice nobody offers is left out, what is typed wrong is `misread`."""

    q = forms.CharField(label="搜索", required=False, max_length=60)
    kind = forms.ChoiceField(label="对象", required=False)
    verb = forms.ChoiceField(
        label="操作",
        required=False,
        widget=forms.Select(attrs={"class": "form-select zl-w9", "aria-label": "操作"}),
    )
    role = forms.ChoiceField(label="身份", required=False, choices=[("", "全部身份"), *Role.choices, (SYSTEM, "系统")])
    since = day_field("从")
    until = day_field("到")
    around = forms.IntegerField(label="前后", required=False, min_value=1, max_value=10**15)
    object = forms.IntegerField(label="编号", required=False, min_value=1, max_value=10**15)  # with `kind`: that one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = str(self.data.get("kind", ""))
        self.fields["kind"].choices = [("", "全部对象"), *verbs.KINDS.items()]  # type: ignore[attr-defined]
        self.fields["verb"].choices = [("", "全部操作"), *verbs.choices(kind)]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def is_used(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.cleaned_data.get(name) for name in self.fields)

    @property
    def misread(self) -> str:
        """The typed conditions that narrow nothing because nobody can read them; empty when all count."""
        typed = ("q", "since", "until", "around", "object")
        return "、".join(f"“{self.fields[name].label}”" for name in typed if name in self.errors)

    @property
    def chosen(self) -> str:
        """The conditions in words, for the export."""
        said = [f"“{given}”" if name == "q" else f"{self.fields[name].label}{given}" for name, given in self._given()]
        return "，".join(said) or "全部"

    def _given(self) -> list[tuple[str, str]]:
        shown = []
        for name in ("q", "kind", "verb", "role", "since", "until"):
            if value := self.cleaned_data.get(name):
                choices = dict(flatten_choices(getattr(self.fields[name], "choices", ())))
                shown.append((name, str(choices.get(value, value))))
        return shown

    def events(self) -> QuerySet[Event]:
        """Those that fit, the newest first."""
        given, rows = self.cleaned_data, Event.objects.order_by("-seq")
        for name, column in (("kind", "subject_kind"), ("role", "role")):
            if given.get(name):
                rows = rows.filter(**{column: given[name]})
        if given.get("verb"):
            kind, _, verb = given["verb"].partition(":")
            rows = rows.filter(subject_kind=kind, verb=verb)
        if given.get("kind") and given.get("object"):
            rows = rows.filter(subject_id=given["object"])
        if given.get("since"):
            rows = rows.filter(at__gte=start_of(given["since"]))
        if given.get("until"):
            rows = rows.filter(at__lt=start_of(given["until"] + timedelta(days=1)))
        if given.get("around"):
            rows = rows.filter(seq__range=(given["around"] - AROUND, given["around"] + AROUND))
        return rows.filter(holding(given["q"])) if given.get("q") else rows


def holding(text: str) -> Q:
    """Events whose person, comment, or object (by its number or any name it ever had) holds `text`."""
    people = User.objects.filter(Q(name__icontains=text) | Q(username__icontains=text))
    accounts = Account.objects.filter(
        Q(name__icontains=text)
        | Q(number__icontains=text)
        | Q(unit__name__icontains=text)
        | Q(pk__in=AccountName.objects.filter(name__icontains=text).values("account"))
    )
    units = Unit.objects.filter(
        Q(name__icontains=text) | Q(short_name__icontains=text) | Q(names__name__icontains=text)
    )
    papers = PreApproval.objects.filter(Q(account_name__icontains=text) | Q(unit__name__icontains=text))
    jobs = Job.objects.filter(source_name__icontains=text)
    kinds: dict[str, QuerySet[Any]] = {
        "filing": Filing.objects.named(text),
        "account": accounts,
        "flag": Flag.objects.filter(account__in=accounts.order_by().values("pk")),
        "unit": units,
        "user": people,
        "preapproval": papers,
        "job": jobs,
    }
    found = Q(comment__icontains=text) | Q(actor__in=people.values("pk"))
    for kind, rows in kinds.items():
        found |= Q(subject_kind=kind, subject_id__in=rows.order_by().values("pk"))
    return found
