"""附件 on the pages: of several files each by itself, what is shown and what only downloaded, the phone's camera."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext

from filings import reporting
from filings.models import Attachment
from tests.factories import NOW, Cast, opening
from tests.filings.test_attachments import MOST, set_from
from tests.uploads import PDF, docx, jpeg, ofd, png, xlsx
from zhonglou_media.core import files
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def there(content: bytes, kind: str, name: str) -> tuple[Any, Attachment]:
    filing = opening()
    kept = files.keep(content, kind)
    return filing, reporting.attach(filing.pk, by=filing.cast.operator, file=kept, name=name, now=NOW)  # type: ignore[attr-defined]


# --- several at once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["edit/reasons", "supplement"])
def test_of_several_files_a_bad_one_stops_only_itself(page: str) -> None:
    filing = opening("draft" if page.startswith("edit") else "office_review")
    sent = [file("一.pdf", PDF), file("旧.doc", b"\xd0\xcf\x11\xe0" + b"\x00" * 99), file("二.png", png())]
    sent.append(file("三.png", png() + b"<html>"))
    client = signed_in(filing.cast.operator)  # type: ignore[attr-defined]
    answer = client.post(f"/filings/{filing.pk}/{page}/", {"go": "upload", "files": sent, "purpose": "写了很久"})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "2个文件没有上传，其余2个已上传" in shown
    assert "“旧.doc”没有上传：上传的文件不是PDF" in shown
    assert "另存为 PDF、.docx 或 .xlsx" in shown
    assert "“三.png”没有上传：文件里还藏着另一个文件" in shown
    assert "已上传“一.pdf”、“二.png”" in shown
    assert list(filing.attachments.values_list("name", flat=True)) == ["一.pdf", "二.png"]


def test_one_file_too_many_is_named_and_the_others_stay() -> None:
    set_from(MOST, 2)
    filing = opening()
    sent = [file(f"{n}.png", png(note=str(n).encode())) for n in range(3)]
    sent.append(file("3.doc", b"\xd0\xcf\x11\xe0" + b"\x00" * 99))  # not even looked at
    client = signed_in(filing.cast.operator)  # type: ignore[attr-defined]
    shown = client.post(f"/filings/{filing.pk}/edit/reasons/", {"go": "upload", "files": sent}).content.decode()
    for name in ("2.png", "3.doc"):
        assert f"“{name}”没有上传：附件最多2个，请先移除不用的。" in shown
    assert "本件已有 2 个附件，不能再放" in shown
    assert "一件最多 2 个" in shown


# --- shown or downloaded --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "name", "inline"),
    [
        (PDF, files.PDF, "协议.pdf", True),
        (png(), files.PNG, "图.png", True),
        (jpeg(), files.JPEG, "照片.jpg", True),
        (docx(), files.DOCX, "制度.docx", False),
        (xlsx(), files.XLSX, "表.xlsx", False),
        (ofd(), files.OFD, "批复.ofd", False),
        (b"<script>alert(1)</script>", "text/html", "旧.html", False),  # none is taken; one that lay there before
        (b"<svg/>", "image/svg+xml", "旧.svg", False),
    ],
)
def test_only_what_runs_nothing_is_shown_in_the_browser(content: bytes, kind: str, name: str, inline: bool) -> None:
    filing, attachment = there(content, kind, name)
    client = signed_in(filing.cast.leader)
    address = f"/filings/files/{attachment.pk}/"
    answer = client.get(f"{address}?preview=1")
    assert answer["Content-Disposition"].startswith("inline" if inline else "attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"] or "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content) == content
    download = client.get(address)
    assert download["Content-Disposition"].startswith("attachment")
    assert "sandbox" in download["Content-Security-Policy"]
    download.close()
    shown = client.get(f"/filings/{filing.pk}/").content.decode()
    assert (f'aria-label="预览 {name}"' in shown) == inline
    assert f'aria-label="下载 {name}"' in shown


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("示例（一）.pdf", "filename*=utf-8''%E7%A4%BA%E4%BE%8B%EF%BC%88%E4%B8%80%EF%BC%89.pdf"),
        ('a"b\r\nX-Evil: 1.pdf', 'filename="a_bX-Evil_ 1.pdf"'),
        ("../../a\\b.pdf", 'filename="b.pdf"'),
        ("a\u202efdp.html", 'filename="afdp.html.pdf"'),
    ],
)
def test_a_name_that_was_kept_before_is_safe_when_it_is_sent(name: str, sent: str) -> None:
    filing, attachment = there(PDF, files.PDF, "a.pdf")
    Attachment.objects.filter(pk=attachment.pk).update(name=name)
    answer = signed_in(filing.cast.operator).get(f"/filings/files/{attachment.pk}/")
    assert answer["Content-Disposition"] == f"attachment; {sent}"
    answer.close()


def test_a_small_picture_is_seen_in_the_list_and_a_large_one_is_not_fetched_for_it() -> None:
    filing, small = there(png(), files.PNG, "小.png")
    big = files.keep(png() + b"\x00" * (3 << 20), files.PNG)
    large = reporting.attach(filing.pk, by=filing.cast.operator, file=big, name="大.png", now=NOW)
    shown = signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/").content.decode()
    assert f'<img src="/filings/files/{small.pk}/?preview=1"' in shown
    assert f'<img src="/filings/files/{large.pk}/' not in shown
    assert 'aria-label="预览 大.png"' in shown


def test_an_attachment_goes_to_nobody_who_may_not_see_the_filing() -> None:
    _, attachment = there(docx(), files.DOCX, "制度.docx")
    assert signed_in(Cast().operator).get(f"/filings/files/{attachment.pk}/?preview=1").status_code == 404


# --- the camera -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "page", "name"),
    [
        ("draft", "edit/reasons", "files"),
        ("office_review", "supplement", "files"),
        ("leader_review", "paper", "scan"),
    ],
)
def test_a_phone_may_photograph_the_paper(state: str, page: str, name: str) -> None:
    filing = opening(state)
    shown = signed_in(filing.cast.operator).get(f"/filings/{filing.pk}/{page}/").content.decode()  # type: ignore[attr-defined]
    photo = shown[: shown.index('capture="environment"')].rsplit("<input", 1)[1]
    assert f'name="{name}"' in photo
    assert 'accept="image/*"' in photo
    identity = photo.split('id="')[1].split('"')[0]
    assert f'for="{identity}"' in shown
    assert "拍照上传" in shown


def test_a_photo_comes_by_the_second_field_of_the_same_name() -> None:
    """Without script the form has two fields of one name, of which a phone fills one."""
    filing = opening("leader_review")
    sent = {"leader_name": "示例", "approved_on": "2026-11-24", "confirmed": "1", "scan": file("image.jpg", jpeg())}
    empty = b'--BoUnDaRyStRiNg\r\nContent-Disposition: form-data; name="scan"; filename=""\r\n\r\n\r\n'
    body = empty + encode_multipart(BOUNDARY, sent)
    client = signed_in(filing.cast.operator)  # type: ignore[attr-defined]
    assert client.generic("POST", f"/filings/{filing.pk}/paper/", body, MULTIPART_CONTENT).status_code == 302
    filing.refresh_from_db()
    assert filing.paper_scan is not None
    assert filing.paper_scan.type == files.JPEG


def test_the_step_with_the_files_costs_the_same_for_many() -> None:
    filing = opening()
    client = signed_in(filing.cast.operator)  # type: ignore[attr-defined]

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/filings/{filing.pk}/edit/reasons/").status_code == 200
        return len(captured)

    reporting.attach(filing.pk, by=filing.cast.operator, file=files.keep(png(), files.PNG), name="0", now=NOW)  # type: ignore[attr-defined]
    asked()
    before = asked()
    for n in range(1, 9):
        kept = files.keep(png(note=str(n).encode()), files.PNG)
        reporting.attach(filing.pk, by=filing.cast.operator, file=kept, name=str(n), now=NOW)  # type: ignore[attr-defined]
    assert asked() == before
