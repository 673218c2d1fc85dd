"""A refusal that a view did not expect is a page with its sentence, never a 500."""

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from accounts.middleware import RefusalMiddleware
from accounts.models import Role
from tests.factories import unit, user
from zhonglou_media.core import files
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Difference, NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Job

pytestmark = pytest.mark.django_db


def answer(error: Exception) -> tuple[int, str] | None:
    request: HttpRequest = RequestFactory().post("/")
    request.user = user(Role.OPERATOR, unit())
    response = RefusalMiddleware(lambda _: None).process_exception(request, error)  # type: ignore[arg-type, return-value]
    return (response.status_code, response.content.decode()) if response is not None else None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAllowed("您不能填写备案。"), 403),
        (WrongState("这件备案已经报送。"), 409),
        (StaleReading("已有新的一版。", []), 409),
        (Refused("请写明理由。"), 422),
    ],
)
def test_it_says_why_with_the_status_of_the_refusal(error: Refused, status: int) -> None:
    told = answer(error)
    assert told is not None
    assert told[0] == status_of(error) == status
    assert f"<h1>{str(error).rstrip('。')}</h1>" in told[1]


def test_a_stale_reading_shows_the_difference() -> None:
    told = answer(StaleReading("已有新的一版。", [Difference("电话", "0003", "0007")]))
    assert told is not None
    assert "<del>0003</del>" in told[1]
    assert "<ins>0007</ins>" in told[1]


def test_other_errors_stay_errors() -> None:
    assert answer(ValueError("broken")) is None


def test_it_stands_in_the_way_of_every_request(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise WrongState("别人先办了这一件。")

    monkeypatch.setattr("zhonglou_media.portal.views.Paginator", refuse)
    client.force_login(user(Role.OPERATOR, unit()))
    shown = client.get("/notices/")
    assert shown.status_code == 409
    assert "别人先办了这一件" in shown.content.decode()


def test_refused_rows_whose_file_is_gone_are_a_page_that_says_so(client: Client) -> None:
    officer, now = user(Role.OFFICER), db_now()
    book = files.keep(b"PK\x03\x04 rows", files.XLSX)
    job = Job.objects.create(
        kind="import_registry", by=officer, created_at=now, finished_at=now, file=book, result={"new_units": []}
    )
    files.path_of(book.sm3).unlink()
    client.force_login(officer)
    shown = client.get(f"/accounts/import/{job.pk}/refused.xlsx")
    assert shown.status_code == 404
    assert "文件已不在存储中" in shown.content.decode()
