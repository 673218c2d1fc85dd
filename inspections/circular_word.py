"""The .docx of a circular in the official layout (仿宋, 宋体), and its workbook; from what the row keeps alone."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as DocumentOf
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.text.paragraph import Paragraph

from filings.printing.in_words import printable
from inspections import circular_text
from inspections.models import Circular
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

SONG, FANGSONG, HEI, LATIN = "宋体", "仿宋", "黑体", "Times New Roman"
TITLE, TEXT, SMALL, LINE = Pt(22), Pt(16), Pt(12), Pt(28)
MADE = datetime(2021, 3, 22)  # noqa: DTZ001 -- a .docx keeps no zone; the day the regulation came into force
CENTER, RIGHT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY
CAPTIONS = {"owner": "开设主体", "type": "类型"}


def sections(circular: Circular) -> list[tuple[str, list[str]]]:
    """(heading, paragraphs), numbered: what is empty is left out."""
    titled = (
        ("总体情况", circular.overview),
        ("开展的主要工作", circular.work),
        ("存在问题", circular.problems),
        ("表扬", circular.praise),
        ("下一步要求", circular.demands),
    )
    there = [(title, lines(text)) for title, text in titled if text.strip()]
    return [(f"{circular_text.numeral(n)}、{title}", said) for n, (title, said) in enumerate(there, 1)]


def lines(text: str) -> list[str]:
    return [line.strip() for line in printable(text).split("\n") if line.strip()]


def tables(said: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """By owner and by type: caption, heads, rows; the last row is the sum."""
    found = []
    for key, head in CAPTIONS.items():
        counts: Mapping[str, int] = said.get(f"checked_by_{key}") or said.get(f"by_{key}") or {}
        rows = [
            _row(name, count, said[f"passed_by_{key}"][name], said[f"rate_by_{key}"].get(name))
            for name, count in counts.items()
        ]
        if rows:
            rows.append(_row("合计", said["checked"], said["passed"], said.get("rate_total")))
            heads = [head, "检查数", "合格", "不合格", "合格率"]
            found.append((f"检查结果统计（按{head}，单位：个）", heads, rows))
    return found


def _row(name: str, count: int, passed: int, rate: Any) -> list[str]:
    return [name, str(count), str(passed), str(count - passed), f"{float(rate):.1f}%" if rate is not None else "—"]


def annexes(circular: Circular) -> list[str]:
    """附件 by name: one at most, so it has no number."""
    failed = bool(circular.figures.get("failed_accounts"))
    return ["不合格账号名单"] if failed else []


def workbook(circular: Circular) -> io.BytesIO:
    """检查结果统计表: a sheet for each table, one of the accounts that failed, one of the problems."""
    said = circular.figures
    books = [SheetOut(heads[0], heads, [_cells(row) for row in rows]) for _, heads, rows in tables(said)]
    failed = [
        (n, row["name"], row["platform"], row["unit"], row["why"]) for n, row in enumerate(said["failed_accounts"], 1)
    ]
    found = [
        (kind, row["type"], row["count"], "、".join(row["accounts"]))
        for key, kind in (("veto", "单项否决"), ("deduct", "扣分"))
        for row in said[key]
    ]
    books.append(SheetOut("不合格账号名单", ["序号", "账号", "平台", "主办单位", "原因"], failed))
    books.append(SheetOut("存在问题", ["类型", "问题", "账号数", "账号"], found))
    out = io.BytesIO()
    write_xlsx(out, books)
    out.seek(0)
    return out


def _cells(row: Sequence[str]) -> list[Any]:
    return [row[0], *(int(cell) if cell.isdigit() else cell for cell in row[1:])]


# --- Word ------------------------------------------------------------------------------------------------------------


def build(circular: Circular) -> bytes:
    """The document, as published or as it would be."""
    document = Document()
    _page(document)
    _paragraph(document, circular.title, font=SONG, size=TITLE, bold=True, align=CENTER, after=Pt(6))
    if circular.document_no:
        _paragraph(document, circular.document_no, align=CENTER, after=Pt(12))
    _paragraph(document, circular.addressed_to)
    for line in lines(circular.basis):
        _text(document, line)
    for n, (heading, said) in enumerate(sections(circular)):
        _text(document, heading, font=HEI)
        for line in said:
            _text(document, line)
        if n == 0:
            for caption, heads, rows in tables(circular.figures):
                _table(document, caption, heads, rows)
    for name in annexes(circular):
        _text(document, f"附件：{name}")
    day = day_of(circular.published_at) if circular.published_at else None
    _paragraph(document, circular.signed, align=RIGHT, before=Pt(28))
    _paragraph(document, circular_text.in_words(day) if day else "（未公开）", align=RIGHT)
    _text(document, "（此件公开发布）")
    if annexes(circular):
        _failed(document, circular.figures["failed_accounts"])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _failed(document: DocumentOf, rows: Sequence[Mapping[str, str]]) -> None:
    first = _paragraph(document, "附件", font=HEI)
    first.paragraph_format.page_break_before = True
    heads = ["序号", "账号", "平台", "主办单位", "原因"]
    cells = [[str(n), r["name"], r["platform"], r["unit"], r["why"]] for n, r in enumerate(rows, 1)]
    _table(document, "不合格账号名单", heads, cells)


def _page(document: DocumentOf) -> None:
    """A4 as GB/T 9704 has it: 37 mm on top, 28 mm left, 156 × 225 mm of text."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "", "", ""
    properties.created = properties.modified = MADE
    style = document.styles["Normal"]
    style.font.name, style.font.size = LATIN, TEXT
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in [*fonts.attrib]:
        del fonts.attrib[key]
    for script, font in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", FANGSONG), ("cs", LATIN)):
        fonts.set(qn(f"w:{script}"), font)
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for parent in (defaults, style.element.get_or_add_rPr()):
        for old in parent.findall(qn("w:lang")):
            parent.remove(old)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "zh-CN")
        language.set(qn("w:eastAsia"), "zh-CN")
        parent.append(language)


