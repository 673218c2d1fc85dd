"""Uploaded files: judged by content, never by name, and stored once by their SM3 digest under MEDIA_ROOT."""

import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from .errors import Refused
from .events import sm3
from .models import File

MAX_BYTES = 10 * 1024 * 1024
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAPER = (PDF, JPEG, PNG)  # a signed paper, a screenshot
_NAMES = {PDF: "PDF", JPEG: "JPG 图片", PNG: "PNG 图片"}
_MAGIC = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))


class Readable(Protocol):
    """An upload, or any open binary file."""

    def read(self, size: int = -1, /) -> bytes: ...


def store(upload: Readable, allowed: Collection[str] = PAPER) -> File:
    """Keep an upload whose content is one of `allowed` types; the same content is kept once.

    Raises Refused when it is empty, over 10 MB, or of another type.
    """
    content = upload.read(MAX_BYTES + 1)
    if not content:
        raise Refused("上传的文件是空的，请重新选择。")
    if len(content) > MAX_BYTES:
        raise Refused(f"上传的文件超过 {MAX_BYTES >> 20} MB，请压缩后重试。")
    kind = sniff(content)
    if kind not in allowed:
        raise Refused(f"上传的文件不是{'、'.join(_NAMES[name] for name in allowed)}（按内容判断），请重新选择。")
    return keep(content, kind)


def keep(content: bytes, kind: str) -> File:
    """Store bytes the portal made or has checked; returns the row, also when it was there before."""
    digest = sm3(content)
    path = path_of(digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    file, _ = File.objects.get_or_create(sm3=digest, defaults={"size": len(content), "type": kind})
    return file


def open_file(file: File) -> BinaryIO:
    """The stored content, open for reading. Raises Refused when it is no longer in the store."""
    try:
        return path_of(file.sm3).open("rb")
    except FileNotFoundError:
        raise Refused("文件已不在存储中，请联系系统管理员从备份恢复。") from None


def path_of(digest: str) -> Path:
    """Where the content with this SM3 digest lies."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest[2:]


def sniff(content: bytes) -> str:
    """The type by the first bytes; '' when it is none we take."""
    return next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
