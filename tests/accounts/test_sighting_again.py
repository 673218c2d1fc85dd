"""改认定: a mistaken finding is corrected, by whom and why is kept, and what it had done is undone or asked for."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, Sighting
from accounts.sighting_again import reading, sort_again
from tests.accounts.sightings import decide, seen
from tests.factories import NOW, Cast, unit
from zhonglou_media.core.errors import Incomplete, NotAllowed, StaleReading
from zhonglou_media.core.models import Event, Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast(unit("示例局"))


@pytest.fixture
def mistaken(cast: Cast) -> Sighting:
    """A private account that was found to be one of the unit, unfiled."""
    return decide(cast.officer, "unfiled", seen("示例探店", uid="x1"), unit=cast.unit.pk).sighting


def correct(row: Sighting, by: User, verdict: str = "not_government", **more: Any) -> Any:
    row.refresh_from_db()
    said = {"reason": "查明是个人账号", "read": reading(row), **more}
    return sort_again(row.pk, verdict, by=by, now=NOW, **said)


def test_the_supervisor_corrects_it_and_the_row_is_void_and_the_unit_told(cast: Cast, mistaken: Sighting) -> None:
    done = correct(mistaken, cast.supervisor)
    assert (done.void, done.left, Account.objects.get().state) == (Account.objects.get(), None, "void")
    mistaken.refresh_from_db()
    assert (mistaken.verdict, mistaken.account) == ("not_government", None)
    event = Event.objects.get(verb="sort_again")
    assert (event.from_state, event.to_state, event.comment) == ("unfiled", "not_government", "查明是个人账号")
    assert "已改认定为“非政务账号”" in Notice.objects.filter(user=cast.operator).latest("pk").text


def test_an_officer_corrects_it_and_the_supervisor_is_asked_to_make_the_row_void(
    cast: Cast, mistaken: Sighting
) -> None:
    done = correct(mistaken, cast.officer)
    assert (done.void, done.left, Account.objects.get().state) == (None, Account.objects.get(), "unfiled")
    assert "请核实后作废" in Notice.objects.get(user=cast.supervisor).text


def test_what_passed_for_a_private_one_enters_the_register_and_its_unit_is_told(cast: Cast) -> None:
    row = decide(cast.officer, "not_government", seen("示例之窗", uid="x2")).sighting
    done = correct(row, cast.officer, "unfiled", unit=cast.unit.pk)
    new = Account.objects.get()
    assert (new.state, new.unit, done.sighting.account, done.told) == ("unfiled", cast.unit, new, 2)
    assert [event.verb for event in Event.objects.order_by("seq")] == ["sort_sighting", "found", "sort_again"]


@pytest.mark.parametrize(
    ("verdict", "more", "field"),
    [
        ("not_government", {"reason": " "}, "reason"),
        ("known", {}, "account"),
        ("fake", {}, "account"),
    ],
)
def test_what_a_correction_must_say(
    verdict: str, more: dict[str, str], field: str, cast: Cast, mistaken: Sighting
) -> None:
    with pytest.raises(Incomplete) as refused:
        correct(mistaken, cast.officer, verdict, **more)
    assert field in refused.value.errors
    assert not Event.objects.filter(verb="sort_again").exists()


def test_the_second_of_two_and_others_are_refused(cast: Cast, mistaken: Sighting) -> None:
    before = reading(mistaken)
    correct(mistaken, cast.officer)
    with pytest.raises(StaleReading):
        correct(mistaken, cast.supervisor, "known", read=before)
    with pytest.raises(NotAllowed):
        correct(mistaken, cast.operator)


def test_the_page_shows_what_was_said_and_takes_the_correction(client: Client, cast: Cast, mistaken: Sighting) -> None:
    client.force_login(cast.supervisor)
    assert f"/sightings/{mistaken.pk}/" in client.get("/sightings/").content.decode()
    address = f"/sightings/{mistaken.pk}/"
    page = client.get(address)
    assert 'value="unfiled" checked' in page.content.decode()
    data = {
        "verdict": "not_government",
        "account": "none",
        "unit": "没有的局",
        "reason": "个人账号",
        "was": page.context["was"],
    }
    answer = client.post(address, data)
    assert answer.status_code == 422
    for kept in ("台账里没有单位“没有的局”", "个人账号</textarea>", 'value="not_government" checked'):
        assert kept in answer.content.decode()
    told = client.post(address, data | {"unit": ""}, follow=True).content.decode()
    assert "“示例探店”已改认定为非政务账号。台账里的“示例探店”已作废" in told
    assert "更改对发现账号的认定" in told
    assert client.post(address, data | {"unit": ""}).status_code == 409
