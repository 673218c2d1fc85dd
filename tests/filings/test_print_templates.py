"""打印模板: what an uploaded form may say, versions, taking one into use and out again."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from docx import Document

from accounts.models import Role
from filings.models import PrintForm, PrintTemplate
from filings.printing import builtin, checking, names, templates, word
from tests.factories import NOW, at, opening, user
from tests.filings.printed import ask_here
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event

real_ask = word.ask


@pytest.fixture(autouse=True)
def asked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each case would take half a second; `tests/portal/test_docx_refused.py` starts them."""
    monkeypatch.setattr(word, "ask", ask_here)


def paper(*paragraphs: str, rows: list[list[str]] | None = None, header: str = "") -> bytes:
    """A .docx with these paragraphs, and a table of `rows`."""
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    table = document.add_table(rows=0, cols=len(rows[0])) if rows else None
    for row in rows or []:
        for cell, text in zip(table.add_row().cells, row, strict=True):  # type: ignore[union-attr, no-untyped-call]
            cell.text = text
    document.sections[0].header.paragraphs[0].text = header
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def text_of(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def repacked(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A sound template with something done to its package."""
    with zipfile.ZipFile(io.BytesIO(paper("{{ name }}"))) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_entry(name: str, content: bytes) -> bytes:
    return repacked(lambda entries: entries.update({name: content}))


def linked(kind: str) -> bytes:
    rels = "word/_rels/document.xml.rels"
    link = f'<Relationship Id="rX" Type="http://x/{kind}" Target="http://example.invalid/" TargetMode="External"/>'
    return repacked(
        lambda e: e.update({rels: e[rels].replace(b"</Relationships>", f"{link}</Relationships>".encode())})
    )


def cell(inside: str) -> bytes:
    """A table of one cell that holds `inside`, whose texts stand in runs."""
    held = re.sub("<w:p>([^<]*)</w:p>", r"<w:p><w:r><w:t>\1</w:t></w:r></w:p>", inside).encode()
    table = b"<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:tc>%b</w:tc></w:tr></w:tbl><w:p/></w:body>" % held
    return repacked(
        lambda e: e.update({"word/document.xml": e["word/document.xml"].replace(b"</w:body>", table)}),
    )


# --- what may stand in one ------------------------------------------------------------------------------------------

FILES = [["附件", ""], ["{%tr for f in files %}", ""], ["{{ f.no }}", "{{ f.name }}"], ["{%tr endfor %}", ""]]
SOUND = [
    paper("{{ name }}，{% if uid %}账号ID {{ uid }}{% endif %}{% if not uid and remarks == '无' %}（无）{% endif %}"),
    paper(
        "表",
        rows=[["附件", ""], ["{%tr for f in files %}", ""], ["{{ f.no }}", "{{ f.name }}"], ["{%tr endfor %}", ""]],
    ),
    paper("{% for f in files %}{{ f.name }}{% endfor %}"),
    paper("{{ basis_boxes }}", header="{{ number }} {{ mark }}"),
    paper("{% if uid %}账号ID", "{{ uid }}{% else %}（无）{% endif %}"),  # over paragraphs: nothing is torn
    paper("{{ number }}", rows=[["{%tr if uid %}"], ["a"], ["{%tr else %}"], ["b"], ["{%tr endif %}"]]),
    cell("<w:p>{%p if uid %}</w:p><w:p>{{ uid }}</w:p><w:p>{%p else %}</w:p><w:p>（无）</w:p><w:p>{%p endif %}</w:p>"),
]


@pytest.mark.parametrize("content", SOUND, ids=range(len(SOUND)))
def test_names_lists_and_simple_conditions_may_stand_in_a_template(content: bytes) -> None:
    assert checking.check(content, PrintForm.OPENING).used


SAID = [
    (paper("{{ nmae }}"), "没有“nmae”这个字段，是不是 name（账号名称）、number（备案编号）？"),
    (paper("{{ 账号名称 }}"), "没有“账号名称”这个字段，是不是 name（账号名称）"),
    (paper("{{ zzzzzz }}"), "没有“zzzzzz”这个字段，请对照字段表改正。"),
    (paper("{{ name }}", header="{{ qrcode }}"), "没有“qrcode”这个字段"),
    (paper("{% if reported %}x{% endif %}"), "没有“reported”这个字段"),
    (paper("{% for f in files %}{{ f.size }}{% endfor %}"), "没有“f.size”这个字段，是不是 f.no、f.name？"),
    (paper("{% for f in fils %}{{ f.name }}{% endfor %}"), "没有“fils”这个字段，是不是 files？"),
    (paper("{% for i in items %}{{ i.old }}{% endfor %}"), "没有“items”这个字段"),
    (paper("{{ name.upper() }}"), "正文第1段“{{ name.upper() }}”：只能写字段名"),
    (paper("{{ name|safe }}"), "不能用计算、函数、过滤"),
    (paper("{{ ''.__class__.__mro__ }}"), "不能用计算、函数、过滤"),
    (paper("{{ 7*7 }}"), "不能用计算、函数、过滤"),
    (paper("{{ name[0] }}"), "不能用计算、函数、过滤"),
    (paper("{{ name if uid else link }}"), "不能用计算、函数、过滤"),
    (paper("{% include 'x' %}"), "不能用计算、函数、过滤"),
    (paper("{% import 'x' as y %}"), "不能用计算、函数、过滤"),
    (paper("{% macro f() %}{% endmacro %}"), "不能用计算、函数、过滤"),
    (paper("{% set name = uid %}"), "不能用计算、函数、过滤"),
    (paper("{% raw %}{{ name }}{% endraw %}"), "没有一个字段"),
    (paper("{% for name in files %}{{ name }}{% endfor %}"), "变量名不要与字段同名"),
    (paper("{% for f in files recursive %}{% endfor %}"), "for 请写成"),
    (paper("{{ files }}"), "清单要用 for 逐行写出"),
    (paper("一", "{{ name }"), "正文第2段“{{ name }”：标记没有写完整"),
    (paper("{% if name %}x"), "开头和结尾不成对"),
    (paper("x{% endfor %}"), "开头和结尾不成对"),
    (paper("{% colspan name %}"), "不能用“colspan”"),
    (paper("{{r name }}"), "印出来会丢失文字"),
    (paper("x", rows=[["{%p if name %}", "{{ name }}"]]), "开头和结尾不成对"),
    (paper("{% if name %}", rows=[["{% endif %}", "x"]]), "跨了表格的行或段落"),
    (paper("{{ name }}", rows=[["{%tr for f in files %}"], ["{{ f.name }}"], ["{%tr endfor %}"]]), "一行也不剩"),
    (paper("没有字段"), "没有一个字段"),
    (paper("{% " + "a" * 50_000), f"不能用“{'a' * 40}”，"),
    # what would end in an error once it is filled in
    (paper("{% if number > 3 %}x{% endif %}"), "if 里只能写字段名"),
    (paper("{% if 1 in number %}x{% endif %}"), "if 里只能写字段名"),
    (paper("{% if number == 3 %}x{% endif %}"), "if 里只能写字段名"),
    (paper("{% if uid == name %}x{% endif %}"), "if 里只能写字段名"),
    (paper("{{ " + "(" * 3000 + "number" + ")" * 3000 + " }}"), "标记写得过长或层数过多"),
    (paper("{% if " + "not " * 100 + "number %}x{% endif %}"), "if 里只能写字段名"),
    (paper("{% if number %}" * 120 + "x" + "{% endif %}" * 120), "判断超过 5 层"),
    (paper("{% for f in files %}{% for g in files %}x{% endfor %}{% endfor %}"), "for 里面不能再有 for"),
    # what would come out torn, or lose words, only for some filings
    (paper("{{ number }}", rows=[['{% if late != "是" %}a', "b{% endif %}"]]), "跨了表格的行或段落"),
    (paper("{{ number }}", '{% if late == "是" %}{{r number }}{% endif %}'), "印出来会丢失文字"),
    (paper("{{ number }}", rows=[["a", "b"], ['{%tr if late == "是" %}', ""]]), "开头和结尾不成对"),
    (
        paper("{{ number }}", rows=[['{%tr if late == "是" %}', ""], ["a", "b"], ["{%tr endif %}", ""]]),
        "一行也不剩",
    ),
    (cell('<w:p>{%p if late == "是" %}</w:p><w:p>x</w:p><w:p>{%p endif %}</w:p>'), "整段消失"),
]


@pytest.mark.parametrize(("content", "said"), SAID, ids=range(len(SAID)))
def test_what_else_stands_in_a_template_is_refused_by_name(content: bytes, said: str) -> None:
    with pytest.raises(checking.Faulty) as refused:
        checking.check(content, PrintForm.OPENING)
    assert said in str(refused.value)


def test_every_unknown_field_is_named_at_once() -> None:
    with pytest.raises(checking.Faulty) as refused:
        checking.check(paper("{{ nmae }}", "{{ uidd }}", header="{{ markk }}"), PrintForm.OPENING)
    assert [problem.split("”")[0] for problem in refused.value.problems] == ["没有“markk", "没有“nmae", "没有“uidd"]


UNSOUND = [
    (b"", "空的"),
    (b"{{ name }}", "不是完好的 Word 文档"),
    (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "旧版（.doc）或加密"),
    (b"PK\x03\x04" + b"\x00" * 600, "不是完好的 Word 文档"),
    (b"PK\x03\x04" + b"\x00" * (2 << 20), "超过 2 MB"),
    (repacked(lambda e: e.pop("word/document.xml")), "不是完好的 Word 文档"),  # type: ignore[arg-type, return-value]
    (repacked(lambda e: e.update({"word/document.xml": b"<w:document"})), "不是完好的 Word 文档"),
    (with_entry("word/vbaProject.bin", b"x"), "带有宏"),
    (with_entry("../evil.xml", b"<x/>"), "不是完好的 Word 文档"),
    (with_entry("word/x.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), "不是完好的 Word 文档"),
    (with_entry("word/x.bin", b"\x00" * (40 << 20)), "解开后过大"),
    (with_entry("word/x.bin", b"x"), "不认识的部分“word/x.bin”"),
    (with_entry("word/embeddings/x.bin", b"x"), "嵌有别的文件"),
    (linked("attachedTemplate"), "引用了外部的模板"),
    (linked("image"), "引用了外部的模板"),
]


@pytest.mark.parametrize(("content", "said"), UNSOUND, ids=range(len(UNSOUND)))
def test_what_is_no_honest_word_file_is_refused_before_it_is_parsed(content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        checking.check(content, PrintForm.OPENING)


def test_a_hyperlink_may_stay() -> None:
    assert checking.check(linked("hyperlink"), PrintForm.OPENING).used == ["name"]


REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OUT = f'Type="{REL}/attachedTemplate" Target='
RELATIONSHIPS = [
    f'{OUT}"http://example.invalid/hyperlink/x.dotm" TargetMode="External"',
    f'{OUT}"http://example.invalid/?a>b" TargetMode="External"',
    f'{OUT}"http://example.invalid/x" TargetMode="Exter&#110;al"',
    f'{OUT}"http://example.invalid/x" TargetMode=" external "',
    f'{OUT}"http://example.invalid/x"',
    f'Type="{REL}/hyperlink" Target="file:///c:/x.exe" TargetMode="External"',
    f'Type="{REL}/hyperlink" Target="\\\\example.invalid\\x" TargetMode="External"',
]


@pytest.mark.parametrize("said", RELATIONSHIPS, ids=range(len(RELATIONSHIPS)))
def test_no_relationship_but_a_link_to_click_leads_outside(said: str) -> None:
    rels, one = "word/_rels/document.xml.rels", f'<Relationship Id="rIdX" {said}/></Relationships>'.encode()
    content = repacked(lambda e: e.update({rels: e[rels].replace(b"</Relationships>", one)}))
    with pytest.raises(Refused, match="引用了外部的"):
        checking.check(content, PrintForm.OPENING)


def field_of(*codes: str) -> str:
    runs = "".join(f"<w:r><w:instrText>{code}</w:instrText></w:r>" for code in codes)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return f"<w:p>{begin}{runs}{end}</w:p>"


INSIDE = [
    ('<w:p><w:fldSimple w:instr="DDEAUTO c:\\x"><w:r/></w:fldSimple></w:p>', "域“DDEAUTO”"),
    ('<w:p><w:fldSimple w:instr=" INCLUDEPICTURE http://example.invalid/a.png"/></w:p>', "域“INCLUDEPICTURE”"),
    (field_of(" DDEAUTO c:\\x "), "域“DDEAUTO”"),
    (field_of(" DDE", "AUTO c:\\x "), "域“DDEAUTO”"),
    (field_of("PAGE").replace("</w:p>", "<w:r><w:instrText>DDE x</w:instrText></w:r></w:p>"), "域“DDE”"),
    (field_of("MERGEFIELD x"), "域“MERGEFIELD”"),
    ("<w:altChunk/>", "嵌有别的文件"),
    (
        '<w:p><w:r><w:pict><v:imagedata xmlns:v="urn:v" src="http://example.invalid/a.png"/></w:pict></w:r></w:p>',
        "引用了",
    ),
]


def with_body(inside: str) -> bytes:
    end = f"{inside}</w:body>".encode()
    return repacked(lambda e: e.update({"word/document.xml": e["word/document.xml"].replace(b"</w:body>", end)}))


@pytest.mark.parametrize(("inside", "said"), INSIDE, ids=range(len(INSIDE)))
def test_no_field_but_pages_and_dates_is_computed_when_the_form_is_opened(inside: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        checking.check(with_body(inside), PrintForm.OPENING)


def test_pages_and_dates_may_be_computed() -> None:
    fields = field_of(" NUM", "PAGES \\* MERGEFORMAT ") + field_of('DATE \\@ "yyyy-MM-dd"')
    assert checking.check(with_body(fields), PrintForm.OPENING).used == ["name"]


def test_fields_stand_where_they_are_looked_for_and_nowhere_else() -> None:
    document = Document(io.BytesIO(paper("{{ name }}")))
    document.core_properties.title = "{{ name }}"
    out = io.BytesIO()
    document.save(out)
    with pytest.raises(Refused, match="文档属性里不能写字段"):
        checking.check(out.getvalue(), PrintForm.OPENING)


def test_what_a_template_leaves_out_is_listed() -> None:
    uses = checking.check(paper("{{ name }}{{ basis_boxes }}{% for f in files %}{{ f.name }}{% endfor %}"), "opening")
    assert uses.used == ["name", "basis_boxes", "files"]
    assert {"uid", "number", "remarks"} <= {*uses.left_out}
    assert not {"name", "basis", "attachments"} & {*uses.left_out}


def test_a_name_means_one_thing_in_each_form() -> None:
    for form in PrintForm:
        own = [*names.HEAD, *names.OF_ACCOUNT, *names.EVENT, *names.LISTS]
        assert {*own} & {*names.fields(form)} == set()
        assert all(name.isidentifier() and label for name, label in names.known(form).items())


# --- in use or not --------------------------------------------------------------------------------------------------


def uploaded(content: bytes = b"", **more: object) -> PrintTemplate:
    facts = {"of": "opening", "name": "备案表.docx", "note": "", "by": user(Role.OFFICER), "now": NOW} | more
    return templates.upload(content or paper("区府办的表：{{ name }}"), **facts)  # type: ignore[arg-type]


def printed(filing: object) -> str:
    return text_of(templates.word_file(filing, phones=True, typed=False, now=NOW))  # type: ignore[arg-type]


@pytest.mark.django_db
def test_the_built_in_form_is_printed_until_one_is_taken_into_use_and_after_it_is_taken_out() -> None:
    filing, officer = opening("office_review", name="示例<A&B>{{ x }}"), user(Role.OFFICER)
    assert "政务新媒体新开办备案表" in printed(filing)
    row = uploaded()
    assert "政务新媒体新开办备案表" in printed(filing)
    templates.adopt(row.pk, instead_of=None, by=officer, now=at("2026-11-25 09:00"))
    assert "区府办的表：示例<A&B>{{ x }}" in printed(filing)
    assert not templates.in_use().keys() & {PrintForm.CHANGE, PrintForm.CLOSING}
    templates.retire(row.pk, by=officer, now=at("2026-11-25 10:00"))
    assert "政务新媒体新开办备案表" in printed(filing)
    told = Event.objects.filter(subject_kind="printtemplate", subject_id=row.pk)
    assert [(event.verb, event.actor) for event in told.order_by("seq")] == [
        ("upload", row.by),
        ("adopt", officer),
        ("retire", officer),
    ]
    assert told.last().detail["file"] == row.file.sm3  # type: ignore[union-attr]


@pytest.mark.django_db
def test_a_new_version_takes_the_place_of_the_one_in_use_and_the_old_one_may_come_back() -> None:
    officer = user(Role.OFFICER)
    first, second, other = uploaded(), uploaded(paper("新 {{ name }}")), uploaded(paper("{{ reason }}"), of="change")
    assert [first.version, second.version, other.version] == [1, 2, 1]
    templates.adopt(first.pk, instead_of=None, by=officer, now=NOW)
    templates.adopt(second.pk, instead_of=first.pk, by=officer, now=at("2026-11-25 09:00"))
    assert templates.in_use() == {"opening": second}
    templates.adopt(first.pk, instead_of=second.pk, by=officer, now=at("2026-11-26 09:00"))
    assert templates.in_use() == {"opening": first}
    second.refresh_from_db()
    assert second.retired_at == at("2026-11-26 09:00")


@pytest.mark.django_db
def test_a_template_taken_into_use_under_an_open_page_is_seen_before_it_is_replaced() -> None:
    first, second = uploaded(), uploaded()
    mine, others = user(Role.OFFICER), user(Role.SUPERVISOR)
    templates.adopt(first.pk, instead_of=None, by=others, now=NOW)
    with pytest.raises(WrongState, match="刚才已启用附件2 新开办备案表第1版") as late:
        templates.adopt(second.pk, instead_of=None, by=mine, now=NOW)
    assert late.value.by == others
    with pytest.raises(WrongState, match="已在使用"):
        templates.adopt(first.pk, instead_of=first.pk, by=mine, now=NOW)
    templates.retire(first.pk, by=others, now=NOW)
    with pytest.raises(WrongState, match="没有在使用"):
        templates.retire(first.pk, by=mine, now=NOW)
    with pytest.raises(WrongState, match="现在用的是内置表"):
        templates.adopt(second.pk, instead_of=first.pk, by=mine, now=NOW)
    assert templates.in_use() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.ADMIN, Role.AUDITOR])
def test_only_the_office_manages_templates(role: Role) -> None:
    row, somebody = uploaded(), user(role)
    acts: list[Callable[[], object]] = [
        lambda: uploaded(by=somebody),
        lambda: templates.adopt(row.pk, instead_of=None, by=somebody, now=NOW),
        lambda: templates.retire(row.pk, by=somebody, now=NOW),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert PrintTemplate.objects.get() == row


@pytest.mark.django_db
def test_the_database_keeps_one_in_use_and_deletes_none() -> None:
    first, second = uploaded(), uploaded()
    templates.adopt(first.pk, instead_of=None, by=user(Role.OFFICER), now=NOW)
    with (
        pytest.raises(IntegrityError, match=r"print_template_one_in_use|filings_printtemplate\.form"),
        transaction.atomic(),
    ):
        PrintTemplate.objects.filter(pk=second.pk).update(adopted_at=NOW)
    with pytest.raises(Exception, match="打印模板不能删除"), transaction.atomic():
        PrintTemplate.objects.filter(pk=second.pk).delete()


@pytest.mark.django_db
def test_what_a_version_uses_is_kept_with_it_and_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    row = uploaded(paper("{{ name }}{{ uid }}"))

    def asked(*args: object, **more: object) -> dict[str, object]:
        raise AssertionError("parsed for a page")

    monkeypatch.setattr(word, "ask", asked)
    assert templates.uses_of(row).used == ["name", "uid"]


@pytest.mark.django_db
def test_a_template_that_comes_out_torn_after_all_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge out of the way, as for a template of an earlier check: what is printed is whole, or refused."""
    monkeypatch.setattr(checking, "check", lambda content, of: checking.Uses([], []))
    torn = paper("{{ name }}", '{% if late == "是" %}', rows=[["{% endif %}", "b"]])
    filing, row = opening("office_review"), uploaded(torn)
    monkeypatch.setattr(word, "ask", real_ask)
    with pytest.raises(Refused, match="填不成完整的 Word 表"):
        templates.word_file(filing, phones=True, typed=True, now=NOW, row=row)


@pytest.mark.django_db
def test_the_built_in_forms_pass_their_own_check_as_uploads() -> None:
    for form in PrintForm:
        assert uploaded(builtin.built_in(form), of=form).form == form
