"""What the two systems above answer to a filing that was handed up (第八条); `export_batches` hands it up.

A filing is done when both systems have taken it, or do not apply to it (`applying.try_complete`).
"""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.policy import Action
from filings import applying, content, kinds, moves, reviewing
from filings.locks import lock_register
from filings.models import ExportItem, Filing, FilingState, Receipt, ReceiptResult, System
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused, StaleReading, WrongState
from zhonglou_media.core.models import User
from zhonglou_media.core.words import SYSTEM_NAMES

ACCEPTED = (FilingState.ACCEPTED,)
MAX_NUMBER = Receipt._meta.get_field("number").max_length or 64


def take_receipt(
    filing_id: int,
    *,
    system: str,
    result: str,
    number: str = "",
    on: date,
    reason: str = "",
    by: User | None,
    now: datetime,
    read: int | None = None,
) -> Receipt:
    """登记回执 of `system`, dated `on` (Shanghai): taken, refused (上级退回) or n/a (不适用).

    `on` is neither before the first approval nor after today.
    It counts for the revision last exported to that system; without an export, taken and n/a are of the present one.
    Then the filing completes, or keeps the receipt and names what stands in the way. `read` is the revision that the
    officer's page named as last exported (0: none); a workbook names none. Raises NotAllowed, WrongState, StaleReading
    (a refusal of another revision than was read), Refused.
    """
    system, result = System(system), ReceiptResult(result)
    with transaction.atomic():
        try:
            filing, role = _begin(filing_id, result, by)
        except WrongState as stands:
            raise _no_more(filing_id, system, result, stands) from stands
        receipt = Receipt(
            filing=filing,
            system=system,
            result=result,
            number=_clean_number(number),
            on=on,
            reason=_clean_reason(reason, result),
            revision=_revision_meant(filing, system, result),
            by=by,
            at=now,
        )
        if on > day_of(now):
            raise Refused(f"回执日期不能晚于今天（{day_of(now)}），请核对。")
        if filing.first_approved_on is not None and on < filing.first_approved_on:
            approved = f"主要领导批准本件的日期（{filing.first_approved_on}）"
            raise Refused(f"回执日期 {on} 早于{approved}，请核对。")
        _not_twice(filing, receipt)
        if result == ReceiptResult.REFUSED and read is not None and read != receipt.revision:
            raise _stale(filing, receipt, read)
        if result == ReceiptResult.REFUSED:
            _return_from_above(filing, receipt, role)
        else:
            _keep(filing, receipt, role)
    return receipt


def _begin(filing_id: int, result: ReceiptResult, by: User | None) -> tuple[Filing, str]:
    if result == ReceiptResult.REFUSED:
        return moves.begin(filing_id, "upper_return", Action.UPPER_RETURN, by=by)
    action = Action.RECEIPT if result == ReceiptResult.TAKEN else Action.NOT_APPLICABLE
    return moves.begin_within(filing_id, ACCEPTED, action, by=by)


def _no_more(filing_id: int, system: System, result: ReceiptResult, stands: WrongState) -> WrongState:
    """Why a filing that is not accepted takes no receipt: recorded already, not accepted yet, or at its end."""
    filing = Filing.objects.get(pk=filing_id)
    if filing.state == FilingState.COMPLETED:
        same, then = applying.standing_receipt(filing, system), "已办结"
    else:
        same, then = filing.receipts.filter(system=system, revision=filing.revision).last(), "已退回单位修改"
    if same is not None and same.result == result and filing.state in (FilingState.COMPLETED, FilingState.RETURNED):
        return WrongState(f"已登记（{same.on}），这件备案{then}，不用再登记。", by=same.by, at=same.at)
    if filing.is_live:
        now_is = f"这件备案现为“{filing.get_state_display()}”"
        return WrongState(f"{now_is}，审核通过以后才能登记回执。", by=stands.by, at=stands.at)
    return stands


def _stale(filing: Filing, receipt: Receipt, read: int) -> StaleReading:
    """上级退回 of a revision that is no longer the one last exported: perhaps the system refused the earlier one."""
    had = f"导出的是第{read}版" if read else "还没有导出"
    was, now_is = (filing.revisions.filter(number=number).first() for number in (read, receipt.revision))
    return StaleReading(
        f"没有办成：您打开这一页时{SYSTEM_NAMES[receipt.system]}{had}，现在最近导出的是第{receipt.revision}版。"
        "请核对上级退回的是哪一版，再登记。",
        content.difference(was.content, now_is.content) if was and now_is else [],
    )


