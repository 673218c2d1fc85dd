"""Uploads: kept once by their digest; their names are safe to send."""

import io

import pytest

from tests.uploads import PDF, png
from zhonglou_media.core import files
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import File

pytestmark = pytest.mark.django_db
PNG = png()


def test_the_same_content_is_kept_once() -> None:
    first, second = files.store(io.BytesIO(PNG)), files.store(io.BytesIO(PNG))
    assert first == second
    assert (first.type, first.size, File.objects.count()) == ("image/png", len(PNG), 1)
    assert files.path_of(first.sm3).parent.name == first.sm3[:2]
    assert [p.name for p in files.path_of(first.sm3).parent.iterdir()] == [first.sm3[2:]]
    with files.open_file(first) as stored:
        assert stored.read() == PNG


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空的"),
        (b"<html><script>alert(1)</script>", "不是PDF"),
        (b"PK\x03\x04 a zip named scan.pdf", "不是PDF"),
        (PNG + b"x" * files.MAX_BYTES, "超过 10 MB"),
    ],
)
def test_other_content_is_refused_and_nothing_is_kept(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        files.store(io.BytesIO(content))
    assert not File.objects.exists()
    assert not files.path_of("0" * 64).parent.parent.exists()


def test_a_file_of_just_the_limit_is_taken() -> None:
    padded = PNG + b"\x00" * (files.MAX_BYTES - len(PNG))
    assert files.check(io.BytesIO(padded)).size == files.MAX_BYTES


def test_a_type_that_is_not_allowed_here_is_refused() -> None:
    with pytest.raises(Refused, match="不是PDF（"):
        files.store(io.BytesIO(PNG), [files.PDF])


def test_a_file_lost_from_the_store_is_told() -> None:
    file = files.store(io.BytesIO(PDF))
    files.path_of(file.sm3).unlink()
    with pytest.raises(Refused, match="备份"):
        files.open_file(file)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("签批件（示例）.pdf", "签批件（示例）.pdf"),
        ("扫描.PDF", "扫描.PDF"),
        ("../../etc/章程.pdf", "章程.pdf"),
        ("C:\\用户\\桌面\\章程.pdf", "章程.pdf"),
        ("章程\r\nSet-Cookie: a=b.pdf", "章程Set-Cookie_ a=b.pdf"),
        ("章程\u202efdp.exe", "章程fdp.exe.pdf"),  # shown backwards it would end in .pdf
        ("章\u200b程\x00.pdf", "章程.pdf"),
        ("a.exe", "a.exe.pdf"),
        ('<img src="x">.pdf', "_img src=_x__.pdf"),
        (".pdf", "附件.pdf"),
        ("", "附件.pdf"),
        ("  . 章程 .pdf", "章程.pdf"),
        ("很长" * 150 + ".pdf", "很长" * 98 + ".pdf"),
    ],
)
def test_a_name_is_safe_to_send_and_tells_the_type(given: str, kept: str) -> None:
    assert files.safe_name(given, files.PDF) == kept
    assert files.safe_name(kept, files.PDF) == kept
