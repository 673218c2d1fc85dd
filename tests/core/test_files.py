"""Uploads: what they are is told by their content."""

import io

import pytest

from zhonglou_media.core import files
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import File

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


def test_the_same_content_is_kept_once() -> None:
    first, second = files.store(io.BytesIO(PNG)), files.store(io.BytesIO(PNG))
    assert first == second
    assert (first.type, first.size, File.objects.count()) == ("image/png", 28, 1)
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
        (b"\x89PNG\r\n\x1a\n" + b"x" * files.MAX_BYTES, "超过 10 MB"),
    ],
)
def test_other_content_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        files.store(io.BytesIO(content))
    assert not File.objects.exists()


def test_a_type_that_is_not_allowed_here_is_refused() -> None:
    with pytest.raises(Refused, match="不是PDF（"):
        files.store(io.BytesIO(PNG), [files.PDF])


def test_a_file_lost_from_the_store_is_told() -> None:
    file = files.store(io.BytesIO(b"%PDF-1.7 lost"))
    files.path_of(file.sm3).unlink()
    with pytest.raises(Refused, match="备份"):
        files.open_file(file)
