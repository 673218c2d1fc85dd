"""不导入: a preview that nobody wants ends, told by whom and when, and is not confirmed any more."""

import pytest
from django.test import Client

from accounts import register_preview
from accounts.models import Account, Role
from tests.factories import NOW, at, unit, user
from zhonglou_media.core.errors import NotAllowed, WrongState
from zhonglou_media.core.models import Event, Job, JobState, User

pytestmark = pytest.mark.django_db

ROWS = "单位,平台,账号名称,账号ID\n示例局,抖音,示例发布,d1\n,抖音,没有单位,d2\n"
PAGE = "/accounts/import/"


@pytest.fixture
def officer(client: Client) -> User:
    person = user(Role.OFFICER, name="示例经办")
    client.force_login(person)
    return person


def prepared(by: User) -> Job:
    return register_preview.prepare(ROWS.encode(), name="清单.csv", found=False, document="", by=by, now=NOW)


def discarded(job: Job, by: User | None, when: str = "2026-11-24 15:00") -> Job:
    return register_preview.discard(job.pk, by=by, now=at(when))


def test_a_discarded_preview_ends_and_leaves_the_register_alone(officer: User) -> None:
    job = discarded(prepared(officer), officer)
    job.refresh_from_db()
    assert (job.state, job.finished_at, job.file) == (JobState.STOPPED, at("2026-11-24 15:00"), None)
    assert job.result == {"file": "清单.csv", "document": "清单.csv", "found": False, "read": 2}
    assert not Account.objects.exists()
    event = Event.objects.get()
    assert (event.verb, event.subject_id, event.actor, event.role) == ("discard_import", job.pk, officer, "officer")


def test_it_is_neither_confirmed_nor_discarded_afterwards(officer: User) -> None:
    job = prepared(officer)
    discarded(job, officer)
    words = "示例经办已于 2026-11-24 15:00 决定不导入这份清单"
    with pytest.raises(WrongState, match=words) as refused:
        register_preview.confirm(job.pk, read=job.params["digest"], by=user(Role.SUPERVISOR), now=NOW)
    assert (refused.value.by, refused.value.at) == (officer, at("2026-11-24 15:00"))
    with pytest.raises(WrongState, match=words):
        discarded(job, user(Role.OFFICER))
    assert not Account.objects.exists()


def test_what_was_written_is_not_discarded(officer: User) -> None:
    job = prepared(officer)
    register_preview.confirm(job.pk, read=job.params["digest"], by=officer, now=at("2026-11-24 14:30"))
    with pytest.raises(WrongState, match="已由示例经办于 2026-11-24 14:30 导入"):
        discarded(job, officer)
    job.refresh_from_db()
    assert job.state == JobState.DONE


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.PARENT, Role.AUDITOR, Role.ADMIN])
def test_only_the_office_discards_and_any_of_it(officer: User, role: Role) -> None:
    job = prepared(officer)
    with pytest.raises(NotAllowed):
        discarded(job, user(role, unit()))
    assert discarded(job, user(Role.OFFICER)).state == JobState.STOPPED


def test_the_button_stands_on_the_preview_and_the_page_says_who_decided(client: Client, officer: User) -> None:
    job = prepared(officer)
    address = f"{PAGE}{job.pk}/"
    assert f'action="{address}discard/"' in client.get(address).content.decode()
    text = client.post(f"{address}discard/", follow=True).content.decode()
    assert "已决定不导入，台账没有改动。" in text
    assert "没有导入“清单.csv”" in text
    assert "示例经办于" in text
    assert client.get(f"{address}refused.xlsx").status_code == 404
    assert "决定不导入" in client.get(PAGE).content.decode()
    for act, data in (("", {"digest": job.params["digest"]}), ("discard/", {})):
        text = client.post(address + act, data, follow=True).content.decode()
        assert "决定不导入这份清单；要导入的，请重新选择文件。" in text
    assert not Account.objects.exists()
    assert Event.objects.count() == 1


def test_a_list_of_which_nothing_can_be_written_is_discarded_too(client: Client, officer: User) -> None:
    content = "单位,平台,账号名称,账号ID\n,抖音,没有单位,d2\n".encode()
    job = register_preview.prepare(content, name="清单.csv", found=False, document="", by=officer, now=NOW)
    client.post(f"{PAGE}{job.pk}/discard/")
    job.refresh_from_db()
    assert job.state == JobState.STOPPED
