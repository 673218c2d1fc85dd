"""What is said after an act of recording, and of 改类型 before it: sentences, nothing is written."""

from datetime import datetime

from accounts import rules
from accounts.models import Account, Message, Publication
from accounts.models.account import ENDED
from zhonglou_media.core.countdown import due24, span


def published(row: Publication, now: datetime) -> str:
    account = account_of(row)
    what = f"“{account}”已登记发布{f'《{row.title}》' if row.title else ''}。"
    if account.state in ENDED:
        since = f"{account.get_state_display()}后又发布的，会提出“私自重新上线”预警。"
        return what + (since if row.published_at > account.state_since else "")
    if account.next_update_due_at is None:
        return what
    if account.next_update_due_at <= now:
        return f"{what}这一条之后仍已逾期：应于 {due24(account.next_update_due_at)} 前再次更新。"
    return f"{what}下次应在 {due24(account.next_update_due_at)} 前更新。"


def after_removal(account: Account, now: datetime) -> str:
    due = account.next_update_due_at
    if not due:
        return ""
    late = "" if due > now else "，已逾期，请尽快更新"
    return f"应更新时间按删除后的最近一次发布计算：{due24(due)} 前{late}。"


def due(row: Message, now: datetime) -> str:
    if row.reply_due_at is None:
        return f"{row.get_kind_display()}类留言不计回复期限。"
    if row.reply_due_at <= now:
        return f"应于 {due24(row.reply_due_at)} 前回复，已逾期 {span(now - row.reply_due_at)}，请尽快回复。"
    return f"请在 {due24(row.reply_due_at)} 前回复。"


def replied(row: Message) -> str:
    """What a reply means: in time, or late by how much."""
    if row.first_reply_at is None or row.reply_due_at is None:
        return "已登记回复。"
    if row.first_reply_at <= row.reply_due_at:
        return "已登记回复，在 24 小时内。"
    late = span(row.first_reply_at - row.reply_due_at)
    return f"已登记回复。比应回复时间晚 {late}，记为超时回复；有预警的，在下一次检查中解除。"


def overdue_as_inquiry(row: Message, now: datetime) -> datetime | None:
    """The due time that 改类型 to 咨询 gives it, where that has passed already: it is said first, and asked once."""
    if row.kind == row.Kind.INQUIRY or row.reply_due_at is not None or not row.is_open or not rules.judges(row.account):
        return None
    due = rules.reply_due(row.Kind.INQUIRY, row.asked_at)
    return due if due is not None and due <= now else None


def of_overdue(due: datetime | None) -> dict[str, str]:
    """What stands beside the kinds to choose from, and what is asked once 咨询 was chosen; '' where nothing is."""
    if due is None:
        return {"overdue_hint": "", "overdue_said": ""}
    until = f"应于 {due24(due)} 前回复"
    return {
        "overdue_hint": f"改为咨询的，从留言时间起计 24 小时，这一条会立即逾期（{until}）",
        "overdue_said": f"从留言时间起计 24 小时，{until}；再改回其他类型，期限仍然保留。请看清后再按“仍改为咨询”。",
    }


def account_of(row: Publication | Message) -> Account:
    """As it stands after the act, with its platform: two of one name are told apart by it."""
    return Account.objects.select_related("platform").get(pk=row.account_id)
