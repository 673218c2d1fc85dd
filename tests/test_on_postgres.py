"""What only PostgreSQL can show (row locks, races, deadlocks) also runs when the rest runs on SQLite."""

import os
import subprocess
import sys

import pytest

from tests.services import ROOT

pytestmark = [pytest.mark.needs_sqlite, pytest.mark.slow]


def test_the_tests_marked_needs_postgres_pass(postgres_url: str) -> None:
    """In a process of its own: Django cannot change its database while it runs."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DATABASE_URL"))}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "needs_postgres", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=env | {"TEST_DATABASE_URL": postgres_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(run.stdout[-6000:])
    assert run.returncode == 0, f"needs_postgres: exit {run.returncode}, see the output above"
