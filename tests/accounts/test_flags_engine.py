"""The engine of flags, with rules of the portal and one made up here; and the waiver."""

from datetime import datetime

import pytest
from django.db import connection
from django.db.models import Case, F, QuerySet, Value, When
from django.test.utils import CaptureQueriesContext

from accounts import flags
from accounts.flags import Rule, RuleCode, run_rule, waive
from accounts.models import Account, AccountState, Flag, Role, RuleRun
from accounts.rules import RULES, unfiled_account
from filings.models import Filing, FilingState
from filings.rules import RULES as FILING_RULES
from tests.flag_rows import at, make_account, make_filing, make_unit, make_user
from zhonglou_media.core import events, words
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db

UNFILED, *_ = RULES
OVERDUE, CORRECTION, UNAPPROVED, *_ = FILING_RULES
DUE, DAY_1, DAY_2, DAY_3 = (at(f"2021-02-{day} 00:00") for day in (20, 21, 22, 23))


@pytest.fixture
def late() -> Filing:
    """Approved, due on 2021-02-19 24:00, not reported."""
    return make_filing(FilingState.TO_REPORT, report_due_at=DUE)


@pytest.fixture
def supervisor() -> User:
    return make_user("示例负责人", Role.SUPERVISOR)


def report(filing: Filing) -> None:
    Filing.objects.filter(pk=filing.pk).update(first_reported_at=DAY_2)


# --- raise, clear, reopen -----------------------------------------------------------------------------------------


def test_a_breach_raises_one_flag_that_says_what_was_missed(late: Filing) -> None:
    assert run_rule(OVERDUE, DAY_1) == (1, 0)

    flag = Flag.objects.get()
    assert (flag.rule, flag.level, flag.fact_kind, flag.fact_id) == ("overdue_filing", "breach", "filing", late.pk)
    assert (flag.unit, flag.account, flag.due_at, flag.raised_at) == (late.unit, None, DUE, DAY_1)
    assert (flag.cleared_at, flag.waived_at, flag.reopened, flag.waive_reason) == (None, None, 0, "")


def test_the_fact_is_named_as_events_name_it(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)
    account = make_account(AccountState.UNFILED)
    run_rule(UNFILED, at("2021-03-23 00:00"))

    assert [flag.fact_kind for flag in flags.of_fact(late)] == [events.kind_of(late)]
    assert [flag.fact_kind for flag in flags.of_fact(account)] == [events.kind_of(account)]


def test_a_second_run_changes_nothing(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)
    before = list(Flag.objects.values())

    assert run_rule(OVERDUE, DAY_2) == (0, 0)
    assert list(Flag.objects.values()) == before


def test_a_flag_of_an_account_names_the_account() -> None:
    account = make_account(AccountState.UNFILED, found_at=at("2021-03-22 10:00"))

    assert run_rule(UNFILED, at("2021-03-22 10:00")) == (1, 0)
    flag = Flag.objects.get()
    assert (flag.account, flag.unit, flag.due_at) == (account, account.unit, at("2021-03-22 10:00"))
    assert list(flags.of_account(account)) == [flag]


def test_a_filing_that_gets_its_account_later_gives_it_to_its_flag() -> None:
    """An opening has no account until its first approval; its flag must then show on the account's page."""
    filing = make_filing(FilingState.DRAFT, event_due_at=DUE)
    run_rule(UNAPPROVED, DAY_1)
    assert Flag.objects.get().account is None
    account = make_account(AccountState.PENDING, unit=filing.unit)
    Filing.objects.filter(pk=filing.pk).update(account=account)

    assert run_rule(UNAPPROVED, DAY_2) == (0, 0)
    assert Flag.objects.get().account == account
    assert Flag.objects.get().reopened == 0


def test_an_unfiled_account_that_goes_to_another_unit_takes_its_flag_along(late: Filing) -> None:
    """Nothing was missed yet by anybody; a due time that was missed stays with who missed it."""
    account, other = make_account(AccountState.UNFILED), make_unit()
    unfiled = next(rule for rule in RULES if rule.code == RuleCode.UNFILED_ACCOUNT)
    now = at("2021-03-23 00:00")
    for rule in (unfiled, OVERDUE):
        run_rule(rule, now)
    Account.objects.filter(pk=account.pk).update(unit=other)
    Filing.objects.filter(pk=late.pk).update(unit=other)

    assert [run_rule(rule, now) for rule in (unfiled, OVERDUE)] == [(0, 0), (0, 0)]
    units = dict(Flag.objects.values_list("rule", "unit"))
    assert units == {"unfiled_account": other.pk, "overdue_filing": late.unit_id}


