"""Which flags a person sees, and what narrows their list; every condition is a parameter of the address."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.access import visible_flags
from accounts.flags import RuleCode
from accounts.models import Flag, Level, Unit
from accounts.models.flag import FlagQuerySet
from accounts.wording import SINCE
from zhonglou_media.core.models import User

ENDED = "ended"
ENDED_DAYS = 30
END = Coalesce("waived_at", "cleared_at")
NEW = "new"
OLDER = (("3", "3 天以上"), ("7", "7 天以上"), ("30", "30 天以上"))
BETWEEN = {"0-1": (0, 1), "1-3": (1, 3), "3-7": (3, 7)}  # as the dashboard counts them
AGES = ((NEW, "近 7 天新增"), ("0-1", "1 天以内"), ("1-3", "1–3 天"), ("3-7", "3–7 天"), *OLDER)


def recently_ended(flags: FlagQuerySet, now: datetime) -> FlagQuerySet:
    """Those cleared or waived in the last days."""
    first = now - timedelta(days=ENDED_DAYS)
    return flags.filter(Q(cleared_at__gte=first) | Q(waived_at__gte=first))


def older_than(days: int, now: datetime) -> Q:
    """Condition on flags: standing for more than so many days, as `wording.SINCE` counts."""
    then = now - timedelta(days=days)
    return Q(rule=RuleCode.REVIVED, raised_at__lt=then) | (~Q(rule=RuleCode.REVIVED) & Q(due_at__lt=then))


class FlagFilter(forms.Form):
    """The conditions of the list, all optional; a value nobody offers is left out."""

    rule = forms.ChoiceField(required=False, choices=[("", "全部规则"), *RuleCode.choices])
    unit = forms.ModelChoiceField(label="单位", required=False, queryset=Unit.objects.none(), empty_label="全部单位")
    level = forms.ChoiceField(label="级别", required=False, choices=[("", "违反规定和提示"), *Level.choices])
    age = forms.ChoiceField(label="持续时间", required=False, choices=[("", "持续时间：不限"), *AGES])
    show = forms.ChoiceField(required=False, choices=[("", ""), (ENDED, ENDED)])
    sort = forms.ChoiceField(required=False, choices=[("", ""), (NEW, NEW)])

    def __init__(self, *args: Any, user: User, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.seen = visible_flags(user)
        units = Unit.objects.filter(pk__in=self.seen.order_by().values("unit"))
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def ended(self) -> bool:
        """Whether those of the last days that were cleared or waived are asked for."""
        return self.cleaned_data.get("show") == ENDED

    @property
    def is_used(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.cleaned_data.get(name) for name in ("rule", "unit", "level", "age"))

    def flags(self) -> QuerySet[Flag]:
        """Those that fit, the longest standing first (or the newest, if asked); ended ones by their end."""
        rows, rule = self.without_rule(), self.cleaned_data.get("rule")
        if rule:
            rows = rows.filter(rule=rule)
        if self.ended:
            return rows.order_by(END.desc(), "-pk")
        newest = self.cleaned_data.get("sort") == NEW
        return rows.order_by(SINCE.desc(), "-pk") if newest else rows.order_by(SINCE.asc(), "pk")

    def by_rule(self) -> dict[str, int]:
        """How many flags each rule has under all other conditions; rules without any are left out."""
        found = self.without_rule().order_by().values("rule").annotate(n=Count("pk")).values_list("rule", "n")
        return dict(found)

    def without_rule(self) -> QuerySet[Flag]:
        """Those that fit all conditions but the rule."""
        given = self.cleaned_data
        rows = recently_ended(self.seen, self.now) if self.ended else self.seen.open()
        if given.get("unit"):
            rows = rows.filter(unit=given["unit"])
        if given.get("level"):
            rows = rows.filter(level=given["level"])
        if given.get("age") == NEW:
            return rows.filter(raised_at__gte=self.now - timedelta(days=7))
        if given.get("age") in BETWEEN:
            least, most = BETWEEN[given["age"]]
            rows = rows.filter(older_than(least, self.now)) if least else rows
            return rows.exclude(older_than(most, self.now))
        return rows.filter(older_than(int(given["age"]), self.now)) if given.get("age") else rows
