"""Word documents that mean harm, as templates and as attachments: read apart, within limits, refused in words."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from filings.models import PrintForm
from filings.printing import checking, word
from tests.filings.test_print_templates import paper
from tests.hostile import raw_entry, swollen, without
from tests.portal.test_uploads_refused import ENDPOINTS, refuse_all, staying_small

MAIN = "word/document.xml"


def renamed(inside: bytes) -> bytes:
    """Its main part is word/doc.bin, which nobody looks over by its name; word/document.xml is there for show."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(paper("{{ name }}"))) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name in ("[Content_Types].xml", "_rels/.rels"):
                content = content.replace(b"word/document.xml", b"word/doc.bin")
            if name == MAIN:
                content = content.replace(b"</w:body>", inside + b"</w:body>")
            new.writestr(name.replace("document.xml", "doc.bin"), content)
        new.writestr(MAIN, "<x/>")
    return made.getvalue()


def part_of_400_mb() -> bytes:
    packed, checksum = swollen(400)
    return raw_entry(without(paper("{{ name }}"), MAIN), MAIN, packed, checksum=checksum, unpacked=1024)


PARAGRAPHS = b"<w:p><w:r><w:t>0</w:t></w:r></w:p>" * 300_000
BOMBS: dict[str, Callable[[], bytes]] = {
    "一段四百兆.docx": part_of_400_mb,
    "换名的正文.docx": lambda: renamed(PARAGRAPHS),
    "三千层括号.docx": lambda: paper("{{ " + "(" * 3000 + "name" + ")" * 3000 + " }}"),
    "百层判断.docx": lambda: paper("{% if name %}" * 120 + "{{ name }}" + "{% endif %}" * 120),
    "多层循环.docx": lambda: paper("{% for f in files %}" * 25 + "x" + "{% endfor %}" * 25),
    "满篇标记.docx": lambda: paper("{{" * 20_000),
}
AS_ATTACHMENT = ("一段四百兆.docx",)  # it is stored and never parsed: the rest is no harm there


@pytest.mark.django_db
@pytest.mark.needs_sqlite
@pytest.mark.parametrize("where", ["打印模板", "附件"])
def test_a_word_bomb_is_refused_and_the_web_process_does_not_grow(where: str) -> None:
    made = {name: make() for name, make in BOMBS.items() if where == "打印模板" or name in AS_ATTACHMENT}
    with staying_small():
        refuse_all(ENDPOINTS[where], {name: lambda content=content: content for name, content in made.items()})  # type: ignore[misc]


EATER = """
import sys
sys.path.insert(0, {root!r})
from filings.printing import docx_child
def eat(asked):
    {eats}
docx_child.answer = eat
docx_child.main()
"""


@pytest.mark.parametrize(
    ("eats", "said"),
    [("while True: pass", "过于复杂"), ("return {'names': [len(bytearray(1 << 30))]}", "无法识别")],
    ids=["time", "memory"],
)
def test_the_child_is_stopped_at_its_limits_and_that_is_said(
    eats: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    child = tmp_path / "eater.py"
    child.write_text(EATER.format(root=str(settings.BASE_DIR), eats=eats), encoding="utf-8")
    monkeypatch.setattr(word, "CHILD", child)
    monkeypatch.setattr(word, "SECONDS", 1)
    with pytest.raises(checking.Faulty, match=said):
        checking.check(paper("{{ name }}"), PrintForm.OPENING)
