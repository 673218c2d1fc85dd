"""What is late: questions (第十五条) and reports of filings (第八条). Waived lateness is none."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from accounts.flags import RuleCode
from accounts.models import Account, Flag, Message, Source
from accounts.models.account import ENDED, WATCHED
from filings.models import Filing
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.settings_at import setting

from .pre import Ask, Pre, account_url, listed, messages_url


def waived(rule: RuleCode, kind: str) -> Exists:
    """Whether the supervisor let the row off (免于追究)."""
    return Exists(
        Flag.objects.filter(rule=rule, fact_kind=kind, fact_id=OuterRef("pk"), waived_at__isnull=False).order_by()
    )


def replies(ask: Ask) -> dict[int, Pre]:
    """咨询留言超 24 小时未回复: 咨询 that fell due in the period, answered late or not by the check.

    Not what was withdrawn or handed to another account. A question without an answer counts as late where `slow_reply`
    says so (`accounts.rules`): typed here, known to its due time, or due so long ago that it counts as unanswered.
    """
    rows = Message.objects.filter(
        account__in=ask.accounts,
        reply_due_at__gt=ask.earliest,
        reply_due_at__lte=ask.as_of,
        withdrawn_at__isnull=True,
        handed_to__isnull=True,
    ).exclude(waived(RuleCode.SLOW_REPLY, "message"))
    of: dict[int, list[Message]] = defaultdict(list)
    wanted = rows.order_by("reply_due_at", "pk").only("account", "asked_at", "reply_due_at", "first_reply_at", "source")
    for message in wanted:
        if _due(message) > ask.since[message.account_id]:
            of[message.account_id].append(message)
    silent = ask.as_of - timedelta(days=setting("message_silence_days", day_of(ask.as_of)))
    return {account.pk: _replies(account, of[account.pk], silent, ask) for account in ask.accounts}


def _due(message: Message) -> datetime:
    if message.reply_due_at is None:
        raise LookupError(f"message {message.pk} has no due time")
    return message.reply_due_at


def _replies(account: Account, asked: list[Message], silent: datetime, ask: Ask) -> Pre:
    known, url = ask.known(account.messages_known_until), messages_url(account)
    if account.state not in (*WATCHED, *ENDED):
        return Pre(None, f"账号{account.get_state_display()}，没有监测留言，请人工核对", url)
    late = [message for message in asked if _late(message, known, silent)]
    waiting = [m for m in asked if m.first_reply_at is None and not _late(m, known, silent)]
    if late:
        named = listed([_told(message, ask) for message in late], "条")
        rest = f"；另有 {len(waiting)} 条是否回复待确认" if waiting else ""
        told = f"到期 {len(asked)} 条咨询，{len(late)} 条超时：{named}{rest}；{ask.until(known)}"
        return Pre(len(late), told, url, known)
    if waiting or known is None or known <= ask.since[account.pk]:
        what = f"{len(waiting)} 条到期咨询是否回复待确认" if waiting else "检查期内的留言待确认"
        return Pre(None, f"{what}，{ask.until(known)}", url, known, unknown=True)
    told = f"到期 {len(asked)} 条咨询，都按时回复" if asked else "检查期内没有到期的咨询"
    return Pre(0, f"{told}；{ask.until(known)}", url, known)


def _late(message: Message, known: datetime | None, silent: datetime) -> bool:
    due = _due(message)
    if message.first_reply_at is not None:
        return message.first_reply_at > due
    return message.source == Source.TYPED or due <= silent or (known is not None and due <= known)


def _told(message: Message, ask: Ask) -> str:
    reply = message.first_reply_at
    end = f"{ask.clock(reply)} 才回复" if reply is not None else "没有回复"
    return f"{ask.clock(message.asked_at)} 的咨询{end}"


def filings(ask: Ask) -> dict[int, Pre]:
    """未按期备案: filings of the account whose report fell due in the period and came late, or has not come.

    By the unit that has the account (or was merged into it). Not 暂定, not 未发生; one that another filing carries on
    (第八条, within 30 days) is counted there.
    """
    rows = Filing.objects.filter(
        Q(unit=F("account__unit")) | Q(unit__merged_into=F("account__unit")),
        account__in=ask.accounts,
        report_due_at__gt=ask.earliest,
        report_due_at__lte=ask.as_of,
        provisional=False,
        not_occurred=False,
        replaced_by__isnull=True,
    ).exclude(waived(RuleCode.OVERDUE_FILING, "filing"))
    of: dict[int, list[Filing]] = defaultdict(list)
    for filing in rows.order_by("report_due_at", "pk"):
        if filing.account_id is not None and _report_due(filing) > ask.since[filing.account_id]:
            of[filing.account_id].append(filing)
    return {account.pk: _filings(account, of[account.pk], ask) for account in ask.accounts}


def _report_due(filing: Filing) -> datetime:
    due: datetime | None = filing.report_due_at
    if due is None:
        raise LookupError(f"filing {filing.pk} has no due time")
    return due


def _filings(account: Account, due: list[Filing], ask: Ask) -> Pre:
    late = [filing for filing in due if filing.is_late or (filing.is_live and filing.first_reported_at is None)]
    url = reverse("filings:detail", args=[late[0].pk]) if len(late) == 1 else _filings_url(account, due)
    if not due:
        return Pre(0, "检查期内没有到期的备案", url, ask.as_of)
    if not late:
        return Pre(0, f"到期 {len(due)} 件备案，都按期报送", url, ask.as_of)
    named = listed([_reported(filing, ask) for filing in late], "件")
    return Pre(len(late), f"到期 {len(due)} 件备案，{len(late)} 件逾期：{named}", url, ask.as_of)


def _filings_url(account: Account, due: Iterable[Filing]) -> str:
    return reverse("filings:of_account", args=[account.pk]) if list(due) else account_url(account)


def _reported(filing: Filing, ask: Ask) -> str:
    at = filing.first_reported_at
    end = f"{ask.clock(at)} 才报送" if at is not None else "没有报送"
    return f"{filing.get_kind_display()}应于 {ask.moment(_report_due(filing))} 前报送，{end}"
