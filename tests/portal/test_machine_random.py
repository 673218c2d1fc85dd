"""Whoever does whatever, in whatever order: 2,000 random moves, legal and illegal, over filings and accounts.

After each move: a refused one left nothing; what became otherwise of an account has an event with a ground; nobody
accepted or approved his own; no unit has two live accounts on a platform without a recorded reason; what an opening
activates is its unit's, and in hand; no void row was ever filed. An error of the database out of a use case fails the
test by itself.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from accounts import fields
from accounts.models import Account, Origin, Sighting
from accounts.models.account import ON_PLATFORM
from filings.models import Filing, FilingState
from inspections.models import ClosureOrder
from tests.portal import machine_world as moves
from tests.portal.machine_world import OF_FILING, ONWARD, SIDEWAYS, World
from zhonglou_media.core import chain
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db

EXAMPLES, DRAWS, STEPS = 34, 50, 2000  # a draw is one move at least, often two or three
N = st.integers(min_value=0, max_value=7)
WHO = st.integers(min_value=0, max_value=15)

# Weighted: what leads on is taken more often than chance would.
MOVES = [
    *["by the book"] * 12, *["onward"] * 4, *["sideways"] * 4, *["any"] * 8, *["start"] * 4, *["export"] * 3, "order",
    "order", "see", "ask", "void", "order closed", "report_lost", "declare_lost", "recover", "custodian",
    "merge", "merge", "merge units",
]  # fmt: skip

Facts = dict[int, dict[str, Any]]
# The ground of each event that changes an account: what must exist for it.
BY_FILING = {
    "open_pending", "rewrite_pending", "activate", "end_pending", "begin_closing", "undo_closing", "close", "cancel",
    "change",
}  # fmt: skip
BY_SUPERVISOR = {"void", "merge_into", "take_over"}  # a row recorded in error or twice
BY_FINDING = {"found", "seen_again"}


def facts() -> Facts:
    """State and filed fields of every account."""
    columns = ("state", "origin", "same_platform_reason", "lost_control_since", *fields.FILED)
    return {row["pk"]: row for row in Account.objects.order_by("pk").values("pk", *columns)}


def has_ground(event: Event, account: Account) -> bool:
    """Whether what the event stands on exists and speaks of this account."""
    if event.verb in BY_FILING:
        return any(
            event.comment.partition("：")[0] == f"备案 {name}"
            for filing in Filing.objects.filter(account=account)
            for name in (filing.pk, filing.number)
        )
    if event.verb == "end_by_order":
        numbers = ClosureOrder.objects.filter(account=account, ended_at__isnull=False).values_list("number", flat=True)
        return any(event.comment == f"责令关停 {number}" for number in numbers)
    if event.verb == "merge_unit":
        return Event.objects.filter(subject_kind="unit", verb="merge", to_state="merged").exists()
    if event.verb in BY_FINDING:
        return Sighting.objects.filter(account=account).exists() or account.origin == Origin.FOUND
    return event.verb in BY_SUPERVISOR and event.role == "supervisor" and bool(event.comment)


class Portal(RuleBasedStateMachine):
    """One example: a small district, rolled back at its end."""

    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._transaction: AbstractContextManager[Any] = transaction.atomic()
        self._transaction.__enter__()
        self.world = World()
        self.before, self.seq = facts(), self._last_seq()

    def teardown(self) -> None:
        try:
            assert chain.verify().faults == []
        finally:
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)

    @rule(what=st.sampled_from(MOVES), which=N, who=WHO, how=N)
    def move(self, what: str, which: int, who: int, how: int) -> None:
        """One rule, not one a move: of many rules hypothesis would leave out some for a whole example."""
        world = self.world
        match what:
            case "onward":
                self.onward(which, who, how)
            case "by the book":
                self.onward(which, how % 3, 4 + how % 4)
            case "sideways":
                self.sideways(which, who, how)
            case "any":
                name = sorted(OF_FILING)[(which * 8 + how) % len(OF_FILING)]
                self.of_filing(name, world.filing(how), who, how)
            case "start":
                self.start(which, who, how)
            case "export":
                self.attempt(what, lambda: moves.export(world, world.who(who, moves.F), how))
            case "order":
                self.attempt(what, lambda: moves.on_order(world, who, how))
            case "see":
                self.attempt(what, lambda: moves.see(world, which, who, how))
            case "ask":
                self.attempt(what, lambda: moves.ask(world, who, how))
            case "merge units" if how < 2:  # seldom: it ends a unit
                self.attempt(what, lambda: moves.merge_units(world, which, who))
            case "merge units":
                self.sideways(which, who, how)
            case _:
                self.attempt(what, lambda: moves.on_account(world, what, which, who, how))

    def onward(self, which: int, who: int, how: int) -> None:
        """The next steps of a filing under way, as far as they go; a new one where there is none."""
        filing = self.world.filing(which, live=True)
        if filing is None:
            self.start(which, who, how)
        for n, name in enumerate(ONWARD.get(filing.state, ()) if filing else ()):
            self.of_filing(name, filing, who, (how + n) % 4 + how // 4 * 4)

    def sideways(self, which: int, who: int, how: int) -> None:
        """What sends it back, or ends it."""
        filing = self.world.filing(which, live=how < 6)
        names = SIDEWAYS.get(filing.state, ()) if filing else ()
        if names:
            self.of_filing(names[how % len(names)], filing, who % 12, how)
        else:
            self.start(which, who, how)

    def start(self, which: int, who: int, how: int) -> None:
        kind = how % 4
        self.attempt(f"start {moves.KINDS[kind]}", lambda: moves.start(self.world, kind, which + how, who))

    # --- what must hold ---

    def of_filing(self, name: str, filing: Filing | None, who: int, how: int) -> None:
        if filing is None:
            self.start(who, who, how)
        else:
            role, move = OF_FILING[name]
            by = self.world.who(who, role, filing.unit_id)
            self.attempt(name, lambda: move(self.world, filing, by, how))

    def attempt(self, name: str, act: Callable[[], object]) -> None:
        """Make one move; whatever is not Refused comes out and fails the test."""
        type(self).steps += 1
        self.world.tick()
        try:
            act()
        except Refused:
            type(self).done[f"refused {name}"] += 1
            assert self._last_seq() == self.seq, f"{name}: refused, and yet something is in the history"
            assert facts() == self.before, f"{name}: refused, and yet the register is another"
            return
        type(self).done[name] += 1
        self.check()

    def check(self) -> None:
        """What is new since the last move, and what holds at any time."""
        new = list(Event.objects.filter(seq__gt=self.seq).order_by("seq"))
        after = facts()
        for pk, row in after.items():
            if self.before.get(pk) != row:
                about = [event for event in new if (event.subject_kind, event.subject_id) == ("account", pk)]
                self.has_events(pk, self.before.get(pk), row, about)
        self.before, self.seq = after, new[-1].seq if new else self.seq
        for event in new:
            self.keeps_apart(event)
            self.activates_its_own(event)
            type(self).done[f"event {event.subject_kind} {event.verb}"] += 1
            if event.verb == "complete":
                type(self).done[f"completed {Filing.objects.get(pk=event.subject_id).kind}"] += 1
        assert list(doubles(after)) == []
        void = [pk for pk, row in after.items() if row["state"] == "void"]
        filed = Filing.objects.filter(account__in=void, state=FilingState.COMPLETED)
        assert not filed.exists(), f"void, and yet filed: {filed}"

    def has_events(self, pk: int, old: dict[str, Any] | None, new: dict[str, Any], told: list[Event]) -> None:
        """Each change of the state, and each of a filed field, stands on something."""
        account = Account.objects.get(pk=pk)
        state = old["state"] if old else ""
        for event in told:
            if event.to_state:
                assert event.from_state == state, f"{event}: from another state than {state}"
                state = event.to_state
                assert has_ground(event, account), f"{event}: no ground in “{event.comment}”"
        assert state == new["state"], f"account {pk}: {state} → {new['state']} without an event"
        filed = [name for name in fields.FILED if old is None or old[name] != new[name]]
        if filed:
            assert any(has_ground(event, account) for event in told), f"account {pk}: {filed} without a ground"

    def keeps_apart(self, event: Event) -> None:
        """Who wrote, approved and reviewed a content are three people (第八条)."""
        if event.subject_kind != "filing" or event.subject_id is None or event.actor_id is None:
            return
        filing = Filing.objects.get(pk=event.subject_id)
        author = {filing.author_id} - {None}
        if event.verb in ("accept", "return_for_correction", "refuse"):
            assert event.actor_id not in {*author, filing.last_editor_id, filing.leader_id}, f"{event}: by its author"
        if event.verb == "leader_approve":
            assert event.actor_id not in {*author, filing.last_editor_id}, f"{event}: approved by its author"

    def activates_its_own(self, event: Event) -> None:
        """An opening activates an account of its own unit, which has it in hand from then on (第十八条)."""
        if (event.subject_kind, event.verb) != ("account", "activate"):
            return
        account = self.before[event.subject_id or 0]
        opening = Filing.objects.filter(account=account["pk"], kind="open", state="completed").latest("ended_at", "pk")
        assert account["unit"] == opening.unit_id, f"{event}: of another unit than {opening}"
        assert account["lost_control_since"] is None, f"{event}: and yet lost"

    @staticmethod
    def _last_seq() -> int:
        return Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def doubles(after: Facts) -> Iterator[tuple[int, int]]:
    """Units with two live accounts on a platform of which both lack a recorded reason (第七条)."""
    live = [
        (row["unit"], row["platform"])
        for row in after.values()
        if row["state"] in ON_PLATFORM and not row["same_platform_reason"] and row["lost_control_since"] is None
    ]
    for place, rows in itertools.groupby(sorted(live)):
        if len(list(rows)) > 1:
            yield place


def test_2000_random_moves_by_random_people() -> None:
    Portal.steps, Portal.done = 0, Counter()
    run_state_machine_as_test(
        Portal,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=DRAWS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # each move writes: to shrink would take minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Portal.steps >= STEPS
    for kind in moves.KINDS:
        assert Portal.done[f"completed {kind}"] > 0, "the moves lead nowhere: what is checked then proves little"
