"""Two officers take templates of one form into use at once, on real PostgreSQL."""

from collections.abc import Callable

import pytest

from accounts.models import Role
from filings.models import PrintTemplate
from filings.printing import builtin, templates
from tests.factories import NOW, user
from tests.filings.test_exchange_races import at_once
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.models import Event

ROUNDS = 6
pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def rounds(check: Callable[[list[BaseException], int], bool]) -> int:
    """How many of `ROUNDS` passed `check`: what two adoptions at once raised, and how many events they left."""
    passed = 0
    content = builtin.built_in("opening")
    for _ in range(ROUNDS):
        officers = [user(Role.OFFICER), user(Role.SUPERVISOR)]
        rows = [
            templates.upload(content, of="opening", name="表.docx", note="", by=officers[0], now=NOW) for _ in officers
        ]
        current = templates.in_use().get("opening")
        seen = current.pk if current else None
        before = Event.objects.filter(verb="adopt").count()
        raised = at_once(
            *(
                lambda row=row, by=by, seen=seen: templates.adopt(row.pk, instead_of=seen, by=by, now=NOW)  # type: ignore[misc]
                for row, by in zip(rows, officers, strict=True)
            )
        )
        in_use = PrintTemplate.objects.filter(adopted_at__isnull=False, retired_at__isnull=True)
        assert in_use.count() == 1  # the constraint holds whatever the use case does
        passed += check(raised, Event.objects.filter(verb="adopt").count() - before)
    return passed


def one_wins(raised: list[BaseException], adopted: int) -> bool:
    return adopted == 1 and len(raised) == 1 and isinstance(raised[0], WrongState) and "启用" in str(raised[0])


def test_one_of_two_officers_wins_and_the_other_is_told() -> None:
    assert rounds(one_wins) == ROUNDS


def test_without_the_reading_each_replaces_the_other_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what the test above would find if `adopt` did not ask what was in use on the page."""
    monkeypatch.setattr(templates, "_still", lambda current, instead_of: None)
    assert rounds(one_wins) <= 1


def test_two_who_upload_at_once_get_a_version_each() -> None:
    content = builtin.built_in("opening")
    for _ in range(ROUNDS):
        officers = [user(Role.OFFICER), user(Role.OFFICER)]
        acts = [
            lambda by=by: templates.upload(content, of="opening", name="表.docx", note="", by=by, now=NOW)  # type: ignore[misc]
            for by in officers
        ]
        assert at_once(*acts) == []
    versions = PrintTemplate.objects.values_list("version", flat=True).order_by("version")
    assert list(versions) == [*range(1, 2 * ROUNDS + 1)]
