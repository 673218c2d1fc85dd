"""A filing's content as canonical JSON: what the leader approves, and what may be added later.

`approved` is all but contacts, remarks, late facts and attachments; a change to it needs the leader again.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models

from accounts.models import Platform, Unit
from filings.models import Filing, OpeningDetails
from zhonglou_media.core.errors import Difference
from zhonglou_media.core.events import sm3

SECTIONS = ("approved", "contacts", "late", "attachments")
OTHER_LABELS = {"form": "表单类型", "unit": "主办单位", "effective_on": "账号开通日期", "attachments": "附件"}
Content = dict[str, dict[str, Any]]


def build(filing: Filing, details: OpeningDetails) -> Content:
    """The content of `filing` with `details` as it would be frozen now."""
    values = {f.name: f.value_from_object(details) for f in _fields()}
    late = {name: values.pop(name) for name in OpeningDetails.LATE_FACTS}
    contacts = {name: values.pop(name) for name in OpeningDetails.CONTACTS}
    values["platform"] = details.platform.code
    files = filing.attachments.filter(removed_at__isnull=True).select_related("file")
    return {
        "approved": {"form": filing.kind, "unit": filing.unit_id, **_plain(values)},
        "contacts": _plain(contacts),
        "late": _plain({**late, "effective_on": filing.effective_on}),
        "attachments": {f"{a.file.sm3[:12]} {a.name}": a.file.sm3 for a in files},
    }


def digest(content: Content) -> str:
    """SM3 of the whole content."""
    return sm3(_canonical(content))


def approved_digest(content: Content) -> str:
    """SM3 of the part the leader approves; blanks do not count, so that a form may grow a field later."""
    return sm3(
        _canonical({name: value for name, value in content["approved"].items() if value not in ("", None, [], False)})
    )


def difference(old: Content, new: Content) -> list[Difference]:
    """What differs between two contents, labelled and in words."""
    found: list[Difference] = []
    for section in SECTIONS[:-1]:
        before, after = old.get(section, {}), new.get(section, {})
        changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        found += [
            Difference(label(name), words(name, before.get(name)), words(name, after.get(name))) for name in changed
        ]
    before, after = old.get("attachments", {}), new.get("attachments", {})
    if before != after:
        found.append(Difference("附件", _file_names(before), _file_names(after)))
    return found


def label(name: str) -> str:
    """The Chinese name of a field."""
    if name in OTHER_LABELS:
        return OTHER_LABELS[name]
    return str(_field(name).verbose_name)


def words(name: str, value: Any) -> str:
    """A stored value as an official reads it."""
    if value in (None, "", []):
        return "（未填）"
    if name == "platform":
        return Platform.objects.get(code=value).name
    if name == "form":
        return Filing.Kind(value).label
    if name == "unit":
        return Unit.objects.get(pk=value).name
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(v) for v in value)
    if name not in OTHER_LABELS:
        return str(dict(_field(name).flatchoices).get(value, value))
    return str(value)


def _field(name: str) -> "models.Field[Any, Any]":
    return next(f for f in _fields() if f.name == name)


def _fields() -> list["models.Field[Any, Any]"]:
    return [f for f in OpeningDetails._meta.concrete_fields if f.name != "filing"]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _file_names(files: Mapping[str, str]) -> str:
    return "、".join(key.split(" ", 1)[1] for key in sorted(files)) or "（无）"
