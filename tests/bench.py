"""`make bench`: what an import of activity and a sweep cost. Status 1 when a limit is broken. FULL=1: none scaled."""

import subprocess
import sys

PARTS = ("tests.bench_import", "tests.bench_sweep")  # each on an empty PostgreSQL, in a process of its own


def main() -> int:
    return max([subprocess.run([sys.executable, "-m", part]).returncode for part in PARTS])


if __name__ == "__main__":
    sys.exit(main())
