"""What a closure or cancellation (附件3) is judged by, and what it does to the register (第八条)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from accounts import activity_days, lifecycle
from accounts.models import Account, AccountState, Message, Unit
from filings import announcing
from filings.checks import Check, Level, Register, early
from filings.forms.closing import filled, followed
from filings.locks import ground_of, lock_register
from filings.models import ClosingDetails, ClosingReason, Filing, FilingKind, Receipt
from filings.models.content import AttachmentKind
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.day_field import read_day
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User

HANDED = "hand_questions"  # the verb of handing over: `filings/handing_questions.py`


@dataclass(frozen=True)
class Said:
    """What the rules read of a form, typed or frozen."""

    text: str
    text_on: date | None
    days: int | None
    effective_on: date | None
    due_on: date | None
    follows: str  # the account or channel that takes over
    retention: bool


def prefill(unit: Unit, account: Account) -> dict[str, Any]:
    """What is known already: the number of followers. The announcement is drafted by the form until somebody writes."""
    return {"followers": account.followers}


def check(typed: Mapping[str, Any], *, filing: Filing) -> list[Check]:
    """The rules while it is typed (a form's `data`)."""
    data = filled(filing, typed)
    days, reasons = str(data.get("notice_days") or ""), data.get("reasons")
    said = Said(
        text=str(data["notice_text"] or ""),
        text_on=read_day(data.get("notice_on")),
        days=int(days) if days.isdecimal() and len(days) < 9 else None,
        effective_on=read_day(data.get("effective_on")),
        due_on=read_day(data.get("due_on")),
        follows=followed(filing, data),
        retention=isinstance(reasons, list) and ClosingReason.RETENTION in reasons,
    )
    return list(_judge(filing, said, Register()))


def check_details(details: ClosingDetails, filing: Filing, register: Register | None = None) -> list[Check]:
    """The same for what is about to be frozen or approved."""
    said = Said(
        text=details.notice_text,
        text_on=details.notice_on,
        days=details.notice_days,
        effective_on=filing.effective_on,
        due_on=details.due_on,
        follows=details.successor.name if details.successor is not None else details.successor_channel,
        retention=ClosingReason.RETENTION in details.reasons,
    )
    return list(_judge(filing, said, register or Register()))


def _judge(filing: Filing, said: Said, register: Register) -> Iterator[Check]:
    account = filing.registered
    cancels = filing.kind == FilingKind.CANCEL
    day = "注销日期" if cancels else "停止更新日期"
    least = int(register.setting("notice_days", day_of(filing.created_at)))
    if least and (said.days or 0) < least:
        text = f"本区设定停更公告至少公示 {least} 天，请核对公告期。"
        yield Check(Level.STOP, 8, "notice_days", "公告期不足", text)
    missing = list(_not_announced(account, said, day))
    if announcing.has_blanks(said.text):
        text = f"审核通过时即公布，请写明；{day}还不知道的，公告里不写日期。"
        yield Check(Level.STOP, 8, "notice_text", "公告还有没填的空白", text)
    elif said.text and missing:
        text = f"公告里没有写到{'、'.join(missing)}，请核对，或按填写的内容重新起草。"
        yield Check(Level.WARN, 8, "notice_text", "公告与本表不一致", text)
    elif said.text:
        yield Check(Level.PASS, 8, "notice_text", "公告已起草，与本表一致")
    if said.text_on and said.effective_on and said.text_on > said.effective_on:
        text = f"公告日期 {said.text_on} 晚于{day} {said.effective_on}，应先公告再{'注销' if cancels else '停止更新'}。"
        yield Check(Level.WARN, 8, "notice_on", "公告在后", text)
    yield from early(filing, said.effective_on)
    if said.due_on and said.effective_on and said.effective_on > said.due_on:
        text = f"{day} {said.effective_on} 晚于决定要求办结的 {said.due_on}，请核对。"
        yield Check(Level.WARN, 9 if said.retention else 8, "effective_on", "晚于应办结日期", text)
    if said.follows:
        yield Check(Level.PASS, 7, "successor", f"已写明由“{said.follows}”承接")
    waiting = register.open_questions(account)
    if waiting:
        text = "不影响提交和报送；办结前须逐条回复，或转由承接账号答复。"
        yield Check(Level.WARN, 15, "successor", f"还有 {waiting} 条咨询没有办结", text)
    else:
        yield Check(Level.PASS, 15, "successor", "没有未办结的咨询")
    if account.state in (AccountState.ACTIVE, AccountState.CLOSING):
        yield Check(Level.PASS, 14, "effective_on", "办结前照常更新、回复", "办结以前账号仍在监测（第十四、十五条）。")


def _not_announced(account: Account, said: Said, day: str) -> Iterator[str]:
    """What of the form the announcement does not say: the account, the day, who takes over."""
    if account.name not in said.text:
        yield f"账号名称“{account.name}”"
    when = said.effective_on
    if when and announcing.in_words(when) not in said.text and f"{when}" not in said.text:
        yield f"{day}（{announcing.in_words(when)}）"
    if said.follows and said.follows not in said.text:
        yield f"承接的“{said.follows}”"


def open_questions(account: Account) -> Any:
    """Consultations that the account still owes an answer: its own, and those it took over from another."""
    return Message.objects.owed_by([account])


def due_at(filing: Filing) -> datetime | None:
    """By when a decision (责令, 不予保留) wants it done, exclusive; as typed before a freeze."""
    if filing.details is not None:
        day = filing.details.due_on
    else:
        draft = getattr(filing, "draft", None)
        day = read_day(draft.data.get("due_on")) if draft is not None else None
    return start_of(day + timedelta(days=1)) if day else None


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
    """Completion waits for the date done on the platform, a cancellation for its proof as well; '' when for nothing.

    A planned date that has come is the date, unless the unit postpones it.
    """
    cancels = filing.kind == FilingKind.CANCEL
    day = "平台注销日期" if cancels else "停止更新日期"
    wanted = []
    if filing.effective_on is None:
        wanted.append(day)
    elif filing.effective_on > day_of(now):
        wanted.append(f"{day}（计划 {filing.effective_on}，还没有到）")
    proofs = [file for file in filing.attachments.all() if file.kind == AttachmentKind.PROOF and not file.removed_at]
    if cancels and not proofs:
        wanted.append("注销证明")
    return "、".join(wanted)


def complete(filing: Filing, receipts: list[Receipt], *, by: User | None, role: str, now: datetime) -> str:
    """Close or cancel the account; returns what stands in the way, or ''.

    The account's row is locked before its questions are counted: one that is being recorded waits, or is seen.
    """
    account = lock_register(filing)
    cancelled = filing.kind == FilingKind.CANCEL
    if account.state not in _closable(filing) or account.state == AccountState.ACTIVE:
        return f"账号“{account.name}”现为“{account.get_state_display()}”，不能办结关停。"
    if open_questions(account).exists():  # how many is not said: one answered is no news to those who were told
        return f"账号“{account.name}”还有咨询没有办结，请逐条回复，或转由承接账号答复（第十五条）。"
    if filing.closing.successor is not None:
        followed_by = lifecycle.kept(filing.closing.successor)
        account.successor = followed_by if followed_by != account else None
    lifecycle.end(account, cancelled=cancelled, ground=ground_of(filing), by=by, role=role, now=now)
    return ""


def ended(filing: Filing, *, on_platform: bool | None, by: User | None, role: str, now: datetime) -> None:
    """Withdrawn or refused: what it handed over and nobody has answered is its account's again (第十五条)."""
    before = [
        (pk, taken_from)
        for event in events.timeline(filing).filter(verb=HANDED)
        for pk, taken_from in event.detail["messages"]
    ]
    waiting = Message.objects.filter(first_reply_at__isnull=True, withdrawn_at__isnull=True)
    rows = {row.pk: row for row in waiting.filter(pk__in=[pk for pk, _ in before])}
    for pk, taken_from in reversed(before):  # handed on twice: back to where it was first
        if pk in rows:
            rows[pk].handed_to_id = _stands_for(taken_from, rows[pk])
    Message.objects.bulk_update(rows.values(), ["handed_to"])
    recount(rows.values())
    for row in rows.values():
        events.append(row, "take_back", by=by, role=role, at=now, detail={"account": row.account_id})


def _stands_for(account_id: int | None, question: Message) -> int | None:
    """Who answers `question` in place of the account it was taken from: the row it was merged into; None its own."""
    if account_id is None:
        return None
    kept = lifecycle.kept(Account.objects.get(pk=account_id)).pk
    return kept if kept != question.account_id else None


def recount(rows: Collection[Message]) -> None:
    """Whose it is to answer has changed: the days on which these were asked are counted again."""
    for account_id in {row.account_id for row in rows}:
        days = sorted(day_of(row.asked_at) for row in rows if row.account_id == account_id)
        activity_days.recount_messages([account_id], days[0], days[-1])