def test_what_is_no_longer_in_breach_is_cleared(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)
    report(late)

    assert run_rule(OVERDUE, DAY_2) == (0, 1)
    flag = Flag.objects.get()
    assert (flag.cleared_at, flag.raised_at, flag.reopened) == (DAY_2, DAY_1, 0)
    assert run_rule(OVERDUE, DAY_3) == (0, 0)
    assert Flag.objects.get().cleared_at == DAY_2


def test_the_same_due_time_in_breach_again_reopens_the_flag(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)
    report(late)
    run_rule(OVERDUE, DAY_2)
    Filing.objects.update(first_reported_at=None)

    assert run_rule(OVERDUE, DAY_3) == (1, 0)
    flag = Flag.objects.get()
    assert (flag.cleared_at, flag.raised_at, flag.reopened) == (None, DAY_1, 1)


def test_a_new_due_time_is_a_new_flag_and_the_old_one_clears(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)
    Filing.objects.update(report_due_at=DAY_1)

    assert run_rule(OVERDUE, DAY_2) == (1, 1)
    assert list(Flag.objects.values_list("due_at", "cleared_at")) == [(DUE, DAY_2), (DAY_1, None)]


def test_a_due_time_moved_into_the_future_clears(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)
    Filing.objects.update(report_due_at=DAY_3)

    assert run_rule(OVERDUE, DAY_2) == (0, 1)


def test_a_rule_leaves_the_flags_of_others_alone(late: Filing) -> None:
    Filing.objects.update(event_due_at=DUE)
    run_rule(OVERDUE, DAY_1)
    run_rule(UNAPPROVED, DAY_1)
    report(late)

    assert run_rule(UNAPPROVED, DAY_2) == (0, 0)
    assert run_rule(OVERDUE, DAY_2) == (0, 1)
    assert [flag.rule for flag in Flag.objects.open()] == ["unapproved_event"]


def test_many_at_once_are_counted() -> None:
    unit = make_unit()
    for day in range(1, 6):
        make_filing(FilingState.TO_REPORT, unit=unit, report_due_at=at(f"2021-02-0{day} 00:00"))

    assert run_rule(OVERDUE, at("2021-02-03 00:00")) == (3, 0)
    Filing.objects.filter(report_due_at=at("2021-02-01 00:00")).update(first_reported_at=DAY_1)
    assert run_rule(OVERDUE, at("2021-02-05 00:00")) == (2, 1)


# --- level --------------------------------------------------------------------------------------------------------


def unfiled_with_level(now: datetime) -> QuerySet[Account]:
    """As `unfiled_account`, a hint until the account has followers."""
    level = Case(When(followers__gt=0, then=Value("breach")), default=Value("hint"))
    return unfiled_account(now).annotate(weight=level)


LEVELLED = Rule(RuleCode.UNFILED_ACCOUNT, 8, "account", unfiled_with_level, "found_at", account="id", level=F("weight"))


def test_the_level_follows_and_that_opens_nothing() -> None:
    make_account(AccountState.UNFILED)
    now = at("2021-03-23 00:00")
    assert run_rule(LEVELLED, now) == (1, 0)
    assert Flag.objects.get().level == "hint"
    Account.objects.update(followers=9)

    assert run_rule(LEVELLED, now) == (0, 0)
    assert (Flag.objects.get().level, Flag.objects.get().reopened) == ("breach", 0)


def test_a_level_change_beside_a_new_flag_counts_the_new_one_only() -> None:
    make_account(AccountState.UNFILED)
    run_rule(LEVELLED, at("2021-03-23 00:00"))
    Account.objects.update(followers=9)
    make_account(AccountState.UNFILED)

    assert run_rule(LEVELLED, at("2021-03-24 00:00")) == (1, 0)


# --- the run ------------------------------------------------------------------------------------------------------


def test_the_run_is_recorded(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)
    run = RuleRun.objects.get()
    assert (run.rule, run.last_run_at, run.opened, run.cleared) == ("overdue_filing", DAY_1, 1, 0)
    report(late)
    run_rule(OVERDUE, DAY_2)

    run = RuleRun.objects.get()
    assert (run.last_run_at, run.opened, run.cleared) == (DAY_2, 0, 1)


