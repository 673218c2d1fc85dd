"""The register as a workbook that `import_registry` reads back: what a person has filtered and may see; no phones."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.db.models import QuerySet

from accounts.flags import labels
from accounts.models import Account
from accounts.models.flag import FlagQuerySet
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

FLAGS = "预警"
HEADS = (
    *("主办单位", "平台", "账号类型", "账号名称", "账号ID", "链接", "状态", "备案编号", "全国系统编号", "全省平台编号"),
    *("最近更新", "下次应更新", "数据截至", "粉丝数", FLAGS, "备注"),
)
A_FETCH = 1000  # rows in memory at a time


def export(accounts: QuerySet[Account], target: Path | IO[bytes], *, flags: FlagQuerySet | None) -> None:
    """Write `accounts` in their order, a row each: two queries, however many rows. Raises OSError.

    With the open ones of `flags`, those the reader may see; without their column for who reads none (None).
    """
    heads = [head for head in HEADS if flags is not None or head != FLAGS]
    write_xlsx(target, [SheetOut("账号台账", heads, _rows(accounts, flags))])


def _rows(accounts: QuerySet[Account], seen: FlagQuerySet | None) -> Iterator[list[Any]]:
    flags = {} if seen is None else _open_flags(accounts, seen)
    for account in accounts.select_related("platform", "unit").iterator(chunk_size=A_FETCH):
        due = account.next_update_due_at
        yield [
            account.unit.name,
            account.platform.name,
            account.get_kind_display(),
            account.name,
            account.uid,
            account.link,
            account.get_state_display(),
            account.number,
            account.national_no,
            account.provincial_no,
            account.last_published_at,
            due24(due) if due else None,
            account.posts_known_until,
            account.followers,
            *([] if seen is None else ["、".join(flags.get(account.pk, ()))]),
            account.remarks,
        ]


def _open_flags(accounts: QuerySet[Account], seen: FlagQuerySet) -> dict[int, list[str]]:
    """The words of the open flags, by account; most accounts have none."""
    words: dict[int, list[str]] = defaultdict(list)
    flagged = seen.open().filter(account__in=accounts.order_by().values("pk"))
    for account_id, rule in flagged.order_by("account_id", "rule").values_list("account_id", "rule").distinct():
        words[account_id].append(labels[rule])
    return words
