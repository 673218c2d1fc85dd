"""Files of a filing go only to who may see it; the lists of filings, 已办 and 我发起的."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from filings import reporting
from tests.factories import NOW, Cast, opening, scan, unit, user
from zhonglou_media.core import files
from zhonglou_media.core.models import File, User

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(response: Any) -> str:
    return str(response.content.decode())


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def body(response: Any) -> bytes:
    """The file sent; read to its end, as a server does, it is closed."""
    return b"".join(response.streaming_content)


# --- files ----------------------------------------------------------------------------------------------------------


def test_an_attachment_goes_only_to_who_may_see_the_filing() -> None:
    filing = opening()
    cast = filing.cast
    attachment = reporting.attach(filing.pk, by=cast.operator, file=scan(), name="协议（示例）.pdf", now=NOW)
    address = f"/filings/files/{attachment.pk}/"
    response = signed_in(cast.operator).get(address)
    assert body(response).startswith(b"%PDF")
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/pdf"
    preview = signed_in(cast.leader).get(f"{address}?preview=1")
    assert preview["Content-Disposition"].startswith("inline")
    body(preview)
    assert signed_in(Cast().operator).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_a_type_browsers_run_is_never_shown_inline() -> None:
    filing = opening()
    odd = files.keep(b"PK-workbook", files.XLSX)
    attachment = reporting.attach(filing.pk, by=filing.cast.operator, file=odd, name="表.xlsx", now=NOW)
    response = signed_in(filing.cast.operator).get(f"/filings/files/{attachment.pk}/?preview=1")
    assert response["Content-Disposition"].startswith("attachment")
    body(response)


def test_a_file_that_left_the_store_is_not_found() -> None:
    filing = opening()
    attachment = reporting.attach(filing.pk, by=filing.cast.operator, file=scan(), name="协议.pdf", now=NOW)
    files.path_of(File.objects.get(pk=attachment.file_id).sm3).unlink()
    assert signed_in(filing.cast.operator).get(f"/filings/files/{attachment.pk}/").status_code == 404


def test_the_signed_paper_goes_only_to_who_may_see_the_filing() -> None:
    filing = opening("to_report", paper=date(2026, 11, 24))
    address = f"/filings/{filing.pk}/paper/scan/"
    response = signed_in(filing.cast.officer).get(f"{address}?preview=1")
    assert response["Content-Disposition"].startswith("inline")
    body(response)
    assert signed_in(Cast().leader).get(address).status_code == 404
    assert (
        signed_in(filing.cast.operator).get(f"/filings/{opening('draft', filing.cast).pk}/paper/scan/").status_code
        == 404
    )


# --- lists ----------------------------------------------------------------------------------------------------------


def test_the_list_filters_by_state_kind_unit_and_words() -> None:
    one, two = opening("office_review", name="示例甲账号"), opening("draft", name="示例乙账号")
    officer = signed_in(one.cast.officer)
    for query, expected in (
        ("", {"示例甲账号", "示例乙账号"}),
        ("?state=draft", {"示例乙账号"}),
        ("?kind=open", {"示例甲账号", "示例乙账号"}),
        ("?state=completed", set()),
        (f"?unit={one.unit_id}", {"示例甲账号"}),
        ("?q=示例乙", {"示例乙账号"}),
        (f"?q={one.number}", {"示例甲账号"}),
        (f"?q={two.unit.name}", {"示例乙账号"}),
        ("?state=nonsense&page=99", {"示例甲账号", "示例乙账号"}),
    ):
        shown = page(officer.get(f"/filings/{query}"))
        assert {name for name in ("示例甲账号", "示例乙账号") if name in shown} == expected, query
    own = page(signed_in(two.cast.operator).get("/filings/"))
    assert "示例甲账号" not in own
    assert "示例乙账号" in own
    assert "没有符合条件的备案" in page(officer.get("/filings/?q=没有这个"))
    assert "还没有备案" in page(signed_in(Cast().operator).get("/filings/"))


def test_the_list_pages_and_costs_the_same_for_any_number_of_rows() -> None:
    cast = Cast()
    for code in ("douyin", "weibo"):
        opening("to_report", cast, platform=code)
    client = signed_in(cast.operator)
    before = queries(client, "/filings/")
    for n in range(21):
        opening("draft", cast, name=f"草稿{n}")
    opening("to_report", cast, platform="kuaishou")  # one with a countdown on the first page, as before
    assert queries(client, "/filings/") == before
    assert "第 21–24 条" in page(client.get("/filings/?page=2"))


def test_done_shows_what_i_handled_and_mine_what_i_began() -> None:
    filing = opening("to_report", name="示例甲账号")
    cast = filing.cast
    colleague = user(Role.OPERATOR, cast.unit)
    assert "主要领导批准" in page(signed_in(cast.leader).get("/done/"))
    assert "示例甲账号" in page(signed_in(cast.operator).get("/mine/"))
    assert "还没有办过" in page(signed_in(colleague).get("/done/"))
    assert "您还没有发起备案" in page(signed_in(colleague).get("/mine/"))
    assert "还没有办过" in page(signed_in(Cast(unit()).leader).get("/done/"))
