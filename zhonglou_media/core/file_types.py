"""What an upload is, told by its structure: never by its name, never by unpacking it or by drawing it.

A picture is walked to its end, a PDF has head and end, of a container (OFD, .docx, .xlsx) the central directory is read
and the heads of its parts. What is two things at once is refused: a picture or a PDF behind which a
zip ends, or another file begins. What phones put behind a picture (a second picture, a short film, notes of their own)
is none of these. Scripts in a PDF are not looked for: they run in no page of ours, and honest forms have them.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Sequence

from .errors import Refused

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
OFD = "application/ofd"
PICTURES = (JPEG, PNG)
PAPER = (PDF, *PICTURES)  # a signed paper, a screenshot: what every browser shows
ATTACHMENT = (*PAPER, OFD, DOCX, XLSX)
NAMES = {
    PDF: "PDF",
    JPEG: "JPG 图片",
    PNG: "PNG 图片",
    OFD: "OFD",
    DOCX: "Word 文档（.docx）",
    XLSX: "Excel 工作簿（.xlsx）",
}
ENDINGS = {
    PDF: (".pdf",),
    JPEG: (".jpg", ".jpeg"),
    PNG: (".png",),
    OFD: (".ofd",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
}

_SIDE, _PIXELS = 30_000, 250_000_000  # beyond any camera or scanner; a browser would take gigabytes to show it
_ENTRIES, _UNPACKED, _RATIO, _SMALL = 2000, 300 << 20, 200, 1 << 20
_TYPES, _HEAD = 256 << 10, 4096  # what is read of the list of parts, and of each other part
_ZIP, _END_OF_ZIP, _IN_ZIP = b"PK\x03\x04", b"PK\x05\x06", b"PK\x01\x02"
_END_OF_ZIP_SIZE, _COMMENT = 22, 65_535
_PDF, _END_OF_PDF, _PDF_WITHIN = b"%PDF-", b"%%EOF", 1024  # how far from either end readers look for these
_STARTS_A_PROGRAM = re.compile(rb"/S\s*/Launch\b")
_PNG, _END_OF_PNG = b"\x89PNG\r\n\x1a\n", b"IEND"
_JPEG = b"\xff\xd8\xff"
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in the coded part: no stuffed byte, no restart
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOF0–15
_MAIN_PART = {"OFD.xml": OFD, "word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_PARTS, _XML = "[Content_Types].xml", (".xml", ".rels", ".vml")
_DOCTYPE = re.compile(rb"<!\s*(?:doctype|entity)")
_LEADS_OUT = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[a-z]:")
_PROGRAMS = (".exe", ".dll", ".com", ".scr", ".msi", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".hta", ".lnk", ".jar")
BROKEN = "文件不完整或已损坏，请重新导出或重新拍照、扫描后上传。"
TWO_FILES = "文件里还藏着另一个文件，请用截屏、“另存为”或“打印成 PDF”重新生成后上传。"
TOO_WIDE = "图片的尺寸过大，请缩小后上传。"
MACROS = "文件带有宏，请另存为不带宏的 .docx、.xlsx，或另存为 PDF 后上传。"
LAUNCHES = "PDF 里带有启动程序的指令，请用“打印成 PDF”重新生成后上传。"
LOCKED = "文件加了密码，请去掉密码后上传。"
TOO_MANY_PARTS = "文件里的部件过多：文档请另存为 PDF 后上传；压缩包请解压后，把里面的文件逐个上传。"
SWOLLEN = "文件解开后过大，请压缩其中的图片，或另存为 PDF 后上传。"

# What people often send instead: how it begins (at an offset), and what to do.
_OLD = "这是旧版的 Word、Excel、WPS 文件（.doc、.xls、.wps），或加了密码的文件：请另存为 PDF、.docx 或 .xlsx 后上传。"
_PACKED = "这是压缩包：请解压后，把里面的文件逐个上传。"
_HEIC = "这是苹果手机的 HEIC 照片：请在手机“设置—相机—格式”里选“兼容性最佳”后重拍，或把照片另存为 JPG 后上传。"
_PICTURE = "这种图片请另存为 JPG 或 PNG，或截屏后上传。"
_FILM = "这是视频：请截取画面，存成图片后上传。"
_PAGE = "这是网页文件：请在浏览器里“打印成 PDF”，或截屏后上传。"
_OTHERS: tuple[tuple[int, Sequence[bytes], str], ...] = (
    (0, (b"\xd0\xcf\x11\xe0",), _OLD),
    (0, (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b"), _PACKED),
    (4, tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1")), _HEIC),
    (4, (b"ftyp",), _FILM),
    (0, (b"GIF8", b"BM", b"II*\x00", b"MM\x00*"), _PICTURE),
    (8, (b"WEBP",), _PICTURE),
    (0, (b"{\\rtf",), "请另存为 PDF 或 .docx 后上传。"),
)


def examine(content: bytes, allowed: Collection[str]) -> str:
    """The type of an upload, one of `allowed`.

    Raises Refused with a sentence that names what is taken and, where it can be told, what to do with this file.
    """
    if content.startswith(_ZIP) and content.count(_IN_ZIP) > _ENTRIES:  # before zipfile makes an object of each entry
        raise Refused(TOO_MANY_PARTS)
    kind = sniff(content)
    if kind not in allowed:
        taken = "、".join(NAMES[name] for name in allowed)
        raise Refused(f"上传的文件不是{taken}（按内容判断）。{_advice(content, kind)}")
    if kind == PDF:
        _check_pdf(content)
    elif kind in PICTURES:
        _check_picture(content, kind)
    else:
        _check_container(content)
    return kind


def sniff(content: bytes) -> str:
    """The type by the first bytes, of a container by its main part; '' when it is none we take."""
    if content.startswith(_ZIP):
        return next(iter(_kinds_of_zip(content)), "")
    return next((kind for magic, kind in ((_PDF, PDF), (_JPEG, JPEG), (_PNG, PNG)) if content.startswith(magic)), "")


def _advice(content: bytes, kind: str) -> str:
    """What to do with a file that is not taken here."""
    if kind in (OFD, DOCX, XLSX) or b"ppt/presentation.xml" in content or content[30:38] == b"mimetype":
        return "请另存为或打印成 PDF 后上传。"
    if content.startswith(_ZIP):
        return _PACKED
    if content[:512].lstrip(b"\xef\xbb\xbf \t\r\n\x00")[:1] == b"<":
        return _PAGE
    for offset, beginnings, said in _OTHERS:
        if content[offset:].startswith(tuple(beginnings)):
            return said
    return "请重新选择。"


# --- pictures and papers --------------------------------------------------------------------------------------------


def _check_pdf(content: bytes) -> None:
    end = content.rfind(_END_OF_PDF)
    if end < len(content) - _PDF_WITHIN or end < 0:
        raise Refused(BROKEN)
    _check_behind(content, end + len(_END_OF_PDF))
    if _STARTS_A_PROGRAM.search(content):
        raise Refused(LAUNCHES)


def _check_picture(content: bytes, kind: str) -> None:
    try:
        width, height, end = _walk_jpeg(content) if kind == JPEG else _walk_png(content)
    except (struct.error, IndexError):  # it ends in the middle
        raise Refused(BROKEN) from None
    if not width or not height:
        raise Refused(BROKEN)
    if max(width, height) > _SIDE or width * height > _PIXELS:
        raise Refused(TOO_WIDE)
    if _PDF in content[:_PDF_WITHIN]:
        raise Refused(TWO_FILES)
    _check_behind(content, end)


def _walk_png(content: bytes) -> tuple[int, int, int]:
    """Width, height, and where the picture ends."""
    length, name = struct.unpack_from(">I4s", content, len(_PNG))
    if (length, name) != (13, b"IHDR"):
        raise Refused(BROKEN)
    width, height = struct.unpack_from(">II", content, len(_PNG) + 8)
    at = len(_PNG)
    while name != _END_OF_PNG:
        length, name = struct.unpack_from(">I4s", content, at)
        at += 12 + length
    if at > len(content):
        raise Refused(BROKEN)
    return width, height, at


def _walk_jpeg(content: bytes) -> tuple[int, int, int]:
    """Width, height, and where the first picture in it ends: from marker to marker, over the coded parts."""
    width = height = 0
    at = 2
    while True:
        while content[at] == content[at + 1] == 0xFF:  # filling
            at += 1
        mark, code = content[at], content[at + 1]
        if mark != 0xFF:
            raise Refused(BROKEN)
        at += 2
        if code == 0xD9:  # the end
            return width, height, at
        (length,) = struct.unpack_from(">H", content, at)
        if code in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 3)
        at += length
        if code == 0xDA:  # a scan
            found = _NEXT_MARKER.search(content, at)
            if found is None or not width:
                raise Refused(BROKEN)
            at = found.start()


def _check_behind(content: bytes, end: int) -> None:
    """Refuse a zip that ends where the file ends, and another file that begins right behind this one."""
    if _is_zip_too(content):
        raise Refused(TWO_FILES)
    behind = content[end : end + 4096].lstrip(b"\x00\t\r\n ")
    if behind.startswith((b"<", _ZIP, _PDF, b"Rar!", b"7z\xbc\xaf", b"MZ", b"\x7fELF", b"#!")):
        raise Refused(TWO_FILES)


def _is_zip_too(content: bytes) -> bool:
    """Whether an archiver would open it: a directory of entries stands before an end whose comment ends the file."""
    start = max(len(content) - _END_OF_ZIP_SIZE - _COMMENT, 0)
    at = content.rfind(_END_OF_ZIP, start)
    while at >= 0:
        if at + _END_OF_ZIP_SIZE <= len(content):
            size, comment = struct.unpack_from("<I", content, at + 12)[0], struct.unpack_from("<H", content, at + 20)[0]
            is_last = at + _END_OF_ZIP_SIZE + comment == len(content)
            if is_last and (not size or content[max(at - size, 0) :].startswith(_IN_ZIP)):
                return True
        at = content.rfind(_END_OF_ZIP, start, at)
    return False


# --- containers -----------------------------------------------------------------------------------------------------

_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(EOFError, OSError, ValueError),
)


def _kinds_of_zip(content: bytes) -> list[str]:
    """What the names in its directory make it: none of a damaged one; several of one that is made to deceive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except _UNREADABLE:
        return []
    return [kind for part, kind in _MAIN_PART.items() if part in names and (kind == OFD or _PARTS in names)]


