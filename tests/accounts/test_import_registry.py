"""The command import_registry: its one line, and its refusals."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.management.commands.import_registry import Command
from accounts.models import Account, Role, Unit
from tests import factories
from zhonglou_media.core.models import Event, Job

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def run(capsys: Any) -> Any:
    """Run as from the shell; (status, stdout, stderr)."""

    def command(*args: str) -> tuple[int, str, str]:
        try:
            Command(no_color=True).run_from_argv(["manage.py", "import_registry", *args])
        except SystemExit as end:
            return (int(end.code or 0), *capsys.readouterr())
        return (0, *capsys.readouterr())

    return command


@pytest.fixture(autouse=True)
def connections_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command closes its connections at the end, a test's database must live on."""
    monkeypatch.setattr("zhonglou_media.core.commands.connections.close_all", lambda: None)


def test_it_prints_its_line_and_writes_the_refused_rows(run: Any, tmp_path: Path) -> None:
    officer = factories.user(Role.OFFICER)
    out = tmp_path / "refused.xlsx"
    status = run(str(DATA / "list_a.xlsx"), "--as", officer.username, "--document", "示例文件", "--refused", str(out))
    assert status == (0, "read=30 created=9 changed=0 unchanged=0 refused=21\n", "")
    assert openpyxl.load_workbook(out).active.max_row == 22
    assert Event.objects.get(verb="import_registry").actor == officer
    assert set(Account.objects.values_list("source_document", flat=True)) == {"示例文件"}
    again = run(str(DATA / "list_a.xlsx"))
    assert again == (0, "read=30 created=0 changed=0 unchanged=9 refused=21\n", "")


def test_the_document_is_the_file_by_default_and_found_is_unfiled(run: Any) -> None:
    run(str(DATA / "list_b_gbk.csv"))
    assert run(str(DATA / "list_c.csv"), "--found")[1] == "read=31 created=19 changed=0 unchanged=0 refused=12\n"
    assert set(Account.objects.filter(state="active").values_list("source_document", flat=True)) == {"list_b_gbk.csv"}
    assert Account.objects.filter(state="unfiled").count() == 19


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ([], "缺少参数：FILE。"),
        (["{missing}"], "找不到文件“{missing}”，请核对路径。"),
        (["{empty}"], "文件是空的。"),
        (["{folder}"], "“{folder}”是文件夹，请给出文件的路径。"),
        (["{other}"], "找不到表头：缺少平台、账号名称列，请核对文件是否选对、列名是否写明。"),
        (["{rows}"], "1 行都不能导入，第 2 行：缺少平台。"),
        (["{list}", "--as", "nobody"], "没有用户“nobody”，请核对 --as 后的用户名。"),
        (["{list}", "--as"], "参数 --as 后面要写一个值。"),
        (["{list}", "--refused", "{missing}/x.xlsx"], "找不到文件“{missing}/x.xlsx”，请核对路径。"),
        (["{list}", "--refused", "{folder}"], "“{folder}”是文件夹，请给出文件的路径。"),
        (["{list}", "--refused", "{list}"], "--refused 不能与名单是同一个文件。"),
        (["{list}", "--force"], "没有这个参数：--force。"),
    ],
)
def test_a_failure_is_one_line_and_changes_nothing(args: list[str], line: str, run: Any, tmp_path: Path) -> None:
    places = {name: str(tmp_path / name) for name in ("missing", "empty", "folder", "other", "rows")}
    places["list"] = str(DATA / "list_a.xlsx")
    Path(places["empty"]).touch()
    Path(places["folder"]).mkdir()
    Path(places["other"]).write_text("单位,电话\n示例局,1\n", encoding="utf-8")
    Path(places["rows"]).write_text("单位,平台,名称\n示例局,,甲\n", encoding="utf-8")
    assert run(*(arg.format(**places) for arg in args)) == (1, "", line.format(**places) + "\n")
    counts = (Account.objects.count(), Unit.objects.count(), Job.objects.count(), Event.objects.count())
    assert counts == (0, 0, 0, 0)


def test_someone_who_may_not_is_told(run: Any) -> None:
    operator = factories.user(Role.OPERATOR)
    status, out, err = run(str(DATA / "list_a.xlsx"), "--as", operator.username)
    assert (status, out, err) == (1, "", "您不能导入账号台账：须由区政府办公室经办、区政府办公室负责人办理。\n")


def test_refused_rows_are_written_also_when_nothing_is_taken(run: Any, tmp_path: Path) -> None:
    source, out = tmp_path / "list.csv", tmp_path / "refused.xlsx"
    source.write_text("单位,平台,名称\n,,甲\n", encoding="utf-8")
    assert run(str(source), "--refused", str(out))[0] == 1
    assert openpyxl.load_workbook(out).active.max_row == 2
