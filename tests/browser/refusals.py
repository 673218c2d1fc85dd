"""Filings of a running portal brought by their use cases to where the story of refusals begins.

Run in the portal's own process by `manage.py shell`; prints the ids by name as JSON.
"""

import json
import tempfile
from datetime import datetime
from pathlib import Path

from accounts.models import Account, Unit
from filings import export_batches, unit_merging
from tests import factories
from tests.factories import Cast
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

REFUSED, RETURNED, UNDONE, GIVEN, MERGED = (f"示例{what}号" for what in ("不予", "退回", "撤销", "移交", "撤并"))
OLD_UNIT = "示例丁社区服务中心"


def cast(operator: str, leader: str) -> Cast:
    """The demo's people of one unit and of the office."""
    made = object.__new__(Cast)
    logins = {"operator": operator, "leader": leader, "officer": "officer", "supervisor": "supervisor"}
    for seat, login in logins.items():
        setattr(made, seat, User.objects.get(username=login))
    made.unit = Unit.objects.get(memberships__user__username=operator)
    return made


def account(of: Unit, name: str, now: datetime) -> Account:
    douyin, reason = factories.platform("douyin"), "服务不同的群众（示例）"
    return factories.account(of, now=now, name=name, uid=f"story-{name}", platform=douyin, same_platform_reason=reason)


def main() -> None:
    now = db_now()
    street, bureau = cast("operator", "leader"), cast("operator2", "leader2")
    closed = factories.closing("accepted", street, on=account(street.unit, RETURNED, now), now=now)
    with tempfile.TemporaryDirectory() as folder:  # what never went up cannot come back
        export_batches.export("national", by=street.officer, now=now, out=Path(folder) / "out.xlsx")
    made = {
        "returned": closed,
        "refused": factories.change("office_review", street, on=account(street.unit, REFUSED, now), now=now),
        "undone": factories.change("accepted", street, on=account(street.unit, UNDONE, now), now=now),
        "given": factories.change(
            "office_review", street, on=account(bureau.unit, GIVEN, now), now=now, same_platform_reason="并行（示例）"
        ),
    }
    old = factories.unit(OLD_UNIT)
    account(old, MERGED, now)
    admin = User.objects.get(username="admin")
    [draft] = unit_merging.merge(old.pk, street.unit.pk, document="示例〔2026〕1号", on=day_of(now), by=admin, now=now)
    ids = {name: filing.pk for name, filing in made.items()} | {"merged": draft.pk}
    accounts = {name: filing.account_id for name, filing in made.items()}
    print(json.dumps({"filings": ids, "accounts": accounts}))
