"""The built-in Word forms, made in code: no blank form of the district was ever published, so these are a start.

Each is a template as the office would make one: what stands in it are names of `names.py`.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from docx import Document
from docx.document import Document as DocumentOf
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from filings.layouts import LAYOUTS
from filings.models import PrintForm
from filings.printing import names

SONG, FANGSONG, LATIN = "宋体", "仿宋", "Times New Roman"
MARGIN, WIDTH, LABEL, VALUE = Mm(18), Mm(174), Mm(30), Mm(57)
LINE, SEAL = Mm(6.3), Mm(51)
TEXT, SMALL, TITLE = Pt(10.5), Pt(9), Pt(20)
MADE = datetime(2021, 3, 22)  # noqa: DTZ001 -- a .docx keeps no zone; the day the regulation came into force
ONE_LINE = 7  # characters of a label
CENTER, LEFT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT
NOTE = "主要领导批准后，须在 2 个工作日内报区政府办公室备案（第八条）。"
HEADS = (("备案编号", "number", "收到日期", "received"), ("报送截止", "due", "是否逾期", "late"))


@cache
def built_in(form: PrintForm | str) -> bytes:
    """The template of that form, the same bytes' content each time."""
    document = Document()
    page(document)
    _above(document)
    table = document.add_table(rows=0, cols=4)
    borders(table, (LABEL, VALUE, LABEL, VALUE))
    for label, name, other, second in HEADS:
        _pair(table, (label, name), (other, second))
    if form != PrintForm.OPENING:
        _pair(table, ("账号名称", "account_name"), ("平台", "account_platform"))
        _pair(table, ("账号ID", "account_uid"), ("账号备案编号", "account_number"))
    if form == PrintForm.CHANGE:
        _items(table)
    for row in LAYOUTS[names.kind_of(form)].printed:
        cells = [(_label(form, name), _name(form, name)) for name in row]
        if len(cells) == 1:
            _wide(table, *cells[0])
        else:
            _pair(table, *cells)
    _pair(table, ("填报人", "author"), ("填报日期", "filled"))
    _signed(table)
    _below(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _label(form: PrintForm | str, name: str) -> str:
    if form == PrintForm.CLOSING and name == "effective_on":
        return "{{ event }}"
    return names.fields(form)[name]


def _name(form: PrintForm | str, name: str) -> str:
    return f"{name}{names.BOXES}" if name in names.options(form) else name


# --- the page -------------------------------------------------------------------------------------------------------


def page(document: DocumentOf) -> None:
    """A4 upright, with the fonts and the language of Chinese papers."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = MARGIN
    section.top_margin, section.bottom_margin = Mm(16), Mm(13)
    section.header_distance, section.footer_distance = Mm(9), Mm(7)
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "", "", ""
    properties.created = properties.modified = MADE
    style = document.styles["Normal"]
    style.font.name, style.font.size = LATIN, TEXT
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in [*fonts.attrib]:
        del fonts.attrib[key]
    for script, font in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", FANGSONG), ("cs", LATIN)):
        fonts.set(qn(f"w:{script}"), font)
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for parent in (defaults, style.element.get_or_add_rPr()):
        for old in parent.findall(qn("w:lang")):
            parent.remove(old)
        language = OxmlElement("w:lang")  # without it some readers pick the Japanese cut of a font
        language.set(qn("w:val"), "zh-CN")
        language.set(qn("w:eastAsia"), "zh-CN")
        parent.append(language)


def _above(document: DocumentOf) -> None:
    top = _at_edge(document, document.sections[0].header.paragraphs[0])
    write(top, "{{ annex }}\t", font=SONG)
    write(top, "{{ mark }}", font=SONG, bold=True)
    title = document.add_paragraph()
    title.alignment = CENTER
    title.paragraph_format.space_after = Pt(6)
    write(title, "{{ title }}", font=SONG, size=TITLE, bold=True)


def _below(document: DocumentOf) -> None:
    last = document.add_paragraph()  # Word wants one behind a table: as low as can be
    last.paragraph_format.line_spacing = Pt(1)
    write(last, "", size=Pt(1))
    footer = _at_edge(document, document.sections[0].footer.paragraphs[0])
    write(footer, f"{NOTE}{{% if code %}}核对码 {{{{ code }}}}（{{{{ version }}}}）{{% endif %}}\t第 ", size=SMALL)
    _field(footer, "PAGE")
    write(footer, " 页，共 ", size=SMALL)
    _field(footer, "NUMPAGES")
    write(footer, " 页", size=SMALL)


def _at_edge(document: DocumentOf, paragraph: Paragraph) -> Paragraph:
    """A line of header or footer: what stands left, and after a tab what stands right."""
    paragraph.style = document.styles["Normal"]
    paragraph.paragraph_format.tab_stops.add_tab_stop(WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    return paragraph


def _field(paragraph: Paragraph, code: str) -> None:
    """A field that Word computes itself."""
    made = OxmlElement("w:fldSimple")
    made.set(qn("w:instr"), code)
    run = write(paragraph, "1", size=SMALL)._r
    paragraph._p.remove(run)
    made.append(run)
    paragraph._p.append(made)


# --- the table ------------------------------------------------------------------------------------------------------


def borders(table: Table, widths: Sequence[Length]) -> None:
    """Lines around each cell, columns of these widths, and room between line and text."""
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    margins = OxmlElement("w:tblCellMar")
    for side, twips in (("top", 28), ("left", 85), ("bottom", 28), ("right", 85)):
        one = OxmlElement(f"w:{side}")
        one.set(qn("w:w"), str(twips))
        one.set(qn("w:type"), "dxa")
        margins.append(one)
    table._tbl.tblPr.append(margins)


def _row(table: Table, height: Length = LINE) -> _Row:
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    row.height, row.height_rule = height, WD_ROW_HEIGHT_RULE.AT_LEAST
    for cell, width in zip(row.cells, (LABEL, VALUE, LABEL, VALUE), strict=True):
        cell.width = width
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return row


def _pair(table: Table, first: tuple[str, str], second: tuple[str, str]) -> None:
    cells = _row(table).cells
    for i, (label, name) in enumerate((first, second)):
        _head(cells[2 * i], *_halves(label))
        write(cells[2 * i + 1].paragraphs[0], f"{{{{ {name} }}}}")


def _wide(table: Table, label: str, name: str) -> None:
    cells = _row(table).cells
    _head(cells[0], *_halves(label))
    cells[1].merge(cells[3])
    write(cells[1].paragraphs[0], f"{{{{ {name} }}}}")


def _halves(label: str) -> tuple[str, ...]:
    """A label that takes two lines, parted where a reader would: no single character alone on the second."""
    if len(label) <= ONE_LINE or label.startswith("{{"):
        return (label,)
    half = (len(label) + 1) // 2
    return label[:half], label[half:]


def _head(cell: _Cell, *lines: str) -> None:
    for n, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if n == 0 else cell.add_paragraph()
        paragraph.alignment = CENTER
        write(paragraph, line, font=SONG)


def _items(table: Table) -> None:
    """变更事项: a row for each, one to be written by hand while there is none."""
    cells = _item_row(table)
    for cell, words in zip(cells, ("变更事项", "变更前", "变更后"), strict=True):
        _head(cell, words)
    for mark in ("{%tr for item in items %}", "", "{%tr endfor %}"):
        cells = _item_row(table)
        if mark:
            write(cells[0].paragraphs[0], mark)
            continue
        _head(cells[0], "{{ item.label }}")
        write(cells[1].paragraphs[0], "{{ item.old }}")
        write(cells[2].paragraphs[0], "{{ item.new }}")
    for mark in ("{%tr if not items %}", "", "{%tr endif %}"):
        write(_item_row(table)[0].paragraphs[0], mark)


def _item_row(table: Table) -> tuple[_Cell, _Cell, _Cell]:
    cells = _row(table).cells
    cells[2].merge(cells[3])
    return cells[0], cells[1], cells[2]


def _signed(table: Table) -> None:
    """Where the unit's leader and the office sign and seal: 50 mm high, the size of a round seal and its margin."""
    row = _row(table, SEAL)
    keep = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(keep)
    cells = row.cells
    _head(cells[0], "单位", "主要领导", "意见")
    _head(cells[2], "区政府", "办公室", "审核意见")
    for cell, said, lines in (
        (cells[1], "approval", ("单位主要领导（签字）：", "单位（盖章）")),
        (cells[3], "opinion", ("经办人（签字）：", "区政府办公室（盖章）")),
    ):
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
        write(cell.paragraphs[0], f"{{{{ {said} }}}}", size=SMALL)
        for line in (*lines, "年\u3000\u3000月\u3000\u3000日"):
            paragraph = cell.add_paragraph()
            paragraph.paragraph_format.space_before = Pt(7)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if line.startswith("年") else LEFT
            write(paragraph, line)


def write(paragraph: Paragraph, text: str, *, font: str = "", size: Length = TEXT, bold: bool = False) -> Run:
    """A run of text at the end of the paragraph; `font` is that of Chinese characters."""
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = size, bold or None
    if font:
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    return run
