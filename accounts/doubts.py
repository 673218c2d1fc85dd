"""What in a unit's records is probably no longer true: said beside the line that a confirmation would cover."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Account, AccountState, Custodian, Outsourcing
from accounts.models.account import WATCHED, OperationMode
from accounts.quarter import Line
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.countdown import due24

LONG_KEPT = timedelta(days=730)  # a custodian recorded so long ago is asked about
ENDS_SOON = timedelta(days=30)  # a contract


@dataclass(frozen=True)
class Doubt:
    """One sentence, its article, and the filed field that a change would begin with ('' for none)."""

    text: str
    article: int
    field: str = ""


def of(line: Line, now: datetime) -> list[Doubt]:
    """All doubts of an account, from the line alone: no query."""
    account = line.account
    found = [*_filed(account), *_kept(account, line.custodian, now), *_run(account, line.contract, now)]
    if account.state in WATCHED:
        found += _known(account, now)
    return found


def _filed(account: Account) -> Iterator[Doubt]:
    if account.state == AccountState.UNFILED:
        yield Doubt("还没有备案，请补报开办备案或关停", 8)
    if account.name_differs_since is not None:
        yield Doubt("名称与本单位其他平台的账号不一致", 6, "name")


def _kept(account: Account, custodian: Custodian | None, now: datetime) -> Iterator[Doubt]:
    """第十八条."""
    if custodian is None:
        if account.state in WATCHED:
            yield Doubt("没有登记在任的管理人员", 18, "custodian")
        return
    if account.state in WATCHED and custodian.name != account.custodian:
        filed = f"备案的是{account.custodian}" if account.custodian else "备案时没有填写"
        yield Doubt(f"登记的管理人员是{custodian.name}，{filed}，请办理变更报备", 18, "custodian")
    if custodian.to_date is not None:
        yield Doubt(f"{custodian.name}于 {custodian.to_date} 离任", 18, "custodian")
    elif day_of(now) - custodian.from_date > LONG_KEPT:
        yield Doubt(f"{custodian.name}自 {custodian.from_date} 管理至今，已超过两年，请核对", 18, "custodian")


def _run(account: Account, contract: Outsourcing | None, now: datetime) -> Iterator[Doubt]:
    """第十九条."""
    outsourced = account.operation_mode == OperationMode.OUTSOURCED
    if contract is None:
        if outsourced and account.state in WATCHED:
            yield Doubt("备案为委托运维，没有登记合同", 19, "operation_mode")
        return
    if not outsourced and account.state in WATCHED:
        yield Doubt(f"登记了委托{contract.vendor}运维，备案不是委托运维，请办理变更报备", 19, "operation_mode")
    elif account.vendor and account.vendor != contract.vendor:
        yield Doubt(f"登记的运维单位是{contract.vendor}，备案的是{account.vendor}，请办理变更报备", 19, "vendor")
    if not contract.reviewer:
        yield Doubt("没有登记本单位内容审核人", 19)
    if not contract.nda:
        yield Doubt("没有签订保密协议", 19)
    if contract.ends_on is not None and contract.ends_on - day_of(now) <= ENDS_SOON:
        over = contract.ends_on < day_of(now)
        yield Doubt(f"合同{'已于' if over else '将于'} {contract.ends_on} 到期", 19, "vendor")


def _known(account: Account, now: datetime) -> Iterator[Doubt]:
    """第十四条."""
    due, known = account.next_update_due_at, account.posts_known_until
    if due is not None and known is None:
        yield Doubt("还没有发布数据", 14)
    elif due is not None and known is not None and known < due <= now:
        yield Doubt(f"发布数据只到 {due24(known)}", 14)
