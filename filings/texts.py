"""What a filing says, in one folded string for the search (`FilingText`), made from its frozen content.

Telephones are never in it: a field of the forms is searched when it is named here, and numbers written into one are
left out. Attachments, dates, codes and figures are not words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Account, Platform, Unit
from filings.models import ClosingReason, Filing, FilingText
from zhonglou_media.core.names import name_key

SAID = frozenset(
    "name uid link intro verified_entity purpose columns interactions services update_frequency first_reviewer"
    " second_reviewer final_reviewer leader_in_charge department_in_charge custodian vendor same_platform_reason"
    " preapproval_no remarks reason explanation order_no notice_text notice_place notice_link successor_channel"
    " archive_place follower_care personal_data".split()
)
KEYS = {"platform": "platforms", "unit": "units", "giving_unit": "units", "successor": "accounts"}
ITEM = "item:"  # before the field that a change alters; its value is [old, new]
# An id of eleven digits is no telephone, nor is the number of a document.
EXACT = frozenset({"name", "uid", "link", "notice_link", "order_no", "preapproval_no"})
# Seven digits and more, as people write them: with spaces, brackets, dots and dashes of any length between.
TELEPHONE = re.compile(r"[+(]{0,2}\d(?:[-()./·•・_‐-―− ]{0,3}\d){6,}")
Content = Mapping[str, Mapping[str, Any]]


@dataclass
class Names:
    """What the keys in a content are called."""

    platforms: dict[str, str] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)
    accounts: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, contents: Iterable[Content]) -> "Names":
        """Names of all that `contents` name by key."""
        keys: dict[str, set[Any]] = {"platforms": set(), "units": set(), "accounts": set()}
        for content in contents:
            for name, value in _values(content):
                if name in KEYS:
                    keys[KEYS[name]].add(_key(name, value))
        return cls(
            platforms=_called(Platform, "code", keys["platforms"]),
            units=_called(Unit, "pk", keys["units"]),
            accounts=_called(Account, "pk", keys["accounts"]),
        )


def said(content: Content, names: Names) -> str:
    """The words of `content`, each field folded on a line of its own: no word is found across two of them."""
    lines = []
    for name, value in _values(content):
        if name == "reasons":
            lines.append(str(dict(ClosingReason.choices).get(value, "")))
        elif name in KEYS:
            lines.append(getattr(names, KEYS[name]).get(_key(name, value), ""))
        elif name in SAID:
            lines.append(str(value) if name in EXACT else TELEPHONE.sub(" ", name_key(str(value))))
    return "\n".join(dict.fromkeys(folded for folded in map(name_key, lines) if folded))


def write(filing: Filing, content: Content) -> None:
    """Keep what `filing` says from now on; called by `drafting.freeze`, which writes the revision."""
    names = Names.of([content])
    FilingText.objects.bulk_create(
        [FilingText(filing=filing, text=said(content, names))],
        update_conflicts=True,
        unique_fields=["filing"],
        update_fields=["text"],
    )


def _values(content: Content) -> Iterator[tuple[str, Any]]:
    """Name of the field and each single value of it, of a change both the old and the new one."""
    for section in ("approved", "contacts", "late"):
        for name, value in sorted(content.get(section, {}).items()):  # PostgreSQL keeps no order
            for one in value if isinstance(value, list) else [value]:
                if one not in ("", None):
                    yield name.removeprefix(ITEM), one


def _key(name: str, value: Any) -> Any:
    return str(value) if name == "platform" else int(value)


def _called(model: Any, key: str, keys: set[Any]) -> dict[Any, str]:
    return dict(model.objects.filter(**{f"{key}__in": keys}).order_by().values_list(key, "name")) if keys else {}
