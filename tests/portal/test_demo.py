"""The demo tells its story on whatever day it is loaded, and raises no alarm beside it."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from django.db import transaction
from django.test import override_settings
from docx import Document

from accounts.models import Account, ActivityDay, Flag, Message, Publication
from accounts.models.account import WATCHED
from filings import announcing, export_batches, export_requests
from filings.models import ExportBatch, Filing, LineKind, PrintForm, Reconciliation, System
from filings.printing import templates
from inspections.models import ClosureOrder, OrderState
from tests.factories import at
from zhonglou_media.core import files
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import Job
from zhonglou_media.portal import demo

pytestmark = pytest.mark.django_db

DAYS = [
    "2026-11-01 00:10",
    "2026-10-08 09:00",
    pytest.param("2026-03-01 08:30", marks=pytest.mark.full),
    pytest.param("2026-08-16 23:59", marks=pytest.mark.full),
]
NOW = at("2026-11-24 14:05")


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo of `NOW`, for all tests that only look at it; those that load their own stand above these. Its files."""
    folder = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=folder):
            demo.load(NOW)
        yield folder
        transaction.set_rollback(True)


@pytest.fixture
def its_files(loaded: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = loaded


@pytest.mark.parametrize("when", DAYS)
def test_each_flag_of_the_demo_is_meant(when: str) -> None:
    demo.load(at(when))
    each_flag_is_meant()


def test_each_flag_of_the_demo_of_today_is_meant(loaded: Path) -> None:
    each_flag_is_meant()


def each_flag_is_meant() -> None:
    standing = Flag.objects.open().values_list("rule", "level", "account__name")
    accounts = {(rule, level, name) for rule, level, name in standing if rule != "overdue_filing"}
    assert accounts == {
        ("inactive", "breach", "示例乙局"),
        ("no_custodian", "hint", "示例甲街道"),
        ("no_data", "hint", "示例甲街道"),
        ("overdue_rectification", "breach", "示例乙局"),  # from above
        ("overdue_rectification", "breach", "示例乙局图书馆"),
        ("same_platform", "hint", "示例乙局图书馆"),
        ("slow_reply", "breach", "示例甲街道发布"),
        ("unfiled_account", "breach", "示例乙局小视频"),
        ("unfiled_account", "breach", "示例甲街道夜话"),
        ("unfiled_account", "breach", "示例甲街道随拍"),
    }
    assert Counter(rule for rule, _, _ in standing)["slow_reply"] == 1


def test_most_accounts_published_lately_and_their_data_reach_to_today(loaded: Path) -> None:
    now = NOW
    watched = Account.objects.filter(state__in=WATCHED, next_update_due_at__isnull=False)
    assert watched.count() == 8
    assert watched.filter(posts_known_until=now).count() == 7
    assert watched.filter(last_published_at__gte=now - timedelta(days=7)).count() == 6


def test_accounts_leave_in_each_way(loaded: Path) -> None:
    leaving = {"closing": "示例甲街道资讯", "closed": "示例乙局旅游", "cancelled": "示例乙局影像"}
    assert dict(Account.objects.filter(state__in=leaving, orders=None).values_list("state", "name")) == leaving
    assert {row.title for row in announcing.published()} == {
        "关于哔哩哔哩账号“示例甲街道资讯”停止更新的公告",
        "关于百家号账号“示例乙局旅游”停止更新的公告",
        "关于小红书账号“示例乙局影像”注销的公告",
    }


def test_an_order_stands_in_each_state_and_an_account_is_lost(loaded: Path) -> None:
    orders = ClosureOrder.objects.order_by("issued_at").values_list(
        "account__name", "ground", "state", "account__state"
    )
    assert list(orders) == [
        ("示例乙局文博", "unfiled", "executed", "closed"),
        ("示例乙局图书馆", "other", "revoked", "active"),
        ("示例甲街道预约", "unfiled", "superseded", "active"),
        ("示例甲街道夜话", "unfiled", "proved", "unfiled"),
        ("示例甲街道早报", "lost", "issued", "active"),
        ("示例甲街道随拍", "unfiled", "issued", "unfiled"),
    ]
    assert {state for _, _, state, _ in orders} == set(OrderState)
    lost = Account.objects.get(lost_control_since__isnull=False)
    assert (lost.name, lost.lost_control_since) == ("示例甲街道早报", at("2026-11-18 00:00"))


def test_what_went_up_lies_there_to_be_fetched_and_something_waits(its_files: None) -> None:
    batch = ExportBatch.objects.select_related("file").get()
    assert batch.file is not None
    with files.open_file(batch.file) as stored, ZipFile(stored) as archive:
        assert set(archive.namelist()) == {"合并.xlsx", "示例甲街道办事处.xlsx"}
        rows = openpyxl.load_workbook(BytesIO(archive.read("合并.xlsx"))).active.iter_rows(values_only=True)
        said = {str(cell) for row in rows for cell in row}
    assert {"示例甲街道百家", "示例甲街道直播"} < said
    waiting = {system: {str(f) for f in export_batches.waiting_for(system)} for system in System.values}
    assert [len(waiting[system]) for system in ("national", "provincial")] == [1, 3]
    assert [row.account.name for row in export_requests.waiting("national")] == ["示例甲街道"]


def test_the_second_list_of_the_national_system_is_told_by_the_first(loaded: Path) -> None:
    first, second = Reconciliation.objects.order_by("pk")
    assert second.previous == first
    assert (second.counts["new"], second.counts["gone"]) == (1, 1)
    lines = {line.kind: line for line in second.lines.all()}
    assert set(lines) == set(LineKind)
    assert lines[LineKind.DIFFERS].since == second.at > first.at
    assert lines[LineKind.ONLY_THERE].note.endswith("（示例）。")


def test_many_were_accepted_and_urged_at_once_each_with_what_came_of_it(loaded: Path) -> None:
    outcomes = [
        [row["outcome"] for row in job.result["rows"]] for job in Job.objects.filter(kind="bulk").order_by("pk")
    ]
    assert outcomes == [["done", "done", "skipped"], ["done", "done", "failed", "failed"]]


def test_closures_are_printed_by_a_template_of_the_office(its_files: None) -> None:
    assert list(templates.in_use()) == [PrintForm.CLOSING]
    closing = Filing.objects.get(kind="close", state="accepted")
    document = Document(BytesIO(templates.word_file(closing, phones=True, typed=False, now=NOW)))
    assert document.paragraphs[0].text.startswith("钟楼区")


def test_there_is_a_year_to_look_at(loaded: Path) -> None:
    now = NOW
    first = Publication.objects.earliest("published_at").published_at
    assert day_of(now) - day_of(first) >= timedelta(days=360)
    months = {(day.year, day.month) for day in ActivityDay.objects.filter(posts__gt=0).values_list("day", flat=True)}
    assert len(months) >= 12
    asked = Message.objects.filter(kind="inquiry")
    assert sum(message.is_late(now) for message in asked) == 2
    assert sum(message.is_late(now) for message in asked if message.first_reply_at) == 1
    assert not Publication.objects.exclude(title__endswith="（示例）").exists()
    assert all(message.body.endswith("（示例）") for message in asked)
