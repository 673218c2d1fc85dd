"""What was typed by hand and now comes from the platform is one fact, not two (第十四、十五条).

The typed row takes over the platform's id, so that the import finds it and merges what it says into it. Pairs are made
before the transaction (`pairs`); `apply` writes those that still hold, under the accounts' locks. One to one, and only
where the platform's id is not stored: the same file again makes no pairs.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet

from accounts import rules
from accounts.activity_heads import ActivityKind
from accounts.activity_spool import Spool
from accounts.models import Message, Publication, Source
from zhonglou_media.core.bulk import update_many

T = TypeVar("T")
NEAR = timedelta(minutes=60)  # a publication is typed from memory
MINUTE = timedelta(minutes=1)  # what a form takes has no seconds
_MANY = 5000
_TYPED = "typed-"  # an id of ours (`activity.py`), no platform's
_MODELS: dict[ActivityKind, type[Publication] | type[Message]] = {
    ActivityKind.PUBLICATIONS: Publication,
    ActivityKind.MESSAGES: Message,
}


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A typed row and the imported one that is the same fact; the best first in their order."""

    differs: bool  # in kind
    apart: timedelta
    typed: int
    account: int
    external: str
    at: datetime


def pairs(kind: ActivityKind, spool: Spool, accounts: Collection[int]) -> list[Pair]:
    """Which of the rows in `spool` are typed rows of these accounts come again, one to one."""
    typed: dict[int, list[tuple[datetime, int, str]]] = defaultdict(list)
    if kind in _MODELS:
        for some in _some(accounts):
            rows = _typed(kind).filter(account__in=some)
            what = ("account", "published_at", "pk", "title")
            if kind == ActivityKind.MESSAGES:
                what = ("account", "asked_at", "pk", "kind")
            for account, *row in rows.values_list(*what):
                typed[account].append(tuple(row))
    if not typed:
        return []
    for stored in typed.values():
        stored.sort()
    found = sorted(_candidates(kind, spool, typed))
    known = _stored(kind, found)
    kept: list[Pair] = []
    gone: set[object] = set()
    for pair in found:
        given = (pair.account, pair.external)
        if given not in known and given not in gone and pair.typed not in gone:
            gone |= {given, pair.typed}
            kept.append(pair)
    return kept


def apply(kind: ActivityKind, found: Collection[Pair]) -> list[int]:
    """Give the typed rows the platform's ids, and messages its time; the keys of those. The caller holds the locks."""
    done: list[int] = []
    known = _stored(kind, found)
    for some in _some(found):
        wanted = {pair.typed: pair for pair in some if (pair.account, pair.external) not in known}
        still = _typed(kind).filter(pk__in=wanted)
        names = ["external_id", "source"]
        rows: list[tuple[Any, ...]] = [(row.pk, wanted[row.pk].external, Source.IMPORT) for row in still]
        if kind == ActivityKind.MESSAGES:
            names += ["asked_at", "received_at", "first_reply_at", "reply_due_at"]
            times = {row.pk: _times(row, wanted[row.pk].at) for row in still if isinstance(row, Message)}
            rows = [(*row, *times[row[0]]) for row in rows]
        update_many(_MODELS[kind], names, rows)
        done += [row[0] for row in rows]
    return done


def _times(message: Message, asked_at: datetime) -> tuple[datetime | None, ...]:
    """The columns that follow when it was asked at other seconds of its minute."""
    due = message.reply_due_at if message.reclassified_at else rules.reply_due(message.kind, asked_at)
    replied = message.first_reply_at and max(message.first_reply_at, asked_at)
    return asked_at, max(message.received_at, asked_at), replied, due


def _typed(kind: ActivityKind) -> "QuerySet[Publication] | QuerySet[Message]":
    own = {"source": Source.TYPED, "external_id__startswith": _TYPED}
    if kind == ActivityKind.MESSAGES:
        return Message.objects.filter(**own)
    return Publication.objects.filter(removed_at__isnull=True, **own)


def _candidates(kind: ActivityKind, spool: Spool, typed: dict[int, list[tuple[datetime, int, str]]]) -> Iterator[Pair]:
    is_post = kind == ActivityKind.PUBLICATIONS
    for row in spool.read():
        account, external, word = int(row[1]), row[2], row[3]
        if account not in typed:
            continue
        at = spool.read_moment(row[5 if is_post else 6])
        minute = at.replace(second=0, microsecond=0)
        first, end = (at - NEAR, at + NEAR + timedelta.resolution) if is_post else (minute, minute + MINUTE)
        stored = typed[account]
        for when, pk, other in islice(stored, bisect_left(stored, (first,)), bisect_left(stored, (end,))):
            differs = word != other and bool(word and other)
            if not (is_post and differs):
                yield Pair(differs, abs(at - when), pk, account, external, at)


def _stored(kind: ActivityKind, found: Collection[Pair]) -> set[tuple[int, str]]:
    """Ids that are stored already, with their accounts."""
    known: set[tuple[int, str]] = set()
    for some in _some(found):
        rows = _MODELS[kind]._default_manager.filter(
            account__in={pair.account for pair in some}, external_id__in={pair.external for pair in some}
        )
        known.update(rows.values_list("account", "external_id"))
    return known


def _some(given: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(given)
    while some := list(islice(rest, _MANY)):
        yield some
