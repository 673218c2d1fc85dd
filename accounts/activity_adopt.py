"""What was typed by hand and now comes from the platform is one fact, not two (第十四、十五条).

The typed row takes over the platform's id, so that the import finds it and merges what it says into it. Pairs are made
before the transaction (`pairs`); `apply` writes those that still hold, under the accounts' locks. One to one, and only
where the platform's id is not stored: the same file again makes no pairs.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet

from accounts.activity_heads import ActivityKind
from accounts.activity_spool import Spool
from accounts.models import Message, Publication, Source
from zhonglou_media.core.bulk import update_many
from zhonglou_media.core.clock import day_of, start_of

T = TypeVar("T")
Typed = tuple[datetime, int, str, str]  # when, key, title or kind, title or content
NEAR = timedelta(minutes=60)  # a publication is typed from memory
DAY = timedelta(days=1)
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

    other_words: bool  # titles that are not equal; contents that are both written and differ
    differs: bool  # in kind
    apart: timedelta
    typed: int
    account: int
    external: str
    at: datetime


def pairs(kind: ActivityKind, spool: Spool, accounts: Collection[int]) -> list[Pair]:
    """Which of the rows in `spool` are typed rows of these accounts come again, one to one."""
    typed: dict[int, list[Typed]] = defaultdict(list)
    if kind in _MODELS:
        for some in _some(accounts):
            rows = _typed(kind).filter(account__in=some)
            what = ("account", "published_at", "pk", "title", "title")
            if kind == ActivityKind.MESSAGES:
                what = ("account", "asked_at", "pk", "kind", "body")
            for account, *row in rows.values_list(*what):
                typed[account].append(tuple(row))
    if not typed:
        return []
    for stored in typed.values():
        stored.sort()
    found = sorted(_posts(spool, typed) if kind == ActivityKind.PUBLICATIONS else _messages(spool, typed))
    known = _stored(kind, found)
    rivals = Counter(pair.typed for pair in found)
    kept: list[Pair] = []
    gone: set[object] = set()
    for pair in found:
        given = (pair.account, pair.external)
        if kind == ActivityKind.MESSAGES and pair.other_words and rivals[pair.typed] > 1:
            continue  # which of them it is, nobody can say
        if given not in known and given not in gone and pair.typed not in gone:
            gone |= {given, pair.typed}
            kept.append(pair)
    return kept


def apply(kind: ActivityKind, found: Collection[Pair]) -> list[int]:
    """Give the typed rows the platform's ids, and messages its time; the keys of those. The caller holds the locks.

    A message stays one that was typed: it is judged at once, and by the due time it had (a flag or waiver hangs on it).
    """
    done: list[int] = []
    known = _stored(kind, found)
    for some in _some(found):
        wanted = {pair.typed: pair for pair in some if (pair.account, pair.external) not in known}
        still = _typed(kind).filter(pk__in=wanted)
        names = ["external_id", "source"]
        rows: list[tuple[Any, ...]] = [(row.pk, wanted[row.pk].external, Source.IMPORT) for row in still]
        if kind == ActivityKind.MESSAGES:
            names = ["external_id", "asked_at", "received_at", "first_reply_at"]
            rows = [
                (row.pk, wanted[row.pk].external, *_times(row, wanted[row.pk].at))
                for row in still
                if isinstance(row, Message)
            ]
        update_many(_MODELS[kind], names, rows)
        done += [row[0] for row in rows]
    return done


def _times(message: Message, asked_at: datetime) -> tuple[datetime | None, ...]:
    """When it was asked, at other seconds of its minute; nothing of it comes before."""
    replied = message.first_reply_at and max(message.first_reply_at, asked_at)
    return asked_at, max(message.received_at, asked_at), replied


def _typed(kind: ActivityKind) -> "QuerySet[Publication] | QuerySet[Message]":
    own = {"source": Source.TYPED, "external_id__startswith": _TYPED}
    if kind == ActivityKind.MESSAGES:
        return Message.objects.filter(**own)
    return Publication.objects.filter(removed_at__isnull=True, **own)


def _posts(spool: Spool, typed: Mapping[int, list[Typed]]) -> Iterator[Pair]:
    """Within the hour, unless both have a title and they differ; of a row that has but a day, any with its title."""
    for row in spool.read():
        account, external, title = int(row[1]), row[2], row[3]
        if account not in typed:
            continue
        at = spool.read_moment(row[5])
        day = at == start_of(day_of(at))
        for when, pk, other, _ in _between(
            typed[account], at - NEAR, at + (DAY if day else NEAR + timedelta.resolution)
        ):
            equal = bool(title) and title == other
            near = abs(at - when) <= NEAR
            if equal or (near and not (title and other)):
                yield Pair(not equal, False, abs(at - when), pk, account, external, at)


def _messages(spool: Spool, typed: Mapping[int, list[Typed]]) -> Iterator[Pair]:
    """Asked within the same minute. Other words than typed may be the same question, if the file has no other then."""
    for row in spool.read():
        account, external, kind, body = int(row[1]), row[2], row[3], row[4]
        if account not in typed:
            continue
        at = spool.read_moment(row[6])
        minute = at.replace(second=0, microsecond=0)
        for when, pk, other, words in _between(typed[account], minute, minute + MINUTE):
            differ = bool(body and words) and spool.unsealed(body).strip() != words.strip()
            yield Pair(differ, kind != other, abs(at - when), pk, account, external, at)


def _between(stored: list[Typed], first: datetime, end: datetime) -> Iterator[Typed]:
    return islice(stored, bisect_left(stored, (first,)), bisect_left(stored, (end,)))


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
