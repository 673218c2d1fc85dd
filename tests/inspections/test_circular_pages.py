"""Pages of circulars: the public's, the office's, what each button does, the files, and hostile names."""

import html
import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document

from inspections import circular_word
from inspections.models import Circular, SpotCheck
from tests import pdf_pages
from tests.inspections.circulars_made import Made, Row, a_check, check_of, drafted, empty_month, published
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
HOSTILE = ("<script>alert(1)</script>", '=HYPERLINK("http://example.com")', "示例\u202egpj.exe", "{{ 7*7 }}、{% x %}")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def typed(circular: Circular, **more: object) -> dict[str, object]:
    names = (
        *("title", "document_no", "addressed_to", "basis", "overview", "work", "problems", "praise", "demands"),
        *("signed", "version"),
    )
    circular.refresh_from_db()
    return {name: getattr(circular, name) for name in names} | {"rectify_by": circular.rectify_by or ""} | more


def test_what_is_published_is_read_without_signing_in(client: Client) -> None:
    _, circular = published()
    page = client.get(f"/circulars/{circular.index_no}/")
    text = page.content.decode()
    assert page.status_code == 200
    for said in (
        circular.title,
        "2026-0001",
        "钟政办函〔2026〕1号",
        "一、总体情况",
        "二、存在问题",
        "66.7%",
        "示例应急",
    ):
        assert said in text
    assert "2026年11月24日" in text
    assert circular.title in client.get("/circulars/").content.decode()
    for part in ("word", "statistics"):
        answer = client.get(f"/circulars/{circular.index_no}/{part}/")
        assert b"".join(answer.streaming_content)[:2] == b"PK"
        assert "attachment" in answer["Content-Disposition"]


def test_a_draft_is_nobodys_but_the_offices(client: Client) -> None:
    made, circular = drafted()
    assert circular.title not in client.get("/circulars/").content.decode()
    assert client.get(f"/circulars/{circular.pk}/").status_code == 404
    for page in ("edit", "preview"):
        assert client.get(f"/circulars/{circular.pk}/{page}/")["Location"].startswith("/login/")
        assert browser(made.cast.operator).get(f"/circulars/{circular.pk}/{page}/").status_code == 403


def test_an_empty_month_takes_two_presses_after_the_draft() -> None:
    made = empty_month(state="confirmed")
    client = browser(made.supervisor)
    page = client.post(f"/circulars/draft/{made.check.code}/")
    circular = Circular.objects.get()
    assert page["Location"] == f"/circulars/{circular.pk}/edit/"
    page = client.post(page["Location"], typed(circular, step="publish"))
    assert page["Location"] == f"/circulars/{circular.pk}/preview/"
    circular.refresh_from_db()
    page = client.post(f"/circulars/{circular.pk}/publish/", {"version": circular.version})
    assert page["Location"] == "/circulars/2026-0001/"
    assert SpotCheck.objects.get().state == "closed"


def test_what_was_typed_is_saved_before_a_button_acts() -> None:
    made, circular = drafted()
    client, url = browser(made.officer), f"/circulars/{circular.pk}/edit/"
    wrong = circular.overview.replace("合格6个", "合格7个", 1)
    page = client.post(url, typed(circular, overview=wrong, work="开展培训", step=""), follow=True)
    text = page.content.decode()
    assert "1处数字对不上" in text
    assert "改成 6" in text
    page = client.post(url, typed(circular, step="submit"))
    assert page.status_code == 422
    assert "处数字不一致" in page.content.decode()
    client.post(url, typed(circular, title="新标题", step="fix:passed:7≠6"))
    circular.refresh_from_db()
    assert ("合格6个" in circular.overview, circular.title, circular.work) == (True, "新标题", "开展培训")


def test_an_explanation_is_written_into_the_circular() -> None:
    made, circular = drafted()
    client, url = browser(made.officer), f"/circulars/{circular.pk}/edit/"
    wrong = circular.overview.replace("合格6个", "合格7个", 1)
    client.post(url, typed(circular, overview=wrong))
    page = client.post(url, typed(circular, step="explain:1:passed:7≠6", **{"explain-1": ""}))
    assert page.status_code == 422
    page = client.post(url, typed(circular, step="explain:1:passed:7≠6", **{"explain-1": "复核后改判"}), follow=True)
    assert "已在文中说明" in page.content.decode()
    circular.refresh_from_db()
    assert "复核后改判。" in circular.overview


def test_what_no_record_tells_of_has_a_button() -> None:
    made, circular = drafted()
    client, url = browser(made.officer), f"/circulars/{circular.pk}/edit/"
    client.post(url, typed(circular, praise="示例甲1（微信公众号）更新及时。"))
    text = client.get(url).content.decode()
    assert "1处要核对" in text
    key = html.unescape(text.split('value="confirm:')[1].split('"')[0])
    text = client.post(url, typed(circular, step=f"confirm:{key}"), follow=True).content.decode()
    assert "已由人工核对无误" in text
    assert "要核对" not in text


