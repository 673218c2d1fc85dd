"""Small files as people send them, sound in their structure, and the pieces of those they should not."""

import io
import struct
import zipfile
import zlib

from tests.factories import PDF

__all__ = ("PDF",)


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 1, height: int = 1, note: bytes = b"") -> bytes:
    """A picture of one grey; `note` makes it another file."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    drawn = b"".join(b"\x00" + b"\x80" * width for _ in range(height)) if width * height < 1_000_000 else b""
    text = chunk(b"tEXt", b"Comment\x00" + note) if note else b""
    return b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", zlib.compress(drawn)) + chunk(b"IEND")


def jpeg(width: int = 8, height: int = 8, note: bytes = b"") -> bytes:
    """The skeleton of a photo: each part where it belongs, little in the coded one."""
    parts = [
        (0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        *([(0xFE, note)] if note else []),
        (0xDB, b"\x00" + b"\x01" * 64),
        (0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"),
        (0xC4, b"\x00" + b"\x01" + b"\x00" * 15 + b"\x00"),
        (0xC4, b"\x10" + b"\x01" + b"\x00" * 15 + b"\x00"),
        (0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    ]
    coded = b"".join(b"\xff" + bytes([code]) + struct.pack(">H", len(data) + 2) + data for code, data in parts)
    return b"\xff\xd8" + coded + b"\x3f\xff\x00\x7f" + b"\xff\xd9"


def zipped(**entries: bytes | str) -> bytes:
    """A zip of these entries: `{"a/b.xml": …}`."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
RELS = '<?xml version="1.0"?><Relationships/>'


def docx(**more: bytes | str) -> bytes:
    return zipped(**{"[Content_Types].xml": TYPES, "_rels/.rels": RELS, "word/document.xml": "<w:document/>", **more})


def xlsx(**more: bytes | str) -> bytes:
    return zipped(**{"[Content_Types].xml": TYPES, "_rels/.rels": RELS, "xl/workbook.xml": "<workbook/>", **more})


def ofd(**more: bytes | str) -> bytes:
    return zipped(**{"OFD.xml": "<ofd:OFD/>", "Doc_0/Document.xml": "<ofd:Document/>", **more})
