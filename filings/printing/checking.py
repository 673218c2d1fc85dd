"""A template that the office uploads, checked before anything is printed with it.

What may stand in it: known names, lists gone through, simple conditions. All else is refused by name, with what to
write instead: who makes the template is no programmer, and who prints with it is somebody else.
"""

import difflib
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import TemplateError, TemplateSyntaxError, nodes
from lxml import etree

from filings.models import PrintForm
from filings.printing import names
from filings.printing.form import Line
from filings.printing.word import environment
from zhonglou_media.core import packages
from zhonglou_media.core.errors import Refused

MAX_BYTES, _UNPACKED, _XML = 2 * 1024 * 1024, 30 * 1024 * 1024, 2 * 1024 * 1024
DAMAGED = "文件不是完好的 Word 文档（.docx），请用 Word 或 WPS 另存为 .docx 后重试。"
WORD_FILE = packages.Package(
    required=frozenset({"[Content_Types].xml", "word/document.xml"}),
    damaged=DAMAGED,
    swollen="文档解开后过大，请删去或压缩图片后重试。",
    macros="文档带有宏，请另存为不带宏的 .docx 后重试。",
)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_EXTERNAL = re.compile(rb'<Relationship\b[^>]*TargetMode\s*=\s*["\']External["\'][^>]*>', re.IGNORECASE)
_FETCHES = re.compile(rb"\b(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT)\s", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TAG, _SHOWN = re.compile(r"<[^>]+>"), 40


class Faulty(Refused):
    """A template that cannot be used; `problems` are its sentences, one for each thing to put right."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Uses:
    """What a template prints and what it leaves out, as names."""

    used: list[str]
    left_out: list[str]


@dataclass
class _Found:
    names: set[str] = field(default_factory=set)
    unknown: dict[str, Collection[str]] = field(default_factory=dict)  # name → those it may have meant
    other: list[str] = field(default_factory=list)


def check(content: bytes, form: PrintForm | str) -> Uses:
    """What `content` uses of the form's fields. Raises Refused when it is no sound .docx, Faulty for what it says."""
    look_over(content)
    document = _opened(content)
    found = _Found()
    for where, source in _parts(document):
        _judge(where, source, form, found)
    problems = [_unknown(name, meant, form) for name, meant in sorted(found.unknown.items())] + found.other
    if problems:
        raise Faulty(problems)
    if not found.names:
        raise Faulty(["文档里没有一个字段（{{ … }}），印出来每件备案都一样，请先填入字段再上传。"])
    _try(content, form)
    return uses(found.names, form)


def uses(used: Collection[str], form: PrintForm | str) -> Uses:
    """Sorted as the form names them; a field printed as boxes is not left out."""
    every = [*names.known(form), *names.lists(form)]
    printed = {name.removesuffix(names.BOXES) for name in used}
    printed |= {"attachments"} if "files" in used else set()
    wanted = [name for name in every if not name.endswith(names.BOXES) and name != "files"]
    return Uses([name for name in every if name in used], [name for name in wanted if name not in printed])


# --- the package ----------------------------------------------------------------------------------------------------


def look_over(content: bytes) -> None:
    """Refuse what is no honest Word form: by its content, before anything parses it (D14)."""
    if not content:
        raise Refused("上传的文件是空的，请重新选择。")
    if len(content) > MAX_BYTES:
        raise Refused(f"模板超过 {MAX_BYTES >> 20} MB，请删去或压缩图片后重试。")
    if content.startswith(_OLE):
        raise Refused("这是旧版（.doc）或加密的 Word 文件，请另存为不加密的 .docx 后重试。")
    if not content.startswith(_ZIP):
        raise Refused(DAMAGED)
    packages.preflight(io.BytesIO(content), WORD_FILE, unpacked=_UNPACKED, look=_look)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            name = entry.filename.lower()
            if name.endswith(".xml") and entry.file_size > _XML:
                raise Refused("文档内容过多，不像一张表；请只留表格本身。")
            if name.startswith(("word/embeddings/", "word/activex/")):
                raise Refused("文档里嵌有别的文件或控件，请删去后另存为 .docx 重试。")


def _look(entry: str, piece: bytes) -> None:
    """No macro under another name, nothing that is fetched from elsewhere when somebody opens the form."""
    if entry == "[Content_Types].xml" and b"macroEnabled" in piece:
        raise Refused(WORD_FILE.macros)
    if entry.endswith(".rels") and any(b"/hyperlink" not in link for link in _EXTERNAL.findall(piece)):
        raise Refused("文档引用了外部的模板、图片或文件，别人打开时会去读取；请改为嵌入，或断开链接后重试。")
    if entry.startswith("word/") and b"instrText" in piece and _FETCHES.search(piece):
        raise Refused("文档里有从别处取数的域（DDE、INCLUDE），请删去后重试。")


def _opened(content: bytes) -> DocxTemplate:
    document = DocxTemplate(io.BytesIO(content))
    try:
        document.render_init()
    except Exception as error:  # what is inside decides what its readers raise
        raise Refused(DAMAGED) from error
    return document


def _parts(document: DocxTemplate) -> Iterator[tuple[str, str]]:
    """Where, and the source that Jinja reads: the same parts that docxtpl fills in."""
    try:
        yield "正文", document.patch_xml(document.get_xml())
        for place, uri in (("页眉", document.HEADER_URI), ("页脚", document.FOOTER_URI)):
            for _, part in document.get_headers_footers(uri):
                yield place, document.patch_xml(document.get_part_xml(part))
        for part in document.docx.part.package.parts:
            if part.content_type.endswith(".footnotes+xml"):
                yield "脚注", document.patch_xml(part.blob.decode())
    except (etree.XMLSyntaxError, UnicodeDecodeError, KeyError) as error:
        raise Refused(DAMAGED) from error
    properties = document.docx.core_properties
    for name in ("author", "comments", "identifier", "language", "subject", "title"):
        yield "文档属性", str(getattr(properties, name) or "")


# --- what stands in it ----------------------------------------------------------------------------------------------


def _judge(where: str, source: str, form: PrintForm | str, found: _Found) -> None:
    lined = re.sub(r"<w:p([ >])", r"\n<w:p\1", source)
    try:
        tree = environment().parse(lined)
    except TemplateSyntaxError as error:
        found.other.append(_broken(where, lined, error))
        return
    _walk(tree, form, {}, found, where, lined)


_MESSAGES = (
    (r"Unexpected end of template|was looking for|Encountered unknown tag '(?:endfor|endif|else|elif)'", "{bounds}"),
    (r"Encountered unknown tag '(?P<tag>\w+)'", "不能用“{tag}”，只能用字段、for 和 if"),
    (r"No filter named|No test named", "不能用过滤和测试，只能写字段名"),
)
_BOUNDS = "循环、判断的开头和结尾不成对：每个 for 要有 endfor，每个 if 要有 endif"


def _broken(where: str, lined: str, error: TemplateSyntaxError) -> str:
    said = "标记没有写完整，字段请写成 {{ 字段名 }}"
    for pattern, words in _MESSAGES:
        if match := re.search(pattern, error.message or ""):
            said = words.format(bounds=_BOUNDS, **match.groupdict())
            break
    return f"{where}{_place(lined, error.lineno)}：{said}。"


def _place(lined: str, number: int) -> str:
    """「第3段“账号名称{{ name }”」: the paragraph of that line of the source."""
    lines = lined.split("\n")
    line = lines[min(number, len(lines)) - 1]
    text = re.sub(r"\s+", " ", _TAG.sub("", line)).strip()
    shown = f"“{text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}”" if text else ""
    return f"第{max(number - 1, 1)}段{shown}"


SIMPLE = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If),
    *(nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand, nodes.Const),
)
NOT_SIMPLE = "只能写字段名、for 和简单的 if，不能用计算、函数、过滤等写法"
A_LOOP = "for 请写成 {{% for item in {} %}}，变量名不要与字段同名"
TORN = (
    "里有循环或判断跨了表格的行或段落，填不成一份完整的文档：整行重复请写 {%tr for … %} 和 {%tr endfor %}，各占一行。"
)
LOST = "里有写成 {{r … }}、{{p … }} 的字段，印出来会丢失文字，请改成 {{ 字段名 }}。"
IN_FORMAT = "里有写在格式里的字段，印出来会丢失文字，请改成普通文字 {{ 字段名 }}。"
NO_CELL = "的表格里，有的单元格在没有内容时会整段消失，文档会损坏；请在单元格里留一个空段落。"
NO_ROW = "里有一个表格，在没有内容时一行也不剩，文档会损坏；请给它留一行表头。"
Scope = Mapping[str, Mapping[str, str]]  # a loop's variable → the names of one row


