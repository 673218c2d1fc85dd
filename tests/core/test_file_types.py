"""What an upload is: told by its structure; what is two files at once, broken or swollen is refused with what to do."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.uploads import PDF, RELS, TYPES, chunk, docx, jpeg, ofd, png, xlsx, zipped
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.file_types import ATTACHMENT, DOCX, JPEG, OFD, PAPER, PNG, XLSX, examine
from zhonglou_media.core.file_types import PDF as PDF_TYPE

ZIP = zipped(**{"a.txt": "x"})
HTML = b"<html><script>alert(1)</script></html>"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


def encrypted() -> bytes:
    """A .docx whose entries say that they are locked."""
    content = bytearray(docx())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + at] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


def twice() -> bytes:
    """Two entries under one name: which one is read depends on the reader."""
    made = io.BytesIO(docx())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(made, "a") as archive:
        archive.writestr("word/document.xml", "<w:other/>")
    return made.getvalue()


# --- what people send -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, PDF_TYPE),
        (PDF + b"\x00" * 900, PDF_TYPE),  # a fax server fills up
        (PDF + b"2 0 obj<<>>endobj\n%%EOF\r\n", PDF_TYPE),  # signed, or saved again
        (PDF.replace(b"<<>>", b"<</S /JavaScript /JS (app.alert)>>"), PDF_TYPE),  # a form that checks itself
        (PDF.replace(b"<<>>", b"<</Launched 1 /Type /Launch>>"), PDF_TYPE),
        (png(), PNG),
        (png(640, 480, note=b"<html>"), PNG),
        (png() + b"left over by a snipping tool IEND\xaeB`\x82", PNG),
        (jpeg(), JPEG),
        (jpeg(4000, 3000, note=b"PK\x03\x04"), JPEG),
        (jpeg() + jpeg(), JPEG),  # the second picture of a phone
        (jpeg() + b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64, JPEG),  # a short film
        (jpeg() + b"SEFH\x00\x00PK\x05\x06\x00SEFT", JPEG),  # notes of a maker that happen to hold these letters
        (jpeg().replace(b"\xff\xda", b"\xff\xff\xff\xda"), JPEG),  # filling before a marker
        (docx(), DOCX),
        (docx(**{"word/media/image1.png": png(), "word/embeddings/table.xlsx": xlsx()}), DOCX),
        (docx(**{"word/big.xml": b"<w:p/>" * 150_000}), DOCX),  # 900 KB of the same
        (xlsx(**{"xl/worksheets/sheet1.xml": "<worksheet/>"}), XLSX),
        (ofd(), OFD),
        (ofd(**{"Doc_0\\Pages\\Page_0.xml": "<x/>"}), OFD),  # as some Windows tools write it
    ],
)  # fmt: skip
def test_honest_files_are_taken_for_what_they_are(content: bytes, kind: str) -> None:
    assert examine(content, ATTACHMENT) == kind


DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.xlsx")), ids=lambda path: path.name)
def test_workbooks_as_offices_send_them_are_taken(path: Path) -> None:
    assert examine(path.read_bytes(), ATTACHMENT) == XLSX


# --- what they should send otherwise --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "what_to_do"),
    [
        (OLD_WORD, "（.doc、.xls、.wps）.*另存为 PDF"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64, "HEIC.*兼容性最佳"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64, "视频"),
        (ZIP, "压缩包：请解压"),
        (b"Rar!\x1a\x07\x01\x00", "压缩包"),
        (b"7z\xbc\xaf\x27\x1c\x00", "压缩包"),
        (HTML, "网页"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "网页"),
        (b"GIF89a" + b"\x00" * 20, "另存为 JPG"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "另存为 JPG"),
        (b"BM" + b"\x00" * 40, "另存为 JPG"),
        (zipped(**{"[Content_Types].xml": TYPES, "ppt/presentation.xml": "<p/>"}), "打印成 PDF"),
        (b"{\\rtf1 x}", "另存为 PDF"),
        (EICAR, "请重新选择"),
        (b"MZ\x90\x00" + b"\x00" * 60, "请重新选择"),
        ("纯文本".encode("gb18030"), "请重新选择"),
        (b"PK\x03\x04 half a zip", "压缩包"),
    ],
)
def test_the_sentence_names_what_is_taken_and_what_to_do(content: bytes, what_to_do: str) -> None:
    with pytest.raises(Refused, match=f"不是PDF、JPG 图片、PNG 图片、OFD、Word 文档（.docx）、Excel .*{what_to_do}"):
        examine(content, ATTACHMENT)


@pytest.mark.parametrize("content", [docx(), xlsx(), ofd()])
def test_a_document_is_no_signed_paper_until_it_is_printed(content: bytes) -> None:
    with pytest.raises(Refused, match="不是PDF、JPG 图片、PNG 图片（按内容判断）。请另存为或打印成 PDF"):
        examine(content, PAPER)


# --- broken, swollen, or two at once --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: PDF[:-8], "不完整"),
        (lambda: PDF + b"x" * 2000, "不完整"),
        (lambda: b"%PDF-1.7\n" + HTML, "不完整"),
        (lambda: PDF + ZIP, "另一个文件"),
        (lambda: PDF + HTML, "另一个文件"),
        (lambda: PDF.replace(b"<<>>", b"<</S /Launch /F (cmd.exe)>>"), "启动程序"),
        (lambda: png()[:-4], "不完整"),
        (lambda: b"\x89PNG\r\n\x1a\n", "不完整"),
        (lambda: b"\x89PNG\r\n\x1a\n" + HTML, "不完整"),
        (lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IEND"), "不完整"),
        (lambda: png(0, 5), "不完整"),
        (lambda: png(60_000, 60_000), "尺寸过大"),
        (lambda: png() + HTML, "另一个文件"),
        (lambda: png() + ZIP, "另一个文件"),
        (lambda: png(note=b"x" * 5000) + b"y" * 9000 + ZIP, "另一个文件"),
        (lambda: png() + b"\n\n" + PDF, "另一个文件"),
        (lambda: png(note=PDF), "另一个文件"),
        (lambda: jpeg()[:-2], "不完整"),
        (lambda: jpeg()[:60], "不完整"),
        (lambda: b"\xff\xd8\xff\xe0" + b"<?php system($_GET[0]); ?>", "不完整"),
        (lambda: jpeg(0, 8), "不完整"),
        (lambda: jpeg(65_000, 65_000), "尺寸过大"),
        (lambda: jpeg() + ZIP, "另一个文件"),
        (lambda: jpeg() + HTML, "另一个文件"),
        (lambda: jpeg(note=b"%PDF-1.4"), "另一个文件"),
        (lambda: docx()[:-10], "不是"),
        (lambda: b"%!PS" + docx(), "不是"),
        (encrypted, "密码"),
        (twice, "损坏"),
        (lambda: docx(**{"xl/workbook.xml": "<workbook/>"}), "另一个文件"),
        (lambda: docx(**{"OFD.xml": "<ofd:OFD/>"}), "另一个文件"),
        (lambda: docx(**{"word/vbaProject.bin": "x"}), "宏"),
        (lambda: docx(**{"[Content_Types].xml": TYPES.replace("/>", "><x t='MacroEnabled'/>")}), "宏"),
        (lambda: docx(**{"[Content_Types].xml": "\ufeffvbaProject".encode("utf-16-le")}), "宏"),
        (lambda: docx(**{"word/styles.xml": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x/>'}), "损坏"),
        (lambda: docx(**{"word/styles.xml": '<!DOCTYPE x [<!ENTITY f "ha">]><x/>'.encode("utf-16")}), "损坏"),
        (lambda: docx(**{"../../evil.xml": "x"}), "损坏"),
        (lambda: docx(**{"..\\evil.xml": "x"}), "损坏"),
        (lambda: docx(**{"/etc/passwd": "x"}), "损坏"),
        (lambda: docx(**{"word/setup.exe": "x"}), "另一个文件"),
        (lambda: docx(**{"word/big.xml": b"\x00" * 5_000_000}), "解开后过大"),
        (lambda: docx(**{f"word/{n}.xml": b"" for n in range(2100)}), "部件过多"),
        (lambda: docx(**{"[Content_Types].xml": bytes(range(256)) * 1100}), "解开后过大"),
    ],
)
def test_what_is_broken_swollen_or_two_files_at_once_is_refused(make: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Refused, match=why):
        examine(make(), ATTACHMENT)


@pytest.mark.parametrize("main", ["word/document.xml", "photos/1.txt"])
def test_a_directory_of_very_many_entries_is_counted_and_never_listed(
    main: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is what stands there: the end record may say anything, and a zip64 one may say something else."""
    content = zipped(**{"[Content_Types].xml": TYPES, main: "<w:document/>"})
    place, end = content.find(b"PK\x01\x02"), content.rfind(b"PK\x05\x06")
    entry = content[place : content.find(b"PK\x01\x02", place + 1)]
    many = content[:place] + entry * 50_000 + content[place:end]
    size = len(many) - place
    many += content[end : end + 12] + struct.pack("<II", size, place) + b"\x00\x00"

    def opened(*_: object) -> None:
        pytest.fail("the directory was listed")

    monkeypatch.setattr("zhonglou_media.core.file_types.zipfile.ZipFile", opened)
    with pytest.raises(Refused, match=r"部件过多：文档请另存为 PDF.*压缩包请解压后"):
        examine(many, ATTACHMENT)


def test_entries_that_lie_about_their_size_are_not_unpacked_beyond_it() -> None:
    """The one entry that is read says 100 bytes and holds 5 MB: what is more than it says is not read."""
    content = bytearray(docx(**{"[Content_Types].xml": b"\x00" * 5_000_000 + b"macroEnabled", "_rels/.rels": RELS}))
    place = content.find(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 100)
    with pytest.raises(Refused):
        examine(bytes(content), ATTACHMENT)
