"""`draft_spot_check --month YYYY-MM [--seed TEXT] [--as USER]`: its line, and refusals that change nothing."""

import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Role
from inspections import tasks
from inspections.indicators import in_force
from inspections.management.commands.draft_spot_check import Command
from inspections.models import SpotCheck
from tests.factories import account, office, unit, user
from tests.inspections.checked import sampled
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event, TaskRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connections_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command closes its connections at the end, a test's database must live on."""
    monkeypatch.setattr("zhonglou_media.core.commands.connections.close_all", lambda: None)


def this_month() -> str:
    return f"{day_of(db_now()):%Y-%m}"


def test_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(5):
        account()
    sampled(2, 6)
    officer = user(Role.OFFICER)
    call_command("draft_spot_check", "--month", this_month(), "--seed", "公开 种子", "--as", officer.username)
    check = SpotCheck.objects.get()
    assert capsys.readouterr().out == (
        f"month={this_month()} population=5 sample=2 seed=公开 种子 digest={check.digest}\n"
    )
    assert check.drafted_by == officer


REFUSED = [
    (["--month", "2026-13"], "看不懂 --month"),
    (["--month", "十一月"], "看不懂 --month"),
    (["--month", "2026-1"], "看不懂 --month"),
    (["--month", "2099-01"], "还早"),
    (["--month", "2019-01"], "还没有施行"),
    (["--month", "PAST"], "已经过去"),
    (["--month", ""], "看不懂 --month"),
    (["--month", "THIS", "--seed", "长" * 81], "种子"),
    (["--month", "THIS", "--as", "\udcff"], "没有用户“?”"),  # a byte that is no UTF-8
    (["--month", "THIS", "--seed", ""], "种子"),
    (["--month", "THIS", "--as", "nobody"], "没有用户"),
    ([], "缺少参数"),
    (["--month", "THIS", "--seeds", "x"], "没有这个参数"),
]


def named(word: str) -> str:
    """PAST is the same month of the year before: one digit wrong."""
    past = f"{day_of(db_now()).year - 1}{this_month()[4:]}"
    return {"THIS": this_month(), "PAST": past}.get(word, word)


@pytest.mark.parametrize(("words", "told"), REFUSED)
def test_a_refusal_is_one_chinese_line_and_changes_nothing(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account()
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "draft_spot_check", *(named(word) for word in words)])
    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert told in said.err
    assert not SpotCheck.objects.exists()
    assert not Event.objects.filter(subject_kind="spotcheck").exists()


def test_a_month_that_has_one_is_refused_and_who_may_not_is() -> None:
    account()
    call_command("draft_spot_check", "--month", this_month())
    with pytest.raises(CommandError, match="已有抽查名单"):
        call_command("draft_spot_check", "--month", this_month())
    operator = user(Role.OPERATOR, unit())
    with pytest.raises(CommandError, match="您不能起草抽查名单"):
        call_command("draft_spot_check", "--month", this_month(), "--as", operator.username)
    assert SpotCheck.objects.count() == 1


def test_without_indicators_in_force_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account()
    monkeypatch.setattr("inspections.checks.in_force", lambda on: in_force(date(2000, 1, 1)))
    with pytest.raises(SystemExit):
        Command().run_from_argv(["manage.py", "draft_spot_check", "--month", this_month()])
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "指标" in said.err
    assert not SpotCheck.objects.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--month", "2026-13"], "看不懂 --month 的月份“2026-13”，请写成 2026-11 的样子。"),
        (["--month", "2026-11", "--as", b"\xff"], "没有用户“?”，请核对 --as 后的用户名。"),
        (["--seed", "x"], "缺少参数：--month。"),
    ],
)
def test_as_the_shell_starts_it_under_debug(tmp_path: Path, words: list[str | bytes], told: str) -> None:
    """In a process of its own, where nothing is caught for it: stdout, stderr and status are the contract."""
    run = subprocess.run(
        [sys.executable, "manage.py", "draft_spot_check", *words],
        cwd=Path(__file__).parents[2],
        env={"VAR_DIR": str(tmp_path), "DEBUG": "1", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        check=False,
    )
    assert (run.returncode, run.stdout.decode(), run.stderr.decode()) == (1, "", f"{told}\n")


def test_a_list_that_cannot_be_drafted_does_not_keep_the_units_from_being_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(now: object) -> None:
        raise Refused("没有施行中的检查指标。")

    asked: list[object] = []
    monkeypatch.setattr("inspections.checks.draft_due", broken)
    monkeypatch.setattr("inspections.self_reminding.remind", asked.append)
    with suppress(Refused):
        tasks.draft_check()
    tasks.remind_self_checks()
    assert len(asked) == 1
    assert TaskRun.objects.get(name="inspections.draft_check").error != ""
    assert TaskRun.objects.get(name="inspections.remind_self_checks").error == ""


def test_the_task_drafts_this_month_and_leaves_its_trace() -> None:
    account()
    office()
    for _ in range(2):
        tasks.draft_check()
    assert SpotCheck.objects.get().code == this_month()
    assert TaskRun.objects.get(name="inspections.draft_check").error == ""


def test_the_schedule_has_it_daily() -> None:
    from zhonglou_media.celery import app

    entry = app.conf.beat_schedule["draft_check"]
    assert entry["task"] == "inspections.draft_check"
    assert (entry["schedule"].hour, entry["schedule"].day_of_month) == ({0}, set(range(1, 32)))
