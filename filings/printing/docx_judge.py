"""What a template may say: known names, lists gone through, simple conditions. All else is refused by name.

Who makes the template is no programmer, and who prints with it is somebody else. Knows nothing of the portal: the names
are given, name → meaning, and lists, name → the names of a row.
"""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from jinja2 import TemplateSyntaxError, nodes
from lxml import etree

from filings.printing import docx_parts, docx_shape
from filings.printing.docx_parts import Unsound

NOT_SIMPLE = "只能写字段名、for 和简单的 if，不能用计算、函数、过滤等写法"
CONDITION = "if 里只能写字段名、字段名 == '文字' 或 字段名 != '文字'，可用 and、or、not 连接"
NESTED = "写法不对，for 里面不能再有 for，请分开写"
DEEP = "判断超过 {} 层，请拆开写"
A_LOOP = "for 请写成 {{% for item in {} %}}，变量名不要与字段同名"
A_LIST = "清单要用 for 逐行写出，不能整个写成一个字段"
TANGLED = "里有标记写得过长或层数过多，认不出；请改成 {{ 字段名 }} 这样的简单写法。"
NO_FIELD = "文档里没有一个字段（{{ … }}），印出来每件备案都一样，请先填入字段再上传。"
MAX_DEPTH = 5
_TAG, _SHOWN = re.compile(r"<[^>]+>"), 40
Lists = Mapping[str, Collection[str]]


@dataclass
class Judge:
    """Collects the names that a template uses, those that nobody knows, and what may not stand there."""

    known: Mapping[str, str]
    lists: Lists
    names: set[str] = field(default_factory=set)
    unknown: dict[str, Collection[str]] = field(default_factory=dict)  # name → those it may have meant
    other: list[str] = field(default_factory=list)
    where: str = ""
    lined: str = ""


def check(content: bytes, known: Mapping[str, str], lists: Lists) -> list[str]:
    """The names that `content` uses, sorted. Raises Unsound with each sentence of what to put right."""
    docx_parts.look_through(content)
    judge = Judge(known, lists)
    trees = []
    for where, source in docx_parts.sources(docx_parts.opened(content)):
        tree = _judge(judge, where, source)
        trees += [(where, tree)] if tree is not None else []
    if problems := [_unknown(judge, name, meant) for name, meant in sorted(judge.unknown.items())] + judge.other:
        raise Unsound(*dict.fromkeys(problems))
    if not judge.names:
        raise Unsound(NO_FIELD)
    for where, tree in trees:
        docx_shape.judge(where, tree)
    _try(content, known, lists)
    return sorted(judge.names)


def _try(content: bytes, known: Mapping[str, str], lists: Lists) -> None:
    """Filled in once as it will be, as a net below the judgement."""
    rows: dict[str, object] = {name: [dict.fromkeys(row, "示例")] * 2 for name, row in lists.items()}
    try:
        docx_parts.fill(content, dict.fromkeys(known, "示例") | rows)
    except etree.XMLSyntaxError as error:
        raise Unsound(f"文档{docx_shape.TORN}") from error


def _judge(judge: Judge, where: str, source: str) -> nodes.Template | None:
    judge.where, judge.lined = where, re.sub(r"<w:p([ >])", r"\n<w:p\1", source)
    try:
        tree = docx_parts.environment().parse(judge.lined)
        for node in tree.body:
            _statement(judge, node, {}, 0)
    except TemplateSyntaxError as error:
        judge.other.append(_broken(where, judge.lined, error))
        return None
    except (RecursionError, MemoryError):
        judge.other.append(where + TANGLED)
        return None
    return tree


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
            named = {name: text[:_SHOWN] for name, text in match.groupdict().items()}
            said = words.format(bounds=_BOUNDS, **named)
            break
    return f"{where}{_place(lined, error.lineno)}：{said}。"


def _place(lined: str, number: int) -> str:
    """「第3段“账号名称{{ name }”」: the paragraph of that line of the source."""
    lines = lined.split("\n")
    line = lines[min(number, len(lines)) - 1]
    text = re.sub(r"\s+", " ", _TAG.sub("", line)).strip()
    shown = f"“{text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}”" if text else ""
    return f"第{max(number - 1, 1)}段{shown}"


# --- statements -----------------------------------------------------------------------------------------------------

Scope = Mapping[str, Collection[str]]  # a loop's variable → the names of one row


