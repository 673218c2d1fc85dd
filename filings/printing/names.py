"""Every name that may stand in a printed form, and what it means: the fields of its layout, and a paper's own.

A template of the office names them as `{{ name }}`; the built-in forms and the page to print are made from the same.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from django.db import models

from filings import content
from filings.forms.opening import INTERACTIONS
from filings.layouts import LAYOUTS
from filings.models import FORM_OF, ClosingReason, FilingKind, PrintForm

HEAD: Mapping[str, str] = MappingProxyType(
    {
        "annex": "附件号",
        "title": "表名",
        "mark": "状态标记（草稿、修改中、已撤回、不予备案，其余为空）",
        "number": "备案编号",
        "received": "收到日期（首次报送）",
        "due": "报送截止",
        "late": "是否逾期",
        "author": "填报人",
        "filled": "填报日期",
        "approval": "主要领导批准情况",
        "opinion": "区政府办公室审核情况",
        "version": "版次",
        "code": "核对码（本版摘要的前 8 位）",
    }
)
# A change or a closing speaks of an account that is registered already: as it is before it.
OF_ACCOUNT: Mapping[str, str] = MappingProxyType(
    {
        "account_name": "账号名称",
        "account_platform": "平台",
        "account_uid": "账号ID",
        "account_number": "账号备案编号",
    }
)
EVENT = {"event": "事项日期的名称"}  # 「停止更新日期」 or 「平台注销日期」: one form for two kinds
LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "items": ("变更事项", {"no": "序号", "label": "事项", "old": "变更前", "new": "变更后"}),
        "files": ("附件清单", {"no": "序号", "name": "文件名"}),
    }
)
BOXES = "_boxes"  # after a field's name: all its options, the chosen one ticked
TICKED, OPEN_BOX = "☑", "☐"
NARROW, WIDE = 14.5, 38  # characters on a line of the built-in form
TITLES = {
    FilingKind.OPEN: "政务新媒体新开办备案表",
    FilingKind.CHANGE: "政务新媒体变更报备表",
    FilingKind.CLOSE: "政务新媒体关停报备表",
    FilingKind.CANCEL: "政务新媒体注销报备表",
}


def kind_of(form: PrintForm | str) -> FilingKind:
    """The kind of filing whose layout the form prints; a closure stands for a cancellation too."""
    return next(kind for kind, printed in FORM_OF.items() if printed == form)


@cache
def fields(form: PrintForm | str) -> Mapping[str, str]:
    """The fields of the layout, name → meaning, in the order of the form."""
    kind = kind_of(form)
    found = {name: content.label(name, kind) for row in LAYOUTS[kind].printed for name in row}
    if form == PrintForm.CLOSING:
        found["effective_on"] = "停止更新日期，注销的为平台注销日期"
    return MappingProxyType(found)


@cache
def options(form: PrintForm | str) -> Mapping[str, tuple[str, ...]]:
    """Fields of which one option or several are chosen, with all of them."""
    kind = kind_of(form)
    found: dict[str, tuple[str, ...]] = {}
    for field in content.TABLES[kind]._meta.concrete_fields:
        if field.name not in fields(form):
            continue
        if isinstance(field, models.BooleanField):
            found[field.name] = ("是", "否")
        elif field.flatchoices:
            found[field.name] = tuple(str(label) for _, label in field.flatchoices)
    several = {"interactions": INTERACTIONS, "reasons": tuple(str(label) for label in ClosingReason.labels)}
    return MappingProxyType(found | {name: every for name, every in several.items() if name in fields(form)})


@cache
def known(form: PrintForm | str) -> Mapping[str, str]:
    """Every name that is no list, with its meaning: the paper's own first."""
    own = dict(HEAD) if form == PrintForm.OPENING else {**HEAD, **OF_ACCOUNT}
    own |= EVENT if form == PrintForm.CLOSING else {}
    boxes = {f"{name}{BOXES}": f"{fields(form)[name]}（勾选框）" for name in options(form)}
    return MappingProxyType({**own, **fields(form), **boxes})


def lists(form: PrintForm | str) -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """The lists a form may go through, name → its meaning and the names of one row."""
    return LISTS if form == PrintForm.CHANGE else {"files": LISTS["files"]}


def boxes(form: PrintForm | str, name: str, words: str) -> str:
    """All options of a field, ticked where `words` names them; what is none of them is added as it stands."""
    every = options(form)[name]
    # Options may hold the mark that parts several of them (「机构改革、主办单位撤并」): whole ones are looked for.
    left, chosen = f"、{words}、" if words else "", set()
    for option in sorted(every, key=len, reverse=True):
        if f"、{option}、" in left:
            chosen.add(option)
            left = left.replace(f"、{option}、", "、")
    shown = [f"{TICKED if option in chosen else OPEN_BOX}{option}" for option in every]
    room = WIDE if (name,) in LAYOUTS[kind_of(form)].printed else NARROW
    return _packed([*shown, other] if (other := left.strip("、")) else shown, room)


def _packed(parts: Sequence[str], room: float) -> str:
    """`parts` on lines of `room` characters, so that no box is parted from its option."""
    lines: list[str] = []
    for part in parts:
        if lines and _width(lines[-1]) + _width(part) + 0.5 <= room:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return "\n".join(lines)


def _width(text: str) -> float:
    """In characters of Chinese."""
    return sum(0.5 if letter.isascii() else 1 for letter in text)
