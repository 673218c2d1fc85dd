"""The sweep: all rules in one order, none stopped by another, each by the index of its due time."""

import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.flags import Rule, RuleCode, run_rule
from accounts.models import Account, Flag, Followers, Message, Outsourcing, Publication, RuleRun, Source
from accounts.models import AccountState as A
from filings.models import Filing, PreApproval
from filings.models import FilingState as S
from inspections import sweep as sweeping
from inspections.models import ClosureOrder, Rectification, UpperFinding
from inspections.sweep import RULES, often, overdue, sweep
from inspections.tasks import run_sweep
from tests.flag_rows import (
    at,
    build_account,
    build_filing,
    make_account,
    make_filing,
    make_platform,
    make_unit,
    make_user,
)
from tests.services import ROOT
from zhonglou_media.celery import app
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

BREACHES = 20
DUE, NOW = at("2021-04-10 00:00"), at("2021-04-12 09:00")
CODES = [
    *("follower_jump", "inactive", "name_mismatch", "no_custodian", "no_data", "no_retention"),
    *("overdue_correction", "overdue_filing", "overdue_order", "overdue_rectification"),
    *("revived", "same_platform", "slow_reply", "unapproved_event", "unfiled_account", "vendor_lapsed"),
]


def test_every_rule_runs_once_in_a_fixed_order() -> None:
    one_breach_of_each()

    assert sweep(NOW) == dict.fromkeys(CODES, (1, 0))
    assert list(sweep(NOW).items()) == [(code, (0, 0)) for code in CODES]
    assert set(RuleRun.objects.values_list("rule", "last_run_at")) == {(code, NOW) for code in CODES}
    assert dict(Flag.objects.values_list("rule", "fact_kind")) == {
        **dict.fromkeys(CODES, "account"),
        **dict.fromkeys(["overdue_correction", "overdue_filing", "unapproved_event"], "filing"),
        "slow_reply": "message",
        "follower_jump": "followers",
        "no_retention": "preapproval",
        "overdue_order": "closureorder",
        "overdue_rectification": "rectification",
        "vendor_lapsed": "outsourcing",
    }


def one_breach_of_each() -> None:
    make_account(A.UNFILED)
    make_filing(S.TO_REPORT, report_due_at=DUE, correction_due_at=DUE, event_due_at=DUE)
    make_account(next_update_due_at=DUE, posts_known_until=NOW)
    make_account(next_update_due_at=DUE)
    make_account(A.CLOSED, state_since=DUE, last_published_at=NOW)
    account = make_account(name_differs_since=DUE)
    make_account(doubled_since=DUE)
    Followers.objects.create(account=account, day=DUE, count=9, source=Source.IMPORT, jumped_at=DUE)
    next(messages([account], unanswered=2)).save()
    make_account(no_custodian_since=DUE)
    Outsourcing.objects.bulk_create(contracts([account], lapsed=1))
    next(retentions([make_account(unit=make_unit(kind="department"))], 1, make_user("示例"))).save()
    next(orders([account], 1, make_user("示例"))).save()
    next(rectifications([account], 1)).save()


def test_no_two_rules_share_a_code() -> None:
    assert [rule.code for rule in RULES] == CODES
    assert {rule.code for rule in RULES} == set(RuleCode)


def broken(now: datetime) -> QuerySet[Filing]:
    raise RuntimeError("this rule is broken")


def test_a_failing_rule_stops_no_other_and_is_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_account(A.UNFILED)
    make_filing(S.TO_REPORT, event_due_at=DUE)
    bad = Rule(RuleCode.OVERDUE_FILING, 8, "filing", broken, "report_due_at")
    monkeypatch.setattr(sweeping, "RULES", [bad if rule.code == bad.code else rule for rule in RULES])

    with caplog.at_level(logging.ERROR), pytest.raises(ExceptionGroup, match=f"1 of {len(RULES)} rules failed") as seen:
        sweep(NOW)
    assert [str(error) for error in seen.value.exceptions] == ["this rule is broken"]
    assert "rule overdue_filing failed" in caplog.text
    assert set(Flag.objects.values_list("rule", flat=True)) == {"unfiled_account", "unapproved_event"}