def _say(judge: Judge, node: nodes.Node, words: str) -> None:
    judge.other.append(f"{judge.where}{_place(judge.lined, node.lineno)}：{words}。")


def _statement(judge: Judge, node: nodes.Node, scope: Scope, depth: int) -> None:
    """Collect the names of `node`, and what may not stand there."""
    if isinstance(node, nodes.Output):
        _output(judge, node, scope)
    elif depth >= MAX_DEPTH and isinstance(node, nodes.If | nodes.For):
        _say(judge, node, DEEP.format(MAX_DEPTH))
    elif isinstance(node, nodes.If):
        _condition(judge, node.test, scope, 0)
        for child in (*node.body, *node.else_):
            _statement(judge, child, scope, depth + 1)
        for other in node.elif_:
            _statement(judge, other, scope, depth)
    elif isinstance(node, nodes.For):
        if scope:
            _say(judge, node, NESTED)
            return
        inside = _loop(judge, node)
        for child in node.body:
            _statement(judge, child, inside, depth + 1)
    else:
        _say(judge, node, NOT_SIMPLE)


def _output(judge: Judge, node: nodes.Output, scope: Scope) -> None:
    for part in node.nodes:
        if isinstance(part, nodes.TemplateData):
            continue
        if isinstance(part, nodes.Name) and (part.name in scope or part.name in judge.lists):
            _say(judge, part, A_LIST)
        elif not _is_field(judge, part, scope):
            _say(judge, part, NOT_SIMPLE)


def _condition(judge: Judge, node: nodes.Node, scope: Scope, depth: int) -> None:
    if depth <= MAX_DEPTH * 2:
        if isinstance(node, nodes.Not):
            return _condition(judge, node.node, scope, depth + 1)
        if isinstance(node, nodes.And | nodes.Or):
            _condition(judge, node.left, scope, depth + 1)
            return _condition(judge, node.right, scope, depth + 1)
        if isinstance(node, nodes.Compare) and len(node.ops) == 1 and node.ops[0].op in ("eq", "ne"):
            sides = (node.expr, node.ops[0].expr)
            texts = [one for one in sides if isinstance(one, nodes.Const) and isinstance(one.value, str)]
            if len(texts) == 1 and all(one in texts or _is_field(judge, one, scope) for one in sides):
                return None
        elif _is_field(judge, node, scope):
            return None
    return _say(judge, node, CONDITION)


def _is_field(judge: Judge, node: nodes.Node, scope: Scope) -> bool:
    """Whether `node` is a name, or one of a row; it is collected, known or not."""
    if isinstance(node, nodes.Name):
        _name(judge, node.name, scope)
        return True
    if not (isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name in scope):
        return False
    row = scope[node.node.name]
    if node.attr not in row:
        judge.unknown[f"{node.node.name}.{node.attr}"] = [f"{node.node.name}.{name}" for name in row]
    return True


def _loop(judge: Judge, node: nodes.For) -> Scope:
    target = node.target.name if isinstance(node.target, nodes.Name) else ""
    over = node.iter.name if isinstance(node.iter, nodes.Name) else ""
    if not target or not over or node.test or node.else_ or node.recursive or target in {*judge.known, *judge.lists}:
        _say(judge, node, A_LOOP.format(next(iter(judge.lists))))
        return {}
    if over not in judge.lists:
        judge.unknown[over] = difflib.get_close_matches(over, judge.lists, 3, 0.4) or [*judge.lists]
        return {target: {name for row in judge.lists.values() for name in row}}
    judge.names.add(over)
    return {target: judge.lists[over]}


def _name(judge: Judge, name: str, scope: Scope) -> None:
    if name in scope:
        return
    if name in judge.known or name in judge.lists:
        judge.names.add(name)
        return
    by_name = difflib.get_close_matches(name, [*judge.known, *judge.lists], 3, 0.6)
    labels = {label: known for known, label in reversed([*judge.known.items()])}
    by_label = [labels[label] for label in difflib.get_close_matches(name, labels, 3, 0.6)]
    judge.unknown[name] = list(dict.fromkeys([*by_label, *by_name]))[:3]


def _unknown(judge: Judge, name: str, meant: Collection[str]) -> str:
    near = "、".join(f"{one}（{judge.known[one]}）" if one in judge.known else one for one in meant)
    return f"没有“{name[:_SHOWN]}”这个字段{f'，是不是 {near}？' if near else '，请对照字段表改正。'}"
