"""`make bench`: what an import of activity and a sweep cost, and an export and harmful uploads to other pages.

Status 1 when a limit is broken. FULL=1: none scaled.
"""

import subprocess
import sys

# Each on an empty PostgreSQL, in a process of its own.
PARTS = (
    "tests.bench_import",
    "tests.bench_sweep",
    "tests.bench_export",
    "tests.bench_uploads",
    "tests.bench_dashboard",
)


def main() -> int:
    return max([subprocess.run([sys.executable, "-m", part]).returncode for part in PARTS])


if __name__ == "__main__":
    sys.exit(main())
