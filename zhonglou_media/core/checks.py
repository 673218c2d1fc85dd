"""System checks of the database: `manage.py check --deploy --database default` asserts that every guard is in place.

Only with `--deploy`: `migrate` runs the other checks first, and it is what puts the guards in place.
"""

from collections.abc import Sequence
from typing import Any

from django.core import checks

from . import guards


@checks.register(checks.Tags.database, deploy=True)
def guards_are_installed(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each trigger of `core.guards` exists in each database asked about."""
    return [
        checks.Error(f"数据库缺少防护触发器 {name}，请重新运行 manage.py migrate。", id="core.E001")
        for alias in databases or []
        for name in guards.missing(alias)
    ]
