"""Files of a filing: who may is asked before anything is stored; what comes next is said."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role
from filings import reporting
from filings.models import Filing
from tests.factories import NOW, PDF, Cast, opening, scan, unit, user
from zhonglou_media.core.models import File, User

pytestmark = pytest.mark.django_db


def post(who: User, url: str, data: dict[str, Any]) -> tuple[int, str]:
    client = Client()
    client.force_login(who)
    answer = client.post(url, data, follow=True)
    return answer.status_code, answer.content.decode()


def pdf(name: str = "章程.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF + name.encode())


@pytest.fixture
def above() -> tuple[Filing, User]:
    """A draft, and an operator of the parent unit: reads it, may do nothing to it."""
    parent = unit()
    return opening("draft", Cast(unit(parent=parent))), user(Role.OPERATOR, parent)


@pytest.mark.parametrize("step", ["basics", "review"])
@pytest.mark.parametrize("act", ["upload", "remove", "save"])
def test_a_parent_units_operator_changes_nothing(step: str, act: str, above: tuple[Filing, User]) -> None:
    filing, stranger = above
    kept = reporting.attach(filing.pk, by=filing.cast.operator, file=scan(), name="a.pdf", now=NOW)  # type: ignore[attr-defined]
    stored = File.objects.count()
    sent: dict[str, dict[str, Any]] = {
        "upload": {"go": "upload", "files": [pdf()]},
        "remove": {"remove": kept.pk},
        "save": {},
    }
    status, page = post(stranger, f"/filings/{filing.pk}/edit/{step}/", sent[act])
    assert status == 403
    assert "您不能填写备案" in page
    kept.refresh_from_db()
    assert kept.removed_at is None
    assert File.objects.count() == stored


def test_nothing_is_removed_once_it_is_frozen() -> None:
    filing = opening("leader_review")
    kept = filing.attachments.create(file=scan(), name="a.pdf", added_by=filing.cast.operator, added_at=NOW)  # type: ignore[attr-defined]
    status, page = post(filing.cast.operator, f"/filings/{filing.pk}/edit/review/", {"remove": kept.pk})  # type: ignore[attr-defined]
    assert status == 409
    assert "没有办成" in page


@pytest.mark.parametrize("state", ["draft", "leader_review"])
@pytest.mark.parametrize("files", [[], [pdf()]], ids=["without", "with"])
def test_a_supplement_of_what_is_not_frozen_or_not_approved_is_told_so(state: str, files: list[Any]) -> None:
    filing = opening(state)
    status, page = post(filing.cast.operator, f"/filings/{filing.pk}/supplement/", {"files": files})  # type: ignore[attr-defined]
    assert status == 409
    assert "没有办成" in page
    assert File.objects.count() == 0


@pytest.mark.parametrize("way", ["supplement", "paper", "paper/correct"])
def test_the_file_of_somebody_who_may_not_is_not_stored(way: str, above: tuple[Filing, User]) -> None:
    filing, stranger = above
    sent = {"files": [pdf()], "scan": pdf(), "leader_name": "示例", "approved_on": "2026-11-24"}
    assert post(stranger, f"/filings/{filing.pk}/{way}/", sent)[0] == 403
    assert File.objects.count() == 0


def test_a_signed_paper_for_a_filing_nobody_waits_for_is_not_stored() -> None:
    filing = opening("office_review")
    sent = {"scan": pdf(), "leader_name": "示例", "approved_on": "2026-11-24"}
    status, page = post(filing.cast.operator, f"/filings/{filing.pk}/paper/", sent)  # type: ignore[attr-defined]
    assert (status, File.objects.count()) == (409, 0)
    assert "现为“区府办审核”" in page


@pytest.mark.parametrize(
    ("state", "then"),
    [
        ("to_report", "报送区政府办公室"),
        ("office_review", "接下来由区政府办公室按新的一版审核"),
        ("accepted", "接下来由区政府办公室把更新的内容转上级系统"),
    ],
)
@pytest.mark.parametrize("what", ["a file", "words"])
def test_who_adds_something_is_told_what_comes_next(what: str, state: str, then: str) -> None:
    filing = opening(state)
    sent = {"files": [pdf()]} if what == "a file" else {"uid": filing.opening.uid, "remarks": "补充"}
    status, page = post(filing.cast.operator, f"/filings/{filing.pk}/supplement/", sent)  # type: ignore[attr-defined]
    assert status == 200
    assert "作为新的一版保存" in page
    assert then in page


def test_an_upload_to_a_draft_says_what_comes_next() -> None:
    filing = opening("draft")
    page = post(filing.cast.operator, f"/filings/{filing.pk}/edit/reasons/", {"go": "upload", "files": [pdf()]})[1]  # type: ignore[attr-defined]
    assert "已上传“章程.pdf”。填好各步后请提交领导审批。" in page
