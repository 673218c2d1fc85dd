"""The components of `templates/components/` as tags, each with its parameters; `/styleguide/` shows them. Built in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

from django import forms, template
from django.core.paginator import Page
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()
Context = dict[str, Any]

# --- blocks ---------------------------------------------------------------------------------------------------------


@register.simple_block_tag(end_name="endpanel")
def panel(content: str, title: str, *, id: str = "", note: str = "", flush: bool = False, foot: str = "") -> SafeString:  # noqa: A002
    """A block of a page with its heading; `flush` for a table or list that reaches the edges."""
    return _render("panel", content=content, title=title, id=id, note=note, flush=flush, foot=foot)


@register.simple_block_tag(takes_context=True, end_name="enddialog")
def dialog(
    context: template.Context,
    content: str,
    id: str,  # noqa: A002
    title: str,
    *,
    action: str,
    submit: str,
    cancel: str = "再看看",
    open: bool = False,  # noqa: A002
) -> SafeString:
    """A confirmation that names the thing; opened by `data-zl-dialog="<id>"`, or at once with `open` (had errors)."""
    return _render(
        "dialog",
        content=content,
        id=id,
        title=title,
        action=action,
        submit=submit,
        cancel=cancel,
        open=open,
        csrf_token=context["csrf_token"],
    )


# --- messages -------------------------------------------------------------------------------------------------------

RULE_ICONS = {"warn": "alert-triangle", "stop": "ban", "info": "info-circle", "pass": "circle-check"}


@register.inclusion_tag("components/rule.html")
def rule(
    level: str, title: str, *, article: int | None = None, text: str = "", link: str = "", link_text: str = ""
) -> Context:
    """A rule at the place where it bites: `warn` lets one go on, `stop` does not, `info`, `pass`."""
    return {
        "level": level,
        "icon_name": RULE_ICONS[level],
        "title": title,
        "number": article,
        "text": text,
        "link": link,
        "link_text": link_text,
    }


class Checked(Protocol):
    level: str
    title: str
    note: str
    article: int | None


@register.inclusion_tag("components/checks.html")
def checks(items: Iterable[Checked]) -> Context:
    """Rule checks of a form: each has level (pass, warn, stop, info), title, note ('' if none), article (or None)."""
    return {"items": [(item, RULE_ICONS[item.level]) for item in items]}


@register.inclusion_tag("components/empty.html")
def nothing(title: str, text: str, link: str = "", link_text: str = "", picture: str = "inbox") -> Context:
    """The empty state of a list: what will appear here, and the one thing to do."""
    return {"title": title, "text": text, "link": link, "link_text": link_text, "picture": picture}


@register.inclusion_tag("components/done.html")
def well_done(title: str, text: str = "") -> Context:
    """What was done, and what happens next and by when."""
    return {"title": title, "text": text}


# --- where one is ---------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/crumbs.html")
def crumbs(*parts: str) -> Context:
    """Breadcrumb: label, address, label, address, …, label of this page."""
    return {"links": list(zip(parts[:-1:2], parts[1:-1:2], strict=True)), "here": parts[-1]}


class Tab(Protocol):
    label: str
    url: str
    current: bool
    count: int | None


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[Tab], label: str) -> Context:
    """Tabs that are pages of their own: each has label, url, current and count (None: none is shown)."""
    return {"items": list(items), "label": label}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: template.Context, page: "Page[Any]") -> Context:
    """「第 1–10 条，共 23 条」 and the pages; keeps the other parameters of the address."""
    paginator = page.paginator
    return {
        "page": page,
        "request": context["request"],
        "numbers": paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "gap": paginator.ELLIPSIS,
    }


class Step(Protocol):
    name: str
    status: str
    when: str


STEP_WORDS = {"done": "已完成", "now": "当前步骤", "todo": "未开始"}


@register.inclusion_tag("components/stepbar.html")
def stepbar(steps: Sequence[Step]) -> Context:
    """How far a filing is: each step has name, status (done, now, todo) and when ('' if none)."""
    numbered = [(i, step, STEP_WORDS[step.status]) for i, step in enumerate(steps, start=1)]
    now = next(((i, step) for i, step, _ in numbered if step.status == "now"), None)
    return {"steps": numbered, "now": now, "total": len(numbered)}


class Entry(Protocol):
    what: str
    who: str
    at: datetime
    comment: str
    status: str


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[Entry]) -> Context:
    """办理经过, newest first: each has what, who, at, comment ('' if none) and status (now, done, back or '')."""
    return {"entries": list(entries)}


class Changed(Protocol):
    label: str
    old: str
    new: str


@register.inclusion_tag("components/diff.html")
def diff(
    rows: Iterable[Changed], *, old: str = "变更前", new: str = "变更后", what: str = "事项", tight: bool = False
) -> Context:
    """Old → new: each row has label, old and new (`core.errors.Difference`)."""
    return {"rows": list(rows), "old_head": old, "new_head": new, "what": what, "tight": tight}


FILE_ICONS = {".pdf": "file-type-pdf", ".doc": "file-type-doc", ".docx": "file-type-doc", ".xls": "file-type-xls"}
PICTURES = (".png", ".jpg", ".jpeg", ".webp")


@register.inclusion_tag("components/file.html")
def file_row(name: str, meta: str, url: str, preview: str = "") -> Context:
    """An attachment: name, 「1.4 MB·11-23 16:20 上传」, where to fetch it and, where there is one, its preview."""
    ending = "." + name.rpartition(".")[2].lower()
    picture = "photo" if ending in PICTURES else FILE_ICONS.get(ending, "file-text")
    return {"name": name, "meta": meta, "url": url, "preview": preview, "picture": picture}


# --- forms ----------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/errsum.html")
def errsum(form: BaseForm, then: str = "") -> Context:
    """What is wrong, in one list on top of the page, each linked to its field: 「还有 3 处需要修改，…」."""
    found: list[tuple[str, str, str]] = []
    for name, errors in form.errors.items():
        bound = form[name] if name in form.fields else None
        found += [(f"#{bound.auto_id}" if bound else "", str(bound.label) if bound else "", str(e)) for e in errors]
    return {"found": found, "then": then}


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    *,
    hint: str = "",
    opt: str = "",
    article: int | None = None,
    wide: bool = False,
    autocomplete: str = "",
) -> Context:
    """A field with label, control, hint and errors.

    `hint` replaces the form's help text; `opt` stands beside the label (可后补, 选填); `article` links the rule it
    comes from. The control's kind follows from the widget: text, area, select, date, file, password, group, tick.
    A file whose widget says `data-zl-paper` may be photographed on a phone: its own input, the same name.
    """
    kind = _kind(bound)
    hint = hint or str(bound.help_text)
    shown = {"e": bool(bound.errors), "h": bool(hint), "n": kind == "area" and "maxlength" in _attrs(bound)}
    described = " ".join(f"{bound.auto_id}-{key}" for key, there in shown.items() if there)
    attrs: dict[str, str | bool] = {"class": CSS.get(kind, "form-control")}
    if described and kind != "group":
        attrs["aria-describedby"] = described
    if autocomplete:
        attrs["autocomplete"] = autocomplete
    if kind == "date":
        attrs |= {"inputmode": "numeric", "autocomplete": "off", "placeholder": "如 2026-11-23"}
        bound.field.widget.format = "%Y-%m-%d"  # the locale's own is 2026/11/23
    if shown["n"]:
        attrs["data-zl-count"] = str(_attrs(bound)["maxlength"])
    if kind == "group":  # its inputs are drawn one by one
        bound.field.widget.attrs |= attrs
    return {
        "bound": bound,
        "kind": kind,
        "control": "" if kind == "group" else bound.as_widget(attrs=attrs),
        "hint": hint,
        "opt": opt,
        "number": article,
        "wide": wide,
        "counted": shown["n"],
        "camera": kind == "file" and "data-zl-paper" in _attrs(bound),
        "described": described,
        "errors": [str(error) for error in bound.errors],
    }


@register.inclusion_tag("components/change.html")
def change(bound: BoundField, *, present: str, hint: str = "") -> Context:
    """A field of a change: what the register holds beside the control for the new value, and 不改了."""
    return field(bound, hint=hint) | {"present": present}


CSS = {
    "select": "form-select",
    "group": "form-check-input",
    "tick": "form-check-input",
    "file": "zl-upload__input",
}
KINDS: Mapping[type[forms.Widget], str] = {
    forms.CheckboxSelectMultiple: "group",
    forms.RadioSelect: "group",
    forms.Select: "select",
    forms.CheckboxInput: "tick",
    forms.FileInput: "file",
    forms.PasswordInput: "password",
    forms.Textarea: "area",
    forms.DateInput: "date",
}


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    return next((kind for cls, kind in KINDS.items() if isinstance(widget, cls)), "text")


def _attrs(bound: BoundField) -> dict[str, Any]:
    return cast("dict[str, Any]", bound.field.widget.attrs)


def _render(name: str, **context: Any) -> SafeString:
    return render_to_string(f"components/{name}.html", context)
