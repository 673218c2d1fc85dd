"""核验操作记录: each night and on demand, as a job; what it found is kept, and people are told of any fault."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts import audience, policy
from accounts.models import Role
from accounts.policy import Action
from zhonglou_media.core import chain, events, jobs, notices
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.core.models import Event, EventHead, Job, JobState, User

KIND = "verify_events"
KEPT = 30  # earlier checks whose last event is compared
CLOSED = "close_fault"  # the verb of the event
SHOWN = 200  # faults that are kept; the command names all


def ask(*, by: User, now: datetime, head: str = "", sure: bool = False) -> Job:
    """立即核验, also against a head kept outside; `sure` that it was not mistyped, its disagreement is a fault.

    Raises NotAllowed, or Refused when `head` is none.
    """
    policy.require(by, Action.VIEW_EVENTS)
    params: dict[str, Any] = {"heads": [list(chain.parse_head(head))], "sure": sure} if head.strip() else {}
    return jobs.enqueue(VERIFY, by=by, now=now, params=params)


def nightly(now: datetime) -> None:
    """The check of the night; none while another waits."""
    if not Job.objects.filter(kind=KIND, state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        jobs.enqueue(VERIFY, by=None, now=now)


def verify(claim: Claim) -> None:
    """Read the whole history, compare it with what earlier checks saw, keep what was found.

    Where a typed head alone disagrees, whoever typed it is asked first (`doubts`), and nobody else is told. Faults that
    somebody closed are told no more.
    """
    expected = EventHead.objects.values_list("seq", flat=True).first() or 0
    given: dict[int, str] = dict(claim.job.params.get("heads", []))
    found = chain.verify(_heads(), progress=lambda done: claim.progress(done, expected, "正在核验"))
    outside = _outside(given)
    if claim.job.params.get("sure"):
        found.faults += outside
    doubts = [] if claim.job.params.get("sure") else [str(fault) for fault in outside]
    lines = [[fault.seq, str(fault)] for fault in found.faults[:SHOWN]]
    fresh = len(found.faults) > len(lines) or bool({line for _, line in lines} - closed_lines())
    result = {
        "read": found.events,
        "seq": found.seq,
        "hash": found.hash,
        "kept": sorted(given) if not outside else [],
        "doubts": doubts,
        "open": fresh,
        "faults": len(found.faults),
        "lines": lines,
    }
    with transaction.atomic():
        if fresh:
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
    return {result["seq"]: result["hash"] for result in passed if not result.get("doubts")}


def _outside(given: Mapping[int, str]) -> list[chain.Fault]:
    """What disagrees with heads that a person typed."""
    kept = dict(Event.objects.filter(seq__in=given).values_list("seq", "hash"))
    gone, other = "现在没有这一条", "现在的摘要不是留存的那一个"
    return [
        chain.Fault(seq, None, chain.KEPT, other if seq in kept else gone)
        for seq, digest in given.items()
        if kept.get(seq) != digest
    ]


# --- until somebody closes it ---------------------------------------------------------------------------------------


def standing() -> Job | None:
    """The newest check that found a fault which nobody has closed."""
    last = Event.objects.filter(subject_kind="job", verb=CLOSED).order_by("-seq").first()
    rows = done().filter(result__faults__gt=0, pk__gt=last.subject_id or 0 if last is not None else 0)
    return next((row for row in rows.select_related("by")[:KEPT] if row.result.get("open", True)), None)


def close(job_id: int, *, reason: str, by: User, now: datetime) -> None:
    """了结: what the check `job_id`, and those before, found is explained.

    Raises NotAllowed, Incomplete (`reason`), or WrongState when another check is the newest or somebody was faster.
    """
    role = policy.require(by, Action.VIEW_EVENTS)
    if not reason.strip():
        raise Incomplete("还差了结的理由。", {"reason": ["请写明查明的原因和处理情况。"]})
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        open_now = standing()
        if open_now is None or job.pk != open_now.pk:
            raise WrongState("这次核验的不符已经了结，或者之后又有新的核验结果，请刷新后查看最新的一次。")
        detail = {"faults": job.result["faults"], "lines": [line for _, line in job.result["lines"]]}
        events.append(job, CLOSED, by=by, role=role, at=now, comment=reason.strip(), detail=detail)


def closed_lines() -> set[str]:
    """Faults that were closed, as they were told."""
    details = Event.objects.filter(subject_kind="job", verb=CLOSED).values_list("detail", flat=True)
    return {line for detail in details for line in detail.get("lines", [])}


def done() -> Any:
    """Checks that ended, the newest first."""
    return Job.objects.filter(kind=KIND, state=JobState.DONE).order_by("-pk")


def told(result: dict[str, Any]) -> str:
    """What the notice of its end says."""
    if result["faults"]:
        return f"发现{result['faults']}处不符"
    if result.get("doubts"):
        return "与您填写的末条不符，请先核对是否抄错"
    return f"{result['read']}条前后相连，没有改动"


VERIFY = JobKind(KIND, "核验操作记录", verify, page="events_checked", start_page="events", told=told)