def test_a_stale_page_keeps_what_was_typed_and_shows_what_differs() -> None:
    made, circular = drafted()
    client, url = browser(made.officer), f"/circulars/{circular.pk}/edit/"
    old = typed(circular, work="我写的")
    client.post(url, typed(circular, work="同事写的"))
    page = client.post(url, old)
    assert page.status_code == 409
    assert "同事写的" in page.content.decode()
    assert "我写的" in page.content.decode()


def test_the_supervisor_sends_back_and_the_officer_sees_why() -> None:
    made, circular = drafted()
    browser(made.officer).post(f"/circulars/{circular.pk}/edit/", typed(circular, step="submit"))
    supervisor, at = browser(made.supervisor), f"/circulars/{circular.pk}"
    page = supervisor.get(f"{at}/edit/", follow=True)
    assert "确认公开这份通报" in page.content.decode()
    assert supervisor.post(f"{at}/send-back/", {"reason": ""}).status_code == 422
    supervisor.post(f"{at}/send-back/", {"reason": "请补充整改期限"})
    assert "请补充整改期限" in browser(made.officer).get(f"{at}/edit/").content.decode()
    assert supervisor.post(f"{at}/send-back/", {"reason": "又一次"}).status_code == 409
    assert browser(made.officer).post(f"{at}/publish/", {"version": 1}).status_code == 403
    assert supervisor.post(f"{at}/publish/", {"version": "x"}).status_code == 409


def test_the_old_page_says_that_it_was_corrected(client: Client) -> None:
    made, old = published()
    officer = browser(made.officer)
    assert officer.post(f"/circulars/{old.pk}/correct/", {"reason": ""}).status_code == 422
    page = officer.post(f"/circulars/{old.pk}/correct/", {"reason": "改判一个账号"})
    new = Circular.objects.get(corrects=old)
    assert page["Location"] == f"/circulars/{new.pk}/edit/"
    assert "已更正" not in client.get(f"/circulars/{old.index_no}/").content.decode()
    browser(made.supervisor).post(f"/circulars/{new.pk}/publish/", {"version": new.version})
    text = client.get(f"/circulars/{old.index_no}/").content.decode()
    assert "本通报已更正" in text
    assert "/circulars/2026-0002/" in text
    assert "已更正" in client.get("/circulars/").content.decode()


def test_the_office_list_offers_the_month_that_waits() -> None:
    made = a_check()
    page = browser(made.officer).get("/circulars/office/").content.decode()
    assert "起草10月通报" in page
    assert "还没有通报" in page
    drafted(made)
    page = browser(made.officer).get("/circulars/office/").content.decode()
    assert "1份通报在起草" in page


def hostile() -> Made:
    return check_of([Row(name, problems=("N2.1",)) for name in HOSTILE])


def test_hostile_names_are_only_names(client: Client) -> None:
    made = hostile()
    circular = drafted(made)[1]
    assert browser(made.supervisor).get(f"/circulars/{circular.pk}/edit/").status_code == 200
    circular = published(made)[1]
    text = client.get(f"/circulars/{circular.index_no}/").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\u202e" not in text
    assert "49" not in circular.problems
    book = openpyxl.load_workbook(circular_word.workbook(circular))
    cells = [cell for row in book["不合格账号名单"].iter_rows(min_row=2) for cell in row]
    assert {cell.data_type for cell in cells} <= {"n", "s"}
    assert '=HYPERLINK("http://example.com")' in {cell.value for cell in cells}


def words(circular: Circular) -> str:
    document = Document(io.BytesIO(circular_word.build(circular)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_the_word_file_says_what_the_page_says() -> None:
    _, circular = published(hostile())
    text = words(circular)
    for said in (circular.title, circular.document_no, "一、总体情况", "合计", "附件：不合格账号名单", *HOSTILE[:2]):
        assert said in text
    assert "2026年11月24日" in text
    assert "（未公开）" in words(Circular(title="稿", figures={}, signed="署名"))


@pytest.mark.slow
def test_an_empty_month_is_two_pages_on_paper_at_most(tmp_path: Path) -> None:
    _, circular = published(empty_month())
    (tmp_path / "a.docx").write_bytes(circular_word.build(circular))
    pdf = pdf_pages.to_pdf([tmp_path / "a.docx"], tmp_path)[0]
    first, *more = ("".join(page.split()) for page in pdf_pages.pages(pdf))
    assert "关于2026年10月" in first
    assert "存在问题" in first
    assert len(more) <= 1
    assert "此件公开发布" in (more or [first])[-1]
    assert not more or "坚持先审后发" in more[-1]  # the signature does not stand alone


def test_the_queries_of_the_editor_do_not_grow() -> None:
    counts = []
    for n, month in ((2, 8), (30, 9)):
        made = check_of([Row(f"示例{k}", problems=("Z08",)) for k in range(n)], month=date(2026, month, 1))
        circular = drafted(made)[1]
        client = browser(made.officer)
        client.get("/circulars/office/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/circulars/{circular.pk}/edit/").status_code == 200
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1  # the month before
