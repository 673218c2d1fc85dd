"""`sweep_flags`: a line a rule; `--now` is Shanghai's and not ahead of the database's clock, unless DEBUG."""

import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import QuerySet

from accounts.flags import Rule, RuleCode
from accounts.models import AccountState, Flag, RuleRun
from filings.models import Filing
from filings.models import FilingState as S
from inspections import sweep as sweeping
from inspections.management.commands.sweep_flags import Command
from inspections.sweep import RULES
from tests.flag_rows import at, make_account, make_filing
from zhonglou_media.core.clock import db_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_breaches() -> None:
    make_account(AccountState.UNFILED, found_at=at("2021-03-22 10:00"))
    make_filing(S.TO_REPORT, report_due_at=at("2021-04-10 00:00"))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    call_command("sweep_flags", *words)
    return capsys.readouterr().out.splitlines()


def test_a_line_a_rule(two_breaches: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys) == [
        "follower_jump opened=0 cleared=0",
        "inactive opened=0 cleared=0",
        "name_mismatch opened=0 cleared=0",
        "no_custodian opened=0 cleared=0",
        "no_data opened=0 cleared=0",
        "no_retention opened=0 cleared=0",
        "overdue_correction opened=0 cleared=0",
        "overdue_filing opened=1 cleared=0",
        "overdue_order opened=0 cleared=0",
        "overdue_rectification opened=0 cleared=0",
        "revived opened=0 cleared=0",
        "same_platform opened=0 cleared=0",
        "slow_reply opened=0 cleared=0",
        "unapproved_event opened=0 cleared=0",
        "unfiled_account opened=1 cleared=0",
        "vendor_lapsed opened=0 cleared=0",
    ]
    Filing.objects.update(first_reported_at=at("2021-04-10 08:00"))
    assert "overdue_filing opened=0 cleared=1" in run(capsys)


@pytest.mark.parametrize(
    ("now", "opened"),
    [
        ("2021-04-09T23:59:59", 0),
        ("2021-04-10T00:00", 1),  # without a zone: Shanghai
        ("2021-04-10 00:00:00", 1),
        ("2021-04-10", 1),
        ("2021-04-09T15:59:59Z", 0),
        ("2021-04-09T16:00:00Z", 1),
        ("2021-04-09T16:00:00+00:00", 1),
        ("2021-04-10T00:00:00+08:00", 1),
    ],
)
def test_now_is_shanghais(two_breaches: None, capsys: pytest.CaptureFixture[str], now: str, opened: int) -> None:
    assert f"overdue_filing opened={opened} cleared=0" in run(capsys, "--now", now)


def test_without_now_the_databases_clock_judges(two_breaches: None, capsys: pytest.CaptureFixture[str]) -> None:
    before = db_now()
    run(capsys)
    assert all(before <= ran <= db_now() for ran in RuleRun.objects.values_list("last_run_at", flat=True))


def test_a_now_ahead_of_the_databases_clock_is_refused(two_breaches: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="不能晚于数据库的当前时间"):
        run(capsys, "--now", "2121-01-01T00:00")
    assert not Flag.objects.exists()
    assert not RuleRun.objects.exists()


def test_under_debug_it_may_look_ahead(two_breaches: None, capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    settings.DEBUG = True
    make_filing(S.TO_REPORT, report_due_at=at("2120-04-10 00:00"))
    assert "overdue_filing opened=2 cleared=0" in run(capsys, "--now", "2121-01-01T00:00")


@pytest.mark.parametrize("now", ["", "yesterday", "2021-13-01", "2021-04-10T25:00", "0001-01-01T00:00+14:00"])
def test_a_now_that_is_no_time_is_refused(capsys: pytest.CaptureFixture[str], now: str) -> None:
    with pytest.raises(CommandError, match="看不懂 --now 的时间"):
        run(capsys, "--now", now)


@pytest.mark.parametrize("words", [("--now", "nonsense"), ("--now",), ("--what",)])
def test_from_the_shell_a_failure_is_one_chinese_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("logging.disable", lambda level: None)  # the tests that follow want their logs
    with warnings.catch_warnings(), pytest.raises(SystemExit) as exit_:
        Command().run_from_argv(["manage.py", "sweep_flags", *words])
    out, err = capsys.readouterr()
    assert (exit_.value.code, out, len(err.splitlines())) == (1, "", 1)


def broken(now: datetime) -> QuerySet[Filing]:
    raise RuntimeError("broken")


def test_a_broken_rule_fails_the_command_and_changes_nothing(
    two_breaches: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    bad = Rule(RuleCode.UNAPPROVED_EVENT, 8, "filing", broken, "event_due_at")
    monkeypatch.setattr(sweeping, "RULES", (*RULES, bad))
    with pytest.raises(CommandError, match="什么也没有改动"):
        call_command("sweep_flags")
    assert not Flag.objects.exists()
    assert not RuleRun.objects.exists()
    assert "RuntimeError: broken" in (tmp_path / "log" / "commands.log").read_text()