def _check_container(content: bytes) -> None:
    if len(_kinds_of_zip(content)) > 1:
        raise Refused(TWO_FILES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_entries(archive.infolist())
            _check_parts(archive)
    except _UNREADABLE:
        raise Refused(BROKEN) from None


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    names = {entry.filename.lower() for entry in entries}
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused(LOCKED)
    if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
        raise Refused(SWOLLEN)
    if any(entry.file_size > max(_SMALL, _RATIO * entry.compress_size) for entry in entries):
        raise Refused(SWOLLEN)
    # Before the first entry nothing stands; a name is there once, and leads nowhere but into the folder of the file.
    if len(names) != len(entries) or min(entry.header_offset for entry in entries) != 0:
        raise Refused(BROKEN)
    if any(_LEADS_OUT.search(name) for name in names):
        raise Refused(BROKEN)
    if any("vbaproject" in name for name in names):
        raise Refused(MACROS)
    if any(name.endswith(_PROGRAMS) for name in names):
        raise Refused(TWO_FILES)


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Macros under another name, which the types of the parts tell, and entities: the heads of the parts are read.

    Of the list of types at most 256 KB, of every other part 4 KB, for a DOCTYPE stands before all else.
    """
    for entry in archive.infolist():
        is_list = entry.filename == _PARTS
        if not is_list and not entry.filename.lower().endswith(_XML):
            continue
        with archive.open(entry) as stream:
            read = stream.read(_TYPES + 1 if is_list else _HEAD)
        if len(read) > _TYPES:
            raise Refused(SWOLLEN)
        text = read.replace(b"\x00", b"").lower()  # UTF-16
        if _DOCTYPE.search(text):
            raise Refused(BROKEN)
        if is_list and (b"macroenabled" in text or b"vbaproject" in text):
            raise Refused(MACROS)
