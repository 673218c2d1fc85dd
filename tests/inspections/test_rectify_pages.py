"""整改 in the browser's place: the board, one, its acts for each role, the workbook, the paper, the vetoes."""

import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inspections import deciding, rectifying
from inspections.deciding import Decision
from inspections.models import AnnualVeto, ClosureOrder, Rectification
from tests.factories import PDF, Cast, account, scan
from tests.inspections.rectified import answered, from_above, rectification
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import File, User

pytestmark = pytest.mark.django_db
BOARD = "/rectifications/"


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture(autouse=True)
def _known(known_years: None) -> None:
    """Due times reckoned from now are sure."""


def page(client: Client, who: User, url: str, status: int = 200, **data: Any) -> str:
    client.force_login(who)
    answer = client.post(url, data) if data else client.get(url)
    assert answer.status_code == status, (
        re.findall("errsum.*?</div>", answer.content.decode(), re.S) or answer.content.decode()[-1500:]
    )
    return answer.content.decode()


def url(row: Rectification, act: str = "") -> str:
    return f"/rectifications/{row.pk}/{act}"


def upload(name: str = "改后.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def overdue(cast: Cast) -> Rectification:
    row = rectification(cast, now=db_now())
    Rectification.objects.filter(pk=row.pk).update(due_at=db_now() - timedelta(days=2))
    row.refresh_from_db()
    return row


# --- the board ------------------------------------------------------------------------------------------------------


def test_an_empty_board_says_what_comes_there(client: Client, cast: Cast) -> None:
    text = page(client, cast.operator, BOARD)
    assert "没有未完成的整改" in text
    assert "抽查发现的问题、上级交办的工单出现在这里" in text


def test_the_board_has_each_in_its_column_with_the_buttons_of_the_role(client: Client, cast: Cast) -> None:
    now = db_now()
    late, waits, done = overdue(cast), answered(cast, now=now), answered(cast, from_above(cast), now=now)
    rectifying.verify(done.pk, by=cast.officer, now=now)
    foreign = rectification(Cast())
    text = page(client, cast.officer, BOARD)
    assert "3件没有完成" in text
    assert "1件已逾期" in text
    assert "1件等您复核" in text
    assert "催办" in text
    assert "转负责人…" in text
    for row in (late, waits, done, foreign):
        assert url(row) in text
    text = page(client, cast.operator, BOARD)
    assert url(foreign) not in text
    assert "去答复" in text
    assert "催办<" not in text
    assert "去复核" not in text


def test_the_board_is_narrowed_and_a_column_is_shown_whole(client: Client, cast: Cast) -> None:
    late, other = overdue(cast), from_above(Cast(), due_at=db_now() + timedelta(days=3))
    for query, there, gone in (
        ("?only=late", late, other),
        ("?source=upper", other, late),
        (f"?unit={other.unit_id}", other, late),
        ("?show=issued&source=check", late, other),
    ):
        text = page(client, cast.supervisor, BOARD + query)
        assert url(there) in text, query
        assert url(gone) not in text, query
    page(client, cast.supervisor, BOARD + "?unit=x&source=y&only=z&show=w&page=n")  # nonsense is no condition


def test_the_board_costs_the_same_for_many(client: Client, cast: Cast) -> None:
    now = db_now()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page(client, cast.officer, BOARD)
        return len(captured)

    answered(cast, now=now)
    rectification(cast)
    queries()  # what is read once is read
    few = queries()
    for _ in range(6):
        answered(cast, now=now)
        rectification(cast)
    assert queries() == few


# --- one ------------------------------------------------------------------------------------------------------------


def test_the_unit_answers_with_files_and_the_office_verifies(client: Client, cast: Cast) -> None:
    row = rectification(cast, now=db_now())
    text = page(client, cast.operator, url(row))
    assert "提交答复" in text
    read = rectifying.reading(row)
    refused = page(client, cast.operator, url(row, "answer/"), 422, text="已改", read=read)
    assert "请上传至少一个整改证明" in refused
    assert "已改" in refused
    assert not File.objects.exists()
    bad = page(client, cast.operator, url(row, "answer/"), 422, text="已改", proofs=[upload("a.exe", b"MZ")], read=read)
    assert "“a.exe”：" in bad
    page(client, cast.operator, url(row, "answer/"), 302, text="已改", proofs=[upload(), upload("二.pdf")], read=read)
    row.refresh_from_db()
    assert (row.state, row.proofs.count()) == ("submitted", 2)

    text = page(client, cast.officer, url(row))
    assert "改后.pdf" in text
    page(client, cast.officer, url(row, "send-back/"), 422, reason=" ", read=rectifying.reading(row))
    page(client, cast.officer, url(row, "send-back/"), 409, reason="x", read=read)  # an older page
    page(client, cast.officer, url(row, "verify/"), 302, reason="", read=rectifying.reading(row))
    row.refresh_from_db()
    assert row.state == "verified"
    assert "按期完成" in page(client, cast.operator, url(row))


def test_a_foreign_one_is_not_found_and_its_files_neither(client: Client, cast: Cast) -> None:
    row = answered(other := Cast(), rectification(Cast(other.unit)), now=db_now())
    proof = row.proofs.get()
    for path in (url(row), url(row, "print/"), url(row, "screenshot/"), f"/rectifications/proofs/{proof.pk}/"):
        page(client, cast.operator, path, 404)
    page(client, cast.operator, url(row, "answer/"), 404, text="x")
    client.force_login(cast.officer)
    assert b"".join(client.get(f"/rectifications/proofs/{proof.pk}/").streaming_content).startswith(b"%PDF")


def test_the_screenshot_of_the_check_is_shown_with_the_problem(client: Client, cast: Cast) -> None:
    row = rectification(cast)
    assert "检查截图" not in page(client, cast.operator, url(row))
    page(client, cast.operator, url(row, "screenshot/"), 404)
    sheet = row.finding.sheet  # type: ignore[union-attr]
    sheet.screenshot, sheet.screenshot_name = scan(), "截图.pdf"
    sheet.save()
    assert "检查截图" in page(client, cast.operator, url(row))
    client.force_login(cast.operator)
    assert b"".join(client.get(url(row, "screenshot/")).streaming_content).startswith(b"%PDF")


def test_who_answered_sees_no_button_to_verify(client: Client, cast: Cast) -> None:
    row = answered(cast, now=db_now())
    Rectification.objects.filter(pk=row.pk).update(answered_by=cast.officer)
    text = page(client, cast.officer, url(row))
    assert "由区政府办公室的另一人复核" in text
    assert "整改到位…" not in text


def test_it_is_reminded_from_the_board_once_a_day(client: Client, cast: Cast) -> None:
    row = rectification(cast)
    page(client, cast.officer, url(row, "remind/"), 302, next=BOARD)
    assert "已催办 1 次" in page(client, cast.officer, BOARD)
    assert "今天已经催办过" in page(client, cast.officer, url(row, "remind/"), 409, x="1")


# --- the supervisor -------------------------------------------------------------------------------------------------


def test_it_is_referred_and_decided_in_two_steps(client: Client, cast: Cast) -> None:
    row = overdue(cast)
    page(client, cast.officer, url(row, "refer/"), 302, reason="催办无果", read=rectifying.reading(row))
    assert "转负责人决定（1件）" in page(client, cast.supervisor, BOARD)
    row.refresh_from_db()
    text = page(client, cast.supervisor, url(row))
    assert "责令关停，并一票否决…" in text
    assert "延期一次…" not in page(client, cast.officer, url(row))

    path = url(row, "decide/order_and_veto/")
    text = page(client, cast.supervisor, path)
    assert "逾期 2 天" in text
    data = {"reason": "逾期不改", "close_on": "2027-01-31", "year": db_now().year, "read": rectifying.reading(row)}
    data["close_on"] = (db_now() + timedelta(days=9)).date().isoformat()
    text = page(client, cast.supervisor, path, **data)
    assert "还没有决定" in text
    assert not ClosureOrder.objects.exists()
    assert "逾期不改" in page(client, cast.supervisor, path, step="back", **data)
    page(client, cast.supervisor, path, 302, step="decide", **data)
    order, veto = ClosureOrder.objects.get(), AnnualVeto.objects.get()
    text = page(client, cast.operator, url(row))  # the unit sees both, and why
    assert order.number in text
    assert "年度，问题整改不到位" in text
    assert "逾期不改" in text
    page(client, cast.operator, path, 403)
    assert veto.unit == row.unit


def test_an_extension_needs_a_day_and_a_reason(client: Client, cast: Cast) -> None:
    row, now = overdue(cast), db_now()
    path, read = url(row, "decide/extend/"), rectifying.reading(row)
    text = page(client, cast.supervisor, path, 422, reason=" ", due_on="", read=read)
    assert "还有2处需要修改" in text
    day = (now + timedelta(days=10)).date().isoformat()
    page(client, cast.supervisor, path, 302, reason="平台申诉中", due_on=day, read=read)
    assert f"{day} 24:00" in page(client, cast.operator, url(row))
    page(client, cast.supervisor, url(row, "decide/other/"), 404)
    text = page(client, cast.supervisor, path)
    assert "现在不用决定" in text


def test_a_second_decision_from_an_older_page_is_refused(client: Client, cast: Cast) -> None:
    row = overdue(cast)
    read = rectifying.reading(row)
    deciding.decide(row.pk, Decision("let_be", "再等"), by=cast.supervisor, now=db_now())
    text = page(client, cast.supervisor, url(row, "decide/let_be/"), 409, reason="x", read=read)
    assert "又办理过" in text


# --- paper, workbook, vetoes ----------------------------------------------------------------------------------------


def test_the_notice_is_printed_with_its_problem_and_due_time(client: Client, cast: Cast) -> None:
    row = rectification(cast, account(cast.unit, name="示例街道发布"))
    text = page(client, cast.leader, url(row, "print/"))
    for words in ("整改通知书", row.number, "示例街道发布（抖音）", "把“截至”写成“截止”", "24:00 前完成整改"):
        assert words in text


def test_the_workbook_has_what_the_board_has(client: Client, cast: Cast) -> None:
    late, other = overdue(cast), from_above(Cast(), due_at=db_now() + timedelta(days=3))
    client.force_login(cast.officer)

    def rows(query: str = "") -> list[Any]:
        content = b"".join(client.get(f"/rectifications/export/{query}").streaming_content)
        return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=3, values_only=True))

    assert {row[0] for row in rows()} == {late.number, other.number}
    (only,) = rows("?only=late")
    assert only[0] == late.number
    assert only[8] == "是"
    assert [row[2] for row in rows("?source=upper")] == ["示例应急（新浪微博）"]
    client.force_login(cast.operator)
    assert [row[0] for row in rows()] == [late.number]


def test_vetoes_are_read_by_the_unit_and_revoked_by_the_supervisor_with_a_reason(client: Client, cast: Cast) -> None:
    assert "没有年度考核一票否决" in page(client, cast.operator, "/vetoes/")
    row = overdue(cast)
    deciding.decide(row.pk, Decision("veto", "逾期不改"), by=cast.supervisor, now=db_now())
    veto = AnnualVeto.objects.get()
    text = page(client, cast.leader, "/vetoes/")
    assert "逾期不改" in text
    assert "撤销…" not in text
    assert "逾期不改" not in page(client, Cast().operator, "/vetoes/")
    page(client, cast.officer, f"/vetoes/{veto.pk}/revoke/", 403)
    page(client, cast.supervisor, f"/vetoes/{veto.pk}/revoke/", 422, reason=" ")
    page(client, cast.supervisor, f"/vetoes/{veto.pk}/revoke/", 302, reason="申诉成立")
    assert "申诉成立" in page(client, cast.operator, "/vetoes/")
    assert "已经撤销" in page(client, cast.supervisor, f"/vetoes/{veto.pk}/revoke/", 409, reason="x")