def test_a_database_error_in_one_rule_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule is its own transaction: what PostgreSQL aborts ends with it."""
    make_account(A.UNFILED)
    make_filing(S.TO_REPORT, event_due_at=DUE)
    null_due = Rule(RuleCode.OVERDUE_FILING, 8, "filing", lambda now: Filing.objects.all(), "report_due_at")
    monkeypatch.setattr(sweeping, "RULES", [null_due, *RULES])
    with pytest.raises(ExceptionGroup):
        sweep(NOW)
    assert Flag.objects.count() == 2


def test_the_task_judges_by_the_databases_clock() -> None:
    make_filing(S.TO_REPORT, report_due_at=DUE)
    make_filing(S.TO_REPORT, report_due_at=at("2121-04-10 00:00"))
    run_sweep()

    assert Flag.objects.count() == 1
    ran = RuleRun.objects.values_list("last_run_at", flat=True)
    assert len(set(ran)) == 1  # read once for all rules


def test_the_beat_schedule_names_the_task() -> None:
    """A minute between sweeps, and a worker that was stopped finds no backlog."""
    entry = app.conf.beat_schedule["sweep"]
    assert run_sweep.name == entry["task"] == "inspections.sweep"
    assert entry["schedule"] == 60
    assert entry["options"]["expires"] < 60


# --- beside decisions ------------------------------------------------------------------------------------------------


def test_every_lock_of_a_unit_or_an_account_leaves_foreign_keys_alone() -> None:
    """FOR UPDATE shuts out the foreign keys of a sweep's new flags: `test_sweep_races.py` shows the deadlock."""
    locks = [
        lock
        for folder in ("accounts", "filings", "inspections", "zhonglou_media")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for lock in re.findall(r"\b(?:Unit|Account)\.objects\.[^\n]*select_for_update\([^\n]*", path.read_text())
    ]
    assert locks
    assert [lock for lock in locks if "no_key=True" not in lock] == []


# --- cost ---------------------------------------------------------------------------------------------------------

# The rows of these are in breach; beside them stand thousands that are not, or no more.
INDEXES = {
    "unfiled_account": "account_unfiled",
    "inactive": "account_update_due",
    "no_data": "account_update_due",
    "slow_reply": "message_unanswered",
    "revived": "account_revived",
    "name_mismatch": "account_name_differs",
    "same_platform": "account_doubled",
    "follower_jump": "followers_jumped",
    "overdue_filing": "filing_report_due",
    "overdue_correction": "filing_correction_due",
    "unapproved_event": "filing_event_due",
    "no_retention": "preapproval_retention_due",
    "overdue_order": "order_standing_due",
    "overdue_rectification": "rectification_open_due",
    "no_custodian": "account_no_custodian",
    "vendor_lapsed": "outsourcing_lapses",
}
NEAR_INDEXES = (
    *("account_unit_state", "filing_unit_state", "filing_one_live_per_account", "order_one_standing"),
    "rectification_open_unit",
)


