"""155 ways to change the history behind the portal's back, each written out with the events it concerns.

They act on a copy of the table that stands in its place, without triggers and constraints, as for somebody who owns
the database.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from zhonglou_media.core import events
from zhonglou_media.core.models import Event, EventHead, User

LENGTH = 40
BEGAN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
STATES = ("draft", "leader_review", "to_report", "office_review", "accepted", "completed")


def write_chain() -> None:
    """Forty events of two people and the system, numbered 1 to 40."""
    people = [*(User.objects.create_user(f"u{n}", None, name=f"示例人员{n}") for n in range(2)), None]
    for n in range(LENGTH):
        events.append(
            people[n % 2],  # type: ignore[arg-type]
            ("submit", "report", "accept")[n % 3],
            by=people[n % 3],
            role=("operator", "officer", "system")[n % 3],
            at=BEGAN + timedelta(minutes=7 * n),
            from_state=STATES[n % 5],
            to_state=STATES[n % 5 + 1],
            revision=n % 4 or None,
            digest=events.sm3(str(n)),
            comment=f"第{n}次说明",
            detail={"事由": n, "files": [n, n + 1]},
        )


def stand_in() -> None:
    """A copy of the table takes its place: nothing refuses what is written to it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE core_event_copy AS SELECT * FROM core_event")
        cursor.execute("ALTER TABLE core_event RENAME TO core_event_true")
        cursor.execute("ALTER TABLE core_event_copy RENAME TO core_event")


@dataclass(frozen=True)
class Tampering:
    """What was done, the events that must be named, those that may be named besides, heads kept outside."""

    name: str
    do: Callable[[], object]
    concerned: set[int]
    near: set[int] | None = None  # None: any
    kept: tuple[int, ...] = ()


def row(seq: int) -> Any:
    return Event.objects.filter(seq=seq)


def event(seq: int) -> Event:
    return Event.objects.get(seq=seq)


EDITS: dict[str, Callable[[Event], object]] = {
    "at": lambda e: e.at + timedelta(microseconds=1),
    "actor_id": lambda e: None if e.actor_id else 1,
    "role": lambda e: "supervisor",
    "subject_kind": lambda e: "account",
    "subject_id": lambda e: (e.subject_id or 0) + 1,
    "verb": lambda e: "refuse",
    "from_state": lambda e: "",
    "to_state": lambda e: "refused",
    "revision": lambda e: (e.revision or 0) + 1,
    "digest": lambda e: events.sm3("其他内容"),
    "comment": lambda e: e.comment + "。",
    "detail": lambda e: {**e.detail, "事由": "其他"},
    "prev": lambda e: events.sm3("其他摘要"),
    "hash": lambda e: events.sm3("其他摘要"),
}


def edit(seq: int, column: str) -> None:
    assert row(seq).update(**{column: EDITS[column](event(seq))}) == 1


def delete(*numbers: int) -> None:
    assert Event.objects.filter(seq__in=numbers)._raw_delete("default") == len(numbers)  # type: ignore[attr-defined]


def swap(first: int, second: int, *columns: str) -> None:
    """The two rows exchange these columns."""
    one, other = event(first), event(second)
    for pk, source in ((one.pk, other), (other.pk, one)):
        Event.objects.filter(pk=pk).update(**{column: getattr(source, column) for column in columns})


CONTENT = tuple(EDITS)


def swap_ids(first: int, second: int) -> None:
    one, other = event(first).pk, event(second).pk
    row(first).update(id=-1)
    row(second).update(id=one)
    row(first).update(id=other)


def insert(copy_of: int, *, seq: int, rehashed: bool = False, **changed: object) -> Event:
    """A new row at the end of the table, like that of another event."""
    made = event(copy_of)
    made.pk, made.seq = Event.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1, seq
    for name, value in changed.items():
        setattr(made, name, value)
    if rehashed:
        made.hash = events.digest_of(made)
    Event.objects.bulk_create([made])
    return made


def shift(since: int, by: int) -> None:
    """Renumber the events from `since` on."""
    for found in Event.objects.filter(seq__gte=since).order_by("seq" if by < 0 else "-seq"):
        Event.objects.filter(pk=found.pk).update(seq=found.seq + by)


def rehash(first: int, last: int = LENGTH, *, head: bool = False) -> None:
    """Recompute prev and hash from `first` to `last`, and the portal's own head when told."""
    before = event(first - 1).hash if first > 1 else "0" * 64
    for found in Event.objects.filter(seq__range=(first, last)).order_by("seq"):
        found.prev = before
        before = events.digest_of(found)
        Event.objects.filter(pk=found.pk).update(prev=found.prev, hash=before)
    if head:
        EventHead.objects.update(seq=last, hash=before)


def in_turn(*steps: Callable[[], object]) -> Callable[[], None]:
    def do() -> None:
        for step in steps:
            step()

    return do


