"""The command confirm_year: a year's paper is taken over, and the filings that waited for it get their due times."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role
from filings.management.commands.confirm_year import Command
from filings.models import Filing
from tests import factories
from tests.factories import at
from zhonglou_media.core.models import Event, Year

pytestmark = pytest.mark.django_db
DAYS = [  # made up for the test: no paper for 2027 is known
    {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
    {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
    {"name": "元旦", "date": "2027-01-09", "isOffDay": False},
]


@pytest.fixture(autouse=True)
def connections_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command closes its connections at the end, a test's database must live on."""
    monkeypatch.setattr("zhonglou_media.core.commands.connections.close_all", lambda: None)


@pytest.fixture
def run(capsys: Any, tmp_path: Path) -> Any:
    """Run on a file with this content; (status, stdout, stderr)."""

    def command(content: object, *args: str) -> tuple[int, str, str]:
        path = tmp_path / "2027.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        status = 0
        try:
            Command(no_color=True).run_from_argv(["manage.py", "confirm_year", str(path), *args])
        except SystemExit as end:
            status = int(end.code or 0)
        return (status, *capsys.readouterr())

    return command


def test_what_was_provisional_is_judged(run: Any) -> None:
    filing = Filing.objects.create(
        kind="open",
        unit=factories.unit(),
        created_at=at("2026-12-30 09:00"),
        first_approved_on=date(2026, 12, 30),
        report_due_at=at("2027-01-05 00:00"),
        provisional=True,
    )
    admin = factories.user(Role.ADMIN)
    done = run({"year": 2027, "papers": ["https://example.invalid/2027"], "days": DAYS}, "--as", admin.username)
    assert done == (0, "year=2027 off=2 working=1 recomputed=1\n", "")
    filing.refresh_from_db()
    # Day 1 is now 4 January (31 December is off), day 2 the 5th.
    assert (filing.report_due_at, filing.provisional) == (at("2027-01-06 00:00"), False)
    assert Event.objects.get(verb="confirm_year").actor == admin


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "是空的"),
        ("{", "不是 UTF-8 编码的 JSON 文件"),
        ({"year": 2027, "papers": [], "days": []}, "没有列出国务院办公厅文件网址"),
        ({"year": 2027, "papers": ["https://example.invalid/2027"], "days": []}, "没有列出任何日期"),
    ],
)
def test_a_file_that_is_no_paper_changes_nothing(content: object, why: str, run: Any) -> None:
    status, out, err = run(content)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert why in err
    assert not Year.objects.filter(year=2027).exists()
    assert not Event.objects.exists()


def test_only_the_administrator_confirms(run: Any) -> None:
    officer = factories.user(Role.OFFICER)
    status, _, err = run({"year": 2027, "papers": ["u"], "days": DAYS}, "--as", officer.username)
    assert (status, err) == (1, "您不能维护工作日历：须由系统管理员办理。\n")
    assert not Year.objects.filter(year=2027).exists()
