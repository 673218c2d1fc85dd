"""Questions that an operator records by hand, their replies, and what becomes of them (第十五条)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import activity_days, due_times, rules
from accounts.models import Message, MessageKind
from accounts.models.activity import Source
from accounts.policy import Action, may, require
from accounts.recorded import (
    TWICE,
    allowed,
    begin,
    in_words,
    same_tap,
    sent_before,
    typed_id,
    typed_within,
    was_first,
    within,
    wrong,
)
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import NotAllowed, WrongState
from zhonglou_media.core.models import Event, User

TAKE_BACK = timedelta(minutes=10)  # how long a reply recorded by mistake can be taken back


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
    account, role = begin(account_id, by=by)
    within("asked_at", "留言时间", asked_at, now)
    if replied_at is not None:
        _after("replied_at", "回复时间", replied_at, asked_at, now)
    sent = sent_before(Message.objects.filter(account=account), token)
    for row in sent:
        if same_tap(row, {"kind": kind, "body": body}, row.asked_at, asked_at):
            return row
    alike = account.messages.filter(withdrawn_at__isnull=True, kind=kind, **typed_within("asked_at", asked_at))
    if any(str(row.body) == body for row in alike):  # sealed: only read it can be compared
        raise WrongState(TWICE)
    message = Message.objects.create(
        account=account,
        external_id=typed_id(token, len(sent)),
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
        was_first(f"这条留言已在 {in_words(message.first_reply_at)} 回复", message, "reply")
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
        raise WrongState(f"这条留言在 {in_words(message.first_reply_at)} 的回复不是在这里登记的，不能撤销。")
    if event.actor_id != by.pk:
        raise NotAllowed(f"这条回复由{event.actor}于 {in_words(event.at)} 登记，须由登记人撤销。")
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
        was_first(f"这条留言已在 {in_words(message.first_reply_at)} 回复，不用登记撤回", message, "reply")
    _still_open(message)
    when = at or now
    _after("at", "撤回时间", when, message.asked_at, now)
    message.withdrawn_at = when
    message.save(update_fields=["withdrawn_at"])
    _count_questions(message)
    _append(message, "withdraw_message", by=by, role=role, now=now, withdrawn_at=when.isoformat())
    return message


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
        was_first(f"这条留言已在 {in_words(message.withdrawn_at)} 撤回或删除", message, "withdraw_message")


def _after(field: str, label: str, moment: datetime, asked_at: datetime, now: datetime) -> None:
    """Not before the question, nor ahead of the clock."""
    if moment < asked_at:
        raise wrong(field, f"{label}不能早于留言时间（{in_words(asked_at)}）。")
    within(field, label, moment, now)


def _count_questions(message: Message) -> None:
    day = day_of(message.asked_at)
    activity_days.recount_messages([message.account_id], day, day)


def _append_reply(message: Message, *, by: User, role: str, now: datetime) -> None:
    replied_at = message.first_reply_at and message.first_reply_at.isoformat()
    _append(message, "reply", by=by, role=role, now=now, replied_at=replied_at, late=message.is_late(now))


def _append(message: Message, verb: str, *, by: User, role: str, now: datetime, **detail: Any) -> None:
    """The event of a message; its words stay sealed in the message."""
    events.append(message, verb, by=by, role=role, at=now, detail={"account": message.account_id, **detail})
