"""What `manage.py check --deploy --database default` asserts: every guard is in place, every node has the same keys.

Only with `--deploy`: `migrate` runs the other checks first, and it is what puts the guards in place.
"""

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection

from . import guards

NO_DATA_KEYS = (
    "没有设置 DATA_KEYS：使用 PostgreSQL 或 Redis 时可能有多台服务器，各台自动生成的数据密钥不同，"
    "一台加密的留言在另一台上无法显示。"
)


@checks.register(checks.Tags.database, deploy=True)
def guards_are_installed(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each trigger of `core.guards` exists in each database asked about."""
    return [
        checks.Error(f"数据库缺少防护触发器 {name}，请重新运行 manage.py migrate。", id="core.E001")
        for alias in databases or []
        for name in guards.missing(alias)
    ]


@checks.register(checks.Tags.security, deploy=True)
def data_keys_are_given(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Where there may be several nodes, what one seals must open on the others: no node makes a key of its own."""
    several = connection.vendor == "postgresql" or bool(settings.REDIS_URL)
    if not several or os.environ.get("DATA_KEYS", "").strip(" ,"):
        return []
    hint = "在各台服务器的环境变量（/etc/portal.env）里写同一个值；已经运行过的，用 VAR_DIR/data_key 里的内容。"
    return [checks.Error(NO_DATA_KEYS, hint=hint, id="core.E002")]
