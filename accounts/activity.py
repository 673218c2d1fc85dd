"""What an operator records by hand: publications, questions and their replies, 确认数据截至现在 (第十四条、第十五条).

Each use case locks the account first (`due_times.lock`), checks, writes, counts again what follows from the facts and
appends its event last. Times are aware; `now` is the database's clock. Nothing is recorded ahead of it.

A `token` names one form: sent twice (a double tap on a phone), the second sending finds what the first has written.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models, transaction

from accounts import activity_days, due_times, rules
from accounts.models import Account, AccountState, Message, MessageKind, Publication
from accounts.models.account import GONE
from accounts.models.activity import Source
from accounts.policy import Action, may, require
from zhonglou_media.core import events
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, User

EARLIEST = datetime(2010, 1, 1, tzinfo=SHANGHAI)  # no such account is older: an earlier time is mistyped
TAKE_BACK = timedelta(minutes=10)  # how long a reply recorded by mistake can be taken back
SAME_TAP = timedelta(minutes=5)  # two sendings of one form with the same words lie that close together
TWICE = "这一分钟已登记过同样的一条，不用再登记。"
Row = TypeVar("Row", Publication, Message)
RECORDABLE = tuple(state for state in AccountState if state not in GONE)
WATERMARKS = ("posts_known_until", "messages_known_until")


# --- publications ---------------------------------------------------------------------------------------------------


@transaction.atomic
def publish(
    account_id: int,
    *,
    title: str = "",
    url: str = "",
    published_at: datetime,
    original: bool = False,
    reviewers: str = "",
    by: User,
    now: datetime,
    token: str = "",
) -> Publication:
    """登记一条发布: the account is known until then (only forward), its due time follows.

    WrongState when the same title was typed for this minute before, on another form or by a colleague.
    """
    account, role = _begin(account_id, by=by)
    _within("published_at", "发布时间", published_at, now)
    wanted = {"title": title, "url": url, "original": original, "reviewers": reviewers}
    sent = _sent_before(Publication.objects.filter(account=account), token)
    for row in sent:
        if _same_tap(row, wanted, row.published_at, published_at):
            return row
    alike = account.publications.filter(
        removed_at__isnull=True, title=title, **_typed_within("published_at", published_at)
    )
    if alike.exists():
        raise WrongState(TWICE)
    publication = Publication.objects.create(
        account=account,
        external_id=_external(token, len(sent)),
        published_at=published_at,
        source=Source.TYPED,
        **wanted,
    )
    if account.posts_known_until is None or account.posts_known_until < published_at:
        Account.objects.filter(pk=account_id).update(posts_known_until=published_at)
    _count_posts(publication)
    detail = {"account": account_id, "published_at": published_at.isoformat()}
    events.append(publication, "publish", by=by, role=role, at=now, comment=title, detail=detail)
    return publication


@transaction.atomic
def remove(publication_id: int, *, removed_at: datetime | None = None, by: User, now: datetime) -> Publication:
    """登记删除: it stays as a tombstone, and the due time may move back. WrongState when it was removed before."""
    publication, role = _publication(publication_id, by=by)
    if publication.removed_at is not None:
        _was_first("这条发布已登记删除", publication, "remove")
    when = removed_at or now
    if when < publication.published_at:
        raise _wrong("removed_at", f"删除时间不能早于发布时间（{_when(publication.published_at)}）。")
    _within("removed_at", "删除时间", when, now)
    publication.removed_at = when
    publication.save(update_fields=["removed_at"])
    _count_posts(publication)
    detail = {"account": publication.account_id, "removed_at": when.isoformat()}
    events.append(publication, "remove", by=by, role=role, at=now, comment=publication.title, detail=detail)
    return publication


@transaction.atomic
def restore(publication_id: int, *, by: User, now: datetime) -> Publication:
    """恢复: it was not removed, or is published again; it counts as before. WrongState when it stands already."""
    publication, role = _publication(publication_id, by=by)
    if publication.removed_at is None:
        _was_first("这条发布没有登记删除，不用恢复", publication, "restore")
    publication.removed_at = None
    publication.save(update_fields=["removed_at"])
    _count_posts(publication)
    detail = {"account": publication.account_id}
    events.append(publication, "restore", by=by, role=role, at=now, comment=publication.title, detail=detail)
    return publication


# --- questions ------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    account_id: int,
    *,
    kind: str = MessageKind.INQUIRY,
    body: str = "",
    asked_at: datetime,
    replied_at: datetime | None = None,
    by: User,
    now: datetime,
    token: str = "",
) -> Message:
    """登记一条留言, received now; a 咨询 is due 24 hours after it was asked, even if that is past.

    `replied_at`: it is recorded with its first reply, as `reply` would. WrongState as for `publish`.
    """
    account, role = _begin(account_id, by=by)
    _within("asked_at", "留言时间", asked_at, now)
    if replied_at is not None:
        _after("replied_at", "回复时间", replied_at, asked_at, now)
    sent = _sent_before(Message.objects.filter(account=account), token)
    for row in sent:
        if _same_tap(row, {"kind": kind, "body": body}, row.asked_at, asked_at):
            return row
    alike = account.messages.filter(withdrawn_at__isnull=True, kind=kind, **_typed_within("asked_at", asked_at))
    if any(str(row.body) == body for row in alike):  # sealed: only read it can be compared
        raise WrongState(TWICE)
    message = Message.objects.create(
        account=account,
        external_id=_external(token, len(sent)),
        kind=kind,
        body=body,
        asked_at=asked_at,
        received_at=now,
        reply_due_at=rules.reply_due(kind, asked_at),
        first_reply_at=replied_at,
        source=Source.TYPED,
    )
    _count_questions(message)
    _append(message, "ask", by=by, role=role, now=now, kind=kind, asked_at=asked_at.isoformat())
    if replied_at is not None:
        _append_reply(message, by=by, role=role, now=now)
    return message


@transaction.atomic
def reply(message_id: int, *, at: datetime | None = None, by: User, now: datetime) -> Message:
    """登记首次回复 at `at` (None: now): a late one clears the flag and stays late.

    WrongState when it was answered before (carries by whom and when it was recorded), withdrawn or handed over.
    """
    message, role = _message(message_id, by=by)
    if message.first_reply_at is not None:
        _was_first(f"这条留言已在 {_when(message.first_reply_at)} 回复", message, "reply")
    _still_open(message)
    message.first_reply_at = at or now
    _after("at", "回复时间", message.first_reply_at, message.asked_at, now)
    message.save(update_fields=["first_reply_at"])
    _count_questions(message)
    _append_reply(message, by=by, role=role, now=now)
    return message


@transaction.atomic
def unreply(message_id: int, *, by: User, now: datetime) -> Message:
    """登记错了，撤销: nobody has answered after all, and the question waits as before.

    Only who recorded the reply, within 10 minutes of it. WrongState when there is no reply (any more), or it came
    otherwise or too long ago; NotAllowed when somebody else recorded it.
    """
    message, role = _message(message_id, by=by)
    event = _reply_event(message)
    if message.first_reply_at is None:
        raise WrongState("这条留言现在没有登记回复，不用撤销。")
    if event is None:
        raise WrongState(f"这条留言在 {_when(message.first_reply_at)} 的回复不是在这里登记的，不能撤销。")
    if event.actor_id != by.pk:
        raise NotAllowed(f"这条回复由{event.actor}于 {_when(event.at)} 登记，须由登记人撤销。")
    if now - event.at > TAKE_BACK:
        raise WrongState(f"登记已超过 {TAKE_BACK.seconds // 60} 分钟，不能再撤销。", by=event.actor, at=event.at)
    was = message.first_reply_at
    message.first_reply_at = None
    message.save(update_fields=["first_reply_at"])
    _count_questions(message)
    _append(message, "unreply", by=by, role=role, now=now, replied_at=was.isoformat())
    return message


def may_unreply(message: Message, *, by: User, now: datetime) -> bool:
    """Whether the button of `unreply` stands on the page of the question."""
    if message.first_reply_at is None or message.withdrawn_at is not None:
        return False
    event = _reply_event(message)
    return event is not None and event.actor_id == by.pk and now - event.at <= TAKE_BACK


def _reply_event(message: Message) -> Event | None:
    """The record of the reply that stands; None when it was imported."""
    of_message = Event.objects.filter(subject_kind=events.kind_of(message), subject_id=message.pk, verb="reply")
    event = of_message.select_related("actor").order_by("-seq").first()
    if event is None or message.first_reply_at is None:
        return None
    return event if is_reply_of(event.detail["replied_at"], message) else None


def is_reply_of(recorded: str, message: Message) -> bool:
    """Whether a reply recorded at that moment is the one that stands; an import may have moved it within its minute."""
    when = message.first_reply_at
    return when is not None and abs(datetime.fromisoformat(recorded) - when) < timedelta(minutes=1)


@transaction.atomic
def reclassify(message_id: int, *, kind: str, by: User, now: datetime) -> Message:
    """改类型: a 咨询 is due 24 hours after it was asked, even if past; another kind loses only a due time yet ahead.

    From then on an import leaves the kind and the due time alone (`reclassified_at`).
    """
    message, role = _message(message_id, by=by)
    _still_open(message)
    was = message.kind
    if kind == was:
        return message
    message.kind = kind
    if kind == MessageKind.INQUIRY:
        message.reply_due_at = rules.reply_due(kind, message.asked_at)
    elif message.reply_due_at is not None and now < message.reply_due_at:
        message.reply_due_at = None
    message.reclassified_at = now
    message.save(update_fields=["kind", "reply_due_at", "reclassified_at"])
    _count_questions(message)
    _append(message, "reclassify", by=by, role=role, now=now, was=was, kind=kind)
    return message


@transaction.atomic
def withdraw_message(message_id: int, *, at: datetime | None = None, by: User, now: datetime) -> Message:
    """网民已撤回或删除: there is nothing left to answer. What was answered keeps its reply."""
    message, role = _message(message_id, by=by)
    if message.first_reply_at is not None:
        _was_first(f"这条留言已在 {_when(message.first_reply_at)} 回复，不用登记撤回", message, "reply")
    _still_open(message)
    when = at or now
    _after("at", "撤回时间", when, message.asked_at, now)
    message.withdrawn_at = when
    message.save(update_fields=["withdrawn_at"])
    _count_questions(message)
    _append(message, "withdraw_message", by=by, role=role, now=now, withdrawn_at=when.isoformat())
    return message


# --- 数据截至 -------------------------------------------------------------------------------------------------------


def confirm_known(account_id: int, *, by: User, now: datetime) -> int:
    """确认数据截至现在: what is not recorded of this account until `now` did not happen."""
    return confirm_all([account_id], by=by, now=now)


@transaction.atomic
def confirm_all(account_ids: Collection[int], *, by: User, now: datetime) -> int:
    """Both facts of these accounts are known until `now`, only forward: all or none; returns how many accounts."""
    accounts = due_times.lock(list(account_ids))
    roles = [allowed(account, by=by) for account in accounts]
    moved = []
    for account, role in zip(accounts, roles, strict=True):
        was = {name: getattr(account, name) for name in WATERMARKS}
        behind = {name: now for name, known in was.items() if known is None or known < now}
        if behind:
            Account.objects.filter(pk=account.pk).update(**behind)
            moved.append((account, role, {name: known and known.isoformat() for name, known in was.items()}))
    for account, role, detail in moved:
        events.append(account, "confirm_known", by=by, role=role, at=now, detail=detail)
    return len(accounts)


# --- what they share ------------------------------------------------------------------------------------------------


def _begin(account_id: int, *, by: User) -> tuple[Account, str]:
    """The account, locked, and the role that lets `by` record for it."""
    found = due_times.lock([account_id])
    if not found:
        raise Refused("没有这个账号，请返回后重新选择。")
    return found[0], allowed(found[0], by=by)


def allowed(account: Account, *, by: User) -> str:
    """The role in which `by` records for `account`; raises NotAllowed, or WrongState when it is cancelled or void."""
    role = require(by, Action.RECORD_ACTIVITY, account)
    if account.state not in RECORDABLE:
        raise WrongState(f"账号“{account.name}”现为{account.get_state_display()}，不再登记发布和留言。")
    return role


def _publication(publication_id: int, *, by: User) -> tuple[Publication, str]:
    """The publication as it stands under the lock of its account."""
    account, role = _begin(Publication.objects.values_list("account", flat=True).get(pk=publication_id), by=by)
    return Publication.objects.get(pk=publication_id, account=account), role


def _message(message_id: int, *, by: User) -> tuple[Message, str]:
    """The message as it stands under the lock of its account, and of the one that took it over (第十五条)."""
    asked, handed = Message.objects.values_list("account", "handed_to").get(pk=message_id)
    due_times.lock({asked, handed or asked})
    message = Message.objects.select_related("account__unit", "handed_to__unit").get(pk=message_id)
    if message.handed_to is not None and not may(by, Action.RECORD_ACTIVITY, message.handed_to):
        require(by, Action.RECORD_ACTIVITY, message.account)
        raise WrongState(f"这条留言已转由账号“{message.handed_to.name}”办理，请由该账号的主办单位登记。")
    return message, allowed(message.answerer, by=by)


def _still_open(message: Message) -> None:
    if message.withdrawn_at is not None:
        _was_first(f"这条留言已在 {_when(message.withdrawn_at)} 撤回或删除", message, "withdraw_message")


def _was_first(words: str, subject: models.Model, verb: str) -> None:
    """Raise that somebody was first, with who and when where the history knows it (an import names no row)."""
    event = (
        Event.objects.filter(subject_kind=events.kind_of(subject), subject_id=subject.pk, verb=verb)
        .select_related("actor")
        .order_by("-seq")
        .first()
    )
    if event is None or event.actor is None:
        raise WrongState(f"{words}，请刷新页面后查看。")
    raise WrongState(f"{words}，由{event.actor}于 {_when(event.at)} 登记。", by=event.actor, at=event.at)


def _within(field: str, label: str, moment: datetime, now: datetime) -> None:
    """Neither ahead of the clock nor before there were such accounts."""
    if moment > now:
        raise _wrong(field, f"{label}不能晚于现在（{_when(now)}）。")
    if moment < EARLIEST:
        raise _wrong(field, f"{label}不能早于 {EARLIEST.year} 年，请核对年份。")


def _after(field: str, label: str, moment: datetime, asked_at: datetime, now: datetime) -> None:
    """Not before the question, nor ahead of the clock."""
    if moment < asked_at:
        raise _wrong(field, f"{label}不能早于留言时间（{_when(asked_at)}）。")
    _within(field, label, moment, now)


def _wrong(field: str, sentence: str) -> Incomplete:
    return Incomplete(sentence, {field: [sentence]})


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _sent_before(rows: models.QuerySet[Row], token: str) -> list[Row]:
    """What this form has recorded already."""
    return list(rows.filter(external_id__startswith=_external(token, 0))) if token else []


def _external(token: str, before: int) -> str:
    """The id of a typed row: the form's own, numbered where it was sent before with another content."""
    return f"typed-{token or uuid4()}{f'-{before + 1}' if before else ''}"


