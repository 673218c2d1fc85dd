"""Whether a template is whole whatever is filled in: each condition both ways, each list from none to many.

Judged on Jinja's tree and not by trying: `{% if late != "是" %}` torn over two cells prints well until one is late.
"""

import re
from collections.abc import Sequence

from jinja2 import nodes
from lxml import etree

from filings.printing.docx_parts import Unsound

TORN = (
    "里有循环或判断跨了表格的行或段落，填不成一份完整的文档：整行重复请写 {%tr for … %} 和 {%tr endfor %}，各占一行。"
)
LOST = "里有写成 {{r … }}、{{p … }} 的字段，印出来会丢失文字，请改成 {{ 字段名 }}。"
IN_FORMAT = "里有写在格式里的字段，印出来会丢失文字，请改成普通文字 {{ 字段名 }}。"
NO_CELL = "的表格里，有的单元格在没有内容时会整段消失，文档会损坏；请在单元格里留一个空段落。"
NO_ROW = "里有一个表格，在没有内容时一行也不剩，文档会损坏；请给它留一行表头。"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TAGS = re.compile(r"<(/?)([^\s<>/]+)[^<>]*?(/?)>")
_SENTINEL, _CHOICE, _WAY = "〔#〕", "zl-choice", "zl-way"
_SPLIT = frozenset({"w:t", "w:r", "w:p"})  # a condition may begin in one of these and end in the next
_HOLDERS = frozenset({"w:tc", "w:tr", "w:tbl", "w:body"})


def judge(where: str, tree: nodes.Template) -> None:
    """Raise Unsound when a way to fill it in would tear it, empty a table or cell, or lose a field."""
    shape = _Shape(where)
    try:
        root = etree.fromstring(shape.text(tree.body).encode(), etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError as error:
        raise Unsound(where + TORN) from error
    if shape.stack:
        raise Unsound(where + TORN)
    for one in root.iter(etree.Element):
        _fields(where, one)
        if one.tag == f"{_W}tc" and _ends(one) != {"p"}:
            raise Unsound(where + NO_CELL)
        if one.tag == f"{_W}tr" and None in _ends(one, "tc"):
            raise Unsound(where + NO_CELL)
        if one.tag == f"{_W}tbl" and None in _ends(one, "tr"):
            raise Unsound(where + NO_ROW)


class _Shape:
    """The XML with every way of every condition in it: in marks of its own where it holds whole elements."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[str] = []
        self.in_tag = False
        self.popped: list[set[str]] = [set()]  # what each body closes that it has not opened, the innermost last
        self.floor = [0]

    def text(self, body: Sequence[nodes.Node]) -> str:
        made: list[str] = []
        for node in body:
            for part in node.nodes if isinstance(node, nodes.Output) else [node]:
                if isinstance(part, nodes.TemplateData):
                    made.append(self._data(str(part.data)))
                    continue
                if self.in_tag:
                    raise Unsound(self.where + IN_FORMAT)
                made.append(_SENTINEL if isinstance(node, nodes.Output) else self._choice(node))
        return "".join(made)

    def _data(self, text: str) -> str:
        opens, closes = text.rfind("<"), text.rfind(">")
        self.in_tag = opens > closes if opens != closes else self.in_tag
        for end, name, alone in _TAGS.findall(text):
            if end:
                if not self.stack or self.stack.pop() != name:
                    raise Unsound(self.where + TORN)
                if len(self.stack) < self.floor[-1]:
                    self.popped[-1].add(name)
                    self.floor[-1] = len(self.stack)
            elif not alone and name[0] not in "!?":
                self.stack.append(name)
        return text

    def _choice(self, node: nodes.Node) -> str:
        ways, total = _ways(node)
        found, crossing = [], False
        for way in ways:
            began = [*self.stack]
            self.floor.append(len(began))
            self.popped.append(set())
            found.append(self.text(way))
            if self.in_tag:
                raise Unsound(self.where + IN_FORMAT)
            lowest, popped = self.floor.pop(), self.popped.pop()
            if self.stack != began or not popped <= _SPLIT:
                raise Unsound(self.where + TORN)
            if lowest < self.floor[-1]:  # it closed what an outer body began with
                self.floor[-1] = lowest
                self.popped[-1] |= popped
            crossing |= bool(popped)
        if crossing or not self.stack or self.stack[-1] not in _HOLDERS:
            return "".join(found)
        marked = "".join(f"<{_WAY}>{one}</{_WAY}>" for one in found)
        return f'<{_CHOICE} total="{total}">{marked}</{_CHOICE}>'


def _ways(node: nodes.Node) -> tuple[list[list[nodes.Node]], bool]:
    """The bodies of a condition or a list, and whether one of them is always printed."""
    if isinstance(node, nodes.If):
        ways = [node.body, *(one.body for one in node.elif_)]
        return ([*ways, node.else_], True) if node.else_ else (ways, False)
    return ([node.body], False) if isinstance(node, nodes.For) else ([], False)


def _ends(holder: etree._Element, only: str = "") -> set[str | None]:
    """What may stand last in it (of the kind `only`), None for nothing."""
    possible: set[str | None] = {None}
    for child in reversed(holder):
        if None not in possible:
            break
        if child.tag == _CHOICE:
            found: set[str | None] = set() if child.get("total") == "True" else {None}
            found.update(*(_ends(way, only) for way in child))
        elif not isinstance(child.tag, str):
            continue
        else:
            name = etree.QName(child).localname
            found = {None} if only and name != only else {name}
        possible = (possible - {None}) | found
    return possible


def _fields(where: str, one: etree._Element) -> None:
    inside = one
    while inside.tag in (_CHOICE, _WAY) and (parent := inside.getparent()) is not None:
        inside = parent
    if inside.tag != f"{_W}t" and _SENTINEL in (one.text or ""):
        raise Unsound(where + LOST)
    holder = one.getparent()
    while holder is not None and holder.tag in (_CHOICE, _WAY):
        holder = holder.getparent()
    if _SENTINEL in (one.tail or "") and (holder is None or holder.tag != f"{_W}t"):
        raise Unsound(where + LOST)
