"""社会公告 (第八条): drafted from a form, public once the filing is accepted; a correction is a new one."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts import policy
from accounts.models import Account, Unit
from accounts.policy import Action
from filings.models import Announcement, AnnouncementState, ClosingReason, Disposal, Filing, FilingKind
from filings.models.filing import DECIDED
from zhonglou_media.core import events
from zhonglou_media.core.day_field import read_day
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import Event, User

# Reasons as the public reads them; what is the office's own matter (责令, 失控, 事故) is 工作需要.
WHY: Mapping[str, str] = {
    ClosingReason.SIMILAR: "功能整合",
    ClosingReason.UNUSED: "用户关注度、利用率较低",
    ClosingReason.REFORM: "机构改革",
    ClosingReason.DOUBLE: "同一平台账号整合",
    ClosingReason.PLATFORM: "平台停止服务",
    ClosingReason.BURDEN: "为基层减负",
}
KEPT: Mapping[str, str] = {
    Disposal.KEEP: "历史内容保留可查",
    Disposal.ARCHIVE: "历史内容归档保存",
    Disposal.MIGRATE: "历史内容迁移到承接账号",
}


def closing_text(
    filing: Filing, *, reasons: Sequence[str], day: date | None, disposal: str = "", successor: str = ""
) -> str:
    """A 停更公告 as units write it, from what the form says so far; what it does not say yet is left out.

    `day` is the planned or actual one, `successor` the account or channel that the public follows from now on.
    """
    account, cancels = filing.registered, filing.kind == FilingKind.CANCEL
    ends = "注销" if cancels else "停止更新"
    when = f"自{in_words(day)}起{ends}" if day else f"拟{ends}"
    told = [WHY[one] for one in reasons if one in WHY]
    why = f"因{'、'.join(told)}" if told else "根据工作需要"
    kept = KEPT.get(disposal)
    then = f"今后政务信息请关注“{successor}”。" if successor else ""
    return (
        f"关于{account.platform}账号“{account.name}”{ends}的公告\n"
        f"{why}，{account.platform}账号“{account.name}”{when}{f'，{kept}' if kept and not cancels else ''}。"
        f"{then}感谢您一直以来的关注。\n特此公告。\n{filing.unit.name}"
    )


def has_blanks(text: str) -> bool:
    """Whether something in it is still to be filled in: 「____年__月__日」."""
    return bool(re.search(r"[_＿]{4}|[_＿]{2}\s*[年月日]", text))


def in_words(day: date) -> str:
    """2026年12月1日."""
    return f"{day.year}年{day.month}月{day.day}日"


def sponsor_text(account: Account, old: Unit, into: Unit, document: str) -> str:
    """The announcement of a new sponsor after a merger of units (第八条)."""
    return (
        f"关于{account.platform}账号“{account.name}”变更主办单位的公告\n"
        f"根据{document}，政务新媒体账号“{account.name}”（{account.platform}）的主办单位由{old.name}变更为{into.name}。"
        f"\n特此公告。\n{into.name}"
    )


def change_text(filing: Filing, typed: Mapping[str, Any]) -> str:
    """The announcement of a new name or sponsor, from what the form says so far."""
    account = filing.registered
    was, name = account.name, str(typed.get("name") or "").strip() or account.name
    made_on = read_day(typed.get("effective_on"))
    since = f"自{in_words(made_on)}起，" if made_on else ""
    moves = filing.unit_id != account.unit_id
    said = [f"更名为“{name}”"] if name != was else []
    said += [f"主办单位由{account.unit.name}变更为{filing.unit.name}"] if moves else []
    sponsor = "" if moves else f"，主办单位为{filing.unit.name}"
    what = "更名" if name != was and not moves else "变更"
    return (
        f"关于{account.platform}账号“{was}”{what}的公告\n"
        f"{since}{account.platform}账号“{was}”{'，'.join(said)}{sponsor}，账号和关注关系不变。\n"
        f"特此公告。\n{filing.unit.name}"
    )


def published() -> QuerySet[Announcement]:
    """What the public may read, the newest first."""
    return Announcement.objects.filter(state=AnnouncementState.PUBLISHED).order_by("-published_at", "-pk")


def standing(filing: Filing) -> Announcement | None:
    """The announcement of `filing` that is public and not corrected; None before there is one."""
    return published().filter(filing=filing).first()


def publish(filing: Filing, *, by: User | None, role: str, now: datetime) -> Announcement | None:
    """Make the filed announcement public: accepted again with the same words, what is public stands as it is, corrected
    meanwhile or not.

    Called by acceptance, in its transaction. None when the filing announces nothing. Raises Refused over a blank.
    """
    details = filing.details
    if not details.notice_text:
        return None
    if has_blanks(details.notice_text):
        raise Refused("公告还有没填的空白，通过后即公布，请退回单位填好。")
    last = standing(filing)
    if details.notice_text == _last_accepted(filing):
        return last
    told = {"on": details.notice_on, "place": details.notice_place, "link": details.notice_link}
    days = getattr(details, "notice_days", None)
    return _make(filing, last, True, text=details.notice_text, days=days, by=by, role=role, now=now, **told)


def _last_accepted(filing: Filing) -> str:
    """The text that an acceptance made public last, whatever corrected it since; '' before the first."""
    texts = dict(filing.announcements.values_list("pk", "text"))
    made = Event.objects.filter(subject_kind=Announcement._meta.model_name, subject_id__in=texts, verb="publish")
    said = [e.subject_id for e in made.order_by("seq") if e.detail.get("accepted", e.detail["corrects"] is None)]
    return next((texts[pk] for pk in reversed(said) if pk is not None), "")


def correct(
    filing_id: int,
    *,
    corrects: int,
    text: str,
    place: str = "",
    link: str = "",
    on: date | None = None,
    by: User,
    now: datetime,
) -> Announcement:
    """更正公告: a new announcement that names the public one `corrects`, which stays as it was.

    Raises NotAllowed, WrongState when another correction was first, Refused when nothing differs.
    """
    with transaction.atomic():
        filing = Filing.objects.for_decision(filing_id)
        role = policy.require(by, Action.ANNOUNCE, filing)
        if filing.state not in DECIDED:
            raise WrongState("这件备案的审核通过已撤销，公告待重新审核通过后公布，现在不能更正。")
        last = standing(filing)
        if last is None or last.pk != corrects:
            raise WrongState("刚刚有人更正过这条公告，请核对后再更正。", by=last.by if last else None)
        if not text.strip():
            raise Incomplete("还没有写公告内容。", {"text": ["请填写公告内容。"]})
        if (text, place, link) == (last.text, last.place, last.link):
            raise Refused("与已公布的公告相同，不用更正。")
        return _make(
            filing, last, False, text=text, days=last.days, on=on, place=place, link=link, by=by, role=role, now=now
        )


def _make(
    filing: Filing,
    last: Announcement | None,
    accepted: bool,
    *,
    by: User | None,
    role: str,
    now: datetime,
    **said: Any,
) -> Announcement:
    public = {"state": AnnouncementState.PUBLISHED, "published_at": now}
    made = Announcement.objects.create(filing=filing, corrects=last, by=by, **public, **said)
    detail = {"filing": filing.pk, "corrects": last.pk if last else None, "accepted": accepted}
    events.append(made, "publish", by=by, role=role, at=now, to_state=made.state, detail=detail)
    return made
