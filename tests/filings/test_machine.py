"""Each move × each role × each state has its verdict, written out here and nowhere else.

The tables below are literals: neither the policy nor the machine is asked what is right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Role
from filings import approving, drafting, exchange, export_batches, reporting, reviewing
from filings.models import Filing, FilingState
from filings.reading import Reading, latest
from tests.factories import NOW, Cast, opening, scan, unit, user
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, File, User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)

DRAFT, LEADER, REPORT, OFFICE, RETURNED, ACCEPTED, COMPLETED, REFUSED, WITHDRAWN = FilingState.values

# move: (states it starts from, state it leads to or None for the same, who may)
UNIT, BOSS, DESK, HEAD = {"operator"}, {"leader"}, {"officer", "supervisor"}, {"supervisor"}
MOVES: dict[str, tuple[set[str], str | None, set[str]]] = {
    "save_draft": ({DRAFT, RETURNED}, None, UNIT),
    "submit": ({DRAFT, RETURNED}, LEADER, UNIT),
    "recall": ({LEADER}, DRAFT, UNIT),
    "leader_approve": ({LEADER}, REPORT, BOSS),
    "leader_return": ({LEADER}, DRAFT, BOSS),
    "record_paper_approval": ({LEADER}, REPORT, UNIT),
    "report": ({REPORT, RETURNED}, OFFICE, UNIT),
    "reopen": ({REPORT}, DRAFT, UNIT),
    "supplement": ({REPORT, OFFICE, ACCEPTED}, None, UNIT | DESK),
    "accept": ({OFFICE}, ACCEPTED, DESK),
    "return_": ({OFFICE}, RETURNED, DESK),
    "refuse": ({OFFICE}, REFUSED, DESK),
    "unaccept": ({ACCEPTED}, OFFICE, HEAD),
    "receipt": ({ACCEPTED}, None, DESK | {"system"}),
    "not_applicable": ({ACCEPTED}, None, HEAD),
    "withdraw": ({DRAFT, LEADER, REPORT, OFFICE, RETURNED}, WITHDRAWN, UNIT),
    "upper_return": ({ACCEPTED}, RETURNED, DESK | {"system"}),
    "attach": ({DRAFT, RETURNED}, None, UNIT),
    "attach_later": ({REPORT, OFFICE, ACCEPTED}, None, UNIT | DESK),
    "open_for_review": ({OFFICE}, None, DESK),
    "confirm_not_occurred": ({WITHDRAWN, REFUSED}, None, DESK),
}
# The same for what concerns a signed paper, of filings approved on paper (accepted: the officer has ticked it).
PAPER_MOVES: dict[str, tuple[set[str], str | None, set[str]]] = {
    "check_paper": ({OFFICE}, None, DESK),
    "correct_paper_approval": ({REPORT, OFFICE}, None, UNIT),
}
WHO = (
    "operator",
    "leader",
    "officer",
    "supervisor",
    "auditor",
    "admin",
    "parent",
    "operator of another unit",
    "leader of another unit",
    "operator of the parent unit",
    "nobody in particular",
    "system",
)


@dataclass
class Stage:
    """A unit with a parent, one person for each role, and a signed paper."""

    cast: Cast
    people: dict[str, User | None]
    paper: File


@pytest.fixture
def stage() -> Stage:
    above, other = unit(), unit()
    cast = Cast(unit(parent=above))
    people: dict[str, User | None] = {
        "operator": cast.operator,
        "leader": cast.leader,
        "officer": user(Role.OFFICER),
        "supervisor": user(Role.SUPERVISOR),
        "auditor": user(Role.AUDITOR),
        "admin": user(Role.ADMIN),
        "parent": user(Role.PARENT, above),
        "operator of another unit": user(Role.OPERATOR, other),
        "leader of another unit": user(Role.LEADER, other),
        "operator of the parent unit": user(Role.OPERATOR, above),
        "nobody in particular": user(),
        "system": None,
    }
    return Stage(cast, people, scan())


def act(name: str, filing: Filing, by: Any, paper: File) -> None:
    """Make one move as somebody who has the present revision open."""
    pk, now = filing.pk, LATER
    revision = latest(filing) if filing.revision else None
    read = Reading(revision.number, revision.sm3) if revision else Reading(0, "")
    calls: dict[str, Callable[[], Any]] = {
        "save_draft": lambda: drafting.save_draft(pk, by=by, data={}, now=now),
        "submit": lambda: drafting.submit(pk, by=by, now=now),
        "recall": lambda: drafting.recall(pk, by=by, now=now),
        "leader_approve": lambda: approving.leader_approve(pk, by=by, read=read, now=now),
        "leader_return": lambda: approving.leader_return(pk, by=by, read=read, now=now, comment="请改"),
        "record_paper_approval": lambda: approving.record_paper_approval(
            pk, by=by, leader_name="示例领导", approved_on=date(2026, 11, 24), scan=paper, now=now
        ),
        "report": lambda: reporting.report(pk, by=by, now=now),
        "reopen": lambda: drafting.reopen(pk, by=by, now=now),
        "supplement": lambda: reporting.supplement(pk, by=by, data={"remarks": "补充"}, now=now),
        "accept": lambda: reviewing.accept(pk, by=by, read=read, now=now),
        "return_": lambda: reviewing.return_(pk, by=by, read=read, now=now, comment="请改"),
        "refuse": lambda: reviewing.refuse(pk, by=by, read=read, now=now, comment="第七条", on_platform=False),
        "unaccept": lambda: reviewing.unaccept(pk, by=by, read=read, now=now, comment="有误"),
        "receipt": lambda: exchange.take_receipt(
            pk, system="national", result="taken", on=date(2026, 11, 24), by=by, now=now
        ),
        "not_applicable": lambda: exchange.take_receipt(
            pk, system="provincial", result="n/a", reason="不在范围", on=date(2026, 11, 24), by=by, now=now
        ),
        "withdraw": lambda: reporting.withdraw(pk, by=by, reason="不办了", on_platform=False, now=now),
        "upper_return": lambda: _refused_above(pk, by),
        "attach": lambda: reporting.attach(pk, by=by, file=paper, name="说明.pdf", now=now),
        "attach_later": lambda: reporting.attach(pk, by=by, file=paper, name="说明.pdf", now=now),
        "open_for_review": lambda: reviewing.open_for_review(pk, by=by, now=now),
        "check_paper": lambda: reviewing.check_paper(pk, by=by, read=read, now=now),
        "correct_paper_approval": lambda: approving.correct_paper_approval(
            pk, by=by, leader_name="示例领导", approved_on=date(2026, 11, 23), scan=paper, now=now
        ),
        "confirm_not_occurred": lambda: reviewing.confirm_not_occurred(pk, by=by, comment="未开设", now=now),
    }
    calls[name]()


def _refused_above(pk: int, by: User | None) -> None:
    """The national system refuses what was exported to it."""
    with TemporaryDirectory() as folder:
        export_batches.export("national", by=None, now=LATER, out=Path(folder) / "out.xlsx")
    exchange.take_receipt(
        pk, system="national", result="refused", reason="责任科室未填", on=date(2026, 11, 24), by=by, now=LATER
    )


def verdict_of(name: str, filing: Filing, by: User | None, paper: File) -> str:
    """What came of it, undone afterwards: the new state, 「not allowed」 or 「wrong state」."""
    try:
        with transaction.atomic():
            act(name, filing, by, paper)
            state = Filing.objects.get(pk=filing.pk).state
            transaction.set_rollback(True)
            return str(state)
    except NotAllowed:
        return "not allowed"
    except WrongState:
        return "wrong state"


def expected(name: str, state: str, who: str, move: tuple[set[str], str | None, set[str]]) -> str:
    states, target, allowed = move
    if (name == "attach" and state not in states) or (name == "attach_later" and state in MOVES["attach"][0]):
        return "the other row says it"
    if who not in allowed:
        return "not allowed"
    if state not in states:
        return "wrong state"
    return target or state


def differences(filing: Filing, stage: Stage, moves: dict[str, tuple[set[str], str | None, set[str]]]) -> object:
    """Verdicts that are not as the table says: {(move, who): (verdict, expected)}."""
    wrong = {}
    for name, move in moves.items():
        for who in WHO:
            right = expected(name, filing.state, who, move)
            verdict = verdict_of(name, filing, stage.people[who], stage.paper)
            if right not in (verdict, "the other row says it"):
                wrong[name, who] = (verdict, right)
    return wrong


@pytest.mark.parametrize("state", FilingState.values)
def test_every_move_by_everybody_from_every_state(state: str, stage: Stage) -> None:
    assert differences(opening(state, stage.cast), stage, MOVES) == {}


@pytest.mark.parametrize("state", [REPORT, OFFICE, RETURNED, ACCEPTED, COMPLETED, REFUSED])
def test_every_move_with_a_signed_paper(state: str, stage: Stage) -> None:
    filing = opening(state, stage.cast, paper=date(2026, 11, 24))
    assert differences(filing, stage, PAPER_MOVES) == {}


@pytest.mark.parametrize("state", [DRAFT, LEADER, REPORT, OFFICE, RETURNED, ACCEPTED])
def test_without_a_signed_paper_there_is_none_to_tick_or_correct(state: str, stage: Stage) -> None:
    filing = opening(state, stage.cast)
    for name, who in (("check_paper", "officer"), ("correct_paper_approval", "operator")):
        assert verdict_of(name, filing, stage.people[who], stage.paper) == "wrong state"


def test_every_transition_of_the_machine_is_in_the_table() -> None:
    moves = {move.name for move in Filing._meta.get_field("state").get_all_transitions(Filing)}  # type: ignore[union-attr]
    told = set(MOVES) | {"return_for_correction" if name == "return_" else name for name in MOVES}
    assert moves - told == {"complete"}  # follows from receipts and supplements: test_completion.py


@pytest.mark.parametrize("name", sorted(MOVES))
def test_a_refused_move_leaves_nothing(name: str, stage: Stage) -> None:
    filing = opening("completed", stage.cast)
    events = Event.objects.count()
    with pytest.raises(Refused):
        act(name, filing, stage.people["operator"], stage.paper)
    assert Event.objects.count() == events
    assert Filing.objects.get(pk=filing.pk).state == "completed"


def test_every_move_leaves_one_event_that_names_the_revision(stage: Stage) -> None:
    filing = opening("completed", stage.cast)
    events = Event.objects.filter(subject_kind="filing", subject_id=filing.pk).order_by("seq")
    told = [(e.verb, e.from_state, e.to_state, e.role) for e in events]
    assert told == [
        ("start", "", "draft", "operator"),
        ("submit", "draft", "leader_review", "operator"),
        ("leader_approve", "leader_review", "to_report", "leader"),
        ("report", "to_report", "office_review", "operator"),
        ("accept", "office_review", "accepted", "officer"),
        ("receipt", "accepted", "accepted", "officer"),
        ("receipt", "accepted", "accepted", "officer"),
        ("complete", "accepted", "completed", "officer"),
    ]
    revision = latest(Filing.objects.get(pk=filing.pk))
    assert {(e.revision, e.digest) for e in events if e.verb != "start"} == {(revision.number, revision.sm3)}
