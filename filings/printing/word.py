"""A Word file filled in: a template (.docx, `{{ name }}`) and what a filing says.

What the office uploaded is read in a child process with limits (`docx_child`); our own forms in this one.
"""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from filings.printing import docx_parts
from filings.printing.in_words import printable
from zhonglou_media.core.commands import log_fault
from zhonglou_media.core.errors import Refused

CHILD = Path(__file__).with_name("docx_child.py")
MEGABYTES, SECONDS = 512, 5
TOO_MUCH = "文档过于复杂，读取用时过长；请只留表格本身，删去多余的内容后重试。"
UNFILLABLE = "区府办启用的模板填不成完整的 Word 表，请告知区府办核对或停用这个模板；网页上的打印页面仍可使用。"
# docxtpl turns these into the marks of Jinja after rendering; a word joiner between keeps them as typed.
_ESCAPES = re.compile(r"\{(?=_[{%])|[%}](?=_\})")


class Failed(Exception):
    """The child was stopped at its limits (`stopped`) or came upon a fault, which is logged."""

    def __init__(self, said: str, *, stopped: bool) -> None:
        super().__init__(said)
        self.stopped = stopped


def fill(template: bytes, context: Mapping[str, Any]) -> bytes:
    """One of our own forms filled in with `context` (texts, and lists of rows), as a .docx."""
    return docx_parts.fill(template, {name: _clean(value) for name, value in context.items()})


def fill_uploaded(template: bytes, context: Mapping[str, Any]) -> bytes:
    """The same by a template of the office. Raises Refused when it makes no whole document."""
    try:
        said = ask(template, context={name: _clean(value) for name, value in context.items()})
    except Failed as error:
        raise Refused(UNFILLABLE) from error
    return base64.b64decode(said["document"])


def ask(template: bytes, **asked: Any) -> dict[str, Any]:
    """What the child says of `template`. Raises Failed."""
    question = json.dumps({"template": base64.b64encode(template).decode(), **asked})
    try:
        done = subprocess.run(  # noqa: S603 - our own script and interpreter
            [sys.executable, "-I", str(CHILD), str(MEGABYTES), str(SECONDS)],
            input=question.encode(),
            capture_output=True,
            timeout=6 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(TOO_MUCH, stopped=True) from error
    if done.returncode == 0:
        return dict(json.loads(done.stdout))
    try:  # a negative status: the kernel stopped it at its limit
        raise Failed(done.stderr.decode(errors="replace")[-4000:], stopped=done.returncode < 0)
    except Failed as error:
        if not error.stopped:
            log_fault("docx_child")
        raise


def clean(text: str) -> str:
    """Text as a Word file holds it: what it cannot hold would cut the text off behind it."""
    return _ESCAPES.sub(lambda found: f"{found.group()}\u2060", printable(text))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _clean(one) for name, one in asdict(value).items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value
