"""What the use cases of publications (`posts`) and of questions (`questions`) share.

Each of them locks the account first (`begin`), checks, writes, counts again what follows from the facts and appends its
event last. Times are aware; `now` is the database's clock. Nothing is recorded ahead of it.

A `token` names one form: sent twice (a double tap on a phone), the second sending finds what the first has written.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models

from accounts import due_times
from accounts.models import Account, AccountState, Message, Publication
from accounts.models.account import GONE
from accounts.models.activity import Source
from accounts.policy import Action, require
from zhonglou_media.core import events
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import Event, User

EARLIEST = datetime(2010, 1, 1, tzinfo=SHANGHAI)  # no such account is older: an earlier time is mistyped
SAME_TAP = timedelta(minutes=5)  # two sendings of one form with the same words lie that close together
TWICE = "这一分钟已登记过同样的一条，不用再登记。"
Row = TypeVar("Row", Publication, Message)
RECORDABLE = tuple(state for state in AccountState if state not in GONE)


def begin(account_id: int, *, by: User) -> tuple[Account, str]:
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


def was_first(words: str, subject: models.Model, verb: str) -> None:
    """Raise that somebody was first, with who and when where the history knows it (an import names no row)."""
    event = (
        Event.objects.filter(subject_kind=events.kind_of(subject), subject_id=subject.pk, verb=verb)
        .select_related("actor")
        .order_by("-seq")
        .first()
    )
    if event is None or event.actor is None:
        raise WrongState(f"{words}，请刷新页面后查看。")
    raise WrongState(f"{words}，由{event.actor}于 {in_words(event.at)} 登记。", by=event.actor, at=event.at)


def within(field: str, label: str, moment: datetime, now: datetime) -> None:
    """Neither ahead of the clock nor before there were such accounts."""
    if moment > now:
        raise wrong(field, f"{label}不能晚于现在（{in_words(now)}）。")
    if moment < EARLIEST:
        raise wrong(field, f"{label}不能早于 {EARLIEST.year} 年，请核对年份。")


def wrong(field: str, sentence: str) -> Incomplete:
    return Incomplete(sentence, {field: [sentence]})


def in_words(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def sent_before(rows: models.QuerySet[Row], token: str) -> list[Row]:
    """What this form has recorded already."""
    return list(rows.filter(external_id__startswith=typed_id(token, 0))) if token else []


def typed_id(token: str, before: int) -> str:
    """The id of a typed row: the form's own, numbered where it was sent before with another content."""
    return f"typed-{token or uuid4()}{f'-{before + 1}' if before else ''}"


def same_tap(row: models.Model, wanted: dict[str, Any], was: datetime, at: datetime) -> bool:
    """Whether the form was sent again as it stood; another content under its token is a row of its own."""
    return abs(at - was) <= SAME_TAP and all(getattr(row, name) == value for name, value in wanted.items())


def typed_within(name: str, moment: datetime) -> dict[str, Any]:
    """What finds the rows typed for the minute of `moment`; imported ones are told apart by their own ids."""
    minute = moment.replace(second=0, microsecond=0)
    return {"source": Source.TYPED, f"{name}__gte": minute, f"{name}__lt": minute + timedelta(minutes=1)}