@pytest.fixture
def a_large_register() -> None:
    """6,000 accounts with messages, publications, counts and retentions, and 8,000 filings; 20 of each rule are in
    breach.
    """
    unit, platform = make_unit(), make_platform()
    people = (make_user("示例领导"), make_user("示例经办"))
    old = DUE - timedelta(days=20)
    late = {"last_published_at": old, "next_update_due_at": DUE}
    quiet = {"next_update_due_at": NOW + timedelta(days=3), "posts_known_until": NOW, "last_published_at": old}
    accounts = [build_account(unit=unit, platform=platform, monitored_from=old.date(), **quiet) for _ in range(3000)]
    accounts += [build_account(A.CLOSED, unit=unit, platform=platform, last_published_at=old) for _ in range(1000)]
    for fields in (
        {"state": A.UNFILED},
        {**late, "posts_known_until": NOW},
        late,
        {"state": A.CLOSED, "state_since": old, "last_published_at": NOW},
        {"name_differs_since": DUE},
        {"doubled_since": DUE},
        {"no_custodian_since": DUE},
    ):
        accounts += [build_account(unit=unit, platform=platform, **fields) for _ in range(BREACHES)]
    of_department = {**quiet, "unit": make_unit(kind="department")}
    accounts += [build_account(platform=platform, **of_department) for _ in range(2000)]
    accounts = Account.objects.bulk_create(accounts, batch_size=500)
    PreApproval.objects.bulk_create(retentions(accounts[-2000:], BREACHES, people[1]), batch_size=500)
    ClosureOrder.objects.bulk_create(orders(accounts[-2000:], BREACHES, people[1]), batch_size=500)
    Rectification.objects.bulk_create(rectifications(accounts[-2000:], BREACHES), batch_size=500)
    Message.objects.bulk_create(messages(accounts[:3000]), batch_size=500)
    Outsourcing.objects.bulk_create(contracts(accounts[:3000]), batch_size=500)
    Publication.objects.bulk_create(
        (
            Publication(account=account, external_id=str(n), published_at=old, source=Source.IMPORT)
            for account in accounts[:1500]
            for n in range(2)
        ),
        batch_size=500,
    )
    Followers.objects.bulk_create(
        (
            Followers(account=account, day=DUE, count=9, source=Source.IMPORT, jumped_at=DUE if n < BREACHES else None)
            for n, account in enumerate(accounts[:3000])
        ),
        batch_size=500,
    )
    done = {"report_due_at": old, "correction_due_at": old}
    filings = [build_filing(S.COMPLETED, people=people, unit=unit, **done) for _ in range(4000)]
    filings += [build_filing(S.WITHDRAWN, people=people, unit=unit) for _ in range(4000)]
    for name, state in (("report_due_at", S.TO_REPORT), ("correction_due_at", S.RETURNED), ("event_due_at", S.DRAFT)):
        filings += [build_filing(state, people=people, unit=unit, **{name: DUE}) for _ in range(BREACHES)]
    Filing.objects.bulk_create(filings, batch_size=200)
    analyze()


def messages(accounts: list[Account], unanswered: int = BREACHES) -> Iterator[Message]:
    """Two an account, answered; the last ones not."""
    for n, account in enumerate(accounts * 2):
        yield Message(
            account=account,
            external_id=str(n),
            kind="inquiry",
            asked_at=DUE - timedelta(days=1),
            received_at=DUE,
            reply_due_at=DUE,
            first_reply_at=None if n >= 2 * len(accounts) - unanswered else DUE,
            source=Source.TYPED,
        )


def contracts(accounts: list[Account], lapsed: int = BREACHES) -> Iterator[Outsourcing]:
    """One an account, in order for a month to come; the first ones no more."""
    for n, account in enumerate(accounts):
        lapses = DUE if n < lapsed else NOW + timedelta(days=30)
        yield Outsourcing(account=account, vendor="示例", starts_on=DUE.date(), lapses_at=lapses)


def retentions(accounts: list[Account], not_asked: int, by: User) -> Iterator[PreApproval]:
    """One an account, granted; the last ones not asked for."""
    granted = {"state": "granted", "reason": "示例", "asked_at": DUE, "decided_at": DUE, "decided_by": by}
    for n, account in enumerate(accounts):
        state = granted | {"document_no": "示例1号"} if n < len(accounts) - not_asked else {"state": "not_asked"}
        yield PreApproval(
            account=account, unit=account.unit, platform=account.platform, purpose="retain", act_by=DUE, **state
        )


def orders(accounts: list[Account], overdue: int, by: User) -> Iterator[ClosureOrder]:
    """One an account: the last ones are overdue; the others are not due yet, and half of them executed."""
    for n, account in enumerate(accounts):
        early = n < len(accounts) - overdue
        facts: dict[str, Any] = {"state": "executed", "ended_at": NOW} if early and n % 2 else {}
        facts |= {
            "number": f"示例{account.pk}号",
            "ground": "other",
            "reason": "示例",
            "issued_at": DUE,
            "issued_by": by,
        }
        due = NOW + timedelta(days=9) if early else DUE
        yield ClosureOrder(account=account, unit=account.unit, due_at=due, **facts)


