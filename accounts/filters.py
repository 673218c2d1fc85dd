"""What the register can be searched and filtered by; every filter is a parameter of the address, so it can be kept."""

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django_filters import CharFilter, ChoiceFilter, FilterSet, ModelChoiceFilter

from accounts import policy, searching
from accounts.access import seen_unit_ids, visible_flags, visible_units
from accounts.flags import RuleCode
from accounts.models import Account, AccountKind, AccountState, Platform, Unit, UnitKind
from accounts.models.flag import FlagQuerySet
from accounts.policy import Action
from zhonglou_media.core.clock import day_of, db_now, start_of
from zhonglou_media.core.models import User
from zhonglou_media.core.search_field import SearchField

FLAGGED, UNFLAGGED = "any", "none"
# 数据截至, by days that do not overlap: how far the portal knows what was published.
KNOWN_TODAY, KNOWN_WEEK, KNOWN_OLDER, KNOWN_NONE = "today", "week", "older", "none"
KNOWN_CHOICES = [
    (KNOWN_TODAY, "数据截至今天"),
    (KNOWN_WEEK, "截至前 7 天内"),
    (KNOWN_OLDER, "截至 7 天以前"),
    (KNOWN_NONE, "尚无数据"),
]
WEEK = timedelta(days=7)
FLAG_CHOICES = [(FLAGGED, "有预警"), (UNFLAGGED, "没有预警"), *RuleCode.choices]


def flagged(accounts: QuerySet[Account], choice: str, seen: FlagQuerySet) -> QuerySet[Account]:
    """Accounts with an open one of the flags `seen`, of any rule, of the rule `choice`, or with none."""
    flags = seen.open().filter(account=OuterRef("pk"))
    if choice == UNFLAGGED:
        return accounts.filter(~Exists(flags))
    return accounts.filter(Exists(flags if choice == FLAGGED else flags.filter(rule=choice)))


def known(accounts: QuerySet[Account], choice: str, now: datetime) -> QuerySet[Account]:
    """Accounts whose publications are known until today, a day of the 7 before, an earlier one, or not at all."""
    today = day_of(now)
    if choice == KNOWN_NONE:
        return accounts.filter(posts_known_until__isnull=True)
    if choice == KNOWN_TODAY:
        return accounts.filter(posts_known_until__gte=start_of(today))
    if choice == KNOWN_OLDER:
        return accounts.filter(posts_known_until__lt=start_of(today - WEEK))
    return accounts.filter(posts_known_until__gte=start_of(today - WEEK), posts_known_until__lt=start_of(today))


def units_seen(request: HttpRequest) -> QuerySet[Unit]:
    """Units the person may choose: those whose register he reads."""
    return visible_units(cast(User, request.user))


class SearchFilter(CharFilter):
    """A search box: what is typed too long is cut, so that it still narrows."""

    field_class = SearchField


class AccountFilter(FilterSet):
    """The conditions of the register's list, all optional; a value nobody offers is left out.

    Who reads no flags (VIEW_FLAGS) has the register without them: `sees_flags`.
    """

    q = SearchFilter(
        label="搜索账号",
        method="by_text",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "账号名称、ID、单位或备案编号"}),
    )
    unit = ModelChoiceFilter(
        label="主办单位",
        queryset=units_seen,  # type: ignore[arg-type]  # a function of the request is taken as well
        empty_label="全部单位",
    )
    unit_kind = ChoiceFilter(
        label="单位类别", field_name="unit__kind", choices=UnitKind.choices, empty_label="全部单位类别"
    )
    platform = ModelChoiceFilter(label="平台", queryset=Platform.objects.all(), empty_label="全部平台")
    kind = ChoiceFilter(label="账号类型", choices=AccountKind.choices, empty_label="全部账号类型")
    state = ChoiceFilter(label="状态", choices=AccountState.choices, empty_label="全部状态")
    flag = ChoiceFilter(label="预警", method="by_flag", choices=FLAG_CHOICES, empty_label="有无预警")
    known = ChoiceFilter(label="数据截至", method="by_known", choices=KNOWN_CHOICES, empty_label="数据截至")

    class Meta:
        model = Account
        fields = ["q", "unit", "unit_kind", "platform", "kind", "state", "flag", "known"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = cast(User, cast(HttpRequest, self.request).user)
        self._searched = ("", Q())  # asked once for the list and all its counts
        if not policy.could(self.user, Action.VIEW_FLAGS):
            del self.filters["flag"]

    @property
    def sees_flags(self) -> bool:
        return "flag" in self.filters

    @property
    def qs(self) -> QuerySet[Account]:
        """The accounts that fit; 作废 ones only when the state asks for them."""
        found: QuerySet[Account] = super().qs
        return found if self.form.cleaned_data.get("state") else found.exclude(state=AccountState.VOID)

    def by_text(self, accounts: QuerySet[Account], name: str, text: str) -> QuerySet[Account]:
        if text != self._searched[0]:
            self._searched = (text, searching.accounts(text, seen=seen_unit_ids(self.user)))
        return accounts.filter(self._searched[1])

    def by_flag(self, accounts: QuerySet[Account], name: str, choice: str) -> QuerySet[Account]:
        return flagged(accounts, choice, visible_flags(self.user))

    def by_known(self, accounts: QuerySet[Account], name: str, choice: str) -> QuerySet[Account]:
        return known(accounts, choice, db_now())

    def chosen(self) -> list[tuple[str, str, str]]:
        """The conditions in force, as (parameter, label, value in words)."""
        words: list[tuple[str, str, str]] = []
        for name, value in self.form.cleaned_data.items():
            if value:
                choices = dict(getattr(self.form.fields[name], "choices", ()))
                words.append((name, str(self.filters[name].label), str(choices.get(value, value))))
        return words

    def by_state(self) -> list[tuple[AccountState, int]]:
        """How many accounts each state has under all other conditions; states without any are left out."""
        rows = self._with(state="").order_by().values("state").annotate(n=Count("pk")).values_list("state", "n")
        found = dict(rows)
        return [(state, found[state.value]) for state in AccountState if state.value in found]

    def flagged_count(self) -> int:
        """How many of the accounts shown have an open flag that the person may read."""
        return flagged(self.qs, FLAGGED, visible_flags(self.user)).count()

    def _with(self, **instead: Any) -> QuerySet[Account]:
        accounts: QuerySet[Account] = self.queryset.all()  # type: ignore[union-attr]  # the view always gives one
        for name, value in {**self.form.cleaned_data, **instead}.items():
            accounts = self.filters[name].filter(accounts, value)
        return accounts
