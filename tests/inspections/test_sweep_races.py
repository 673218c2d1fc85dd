"""Four sweeps at once beside people who change the facts, on PostgreSQL (SQLite has one writer and shows nothing)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models import QuerySet

from accounts.flags import Rule, RuleCode, run_rule, waive
from accounts.models import Account, AccountState, Flag, Followers, Message, Role, RuleRun, Source, Unit
from accounts.models.unit import Scope
from filings.models import Filing
from filings.models import FilingState as S
from filings.rules import RULES as FILING_RULES
from inspections import sweep as sweeping
from inspections.sweep import RULES, sweep
from tests.flag_rows import build_account, build_filing, make_account, make_filing, make_platform, make_unit, make_user
from tests.inspections.plain import in_breach
from zhonglou_media.core import events
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_postgres]

SECONDS = 30
SWEEPERS = 4
OVERDUE = FILING_RULES[0]


def at_once(*works: Callable[[], None]) -> list[BaseException]:
    """Run all in threads of their own that start together; what they raised."""
    barrier = threading.Barrier(len(works))
    raised: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            connections["default"].ensure_connection()
            barrier.wait(30)
            work()
        except BaseException as error:  # shown by the test, whatever it is
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 60)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return raised


# --- somebody changes the facts -----------------------------------------------------------------------------------

LOOP = {S.DRAFT: S.LEADER_REVIEW, S.LEADER_REVIEW: S.TO_REPORT, S.TO_REPORT: S.DRAFT}
FINAL = {S.DRAFT: S.WITHDRAWN, S.OFFICE_REVIEW: S.RETURNED, S.RETURNED: S.OFFICE_REVIEW}


class Writer:
    """Changes random facts until told to stop: in small transactions, some of them holding locks as decisions do."""

    def __init__(self, start: datetime, supervisor: User) -> None:
        self.random, self.start, self.supervisor = Random(20210322), start, supervisor
        self.filings = list(Filing.objects.order_by("pk").values_list("pk", flat=True))
        self.accounts = list(Account.objects.order_by("pk").values_list("pk", flat=True))
        self.messages = list(Message.objects.order_by("pk").values_list("pk", flat=True))
        self.units = list(Unit.objects.order_by("pk").values_list("pk", flat=True))
        self.writes, self.waived_open = 0, 0

    def until(self, end: float) -> None:
        moves = (
            self.report,
            self.move_due,
            self.toggle,
            self.move_state,
            self.decide,
            self.unit,
            self.refind,
            self.waive,
            self.publish,
            self.hint,
            self.answer,
        )
        while time.monotonic() < end:
            self.random.choices(moves, weights=(6, 6, 4, 6, 4, 1, 3, 1, 6, 3, 6))[0]()
            self.writes += 1

    def a_moment(self) -> datetime:
        """A few moments only, so that flags reopen; some come due while the sweeps run, some never."""
        return self.start + timedelta(seconds=self.random.choice((-9000, -5000, -100, 4, 9, 15, 21, 90_000)))

    def some(self) -> "QuerySet[Filing]":
        return Filing.objects.filter(pk__in=self.random.sample(self.filings, self.random.choice((1, 1, 5, 20))))

    def report(self) -> None:
        reported = self.random.choice((None, self.start))
        self.some().filter(state__in=LOOP).update(first_reported_at=reported)

    def move_due(self) -> None:
        column = self.random.choice(("report_due_at", "correction_due_at", "event_due_at"))
        self.some().update(**{column: self.random.choice((None, self.a_moment(), self.a_moment()))})

    def toggle(self) -> None:
        self.some().update(**{self.random.choice(("provisional", "not_occurred")): self.random.random() < 0.3})

    def move_state(self) -> None:
        with transaction.atomic():
            filing = Filing.objects.for_decision(self.random.choice(self.filings))
            target = (FINAL if self.random.random() < 0.05 else LOOP | FINAL).get(filing.state)
            if target == S.WITHDRAWN and self.random.random() < 0.9:
                target = LOOP[filing.state]
            if target is not None:
                ended = {"ended_at": self.start} if target == S.WITHDRAWN else {}
                Filing.objects.filter(pk=filing.pk).update(state=target, **ended)

    def decide(self) -> None:
        """As a decision on an opening: the filing, its unit, its account, and last the chain of events."""
        with transaction.atomic():
            filing = Filing.objects.for_decision(self.random.choice(self.filings))
            Unit.objects.select_for_update(no_key=True).get(pk=filing.unit_id)
            account = Account.objects.select_for_update(no_key=True).get(pk=self.random.choice(self.accounts))
            account.followers = self.random.randrange(1000)
            account.save()
            Filing.objects.filter(pk=filing.pk).update(report_due_at=self.a_moment())
            events.append(filing, "decide", by=None, role="system", at=self.start)

    def unit(self) -> None:
        Unit.objects.filter(pk=self.random.choice(self.units)).update(
            scope=self.random.choice((Scope.BOUND, Scope.BOUND, Scope.GUIDED))
        )

    def refind(self) -> None:
        account = Account.objects.filter(pk=self.random.choice(self.accounts), state=AccountState.UNFILED)
        if self.random.random() < 0.05:
            account.update(state=AccountState.ACTIVE, found_at=None)
        else:
            account.update(found_at=self.a_moment())

    def publish(self) -> None:
        """A publication, or data of one, moves the due time and the watermark."""
        some = Account.objects.filter(pk__in=self.random.sample(self.accounts, 5))
        some.filter(state=AccountState.ACTIVE).update(
            next_update_due_at=self.a_moment(), posts_known_until=self.random.choice((None, self.a_moment()))
        )
        revived = self.start - timedelta(seconds=self.random.choice((1, 9000)))
        some.filter(state=AccountState.CLOSED).update(last_published_at=revived)

    def hint(self) -> None:
        column = self.random.choice(("name_differs_since", "doubled_since"))
        since = self.random.choice((None, self.a_moment()))
        Account.objects.filter(pk__in=self.random.sample(self.accounts, 3)).update(**{column: since})
        count = Followers.objects.order_by("?").first()
        assert count is not None
        Followers.objects.filter(pk=count.pk).update(jumped_at=since)

    def answer(self) -> None:
        some = self.random.sample(self.messages, self.random.choice((1, 5, 20)))
        replied = self.random.choice((None, self.start))
        Message.objects.filter(pk__in=some).update(first_reply_at=replied)

    def waive(self) -> None:
        flag = Flag.objects.open().order_by("?").first()
        if flag is None:
            return
        waive([flag.pk], by=self.supervisor, reason="示例", now=self.start)
        was_open = events.timeline(flag).get(verb="waive").from_state == "open"
        self.waived_open += was_open


@pytest.fixture
def a_busy_district() -> None:
    """200 filings and 120 accounts of 20 units, with messages and counts of followers."""
    units, platform = [make_unit() for _ in range(20)], make_platform()
    people = (make_user("示例领导"), make_user("示例经办"))
    soon = db_now() + timedelta(seconds=9)
    states = (S.DRAFT, S.LEADER_REVIEW, S.TO_REPORT, S.TO_REPORT, S.OFFICE_REVIEW, S.RETURNED)
    three = (AccountState.ACTIVE, AccountState.UNFILED, AccountState.CLOSED)
    for number in range(120):
        account = build_account(three[number % 3], unit=units[number % 20], platform=platform)
        account.state_since = soon - timedelta(seconds=5000)
        account.save()
        asked = soon - timedelta(days=1)
        facts = {"account": account, "source": Source.TYPED}
        Message.objects.create(
            **facts, external_id="1", kind="inquiry", asked_at=asked, received_at=soon, reply_due_at=soon
        )
        Followers.objects.create(**facts, day=soon.date(), count=9)
    for number in range(200):
        filing = build_filing(states[number % 6], people=people, unit=units[number % 20], report_due_at=soon)
        approved = build_filing(S.TO_REPORT, people=people)  # so that the states may go round
        for column in ("leader", "approved_on", "approval_recorded_at"):
            setattr(filing, column, getattr(approved, column))
        filing.first_approved_on, filing.first_approval_recorded_at = approved.approved_on, approved.created_at
        filing.save()


# Nothing of theirs is written here: one statement serves every rule.
QUIET = {RuleCode.NO_CUSTODIAN, RuleCode.VENDOR_LAPSED, RuleCode.NO_RETENTION, RuleCode.OVERDUE_ORDER}
QUIET |= {RuleCode.OVERDUE_RECTIFICATION}


@pytest.mark.slow
def test_four_sweeps_beside_a_writer_end_in_the_truth(a_busy_district: None) -> None:
    start, end = db_now(), time.monotonic() + SECONDS
    writer = Writer(start, make_user("示例负责人", Role.SUPERVISOR))
    runs: list[tuple[int, int]] = []

    def sweeper() -> None:
        while time.monotonic() < end:
            runs.extend(sweep(db_now()).values())

    assert at_once(*[sweeper] * SWEEPERS, lambda: writer.until(end)) == []  # no deadlock, no exception
    now = db_now()
    runs.extend(sweep(now).values())

    waived = set(Flag.objects.filter(waived_at__isnull=False).values_list("rule", "fact_id", "due_at"))
    expected = in_breach(now) - waived
    assert set(Flag.objects.open().values_list("rule", "fact_id", "due_at")) == expected
    assert {rule for rule, _, _ in expected} == {rule.code for rule in RULES} - QUIET
    # Each opening and each clearing was counted by exactly one of the sweeps.
    opened, cleared = (sum(column) for column in zip(*runs, strict=True))
    assert opened - cleared - writer.waived_open == len(expected)
    flags, reopened = Flag.objects.count(), sum(Flag.objects.values_list("reopened", flat=True))
    assert opened == flags + reopened
    print(f"{len(runs)} runs, {writer.writes} writes, {opened} opened, {reopened} of them again, {cleared} cleared")
    assert len(runs) > 400
    assert writer.writes > 1000
    assert reopened > 100


# --- the lock, and what happens without it ------------------------------------------------------------------------

ROUNDS, FILINGS = 20, 500


@contextmanager
def lock_taken_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(RuleRun.objects, "select_for_update", RuleRun.objects.all)
        yield


def wrong_rounds() -> int:
    """Rounds in which four sweeps at once failed, or did not together open each flag once and then clear each once."""
    people, unit = (make_user("示例领导"), make_user("示例经办")), make_unit()
    due = db_now() - timedelta(days=1)
    Filing.objects.bulk_create(
        build_filing(S.TO_REPORT, people=people, unit=unit, report_due_at=due) for _ in range(FILINGS)
    )
    run_rule(OVERDUE, due - timedelta(days=1))  # makes the rule's row

    def together() -> tuple[int, int, list[BaseException]]:
        counts: list[tuple[int, int]] = []
        now = db_now()
        raised = at_once(*[lambda: counts.append(run_rule(OVERDUE, now))] * SWEEPERS)
        return sum(opened for opened, _ in counts), sum(cleared for _, cleared in counts), raised

    wrong = 0
    for _ in range(ROUNDS):
        Filing.objects.update(first_reported_at=None)
        came = together()
        Filing.objects.update(first_reported_at=due)
        went = together()
        wrong += (came, went) != ((FILINGS, 0, []), (0, FILINGS, []))
    return wrong


def test_four_sweeps_at_once_count_each_flag_once() -> None:
    assert wrong_rounds() == 0


def test_without_the_lock_they_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same rounds show the fault when the rule's row is not locked."""
    with lock_taken_out(monkeypatch):
        assert wrong_rounds() >= 0.9 * ROUNDS


