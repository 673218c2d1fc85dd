"""社会公告 (第八条): drafted from a form, public once the filing is accepted; a correction is a new one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import Account, Unit
from filings.models import Announcement, AnnouncementState, Filing
from zhonglou_media.core import events
from zhonglou_media.core.models import User


def closing_text(account: Account, typed: Mapping[str, Any]) -> str:
    """A 停更公告 as units write it, from what the form says so far."""
    day = str(typed.get("effective_on") or "").strip() or "____年__月__日"
    successor = str(typed.get("successor_name") or typed.get("successor_channel") or "").strip()
    then = f"后续信息敬请关注“{successor}”。" if successor else "感谢您一直以来的关注与支持。"
    return (
        f"根据工作需要，我单位政务新媒体账号“{account.name}”（{account.platform}）将于{day}起停止发布信息，"
        f"并启动关停程序。{then}\n特此公告。\n{account.unit.name}"
    )


def sponsor_text(account: Account, old: Unit, into: Unit, document: str) -> str:
    """The announcement of a new sponsor after a merger of units (第八条)."""
    return (
        f"根据{document}，政务新媒体账号“{account.name}”（{account.platform}）的主办单位由{old.name}变更为{into.name}。"
        f"\n特此公告。\n{into.name}"
    )


def change_text(filing: Filing, typed: Mapping[str, Any]) -> str:
    """The announcement of a new name or sponsor, from what the form says so far."""
    account = filing.registered
    was, name = account.name, str(typed.get("name") or "").strip() or account.name
    day = str(typed.get("effective_on") or "").strip() or "____年__月__日"
    moves = filing.unit_id != account.unit_id
    said = [f"更名为“{name}”"] if name != was else []
    said += [f"主办单位由{account.unit.name}变更为{filing.unit.name}"] if moves else []
    sponsor = "" if moves else f"，主办单位为{filing.unit.name}"
    what = "更名" if name != was and not moves else "变更"
    return (
        f"关于{account.platform}账号“{was}”{what}的公告\n"
        f"自{day}起，{account.platform}账号“{was}”{'，'.join(said)}{sponsor}，账号和关注关系不变。\n"
        f"特此公告。\n{filing.unit.name}"
    )


def publish(filing: Filing, *, by: User | None, now: datetime) -> Announcement | None:
    """Make the filed announcement public; one with the same text that is public already stands.

    Called by acceptance, in its transaction. None when the filing announces nothing.
    """
    details = filing.details
    if not details.notice_text:
        return None
    last = filing.announcements.filter(state=AnnouncementState.PUBLISHED).order_by("-id").first()
    if last is not None and last.text == details.notice_text:
        return last
    made = Announcement.objects.create(
        filing=filing,
        state=AnnouncementState.PUBLISHED,
        text=details.notice_text,
        on=details.notice_on,
        days=getattr(details, "notice_days", None),
        place=details.notice_place,
        link=details.notice_link,
        corrects=last,
        by=by,
        published_at=now,
    )
    events.append(made, "publish", by=by, role="", at=now, detail={"filing": filing.pk})
    return made
