"""A Word file filled in: a template (.docx, `{{ name }}`) and what a filing says."""

import io
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from filings.printing.in_words import printable

# docxtpl turns these into the marks of Jinja after rendering; a word joiner between keeps them as typed.
_ESCAPES = re.compile(r"\{(?=_[{%])|[%}](?=_\})")


def environment() -> SandboxedEnvironment:
    """Strict and closed: an unknown name is an error, values are text and never templates."""
    made = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    made.globals.clear()
    return made


def fill(template: bytes, context: Mapping[str, Any]) -> bytes:
    """The template filled in with `context` (texts, and lists of rows), as a .docx."""
    document = DocxTemplate(io.BytesIO(template))
    document.render({name: _clean(value) for name, value in context.items()}, environment(), autoescape=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def clean(text: str) -> str:
    """Text as a Word file holds it: what it cannot hold would cut the text off behind it."""
    return _ESCAPES.sub(lambda found: f"{found.group()}\u2060", printable(text))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if is_dataclass(value) and not isinstance(value, type):
        texts = {one.name: _clean(getattr(value, one.name)) for one in fields(value)}
        return replace(value, **texts)
    return [_clean(one) for one in value] if isinstance(value, list) else value
