"""Every command from the shell: a failure is one Chinese line, exit status 1, and no change."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests import prepared, services

DATA = Path(__file__).parent.parent / "data"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def empty_portal(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Path:
    """A folder with a migrated, empty portal on SQLite."""
    return prepared.empty(tmp_path_factory.mktemp("empty"))


# Django is loaded once; each command has a process of its own, forked from that, as `manage.py` would be.
FORKS = """
import json, os, sys, traceback
import django
from django.core.management import execute_from_command_line
django.setup()
for line in sys.stdin:
    words, out, err = json.loads(line)
    child = os.fork()
    if child == 0:
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        status = 0
        try:
            execute_from_command_line(["manage.py", *words])
        except SystemExit as end:
            status = end.code or 0
            if isinstance(status, str):  # what Python itself makes of it
                print(status, file=sys.stderr)
                status = 1
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def fork(
    empty_portal: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    """`run` on the empty portal, without the second that it takes to load Django."""
    env = services.portal_environment(empty_portal, DJANGO_SETTINGS_MODULE="zhonglou_media.settings")
    folder = tmp_path_factory.mktemp("said")
    out, err = folder / "out", folder / "err"
    with subprocess.Popen(
        [sys.executable, "-c", FORKS], cwd=services.ROOT, env=env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as loaded:  # fmt: skip
        assert loaded.stdin
        assert loaded.stdout

        def one(*words: str) -> "subprocess.CompletedProcess[str]":
            print(json.dumps([words, str(out), str(err)]), file=loaded.stdin, flush=True)
            status = int(loaded.stdout.readline())
            return subprocess.CompletedProcess(words, status, out.read_text(), err.read_text())

        yield one
        loaded.stdin.close()


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files nobody can use."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty.xlsx").touch()
    (folder / "empty.csv").touch()
    (folder / "empty.json").touch()
    (folder / "text.xlsx").write_text("不是工作簿")
    (folder / "wrong.json").write_text('{"year": "二〇二七"}')
    book = Workbook()
    book.active.append(["姓名", "年龄"])
    book.active.append(["张三", 30])
    book.save(folder / "wrong.xlsx")
    return {path.name: str(path) for path in folder.iterdir()} | {"missing": str(folder / "没有这个文件.xlsx")}


def run(var_dir: Path, *words: str, debug: str = "1") -> "subprocess.CompletedProcess[str]":
    return services.manage(*words, env=services.portal_environment(var_dir, DEBUG=debug))


FAILURES = [
    ("import_registry", "missing"),
    ("import_registry", "empty.xlsx"),
    ("import_registry", "empty.csv"),
    ("import_registry", "text.xlsx"),
    ("import_registry", "wrong.xlsx"),
    ("import_registry", "list_a.xlsx", "--as", "nobody"),
    ("import_registry",),
    ("record_receipts", "missing"),
    ("record_receipts", "empty.xlsx"),
    ("record_receipts", "text.xlsx"),
    ("record_receipts", "wrong.xlsx"),
    ("record_receipts", "wrong.xlsx", "--as", "nobody"),
    ("export_filings", "--target", "galactic", "--out", "out.xlsx"),
    ("export_filings", "--target", "national"),
    ("export_filings", "--target", "national", "--out", "/没有这个目录/out.xlsx"),
    ("export_filings", "--target", "national", "--out", "out.xlsx", "--as", "nobody"),
    ("sweep_flags", "--now", "昨天"),
    ("confirm_year", "missing"),
    ("confirm_year", "empty.json"),
    ("confirm_year", "wrong.json"),
    ("working_days", "2026-13-40", "2"),
    ("working_days", "2026-11-24", "二"),
    ("working_days",),
]


def is_one_chinese_line(failed: "subprocess.CompletedProcess[str]") -> None:
    assert (failed.returncode, failed.stdout) == (1, "")
    line = failed.stderr
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert any("\u4e00" <= letter <= "\u9fff" for letter in line)
    assert "Traceback" not in line


@pytest.mark.parametrize("words", FAILURES, ids=" ".join)
def test_a_failure_is_one_chinese_line(
    words: tuple[str, ...],
    fork: Callable[..., "subprocess.CompletedProcess[str]"],
    empty_portal: Path,
    bad_files: dict[str, str],
    tmp_path: Path,
) -> None:
    before = (empty_portal / "portal.sqlite3").read_bytes()
    known = bad_files | {"list_a.xlsx": str(DATA / "list_a.xlsx"), "out.xlsx": str(tmp_path / "out.xlsx")}
    is_one_chinese_line(fork(*(known.get(word, word) for word in words)))
    assert (empty_portal / "portal.sqlite3").read_bytes() == before
    assert not (tmp_path / "out.xlsx").exists()


@pytest.mark.parametrize(
    ("words", "debug"), [(("import_registry", "missing"), "0"), (("export_filings", "--target", "galactic"), "1")]
)
def test_a_failure_in_a_process_of_its_own_is_such_a_line_too(
    words: tuple[str, ...], debug: str, empty_portal: Path, bad_files: dict[str, str]
) -> None:
    """As somebody types it: `manage.py` begins, settings are read, and nothing of that is said either."""
    before = (empty_portal / "portal.sqlite3").read_bytes()
    is_one_chinese_line(run(empty_portal, *(bad_files.get(word, word) for word in words), debug=debug))
    assert (empty_portal / "portal.sqlite3").read_bytes() == before


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [("'不能办理'", 1, "不能办理\n"), ("3", 3, ""), ("None", 0, ""), ("0", 0, "")],
)
def test_a_fork_ends_as_a_process_would(end: str, status: int, said: str, tmp_path: Path) -> None:
    """The forks themselves: what is left of them without Django."""
    script = FORKS.replace("django.setup()", "").replace("import django\n", "")
    script = script.replace(
        "from django.core.management import execute_from_command_line",
        f"""
def execute_from_command_line(words):
    sys.exit({end})
""",
    )
    asked = json.dumps([[], str(tmp_path / "out"), str(tmp_path / "err")])
    done = subprocess.run([sys.executable, "-I", "-c", script], input=asked, text=True, capture_output=True, check=True)
    assert (int(done.stdout), (tmp_path / "err").read_text()) == (status, said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("working_days", "2021-02-10", "2"), "2021-02-19"),
        (("working_days", "2026-12-30", "2"), "2027-01-04 暂定"),
        (("export_filings", "--target", "national", "--out", "out.xlsx"), "exported=0 waiting=0"),
        (("import_registry", "list_a.xlsx"), "read=30 created=9 changed=0 unchanged=0 refused=21"),
    ],
    ids=["working day", "provisional", "nothing to export", "list_a"],
)
@pytest.mark.parametrize("debug", ["0", "1"])
def test_a_success_prints_its_result_and_nothing_else(
    words: tuple[str, ...], said: str, debug: str, empty_portal: Path, tmp_path: Path
) -> None:
    var_dir = Path(shutil.copytree(empty_portal, tmp_path / "var"))
    known = {"list_a.xlsx": str(DATA / "list_a.xlsx"), "out.xlsx": str(tmp_path / "out.xlsx")}
    done = run(var_dir, *(known.get(word, word) for word in words), debug=debug)
    assert (done.returncode, done.stdout, done.stderr) == (0, said + "\n", "")


def test_sweep_flags_tells_each_rule(empty_portal: Path) -> None:
    lines = run(empty_portal, "sweep_flags").stdout.splitlines()
    assert "overdue_filing opened=0 cleared=0" in lines
    assert "unfiled_account opened=0 cleared=0" in lines


def test_the_demo_is_refused_where_debug_is_off_and_where_there_are_users(empty_portal: Path, tmp_path: Path) -> None:
    var_dir = Path(shutil.copytree(empty_portal, tmp_path / "var"))
    refused = run(var_dir, "load_demo", debug="0")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert run(var_dir, "load_demo").returncode == 0
    again = run(var_dir, "load_demo")
    assert (again.returncode, again.stdout, again.stderr.count("\n")) == (1, "", 1)
