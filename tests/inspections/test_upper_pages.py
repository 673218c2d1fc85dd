"""The pages of findings from above: titles that say the finding, forms that keep what was typed, one page of paper."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document

from inspections import upper_paper, upper_shown
from inspections.models import AnnualVeto, ClosureOrder, RectificationProof, UpperFinding
from tests import pdf_pages
from tests.factories import NOW, Cast, account, at, scan, user
from tests.inspections.upper_made import answered, handed, of_upper, read, recorded, verified
from tests.uploads import png
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import File, Job, User

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def get(person: User, name: str, *args: Any, query: str = "") -> str:
    answer = signed_in(person).get(reverse(f"inspections:{name}", args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(person: User, name: str, *args: Any, **data: Any) -> Any:
    return signed_in(person).post(reverse(f"inspections:{name}", args=args), data)


def title(page: str) -> str:
    """The words of its first heading."""
    return re.sub(r"<[^>]+>|\s", "", page[page.index("<h1>") : page.index("</h1>")])


TYPED = {
    "issuer": "city",
    "issuer_name": "市政府办公室",
    "number": "市查〔示例〕042",
    "received_on": "2026-11-20",
    "due_on": "2099-12-01",
    "due_time": "",
    "platform": "",
    "text": "连续 19 天未更新",
}


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_title_says_how_many_wait_are_late_and_have_no_owner() -> None:
    cast = Cast()
    assert "没有未答复的上级工单" in get(cast.officer, "uppers")
    future = at("2099-01-01 00:00")
    handed(cast, due_at=future)
    recorded(cast, due_at=future)
    handed(cast, due_at=at("2026-11-24 00:00"))
    page = get(cast.officer, "uppers")
    assert title(page) == "上级工单3件未答复，1件已逾期、1件还没有承办单位"
    assert page.index("已逾期") < page.index("没有承办单位")
    assert "今年累计" in page


def test_a_unit_reads_what_was_handed_to_it_and_nothing_to_press() -> None:
    cast, other = Cast(), Cast()
    mine, theirs = handed(cast, text="我的问题"), handed(other, text="别人的问题")
    page = get(cast.operator, "uppers")
    assert "我的问题" in page
    assert "别人的问题" not in page
    assert "登记工单" not in page
    assert signed_in(cast.operator).get(f"/upper/{theirs.pk}/").status_code == 404
    detail = get(cast.operator, "upper", mine.pk)
    assert "去答复" in detail
    assert "指定承办单位" not in detail
    assert "去答复" not in get(cast.leader, "upper", mine.pk)


@pytest.mark.parametrize("show", ["", "named", "reported", "dropped"])
def test_a_list_costs_the_same_for_any_number_of_rows(show: str) -> None:
    cast = Cast()
    on = account(cast.unit)
    client = signed_in(cast.officer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/upper/?show={show}").status_code == 200
        return len(asked)

    def more() -> None:
        UpperFinding.objects.filter(pk=verified(cast, on, named=True).pk).update(state="reported", reported_at=NOW)
        UpperFinding.objects.filter(pk=recorded(cast, on).pk).update(state="dropped", dropped_reason="示例")
        handed(cast, on, named=True)
        recorded(cast)

    more()
    client.get("/upper/")
    few = cost()
    more()
    more()
    assert cost() == few


# --- recorded -------------------------------------------------------------------------------------------------------


def test_it_is_recorded_with_the_account_found_and_its_picture() -> None:
    cast = Cast()
    on = account(cast.unit, name="示例丁街道")
    picture = SimpleUploadedFile("截图1.png", png())
    answer = post(cast.officer, "upper_new", **TYPED, account_text="示例丁街道（抖音）", pictures=picture)
    assert answer.status_code == 302, answer.content.decode()
    row = UpperFinding.objects.get()
    assert answer["Location"] == reverse("inspections:upper", args=[row.pk])
    assert (row.account, row.due_at, row.pictures.get().name) == (on, at("2099-12-02 00:00"), "截图1.png")


def test_where_several_could_be_meant_a_person_says_which() -> None:
    cast = Cast()
    for name in ("示例丁街道一", "示例丁街道二"):
        account(cast.unit, name=name, same_platform_reason="示例")
    answer = post(cast.officer, "upper_new", **TYPED, account_text="示例丁街道")
    assert answer.status_code == 422
    assert "请选择上级所指的一个" in answer.content.decode()
    assert not UpperFinding.objects.exists()
    post(cast.officer, "upper_new", **TYPED, account_text="示例丁街道", account="none")
    assert UpperFinding.objects.get().account is None


def test_looking_it_up_keeps_what_was_typed_and_records_nothing() -> None:
    cast = Cast()
    account(cast.unit, name="示例丁街道一")
    page = post(cast.officer, "upper_new", **TYPED, account_text="示例丁街道", step="find").content.decode()
    assert "示例丁街道一（抖音）" in page
    assert "连续 19 天未更新" in page
    assert "zl-errsum" not in page
    assert not UpperFinding.objects.exists()


def test_a_number_that_stands_is_told_with_a_link_and_nothing_typed_is_lost() -> None:
    cast = Cast()
    there = recorded(cast, number=TYPED["number"])
    answer = post(cast.officer, "upper_new", **TYPED, account_text="没有的号")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert reverse("inspections:upper", args=[there.pk]) in page
    assert "连续 19 天未更新" in page


def test_several_pictures_come_with_it_and_with_its_correction() -> None:
    cast = Cast()
    pictures = [SimpleUploadedFile(f"截图{n}.png", png()) for n in (1, 2)]
    answer = post(cast.officer, "upper_new", **TYPED, account_text="没有的号", pictures=pictures)
    assert answer.status_code == 302
    row = UpperFinding.objects.get()
    assert [picture.name for picture in row.pictures.all()] == ["截图1.png", "截图2.png"]
    more = [SimpleUploadedFile(f"补{n}.png", png()) for n in (3, 4)]
    typed = {**TYPED, "number": row.number, "account_text": row.account_text, "account": "none"}
    answer = post(cast.officer, "upper_correct", row.pk, **typed, read=read(row), pictures=more)
    assert (answer.status_code, row.pictures.count()) == (302, 4)


def test_the_page_says_that_what_is_asked_above_is_past() -> None:
    cast = Cast()
    row = recorded(cast, due_at=at("2026-11-24 00:00"))
    assert "上级的答复期限已过" in get(cast.officer, "upper", row.pk)


def test_a_bad_picture_keeps_nothing_of_the_others() -> None:
    cast = Cast()
    pictures = [SimpleUploadedFile("好.png", png()), SimpleUploadedFile("坏.png", b"%PDF-1.4 no picture")]
    answer = post(cast.officer, "upper_new", **TYPED, account_text="没有的号", pictures=pictures)
    assert (answer.status_code, File.objects.count(), UpperFinding.objects.count()) == (422, 0, 0)
    assert "“坏.png”" in answer.content.decode()


def test_a_correction_begins_with_what_stands() -> None:
    cast = Cast()
    row = recorded(cast, account(cast.unit, name="示例丁街道"), due_at=at("2026-12-01 12:00"))
    page = get(cast.officer, "upper_correct", row.pk)
    for value in (row.number, 'value="2026-12-01"', 'value="12:00"', "示例丁街道（抖音）"):
        assert value in page
    typed = {**TYPED, "number": row.number, "account_text": row.account_text, "account": str(row.account_id)}
    answer = post(cast.officer, "upper_correct", row.pk, **typed, read=read(row))
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.text == TYPED["text"]
    stale = post(cast.officer, "upper_correct", row.pk, **typed, read="0")
    assert stale.status_code == 409


# --- handed, answered, reported -------------------------------------------------------------------------------------


def test_the_unit_of_the_account_is_preset_and_the_due_time_lies_before_the_one_above() -> None:
    cast = Cast()
    row = recorded(cast, account(cast.unit), due_at=at("2099-12-02 00:00"))
    page = get(cast.officer, "upper", row.pk)
    assert f'value="{cast.unit.name}"' in page
    assert 'value="2099-11-30"' in page
    data = {"unit": cast.unit.name, "demand": "", "read": read(row)}
    late = post(cast.officer, "upper_hand", row.pk, **data, due_on="2099-12-02")
    assert late.status_code == 422
    assert "不能晚于上级要求的 2099-12-01 24:00" in late.content.decode()
    unknown = post(cast.officer, "upper_hand", row.pk, **data | {"unit": "没有的局"}, due_on="2099-11-30")
    assert "台账里没有单位“没有的局”" in unknown.content.decode()
    assert post(cast.officer, "upper_hand", row.pk, **data, due_on="2099-11-30").status_code == 302
    again = post(cast.officer, "upper_hand", row.pk, **data, due_on="2099-11-30")
    assert again.status_code == 409
    assert cast.officer.name in again.content.decode()


def test_what_was_said_above_stands_beside_the_answer_and_both_go_up_in_one_act() -> None:
    cast = Cast()
    row = answered(cast, account(cast.unit), answer="已恢复更新。")
    page = get(cast.officer, "upper", row.pk)
    for words in ("11-05 至 11-20 未更新", "已恢复更新。", "恢复更新截图（示例）.pdf", "台账记录", "核实，上报"):
        assert words in page
    assert "核实，上报答复" not in get(cast.operator, "upper", row.pk)
    assert post(cast.officer, "upper_verify", row.pk, read=read(row)).status_code == 302
    assert "已上报" in get(cast.officer, "upper", row.pk)


def test_it_goes_back_to_the_unit_with_a_reason() -> None:
    cast = Cast()
    row = answered(cast)
    empty = post(cast.officer, "upper_send_back", row.pk, read=read(row), reason="")
    assert empty.status_code == 422
    assert post(cast.officer, "upper_send_back", row.pk, read=read(row), reason="请附链接").status_code == 302
    assert of_upper(row).state == "issued"
    assert "请附链接" in get(cast.operator, "upper", row.pk)


def test_dropped_and_named() -> None:
    cast = Cast()
    row = recorded(cast)
    assert post(cast.officer, "upper_drop", row.pk, read=read(row), reason="外区").status_code == 302
    other = handed(cast)
    assert post(cast.officer, "upper_name", other.pk, read=read(other), reason="市通报3号").status_code == 302
    other.refresh_from_db()
    assert other.named
    assert "待区政府办公室负责人决定" in get(cast.officer, "upper", other.pk)
    assert "依第二十四条决定" in get(cast.supervisor, "upper", other.pk)


def test_the_supervisor_decides_on_a_page() -> None:
    cast = Cast()
    row = handed(cast, account(cast.unit), named=True)
    assert "责令关停，并一票否决" in get(cast.supervisor, "upper_decide", row.pk)
    data = {"reason": "市检查通报", "due_on": "", "number": "", "read": read(row)}
    assert post(cast.supervisor, "upper_decide", row.pk, **data).status_code == 422
    assert post(cast.supervisor, "upper_decide", row.pk, **data, outcome="both").status_code == 302
    assert (AnnualVeto.objects.get().unit, ClosureOrder.objects.get().ground) == (cast.unit, "named")
    page = get(cast.operator, "upper", row.pk)
    assert ClosureOrder.objects.get().number in page
    assert "一票否决" in page
    assert post(cast.supervisor, "upper_decide", row.pk, **data, outcome="none").status_code == 409
    unknown = handed(cast, named=True)
    page = get(cast.supervisor, "upper_decide", unknown.pk)
    assert "台账里没有这个账号" in page
    assert "责令关停，并一票否决" not in page


# --- a batch --------------------------------------------------------------------------------------------------------


def test_a_list_is_shown_before_it_is_written() -> None:
    cast = Cast()
    account(cast.unit, name="示例发布")
    table = "编号,账号,问题,答复期限\n1,示例发布（抖音）,错别字,2099-12-01\n2,没有的号,错别字,\n".encode()
    upload = {"file": SimpleUploadedFile("单.csv", table), "issuer": "city", "received_on": str(day_of(db_now()))}
    answer = post(cast.officer, "upper_import", **upload)
    job = Job.objects.get()
    assert answer["Location"] == reverse("inspections:upper_sheet", args=[job.pk])
    page = get(cast.officer, "upper_sheet", job.pk)
    assert title(page) == "读取2行：可登记1件，1行不予导入"
    assert "第 3 行，答复期限：没有填写，请补上上级要求的答复期限" in page
    assert not UpperFinding.objects.exists()
    shown = page.split('name="read" value="')[1].split('"')[0]
    assert post(cast.officer, "upper_sheet", job.pk, read="0").status_code == 409
    assert post(cast.officer, "upper_sheet", job.pk, read=shown).status_code == 302
    assert title(get(cast.officer, "upper_sheet", job.pk)) == "已登记1件上级工单，1行没有导入"
    assert post(cast.officer, "upper_sheet", job.pk, read=shown).status_code == 409


# --- the office's home ----------------------------------------------------------------------------------------------


def test_the_offices_home_shows_late_ones_first_and_the_supervisor_what_is_to_be_decided() -> None:
    cast = Cast()
    recorded(cast, text="问题甲", due_at=at("2099-01-01 00:00"))
    handed(cast, text="问题乙", named=True, due_at=at("2026-11-24 00:00"))
    page = signed_in(cast.officer).get("/").content.decode()
    assert "上级工单2件未答复" in page.replace(" ", "")
    assert page.index("问题乙") < page.index("问题甲")
    assert "待负责人决定" not in page
    assert "待负责人决定" in signed_in(cast.supervisor).get("/").content.decode()


# --- on paper -------------------------------------------------------------------------------------------------------


def papers() -> dict[str, upper_paper.Paper]:
    """The answer as it usually is, with 1,500 characters on both sides, with many lines, and before there is one."""
    cast = Cast()
    on = account(cast.unit)
    long = "请核实整改情况并说明原因，附恢复更新的链接和截图。" * 60
    made = {
        "ordinary": verified(cast, on),
        "long": verified(cast, on, text=long[:1500]),
        "lines": verified(cast, on, text="一行\n" * 300),
        "handed": handed(cast, on),
    }
    made["long"].rectification.answer = long[:1500]
    made["lines"].rectification.answer = "做了\n" * 1000
    for n in range(30):
        RectificationProof.objects.create(
            rectification=of_upper(made["long"]), file=scan(), name=f"证明材料{n}" * 8 + ".pdf", added_at=NOW
        )
    found = {}
    for name, row in made.items():
        answer = upper_shown.answer_of(row)
        assert answer is not None
        proofs = RectificationProof.objects.filter(rectification=answer).values_list("name", flat=True)
        found[name] = upper_paper.paper(row, answer, list(proofs))
    return found


@pytest.mark.needs_sqlite
def test_the_answer_is_one_page_whatever_was_written(tmp_path: Path) -> None:
    pdf_pages.forget("upper-")
    made = papers()
    for name, paper in made.items():
        (tmp_path / f"{name}.docx").write_bytes(upper_paper.word_file(paper))
    found = {pdf.stem: pdf for pdf in pdf_pages.to_pdf(sorted(tmp_path.glob("*.docx")), tmp_path)}
    pages = {name: pdf_pages.pages(pdf) for name, pdf in found.items()}
    for name, pdf in found.items():
        pdf_pages.pictures(pdf, f"upper-{name}")
    assert {name: len(text) for name, text in pages.items()} == dict.fromkeys(made, 1)
    told = re.sub(r"[\s\ufffe\u2060\x02]", "", pages["long"][0])
    assert told.count("请核实整改情况并说明原因") == 2 * 60  # nothing of 1,500 characters is lost
    assert all("区政府办公室（盖章）" in "".join(text[0].split()) for text in pages.values())


@pytest.mark.parametrize(("chars", "smallest"), [(0, False), (200, False), (1500, False), (6000, True)])
def test_the_type_is_no_smaller_than_it_must_be(chars: int, smallest: bool) -> None:
    paper = upper_paper.fitted([("编号", "1"), ("问题", "字" * chars), ("情况", "字" * chars)])
    assert upper_paper.height(paper.rows, paper.size) <= upper_paper.HEIGHT_MM - upper_paper.FIXED_MM
    assert (paper.size == upper_paper.SIZES[-1]) is smallest
    assert upper_paper.CUT in "".join(text for _, text in paper.rows) or chars < 6000
    larger = [size for size in upper_paper.SIZES if size > paper.size]
    room = upper_paper.HEIGHT_MM - upper_paper.FIXED_MM
    assert all(upper_paper.height([("编号", "1"), *[("问题", "字" * chars)] * 2], size) > room for size in larger)


def test_the_paper_says_finding_answer_proofs_and_who_verified() -> None:
    cast = Cast()
    row = verified(cast, account(cast.unit), text="{{ 7*7 }} <b>问题</b>")
    page = get(cast.officer, "upper_print", row.pk)
    answer = signed_in(cast.officer).get(reverse("inspections:upper_word", args=[row.pk]))
    content = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    table = Document(io.BytesIO(content)).tables[0]
    cells = {line.cells[0].text: line.cells[1].text for line in table.rows}
    assert cells["上级指出的问题"] == "{{ 7*7 }} <b>问题</b>"
    assert cells["核实"].startswith(cast.officer.name)
    for label in ("编号", "账号", "承办单位", "核查和整改情况", "证明材料", "区政府办公室意见"):
        assert cells[label]
        assert label in page
    assert "&lt;b&gt;问题&lt;/b&gt;" in page
    assert answer["Content-Disposition"].startswith("attachment")
    assert signed_in(user("operator")).get(f"/upper/{row.pk}/word/").status_code == 404
