"""附件2–4 as Word files, turned into pages: one page where one is enough, and never a word lost."""

import io
import re
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from filings.layouts import LAYOUTS
from filings.models import FORM_OF, FilingKind, PrintForm
from filings.printing import builtin, checking, docx_judge, form, names, word
from tests import pdf_pages
from tests.factories import NOW
from tests.filings.printed import KINDS, LONG, empty, ordinary, overfull, required

pytestmark = [pytest.mark.django_db, pytest.mark.needs_sqlite]  # paper looks the same on either database


def bare(text: str) -> str:
    """As it is compared: one form of each character, no spaces."""
    return re.sub(r"[\s\ufffe\u2060\x02]", "", unicodedata.normalize("NFKC", text))


def lost(said: form.Printed, pages: list[str]) -> Counter[str]:
    """Characters that the filing says and the pages do not show as often."""
    built_in = [*names.fields(said.form)]
    told = [said.shown(name) for name in built_in] + [
        said.values[name] for name in ("title", "number", "due", "author")
    ]
    told += [part for line in said.items for part in (line.label, line.old, line.new)]
    return Counter(bare(word.clean("".join(told)))) - Counter(bare("".join(pages)))


def test_each_form_is_one_page_and_loses_nothing(tmp_path: Path) -> None:
    """As it must be filled in and as it usually is: a page. With 500 characters in each field: all of them."""
    pdf_pages.forget("word-")
    papers: dict[str, form.Printed] = {}
    marks = {}
    for kind in KINDS:
        made = {"required": (required(kind), False), "ordinary": (ordinary(kind), False)}
        draft, marks[kind] = overfull(kind)
        for label, (filing, typed) in (made | {"500": (draft, True)}).items():
            said = form.printed(filing, phones=True, typed=typed, now=NOW)
            papers[f"{kind}-{label}"] = said
            content = word.fill(builtin.built_in(said.form), said.context())
            (tmp_path / f"{kind}-{label}.docx").write_bytes(content)
        blank = form.printed(empty(kind), phones=True, typed=False, now=NOW)
        (tmp_path / f"{kind}-blank.docx").write_bytes(word.fill(builtin.built_in(blank.form), blank.context()))
    found = {pdf.stem: pdf for pdf in pdf_pages.to_pdf(sorted(tmp_path.glob("*.docx")), tmp_path)}
    pages = {name: pdf_pages.pages(pdf) for name, pdf in found.items()}
    for name, pdf in found.items():
        pdf_pages.pictures(pdf, f"word-{name}")
    assert {name: len(text) for name, text in pages.items() if not name.endswith("-500")} == {
        f"{kind}-{label}": 1 for kind in KINDS for label in ("blank", "required", "ordinary")
    }
    assert {name: lost(said, pages[name]) for name, said in papers.items()} == {name: Counter() for name in papers}
    for kind in KINDS:
        shown = Counter("".join(pages[f"{kind}-500"]))
        printed = ({*names.fields(papers[f"{kind}-500"].form)} & {*marks[kind]}) - {*LAYOUTS[kind].ticks}
        assert {name: shown[marks[kind][name]] for name in printed} == dict.fromkeys(printed, LONG)


def test_the_built_in_form_names_every_field_of_its_layout() -> None:
    for kind in FilingKind:
        lists = {name: [*row] for name, (_, row) in names.lists(FORM_OF[kind]).items()}
        used = docx_judge.check(builtin.built_in(FORM_OF[kind]), names.known(FORM_OF[kind]), lists)
        assert checking.uses(used, FORM_OF[kind]).left_out == []


def test_the_built_in_forms_are_chinese_to_any_reader() -> None:
    """Without the language some readers take the Japanese cut of a font."""
    for of in PrintForm:
        with zipfile.ZipFile(io.BytesIO(builtin.built_in(of))) as archive:
            styles = archive.read("word/styles.xml").decode()
        languages = set(re.findall(r'<w:lang [^>]*w:eastAsia="([^"]+)"', styles))
        assert languages == {"zh-CN"}
        assert re.search(r'<w:rFonts[^>]*w:eastAsia="仿宋"', styles)
