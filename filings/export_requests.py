"""补报: an account that goes up to a system outside of any filing, since its list and the register differ."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import policy
from accounts.models import Account, AccountState
from accounts.policy import Action
from filings.models import ExportMark, ExportRequest, System
from zhonglou_media.core import events
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import User
from zhonglou_media.core.words import SYSTEM_NAMES


def waiting(system: str) -> QuerySet[ExportRequest]:
    """What goes with the next export to `system`, the oldest first; a 作废 account is none of it."""
    found = ExportRequest.objects.filter(system=system, batch=None, dropped_at=None)
    return found.exclude(account__state=AccountState.VOID).order_by("at", "pk")


def request(account_id: int, *, system: str, mark: str, why: str, by: User, now: datetime) -> ExportRequest:
    """加入导出: `account_id` goes with the next export to `system` as `mark` (an `ExportMark`), for the reason `why`.

    Raises NotAllowed, Refused without a reason, WrongState when the account waits there already.
    """
    system, mark, why = System(system), ExportMark(mark), why.strip()
    if not why:
        raise Refused("请写明为什么补报这个账号。")
    with transaction.atomic():
        role = policy.require(by, Action.RECONCILE)
        account = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)
        if account.state == AccountState.VOID:
            raise WrongState(f"“{account.name}”已作废，不能补报。")
        there = waiting(system).select_related("by").filter(account=account).first()
        if there is not None:
            raise WrongState(f"“{account.name}”已在待导出{SYSTEM_NAMES[system]}的补报里。", by=there.by, at=there.at)
        made = ExportRequest.objects.create(system=system, account=account, mark=mark, why=why[:200], by=by, at=now)
        detail = {"request": made.pk, "system": system.value, "mark": mark.value}
        events.append(account, "request_export", by=by, role=role, at=now, comment=made.why, detail=detail)
    return made


def drop(request_id: int, *, by: User, now: datetime) -> ExportRequest:
    """取消补报 that no export has taken yet. Raises NotAllowed, or WrongState when it was exported or dropped."""
    with transaction.atomic():
        role = policy.require(by, Action.RECONCILE)
        found = ExportRequest.objects.select_for_update(of=("self",)).select_related("account").get(pk=request_id)
        if found.batch_id is not None or found.dropped_at is not None:
            raise WrongState(
                f"“{found.account.name}”的补报{'已经导出' if found.batch_id else '已经取消'}，不用再取消。"
            )
        _drop(found, by=by, role=role, now=now)
    return found


def follow(drop: Account, keep: Account, *, by: User, role: str, now: datetime) -> None:
    """`drop` becomes 作废 for `keep`: what waits goes on to `keep`; where that one waits already it is dropped.

    Both rows are locked by the caller.
    """
    found = ExportRequest.objects.select_for_update(of=("self",)).filter(account=drop, batch=None, dropped_at=None)
    for one in found.select_related("account").order_by("pk"):
        if waiting(one.system).filter(account=keep).exists():
            _drop(one, by=by, role=role, now=now)
        else:
            one.account = keep
            one.save(update_fields=["account"])


def _drop(found: ExportRequest, *, by: User, role: str, now: datetime) -> None:
    found.dropped_at = now
    found.save(update_fields=["dropped_at"])
    detail = {"request": found.pk, "system": found.system, "mark": found.mark}
    events.append(found.account, "drop_request", by=by, role=role, at=now, detail=detail)