def test_a_run_locks_its_row_before_it_reads_a_flag(late: Filing) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        run_rule(OVERDUE, DAY_1)
    touching = [
        query["sql"] for query in queries if "accounts_rulerun" in query["sql"] or "accounts_flag" in query["sql"]
    ]
    assert "accounts_rulerun" in touching[0]
    if connection.vendor == "postgresql":
        assert touching[0].endswith("FOR UPDATE")


def test_the_number_of_queries_does_not_grow_with_the_rows(late: Filing) -> None:
    run_rule(OVERDUE, DAY_1)  # makes the rule's row
    counts = []
    for size in (0, 1, 40):
        for _ in range(size):
            make_filing(FilingState.TO_REPORT, unit=late.unit, report_due_at=DUE)
        with CaptureQueriesContext(connection) as queries:
            run_rule(OVERDUE, DAY_2)
        counts.append(len([q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SET LOCAL"))]))
    assert counts == [6, 6, 6]  # lock, count, upsert, count, clear, record


def nothing(now: datetime) -> QuerySet[Filing]:
    return Filing.objects.none()


def everything(now: datetime) -> QuerySet[Filing]:
    return Filing.objects.all()


def test_a_rule_that_can_find_nothing_clears_all(late: Filing) -> None:
    """Django proves the query empty before it is one; the engine must not stumble."""
    run_rule(OVERDUE, DAY_1)
    assert run_rule(Rule(RuleCode.OVERDUE_FILING, 8, "filing", nothing, "report_due_at"), DAY_2) == (0, 1)


def test_a_rule_without_a_condition_works_on_both_databases(late: Filing) -> None:
    """SQLite would read ON CONFLICT after a SELECT without WHERE as a join."""
    assert run_rule(Rule(RuleCode.OVERDUE_FILING, 8, "filing", everything, "report_due_at"), DAY_1) == (1, 0)


def test_a_failing_rule_leaves_no_half_run(late: Filing) -> None:
    broken = Rule(RuleCode.OVERDUE_FILING, 8, "filing", everything, "correction_due_at")  # due_at may not be null
    with pytest.raises(Exception, match=r"(?i)null"):
        run_rule(broken, DAY_1)
    assert not Flag.objects.exists()
    assert not RuleRun.objects.exists()


def test_every_rule_has_its_words() -> None:
    for rule in (*RULES, *FILING_RULES):
        assert flags.labels[rule.code] == rule.label
        assert len(rule.label) >= 4
        assert rule.article == words.FLAGS[rule.code][2]


# --- waiver -------------------------------------------------------------------------------------------------------


def raised(rule: Rule = OVERDUE) -> Flag:
    run_rule(rule, DAY_1)
    return Flag.objects.get(rule=rule.code)


def test_the_supervisor_waives_with_a_reason(late: Filing, supervisor: User) -> None:
    flag = raised()

    assert waive([flag.pk], by=supervisor, reason=" 平台故障 ", now=DAY_2) == 1
    flag.refresh_from_db()
    assert (flag.waived_at, flag.waived_by, flag.waive_reason, flag.cleared_at) == (DAY_2, supervisor, "平台故障", None)
    event = Event.objects.get(verb="waive")
    assert (event.subject_kind, event.subject_id, event.actor) == ("flag", flag.pk, supervisor)
    assert (event.role, event.comment, event.at) == ("supervisor", "平台故障", DAY_2)
    assert (event.from_state, event.to_state, event.detail["filing"]) == ("open", "waived", late.pk)


def test_a_waived_flag_stays_waived_whatever_the_facts_do(late: Filing, supervisor: User) -> None:
    flag = raised()
    waive([flag.pk], by=supervisor, reason="平台故障", now=DAY_1)
    before = Flag.objects.values().get()
    assert run_rule(OVERDUE, DAY_2) == (0, 0)
    report(late)
    assert run_rule(OVERDUE, DAY_2) == (0, 0)
    Filing.objects.update(first_reported_at=None)
    assert run_rule(OVERDUE, DAY_3) == (0, 0)
    assert Flag.objects.values().get() == before


def test_a_new_due_time_is_not_covered_by_the_waiver(late: Filing, supervisor: User) -> None:
    waive([raised().pk], by=supervisor, reason="平台故障", now=DAY_1)
    Filing.objects.update(report_due_at=DAY_1)

    assert run_rule(OVERDUE, DAY_2) == (1, 0)


def test_a_cleared_flag_can_be_waived_and_never_reopens(late: Filing, supervisor: User) -> None:
    """Row 16: the portal was down, the unit reported an hour later: the flag is gone, the record still owed."""
    flag = raised()
    report(late)
    run_rule(OVERDUE, DAY_2)

    assert waive([flag.pk], by=supervisor, reason="平台故障", now=DAY_3) == 1
    assert Event.objects.get(verb="waive").from_state == "cleared"
    Filing.objects.update(first_reported_at=None)
    before = Flag.objects.values().get()
    assert run_rule(OVERDUE, DAY_3) == (0, 0)
    assert Flag.objects.values().get() == before


def test_a_list_is_waived_with_one_reason_and_an_event_each(supervisor: User) -> None:
    unit = make_unit()
    for _ in range(3):
        make_account(AccountState.UNFILED, unit=unit)
    run_rule(UNFILED, at("2021-03-23 00:00"))
    ids = list(Flag.objects.values_list("pk", flat=True))

    assert waive(ids, by=supervisor, reason="上线前已有", now=at("2021-03-23 09:00")) == 3
    assert not Flag.objects.open().exists()
    assert set(Event.objects.filter(verb="waive").values_list("subject_id", flat=True)) == set(ids)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPERVISOR])
def test_nobody_else_waives(late: Filing, role: Role) -> None:
    flag = raised()
    with pytest.raises(NotAllowed, match="免于追究"):
        waive([flag.pk], by=make_user("示例", role, late.unit), reason="平台故障", now=DAY_2)
    assert Flag.objects.open().count() == 1
    assert not Event.objects.filter(verb="waive").exists()


def test_the_system_waives_nothing(late: Filing) -> None:
    flag = raised()
    with pytest.raises(NotAllowed):
        waive([flag.pk], by=None, reason="平台故障", now=DAY_2)


@pytest.mark.parametrize("reason", ["", "  ", "\u3000\n"])
def test_a_waiver_needs_a_reason(late: Filing, supervisor: User, reason: str) -> None:
    flag = raised()
    with pytest.raises(Refused, match="理由"):
        waive([flag.pk], by=supervisor, reason=reason, now=DAY_2)
    assert Flag.objects.open().count() == 1


def test_the_second_waiver_is_told_who_was_first(late: Filing, supervisor: User) -> None:
    flag = raised()
    waive([flag.pk], by=supervisor, reason="平台故障", now=DAY_1)
    with pytest.raises(WrongState, match="已免于追究") as refused:
        waive([flag.pk], by=make_user("示例另一", Role.SUPERVISOR), reason="另一理由", now=DAY_2)
    assert (refused.value.by, refused.value.at) == (supervisor, DAY_1)
    assert Flag.objects.get().waive_reason == "平台故障"


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (2, "“{0}”的“未备案账号”、“{1}”的“未备案账号”预警已免于追究，这一次什么也没有改。"),
        (4, "“{0}”的“未备案账号”、“{1}”的“未备案账号”、“{2}”的“未备案账号”等 4 条预警已免于追究，这一次什么也没有改。"),
    ],
)
def test_all_that_were_waived_meanwhile_are_told(supervisor: User, before: int, sentence: str) -> None:
    unit = make_unit()
    for _ in range(5):
        make_account(AccountState.UNFILED, unit=unit)
    run_rule(UNFILED, at("2021-03-23 00:00"))
    held = list(Flag.objects.select_related("account__platform").order_by("pk"))
    ids = [flag.pk for flag in held]
    waive(ids[:before], by=supervisor, reason="平台故障", now=DAY_1)
    with pytest.raises(WrongState) as refused:
        waive(ids, by=supervisor, reason="另一理由", now=DAY_2)
    assert str(refused.value) == sentence.format(*(flag.account for flag in held))
    assert Flag.objects.open().count() == 5 - before


def test_a_list_with_one_that_cannot_is_refused_whole(late: Filing, supervisor: User) -> None:
    flag = raised()
    with pytest.raises(Refused, match="不存在"):
        waive([flag.pk, flag.pk + 1], by=supervisor, reason="平台故障", now=DAY_2)
    with pytest.raises(Refused, match="不存在"):
        waive([], by=supervisor, reason="平台故障", now=DAY_2)
    assert Flag.objects.open().count() == 1
