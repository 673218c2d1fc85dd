"""Unit, user and job show what is recorded of them, like accounts, filings, applications and orders."""

import pytest
from django.test import Client

from accounts.models import Role
from tests.factories import NOW, unit, user
from zhonglou_media.core import events, verbs
from zhonglou_media.core.models import Job

pytestmark = pytest.mark.django_db


def test_the_pages_of_unit_user_and_job_show_their_events() -> None:
    admin, own, other = user(Role.ADMIN, name="示例管理员"), unit(), user(name="示例新人")
    job = Job.objects.create(kind="import_registry", state="stopped", by=admin, created_at=NOW, finished_at=NOW)
    pages = {f"/units/{own.pk}/": (own, "edit"), f"/users/{other.pk}/": (other, "disable")}
    pages[f"/jobs/{job.pk}/"] = (job, "discard_import")
    client = Client()
    client.force_login(admin)
    for address, (subject, verb) in pages.items():
        words = verbs.label(events.kind_of(subject), verb)
        before = client.get(address)
        assert before.status_code == 200, address
        assert f'timeline__what">{words}' not in before.content.decode()
        events.append(subject, verb, by=admin, role="admin", at=NOW, comment="示例事由")
        text = client.get(address).content.decode()
        for said in (f'timeline__what">{words}', "示例管理员（系统管理员）", "示例事由"):
            assert said in text, (address, said)
