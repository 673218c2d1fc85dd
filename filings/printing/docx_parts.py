"""What a .docx is made of: looked through, read as Jinja sees it, filled in. Knows nothing of the portal.

`docx_child` runs this over what was uploaded, in a process with limits; the built-in forms are filled in process.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

DAMAGED = "文件不是完好的 Word 文档（.docx），请用 Word 或 WPS 另存为 .docx 后重试。"
OUTSIDE = "文档引用了外部的模板、图片或文件，别人打开时会去读取；请改为嵌入，或断开链接后重试。"
EMBEDDED = "文档里嵌有别的文件或控件，请删去后另存为 .docx 重试。"
MACROS = "文档带有宏，请另存为不带宏的 .docx 后重试。"
MERGE = "文档连着邮件合并的数据，请在“邮件”中改为普通文档后重试。"
FIELD = "文档里有从别处取数的域或不认识的域“{}”，只能用页码（PAGE、NUMPAGES）和日期（DATE、TIME），请删去后重试。"
MANY = "文档里的字段和标记超过 {} 处，不像一张表；请删去多余的后重试。"
PLAIN = "里不能写字段，请把字段写在正文、页眉或页脚里。"
FIELDS = frozenset({"PAGE", "NUMPAGES", "DATE", "TIME"})
MAIN, MARKS = "word/document.xml", 1000
_MARK = re.compile(r"\{[{%#]")
_XML = (".xml", ".rels")
_EMBEDS = frozenset({"oleObject", "package", "control", "aFChunk", "subDocument", "frame", "vbaProject"})
_ELEMENTS = frozenset({"altChunk", "subDoc", "object", "control", "OLEObject", "frameset"})
_ADDRESS = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
_LINK = re.compile(r"^\s*(?:https?:|mailto:)", re.IGNORECASE)


class Unsound(Exception):
    """No honest Word form, or one that cannot be filled in; its sentences are for who uploads it."""

    def __init__(self, *problems: str) -> None:
        super().__init__("".join(problems))
        self.problems = list(problems)


def environment() -> SandboxedEnvironment:
    """Strict and closed: an unknown name is an error, values are text and never templates."""
    made = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    made.globals.clear()
    return made


class Whole(DocxTemplate):
    """docxtpl without its repairs: a part that is no whole XML once filled in is an error, words are not lost."""

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        made: str = super().render_xml_part(src_xml, part, context, jinja_env)
        etree.fromstring(made.encode(), _parser())
        return made


def fill(template: bytes, context: Mapping[str, Any]) -> bytes:
    """The template filled in with `context` (clean texts, lists of rows), as a .docx. Raises what its readers do."""
    document = Whole(io.BytesIO(template))
    document.render(dict(context), environment(), autoescape=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def opened(content: bytes) -> Whole:
    """Read, and ready to be filled in. Raises Unsound."""
    document = Whole(io.BytesIO(content))
    try:
        document.render_init()
    except Exception as error:  # what is inside decides what its readers raise
        raise Unsound(DAMAGED) from error
    return document


def sources(document: Whole) -> Iterator[tuple[str, str]]:
    """Where, and what Jinja reads there: the parts that docxtpl fills in. Raises Unsound for fields elsewhere."""
    try:
        yield "正文", document.patch_xml(document.get_xml())
        for place, uri in (("页眉", document.HEADER_URI), ("页脚", document.FOOTER_URI)):
            for _, part in document.get_headers_footers(uri):
                yield place, document.patch_xml(document.get_part_xml(part))
        for part in document.docx.part.package.parts:
            if part.content_type.endswith("footnotes+xml"):
                bare = "".join(etree.fromstring(part.blob, _parser()).itertext())
                if _MARK.search(part.blob.decode()) or _MARK.search(bare):
                    raise Unsound(f"脚注{PLAIN}")
        properties = document.docx.core_properties
        for name in ("author", "comments", "identifier", "language", "subject", "title"):
            if _MARK.search(str(getattr(properties, name) or "")):
                raise Unsound(f"文档属性{PLAIN}")
    except (etree.XMLSyntaxError, UnicodeDecodeError, KeyError) as error:
        raise Unsound(DAMAGED) from error


# --- the package ----------------------------------------------------------------------------------------------------


def look_through(content: bytes) -> None:
    """Raise Unsound for what Word would run or fetch when somebody opens the form, and for too many marks."""
    marks = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if not name.lower().endswith(_XML):
                continue
            try:
                root = etree.fromstring(archive.read(name), _parser())
            except etree.XMLSyntaxError as error:
                raise Unsound(DAMAGED) from error
            if root.getroottree().docinfo.doctype:
                raise Unsound(DAMAGED)
            if name == "[Content_Types].xml":
                _types(root)
            elif name.lower().endswith(".rels"):
                _relationships(name, root)
            else:
                marks += len(_MARK.findall("".join(root.itertext(etree.Element))))
                _elements(root)
    if marks > MARKS:
        raise Unsound(MANY.format(MARKS))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _types(root: etree._Element) -> None:
    """XML stands in entries that are looked through, whatever the package calls them."""
    for one in root:
        kind, name = one.get("ContentType", "").lower(), one.get("PartName") or f".{one.get('Extension', '')}"
        if "macroenabled" in kind or "vbaproject" in kind:
            raise Unsound(MACROS)
        if kind.endswith(("+xml", "/xml")) and not name.lower().endswith(_XML):
            raise Unsound(DAMAGED)


def _relationships(entry: str, root: etree._Element) -> None:
    main = []
    for one in root.iter(etree.Element):
        kind, target = one.get("Type", "").rpartition("/")[2], one.get("Target", "")
        mode = one.get("TargetMode", "Internal").strip().lower()
        if mode == "external" and kind == "hyperlink" and _LINK.match(target):
            continue
        if mode != "internal" or _ADDRESS.match(target):
            raise Unsound(OUTSIDE)
        if kind in _EMBEDS:
            raise Unsound(EMBEDDED)
        if kind == "officeDocument":
            main.append(target.removeprefix("/"))
    if entry == "_rels/.rels" and main != [MAIN]:
        raise Unsound(DAMAGED)


def _elements(root: etree._Element) -> None:
    codes: list[list[str] | None] = []  # of the fields that are open; None once the code of one has ended
    for one in root.iter(etree.Element):
        name = _local(one)
        if name in _ELEMENTS:
            raise Unsound(EMBEDDED)
        if name == "mailMerge":
            raise Unsound(MERGE)
        attributes = {etree.QName(key).localname: str(value) for key, value in one.attrib.items()}
        if any(_ADDRESS.match(attributes.get(key, "")) for key in ("src", "href")):
            raise Unsound(OUTSIDE)
        if name == "fldSimple":
            _field(attributes.get("instr", ""))
        elif name in {"instrText", "delInstrText"}:
            if not codes or codes[-1] is None:
                _field(one.text or "")
            else:
                codes[-1].append(one.text or "")
        elif name == "fldChar":
            _mark_of_field(attributes.get("fldCharType", ""), codes)
    if any(code is not None for code in codes):
        raise Unsound(FIELD.format("没有结束的域"))


def _mark_of_field(kind: str, codes: list[list[str] | None]) -> None:
    """A field begins, its code ends, or it ends: its code is what stood in all its runs together."""
    if kind == "begin":
        if codes and codes[-1] is not None:
            raise Unsound(FIELD.format("域中的域"))
        codes.append([])
    elif codes:
        if (code := codes[-1]) is not None:
            _field("".join(code))
        codes[-1] = None
        if kind == "end":
            codes.pop()


def _field(code: str) -> None:
    word = next(iter(code.split()), "")
    if word.upper() not in FIELDS:
        raise Unsound(FIELD.format(word[:40]))
