"""The columns of a file of activity, found by their heads; and whether the file is of the kind that was chosen."""

from pathlib import Path
from types import MappingProxyType

from django.db import models

from accounts.activity_shown import Heads
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.tables_in import NAME, PLATFORM, UID, Column, head_key
from zhonglou_media.core.tables_stream import Rows, open_rows


class ActivityKind(models.TextChoices):
    """What a file holds."""

    PUBLICATIONS = "publications", "发布"
    MESSAGES = "messages", "留言"
    FOLLOWERS = "followers", "粉丝数"


K = ActivityKind
_UNIT = Column("unit", "主办单位", ("单位", "unit"), ("单位",), if_clear=True)
_EXTERNAL = Column(
    "external",
    "外部编号",
    ("外部id", "作品id", "文章id", "留言id", "external_id"),
    ("编号",),
    without="账号",
)
_ACCOUNT = (_UNIT, PLATFORM, _EXTERNAL, NAME, UID)


def _times(*acts: str) -> tuple[str, ...]:
    return tuple(f"{act}{word}" for act in acts for word in ("时间", "日期"))


COLUMNS = MappingProxyType(
    {
        K.PUBLICATIONS: (
            *_ACCOUNT,
            Column("title", "标题", ("标题", "title"), ("标题",)),
            Column("url", "链接", ("链接", "网址", "url", "link"), ("链接", "网址"), without="账号"),
            Column("at", "发布时间", ("发布时间", "published_at"), _times("发布", "发表", "推送", "群发")),
            Column("original", "是否原创", ("是否原创", "原创", "original"), ("原创",)),
        ),
        K.MESSAGES: (
            *_ACCOUNT,
            Column("kind", "类型", ("类型", "留言类型", "kind"), ("类型", "类别"), without="账号"),
            Column("body", "内容", ("内容", "留言内容", "body"), ("内容",)),
            Column("at", "留言时间", ("留言时间", "asked_at"), _times("留言", "提问", "咨询")),
            Column("reply", "回复时间", ("回复时间", "首次回复时间", "replied_at"), _times("回复", "答复")),
        ),
        K.FOLLOWERS: (
            *(column for column in _ACCOUNT if column is not _EXTERNAL),
            Column("at", "日期", ("日期", "day", "date"), ("日期",)),
            Column("count", "粉丝数", ("粉丝", "粉丝数", "粉丝量", "followers"), ("粉丝",)),
        ),
    }
)
OWN = MappingProxyType({K.PUBLICATIONS: "at", K.MESSAGES: "at", K.FOLLOWERS: "count"})  # what no other kind has

SILENT_WORDS = MappingProxyType({K.PUBLICATIONS: "本期无发布", K.MESSAGES: "本期无留言", K.FOLLOWERS: "只写了账号"})


def open_activity(path: Path, kind: ActivityKind) -> Rows:
    """`open_rows` of a file of `kind`. Raises Refused also where its heads are those of another kind.

    One that has the own column of no kind says of accounts that they are silent.
    """
    rows = open_rows(path, COLUMNS[kind])
    if OWN[kind] in rows.columns:
        return rows
    for other, name in OWN.items():
        column = next(column for column in COLUMNS[other] if column.name == name)
        for head in rows.heads:
            if other != kind and (column.is_exact(head_key(head)) or column.is_partial(head_key(head))):
                raise Refused(f"文件里有“{head.strip()}”列，像是{other.label}数据；请改选“{other.label}”，或核对文件。")
    return rows


def heads_of(rows: Rows, kind: ActivityKind) -> Heads:
    """Which heads of the file were recognised; 主办单位 tells no activity."""
    read = [(column.label, rows.columns[column.name]) for column in COLUMNS[kind] if column.name in rows.columns]
    read = [(label, index) for label, index in read if label != _UNIT.label]
    used = {index for _, index in read}
    return Heads(
        tuple((label, rows.heads[index].strip()) for label, index in read),
        tuple(head.strip() for index, head in enumerate(rows.heads) if index not in used and head.strip()),
    )
