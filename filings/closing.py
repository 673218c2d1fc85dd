"""What a closure or cancellation (附件3) is judged by, and what it does to the register (第八条)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts import lifecycle
from accounts.models import Account, AccountState, Message, Unit
from filings import announcing
from filings.checks import Check, Level, Register
from filings.locks import ground_of, lock_account, lock_register
from filings.models import Attachment, ClosingDetails, Filing, FilingKind, Receipt
from filings.models.content import AttachmentKind
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User
from zhonglou_media.core.settings_at import setting


def prefill(unit: Unit, account: Account) -> dict[str, Any]:
    """What is known already: the number of followers, and an announcement drafted from the form."""
    return {"followers": account.followers, "notice_text": announcing.closing_text(account, {})}


def check(typed: Mapping[str, Any], *, filing: Filing) -> list[Check]:
    """The rules while it is typed (a form's `data`)."""
    days = str(typed.get("notice_days") or "")
    return _judge(filing, int(days) if days.isdecimal() else None, str(typed.get("notice_text") or ""))


def check_details(details: ClosingDetails, filing: Filing, register: Register | None = None) -> list[Check]:
    """The same for what is about to be frozen or approved."""
    return _judge(filing, details.notice_days, details.notice_text)


def _judge(filing: Filing, notice_days: int | None, notice_text: str) -> list[Check]:
    account = filing.registered
    found: list[Check] = []
    least = int(setting("notice_days", day_of(filing.created_at)))
    if least and (notice_days or 0) < least:
        text = f"本区设定停更公告至少公示 {least} 天，请核对公告期。"
        found.append(Check(Level.STOP, 8, "notice_days", "公告期不足", text))
    if notice_text and account.name not in notice_text:
        text = f"公告里没有写到账号名称“{account.name}”，请核对。"
        found.append(Check(Level.WARN, 8, "notice_text", "公告没有写明账号名称", text))
    elif notice_text:
        found.append(Check(Level.PASS, 8, "notice_text", "停更公告已填写"))
    waiting = open_questions(account).count()
    if waiting:
        text = "可以提交和报送；办结前须逐条回复，或转由承接账号答复（第十五条）。"
        found.append(Check(Level.WARN, 15, "successor", f"还有 {waiting} 条咨询没有办结", text))
    else:
        found.append(Check(Level.PASS, 15, "successor", "没有未办结的咨询"))
    text = "关停办结前账号仍在监测，请继续按周更新、按时回复（第十四、十五条）。"
    if account.state == AccountState.ACTIVE:
        found.append(Check(Level.WARN, 14, "effective_on", "办结前仍须正常更新", text))
    return found


def open_questions(account: Account) -> Any:
    """Consultations that nobody has answered and that are not handed to another account."""
    return Message.objects.unanswered().filter(account=account)


def approved(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """On approval: the account can still be closed. Raises Refused."""
    account = lock_register(filing)
    if account.state not in _closable(filing):
        raise Refused(f"现在不能批准：账号“{account.name}”现为“{account.get_state_display()}”。")


def _closable(filing: Filing) -> tuple[AccountState, ...]:
    closed = (AccountState.CLOSED,) if filing.kind == FilingKind.CANCEL else ()
    return (AccountState.ACTIVE, AccountState.CLOSING, *closed)


def accepted(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """审核通过: an active account is 拟关停 and stays watched; the announcement is public. Raises Refused."""
    account = lock_register(filing)
    if account.state == AccountState.ACTIVE:
        lifecycle.begin_closing(account, ground=ground_of(filing), by=by, role=role, now=now)
    elif account.state not in _closable(filing):
        raise Refused(f"账号“{account.name}”现为“{account.get_state_display()}”，不能办理关停。")
    announcing.publish(filing, by=by, role=role, now=now)


def undone(filing: Filing, *, by: User | None, role: str, now: datetime) -> None:
    """The acceptance is undone: 拟关停 goes back to 正常运行; a closed account stays closed."""
    account = lock_register(filing)
    if account.state == AccountState.CLOSING:
        lifecycle.undo_closing(account, ground=ground_of(filing), by=by, role=role, now=now)


def lacks(filing: Filing, now: datetime) -> str:
    """Completion waits for the date done on the platform, a cancellation for its proof as well."""
    if filing.effective_on is None or filing.effective_on > day_of(now):
        return "平台注销日期" if filing.kind == FilingKind.CANCEL else "停止更新日期"
    proofs = Attachment.objects.filter(filing=filing, kind=AttachmentKind.PROOF, removed_at__isnull=True)
    return "注销证明" if filing.kind == FilingKind.CANCEL and not proofs.exists() else ""


def complete(filing: Filing, receipts: list[Receipt], *, by: User | None, role: str, now: datetime) -> str:
    """Close or cancel the account; returns what stands in the way, or ''."""
    account = lock_account(filing)
    cancelled = filing.kind == FilingKind.CANCEL
    if account.state not in _closable(filing) or account.state == AccountState.ACTIVE:
        return f"账号“{account.name}”现为“{account.get_state_display()}”，不能办结关停。"
    waiting = open_questions(account).count()
    if waiting:
        return f"账号“{account.name}”还有 {waiting} 条咨询没有办结，请逐条回复，或转由承接账号答复（第十五条）。"
    if filing.closing.successor_id is not None:
        account.successor_id = filing.closing.successor_id
    lifecycle.end(account, cancelled=cancelled, ground=ground_of(filing), by=by, role=role, now=now)
    return ""
