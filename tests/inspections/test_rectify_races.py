"""Two at once on one rectification, on real PostgreSQL: SQLite serialises writers.

The first has read what it locks and waits for the second to finish: with the lock the second cannot, and the wait ends.
"""

from collections.abc import Callable

import pytest

from inspections import deciding, rectifying
from inspections.deciding import Decision
from inspections.models import Rectification
from tests.factories import NOW, Cast
from tests.inspections.rectified import answered, proof, rectification
from tests.inspections.test_order_races import Race
from zhonglou_media.core.errors import Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event

ROUNDS = 2
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]
locked = rectifying.locked


def unlocked(pk: int) -> Rectification:
    """`rectifying.locked` with the guard under test taken out."""
    return Rectification.objects.select_related("unit", "account__platform", "upper").get(pk=pk)


def race_of(
    monkeypatch: pytest.MonkeyPatch,
    read: Callable[[int], Rectification],
    first: Callable[[], object],
    second: Callable[[], object],
) -> Race:
    race = Race()
    with monkeypatch.context() as patch:
        patch.setattr(rectifying, "locked", race.waiting(read))
        race.run(first, second)
    return race


def verbs(row: Rectification) -> list[str]:
    found = Event.objects.filter(subject_kind="rectification", subject_id=row.pk)
    return list(found.order_by("seq").values_list("verb", flat=True))


def sent_back_while_it_is_verified(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[int], Rectification]
) -> tuple[Race, list[str]]:
    cast = Cast()
    row = answered(cast)
    race = race_of(
        monkeypatch,
        read,
        lambda: rectifying.send_back(row.pk, reason="再改", by=cast.officer, now=NOW),
        lambda: rectifying.verify(row.pk, by=cast.supervisor, now=NOW),
    )
    return race, verbs(row)[2:]


def test_of_verifying_and_sending_back_at_once_one_is_told_who_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(ROUNDS):
        race, done = sent_back_while_it_is_verified(monkeypatch, locked)
        assert isinstance(race.errors.pop("second"), WrongState)
        assert (race.errors, done) == ({}, ["send_back"])


def test_without_the_lock_what_was_verified_is_refused_by_the_trigger_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nobody is told anything in words."""
    for _ in range(ROUNDS):
        race, _ = sent_back_while_it_is_verified(monkeypatch, unlocked)
        assert race.errors
        assert not isinstance(race.errors.get("second", race.errors.get("first")), WrongState)


def replaced_while_it_is_verified(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[int], Rectification]
) -> tuple[Race, list[str]]:
    """The unit puts another answer in the place of the one that the officer has before him."""
    cast = Cast()
    row = answered(cast)
    seen = rectifying.reading(Rectification.objects.get(pk=row.pk))
    race = race_of(
        monkeypatch,
        read,
        lambda: rectifying.answer(
            row.pk, text="另一份", proofs=[proof()], by=cast.operator, now=NOW.replace(minute=30)
        ),
        lambda: rectifying.verify(row.pk, by=cast.officer, now=NOW.replace(minute=31), read=seen),
    )
    return race, verbs(row)[2:]


def test_an_answer_that_nobody_read_is_not_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.inspections.test_order_races.WrongState", Refused)  # a stale page is told, too
    for _ in range(ROUNDS):
        race, done = replaced_while_it_is_verified(monkeypatch, locked)
        assert isinstance(race.errors.pop("second"), StaleReading)
        assert (race.errors, done) == ({}, ["replace_answer"])


def test_without_the_lock_it_is_verified_under_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the answer of before was verified, and the trigger refuses the other one without a word."""
    for _ in range(ROUNDS):
        race, done = replaced_while_it_is_verified(monkeypatch, unlocked)
        assert done[:1] == ["verify"]
        assert not isinstance(race.errors.get("first"), WrongState | type(None))


def decided_twice(monkeypatch: pytest.MonkeyPatch, read: Callable[[int], Rectification]) -> tuple[Race, list[str]]:
    cast, other = Cast(), Cast()
    row = rectification(cast)
    deciding.refer(row.pk, reason="x", by=cast.officer, now=NOW)
    race = race_of(
        monkeypatch,
        read,
        lambda: deciding.decide(row.pk, Decision("let_be", "再等"), by=cast.supervisor, now=NOW),
        lambda: deciding.decide(row.pk, Decision("veto", "不等"), by=other.supervisor, now=NOW),
    )
    return race, verbs(row)[2:]


def test_of_two_decisions_at_once_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(ROUNDS):
        race, done = decided_twice(monkeypatch, locked)
        assert isinstance(race.errors.pop("second"), WrongState)
        assert (race.errors, done) == ({}, ["let_be"])


def test_without_the_lock_both_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: let be and vetoed at once."""
    for _ in range(ROUNDS):
        race, done = decided_twice(monkeypatch, unlocked)
        assert (race.errors, sorted(done)) == ({}, ["let_be", "veto"])