def forge_in_the_middle(seq: int) -> None:
    shift(seq, 1)
    before = event(seq - 1).hash if seq > 1 else "0" * 64
    insert(seq + 1, seq=seq, rehashed=True, prev=before, comment="后加的一条")


def truncate(left: int, *, head: bool = True) -> None:
    delete(*range(left + 1, LENGTH + 1))
    if head:
        EventHead.objects.update(seq=left, hash=event(left).hash)


def regrow(left: int) -> None:
    """The tail is cut off and other events grow in its place, all in order."""
    for seq in range(left + 1, LENGTH + 1):
        row(seq).update(comment="另一段经过")
    rehash(left + 1, head=True)


PAIRS = ((1, 2), (10, 11), (10, 20), (39, 40), (1, 40))
BLOCKS = ((1, 3), (5, 9), (20, 30), (38, 40), (1, 39), (39, 40), (1, 40))


def all_of_them() -> Iterator[Tampering]:
    """The 155."""
    yield from edited_or_deleted()
    yield from moved()
    yield from put_in()
    yield from rehashed()
    yield from shortened()


def edited_or_deleted() -> Iterator[Tampering]:
    for column in EDITS:
        for n in (1, 2, 13, 20, 39, 40):
            yield Tampering(f"{column} of {n} edited", lambda n=n, c=column: edit(n, c), {n}, {n, n + 1})
    for n in (1, 2, 17, 20, 39, 40):
        yield Tampering(f"{n} deleted", lambda n=n: delete(n), {n}, {n, n + 1})
    for a, b in BLOCKS:
        yield Tampering(f"{a} to {b} deleted", lambda a=a, b=b: delete(*range(a, b + 1)), {a, b}, {a, b, b + 1})


def moved() -> Iterator[Tampering]:
    for a, b in PAIRS:
        yield Tampering(f"numbers of {a} and {b} swapped", lambda a=a, b=b: swap(a, b, "seq"), {a, b})
        yield Tampering(f"content of {a} and {b} swapped", lambda a=a, b=b: swap(a, b, *CONTENT), {a, b})
        yield Tampering(f"comments of {a} and {b} swapped", lambda a=a, b=b: swap(a, b, "comment"), {a, b}, {a, b})
    for a, b in ((10, 11), (1, 40), (5, 30)):
        yield Tampering(f"rows of {a} and {b} change places", lambda a=a, b=b: swap_ids(a, b), {b})


def put_in() -> Iterator[Tampering]:
    for n in (1, 20, 40):
        yield Tampering(f"{n} written twice", lambda n=n: insert(n, seq=n), {n})
        yield Tampering(f"{n} written again at the end", lambda n=n: insert(n, seq=LENGTH + 1), {LENGTH + 1})
        yield Tampering(
            f"another {n} with a digest of its own",
            lambda n=n: insert(n, seq=n, rehashed=True, comment="另一条"),
            {n},
        )
        yield Tampering(f"one put in before {n}", lambda n=n: forge_in_the_middle(n), {n, n + 1})
    yield Tampering(
        "one put in behind the last",
        lambda: insert(40, seq=41, rehashed=True, prev=event(40).hash, comment="后加的一条"),
        {41},
        {41},
    )


def rehashed() -> Iterator[Tampering]:
    for n in (1, 2, 20, 39, 40):
        forged = in_turn(lambda n=n: edit(n, "comment"), lambda n=n: rehash(n, n))
        yield Tampering(f"{n} edited and its digest made to fit", forged, {n}, {n, n + 1})
    for n in (1, 2, 20, 39, 40):
        forged = in_turn(lambda n=n: edit(n, "comment"), lambda n=n: rehash(n))
        yield Tampering(f"rehashed from {n} on, the head left", forged, {40}, {40})
        forged = in_turn(lambda n=n: edit(n, "comment"), lambda n=n: rehash(n, head=True))
        yield Tampering(f"rehashed from {n} on with the head", forged, {40}, {40}, (40,))
    for n in (1, 20, 30):
        forged = in_turn(lambda n=n: edit(n, "comment"), lambda n=n: rehash(n, head=True))
        yield Tampering(f"rehashed from {n} on, an older head kept", forged, {30}, {30}, (10, 30) if n > 10 else (30,))


def shortened() -> Iterator[Tampering]:
    for left in (39, 38, 30, 1):
        yield Tampering(f"cut off behind {left} with the head", lambda left=left: truncate(left), {40}, {40}, (40,))
    for left in (39, 35):
        yield Tampering(f"regrown behind {left}", lambda left=left: regrow(left), {40}, {40}, (40,))
    for n in (20, 39):
        forged = in_turn(lambda n=n: delete(n), lambda n=n: shift(n + 1, -1))
        yield Tampering(f"{n} taken out and the later ones renumbered", forged, {n})
    yield Tampering("the head set back", lambda: EventHead.objects.update(seq=39, hash=event(39).hash), {40}, {40})
