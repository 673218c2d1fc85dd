"""An import beside whoever else writes facts of the same account, on real PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from accounts import activity, activity_days, due_times
from accounts.activity_in import import_activity
from accounts.models import Account, ActivityDay, Message, Publication, Role
from tests.factories import account, at, unit, user

NOW = at("2026-11-24 14:05")
HEADS = "平台,账号名称,账号ID,外部编号,标题,链接,发布时间,是否原创\n"
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def in_thread(act: Callable[[], object], raised: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def file_of(folder: Path, external: str, when: str) -> Path:
    path = folder / f"{external}.csv"
    path.write_text(f"{HEADS}抖音,示例发布,d1,{external},,,{when},\n", encoding="utf-8")
    return path


@contextmanager
def import_held_before_its_end(
    monkeypatch: pytest.MonkeyPatch, path: Path, kind: str = "publications"
) -> Iterator[list[BaseException]]:
    """An import that has written, and waits with its transaction open until the block is tried."""
    reached, go_on = threading.Event(), threading.Event()
    raised: list[BaseException] = []

    module, name = (due_times, "recompute") if kind == "publications" else (activity_days, "recount_messages")
    count_again = getattr(module, name)

    def wait(*args: Any) -> None:
        if not reached.is_set():  # the import is the first to come here
            reached.set()
            go_on.wait(10)
        count_again(*args)

    monkeypatch.setattr(module, name, wait)
    thread = in_thread(lambda: import_activity(path, kind=kind, by=None, now=NOW), raised)
    assert reached.wait(20), raised
    try:
        yield raised
    finally:
        go_on.set()
        thread.join()


def counted() -> tuple[int, int, str]:
    """Publications, those that the days count, and the last time that the account knows."""
    one = Account.objects.get()
    return (
        Publication.objects.count(),
        sum(ActivityDay.objects.values_list("posts", flat=True)),
        f"{one.last_published_at and one.last_published_at.astimezone(NOW.tzinfo):%m-%d %H:%M}",
    )


def typed_beside_an_import(monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[list[BaseException], object]:
    """A later publication of the same day is typed while an import's transaction is open; what failed, what stands."""
    one = account(unit(), name="示例发布", uid="d1", now=at("2026-11-01 09:00"))
    operator = user(Role.OPERATOR, one.unit)
    raised: list[BaseException] = []
    with import_held_before_its_end(monkeypatch, file_of(folder, "a1", "2026-11-20 10:00")) as failed:
        thread = in_thread(
            lambda: activity.publish(one.pk, published_at=at("2026-11-20 12:00"), by=operator, now=NOW), raised
        )
        thread.join(1)
    thread.join()
    return raised + failed, counted()


def test_a_typed_publication_waits_for_an_import_and_both_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert typed_beside_an_import(monkeypatch, tmp_path) == ([], (2, 2, "11-20 12:00"))


def test_without_the_accounts_lock_one_would_be_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The control: the same race with the lock taken out."""
    rows = Account.objects.order_by("pk").values_list(*due_times.Locked.__slots__)
    monkeypatch.setattr(due_times, "lock_many", lambda ids: [due_times.Locked(*row) for row in rows.filter(pk__in=ids)])
    monkeypatch.setattr(
        due_times, "lock", lambda ids: list(Account.objects.select_related("platform", "unit").filter(pk__in=ids))
    )
    assert typed_beside_an_import(monkeypatch, tmp_path) != ([], (2, 2, "11-20 12:00"))


def test_the_same_file_twice_at_once_is_written_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    account(unit(), name="示例发布", uid="d1", now=at("2026-11-01 09:00"))
    path = file_of(tmp_path, "a1", "2026-11-20 10:00")
    raised: list[BaseException] = []
    with import_held_before_its_end(monkeypatch, path) as failed:
        thread = in_thread(lambda: import_activity(path, kind="publications", by=None, now=NOW), raised)
        thread.join(1)
    thread.join()
    assert raised + failed == []
    assert counted() == (1, 1, "11-20 10:00")


def test_a_reply_typed_while_an_import_adopts_its_question_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = account(unit(), name="示例发布", uid="d1", now=at("2026-11-01 09:00"))
    operator = user(Role.OPERATOR, one.unit)
    message = activity.ask(one.pk, asked_at=at("2026-11-24 10:00"), by=operator, now=NOW)
    path = tmp_path / "messages.csv"
    path.write_text(
        "平台,账号名称,外部编号,类型,留言时间\n抖音,示例发布,q1,咨询,2026-11-24 10:00:30\n", encoding="utf-8"
    )
    raised: list[BaseException] = []
    with import_held_before_its_end(monkeypatch, path, "messages") as failed:
        thread = in_thread(lambda: activity.reply(message.pk, by=operator, now=NOW), raised)
        thread.join(1)
        assert thread.is_alive()  # it waits for the account
    thread.join()
    assert raised + failed == []
    stored = Message.objects.get()
    assert (stored.external_id, stored.first_reply_at) == ("q1", NOW)
    assert ActivityDay.objects.get().answered_in_time == 1
