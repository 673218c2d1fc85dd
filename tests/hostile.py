"""Files that mean harm: workbooks that would eat a parser, files that are another type than they say, or two at once.

Each is made in moments and weighs little; what it would become is said beside it.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.uploads import PDF, TYPES, docx, jpeg, ofd, png, xlsx, zipped
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
Make = Callable[[], bytes]
HEADS = ["单位", "平台", "账号名称", "账号ID"]


def workbook(**changed: bytes) -> bytes:
    """A sound workbook with entries replaced or added; the sheet by the key `sheet`."""
    source = io.BytesIO()
    write_xlsx(source, [SheetOut("表", HEADS, [["示例局", "抖音", "示例发布", "d1"]])])
    made = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            key = "sheet" if "worksheets" in entry.filename else entry.filename
            new.writestr(entry.filename, changed.pop(key, old.read(entry)))
        for name, content in changed.items():
            new.writestr(name, content)
    return made.getvalue()


def sheet(data: str, behind: str = "", before: str = "") -> bytes:
    return f"{before}<worksheet {NAMESPACE}><sheetData>{data}</sheetData>{behind}</worksheet>".encode()


def said_otherwise(content: bytes, name: bytes, *, unpacked: int) -> bytes:
    """The archive whose directory says another size of the entry `name`."""
    made = bytearray(content)
    at = made.find(b"PK\x01\x02")
    while at >= 0:
        if made[at + 46 : at + 46 + len(name)] == name:
            made[at + 24 : at + 28] = struct.pack("<I", unpacked)
        at = made.find(b"PK\x01\x02", at + 46)
    return bytes(made)


def swollen(megabytes: int) -> tuple[bytes, int]:
    """So many MB of one letter as a deflated stream, and its checksum; made without making them."""
    piece = b"A" * (1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    checksum = 0
    for _ in range(megabytes):
        checksum = zlib.crc32(piece, checksum)
    return packed * megabytes + end, checksum


def raw_entry(content: bytes, name: str, packed: bytes, *, checksum: int, unpacked: int) -> bytes:
    """The archive with one more entry, given as it is stored."""
    end = content.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HII", content, end + 10)
    facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, checksum, len(packed), unpacked, len(name), 0)
    local = b"PK\x03\x04" + facts + name.encode() + packed
    central = b"PK\x01\x02" + b"\x14\x00" + facts + struct.pack("<HHHII", 0, 0, 0, 0, start) + name.encode()
    directory = content[start : start + size] + central
    last = struct.pack("<HHHHIIH", 0, 0, count + 1, count + 1, len(directory), start + len(local), 0)
    return content[:start] + local + directory + b"PK\x05\x06" + last


def without(content: bytes, name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def cell_of_400_mb(*, honest: bool) -> bytes:
    """A sheet of one cell with 400 MB of text in 400 KB; not `honest`: its directory says 1 KB."""
    packed, checksum = swollen(400)
    base = without(workbook(), SHEET)
    return raw_entry(base, SHEET, packed, checksum=checksum, unpacked=400 << 20 if honest else 1024)


def laughs() -> bytes:
    """Nine entities of ten of the one before: 10⁹ letters from a kilobyte."""
    kinds = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row>'
    return workbook(sheet=sheet(cell, before=f'<!DOCTYPE x [<!ENTITY e0 "ha">{kinds}]>'))


OUTSIDE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
TEXT = '<row r="1"><c r="A1" t="inlineStr"><is><t>&f;</t></is></c></row>'
BOMBS: dict[str, Make] = {
    "a cell at the edge of the world": lambda: workbook(
        sheet=sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    ),
    "its place in character references": lambda: workbook(
        sheet=sheet('<row r="1"><c r="A1"><v>1</v></c><c r="&#88;FD&#49;"><v>1</v></c></row>')
    ),
    "rows by millions": lambda: workbook(sheet=sheet('<row r="&#49;048576"><c r="A&#49;048576"><v>1</v></c></row>')),
    "one merged range": lambda: workbook(
        sheet=sheet("", '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')
    ),
    "a cell of 400 MB": lambda: cell_of_400_mb(honest=True),
    "a cell of 400 MB that says 1 KB": lambda: cell_of_400_mb(honest=False),
    "60,000 entries": lambda: workbook(**{f"xl/media/{n}": b"" for n in range(60_000)}),
    "one entry packed 1,000 to 1": lambda: workbook(**{"xl/media/image1.bin": b"\x00" * 20_000_000}),
    "an entity from a file": lambda: workbook(sheet=sheet(TEXT, before=OUTSIDE)),
    "a billion laughs": laughs,
    "a DOCTYPE in UTF-16": lambda: workbook(sheet=(OUTSIDE + f"<worksheet {NAMESPACE}/>").encode("utf-16")),
    "a way out of the folder": lambda: workbook(**{"../../../../etc/cron.d/x": b"x"}),
    "macros": lambda: workbook(**{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
    "shared texts with entities": lambda: workbook(**{"xl/sharedStrings.xml": OUTSIDE.encode() + b"<sst/>"}),
}
# What only a parser of tables would stumble over.
SPARSE = (
    *("a cell at the edge of the world", "its place in character references", "rows by millions"),
    "one merged range",
)
# What no endpoint takes, whatever it wants: name as it is sent, content.
RENAMED: dict[str, Make] = {
    "eicar.txt": lambda: EICAR,
    "eicar.pdf": lambda: EICAR,
    "页面.pdf": lambda: HTML,
    "页面.xlsx": lambda: HTML,
    "图标.png": lambda: SVG,
    "程序.jpg": lambda: b"MZ\x90\x00" + b"\x00" * 200,
    "脚本.jpg": lambda: b"\xff\xd8\xff\xe0<?php system($_GET[0]); ?>",
    "网页图.png": lambda: png() + HTML,
    "藏包.png": lambda: png() + zipped(**{"a.txt": "x"}),
    "藏包.jpg": lambda: jpeg() + zipped(**{"a.txt": "x"}),
    "藏包.pdf": lambda: PDF + zipped(**{"a.txt": "x"}),
    "藏页.pdf": lambda: PDF + HTML,
    "只有头.pdf": lambda: b"%PDF-1.7\n" + HTML,
    "启动.pdf": lambda: PDF.replace(b"<<>>", b"<</S /Launch /F (cmd.exe)>>"),
    "半张.jpg": lambda: jpeg()[:-2],
    "很大.png": lambda: png(60_000, 60_000),
    "旧版.docx": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "照片.jpg": lambda: b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64,
    "压缩包.docx": lambda: zipped(**{"a.txt": "x"}),
    "压缩包.pdf": lambda: b"Rar!\x1a\x07\x01\x00" + b"\x00" * 64,
    "两种.docx": lambda: docx(**{"OFD.xml": "<ofd:OFD/>", "xl/workbook.xml": "<workbook/>"}),
    "带宏.docx": lambda: docx(**{"[Content_Types].xml": TYPES.replace("/>", "><x t='macroEnabled'/>")}),
    "出去.ofd": lambda: ofd(**{"../evil.xml": "x"}),
    "带程序.xlsx": lambda: xlsx(**{"xl/setup.exe": "MZ"}),
    "空.pdf": lambda: b"",
}
