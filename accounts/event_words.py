"""What an event says besides its verb: who was given what, what was changed from what to what, from its `detail`.

Telephones stay out: of a changed one only that it changed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models import Role, Unit
from accounts.thresholds import EDITABLE
from zhonglou_media.core.models import Event

Said = Mapping[str, Any]
TICKED = {True: "是", False: "否"}


def said(event: Event) -> str:
    """In words, '' where the verb and the comment say it all; older events may lack what newer ones have."""
    teller = TELLERS.get((event.subject_kind, event.verb))
    try:
        return teller(event.detail) if teller is not None else ""
    except (KeyError, TypeError, ValueError):
        return ""


def with_comment(event: Event) -> str:
    """What it says, and what its author did."""
    return "；".join(filter(None, (said(event), event.comment)))


# --- users ----------------------------------------------------------------------------------------------------------


def _membership(row: Said) -> str:
    since = f"，自 {row['from']} 起" if row["from"] else ""
    until = f"，至 {row['to']} 止" if row["to"] else ""
    return f"{row['unit_name']}“{Role(row['role']).label}”{since}{until}"


def _made(detail: Said) -> str:
    return f"用户名 {detail['username']}，{_membership(detail['membership'])}"


def _person(detail: Said) -> str:
    name = _moved("姓名", *detail["name"]) if "name" in detail else ""
    return "，".join(filter(None, (name, "联系电话有改动" if "phone" in detail else "")))


def _ended(detail: Said) -> str:
    handed = f"，交接在办的备案 {len(detail['filings'])} 件" if detail.get("filings") and detail.get("to_user") else ""
    until = f"，{detail['to']} 为最后一天" if isinstance(detail["to"], str) else ""
    return f"{detail['unit_name']}“{Role(detail['role']).label}”{until}{handed}"


# --- units ----------------------------------------------------------------------------------------------------------


def _unit(detail: Said) -> str:
    """A new unit, or what was changed of one."""
    found = []
    for name in ("name", "short_name", "kind", "scope", "internal", "parent_name"):
        if name not in detail:
            continue
        label = "行业主管部门" if name == "parent_name" else str(Unit._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        if isinstance(detail[name], list):
            found.append(_moved(label, *(_value(name, value) for value in detail[name])))
        elif detail[name]:
            found.append(f"{label}{_value(name, detail[name])}")
    if "since" in detail:
        found.append(f"新名称自 {detail['since']} 起")
    return "，".join(found)


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return TICKED[value]
    choices = dict(Unit._meta.get_field(name).flatchoices) if name in ("kind", "scope") else {}  # type: ignore[union-attr]
    return str(choices.get(value, value or ""))


def _moved(label: str, old: str, new: str) -> str:
    return f"{label}：{old or '（空）'} → {new or '（空）'}"


# --- thresholds -----------------------------------------------------------------------------------------------------


def _changed(detail: Said) -> str:
    threshold = EDITABLE[detail["key"]]
    return f"{threshold.label}：{detail['held']} → {detail['value']} {threshold.unit}，自 {detail['from_date']} 起"


def _taken_back(detail: Said) -> str:
    threshold = EDITABLE[detail["key"]]
    kept = f"仍为 {detail['held']} {threshold.unit}"
    return f"{threshold.label}：不再自 {detail['from_date']} 起改为 {detail['value']} {threshold.unit}，{kept}"


# --- people of an account -------------------------------------------------------------------------------------------


def _named(detail: Said) -> str:
    was = f"，接替{detail['was']}" if detail.get("was") else ""
    return f"{detail['name']}，自 {detail['from']} 到任{was}"


def agreed(detail: Said) -> str:
    """A contract with who runs an account."""
    until = f"至 {detail['until']}" if detail["until"] else "未定到期日"
    nda = "已签" if detail["nda"] else "未签"
    return f"{detail['vendor']}，{detail['from']} {until}，审核人{detail['reviewer'] or '未定'}，保密协议{nda}"


TELLERS: dict[tuple[str, str], Callable[[Said], str]] = {
    ("user", "create"): _made,
    ("user", "edit"): _person,
    ("user", "add_membership"): _membership,
    ("user", "end_membership"): _ended,
    ("unit", "create"): _unit,
    ("unit", "edit"): _unit,
    ("setting", "change"): _changed,
    ("setting", "take_back"): _taken_back,
    ("account", "custodian_named"): _named,
    ("account", "custodian_phone"): lambda detail: str(detail["name"]),
    ("account", "custodian_left"): lambda detail: f"{detail['name']}，{detail['to']} 离任",
    ("account", "outsourcing_begun"): agreed,
    ("account", "outsourcing_amended"): lambda detail: f"{agreed(detail['was'])} → {agreed(detail)}",
    ("account", "outsourcing_ended"): lambda detail: f"{detail['vendor']}，{detail['on']} 停止委托",
    ("filing", "hand_over"): lambda detail: f"移交给{detail['to_name']}",
}
