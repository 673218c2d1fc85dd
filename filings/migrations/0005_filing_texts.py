"""Filings that were frozen before what they say was kept for the search: each gets it from its latest revision.

What a filing says is written out here as it was then, so that this migration stays what it is when the rule changes;
only the folding is the one in use, since the search folds what is typed by it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import migrations
from django.db.models import F

from zhonglou_media.core.names import name_key

A_BATCH = 500
SAID = frozenset(
    "name uid link intro verified_entity purpose columns interactions services update_frequency first_reviewer"
    " second_reviewer final_reviewer leader_in_charge department_in_charge custodian vendor same_platform_reason"
    " preapproval_no remarks reason explanation order_no notice_text notice_place notice_link successor_channel"
    " archive_place follower_care personal_data".split()
)
EXACT = frozenset({"name", "uid", "link", "notice_link", "order_no", "preapproval_no"})
TELEPHONE = re.compile(r"[+(]{0,2}\d(?:[-()./·•・_‐-―− ]{0,3}\d){6,}")
KEYS = {  # field: the model that it names by this key
    "platform": ("platform", "code"),
    "unit": ("unit", "pk"),
    "giving_unit": ("unit", "pk"),
    "successor": ("account", "pk"),
}
REASONS = {
    "similar": "功能相近整合",
    "unused": "用户关注度低、利用率低",
    "unable": "无力维护",
    "reform": "机构改革、主办单位撤并",
    "double": "同平台多账号清理",
    "platform": "平台停止服务",
    "unfiled": "未备案（区府办责令）",
    "rectify": "整改不到位（责令）",
    "named": "市级及以上检查被通报（责令）",
    "retention": "不予保留（第九条）",
    "lost": "账号密码遗失、失控",
    "incident": "内容、安全事故",
    "burden": "为基层减负",
    "other": "其他",
}


def values(content: Any) -> Iterator[tuple[str, Any]]:
    for section in ("approved", "contacts", "late"):
        for name, value in sorted(content.get(section, {}).items()):
            for one in value if isinstance(value, list) else [value]:
                if one not in ("", None):
                    yield name.removeprefix("item:"), one


def names_of(contents: Iterable[Any], models: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What the keys in the contents are called, by model and key."""
    keys: dict[tuple[str, str], set[Any]] = {}
    for content in contents:
        for name, value in values(content):
            if name in KEYS:
                keys.setdefault(KEYS[name], set()).add(value)
    found = {}
    for (model, key), wanted in keys.items():
        rows = models[model].objects.filter(**{f"{key}__in": wanted}).order_by().values_list(key, "name")
        found |= {(model, str(one)): name for one, name in rows}
    return found


def said(content: Any, names: dict[tuple[str, str], str]) -> str:
    lines = []
    for name, value in values(content):
        if name == "reasons":
            lines.append(REASONS.get(value, ""))
        elif name in KEYS:
            lines.append(names.get((KEYS[name][0], str(value)), ""))
        elif name in SAID:
            lines.append(str(value) if name in EXACT else TELEPHONE.sub(" ", name_key(str(value))))
    return "\n".join(dict.fromkeys(folded for folded in map(name_key, lines) if folded))


def fill(apps: Any, schema_editor: Any) -> None:
    revision, text = apps.get_model("filings", "Revision"), apps.get_model("filings", "FilingText")
    models = {name: apps.get_model("accounts", name.title()) for name in ("platform", "unit", "account")}
    latest = revision.objects.filter(number=F("filing__revision"), filing__text__isnull=True)
    keys = list(latest.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), A_BATCH):
        rows = list(revision.objects.filter(pk__in=keys[start : start + A_BATCH]).values_list("filing", "content"))
        names = names_of([content for _, content in rows], models)
        text.objects.bulk_create(text(filing_id=pk, text=said(content, names)) for pk, content in rows)


class Migration(migrations.Migration):
    dependencies = [("filings", "0004_paper"), ("accounts", "0007_custodians")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
