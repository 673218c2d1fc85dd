"""Two uploads of a unit at once, on real PostgreSQL; the control has the guard taken out."""

import io
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connections

from filings import reporting, room
from filings.models import Attachment, Filing
from tests.factories import NOW, Cast, opening, unit
from tests.filings.test_attachments import mb, set_from
from zhonglou_media.core import files
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Setting

ROUNDS = 4
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
reading = room.room_of


def passed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many of two files, of which the unit has room for one, were taken in each round.

    Each upload waits for the other after it has read what is used. With the guard the second has not read it yet: the
    wait runs out, and the first goes on alone.
    """
    Setting.objects.filter(key="attachments_unit_mb").delete()
    set_from("attachments_unit_mb", 10)
    taken = []
    for number in range(ROUNDS):
        cast = Cast(unit())
        filings = [
            opening("draft", cast, platform=code, name=f"示例竞争{number}{code}") for code in ("douyin", "weibo")
        ]
        meeting = threading.Barrier(2)

        def meet_after_reading(filing: Filing, *, now: object, meeting: threading.Barrier = meeting) -> room.Room:
            found = reading(filing, now=NOW)
            with suppress(threading.BrokenBarrierError):
                meeting.wait(timeout=0.3)
            return found

        def attach(filing: Filing, fill: bytes) -> None:
            content = files.check(io.BytesIO(mb(6, fill)))
            try:
                with suppress(Refused):
                    reporting.attach(filing.pk, by=filing.cast.operator, file=content, name="a.png", now=NOW)  # type: ignore[attr-defined]
            finally:
                connections.close_all()

        monkeypatch.setattr(room, "room_of", meet_after_reading)
        acts = [
            threading.Thread(target=attach, args=(one, fill))
            for one, fill in zip(filings, (b"first", b"second"), strict=True)
        ]
        for act in acts:
            act.start()
        for act in acts:
            act.join()
        taken.append(Attachment.objects.filter(filing__in=filings).count())
    return taken


def test_two_uploads_at_once_cannot_pass_the_units_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert passed(monkeypatch) == [1] * ROUNDS


def test_without_the_guard_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""

    def nothing(unit_id: int) -> None:
        return None

    guard: Callable[[int], None] = nothing
    monkeypatch.setattr(room, "lock_files", guard)
    assert 2 in passed(monkeypatch)
