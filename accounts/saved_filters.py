"""常用筛选: conditions of the register's list that a person keeps under a name; each person's own."""

from django import forms
from django.db import transaction
from django.http import HttpRequest, QueryDict

from accounts.filters import AccountFilter
from accounts.models import Account, SavedFilter
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User

MOST = 20  # a person; more of them are no help
MAX_QUERY = 500  # the column's width
SORT = "sort"


class SavedFilterForm(forms.Form):
    """The name that a person gives to conditions."""

    use_required_attribute = False

    name = forms.CharField(
        label="名称",
        max_length=20,
        help_text="20 个字以内，例如“微信待更新”",
        error_messages={"required": "请给这组条件起个名称。", "max_length": "名称不能超过 20 个字。"},
    )


def conditions(request: HttpRequest, query: QueryDict, sorts: frozenset[str]) -> tuple[str, list[str]]:
    """What of `query` can be kept, as a query string in one fixed order, and its conditions in words.

    Only what the list knows: a parameter or value that nobody offers is left out, as the list itself does.
    """
    found = AccountFilter(query, queryset=Account.objects.none(), request=request)
    found.form.is_valid()
    kept = QueryDict(mutable=True)
    words = []
    for name, label, text in found.chosen():
        kept[name] = found.form.cleaned_data["q"] if name == "q" else query.get(name, "")
        words.append(f"{label}：{text}")
    sort = query.get(SORT, "")
    if sort.removeprefix("-") in sorts:
        kept[SORT] = sort
    return kept.urlencode(), words


def save(name: str, query: str, *, by: User) -> SavedFilter:
    """Keep a cleaned query string under a name. Raises Refused: empty, too long, name taken, or 20 there already."""
    name = " ".join(name.split())
    if not query:
        raise Refused("还没有选条件，请先在账号台账里选好再保存。")
    if len(query) > MAX_QUERY:
        raise Refused("条件太长，不能保存，请去掉一些。")
    with transaction.atomic():
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two at once would pass the limit
        mine = SavedFilter.objects.filter(user=by)
        if mine.filter(name=name).exists():
            raise Refused("已有同名的常用筛选，请换一个名称。")
        if mine.count() >= MOST:
            raise Refused(f"常用筛选最多 {MOST} 个，请先删去不用的。")
        return SavedFilter.objects.create(user=by, name=name, query=query)
