"""The import of activity as a kind of job, which the worker of `test_kills.py` imports (`-I`)."""

from accounts.activity_in import import_activity
from zhonglou_media.core import files
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.portal.jobs import KINDS


def run(claim: Claim) -> None:
    assert claim.job.source is not None
    import_activity(
        files.path_of(claim.job.source.sm3), kind="publications", by=claim.job.by, now=claim.now,
        progress=claim.progress, before_commit=lambda result: claim.finish(result.detail()),
    )  # fmt: skip


KIND = KINDS["test_kill"] = JobKind("test_kill", "示例任务", run)
