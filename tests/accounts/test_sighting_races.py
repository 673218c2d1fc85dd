"""Two officers sort the same thing at once, on real PostgreSQL; each guard has a control with the guard taken out."""

from typing import Any

import pytest
from django.db import connection

from accounts import sighting_list, sightings
from accounts.models import Account, Role, Sighting
from accounts.sighting_list import Decision
from tests.accounts.sightings import seen
from tests.at_once import at_once, meet
from tests.factories import NOW, unit, user
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.models import Job, User

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def both_apply(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    officers: list[User] = [user(Role.OFFICER), user(Role.OFFICER)]
    content = "平台,名称\n抖音,某某探店\n".encode()
    where: dict[str, Any] = {"source": "平台检索", "found_on": NOW.date()}
    job = sighting_list.prepare(content, name="清单.csv", by=officers[0], now=NOW, **where)
    read = sighting_list.reading(sighting_list.rows_of(job))
    meet(monkeypatch, sighting_list, "_locked")
    decisions = {2: Decision("not_government")}
    acts = [
        lambda by=by: sighting_list.apply(job.pk, decisions, read=read, by=by, now=NOW)  # type: ignore[misc]
        for by in officers
    ]
    return at_once(*acts)


def test_a_list_is_decided_once_and_the_second_learns_who_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    (late,) = both_apply(monkeypatch)
    assert isinstance(late, WrongState)
    assert "认定，不用再办" in str(late)
    assert Sighting.objects.count() == 1


def test_without_the_lock_it_would_be_decided_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sighting_list, "_locked", lambda job_id: Job.objects.get(pk=job_id))
    both_apply(monkeypatch)
    assert Sighting.objects.count() == 2


def both_sort(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """The same account for two units: no row stands that could be locked."""
    meet(monkeypatch, sightings.Rows, "lock")
    acts = []
    for by in (user(Role.OFFICER), user(Role.OFFICER)):
        choice = sightings.Choice(seen(uid="d1"), "unfiled", unit=unit().pk)
        acts.append(lambda by=by, choice=choice: sightings.sort(choice, by=by, now=NOW))
    return at_once(*acts)


def test_an_account_found_twice_at_once_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    (late,) = both_sort(monkeypatch)
    assert isinstance(late, Refused)
    assert "什么也没有登记" in str(late)
    assert (Account.objects.count(), Sighting.objects.count()) == (1, 1)


def test_without_the_constraint_it_would_be_two(monkeypatch: pytest.MonkeyPatch) -> None:
    constraint = next(one for one in Account._meta.constraints if one.name == "account_id_unique")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Account, constraint)
    try:
        assert both_sort(monkeypatch) == []
        assert Account.objects.count() == 2
    finally:
        Account.objects.filter(pk=Account.objects.latest("pk").pk).update(uid="d2")
        with connection.schema_editor() as editor:
            editor.add_constraint(Account, constraint)
