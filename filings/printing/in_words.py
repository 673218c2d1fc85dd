"""What a filing says, field by field in words: as a revision froze it, or as it is typed so far."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Model

from filings import content, kinds
from filings.forms.common import FilingForm
from filings.layouts import LAYOUTS
from filings.models import Draft, Filing, FilingKind

UNFILLED, NO_FILES = "（未填）", "（无）"
_LINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Its lines ended by \\n, without what has no shape on paper and which no XML can hold."""
    return _UNPRINTABLE.sub("", _LINES.sub("\n", text))


def frozen(said: content.Content) -> dict[str, str]:
    """Name → words of what a revision froze; 变更事项 stand apart (`frozen_items`)."""
    form = said["approved"].get("form", FilingKind.OPEN)
    flat = {name: value for section in content.SECTIONS[:-1] for name, value in said.get(section, {}).items()}
    values = {name: content.words(name, value, form) for name, value in flat.items()}
    values["attachments"] = "、".join(frozen_files(said)) or NO_FILES
    return values


def frozen_files(said: content.Content) -> list[str]:
    """The names of the files that a revision froze."""
    return [key.split(" ", 1)[1] for key in sorted(said.get("attachments", {}))]


def typed(filing: Filing, form: FilingForm) -> dict[str, str]:
    """Name → words of what is typed in `form`; a value that could not be read stands as it was typed."""
    values = {"unit": filing.unit.name}
    asked = [name for row in LAYOUTS[filing.kind].printed for name in row if name in form.fields]
    cleaned: Mapping[str, Any] = getattr(form, "cleaned_data", {})
    for name in asked:
        value = cleaned.get(name, form.data.get(name))
        if isinstance(value, Model):
            values[name] = str(value)
        elif name in cleaned:
            values[name] = content.words(name, _plain(value), filing.kind)
        else:
            several = isinstance(value, list)
            values[name] = ("、".join(map(str, value)) if several else str(value or "")) or UNFILLED
    values["attachments"] = "、".join(typed_files(filing)) or NO_FILES
    return values


def typed_files(filing: Filing) -> list[str]:
    """The names of the files that go with a draft."""
    return [row.name for row in filing.attachments.filter(removed_at__isnull=True)]


def not_asked(form: FilingForm) -> Collection[str]:
    """Fields that a form of its kind knows and does not ask for, as it is filled now."""
    every = {name for _, names in form.STEPS.values() for name in names}
    return every - {name for step in form.STEPS for name in form.shown(step)}


def typed_data(filing: Filing) -> dict[str, Any]:
    """What was typed, as typed; a filing without a draft of its own shows what was frozen."""
    draft: Draft | None = getattr(filing, "draft", None)
    return dict(draft.data) if draft is not None else kinds.of(filing).form.typed(filing)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
