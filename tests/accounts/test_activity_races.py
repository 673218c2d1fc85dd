"""Two people record at once, on real PostgreSQL: what follows from the facts is right, and the first reply stands."""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from accounts import activity, due_times, posts, questions
from accounts.models import Account, Message, Publication, Role, Unit
from tests.factories import NOW, account, at, user
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import Event, User

ROUNDS = 10
MEETING = 0.3  # seconds one waits for the other: with the lock it waits in vain
EARLIER, LATER = at("2026-11-20 09:00"), at("2026-11-24 09:00")
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

locked = due_times.lock


def unlocked(account_ids: Any) -> list[Account]:
    """`due_times.lock` with the lock taken out."""
    return list(Account.objects.select_related("platform", "unit").filter(pk__in=account_ids).order_by("pk"))


@pytest.fixture
def operators(of: Unit) -> tuple[User, User]:
    return user(Role.OPERATOR, of, name="示例张三"), user(Role.OPERATOR, of, name="示例李四")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Refused]]:
    """Run the acts at once with `lock`, each waiting for the other where `meet` is called; what was refused."""

    def run(lock: Callable[..., Any], meet: str, *acts: Callable[[], object]) -> list[Refused]:
        meeting, refusals = threading.Barrier(len(acts)), []
        module = posts if hasattr(posts, meet) else questions
        waits_for = getattr(module, meet)

        def meeting_first(row: Any, *rest: Any, **named: Any) -> Any:
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(timeout=MEETING)
            # Unlocked, the older publication is counted while the newer one is not committed yet, and written after it.
            if getattr(row, "published_at", None) == EARLIER:
                time.sleep(0.05)
            done = waits_for(row, *rest, **named)
            if getattr(row, "published_at", None) == LATER:
                time.sleep(0.15)
            return done

        def one(act: Callable[[], object]) -> None:
            try:
                act()
            except Refused as refused:
                refusals.append(refused)
            finally:
                connections.close_all()

        with monkeypatch.context() as patch:
            patch.setattr(due_times, "lock", lock)
            patch.setattr(module, meet, meeting_first)
            threads = [threading.Thread(target=one, args=(act,)) for act in acts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return refusals

    return run


def two_publications(
    at_once: Callable[..., list[Refused]], lock: Any, of: Unit, operators: tuple[User, User]
) -> Account:
    on = account(of, now=at("2026-11-01 09:00"), same_platform_reason="示例")

    activity.confirm_known(on.pk, by=operators[0], now=NOW)  # else moving the watermark would itself lock the row

    def publish(moment: datetime, by: User) -> Callable[[], object]:
        return lambda: activity.publish(on.pk, published_at=moment, by=by, now=NOW)

    assert at_once(lock, "_count_posts", publish(EARLIER, operators[0]), publish(LATER, operators[1])) == []
    assert Publication.objects.filter(account=on).count() == 2
    on.refresh_from_db()
    return on


def is_right(on: Account) -> bool:
    return (on.last_published_at, on.next_update_due_at) == (LATER, at("2026-12-02 00:00"))


def test_two_publications_at_once_leave_the_later_one_as_the_latest(
    at_once: Callable[..., list[Refused]], of: Unit, operators: tuple[User, User]
) -> None:
    for _ in range(ROUNDS):
        assert is_right(two_publications(at_once, locked, of, operators))


def test_without_the_lock_the_older_one_wins(
    at_once: Callable[..., list[Refused]], of: Unit, operators: tuple[User, User]
) -> None:
    """The control: with the lock taken out the same rounds go wrong."""
    wrong = sum(not is_right(two_publications(at_once, unlocked, of, operators)) for _ in range(ROUNDS))
    assert wrong >= ROUNDS * 0.9


def two_replies(
    at_once: Callable[..., list[Refused]], lock: Any, of: Unit, operators: tuple[User, User]
) -> tuple[Message, list[Refused]]:
    on = account(of, now=at("2026-11-01 09:00"), same_platform_reason="示例")
    row = activity.ask(on.pk, asked_at=at("2026-11-24 08:00"), by=operators[0], now=NOW)

    def reply(minutes: int, by: User) -> Callable[[], object]:
        return lambda: activity.reply(row.pk, at=NOW - timedelta(minutes=minutes), by=by, now=NOW)

    refusals = at_once(lock, "_count_questions", reply(2, operators[0]), reply(1, operators[1]))
    row.refresh_from_db()
    return row, refusals


def test_of_two_replies_the_first_stands_and_the_second_is_told_whose_it_is(
    at_once: Callable[..., list[Refused]], of: Unit, operators: tuple[User, User]
) -> None:
    for _ in range(ROUNDS):
        row, refusals = two_replies(at_once, locked, of, operators)
        event = Event.objects.get(subject_kind="message", subject_id=row.pk, verb="reply")
        (refused,) = refusals
        assert isinstance(refused, WrongState)
        assert refused.by == event.actor
        assert event.actor is not None
        assert event.actor.name in str(refused)
        assert row.first_reply_at == NOW - timedelta(minutes=2 if event.actor == operators[0] else 1)


def test_without_the_lock_both_replies_are_taken(
    at_once: Callable[..., list[Refused]], of: Unit, operators: tuple[User, User]
) -> None:
    """The control."""
    both = sum(not two_replies(at_once, unlocked, of, operators)[1] for _ in range(ROUNDS))
    assert both >= ROUNDS * 0.9


def test_of_a_double_tap_at_once_one_is_recorded(
    at_once: Callable[..., list[Refused]], of: Unit, operators: tuple[User, User]
) -> None:
    on = account(of, now=at("2026-11-01 09:00"))

    def publish() -> object:
        return activity.publish(on.pk, title="一", published_at=LATER, by=operators[0], now=NOW, token="t1")

    assert at_once(locked, "_count_posts", publish, publish) == []
    assert Publication.objects.count() == 1
