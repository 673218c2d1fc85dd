"""Uploaded files: judged by content, never by name, and stored once by their SM3 digest under MEDIA_ROOT.

What holds the words of citizens is kept `sealed` there; the digest is that of the content all the same.
"""

import hashlib
import io
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from django.conf import settings

from . import sealed as seals
from .errors import Refused
from .file_types import ATTACHMENT, DOCX, ENDINGS, JPEG, OFD, PAPER, PDF, PICTURES, PNG, XLSX, examine
from .models import File

__all__ = ("ATTACHMENT", "DOCX", "ENDINGS", "JPEG", "OFD", "PAPER", "PDF", "PICTURES", "PNG", "XLSX")
MAX_BYTES = 10 * 1024 * 1024
NAME_WIDTH = 200


class Readable(Protocol):
    """An upload, or any open binary file."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Checked:
    """An upload that may be kept, and is not yet: its content, type and SM3 digest."""

    content: bytes
    kind: str
    sm3: str

    @property
    def size(self) -> int:
        return len(self.content)


def check(upload: Readable, allowed: Collection[str] = PAPER) -> Checked:
    """Read an upload whose content is one of `allowed` types; nothing is stored.

    Raises Refused when it is empty, over 10 MB, of another type, or not sound.
    """
    content = upload.read(MAX_BYTES + 1)
    if not content:
        raise Refused("上传的文件是空的，请重新选择。")
    if len(content) > MAX_BYTES:
        raise Refused(f"上传的文件超过 {MAX_BYTES >> 20} MB，请压缩后重试。")
    return Checked(content, examine(content, allowed), hashlib.new("sm3", content).hexdigest())


def store(upload: Readable, allowed: Collection[str] = PAPER) -> File:
    """Keep an upload that passes `check`; the same content is kept once."""
    checked = check(upload, allowed)
    return keep(checked.content, checked.kind)


def safe_name(name: str, kind: str = "") -> str:
    """A file's name as it is kept and sent: no folders, nothing unseen, at most 200 characters, an ending of `kind`.

    Controls, line breaks and marks that turn the direction of writing go; 「a.exe」 of a PDF becomes 「a.exe.pdf」.
    """
    bare = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    bare = "".join(char for char in bare if unicodedata.category(char)[0] != "C")
    bare = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*]', "_", bare)).strip(" ")
    endings = ENDINGS.get(kind, ())
    ending = next((bare[-len(end) :] for end in endings if bare.lower().endswith(end)), "")
    stem = bare.removesuffix(ending).strip(" .") or "附件"
    ending = ending or next(iter(endings), "")
    return stem[: NAME_WIDTH - len(ending)] + ending


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