def test_the_first_four_sweeps_ever_make_one_row() -> None:
    make_account(AccountState.UNFILED)
    counts: list[dict[str, tuple[int, int]]] = []
    now = db_now()

    assert at_once(*[lambda: counts.append(sweep(now))] * SWEEPERS) == []
    assert sum(count["unfiled_account"][0] for count in counts) == 1
    assert RuleRun.objects.count() == len(RULES)


def test_two_waivers_at_once_one_wins() -> None:
    make_account(AccountState.UNFILED)
    sweep(db_now())
    flag, people, won = Flag.objects.get(), [make_user("示例负责人", Role.SUPERVISOR) for _ in range(2)], []

    def waiver(user: User) -> Callable[[], None]:
        return lambda: won.append(waive([flag.pk], by=user, reason=user.username, now=db_now()))

    (refused,) = at_once(*(waiver(user) for user in people))
    assert won == [1]
    assert refused.by == Flag.objects.get().waived_by
    assert Flag.objects.get().waive_reason == refused.by.username


def test_a_whole_sweep_in_one_transaction_and_a_waiver_of_two_rules_do_not_cross(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`sweep_flags` keeps each rule's row locked to its end; a waiver locks those of its flags: in the same order."""
    make_account(AccountState.UNFILED)
    make_filing(S.TO_REPORT, report_due_at=db_now() - timedelta(days=1))
    sweep(db_now())
    flags, supervisor = list(Flag.objects.all()), make_user("示例负责人", Role.SUPERVISOR)
    assert {flag.rule for flag in flags} == {"unfiled_account", "overdue_filing"}
    one_held = threading.Event()

    def slowly(rule: Rule, now: datetime) -> tuple[int, int]:
        done = run_rule(rule, now)
        if rule.code in ("unfiled_account", "overdue_filing") and not one_held.is_set():
            one_held.set()
            time.sleep(1)  # meanwhile the waiver locks what it may
        return done

    def waiver() -> None:
        assert one_held.wait(10)
        waive([flag.pk for flag in flags], by=supervisor, reason="示例", now=db_now())

    monkeypatch.setattr(sweeping, "run_rule", slowly)
    assert at_once(lambda: call_command("sweep_flags"), waiver) == []
    assert Flag.objects.filter(waived_by=supervisor).count() == 2


# --- a sweep and a decision ---------------------------------------------------------------------------------------


def deadlocks_between_sweep_and_batch(*, no_key: bool) -> int:
    """A batch locks unit A, then B, while a sweep raises flags of B, then A: the foreign keys' locks cross."""
    unit_a, unit_b = make_unit(), make_unit()
    for unit in (unit_b, unit_a):
        make_account(AccountState.UNFILED, unit=unit)
    first_held, now = threading.Event(), db_now()

    def batch() -> None:
        with transaction.atomic():
            Unit.objects.select_for_update(no_key=no_key).get(pk=unit_a.pk)
            first_held.set()
            time.sleep(1)  # meanwhile the sweep checks its foreign keys: B's at once, A's when it may
            Unit.objects.select_for_update(no_key=no_key).get(pk=unit_b.pk)

    def sweeper() -> None:
        assert first_held.wait(10)
        sweep(now)

    raised = at_once(batch, sweeper)
    return sum("deadlock detected" in str(getattr(error, "exceptions", [error])[0]) for error in raised)


def test_decisions_and_sweeps_do_not_cross() -> None:
    assert deadlocks_between_sweep_and_batch(no_key=True) == 0
    assert Flag.objects.open().count() == 2


def test_with_the_stronger_lock_they_do() -> None:
    """The control: FOR UPDATE also shuts out the foreign keys of a sweep's new flags."""
    assert deadlocks_between_sweep_and_batch(no_key=False) == 1
