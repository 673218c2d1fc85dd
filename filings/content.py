"""A filing's content as canonical JSON: what the leader approves, and what may be added later.

`approved` is all but contacts, remarks, late facts and attachments; a change to it needs the leader again.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models

from accounts import fields
from accounts.models import Account, Platform, Unit
from filings.models import ChangeDetails, ChangeItem, ClosingDetails, Filing, FilingKind, OpeningDetails
from filings.models.details import ClosingReason
from zhonglou_media.core.errors import Difference
from zhonglou_media.core.events import sm3

SECTIONS = ("approved", "contacts", "late", "attachments")
OTHER_LABELS = {"form": "表单类型", "unit": "主办单位", "attachments": "附件"}
EVENT_LABELS = {
    FilingKind.OPEN: "账号开通日期",
    FilingKind.CHANGE: "平台变更日期",
    FilingKind.CLOSE: "停止更新日期",
    FilingKind.CANCEL: "平台注销日期",
}
TABLES: dict[str, type[models.Model]] = {
    FilingKind.OPEN: OpeningDetails,
    FilingKind.CHANGE: ChangeDetails,
    FilingKind.CLOSE: ClosingDetails,
    FilingKind.CANCEL: ClosingDetails,
}
ITEM = "item:"  # before the name of a filed field that a change alters: its value is [old, new]
Content = dict[str, dict[str, Any]]


def build(filing: Filing, details: Any) -> Content:
    """The content of `filing` with `details` as it would be frozen now."""
    values = {f.name: f.value_from_object(details) for f in _fields(filing.kind)}
    late = {name: values.pop(name) for name in details.LATE_FACTS}
    contacts = {name: values.pop(name) for name in details.CONTACTS}
    if filing.kind == FilingKind.OPEN:
        values["platform"] = details.platform.code
    if filing.kind == FilingKind.CHANGE:
        values |= {f"{ITEM}{item.field}": [item.old, item.new] for item in details.change_items}
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
    form = new.get("approved", {}).get("form", FilingKind.OPEN)
    found: list[Difference] = []
    for section in SECTIONS[:-1]:
        before, after = old.get(section, {}), new.get(section, {})
        changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        found += [
            Difference(label(name, form), words(name, before.get(name), form), words(name, after.get(name), form))
            for name in changed
        ]
    before, after = old.get("attachments", {}), new.get("attachments", {})
    if before != after:
        found.append(Difference("附件", _file_names(before), _file_names(after)))
    return found


def item_line(item: ChangeItem) -> str:
    """「账号名称：示例甲街道 → 示例甲街道发布」."""
    return f"{fields.label(item.field)}：{words(f'{ITEM}{item.field}', [item.old, item.new])}"


def label(name: str, form: str = FilingKind.OPEN) -> str:
    """The Chinese name of a field of that kind of filing."""
    if name == "effective_on":
        return EVENT_LABELS[FilingKind(form)]
    if name.startswith(ITEM):
        return fields.label(name.removeprefix(ITEM))
    if name == "unit" and form == FilingKind.CHANGE:
        return "填报单位"  # the sponsor may be one of the items
    if name in OTHER_LABELS:
        return OTHER_LABELS[name]
    return str(_field(name, form).verbose_name)


def words(name: str, value: Any, form: str = FilingKind.OPEN) -> str:
    """A stored value as an official reads it."""
    if value in (None, "", []):
        return "（未填）"
    if name == f"{ITEM}avatar":
        return "新图片（见附件）" if value[1] else "不再使用图片"
    if name.startswith(ITEM):
        old, new = (fields.words(name.removeprefix(ITEM), part) for part in value)
        return f"{old} → {new}"
    if name == "platform":
        return Platform.objects.get(code=value).name
    if name == "form":
        return Filing.Kind(value).label
    if name in ("unit", "giving_unit"):
        return Unit.objects.get(pk=value).name
    if name == "successor":
        return str(Account.objects.select_related("platform").get(pk=value))
    if name == "reasons":
        return "、".join(str(ClosingReason(reason).label) for reason in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(v) for v in value)
    if name not in OTHER_LABELS and name != "effective_on":
        return str(dict(_field(name, form).flatchoices).get(value, value))
    return str(value)


def _field(name: str, form: str) -> "models.Field[Any, Any]":
    return next(f for f in _fields(form) if f.name == name)


def _fields(form: str) -> list["models.Field[Any, Any]"]:
    return [f for f in TABLES[form]._meta.concrete_fields if f.name != "filing"]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _file_names(files: Mapping[str, str]) -> str:
    return "、".join(key.split(" ", 1)[1] for key in sorted(files)) or "（无）"
