"""A kind of job that the worker of `test_kills.py` imports (`-I`): reads for a while, then writes many rows at once."""

import time

from django.db import transaction

from accounts.models import Unit
from zhonglou_media.core.jobs import Claim, JobKind
from zhonglou_media.portal.jobs import KINDS


def run(claim: Claim) -> None:
    rows, name = claim.job.params["rows"], claim.job.params["name"]
    for row in range(0, rows, 400):
        time.sleep(0.01)
        claim.progress(row, rows, "读取")
    with transaction.atomic():
        Unit.objects.bulk_create(Unit(name=f"{name}{n}", kind="subdistrict") for n in range(rows))
        claim.finish({"created": rows})


KIND = KINDS["test_kill"] = JobKind("test_kill", "示例任务", run)
