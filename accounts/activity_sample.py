"""样表: a file of activity to fill in, for each kind."""

from pathlib import Path
from types import MappingProxyType
from typing import IO

from accounts.activity_heads import COLUMNS, SILENT_WORDS, ActivityKind
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

K = ActivityKind
_ONE, _TWO = ("抖音", "示例账号一", "shili01"), ("微信", "示例账号二", "shili02")
_SILENT = ("微博", "示例账号三", "shili03")
# In the order that a person fills in: the account, the number it has on the platform, what it says.
HEADS = MappingProxyType(
    {
        K.PUBLICATIONS: ("platform", "name", "uid", "external", "title", "url", "at", "original"),
        K.MESSAGES: ("platform", "name", "uid", "external", "kind", "body", "at", "reply"),
        K.FOLLOWERS: ("platform", "name", "uid", "at", "count"),
    }
)
_ROWS = MappingProxyType(
    {
        K.PUBLICATIONS: (
            (*_ONE, "v1001", "示例：便民服务点开放", "https://example.com/v1001", "2026-11-20 09:30", "是"),
            (*_TWO, "w2001", "示例：转载天气提示", "", "2026-11-20 16:05", "否"),
            (*_SILENT, "", SILENT_WORDS[K.PUBLICATIONS], "", "", ""),
        ),
        K.MESSAGES: (
            (*_ONE, "q1001", "咨询", "示例：服务点几点开门？", "2026-11-20 09:30", "2026-11-20 11:10"),
            (*_TWO, "q2001", "建议", "示例：建议增加座椅", "2026-11-20 16:05", ""),
            (*_SILENT, "", "", SILENT_WORDS[K.MESSAGES], "", ""),
        ),
        # An account without a count has no row: 粉丝数 moves no 数据截至.
        K.FOLLOWERS: ((*_ONE, "2026-11-20", 12800), (*_TWO, "2026-11-20", 35210)),
    }
)


def write_sample(kind: ActivityKind, target: Path | IO[bytes]) -> None:
    """The table to fill in, with made-up rows; for publications and messages one of a silent account, too."""
    labels = {column.name: column.label for column in COLUMNS[kind]}
    write_xlsx(target, [SheetOut(kind.label, [labels[name] for name in HEADS[kind]], _ROWS[kind])])
