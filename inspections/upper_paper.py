"""上级工单答复单: the district's answer to a finding from above on one A4 page, as a Word file and for the browser.

One page whatever was written: the type becomes smaller, then line breaks go, then what is still too long is cut with a
mark. The Word file is made in code, as `filings/printing/builtin.py` makes its forms, from texts that are no template.
"""

import io
from dataclasses import dataclass

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.table import _Row as TableRow

from filings.printing import builtin
from filings.printing.word import clean
from inspections.models import Rectification, UpperFinding
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.templatetags.zl import dt

TITLE = "上级工单答复单"
SIZES = (10.5, 9, 8, 7.5, 7, 6.5)  # points
LABEL_MM, VALUE_MM, HEIGHT_MM = 26, 148, 266
FIXED_MM = 50  # title and the place for the seal
LINE = 1.25  # of the type: exactly, since each font has its own idea of a line
PROOFS_NAMED = 10
CUT = "……（全文见钟楼区政务新媒体备案与监管平台）"
SEAL = ("经办人（签字）：", "区政府办公室（盖章）", "年\u3000\u3000月\u3000\u3000日")


@dataclass(frozen=True)
class Paper:
    """What stands on the page: label and text of each row, and the size of its type in points."""

    rows: list[tuple[str, str]]
    size: float
    step: int  # which of `SIZES`: the browser's style


def paper(upper: UpperFinding, answer: Rectification | None, proofs: list[str]) -> Paper:
    """The page of the finding: what was said above, the unit's answer with its proofs, and who verified it when."""
    account = f"{upper.account_text}" + (f"（台账：{upper.account}）" if upper.account else "（台账里没有这个账号）")
    issuer = "，".join(filter(None, (upper.get_issuer_display(), upper.issuer_name)))
    rows = [
        ("编号", upper.number),
        ("来源", f"{issuer}，{upper.received_on} 收到，要求 {due24(upper.due_at)} 前答复"),
        ("账号", account),
        ("承办单位", str(upper.unit.name) if upper.unit else "还没有承办单位"),
        ("上级指出的问题", upper.text),
        ("核查和整改情况", answer.answer if answer is not None and answer.answer else "单位还没有答复"),
        ("单位答复", _who(answer.answered_by, answer.answered_at) if answer is not None else ""),
        ("证明材料", _listed(proofs)),
        ("核实", _who(answer.verified_by, answer.verified_at) if answer is not None else ""),
    ]
    if upper.reported_at:
        rows.append(("上报", _who(upper.reported_by, upper.reported_at)))
    return fitted([(label, clean(text)) for label, text in rows])


def _who(person: object, at: object) -> str:
    return f"{person or '系统'}，{dt(at)}" if at else ""  # type: ignore[arg-type]


def _listed(names: list[str]) -> str:
    if not names:
        return "无"
    more = f" 等 {len(names)} 个文件" if len(names) > PROOFS_NAMED else ""
    return "；".join(name if len(name) <= 40 else f"{name[:38]}…" for name in names[:PROOFS_NAMED]) + more


def fitted(rows: list[tuple[str, str]]) -> Paper:
    """The rows in the largest type that fits on the page."""
    for step, size in enumerate(SIZES):
        if height(rows, size) <= HEIGHT_MM - FIXED_MM:
            return Paper(rows, size, step)
    step, size = len(SIZES) - 1, SIZES[-1]
    rows = [(label, " ".join(text.split())) for label, text in rows]
    while height(rows, size) > HEIGHT_MM - FIXED_MM:
        longest = max(range(len(rows)), key=lambda i: len(rows[i][1]))
        label, text = rows[longest]
        rows[longest] = (label, text.removesuffix(CUT)[: int(len(text) * 0.95) - len(CUT)] + CUT)
    return Paper(rows, size, step)


def height(rows: list[tuple[str, str]], size: float) -> float:
    """About how many millimetres the rows take: lines of full characters, with the cells' margins."""
    mm = size * 0.3528
    per_line = int((VALUE_MM - 4) / mm)
    lines = [max(_lines(text, per_line), _lines(label, int((LABEL_MM - 4) / mm))) for label, text in rows]
    return sum(lines) * mm * LINE + len(rows) * 1.6


def _lines(text: str, per_line: int) -> int:
    wide = ((sum(0.55 if letter.isascii() else 1 for letter in part)) for part in text.split("\n"))
    return sum(max(1, -(-int(width + 1) // per_line)) for width in wide)


def word_file(made: Paper) -> bytes:
    """The .docx of the page."""
    document = Document()
    builtin.page(document)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_after = Pt(6)
    builtin.write(title, TITLE, font=builtin.SONG, size=Pt(18), bold=True)
    table = document.add_table(rows=0, cols=2)
    builtin.borders(table, (Mm(LABEL_MM), Mm(VALUE_MM)))
    for label, text in made.rows:
        cells = _row(table, Mm(0))
        _put(cells[0], label, made.size, font=builtin.SONG, center=True)
        _put(cells[1], text, made.size)
    cells = _row(table, Mm(34))
    _put(cells[0], "区政府办公室意见", made.size, font=builtin.SONG, center=True)
    cells[1].vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
    for n, line in enumerate(SEAL):
        paragraph = cells[1].paragraphs[0] if n == 0 else cells[1].add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if line.startswith("年") else WD_ALIGN_PARAGRAPH.LEFT
        builtin.write(paragraph, line)
    last = document.add_paragraph()  # Word wants one behind a table: as low as can be
    last.paragraph_format.line_spacing = Pt(1)
    builtin.write(last, "", size=Pt(1))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _row(table: Table, height_: Mm) -> tuple[_Cell, _Cell]:
    row: TableRow = table.add_row()  # type: ignore[no-untyped-call]
    row.height, row.height_rule = height_, WD_ROW_HEIGHT_RULE.AT_LEAST
    keep = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(keep)
    first, second = row.cells
    first.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return first, second


def _put(cell: _Cell, text: str, size: float, *, font: str = "", center: bool = False) -> None:
    for n, part in enumerate(text.split("\n")):
        paragraph = cell.paragraphs[0] if n == 0 else cell.add_paragraph()
        if center:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(size * LINE)
        builtin.write(paragraph, part, font=font, size=Pt(size))
