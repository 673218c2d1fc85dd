"""Jobs as their pages show them: a kind beside those of the portal, jobs of it, and somebody who looks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.factories import NOW
from zhonglou_media.core.jobs import JobKind
from zhonglou_media.core.models import Job, JobState, User
from zhonglou_media.portal import jobs, runs, tasks

HTMX = {"HX-Request": "true"}


def only_kind(monkeypatch: pytest.MonkeyPatch) -> dict[str, JobKind]:
    """The kinds of the portal are one, whose page is the general one; a test may put more into them."""
    known = {"test": JobKind("test", "示例任务", lambda claim: claim.finish({"created": 2}))}
    for module in (jobs, tasks, runs):
        monkeypatch.setattr(module, "KINDS", known)
    return known


def a_job(by: User | None = None, state: JobState = JobState.QUEUED, **fields: Any) -> Job:
    """A job in any state; one that ended took 200 seconds."""
    if state != JobState.QUEUED:
        fields.setdefault("started_at", NOW)
    if state == JobState.RUNNING:
        fields.setdefault("claimed_until", NOW)
    elif state != JobState.QUEUED:
        fields.setdefault("finished_at", NOW + timedelta(seconds=200))
    fields.setdefault("kind", "test")
    return Job.objects.create(by=by, state=state, created_at=NOW, source_name="示例.csv", **fields)


def signed_in(person: User) -> Client:
    """A browser in which `person` has signed in."""
    client = Client()
    client.force_login(person)
    return client


def page(person: User, path: str, **headers: Any) -> str:
    """What `person` reads at `path`."""
    answer = signed_in(person).get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()