def rectifications(accounts: list[Account], overdue: int) -> Iterator[Rectification]:
    """One an account: the last ones are overdue; the others are not due yet, and half of them verified."""
    facts: dict[str, Any] = {"issuer": "city", "received_on": DUE.date(), "due_at": DUE, "account_text": "示例"}
    facts |= {"text": "示例", "recorded_at": DUE}
    findings = UpperFinding.objects.bulk_create(UpperFinding(number=f"{a.pk}", **facts) for a in accounts)
    by = make_user("示例答复"), make_user("示例复核")
    done = {"state": "verified", "answer": "示例", "answered_at": DUE, "answered_by": by[0]}
    done |= {"verified_at": DUE, "verified_by": by[1]}
    for n, (account, upper) in enumerate(zip(accounts, findings, strict=True)):
        early = n < len(accounts) - overdue
        yield Rectification(
            number=f"示例{account.pk}号",
            upper=upper,
            account=account,
            unit=account.unit,
            problem="示例",
            issued_at=DUE,
            due_at=NOW + timedelta(days=9) if early else DUE,
            **(done if early and n % 2 else {}),
        )


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


TABLES = (
    *("accounts_account", "accounts_message", "accounts_publication", "accounts_followers"),
    *("filings_filing", "filings_preapproval", "accounts_outsourcing", "inspections_closureorder"),
    "inspections_rectification",
)


def scans(plan: str) -> list[str]:
    """The large tables that the plan reads from end to end."""
    return [table for table in TABLES if f"Seq Scan on {table}" in plan or re.search(rf"SCAN {table}(?! USING)", plan)]


SCANNED = ("revived", "no_retention", "overdue_order", "overdue_rectification")


def test_each_rule_is_found_by_its_partial_index(a_large_register: None) -> None:
    """Cost grows with the rows in breach, never with accounts, messages, publications or filings."""
    for rule in RULES:
        assert rule.breaches(NOW).count() == BREACHES, rule
        plan = rule.rows(NOW).explain()
        if connection.vendor == "sqlite" and rule.code in SCANNED:
            continue  # it cannot match a partial index on a list of states with parameters
        assert INDEXES[rule.code] in plan, plan
        assert scans(plan) == [], plan


@pytest.mark.needs_postgres
def test_both_statements_of_a_run_are_found_by_indexes(a_large_register: None) -> None:
    """As PostgreSQL runs them, the one that raises and the one that clears, with thousands of old flags beside them."""
    sweep(NOW)
    unit = Account.objects.all()[0].unit
    old = {"unit": unit, "level": "breach", "due_at": DUE, "raised_at": DUE, "cleared_at": NOW, "fact_kind": "account"}
    Flag.objects.bulk_create(
        (Flag(rule=rule.code, fact_id=10_000_000 + n, **old) for rule in RULES for n in range(300)), batch_size=500
    )
    analyze()
    for rule in RULES:
        plans = plans_of_a_run(rule)
        assert [statement for statement, _ in plans] == ["INSERT", "UPDATE"]
        (_, raising), (_, clearing) = plans
        assert INDEXES[rule.code] in raising, raising
        assert scans(raising) == [], raising
        assert "flag_open" in clearing, clearing
        assert "Seq Scan on accounts_flag" not in clearing, clearing
        assert scans(clearing) == [], clearing
        # The control: without its index, and those that help a little, the table is read.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {INDEXES[rule.code]}, {', '.join(NEAR_INDEXES)}")
            plan = rule.rows(NOW).explain()
            assert scans(plan) != [], plan
            transaction.set_rollback(True)


def plans_of_a_run(rule: Rule) -> list[tuple[str, str]]:
    """Each statement that writes flags, with PostgreSQL's plan of it."""
    plans = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statement = sql.split()[0]
        if statement in ("INSERT", "UPDATE") and "accounts_flag" in sql:
            execute(f"EXPLAIN {sql}", params, many, context)
            plans.append((statement, "\n".join(line for (line,) in context["cursor"].fetchall())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        assert run_rule(rule, NOW) == (0, 0)
    return plans


@pytest.mark.parametrize(
    ("seconds", "words", "minutes"),
    [(60, "每分钟", 5), (15, "每 15 秒", 5), (90, "每 90 秒", 7.5), (600, "每 600 秒", 50)],
)
def test_how_often_it_runs_and_when_it_stands_still_follow_the_setting(
    seconds: int, words: str, minutes: float
) -> None:
    assert often(seconds) == words
    assert overdue(seconds) == timedelta(minutes=minutes)
