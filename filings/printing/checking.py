"""A template that the office uploads, checked before anything is printed with it.

Looked over here as a package; read and judged in a child process with limits (`docx_child`, `docx_judge`).
"""

import io
import zipfile
from collections.abc import Collection
from dataclasses import dataclass

from filings.models import PrintForm
from filings.printing import names, word
from filings.printing.docx_parts import DAMAGED, EMBEDDED, MACROS
from zhonglou_media.core import packages
from zhonglou_media.core.errors import Refused

MAX_BYTES, _UNPACKED, _XML = 2 * 1024 * 1024, 30 * 1024 * 1024, 2 * 1024 * 1024
WORD_FILE = packages.Package(
    required=frozenset({"[Content_Types].xml", "word/document.xml"}),
    damaged=DAMAGED,
    swollen="文档解开后过大，请删去或压缩图片后重试。",
    macros=MACROS,
)
# XML, pictures, fonts and a printer's settings: what a form is made of. All else would not be looked through.
_ENDINGS = ("/", ".xml", ".rels", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf", ".tif", ".tiff", ".odttf")
_UNREADABLE = "文档的写法无法识别，请用 Word 或 WPS 新建文档，重新排好表格和字段后再上传。"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class Faulty(Refused):
    """A template that cannot be used; `problems` are its sentences, one for each thing to put right."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Uses:
    """What a template prints and what it leaves out, as names."""

    used: list[str]
    left_out: list[str]


def check(content: bytes, form: PrintForm | str) -> Uses:
    """What `content` uses of the form's fields. Raises Refused when it is no sound .docx, Faulty for what it says."""
    look_over(content)
    lists = {name: [*row] for name, (_, row) in names.lists(form).items()}
    try:
        said = word.ask(content, known=dict(names.known(form)), lists=lists)
    except word.Failed as error:
        raise Faulty([word.TOO_MUCH if error.stopped else _UNREADABLE]) from error
    if problems := said.get("problems"):
        raise Faulty(problems)
    return uses(said["names"], form)


def uses(used: Collection[str], form: PrintForm | str) -> Uses:
    """Sorted as the form names them; a field printed as boxes is not left out."""
    every = [*names.known(form), *names.lists(form)]
    printed = {name.removesuffix(names.BOXES) for name in used}
    printed |= {"attachments"} if "files" in used else set()
    wanted = [name for name in every if not name.endswith(names.BOXES) and name != "files"]
    return Uses([name for name in every if name in used], [name for name in wanted if name not in printed])


# --- the package ----------------------------------------------------------------------------------------------------


def look_over(content: bytes) -> None:
    """Refuse what is no honest Word form: by its content, before anything parses it (D14)."""
    if not content:
        raise Refused("上传的文件是空的，请重新选择。")
    if len(content) > MAX_BYTES:
        raise Refused(f"模板超过 {MAX_BYTES >> 20} MB，请删去或压缩图片后重试。")
    if content.startswith(_OLE):
        raise Refused("这是旧版（.doc）或加密的 Word 文件，请另存为不加密的 .docx 后重试。")
    if not content.startswith(_ZIP):
        raise Refused(DAMAGED)
    packages.preflight(io.BytesIO(content), WORD_FILE, unpacked=_UNPACKED)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            name = entry.filename.lower()
            if name.endswith(".xml") and entry.file_size > _XML:
                raise Refused("文档内容过多，不像一张表；请只留表格本身。")
            if name.startswith(("word/embeddings/", "word/activex/")):
                raise Refused(EMBEDDED)
            if not name.endswith(_ENDINGS) and not name.startswith("word/printersettings/"):
                raise Refused(f"文档里有不认识的部分“{entry.filename[:60]}”，请用 Word 或 WPS 另存为 .docx 后重试。")
