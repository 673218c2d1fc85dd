"""Two officers do the same many filings at once, on real PostgreSQL."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connections, transaction

from filings import bulk, moves, reviewing, urging
from filings.bulk import Act
from filings.models import Filing
from tests.factories import NOW, Cast, opening, unit
from zhonglou_media.core.models import Event, Job, Notice, User

MANY = 10
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], Job]) -> list[Job]:
    """Run `acts` in threads that start together; what each gave. What one raises fails the test."""
    made: list[Job | BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Job]) -> None:
        try:
            start.wait()
            made.append(act())
        except BaseException as error:
            made.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(one, Job) for one in made), made
    return made  # type: ignore[return-value]


def to_review(*officers: User, many: int = MANY) -> list[Filing]:
    """Some that wait for a decision, opened by each of `officers`."""
    rows = [opening("office_review", Cast(unit())) for _ in range(many)]
    for filing in rows:
        for officer in officers:
            reviewing.open_for_review(filing.pk, by=officer, now=NOW)
    return rows


def both_accept(first: User, second: User, rows: list[Filing]) -> tuple[list[Job], int]:
    """Both press 批量通过 with the same boxes; their jobs, and how often a filing was accepted."""
    boxes = list(bulk.choices(rows).values())
    made = at_once(*(lambda by=by: bulk.run(Act.ACCEPT, boxes, by=by, now=NOW) for by in (first, second)))  # type: ignore[misc]
    accepted = Event.objects.filter(verb="accept", subject_id__in=[row.pk for row in rows]).count()
    return made, accepted


def test_each_is_accepted_once_and_the_other_officer_is_told_who_was_first() -> None:
    office = Cast()
    rows = to_review(office.officer, office.supervisor)
    made, accepted = both_accept(office.officer, office.supervisor, rows)
    assert accepted == MANY
    assert sum(job.result["done"] for job in made) == MANY
    for job, other in zip(made, reversed(made), strict=True):
        lost = [row["said"] for row in job.result["rows"] if row["outcome"] != "done"]
        assert [row["outcome"] for row in job.result["rows"] if row["outcome"] != "done"] == ["failed"] * len(lost)
        assert all(f"{other.by} 11-24 14:05 已办理“审核通过”" in said for said in lost), lost
    assert set(Filing.objects.filter(pk__in=[row.pk for row in rows]).values_list("state", flat=True)) == {"accepted"}


def test_control_without_the_lock_some_are_accepted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is real: what is read without a lock is still in review for both."""
    monkeypatch.setattr(
        type(Filing.objects.all()), "for_decision", lambda self, pk: self.select_related("unit").get(pk=pk)
    )
    real = moves.finish

    def slow(*args: object, **named: object) -> Event:
        time.sleep(0.05)
        return real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(moves, "finish", slow)
    # The trigger of the legal pairs may stop the second one too: it is told so, by a fault of the database.
    office = Cast()
    rows = to_review(office.officer, office.supervisor, many=3)
    made, accepted = both_accept(office.officer, office.supervisor, rows)
    faults = [row for job in made for row in job.result["rows"] if "数据库出错" in row["said"]]
    assert accepted > len(rows) or faults


def test_two_urge_the_same_at_once_and_each_person_is_told_once() -> None:
    office = Cast()
    rows = [opening("to_report", Cast(unit())) for _ in range(MANY)]
    boxes = list(bulk.choices(rows).values())
    made = at_once(
        *(lambda by=by: bulk.run(Act.URGE, boxes, by=by, now=NOW) for by in (office.officer, office.supervisor))  # type: ignore[misc]
    )
    assert sum(job.result["done"] for job in made) == MANY
    assert sum(job.result["skipped"] for job in made) == MANY
    assert Notice.objects.filter(key__startswith="remind-").count() == MANY
    assert Event.objects.filter(verb=urging.VERB).count() == MANY


def test_a_row_that_a_colleague_holds_does_not_hold_the_others_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PATIENCE", bulk.PATIENCE / 10)
    office = Cast()
    rows = to_review(office.officer, many=3)
    boxes = list(bulk.choices(rows).values())
    done: list[Job] = []

    def press() -> None:
        try:
            done.append(bulk.run(Act.ACCEPT, boxes, by=office.officer, now=NOW))
        finally:
            connections.close_all()

    with transaction.atomic():
        Filing.objects.for_decision(rows[1].pk)
        pressed = threading.Thread(target=press)
        pressed.start()
        pressed.join(timeout=20)
        assert not pressed.is_alive(), "the page hangs"
    (job,) = done
    assert [row["outcome"] for row in job.result["rows"]] == ["done", "failed", "done"]
    assert "同事正在办理这一件" in job.result["rows"][1]["said"]
