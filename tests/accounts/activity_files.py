"""Files of activity for tests of `import_activity`: rows in the order of `HEADS`, and what becomes of them."""

import csv
import io
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from accounts import activity_in
from accounts.activity_in import ActivityResult, NothingAccepted
from tests.factories import NOW
from zhonglou_media.core.models import User

PUBLICATIONS = ("平台", "账号名称", "账号ID", "外部编号", "标题", "链接", "发布时间", "是否原创")
MESSAGES = ("平台", "账号名称", "账号ID", "外部编号", "类型", "内容", "留言时间", "回复时间")
FOLLOWERS = ("平台", "账号名称", "账号ID", "日期", "粉丝数")
HEADS = {"publications": PUBLICATIONS, "messages": MESSAGES, "followers": FOLLOWERS}


def csv_of(
    folder: Path, kind: str, *rows: tuple[str, ...], heads: tuple[str, ...] = (), encoding: str = "utf-8"
) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([heads or HEADS[kind], *rows])
    path = folder / f"{kind}.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def p(
    external: str = "", when: str = "", *, title: str = "", url: str = "", original: str = "", **who: str
) -> tuple[str, ...]:
    """A row of publications."""
    return (*of(**who), external, title, url, when, original)


def m(
    external: str = "", when: str = "", kind: str = "咨询", *, body: str = "", reply: str = "", **who: str
) -> tuple[str, ...]:
    """A row of messages."""
    return (*of(**who), external, kind, body, when, reply)


def of(platform: str = "抖音", name: str = "示例发布", uid: str = "d1") -> tuple[str, str, str]:
    return (platform, name, uid)


def run(
    path: Path, kind: str = "publications", *, by: User | None = None, now: datetime = NOW, **more: Any
) -> ActivityResult:
    return activity_in.import_activity(path, kind=kind, by=by, now=now, **more)


def take(folder: Path, *rows: tuple[str, ...], kind: str = "publications", **more: Any) -> ActivityResult:
    return run(csv_of(folder, kind, *rows), kind, **more)


def reasons(folder: Path, *rows: tuple[str, ...], kind: str = "publications", **more: Any) -> dict[int, str]:
    """Why which row was refused, as its workbook says."""
    out = folder / "refused.xlsx"
    with suppress(NothingAccepted):
        take(folder, *rows, kind=kind, refused_to=out, **more)
    sheet = openpyxl.load_workbook(out).active
    assert sheet is not None
    return {row[0]: row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)}  # type: ignore[misc]
