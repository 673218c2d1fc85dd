"""Whether the history is as it was written: every event's digest, number, order and link, and the end of the chain.

What is found names the row. A chain rehashed to its end agrees with itself: only a head kept elsewhere (`heads`) tells.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import CharField, Func, Q, QuerySet

from .errors import Refused
from .events import digest_of
from .models import Event, EventHead

A_CHUNK = 2000  # events in memory at a time
START = "0" * 64
NOT_READABLE = (ValueError, AttributeError)  # a moment that is none: SQLite keeps any text

EDITED, MISSING, ORDER, TWICE = "内容被改", "缺号", "顺序不对", "重号"
LINK, END, HEAD, KEPT, UNREADABLE = "断链", "末尾被删", "链头不符", "与留存的不符", "不能读取"


@dataclass(frozen=True)
class Fault:
    """What is wrong at one event: its number (None: it is none), its row (None: it is gone), and in words."""

    seq: int | None
    row: int | None
    what: str
    why: str

    def __str__(self) -> str:
        if self.seq is None:
            return f"行 {self.row}：{self.what}，{self.why}"
        row = "" if self.row is None else f"（行 {self.row}）"
        return f"第 {self.seq} 条{row}：{self.what}，{self.why}"


@dataclass
class Verdict:
    """What a check found: how many events there are, the last one, and every fault."""

    events: int = 0
    seq: int = 0
    hash: str = START
    faults: list[Fault] = field(default_factory=list)

    @property
    def head(self) -> str:
        """What is kept elsewhere: 「40:9d31…」."""
        return f"{self.seq}:{self.hash}"


def parse_head(text: str) -> tuple[int, str]:
    """A head kept outside, SEQ:HASH, as number and digest. Raises Refused."""
    seq, _, digest = text.strip().partition(":")
    if (
        not (seq.isascii() and seq.isdigit())
        or len(seq) > 18
        or len(digest) != 64
        or set(digest) - set("0123456789abcdef")
    ):
        raise Refused(f"“{text}”不是留存的末条，请写成“序号:摘要”，摘要是 64 位十六进制小写字母和数字。")
    return int(seq), digest


def verify(heads: Mapping[int, str] | None = None, *, progress: Callable[[int], None] = lambda done: None) -> Verdict:
    """Read the whole chain, a chunk in memory at a time; `heads` are ends kept elsewhere, digest by number.

    Events written meanwhile are read too, so that the end is compared with the head that belongs to it.
    """
    found, heads = Verdict(), dict(heads or {})
    unnumbered = _numbered(False).order_by("pk").values_list("pk", flat=True)
    found.faults = [Fault(None, pk, UNREADABLE, "序号不是整数") for pk in unnumbered]
    last: Event | None = None
    while True:
        head = EventHead.objects.first() or EventHead(seq=0, hash="")  # before the rows: none of its own is missed
        before = found.events
        for event in _rows(last):
            found.faults += _faults(event, last, heads)
            found.events, last = found.events + 1, event
            if found.events % A_CHUNK == 0:
                progress(found.events)
        if found.events == before or head.seq == (last.seq if last else 0):
            break
    if last is not None:
        found.seq, found.hash = last.seq, last.hash
    found.faults += _at_the_end(found, last, head, heads)
    return found


def _numbered(numbered: bool) -> QuerySet[Event]:
    """Events whose number is a whole one, or the others: SQLite keeps there what it is given."""
    if connection.vendor != "sqlite":
        return Event.objects.all() if numbered else Event.objects.none()
    kept = Event.objects.alias(kept_as=Func("seq", function="typeof", output_field=CharField()))
    return kept.filter(kept_as="integer") if numbered else kept.exclude(kept_as="integer")


def _rows(after: Event | None) -> Iterator[Event]:
    """The events behind `after`, by number; one whose moment cannot be read comes without it."""
    while True:
        rows = _numbered(True).order_by("seq", "pk")
        if after is not None:
            rows = rows.filter(Q(seq__gt=after.seq) | Q(seq=after.seq, pk__gt=after.pk), seq__gte=after.seq)
        try:
            chunk = list(rows[:A_CHUNK])
        except NOT_READABLE:
            chunk = [_readable(pk) for pk in rows.values_list("pk", flat=True)[:A_CHUNK]]
        if not chunk:
            return
        yield from chunk
        after = chunk[-1]


def _readable(pk: int) -> Event:
    try:
        return Event.objects.get(pk=pk)
    except NOT_READABLE:
        return Event.objects.defer("at").get(pk=pk)


def _faults(event: Event, last: Event | None, heads: Mapping[int, str]) -> Iterator[Fault]:
    """What is wrong with `event`, which follows `last`."""

    def fault(what: str, why: str) -> Fault:
        return Fault(event.seq, event.pk, what, why)

    before, link = (last.seq, last.hash) if last else (0, START)
    if event.get_deferred_fields():
        yield fault(UNREADABLE, "时间不是原来的格式")
    elif digest_of(event) != event.hash:
        yield fault(EDITED, "与它的摘要不符")
    if event.seq == before and last is not None:
        yield fault(TWICE, f"行 {last.pk} 也是这个序号")
    elif event.seq <= 0:
        yield fault(ORDER, "序号应从 1 开始")
    elif event.seq > before + 1:
        gone = f"第 {before + 1} 条" if event.seq == before + 2 else f"第 {before + 1} 至 {event.seq - 1} 条"
        yield Fault(before + 1, None, MISSING, f"{gone}不见了，在行 {event.pk}（第 {event.seq} 条）之前")
    if last is not None and event.pk < last.pk:
        yield fault(ORDER, f"写入早于上一条（第 {last.seq} 条，行 {last.pk}）")
    if event.prev != link:
        named = f"第 {before} 条（行 {last.pk}）" if last else "开头"
        yield fault(LINK, f"所记的上一条摘要与{named}的不符，这两条中有改动、删除或插入")
    kept = heads.get(event.seq)
    if kept is not None and kept != event.hash:
        yield fault(KEPT, "摘要不是留存的那一个，这一条或以前的内容被改并重算过")


def _at_the_end(found: Verdict, last: Event | None, head: EventHead, heads: Mapping[int, str]) -> Iterator[Fault]:
    """What the end lacks, by the portal's own head and by those kept elsewhere."""
    row = last.pk if last else None
    if head.seq > found.seq:
        yield Fault(
            found.seq + 1, None, END, f"第 {found.seq + 1} 至 {head.seq} 条不见了，现在的末条是第 {found.seq} 条"
        )
    elif head.seq < found.seq:
        yield Fault(found.seq, row, HEAD, f"链头只记到第 {head.seq} 条，以后的不是由本平台写入")
    elif head.hash != found.hash:
        yield Fault(found.seq, row, HEAD, "链头所记的摘要不是这一条的，这一条或以前的内容被改并重算过")
    for seq in sorted(seq for seq in heads if seq > max(found.seq, head.seq)):
        yield Fault(seq, None, END, f"留存的末条是第 {seq} 条，现在的末条是第 {found.seq} 条")


def as_lines(faults: Iterable[Fault]) -> str:
    """A line for each fault."""
    return "\n".join(map(str, faults))
