"""Commands fail with one Chinese line and status 1."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.management.commands import working_days
from zhonglou_media.core.models import User


@pytest.fixture(autouse=True)
def connections_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command closes its connections at the end, a test's database must live on."""
    monkeypatch.setattr("zhonglou_media.core.commands.connections.close_all", lambda: None)


class Failing(PortalCommand):
    error: Exception

    def run(self, **options: Any) -> str:
        raise self.error


def run_in_this_process(command: PortalCommand, *args: str) -> int:
    """The exit status of `manage.py NAME ARGS`."""
    try:
        command.run_from_argv(["manage.py", "name", *args])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Refused("没有可导入的行。"), "没有可导入的行。"),
        (Refused("第一行\n第二行"), "第一行 第二行"),
        (FileNotFoundError(2, "No such file", "a.xlsx"), "找不到文件“a.xlsx”，请核对路径。"),
        (PermissionError(13, "denied", "a.xlsx"), "没有权限读写文件“a.xlsx”。"),
        (ZeroDivisionError("x"), "程序出错，什么也没有改动；详情见日志 commands.log，请联系维护人员。"),
    ],
)
def test_a_failure_is_one_line(error: Exception, line: str, capsys: Any, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR, settings.DEBUG = tmp_path, True
    command = Failing(no_color=True)
    command.error = error
    assert run_in_this_process(command) == 1
    assert capsys.readouterr() == ("", line + "\n")
    logged = tmp_path / "log" / "commands.log"
    assert logged.exists() == isinstance(error, ZeroDivisionError)
    assert not logged.exists() or "Traceback" in logged.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ([], "缺少参数：DATE、N。"),
        (["2021-02-10", "2", "--x"], "没有这个参数：--x。"),
        (["2021-02-10", "two"], "工作日数“two”不对，请写 0 至 1000 的整数。"),
        (["2021-02-30", "2"], "“2021-02-30”不是日期，请写成 2021-02-10 的样子。"),
        (["2021-02-10", "2", "-v", "9"], "参数 -v/--verbosity 的值“9”不对，可选：0、1、2、3。"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_argument_is_one_chinese_line(args: list[str], line: str, capsys: Any) -> None:
    assert run_in_this_process(working_days.Command(no_color=True), *args) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == line + "\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("args", "day"), [(("2021-02-10", "2"), "2021-02-19"), (("2026-12-30", "2"), "2027-01-04 暂定")]
)
def test_working_days_prints_the_day(args: tuple[str, str], day: str, capsys: Any) -> None:
    call_command("working_days", *args)
    assert capsys.readouterr() == (day + "\n", "")


@pytest.mark.django_db
def test_as_names_an_active_user() -> None:
    User.objects.create_user("officer", name="示例")
    User.objects.create_user("gone", name="示例", is_active=False)
    assert PortalCommand.user({"as_user": None}) is None
    assert PortalCommand.user({"as_user": "Officer"}) is not None
    for name in ("gone", "nobody"):
        with pytest.raises(Refused, match=name):
            PortalCommand.user({"as_user": name})


def test_without_a_database_one_line_from_the_shell(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "working_days", "2021-02-10", "2"],
        cwd=settings.BASE_DIR,
        env={"VAR_DIR": str(tmp_path), "DEBUG": "1", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "数据库出错，什么也没有改动；请确认数据库可用且已运行 manage.py migrate。\n"


def test_call_command_raises(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="不是日期"):
        call_command("working_days", "x", "2")
