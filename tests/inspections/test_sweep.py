"""The sweep: all rules in one order, none stopped by another, each by the index of its due time."""

import logging
import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.flags import Rule, RuleCode
from accounts.models import Account, AccountState, Flag, RuleRun
from filings.models import Filing
from filings.models import FilingState as S
from inspections import sweep as sweeping
from inspections.sweep import RULES, sweep
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

pytestmark = pytest.mark.django_db

DUE, NOW = at("2021-04-10 00:00"), at("2021-04-12 09:00")
CODES = ["overdue_correction", "overdue_filing", "unapproved_event", "unfiled_account"]


def test_every_rule_runs_once_in_a_fixed_order() -> None:
    make_account(AccountState.UNFILED)
    filing = make_filing(S.TO_REPORT, report_due_at=DUE, correction_due_at=DUE, event_due_at=DUE)

    assert sweep(NOW) == dict.fromkeys(CODES, (1, 0))
    assert list(sweep(NOW).items()) == [(code, (0, 0)) for code in CODES]
    assert set(RuleRun.objects.values_list("rule", "last_run_at")) == {(code, NOW) for code in CODES}
    assert Flag.objects.filter(fact_kind="filing", fact_id=filing.pk).count() == 3


def test_no_two_rules_share_a_code() -> None:
    assert [rule.code for rule in RULES] == CODES
    assert {rule.code for rule in RULES} == set(RuleCode)


def broken(now: datetime) -> QuerySet[Filing]:
    raise RuntimeError("this rule is broken")


def test_a_failing_rule_stops_no_other_and_is_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_account(AccountState.UNFILED)
    make_filing(S.TO_REPORT, event_due_at=DUE)
    bad = Rule(RuleCode.OVERDUE_FILING, 8, "filing", broken, "report_due_at")
    monkeypatch.setattr(sweeping, "RULES", [bad if rule.code == bad.code else rule for rule in RULES])

    with caplog.at_level(logging.ERROR), pytest.raises(ExceptionGroup, match="1 of 4 rules failed") as seen:
        sweep(NOW)
    assert [str(error) for error in seen.value.exceptions] == ["this rule is broken"]
    assert "rule overdue_filing failed" in caplog.text
    assert set(Flag.objects.values_list("rule", flat=True)) == {"unfiled_account", "unapproved_event"}


def test_a_database_error_in_one_rule_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule is its own transaction: what PostgreSQL aborts ends with it."""
    make_account(AccountState.UNFILED)
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
    "overdue_filing": "filing_report_due",
    "overdue_correction": "filing_correction_due",
    "unapproved_event": "filing_event_due",
}


@pytest.fixture
def a_large_register() -> None:
    """4,000 accounts and 8,000 filings, of which 20 of each rule are in breach."""
    unit, platform = make_unit(), make_platform()
    people = (make_user("示例领导"), make_user("示例经办"))
    accounts = [build_account(unit=unit, platform=platform) for _ in range(4000)]
    accounts += [build_account(AccountState.UNFILED, unit=unit, platform=platform) for _ in range(20)]
    Account.objects.bulk_create(accounts, batch_size=500)
    old = DUE - timedelta(days=20)
    done = {"report_due_at": old, "correction_due_at": old}
    filings = [build_filing(S.COMPLETED, people=people, unit=unit, **done) for _ in range(4000)]
    filings += [build_filing(S.WITHDRAWN, people=people, unit=unit) for _ in range(4000)]
    for name, state in (("report_due_at", S.TO_REPORT), ("correction_due_at", S.RETURNED), ("event_due_at", S.DRAFT)):
        filings += [build_filing(state, people=people, unit=unit, **{name: DUE}) for _ in range(20)]
    Filing.objects.bulk_create(filings, batch_size=200)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_each_rule_is_found_by_its_partial_index(rule: Rule, a_large_register: None) -> None:
    """Cost grows with the rows in breach, never with accounts or filings."""
    assert rule.breaches(NOW).count() == 20
    plan = rule.rows(NOW).explain()

    assert INDEXES[rule.code] in plan, plan
    assert "Seq Scan on filings_filing" not in plan
    assert "Seq Scan on accounts_account" not in plan
