"""`make prove-full`: each fault in tests/planted/*.patch, put into a throw-away copy, must fail the tests it names.

A patch begins with lines `# caught by: tests/…::test_name`. A test that cannot be collected, or passes, proves nothing.
Then the whole suite runs on both engines, with all that `.ci/run` has no time for (FULL=1).
Last, the worker is killed 20 times in the middle of a sweep and 20 times in the middle of an import, on each engine.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import services

FAILED, NOTHING_SELECTED = 1, 5  # exit statuses of pytest
HEAD = "# caught by: "


def copy_of_the_tree(target: Path) -> None:
    """The files that git tracks or would track, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=services.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = services.ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def run_test(name: str, folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """One test in `folder`."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", name]
    return subprocess.run(command, cwd=folder, env=os.environ | env, capture_output=True, text=True)


def is_caught(name: str, folder: Path) -> bool:
    """Whether the test fails in `folder`; one of PostgreSQL only gets a private cluster."""
    run = run_test(name, folder, FULL="1")
    if run.returncode == NOTHING_SELECTED and "TEST_DATABASE_URL" not in os.environ:
        with services.postgres() as url:
            run = run_test(name, folder, FULL="1", TEST_DATABASE_URL=url)
    if run.returncode != FAILED:
        print(run.stdout[-2000:], run.stderr[-2000:], sep="\n")
    return run.returncode == FAILED


def survives_kills() -> bool:
    """tests/portal/test_kills.py with many kills, on SQLite and on PostgreSQL."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "tests/portal/test_kills.py"]
    many = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")} | {"KILLS": "20"}
    on_sqlite = subprocess.run(command, cwd=services.ROOT, env=many).returncode
    on_postgres = services.with_servers(["env", "KILLS=20", *command])
    return on_sqlite == on_postgres == 0


def everything_passes() -> bool:
    """The whole suite with FULL=1 on both engines: every state of every page, and pages on PostgreSQL as well."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider"]
    full = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")} | {"FULL": "1"}
    on_sqlite = subprocess.run(command, cwd=services.ROOT, env=full).returncode
    on_postgres = services.with_servers(["env", "FULL=1", *command])
    return on_sqlite == on_postgres == 0


def main() -> int:
    """Status 1 when a fault goes unseen, or a kill of the worker does harm."""
    unseen = 0
    patches = sorted((services.ROOT / "tests" / "planted").glob("*.patch"))
    for patch in patches:
        names = [line.removeprefix(HEAD) for line in patch.read_text().splitlines() if line.startswith(HEAD)]
        with tempfile.TemporaryDirectory(prefix="portal-planted-") as place:
            folder = Path(place)
            copy_of_the_tree(folder)
            applied = subprocess.run(["git", "apply", str(patch)], cwd=folder, capture_output=True, text=True)
            if applied.returncode or not names:
                print(f"{patch.name}: {applied.stderr.strip() or f'首行应为 {HEAD}…'}")
                unseen += 1
                continue
            for name in names:
                caught = is_caught(name, folder)
                unseen += not caught
                print(f"{patch.name}: {'已发现' if caught else '未发现'} {name}", flush=True)
    print(f"planted={len(patches)} unseen={unseen}")
    return 0 if everything_passes() and survives_kills() and not unseen else 1


if __name__ == "__main__":
    sys.exit(main())