def _walk(node: nodes.Node, form: PrintForm | str, scope: Scope, found: _Found, where: str, lined: str) -> None:
    """Collect the names of `node`, and what may not stand there."""
    if isinstance(node, nodes.Name):
        _name(node.name, form, scope, found)
        return
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name in scope:
        row = scope[node.node.name]
        if node.attr not in row:
            found.unknown[f"{node.node.name}.{node.attr}"] = [f"{node.node.name}.{name}" for name in row]
        return
    if isinstance(node, nodes.For):
        scope = _loop(node, form, scope, found, where, lined)
        for child in node.body:
            _walk(child, form, scope, found, where, lined)
        return
    if isinstance(node, nodes.Output) and any(
        isinstance(part, nodes.Name) and (part.name in scope or part.name in names.lists(form)) for part in node.nodes
    ):
        found.other.append(f"{where}{_place(lined, node.lineno)}：清单要用 for 逐行写出，不能整个写成一个字段。")
        return
    if not isinstance(node, SIMPLE):
        found.other.append(f"{where}{_place(lined, node.lineno)}：{NOT_SIMPLE}。")
        return
    for child in node.iter_child_nodes():
        _walk(child, form, scope, found, where, lined)


def _loop(node: nodes.For, form: PrintForm | str, scope: Scope, found: _Found, where: str, lined: str) -> Scope:
    known = names.lists(form)
    target = node.target.name if isinstance(node.target, nodes.Name) else ""
    simple = target and not (node.test or node.else_ or node.recursive) and isinstance(node.iter, nodes.Name)
    if not simple or target in names.known(form) or target in known:
        found.other.append(f"{where}{_place(lined, node.lineno)}：{A_LOOP.format(next(iter(known)))}。")
        return scope
    over = node.iter.name if isinstance(node.iter, nodes.Name) else ""
    if over not in known:
        found.unknown[over] = difflib.get_close_matches(over, known, 3, 0.4) or [*known]
        return {**scope, target: {name: "" for _, row in known.values() for name in row}}
    found.names.add(over)
    return {**scope, target: known[over][1]}


