"""What a filing says, kept for the search: with each revision, without telephones, for old filings as well."""

import importlib
import re

import pytest
from django.apps import apps

from accounts.fields import FILED
from filings import reporting, texts
from filings.content import TABLES
from filings.models import FilingText
from tests.factories import NOW, Cast, account, change, closing, opening
from zhonglou_media.core.searching import look, suffices, words

# What a form holds and the search does not know: telephones, and what is no words.
NOT_SAID = {
    "operator_phone", "custodian_phone", "kind", "basis", "operation_mode", "vendor_until", "vendor_nda", "is_flagship",
    "verification", "mode", "disposal", "ordered", "due_on", "notice_on", "notice_days", "followers", "applied_on",
    "filing", "avatar", "reasons",
}  # fmt: skip


def test_each_field_of_a_form_is_searched_or_left_out_on_purpose() -> None:
    fields = {field.name for table in TABLES.values() for field in table._meta.concrete_fields} | set(FILED)
    assert fields - NOT_SAID == (texts.SAID | set(texts.KEYS)) & fields
    assert (texts.SAID | set(texts.KEYS)) - fields == set()
    assert not {name for name in texts.SAID if "phone" in name}


@pytest.mark.django_db
def test_it_says_the_latest_revision_in_folded_lines() -> None:
    cast = Cast()
    filing = opening(
        "leader_review", cast, name="Ｚhong 楼", purpose="发布\n政务　信息", custodian="王某",
        custodian_phone="13812345678", operator_phone="0519-86881234", remarks="请打 138 1234 5678 或 86881234",
    )  # fmt: skip
    text = FilingText.objects.get(filing=filing).text
    assert {"zhong 楼", "发布 政务 信息", "抖音", "王某", cast.unit.name} <= set(text.split("\n"))
    assert not any(part in text for part in ("1381", "5678", "8688", "0519"))


@pytest.mark.parametrize(
    "number",
    [
        *("13812345678", "138 1234 5678", "138-1234-5678", "138 - 1234 - 5678", "138.1234.5678", "138·1234·5678"),
        *("138・1234・5678", "138—1234—5678", "138——1234——5678", "138–1234–5678", "138－1234－5678", "138−1234−5678"),
        *("１３８１２３４５６７８", "0519/86881234", "(0519) 86881234", "（0519）8688·1234", "(+86) 138.1234.5678"),
        *("8688123", "8688_1234", "86881234转801"),
    ],
)
def test_a_telephone_is_left_out_however_it_is_written(number: str) -> None:
    said = texts.said({"late": {"remarks": f"请打{number}联系"}}, texts.Names())
    assert said.startswith("请打 ")
    assert not re.search(r"\d{2}[^转\d]*\d{2}", said)
    assert said.endswith("联系")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("order_no", "常钟网信〔2026〕1234567号"),
        ("order_no", "20261124001"),
        ("preapproval_no", "2026-1124-001"),
        ("uid", "13812345678"),
        ("name", "示例86881234"),
        ("link", "https://example.com/13812345678"),
        ("reason", "依据2026〔11〕24号文"),
        ("remarks", "粉丝123456个"),
    ],
)
def test_the_number_of_a_document_and_an_id_are_no_telephones(field: str, text: str) -> None:
    assert texts.said({"approved": {field: text}}, texts.Names()) == text


@pytest.mark.django_db
def test_a_change_says_the_old_and_the_new_and_no_telephone() -> None:
    cast = Cast()
    row = account(cast.unit, name="旧名字", custodian_phone="13900001111")
    filing = change("to_report", cast, on=row, name="新名字", custodian_phone="13900002222", reason="机构更名")
    text = filing.text.text
    assert {"旧名字", "新名字", "机构更名", "关于账号变更的公告(示例)"} <= set(text.split("\n"))
    assert "1390000" not in text
    reporting.supplement(filing.pk, by=cast.operator, data={"remarks": "补充的备注"}, now=NOW)
    assert "补充的备注" in FilingText.objects.get(filing=filing).text


@pytest.mark.django_db
def test_a_closing_says_its_reasons_in_words_and_who_carries_on() -> None:
    cast = Cast()
    into = account(cast.unit, name="承接示例号")
    row = account(cast.unit, name="要关的号", same_platform_reason="示例")
    filing = closing("leader_review", cast, on=row, reasons=["unable", "burden"], successor=str(into.pk))
    assert {"无力维护", "为基层减负", "承接示例号"} <= set(filing.text.text.split("\n"))


@pytest.mark.django_db
def test_filings_of_before_get_theirs_from_the_latest_revision() -> None:
    cast, closer = Cast(), Cast()
    into = account(closer.unit, name="承接示例号")
    row = account(closer.unit, name="要关的号", same_platform_reason="示例")
    filings = [
        opening("to_report", cast, purpose="从前的话", remarks="电话138.1234.5678"),
        closing("to_report", closer, on=row, reasons=["unable", "burden"], successor=str(into.pk)),
        change("to_report", Cast(), name="新的名字", reason="机构更名"),
        change("draft"),
    ]
    kept = dict(FilingText.objects.values_list("pk", "text"))
    assert set(kept) == {filing.pk for filing in filings[:3]}
    FilingText.objects.all().delete()
    importlib.import_module("filings.migrations.0005_filing_texts").fill(apps, None)
    assert dict(FilingText.objects.values_list("pk", "text")) == kept


@pytest.mark.parametrize(
    ("typed", "expected", "enough"),
    [
        ("钟楼", ["钟楼"], True),
        ("钟", ["钟"], False),
        ("", [], False),
        ("a b c", ["a", "b", "c"], False),
        ("钟楼 a", ["钟楼", "a"], True),
        ("　ＡＢ\u200bＣ　", ["abc"], True),
        ("%_", ["%_"], False),
        ("5%", ["5%"], True),
        ("，。！", [",。!"], False),
        ("钟\x00楼\n局", ["钟", "楼", "局"], False),
        ("一二 三 四 五 六 七", ["一二", "三", "四", "五 六 七"], True),
        ("长" * 100, ["长" * 60], True),
    ],
)
def test_words_are_folded_and_must_say_something(typed: str, expected: list[str], enough: bool) -> None:
    assert (words(typed), suffices(words(typed))) == (expected, enough)


@pytest.mark.parametrize(("word", "eye"), [("鐘樓", "钟楼"), ("钟区", ""), ("钟", "钟"), ("示例·发布", "示例发布")])
def test_too_little_of_a_word_looks_like_nothing(word: str, eye: str) -> None:
    assert look(word) == eye