def _paragraph(
    document: Any,
    text: str,
    *,
    font: str = "",
    size: Length = TEXT,
    bold: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
    before: Length | None = None,
    after: Length | None = None,
    spacing: Length = LINE,
) -> Paragraph:
    paragraph: Paragraph = document.add_paragraph()
    _write(paragraph, text, font=font, size=size, bold=bold)
    layout = paragraph.paragraph_format
    layout.space_before, layout.space_after = before or Pt(0), after or Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.AT_LEAST, spacing
    if align is not None:
        paragraph.alignment = align
    return paragraph


def _text(document: DocumentOf, text: str, *, font: str = "") -> None:
    paragraph = _paragraph(document, text, font=font, align=JUSTIFY)
    paragraph.paragraph_format.first_line_indent = Pt(32)  # two characters
    paragraph.paragraph_format.keep_with_next = font == HEI


def _table(document: DocumentOf, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    titled = _paragraph(document, caption, font=HEI, size=SMALL, align=CENTER, before=Pt(6), spacing=Pt(18))
    titled.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(heads))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for n, row in enumerate((heads, *rows)):
        made = table.add_row()
        marks = ["w:cantSplit", *(["w:tblHeader"] if n == 0 else [])]
        for mark in marks:
            made._tr.get_or_add_trPr().append(OxmlElement(mark))
        for cell, value in zip(made.cells, row, strict=True):
            paragraph = cell.paragraphs[0]
            _write(paragraph, value, font=SONG if n == 0 else "", size=SMALL, bold=n == 0)
            number = value.rstrip("%").replace(".", "").isdigit()
            if n == 0 or number:
                paragraph.alignment = CENTER


def _write(paragraph: Paragraph, text: str, *, font: str, size: Length, bold: bool) -> None:
    run = paragraph.add_run(printable(text))
    run.font.size, run.font.bold = size, bold or None
    if font:
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
