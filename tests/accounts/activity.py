"""Facts of activity for tests: written past the use cases, with all that follows from them computed as in production.

A moment is 「2021-03-22 10:00」 in Shanghai, or a datetime. `account` is read again: its columns are the new ones.
"""

from datetime import date, datetime
from itertools import count
from typing import Any

from django.db import transaction

from accounts import activity_days, due_times, rules
from accounts.models import Account, AccountState, Followers, Message, MessageKind, Platform, Publication, Source
from tests.flag_rows import at, make_account
from zhonglou_media.core.clock import day_of

Moment = str | datetime
_serial = count(1)


def moment(when: Moment) -> datetime:
    return at(when) if isinstance(when, str) else when


def watched(since: str, *, state: AccountState = AccountState.ACTIVE, **fields: Any) -> Account:
    """An account watched since a day (「2021-03-22」), with its due time; nothing is known of it yet."""
    account = make_account(state, **{"monitored_from": date.fromisoformat(since)} | fields)
    recompute(account)
    return account


def service(since: str, **fields: Any) -> Account:
    """A 微信服务号, as `watched`."""
    return watched(since, platform=Platform.objects.get(code="wechat"), kind="service", **fields)


def recompute(account: Account) -> None:
    """The due time from the facts, as whoever changes them does."""
    with transaction.atomic():
        due_times.lock([account.pk])
        due_times.recompute([account.pk])
    account.refresh_from_db()


def post(account: Account, when: Moment, *, removed: Moment | None = None, **fields: Any) -> Publication:
    """A publication; imported and of unknown fate unless told otherwise."""
    made = Publication.objects.create(
        account=account,
        published_at=moment(when),
        removed_at=None if removed is None else moment(removed),
        **{"external_id": f"p{next(_serial)}", "title": "示例标题", "source": Source.IMPORT} | fields,
    )
    _posts_changed(account, made.published_at)
    return made


def remove(publication: Publication, when: Moment) -> None:
    """Removed on the platform: a tombstone."""
    publication.removed_at = moment(when)
    publication.save()
    _posts_changed(publication.account, publication.published_at)


def restore(publication: Publication) -> None:
    """The platform shows it again."""
    publication.removed_at = None
    publication.save()
    _posts_changed(publication.account, publication.published_at)


def known(account: Account, posts: Moment | None = None, messages: Moment | None = None) -> None:
    """数据截至: moves forward, never back."""
    for name, until in (("posts_known_until", posts), ("messages_known_until", messages)):
        held = getattr(account, name)
        if until is not None and (held is None or held < moment(until)):
            setattr(account, name, moment(until))
    account.save(update_fields=["posts_known_until", "messages_known_until"])
    account.refresh_from_db()


def question(account: Account, asked: Moment, **fields: Any) -> Message:
    """A message, 咨询 unless told otherwise, received when asked."""
    kind = fields.pop("kind", MessageKind.INQUIRY)
    facts: dict[str, Any] = {"external_id": f"m{next(_serial)}", "source": Source.IMPORT, "body": "示例留言"}
    facts |= {"received_at": moment(asked), "reply_due_at": rules.reply_due(kind, moment(asked))}
    facts |= {name: moment(value) if name.endswith("_at") and value else value for name, value in fields.items()}
    made = Message.objects.create(account=account, kind=kind, asked_at=moment(asked), **facts)
    _messages_changed(made)
    return made


def reply(message: Message, when: Moment) -> None:
    """The first reply."""
    message.first_reply_at = moment(when)
    message.save()
    _messages_changed(message)


def followers(account: Account, day: str, n: int, **fields: Any) -> Followers:
    """A count of a day."""
    return Followers.objects.create(
        account=account, day=date.fromisoformat(day), count=n, **{"source": Source.IMPORT} | fields
    )


def _posts_changed(account: Account, *moments: datetime) -> None:
    recompute(account)
    for when in moments:
        activity_days.recount_posts([account.pk], day_of(when), day_of(when))


def _messages_changed(message: Message) -> None:
    asked = day_of(message.asked_at)
    activity_days.recount_messages([message.account_id], asked, asked)
