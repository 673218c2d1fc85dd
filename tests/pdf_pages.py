"""PDF → text and pictures, and .docx → PDF by LibreOffice: what a printed form looks like on paper. Tests only."""

import shutil
import struct
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2
import pytest

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "build" / "printing"
NO_SOFFICE = "没有 LibreOffice（PATH 中找不到 soffice），Word 表没有转成页面来看"


def soffice() -> str:
    """The path of LibreOffice: a tool of these tests alone, whose absence is a counted skip even where services must
    be there."""
    path = shutil.which("soffice")
    if path is None:
        pytest.skip(NO_SOFFICE)
    return path


def to_pdf(files: Sequence[Path], out: Path) -> list[Path]:
    """The .docx `files` as PDFs in `out`, by one call with a profile of its own."""
    with TemporaryDirectory(prefix="soffice-") as profile:
        subprocess.run(
            [
                soffice(),
                f"-env:UserInstallation=file://{profile}",
                *("--headless", "--convert-to", "pdf", "--outdir", str(out)),
                *map(str, files),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
    return [out / f"{path.stem}.pdf" for path in files]


def pages(pdf: Path | bytes) -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def forget(start: str) -> None:
    """Empty build/printing of the pictures whose names begin so: one of a case that is gone would mislead."""
    for path in PICTURES.glob(f"{start}*.png"):
        path.unlink(missing_ok=True)


def pictures(pdf: Path | bytes, name: str, *, most: int = 3) -> list[Path]:
    """The first pages as build/printing/<name>-<n>.png."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    document = pypdfium2.PdfDocument(pdf)
    made = []
    for number in range(min(len(document), most)):
        bitmap = document[number].render(scale=1.3, rev_byteorder=True, prefer_bgrx=True)
        path = PICTURES / f"{name}-{number + 1}.png"
        path.write_bytes(_png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride))
        made.append(path)
    document.close()
    return made


def _png(pixels: bytes, width: int, height: int, stride: int) -> bytes:
    """Four bytes a pixel, of which three count."""
    rows = []
    for top in range(0, stride * height, stride):
        line = bytearray(pixels[top : top + width * 4])
        del line[3::4]
        rows.append(b"\x00" + bytes(line))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(b"".join(rows), 1))
        + chunk(b"IEND", b"")
    )