def _same_tap(row: models.Model, wanted: dict[str, Any], was: datetime, at: datetime) -> bool:
    """Whether the form was sent again as it stood; another content under its token is a row of its own."""
    return abs(at - was) <= SAME_TAP and all(getattr(row, name) == value for name, value in wanted.items())


def _typed_within(name: str, moment: datetime) -> dict[str, Any]:
    """What finds the rows typed for the minute of `moment`; imported ones are told apart by their own ids."""
    minute = moment.replace(second=0, microsecond=0)
    return {"source": Source.TYPED, f"{name}__gte": minute, f"{name}__lt": minute + timedelta(minutes=1)}


def _count_posts(publication: Publication) -> None:
    day = day_of(publication.published_at)
    due_times.recompute([publication.account_id])
    activity_days.recount_posts([publication.account_id], day, day)


def _count_questions(message: Message) -> None:
    day = day_of(message.asked_at)
    activity_days.recount_messages([message.account_id], day, day)


def _append_reply(message: Message, *, by: User, role: str, now: datetime) -> None:
    replied_at = message.first_reply_at and message.first_reply_at.isoformat()
    _append(message, "reply", by=by, role=role, now=now, replied_at=replied_at, late=message.is_late(now))


def _append(message: Message, verb: str, *, by: User, role: str, now: datetime, **detail: Any) -> None:
    """The event of a message; its words stay sealed in the message."""
    events.append(message, verb, by=by, role=role, at=now, detail={"account": message.account_id, **detail})
