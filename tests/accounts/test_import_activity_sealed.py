"""The files of an import of activity hold what citizens wrote: nothing of it lies in clear in the store."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Message, Role
from tests.factories import account, unit, user
from zhonglou_media.core import files, jobs
from zhonglou_media.core.models import Job, JobState
from zhonglou_media.core.tables_out import SheetOut, write_xlsx
from zhonglou_media.portal.jobs import KINDS

pytestmark = pytest.mark.django_db
BODY = "示例小区的路灯坏了"
HEADS = ["平台", "账号名称", "账号ID", "外部编号", "类型", "内容", "留言时间"]
ROWS = [
    ["抖音", "示例发布", "d1", "m1", "咨询", BODY, "2026-03-20 10:00"],
    ["抖音", "示例发布", "d1", "m2", "咨询", BODY, "去年冬天"],
]


def as_csv() -> bytes:
    return "\n".join(",".join(row) for row in [HEADS, *ROWS]).encode()


def as_xlsx() -> bytes:
    book = io.BytesIO()
    write_xlsx(book, [SheetOut("留言", HEADS, ROWS)])
    return book.getvalue()


@pytest.mark.parametrize(("name", "make"), [("留言.csv", as_csv), ("留言.xlsx", as_xlsx)], ids=["csv", "xlsx"])
def test_what_citizens_wrote_lies_nowhere_in_clear(client: Client, settings: Any, name: str, make: Any) -> None:
    on = account(unit("示例局"), name="示例发布", uid="d1")
    client.force_login(user(Role.OPERATOR, on.unit))
    content = make()
    client.post("/activity/import/", {"kind": "messages", "file": SimpleUploadedFile(name, content)})
    assert jobs.run_next(KINDS)
    job = Job.objects.get()
    assert (job.state, job.result["created"], job.result["refused"]) == (JobState.DONE, 1, 1)
    assert Message.objects.get().body == BODY
    assert job.source is not None
    assert job.file is not None
    stored = [path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert {files.path_of(file.sm3).read_bytes() for file in (job.source, job.file)} <= set(stored)
    for lying in stored:
        assert BODY.encode() not in lying
        assert not lying.startswith(b"PK")  # a workbook's words are packed, not hidden
    with files.open_file(job.source) as source:
        assert source.read() == content
    book = b"".join(client.get(f"/jobs/{job.pk}/file/").streaming_content)  # type: ignore[attr-defined]
    page = load_workbook(io.BytesIO(book)).active
    assert page is not None
    assert BODY in [cell for row in page.iter_rows(values_only=True) for cell in row]
