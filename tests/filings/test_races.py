"""Two people at once, on real PostgreSQL: SQLite serialises writers and would show broken code as right."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connections

from accounts.models import Role
from filings import reviewing
from filings.models import Filing
from filings.models.filing import FilingQuerySet
from filings.reading import Reading
from tests.factories import NOW, Cast, opening, read, user
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import Event, User

ROUNDS = 50
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

locked = FilingQuerySet.for_decision


def unlocked(self: FilingQuerySet, filing_id: int) -> Filing:
    """`for_decision` with the guard under test taken out."""
    return self.select_related("unit").get(pk=filing_id)


@dataclass
class Round:
    """One filing, two officers who decide at the same moment, and what became of it."""

    filing: Filing
    errors: dict[int, Refused] = field(default_factory=dict)

    @property
    def accepted_by(self) -> list[int | None]:
        events = Event.objects.filter(subject_kind="filing", subject_id=self.filing.pk, verb="accept")
        return list(events.values_list("actor_id", flat=True))


@pytest.fixture
def officers() -> tuple[User, User]:
    return user(Role.OFFICER, name="示例李四"), user(Role.OFFICER, name="示例赵六")


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, officers: tuple[User, User]) -> Callable[..., Round]:
    """Two officers accept the same filing at once; each waits for the other after it has read the row.

    With the lock the second cannot have read it yet: the wait runs out and the first goes on alone.
    """
    cast = Cast()

    def round_(for_decision: Callable[[FilingQuerySet, int], Filing], number: int) -> Round:
        filing = opening("office_review", cast, name=f"示例竞争{number}", same_platform_reason="示例")
        played, reading, meeting = Round(filing), read(filing), threading.Barrier(2)

        def meet_after_reading(self: FilingQuerySet, filing_id: int) -> Filing:
            found = for_decision(self, filing_id)
            try:
                meeting.wait(timeout=0.15)
            except threading.BrokenBarrierError:
                return found
            return found

        monkeypatch.setattr(FilingQuerySet, "for_decision", meet_after_reading)
        threads = [threading.Thread(target=_accept, args=(played, by, reading)) for by in officers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        monkeypatch.setattr(FilingQuerySet, "for_decision", locked)
        return played

    return round_


def _accept(played: Round, by: User, reading: Reading) -> None:
    try:
        reviewing.accept(played.filing.pk, by=by, read=reading, now=NOW)
    except Refused as refused:
        played.errors[by.pk] = refused
    finally:
        connections.close_all()


def test_two_officers_accept_at_once_and_one_wins(play: Callable[..., Round], officers: tuple[User, User]) -> None:
    for number in range(ROUNDS):
        played = play(locked, number)
        assert len(played.accepted_by) == 1
        (winner,) = [officer for officer in officers if officer.pk == played.accepted_by[0]]
        (loser,) = [officer for officer in officers if officer is not winner]
        error = played.errors[loser.pk]
        assert isinstance(error, WrongState)
        assert error.by == winner
        assert winner.name in str(error)
        assert Filing.objects.get(pk=played.filing.pk).officer == winner


def test_without_the_row_lock_both_win(play: Callable[..., Round]) -> None:
    """The control: the same rounds with the guard taken out must go wrong, or the test above proves nothing."""
    wrong = sum(len(play(unlocked, number).accepted_by) != 1 for number in range(ROUNDS))
    assert wrong >= ROUNDS * 0.9