def _name(name: str, form: PrintForm | str, scope: Scope, found: _Found) -> None:
    if name in scope:
        return
    if name in names.known(form) or name in names.lists(form):
        found.names.add(name)
        return
    meanings = names.known(form)
    by_name = difflib.get_close_matches(name, [*meanings, *names.lists(form)], 3, 0.6)
    labels = {label: known for known, label in reversed([*meanings.items()])}
    by_label = [labels[label] for label in difflib.get_close_matches(name, labels, 3, 0.6)]
    found.unknown[name] = list(dict.fromkeys([*by_label, *by_name]))[:3]


def _unknown(name: str, meant: Collection[str], form: PrintForm | str) -> str:
    known = names.known(form)
    near = "、".join(f"{one}（{known[one]}）" if one in known else one for one in meant)
    return f"没有“{name}”这个字段{f'，是不是 {near}？' if near else '，请对照字段表改正。'}"


# --- tried out ------------------------------------------------------------------------------------------------------


def _try(content: bytes, form: PrintForm | str) -> None:
    """Fill it in once with everything and once with nothing: the result must be a whole Word file, no field lost."""
    full: dict[str, Any] = {name: _sentinel(name) for name in names.known(form)}
    none: dict[str, Any] = dict.fromkeys(names.known(form), "")
    for name, (_, row) in names.lists(form).items():
        row_ = {"name": "", "label": "", "old": "", "new": ""} | {key: _sentinel(key) for key in row if key != "no"}
        full[name], none[name] = [Line(1, **row_), Line(2, **row_)], []
    for values in (full, none):
        document = _opened(content)
        for where, source in _parts(document):
            if where == "文档属性":
                continue
            _whole(where, _rendered(where, document, source, values))


def _rendered(where: str, document: DocxTemplate, source: str, values: Mapping[str, Any]) -> etree._Element:
    try:
        xml = document.render_xml_part(source, None, values, environment())
        return etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (TemplateError, etree.XMLSyntaxError, ValueError) as error:
        raise Faulty([where + TORN]) from error


def _whole(where: str, root: etree._Element) -> None:
    for text in root.iter():
        if isinstance(text.tag, str) and text.tag != f"{_W}t" and _MARK in (text.text or ""):
            raise Faulty([where + LOST])
        if any(_MARK in str(value) for value in text.attrib.values()) or _MARK in (text.tail or ""):
            raise Faulty([where + IN_FORMAT])
    for cell in root.iter(f"{_W}tc"):
        if not len(cell) or cell[-1].tag != f"{_W}p":
            raise Faulty([where + NO_CELL])
    for table in root.iter(f"{_W}tbl"):
        if table.find(f"{_W}tr") is None:
            raise Faulty([where + NO_ROW])


_MARK = "〔#"


def _sentinel(name: str) -> str:
    return f"{_MARK}{name}〕"
