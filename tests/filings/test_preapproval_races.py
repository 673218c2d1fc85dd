"""Two openings that name one granted application at the same moment, on real PostgreSQL."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.db.models import QuerySet

from filings import drafting, preapprovals
from filings.models import Filing, PreApproval
from tests.factories import NOW, Cast, opening, preapproval
from tests.filings.asking import department
from zhonglou_media.core.errors import Incomplete

ROUNDS = 10
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

choose = preapprovals.usable


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], tuple[int, list[str]]]:
    """Two openings are submitted at once; each waits for the other where it chooses its application under the lock.

    With the lock the second cannot be there yet: the wait runs out and the first goes on alone. Gives how many were
    submitted, and what the other was told.
    """

    def round_(number: int) -> tuple[int, list[str]]:
        cast = department()
        preapproval(cast.unit, number=f"示例{number}号")
        facts = {"platform": "wechat", "kind": "service", "preapproval_no": f"示例{number}号"}
        drafts = [opening("draft", cast, same_platform_reason="示例", **facts) for _ in range(2)]
        meeting, told = threading.Barrier(2), list[str]()

        def meet(rows: Any, *of: Any) -> Any:
            found = choose(rows, *of)
            if isinstance(rows, QuerySet):  # in `use`; the rules pass a list
                try:
                    meeting.wait(timeout=0.15)
                except threading.BrokenBarrierError:
                    return found
            return found

        monkeypatch.setattr(preapprovals, "usable", meet)
        threads = [threading.Thread(target=_submit, args=(draft, cast, told)) for draft in drafts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        monkeypatch.setattr(preapprovals, "usable", choose)
        return Filing.objects.filter(pk__in=[d.pk for d in drafts], state="leader_review").count(), told

    return round_


def _submit(draft: Filing, cast: Cast, told: list[str]) -> None:
    try:
        drafting.submit(draft.pk, by=cast.operator, now=NOW)
    except Incomplete as incomplete:
        told += incomplete.errors["preapproval_no"]
    finally:
        connections.close_all()


def test_two_openings_at_once_and_one_takes_it(play: Callable[[int], tuple[int, list[str]]]) -> None:
    for number in range(ROUNDS):
        submitted, told = play(number)
        assert submitted == 1
        assert "使用" in told[0] or "已用于备案" in told[0]
    assert PreApproval.objects.filter(used_by__isnull=True).count() == 0


def test_without_the_lock_both_take_it(
    play: Callable[[int], tuple[int, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same rounds with the guard taken out must go wrong."""
    monkeypatch.setattr(QuerySet, "select_for_update", _unlocked(QuerySet.select_for_update))
    wrong = sum(play(number)[0] == 2 for number in range(ROUNDS))
    assert wrong >= ROUNDS * 0.8


def _unlocked(lock: Callable[..., Any]) -> Callable[..., Any]:
    """`select_for_update` of every table but that of the applications."""

    def maybe(self: Any, *args: Any, **how: Any) -> Any:
        return self.all() if self.model is PreApproval else lock(self, *args, **how)

    return maybe
