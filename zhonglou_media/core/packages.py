"""Zip packages as offices send them (xlsx, docx), looked over before anything parses them (D14).

Not a wall, a first net: what an honest package never holds is refused with a sentence at the cost of one reading.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from .errors import Refused

_RATIO, _PIECE, _TAIL = 100, 64 * 1024, 64
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_XML = (".xml", ".rels")
Look = Callable[[str, bytes], None]  # (entry, a piece of its XML): raises Refused for what must not stand there


@dataclass(frozen=True)
class Package:
    """A kind of package: the entries it cannot be without, and what is said of one that is not what it says."""

    required: frozenset[str]
    damaged: str
    swollen: str
    macros: str
    entries: int = 200


def preflight(content: BinaryIO, kind: Package, *, unpacked: int, look: Look | None = None) -> None:
    """Refuse what no honest package of that `kind` is: many or swollen entries, odd paths, macros, entities.

    `unpacked`: how many bytes it may hold, counted while reading and not only as declared. `look` is shown each XML
    entry piece by piece, without NUL (so that UTF-16 of ASCII is read too), each with the end of the one before.
    """
    try:
        with zipfile.ZipFile(content) as archive:
            entries = archive.infolist()
            _check_entries(entries, kind, unpacked)
            for entry in entries:
                if entry.filename.lower().endswith(_XML):
                    _check_xml(archive, entry, kind, unpacked, look)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise Refused(kind.damaged) from None


def _check_entries(entries: Sequence[zipfile.ZipInfo], kind: Package, unpacked: int) -> None:
    names = {entry.filename for entry in entries}
    if len(entries) > kind.entries or len(names) != len(entries):
        raise Refused(kind.damaged)
    if sum(entry.file_size for entry in entries) > unpacked or any(
        entry.file_size > _RATIO * max(entry.compress_size, 1024) for entry in entries
    ):
        raise Refused(kind.swollen)
    if any(".." in name or name.startswith("/") or "\\" in name for name in names):
        raise Refused(kind.damaged)
    if any("vbaproject" in name.lower() for name in names):
        raise Refused(kind.macros)
    if not kind.required <= names:
        raise Refused(kind.damaged)


def _check_xml(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, kind: Package, unpacked: int, look: Look | None
) -> None:
    read, tail = 0, b""
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            read += len(piece)
            if read > min(entry.file_size, unpacked):
                raise Refused(kind.damaged)
            seen = tail + piece.replace(b"\x00", b"")  # UTF-16 of ASCII
            if _DOCTYPE.search(seen):
                raise Refused(kind.damaged)
            if look is not None:
                look(entry.filename, seen)
            tail = seen[-_TAIL:]
