"""Printing a filing and managing templates, as pages: who sees what, and what is said of bad input."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from docx import Document

from accounts.models import Role
from filings import drafting
from filings.models import PrintTemplate
from filings.printing import templates
from filings.printing.form import HIDDEN
from tests.factories import NOW, Cast, change, opening, unit, user
from tests.filings.test_print_templates import paper, text_of, uploaded

pytestmark = pytest.mark.django_db
PHONE = "0519-00000000"


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_and_word(person: Any, pk: int, query: str = "") -> tuple[str, str]:
    client = signed_in(person)
    page = client.get(reverse("filings:print", args=[pk]) + query)
    word = client.get(reverse("filings:word", args=[pk]) + query)
    assert (page.status_code, word.status_code) == (200, 200)
    assert "attachment" in word["Content-Disposition"]
    return page.content.decode(), text_of(b"".join(word.streaming_content))  # type: ignore[arg-type]


def test_telephones_are_printed_for_the_unit_and_the_office_alone() -> None:
    parent = unit()
    cast = Cast(unit(parent=parent))
    fields = {"custodian": "张三", "custodian_phone": PHONE, "operator_phone": PHONE}
    filing = change("office_review", cast, **{name: fields[name] for name in fields})
    for reader in (cast.operator, cast.leader, cast.officer):
        assert all(PHONE in text and HIDDEN not in text for text in page_and_word(reader, filing.pk))
    for reader in (user(Role.AUDITOR), user(Role.PARENT, parent)):
        assert all(PHONE not in text and HIDDEN in text for text in page_and_word(reader, filing.pk))


def test_what_is_typed_is_printed_as_a_draft_for_who_types_it() -> None:
    filing = opening("returned", name="示例冻结名称")
    cast = filing.cast  # type: ignore[attr-defined]
    drafting.save_draft(filing.pk, by=cast.operator, data={"name": "示例改过的名称"}, now=NOW)
    for text in page_and_word(cast.operator, filing.pk):
        assert "示例冻结名称" in text
        assert "示例改过的名称" not in text
    page, word = page_and_word(cast.operator, filing.pk, "?typed")
    assert "草稿（未冻结）" in page
    assert all("示例改过的名称" in text for text in (page, word))
    for reader in (cast.officer, cast.leader):
        assert all("示例改过的名称" not in text for text in page_and_word(reader, filing.pk, "?typed"))


def test_the_check_code_is_that_of_the_revision() -> None:
    filing = opening("leader_review")
    code = filing.revisions.get().sm3[:8].upper()
    page, _ = page_and_word(filing.cast.leader, filing.pk)  # type: ignore[attr-defined]
    assert f"核对码 {code[:4]}-{code[4:]}（第1版）" in page
    assert "草稿" not in page


def test_the_pages_ask_as_often_however_many_fields_there_are(django_assert_max_num_queries: Any) -> None:
    filing = opening("accepted")
    client = signed_in(filing.cast.officer)  # type: ignore[attr-defined]
    with django_assert_max_num_queries(16):
        client.get(reverse("filings:print", args=[filing.pk]))


def upload(content: bytes, form: str = "opening") -> Any:
    file = SimpleUploadedFile("我们的表.docx", content)
    data = {"form": form, "file": file, "note": "改了表头"}
    return signed_in(user(Role.OFFICER)).post(reverse("filings:template_upload"), data)


def test_an_upload_is_looked_at_before_it_is_used() -> None:
    filing = opening("office_review", name="示例预览账号")
    answer = upload(paper("区府办：{{ name }}"))
    row = PrintTemplate.objects.get()
    assert answer.headers["Location"] == reverse("filings:template", args=[row.pk])
    officer = signed_in(user(Role.OFFICER))
    page = officer.get(answer.headers["Location"]).content.decode()
    assert "第1版" in page
    assert "{{ uid }}" in page  # among those it leaves out
    preview = officer.get(reverse("filings:template_preview", args=[row.pk]), {"filing": filing.pk})
    assert "区府办：示例预览账号" in text_of(b"".join(preview.streaming_content))  # type: ignore[arg-type, attr-defined]
    assert templates.in_use() == {}
    officer.post(reverse("filings:template_adopt", args=[row.pk]), {"instead_of": ""})
    assert templates.in_use() == {"opening": row}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (paper("{{ nmae }}", "{{ name|upper }}"), ["没有“nmae”这个字段，是不是 name", "不能用计算、函数、过滤"]),
        (b"%PDF-1.4 x", ["不是完好的 Word 文档"]),
        (b"", ["模板文件是空的"]),
        (b"PK\x03\x04" + bytes(2 << 20), ["超过 2 MB"]),
    ],
    ids=["unknown", "pdf", "empty", "large"],
)
def test_a_template_that_cannot_be_used_is_refused_with_what_to_put_right(content: bytes, said: list[str]) -> None:
    answer = upload(content)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert [one for one in said if one not in page] == []
    assert "改了表头" in page  # the note is not lost
    assert PrintTemplate.objects.count() == 0


def test_an_old_page_replaces_nothing_unseen() -> None:
    first, second = uploaded(), uploaded()
    templates.adopt(first.pk, instead_of=None, by=user(Role.OFFICER), now=NOW)
    answer = signed_in(user(Role.OFFICER)).post(reverse("filings:template_adopt", args=[second.pk]), {"instead_of": ""})
    assert answer.status_code == 409
    assert "刚才已启用附件2 新开办备案表第1版" in answer.content.decode()
    assert templates.in_use() == {"opening": first}


@pytest.mark.parametrize("chosen", ["", "0", "x", "99999999999999999999"])
def test_a_preview_without_a_filing_is_asked_for_again(chosen: str) -> None:
    row, other = uploaded(), change("office_review")
    for filing in (chosen, other.pk):
        address = reverse("filings:template_preview", args=[row.pk])
        answer = signed_in(user(Role.OFFICER)).get(address, {"filing": filing})
        assert answer.status_code == 422


def test_the_built_in_form_is_downloaded_as_a_start() -> None:
    officer = signed_in(user(Role.OFFICER))
    answer = officer.get(reverse("filings:template_built_in", args=["closing"]))
    cells = Document(io.BytesIO(b"".join(answer.streaming_content))).tables[0]  # type: ignore[arg-type, attr-defined]
    assert any("{{ reasons_boxes }}" in cell.text for row in cells.rows for cell in row.cells)
    assert officer.get(reverse("filings:template_built_in", args=["nothing"])).status_code == 404
