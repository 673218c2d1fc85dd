"""Pages with files on them: pictures in the list, what is left near the limit, and one file of several refused."""

from collections.abc import Callable
from functools import partial

from playwright.sync_api import FilePayload, Page

from filings import drafting, reporting
from filings.models import Filing
from tests.browser.acts import press
from tests.browser.pages import Shot
from tests.browser.pages_changes import cast
from tests.browser.scene import Scene
from tests.factories import PDF
from tests.uploads import docx, jpeg, png
from zhonglou_media.core import files
from zhonglou_media.core.clock import db_now

Kwargs = Callable[[Scene], dict[str, object]]
SENT: list[FilePayload] = [
    {"name": "保密协议（示例）.pdf", "mimeType": "application/pdf", "buffer": PDF},
    {"name": "运维合同（示例）.doc", "mimeType": "application/msword", "buffer": b"\xd0\xcf\x11\xe0" + b"\x00" * 600},
    {"name": "手机照片（示例）.heic", "mimeType": "image/heic", "buffer": b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64},
]


def with_files(scene: Scene, *, step: str = "") -> dict[str, object]:
    """A draft of the street with sixteen files of twenty: pictures, a paper, a document."""
    name, people, now = "示例附件很多", cast(scene), db_now()
    filing = Filing.objects.filter(state="draft", draft__data__name=name).first()
    if filing is None:
        filing = drafting.start("open", by=people.operator, unit=people.unit, account=None, now=now)
        typed = {"platform": "toutiao", "name": name, "purpose": "示例"}
        drafting.save_draft(filing.pk, by=people.operator, data=typed, now=now)
        contents = {
            "二维码（示例）.png": (png(120, 120), files.PNG, "qr"),
            "主页截图（示例）.png": (png(320, 240), files.PNG, ""),
            "管理制度（示例）.docx": (docx(), files.DOCX, ""),
            "信息发布审核登记表扫描件，共三页，由综合办公室保存（示例）.pdf": (PDF, files.PDF, ""),
            **{f"审核登记照片{n}（示例）.jpg": (jpeg(note=b"%d" % n), files.JPEG, "") for n in range(1, 13)},
        }
        for title, (content, kind, what) in contents.items():
            kept = files.keep(content, kind)
            reporting.attach(filing.pk, by=people.operator, file=kept, name=title, kind=what, now=now)
    return {"pk": filing.pk, **({"step": step} if step else {})}


def send_three(page: Page, scene: Scene) -> None:
    """Of three files two are of a type that is not taken."""
    page.set_input_files("#id_files", SENT)
    press("[name=go][value=upload]")(page, scene)


STEP: Kwargs = partial(with_files, step="reasons")
FILES = [
    Shot("filings:edit", "operator", "files", STEP),
    Shot("filings:edit", "operator", "files-refused", STEP, act=send_three, status=422),
    Shot("filings:detail", "leader", "files", with_files),
]
