"""变更事项 as pages tell them: old and new in words."""

from collections.abc import Sequence

from accounts import fields
from filings.forms.change import ITEMS, ChangeForm, new_avatar
from filings.models import ChangeItem
from zhonglou_media.core.errors import Difference


def in_words(name: str, value: str) -> str:
    """A filed value as the pages of a change tell it: of a picture only that there is one."""
    return "已登记的图片" if name == "avatar" and value else fields.words(name, value)


def differences(items: Sequence[ChangeItem]) -> list[Difference]:
    """变更事项, old and new in words."""
    return [
        Difference(
            fields.label(item.field),
            in_words(item.field, item.old),
            "新图片（见附件）" if item.field == "avatar" and item.new else in_words(item.field, item.new),
        )
        for item in items
    ]


def typed_differences(form: ChangeForm) -> list[Difference]:
    """The same of what is typed so far, also where it is not right yet."""
    filing, account = form.filing, form.filing.registered
    new = {name: str(form.data.get(name) or "") for name in ITEMS}
    new |= {"unit": str(filing.unit_id), "avatar": new_avatar(filing)}
    codes = {name: code for name, code in new.items() if name in form.changed and name not in form.errors}
    found = [ChangeItem(field=n, old=fields.stored(account, n), new=codes[n]) for n in fields.FILED if n in codes]
    return differences(found) + [
        Difference(fields.label(n), in_words(n, fields.stored(account, n)), new[n])
        for n in ITEMS
        if n in form.changed and n in form.errors
    ]
