"""What narrows the list of 操作记录; every condition is a parameter of the address."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import Account, AccountName, Flag, Role, Unit
from filings.models import Filing, PreApproval
from zhonglou_media.core import verbs
from zhonglou_media.core.clock import start_of
from zhonglou_media.core.events import SYSTEM
from zhonglou_media.core.models import Event, Job, User

AROUND = 10  # events shown before and after one


class EventFilter(forms.Form):
    """All conditions are optional; a value nobody offers is left out."""

    q = forms.CharField(label="搜索", required=False, max_length=60)
    kind = forms.ChoiceField(label="对象", required=False)
    verb = forms.ChoiceField(label="操作", required=False)
    role = forms.ChoiceField(label="身份", required=False, choices=[("", "全部身份"), *Role.choices, (SYSTEM, "系统")])
    since = forms.DateField(label="从", required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(label="到", required=False, input_formats=["%Y-%m-%d"])
    around = forms.IntegerField(required=False, min_value=1, max_value=10**15)
    object = forms.IntegerField(required=False, min_value=1, max_value=10**15)  # with `kind`: that one alone

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = str(self.data.get("kind", ""))
        self.fields["kind"].choices = [("", "全部对象"), *verbs.KINDS.items()]  # type: ignore[attr-defined]
        self.fields["verb"].choices = [("", "全部操作"), *verbs.choices(kind).items()]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def is_used(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.cleaned_data.get(name) for name in self.fields)

    @property
    def chosen(self) -> str:
        """The conditions in words, for the export."""
        said = [f"“{given}”" if name == "q" else f"{self.fields[name].label}{given}" for name, given in self._given()]
        return "，".join(said) or "全部"

    def _given(self) -> list[tuple[str, str]]:
        shown = []
        for name in ("q", "kind", "verb", "role", "since", "until"):
            if value := self.cleaned_data.get(name):
                choices = dict(getattr(self.fields[name], "choices", ()))
                shown.append((name, str(choices.get(value, value))))
        return shown

    def events(self) -> QuerySet[Event]:
        """Those that fit, the newest first."""
        given, rows = self.cleaned_data, Event.objects.order_by("-seq")
        for name, column in (("kind", "subject_kind"), ("verb", "verb"), ("role", "role")):
            if given.get(name):
                rows = rows.filter(**{column: given[name]})
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
        "filing": Filing.objects.matching(text),
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
