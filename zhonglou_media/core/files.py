"""Uploaded files: judged by content, never by name, and stored once by their SM3 digest under MEDIA_ROOT.

What holds the words of citizens is kept `sealed` there; the digest is that of the content all the same.
"""

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from django.conf import settings

from . import sealed as seals
from .errors import Refused
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


def keep(content: bytes | IO[bytes], kind: str, *, sealed: bool = False) -> File:
    """Store what the portal made or has checked; returns the row, also when it was there before.

    `content` may be a file, which is read a piece at a time from its start; `sealed`: encrypted on the disk.
    """
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    source.seek(0)
    digest = hashlib.file_digest(source, "sm3").hexdigest()  # type: ignore[arg-type]
    size = source.seek(0, os.SEEK_END)
    if not _is_kept(path_of(digest), sealed=sealed):
        source.seek(0)
        _write(source, path_of(digest), sealed=sealed)
    file, _ = File.objects.get_or_create(sm3=digest, defaults={"size": size, "type": kind})
    return file


def _is_kept(path: Path, *, sealed: bool) -> bool:
    """Whether it lies there already; what must be sealed only when it is, and by a key that we still have."""
    try:
        with path.open("rb") as stored:
            if not sealed:
                return True
            is_sealed = seals.is_sealed(stored.read(seals.HEAD))
            stored.seek(0)
            return is_sealed and seals.opens(stored)
    except FileNotFoundError:
        return False


def _write(source: IO[bytes], path: Path, *, sealed: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            if sealed:
                seals.seal_file(source, out)
            else:
                shutil.copyfileobj(source, out)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def open_file(file: File) -> BinaryIO:
    """The content, open for reading; of a sealed file in a temporary one without a name.

    Raises Refused when it is no longer in the store, or is sealed and cannot be opened.
    """
    try:
        stored = path_of(file.sm3).open("rb")
    except FileNotFoundError:
        raise Refused("文件已不在存储中，请联系系统管理员从备份恢复。") from None
    is_sealed = seals.is_sealed(stored.read(seals.HEAD))
    stored.seek(0)
    if not is_sealed:
        return stored
    with stored:
        plain = tempfile.TemporaryFile(prefix="unsealed-")  # noqa: SIM115 -- the caller closes it
        try:
            seals.unseal_file(stored, plain)
        except BaseException as error:
            plain.close()
            if isinstance(error, seals.Broken):
                raise Refused("文件无法解密：密钥已更换或文件已损坏，请联系系统管理员从备份恢复。") from error
            raise
    plain.seek(0)
    return cast(BinaryIO, plain)


def path_of(digest: str) -> Path:
    """Where the content with this SM3 digest lies."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest[2:]


def sniff(content: bytes) -> str:
    """The type by the first bytes; '' when it is none we take."""
    return next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