def _return_from_above(filing: Filing, receipt: Receipt, role: str) -> None:
    """上级退回: back to the unit with the reason; a correction clock starts (row 10)."""
    receipt.save()
    filing.conflict = ""
    kinds.of(filing).undone(filing, by=receipt.by, role=role, now=receipt.at)
    reviewing.start_correction(filing, now=receipt.at)
    said = f"{receipt.get_system_display()}退回：{receipt.reason}"
    moves.finish(
        filing, "upper_return", by=receipt.by, role=role, now=receipt.at, comment=said, detail=_detail(filing, receipt)
    )


def _keep(filing: Filing, receipt: Receipt, role: str) -> None:
    lock_register(filing)
    receipt.save()
    said = f"{receipt}" + (f"（{receipt.number}）" if receipt.number else "")
    said += f"：{receipt.reason}" if receipt.reason else ""
    detail = _detail(filing, receipt)
    moves.finish(filing, "receipt", by=receipt.by, role=role, now=receipt.at, comment=said, detail=detail)
    applying.try_complete(filing, by=receipt.by, role=role, now=receipt.at)


def _detail(filing: Filing, receipt: Receipt) -> dict[str, object]:
    """What the event says beyond the filing's present revision: which one the system answered to."""
    meant = filing.revisions.get(number=receipt.revision)
    return {
        "system": receipt.system,
        "result": receipt.result,
        "number": receipt.number,
        "on": receipt.on.isoformat(),
        "revision": meant.number,
        "digest": meant.sm3,
    }


def last_export() -> int:
    """The last item exported to any system: how far a page that is read now knows of exports."""
    return ExportItem.objects.aggregate(last=Max("pk"))["last"] or 0


def exported_by(filing: Filing, system: str, seen: int) -> int:
    """The revision that had gone to `system` last when `seen` was the last item exported; 0: none had."""
    items = filing.exports.filter(system=system, pk__lte=seen)
    return items.aggregate(last=Max("revision"))["last"] or 0


def _revision_meant(filing: Filing, system: System, result: str) -> int:
    """The revision that went to `system` last; one it returned is out of its hands again."""
    if result == ReceiptResult.NOT_APPLICABLE:
        return filing.revision
    returned = (
        filing.receipts.filter(system=system, result=ReceiptResult.REFUSED).aggregate(n=Max("revision"))["n"] or 0
    )
    exported = filing.exports.filter(system=system, revision__gt=returned).order_by("-pk").first()
    if exported is None and result == ReceiptResult.REFUSED:
        raise Refused(f"这件备案的现行内容尚未导出到{SYSTEM_NAMES[system]}，不能登记它的退回。")
    return exported.revision if exported else filing.revision


def _not_twice(filing: Filing, receipt: Receipt) -> None:
    """A system that has answered is not asked again; only an update that went up later can still come back."""
    standing = applying.standing_receipt(filing, receipt.system)
    if standing is not None:
        if receipt.result == ReceiptResult.REFUSED and receipt.revision > standing.revision:
            return
        raise Refused(f"{standing}的回执已于{standing.on}登记，仍然有效，不用再登记。")
    same = filing.receipts.filter(system=receipt.system, revision=receipt.revision)
    if receipt.result != ReceiptResult.REFUSED and same.exclude(result=ReceiptResult.REFUSED).exists():
        where = SYSTEM_NAMES[receipt.system]
        raise Refused(
            f"{where}对第{receipt.revision}版的回执已登记；领导批准的内容此后有改动，"
            f"请先把第{filing.revision}版导出到{where}。"
        )


def _clean_number(number: str) -> str:
    number = number.strip()
    if len(number) > MAX_NUMBER:
        raise Refused(f"上级编号不能超过{MAX_NUMBER}个字，请核对。")
    if not number.isprintable():
        raise Refused("上级编号中有不可见的控制字符，请删去后重新填写。")
    return number


def _clean_reason(reason: str, result: str) -> str:
    if result == ReceiptResult.REFUSED:
        return moves.need_comment(reason, "上级退回的原因")
    if result == ReceiptResult.NOT_APPLICABLE:
        return moves.need_comment(reason, "不适用的理由")
    return reason.strip()


def complete_again(filing_id: int, *, by: User | None, now: datetime) -> Filing:
    """再试办结: both systems have answered, and what stood in the way may be cleared up by now.

    Raises NotAllowed, WrongState, or Refused that names what still does.
    """
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, ACCEPTED, Action.RECEIPT, by=by)
        if not applying.is_answered(filing):
            raise Refused("两个系统的回执还没有到齐，到齐后自动办结。")
        if lacks := kinds.of(filing).lacks(filing, now):
            raise Refused(f"仍不能办结：还缺{lacks}，请单位在“补充材料”里补齐，补齐后自动办结。")
        done = applying.try_complete(filing, by=by, role=role, now=now)
    if not done:
        raise Refused(f"仍不能办结：{filing.conflict}")
    return filing
