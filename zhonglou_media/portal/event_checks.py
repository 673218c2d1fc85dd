"""核验操作记录: each night and on demand, as a job; what it found is kept, and people are told of any fault."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts import audience, policy
from accounts.models import Role
from accounts.policy import Action
from zhonglou_media.core import chain, jobs, notices
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import EventHead, Job, JobState, User

KIND = "verify_events"
KEPT = 30  # earlier checks whose last event is compared
SHOWN = 200  # faults that are kept; the command names all


def ask(*, by: User, now: datetime, head: str = "") -> Job:
    """立即核验, also against a head kept outside. Raises NotAllowed, or Refused when `head` is none."""
    policy.require(by, Action.VIEW_EVENTS)
    params: dict[str, Any] = {"heads": [list(chain.parse_head(head))]} if head.strip() else {}
    return jobs.enqueue(VERIFY, by=by, now=now, params=params)


def nightly(now: datetime) -> None:
    """The check of the night; none while another waits."""
    if not Job.objects.filter(kind=KIND, state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        jobs.enqueue(VERIFY, by=None, now=now)


def verify(claim: Claim) -> None:
    """Read the whole history, compare it with what earlier checks saw, keep what was found."""
    expected = EventHead.objects.values_list("seq", flat=True).first() or 0
    given: dict[int, str] = dict(claim.job.params.get("heads", []))
    found = chain.verify(_heads() | given, progress=lambda done: claim.progress(done, expected, "正在核验"))
    result = {
        "read": found.events,
        "seq": found.seq,
        "hash": found.hash,
        "kept": sorted(given),
        "faults": len(found.faults),
        "lines": [[fault.seq, str(fault)] for fault in found.faults[:SHOWN]],
    }
    with transaction.atomic():
        if found.faults:
            notices.tell(
                audience.people((Role.ADMIN, Role.AUDITOR), now=claim.now),
                key=f"chain:{claim.job.pk}",
                text=f"操作记录核验不通过，发现{len(found.faults)}处不符。请保存现场，联系维护人员。",
                link=reverse("events_checked", args=[claim.job.pk]),
                now=claim.now,
            )
        claim.finish(result)


def _heads() -> dict[int, str]:
    """The last events that earlier checks without a fault saw."""
    passed = done().filter(result__faults=0).values_list("result", flat=True)[:KEPT]
    return {result["seq"]: result["hash"] for result in passed}


def done() -> Any:
    """Checks that ended, the newest first."""
    return Job.objects.filter(kind=KIND, state=JobState.DONE).order_by("-pk")


def told(result: dict[str, Any]) -> str:
    """What the notice of its end says."""
    if result["faults"]:
        return f"发现{result['faults']}处不符"
    return f"{result['read']}条前后相连，没有改动"


VERIFY = JobKind(KIND, "核验操作记录", verify, page="events_checked", start_page="events", told=told)
